"""What a report has said stands beside what is computed; a total that its parts can't give is refused (R88)."""

from typing import Any

import pytest

from meetings.figures.actions.freezing import freeze_month
from meetings.figures.actions.goals import ensure_goals
from meetings.figures.actions.published import remove_published, write_published
from meetings.figures.errors import DoesNotHold
from meetings.figures.models import Goal, PublishedFigure
from meetings.figures.queries import goals_of, report_of, shown_bases
from meetings.figures.states import Event
from tests.cast import Cast
from tests.figures.stage import AUGUST, Way, agreed, know, norrsken
from workspace.errors import NotAllowed

REPORT = "Slutrapporten 2014, sidan 21"
PARTS = {"Piteå": 86, "Arvidsjaur": 96}


def fifth(cast: Cast) -> Goal:
    ensure_goals(cooperation=cast.cooperation)
    return goals_of(cast.cooperation).get(event=Event.PATH_IDENTIFIED)


def published(cast: Cast, total: int, **given: Any) -> PublishedFigure:
    goal = given.pop("goal", None) or fifth(cast)
    return write_published(
        by=cast.coordinator, goal=goal, **{"source": REPORT, "total": total, "parts": PARTS, **given}
    )


def test_the_published_96_is_refused_beside_the_computed_89(cast: Cast) -> None:
    snapshot = freeze_month(cooperation=norrsken(cast), month=AUGUST)
    assert shown_bases(fifth(cast)) == {"Arvidsjaur": 71, "Piteå": 152}
    assert published(cast, 89).refused_because == ""
    refused = published(cast, 96)
    assert refused.refused_because == "Med 86 % av 152 i Piteå och 96 % av 71 i Arvidsjaur blir totalen 89 %."
    goal = report_of(snapshot).goals[4]
    assert (goal.name, goal.total.share) == ("Har hittat sin väg", 89)
    assert [(one.source, one.total, one.parts, bool(one.refused_because)) for one in goal.published] == [
        (REPORT, 89, PARTS, False),
        (REPORT, 96, PARTS, True),
    ]


def test_every_other_total_of_the_report_can_be(cast: Cast) -> None:
    freeze_month(cooperation=norrsken(cast), month=AUGUST)
    said = [(83, 88, 85), (71, 95, 78), (75, 89, 80), (95, 90, 93)]
    for goal, (pitea, arvidsjaur, total) in zip(goals_of(cast.cooperation), said, strict=False):
        parts = {"Piteå": pitea, "Arvidsjaur": arvidsjaur}
        assert published(cast, total, goal=goal, parts=parts).refused_because == ""


def test_before_any_month_is_frozen_a_total_lies_between_its_parts(cast: Cast) -> None:
    assert published(cast, 96).refused_because == ""
    assert published(cast, 97).refused_because == "96 % i Arvidsjaur och 86 % i Piteå ger 86–96 %."
    assert published(cast, 12, parts={}).refused_because == ""


def test_parts_that_leave_a_municipality_out_refuse_nothing(cast: Cast) -> None:
    freeze_month(cooperation=norrsken(cast), month=AUGUST)
    assert published(cast, 12, parts={"Piteå": 86}).refused_because == ""


def test_a_hidden_base_is_never_in_a_sentence(cast: Cast) -> None:
    """Three in each municipality have not answered: how many have is not shown, so it is no weight either."""
    agreed(cast.cooperation, cast.soc_desk.agency)
    for place in ("Piteå", "Arvidsjaur"):
        ways = [Way(place=place, gender=gender) for gender in ("woman", "man")] * 12
        ways += [Way(place=place, facts={"increased": ""})] * 3
        know(cast.cooperation, cast.soc_desk.agency, ways)
    freeze_month(cooperation=cast.cooperation, month=AUGUST)
    goal = goals_of(cast.cooperation).get(event=Event.INCREASED)
    assert shown_bases(goal) == {"Arvidsjaur": None, "Piteå": None}
    assert published(cast, 40, goal=goal).refused_because == "96 % i Arvidsjaur och 86 % i Piteå ger 86–96 %."


def test_only_the_coordinator_writes_and_removes_what_was_published(cast: Cast) -> None:
    figure = published(cast, 90)
    for hat in (*cast.members.values(), cast.chair):
        with pytest.raises(NotAllowed):
            write_published(by=hat, goal=fifth(cast), source=REPORT, total=90, parts={})
        with pytest.raises(NotAllowed):
            remove_published(by=hat, figure=figure)
    remove_published(by=cast.coordinator, figure=figure)
    remove_published(by=cast.coordinator, figure=figure)
    assert not PublishedFigure.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"total": 101}, {"total": -1}, {"parts": {"Piteå": 101}}, {"parts": {"Ingenstans": 50}}, {"source": "  "}],
)
def test_what_is_no_published_figure_is_refused(cast: Cast, wrong: dict[str, Any]) -> None:
    with pytest.raises(DoesNotHold):
        published(cast, **{"total": 90, **wrong})
