"""What members propose: who may, who reads it, in which order it waits, and who has left since."""

from collections.abc import Iterable, Sequence

from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404

from meetings.models import AgendaItem, Group, Meeting, Proposal, SeatHolder
from meetings.queries.agenda import presenters_of
from meetings.queries.meetings import groups_visible_to, meetings_visible_to
from meetings.rules import STEERING_ROLES, is_arranger, of_hat, seated
from meetings.states import AHEAD, GroupKind, ProposalState
from workspace.models import CooperationRole, Membership
from workspace.rules import Hat, active_on

ANSWERS_SHOWN = 20  # of one's own that have been answered, the newest first


# ---------- who ----------
def can_propose(hat: Hat, group: Group) -> bool:
    """Whoever holds a seat in the group; in a steering group also the cooperation's chair and who steers (R6)."""
    if isinstance(hat, Membership):
        return SeatHolder.objects.filter(seated(), membership=hat, seat__group=group).exists()
    steers = hat.role in STEERING_ROLES and group.kind == GroupKind.STEERING
    return steers and hat.cooperation_id == group.cooperation_id


def group_to_propose_in(hat: Hat, meeting: Meeting) -> int | None:
    """The group of the meeting where this hat may propose; None for guests, and for roles that do not steer."""
    groups = [group for group in (meeting.group, meeting.joined_group) if group is not None]
    if not isinstance(hat, Membership):
        return next((group.pk for group in groups if can_propose(hat, group)), None)
    held = SeatHolder.objects.filter(seated(), membership=hat, seat__group__in=groups)
    found = set(held.values_list("seat__group", flat=True))
    return next((group.pk for group in groups if group.pk in found), None)


def still_there(groups: Sequence[int], proposals: Iterable[Proposal]) -> set[str]:
    """Of those who made these proposals, the hats that still belong to the groups. Two queries for any number."""
    rows = [row for one in proposals for row in (one, *one.merged.all())]
    members = {row.member_id for row in rows if row.member_id}
    roles = {row.role_id for row in rows if row.role_id}
    found: list[Hat] = [*presenters_of(groups).filter(pk__in=members)]
    found += CooperationRole.objects.filter(active_on(), pk__in=roles, user__is_active=True)
    return {hat.hat_key for hat in found}


def is_there(proposal: Proposal) -> bool:
    return proposal.hat_key in still_there([proposal.group_id], [proposal])


# ---------- which ----------
def _with_words(proposals: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """Each with its proposer, its group, and what was merged into it."""
    people = ("member__user", "member__agency", "role__user")
    merged = Proposal.objects.select_related(*people).order_by("made_at", "pk")
    found = proposals.select_related(*people, "group__cooperation", "item__meeting", "merged_into__item__meeting")
    return found.prefetch_related(Prefetch("merged", queryset=merged))


def proposals_visible_to(hat: Hat) -> QuerySet[Proposal]:
    """What members propose: to arrangers all in their groups, to others their own. None that is on an agenda."""
    groups = list(groups_visible_to(hat))
    arranged = [group.pk for group in groups if is_arranger(hat, group)]
    own = Q(group__in=[group.pk for group in groups]) & of_hat(hat)
    found = Proposal.objects.filter(Q(group__in=arranged) | own).exclude(state=ProposalState.ACCEPTED)
    return _with_words(found).order_by("group", "position", "made_at", "pk")


def answered_to(hat: Hat, group: Group) -> list[Proposal]:
    """The hat's own that have been answered, the newest first: handed back, merged, or on an agenda."""
    found = Proposal.objects.filter(of_hat(hat), group=group).exclude(state=ProposalState.WAITING)
    return list(_with_words(found).order_by("-made_at", "-pk")[:ANSWERS_SHOWN])


def access_proposal(hat: Hat, pk: int) -> Proposal:
    """One proposal this hat may open, or the same 404 as for one that does not exist."""
    proposal = proposals_visible_to(hat).filter(pk=pk).first()
    if proposal is None:
        raise Http404
    return proposal


def waiting_in(group: Group) -> QuerySet[Proposal]:
    """Those that wait in a group, in the chair's order."""
    return Proposal.objects.filter(group=group, state=ProposalState.WAITING).order_by("position", "made_at", "pk")


def proposals_waiting(groups: Sequence[int]) -> int:
    """How many wait in these groups: a number every member may know."""
    return Proposal.objects.filter(group__in=groups, state=ProposalState.WAITING).count()


def proposals_on(items: Sequence[AgendaItem]) -> dict[int, Proposal]:
    """The proposal that each of these items came from. Two queries for any number."""
    found = _with_words(Proposal.objects.filter(item__in=items))
    return {one.item_id: one for one in found if one.item_id}


def meetings_ahead(hat: Hat, group: Group) -> QuerySet[Meeting]:
    """The group's meetings ahead that this hat may open, the next first."""
    return meetings_visible_to(hat).filter(group=group, state__in=AHEAD).order_by("starts_at", "pk")
