"""A case: put on the agenda, seen in the room and on its own page, its circle changed. Everything here is secret."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from meetings.actions.cases import change_circle, put_case, withdraw_case
from meetings.errors import CircleNotCovered
from meetings.forms.cases import ActionForm, CaseForm, CircleForm, DecisionForm, NoteForm
from meetings.models import Meeting
from meetings.queries import access_meeting
from meetings.queries.cases import CaseShown, Standing, open_standing, people_of, read_case, standing_of, standing_under
from meetings.queries.circles import (
    allows_anonymous,
    can_change_circle,
    can_put_case,
    can_withdraw_case,
    can_write,
    own_people,
    own_seats,
    seats_called,
)
from meetings.queries.follow_up import can_be_responsible
from meetings.queries.meetings import ItemShown
from notifications.actions import mark_read
from notifications.queries import notifications_about
from workspace.doors import AnyHatRequest, MemberRequest, do_once, log_reads, member_page
from workspace.errors import NotAllowed
from workspace.models import Membership


# ---------- what is shown ----------
def shown_context(request: MemberRequest | AnyHatRequest, standing: Standing, *, in_room: bool) -> dict[str, Any]:
    """A case as one member may see it now, and the forms that are theirs to use; logs the read. One key, so that the
    room's other pieces keep their names."""
    assert isinstance(request.hat, Membership)
    shown = read_case(request.hat, standing)
    writes = can_write(standing)
    page: dict[str, Any] = {"shown": shown, "meeting": standing.meeting, "writes": writes, "in_room": in_room}
    if writes:
        note = shown.note
        version, text = (note.version, note.text) if note else (0, "")
        page["note_form"] = NoteForm(initial={"text": text, "base_version": version}, auto_id="id_arende_%s")
    if writes and standing.is_open and shown.others:
        page |= {"decision_form": DecisionForm(prefix="beslut"), "action_form": action_form(shown)}
    log_reads(request, "case", standing.case.pk, people_of(standing.case))
    return {"case_page": page}


def action_form(shown: CaseShown, data: Any = None, prefix: str | None = "uppgift") -> ActionForm:
    """The form of something to be done, for the agencies of the circle and those who hold its seats."""
    members = list(can_be_responsible(shown.standing.meeting, shown.case.item))
    return ActionForm(data, prefix=prefix, agencies=shown.circle, members=members)


def case_context(request: AnyHatRequest, meeting: Meeting, shown: ItemShown) -> dict[str, Any]:
    """What the room shows of a case to a hat in its circle (`shown.access == "circle"`); logs the read."""
    if shown.access != "circle" or not isinstance(request.hat, Membership):
        return {}
    return shown_context(request, standing_under(request.hat, shown.item), in_room=True)


@member_page
def case(request: MemberRequest, pk: int) -> HttpResponse:
    """A case's own page: everything while access lives; after it, what the own agency has written."""
    standing = standing_of(request.hat, pk)
    mark_read(by=request.hat, notifications=notifications_about(request.hat, "case.added", pk))
    context = shown_context(request, standing, in_room=False)
    context |= {
        "topic": f"meeting:{standing.meeting.pk}",
        "meeting": standing.meeting,
        "changes": can_change_circle(request.hat, standing),
        "withdraws": can_withdraw_case(request.hat, standing),
    }
    return render(request, "meetings/case.html", context)


@member_page
def case_fragment(request: MemberRequest, pk: int) -> HttpResponse:
    """Who and what, and what lies on the table, as it is now. Where access has ended it says so, and is put in by
    force; for whoever was never let in, and whoever lost it before anybody talked, the same 404 as for no case."""
    standing = standing_of(request.hat, pk)
    context = shown_context(request, standing, in_room=request.GET.get("rum") == "1")
    response = render(request, "meetings/_case_table.html", context)
    if not standing.is_open:
        response.headers["X-Access-Ended"] = "1"  # put in also while somebody types in it
    return response


# ---------- on the agenda ----------
@member_page
def new_case(request: MemberRequest, pk: int) -> HttpResponse:
    """Put a person on the agenda. Whoever the consent does not reach is named, and nothing written is lost."""
    meeting = access_meeting(request.hat, pk)
    if not can_put_case(request.hat, meeting):
        raise Http404
    people, called = own_people(request.hat), seats_called(meeting)
    own = own_seats(request.hat, called)
    others = [seat for seat in called if seat not in own]
    wanted = request.GET.get("deltagare", "")
    form = CaseForm(
        request.POST or None,
        people=people,
        anonymous=allows_anonymous(meeting),
        seats=others,
        initial={"participant": wanted if wanted.isdecimal() else None},
    )
    lacking: list[str] = []
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            put_case(
                by=request.hat,
                meeting=meeting,
                participant=form.person,
                question=form.cleaned_data["question"],
                minutes=form.cleaned_data["minutes"],
                seats=form.chosen,
                informed_on=form.cleaned_data["informed_on"],
            )
            messages.success(request, "Ärendet står på dagordningen. Bara de du valde ser vem det gäller.")
            return reverse("meeting", args=[meeting.pk])

        try:
            return do_once(request, f"put_case {meeting.pk}", perform)
        except CircleNotCovered as refusal:
            lacking = refusal.lacking
            form.add_error("seats", refusal.sentence)
        except NotAllowed as refusal:
            form.add_error(None, refusal.sentence)
    log_reads(request, "case_form", meeting.pk, [person.pk for person in people])
    context = {"form": form, "meeting": meeting, "own": own, "lacking": lacking}
    if lacking:
        context["person"] = form.person
    return render(request, "meetings/case_form.html", context)


@member_page
def case_circle(request: MemberRequest, pk: int) -> HttpResponse:
    """Let other seats in or out. 404 for whoever does not own the case."""
    standing = open_standing(request.hat, pk)
    if not can_change_circle(request.hat, standing):
        raise Http404
    called = seats_called(standing.meeting)
    own = own_seats(request.hat, called)
    living = {agency.pk for agency in read_case(request.hat, standing).circle}
    inside = [row.seat_id for row in standing.case.circle.all() if row.agency_id in living]
    form = CircleForm(request.POST or None, seats=[s for s in called if s not in own], initial={"seats": inside})
    lacking: list[str] = []
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            change_circle(by=request.hat, case=standing.case, seats=form.chosen)
            messages.success(request, "Kretsen är ändrad.")
            return reverse("case", args=[pk])

        try:
            return do_once(request, f"change_circle {pk}", perform)
        except CircleNotCovered as refusal:
            lacking = refusal.lacking
            form.add_error("seats", refusal.sentence)
        except NotAllowed as refusal:
            form.add_error(None, refusal.sentence)
    log_reads(request, "case", pk, people_of(standing.case))
    context = {"form": form, "meeting": standing.meeting, "own": own, "lacking": lacking, "case": standing.case}
    if lacking:
        context["person"] = standing.case.participant
    return render(request, "meetings/case_form.html", context)


@require_POST
@member_page
def withdraw(request: MemberRequest, pk: int) -> HttpResponse:
    """Take a case off the agenda. 404 for whoever does not own it."""
    standing = open_standing(request.hat, pk)
    if standing.case.agency_id != request.hat.agency_id:
        raise Http404

    def perform() -> str:
        withdraw_case(by=request.hat, case=standing.case)
        messages.success(request, "Ärendet är borttaget. De andra kan inte läsa det längre.")
        return reverse("meeting", args=[standing.meeting.pk])

    return do_once(request, f"withdraw_case {pk}", perform)
