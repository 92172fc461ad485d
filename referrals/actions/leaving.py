"""A receiver that leaves the cooperation: its open referrals go back to their senders (house.md 3)."""

from notifications.actions import deliver
from referrals.actions.moves import lock, move, notice, topics
from referrals.models import Referral
from referrals.queries import referrals_at_left_agencies
from referrals.states import ReferralState, ReturnCode, Side, Verb, target_of
from workspace.actions import action


def return_from_left_agencies() -> int:
    """Send back everything open that lies with an agency that has left, one transaction each. Returns how many."""
    return sum(return_from_left(referral=referral) for referral in referrals_at_left_agencies())


@action
def return_from_left(*, referral: Referral) -> bool:
    """One referral back to its sender's desk, which is told; the coordinator's board shows it as returned.

    Once, however often asked. History and audit row by the system. A decision that only the receiver knew of goes
    back too: it is nobody's otherwise. What the sender has stopped waiting for is left alone.
    """
    referral = lock(referral)
    at_sender = referral.turn_id == referral.sender_id and referral.state == ReferralState.DECIDED
    if at_sender or referral.told_turn_id is None or target_of(referral.state, Verb.RECEIVER_LEFT, Side.SYSTEM) is None:
        return False
    move(
        referral,
        Verb.RECEIVER_LEFT,
        Side.SYSTEM,
        by=None,
        line={"code": ReturnCode.RECEIVER_LEFT},
        return_code=ReturnCode.RECEIVER_LEFT,
        lapsed_at=None,
        outcome="",
    )
    deliver([notice(referral, "referral.receiver_left", Side.SENDER, by=None)], topics(referral))
    return True
