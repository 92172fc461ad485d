"""A plan as far as a test needs, with words in it that must not leak."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from tests.cast import Cast
from tests.pathway.stage import enrolled
from workspace.front.actions.way_plan import show_plan
from workspace.models import Agency, Participant
from workspace.pathway.actions.plan_steps import Step, add_goal, add_step, drop_step, finish_step
from workspace.pathway.actions.plans import write_own_words, write_path
from workspace.pathway.models import ActionPlan, Enrolment, PlanGoal, PlanStep, PlanVersion
from workspace.pathway.queries.plans import path_base
from workspace.pathway.states import EnrolmentState

OWN_WORDS = "Hemliga ord om hästar"
STRENGTH = "Hemligt bra på djur"
STAFF_WORDS = "Personalens hemliga text"
GOAL = "Hemligt mål om stallet"
STEP = "Hemligt steg, ringa stallet"


@dataclass
class Planned:
    """A way with a plan of one goal, a step of soc's, one of psyk's and one that is disputed."""

    cast: Cast
    way: Enrolment
    goal: PlanGoal
    steps: dict[str, PlanStep] = field(default_factory=dict)

    def show(self) -> PlanVersion:
        return show_plan(by=self.cast.soc, enrolment=self.way)

    def step(self, name: str) -> PlanStep:
        return PlanStep.objects.select_related("goal__plan__enrolment", "responsible").get(pk=self.steps[name].pk)


def soon(days: int = 20) -> date:
    return timezone.localdate() + timedelta(days=days)


def step_of(agency: Agency | None, text: str = STEP, days: int = 20) -> Step:
    return Step(text, agency, soon(days))


def planned(cast: Cast, *, person: Participant | None = None) -> Planned:
    """A plan that can be shown."""
    way = enrolled(cast, person=person)
    write_own_words(by=cast.soc, enrolment=way, own_words=OWN_WORDS, strengths=STRENGTH, version=1)
    write_path(
        by=cast.soc,
        enrolment=way,
        path_kind="public_employment_service",
        path_other="",
        no_path_reason="",
        base="",
    )
    goal = add_goal(by=cast.soc, enrolment=way, text=GOAL)
    made = Planned(cast, way, goal)
    for name, agency in (("soc", cast.soc.agency), ("psyk", cast.psyk.agency), ("disputed", None)):
        made.steps[name] = add_step(by=cast.soc, goal=goal, step=step_of(agency, f"{STEP} {name}"))
    return made


def end(way: Enrolment) -> None:
    """Discharged today, as far as writing is concerned."""
    Enrolment.objects.filter(pk=way.pk).update(state=EnrolmentState.DISCHARGED, ended_on=timezone.localdate())


def post(client: Client, url: str, **data: Any) -> Any:
    return client.post(url, data)


# ---------- in short real words, for whoever measures how easy they read ----------
def plan_in_words(cast: Cast) -> Enrolment:
    """A plan of a goal with three steps, one of them disputed, one done; without the participant's words and a path."""
    way = enrolled(cast)
    goal = add_goal(by=cast.soc, enrolment=way, text="Du provar på att jobba.")
    for text, agency in (("Ring stallet.", cast.soc.agency), ("Boka en tid.", cast.psyk.agency), ("Ordna resa.", None)):
        step = add_step(by=cast.soc, goal=goal, step=step_of(agency, text))
    finish_step(by=cast.soc, step=step)
    dropped = add_step(by=cast.soc, goal=goal, step=step_of(cast.soc.agency, "Köp skor."))
    drop_step(by=cast.soc, step=dropped, reason="Du har skor.")
    return way


def plan_shown(cast: Cast, way: Enrolment, **path: str) -> PlanVersion:
    """The plan with that path, shown."""
    said = {"path_kind": "", "path_other": "", "no_path_reason": "", **path}
    base = path_base(ActionPlan.objects.get(enrolment=way))
    write_path(by=cast.soc, enrolment=way, base=base, **said)
    return show_plan(by=cast.soc, enrolment=way)
