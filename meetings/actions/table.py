"""What agencies lay on a case's table: each text, decision and action is one agency's act of disclosure (L3, L15)."""

from collections.abc import Sequence
from datetime import date

from django.utils import timezone

from meetings.actions.cases import NAMED, hints_to, reads_until, record_case, require_open
from meetings.actions.decisions import DecisionInput, write_decision
from meetings.actions.follow_up import write_action
from meetings.actions.steps import lock_meeting, topics_of
from meetings.errors import CircleNotCovered
from meetings.models import ActionItem, Case, CircleSeat, Decision, TableReader, TableText
from meetings.queries.cases import Standing, circle_of, ground_stated, needs_ground
from meetings.queries.circles import can_write, grounds_towards, names_a_participant, question_category
from notifications.actions import deliver
from workspace.actions import action, lock_live_rows, lock_participant, make_disclosure
from workspace.errors import NotAllowed
from workspace.models import Agency, Category, ConsentRow, Ground, Membership
from workspace.swedish import say_date

CONSENT = "consent"
PART = "case"
OUTCOMES = "case outcomes"
NOT_BEGUN = "Mötet har inte börjat. Det som sägs läggs på bordet när ärendet tas upp."
NO_GROUND = "Säg först på vilken grund ni får berätta."


@action
def state_ground(*, by: Membership, case: Case, ground: Ground, reason: str = "") -> None:
    """An officer says once for its agency why it may speak to the others of a case. Again: another ground from now on.

    Consent: the officer confirms what the owner noted that the person said, and it must cover every other agency now.
    Another ground: valid towards each of them, with a reason. Locks as whoever discloses; writes the audit; tells
    nobody. Refuses whoever is outside, the owner (its consent is known), and `CircleNotCovered`. Source: L6, L19.
    """
    standing, rows = _lock(by, case)
    others = _listeners(by, case)
    if case.is_anonymous or case.agency_id == by.agency_id:
        raise NotAllowed("Ni behöver inte säga någon grund här.")
    if ground not in grounds_towards(others):
        raise NotAllowed("Den grunden gäller inte för alla som är med. Välj en annan.")
    if ground.pk == CONSENT:
        _covered(rows, others, standing)
    elif not reason:
        raise NotAllowed("Skriv vad ni har prövat, eller vilken paragraf det gäller.")
    CircleSeat.objects.filter(case=case, agency=by.agency_id).update(
        ground=ground, ground_reason=reason, stated_by=by, stated_at=timezone.now()
    )
    record_case(by, "case.ground", case)
    deliver([], hints_to(standing.meeting, [by.agency_id], PART))


@action
def lay_on_table(*, by: Membership, case: Case, text: str) -> TableText:
    """Disclose a text to every other agency of the circle: all of them, or nobody.

    Locks the participant, the live consent rows and the meeting, and asks again under the locks. Writes the text, one
    reader and one disclosure for each other agency that can read the case, the audit; hints at the circle alone.
    Refuses whoever has lost the case, a meeting that has not begun, an agency that has stated no ground,
    `CircleNotCovered` naming who lacks, and without identity a text with a name in it.
    """
    laid = _lay(by, case, text)
    deliver([], topics_of(laid.case.item.meeting, laid.case.item, PART))
    return laid


@action
def decide_case(*, by: Membership, case: Case, text: str) -> Decision:
    """Write down what was decided, in the agency's name: laid on the table, as any text, and kept as a decision."""
    laid = _lay(by, case, text)
    item = laid.case.item
    decision, _ = write_decision(by=by, item=item, data=DecisionInput(text), said=laid)
    deliver([], topics_of(item.meeting, item, OUTCOMES))
    return decision


@action
def give_case_action(
    *, by: Membership, case: Case, text: str, agency: Agency, responsible: Membership | None, due_on: date
) -> ActionItem:
    """Write down something to be done by an agency of the circle: laid on the table, and kept as an action.

    Tells whoever it was given to.
    """
    laid = _lay(by, case, text)
    item = laid.case.item
    made, notices = write_action(
        by=by, item=item, text=text, agency=agency, responsible=responsible, due_on=due_on, said=laid
    )
    deliver(notices, topics_of(item.meeting, item, OUTCOMES))
    return made


def _lock(by: Membership, case: Case) -> tuple[Standing, list[ConsentRow]]:
    """The member's place in the case, asked under the locks, and what the person lets its agency tell."""
    rows: list[ConsentRow] = []
    if case.participant_id is not None:
        rows = lock_live_rows(lock_participant(case.participant_id).pk, by.agency_id)
    lock_meeting(case.item.meeting)
    return require_open(by, case), rows


def _listeners(by: Membership, case: Case) -> list[Agency]:
    others = [agency for agency in circle_of(case) if agency.pk != by.agency_id]
    if not others:
        raise NotAllowed("Ingen annan är med i ärendet längre. Skriv i er egen anteckning.")
    return others


def _covered(rows: Sequence[ConsentRow], others: Sequence[Agency], standing: Standing) -> dict[int, ConsentRow]:
    about = question_category(standing.meeting)
    own = sorted((row for row in rows if row.category_id == about), key=lambda row: row.valid_until)
    found = {row.recipient_id: row for row in own if row.recipient_id}
    lacking = [agency.name for agency in others if agency.pk not in found]
    if lacking:
        raise CircleNotCovered(lacking)
    return found


def _lay(by: Membership, case: Case, text: str) -> TableText:
    standing, rows = _lock(by, case)
    if not can_write(standing):
        raise NotAllowed(NOT_BEGUN)
    others = _listeners(by, case)
    if case.is_anonymous:
        if names_a_participant(by, text):
            raise NotAllowed(NAMED)
        laid = TableText.objects.create(case=standing.case, agency=by.agency, member=by, text=text)
        TableReader.objects.bulk_create(TableReader(text=laid, agency=agency) for agency in others)
    else:
        ground, reason = _ground(standing, others)
        covered = _covered(rows, others, standing) if ground.pk == CONSENT else {}
        laid = TableText.objects.create(case=standing.case, agency=by.agency, member=by, text=text)
        for agency in others:
            _tell(by, laid, agency, ground, covered.get(agency.pk), reason)
    record_case(by, "case.table", case)
    return laid


def _ground(standing: Standing, others: Sequence[Agency]) -> tuple[Ground, str]:
    """On what the agency speaks: the owner on consent, another on what its officer has stated, if that still holds."""
    if standing.seat.agency_id == standing.case.agency_id:
        return Ground.objects.get(pk=CONSENT), ""
    stated = ground_stated(standing.seat)
    if needs_ground(standing.seat) or stated is None or stated.ground is None:
        raise NotAllowed(NO_GROUND)
    if stated.ground not in grounds_towards(others):
        raise NotAllowed("Grunden ni sagt gäller inte för alla som är med nu. Säg en annan grund.")
    return stated.ground, stated.ground_reason


def _tell(by: Membership, laid: TableText, agency: Agency, ground: Ground, row: ConsentRow | None, reason: str) -> None:
    meeting = laid.case.item.meeting
    assert laid.case.participant is not None
    disclosure = make_disclosure(
        by=by,
        participant=laid.case.participant,
        discloser=by.agency,
        recipient=agency,
        category=Category.objects.get(pk=question_category(meeting)),
        purpose=row.purpose if row else f"Ärende på mötet {say_date(timezone.localdate(meeting.starts_at))}",
        ground=ground,
        consent_row=row,
        reason=reason,
        ends_at=reads_until(meeting),
    )
    TableReader.objects.create(text=laid, agency=agency, disclosure=disclosure)
