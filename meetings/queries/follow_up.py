"""What was decided and is to be done: who reads it, and whose list it stands on.

A decision or an action under a case is read by the agency that wrote it, and by those it was laid on the table for
while what they were told lives; and only by those who are in the case's circle. Everything else follows the meeting.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import (
    BooleanField,
    Case,
    DateTimeField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.http import Http404
from django.utils import timezone

from meetings.models import ActionItem, AgendaItem, CircleSeat, Decision, ItemGuest, Meeting, SeatHolder, TableReader
from meetings.queries.meetings import (
    circle_agencies,
    circle_lives,
    groups_visible_to,
    open_seats,
    own_circle_seats,
    told_to,
)
from meetings.rules import is_arranger, seated
from meetings.states import ActionState, ItemKind
from workspace.models import Function, Membership
from workspace.queries import participants_visible_to
from workspace.rules import Hat, active_on, disclosure_lives, is_caseworker

DONE_SHOWN = timedelta(days=30)  # how long what is done stands in the list
SOON = 14  # calendar days ahead that Idag looks


def _readable(hat: Hat) -> Q:
    """Rows with `item` and `said` that this hat may read. For both decisions and actions: one rule."""
    groups = groups_visible_to(hat).values("pk")
    there = Q(item__meeting__group__in=groups) | Q(item__meeting__joined_group__in=groups)
    if not isinstance(hat, Membership):
        return there & ~Q(item__kind=ItemKind.CASE)  # a role opens nobody
    guest_of = ItemGuest.objects.filter(membership=hat).values("item")
    there |= Q(item__in=guest_of)
    circle = own_circle_seats(hat)
    own = Q(said__agency=hat.agency_id, item__case__in=circle.values("case"))
    # What others laid is gone with the case itself, whatever the speaker's own consent still covers.
    others = Q(
        said__in=told_to(hat.agency_id).values("text"), item__case__in=circle.filter(circle_lives()).values("case")
    )
    return there & (~Q(item__kind=ItemKind.CASE) | own | others)


def decisions_visible_to(hat: Hat) -> QuerySet[Decision]:
    """The decisions this hat may read, as they were made."""
    return Decision.objects.filter(_readable(hat)).select_related(
        *("agency", "item__meeting__group", "item__meeting__joined_group", "item__case", "member__user", "role__user"),
        *("owner", "responsible__user", "owner_role"),
    )


def actions_visible_to(hat: Hat) -> QuerySet[ActionItem]:
    """The actions this hat may read, soonest first.

    To a member annotated with `told_until`: when a word that another agency laid on the table can be read no more.
    """
    found = ActionItem.objects.filter(_readable(hat)).select_related(
        "agency", "author", "responsible__user", "item__meeting__group", "item__meeting__joined_group", "item__case"
    )
    return _until(found, hat) if isinstance(hat, Membership) else found


def _until(found: QuerySet[ActionItem], member: Membership) -> QuerySet[ActionItem]:
    told = TableReader.objects.filter(disclosure_lives("disclosure__"), text=OuterRef("said"), agency=member.agency_id)
    return found.annotate(told_until=Subquery(told.values("disclosure__ends_at")[:1]))


def access_decision(hat: Hat, pk: int) -> Decision:
    """One decision this hat may read, or the same 404 as for one that does not exist."""
    found = decisions_visible_to(hat).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def access_action(hat: Hat, pk: int) -> ActionItem:
    """One action this hat may read, or the same 404 as for one that does not exist."""
    found = actions_visible_to(hat).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def people_of(rows: Iterable[ActionItem | Decision]) -> list[int]:
    """The participants that these rows are about, for the log of reads."""
    about = (row.item.case.participant_id for row in rows if row.item.kind == ItemKind.CASE)
    return sorted({pk for pk in about if pk is not None})


# ---------- lists ----------
def actions_listed(hat: Hat, whose: str) -> QuerySet[ActionItem]:
    """The list across meetings: what is open, late first, then what was done or dropped in the last 30 days.

    `whose`: "mina" (mine, and my agency's that nobody there has been named for), "var" (my agency's) or "alla".
    """
    found = actions_visible_to(hat).filter(Q(state=ActionState.OPEN) | Q(closed_at__gte=timezone.now() - DONE_SHOWN))
    if isinstance(hat, Membership):
        if whose == "mina":
            found = found.filter(mine(hat))
        elif whose == "var":
            found = found.filter(agency=hat.agency_id)
    is_closed = ExpressionWrapper(~Q(state=ActionState.OPEN), output_field=BooleanField())
    # Of the open ones nothing: they stand by their day alone.
    ended_at = Case(When(state=ActionState.OPEN, then=None), default=F("closed_at"), output_field=DateTimeField())
    found = found.annotate(is_closed=is_closed, ended_at=ended_at)
    return found.order_by("is_closed", F("ended_at").desc(nulls_first=True), "due_on", "pk")


def mine(member: Membership) -> Q:
    """Given to me, or to my agency with nobody named: whoever can see it there holds its seat."""
    return Q(responsible=member) | Q(responsible__isnull=True, agency=member.agency_id)


def open_actions_of(member: Membership) -> list[ActionItem]:
    """For Idag: what this member has to do within 14 days or late, soonest first. One query."""
    until = timezone.localdate() + timedelta(days=SOON)
    found = actions_visible_to(member).filter(mine(member), state=ActionState.OPEN, due_on__lte=until)
    return list(found.order_by("due_on", "pk"))


@dataclass
class Review:
    """The group's actions, as the standing item shows them: the open ones, late first, and how many there are."""

    open_ones: list[ActionItem]
    done: int
    late: int


def review_of(hat: Hat, meeting: Meeting) -> Review:
    """What this hat may read of the actions from the group's earlier meetings. Two queries.

    `done` counts those closed since the meeting before this one was held.
    """
    earlier = actions_visible_to(hat).filter(
        item__meeting__group=meeting.group_id, item__meeting__starts_at__lt=meeting.starts_at
    )
    open_ones = list(earlier.filter(state=ActionState.OPEN).order_by("due_on", "pk"))
    before = Meeting.objects.filter(group=meeting.group_id, state="held", starts_at__lt=meeting.starts_at)
    since = before.order_by("-starts_at").values("started_at")[:1]
    done = earlier.filter(state=ActionState.DONE, closed_at__gte=since).count()
    late = sum(1 for action in open_ones if action.due_on < timezone.localdate())
    return Review(open_ones, done, late)


# ---------- who ----------
def seated_agencies(meeting: Meeting) -> list[int]:
    """The agencies with a seat in the meeting, a joint one's other group too."""
    seats = [*open_seats(meeting.group), *(open_seats(meeting.joined_group) if meeting.joined_group else [])]
    return sorted({seat.function.agency_id for seat in seats})


def can_be_responsible(meeting: Meeting, item: AgendaItem) -> QuerySet[Membership]:
    """Who can be given an action under an item: holders of the meeting's seats; of a case, of its circle's."""
    groups = meeting.group_ids
    held = SeatHolder.objects.filter(seated(), seat__group__in=groups)
    if item.kind == ItemKind.CASE:
        circle = CircleSeat.objects.filter(case__item=item, agency__in=circle_agencies(item))
        held = held.filter(seat__in=circle.values("seat"))
    return (
        Membership.objects.filter(active_on(), pk__in=held.values("membership"))
        .select_related("user", "agency")
        .order_by("agency__name", "user__first_name", "user__last_name", "pk")
    )


def can_close(hat: Hat, action: ActionItem) -> bool:
    """For an action the hat can read: its agency's, whoever it was given to, and those who arrange the meetings."""
    if isinstance(hat, Membership) and hat.agency_id == action.agency_id:
        return True
    return is_arranger(hat, action.item.meeting.group)


def can_rewrite(hat: Hat, row: ActionItem | Decision) -> bool:
    """Who may change or take away what was written in a meeting: the agency that wrote it, and who arranges it.

    Of a case only the agency: what it has said is its own.
    """
    author = row.author_id if isinstance(row, ActionItem) else row.agency_id
    if isinstance(hat, Membership) and author is not None and hat.agency_id == author:
        return True
    return row.item.kind != ItemKind.CASE and is_arranger(hat, row.item.meeting.group)


# ---------- an action that becomes a referral ----------
def referable(hat: Hat, actions: Sequence[ActionItem]) -> set[int]:
    """Of these, the ones this hat can make a referral of, or has: of a participant it may open, for another agency."""
    if not is_caseworker(hat):
        return set()
    about = {
        action.pk: action.item.case.participant_id
        for action in actions
        if action.item.kind == ItemKind.CASE and action.agency_id != hat.agency_id
    }
    people = {pk for pk in about.values() if pk is not None}
    if not people:
        return set()
    opened = set(participants_visible_to(hat).filter(pk__in=people).values_list("pk", flat=True))
    return {pk for pk, person in about.items() if person in opened}


def desk_for(action: ActionItem) -> Function | None:
    """The desk whose seat in the meeting the action's agency holds."""
    meeting = action.item.meeting
    for group in (meeting.group, meeting.joined_group):
        for seat in open_seats(group) if group else []:
            if seat.function.agency_id == action.agency_id:
                return seat.function
    return None
