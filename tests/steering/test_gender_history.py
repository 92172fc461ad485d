"""The whole history of the item is one page: what the figures said then, and how each meeting closed it (R15)."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.models import Meeting
from meetings.states import GenderAnswer, GroupKind, MeetingState
from meetings.steering.queries.gender import empty_in_a_row
from tests.cast import Cast
from tests.figures.test_figures_page import page, text_of
from tests.meetings.cast import make_group, make_seat
from tests.steering.gender_stage import PLAN_MADE, decided, held, history, lay, ways
from tests.steering.stage import Steering, make_steering
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]


@pytest.fixture
def stage(cast: Cast) -> Steering:
    return make_steering(cast)


def read(stage: Steering, as_hat: AsHat) -> str:
    return text_of(page(as_hat(stage.cast.chair), history(stage)))


def test_each_meeting_stands_with_its_figures_and_how_it_was_closed_the_newest_first(
    stage: Steering, as_hat: AsHat
) -> None:
    lay(stage, 9, ways((10, 40), (38, 40)))
    held(stage, 200, GenderAnswer.NO_DEVIATION, "Vi såg inget.")
    decided(stage, 100, "Alla kvinnor erbjuds en plan", indicator=PLAN_MADE)
    lay(stage, 1, ways((30, 40), (38, 40)))
    gone = held(stage, 50)
    Meeting.objects.filter(pk=gone.pk).update(state=MeetingState.NOT_HELD)
    held(stage, 10)
    said = read(stage, as_hat)
    in_order = ["Inte besvarad", "Mötet blev inte av", "Alla kvinnor erbjuds en plan", "Vi såg inget."]
    assert sorted(in_order, key=said.index) == in_order
    assert "Har en handlingsplan: kvinnor 25 %, män 95 %" in said, "the largest difference then"
    assert "minskat från 70 till 20 procentenheter" in said, "since the decision"
    assert "Följs upp. Vuxenpsykiatrin Piteå." in said
    assert said.count("version 1") >= 3


def test_the_meeting_ahead_is_no_history(stage: Steering, as_hat: AsHat) -> None:
    assert "Gruppen har inte haft något möte än." in read(stage, as_hat)


def test_what_stood_then_is_what_is_shown_though_it_was_corrected_later(stage: Steering, as_hat: AsHat) -> None:
    lay(stage, 9, ways((10, 40), (38, 40)))
    held(stage, 200, GenderAnswer.NO_DEVIATION)
    lay(stage, 9, ways((37, 40), (38, 40)), version=2, reason="Fel", made_at=timezone.now())
    lay(stage, 1, ways((37, 40), (38, 40)))
    said = read(stage, as_hat)
    assert "kvinnor 25 %, män 95 %" in said and "version 2" not in said


def test_a_run_of_no_deviation_is_marked_and_counted(stage: Steering, as_hat: AsHat) -> None:
    for days in (400, 300, 200):
        held(stage, days, GenderAnswer.NO_DEVIATION)
    assert empty_in_a_row(stage.group) == 3
    said = read(stage, as_hat)
    assert "3 möten i rad med Ingen avvikelse" in said and "3 i rad" in said and "2 i rad" not in said
    decided(stage, 100, "Nu gör vi något")
    assert empty_in_a_row(stage.group) == 0
    said = read(stage, as_hat)
    assert "möten i rad" not in said and "3 i rad" in said, "the run stays marked where it was"
    held(stage, 50)
    assert empty_in_a_row(stage.group) == 0, "unanswered is not no deviation"


def test_the_cooperations_chair_sees_the_other_groups_too(stage: Steering, as_hat: AsHat) -> None:
    other = make_group(stage.cast, "Samverkansgruppen", GroupKind.COOPERATION)
    make_seat(other, stage.cast.soc_desk, stage.cast.soc)
    theirs = Steering(**{**vars(stage), "group": other})
    for days in (400, 300, 200, 100):
        held(theirs, days, GenderAnswer.NO_DEVIATION, "Samma som sist.")
    decided(theirs, 500, "Kvinnor först", why="Väntan")
    for hat in (stage.cast.chair, stage.steering, stage.cast.coordinator):
        said = text_of(page(as_hat(hat), history(stage)))
        assert "Samverkansgruppen : 4 möten i rad med Ingen avvikelse" in said, hat
        said, opens = text_of(page(as_hat(hat), history(theirs))), hat == stage.cast.coordinator
        assert "4 i rad" in said and "Ingen avvikelse" in said and "Beslut" in said, hat
        texts = [words in said for words in ("Samma som sist.", "Kvinnor först", "Vuxenpsykiatrin")]
        assert texts == [opens] * 3, "of a group they don't open: how it was answered, no text and no name"
    said = text_of(page(as_hat(stage.cast.soc_manager), history(stage)))
    assert "Samverkansgruppen" not in said, "a seat holder sees their own group"
    assert as_hat(stage.cast.soc_manager).get(history(theirs)).status_code == 404
    assert "4 möten i rad" in text_of(page(as_hat(stage.cast.soc), history(theirs)))


def test_as_many_questions_for_thirty_meetings_as_for_one(stage: Steering, as_hat: AsHat) -> None:
    lay(stage, 14, ways((10, 40), (38, 40)))
    lay(stage, 1, ways((30, 40), (38, 40)))
    client = as_hat(stage.cast.chair)

    def asked() -> int:
        page(client, history(stage))
        with CaptureQueriesContext(connection) as questions:
            page(client, history(stage))
        return len(questions)

    decided(stage, 380, "Beslut 0", indicator=PLAN_MADE)
    one = asked()
    for number in range(1, 30):
        decided(stage, 380 - number * 10, f"Beslut {number}", indicator=PLAN_MADE)
    assert asked() == one
