"""How ways have ended, and what a plan says when one does."""

from dataclasses import dataclass

from workspace.pathway.models import ActionPlan, Discharge, Enrolment, PlanStep, PlanVersion
from workspace.pathway.states import StepState


@dataclass(frozen=True)
class PlanFacts:
    """What the figures count of a plan, each with why."""

    made: bool
    completed: bool
    has_path: bool
    steps: int = 0
    done: int = 0
    dropped: int = 0

    @property
    def why_completed(self) -> str:
        """«Tre steg: två klara, ett görs inte, inget kvar»."""
        if not self.steps:
            return "Planen har inga steg."
        left = self.steps - self.done - self.dropped
        return f"Steg i planen: {self.steps}. Klara: {self.done}. Görs inte: {self.dropped}. Kvar att göra: {left}."


def plan_facts(enrolment: Enrolment) -> PlanFacts:
    """What can be said of a way's plan now (R36, R37, R84, R87, R88).

    Made: it has been shown to the participant. Completed: it has steps, each is done or dropped, and one is done.
    """
    plan = ActionPlan.objects.filter(enrolment=enrolment).first()
    if plan is None:
        return PlanFacts(made=False, completed=False, has_path=False)
    steps = PlanStep.objects.filter(goal__plan=plan, goal__removed_at__isnull=True)
    states = list(steps.values_list("state", flat=True))
    done, dropped = states.count(StepState.DONE), states.count(StepState.DROPPED)
    return PlanFacts(
        made=PlanVersion.objects.filter(plan=plan).exists(),
        completed=done > 0 and done + dropped == len(states),
        has_path=plan.has_path,
        steps=len(states),
        done=done,
        dropped=dropped,
    )


def discharges_of(enrolment: Enrolment) -> list[Discharge]:
    """Every version of how a way ended, the newest first."""
    return list(Discharge.objects.filter(enrolment=enrolment).select_related("made_by__user").order_by("-number"))


def latest_discharges(enrolments: list[Enrolment]) -> dict[int, Discharge]:
    """How each of these ways ended, as it is known now, by the way."""
    return {row.enrolment_id: row for row in Discharge.objects.filter(enrolment__in=enrolments).order_by("number")}


def enrolled_again(enrolment: Enrolment) -> Enrolment | None:
    """The next way of the same participant; None where there is none."""
    later = Enrolment.objects.filter(participant=enrolment.participant_id, pk__gt=enrolment.pk)
    return later.filter(enrolled_on__gte=enrolment.enrolled_on).order_by("enrolled_on", "pk").first()
