"""Three things that are never mixed: a supplement, a message to the other side, and an agency's note to itself."""

from collections.abc import Mapping

from notifications.actions import deliver
from referrals.actions.answers import write_answer
from referrals.actions.journey import refuse_untold
from referrals.actions.moves import LAPSED, lock, notice, require_side, topics, write_event
from referrals.actions.sending import disclose_section
from referrals.errors import MissingGround
from referrals.models import AgencyNote, Referral, ReferralSection
from referrals.queries import current_leg, is_told, referrals_visible_to
from referrals.rules import TEXT_CATEGORIES, side_of
from referrals.states import ReferralState, SectionRole, Side, Verb
from workspace.actions import action, lock_live_rows, record_act
from workspace.errors import NotAllowed
from workspace.models import Category, Membership
from workspace.rules import is_caseworker
from workspace.states import AuditAct


def disclose_texts(
    by: Membership, referral: Referral, texts: Mapping[str, str], role: SectionRole
) -> list[ReferralSection]:
    """Disclose more of what the sender knows, text by category, on the running leg's ground. Inside an action.

    Refuses a category without a live ground, as the sending did.
    """
    leg = current_leg(referral)
    wanted = {code: text for code, text in texts.items() if text and code in TEXT_CATEGORIES}
    rows = {
        row.category_id: row
        for row in lock_live_rows(referral.participant_id, by.agency_id)
        if row.recipient_id == referral.receiver.agency_id
    }
    categories = Category.objects.in_bulk(list(wanted))
    on_consent = leg.ground_id == "consent"
    missing = [categories[code] for code in wanted if on_consent and code not in rows]
    if missing:
        raise MissingGround(missing, referral.receiver.agency.name)
    return [
        ReferralSection.objects.create(
            leg=leg,
            role=role,
            category=categories[code],
            author=by.agency,
            text=text,
            disclosure=disclose_section(by, referral, leg, categories[code], rows.get(code) if on_consent else None),
        )
        for code, text in wanted.items()
    ]


@action
def write_message(*, by: Membership, referral: Referral, category: str, text: str) -> None:
    """Write to the other side: disclosed under a category, and read only while its disclosure lives.

    The sender writes under one of the question's categories on the leg's ground; the receiver under its answer, where
    it may answer with text. History, audit rows, the other side told. Moves nothing. Refuses an unsent or ended
    referral, one whose ground has run out, and an agency without an account, which reads nothing here.
    """
    referral = lock(referral)
    side = side_of(by, referral)
    require_side(by, referral, side)
    if referral.lapsed_at:
        raise NotAllowed(LAPSED)
    if side == Side.SENDER:
        refuse_untold(referral)
    if not referral.is_open or referral.state == ReferralState.DRAFT:
        raise NotAllowed("Remissen är inte öppen hos den andra parten, så ett meddelande når ingen.")
    if referral.receiver.agency.by_letter:
        raise NotAllowed("Mottagaren har inget konto här. Ring eller skriv brev.")
    if side == Side.SENDER:
        sections = disclose_texts(by, referral, {category: text}, SectionRole.NOTE)
        if not sections:
            raise NotAllowed("Det finns ingen grund att berätta mer. Registrera ett samtycke först.")
        section, told = sections[0], True
    else:
        answer = write_answer(by, referral, text)
        assert answer is not None
        ReferralSection.objects.filter(pk=answer.pk).update(role=SectionRole.NOTE)
        section, told = answer, is_told(referral)
    write_event(referral, Verb.NOTE, side, by=by, section=section)
    other = Side.RECEIVER if side == Side.SENDER else Side.SENDER
    deliver([notice(referral, "referral.message", other, by=by)] if told else [], topics(referral, sender=told))


@action
def write_agency_note(*, by: Membership, referral: Referral, text: str) -> None:
    """Write down something for one's own agency. Nobody else reads it on any ground; tells nobody.

    Refuses a hat that may not open the referral.
    """
    if not is_caseworker(by) or not referrals_visible_to(by).filter(pk=referral.pk).exists():
        raise NotAllowed("Du kan inte göra det här i den roll du har nu.")
    note = AgencyNote.objects.create(referral=referral, agency=by.agency, author=by, text=text)
    record_act(
        by=by,
        act=AuditAct.WRITE,
        what="referral.agency_note",
        object_id=note.pk,
        participant_id=referral.participant_id,
    )
