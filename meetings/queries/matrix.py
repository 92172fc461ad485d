"""Which agencies have been represented at a group's meetings, month by month. Agencies only, never who was there."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.utils import timezone

from meetings.models import Attendance, Group, GroupSeat, Meeting
from meetings.queries.meetings import access_group, groups_visible_to
from meetings.rules import STEERING_ROLES
from meetings.states import MeetingState
from workspace.clocks import add_months, end_of, start_of
from workspace.models import Agency, Membership
from workspace.rules import Hat

MONTHS = 12  # this month and the eleven before it


class Empty(StrEnum):
    """Why a month has no number."""

    NO_MEETING = "inget möte"
    NOT_IN = "inte med"


@dataclass(frozen=True)
class Cell:
    """Meetings with somebody there, of the meetings held while the agency had a seat."""

    represented: int = 0
    held: int = 0
    empty: Empty | None = None

    @property
    def text(self) -> str:
        return str(self.empty) if self.empty else f"{self.represented} av {self.held}"


@dataclass
class AgencyLine:
    agency: Agency
    cells: list[Cell]  # one for each month, the oldest first

    @property
    def total(self) -> Cell:
        represented, held = sum(cell.represented for cell in self.cells), sum(cell.held for cell in self.cells)
        return Cell(represented, held, None if held else Empty.NO_MEETING)


@dataclass
class Matrix:
    months: list[date]  # the first day of each
    lines: list[AgencyLine]
    held: int  # meetings in all


def groups_followed(hat: Hat) -> QuerySet[Group]:
    """The groups whose attendance a cooperation's chair and steering group follow without being in them (R4)."""
    if isinstance(hat, Membership) or hat.role not in STEERING_ROLES:
        return Group.objects.none()
    own = groups_visible_to(hat).values("pk")
    return Group.objects.filter(cooperation=hat.cooperation_id, ended_on__isnull=True).exclude(pk__in=own)


def access_attendance(hat: Hat, pk: int) -> Group:
    """A group whose attendance this hat may see, or the same 404 as for one that does not exist."""
    return groups_followed(hat).filter(pk=pk).first() or access_group(hat, pk)


def attendance_matrix(group: Group, until: date | None = None) -> Matrix:
    """Each agency with a seat during the last twelve months, and how many of the held meetings somebody of it was at.

    The months end with the day `until`, today if nothing is said. Represented: somebody who held one of its seats,
    ordinary or deputy, was there; a guest of an item is none. Joint meetings count in both groups. Three queries for
    any number of meetings.
    """
    until = until or timezone.localdate()
    months = [add_months(until.replace(day=1), -ago) for ago in reversed(range(MONTHS))]
    first = months[0]
    seats: dict[Agency, list[GroupSeat]] = defaultdict(list)
    for seat in (
        GroupSeat.objects.filter(Q(to_on__isnull=True) | Q(to_on__gte=first), group=group)
        .filter(from_on__lte=until)
        .select_related("function__agency")
        .order_by("function__agency__name", "pk")
    ):
        seats[seat.function.agency].append(seat)
    held = {
        pk: timezone.localdate(at)
        for pk, at in Meeting.objects.filter(
            Q(group=group) | Q(joined_group=group),
            state=MeetingState.HELD,
            starts_at__gte=start_of(first),
            starts_at__lt=end_of(until),
        ).values_list("pk", "starts_at")
    }
    present: dict[int, set[int]] = defaultdict(set)
    there = Attendance.objects.filter(meeting__in=list(held), seat__isnull=False).exclude(present_how="")
    for meeting, agency in there.values_list("meeting", "member__agency"):
        present[meeting].add(agency)
    lines = [
        AgencyLine(agency, [_cell(agency, own, month, held, present) for month in months])
        for agency, own in seats.items()
    ]
    return Matrix(months, lines, len(held))


def _cell(
    agency: Agency, seats: list[GroupSeat], month: date, held: dict[int, date], present: dict[int, set[int]]
) -> Cell:
    last = add_months(month, 1) - timedelta(days=1)
    if not any(seat.from_on <= last and (seat.to_on is None or seat.to_on >= month) for seat in seats):
        return Cell(empty=Empty.NOT_IN)
    theirs = [
        meeting
        for meeting, day in held.items()
        if month <= day <= last
        and any(seat.from_on <= day and (seat.to_on is None or seat.to_on >= day) for seat in seats)
    ]
    if not theirs:
        elsewhere = any(month <= day <= last for day in held.values())
        return Cell(empty=Empty.NOT_IN if elsewhere else Empty.NO_MEETING)
    return Cell(sum(agency.pk in present[meeting] for meeting in theirs), len(theirs))
