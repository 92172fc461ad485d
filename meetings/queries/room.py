"""What the live room shows: the item everybody is at, who is here, how long there is left, which notes wait."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from django.db.models import F, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from meetings.models import (
    AgendaItem,
    Attendance,
    CircleSeat,
    GroupSeat,
    ItemGuest,
    Meeting,
    Minutes,
    NoteVersion,
    SeatHolder,
)
from meetings.queries.meetings import (
    ItemShown,
    attendance_of,
    attends,
    circle_agencies,
    circle_lives,
    groups_visible_to,
    is_guest_only,
    items_of,
    meetings_visible_to,
)
from meetings.rules import can_change_content, has_pen, of_hat, seated
from meetings.states import ItemKind, MeetingState
from workspace.models import Agency, Membership
from workspace.rules import Hat, active_on
from workspace.swedish import say_time, sort_key

HERE_FOR = timedelta(seconds=75)  # since the page last said so: three of its 25 seconds


# ---------- the agenda, as the room stands in it ----------
@dataclass
class RoomShown:
    """The agenda as one hat may see it, the item the meeting is at, and the one this page shows."""

    items: list[ItemShown]
    current: ItemShown | None
    shown: ItemShown | None
    follows: bool

    @property
    def next(self) -> ItemShown | None:
        """The item after the current one; where none is current, the first that has not begun."""
        if self.current is None:
            return next((item for item in self.items if item.item.started_at is None), None)
        return next((item for item in self.items if item.number > self.current.number), None)

    @property
    def is_outside(self) -> bool:
        """This hat is outside the item that the meeting is at."""
        return self.current is not None and self.current.access == "outside"

    @property
    def back_at(self) -> ItemShown | None:
        """The next item that this hat takes part in."""
        after = self.current.number if self.current else 0
        return next((item for item in self.items if item.number > after and item.access != "outside"), None)

    @property
    def back_time(self) -> datetime | None:
        """About when that is. An item that has run over its time ends now at the earliest."""
        if self.back_at is None or self.current is None:
            return None
        over = timezone.now() - self.current.ends_at
        return self.back_at.starts_at + max(over, timedelta())


def room_of(hat: Hat, meeting: Meeting, chosen: int | None = None) -> RoomShown:
    """The room's agenda for this hat. `chosen` is the item it looks at instead of following; an unknown one is none."""
    items = items_of(hat, meeting)
    by_pk = {shown.item.pk: shown for shown in items}
    current = by_pk.get(meeting.current_item_id or 0)
    own = by_pk.get(chosen or 0)
    return RoomShown(items, current, own or current, own is None)


def access_item(hat: Hat, pk: int) -> tuple[Meeting, AgendaItem]:
    """One item this hat takes part in, and its meeting; else the same 404 as for one that does not exist."""
    item = AgendaItem.objects.filter(pk=pk).first()
    meeting = meetings_visible_to(hat).filter(pk=item.meeting_id).first() if item else None
    if item is None or meeting is None or attends(hat, meeting, item).access == "outside":
        raise Http404
    item.meeting = meeting
    return meeting, item


def note_item(hat: Hat, pk: int) -> AgendaItem:
    """An item with a shared note, for whoever may hold the pen in its meeting; anybody else by `access_item`.

    One query and not ten: this is asked at every pause of the writer's typing.
    """
    groups = groups_visible_to(hat).values("pk")
    items = AgendaItem.objects.select_related("meeting").exclude(kind=ItemKind.CASE)
    item = items.filter(Q(meeting__group__in=groups) | Q(meeting__joined_group__in=groups), pk=pk).first()
    return item or access_item(hat, pk)[1]


@dataclass
class TimeLeft:
    """«6 min kvar, till 14.00» or «3 min över, skulle sluta 14.00»."""

    ends_at: datetime
    amount: str
    words: str
    is_late: bool


def time_left(shown: ItemShown, now: datetime) -> TimeLeft:
    """How long a running item has left, in whole minutes: a begun minute counts until the time is up."""
    left = (shown.ends_at - now).total_seconds()
    if left > 0:
        return TimeLeft(shown.ends_at, f"{ceil(left / 60)} min", f"kvar, till {say_time(shown.ends_at)}", False)
    over = f"över, skulle sluta {say_time(shown.ends_at)}"
    return TimeLeft(shown.ends_at, f"{int(-left // 60)} min", over, True)


# ---------- who is here ----------
@dataclass
class Here:
    """One agency's people in the room, or those of the cooperation's roles (no agency)."""

    agency: Agency | None
    names: list[str] = field(default_factory=list)
    is_out: bool = False  # waits outside the item


@dataclass
class Presence:
    rows: list[Here]
    here: int  # agencies of the seats that are here
    expected: int
    missing: list[Agency]


def seat_agencies(meeting: Meeting) -> list[Agency]:
    """The agencies that hold a seat in the meeting's groups today, by name."""
    seats = GroupSeat.objects.filter(active_on(), group__in=meeting.group_ids).select_related("function__agency")
    found = {seat.function.agency_id: seat.function.agency for seat in seats}
    return sorted(found.values(), key=lambda agency: sort_key(agency.name, ""))


def _inside_case(item: AgendaItem, members: Collection[int]) -> set[int]:
    """Of these members, those in a case's circle: by their seat, or invited, where their agency's access lives."""
    circle = CircleSeat.objects.filter(circle_lives(), case__item=item)
    seats = SeatHolder.objects.filter(
        seated(),
        membership__in=members,
        membership__agency=F("seat__function__agency"),
        seat__in=circle.values("seat"),
    )
    guests = ItemGuest.objects.filter(item=item, membership__in=members, membership__agency__in=circle.values("agency"))
    return {*seats.values_list("membership", flat=True), *guests.values_list("membership", flat=True)}


def outside_item(meeting: Meeting, item: AgendaItem | None, rows: Collection[Attendance]) -> set[int]:
    """Of these attendances, those that are outside an item: the same answer as `items_of`, for many at once."""
    if item is None or not rows:
        return set()
    members = {row.member_id for row in rows if row.member_id}
    if item.kind == ItemKind.CASE:
        inside = _inside_case(item, members)
        return {row.pk for row in rows if row.member_id not in inside}
    seats = SeatHolder.objects.filter(seated(), membership__in=members, seat__group__in=meeting.group_ids)
    guests = ItemGuest.objects.filter(item=item, membership__in=members)
    inside = {*seats.values_list("membership", flat=True), *guests.values_list("membership", flat=True)}
    return {row.pk for row in rows if row.member_id and row.member_id not in inside}


def here_now(meeting: Meeting, now: datetime) -> QuerySet[Attendance]:
    """Attendances whose page has said that it is open within the last 75 seconds."""
    return Attendance.objects.filter(meeting=meeting, seen_at__gte=now - HERE_FOR).select_related(
        "member__user", "member__agency", "role__user"
    )


def presence_of(meeting: Meeting, room: RoomShown, now: datetime) -> Presence:
    """Who is here, by agency and name. Who is outside the item sees only those who are outside too."""
    rows = list(here_now(meeting, now))
    out = outside_item(meeting, room.current.item if room.current else None, rows)
    found: dict[tuple[str, bool], Here] = {}
    for row in rows:
        if room.is_outside and row.pk not in out:
            continue
        agency = row.member.agency if row.member else None
        place = found.setdefault((agency.name if agency else "", row.pk in out), Here(agency, is_out=row.pk in out))
        place.names.append(str(row.member.user) if row.member else str(row.role.user) if row.role else "")
    for place in found.values():
        place.names.sort(key=lambda name: sort_key(name, ""))
    ordered = sorted(found.values(), key=lambda p: (p.agency is None, sort_key(p.agency.name if p.agency else "", "")))
    if room.is_outside:
        return Presence(ordered, 0, 0, [])
    expected = seat_agencies(meeting)
    here = {place.agency.pk for place in ordered if place.agency}
    missing = [agency for agency in expected if agency.pk not in here]
    return Presence(ordered, len(expected) - len(missing), len(expected), missing)


def circle_and_rest(meeting: Meeting, item: AgendaItem) -> tuple[list[Agency], list[Agency]]:
    """The agencies that see a case item, and those of the group that do not."""
    inside, agencies = circle_agencies(item), seat_agencies(meeting)
    return [a for a in agencies if a.pk in inside], [a for a in agencies if a.pk not in inside]


# ---------- notes ----------
def waiting_texts(item: AgendaItem) -> list[NoteVersion]:
    """Texts of an item's note that met a newer one and have not been merged, oldest first."""
    return list(
        NoteVersion.objects.filter(item=item, version__isnull=True, merged_at__isnull=True)
        .select_related("member__user", "role__user")
        .order_by("pk")
    )


def count_waiting(item: AgendaItem) -> int:
    return NoteVersion.objects.filter(item=item, version__isnull=True, merged_at__isnull=True).count()


@dataclass
class LeftOver:
    item: int
    author: str
    saved_at: datetime


def left_over(hat: Hat, meeting: Meeting, holds_pen: bool) -> list[LeftOver]:
    """Texts of a whole meeting that wait to be merged, and that this hat may see: the pen's holder all, others own."""
    rows = NoteVersion.objects.filter(item__meeting=meeting, version__isnull=True, merged_at__isnull=True)
    if not holds_pen:
        rows = rows.filter(of_hat(hat))
    rows = rows.select_related("member__user", "role__user").order_by("pk")
    return [LeftOver(row.item_id, author_of(row), row.saved_at) for row in rows]


def last_version(item: AgendaItem) -> NoteVersion | None:
    """The newest saved text of an item's note."""
    return NoteVersion.objects.filter(item=item, version__isnull=False).order_by("-version").first()


def to_merge(hat: Hat, item: AgendaItem, holds_pen: bool) -> NoteVersion | None:
    """The oldest text that waits and that this hat may see: the pen's holder all of them, anybody else its own."""
    own = NoteVersion.objects.filter(item=item, version__isnull=True, merged_at__isnull=True)
    if not holds_pen:
        own = own.filter(of_hat(hat))
    return own.select_related("member__user", "role__user").order_by("pk").first()


def author_of(version: NoteVersion) -> str:
    """The first name of who wrote a text."""
    user = version.member.user if version.member else version.role.user if version.role else None
    return (user.first_name or str(user)) if user else ""


def name_of(attendance: Attendance | None) -> str:
    """Who an attendance is of."""
    if attendance is None:
        return ""
    return str(attendance.member.user) if attendance.member else str(attendance.role.user) if attendance.role else ""


def can_resume(meeting: Meeting) -> bool:
    """Whether a meeting that has been held may go on: until minutes of it have been sent."""
    return can_change_content(meeting) and not Minutes.objects.filter(meeting=meeting).exists()


def can_take_pen(hat: Hat, meeting: Meeting) -> bool:
    """Whoever may hold the pen takes it while the meeting goes on; after it, until the minutes go, who was there."""
    if has_pen(hat, meeting) or not can_hold_pen(hat, meeting):
        return False
    if meeting.state == MeetingState.IN_PROGRESS:
        return True
    own = attendance_of(hat, meeting)
    was_there = own is not None and own.present_at is not None
    return was_there and meeting.state == MeetingState.HELD and can_change_content(meeting)


def can_hold_pen(hat: Hat, meeting: Meeting) -> bool:
    """Seat holders, also deputies, and the roles that see the meeting. Never somebody invited to one item."""
    return not isinstance(hat, Membership) or not is_guest_only(hat, meeting)
