"""The steps after the sending, one verb each (issue "Samverkansrum runs", 5 and 6; R63)."""

from django.utils import timezone

from notifications.actions import Notice, close_notices, deliver
from referrals.actions.answers import open_answer, write_answer
from referrals.actions.moves import lock, move, notice, require_side, require_step, topics
from referrals.models import Referral, ReferralLeg, ReferralSection
from referrals.queries import current_leg, is_told
from referrals.rules import TEXT_CATEGORIES, audience_for
from referrals.states import (
    TURN_BY_STATE,
    AnswerScope,
    Outcome,
    RecallCode,
    ReferralState,
    ReturnCode,
    SectionRole,
    Side,
    Verb,
)
from workspace.actions import action, end_disclosures
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Disclosure, Function, Membership
from workspace.queries import desks_reached_from
from workspace.states import EndReason

UNTOLD = "Ni behöver få berätta läget för avsändaren för att kunna göra det här."


def tell_sender(referral: Referral, kind: str, by: Membership, told: bool) -> None:
    """Deliver the receiver's step: the sender hears of it only where the receiver may tell its status."""
    notices: list[Notice] = [notice(referral, kind, Side.SENDER, by=by)] if told else []
    deliver(notices, topics(referral, sender=told))


def refuse_untold(referral: Referral) -> None:
    """Refuse the sender in the same words whatever a receiver that gives no answer here has done.

    What is the sender's turn it can always act on, also after the answer's ground was lost. A ground that has run out
    makes the turn the sender's in the middle of any step: that tells nothing of the step.
    """
    unmoved = {ReferralState.DRAFT, ReferralState.SENT}
    ours = TURN_BY_STATE.get(ReferralState(referral.told_state)) == Side.SENDER
    if referral.state in unmoved or ours or is_told(referral):
        return
    raise SomebodyWasFaster("Det går inte just nu. Ring mottagaren.")


def require_told(referral: Referral, verb: Verb) -> None:
    """Refuse a receiver's step that tells the sender something, where its status may not be told."""
    require_step(referral, verb, Side.RECEIVER)
    if not is_told(referral):
        raise NotAllowed(UNTOLD)


@action
def acknowledge_referral(*, by: Membership, referral: Referral, scope: AnswerScope) -> None:
    """The receiver takes a sent referral in, and says whether it may answer here.

    Writes the answer's disclosures, history, audit rows; the turn stays the receiver's; tells the sender only if
    the status may be told. Opening is not acknowledging. Refuses any state but sent, and text in the answer to an
    investigation. For an agency without an account the sender registers the receipt, and `scope` says nothing.
    """
    referral = lock(referral)
    require_side(by, referral, Side.RECEIVER)
    require_step(referral, Verb.ACKNOWLEDGE, Side.RECEIVER)
    if not referral.receiver.agency.by_letter:
        open_answer(by, referral, scope)
    told = move(referral, Verb.ACKNOWLEDGE, Side.RECEIVER, by=by)
    notices = [notice(referral, "referral.acknowledged", Side.SENDER, by=by)] if told else []
    deliver(notices, topics(referral))  # that it is taken in silently is shown too: "svar lämnas inte"


@action
def accept_referral(*, by: Membership, referral: Referral) -> None:
    """The receiver accepts to examine a received referral. History, audit row, the sender told if it may be."""
    referral = lock(referral)
    require_side(by, referral, Side.RECEIVER)
    told = move(referral, Verb.ACCEPT, Side.RECEIVER, by=by)
    tell_sender(referral, "referral.accepted", by, told)


@action
def start_referral_work(*, by: Membership, referral: Referral) -> None:
    """The receiver says that the work has begun. History, audit row, the sender told if it may be."""
    referral = lock(referral)
    require_side(by, referral, Side.RECEIVER)
    told = move(referral, Verb.START, Side.RECEIVER, by=by)
    tell_sender(referral, "referral.started", by, told)


@action
def decide_referral(*, by: Membership, referral: Referral, outcome: Outcome, text: str = "") -> None:
    """The receiver decides a referral it works with: granted, partly, refused, not examined; with a text if it may.

    Writes the outcome, the text under its disclosure, history, audit row. The turn goes to the sender, who closes;
    where the sender may not be told, it stays the receiver's, so that no referral is on nobody's desk.
    """
    referral = lock(referral)
    require_side(by, referral, Side.RECEIVER)
    section = write_answer(by, referral, text)
    line = {"code": outcome, "section": section}
    told = move(referral, Verb.DECIDE, Side.RECEIVER, by=by, line=line, outcome=outcome)
    tell_sender(referral, "referral.decided", by, told)


@action
def return_referral(*, by: Membership, referral: Referral, code: ReturnCode, text: str = "") -> None:
    """The receiver sends a received referral back with a coded reason, and a text if it may.

    The turn becomes the sender's, who is told. Refuses where the receiver may not tell its status: sending back is
    telling. Any other state than received is refused as moved.
    """
    referral = lock(referral)
    require_side(by, referral, Side.RECEIVER)
    require_told(referral, Verb.RETURN)
    line = {"code": code, "section": write_answer(by, referral, text)}
    told = move(referral, Verb.RETURN, Side.RECEIVER, by=by, line=line, return_code=code)
    tell_sender(referral, "referral.returned", by, told)


@action
def suggest_redirect(*, by: Membership, referral: Referral, receiver: Function, text: str = "") -> None:
    """The receiver suggests another desk; the sender opens that leg on its own ground, or not (house.md 3).

    Nothing is sent on: the turn becomes the sender's, who is told, with a text if the receiver may write one. Refuses
    where the status may not be told, and a desk that the sender cannot send to, its own, or the one suggesting.
    """
    referral = lock(referral)
    require_side(by, referral, Side.RECEIVER)
    require_told(referral, Verb.SUGGEST_REDIRECT)
    reached = desks_reached_from(referral.sender.agency_id).exclude(agency=referral.receiver.agency_id)
    if not reached.filter(pk=receiver.pk).exists():
        raise NotAllowed("Avsändaren kan inte skicka dit. Välj en annan mottagare.")
    line = {"section": write_answer(by, referral, text), "suggested": receiver}
    told = move(referral, Verb.SUGGEST_REDIRECT, Side.RECEIVER, by=by, line=line)
    tell_sender(referral, "referral.redirected", by, told)


@action
def revise_referral(*, by: Membership, referral: Referral) -> None:
    """The sender takes what came back up again as a draft: a new leg with the same texts, nothing disclosed.

    Goes to the receiver that was suggested, if one was: then on consent until the sender says otherwise. The old leg
    stays as it was sent. Tells nobody; the receiver still sees it as returned. A dispute over who is responsible ends
    with it: whoever is asked next has no part in it.
    """
    referral = lock(referral)
    require_side(by, referral, Side.SENDER)
    old = current_leg(referral)
    event = old.events.filter(verb=Verb.SUGGEST_REDIRECT).select_related("suggested").last()
    suggested = event.suggested if event and referral.state == ReferralState.REDIRECTED else None
    receiver = suggested or old.receiver
    move(referral, Verb.REVISE, Side.SENDER, by=by, receiver=receiver, lapsed_at=None, disputed_at=None, return_code="")
    new = ReferralLeg.objects.create(
        referral=referral,
        position=old.position + 1,
        receiver=receiver,
        ground_id="consent" if suggested else old.ground_id,
        ground_reason="" if suggested else old.ground_reason,
    )
    ReferralSection.objects.bulk_create(
        ReferralSection(leg=new, category_id=section.category_id, author_id=section.author_id, text=section.text)
        for section in old.sections.filter(category__in=TEXT_CATEGORIES, role=SectionRole.LEG).exclude(text="")
    )
    deliver([], topics(referral, receiver=False))


@action
def close_referral(*, by: Membership, referral: Referral) -> None:
    """End a decided, returned or redirected referral: nobody's turn any more. The sender's to do; the receiver is told.

    A receiver closes only a decision that the sender may not be told of. What was disclosed stays readable until its
    ground ends. A dispute over who is responsible ends with it.
    """
    referral = lock(referral)
    side = Side.SENDER if by.agency_id == referral.sender.agency_id else Side.RECEIVER
    require_side(by, referral, side)
    if side == Side.SENDER:
        refuse_untold(referral)
    elif referral.turn_id != referral.receiver_id and referral.is_open:
        raise NotAllowed("Det är avsändaren som avslutar remissen.")
    move(referral, Verb.CLOSE, side, by=by, disputed_at=None)
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
    move(referral, Verb.RECALL, Side.SENDER, by=by, line={"code": code}, lapsed_at=None)
    told = audience_for(referral, Side.RECEIVER).values_list("pk", flat=True)
    close_notices(kind_prefix="referral.", object_id=referral.pk, memberships=told)
    deliver([notice(referral, "referral.recalled", Side.RECEIVER, by=by)], topics(referral))


def _end_question(referral: Referral) -> None:
    sent = Disclosure.objects.filter(sections__leg__referral=referral, recipient=referral.receiver.agency_id)
    end_disclosures(Disclosure.objects.filter(pk__in=sent.values("pk")), why=EndReason.RECALLED, at=timezone.now())
