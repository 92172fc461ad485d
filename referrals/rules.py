"""Predicates about one referral: which side a hat is on, what it may do, who is told."""

from django.db.models import Q, QuerySet

from referrals.models import Referral
from referrals.states import ReferralState, Side, Verb, target_of
from workspace.models import Agency, Function, Membership
from workspace.rules import Hat, active_on, is_caseworker
from workspace.states import MemberRole

# What a leg always carries, and what the sender may add.
IDENTITY, QUESTION, STATUS, ANSWER, FOLLOW_UP = "identity", "question", "status", "answer", "follow_up"
BACKGROUND = ("social", "health", "work", "economy")
TEXT_CATEGORIES = (QUESTION, *BACKGROUND)
# A referral stands or falls with these two; any other section just ends.
VITAL = frozenset({IDENTITY, QUESTION})


def side_of(member: Membership, referral: Referral) -> Side:
    """On which side of a referral the member's agency stands. Only for a referral the member can see."""
    return Side.SENDER if referral.sender.agency_id == member.agency_id else Side.RECEIVER


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


def can_return(member: Hat, referral: Referral, status_told: bool) -> bool:
    """Sending back tells the sender something, so it takes leave to tell the status."""
    return status_told and can_do(member, referral, Verb.RETURN, Side.RECEIVER)


def can_close(member: Hat, referral: Referral, side: Side) -> bool:
    """Whoever has the turn closes: the sender, or a receiver whose decision the sender cannot be told of."""
    desk = referral.sender_id if side == Side.SENDER else referral.receiver_id
    return referral.turn_id == desk and can_do(member, referral, Verb.CLOSE, side)


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


def class_is_shown(referral: Referral) -> bool:
    """The coordinator sees the class of a referral unless the municipality is so small that it points out a person.

    Both the sender's municipality and the participant's count (L17, house.md 3).
    """
    places = (referral.participant.municipality, referral.sender.agency.municipality)
    return not any(place is not None and place.is_small for place in places)
