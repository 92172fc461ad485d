"""Every form of the figures: who posts it, where, and what. Called, each makes what it needs."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils import timezone

from meetings.figures.actions.goals import ensure_goals
from meetings.figures.models import Goal, PublishedFigure
from tests.cast import Cast
from tests.figures.frozen import frozen
from tests.figures.stage import agreed
from workspace.rules import Hat

Form = Callable[[], tuple[Hat, str, dict[str, Any]]]


def figure_forms(cast: Cast) -> dict[str, Form]:
    """Address name -> who posts what where. The coordinator's, and of the agreement a manager's."""

    def month() -> int:
        return frozen(cast.cooperation, ways=()).pk

    def goal() -> Goal:
        ensure_goals(cooperation=cast.cooperation)
        return Goal.objects.get(cooperation=cast.cooperation, event="plan_made")

    def figure() -> int:
        return PublishedFigure.objects.create(goal=goal(), source="Slutrapporten", total=96).pk

    def with_agreement() -> int:
        agreed(cast.cooperation, cast.soc.agency)
        return cast.cooperation.pk

    def on(name: str, key: Callable[[], int], hat: Hat = cast.coordinator, **data: str) -> Form:
        return lambda: (hat, reverse(name, args=[key()]), data)

    new = {"name": "Har en väg", "event": "success", "population": "discharged", "target": "70"}
    plan = {"month": f"{timezone.localdate():%Y-%m}", "woman": "4", "man": "4"}
    few = {"threshold": "3", "agreement": "Samverkansavtalet, punkt 4", "reason": "Få kvinnor"}
    return {
        "figures_change": on("figures_change", month, cast.chair, text="Ni ringer oftare."),
        "figures_freeze": on("figures_freeze", month, reason="Fel dag"),
        "figures_planned": lambda: (cast.coordinator, reverse("figures_planned"), plan),
        "figures_new_goal": lambda: (cast.coordinator, reverse("figures_new_goal"), new),
        "figures_end_goal": on("figures_end_goal", lambda: goal().pk),
        "figures_threshold": on("figures_threshold", lambda: goal().pk, **few),
        "figures_published": on("figures_published", lambda: goal().pk, source="Slutrapporten", total="96"),
        "figures_remove_published": on("figures_remove_published", figure),
        "figures_agree": on("figures_agree", lambda: cast.cooperation.pk, cast.soc_manager),
        "figures_end_agreement": on("figures_end_agreement", with_agreement, cast.soc_manager),
    }


FIGURE_FORMS = [
    "figures_change", "figures_freeze", "figures_planned", "figures_new_goal", "figures_end_goal",
    "figures_threshold", "figures_published", "figures_remove_published", "figures_agree", "figures_end_agreement",
]  # fmt: skip
