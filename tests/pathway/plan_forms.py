"""Every form of the plan as staff write it: where it is posted, and what."""

from typing import Any

from django.urls import reverse

from tests.pathway.plan_stage import GOAL, Planned
from workspace.pathway.models import ActionPlan
from workspace.pathway.queries.plans import base_of, path_base, step_base


def every_form(made: Planned) -> dict[str, tuple[str, dict[str, Any]]]:
    """Every form of the plan, with data that would be taken."""
    way, step, disputed = made.way.pk, made.step("soc"), made.step("disputed")
    agency = str(made.cast.soc.agency_id)
    a_step = {"text": "Nytt steg", "responsible": agency, "due_on": step.due_on.isoformat()}
    return {
        "write_plan_words": (reverse("write_plan_words", args=[way]), {"own_words": "Nytt", "version": 2}),
        "write_plan_obstacles": (reverse("write_plan_obstacles", args=[way]), {"obstacles": "Nytt", "base": ""}),
        "write_plan_path": (
            reverse("write_plan_path", args=[way]),
            {"no_path_reason": "Nytt", "base": path_base(ActionPlan.objects.get(enrolment=way))},
        ),
        "add_plan_goal": (reverse("add_plan_goal", args=[way]), {"text": "Nytt"}),
        "change_plan_goal": (
            reverse("change_plan_goal", args=[way, made.goal.pk]),
            {"text": "Nytt", "base": base_of(GOAL)},
        ),
        "add_plan_step": (reverse("add_plan_step", args=[way, made.goal.pk]), a_step),
        "change_plan_step": (
            reverse("change_plan_step", args=[way, disputed.pk]),
            a_step | {"base": step_base(disputed)},
        ),
        "finish_plan_step": (reverse("finish_plan_step", args=[way, step.pk]), {}),
        "drop_plan_step": (reverse("drop_plan_step", args=[way, step.pk]), {"reason": "Nytt"}),
        "reopen_plan_step": (reverse("reopen_plan_step", args=[way, made.step("psyk").pk]), {}),
        "show_plan": (reverse("show_plan", args=[way]), {}),
        "register_plan_answer": (reverse("register_plan_answer", args=[way, 1]), {"verdict": "confirmed"}),
        "remove_plan_goal": (reverse("remove_plan_goal", args=[way, made.goal.pk]), {}),
    }
