"""What the product collects for a meeting's items: what became of things, what is disputed, who was missing (R2, R7).

Of agencies and numbers only; nothing here names a participant. Every function asks a constant number of queries.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Min, Prefetch, Q, QuerySet
from django.utils import timezone

from meetings.models import (
    ActionItem,
    AgendaItem,
    Attendance,
    Decision,
    DecisionReport,
    Group,
    GroupSeat,
    Meeting,
    Proposal,
    SeatHolder,
)
from meetings.queries.decisions import group_decisions, is_late, owner_said
from meetings.queries.follow_up import actions_visible_to
from meetings.queries.groups import agencies_of
from meetings.queries.meetings import is_guest_only
from meetings.states import ActionState, DecisionState, ItemKind, MeetingState
from meetings.steering.models import CoFinancing
from referrals.models import Referral
from workspace.clocks import add_months, days_since, start_of
from workspace.models import Agency, Cooperation
from workspace.rules import Hat, active_on

LOOKS_BACK = 6  # months, where the group has not met before


def meeting_before(meeting: Meeting) -> Meeting | None:
    """The group's latest held meeting before this one, its own or one it joined."""
    own = Q(group=meeting.group_id) | Q(joined_group=meeting.group_id)
    held = Meeting.objects.filter(own, state=MeetingState.HELD, starts_at__lt=meeting.starts_at)
    return held.exclude(pk=meeting.pk).order_by("-starts_at", "-pk").first()


# ---------- what was agreed, and what became of it ----------
@dataclass(frozen=True)
class FollowedUp:
    """An action as it stands: late first, then open, done, dropped."""

    action: ActionItem
    kind: str  # late | open | done | dropped

    @property
    def order(self) -> tuple[int, date, int]:
        return ("late", "open", "done", "dropped").index(self.kind), self.action.due_on, self.action.pk


@dataclass(frozen=True)
class ActionsThen:
    since: date | None  # the day of the meeting before
    rows: list[FollowedUp] = field(default_factory=list)

    def count(self, kind: str) -> int:
        return sum(row.kind == kind for row in self.rows)


def actions_then(hat: Hat, meeting: Meeting, before: Meeting | None) -> ActionsThen:
    """What was to be done since the meeting before, and older things that were open then; as far as the hat may read.

    Never of a case: that is its circle's (peers.md 1). One query.
    """
    groups = meeting.group_ids
    ours = Q(item__meeting__group__in=groups) | Q(item__meeting__joined_group__in=groups)
    lasting = Q(state=ActionState.OPEN)
    if before is not None:
        lasting |= Q(item__meeting=before) | Q(closed_at__gte=before.starts_at)
    found = actions_visible_to(hat).filter(ours, lasting, item__meeting__starts_at__lt=meeting.starts_at)
    found = found.exclude(item__kind=ItemKind.CASE).exclude(item__meeting=meeting)
    rows = sorted((FollowedUp(action, _stands(action)) for action in found), key=lambda row: row.order)
    return ActionsThen(timezone.localdate(before.starts_at) if before else None, rows)


def _stands(action: ActionItem) -> str:
    if action.state != ActionState.OPEN:
        return str(action.state)
    return "late" if action.due_on < timezone.localdate() else "open"


@dataclass(frozen=True)
class DecisionFollowed:
    """A decision that is followed, with what was last said of it."""

    decision: Decision
    latest: DecisionReport | None

    @property
    def is_late(self) -> bool:
        return is_late(self.decision)

    @property
    def owner(self) -> str:
        return owner_said(self.decision)


def decisions_open(hat: Hat, meeting: Meeting) -> list[DecisionFollowed]:
    """What the meeting's groups follow from their earlier meetings, the first due first, as far as the hat may read.

    Two queries.
    """
    groups = meeting.group_ids
    ours = Q(item__meeting__group__in=groups) | Q(item__meeting__joined_group__in=groups)
    found = group_decisions(hat).filter(ours, state=DecisionState.OPEN, item__meeting__starts_at__lt=meeting.starts_at)
    return with_reports(found.exclude(item__meeting=meeting).order_by("due_on", "pk"))


def with_reports(found: QuerySet[Decision]) -> list[DecisionFollowed]:
    """Each with what was last said of it. Two queries."""
    reports = Prefetch("reports", queryset=DecisionReport.objects.order_by("-at", "-pk"), to_attr="newest_first")
    rows = found.prefetch_related(reports)
    return [DecisionFollowed(row, next(iter(getattr(row, "newest_first", [])), None)) for row in rows]


def gender_item_before(hat: Hat, meeting: Meeting) -> AgendaItem | None:
    """The standing item of the group's latest meeting before this one where it was answered.

    None for a guest of this meeting, who was not called to that one.
    """
    if is_guest_only(hat, meeting):
        return None
    own = Q(meeting__group=meeting.group_id) | Q(meeting__joined_group=meeting.group_id)
    found = AgendaItem.objects.filter(own, kind=ItemKind.GENDER_EQUALITY, meeting__starts_at__lt=meeting.starts_at)
    answered = found.exclude(gender_answer="").exclude(meeting=meeting).select_related("meeting")
    return answered.order_by("-meeting__starts_at", "-pk").first()


def proposals_behind(items: Iterable[AgendaItem]) -> dict[int, list[Proposal]]:
    """Item -> the proposal that it came from, then those merged into it. One query for any number."""
    found: dict[int, list[Proposal]] = defaultdict(list)
    keys = [item.pk for item in items]
    rows = Proposal.objects.filter(Q(item__in=keys) | Q(merged_into__item__in=keys))
    rows = rows.select_related("member__user", "member__agency", "role__user", "merged_into")
    for row in rows.order_by("merged_into", "made_at", "pk"):
        item = row.item_id or (row.merged_into.item_id if row.merged_into else None)
        if item:
            found[item].append(row)
    return {item: sorted(rows, key=lambda row: row.merged_into_id is not None) for item, rows in found.items()}


# ---------- disputed responsibility ----------
@dataclass(frozen=True)
class Disputed:
    """How many referrals from one agency to another are on nobody's responsibility, and for how long."""

    sender: Agency
    receiver: Agency
    number: int
    days: int  # calendar days since the oldest was marked


def disputed_in(cooperation: Cooperation) -> list[Disputed]:
    """What is disputed between the cooperation's agencies, the longest first: R67, as `disputes_of` without numbers.

    Two queries, whatever there is.
    """
    among = Referral.objects.filter(
        disputed_at__isnull=False,
        told_turn__isnull=False,
        sender__agency__cooperations=cooperation,
        receiver__agency__cooperations=cooperation,
    )
    rows = among.order_by().values_list("sender__agency", "receiver__agency")
    counted = list(rows.annotate(many=Count("pk", distinct=True), since=Min("disputed_at")))
    agencies = Agency.objects.in_bulk({pk for row in counted for pk in row[:2]})
    found = [
        Disputed(agencies[sender], agencies[receiver], many, days_since(since))
        for sender, receiver, many, since in counted
    ]
    return sorted(found, key=lambda row: (-row.days, row.sender.name, row.receiver.name))


# ---------- who was missing ----------
@dataclass(frozen=True)
class Missed:
    """An agency that was not represented at some of a group's held meetings."""

    agency: Agency
    group: Group
    missed: int
    held: int


@dataclass(frozen=True)
class Representation:
    since: date
    meetings: int  # held in all
    missed: list[Missed]  # the most first
    unseated: list[tuple[Agency, bool]]  # agencies without a seat in the group, and whether they co-finance (R7)
    empty: list[tuple[Agency, Group]]  # seats that nobody holds today (R2)


def representation(meeting: Meeting, before: Meeting | None) -> Representation:
    """Which agencies lacked somebody at the cooperation's held meetings since the group last met, that one too.

    Agencies only. Joint meetings count in both groups; a guest of an item represents nobody. Six queries.
    """
    today = timezone.localdate()
    since = timezone.localdate(before.starts_at) if before else add_months(today, -LOOKS_BACK)
    groups = {
        group.pk: group
        for group in Group.objects.filter(cooperation=meeting.group.cooperation_id, ended_on__isnull=True)
    }
    seats = list(
        GroupSeat.objects.filter(Q(to_on__isnull=True) | Q(to_on__gte=since), group__in=groups, from_on__lte=today)
        .select_related("function__agency")
        .order_by("function__agency__name", "pk")
    )
    held = list(
        Meeting.objects.filter(
            Q(group__in=groups) | Q(joined_group__in=groups),
            state=MeetingState.HELD,
            starts_at__gte=start_of(since),
            starts_at__lt=meeting.starts_at,
        )
    )
    there = Attendance.objects.filter(meeting__in=held, seat__isnull=False).exclude(present_how="")
    present = set(there.values_list("meeting", "member__agency"))
    missed = _missed(groups, seats, held, present)
    return Representation(
        since=since,
        meetings=len(held),
        missed=sorted(missed, key=lambda row: (-row.missed, row.agency.name, row.group.name)),
        unseated=_unseated(meeting.group, seats),
        empty=_empty(groups, seats),
    )


def _missed(
    groups: dict[int, Group], seats: list[GroupSeat], held: list[Meeting], present: set[tuple[int, int]]
) -> Iterable[Missed]:
    places: dict[tuple[Agency, int], list[GroupSeat]] = defaultdict(list)
    for seat in seats:
        places[seat.function.agency, seat.group_id].append(seat)
    for (agency, group), own in places.items():
        theirs = [
            meeting
            for meeting in held
            if group in meeting.group_ids and any(_is_open(seat, timezone.localdate(meeting.starts_at)) for seat in own)
        ]
        away = sum((meeting.pk, agency.pk) not in present for meeting in theirs)
        if away:
            yield Missed(agency, groups[group], away, len(theirs))


def _is_open(seat: GroupSeat, on: date) -> bool:
    return seat.from_on <= on and (seat.to_on is None or seat.to_on >= on)


def _unseated(group: Group, seats: list[GroupSeat]) -> list[tuple[Agency, bool]]:
    today = timezone.localdate()
    seated = {seat.function.agency_id for seat in seats if seat.group_id == group.pk and _is_open(seat, today)}
    paying = CoFinancing.objects.filter(active_on(), cooperation=group.cooperation_id)
    pays = set(paying.values_list("agency", flat=True))
    return [(agency, agency.pk in pays) for agency in agencies_of(group.cooperation).exclude(pk__in=seated)]


def _empty(groups: dict[int, Group], seats: list[GroupSeat]) -> list[tuple[Agency, Group]]:
    today = timezone.localdate()
    running = [seat for seat in seats if _is_open(seat, today)]
    held = set(SeatHolder.objects.filter(active_on(), seat__in=running).values_list("seat", flat=True))
    return [(seat.function.agency, groups[seat.group_id]) for seat in running if seat.pk not in held]
