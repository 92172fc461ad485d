"""The call to a meeting, and that no seat is left without somebody who comes, is asked, or is told to be missing."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from django.utils import timezone

from meetings.actions.standing import MISSING, refuse_last
from meetings.actions.steps import lock_meeting, step, topics_of
from meetings.models import AgendaItem, Attendance, Meeting
from meetings.queries.attendance import HolderShown, SeatShown, arrangers_of, day_of, seats_shown, sent_mark
from meetings.queries.groups import meeting_followers
from meetings.states import Answer, ItemKind, MeetingState, MeetingVerb
from notifications.actions import Notice, deliver
from workspace.actions import action
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Agency, Membership
from workspace.queries import absences_on
from workspace.rules import Hat
from workspace.swedish import say_date

CALLED, CHANGED, DEPUTY_ASKED = "meeting.called", "meeting.changed", "meeting.deputy_asked"
CANNOT_COME, SEAT_EMPTY = "meeting.cannot_come", "meeting.seat_empty"
SENT_MEANWHILE = (
    "Någon annan har redan skickat dagordningen. Ingenting skickades en gång till. Läs hur det ser ut nu, och skicka "
    "igen bara om något behöver ändras."
)
SEATS = "seats"  # the part of the page that shows who comes


@action
def call_meeting(*, by: Hat, meeting: Meeting, seen: str | None = None) -> None:
    """Send the agenda: ask each open seat's ordinary member whether they come.

    `seen` is what the page said of when it was sent last (`sent_mark`); None does not ask.

    Locks the meeting. Who is away that day counts as «Kan inte», and a deputy who is there is asked at once: first
    whoever stands in, if that is a deputy of the seat. Sets `called_at` each time. Sent again it asks those who have
    not been asked, and tells the others that the agenda has changed. Then tells chair and secretary of each seat whose
    ordinary member can't come, and closes the reminders that it was to be sent. Refuses whoever does not arrange the
    meeting, a meeting that has begun (R2), and an agenda where gender equality is missing or last (R15);
    `SomebodyWasFaster` where somebody else has sent it since the page was made.
    """
    meeting = lock_meeting(meeting)
    again = meeting.state == MeetingState.CALLED
    step(meeting, MeetingVerb.CALL, by=by)
    if seen is not None and seen != sent_mark(meeting):
        raise SomebodyWasFaster(SENT_MEANWHILE)
    _refuse_without_standing(meeting)
    now = timezone.now()
    Meeting.objects.filter(pk=meeting.pk).update(called_at=now)
    seats = seats_shown(meeting)
    known = empty_seats(seats) if again else set()
    reached = {
        one.member.pk: one.row
        for seat in seats
        for one in seat.holders
        if one.row and (one.row.asked_at or one.is_coming)
    }
    following = meeting_followers(meeting) if again else frozenset()
    notices = [tell(CHANGED if again else CALLED, meeting, reached, by=by, followers=following)]
    if not again:
        # They said that they come before the call was sent: it is theirs too, and needs no answer.
        rows = Attendance.objects.filter(pk__in=[row.pk for row in reached.values()], answer=Answer.COMING)
        rows.update(asked_at=now)
    notices += fill_seats(meeting, seats, known, by=by)
    deliver(notices, topics_of(meeting))


def _refuse_without_standing(meeting: Meeting) -> None:
    items = list(AgendaItem.objects.filter(meeting=meeting).order_by("position", "pk"))
    if not any(item.kind == ItemKind.GENDER_EQUALITY for item in items):
        raise NotAllowed(MISSING)
    refuse_last(items)


def fill_seats(
    meeting: Meeting, seats: list[SeatShown], known_empty: Collection[int], *, by: Hat | None
) -> list[Notice]:
    """Of a locked meeting's seats, ask each ordinary member who has not been asked, and the next deputy where nobody
    comes, is asked, or wants another time.

    Returns the notices: to those asked, and then to chair and secretary of each seat that a deputy is asked for, or
    that nobody is left on, unless they knew (`known_empty`). Before the call nobody is asked, and when the meeting has
    begun it is too late to: then only what is empty is told.
    """
    if meeting.state not in {MeetingState.CALLED, MeetingState.IN_PROGRESS}:
        return []
    away = _away(day_of(meeting), seats) if meeting.state == MeetingState.CALLED else None
    called: set[int] = set()
    deputies: set[int] = set()
    arrangers: list[Notice] = []
    for seat in seats:
        asked = _ask_next(seat, away) if away is not None else None
        if asked:
            first = asked.is_ordinary or seat.ordinary is None
            (called if first else deputies).add(asked.member.pk)
            if not first:
                arrangers.append(tell_arrangers(CANNOT_COME, meeting, seat, by=by))
        elif not seat.is_seen_to and not seat.representative and seat.seat.pk not in known_empty:
            arrangers.append(tell_arrangers(SEAT_EMPTY, meeting, seat, by=by))
    found = [tell(CALLED, meeting, called, by=by)] if called else []
    found += [tell(DEPUTY_ASKED, meeting, deputies, by=by)] if deputies else []
    return found + arrangers


def empty_seats(seats: Iterable[SeatShown]) -> set[int]:
    """The seats that chair and secretary have been told are empty: taken before something changes."""
    return {seat.seat.pk for seat in seats if seat.is_empty}


def _away(day: date, seats: list[SeatShown]) -> dict[int, int | None]:
    """Of the holders, those who are away that day -> who stands in for them."""
    people = {one.member.pk for seat in seats for one in seat.holders}
    found = absences_on(day).filter(membership__in=people)
    return dict(found.values_list("membership_id", "stand_in_id"))


def _ask_next(seat: SeatShown, away: dict[int, int | None]) -> HolderShown | None:
    """Ask the first in line who is there, and write down that those before them can't. None where nobody is left, or
    where a deputy is already asked or comes: then only an ordinary member who has not been asked is."""
    today, now = timezone.localdate(), timezone.now()
    first = seat.ordinary
    if seat.is_seen_to and (first is None or first.member.pk in away or not first.can_be_asked(today)):
        return None
    stand_ins = {away.get(one.member.pk) for one in seat.holders}
    line = [one for one in seat.holders if one.can_be_asked(today)]
    line.sort(key=lambda one: (not one.is_ordinary, one.member.pk not in stand_ins))
    for one in line:
        if one.member.pk not in away:
            write_row(seat, one, asked_at=now)
            return one
        write_row(seat, one, answer=Answer.NOT_COMING, answered_at=now, by_absence=True)
    return None


def write_row(seat: SeatShown, one: HolderShown, **fields: Any) -> None:
    """Write a holder's row of the meeting, and show it in every seat they hold."""
    row, _ = Attendance.objects.update_or_create(
        meeting=seat.meeting, member=one.member, defaults=fields, create_defaults={"seat": seat.seat, **fields}
    )
    one.rows[one.member.pk] = row


def tell(
    kind: str,
    meeting: Meeting,
    recipients: Iterable[int],
    *,
    by: Hat | None,
    agency: Agency | None = None,
    followers: frozenset[int] = frozenset(),
) -> Notice:
    """A notice about a meeting, said by an agency or by nobody; never to who acts. `recipients` are memberships."""
    own = {by.pk} if isinstance(by, Membership) else set()
    told = frozenset(recipients) - own
    return Notice(kind, say_date(day_of(meeting)), meeting.pk, agency, told, followers - own)


def tell_arrangers(kind: str, meeting: Meeting, seat: SeatShown, *, by: Hat | None) -> Notice:
    """A notice to chair and secretary, said by the seat's agency."""
    return tell(kind, meeting, arrangers_of(meeting, seat.seat), by=by, agency=seat.agency)
