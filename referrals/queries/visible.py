"""Which referrals a hat may open, and what its side may know of each."""

from typing import Any

from django.db.models import Case, DateField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.http import Http404
from django.utils import timezone

from referrals.models import Referral, ReferralEvent, ReferralLeg, ReferralSection
from referrals.rules import IDENTITY, STATUS
from referrals.states import ReferralState, Side, Verb
from workspace.models import Function, Membership, Participant, StatedReason
from workspace.queries import desks_of, participants_visible_to
from workspace.rules import Hat, disclosure_lives, is_caseworker, is_manager

SENDERS_OWN_VERBS = (Verb.CREATE, Verb.REVISE)
# Whose turn each step is, as far as a side that is not told more can know.
TURN_BY_STATE = {
    ReferralState.DRAFT: Side.SENDER,
    ReferralState.SENT: Side.RECEIVER,
    ReferralState.RECEIVED: Side.RECEIVER,
    ReferralState.ACCEPTED: Side.RECEIVER,
    ReferralState.DECIDED: Side.SENDER,
    ReferralState.RETURNED: Side.SENDER,
}


def _sent_to(**receiver: object) -> Exists:
    """A leg has been sent there. The referral's own receiver says only where it goes next."""
    return Exists(ReferralLeg.objects.filter(referral=OuterRef("pk"), sent_at__isnull=False, **receiver))


def _incoming(member: Membership) -> Q:
    return Q(_sent_to(receiver__in=desks_of(member).values("pk")))


def _outgoing(member: Membership) -> Q:
    return Q(participant__in=participants_visible_to(member).values("pk"), sender__agency=member.agency_id)


def with_people(referrals: QuerySet[Referral]) -> QuerySet[Referral]:
    """With everything the lists and rules look at, in one query."""
    return referrals.select_related(
        "kind",
        "sender__agency__municipality",
        "receiver__agency",
        "participant__function__agency",
        "participant__municipality",
        "turn__agency",
    )


def referrals_visible_to(member: Hat) -> QuerySet[Any]:
    """The referrals this hat may open: those of participants it may open, and those sent to its desks.

    Annotated with what this side knows: `shown_state`, `shown_outcome`, `status_told`, `identity_lives`. A manager
    opens after a stated reason; a role in a cooperation opens none.
    """
    referrals = with_people(Referral.objects.all())
    if is_caseworker(member):
        referrals = referrals.filter(_incoming(member) | _outgoing(member))
    elif is_manager(member):
        stated = StatedReason.objects.filter(
            membership=member, participant=OuterRef("participant"), ends_at__gt=timezone.now()
        )
        referrals = referrals.filter(of_agency(member), Exists(stated))
    else:
        return referrals.none()
    return with_what_is_known(referrals, member.agency_id)


def of_agency(member: Membership) -> Q:
    """Referrals from the member's agency, and those that have been sent to it."""
    return Q(sender__agency=member.agency_id) | Q(_sent_to(receiver__agency=member.agency_id))


def work_list_of(manager: Hat) -> QuerySet[Referral]:
    """What waits at the manager's agency: number, clock and holder; no person (house.md 3). Longest waiting first."""
    if not is_manager(manager):
        return Referral.objects.none()
    open_ones = with_people(Referral.objects.filter(turn__agency=manager.agency_id)).select_related("holder__user")
    return with_what_is_known(open_ones, manager.agency_id).order_by("turn_since", "pk")


def access_work_list_item(manager: Hat, pk: int) -> Referral:
    """A referral of the manager's agency, to state a reason for opening; 404 for any other."""
    if is_manager(manager):
        referral = with_people(Referral.objects.filter(of_agency(manager), pk=pk)).first()
        if referral is not None:
            return referral
    raise Http404


def access_referral(member: Hat, pk: int) -> Referral:
    """One referral this hat may open, or the same 404 as for one that does not exist."""
    referral = referrals_visible_to(member).filter(pk=pk).first()
    if referral is None:
        raise Http404
    return referral


def with_what_is_known(referrals: QuerySet[Referral], agency_id: int | None) -> QuerySet[Any]:
    """Annotate what a side may know. `agency_id` None is somebody who knows what the sender knows: the coordinator.

    The sender knows a receiver's step while that receiver lets it be told; a receiver knows its own legs.
    """
    events = ReferralEvent.objects.filter(referral=OuterRef("pk")).order_by("-at", "-pk")
    told = Exists(
        ReferralSection.objects.filter(
            leg__referral=OuterRef("referral"),
            category=STATUS,
            author=OuterRef("agency"),
            disclosure__isnull=False,
            disclosure__ends_at__gte=OuterRef("at"),
        ).filter(Q(disclosure__ended_at__isnull=True) | Q(disclosure__ended_at__gte=OuterRef("at")))
    )
    for_sender = events.filter(~Q(side=Side.RECEIVER) | told)
    for_receiver = events.exclude(verb__in=SENDERS_OWN_VERBS).filter(leg__receiver__agency=agency_id)
    is_sender: Q | Value = Value(True) if agency_id is None else Q(sender__agency=agency_id)
    live = ReferralSection.objects.filter(disclosure_lives("disclosure__"), leg__referral=OuterRef("pk"))

    def known(field: str) -> Case:
        return Case(
            When(is_sender, then=Subquery(for_sender.values(field)[:1])),
            default=Subquery(for_receiver.values(field)[:1]),
        )

    return referrals.annotate(
        shown_state=known("state"),
        shown_at=known("at"),
        status_told=Exists(live.filter(category=STATUS, author=OuterRef("receiver__agency"))),
        identity_lives=Exists(live.filter(category=IDENTITY, disclosure__recipient=agency_id)),
    ).annotate(
        shown_outcome=Case(When(shown_state__in=("decided", "closed"), then=F("outcome")), default=Value("")),
    )


def waiting_for(member: Membership) -> QuerySet[Referral]:
    """What waits for this hat's desks: answers others wish for by their day, then what has waited longest."""
    desks = desks_of(member).values("pk")
    owed = When(identity_lives=True, receiver__in=desks, then=F("answer_wished_on"))
    owed_on = Case(owed, default=Value(None), output_field=DateField())
    return (
        referrals_visible_to(member).filter(turn__in=desks).order_by(owed_on.asc(nulls_last=True), "turn_since", "pk")
    )


def referrals_of(member: Hat, participant: Participant) -> QuerySet[Referral]:
    """The referrals of one participant that this hat may open, newest first."""
    return referrals_visible_to(member).filter(participant=participant).order_by("-created_at")


def turn_shown(referral: Referral, state: str) -> Function | None:
    """The desk whose turn it is, as far as somebody who is shown this state can know."""
    if state == referral.state:
        return referral.turn
    side = TURN_BY_STATE.get(ReferralState(state))
    if side is None:
        return None
    return referral.sender if side == Side.SENDER else referral.receiver
