"""Predicates about one referral: which side a hat is on, what it may do, who is told."""

from datetime import date

from django.db.models import Q, QuerySet
from django.utils import timezone

from referrals.models import Referral, ReferralKind
from referrals.states import OPEN_STATES, TURN_BY_STATE, ReferralState, Side, Verb, target_of
from workspace.models import Agency, Function, Membership
from workspace.rules import Hat, active_on, is_caseworker
from workspace.states import MemberRole

# What a leg always carries, and what the sender may add.
IDENTITY, QUESTION, STATUS, ANSWER, FOLLOW_UP = "identity", "question", "status", "answer", "follow_up"
BACKGROUND = ("social", "health", "work", "economy")
TEXT_CATEGORIES = (QUESTION, *BACKGROUND)
# A referral stands or falls with these two; any other section just ends.
VITAL = frozenset({IDENTITY, QUESTION})
# Steps in which the receiver needs to read the question, so that a ground that has run out must be renewed.
LAPSING = frozenset(
    {
        ReferralState.SENT,
        ReferralState.RECEIVED,
        ReferralState.ACCEPTED,
        ReferralState.IN_PROGRESS,
        ReferralState.WAITING,
    }
)


def side_of(member: Membership, referral: Referral) -> Side:
    """On which side of a referral the member's agency stands. Only for a referral the member can see."""
    return Side.SENDER if referral.sender.agency_id == member.agency_id else Side.RECEIVER


def listening(referral: Referral, side: Side) -> str:
    """Whose open pages hear of it on one side: the agency's that stands there now, never a former receiver's."""
    return wire_side(referral.sender.agency_id if side == Side.SENDER else referral.receiver.agency_id)


def wire_side(agency_id: int) -> str:
    """An agency's side of a thing's hints."""
    return f"myndighet{agency_id}"


def acts_for(member: Membership, referral: Referral) -> set[Side]:
    """The sides this hat acts for: its own, and for the sender that of a receiver without an account (R72)."""
    side = side_of(member, referral)
    return {side, Side.RECEIVER} if referral.receiver.agency.by_letter else {side}


def can_do(member: Hat, referral: Referral, verb: Verb, side: Side) -> bool:
    """The table lets this side do it now, and the hat is a caseworker's."""
    return is_caseworker(member) and target_of(referral.state, verb, side) is not None


def can_recall(member: Hat, referral: Referral, status_told: bool) -> bool:
    """The sender takes back what was sent to the wrong receiver.

    A receiver that has taken it in without leave to answer must look the same whatever it has done since, so there
    recalling ends with the receipt.
    """
    if referral.state == ReferralState.RECEIVED and not status_told:
        return False
    return can_do(member, referral, Verb.RECALL, Side.SENDER)


def can_tell(member: Hat, referral: Referral, verb: Verb, status_told: bool) -> bool:
    """Sending back, asking for a supplement and suggesting another tell the sender something: they take leave."""
    return status_told and can_do(member, referral, verb, Side.RECEIVER)


def can_close(member: Hat, referral: Referral, side: Side) -> bool:
    """Whoever has the turn closes: the sender, or a receiver whose decision the sender cannot be told of."""
    desk = referral.sender_id if side == Side.SENDER else referral.receiver_id
    return referral.turn_id == desk and can_do(member, referral, Verb.CLOSE, side)


def can_ask_cancel(member: Hat, referral: Referral, status_told: bool) -> bool:
    """The sender asks a receiver that works with it to stop; only where the sender knows that it does."""
    return status_told and can_do(member, referral, Verb.REQUEST_CANCEL, Side.SENDER)


def can_reopen(member: Hat, referral: Referral, status_told: bool) -> bool:
    """The sender takes up again what the receiver decided or broke off; a returned one is written anew instead."""
    answered = bool(referral.outcome) or referral.state == ReferralState.CANCELLED
    return status_told and answered and can_do(member, referral, Verb.REOPEN, Side.SENDER)


def can_renew(member: Hat, referral: Referral) -> bool:
    return is_caseworker(member) and referral.lapsed_at is not None


def can_leave_be(member: Hat, referral: Referral, status_told: bool) -> bool:
    """The sender ends its own waiting for a receiver that gives no answer here, whatever that one has done.

    Also for one that told its first steps and then lost the leave: nothing more will come.
    """
    known = ReferralState(referral.told_state)
    theirs = TURN_BY_STATE.get(known) == Side.RECEIVER and referral.state != ReferralState.SENT
    return is_caseworker(member) and not status_told and theirs


def can_dispute(member: Hat, referral: Referral) -> bool:
    """Responsibility is disputed by the sender of what came back (R67)."""
    came_back = referral.state in {ReferralState.RETURNED, ReferralState.REDIRECTED}
    return is_caseworker(member) and came_back and referral.disputed_at is None


def can_settle(member: Hat, referral: Referral) -> bool:
    return is_caseworker(member) and referral.disputed_at is not None


def can_set_date(member: Membership, referral: Referral) -> bool:
    """Whoever has the turn says when instead, or that time stands still; a draft has no clock."""
    mine = referral.turn_id is not None and referral.turn is not None and referral.turn.agency_id == member.agency_id
    by_letter = referral.receiver.agency.by_letter and referral.turn_id == referral.receiver_id
    has_clock = referral.state != ReferralState.DRAFT and referral.lapsed_at is None
    return is_caseworker(member) and (mine or by_letter) and has_clock


def can_be_present(member: Hat, referral: Referral) -> bool:
    """A caseworker of one of the two agencies it is between now, both with accounts here; not while it is a draft."""
    sides = (referral.sender.agency, referral.receiver.agency)
    here = all(agency.left_on is None and not agency.by_letter for agency in sides)
    running = referral.is_open and referral.state != ReferralState.DRAFT
    return is_caseworker(member) and member.agency_id in {agency.pk for agency in sides} and here and running


def can_remind(member: Hat, referral: Referral, status_told: bool) -> bool:
    """The sender reminds the receiver while it, as far as the sender knows, has the turn."""
    theirs = TURN_BY_STATE.get(ReferralState(referral.told_state)) == Side.RECEIVER and referral.lapsed_at is None
    reachable = not referral.receiver.agency.by_letter
    return is_caseworker(member) and theirs and reachable and referral.told_state in OPEN_STATES


def audience_for(referral: Referral, side: Side) -> QuerySet[Membership]:
    """Who is told on one side: the caseworkers at the desk, deputies too, and on the sender's the named helpers.

    The same people whom `referrals_visible_to` lets in; managers look at work lists and are not told of each act.
    """
    desk = referral.sender_id if side == Side.SENDER else referral.receiver_id
    seated = Q(seats__function=desk)
    if side == Side.SENDER:
        seated = Q(seats__function=referral.participant.function_id) | Q(helps=referral.participant_id)
    agency = referral.sender.agency_id if side == Side.SENDER else referral.receiver.agency_id
    return (
        Membership.objects.filter(active_on(), seated, agency=agency)
        .exclude(role=MemberRole.MANAGER)
        .filter(agency__left_on__isnull=True)
        .distinct()
    )


def can_receive(function: Function, sender: Agency) -> bool:
    """A desk of another agency that still takes part."""
    return function.agency_id != sender.pk and function.agency.left_on is None


def kind_in_use(kind: ReferralKind, day: date | None = None) -> bool:
    """A kind can be asked for until the day it is retired; what is already sent goes on."""
    return kind.retired_on is None or kind.retired_on > (day or timezone.localdate())


def class_is_shown(referral: Referral) -> bool:
    """The coordinator sees the class of a referral unless the municipality is so small that it points out a person.

    Both the sender's municipality and the participant's count (L17, house.md 3).
    """
    places = (referral.participant.municipality, referral.sender.agency.municipality)
    return not any(place is not None and place.is_small for place in places)
