"""How often a group meets; when one meeting is; meetings outside the series."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from meetings.actions.series import (
    cancel_meeting,
    change_day,
    change_series,
    create_series,
    move_meeting,
    open_extra_meeting,
)
from meetings.actions.steps import require_arranger
from meetings.forms.finding import time_found
from meetings.forms.series import CancelForm, DayForm, DaysOffForm, ExtraMeetingForm, MeetingTimeForm, SeriesForm
from meetings.models import Group, Meeting, Series
from meetings.queries import access_meeting
from meetings.queries.groups import answers_to
from meetings.queries.series import exceptions_of, follow, opened_ahead, rule_of, running_series
from meetings.schedule import HORIZON, occurrences, say_number, sentence, span
from meetings.views.dates import NOT_ASKED, Taken, asks_for_file, take_date
from meetings.views.groups import arranged, saved
from meetings.views.meeting import head_context
from workspace.clocks import add_months, day_off
from workspace.doors import AnyHatRequest, do_once, hat_page
from workspace.errors import NotAllowed
from workspace.swedish import parse_date, say_moment


# ---------- the series ----------
@hat_page
def series_new(request: AnyHatRequest, pk: int) -> HttpResponse:
    """A group's first series. Where it has one, this is the change of it."""
    group = arranged(request, pk)
    if request.method != "POST" and running_series(group):
        return redirect("change_series", pk=pk)
    return _series(request, group, None)


@hat_page
def series_change(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Another time for all meetings from a day on."""
    group = arranged(request, pk)
    running = running_series(group)
    if not running:
        return redirect("new_series", pk=pk)
    return _series(request, group, running[-1])


def _series(request: AnyHatRequest, group: Group, old: Series | None) -> HttpResponse:
    """First what is wanted, then the days it gives with those off proposed away, then saved."""
    form = SeriesForm(request.POST or None, series=old)
    context: dict[str, Any] = {"group": group, "form": form, "old": old}
    if old is not None:
        context["was"] = sentence(rule_of(old), old.begins, old.ends)
    if request.method != "POST" or not form.is_valid():
        return render(request, _template(old), context, status=422 if form.errors else 200)
    plan = form.plan()
    shown = _shown(plan, old)
    confirmed = request.POST.get("shown") == shown
    off = DaysOffForm(request.POST if confirmed else None, plan=plan)
    if confirmed and off.is_valid():
        try:
            return _save(request, group, old, plan, off)
        except NotAllowed as refusal:
            off.add_error(None, refusal.sentence)
    context |= {"off": off, "shown": shown, "said": sentence(rule_of(plan), plan.begins, plan.ends)}
    context |= {"days": _days(off), "moves": _moves(group, plan, off) if old else []}
    return render(request, _template(old), context, status=422 if off.errors else 200)


def _template(old: Series | None) -> str:
    return "meetings/series_change.html" if old else "meetings/series_form.html"


def _save(request: AnyHatRequest, group: Group, old: Series | None, plan: Series, off: DaysOffForm) -> HttpResponse:
    url = reverse("group", args=[group.pk])
    if old is None:
        return saved(
            request,
            f"create_series {group.pk}",
            lambda: create_series(by=request.hat, group=group, plan=plan, exceptions=off.exceptions),
            "Serien är sparad och nästa möte är öppnat.",
            url,
        )
    return saved(
        request,
        f"change_series {old.pk}",
        lambda: change_series(by=request.hat, series=old, plan=plan, exceptions=off.exceptions),
        "Serien är ändrad.",
        url,
    )


def _shown(plan: Series, old: Series | None) -> str:
    """What the reader has been shown, and instead of what, so that nothing else is saved."""
    rule = rule_of(plan)
    return f"{old.pk if old else ''} {rule.from_on} {sentence(rule, plan.begins, plan.ends)}"


def _days(off: DaysOffForm) -> list[tuple[date, Any]]:
    """Each coming day, with the question about it where it is a day off."""
    return [(one.day, off[one.on.isoformat()] if one.on in off.off else None) for one in off.days]


def _moves(group: Group, plan: Series, off: DaysOffForm) -> list[dict[str, Any]]:
    """What becomes of the meetings opened ahead, and how many answers have to be asked for again."""
    opened = list(opened_ahead(running_series(group), plan.from_on))
    days = follow(rule_of(plan), off.exceptions, opened)
    found = []
    for meeting in opened:
        match = days[meeting.pk]
        starts_at = span(match.day, plan.begins, plan.ends)[0] if match else None
        same = starts_at == meeting.starts_at
        found.append(
            {"meeting": meeting, "starts_at": starts_at, "same": same, "answered": "" if same else _answered(meeting)}
        )
    return found


def _answered(meeting: Meeting) -> str:
    """«Tre har redan svarat.»; empty where nobody has."""
    number = answers_to(meeting)
    return f"{say_number(number)} har redan svarat." if number else ""


@hat_page
def series_day(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Let one day of the series be another, or none. Which one stands in the address: `?dag=2026-12-24`."""
    group = arranged(request, pk)
    on, today = parse_date(request.GET.get("dag", "")), timezone.localdate()
    if on is None or not today <= on <= add_months(today, HORIZON):
        raise Http404
    series = next((one for one in running_series(group) if occurrences(rule_of(one), on, on)), None)
    if series is None:
        raise Http404
    exceptions = exceptions_of(series)
    now_on = exceptions.get(on, on)
    form = DayForm(request.POST or None, series=series, on=on, now_on=now_on)
    meeting = opened_ahead([series], on).filter(occurs_on=on).first()
    if request.method == "POST" and form.is_valid():
        try:
            return saved(
                request,
                f"change_day {series.pk} {on}",
                lambda: change_day(by=request.hat, series=series, on=on, day=form.chosen),
                "Dagen är ändrad.",
                reverse("group", args=[pk]),
            )
        except NotAllowed as refusal:
            form.add_error(None, refusal.sentence)
    context = {
        "group": group,
        "form": form,
        "on": on,
        "now_on": now_on,
        "off": day_off(on),
        "meeting": meeting,
        "answered": _answered(meeting) if meeting else "",
    }
    return render(request, "meetings/series_day.html", context, status=422 if form.errors else 200)


# ---------- one meeting ----------
@hat_page
def meeting_head(request: AnyHatRequest, pk: int) -> HttpResponse:
    """The headline of a meeting's page, as it is now."""
    return render(request, "meetings/_meeting_head.html", head_context(request, access_meeting(request.hat, pk)))


def _arranged_meeting(request: AnyHatRequest, pk: int) -> Meeting:
    meeting = access_meeting(request.hat, pk)
    require_arranger(request.hat, meeting)
    return meeting


@hat_page
def meeting_time(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Another time or place for one meeting. Says first how many have to be asked again."""
    meeting = _arranged_meeting(request, pk)
    shown = meeting.starts_at.isoformat()
    if asks_for_file(request):
        taken = take_date(request)
        form = MeetingTimeForm(meeting=meeting, initial=taken.values)
        return _time_page(request, meeting, form, taken, request.POST.get("shown", shown))
    form = MeetingTimeForm(request.POST or None, meeting=meeting)
    if request.method == "POST" and request.POST.get("shown", shown) != shown:
        form.add_error("day", f"Någon hann före. Mötet är nu {say_moment(meeting.starts_at)}.")
    elif request.method == "POST" and form.is_valid():
        starts_at, ends_at = form.span
        data = form.cleaned_data
        try:
            return saved(
                request,
                f"move_meeting {pk}",
                lambda: move_meeting(
                    by=request.hat,
                    meeting=meeting,
                    starts_at=starts_at,
                    ends_at=ends_at,
                    place=data["place"],
                    place_is_neutral=data["place_is_neutral"],
                    link=data["link"],
                ),
                "Mötet är ändrat.",
                reverse("meeting", args=[pk]),
            )
        except NotAllowed as refusal:
            form.add_error("day", refusal.sentence)
    return _time_page(request, meeting, form, NOT_ASKED, shown)


def _time_page(
    request: AnyHatRequest, meeting: Meeting, form: MeetingTimeForm, taken: Taken, shown: str
) -> HttpResponse:
    context = {"meeting": meeting, "form": form, "answered": _answered(meeting), "shown": shown, "taken": taken}
    status = 422 if form.errors or taken.form.errors else 200
    return render(request, "meetings/meeting_time.html", context, status=status)


@hat_page
def meeting_cancel(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Cancel a meeting, and say why."""
    meeting = _arranged_meeting(request, pk)
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return saved(
            request,
            f"cancel_meeting {pk}",
            lambda: cancel_meeting(by=request.hat, meeting=meeting, reason=form.cleaned_data["reason"]),
            "Mötet är inställt.",
            reverse("meeting", args=[pk]),
        )
    context = {"meeting": meeting, "form": form, "answered": _answered(meeting)}
    return render(request, "meetings/meeting_cancel.html", context, status=422 if form.errors else 200)


@hat_page
def meeting_new(request: AnyHatRequest, pk: int) -> HttpResponse:
    """A meeting outside the series. A time that «Hitta en tid» found stands in the address."""
    group = arranged(request, pk)
    if asks_for_file(request):
        taken = take_date(request)
        form = ExtraMeetingForm(hat=request.hat, group=group, initial=taken.values)
        return _new_page(request, group, form, taken)
    form = ExtraMeetingForm(request.POST or None, hat=request.hat, group=group, initial=time_found(request.GET))
    if request.method == "POST" and form.is_valid():
        starts_at, ends_at = form.span

        def perform() -> str:
            made = open_extra_meeting(
                by=request.hat,
                group=group,
                starts_at=starts_at,
                ends_at=ends_at,
                place=form.cleaned_data["place"],
                place_is_neutral=form.cleaned_data["place_is_neutral"],
                link=form.cleaned_data["link"],
                joined_group=form.joined,
            )
            messages.success(request, "Mötet är öppnat. Skicka dagordningen när den är klar.")
            return reverse("meeting", args=[made.pk])

        try:
            return do_once(request, f"open_extra_meeting {pk}", perform)
        except NotAllowed as refusal:
            form.add_error("day", refusal.sentence)
    return _new_page(request, group, form, NOT_ASKED)


def _new_page(request: AnyHatRequest, group: Group, form: ExtraMeetingForm, taken: Taken) -> HttpResponse:
    context = {"group": group, "form": form, "taken": taken}
    status = 422 if form.errors or taken.form.errors else 200
    return render(request, "meetings/meeting_new.html", context, status=status)
