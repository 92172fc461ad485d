"""Sending: the act of disclosure (house.md 3, L3, L11)."""

from django.utils import timezone

from notifications.actions import deliver
from referrals.actions.moves import FASTER, lock, move, notice, require_side, topics
from referrals.errors import MissingGround
from referrals.models import Referral, ReferralLeg, ReferralSection
from referrals.queries import current_leg, lacking_sections, needed_grounds
from referrals.rules import FOLLOW_UP, QUESTION, kind_in_use
from referrals.states import SectionRole, Side, Verb, Way, target_of
from workspace.actions import action, lock_live_rows, make_disclosure
from workspace.clocks import end_of, year_after
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Category, ConsentRow, Disclosure, Ground, Membership
from workspace.queries import grounds_for, receiving_desks, shared_cooperation


@action
def send_referral(*, by: Membership, referral: Referral, way: Way = Way.HERE) -> None:
    """Send a draft: disclose each of its sections to the receiver, and start the legal clock.

    Locks the participant, the referral and the live consent rows, and checks the grounds again under the locks, so
    that a withdrawal at the same moment either stops the sending or ends what it disclosed. Writes one disclosure
    per section (also follow-up to the coordinator where the person has agreed), the history, the audit rows, and
    notices to the receiver's desk. `sent_at` is the start of the clock; opening the referral is not acknowledging.

    Refuses: no question; a section the kind needs and that has no text; a section without a live ground
    (`MissingGround`); a receiver that has left; a kind that is no longer used; `Way.HERE` to an agency without an
    account; a referral that is no longer a draft. Source: issue "Samverkansrum runs" 3 and 6, house.md 3 and 4.7.
    """
    referral = lock(referral)
    require_side(by, referral, Side.SENDER)
    if target_of(referral.state, Verb.SEND, Side.SENDER) is None:
        raise SomebodyWasFaster(FASTER)
    leg = _ready_leg(by, referral, way)
    rows = lock_live_rows(referral.participant_id, by.agency_id)
    needed = needed_grounds(referral, rows)
    on_consent = leg.ground_id == "consent"
    missing = [item.category for item in needed if item.row is None]
    if on_consent and missing:
        raise MissingGround(missing, referral.receiver.agency.name)
    for item in needed:
        section, _ = ReferralSection.objects.get_or_create(
            leg=leg, category=item.category, author=by.agency, role=SectionRole.LEG
        )
        row = item.row if on_consent else None
        section.disclosure = disclose_section(by, referral, leg, item.category, row)
        section.save(update_fields=["disclosure"])
    consents = {item.row.consent_id for item in needed if item.row}
    let_coordinator_follow(by, referral, leg, rows, consents)
    now = timezone.now()
    ReferralLeg.objects.filter(pk=leg.pk).update(
        sent_at=now, kind=referral.kind, answer_wished_on=referral.answer_wished_on, way=way
    )
    move(
        referral,
        Verb.SEND,
        Side.SENDER,
        by=by,
        sent_at=referral.sent_at or now,
        return_code="",
        lapsed_at=None,
    )
    deliver([notice(referral, "referral.sent", Side.RECEIVER, by=by)], topics(referral))


def _ready_leg(by: Membership, referral: Referral, way: Way) -> ReferralLeg:
    """The leg that is to be sent, or the refusal of one that is not ready to be."""
    if not receiving_desks(by).filter(pk=referral.receiver_id).exists():
        raise NotAllowed("Mottagaren är inte med längre. Välj en annan.")
    leg = current_leg(referral)
    if not leg.sections.filter(category=QUESTION).exclude(text="").exists():
        raise NotAllowed("Skriv vad ni frågar om innan ni skickar.")
    lacking = lacking_sections(referral)
    if lacking:
        raise NotAllowed(
            f"{referral.kind.name} behöver också: {', '.join(lacking).lower()}. Skriv det innan ni skickar."
        )
    if not kind_in_use(referral.kind):
        raise NotAllowed(f"{referral.kind.name} går inte att fråga om längre. Välj något annat i steget Vem och vart.")
    if referral.receiver.agency.by_letter and way == Way.HERE:
        raise NotAllowed("Mottagaren har inget konto här. Välj brev eller telefon.")
    if not grounds_for(referral.receiver.agency).filter(pk=leg.ground_id).exists():
        raise NotAllowed("Grunden gäller inte längre. Välj en annan.")
    return leg


def disclose_section(
    by: Membership, referral: Referral, leg: ReferralLeg, category: Category, row: ConsentRow | None
) -> Disclosure:
    """Tell the leg's receiver one category, on its consent row or, without one, on the leg's other ground.

    Lasts a year from today, and never longer than its consent row. The caller has locked and checked the row.
    """
    return make_disclosure(
        by=by,
        participant=referral.participant,
        discloser=by.agency,
        recipient=referral.receiver.agency,
        category=category,
        purpose=row.purpose if row else f"Remiss {referral.number}",
        ground=leg.ground,
        consent_row=row,
        reason=leg.ground_reason,
        ends_at=end_of(year_after(timezone.localdate())),
    )


def let_coordinator_follow(
    by: Membership, referral: Referral, leg: ReferralLeg, rows: list[ConsentRow], consents: set[int]
) -> None:
    """Follow-up is its own consent, to the coordinator: without it the referral is counted but no row (L5)."""
    cooperation = shared_cooperation(by.agency, referral.receiver.agency)
    followed = [row for row in rows if row.category_id == FOLLOW_UP and cooperation]
    mine = [row for row in followed if row.recipient_cooperation == cooperation]
    if cooperation is None or not mine:
        return
    # The one given together with what is sent, else the one that lasts longest.
    row = max(mine, key=lambda row: (row.consent_id in consents, row.valid_until))
    disclosure = make_disclosure(
        by=by,
        participant=referral.participant,
        discloser=by.agency,
        recipient=cooperation,
        category=row.category,
        purpose=row.purpose,
        ground=Ground.objects.get(pk="consent"),
        consent_row=row,
        ends_at=end_of(row.valid_until),
    )
    ReferralSection.objects.create(leg=leg, category=row.category, author=by.agency, disclosure=disclosure)
