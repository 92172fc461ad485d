"""Goals are definitions: five come with each cooperation, others are added, none is a number that somebody typed."""

from typing import Any

import pytest
import time_machine

from meetings.figures.actions.freezing import freeze_month
from meetings.figures.actions.goals import add_goal, end_goal, ensure_goals, lower_threshold
from meetings.figures.actions.planned import plan_enrolments
from meetings.figures.errors import DoesNotHold, GoalExists, ThresholdStays
from meetings.figures.models import Goal, PlannedEnrolment
from meetings.figures.queries import access_goal, goals_of, planned_of, report_of
from meetings.figures.states import Event, Population, Verdict
from tests.cast import Cast
from tests.figures.stage import AUGUST, SEPTEMBER, Way, agreed, know, moment, norrsken
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Cooperation, CooperationRole
from workspace.states import CooperationRoleKind

MINE: dict[str, Any] = {
    "name": "Går vidare",
    "population": Population.DISCHARGED,
    "event": Event.SUCCESS,
    "target": 60,
}


def test_the_five_goals_of_the_old_project_come_with_every_cooperation(cast: Cast) -> None:
    ensure_goals(cooperation=cast.cooperation)
    ensure_goals(cooperation=cast.cooperation)
    assert list(goals_of(cast.cooperation).values_list("name", "population", "event", "span", "target")) == [
        ("Arbete eller studier", "completed_plan", "work_or_studies", "all", 50),
        ("Mina möjligheter har ökat", "discharged", "increased", "all", 80),
        ("Jag ser vad jag kan göra", "completed_time", "picture", "all", 90),
        ("Har en handlingsplan", "discharged", "plan_made", "all", 100),
        ("Har hittat sin väg", "discharged", "path_identified", "all", 100),
    ]
    new = Cooperation.objects.create(name="Ny samverkan")
    report = report_of(freeze_month(cooperation=new, month=AUGUST))
    assert [goal.verdict for goal in report.goals] == [Verdict.CANNOT] * 5
    assert [goal.why for goal in report.goals] == ["Det finns ingen att räkna."] * 5


def test_each_goal_tells_its_parts_and_whether_it_is_met(cast: Cast) -> None:
    report = report_of(freeze_month(cooperation=norrsken(cast), month=AUGUST))
    assert [goal.verdict for goal in report.goals] == [Verdict.MET, *[Verdict.NOT_MET] * 4]
    assert report.met == 1
    first = report.goals[0]
    assert [(row.label, row.text, row.of) for row in first.rows] == [
        ("Kvinnor", "86 %", "37 av 43"),
        ("Män", "84 %", "48 av 57"),
        ("Totalt", "85 %", "85 av 100"),
    ]
    assert [(row.label, row.text) for row in first.municipalities] == [("Arvidsjaur", "88 %"), ("Piteå", "83 %")]
    assert [place.name for place in first.places] == ["Arvidsjaur", "Piteå"]
    assert [row.no_answer for row in report.goals[1].rows] == [17, 27, 44]


def test_those_whose_gender_is_not_stated_are_their_own_row(cast: Cast) -> None:
    agreed(cast.cooperation, cast.soc_desk.agency)
    ways = [Way(gender=gender) for gender in ("woman", "man", "unknown")] * 12
    know(cast.cooperation, cast.soc_desk.agency, ways)
    report = report_of(freeze_month(cooperation=cast.cooperation, month=AUGUST))
    assert [row.label for row in report.goals[0].rows] == ["Kvinnor", "Män", "Uppgift saknas", "Totalt"]
    assert report.outcomes[0].columns == ["Kvinnor", "Män", "Uppgift saknas", "Totalt"]


def test_a_municipality_with_two_people_stands_nowhere_by_itself(cast: Cast) -> None:
    agreed(cast.cooperation, cast.soc_desk.agency)
    ways = [Way(gender=gender) for gender in ("woman", "man")] * 20
    know(cast.cooperation, cast.soc_desk.agency, [*ways, Way(place="Arvidsjaur"), Way(place="Arvidsjaur")])
    snapshot = freeze_month(cooperation=cast.cooperation, month=AUGUST)
    report = report_of(snapshot)
    assert "Arvidsjaur" not in [cell.label for goal in report.goals for cell in goal.municipalities]
    assert '"Arvidsjaur","*",2' not in snapshot.shown and '"Arvidsjaur","woman"' not in snapshot.shown


def test_only_the_coordinator_of_the_cooperation_decides_on_goals(cast: Cast) -> None:
    ensure_goals(cooperation=cast.cooperation)
    goal = goals_of(cast.cooperation)[0]
    other = CooperationRole.objects.create(
        cooperation=Cooperation.objects.get(name="Samverkan Arvidsjaur"),
        user=cast.coordinator.user,
        role=CooperationRoleKind.COORDINATOR,
    )
    for hat in (*cast.members.values(), cast.chair, other):
        with pytest.raises(NotAllowed):
            add_goal(by=hat, cooperation=cast.cooperation, **MINE)
        with pytest.raises(NotAllowed):
            end_goal(by=hat, goal=goal)
        with pytest.raises(NotAllowed):
            lower_threshold(by=hat, goal=goal, threshold=3, agreement="Avtal 7", reason="Få")
        with pytest.raises(NotAllowed):
            plan_enrolments(by=hat, cooperation=cast.cooperation, month=AUGUST, counts={"woman": 1})
    assert goals_of(cast.cooperation).count() == 5
    assert not PlannedEnrolment.objects.exists()


def test_a_goal_is_defined_once_at_a_time(cast: Cast) -> None:
    goal = add_goal(by=cast.coordinator, cooperation=cast.cooperation, **MINE)
    with pytest.raises(GoalExists, match="Går vidare"):
        add_goal(by=cast.coordinator, cooperation=cast.cooperation, **{**MINE, "name": "Samma sak"})
    end_goal(by=cast.coordinator, goal=goal)
    with pytest.raises(SomebodyWasFaster):
        end_goal(by=cast.coordinator, goal=goal)
    again = add_goal(by=cast.coordinator, cooperation=cast.cooperation, **MINE)
    assert [one.pk for one in goals_of(cast.cooperation)][-1] == again.pk
    assert access_goal(cast.coordinator, goal.pk) == goal, "what it was is still read"


@pytest.mark.parametrize(
    "wrong", [{"target": 0}, {"target": 101}, {"name": "  "}, {"population": "alla"}, {"event": "lycka"}]
)
def test_a_goal_that_is_no_definition_is_refused(cast: Cast, wrong: dict[str, Any]) -> None:
    with pytest.raises(DoesNotHold):
        add_goal(by=cast.coordinator, cooperation=cast.cooperation, **{**MINE, **wrong})


def test_a_goal_that_has_ended_is_in_no_later_month(cast: Cast) -> None:
    cooperation = norrsken(cast)
    ensure_goals(cooperation=cooperation)
    with time_machine.travel(moment(2014, 9, 20)):
        end_goal(by=cast.coordinator, goal=goals_of(cooperation)[0])
    assert len(report_of(freeze_month(cooperation=cooperation, month=AUGUST)).goals) == 5
    assert len(report_of(freeze_month(cooperation=cooperation, month=SEPTEMBER)).goals) == 4


# ---------- the threshold ----------
def test_a_lower_threshold_needs_an_agreement_a_reason_and_no_health(cast: Cast) -> None:
    ensure_goals(cooperation=cast.cooperation)
    by_event = {goal.event: goal for goal in goals_of(cast.cooperation)}
    plan = by_event[Event.PLAN_MADE]
    for threshold, agreement, reason, refusal in (
        (3, "", "Få i norr", ThresholdStays),
        (3, "Avtal 7", " ", ThresholdStays),
        (2, "Avtal 7", "Få i norr", DoesNotHold),
        (6, "Avtal 7", "Få i norr", DoesNotHold),
        (-1, "Avtal 7", "Få i norr", DoesNotHold),
    ):
        with pytest.raises(refusal):
            lower_threshold(by=cast.coordinator, goal=plan, threshold=threshold, agreement=agreement, reason=reason)
    with pytest.raises(ThresholdStays, match="hälsa"):
        lower_threshold(
            by=cast.coordinator, goal=by_event[Event.INCREASED], threshold=3, agreement="Avtal 7", reason="Få"
        )
    lower_threshold(by=cast.coordinator, goal=plan, threshold=3, agreement="Avtal 7", reason="Få i norr")
    result = report_of(freeze_month(cooperation=cast.cooperation, month=AUGUST)).goals[3]
    assert (result.threshold, result.threshold_agreement, result.threshold_reason) == (3, "Avtal 7", "Få i norr")
    lower_threshold(by=cast.coordinator, goal=plan, threshold=5, agreement="Avtal 7", reason="Få")
    assert Goal.objects.get(pk=plan.pk).threshold_agreement == ""


# ---------- what was planned ----------
def test_planned_and_actual_stand_beside_each_other(cast: Cast) -> None:
    cooperation = norrsken(cast)
    for month in (9, 10, 11):
        plan_enrolments(
            by=cast.coordinator,
            cooperation=cooperation,
            month=AUGUST.replace(year=2010, month=month, day=17),
            counts={"woman": 3, "man": 4},
        )
    row = report_of(freeze_month(cooperation=cooperation, month=AUGUST)).planned[0]
    assert (row.labels, row.planned, row.actual) == (["Kvinnor", "Män", "Totalt"], [9, 12, 21], [7, 6, 13])
    assert (f"{row.first:%Y-%m}", f"{row.last:%Y-%m}") == ("2010-09", "2010-11")
    plan_enrolments(by=cast.coordinator, cooperation=cooperation, month=row.first, counts={"woman": 0})
    assert [one.count for one in planned_of(cooperation)][1] == 0, "again: the new number stands"
    for wrong in ({"woman": -1}, {"man": 10_000}, {"annat": 1}):
        with pytest.raises(DoesNotHold):
            plan_enrolments(by=cast.coordinator, cooperation=cooperation, month=AUGUST, counts=wrong)
