"""Writing a referral. A draft is a working note: nobody but its own desk can see it (L41)."""

from collections.abc import Mapping
from datetime import date

from django.utils import timezone

from referrals.actions.moves import lock, require_side, write_event
from referrals.models import Referral, ReferralKind, ReferralLeg, ReferralSection
from referrals.queries import current_leg
from referrals.rules import TEXT_CATEGORIES
from referrals.states import ReferralState, Side, Verb
from workspace.actions import action, lock_participant
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Function, Ground, Membership, Participant
from workspace.queries import grounds_for, receiving_desks
from workspace.rules import is_caseworker, owns

NOT_A_DRAFT = "Remissen är inte längre ett utkast. Så här ser den ut nu."


@action
def start_referral(*, by: Membership, participant: Participant, receiver: Function, kind: ReferralKind) -> Referral:
    """Begin a draft from the participant's desk to another agency's desk.

    Writes the referral, its first leg, its history and an audit row. Tells nobody. Refuses a hat that is no
    caseworker of the participant's agency, and a receiver outside its cooperations.
    """
    lock_participant(participant.pk)
    if not is_caseworker(by) or not owns(by, participant):
        raise NotAllowed("Du kan skriva remisser för deltagare vid din egen enhet.")
    if not receiving_desks(by).filter(pk=receiver.pk).exists():
        raise NotAllowed("Den mottagaren går inte att välja. Välj en annan myndighet.")
    referral = Referral.objects.create(
        participant=participant,
        kind=kind,
        sender=participant.function,
        receiver=receiver,
        turn=participant.function,
        told_turn=participant.function,
        holder=by,
    )
    ReferralLeg.objects.create(referral=referral, receiver=receiver)
    write_event(referral, Verb.CREATE, Side.SENDER, by=by)
    return referral


def _locked_draft(by: Membership, referral: Referral) -> tuple[Referral, ReferralLeg]:
    draft = lock(referral)
    require_side(by, draft, Side.SENDER)
    if draft.state != ReferralState.DRAFT:
        raise SomebodyWasFaster(NOT_A_DRAFT)
    return draft, current_leg(draft)


@action
def readdress_draft(*, by: Membership, referral: Referral, receiver: Function, kind: ReferralKind) -> None:
    """Change where a draft goes and what it asks for. Tells nobody.

    A ground chosen for one receiver does not follow to another: it falls back to consent.
    """
    draft, leg = _locked_draft(by, referral)
    if not receiving_desks(by).filter(pk=receiver.pk).exists():
        raise NotAllowed("Den mottagaren går inte att välja. Välj en annan myndighet.")
    if leg.receiver_id != receiver.pk:
        leg.receiver, leg.ground_id, leg.ground_reason = receiver, "consent", ""
        leg.save(update_fields=["receiver", "ground", "ground_reason"])
    Referral.objects.filter(pk=draft.pk).update(receiver=receiver, kind=kind)


@action
def change_draft_ground(*, by: Membership, referral: Referral, ground: Ground, reason: str = "") -> None:
    """Say on which ground a draft will be sent: consent, or another with the officer's reason (L3). Tells nobody."""
    draft, leg = _locked_draft(by, referral)
    if not grounds_for(draft.receiver.agency).filter(pk=ground.pk).exists():
        raise NotAllowed("Den grunden går inte att använda för den här mottagaren i dag.")
    if ground.pk != "consent" and not reason:
        raise NotAllowed("Skriv varför grunden gäller.")
    leg.ground, leg.ground_reason = ground, reason
    leg.save(update_fields=["ground", "ground_reason"])


@action
def save_draft(*, by: Membership, referral: Referral, texts: Mapping[str, str], answer_wished_on: date | None) -> None:
    """Keep what has been written so far. `texts` maps category codes to text; an empty text takes its section away.

    Tells nobody, and writes no history: a draft is not yet anything that has happened.
    """
    draft, leg = _locked_draft(by, referral)
    Referral.objects.filter(pk=draft.pk).update(answer_wished_on=answer_wished_on)
    for category in TEXT_CATEGORIES:
        text = texts.get(category, "")
        sections = ReferralSection.objects.filter(leg=leg, category=category, author=by.agency)
        if not text:
            sections.delete()
        elif not sections.update(text=text, written_at=timezone.now()):
            ReferralSection.objects.create(leg=leg, category_id=category, author=by.agency, text=text)
