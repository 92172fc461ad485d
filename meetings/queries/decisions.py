"""What groups have decided: who reads it, who answers for it, what is due, and what those who only follow may read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, Max, Prefetch, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from meetings.models import Decision, DecisionReport, DecisionVote, MinutesPart, MinutesRecipient, SeatHolder
from meetings.queries.follow_up import can_be_responsible
from meetings.queries.meetings import groups_visible_to
from meetings.rules import is_arranger, of_hat, seated
from meetings.states import DecisionState, GroupKind, ItemKind, Procedure, Vote
from workspace.clocks import ONE_DAY, next_working_day
from workspace.models import Cooperation, Membership
from workspace.rules import Hat, active_on
from workspace.states import CooperationRoleKind

AHEAD = timedelta(days=7)  # calendar days before a decision's day that its owner is reminded
DEFINITE = {CooperationRoleKind.COORDINATOR: "Samordnaren", CooperationRoleKind.CHAIR: "Samverkans ordförande"}
OF_VOTES = ((Vote.FOR, "ja"), (Vote.AGAINST, "nej"), (Vote.ABSTAINED, "avstår"))


# ---------- who reads ----------
def _everything() -> QuerySet[Decision]:
    """Never of a case: what is decided of a person stands with the case alone (L15)."""
    return Decision.objects.exclude(item__kind=ItemKind.CASE).select_related(
        "agency",
        "owner",
        "responsible__user",
        "responsible__agency",
        "owner_role__user",
        "item__meeting__group__cooperation",
        "item__meeting__joined_group",
        "member__user",
        "member__agency",
        "role__user",
    )


def group_decisions(hat: Hat) -> QuerySet[Decision]:
    """The decisions of the groups this hat sees, and those it answers for itself, the newest meeting first.

    Of the roles: the coordinator all groups', the chair and the steering group the steering groups'; those who only
    follow none (`steering_decisions`). Minutes that were taken back from a hat take their decisions along, but for
    those that it is named in.
    """
    groups = groups_visible_to(hat).values("pk")
    readable = Q(item__meeting__group__in=groups) | Q(item__meeting__joined_group__in=groups)
    readable &= _kept_by(hat)
    if isinstance(hat, Membership):
        readable |= Q(responsible=hat)
    return _everything().filter(readable).order_by("-item__meeting__starts_at", "-made_at", "-pk")


def _kept_by(hat: Hat) -> Q:
    """Decisions of meetings whose minutes have not been taken back from this hat. Who arranges reads them anyway;
    as does whoever has been sent a newer version since."""
    sent = MinutesRecipient.objects.filter(of_hat(hat, "attendance__"))
    living = sent.filter(withdrawn_at__isnull=True).values("minutes__meeting")
    taken = sent.filter(withdrawn_at__isnull=False).exclude(minutes__meeting__in=living).values("minutes__meeting")
    kept = ~Q(item__meeting__in=taken)
    if isinstance(hat, Membership):
        kept |= Q(item__meeting__group__chair=hat) | Q(item__meeting__group__secretary=hat)
    return kept


def access_group_decision(hat: Hat, pk: int) -> Decision:
    """One decision of the register, or the same 404 as for one that does not exist."""
    found = group_decisions(hat).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


# ---------- how it was come to ----------
def with_votes(found: QuerySet[Decision]) -> QuerySet[Decision]:
    """With each one's votes, for `votes_of`, `how_said`: one query for any number."""
    votes = DecisionVote.objects.select_related(
        "attendance__member__user", "attendance__member__agency", "attendance__role__user"
    )
    return found.prefetch_related(Prefetch("votes", queryset=votes.order_by("pk")))


def count_votes(votes: Iterable[DecisionVote]) -> str:
    """«5 ja, 2 nej, 1 avstår»; what nobody said is left out, and without any vote nothing is said."""
    said = [vote.vote for vote in votes if vote.vote]
    return ", ".join(f"{said.count(code)} {word}" for code, word in OF_VOTES if said.count(code))


def how_said(decision: Decision) -> str:
    """«Alla var överens», «Röstning: 5 ja, 2 nej» or, where somebody had it written down, that they dissented."""
    votes = list(decision.votes.all())
    counted = count_votes(votes)
    if decision.procedure == Procedure.VOTE:
        return f"Röstning: {counted}" if counted else "Röstning"
    if any(vote.dissent for vote in votes):
        return "Utan röstning, med reservation"
    return str(Procedure.UNANIMOUS.label)


def owner_said(decision: Decision) -> str:
    """Who answers for it: «Socialtjänsten Piteå, Karin Öberg», «Samordnaren»; empty for one that only stands."""
    if decision.owner is not None:
        person = [str(decision.responsible.user)] if decision.responsible else []
        return ", ".join([decision.owner.name, *person])
    if decision.owner_role is not None:
        return DEFINITE[CooperationRoleKind(decision.owner_role.role)]
    return ""


def reports_of(decision: Decision) -> QuerySet[DecisionReport]:
    """What has become of it, as it was said, the newest first."""
    found = DecisionReport.objects.filter(decision=decision)
    return found.select_related("member__user", "member__agency", "role__user").order_by("-at", "-pk")


def is_late(decision: Decision) -> bool:
    """Open, and its day (the whole of it) has been."""
    return (
        decision.state == DecisionState.OPEN and decision.due_on is not None and decision.due_on < timezone.localdate()
    )


# ---------- who answers ----------
def answerers_of(decision: Decision) -> set[int]:
    """The memberships to tell: who is named, while they are there; else all who hold the agency's seats.

    None for a role of the cooperation, which has no notices.
    """
    if decision.owner_id is None:
        return set()
    if decision.responsible_id and Membership.objects.filter(active_on(), pk=decision.responsible_id).exists():
        return {decision.responsible_id}
    holders = can_be_responsible(decision.item.meeting, decision.item).filter(agency=decision.owner_id)
    return set(holders.values_list("pk", flat=True))


def can_report(hat: Hat, decision: Decision) -> bool:
    """Says what has become of it: who is named, the owner's members with a seat in the group, the owning role, and
    those who arrange the group's meetings."""
    meeting = decision.item.meeting
    if is_arranger(hat, meeting.group):
        return True
    if isinstance(hat, Membership):
        if decision.responsible_id == hat.pk:
            return True
        held = SeatHolder.objects.filter(seated(), membership=hat, seat__group__in=meeting.group_ids)
        return decision.owner_id == hat.agency_id and held.exists()
    role = decision.owner_role
    return role is not None and (role.role, role.cooperation_id) == (hat.role, hat.cooperation_id)


# ---------- what is due ----------
def decisions_answered_by(hat: Hat) -> QuerySet[Decision]:
    """The open decisions that this hat answers for, itself or with its agency's other seats, the soonest first.

    What somebody who has left was to see to is the agency's again.
    """
    if not isinstance(hat, Membership):
        mine = Q(owner_role__role=hat.role, owner_role__cooperation=hat.cooperation_id)
    else:
        there = Membership.objects.filter(active_on()).values("pk")
        mine = Q(responsible=hat) | (Q(owner=hat.agency_id) & (Q(responsible__isnull=True) | ~Q(responsible__in=there)))
    return group_decisions(hat).filter(mine, state=DecisionState.OPEN).order_by("due_on", "pk")


def reminder_of(decision: Decision, today: date) -> str:
    """The kind of notice an open decision gives rise to today: "decision.due", "decision.late", or "" for none.

    Seven calendar days before its day, and on the first working day after it. Each once for one and the same day.
    """
    if decision.state != DecisionState.OPEN or decision.due_on is None:
        return ""
    if today > decision.due_on:
        begins = next_working_day(decision.due_on + ONE_DAY)
        return "decision.late" if decision.told_late_at is None and today >= begins else ""
    return "decision.due" if decision.told_ahead_at is None and today >= decision.due_on - AHEAD else ""


def decisions_to_remind(today: date) -> list[Decision]:
    """Open decisions that may give rise to a reminder today; `reminder_of` asks again under the lock."""
    ahead = Q(told_ahead_at__isnull=True, due_on__lte=today + AHEAD, due_on__gte=today)
    late = Q(told_late_at__isnull=True, due_on__lt=today)
    found = _everything().filter(ahead | late, state=DecisionState.OPEN).order_by("pk")
    return [one for one in found if reminder_of(one, today)]


# ---------- for those who only follow ----------
@dataclass(frozen=True)
class Decided:
    """A decision as the approved minutes have it."""

    on: date
    group: str
    item: str
    text: str
    author: str


def steering_decisions(cooperation: Cooperation) -> list[Decided]:
    """The decisions of the cooperation's steering groups, the newest meeting first (R26, R31). One query.

    Of the newest approved version alone, also while it is being corrected: what is still a draft may change. Of items
    that are no case; a steering group's minutes hold no participant (R26).
    """
    parts = MinutesPart.objects.filter(
        minutes__meeting__group__cooperation=cooperation,
        minutes__meeting__group__kind=GroupKind.STEERING,
        minutes__seal__isnull=False,
        is_case=False,
    )
    of_meeting = "minutes__meeting__minutes_versions__"
    sealed = Q(**{f"{of_meeting}seal__isnull": False})
    newest = parts.annotate(newest=Max(f"{of_meeting}version", filter=sealed)).filter(minutes__version=F("newest"))
    rows = newest.select_related("minutes__meeting__group").order_by(
        "-minutes__meeting__starts_at", "minutes", "position"
    )
    return [
        Decided(
            timezone.localdate(part.minutes.meeting.starts_at),
            part.minutes.meeting.group.name,
            part.content["title"],
            decision["text"],
            decision["author"]["name"],
        )
        for part in rows
        for decision in part.content["decisions"]
    ]
