"""A way's action plan: as it stands, as it was shown, and what has happened with it. Ask only where it may be read.

What the steering group learns is how many steps nobody has the responsibility for, and since when: never whose.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.db.models import Count, Min, Q, QuerySet
from django.http import Http404

from workspace.models import Agency, CooperationAgency, Membership
from workspace.pathway.models import (
    ActionPlan,
    Enrolment,
    PlanAnswer,
    PlanEvent,
    PlanGoal,
    PlanStep,
    PlanVersion,
)
from workspace.pathway.states import EnrolmentState, PlanVerb, PlanVerdict, StepState
from workspace.rules import active_on
from workspace.states import AgencyKind
from workspace.swedish import say_date

T = TypeVar("T")
NO_GOAL = "Skriv minst ett mål."
NO_STEP = "Skriv minst ett steg."
NO_PATH = "Skriv vägen vidare, eller varför det inte finns någon än."


# ---------- what a save begins from ----------
def base_of(*values: object) -> str:
    """Which text a save begins from, in short: a save of another is told so. Empty for nothing."""
    said = ["" if value is None else str(value) for value in values]
    return hashlib.sha256("\0".join(said).encode()).hexdigest()[:16] if any(said) else ""


def obstacles_base(plan: ActionPlan | None) -> str:
    return base_of(plan.obstacles) if plan else ""


def path_base(plan: ActionPlan | None) -> str:
    return base_of(plan.path_kind, plan.path_other, plan.no_path_reason) if plan else ""


def step_base(step: PlanStep) -> str:
    return base_of(step.text, step.responsible_id, step.disputed_on, step.due_on)


def path_said(plan: ActionPlan | None) -> str:
    """The path on in words; empty where neither it nor why there is none is written."""
    return _path(plan.path_kind, plan.path_other, plan.no_path_reason) if plan else ""


def path_then(content: dict[str, Any]) -> str:
    """The same, of a version."""
    return _path(content["path_kind"], content["path_other"], content["no_path_reason"])


def _path(kind: str, other: str, reason: str) -> str:
    if kind:
        return capitalised(AgencyKind(kind).label)
    return other or (f"Ingen väg än: {reason}" if reason else "")


def words_said(plan: ActionPlan | None) -> str:
    """The participant's words of a plan as one text, for whoever wrote at the same time."""
    if plan is None:
        return ""
    lines = [("Med egna ord", plan.own_words), ("Styrkor", plan.strengths)]
    return "\n".join(f"{label}: {text}" for label, text in lines if text)


def step_said(step: PlanStep) -> str:
    """A step as one text, for whoever wrote at the same time."""
    who = step.responsible.name if step.responsible else "Oklart ansvar"
    return f"{step.text}\n{who}, senast {say_date(step.due_on)}"


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


# ---------- the parts ----------
def plan_of(enrolment: Enrolment) -> ActionPlan | None:
    return ActionPlan.objects.filter(enrolment=enrolment).select_related("taken_down_by__user").first()


def goals_of(plan: ActionPlan) -> QuerySet[PlanGoal]:
    """The goals that stand."""
    return PlanGoal.objects.filter(plan=plan, removed_at__isnull=True).order_by("order", "pk")


def steps_of(plan: ActionPlan) -> QuerySet[PlanStep]:
    """The steps of the goals that stand, also those done and dropped."""
    found = PlanStep.objects.filter(goal__plan=plan, goal__removed_at__isnull=True)
    return found.select_related("responsible", "goal").order_by("order", "pk")


def agencies_of_way(enrolment: Enrolment) -> QuerySet[Agency]:
    """Who can have the responsibility for a step: the way's own agency, and those of its cooperation today."""
    parties = CooperationAgency.objects.filter(active_on(), cooperation=enrolment.cooperation_id)
    joined = Q(pk__in=parties.values("agency"), left_on__isnull=True)
    return Agency.objects.filter(joined | Q(pk=enrolment.agency_id)).order_by("name")


def words_are_theirs(plan: ActionPlan) -> bool:
    """The participant has written in the plan themselves: staff take nothing down any more (R35)."""
    return PlanEvent.objects.filter(plan=plan, verb=PlanVerb.WRITE, browser__isnull=False).exists()


# ---------- what is frozen ----------
def content_of(plan: ActionPlan, goals: Sequence["GoalShown"]) -> dict[str, Any]:
    """What the participant is shown of a plan, as plain data. Obstacles are staff's own note and not among it."""
    return {
        "own_words": plan.own_words,
        "strengths": plan.strengths,
        "taken_down": plan.taken_down_by_id is not None,
        "goals": [
            {"goal": one.goal.pk, "text": one.goal.text, "steps": [_frozen(step) for step in one.steps]}
            for one in goals
        ],
        "path_kind": plan.path_kind,
        "path_other": plan.path_other,
        "no_path_reason": plan.no_path_reason,
    }


def _frozen(step: PlanStep) -> dict[str, Any]:
    return {
        "step": step.pk,
        "text": step.text,
        "responsible": step.responsible_id,
        "responsible_name": step.responsible.name if step.responsible else "",
        "due_on": step.due_on.isoformat(),
        "state": step.state,
    }


def agencies_by_pk(content: dict[str, Any]) -> dict[int, Agency]:
    """The agencies that have the responsibility for a version's steps."""
    return Agency.objects.in_bulk(
        {step["responsible"] for goal in content["goals"] for step in goal["steps"] if step["responsible"]}
    )


WORDS = ("own_words", "strengths", "taken_down")


def _agreed(content: dict[str, Any]) -> tuple[Any, ...]:
    """What of a content makes the plan another one: that a step is done, or an agency has a new name, does not."""
    goals = [
        (
            goal["goal"],
            goal["text"],
            [
                (step["step"], step["text"], step["responsible"], step["due_on"], step["state"] == StepState.DROPPED)
                for step in goal["steps"]
            ],
        )
        for goal in content["goals"]
    ]
    return goals, content["path_kind"], content["path_other"], content["no_path_reason"]


# ---------- the plan as it reads ----------
@dataclass(frozen=True)
class GoalShown:
    goal: PlanGoal
    steps: list[PlanStep]

    @property
    def stands(self) -> bool:
        """It has something that is to be done or is done, and is not taken away."""
        return any(step.state != StepState.DROPPED for step in self.steps)


@dataclass(frozen=True)
class VersionShown:
    """A version as it was shown, with the newest answer to it."""

    version: PlanVersion
    content: dict[str, Any]
    answer: PlanAnswer | None

    @property
    def is_confirmed(self) -> bool:
        return self.answer is not None and self.answer.verdict == PlanVerdict.CONFIRMED


@dataclass(frozen=True)
class HistoryRow:
    """Who did what, when. Of the participant there is no member."""

    at: datetime
    member: Membership | None
    label: str
    about: str  # the step it was done to
    reason: str


@dataclass(frozen=True)
class PlanShown:
    """A plan as it stands, for whoever may read the way. Nothing is written yet where `plan` is None."""

    plan: ActionPlan | None
    words_are_theirs: bool
    goals: list[GoalShown]
    versions: list[VersionShown]  # the newest first
    history: list[HistoryRow]  # the newest first
    changed: str  # since it was shown: "" not, "words" only the participant's own, "plan" else

    @property
    def newest(self) -> VersionShown | None:
        return self.versions[0] if self.versions else None

    @property
    def path(self) -> str:
        return path_said(self.plan)

    @property
    def steps(self) -> list[PlanStep]:
        return [step for one in self.goals for step in one.steps]

    @property
    def open_steps(self) -> list[PlanStep]:
        """What is left to do, the soonest first."""
        return sorted((step for step in self.steps if step.state == StepState.OPEN), key=lambda step: step.due_on)

    @property
    def lacks(self) -> list[str]:
        """What must be written before the participant can be shown the plan (R36, R37)."""
        found = [] if self.goals else [NO_GOAL]
        found += [] if any(step.state != StepState.DROPPED for step in self.steps) else [NO_STEP]
        return found + ([] if self.path else [NO_PATH])


def read_plan(enrolment: Enrolment) -> PlanShown:
    """All there is of a way's plan. The same number of queries for any number of goals and steps."""
    plan = plan_of(enrolment)
    if plan is None:
        return PlanShown(None, False, [], [], [], "")
    steps: dict[int, list[PlanStep]] = {}
    for step in steps_of(plan):
        steps.setdefault(step.goal_id, []).append(step)
    goals = [GoalShown(goal, steps.get(goal.pk, [])) for goal in goals_of(plan)]
    versions, events = versions_of(plan), _events_of(plan)
    theirs = any(event.verb == PlanVerb.WRITE and event.browser_id is not None for event in events)
    changed = ""
    if versions:
        then, now = versions[0].content, content_of(plan, goals)
        if _agreed(then) != _agreed(now):
            changed = "plan"
        elif any(then[name] != now[name] for name in WORDS):
            changed = "words" if theirs else "plan"
    return PlanShown(plan, theirs, goals, versions, [_told(event) for event in events], changed)


def versions_of(plan: ActionPlan) -> list[VersionShown]:
    """What the participant has been shown, the newest first, each with the newest answer to it."""
    answers: dict[int, PlanAnswer] = {}
    for answer in PlanAnswer.objects.filter(version__plan=plan).select_related("registered_by__user").order_by("pk"):
        answers[answer.version_id] = answer
    versions = PlanVersion.objects.filter(plan=plan).select_related("made_by__user", "plan").order_by("-number")
    return [VersionShown(version, json.loads(version.content), answers.get(version.pk)) for version in versions]


def _events_of(plan: ActionPlan) -> list[PlanEvent]:
    events = PlanEvent.objects.filter(plan=plan).select_related("member__user", "member__agency", "step")
    return list(events.order_by("-made_at", "-pk"))


def _told(event: PlanEvent) -> HistoryRow:
    label = event.get_verb_display()
    if event.verb in {PlanVerb.CONFIRM, PlanVerb.DIFFER} and event.member is not None:
        label = f"skrev in att deltagaren {label}"
    elif event.verb == PlanVerb.WRITE and event.reason == OBSTACLES:
        label = "skrev om hinder"
    reason = event.reason if event.verb == PlanVerb.STEP_DROPPED else ""
    return HistoryRow(event.made_at, event.member, label, event.step.text if event.step else "", reason)


OBSTACLES = "hinder"  # what a WRITE was about, where it was not the participant's words


# ---------- one of them ----------
def access_goal(enrolment: Enrolment, pk: int) -> PlanGoal:
    """A goal that stands in this way's plan, or the same 404 as for one that does not exist."""
    goals = PlanGoal.objects.filter(plan__enrolment=enrolment, removed_at__isnull=True)
    return _found(goals.select_related("plan__enrolment").filter(pk=pk).first())


def access_step(enrolment: Enrolment, pk: int) -> PlanStep:
    """A step of this way's plan, or the same 404 as for one that does not exist."""
    steps = PlanStep.objects.filter(goal__plan__enrolment=enrolment, goal__removed_at__isnull=True)
    return _found(steps.select_related("responsible", "goal__plan__enrolment").filter(pk=pk).first())


def access_version(enrolment: Enrolment, number: int) -> VersionShown:
    """What was shown under a number, or the same 404 as for one that was not."""
    plan = plan_of(enrolment)
    return _found(next((one for one in versions_of(plan) if one.version.number == number), None) if plan else None)


def _found(one: T | None) -> T:
    if one is None:
        raise Http404
    return one


# ---------- disputed responsibility, for a cooperation ----------
@dataclass(frozen=True)
class DisputedSteps:
    """How many steps nobody has the responsibility for in one agency's plans, and since when. Never whose, or what."""

    agency: Agency
    number: int
    oldest_on: date


def disputed_steps_of(cooperation: int) -> list[DisputedSteps]:
    """What the steering group sees of steps with disputed responsibility (R67): per agency, the oldest first."""
    rows = (
        PlanStep.objects.filter(
            disputed_on__isnull=False,
            state=StepState.OPEN,
            goal__removed_at__isnull=True,
            goal__plan__enrolment__cooperation=cooperation,
            goal__plan__enrolment__state=EnrolmentState.ONGOING,
        )
        .order_by()
        .values("goal__plan__enrolment__agency")
        .annotate(number=Count("pk"), oldest=Min("disputed_on"))
    )
    agencies = Agency.objects.in_bulk([row["goal__plan__enrolment__agency"] for row in rows])
    found = [
        DisputedSteps(agencies[row["goal__plan__enrolment__agency"]], row["number"], row["oldest"]) for row in rows
    ]
    return sorted(found, key=lambda one: (one.oldest_on, one.agency.name))
