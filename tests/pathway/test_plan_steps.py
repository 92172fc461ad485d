"""Goals and steps: exactly one agency or disputed, done or dropped, and what the steering group learns (R67)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.cast import SECRET_NAME, Cast, make_participant, make_user
from tests.meetings.talk_calls import at_once
from tests.pathway.plan_stage import GOAL, STEP, Planned, end, planned, soon, step_of
from tests.pathway.stage import enrolled
from tests.referrals.journeys import undone
from workspace.errors import Refusal, SomebodyWasFaster
from workspace.models import CooperationAgency, CooperationRole
from workspace.pathway.actions.plan_steps import (
    GONE,
    HAS_STEPS,
    NOT_OPEN,
    Step,
    add_goal,
    add_step,
    change_step,
    drop_step,
    finish_step,
    reopen_step,
)
from workspace.pathway.errors import DatesDoNotFit
from workspace.pathway.models import PlanEvent, PlanGoal, PlanStep
from workspace.pathway.queries.plans import disputed_steps_of, read_plan, step_base
from workspace.pathway.states import PlanVerb, StepState
from workspace.rules import Hat
from workspace.states import CooperationRoleKind

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]


def change(made: Planned, name: str, new: Step) -> None:
    step = made.step(name)
    change_step(by=made.cast.soc, step=step, new=new, base=step_base(step))


def verbs(made: Planned, name: str) -> list[str]:
    return list(PlanEvent.objects.filter(step=made.steps[name]).values_list("verb", flat=True))


def url(made: Planned, name: str, step: str) -> str:
    return reverse(name, args=[made.way.pk, made.steps[step].pk])


# ---------- whose it is ----------
def test_the_database_refuses_a_step_of_nobody_and_one_both_somebodys_and_disputed(cast: Cast) -> None:
    goal = planned(cast).goal
    for bad in ({}, {"responsible": cast.soc.agency, "disputed_on": timezone.localdate()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PlanStep.objects.create(goal=goal, text="x", due_on=soon(), **bad)


def test_a_step_is_disputed_since_a_day_until_somebody_is_named(cast: Cast) -> None:
    made = planned(cast)
    day = made.step("disputed").disputed_on
    assert day == timezone.localdate() and made.step("disputed").responsible is None
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        change(made, "disputed", step_of(None, "Andra ord"))
        assert made.step("disputed").disputed_on == day, "the first day stands"
        change(made, "disputed", step_of(cast.psyk.agency, "Andra ord"))
        assert (made.step("disputed").responsible, made.step("disputed").disputed_on) == (cast.psyk.agency, None)
        change(made, "disputed", step_of(None, "Andra ord"))
        assert made.step("disputed").disputed_on == timezone.localdate()
    assert verbs(made, "disputed") == [PlanVerb.DISPUTE, PlanVerb.STEP, PlanVerb.SETTLE, PlanVerb.DISPUTE]


def test_only_the_agencies_of_the_cooperation_can_be_responsible(cast: Cast, as_hat: AsHat) -> None:
    made, client = planned(cast), as_hat(cast.soc)
    add = reverse("add_plan_step", args=[made.way.pk, made.goal.pk])
    form = client.get(add).content.decode()
    for agency in (cast.soc.agency, cast.psyk.agency, cast.fk.agency):
        assert agency.name in form
    assert cast.outsider.agency.name not in form
    before = PlanStep.objects.count()
    for bad in (str(cast.outsider.agency_id), "", "9" * 30, "alla"):
        got = client.post(add, {"text": "Ett steg", "responsible": bad, "due_on": soon().isoformat()})
        assert got.status_code == 422 and "Ett steg" in got.content.decode()
    assert PlanStep.objects.count() == before
    with pytest.raises(Refusal):
        add_step(by=cast.soc, goal=made.goal, step=step_of(cast.outsider.agency))


def test_an_agency_that_has_left_keeps_its_step_and_gets_no_new_one(cast: Cast, as_hat: AsHat) -> None:
    made, client = planned(cast), as_hat(cast.soc)
    yesterday = timezone.localdate() - timedelta(days=1)
    CooperationAgency.objects.filter(agency=cast.psyk.agency).update(from_on=date(2020, 1, 1), to_on=yesterday)
    assert cast.psyk.agency.name in client.get(url(made, "change_plan_step", "psyk")).content.decode()
    change(made, "psyk", step_of(cast.psyk.agency, "Samma ansvar"))
    assert made.step("psyk").text == "Samma ansvar"
    with pytest.raises(Refusal):
        change(made, "soc", step_of(cast.psyk.agency))


# ---------- days ----------
def test_a_new_step_is_never_late_from_the_start_and_an_old_day_may_stay(cast: Cast, as_hat: AsHat) -> None:
    made, client = planned(cast), as_hat(cast.soc)
    add = reverse("add_plan_step", args=[made.way.pk, made.goal.pk])
    data = {"text": "Ett steg", "responsible": str(cast.soc.agency_id)}
    for bad in (soon(-1).isoformat(), "29 februari 2027", "i morgon", "9999-99-99", "31 dec 1800", ""):
        got = client.post(add, {**data, "due_on": bad})
        assert got.status_code == 422 and bad in got.content.decode(), bad
    with pytest.raises(DatesDoNotFit):
        add_step(by=cast.soc, goal=made.goal, step=step_of(cast.soc.agency, days=-1))
    assert client.post(add, {**data, "due_on": "29 februari 2028"}).status_code in {302, 422}
    assert client.post(add, {**data, "due_on": soon(0).isoformat()}).status_code == 302
    PlanStep.objects.filter(pk=made.steps["soc"].pk).update(due_on=soon(-5))
    change(made, "soc", step_of(cast.soc.agency, "Ny text", days=-5))
    assert made.step("soc").text == "Ny text", "its day has been, and was not touched"
    with pytest.raises(DatesDoNotFit):
        change(made, "soc", step_of(cast.soc.agency, "Ny text", days=-4))


# ---------- done, dropped, open again ----------
def test_every_verb_in_every_state_of_a_step(cast: Cast) -> None:
    made = planned(cast)
    verbs_of: dict[str, Callable[[PlanStep], Any]] = {
        "finish": lambda step: finish_step(by=cast.soc, step=step),
        "drop": lambda step: drop_step(by=cast.soc, step=step, reason="Behövs inte"),
        "reopen": lambda step: reopen_step(by=cast.soc, step=step),
        "change": lambda step: change_step(
            by=cast.soc, step=step, new=step_of(cast.fk.agency, "Nytt"), base=step_base(step)
        ),
    }
    ways: dict[StepState, list[str]] = {
        StepState.OPEN: [],
        StepState.DONE: ["finish"],
        StepState.DROPPED: ["drop"],
    }
    allowed = {
        StepState.OPEN: {"finish", "drop", "change"},
        StepState.DONE: {"reopen"},
        StepState.DROPPED: {"reopen"},
    }
    for name in ("soc", "disputed"):
        for state, way in ways.items():
            for verb, act in verbs_of.items():
                with undone():
                    for earlier in way:
                        verbs_of[earlier](made.step(name))
                    before = PlanEvent.objects.count()
                    if verb in allowed[state]:
                        act(made.step(name))
                        assert PlanEvent.objects.count() == before + 1
                    else:
                        with pytest.raises(SomebodyWasFaster):
                            act(made.step(name))
                        assert PlanEvent.objects.count() == before
                    step = made.step(name)
                    assert (step.done_on is not None) == (step.state == StepState.DONE)


def test_a_dropped_step_stays_and_says_why(cast: Cast, as_hat: AsHat) -> None:
    made, client = planned(cast), as_hat(cast.soc)
    drop = url(made, "drop_plan_step", "soc")
    assert client.post(drop, {"reason": "  "}).status_code == 422
    assert client.post(drop, {"reason": "Stallet har stängt"}).status_code == 302
    body = client.get(reverse("way_plan", args=[made.way.pk])).content.decode()
    assert f"{STEP} soc" in body and "Görs inte" in body and "Varför: Stallet har stängt" in body
    assert client.get(drop).status_code == 403
    assert client.post(url(made, "finish_plan_step", "soc")).status_code == 409
    assert NOT_OPEN in client.post(url(made, "finish_plan_step", "soc")).content.decode()
    assert client.post(url(made, "reopen_plan_step", "soc")).status_code == 302
    assert client.post(url(made, "finish_plan_step", "soc")).status_code == 302
    assert verbs(made, "soc") == [PlanVerb.STEP, PlanVerb.STEP_DROPPED, PlanVerb.STEP_OPEN, PlanVerb.STEP_DONE]


def test_a_goal_with_steps_is_not_taken_away_and_one_without_is(cast: Cast, as_hat: AsHat) -> None:
    made, client = planned(cast), as_hat(cast.soc)
    got = client.post(reverse("remove_plan_goal", args=[made.way.pk, made.goal.pk]))
    assert got.status_code == 403 and HAS_STEPS in got.content.decode()
    empty = add_goal(by=cast.soc, enrolment=made.way, text="Ett mål till")
    address = reverse("remove_plan_goal", args=[made.way.pk, empty.pk])
    assert address in client.get(reverse("way_plan", args=[made.way.pk])).content.decode()
    assert client.post(address, {"once": "a"}).status_code == 302
    assert client.post(address, {"once": "a"}).status_code == 302, "the same form again"
    assert client.post(address, {"once": "b"}).status_code == 404
    assert [one.goal.text for one in read_plan(made.way).goals] == [GOAL]
    with pytest.raises(SomebodyWasFaster, match=GONE):
        add_step(by=cast.soc, goal=PlanGoal.objects.get(pk=empty.pk), step=step_of(None))


def test_steps_and_goals_of_another_plan_are_not_found(cast: Cast, as_hat: AsHat) -> None:
    made = planned(cast)
    other = planned(cast, person=make_participant(cast.soc_desk, "Annan", "Person"))
    client, mine, theirs = as_hat(cast.soc), made.way.pk, other.steps["soc"].pk
    for name, number in (
        ("change_plan_step", theirs),
        ("drop_plan_step", theirs),
        ("change_plan_goal", other.goal.pk),
        ("add_plan_step", other.goal.pk),
        ("change_plan_step", 10**20),
    ):
        assert client.get(reverse(name, args=[mine, number])).status_code == 404, name
    for name, number in (
        ("finish_plan_step", theirs),
        ("reopen_plan_step", theirs),
        ("remove_plan_goal", other.goal.pk),
    ):
        assert client.post(reverse(name, args=[mine, number])).status_code == 404, name
    assert other.step("soc").state == StepState.OPEN


@pytest.mark.postgres
def test_a_step_done_and_dropped_at_the_same_moment_is_one_of_them(cast: Cast, committed_db: None) -> None:
    made = planned(cast)
    refused = at_once(
        lambda: finish_step(by=cast.soc, step=made.step("soc")),
        lambda: drop_step(by=cast.soc_2, step=made.step("soc"), reason="Behövs inte"),
    )
    assert len(refused) == 1 and len(verbs(made, "soc")) == 2
    assert (made.step("soc").done_on is None) == (made.step("soc").state == StepState.DROPPED)


# ---------- what the steering group learns ----------
def test_the_steering_group_sees_how_many_and_since_when_and_never_whose(cast: Cast, as_hat: AsHat) -> None:
    made = planned(cast)
    other = planned(cast, person=make_participant(cast.soc_desk, "Ebbahemlig", "Person"))
    add_step(by=cast.soc, goal=other.goal, step=step_of(None, "Ännu ett hemligt"))
    PlanStep.objects.filter(pk=made.steps["disputed"].pk).update(disputed_on=soon(-40))
    finish_step(by=cast.soc, step=other.step("disputed"))  # done: no longer anybody's to argue about
    steering = CooperationRole.objects.create(
        user=make_user("styr"), cooperation=cast.cooperation, role=CooperationRoleKind.STEERING
    )
    (row,) = disputed_steps_of(cast.cooperation.pk)
    assert (row.agency, row.number, row.oldest_on) == (cast.soc.agency, 2, soon(-40))
    for hat in (cast.chair, steering):
        body = as_hat(hat).get(reverse("disputes")).content.decode()
        assert "Steg i handlingsplaner" in body and ">2</td>" in body
        for gone in (SECRET_NAME, "Ebbahemlig", STEP, GOAL, "Ännu ett hemligt", f"/vagen/{made.way.pk}"):
            assert gone not in body
    for hat in (cast.coordinator, cast.soc, cast.soc_manager):
        assert as_hat(hat).get(reverse("disputes")).status_code == 404
    end(made.way)
    change(other, "psyk", step_of(None))
    assert [row.number for row in disputed_steps_of(cast.cooperation.pk)] == [2], "one ended, one is new"


def test_a_cooperation_sees_no_disputed_steps_of_another(cast: Cast, as_hat: AsHat) -> None:
    planned(cast)
    elsewhere = CooperationRole.objects.create(
        user=make_user("annan"),
        cooperation=cast.two_hats[1].agency.parties.get().cooperation,
        role=CooperationRoleKind.CHAIR,
    )
    assert "Steg i handlingsplaner" not in as_hat(elsewhere).get(reverse("disputes")).content.decode()
    assert disputed_steps_of(elsewhere.cooperation_id) == []


def test_a_plan_holds_no_more_than_anybody_follows(cast: Cast) -> None:
    way = enrolled(cast)
    for number in range(50):
        goal = add_goal(by=cast.soc, enrolment=way, text=f"Mål {number}")
    with pytest.raises(Refusal):
        add_goal(by=cast.soc, enrolment=way, text="Ett till")
    PlanStep.objects.bulk_create(
        PlanStep(goal=goal, text=f"{number}", responsible=cast.soc.agency, due_on=soon()) for number in range(50)
    )
    with pytest.raises(Refusal):
        add_step(by=cast.soc, goal=goal, step=step_of(None))
