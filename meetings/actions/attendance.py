"""Answers to the call, what an absence or a lost seat does to it, and who was there."""

from collections.abc import Iterable
from datetime import date

from django.utils import timezone

from meetings.actions.calls import (
    SEATS,
    empty_seats,
    fill_seats,
    tell,
    write_row,
)
from meetings.actions.steps import CALLS, lock_meeting, require_leader, topics_of, write_event
from meetings.models import Attendance, Case, DecisionVote, GroupSeat, Meeting
from meetings.queries.attendance import (
    ANSWERED_TO,
    BEGUN,
    HolderShown,
    SeatShown,
    answers_open,
    arrangers_of,
    is_item_guest,
    meetings_ahead_of_seats,
    people_at,
    seats_held,
    seats_of_member,
    seats_shown,
)
from meetings.queries.cases import holders_of
from meetings.rules import can_change_content, hat_fields
from meetings.states import Answer, MeetingState, PresentHow
from notifications.actions import Notice, clear_notices, close_notices, deliver
from workspace.actions import action
from workspace.errors import NotAllowed
from workspace.live import push_on_commit
from workspace.models import Absence, Membership
from workspace.rules import Hat

OTHER_TIME, ORDINARY_COMES, ORDINARY_TOO = "meeting.other_time", "meeting.ordinary_comes", "meeting.ordinary_too"
PRESENCE = "presence"
UNANSWERABLE = {
    MeetingState.HELD: "Mötet är avslutat. Då behövs inget svar.",
    MeetingState.CANCELLED: "Mötet är inställt. Du behöver inte svara.",
    MeetingState.NOT_HELD: "Mötet blev inte av. Du behöver inte svara.",
}


# ---------- answers ----------
@action
def answer_call(*, by: Hat, meeting: Meeting, answer: Answer, comment: str = "") -> None:
    """Say whether one comes. A second answer replaces the first; the history keeps that it was given.

    Locks the meeting. After a no the next deputy who is there is asked, and then chair and secretary are told; where
    nobody is left, they are told that. An ordinary member who comes after all frees the deputies who were asked in
    their place. «Annan tid» tells chair and secretary what would suit, and asks nobody. Answers when the meeting has
    begun are kept as late. Refuses whoever has not been asked and holds no seat (a holder who was not asked may say
    that they come), another time without a word on which, and a meeting that is over.
    """
    meeting = lock_meeting(meeting)
    if meeting.state not in ANSWERED_TO:
        raise NotAllowed(UNANSWERABLE[MeetingState(meeting.state)])
    if answer == Answer.OTHER_TIME and not comment.strip():
        raise NotAllowed("Skriv vilken tid som passar dig.")
    if not isinstance(by, Membership):
        raise NotAllowed("Det är de som har en plats i gruppen som svarar på kallelsen.")
    seats = seats_shown(meeting)
    mine, known = seats_held(seats, by.pk), empty_seats(seats)
    row = Attendance.objects.filter(meeting=meeting, member=by).first()
    if answer not in answers_open(row, bool(mine)):
        raise NotAllowed("Du har inte fått frågan. Har du en plats i gruppen kan du ändå säga att du kommer.")
    before = row.answer if row else ""
    _write_answer(meeting, by, mine, answer, comment.strip())
    write_event(meeting, "answer", by=by, text=_said(before, answer))
    clear_notices(kinds=CALLS, object_id=meeting.pk, memberships=[by.pk])
    notices = fill_seats(meeting, mine, known, by=by)
    if answer == Answer.COMING:
        notices += _free_deputies(meeting, seats, mine, by)
    if answer == Answer.OTHER_TIME:
        told = arrangers_of(meeting, mine[0].seat if mine else None)
        notices.append(tell(OTHER_TIME, meeting, told, by=by, agency=by.agency))
    deliver(notices, topics_of(meeting, part=SEATS))


def _write_answer(meeting: Meeting, by: Membership, mine: list[SeatShown], answer: Answer, comment: str) -> None:
    now = timezone.now()
    fields = {
        "answer": answer,
        "comment": comment,
        "answered_at": now,
        "by_absence": False,
        "is_late": meeting.state == MeetingState.IN_PROGRESS or now >= meeting.starts_at,
    }
    if not mine:
        Attendance.objects.filter(meeting=meeting, member=by).update(**fields)
    for seat in mine[:1]:
        write_row(seat, _holder(seat, by.pk), **fields)


def _holder(seat: SeatShown, member: int) -> HolderShown:
    return next(one for one in seat.holders if one.member.pk == member)


def _said(before: str, answer: Answer) -> str:
    """Both answers for the history; never the comment, which can tell why somebody can't."""
    return f"{Answer(before).label} → {answer.label}" if before and before != answer else str(answer.label)


def _free_deputies(meeting: Meeting, seats: list[SeatShown], mine: list[SeatShown], by: Membership) -> list[Notice]:
    """Where an ordinary member comes after all: take back the question to deputies who have not answered, and say so
    to those who come. Both are welcome: who goes is for the two of them to say."""
    freed: set[int] = set()
    coming: set[int] = set()
    for seat in mine:
        if seat.ordinary is None or seat.ordinary.member.pk != by.pk:
            continue
        for one in seat.deputies:
            elsewhere = [other for other in seats_held(seats, one.member.pk) if not other.representative]
            if one.is_coming and one.row and one.row.asked_at:
                coming.add(one.member.pk)
            elif one.asked_at and not elsewhere:
                write_row(seat, one, asked_at=None)
                freed.add(one.member.pk)
    close_notices(kind_prefix="meeting.deputy_asked", object_id=meeting.pk, memberships=freed)
    notices = [tell(ORDINARY_COMES, meeting, freed, by=by)] if freed else []
    return notices + ([tell(ORDINARY_TOO, meeting, coming, by=by)] if coming else [])


# ---------- absences ----------
def on_absence(*, absence: Absence) -> list[Notice]:
    """Somebody will be away: at each meeting ahead on those days that they are asked to or come to, count it as «Kan
    inte» and ask the next one at once. Returns the notices; call it inside an action, which delivers them.

    Locks the meetings in their order, also those where there turns out to be nothing to do: a call that is being sent
    just now asks either before this, and is seen here, or after, and sees the absence.
    """
    member, notices = absence.membership, []
    for meeting, seats, mine in _locked_meetings(member, absence.from_on, absence.to_on):
        one = _holder(mine[0], member.pk)
        if one.cannot or not (one.asked_at or one.answer):
            continue
        known, before, now = empty_seats(seats), one.answer, timezone.now()
        write_row(mine[0], one, answer=Answer.NOT_COMING, answered_at=now, by_absence=True, comment="")
        write_event(meeting, "answer", by=member, text=_said(before, Answer.NOT_COMING))
        clear_notices(kinds=CALLS, object_id=meeting.pk, memberships=[member.pk])
        notices += fill_seats(meeting, mine, known, by=member)
        push_on_commit(topics_of(meeting, part=SEATS))
    return notices


def on_absence_ended(*, absence: Absence) -> list[Notice]:
    """Somebody will not be away after all: what was counted as «Kan inte» because of it is taken back, and they are
    asked again where they are the ordinary member, or where the seat has nobody else.

    A deputy who has been asked meanwhile stays asked until the ordinary member says that they come. Call it when the
    absence is gone, inside an action, which delivers the notices it returns.
    """
    member, notices = absence.membership, []
    for meeting, _, mine in _locked_meetings(member, absence.from_on, absence.to_on):
        one = _holder(mine[0], member.pk)
        if one.row is None or not one.row.by_absence:
            continue
        write_row(mine[0], one, answer="", answered_at=None, by_absence=False, asked_at=None)
        write_event(meeting, "asked_again", by=member)
        notices += fill_seats(meeting, mine, empty_seats(mine), by=None)
        push_on_commit(topics_of(meeting, part=SEATS))
    return notices


def _locked_meetings(
    member: Membership, first: date, last: date | None
) -> Iterable[tuple[Meeting, list[SeatShown], list[SeatShown]]]:
    """The meetings ahead on those days where the member holds a seat: locked, with all seats and the member's."""
    for found in meetings_ahead_of_seats(seats_of_member(member), first, last):
        meeting = lock_meeting(found)
        seats = seats_shown(meeting)
        mine = seats_held(seats, member.pk)
        if mine:
            yield meeting, seats, mine


# ---------- seats ----------
def on_holder_gone(*, seat: GroupSeat, membership: Membership, by: Hat | None) -> list[Notice]:
    """Somebody has been taken off a seat: out of the call to every meeting ahead on whose day they no longer hold it,
    with what they were told of it, and the next holder is asked.

    Call it when the holder's row has ended (and a new one perhaps begun), inside an action, which delivers the notices
    it returns. Whoever holds another seat of the meeting keeps their answer, as does who has gone from ordinary to
    deputy on the same; a guest of an item keeps the invitation. What they were told of a case goes where they no longer
    sit in its circle.
    """
    notices: list[Notice] = []
    for found in meetings_ahead_of_seats([seat.pk], timezone.localdate(), None):
        meeting = lock_meeting(found)
        seats = seats_shown(meeting)
        held = seats_held(seats, membership.pk)
        if not any(one.seat.pk == seat.pk for one in held):
            _take_out(meeting, seat, membership, held)
            for case in Case.objects.filter(item__meeting=meeting):
                if membership.pk not in holders_of(case, [membership.agency_id]):
                    close_notices(kind_prefix="case.added", object_id=case.pk, memberships=[membership.pk])
            write_event(meeting, "holder_gone", by=by)
        left = [one for one in seats if one.seat.pk == seat.pk]
        notices += fill_seats(meeting, left, empty_seats(left), by=by)
        push_on_commit(topics_of(meeting, part=SEATS))
    return notices


def _take_out(meeting: Meeting, seat: GroupSeat, membership: Membership, held: list[SeatShown]) -> None:
    rows = Attendance.objects.filter(meeting=meeting, member=membership)
    if held or is_item_guest(membership.pk, meeting):
        rows.filter(seat=seat).update(seat=held[0].seat if held else None)
    else:
        rows.delete()
        close_notices(kind_prefix="meeting.", object_id=meeting.pk, memberships=[membership.pk])


# ---------- presence ----------
@action
def tick_present(*, by: Hat, meeting: Meeting, who: Hat, present: bool) -> None:
    """Tick somebody as present, or take the tick away; also of those who joined by the room.

    By whoever leads the meeting, from its beginning until its minutes are sent. Refuses somebody who neither holds a
    seat, is invited, nor has been in the room, and to take the tick from somebody whose vote or dissent is written
    down. The same tick twice is one.
    """
    meeting = lock_meeting(meeting)
    require_leader(by, meeting)
    if meeting.state not in BEGUN:
        raise NotAllowed("Närvaron prickas av när mötet har börjat.")
    if not can_change_content(meeting):
        raise NotAllowed("Protokollet är skickat, och då är närvaron klar. Rätta den i en ny version av protokollet.")
    seats = seats_shown(meeting)
    people = {person.hat.hat_key: person for person in people_at(meeting, seats)}
    person = people.get(who.hat_key)
    if person is None:
        raise NotAllowed("Den personen har ingen plats på mötet.")
    if person.is_present == present:
        return
    row = _row_of(meeting, who, seats)
    if not present and DecisionVote.objects.filter(attendance=row).exists():
        raise NotAllowed(f"{who.user} har röstat. Ta bort beslutet först.")
    how = PresentHow.TICKED if present else ""
    Attendance.objects.filter(pk=row.pk).update(present_how=how, present_at=timezone.now() if present else None)
    write_event(meeting, "tick" if present else "untick", by=by)
    deliver([], [*topics_of(meeting, part=SEATS), *topics_of(meeting, part=PRESENCE)])


def mark_joined(meeting: Meeting, hat: Hat) -> Attendance:
    """The hat has opened the room: its row, made with the member's seat if there was none. Call it inside an action.

    While the meeting is in progress whoever joins is present from the first time on; before and after it nobody is.
    """
    row = _row_of(meeting, hat)
    if meeting.state == MeetingState.IN_PROGRESS and not row.present_how:
        row.present_how, row.present_at = PresentHow.JOINED, timezone.now()
        row.save(update_fields=["present_how", "present_at"])
        if row.member_id:
            clear_notices(kinds=["meeting.started"], object_id=meeting.pk, memberships=[row.member_id])
    return row


def _row_of(meeting: Meeting, hat: Hat, seats: list[SeatShown] | None = None) -> Attendance:
    row = Attendance.objects.filter(meeting=meeting, **hat_fields(hat)).first()
    if row is None:
        held = []
        if isinstance(hat, Membership):
            held = seats_held(seats_shown(meeting) if seats is None else seats, hat.pk)
        seat = held[0].seat if held else None
        row, _ = Attendance.objects.get_or_create(meeting=meeting, **hat_fields(hat), defaults={"seat": seat})
    return row
