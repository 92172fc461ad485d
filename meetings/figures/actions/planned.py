"""How many were meant to be enrolled, month by month (R89)."""

from collections.abc import Mapping
from datetime import date

from meetings.figures.actions.goals import MOST_PLANNED, audit, require_coordinator
from meetings.figures.arithmetic import month_of
from meetings.figures.errors import DoesNotHold
from meetings.figures.models import PlannedEnrolment
from workspace.actions import action
from workspace.models import Cooperation
from workspace.rules import Hat
from workspace.states import Gender


@action
def plan_enrolments(*, by: Hat, cooperation: Cooperation, month: date, counts: Mapping[str, int]) -> None:
    """Write how many women and men were meant to be enrolled in a month; again: the new number stands.

    What is planned is nobody's secret. Frozen months keep what stood when they were frozen. Audit row; tells nobody.
    Refuses whoever is not the coordinator, a gender that is none, and numbers below 0 or above 9 999.
    """
    require_coordinator(by, cooperation)
    if any(gender not in Gender.values for gender in counts):
        raise DoesNotHold("Skriv hur många kvinnor och hur många män.")
    if any(not 0 <= count <= MOST_PLANNED for count in counts.values()):
        raise DoesNotHold(f"Skriv ett tal mellan 0 och {MOST_PLANNED}.")
    for gender, count in counts.items():
        PlannedEnrolment.objects.update_or_create(
            cooperation=cooperation, month=month_of(month), gender=gender, defaults={"count": count}
        )
    audit(by, "planned", cooperation.pk)
