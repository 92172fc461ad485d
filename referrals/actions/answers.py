"""The answer's direction: what the receiver may tell the sender (house.md 3)."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.utils import timezone

from notifications.actions import deliver
from referrals.actions.moves import (
    desk_of,
    last_hand,
    lock,
    notice,
    require_side,
    set_clock,
    topics,
    write_event,
)
from referrals.models import Referral, ReferralLeg, ReferralSection
from referrals.queries import current_leg, living_answer
from referrals.rules import ANSWER, IDENTITY, STATUS
from referrals.states import UNDER_WAY, AnswerScope, ReferralState, Side, Verb
from workspace.actions import action, end_disclosures, end_rows, make_disclosure, record_consent
from workspace.actions.consents import RowInput
from workspace.clocks import end_of, year_after
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Browser, Category, ConsentRow, Disclosure, Ground, Membership
from workspace.rules import row_lives
from workspace.states import ConsentForm, EndReason

TOLD = {AnswerScope.NONE: (), AnswerScope.STATUS: (STATUS,), AnswerScope.STATUS_AND_TEXT: (STATUS, ANSWER)}
ANSWERABLE = {ReferralState.RECEIVED, *UNDER_WAY, ReferralState.CANCEL_ASKED, ReferralState.DECIDED}
ONLY_STATUS = "En utredning beställs här, men resultatet lämnas inte här. Berätta läget, inte innehållet."


def open_answer(by: Membership, referral: Referral, scope: AnswerScope) -> None:
    """Write the receiver's own ground for telling the status, or status and text. Inside an action, under `lock`.

    What the sender has noted as the person's word becomes a ground by this tick; where nothing is noted, the officer
    says with the tick that the person has agreed, and that consent is recorded as obtained here (L6).
    """
    leg = current_leg(referral)
    if scope == AnswerScope.STATUS_AND_TEXT and leg.kind and leg.kind.status_only:
        raise NotAllowed(ONLY_STATUS)
    for code in TOLD[scope]:
        if living_answer(referral, code) is None:
            _tell(by, referral, leg, Category.objects.get(pk=code))


def _tell(by: Membership, referral: Referral, leg: ReferralLeg, category: Category) -> None:
    row = (
        ConsentRow.objects.select_for_update(of=("self",))
        .filter(
            row_lives(),
            participant=referral.participant_id,
            discloser=by.agency_id,
            recipient=referral.sender.agency_id,
            category=category,
        )
        .order_by("-valid_until", "-pk")
        .first()
    )
    if row is None:
        consent = record_consent(
            by=by,
            agency=by.agency,
            participant=referral.participant,
            form=ConsentForm.ORAL,
            given_on=timezone.localdate(),
            rows=[
                RowInput(
                    discloser=by.agency,
                    recipient=referral.sender.agency,
                    category=category,
                    purpose=f"svar på remiss {referral.number}",
                    valid_until=_last_day_of_question(referral),
                )
            ],
        )
        row = consent.rows.get()
    disclosure = make_disclosure(
        by=by,
        participant=referral.participant,
        discloser=by.agency,
        recipient=referral.sender.agency,
        category=category,
        purpose=row.purpose,
        ground=Ground.objects.get(pk="consent"),
        consent_row=row,
        ends_at=end_of(row.valid_until),
    )
    ReferralSection.objects.create(leg=leg, category=category, author=by.agency, disclosure=disclosure)


def _last_day_of_question(referral: Referral) -> date:
    """An answer is not told for longer than the question may be read."""
    asked = Disclosure.objects.filter(sections__leg__referral=referral, category=IDENTITY).order_by("-ends_at").first()
    year = year_after(timezone.localdate())
    return min(year, timezone.localdate(asked.ends_at) - timedelta(days=1)) if asked else year


def write_answer(by: Membership, referral: Referral, text: str) -> ReferralSection | None:
    """The receiver's text to the sender, under the disclosure that lets it be read. None for no text.

    Refuses text where the receiver has not said that it may answer with text. What the sender itself writes down of
    an answer by letter or phone is its own.
    """
    if not text:
        return None
    if referral.receiver.agency.by_letter:
        return ReferralSection.objects.create(
            leg=current_leg(referral), category_id=ANSWER, author=referral.sender.agency, text=text
        )
    disclosure = living_answer(referral, ANSWER)
    if disclosure is None:
        raise NotAllowed("Ni har inte sagt att ni får svara med text. Ändra det under ”Får ni svara här?” först.")
    return ReferralSection.objects.create(
        leg=current_leg(referral), category_id=ANSWER, author=by.agency, text=text, disclosure=disclosure
    )


@action
def allow_answer(*, by: Membership, referral: Referral, scope: AnswerScope) -> None:
    """Say, after the receipt, what the receiver may tell the sender: nothing, its status, or status and text.

    Wider: writes the disclosures, and the sender, who now sees the step, is told. Narrower: ends the rows the person
    no longer stands by, forward only; the sender keeps the history it has been shown. History and audit rows either
    way. Refuses the sender, and a referral that is not in the receiver's hands.
    """
    referral = lock(referral)
    require_side(by, referral, Side.RECEIVER)
    if referral.receiver.agency.by_letter:
        raise NotAllowed("Mottagaren svarar med brev eller telefon, så det behöver inte sägas här.")
    if referral.state not in ANSWERABLE:
        raise SomebodyWasFaster("Remissen har gått vidare. Så här ser det ut nu.")
    open_answer(by, referral, scope)
    write_event(referral, Verb.ALLOW_ANSWER, Side.RECEIVER, by=by, code=scope)
    end_answer(by, referral, [code for code in (STATUS, ANSWER) if code not in TOLD[scope]])
    told = living_answer(referral, STATUS) is not None
    if told:
        _tell_where_it_stands(referral)
    notices = [notice(referral, "referral.answer_allowed", Side.SENDER, by=by)] if told else []
    deliver(notices, topics(referral))


def end_answer(by: Membership | Browser, referral: Referral, codes: Sequence[str]) -> None:
    """End what the receiver tells of this referral in these categories; other referrals' answers are untouched.

    A consent that the receiver recorded by its tick, and on which nothing rests any longer, ends with it.
    """
    receiver = referral.receiver.agency_id
    told = Disclosure.objects.filter(sections__leg__referral=referral, category__in=codes, discloser=receiver)
    pks = list(told.filter(ended_at__isnull=True).values_list("pk", flat=True).distinct())
    ended = Disclosure.objects.filter(pk__in=pks)
    rows = list(ended.values_list("consent_row", flat=True))
    end_disclosures(ended, why=EndReason.WITHDRAWN, at=timezone.now())
    idle = ConsentRow.objects.filter(pk__in=rows, consent__agency=receiver, discloser=receiver).exclude(
        pk__in=Disclosure.objects.filter(ended_at__isnull=True, consent_row__in=rows).values("consent_row")
    )
    end_rows(by=by, participant=referral.participant, row_ids=idle.values_list("pk", flat=True))


def _tell_where_it_stands(referral: Referral) -> None:
    """The sender now knows the step; a decision that it can now read is its own to close."""
    turn = desk_of(referral, ReferralState(referral.state))
    if referral.turn != turn:
        referral.turn, referral.turn_since = turn, timezone.now()
        holder = last_hand(referral, Side.SENDER)
        Referral.objects.filter(pk=referral.pk).update(turn=turn, turn_since=referral.turn_since, holder=holder)
    if referral.state == ReferralState.DECIDED:
        legs = ReferralLeg.objects.filter(pk=current_leg(referral).pk, answered_at=None)
        legs.update(answered_at=timezone.now())
    set_clock(referral, told=True)
