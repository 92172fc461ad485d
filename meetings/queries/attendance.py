"""Who is called to a meeting, what they have answered, which agency lacks somebody, and who was there."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Prefetch, Q, Subquery
from django.utils import timezone

from meetings.models import Attendance, GroupSeat, ItemGuest, Meeting, SeatHolder
from meetings.queries.groups import holders_in
from meetings.queries.meetings import items_of, meetings_visible_to
from meetings.rules import of_hat
from meetings.states import AHEAD, Answer, MeetingState
from workspace.clocks import end_of, start_of
from workspace.models import Agency, CooperationRole, Membership
from workspace.rules import Hat, active_on
from workspace.states import SeatKind

ANSWERED_TO = AHEAD | {MeetingState.IN_PROGRESS}
BEGUN = {MeetingState.IN_PROGRESS, MeetingState.HELD}


class SeatStatus(StrEnum):
    REPRESENTED = "represented"
    WAITING = "waiting"  # for the ordinary member's answer, or for the call
    MISSING = "missing"  # perhaps a deputy has been asked; nobody has said that they come


# ---------- seats ----------
@dataclass
class HolderShown:
    """Somebody who holds a seat on the meeting's day, and the row they have there. `rows` is shared by all seats: one
    person who holds two of a joint meeting's seats answers once."""

    holder: SeatHolder
    rows: dict[int, Attendance]

    @property
    def member(self) -> Membership:
        return self.holder.membership

    @property
    def is_ordinary(self) -> bool:
        return self.holder.kind == SeatKind.ORDINARY

    @property
    def row(self) -> Attendance | None:
        return self.rows.get(self.holder.membership_id)

    @property
    def answer(self) -> str:
        return self.row.answer if self.row else ""

    @property
    def is_coming(self) -> bool:
        return self.answer == Answer.COMING

    @property
    def cannot(self) -> bool:
        return self.answer == Answer.NOT_COMING

    @property
    def wants_other_time(self) -> bool:
        return self.answer == Answer.OTHER_TIME

    @property
    def asked_at(self) -> datetime | None:
        """When the question was put that still has no answer."""
        return self.row.asked_at if self.row and not self.row.answer else None

    @property
    def is_present(self) -> bool:
        return bool(self.row and self.row.present_how)

    def can_be_asked(self, today: date) -> bool:
        """Can sign in and open the meeting today, and has neither answered nor been asked."""
        member = self.member
        return (
            not self.answer
            and self.asked_at is None
            and self.holder.from_on <= today
            and member.from_on <= today
            and (member.to_on is None or member.to_on >= today)
            and member.user.is_active
            and member.agency.left_on is None
        )


@dataclass
class SeatShown:
    """One seat of a meeting, as everybody in the group may see it."""

    seat: GroupSeat
    meeting: Meeting
    holders: list[HolderShown]  # the ordinary first, then deputies in the order they are called

    @property
    def agency(self) -> Agency:
        return self.seat.function.agency

    @property
    def ordinary(self) -> HolderShown | None:
        return next((one for one in self.holders if one.is_ordinary), None)

    @property
    def deputies(self) -> list[HolderShown]:
        return [one for one in self.holders if not one.is_ordinary]

    @property
    def asked(self) -> HolderShown | None:
        """The one whose answer is waited for."""
        return next((one for one in self.holders if one.asked_at), None)

    @property
    def refusers(self) -> list[HolderShown]:
        return [one for one in self.holders if one.cannot]

    @property
    def is_seen_to(self) -> bool:
        """Somebody comes, is asked, or has asked for another time: nobody else is to be asked now."""
        return any(one.is_coming or one.asked_at or one.wants_other_time for one in self.holders)

    @property
    def is_empty(self) -> bool:
        """Somebody has said no, and nobody is left."""
        return bool(self.refusers) and not self.is_seen_to

    @property
    def representative(self) -> HolderShown | None:
        """Who comes; when the meeting has begun, who is there."""
        if self.meeting.state in BEGUN:
            return next((one for one in self.holders if one.is_present), None)
        return next((one for one in self.holders if one.is_coming), None)

    @property
    def status(self) -> SeatStatus:
        if self.representative:
            return SeatStatus.REPRESENTED
        if self.meeting.state == MeetingState.PLANNED:
            return SeatStatus.WAITING
        first = self.ordinary or self.asked
        if self.meeting.state == MeetingState.CALLED and first and (first.asked_at or first.wants_other_time):
            return SeatStatus.WAITING
        return SeatStatus.MISSING

    @property
    def word(self) -> str:
        """The answer column: one or two words."""
        found, begun = self.representative, self.meeting.state in BEGUN
        if found:
            return ("Med" if begun else "Kommer") if found.is_ordinary else "Ersättaren"
        if self.status == SeatStatus.MISSING:
            return "Ingen"
        if self.meeting.state == MeetingState.PLANNED:
            return "Inte tillfrågad"
        return "Inte svarat" if self.asked else "Annan tid"


def day_of(meeting: Meeting) -> date:
    return timezone.localdate(meeting.starts_at)


def sent_mark(meeting: Meeting) -> str:
    """When the agenda was sent last, as a page carries it; empty before that."""
    return meeting.called_at.isoformat() if meeting.called_at else ""


def seats_shown(meeting: Meeting) -> list[SeatShown]:
    """Every seat that is open on the meeting's day, with its holders of that day and what they have answered.

    Sorted by agency. Of a joint meeting both groups' seats. Three queries for any number.
    """
    day = day_of(meeting)
    holders = SeatHolder.objects.filter(active_on(day)).select_related("membership__user", "membership__agency")
    seats = (
        GroupSeat.objects.filter(active_on(day), group__in=meeting.group_ids)
        .select_related("function__agency", "group")
        .prefetch_related(Prefetch("holders", queryset=holders, to_attr="current"))
        .order_by("function__agency__name", "pk")
    )
    rows = {row.member_id: row for row in rows_of(meeting) if row.member_id}
    return [
        SeatShown(seat, meeting, [HolderShown(holder, rows) for holder in getattr(seat, "current", [])])
        for seat in seats
    ]


def rows_of(meeting: Meeting) -> list[Attendance]:
    """Everybody who has been asked, has answered or has been there."""
    return list(
        Attendance.objects.filter(meeting=meeting)
        .select_related("member__user", "member__agency", "role__user", "seat")
        .order_by("pk")
    )


def seats_held(seats: Iterable[SeatShown], member: int) -> list[SeatShown]:
    """Those of the seats that this membership holds."""
    return [seat for seat in seats if any(one.member.pk == member for one in seat.holders)]


@dataclass
class AgencySeats:
    """An agency at a meeting. It lacks a representative when each of its seats does."""

    agency: Agency
    seats: list[SeatShown] = field(default_factory=list)

    @property
    def is_represented(self) -> bool:
        return any(seat.status == SeatStatus.REPRESENTED for seat in self.seats)

    @property
    def is_missing(self) -> bool:
        return all(seat.status == SeatStatus.MISSING for seat in self.seats)

    @property
    def refusers(self) -> list[Membership]:
        return list(dict.fromkeys(one.member for seat in self.seats for one in seat.refusers))

    @property
    def asked(self) -> HolderShown | None:
        return next((seat.asked for seat in self.seats if seat.asked), None)

    @property
    def unasked(self) -> Membership | None:
        """Who could be asked and has not been: the seat, or who holds it, is newer than the call."""
        people = [one for seat in self.seats for one in seat.holders]
        return next((one.member for one in people if one.can_be_asked(timezone.localdate())), None)

    @property
    def to_phone(self) -> Membership | None:
        """Whom to ring: who is asked and has not answered, else the first on the seat that has a number."""
        people = [one.member for seat in self.seats for one in seat.holders]
        first = [self.asked.member] if self.asked else []
        return next((member for member in [*first, *people] if member.user.phone), None)


def by_agency(seats: Iterable[SeatShown]) -> list[AgencySeats]:
    """The seats gathered by agency, in their order."""
    found: dict[int, AgencySeats] = {}
    for seat in seats:
        found.setdefault(seat.agency.pk, AgencySeats(seat.agency)).seats.append(seat)
    return list(found.values())


def missing_agencies(meeting: Meeting) -> list[AgencySeats]:
    """The agencies that lack a representative. Three queries for any number."""
    return [one for one in by_agency(seats_shown(meeting)) if one.is_missing]


def items_needing(hat: Hat, meeting: Meeting, agencies: Iterable[Agency]) -> dict[int, list[datetime]]:
    """Agency -> when the items begin that somebody there presents: of items this hat may read, and never of a case."""
    wanted = {agency.pk for agency in agencies}
    found: dict[int, list[datetime]] = {}
    for shown in items_of(hat, meeting):
        presenter = shown.item.presenter
        if shown.access == "open" and presenter and presenter.agency_id in wanted:
            found.setdefault(presenter.agency_id, []).append(shown.starts_at)
    return found


# ---------- one's own answer ----------
def answers_open(row: Attendance | None, is_holder: bool) -> tuple[Answer, ...]:
    """What somebody may answer: all, who has been asked or has answered; that they come, who holds a seat unasked."""
    if row and (row.asked_at or row.answer):
        return (Answer.COMING, Answer.NOT_COMING, Answer.OTHER_TIME)
    return (Answer.COMING,) if is_holder else ()


def meetings_owed_and_ahead(hat: Hat, until: date) -> tuple[list[tuple[Meeting, datetime]], list[Meeting]]:
    """For Idag: the calls this hat has not answered, each with when it was asked, to meetings that are ahead; and its
    meetings that are ahead or under way, up to and including a day. The next first. One query."""
    asked = Attendance.objects.filter(of_hat(hat), meeting=OuterRef("pk"), asked_at__isnull=False, answer="")
    shown = Q(pk__in=meetings_visible_to(hat).values("pk"), state__in=ANSWERED_TO, starts_at__lt=end_of(until))
    owed = Q(state=MeetingState.CALLED, owed_since__isnull=False)
    found = (
        Meeting.objects.annotate(owed_since=Subquery(asked.values("asked_at")[:1]))
        .annotate(is_shown=ExpressionWrapper(shown, output_field=BooleanField()))
        .filter(owed | Q(is_shown=True), ends_at__gt=timezone.now())
        .select_related("group")
        .order_by("starts_at", "pk")
    )
    rows: list[Any] = list(found)
    called = [(row, row.owed_since) for row in rows if row.owed_since and row.state == MeetingState.CALLED]
    return called, [row for row in rows if row.is_shown]


# ---------- whom an absence or a lost seat touches ----------
def meetings_ahead_of_seats(seats: Iterable[int], first: date, last: date | None) -> list[Meeting]:
    """The meetings ahead where these seats belong, on days from the first to the last (None: for ever), by number: the
    order they are locked in."""
    groups = GroupSeat.objects.filter(pk__in=list(seats)).values("group")
    found = Meeting.objects.filter(
        Q(group__in=groups) | Q(joined_group__in=groups),
        state__in=AHEAD,
        ends_at__gt=timezone.now(),
        starts_at__gte=start_of(first),
    )
    if last is not None:
        found = found.filter(starts_at__lt=end_of(last))
    return list(found.order_by("pk"))


def seats_of_member(member: Membership) -> list[int]:
    """Every seat the membership has held or holds."""
    return list(SeatHolder.objects.filter(membership=member).values_list("seat", flat=True))


def is_item_guest(member: int, meeting: Meeting) -> bool:
    return ItemGuest.objects.filter(item__meeting=meeting, membership=member).exists()


def arrangers_of(meeting: Meeting, seat: GroupSeat | None = None) -> set[int]:
    """The chair and the secretary of the meeting's group, and of the seat's own in a joint meeting; only who still has
    a seat there, since nobody else opens the meeting."""
    groups = {group.pk: group for group in (meeting.group, *([seat.group] if seat else []))}
    return {
        pk
        for group in groups.values()
        for pk in holders_in(group).filter(pk__in=[group.chair_id, group.secretary_id]).values_list("pk", flat=True)
    }


# ---------- presence ----------
@dataclass
class PersonShown:
    """A line of the presence list: who, and the row they have."""

    hat: Hat
    row: Attendance | None
    kind: str  # "ordinarie", "ersättare", or "" for guests and roles

    @property
    def agency(self) -> Agency | None:
        return self.hat.agency if isinstance(self.hat, Membership) else None

    @property
    def is_present(self) -> bool:
        return bool(self.row and self.row.present_how)


def people_at(meeting: Meeting, seats: list[SeatShown]) -> list[PersonShown]:
    """Everybody who can be ticked as present: who holds a seat, is invited to an item, or has a row. Two queries."""
    rows = rows_of(meeting)
    by_member = {row.member_id: row for row in rows if row.member_id}
    found: dict[str, PersonShown] = {}
    for seat in seats:
        for one in seat.holders:
            kind = SeatKind(one.holder.kind).label
            found.setdefault(one.member.hat_key, PersonShown(one.member, one.row, str(kind)))
    guests = ItemGuest.objects.filter(item__meeting=meeting).select_related("membership__user", "membership__agency")
    for guest in guests.order_by("pk"):
        row = by_member.get(guest.membership_id)
        found.setdefault(guest.membership.hat_key, PersonShown(guest.membership, row, ""))
    for row in rows:
        hat: Membership | CooperationRole | None = row.member or row.role
        if hat is not None:
            found.setdefault(hat.hat_key, PersonShown(hat, row, ""))
    return list(found.values())
