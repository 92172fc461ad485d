"""Waiting for a supplement: the sender's turn, then the receiver's again (R63)."""

from collections.abc import Mapping

from notifications.actions import deliver
from referrals.actions.answers import write_answer
from referrals.actions.journey import require_told, tell_sender
from referrals.actions.moves import lock, move, notice, require_side, require_step, topics
from referrals.actions.notes import disclose_texts
from referrals.models import Referral
from referrals.states import SectionRole, Side, SupplementCode, Verb
from workspace.actions import action
from workspace.errors import NotAllowed
from workspace.models import Membership


@action
def ask_supplement(*, by: Membership, referral: Referral, code: SupplementCode, text: str = "") -> None:
    """The receiver says what it lacks, from a list and with a text if it may; the turn becomes the sender's.

    The receiver's own clock stands still meanwhile. History, audit row, the sender told. Refuses where the status may
    not be told: asking is telling.
    """
    referral = lock(referral)
    require_side(by, referral, Side.RECEIVER)
    require_told(referral, Verb.ASK_SUPPLEMENT)
    line = {"code": code, "section": write_answer(by, referral, text)}
    told = move(referral, Verb.ASK_SUPPLEMENT, Side.RECEIVER, by=by, line=line)
    tell_sender(referral, "referral.supplement_asked", by, told)


@action
def supplement_referral(*, by: Membership, referral: Referral, texts: Mapping[str, str]) -> None:
    """The sender supplements: each text is disclosed under its category, on the leg's ground (L3, L11).

    The turn is the receiver's again, which is told. Refuses no text at all, and a text without a live ground
    (`MissingGround`).
    """
    referral = lock(referral)
    require_side(by, referral, Side.SENDER)
    require_step(referral, Verb.SUPPLEMENT, Side.SENDER)
    sections = disclose_texts(by, referral, texts, SectionRole.SUPPLEMENT)
    if not sections:
        raise NotAllowed("Skriv kompletteringen innan ni skickar den.")
    move(referral, Verb.SUPPLEMENT, Side.SENDER, by=by, line={"section": sections[0]})
    deliver([notice(referral, "referral.supplemented", Side.RECEIVER, by=by)], topics(referral))


@action
def resume_referral(*, by: Membership, referral: Referral) -> None:
    """The receiver goes on without the supplement it asked for. The turn is its own again; the sender is told.

    Refuses where the status may no longer be told: the sender would go on believing that it has the turn.
    """
    referral = lock(referral)
    require_side(by, referral, Side.RECEIVER)
    require_told(referral, Verb.RESUME)
    told = move(referral, Verb.RESUME, Side.RECEIVER, by=by)
    tell_sender(referral, "referral.resumed", by, told)
