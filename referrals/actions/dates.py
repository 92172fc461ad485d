"""A step's time: a new date from whoever has the turn, a lawful pause, a dispute with its own clock."""

from datetime import date

from django.utils import timezone

from notifications.actions import Notice, deliver
from referrals.actions.moves import REMINDED, clear_asked, lock, notice, require_side, set_clock, topics, write_event
from referrals.models import Referral
from referrals.queries import is_told
from referrals.rules import can_dispute, can_set_date, can_settle
from referrals.states import DelayCode, PauseCode, SettleCode, Side, Verb
from workspace.actions import action
from workspace.clocks import year_after
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Membership

NOT_YOUR_TURN = "Det är inte er tur. Så här ser det ut nu."


def _own_side(by: Membership, referral: Referral) -> Side:
    """The side whose time it is, if this hat acts for it."""
    if not can_set_date(by, referral):
        raise SomebodyWasFaster(NOT_YOUR_TURN)
    return Side.SENDER if referral.turn_id == referral.sender_id else Side.RECEIVER


def _ahead(day: date) -> None:
    """A day after today, and within a year: a date nobody will see is no date."""
    today = timezone.localdate()
    if day <= today:
        raise NotAllowed("Välj en dag efter i dag.")
    if day > year_after(today):
        raise NotAllowed("Välj en dag inom ett år.")


def _tell_other(referral: Referral, kind: str, side: Side, by: Membership) -> None:
    """The other side hears of it: the receiver always, the sender where the receiver tells its status.

    One's own side is reminded no more of the day that was.
    """
    told = side == Side.SENDER or is_told(referral)
    other = Side.RECEIVER if side == Side.SENDER else Side.SENDER
    notices: list[Notice] = [notice(referral, kind, other, by=by)] if told else []
    set_clock(referral, told=told)
    clear_asked(referral, side, REMINDED)
    deliver(notices, topics(referral, sender=told))


@action
def set_new_date(*, by: Membership, referral: Referral, code: DelayCode, until_on: date) -> None:
    """«Pågår, nytt datum»: whoever has the turn says from a fixed list why, and which calendar day instead.

    The day becomes the step's last, and nobody is reminded before it. History, audit row, the other side told if it
    may be. Refuses whoever does not have the turn, a day that has passed, and one more than a year ahead.
    """
    referral = lock(referral)
    side = _own_side(by, referral)
    require_side(by, referral, side)
    _ahead(until_on)
    write_event(referral, Verb.NEW_DATE, side, by=by, code=code, until_on=until_on)
    _tell_other(referral, "referral.new_date", side, by)


@action
def pause_clock(*, by: Membership, referral: Referral, code: PauseCode, until_on: date) -> None:
    """Let time lawfully stand still from today, both days included: a pause always ends on a date.

    History, audit row, the step's last day moved, the other side told if it may be. Refuses whoever does not have the
    turn and days as for a new date. That another agency is to decide may be said, and the page then warns: an agency
    may not idle for that alone (JO 5076-2012).
    """
    referral = lock(referral)
    side = _own_side(by, referral)
    require_side(by, referral, side)
    _ahead(until_on)
    today = timezone.localdate()
    write_event(referral, Verb.PAUSE, side, by=by, code=code, from_on=today, until_on=until_on)
    _tell_other(referral, "referral.paused", side, by)


@action
def dispute_referral(*, by: Membership, referral: Referral) -> None:
    """Mark that nobody takes the responsibility (R67): a clock of its own, and the steering group sees number and days.

    The turn stays the sender's. History, audit row, the receiver told. Refuses what has not come back.
    """
    referral = lock(referral)
    require_side(by, referral, Side.SENDER)
    if not can_dispute(by, referral):
        raise SomebodyWasFaster("Det går inte i det här läget. Så här ser det ut nu.")
    referral.disputed_at = timezone.now()
    Referral.objects.filter(pk=referral.pk).update(disputed_at=referral.disputed_at)
    write_event(referral, Verb.DISPUTE, Side.SENDER, by=by)
    deliver([notice(referral, "referral.disputed", Side.RECEIVER, by=by)], topics(referral))


@action
def settle_dispute(*, by: Membership, referral: Referral, code: SettleCode) -> None:
    """Register who the steering group found responsible. The mark ends; the turn stays the sender's, to act on it."""
    referral = lock(referral)
    require_side(by, referral, Side.SENDER)
    if not can_settle(by, referral):
        raise SomebodyWasFaster("Det går inte i det här läget. Så här ser det ut nu.")
    Referral.objects.filter(pk=referral.pk).update(disputed_at=None)
    write_event(referral, Verb.SETTLE, Side.SENDER, by=by, code=code)
    deliver([notice(referral, "referral.settled", Side.RECEIVER, by=by)], topics(referral))
