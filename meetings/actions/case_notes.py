"""Each agency's own note of a case, for its own file. Nobody outside the agency reads it, on any ground (L15)."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from meetings.actions.cases import GONE, record_case
from meetings.errors import NoteHasMoved
from meetings.models import Case, CaseNote
from meetings.queries.cases import Standing, find_standing, note_of
from meetings.queries.circles import can_write
from workspace.actions import action
from workspace.errors import NotAllowed
from workspace.models import Membership

NOT_BEGUN = "Mötet har inte börjat. Anteckningen skrivs när ärendet tas upp."


@action
def save_note(*, by: Membership, case: Case, text: str, version: int) -> CaseNote:
    """Save the agency's own note, begun from a version. The audit; tells nobody, not even that there is a note.

    Also after the agency's access has ended: what it heard, it must be able to write down (FL 27 §). A text takes back
    «ingen anteckning behövs». Refuses whoever has no seat in the circle, a meeting that has not begun, and
    `NoteHasMoved` where a colleague has saved a newer one: nothing is written over.
    """
    _standing(by, case)
    note = note_of(case, by.agency_id)
    if note is not None and note.text == text and text:
        return note
    return _write(by, case, version, text=text, none_needed=False)


@action
def say_none_needed(*, by: Membership, case: Case, version: int) -> CaseNote:
    """Say that the agency needs no note of this case: an explicit choice. Refuses as `save_note`, and over a text."""
    _standing(by, case)
    note = note_of(case, by.agency_id)
    if note is not None and note.text:
        raise NotAllowed("Ni har redan en anteckning. Den finns kvar.")
    return _write(by, case, version, text="", none_needed=True)


@action
def file_case(*, by: Membership, case: Case) -> None:
    """Somebody who may read a case takes its paper to the agency's own file. Marks the note; the audit (L40)."""
    if find_standing(by, case.pk) is None:
        raise NotAllowed(GONE)
    CaseNote.objects.filter(case=case, agency=by.agency_id).update(filed_at=timezone.now())
    record_case(by, "case.filed", case)


def _standing(by: Membership, case: Case) -> Standing:
    standing = find_standing(by, case.pk)
    if standing is None:
        raise NotAllowed(GONE)
    if not can_write(standing):
        raise NotAllowed(NOT_BEGUN)
    return standing


def _write(by: Membership, case: Case, version: int, *, text: str, none_needed: bool) -> CaseNote:
    """Write where the version is the one begun from; the first note of an agency begins from 0."""
    fields = {"text": text, "none_needed": none_needed, "member": by, "saved_at": timezone.now()}
    own = CaseNote.objects.filter(case=case, agency=by.agency_id)
    written = own.filter(version=version).update(version=version + 1, filed_at=None, **fields)
    if not written and version == 0:
        try:
            with transaction.atomic():
                CaseNote.objects.create(case=case, agency=by.agency, version=1, **fields)
            written = 1
        except IntegrityError:
            written = 0  # a colleague's first note came between
    note = note_of(case, by.agency_id)
    if not written or note is None:
        raise NoteHasMoved(note.text if note else "", note.version if note else 0)
    record_case(by, "case.note", case)
    return note
