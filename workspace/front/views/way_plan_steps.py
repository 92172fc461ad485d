"""Goals and steps of the plan: written, done, dropped, and whose responsibility they are (R36, R67)."""

from django import forms
from django.http import HttpResponse
from django.views.decorators.http import require_POST

from workspace.doors import MemberRequest, member_page
from workspace.errors import NotAllowed
from workspace.front.views.way_plan import at_once
from workspace.front.views.way_plan_writing import act_page, posted, writable
from workspace.pathway.actions import plan_steps
from workspace.pathway.actions.plan_steps import Step
from workspace.pathway.forms.plans import DISPUTED, DropForm, GoalForm, StepForm
from workspace.pathway.models import Enrolment, PlanStep
from workspace.pathway.queries.plans import (
    access_goal,
    access_step,
    agencies_of_way,
    base_of,
    step_base,
    step_said,
)
from workspace.pathway.states import StepState


# ---------- goals ----------
@member_page
def add_goal(request: MemberRequest, pk: int) -> HttpResponse:
    way = writable(request, pk)
    form = GoalForm(posted(request))
    return act_page(
        request,
        way,
        form,
        lambda: plan_steps.add_goal(by=request.hat, enrolment=way, text=form.cleaned_data["text"]),
        name=f"add_plan_goal {pk}",
        title="Nytt mål",
        button="Spara målet",
        done="Målet är sparat.",
    )


@member_page
def change_goal(request: MemberRequest, pk: int, goal: int) -> HttpResponse:
    way = writable(request, pk)
    found = access_goal(way, goal)
    form = GoalForm(posted(request), initial={"text": found.text, "base": base_of(found.text)})

    def moved() -> tuple[forms.Form, str] | None:
        now = access_goal(way, goal).text
        if base_of(now) == form.cleaned_data["base"]:
            return None
        return GoalForm(initial=form.cleaned_data | {"base": base_of(now)}), now

    return act_page(
        request,
        way,
        form,
        lambda: plan_steps.change_goal(by=request.hat, goal=found, **form.cleaned_data),
        moved=moved,
        name=f"change_plan_goal {goal}",
        title="Ändra målet",
        button="Spara målet",
        done="Målet är ändrat.",
    )


@require_POST
@member_page
def remove_goal(request: MemberRequest, pk: int, goal: int) -> HttpResponse:
    way = writable(request, pk)
    found = access_goal(way, goal)
    return at_once(
        request,
        way,
        lambda: plan_steps.remove_goal(by=request.hat, goal=found),
        f"remove_plan_goal {goal}",
        "Målet är borttaget.",
    )


# ---------- steps ----------
@member_page
def add_step(request: MemberRequest, pk: int, goal: int) -> HttpResponse:
    way = writable(request, pk)
    found = access_goal(way, goal)
    form = StepForm(posted(request), agencies=list(agencies_of_way(way)))
    return act_page(
        request,
        way,
        form,
        lambda: plan_steps.add_step(by=request.hat, goal=found, step=_step_of(form)),
        name=f"add_plan_step {goal}",
        title="Nytt steg",
        lede=found.text,
        button="Spara steget",
        done="Steget är sparat.",
    )


def _step_of(form: StepForm) -> Step:
    return Step(form.cleaned_data["text"], form.chosen, form.cleaned_data["due_on"])


@member_page
def change_step(request: MemberRequest, pk: int, step: int) -> HttpResponse:
    """Write a step anew. Naming who is responsible where that was disputed settles it."""
    way = writable(request, pk)
    found = _left_to_do(way, step)
    agencies = list(agencies_of_way(way))
    initial = {
        "text": found.text,
        "due_on": found.due_on,
        "responsible": str(found.responsible_id or DISPUTED),
        "base": step_base(found),
    }
    form = StepForm(posted(request), agencies=agencies, known=found, initial=initial)

    def moved() -> tuple[forms.Form, str] | None:
        now = access_step(way, step)
        if step_base(now) == form.cleaned_data["base"]:
            return None
        kept = form.cleaned_data | {"base": step_base(now)}
        return StepForm(agencies=agencies, known=now, initial=kept), step_said(now)

    return act_page(
        request,
        way,
        form,
        lambda: plan_steps.change_step(by=request.hat, step=found, new=_step_of(form), base=form.cleaned_data["base"]),
        moved=moved,
        name=f"change_plan_step {step}",
        title="Ändra steget",
        button="Spara steget",
        done="Steget är ändrat.",
    )


def _left_to_do(way: Enrolment, pk: int) -> PlanStep:
    found = access_step(way, pk)
    if found.state != StepState.OPEN:
        raise NotAllowed(plan_steps.NOT_OPEN)
    return found


@require_POST
@member_page
def finish_step(request: MemberRequest, pk: int, step: int) -> HttpResponse:
    way = writable(request, pk)
    found = access_step(way, step)
    return at_once(
        request,
        way,
        lambda: plan_steps.finish_step(by=request.hat, step=found),
        f"finish_plan_step {step}",
        "Steget är klart.",
    )


@require_POST
@member_page
def reopen_step(request: MemberRequest, pk: int, step: int) -> HttpResponse:
    way = writable(request, pk)
    found = access_step(way, step)
    return at_once(
        request,
        way,
        lambda: plan_steps.reopen_step(by=request.hat, step=found),
        f"reopen_plan_step {step}",
        "Steget är öppet igen.",
    )


@member_page
def drop_step(request: MemberRequest, pk: int, step: int) -> HttpResponse:
    """«Görs inte», and why."""
    way = writable(request, pk)
    found = _left_to_do(way, step)
    form = DropForm(posted(request))
    return act_page(
        request,
        way,
        form,
        lambda: plan_steps.drop_step(by=request.hat, step=found, reason=form.cleaned_data["reason"]),
        name=f"drop_plan_step {step}",
        title="Steget görs inte",
        lede=found.text,
        button="Spara",
        done="Steget står kvar i planen som något som inte görs.",
    )
