"""The steering groups' decisions are read and taken along by those who follow the figures (R26, R31)."""

import io
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from meetings.actions.approvals import approve_minutes
from meetings.actions.minutes import correct_minutes, send_minutes
from meetings.models import Decision, Group, Minutes
from meetings.queries.decisions import steering_decisions
from meetings.states import GroupKind
from tests.cast import Cast, make_user
from tests.meetings.cast import Room, make_room
from tests.meetings.minutes_stage import CASE_WORDS, OPEN_DECISION, Held, make_held, sent_by_soc
from workspace.models import Cooperation, CooperationRole
from workspace.rules import Hat
from workspace.states import CooperationRoleKind

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
PAGE, FILE = "/beslut/", "/beslut.xlsx"


@pytest.fixture
def room(cast: Cast) -> Room:
    return make_room(cast)


@pytest.fixture
def held(room: Room) -> Held:
    return make_held(room)


def evaluator_of(cooperation: Cooperation) -> CooperationRole:
    user = make_user(f"utvarderare{cooperation.pk}")
    return CooperationRole.objects.create(user=user, cooperation=cooperation, role=CooperationRoleKind.EVALUATOR)


def approved_steering(held: Held) -> Minutes:
    minutes = sent_by_soc(held)
    approve_minutes(by=held.room.cast.soc, minutes=minutes)
    Group.objects.filter(pk=held.meeting.group_id).update(kind=GroupKind.STEERING)
    return minutes


def test_approved_decisions_are_read_and_taken_along_and_no_case_is(held: Held, as_hat: AsHat) -> None:
    approved_steering(held)
    client = as_hat(evaluator_of(held.room.cast.cooperation))
    page = client.get(PAGE).content.decode()
    sheet = load_workbook(io.BytesIO(client.get(FILE).content)).active
    assert sheet is not None
    rows = [[str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert OPEN_DECISION in page and [row[3] for row in rows[1:]] == [OPEN_DECISION]
    for word in CASE_WORDS:
        assert word not in page and not any(word in cell for row in rows for cell in row)


def test_a_draft_another_kind_of_group_and_another_cooperation_are_not_there(held: Held, as_hat: AsHat) -> None:
    cooperation = held.room.cast.cooperation
    minutes = sent_by_soc(held)
    Group.objects.filter(pk=held.meeting.group_id).update(kind=GroupKind.STEERING)
    assert steering_decisions(cooperation) == [], "only sent"
    assert "inga justerade protokoll" in as_hat(evaluator_of(cooperation)).get(PAGE).content.decode()
    approve_minutes(by=held.room.cast.soc, minutes=minutes)
    assert [one.text for one in steering_decisions(cooperation)] == [OPEN_DECISION]
    Group.objects.filter(pk=held.meeting.group_id).update(kind=GroupKind.COOPERATION)
    assert steering_decisions(cooperation) == []
    Group.objects.filter(pk=held.meeting.group_id).update(kind=GroupKind.STEERING)
    elsewhere = Cooperation.objects.create(name="Samverkan Norr", state=cooperation.state)
    assert OPEN_DECISION not in as_hat(evaluator_of(elsewhere)).get(PAGE).content.decode()


def test_a_corrected_version_takes_the_place_of_the_first_when_it_is_approved(held: Held) -> None:
    cast = held.room.cast
    approved_steering(held)
    correct_minutes(by=cast.soc, meeting=held.meeting, reason="Fel ord")
    before = [one.text for one in steering_decisions(cast.cooperation)]
    assert before == [OPEN_DECISION], "what was approved holds while it is being corrected"
    Decision.objects.filter(text=OPEN_DECISION).update(text="Vi tar fram två blanketter")
    held.meeting.refresh_from_db()
    minutes = send_minutes(by=cast.soc, meeting=held.meeting, adjusters=[held.soc.pk], reason="Fel ord")
    assert [one.text for one in steering_decisions(cast.cooperation)] == before
    approve_minutes(by=cast.soc, minutes=minutes)
    assert [one.text for one in steering_decisions(cast.cooperation)] == ["Vi tar fram två blanketter"]


def test_one_question_for_one_decision_and_for_thirty(held: Held) -> None:
    cast = held.room.cast

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as questions:
            steering_decisions(cast.cooperation)
        return len(questions)

    for number in range(30):
        Decision.objects.create(item=held.item, agency=cast.soc.agency, text=f"Beslut {number}")
    approved_steering(held)
    assert len(steering_decisions(cast.cooperation)) == 31 and asked() == 1
