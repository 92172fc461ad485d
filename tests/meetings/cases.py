"""What the tests of cases share: a case of soc's with psyk in its circle and fk outside, and what must not leak."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from meetings.actions.cases import put_case
from meetings.actions.table import lay_on_table, state_ground
from meetings.models import AgendaItem, Case, GroupSeat, Meeting, TableText
from meetings.states import MeetingState
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast
from tests.meetings.cast import Room, put_in
from workspace import actions
from workspace.front.views.meeting_consents import rows_between
from workspace.models import Agency, Consent, Ground, Participant
from workspace.rules import Hat
from workspace.states import ConsentForm

AsHat = Callable[[Hat], Client]
OWN_NOTE = "Enskildanoteringen om ekonomin"
SAID = "Utsagan om morgnarna"
MARKERS = (SECRET_NAME, SECRET_TEXT, "Åström", OWN_NOTE, SAID)
MISSING = 987_654


def meeting_consent(
    cast: Cast, *others: Agency, joint: bool = False, until: date | None = None, person: Participant | None = None
) -> Consent:
    """What the person says as soc records it: soc, the psychiatry (and those named) may talk at meetings."""
    return actions.record_consent(
        by=cast.soc,
        agency=cast.soc.agency,
        participant=person or cast.person,
        form=ConsentForm.WRITTEN,
        given_on=timezone.localdate(),
        rows=rows_between(
            cast.soc.agency,
            others or [cast.psyk.agency],
            joint=joint,
            purpose="ordna en plan",
            until=until or timezone.localdate() + timedelta(days=60),
        ),
    )


def put(
    room: Room,
    *seats: GroupSeat,
    meeting: Meeting | None = None,
    person: Participant | None = None,
    question: str = SECRET_TEXT,
    anonymous: bool = False,
) -> Case:
    """A case of soc's with the psychiatry in its circle, or those named."""
    return put_case(
        by=room.cast.soc,
        meeting=meeting or room.meeting,
        participant=None if anonymous else person or room.cast.person,
        question=question,
        minutes=20,
        seats=list(seats or [room.psyk_seat]),
        informed_on=None if anonymous else timezone.localdate(),
    )


def running(room: Room, case: Case) -> Case:
    """The meeting is at the case."""
    meeting = put_in(room.meeting, MeetingState.IN_PROGRESS)
    began = timezone.now() - timedelta(minutes=10)
    AgendaItem.objects.filter(pk=case.item_id).update(started_at=began)
    Meeting.objects.filter(pk=meeting.pk).update(current_item=case.item_id)
    return Case.objects.get(pk=case.pk)


def held(case: Case) -> Case:
    now = timezone.now()
    Meeting.objects.filter(pk=case.item.meeting_id).update(state=MeetingState.HELD, finished_at=now, current_item=None)
    AgendaItem.objects.filter(pk=case.item_id).update(ended_at=now)
    return Case.objects.get(pk=case.pk)


def confirmed(case: Case, by: Any, ground: str = "consent", reason: str = "") -> None:
    state_ground(by=by, case=case, ground=Ground.objects.get(pk=ground), reason=reason)


def said(case: Case, by: Any, text: str = SAID) -> TableText:
    return lay_on_table(by=by, case=case, text=text)


def leaks(body: bytes | str, markers: Sequence[str] = MARKERS) -> list[str]:
    text = body.decode() if isinstance(body, bytes) else body
    return [marker for marker in markers if marker in text]
