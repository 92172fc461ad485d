"""The steps after the sending, one verb each (issue "Samverkansrum runs", 5 and 6)."""

from django.db.models import QuerySet
from django.utils import timezone

from notifications.actions import Notice, close_notices, deliver
from referrals.actions.answers import living, open_answer, write_answer
from referrals.actions.moves import last_hand, lock, move, notice, require_side, topics
from referrals.models import Referral, ReferralLeg, ReferralSection
from referrals.queries import current_leg
from referrals.rules import STATUS, TEXT_CATEGORIES, audience_for
from referrals.states import AnswerScope, Outcome, RecallCode, ReferralState, ReturnCode, Side, Verb
from workspace.actions import action, end_disclosures
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Disclosure, Membership
from workspace.states import EndReason


def _tell_sender(referral: Referral, kind: str, by: Membership) -> list[Notice]:
    """The sender is told of the receiver's step only where the receiver may tell its status."""
    return [notice(referral, kind, Side.SENDER, by=by)] if living(referral, STATUS) else []


def refuse_untold(referral: Referral) -> None:
    """Refuse the sender in the same words whatever a receiver that gives no answer here has done.

    What is the sender's turn it can always act on, also after the answer's ground was lost.
    """
    unmoved = {ReferralState.DRAFT, ReferralState.SENT}
    if referral.state in unmoved or referral.turn_id == referral.sender_id or living(referral, STATUS) is not None:
        return
    raise SomebodyWasFaster("Det går inte just nu. Ring mottagaren.")


@action
def acknowledge_referral(*, by: Membership, referral: Referral, scope: AnswerScope) -> None:
    """The receiver takes a sent referral in, and says whether it may answer here.

    Writes the answer's disclosures, history, audit rows; the turn stays the receiver's; tells the sender only if
    the status may be told. Opening is not acknowledging. Refuses any state but sent.
    """
    referral = lock(referral)
    require_side(by, referral, Side.RECEIVER)
    move(referral, Verb.ACKNOWLEDGE, Side.RECEIVER, by=by, turn=referral.receiver, holder=by)
    open_answer(by, referral, scope)
    deliver(_tell_sender(referral, "referral.acknowledged", by), topics(referral))


@action
def accept_referral(*, by: Membership, referral: Referral) -> None:
    """The receiver accepts to examine a received referral. History, audit row, the sender told if it may be."""
    referral = lock(referral)
    require_side(by, referral, Side.RECEIVER)
    move(referral, Verb.ACCEPT, Side.RECEIVER, by=by, turn=referral.receiver, holder=by)
    notices = _tell_sender(referral, "referral.accepted", by)
    deliver(notices, topics(referral, sender=bool(notices)))


@action
def decide_referral(*, by: Membership, referral: Referral, outcome: Outcome, text: str = "") -> None:
    """The receiver decides an accepted referral: granted, partly, refused, not examined; with a text if it may.

    Writes the outcome, the text under its disclosure, history, audit row. The turn goes to the sender, who closes;
    where the sender may not be told, it stays the receiver's, so that no referral is on nobody's desk.
    """
    referral = lock(referral)
    require_side(by, referral, Side.RECEIVER)
    section = write_answer(by, referral, text)
    told = living(referral, STATUS) is not None
    move(
        referral,
        Verb.DECIDE,
        Side.RECEIVER,
        by=by,
        turn=referral.sender if told else referral.receiver,
        holder=last_hand(referral, Side.SENDER) if told else by,
        code=outcome,
        section=section,
        outcome=outcome,
    )
    deliver(_tell_sender(referral, "referral.decided", by), topics(referral, sender=told))


@action
def return_referral(*, by: Membership, referral: Referral, code: ReturnCode, text: str = "") -> None:
    """The receiver sends a received referral back with a coded reason, and a text if it may.

    The turn becomes the sender's, who is told. Refuses where the receiver may not tell its status: sending back is
    telling. Any other state than received is refused as moved.
    """
    referral = lock(referral)
    require_side(by, referral, Side.RECEIVER)
    if referral.state == ReferralState.RECEIVED and living(referral, STATUS) is None:
        raise NotAllowed("Ni behöver få berätta läget för att kunna skicka tillbaka remissen här.")
    section = write_answer(by, referral, text) if referral.state == ReferralState.RECEIVED else None
    move(
        referral,
        Verb.RETURN,
        Side.RECEIVER,
        by=by,
        turn=referral.sender,
        holder=last_hand(referral, Side.SENDER),
        code=code,
        section=section,
        return_code=code,
    )
    deliver([notice(referral, "referral.returned", Side.SENDER, by=by)], topics(referral))


@action
def revise_referral(*, by: Membership, referral: Referral) -> None:
    """The sender takes a returned referral up again as a draft: a new leg with the same texts, nothing disclosed.

    The old leg stays as it was sent. Tells nobody; the receiver still sees it as returned.
    """
    referral = lock(referral)
    require_side(by, referral, Side.SENDER)
    old = current_leg(referral)
    move(referral, Verb.REVISE, Side.SENDER, by=by, turn=referral.sender, holder=by)
    new = ReferralLeg.objects.create(
        referral=referral,
        position=old.position + 1,
        receiver=old.receiver,
        ground=old.ground,
        ground_reason=old.ground_reason,
    )
    ReferralSection.objects.bulk_create(
        ReferralSection(leg=new, category_id=section.category_id, author_id=section.author_id, text=section.text)
        for section in old.sections.filter(category__in=TEXT_CATEGORIES).exclude(text="")
    )
    deliver([], topics(referral, receiver=False))


@action
def close_referral(*, by: Membership, referral: Referral) -> None:
    """End a decided or returned referral: nobody's turn any more. The sender's to do; the receiver is told.

    A receiver closes only a decision that the sender may not be told of. What was disclosed stays readable until its
    ground ends.
    """
    referral = lock(referral)
    side = Side.SENDER if by.agency_id == referral.sender.agency_id else Side.RECEIVER
    require_side(by, referral, side)
    if side == Side.SENDER:
        refuse_untold(referral)
    elif referral.turn_id != referral.receiver_id and referral.is_open:
        raise NotAllowed("Det är avsändaren som avslutar remissen.")
    move(referral, Verb.CLOSE, side, by=by, turn=None)
    notices = [notice(referral, "referral.closed", Side.RECEIVER, by=by)] if side == Side.SENDER else []
    deliver(notices, topics(referral, sender=side == Side.SENDER))


@action
def recall_referral(*, by: Membership, referral: Referral, code: RecallCode) -> None:
    """The sender takes back what went to the wrong receiver: every disclosure of the question ends now.

    Writes history and audit rows, closes the receiver's earlier notices of it, and tells the receiver that it was
    recalled. The receiver keeps number, sender and dates. Refuses any state but sent and received, and received
    where the receiver gives no answer here, since refusing later than that would tell what it has done.
    """
    referral = lock(referral)
    require_side(by, referral, Side.SENDER)
    refuse_untold(referral)
    _end_question(referral)
    move(referral, Verb.RECALL, Side.SENDER, by=by, turn=None, code=code)
    told: QuerySet[Membership] = audience_for(referral, Side.RECEIVER)
    close_notices(kind_prefix="referral.", object_id=referral.pk, memberships=told.values_list("pk", flat=True))
    deliver([notice(referral, "referral.recalled", Side.RECEIVER, by=by)], topics(referral))


def _end_question(referral: Referral) -> None:
    sent = Disclosure.objects.filter(sections__leg__referral=referral, recipient=referral.receiver.agency_id)
    end_disclosures(Disclosure.objects.filter(pk__in=sent.values("pk")), why=EndReason.RECALLED, at=timezone.now())
