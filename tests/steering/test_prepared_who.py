"""Who opens what is prepared, and what it still says a month later."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from meetings.models import AgendaItem, CircleSeat, Meeting, SeatHolder
from meetings.states import ItemKind, MeetingState
from referrals.states import ReferralState
from tests.cast import Cast
from tests.meetings.cast import make_item
from tests.referrals.journeys import bring_to
from tests.steering.prepared_pages import (
    address,
    item_of,
    part,
)
from tests.steering.stage import Steering, freeze, make_steering
from workspace.models import AuditEntry
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
REVIEW, DECISIONS = ItemKind.ACTION_REVIEW, ItemKind.DECISION_REVIEW
FIGURES, GENDER = ItemKind.FIGURES, ItemKind.GENDER_EQUALITY
DISPUTES, SEATS = ItemKind.DISPUTES, ItemKind.REPRESENTATION


@pytest.fixture
def stage(cast: Cast) -> Steering:
    return make_steering(cast)


@pytest.fixture
def chair(stage: Steering, as_hat: AsHat) -> Client:
    return as_hat(stage.cast.chair)


def sent(stage: Steering, *, days_ago: int = 0) -> None:
    Meeting.objects.filter(pk=stage.meeting.pk).update(
        state=MeetingState.CALLED, called_at=timezone.now() - timedelta(days=days_ago)
    )
    stage.meeting.refresh_from_db()


# ---------- who ----------
def test_somebody_whose_seat_has_ended_finds_nothing(stage: Steering, as_hat: AsHat) -> None:
    client = as_hat(stage.cast.soc_manager)
    assert client.get(address(stage.meeting)).status_code == 200
    SeatHolder.objects.filter(membership=stage.cast.soc_manager).update(to_on=timezone.localdate() - timedelta(days=1))
    assert client.get(address(stage.meeting)).status_code == 404
    for item in AgendaItem.objects.filter(meeting=stage.meeting):
        assert client.get(address(stage.meeting, item)).status_code == 404


def test_a_role_that_has_ended_finds_nothing(stage: Steering, as_hat: AsHat) -> None:
    client = as_hat(stage.steering)
    type(stage.steering).objects.filter(pk=stage.steering.pk).update(to_on=timezone.localdate() - timedelta(days=1))
    assert client.get(address(stage.meeting)).status_code != 200


def test_everybody_else_is_answered_as_for_what_does_not_exist(stage: Steering, as_hat: AsHat) -> None:
    hats: list[Hat] = [stage.cast.outsider, stage.cast.soc, stage.cast.psyk, stage.evaluator, stage.elected]
    for hat in hats:
        client = as_hat(hat)
        gone = client.get("/moten/987654/underlag/")
        for path in (address(stage.meeting), address(stage.meeting, item_of(stage.meeting, FIGURES))):
            got = client.get(path)
            assert (got.status_code, got.content) == (404, gone.content), (hat, path)


def test_a_month_later_the_page_still_has_the_month_it_was_sent_with(stage: Steering, as_hat: AsHat) -> None:
    freeze(stage)
    sent(stage)
    before = part(as_hat(stage.cast.chair), stage.meeting, FIGURES)
    with time_machine.travel(timezone.now() + timedelta(days=33)):
        freeze(stage)
        after = part(as_hat(stage.cast.chair), stage.meeting, FIGURES)
        assert after.partition("Kvinnor Män")[2] == before.partition("Kvinnor Män")[2] != ""


def test_a_case_is_closed_here_also_to_its_circle(stage: Steering, as_hat: AsHat) -> None:
    """What is prepared holds no persons: a case has its own page."""
    assert not CircleSeat.objects.exists()
    item = make_item(stage.meeting, "Om Hemlighild", ItemKind.CASE)
    for hat in (stage.cast.chair, stage.cast.soc_manager):
        assert "Hemlighild" not in as_hat(hat).get(address(stage.meeting)).content.decode()
        assert as_hat(hat).get(address(stage.meeting, item)).status_code == 404


def test_reading_what_is_prepared_leaves_no_row_about_a_person(stage: Steering, chair: Client) -> None:
    bring_to(stage.cast, ReferralState.RETURNED)
    before = AuditEntry.objects.count()
    chair.get(address(stage.meeting))
    assert AuditEntry.objects.count() == before
