"""Who comes to a meeting: the table of seats, what is missing, one's own answer, and presence."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from meetings.actions import attendance as actions
from meetings.actions import calls
from meetings.forms.attendance import BUTTONS, AnswerForm, TickForm
from meetings.models import Attendance, Meeting
from meetings.queries import access_meeting, attendance_of, is_guest_only
from meetings.queries.attendance import (
    ANSWERED_TO,
    BEGUN,
    AgencySeats,
    SeatShown,
    answers_open,
    by_agency,
    items_needing,
    people_at,
    seats_held,
    seats_shown,
)
from meetings.rules import can_change_content, can_lead, is_arranger
from meetings.states import AHEAD, Answer, MeetingState
from workspace.doors import AnyHatRequest, do_once, hat_page
from workspace.models import Membership
from workspace.swedish import say_count, say_day, say_list, say_time

SHOWN_IN = ANSWERED_TO | BEGUN
SAVED = {
    Answer.COMING: "Ditt svar är sparat: du kommer.",
    Answer.NOT_COMING: "Ditt svar är sparat: du kan inte. En ersättare får frågan, om det finns någon.",
    Answer.OTHER_TIME: "Ditt svar är sparat. Den som ordnar mötet ser vilka tider som passar dig.",
}


# ---------- what the page shows ----------
def seats_context(request: AnyHatRequest, meeting: Meeting) -> dict[str, Any]:
    """The seats with their answers, what is missing, who was there, and one's own answer.

    Somebody invited to one item only sees their own answer, and who comes to a meeting that is not to be is no news.
    """
    seats = seats_shown(meeting)
    context = answer_context(request, meeting, seats)
    if meeting.state not in SHOWN_IN or is_guest_only(request.hat, meeting):
        return context
    agencies = by_agency(seats)
    missing = [one for one in agencies if one.is_missing] if meeting.state == MeetingState.CALLED else []
    present = sum(one.is_represented for one in agencies)
    begun = meeting.state in BEGUN
    context["coming"] = {
        "seats": seats,
        "agencies": len(agencies),
        "represented": present,
        "quorum": quorum_sentence(meeting, present),
        "missing": missing_boxes(request, meeting, missing),
        "comments": [row for row in _rows(seats) if row.comment] if is_arranger(request.hat, meeting.group) else [],
        "people": people_at(meeting, seats) if begun else [],
        "ticks": begun and can_lead(request.hat, meeting) and can_change_content(meeting),
    }
    return context


def _rows(seats: list[SeatShown]) -> list[Attendance]:
    """Each row once, also of those who hold two seats of a joint meeting."""
    rows = [one.row for seat in seats for one in seat.holders if one.row]
    return list({row.pk: row for row in rows}.values())


def answer_context(
    request: AnyHatRequest, meeting: Meeting, seats: list[SeatShown], form: AnswerForm | None = None
) -> dict[str, Any]:
    """One's own answer and what can be answered; nothing to answer for a role, or when the meeting is over."""
    hat = request.hat
    row = attendance_of(hat, meeting)
    mine = seats_held(seats, hat.pk) if isinstance(hat, Membership) else []
    can = answers_open(row, bool(mine)) if isinstance(hat, Membership) and meeting.state in ANSWERED_TO else ()
    if meeting.state not in AHEAD and row and (row.answer or row.present_how):
        can = ()
    reply = {
        "row": row,
        "said": Answer(row.answer).label if row and row.answer else "",
        "is_owed": bool(row and row.asked_at and not row.answer),
        "is_deputy": bool(mine) and not any(seat.ordinary and seat.ordinary.member.pk == hat.pk for seat in mine),
        "buttons": [(answer.value, BUTTONS[answer]) for answer in can],
        "form": form or AnswerForm(initial={"comment": row.comment if row else ""}, auto_id="id_svar_%s"),
    }
    return {"reply": reply}


def quorum_sentence(meeting: Meeting, represented: int) -> str:
    """Whether the group can decide, in words. Empty for a meeting that is not to be."""
    least = say_count(meeting.group.quorum, "myndighet", "myndigheter")
    enough = represented >= meeting.group.quorum
    if meeting.state == MeetingState.HELD:
        return f"Gruppen var {'' if enough else 'inte '}beslutför: minst {least}."
    if meeting.state == MeetingState.IN_PROGRESS or enough:
        return f"Gruppen är {'' if enough else 'inte '}beslutför: minst {least}."
    return f"Gruppen är inte beslutför än: minst {least}." if meeting.state in AHEAD else ""


def missing_boxes(request: AnyHatRequest, meeting: Meeting, missing: list[AgencySeats]) -> list[dict[str, Any]]:
    """One box for each agency that lacks a representative: who can't, who was asked when, what needs them."""
    needed = items_needing(request.hat, meeting, [one.agency for one in missing]) if missing else {}
    boxes = []
    for one in missing:
        says = []
        if one.refusers:
            says.append(f"{say_list([str(member.user) for member in one.refusers])} kan inte.")
        if one.asked and one.asked.asked_at:
            day, at = say_day(timezone.localdate(one.asked.asked_at)), say_time(one.asked.asked_at)
            says.append(f"{one.asked.member.user} fick frågan {day} {at} och har inte svarat.")
        elif one.unasked:
            says.append(f"{one.unasked.user} har inte fått frågan än. Den går ut när dagordningen skickas igen.")
        else:
            says.append("Ingen mer finns att fråga på platsen.")
        times = [say_time(at) for at in needed.get(one.agency.pk, [])]
        if times:
            what = f"Punkten kl. {times[0]}" if len(times) == 1 else f"Punkterna kl. {say_list(times)}"
            says.append(f"{what} bygger på att de är med.")
        number = one.to_phone.user.phone if one.to_phone else ""
        link = "".join(letter for letter in number if letter.isdigit() or letter == "+")
        boxes.append({"agency": one.agency, "says": " ".join(says), "phone": one.to_phone, "phone_link": link})
    return boxes


# ---------- what is done ----------
@require_POST
@hat_page
def call_meeting(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Send the agenda, unless somebody else has done so since the page was made."""
    meeting = access_meeting(request.hat, pk)
    seen = request.POST.get("seen")

    def perform() -> str:
        calls.call_meeting(by=request.hat, meeting=meeting, seen=seen)
        messages.success(request, "Dagordningen är skickad. De som ännu inte har svarat har fått frågan.")
        return reverse("meeting", args=[pk])

    return do_once(request, f"call_meeting {pk}", perform)


@hat_page
def answer_call(request: AnyHatRequest, pk: int) -> HttpResponse:
    """One's own answer, as a page of its own where something in it has to be put right."""
    meeting = access_meeting(request.hat, pk)
    form = AnswerForm(request.POST, auto_id="id_svar_%s") if request.method == "POST" else None
    if form is not None and form.is_valid():
        answer, comment = form.cleaned_data["answer"], form.cleaned_data["comment"]

        def perform() -> str:
            actions.answer_call(by=request.hat, meeting=meeting, answer=answer, comment=comment)
            messages.success(request, SAVED[answer])
            return reverse("meeting", args=[pk])

        return do_once(request, f"answer_call {pk}", perform)
    context = answer_context(request, meeting, seats_shown(meeting), form)
    if form is None and not context["reply"]["buttons"]:
        raise Http404
    return render(request, "meetings/answer.html", {"meeting": meeting, "form": form, **context})


@require_POST
@hat_page
def tick_present(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Tick one person as present, or take the tick away."""
    meeting = access_meeting(request.hat, pk)
    form = TickForm(request.POST)
    if not form.is_valid():
        raise Http404
    keys = {person.hat.hat_key: person.hat for person in people_at(meeting, seats_shown(meeting))}
    who, present = keys.get(form.cleaned_data["who"]), form.cleaned_data["present"]
    if who is None:
        raise Http404

    def perform() -> str:
        actions.tick_present(by=request.hat, meeting=meeting, who=who, present=present)
        return f"{reverse('meeting', args=[pk])}#narvaro"

    return do_once(request, f"tick_present {pk}", perform)
