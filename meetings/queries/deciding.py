"""What a decision takes: what is written of it, who votes, who can answer for it, and whether enough are there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q, QuerySet

from meetings.models import AgendaItem, Attendance, Meeting, Proposal
from meetings.queries.follow_up import can_be_responsible, seated_agencies
from meetings.queries.meetings import is_guest_only
from meetings.rules import STEERING_ROLES, can_lead
from meetings.states import GroupKind, ItemKind, MinutesMode, Procedure
from workspace.models import Agency, CooperationRole, Membership, UserAccount
from workspace.rules import Hat, active_on
from workspace.states import CooperationRoleKind
from workspace.swedish import say_count

ANSWERING_ROLES = (CooperationRoleKind.COORDINATOR, CooperationRoleKind.CHAIR)


# ---------- what is written ----------
@dataclass(frozen=True)
class VoteInput:
    """One person's vote, or dissent without one. `attendance` is the number of their row of the meeting."""

    attendance: int
    vote: str = ""
    dissent: str = ""


@dataclass(frozen=True)
class DecisionInput:
    """A decision as it is written down. With an owner and a day it is followed until it is closed (L42)."""

    text: str
    proposals: str = ""
    why: str = ""
    procedure: Procedure = Procedure.UNANIMOUS
    votes: Sequence[VoteInput] = ()
    owner: Agency | None = None
    responsible: Membership | None = None
    owner_role: CooperationRole | None = None
    due_on: date | None = None
    indicator: str = ""

    @property
    def is_followed(self) -> bool:
        return self.due_on is not None and (self.owner is not None or self.owner_role is not None)


# ---------- who ----------
def voters_of(meeting: Meeting) -> QuerySet[Attendance]:
    """Who is there and can vote: for a seat, or in a steering group for the cooperation's chair and steering roles.

    Neither somebody invited to one item nor the coordinator, who prepares what others decide. Agency by agency.
    """
    seats = Q(seat__isnull=False, member__isnull=False)
    roles = Q(role__role__in=STEERING_ROLES)
    may = seats | roles if meeting.group.kind == GroupKind.STEERING else seats
    rows = Attendance.objects.filter(may, meeting=meeting).exclude(present_how="")
    return rows.select_related("member__user", "member__agency", "role__user").order_by(
        "member__agency__name", "member__user__first_name", "role__user__first_name", "pk"
    )


def person_voting(row: Attendance) -> UserAccount | None:
    """The person behind a row: with two hats there is one vote all the same."""
    hat = row.member or row.role
    return hat.user if hat else None


def can_decide(hat: Hat, meeting: Meeting, item: AgendaItem) -> bool:
    """Writes decisions under an item that this hat takes part in (a case's are laid on its table: not asked here).

    Not somebody who is only invited to the item; and where a decision binds the group only with quorum, whoever leads
    the meeting or has the pen.
    """
    return not is_guest_only(hat, meeting) and (can_lead(hat, meeting) or not needs_quorum(meeting, item))


def represented_in(meeting: Meeting) -> set[int]:
    """The agencies that somebody is there for. A role is no agency, and neither is a guest."""
    rows = Attendance.objects.filter(meeting=meeting, seat__isnull=False, member__isnull=False).exclude(present_how="")
    return set(rows.values_list("seat__function__agency", flat=True))


def lacks_quorum(meeting: Meeting) -> str:
    """The sentence that too few agencies are there; empty where enough are."""
    here, least = len(represented_in(meeting)), meeting.group.quorum
    if here >= least:
        return ""
    return f"Mötet är inte beslutsfört: {here} av minst {say_count(least, 'myndighet', 'myndigheter')} är här."


def needs_quorum(meeting: Meeting, item: AgendaItem) -> bool:
    """Where a decision without quorum is none: a steering group's, and one's with formal minutes. Never of a case:
    what an agency decides of a person is its own decision."""
    formal = meeting.group.minutes_mode == MinutesMode.FORMAL
    return item.kind != ItemKind.CASE and (formal or meeting.group.kind == GroupKind.STEERING)


def answering_roles(meeting: Meeting) -> list[CooperationRole]:
    """The cooperation's roles that can answer for a decision: the coordinator, and the chair where it sits."""
    found = CooperationRole.objects.filter(
        active_on(), cooperation=meeting.group.cooperation_id, role__in=ANSWERING_ROLES
    ).select_related("user")
    if meeting.group.kind != GroupKind.STEERING:
        found = found.exclude(role__in=STEERING_ROLES)
    return list(found.order_by("role", "pk"))


def can_own(meeting: Meeting, agency: Agency) -> bool:
    return agency.pk in seated_agencies(meeting)


def is_seated_for(meeting: Meeting, item: AgendaItem, member: Membership, agency: Agency | None) -> bool:
    """Holds a seat of just that agency in the meeting."""
    if agency is None or member.agency_id != agency.pk:
        return False
    return can_be_responsible(meeting, item).filter(pk=member.pk).exists()


# ---------- what was proposed ----------
def proposed_for(item: AgendaItem) -> list[Proposal]:
    """The proposal that became the item, and those merged into it."""
    found = Proposal.objects.filter(Q(item=item) | Q(merged_into__item=item))
    return list(
        found.select_related("member__agency", "role").order_by(F("item").desc(nulls_last=True), "made_at", "pk")
    )


def words_of(proposals: Sequence[Proposal]) -> tuple[str, str]:
    """What is proposed to be decided, and all the proposals with who made them: what a form begins with."""
    wanted = next((one.wanted for one in proposals if one.wanted), "")
    lines = [f"{_proposer(one)}: {one.wanted or one.title}" for one in proposals]
    return wanted, "\n".join(lines)[:2000]


def _proposer(proposal: Proposal) -> str:
    if proposal.member is not None:
        return proposal.member.agency.short_name
    return str(CooperationRoleKind(proposal.role.role).label).capitalize() if proposal.role else "Förslag"
