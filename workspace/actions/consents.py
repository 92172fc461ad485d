"""Consents and the disclosures that rest on them (house.md 3, L3–L9)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet
from django.utils import timezone

from workspace.actions.records import record_act
from workspace.actions.transactions import action, lock_participant
from workspace.clocks import end_of
from workspace.errors import NotAllowed
from workspace.models import (
    Agency,
    Browser,
    Category,
    Consent,
    ConsentRow,
    Cooperation,
    Disclosure,
    Ground,
    Membership,
    Participant,
)
from workspace.rules import is_caseworker, row_lives
from workspace.states import AuditAct, EndReason


@dataclass(frozen=True)
class RowInput:
    """One line of a consent: who may tell whom which category, for what, until when."""

    discloser: Agency
    recipient: Agency | Cooperation
    category: Category
    purpose: str
    valid_until: date


@action
def record_consent(
    *,
    by: Membership | None,
    agency: Agency,
    participant: Participant,
    form: str,
    given_on: date,
    rows: Sequence[RowInput],
    limits: str = "",
    to_be_confirmed: bool = False,
) -> Consent:
    """Write down what a person has said yes to, row by row, and what the person said no to.

    Locks the participant, writes the consent, its rows and an audit row. Tells nobody. Rows whose discloser is another
    agency are what the person says of them ("uppgivet samtycke"): no ground until an officer there confirms it (L6).
    Refuses no rows at all, and a hat that is no caseworker of `agency`, which obtained it. `by` is None for an import.
    """
    if by is not None and not (is_caseworker(by) and by.agency_id == agency.pk):
        raise NotAllowed("Det är handläggare som registrerar samtycken, för sin egen myndighet.")
    if not rows:
        raise NotAllowed("Ett samtycke behöver minst en uppgift som får lämnas.")
    lock_participant(participant.pk)
    consent = Consent.objects.create(
        participant=participant,
        agency=agency,
        form=form,
        given_on=given_on,
        limits=limits,
        obtained_by=by,
        to_be_confirmed=to_be_confirmed,
    )
    ConsentRow.objects.bulk_create(
        ConsentRow(
            consent=consent,
            participant=participant,
            discloser=row.discloser,
            recipient=row.recipient if isinstance(row.recipient, Agency) else None,
            recipient_cooperation=row.recipient if isinstance(row.recipient, Cooperation) else None,
            category=row.category,
            purpose=row.purpose,
            valid_until=row.valid_until,
        )
        for row in rows
    )
    act = AuditAct.WRITE if by else AuditAct.IMPORT
    record_act(by=by, act=act, what="consent", object_id=consent.pk, participant_id=participant.pk)
    return consent


@action
def confirm_consent(*, by: Membership, consent: Consent) -> None:
    """Say that a consent read from a workbook is right. Clears the mark, writes an audit row; once.

    Refuses anybody but a caseworker of the agency that obtained it.
    """
    if not is_caseworker(by) or by.agency_id != consent.agency_id:
        raise NotAllowed("Det är handläggare hos den som fick samtycket som bekräftar det.")
    if not Consent.objects.filter(pk=consent.pk, to_be_confirmed=True).update(to_be_confirmed=False):
        return
    record_act(
        by=by,
        act=AuditAct.WRITE,
        what="consent.confirm",
        object_id=consent.pk,
        participant_id=consent.participant_id,
    )


def lock_live_rows(participant: int, discloser: int) -> list[ConsentRow]:
    """What the person lets an agency tell today, held against a withdrawal at the same moment (house.md 4.7)."""
    return list(
        ConsentRow.objects.select_for_update(of=("self",))
        .filter(row_lives(), participant=participant, discloser=discloser)
        .select_related("category", "consent", "recipient_cooperation")
        .order_by("pk")
    )


def make_disclosure(
    *,
    by: Membership | None,
    participant: Participant,
    discloser: Agency,
    recipient: Agency | Cooperation,
    category: Category,
    purpose: str,
    ground: Ground,
    ends_at: datetime,
    consent_row: ConsentRow | None = None,
    reason: str = "",
    made_at: datetime | None = None,
) -> Disclosure:
    """Let another agency, or a coordinator, know one category of something. Call it inside an action.

    The caller has locked the participant and the consent row, and checked that it lives: this function only writes
    the disclosure and its audit row. It ends with its consent row at the latest. `made_at` is the workbook's day for an
    import, whose `by` is None.
    """
    if consent_row is not None:
        ends_at = min(ends_at, end_of(consent_row.valid_until))
    disclosure = Disclosure.objects.create(
        participant=participant,
        discloser=discloser,
        recipient=recipient if isinstance(recipient, Agency) else None,
        recipient_cooperation=recipient if isinstance(recipient, Cooperation) else None,
        category=category,
        purpose=purpose,
        ground=ground,
        consent_row=consent_row,
        officer=by,
        reason=reason,
        made_at=made_at or timezone.now(),
        ends_at=ends_at,
    )
    record_act(
        by=by,
        act=AuditAct.DISCLOSE if by else AuditAct.IMPORT,
        what=f"disclosure.{category.pk}",
        object_id=disclosure.pk,
        participant_id=participant.pk,
    )
    return disclosure


def end_rows(*, by: Membership | Browser, participant: Participant, row_ids: Iterable[int]) -> list[ConsentRow]:
    """Withdraw consent rows, working forward only (L8). Call it inside an action that has locked the participant.

    Locks the rows, marks those not already withdrawn, ends the disclosures that rest on them, writes an audit row. Rows
    that the participant takes back themselves name nobody; the audit row names the browser.
    Returns the rows that ended now. What was disclosed before stays disclosed, and other grounds are untouched.
    """
    rows = list(
        ConsentRow.objects.select_for_update()
        .filter(pk__in=list(row_ids), participant=participant, withdrawn_at__isnull=True)
        .order_by("pk")
    )
    now = timezone.now()
    member = by if isinstance(by, Membership) else None
    ConsentRow.objects.filter(pk__in=[row.pk for row in rows]).update(withdrawn_at=now, withdrawn_by=member)
    end_disclosures(Disclosure.objects.filter(consent_row__in=rows), why=EndReason.WITHDRAWN, at=now)
    for consent_id in dict.fromkeys(row.consent_id for row in rows):
        record_act(
            by=by,
            act=AuditAct.WRITE,
            what="consent.withdraw",
            object_id=consent_id,
            participant_id=participant.pk,
        )
    return rows


def end_disclosures(disclosures: QuerySet[Disclosure], *, why: EndReason, at: datetime) -> None:
    """End those of the disclosures that still live. Their end is the only thing about them that ever changes."""
    disclosures.filter(ended_at__isnull=True).update(ended_at=at, ended_why=why)
