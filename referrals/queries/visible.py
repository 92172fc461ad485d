"""Which referrals a hat may open, and what its side may know of each."""

from datetime import date
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber
from django.http import Http404
from django.utils import timezone

from referrals.models import Referral, ReferralEvent, ReferralLeg, ReferralSection
from referrals.rules import IDENTITY, STATUS
from referrals.states import TURN_BY_STATE, UNANSWERED_STATES, ReferralState, Side, Verb
from workspace.models import Function, Membership, Participant, StatedReason
from workspace.queries import desks_of, participants_visible_to
from workspace.rules import Hat, disclosure_lives, is_caseworker, is_manager

SENDERS_OWN_VERBS = (Verb.CREATE, Verb.REVISE, Verb.LEAVE_BE)


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
        "told_turn__agency",
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


def with_what_is_known(referrals: QuerySet[Referral], agency_id: int) -> QuerySet[Any]:
    """Annotate what a side may know.

    The sender knows what it has been told, which stands in the row; a receiver knows the legs sent to its own agency.
    """
    lines = ReferralEvent.objects.filter(
        referral=OuterRef("pk"), leg__receiver__agency=agency_id, leg__sent_at__isnull=False
    )
    lines = lines.exclude(verb__in=SENDERS_OWN_VERBS).order_by("-at", "-pk")
    is_sender = Q(sender__agency=agency_id)
    live = ReferralSection.objects.filter(disclosure_lives("disclosure__"), leg__referral=OuterRef("pk"))
    answers = Exists(live.filter(category=STATUS, author=OuterRef("receiver__agency")))
    return referrals.annotate(
        shown_state=Case(When(is_sender, then=F("told_state")), default=Subquery(lines.values("state")[:1])),
        shown_at=Case(When(is_sender, then=F("told_at")), default=Subquery(lines.values("at")[:1])),
        # A receiver that it has gone on from knows nothing of the next one's time.
        shown_due_on=Case(
            When(is_sender, then=F("told_due_on")),
            When(receiver__agency=agency_id, then=F("due_on")),
            default=Value(None),
        ),
        status_told=ExpressionWrapper(Q(receiver__agency__by_letter=True) | Q(answers), output_field=BooleanField()),
        identity_lives=Exists(live.filter(category=IDENTITY, disclosure__recipient=agency_id)),
    ).annotate(
        shown_outcome=Case(
            When(is_sender, then=F("told_outcome")),
            When(shown_state__in=("decided", "closed"), then=F("outcome")),
            default=Value(""),
        ),
    )


def waiting_and_wished(member: Membership, today: date, until: date, most: int) -> tuple[list[Any], list[Any]]:
    """What waits for this hat's desks, annotated with `owed_on`: soonest first, then what has waited longest; and where
    the hat's agency wishes an answer between two days, the first day first. At most so many of each, in one query.

    The day owed is the step's last day, or the day the sender wishes an answer by, whichever comes first. A ground to
    renew waits for the sender whatever a receiver that tells nothing has done since.
    """
    desks = desks_of(member).values("pk")
    renew = Q(lapsed_at__isnull=False, told_turn__in=desks)
    asked = Q(identity_lives=True, receiver__in=desks)
    owed_on = Case(
        When(renew, then=F("told_due_on")),
        When(asked & (Q(due_on__isnull=True) | Q(answer_wished_on__lt=F("due_on"))), then=F("answer_wished_on")),
        default=F("due_on"),
    )
    waits = Q(turn__in=desks) | renew
    wished = Q(sender__agency=member.agency_id, answer_wished_on__range=(today, until), sent_at__isnull=False)
    wished &= Q(shown_state__in=UNANSWERED_STATES)
    soonest: list[Any] = [F("owed_on").asc(nulls_last=True), "turn_since", "pk"]
    found = (
        referrals_visible_to(member)
        .filter(waits | wished)
        .annotate(
            owed_on=owed_on,
            waits=ExpressionWrapper(waits, output_field=BooleanField()),
            wished=ExpressionWrapper(wished, output_field=BooleanField()),
        )
        .annotate(
            place=Window(RowNumber(), partition_by=F("waits"), order_by=soonest),
            wished_place=Window(RowNumber(), partition_by=F("wished"), order_by=["answer_wished_on", "pk"]),
        )
        .filter(Q(waits=True, place__lte=most) | Q(wished=True, wished_place__lte=most))
    )
    rows = list(found)
    waiting = sorted((row for row in rows if row.waits and row.place <= most), key=lambda row: row.place)
    answers = (row for row in rows if row.wished and row.wished_place <= most)
    return waiting, sorted(answers, key=lambda row: row.wished_place)


def referrals_of(member: Hat, participant: Participant) -> QuerySet[Referral]:
    """The referrals of one participant that this hat may open, newest first."""
    return referrals_visible_to(member).filter(participant=participant).order_by("-created_at")


def turn_shown(referral: Referral, state: str, side: Side) -> Function | None:
    """The desk whose turn it is, as far as this side knows. A receiver that it has left goes by its last step."""
    if side == Side.SENDER:
        return referral.told_turn
    if state == referral.state:
        return referral.turn
    at = TURN_BY_STATE.get(ReferralState(state))
    if at is None:
        return None
    return referral.sender if at == Side.SENDER else referral.receiver
