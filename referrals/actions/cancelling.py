"""Breaking off what the receiver already works with, taking up what was ended, and no longer waiting."""

from django.utils import timezone

from notifications.actions import deliver
from referrals.actions.journey import refuse_untold, tell_sender
from referrals.actions.moves import (
    ASKED,
    FASTER,
    GROUND,
    clear_asked,
    desk_of,
    last_hand,
    lock,
    move,
    notice,
    require_side,
    require_step,
    set_clock,
    topics,
    write_event,
)
from referrals.models import Referral, ReferralLeg
from referrals.queries import current_leg, is_told, question_lives
from referrals.rules import can_leave_be
from referrals.states import CancelCode, ReferralState, ReopenCode, Side, Verb
from workspace.actions import action
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Membership


@action
def request_cancel(*, by: Membership, referral: Referral, code: CancelCode) -> None:
    """The sender asks the receiver to stop; the turn becomes the receiver's, which is told and answers.

    Refuses what the receiver has not accepted (that is recalled instead), and, in the words of every such refusal,
    where the sender does not know how far the receiver has come.
    """
    referral = lock(referral)
    require_side(by, referral, Side.SENDER)
    refuse_untold(referral)
    move(referral, Verb.REQUEST_CANCEL, Side.SENDER, by=by, line={"code": code})
    deliver([notice(referral, "referral.cancel_asked", Side.RECEIVER, by=by)], topics(referral))


@action
def confirm_cancel(*, by: Membership, referral: Referral) -> None:
    """The receiver stops: nobody's turn any more. The sender is told. What was disclosed stays as it was."""
    referral = lock(referral)
    require_side(by, referral, Side.RECEIVER)
    told = move(referral, Verb.CONFIRM_CANCEL, Side.RECEIVER, by=by, lapsed_at=None)
    tell_sender(referral, "referral.cancelled", by, told)


@action
def decline_cancel(*, by: Membership, referral: Referral) -> None:
    """The receiver goes on, since it must or since it is nearly done. The sender is told."""
    referral = lock(referral)
    require_side(by, referral, Side.RECEIVER)
    told = move(referral, Verb.DECLINE_CANCEL, Side.RECEIVER, by=by)
    tell_sender(referral, "referral.cancel_declined", by, told)


@action
def reopen_referral(*, by: Membership, referral: Referral, code: ReopenCode) -> None:
    """The sender takes a decided or cancelled referral up again, with a coded reason: the receiver's turn anew.

    The earlier outcome stays in the history. Refuses one that was returned or recalled (a new leg or a new referral
    is written instead), one whose question may no longer be read, and a receiver that has left; and in the same words
    whatever it has done, one whose end the sender does not know of.
    """
    referral = lock(referral)
    require_side(by, referral, Side.SENDER)
    if referral.told_state not in {ReferralState.CLOSED, ReferralState.CANCELLED}:
        raise SomebodyWasFaster(FASTER)
    if not question_lives(referral):
        raise NotAllowed("Samtycket som remissen vilade på gäller inte längre. Skriv en ny remiss.")
    refuse_untold(referral)
    require_step(referral, Verb.REOPEN, Side.SENDER)
    if not referral.outcome and referral.state != ReferralState.CANCELLED:
        raise NotAllowed("Den här remissen fick inget beslut. Skriv en ny i stället.")
    if referral.receiver.agency.left_on:
        raise NotAllowed("Mottagaren är inte med längre. Skriv en ny remiss.")
    move(referral, Verb.REOPEN, Side.SENDER, by=by, line={"code": code}, outcome="")
    deliver([notice(referral, "referral.reopened", Side.RECEIVER, by=by)], topics(referral))


@action
def leave_be(*, by: Membership, referral: Referral) -> None:
    """The sender stops waiting for a receiver that gives no answer here: for the sender it has ended.

    The receiver keeps its turn and its work, and is told nothing; if it later tells its status, the sender sees it
    again. A ground that has run out is no longer the sender's to renew: the turn is where the step has it. The same
    answer whatever the receiver has done. Refuses while the receiver has not taken it in (that is
    recalled), and where the receiver does answer here.
    """
    referral = lock(referral)
    require_side(by, referral, Side.SENDER)
    if not can_leave_be(by, referral, is_told(referral)):
        raise SomebodyWasFaster("Det går inte just nu. Så här ser remissen ut nu.")
    now = timezone.now()
    write_event(referral, Verb.LEAVE_BE, Side.SENDER, by=by)
    if referral.lapsed_at:
        _hand_back(referral)
    Referral.objects.filter(pk=referral.pk).update(
        told_state=ReferralState.CLOSED, told_at=now, told_turn=None, told_since=now, told_due_on=None
    )
    ReferralLeg.objects.filter(pk=current_leg(referral).pk, answered_at=None, ended_at=None).update(ended_at=now)
    clear_asked(referral, Side.SENDER, ASKED + GROUND)
    deliver([], topics(referral, receiver=False))


def _hand_back(referral: Referral) -> None:
    """What had run out is the receiver's own work again, if it was in the middle of a step."""
    referral.lapsed_at = None
    turn = desk_of(referral, ReferralState(referral.state), told=False)
    fields: dict[str, object] = {"lapsed_at": None}
    if turn != referral.turn:
        fields |= {"turn": turn, "turn_since": timezone.now(), "holder": last_hand(referral, Side.RECEIVER)}
    Referral.objects.filter(pk=referral.pk).update(**fields)
    set_clock(referral, told=False)
