"""Activities on somebody's way: written, changed, ended, followed up; and the curve the participant lets staff see."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from notifications.actions import mark_read
from notifications.queries import notifications_about
from workspace.doors import MemberRequest, do_once, log_reads, member_page
from workspace.errors import NotAllowed, Refusal, SomebodyWasFaster
from workspace.front.actions import way_activities as told
from workspace.front.actions.way import FOLLOW_UP_DUE
from workspace.front.queries.follow_ups import follow_up_title
from workspace.front.views.own_ratings import alternative, draw, line_names
from workspace.pathway.actions import activities as acts
from workspace.pathway.actions.activities import ActivityInput
from workspace.pathway.forms.activities import ActivityForm, EndForm, FollowUpDayForm, FollowUpForm
from workspace.pathway.models import Activity, Enrolment, PhaseStay
from workspace.pathway.queries.activities import access_activity, access_follow_up, activity_rows, kinds, kinds_in
from workspace.pathway.queries.enrolments import access_way, present_stay
from workspace.pathway.queries.ratings import ratings_shown
from workspace.pathway.queries.shares import agencies_told
from workspace.pathway.states import EnrolmentState, Part, Statement
from workspace.pictures import picture
from workspace.rules import is_caseworker
from workspace.swedish import say_list

NOT_YOURS = "Det är handläggare hos den myndighet som har personen inskriven som gör det här."


# ---------- on the page of the way ----------
def activities_context(request: MemberRequest, way: Enrolment) -> dict[str, Any]:
    """What `pathway/_way_activities.html` shows. Logs the reading of the ratings, where they are shown."""
    days = ratings_shown(request.hat, way)
    if days and way.participant_id is not None:
        log_reads(request, "way_ratings", way.pk, [way.participant_id])
    is_open = way.state == EnrolmentState.ONGOING
    return {
        "activity_rows": activity_rows(way),
        "may_write_activities": is_open and is_caseworker(request.hat),
        "ratings_shown": days is not None,
        "rated_days": (days or [])[::-1],
        "statements": [statement.label for statement in Statement],
        "rating_lines": line_names(),
        "ratings_alternative": alternative(days or []),
    }


@require_GET
@member_page
def ratings_picture(request: MemberRequest, pk: int) -> HttpResponse:
    """The curve of a way as an image; 404 while the participant does not let it be seen."""
    way = access_way(request.hat, pk)
    chart = draw(ratings_shown(request.hat, way) or [])
    if chart is not None and way.participant_id is not None:
        log_reads(request, "way_ratings", way.pk, [way.participant_id])
    return picture(chart)


# ---------- activities ----------
@member_page
def new_activity(request: MemberRequest, pk: int) -> HttpResponse:
    """Write what the participant takes part in."""
    way = access_way(request.hat, pk)
    stay = present_stay(way)
    form = ActivityForm(request.POST or None, way=way, stay=stay)
    return _act(
        request,
        way,
        form,
        lambda: acts.add_activity(by=request.hat, enrolment=way, given=_given(form)),
        name=f"new_activity {pk}",
        template="pathway/activity_form.html",
        done="Aktiviteten är sparad.",
        stay=stay,
        elsewhere=_elsewhere(stay),
    )


@member_page
def change_activity(request: MemberRequest, pk: int) -> HttpResponse:
    """Correct an activity."""
    activity = access_activity(request.hat, pk)
    way, stay = activity.enrolment, present_stay(activity.enrolment)
    form = ActivityForm(request.POST or None, way=way, stay=stay, known=activity)
    return _act(
        request,
        way,
        form,
        lambda: acts.change_activity(by=request.hat, activity=activity, given=_given(form)),
        name=f"change_activity {pk}",
        template="pathway/activity_form.html",
        done="Aktiviteten är ändrad.",
        activity=activity,
        stay=stay,
        elsewhere=_elsewhere(stay),
    )


@member_page
def end_activity(request: MemberRequest, pk: int) -> HttpResponse:
    """End it before it was to end."""
    activity = access_activity(request.hat, pk)
    initial = {"to_on": max(timezone.localdate(), activity.from_on)}
    form = EndForm(request.POST or None, activity=activity, initial=initial)
    return _act(
        request,
        activity.enrolment,
        form,
        lambda: acts.end_activity(by=request.hat, activity=activity, to_on=form.cleaned_data["to_on"]),
        name=f"end_activity {pk}",
        template="pathway/activity_end.html",
        done="Den sista dagen är sparad.",
        activity=activity,
    )


@member_page
def cancel_activity(request: MemberRequest, pk: int) -> HttpResponse:
    """Say that it was not to be."""
    activity = access_activity(request.hat, pk)
    form = forms.Form(request.POST if request.method == "POST" else None)
    return _act(
        request,
        activity.enrolment,
        form,
        lambda: told.cancel_activity(by=request.hat, activity=activity),
        name=f"cancel_activity {pk}",
        template="pathway/activity_cancel.html",
        done="Aktiviteten är inställd.",
        activity=activity,
    )


# ---------- follow-ups ----------
@member_page
def new_follow_up(request: MemberRequest, pk: int) -> HttpResponse:
    """One more day to follow up."""
    activity = access_activity(request.hat, pk)
    form = FollowUpDayForm(request.POST or None, activity=activity)
    return _act(
        request,
        activity.enrolment,
        form,
        lambda: acts.add_follow_up(by=request.hat, activity=activity, due_on=form.cleaned_data["due_on"]),
        name=f"new_follow_up {pk}",
        template="pathway/follow_up_day.html",
        done="Dagen är sparad.",
        activity=activity,
    )


@member_page
def follow_up(request: MemberRequest, pk: int) -> HttpResponse:
    """Write how it goes; or read it, once it is written."""
    found = access_follow_up(request.hat, pk)
    mark_read(by=request.hat, notifications=notifications_about(request.hat, FOLLOW_UP_DUE, pk))
    form = FollowUpForm(request.POST or None, follow_up=found, initial={"done_on": timezone.localdate()})

    def act() -> None:
        said = form.cleaned_data
        told.record_follow_up(by=request.hat, follow_up=found, done_on=said["done_on"], text=said["text"])

    return _act(
        request,
        found.activity.enrolment,
        form,
        act,
        name=f"follow_up {pk}",
        template="pathway/follow_up.html",
        done="Uppföljningen är sparad.",
        reads=True,
        activity=found.activity,
        follow_up=found,
        title=follow_up_title(found.activity.kind),
    )


@member_page
def change_follow_up_day(request: MemberRequest, pk: int) -> HttpResponse:
    """Another day."""
    found = access_follow_up(request.hat, pk)
    form = FollowUpDayForm(request.POST or None, activity=found.activity, initial={"due_on": found.due_on})
    return _act(
        request,
        found.activity.enrolment,
        form,
        lambda: told.move_follow_up(by=request.hat, follow_up=found, due_on=form.cleaned_data["due_on"]),
        name=f"move_follow_up {pk}",
        template="pathway/follow_up_day.html",
        done="Dagen är ändrad.",
        activity=found.activity,
        follow_up=found,
    )


@member_page
def remove_follow_up(request: MemberRequest, pk: int) -> HttpResponse:
    """Take away one that is not to be done."""
    found = access_follow_up(request.hat, pk)
    form = forms.Form(request.POST if request.method == "POST" else None)
    return _act(
        request,
        found.activity.enrolment,
        form,
        lambda: told.remove_follow_up(by=request.hat, follow_up=found),
        name=f"remove_follow_up {pk}",
        template="pathway/follow_up_remove.html",
        done="Uppföljningen är borttagen.",
        activity=found.activity,
        follow_up=found,
    )


# ---------- shared ----------
def _act(
    request: MemberRequest,
    way: Enrolment,
    form: forms.Form,
    act: Callable[[], object],
    *,
    reads: bool = False,
    **words: Any,
) -> HttpResponse:
    """One page with one form: done once, or shown again with what was written and why it was refused.

    `reads`: the page has something to read too, for whoever may open the way and not write on it.
    """
    back, person = reverse("way", args=[way.pk]), way.participant
    may_write = is_caseworker(request.hat) and way.state == EnrolmentState.ONGOING
    if not is_caseworker(request.hat) and (request.method == "POST" or not reads):
        raise NotAllowed(NOT_YOURS)
    if way.state != EnrolmentState.ONGOING and (request.method == "POST" or not reads):
        raise NotAllowed(acts.DISCHARGED)
    activity: Activity | None = words.get("activity")
    if activity is not None and activity.cancelled_at is not None and not reads:
        raise SomebodyWasFaster(acts.CANCELLED)
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            act()
            messages.success(request, words["done"])
            return f"{back}#aktiviteter"

        try:
            return do_once(request, words["name"], perform)
        except Refusal as refusal:
            if isinstance(refusal, SomebodyWasFaster):
                raise
            form.add_error(None, refusal.sentence)
    log_reads(request, "way", way.pk, [way.participant_id] if way.participant_id else [])
    context = {"form": form, "way": way, "person": person, "back": back, "may_write": may_write, **words}
    context["also_read"] = agencies_told(way, Part.ACTIVITIES)
    return render(request, words["template"], context)


def _given(form: forms.Form) -> ActivityInput:
    return ActivityInput(**form.cleaned_data)


def _elsewhere(stay: PhaseStay | None) -> list[str]:
    """What belongs to other phases than the present one, and to which (R61)."""
    here = {kind.pk for kind in kinds_in(stay)}
    return [
        f"{kind.name}: {say_list([phase.name for phase in kind.phases.all()])}"
        for kind in kinds()
        if kind.pk not in here
    ]
