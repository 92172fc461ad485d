"""What a lost ground does to cases: whoever it was told to cannot read them any more, from now on (house.md 3)."""

from collections.abc import Sequence
from dataclasses import replace

from django.db.models import Q
from django.utils import timezone

from meetings.actions.cases import hints_to
from meetings.actions.steps import lock_meeting, notice_of
from meetings.models import Case, CircleSeat, Meeting, TableReader
from meetings.queries.cases import holders_of
from meetings.queries.circles import unclosed_in
from notifications.actions import Notice, close_notices
from workspace.actions import action, end_disclosures, record_act
from workspace.live import Hint
from workspace.models import Agency, Browser, ConsentRow, Disclosure, Membership
from workspace.rules import Hat
from workspace.states import AuditAct, EndReason

Told = tuple[list[Notice], list[tuple[str, Hint]]]


def on_ground_lost(rows: Sequence[ConsentRow], *, by: Membership | Browser, agency: Agency) -> Told:
    """Close what rested on withdrawn consent rows. Inside an action that has locked the participant and the rows.

    The disclosures have ended with the rows. Locks the meetings; an agency that lost identity or question is out of the
    case: its notices of the case are closed, and its and the owner's seat holders are told that access has ended. A
    text on the table is closed for whom its own disclosure has ended. `agency` is in whose name it is said: where the
    participant takes it back, the one that obtained it. Returns the notices, and hints to the agencies of these circles
    alone: nobody outside learns that something happened. Delivers nothing.
    """
    seats = list(
        CircleSeat.objects.filter(Q(identity__consent_row__in=rows) | Q(question__consent_row__in=rows)).order_by("pk")
    )
    read = list(TableReader.objects.filter(disclosure__consent_row__in=rows).select_related("text"))
    pks = {seat.case_id for seat in seats} | {reader.text.case_id for reader in read}
    cases = Case.objects.filter(pk__in=pks).select_related("item__meeting").order_by("item__meeting", "pk")
    notices: list[Notice] = []
    hints: list[tuple[str, Hint]] = []
    for case in cases:
        meeting = lock_meeting(case.item.meeting)
        lost = {seat.agency_id for seat in seats if seat.case_id == case.pk}
        notices += _tell(case, meeting, lost, by, agency) if lost else []
        circle = set(CircleSeat.objects.filter(case=case).values_list("agency", flat=True))
        hints += hints_to(meeting, circle)
    return notices, hints


def _tell(case: Case, meeting: Meeting, lost: set[int], by: Membership | Browser, agency: Agency) -> list[Notice]:
    out = holders_of(case, lost)
    close_notices(kind_prefix="case.added", object_id=case.pk, memberships=out)
    member = by if isinstance(by, Membership) else None
    told = out | holders_of(case, {case.agency_id})
    return [replace(notice_of("meeting.case_access_ended", meeting, told, by=member), acting_agency=agency)]


def end_untalked(meeting: Meeting, *, by: Hat | None) -> None:
    """A locked meeting will not be: nobody needs to know for its sake whom it was to talk about. Inside an action.

    What was told for its cases ends now, and the notices that lead there are closed; one audit row for each. The owner
    keeps its own case. Tells nobody: the verb tells that the meeting is off.
    """
    rows = CircleSeat.objects.filter(case__item__meeting=meeting)
    told = Disclosure.objects.filter(Q(pk__in=rows.values("identity")) | Q(pk__in=rows.values("question")))
    end_disclosures(told, why=EndReason.RECALLED, at=timezone.now())
    for case in Case.objects.filter(item__meeting=meeting, participant__isnull=False).order_by("pk"):
        close_notices(kind_prefix="case.added", object_id=case.pk, memberships=unclosed_in(case))
        record_act(
            by=by, act=AuditAct.WRITE, what="case.untalked", object_id=case.pk, participant_id=case.participant_id
        )


def cut_short(meeting: Meeting) -> list[Notice]:
    """A locked meeting has been moved to after what its cases were told for: the circle could not read them there.

    A disclosure never lasts longer than it was made for, so whoever put such a case is told to put it anew. Returns the
    notices; nobody outside learns when a consent ends.
    """
    ends = Q(identity__ends_at__lt=meeting.ends_at) | Q(question__ends_at__lt=meeting.ends_at)
    short = CircleSeat.objects.filter(ends, case__item__meeting=meeting)
    notices = []
    for case in Case.objects.filter(pk__in=short.values("case")).order_by("pk"):
        told = {case.member_id} & holders_of(case, {case.agency_id})
        notices.append(replace(notice_of("case.cut_short", meeting, told), object_id=case.pk))
    return notices


@action
def close_lapsed(*, case: Case) -> None:
    """Close the notices of a case for the agencies whose ground has run out: what they lead to is a 404 to them.

    Locks the meeting, and asks again under the lock. One audit row; tells nobody, since the page said from the start
    when it would end. Harmless when repeated.
    """
    lock_meeting(case.item.meeting)
    out = unclosed_in(case)
    if out:
        close_notices(kind_prefix="case.added", object_id=case.pk, memberships=out)
        record_act(
            by=None, act=AuditAct.WRITE, what="case.lapsed", object_id=case.pk, participant_id=case.participant_id
        )
