"""Audit rows: written in the transaction of what they tell of (house.md 4.1, 4.4)."""

from collections.abc import Collection, Iterable, Mapping

from django.db import transaction

from workspace.models import AuditEntry, Browser, CooperationRole
from workspace.rules import Actor, Hat
from workspace.states import AuditAct


def _entry(by: Actor | None, act: AuditAct, what: str, object_id: int | None, participant_id: int | None) -> AuditEntry:
    entry = AuditEntry(act=act, what=what, object_id=object_id, participant_id=participant_id)
    if by is None:
        return entry
    if isinstance(by, Browser):
        entry.browser_id, entry.participant_id = by.pk, by.participant_id
        return entry
    entry.user_id = by.user_id
    if isinstance(by, CooperationRole):
        entry.cooperation_role_id = by.pk
    else:
        entry.membership_id = by.pk
        entry.agency_id = by.agency_id
    return entry


def record_act(
    *, by: Actor | None, act: AuditAct, what: str, object_id: int | None = None, participant_id: int | None = None
) -> None:
    """One audit row for one act, in the transaction of the caller. `by` is None for imports and the system.

    A browser is the participant's own: the row names them, whatever is said.
    """
    _entry(by, act, what, object_id, participant_id).save(force_insert=True)


def record_reads(
    *,
    by: Hat,
    session_digest: str,
    what: str,
    object_id: int | None,
    participants: Iterable[int],
    refreshed: Collection[int | None],
) -> None:
    """One row per person shown, committed before the page is rendered (house.md 4.4, L35, L36).

    A list is one bulk insert. `refreshed` are those this session has been shown there before. Call it outside other
    transactions: an answer must never go out without its rows.
    """
    entries = [
        _entry(by, AuditAct.REFRESH if person in refreshed else AuditAct.READ, what, object_id, person)
        for person in dict.fromkeys(participants)
    ]
    for entry in entries:
        entry.session_digest = session_digest
    with transaction.atomic():
        AuditEntry.objects.bulk_create(entries)


def record_lists_read(*, by: Hat, session_digest: str, lists: Mapping[str, Iterable[int]]) -> None:
    """As `record_reads` for a page that shows several lists, each under its name: one insert, which is a transaction by
    itself."""
    entries = [
        _entry(by, AuditAct.READ, what, None, person)
        for what, people in lists.items()
        for person in dict.fromkeys(people)
    ]
    for entry in entries:
        entry.session_digest = session_digest
    AuditEntry.objects.bulk_create(entries)
