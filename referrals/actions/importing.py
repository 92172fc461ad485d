"""Referrals that began in a workbook (issue "Samverkansrum runs", 11)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from referrals.models import Referral, ReferralEvent, ReferralKind, ReferralLeg, ReferralSection
from referrals.queries import deadline_of
from referrals.rules import FOLLOW_UP, IDENTITY, QUESTION, STATUS, can_receive
from referrals.states import ENDED_STATES, TRANSITIONS, Outcome, ReferralState, ReturnCode, Side, Verb
from workspace.actions import action, make_disclosure, record_act, record_consent
from workspace.actions.consents import RowInput
from workspace.clocks import end_of, start_of, year_after
from workspace.errors import NotAllowed
from workspace.models import Agency, Category, ConsentRow, Cooperation, Disclosure, Function, Ground, Participant
from workspace.states import AuditAct, ConsentForm

REASON = "Enligt arbetsboken"
# The way a workbook's referral has gone to be where it is, by the ordinary table.
SENT_ON, RECEIVED_ON, ANSWERED_ON = "sent_on", "received_on", "answered_on"
_TO_SENT = ((Verb.SEND, SENT_ON),)
_TO_RECEIVED = (*_TO_SENT, (Verb.ACKNOWLEDGE, RECEIVED_ON))
_TO_ACCEPTED = (*_TO_RECEIVED, (Verb.ACCEPT, RECEIVED_ON))
WAYS = {
    ReferralState.SENT: _TO_SENT,
    ReferralState.ACCEPTED: _TO_ACCEPTED,
    ReferralState.RETURNED: (*_TO_RECEIVED, (Verb.RETURN, ANSWERED_ON)),
    ReferralState.CLOSED: (*_TO_ACCEPTED, (Verb.DECIDE, ANSWERED_ON), (Verb.CLOSE, ANSWERED_ON)),
}


@dataclass(frozen=True)
class Journey:
    """The steps a workbook tells of. `received_on` and `answered_on` are None for steps not reached."""

    state: ReferralState
    outcome: Outcome | None
    sent_on: date
    received_on: date | None
    answered_on: date | None


@dataclass(frozen=True)
class _Step:
    verb: Verb
    side: Side
    state: ReferralState
    at: datetime


@action
def import_referral(
    *,
    number: str,
    participant: Participant,
    receiver: Function,
    kind: ReferralKind,
    cooperation: Cooperation,
    consented_on: date,
    journey: Journey,
    imported_on: date,
) -> Referral:
    """Write one referral as a workbook tells it, from the participant's own desk.

    Locks the participant; writes the consent, to be confirmed by the sender and valid for a year from the import; the
    referral with one leg; a disclosure for identity, question and follow-up, and where the workbook tells the
    receiver's step also the receiver's own of its status; the history at the workbook's dates, marked as imported;
    audit rows. Tells nobody: all of it has happened before.

    `number` is the workbook's own. Refuses a receiver of the same agency or one that has left, a step that no import
    stands for, and days that are missing for the step.
    """
    sender = participant.function
    if not can_receive(receiver, sender.agency):
        raise NotAllowed("Den mottagaren går inte att skicka till.")
    steps = list(_steps(journey))
    last = steps[-1]
    referral = _create(number, participant, receiver, kind, journey, steps)
    answered_at = last.at if journey.answered_on else None
    leg = ReferralLeg.objects.create(
        referral=referral, receiver=receiver, kind=kind, sent_at=steps[0].at, answered_at=answered_at
    )
    rows = _consent(referral, cooperation, consented_on, imported_on)
    _write_sections(referral, leg, rows, steps)
    _write_history(referral, leg, steps)
    found = deadline_of(referral) if referral.is_open else None
    due_on = found.due_on if found else None
    Referral.objects.filter(pk=referral.pk).update(due_on=due_on, told_due_on=due_on)
    record_act(
        by=None, act=AuditAct.IMPORT, what="referral", object_id=referral.pk, participant_id=referral.participant_id
    )
    return referral


def _create(
    number: str,
    participant: Participant,
    receiver: Function,
    kind: ReferralKind,
    journey: Journey,
    steps: list[_Step],
) -> Referral:
    """The referral where the workbook leaves it; where that tells the receiver's step, the sender knows it."""
    last, sender = steps[-1], participant.function
    turn = None if last.state in ENDED_STATES else receiver
    if last.state == ReferralState.RETURNED:
        turn = sender
    return Referral.objects.create(
        participant=participant,
        kind=kind,
        sender=sender,
        receiver=receiver,
        state=last.state,
        turn=turn,
        outcome=journey.outcome or "",
        return_code=ReturnCode.OTHER if last.state == ReferralState.RETURNED else "",
        workbook_number=number,
        created_at=steps[0].at,
        sent_at=steps[0].at,
        turn_since=last.at,
        step_since=last.at,
        told_state=last.state,
        told_at=last.at,
        told_turn=turn,
        told_since=last.at,
        told_outcome=journey.outcome or "",
    )


def _steps(journey: Journey) -> Iterator[_Step]:
    """The steps gone, in order, each by the table that every referral follows."""
    if journey.state not in WAYS:
        raise NotAllowed("Det läget går inte att föra in.")
    state = ReferralState.DRAFT
    for verb, told_on in WAYS[journey.state]:
        day: date | None = getattr(journey, told_on)
        if day is None:
            raise NotAllowed("Det saknas en dag för ett steg som remissen har tagit.")
        # The sender's close stands before the receiver's in the table.
        row = next(row for row in TRANSITIONS if (row.source, row.verb) == (state, verb))
        state = row.target
        yield _Step(verb, row.side, state, start_of(day))


def _consent(
    referral: Referral, cooperation: Cooperation, consented_on: date, imported_on: date
) -> dict[tuple[int, str], ConsentRow]:
    """The consent that the workbook tells of, by discloser and category."""
    sender, receiver = referral.sender.agency, referral.receiver.agency
    categories = Category.objects.in_bulk([IDENTITY, QUESTION, STATUS, FOLLOW_UP])
    wanted: list[tuple[Agency, Agency | Cooperation, str]] = [
        (sender, receiver, IDENTITY),
        (sender, receiver, QUESTION),
        (sender, receiver, STATUS),
        (sender, cooperation, FOLLOW_UP),
        # What the person is noted to have said of the answer: the receiver's to confirm where it has not answered yet.
        (receiver, sender, STATUS),
    ]
    consent = record_consent(
        by=None,
        agency=sender,
        participant=referral.participant,
        form=ConsentForm.WORKBOOK,
        given_on=consented_on,
        rows=[
            RowInput(
                discloser=discloser,
                recipient=recipient,
                category=categories[category],
                purpose=referral.kind.name.lower(),
                valid_until=year_after(imported_on),
            )
            for discloser, recipient, category in wanted
        ],
        to_be_confirmed=True,
    )
    return {(row.discloser_id, row.category_id): row for row in consent.rows.select_related("category")}


def _write_sections(
    referral: Referral, leg: ReferralLeg, rows: dict[tuple[int, str], ConsentRow], steps: list[_Step]
) -> None:
    """What was told, by whom and when: the question at the sending, the receiver's status from its receipt."""
    ground = Ground.objects.get(pk="consent")
    sender, receiver = referral.sender.agency, referral.receiver.agency
    told: list[tuple[Agency, str, str, datetime]] = [
        (sender, IDENTITY, "", steps[0].at),
        (sender, QUESTION, f"Enligt arbetsboken: {referral.kind.name.lower()}.", steps[0].at),
        (sender, FOLLOW_UP, "", steps[0].at),
    ]
    receipt = next((step for step in steps if step.verb == Verb.ACKNOWLEDGE), None)
    if receipt is not None:
        told.append((receiver, STATUS, "", receipt.at))
    ReferralSection.objects.bulk_create(
        ReferralSection(
            leg=leg,
            category_id=category,
            author=author,
            text=text,
            disclosure=_disclose(referral, rows[author.pk, category], ground, at),
            written_at=at,
        )
        for author, category, text, at in told
    )


def _disclose(referral: Referral, row: ConsentRow, ground: Ground, at: datetime) -> Disclosure:
    """The disclosure that the workbook tells of, made on its day; nobody here did the disclosing."""
    return make_disclosure(
        by=None,
        participant=referral.participant,
        discloser=row.discloser,
        recipient=row.recipient or row.recipient_cooperation,  # type: ignore[arg-type]  # one of them, by constraint
        category=row.category,
        purpose=row.purpose,
        ground=ground,
        consent_row=row,
        reason=REASON,
        made_at=at,
        ends_at=end_of(row.valid_until),
    )


def _write_history(referral: Referral, leg: ReferralLeg, steps: list[_Step]) -> None:
    codes = {Verb.DECIDE: referral.outcome, Verb.RETURN: referral.return_code}
    agencies = {Side.SENDER: referral.sender.agency, Side.RECEIVER: referral.receiver.agency}
    ReferralEvent.objects.bulk_create(
        ReferralEvent(
            referral=referral,
            leg=leg,
            at=step.at,
            verb=step.verb,
            side=step.side,
            agency=agencies[step.side],
            state=step.state,
            code=codes.get(step.verb, ""),
            by_import=True,
        )
        for step in steps
    )
