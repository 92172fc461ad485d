"""The standing gender-equality item: what was decided before and has changed since, and its whole history (R15)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone

from meetings.figures.report.differences import Difference, TooFew, largest_difference
from meetings.models import AgendaItem, Decision, DecisionReport, Group, Meeting
from meetings.queries import access_meeting, attends, groups_visible_to
from meetings.queries.decisions import is_late, owner_said
from meetings.queries.follow_up import decisions_visible_to
from meetings.queries.meetings import is_guest_only
from meetings.rules import STEERING_ROLES
from meetings.states import AHEAD, DecisionState, GenderAnswer, ItemKind, MeetingState
from meetings.steering.queries.around import sent_at
from meetings.steering.queries.measures import (
    Asked,
    Changed,
    Frozen,
    changes_since,
    frozen_versions,
    reports_by,
    stood_at,
)
from workspace.clocks import add_months
from workspace.models import Cooperation, CooperationRole
from workspace.rules import Hat, is_coordinator

EMPTY_SHOWN = 3  # so many «Ingen avvikelse» in a row are shown to the chair (R15)
MOST_BEFORE = 5  # decisions shown under «Sedan förra beslutet»
ANSWERED = {MeetingState.HELD, MeetingState.IN_PROGRESS}


# ---------- who ----------
def access_gender_item(hat: Hat, pk: int) -> tuple[Meeting, AgendaItem]:
    """The standing item of a meeting this hat takes part in; else the same 404 as for a meeting that does not exist."""
    meeting = access_meeting(hat, pk)
    item = AgendaItem.objects.filter(meeting=meeting, kind=ItemKind.GENDER_EQUALITY).first()
    if item is None or attends(hat, meeting, item).access == "outside":
        raise Http404
    item.meeting = meeting
    return meeting, item


def follows_groups(hat: Hat) -> bool:
    """Follows the item in every group of the cooperation: its coordinator, its chair and its steering group."""
    return isinstance(hat, CooperationRole) and (is_coordinator(hat) or hat.role in STEERING_ROLES)


def access_gender_history(hat: Hat, pk: int) -> Group:
    """A group whose answers this hat may read: where it holds a seat, for a role any of its cooperation; else a 404."""
    groups = groups_visible_to(hat)
    if isinstance(hat, CooperationRole) and follows_groups(hat):
        groups = Group.objects.filter(cooperation=hat.cooperation_id).select_related("cooperation")
    group = groups.filter(pk=pk).first()
    if group is None:
        raise Http404
    return group


# ---------- decisions with what became of them ----------
@dataclass(frozen=True)
class Decided:
    """A decision under the item, the last that was said of it, and what its measure says since."""

    decision: Decision
    latest: DecisionReport | None
    changed: Changed | None

    @property
    def owner(self) -> str:
        return owner_said(self.decision)

    @property
    def is_late(self) -> bool:
        return is_late(self.decision)


def with_changes(cooperation: Cooperation, decisions: Sequence[Decision]) -> list[Decided]:
    """Each decision with its latest report and what has changed since it was made. Three queries for any number."""
    reports: dict[int, DecisionReport] = {}
    for report in DecisionReport.objects.filter(decision__in=decisions).order_by("at", "pk"):
        reports[report.decision_id] = report
    changes = changes_since(cooperation, [Asked(one.indicator, one.made_at) for one in decisions])
    return [Decided(one, reports.get(one.pk), changed) for one, changed in zip(decisions, changes, strict=True)]


def _complete(decisions: QuerySet[Decision]) -> QuerySet[Decision]:
    return decisions.select_related("owner", "responsible__user", "owner_role__user", "item__meeting")


# ---------- since last time ----------
@dataclass(frozen=True)
class Before:
    """What the group has come to earlier: how the last held meeting closed the item, and the decisions that count."""

    last: AgendaItem | None  # None for a guest too, who was not called to that meeting
    decided: list[Decided]
    more: int = 0  # so many that count stand in the register alone


def earlier_of(group: Group, *groups: Group) -> QuerySet[AgendaItem]:
    """The standing item of a group's meetings, its joint ones too."""
    keys = [group.pk, *(one.pk for one in groups)]
    there = Q(meeting__group__in=keys) | Q(meeting__joined_group__in=keys)
    return AgendaItem.objects.filter(there, kind=ItemKind.GENDER_EQUALITY).select_related("meeting")


def before_of(hat: Hat, meeting: Meeting) -> Before:
    """How the group closed the item last, and of its decisions those of the last time there were any and all that are
    still followed: the late first, then the newest. Only what the hat may read. Eight queries for any number."""
    held = earlier_of(meeting.group).filter(meeting__state=MeetingState.HELD, meeting__starts_at__lt=meeting.starts_at)
    last = None if is_guest_only(hat, meeting) else held.order_by("-meeting__starts_at", "-meeting__pk").first()
    found = _complete(decisions_visible_to(hat)).filter(item__in=held)
    made = list(found.order_by("-item__meeting__starts_at", "-made_at", "-pk"))
    newest = made[0].item_id if made else None
    counts = [one for one in made if one.item_id == newest or one.state == DecisionState.OPEN]
    counts.sort(key=lambda one: not is_late(one))
    shown = with_changes(meeting.group.cooperation, counts[:MOST_BEFORE])
    return Before(last, shown, len(counts) - len(shown))


def last_no_deviation(meeting: Meeting) -> datetime | None:
    """When the group last closed the item with «Ingen avvikelse», at an earlier meeting."""
    held = earlier_of(meeting.group).filter(meeting__state=MeetingState.HELD, meeting__starts_at__lt=meeting.starts_at)
    found = held.filter(gender_answer=GenderAnswer.NO_DEVIATION).order_by("-meeting__starts_at", "-meeting__pk")
    return found.values_list("meeting__starts_at", flat=True).first()


def made_here(hat: Hat, item: AgendaItem) -> list[Decided]:
    """The decisions of this very item, in the order they were made."""
    found = _complete(decisions_visible_to(hat)).filter(item=item).order_by("made_at", "pk")
    return with_changes(item.meeting.group.cooperation, list(found))


# ---------- three in a row ----------
def empty_in_a_row(group: Group) -> int:
    """How many of the group's held meetings in a row, the newest backwards, closed with «Ingen avvikelse» (R15)."""
    held = earlier_of(group).filter(meeting__state=MeetingState.HELD)
    answers = held.order_by("-meeting__starts_at", "-meeting__pk").values_list("gender_answer", flat=True)
    return _run(answers)


def _run(answers: Iterable[str]) -> int:
    number = 0
    for answer in answers:
        if answer != GenderAnswer.NO_DEVIATION:
            break
        number += 1
    return number


@dataclass(frozen=True)
class Streak:
    """A group of the cooperation and how many times in a row it has seen no deviation."""

    group: Group
    empty: int

    @property
    def is_long(self) -> bool:
        return self.empty >= EMPTY_SHOWN


def streaks_in(cooperation: Cooperation) -> list[Streak]:
    """Every group of the cooperation that has not ended, by name. Two queries for any number."""
    return streaks_of(Group.objects.filter(cooperation=cooperation))


def streaks_of(found: QuerySet[Group]) -> list[Streak]:
    """Those of the groups that have not ended, by name. Two queries for any number."""
    groups = list(found.filter(ended_on__isnull=True).order_by("name", "pk"))
    answers: dict[int, list[str]] = {group.pk: [] for group in groups}
    held = earlier_of(*groups).filter(meeting__state=MeetingState.HELD) if groups else AgendaItem.objects.none()
    for item in held.order_by("-meeting__starts_at", "-meeting__pk"):
        for pk in item.meeting.group_ids:
            if pk in answers:
                answers[pk].append(item.gender_answer)
    return [Streak(group, _run(answers[group.pk])) for group in groups]


# ---------- the whole history ----------
@dataclass(frozen=True)
class HistoryRow:
    """One meeting: what its figures said, and how the item was closed."""

    item: AgendaItem
    frozen: Frozen | None  # the month it had, in the version that stood then
    difference: Difference | TooFew | None  # the largest one then
    decided: list[Decided]
    empty: int  # how many in a row had seen no deviation by then, this one too

    @property
    def meeting(self) -> Meeting:
        return self.item.meeting

    @property
    def end(self) -> date | None:
        """The last day that its month speaks of."""
        return add_months(self.frozen.month, 1) - timedelta(days=1) if self.frozen else None

    @property
    def is_long(self) -> bool:
        return self.empty >= EMPTY_SHOWN


def history_of(hat: Hat, group: Group) -> list[HistoryRow]:
    """The item in every meeting of the group that is not ahead, the newest first. As many queries for one as for
    thirty: the items, the decisions with their reports, the frozen months and those that are shown. Of a group the hat
    doesn't open: that it was answered and how, its month and its numbers; no text and nobody's name."""
    reads_text = groups_visible_to(hat).filter(pk=group.pk).exists()
    items = list(earlier_of(group).exclude(meeting__state__in=AHEAD).order_by("-meeting__starts_at", "-meeting__pk"))
    decided: dict[int, list[Decided]] = {item.pk: [] for item in items}
    made = _complete(Decision.objects.filter(item__in=items if reads_text else [])).order_by("made_at", "pk")
    for one in with_changes(group.cooperation, list(made)):
        decided[one.decision.item_id].append(one)
    versions = frozen_versions(group.cooperation)
    months = {item.pk: _month_of(versions, item.meeting) for item in items}
    differences = _differences(months.values())
    empty = _in_a_row(items)
    return [
        HistoryRow(
            item,
            month := months[item.pk],
            differences.get(month.pk) if month else None,
            decided[item.pk],
            empty[item.pk],
        )
        for item in items
    ]


def _month_of(versions: Sequence[Frozen], meeting: Meeting) -> Frozen | None:
    """The month a meeting had, as `figures_for` says it. One that was never held has none."""
    if meeting.state not in ANSWERED:
        return None
    first = timezone.localdate(meeting.starts_at).replace(day=1)
    return stood_at(versions, sent_at(meeting), before=first)


def _differences(months: Iterable[Frozen | None]) -> Mapping[int, Difference | TooFew]:
    reports = reports_by({month.pk for month in months if month})
    return {pk: largest_difference(report) for pk, report in reports.items()}


def _in_a_row(items: Sequence[AgendaItem]) -> dict[int, int]:
    """For each item, the newest first, how many held meetings in a row had seen no deviation by then."""
    found: dict[int, int] = {}
    number = 0
    for item in reversed(items):
        if item.meeting.state == MeetingState.HELD:
            number = number + 1 if item.gender_answer == GenderAnswer.NO_DEVIATION else 0
        found[item.pk] = number if item.meeting.state == MeetingState.HELD else 0
    return found
