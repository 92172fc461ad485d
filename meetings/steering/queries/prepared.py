"""An agenda that prepares itself: each item with what the product has collected for it, computed when it is read."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet
from django.utils import timezone

from meetings.models import AgendaItem, Decision, Group, Meeting, Minutes, Proposal
from meetings.queries import items_of
from meetings.queries.agenda import Check, checks_of
from meetings.queries.attendance import by_agency, seats_shown
from meetings.queries.decisions import decisions_answered_by, group_decisions
from meetings.queries.meetings import ItemShown, groups_visible_to, meetings_visible_to
from meetings.queries.minutes import approvals_owed
from meetings.queries.ready import steering_checks
from meetings.rules import STEERING_ROLES, is_arranger
from meetings.states import AHEAD, GroupKind, ItemKind, MeetingState, ProposalState, Section
from meetings.steering.queries.around import MeetingFigures, figures_for
from meetings.steering.queries.collected import (
    ActionsThen,
    DecisionFollowed,
    Disputed,
    Representation,
    actions_then,
    decisions_open,
    disputed_in,
    gender_item_before,
    meeting_before,
    proposals_behind,
    representation,
    with_reports,
)
from meetings.steering.queries.gender import Streak, streaks_in, streaks_of
from meetings.steering.queries.readers import reads_any_group, reads_month
from workspace.clocks import add_months
from workspace.models import CooperationRole
from workspace.rules import Hat
from workspace.states import CooperationRoleKind
from workspace.swedish import say_count

LATEST = 5  # decisions named on the start page
FIGURED = {ItemKind.FIGURES, ItemKind.GENDER_EQUALITY}
OF_THE_GROUP = {ItemKind.DISPUTES, ItemKind.REPRESENTATION}
# Nothing is to be collected for these: they begin and end a meeting.
FRAME = {Section.OPENING, Section.CLOSING}


@dataclass
class PreparedItem:
    """One item and what is collected for it. What is not of its kind is empty."""

    shown: ItemShown
    is_prepared: bool
    lacks: str = ""  # what is missing, in words
    closed: str = ""  # why the reader doesn't see what is collected
    actions: ActionsThen | None = None
    decisions: list[DecisionFollowed] | None = None
    figures: MeetingFigures | None = None
    gender_before: AgendaItem | None = None
    disputes: list[Disputed] | None = None
    representation: Representation | None = None
    proposals: list[Proposal] = field(default_factory=list)

    @property
    def item(self) -> AgendaItem:
        return self.shown.item

    @property
    def is_open(self) -> bool:
        return self.shown.access == "open"

    @property
    def count(self) -> int:
        """How many things stand under it, beside its name; nought is not written."""
        if self.actions is not None:
            return len(self.actions.rows)
        if self.decisions is not None:
            return len(self.decisions)
        return sum(row.number for row in self.disputes) if self.disputes else 0


# ---------- whether ----------
def lacks_of(item: AgendaItem, figures: MeetingFigures, proposals: Sequence[Proposal]) -> str:
    """What an item lacks to be prepared, in words; empty where nothing does."""
    if item.kind in FIGURED:
        return figures.none_why or figures.waiting_words
    if item.kind != ItemKind.ORDINARY or item.section in FRAME:
        return ""
    if proposals or item.presenter_id or item.presenter_role_id or item.carried_from_id:
        return ""
    return "Ingen har sagt vem som drar punkten."


def how_many(hat: Hat, meeting: Meeting) -> tuple[int, int]:
    """How many of the items that this hat reads are prepared, and of how many. A constant number of queries."""
    shown = [row for row in items_of(hat, meeting) if row.access == "open"]
    figures, behind = figures_for(meeting), proposals_behind([row.item for row in shown])
    ready = sum(not lacks_of(row.item, figures, behind.get(row.item.pk, [])) for row in shown)
    return ready, len(shown)


# ---------- what ----------
def prepare(hat: Hat, meeting: Meeting, only: int | None = None) -> list[PreparedItem]:
    """The agenda in its order. What is collected is read for the items this hat may open; for `only` that one, if said.

    Of what the hat is outside of: that it is there. A constant number of queries, whatever there is.
    """
    shown = items_of(hat, meeting)
    figures = figures_for(meeting)
    behind = proposals_behind([row.item for row in shown if row.access == "open"])
    before = meeting_before(meeting)
    found = []
    for row in shown:
        if row.access != "open":
            found.append(PreparedItem(row, is_prepared=False))
            continue
        own = behind.get(row.item.pk, [])
        lacks = lacks_of(row.item, figures, own)
        one = PreparedItem(row, not lacks, lacks, figures=figures if row.item.kind in FIGURED else None, proposals=own)
        if only is None or only == row.item.pk:
            _collect(hat, meeting, one, before)
        found.append(one)
    return found


def _collect(hat: Hat, meeting: Meeting, one: PreparedItem, before: Meeting | None) -> None:
    kind = one.item.kind
    if kind == ItemKind.ACTION_REVIEW:
        one.actions = actions_then(hat, meeting, before)
    elif kind == ItemKind.DECISION_REVIEW:
        one.decisions = decisions_open(hat, meeting)
    elif kind in FIGURED and not reads_month(hat, meeting.group):
        one.figures = None
        one.closed = "Siffrorna läses av dem som har en plats i samverkans grupper."
    elif kind in OF_THE_GROUP and not reads_any_group(hat, meeting_groups(meeting)):
        one.closed = "Det här läses av dem som har en plats i gruppen."
    elif kind == ItemKind.DISPUTES:
        one.disputes = disputed_in(meeting.group.cooperation)
    elif kind == ItemKind.REPRESENTATION:
        one.representation = representation(meeting, before)
    if kind == ItemKind.GENDER_EQUALITY:
        one.gender_before = gender_item_before(hat, meeting)


def meeting_groups(meeting: Meeting) -> list[Group]:
    return [group for group in (meeting.group, meeting.joined_group) if group is not None]


# ---------- ready to be sent ----------
def sending_checks(meeting: Meeting, shown: Sequence[ItemShown]) -> list[Check]:
    """«Klar att skicka»: what the meetings' floor asks of the agenda, and whether the month's figures stand."""
    agencies = by_agency(seats_shown(meeting))
    missing = [one for one in agencies if one.is_missing or not any(seat.holders for seat in one.seats)]
    lacks = f"{say_count(len(missing), 'myndighet', 'myndigheter').capitalize()} saknas"
    checks = [*checks_of(meeting, shown), Check(not missing, lacks if missing else "Ingen myndighet saknas")]
    checks += steering_checks(meeting, shown, agencies, len(missing))
    if any(row.item.kind in FIGURED for row in shown):
        checks.append(_figures_check(figures_for(meeting)))
    return checks


def _figures_check(figures: MeetingFigures) -> Check:
    lacks = figures.none_why or figures.waiting_words
    return Check(not lacks, lacks or "Månadens siffror är låsta")


# ---------- the steering group's start page ----------
@dataclass
class StartPage:
    """What the steering group's start page shows one hat."""

    groups: list[Group]
    next: Meeting | None
    ready: int
    of: int
    later: list[Meeting]
    to_approve: list[Minutes]
    mine: list[DecisionFollowed]  # decisions I answer for that are due within a month, or late
    proposals: list[tuple[Group, int]]  # those to answer, by group
    decided: list[Decision]
    arranged: list[Group]
    streaks: list[Streak]  # groups that have seen no deviation three times in a row or more (R15)


def steering_groups(hat: Hat) -> QuerySet[Group]:
    """The steering groups that this hat opens and that have not ended."""
    return groups_visible_to(hat).filter(kind=GroupKind.STEERING, ended_on__isnull=True).order_by("name", "pk")


def steers(hat: Hat, groups: Sequence[Group]) -> bool:
    """Whether there is a start page: for the cooperation's chair and steering group, and who opens a steering group."""
    return bool(groups) or (isinstance(hat, CooperationRole) and hat.role in STEERING_ROLES)


def start_page(hat: Hat, groups: list[Group]) -> StartPage:
    """A constant number of queries, whatever there is."""
    keys = [group.pk for group in groups]
    now = Q(state=MeetingState.IN_PROGRESS) | Q(state__in=AHEAD, ends_at__gt=timezone.now())
    ahead = meetings_visible_to(hat).filter(now, Q(group__in=keys) | Q(joined_group__in=keys))
    meetings = list(ahead.order_by("starts_at", "pk")[: LATEST + 1])
    following = meetings[0] if meetings else None
    ready, of = how_many(hat, following) if following else (0, 0)
    arranged = [group for group in groups if is_arranger(hat, group)]
    return StartPage(
        groups=groups,
        next=following,
        ready=ready,
        of=of,
        later=meetings[1:],
        to_approve=approvals_owed(hat),
        mine=decisions_of(hat),
        proposals=_proposals(arranged),
        decided=latest_decisions(hat, keys),
        arranged=arranged,
        streaks=streaks_for(hat),
    )


def streaks_for(hat: Hat) -> list[Streak]:
    """«Ingen avvikelse» time after time: to a cooperation's chair in all its groups, to a group's own chair in each
    group they chair, of whatever kind and cooperation.

    Two queries, or none.
    """
    if isinstance(hat, CooperationRole):
        found = streaks_in(hat.cooperation) if hat.role == CooperationRoleKind.CHAIR else []
    else:
        found = streaks_of(Group.objects.filter(chair=hat))
    return [streak for streak in found if streak.is_long]


def decisions_of(hat: Hat) -> list[DecisionFollowed]:
    """The decisions that this hat answers for and that are late or due within a month. Two queries."""
    return with_reports(decisions_answered_by(hat).filter(due_on__lte=add_months(timezone.localdate(), 1)))


def latest_decisions(hat: Hat, groups: Sequence[int]) -> list[Decision]:
    """The newest decisions of these groups that the hat may read. One query."""
    found = group_decisions(hat).filter(item__meeting__group__in=groups)
    return list(found.order_by("-made_at", "-pk")[:LATEST])


def _proposals(groups: Sequence[Group]) -> list[tuple[Group, int]]:
    waiting = Proposal.objects.filter(group__in=groups, state=ProposalState.WAITING).values_list("group", flat=True)
    found = list(waiting)
    return [(group, found.count(group.pk)) for group in groups if group.pk in found]
