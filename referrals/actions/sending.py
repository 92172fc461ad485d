"""Sending: the act of disclosure (house.md 3, L3, L11)."""

from django.utils import timezone

from notifications.actions import deliver
from referrals.actions.moves import FASTER, lock, move, notice, require_side, topics
from referrals.errors import MissingGround
from referrals.models import Referral, ReferralLeg, ReferralSection
from referrals.queries import NeededGround, current_leg, needed_grounds
from referrals.rules import FOLLOW_UP, QUESTION
from referrals.states import Side, Verb, target_of
from workspace.actions import action, make_disclosure
from workspace.clocks import end_of, year_after
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import ConsentRow, Ground, Membership
from workspace.queries import grounds_for, receiving_desks, shared_cooperation
from workspace.rules import row_lives


@action
def send_referral(*, by: Membership, referral: Referral) -> None:
    """Send a draft: disclose each of its sections to the receiver, and start the legal clock.

    Locks the participant, the referral and the live consent rows, and checks the grounds again under the locks, so
    that a withdrawal at the same moment either stops the sending or ends what it disclosed. Writes one disclosure
    per section (also follow-up to the coordinator where the person has agreed), the history, the audit rows, and
    notices to the receiver's desk. `sent_at` is the start of the clock; opening the referral is not acknowledging.

    Refuses: no question; a section without a live ground (`MissingGround`); a receiver that has left; a referral
    that is no longer a draft. Source: issue "Samverkansrum runs" 3 and 6, house.md 3 and 4.7.
    """
    referral = lock(referral)
    require_side(by, referral, Side.SENDER)
    if target_of(referral.state, Verb.SEND, Side.SENDER) is None:
        raise SomebodyWasFaster(FASTER)
    if not receiving_desks(by).filter(pk=referral.receiver_id).exists():
        raise NotAllowed("Mottagaren är inte med längre. Välj en annan.")
    leg = current_leg(referral)
    if not leg.sections.filter(category=QUESTION).exclude(text="").exists():
        raise NotAllowed("Skriv vad ni frågar om innan ni skickar.")
    rows = _lock_live_rows(by, referral)
    needed = needed_grounds(referral, rows)
    on_consent = leg.ground_id == "consent"
    missing = [item.category for item in needed if item.row is None]
    if on_consent and missing:
        raise MissingGround(missing, referral.receiver.agency.name)
    if not grounds_for(referral.receiver.agency).filter(pk=leg.ground_id).exists():
        raise NotAllowed("Grunden gäller inte längre. Välj en annan.")
    for item in needed:
        _disclose(by, referral, leg, item, on_consent=on_consent)
    consents = {item.row.consent_id for item in needed if item.row}
    _let_coordinator_follow(by, referral, leg, rows, consents)
    now = timezone.now()
    ReferralLeg.objects.filter(pk=leg.pk).update(
        sent_at=now, kind=referral.kind, answer_wished_on=referral.answer_wished_on
    )
    move(
        referral,
        Verb.SEND,
        Side.SENDER,
        by=by,
        turn=referral.receiver,
        sent_at=referral.sent_at or now,
        return_code="",
    )
    deliver([notice(referral, "referral.sent", Side.RECEIVER, by=by)], topics(referral))


def _lock_live_rows(by: Membership, referral: Referral) -> list[ConsentRow]:
    """What the person lets us tell, held against a withdrawal at the same moment (house.md 4.7)."""
    return list(
        ConsentRow.objects.select_for_update(of=("self",))
        .filter(row_lives(), participant=referral.participant_id, discloser=by.agency_id)
        .select_related("category", "consent", "recipient_cooperation")
        .order_by("pk")
    )


def _disclose(by: Membership, referral: Referral, leg: ReferralLeg, item: NeededGround, *, on_consent: bool) -> None:
    disclosure = make_disclosure(
        by=by,
        participant=referral.participant,
        discloser=by.agency,
        recipient=referral.receiver.agency,
        category=item.category,
        purpose=item.row.purpose if on_consent and item.row else f"Remiss {referral.number}",
        ground=leg.ground,
        consent_row=item.row if on_consent else None,
        reason=leg.ground_reason,
        ends_at=end_of(year_after(timezone.localdate())),
    )
    section, _ = ReferralSection.objects.get_or_create(leg=leg, category=item.category, author=by.agency)
    section.disclosure = disclosure
    section.save(update_fields=["disclosure"])


def _let_coordinator_follow(
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
