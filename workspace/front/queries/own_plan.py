"""The plan and the assessment as the participant's page shows them: their own words, and what they have been shown."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404

from workspace.front.queries.own_page import Somebody, plain_name, shape_of
from workspace.models import Agency, Participant
from workspace.pathway.models import ActionPlan, Enrolment, PlanAnswer, PlanStep, PlanVersion
from workspace.pathway.queries.assessments import QUESTIONS, read_assessment
from workspace.pathway.queries.enrolments import ways_of
from workspace.pathway.queries.plans import agencies_by_pk, plan_of, versions_of
from workspace.pathway.states import Area, EnrolmentState, StepState
from workspace.states import AgencyKind

# Where the way leads, as it may stand on a lost phone.
PLAIN_PATHS = {
    AgencyKind.SOCIAL_SERVICES: "Socialtjänsten",
    AgencyKind.REGION_PSYCHIATRY: "Vården",
    AgencyKind.DISABILITY_ACT: "Kommunen",
    AgencyKind.PUBLIC_EMPLOYMENT_SERVICE: "Arbetsförmedlingen",
    AgencyKind.SOCIAL_INSURANCE_AGENCY: "Försäkringskassan",
    AgencyKind.LABOUR_MARKET_UNIT: "Kommunen",
}


@dataclass(frozen=True)
class OwnStep:
    text: str
    who: Somebody | None  # None: nobody has the responsibility yet
    due_on: date
    is_done: bool
    done_on: date | None
    is_dropped: bool


@dataclass(frozen=True)
class OwnGoal:
    text: str
    steps: list[OwnStep]


@dataclass(frozen=True)
class OwnPlan:
    """What the participant has said, and below it the plan as they were shown it, with their newest answer."""

    plan: ActionPlan | None
    may_write: bool
    shown: PlanVersion | None
    goals: list[OwnGoal]
    path: str
    no_path: str
    answer: PlanAnswer | None

    @property
    def version(self) -> int:
        return self.plan.version if self.plan else 1

    @property
    def has_words(self) -> bool:
        return self.plan is not None and bool(self.plan.own_words or self.plan.strengths)

    @property
    def may_answer(self) -> bool:
        return self.may_write and self.shown is not None

    @property
    def waits(self) -> bool:
        """They have been shown a plan, and have not said anything of it."""
        return self.may_answer and self.answer is None


def own_way(participant: Participant) -> Enrolment | None:
    """The way that goes on, else the newest that has been."""
    ways = sorted(ways_of(participant), key=lambda way: way.state != EnrolmentState.ONGOING)
    return ways[0] if ways else None


def own_plan(participant: Participant) -> OwnPlan | None:
    """The participant's plan; None where they are on no way, or it ended before there was anything to read."""
    way = own_way(participant)
    if way is None:
        return None
    plan, goes_on = plan_of(way), way.state == EnrolmentState.ONGOING
    versions = versions_of(plan) if plan else []
    if not versions:
        is_empty = plan is None or not (plan.own_words or plan.strengths)
        return None if is_empty and not goes_on else OwnPlan(plan, goes_on, None, [], "", "", None)
    newest, content = versions[0], versions[0].content
    kind = content["path_kind"]
    return OwnPlan(
        plan=plan,
        may_write=goes_on,
        shown=newest.version,
        goals=_goals(content),
        path=PLAIN_PATHS[AgencyKind(kind)] if kind else content["path_other"],
        no_path=content["no_path_reason"],
        answer=newest.answer,
    )


def _goals(content: dict[str, Any]) -> list[OwnGoal]:
    """The goals as they were shown. That a step has been done since is said: it is no other plan."""
    agencies = agencies_by_pk(content)
    numbers = [step["step"] for goal in content["goals"] for step in goal["steps"]]
    now = PlanStep.objects.in_bulk(numbers)
    return [
        OwnGoal(goal["text"], [_step(step, now.get(step["step"]), agencies) for step in goal["steps"]])
        for goal in content["goals"]
    ]


def _step(then: dict[str, Any], now: PlanStep | None, agencies: dict[int, Agency]) -> OwnStep:
    agency = agencies.get(then["responsible"])
    is_done = now is not None and now.state == StepState.DONE
    return OwnStep(
        text=then["text"],
        who=Somebody(plain_name(agency), shape_of(agency)) if agency else None,
        due_on=date.fromisoformat(then["due_on"]),
        is_done=is_done,
        done_on=now.done_on if now is not None and is_done else None,
        is_dropped=then["state"] == StepState.DROPPED,
    )


def access_own_version(participant: Participant, pk: int) -> PlanVersion:
    """The version that the participant was last shown, or the same 404 as for one that does not exist."""
    found = own_plan(participant)
    if found is None or not found.may_answer or found.shown is None or found.shown.pk != pk:
        raise Http404
    return found.shown


# ---------- «Om mig» ----------
@dataclass(frozen=True)
class OwnArea:
    """One area with the participant's words in it, and never staff's."""

    area: Area
    label: str
    question: str
    text: str
    number: int
    taken_down: bool


def access_own_way(participant: Participant) -> Enrolment:
    """The way that goes on; 404 where there is none, for then there is nothing to write in."""
    way = own_way(participant)
    if way is None or way.state != EnrolmentState.ONGOING:
        raise Http404
    return way


def own_areas(way: Enrolment) -> list[OwnArea]:
    """The nine areas, what is asked in each and what the participant has said."""
    return [
        OwnArea(
            area=shown.area,
            label=shown.label,
            question=QUESTIONS[shown.area],
            text=shown.participant.text,
            number=shown.participant.number,
            taken_down=shown.participant.newest is not None and shown.participant.newest.browser_id is None,
        )
        for shown in read_assessment(way)
    ]


def access_own_area(way: Enrolment, code: str) -> OwnArea:
    found = next((area for area in own_areas(way) if area.area == code), None)
    if found is None:
        raise Http404
    return found
