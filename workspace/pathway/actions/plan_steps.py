"""Goals and steps. Each step is exactly one agency's, or the responsibility is disputed since a day (R36, R67)."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Max
from django.utils import timezone

from workspace.actions import action
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Agency, Membership
from workspace.pathway.actions.assessments import open_way
from workspace.pathway.actions.plans import note, open_plan
from workspace.pathway.errors import DatesDoNotFit, TextHasMoved
from workspace.pathway.models import Enrolment, PlanGoal, PlanStep
from workspace.pathway.queries.plans import agencies_of_way, base_of, goals_of, step_base, step_said
from workspace.pathway.states import PlanVerb, StepState

MOST = 50  # goals in a plan, and steps of a goal: more is no plan that anybody follows
TOO_MANY = "Planen har redan femtio sådana. Ta bort något först."
GONE = "Någon har tagit bort det. Så här ser planen ut nu."
HAS_STEPS = "Målet har steg. Ta bort dem först. Ett mål med steg som är klara står kvar."
NOT_OPEN = "Steget är inte kvar att göra. Öppna det igen först."
NOT_PARTY = "Den myndigheten är inte med i samverkan."
HAS_BEEN = "Dagen har redan varit. Skriv en dag som ligger framåt."
NO_REASON = "Skriv varför steget inte görs."


@dataclass(frozen=True)
class Step:
    """A step as it is written: what, who, by when. Nobody responsible is a responsibility that is disputed."""

    text: str
    responsible: Agency | None
    due_on: date


# ---------- goals ----------
@action
def add_goal(*, by: Membership, enrolment: Enrolment, text: str) -> PlanGoal:
    """A goal, last in the plan.

    Locks the participant, makes the plan where there is none, writes the goal, the history and an audit row. Tells
    nobody. Refuses whoever is no caseworker of the way's agency, a way that has ended, and more than `MOST` goals.
    """
    way = open_way(by, enrolment)
    plan = open_plan(way)
    standing = goals_of(plan)
    if standing.count() >= MOST:
        raise NotAllowed(TOO_MANY)
    last = standing.aggregate(last=Max("order"))["last"] or 0
    goal = PlanGoal.objects.create(plan=plan, text=text, order=last + 1)
    note(plan, PlanVerb.GOAL, by=by, way=way)
    return goal


@action
def change_goal(*, by: Membership, goal: PlanGoal, text: str, base: str) -> None:
    """Write a goal anew, from the text that `base_of` named. As `add_goal`; refuses also a goal that is taken away."""
    way, goal = _open_goal(by, goal)
    if goal.text == text:
        return
    if base_of(goal.text) != base:
        raise TextHasMoved(goal.text, base_of(goal.text))
    PlanGoal.objects.filter(pk=goal.pk).update(text=text)
    note(goal.plan, PlanVerb.GOAL, by=by, way=way)


@action
def remove_goal(*, by: Membership, goal: PlanGoal) -> None:
    """Take a goal away that has no steps but dropped ones. It stays in what was shown. As `add_goal`."""
    way, goal = _open_goal(by, goal)
    if goal.steps.exclude(state=StepState.DROPPED).exists():
        raise NotAllowed(HAS_STEPS)
    PlanGoal.objects.filter(pk=goal.pk).update(removed_at=timezone.now())
    note(goal.plan, PlanVerb.GOAL_REMOVED, by=by, way=way)


def _open_goal(by: Membership, goal: PlanGoal) -> tuple[Enrolment, PlanGoal]:
    """A goal that is to be written in, as it is now, under the lock of its participant."""
    way = open_way(by, goal.plan.enrolment)
    now = PlanGoal.objects.select_related("plan").filter(pk=goal.pk, removed_at__isnull=True).first()
    if now is None:
        raise SomebodyWasFaster(GONE)
    return way, now


# ---------- steps ----------
@action
def add_step(*, by: Membership, goal: PlanGoal, step: Step) -> PlanStep:
    """A step of a goal, last: one agency's, or with disputed responsibility from today (R67).

    Locks the participant, writes the step, the history and an audit row. Tells nobody. Refuses an agency that is not in
    the cooperation, a day that has been, more than `MOST` steps, and as `add_goal`.
    """
    way, goal = _open_goal(by, goal)
    if goal.steps.count() >= MOST:
        raise NotAllowed(TOO_MANY)
    _require_party(way, step.responsible)
    _require_ahead(step.due_on)
    last = goal.steps.aggregate(last=Max("order"))["last"] or 0
    made = PlanStep.objects.create(
        goal=goal,
        text=step.text,
        responsible=step.responsible,
        disputed_on=None if step.responsible else timezone.localdate(),
        due_on=step.due_on,
        order=last + 1,
    )
    note(goal.plan, PlanVerb.STEP if step.responsible else PlanVerb.DISPUTE, by=by, way=way, step=made)
    return made


@action
def change_step(*, by: Membership, step: PlanStep, new: Step, base: str) -> None:
    """Write a step anew: its text, its day, who is responsible. Who was disputed and is named now is settled (R67).

    As `add_step`; an agency and a day that the step has already are left in peace. What was disputed and still is keeps
    its day. Refuses also a step that is done or dropped, and `TextHasMoved` where somebody changed it meanwhile.
    """
    way, step = _open_step(by, step)
    if (step.text, step.responsible, step.due_on) == (new.text, new.responsible, new.due_on):
        return
    if step_base(step) != base:
        raise TextHasMoved(step_said(step), step_base(step))
    if new.responsible != step.responsible:
        _require_party(way, new.responsible)
    if new.due_on != step.due_on:
        _require_ahead(new.due_on)
    disputed_on = None if new.responsible else step.disputed_on or timezone.localdate()
    PlanStep.objects.filter(pk=step.pk).update(
        text=new.text, responsible=new.responsible, disputed_on=disputed_on, due_on=new.due_on
    )
    verb = PlanVerb.STEP
    if step.responsible and not new.responsible:
        verb = PlanVerb.DISPUTE
    elif new.responsible and not step.responsible:
        verb = PlanVerb.SETTLE
    note(step.goal.plan, verb, by=by, way=way, step=step)


@action
def finish_step(*, by: Membership, step: PlanStep) -> None:
    """A step is done, today. Locks the participant, writes the state, the history and an audit row. Tells nobody.

    Refuses one that is done or dropped already, others, and a way that has ended.
    """
    way, step = _open_step(by, step)
    PlanStep.objects.filter(pk=step.pk).update(state=StepState.DONE, done_on=timezone.localdate())
    note(step.goal.plan, PlanVerb.STEP_DONE, by=by, way=way, step=step)


@action
def drop_step(*, by: Membership, step: PlanStep, reason: str) -> None:
    """A step will not be done, and why: it stays in the plan and says so. As `finish_step`; refuses no reason."""
    if not reason:
        raise NotAllowed(NO_REASON)
    way, step = _open_step(by, step)
    PlanStep.objects.filter(pk=step.pk).update(state=StepState.DROPPED)
    note(step.goal.plan, PlanVerb.STEP_DROPPED, by=by, way=way, step=step, reason=reason)


@action
def reopen_step(*, by: Membership, step: PlanStep) -> None:
    """What was done or dropped is to be done after all. As `finish_step`; refuses one that is left to do already."""
    way, step = _fresh_step(by, step)
    if step.state == StepState.OPEN:
        raise SomebodyWasFaster("Steget är redan kvar att göra.")
    PlanStep.objects.filter(pk=step.pk).update(state=StepState.OPEN, done_on=None)
    note(step.goal.plan, PlanVerb.STEP_OPEN, by=by, way=way, step=step)


def _fresh_step(by: Membership, step: PlanStep) -> tuple[Enrolment, PlanStep]:
    """A step as it is now, under the lock of its participant."""
    way = open_way(by, step.goal.plan.enrolment)
    steps = PlanStep.objects.filter(pk=step.pk, goal__removed_at__isnull=True)
    now = steps.select_related("goal__plan", "responsible").first()
    if now is None:
        raise SomebodyWasFaster(GONE)
    return way, now


def _open_step(by: Membership, step: PlanStep) -> tuple[Enrolment, PlanStep]:
    way, now = _fresh_step(by, step)
    if now.state != StepState.OPEN:
        raise SomebodyWasFaster(NOT_OPEN)
    return way, now


def _require_party(way: Enrolment, agency: Agency | None) -> None:
    if agency is not None and not agencies_of_way(way).filter(pk=agency.pk).exists():
        raise NotAllowed(NOT_PARTY)


def _require_ahead(day: date) -> None:
    if day < timezone.localdate():
        raise DatesDoNotFit(HAS_BEEN)
