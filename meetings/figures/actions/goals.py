"""Goals come with each cooperation, are added and ended; and what was planned (R84–R89, L58)."""

from django.utils import timezone

from meetings.figures.errors import DoesNotHold, GoalExists, ThresholdStays
from meetings.figures.models import Goal
from meetings.figures.rules import LEAST_THRESHOLD, THRESHOLD, can_lower_threshold
from meetings.figures.states import Event, Population
from workspace.actions import action, record_act
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Cooperation, CooperationRole
from workspace.rules import Hat, is_coordinator
from workspace.states import AuditAct

# The five that come with the product (R84–R88): name, population, event, target.
FIRST_FIVE = (
    ("Arbete eller studier", Population.COMPLETED_PLAN, Event.WORK_OR_STUDIES, 50),
    ("Mina möjligheter har ökat", Population.DISCHARGED, Event.INCREASED, 80),
    ("Jag ser vad jag kan göra", Population.COMPLETED_TIME, Event.PICTURE, 90),
    ("Har en handlingsplan", Population.DISCHARGED, Event.PLAN_MADE, 100),
    ("Har hittat sin väg", Population.DISCHARGED, Event.PATH_IDENTIFIED, 100),
)
MOST_GOALS = 20  # at a time
MOST_PLANNED = 9_999  # a month and gender


def require_coordinator(by: Hat, cooperation: Cooperation) -> CooperationRole:
    """The cooperation's coordinator says what its figures are to answer; nobody else does."""
    if is_coordinator(by) and by.cooperation_id == cooperation.pk:
        return by
    raise NotAllowed("Det är samordnaren som bestämmer det här.")


def lock_cooperation(cooperation: Cooperation) -> Cooperation:
    """Goals and frozen months of one cooperation change one at a time."""
    return Cooperation.objects.select_for_update(of=("self",)).get(pk=cooperation.pk)


def audit(by: Hat | None, what: str, object_id: int) -> None:
    record_act(by=by, act=AuditAct.WRITE, what=f"figures.{what}", object_id=object_id)


@action
def ensure_goals(*, cooperation: Cooperation) -> None:
    """Give a cooperation the five goals that come with the product, once: one that has ended does not come back.

    Locks the cooperation only where it never had a goal. Tells nobody. Source: R84–R88.
    """
    if Goal.objects.filter(cooperation=cooperation).exists():
        return
    lock_cooperation(cooperation)
    if Goal.objects.filter(cooperation=cooperation).exists():
        return
    Goal.objects.bulk_create(
        Goal(cooperation=cooperation, name=name, population=population, event=event, target=target, order=order)
        for order, (name, population, event, target) in enumerate(FIRST_FIVE, start=1)
    )


@action
def add_goal(*, by: Hat, cooperation: Cooperation, name: str, population: str, event: str, target: int) -> Goal:
    """Add a goal as a definition; it counts from the next frozen month on. Audit row; tells nobody.

    Locks the cooperation. Refuses whoever is not its coordinator, what is no definition, a target outside 1–100 per
    cent, a definition that already holds (`GoalExists`), and more goals than a page can tell of.
    """
    role = require_coordinator(by, cooperation)
    if population not in Population.values or event not in Event.values:
        raise DoesNotHold("Välj bland vilka och vad som räknas.")
    if not name.strip():
        raise DoesNotHold("Skriv vad målet heter.")
    if not 1 <= target <= 100:
        raise DoesNotHold("Målet är mellan 1 och 100 procent.")
    ensure_goals(cooperation=cooperation)
    lock_cooperation(cooperation)
    living = Goal.objects.filter(cooperation=cooperation, ended_on__isnull=True)
    same = living.filter(population=population, event=event).first()
    if same is not None:
        raise GoalExists(same.name)
    if living.count() >= MOST_GOALS:
        raise DoesNotHold(f"En samverkan har högst {MOST_GOALS} mål. Avsluta ett först.")
    last = Goal.objects.filter(cooperation=cooperation).order_by("-order").first()
    goal = Goal.objects.create(
        cooperation=cooperation,
        name=name.strip(),
        population=population,
        event=event,
        target=target,
        order=min((last.order if last else 0) + 1, 32_000),
        made_by=role,
    )
    audit(by, "goal", goal.pk)
    return goal


@action
def end_goal(*, by: Hat, goal: Goal) -> None:
    """End a goal from today: months frozen later don't have it, earlier ones keep it. Audit row; tells nobody.

    Refuses whoever is not the coordinator; `SomebodyWasFaster` where it has ended.
    """
    require_coordinator(by, goal.cooperation)
    moved = Goal.objects.filter(pk=goal.pk, ended_on__isnull=True).update(ended_on=timezone.localdate())
    if not moved:
        raise SomebodyWasFaster("Målet är redan avslutat.")
    audit(by, "goal.end", goal.pk)


@action
def lower_threshold(*, by: Hat, goal: Goal, threshold: int, agreement: str, reason: str) -> None:
    """Let a goal be shown in numbers from three or four up, by a named agreement, with a reason that stands there.

    Five again takes agreement and reason away. Months that are frozen stay as they were. Audit row; tells nobody.
    Refuses whoever is not the coordinator, a goal whose event says something of health, a number outside 3–5, a lower
    one without agreement and reason (`ThresholdStays`), and a goal that has ended. Source: L58.
    """
    require_coordinator(by, goal.cooperation)
    agreement, reason = agreement.strip(), reason.strip()
    if not LEAST_THRESHOLD <= threshold <= THRESHOLD:
        raise DoesNotHold("Gränsen kan vara 3, 4 eller 5.")
    if threshold < THRESHOLD:
        if not can_lower_threshold(goal.event):
            raise ThresholdStays("Målet säger något om hälsa. Där är gränsen alltid fem personer.")
        if not (agreement and reason):
            raise ThresholdStays("Skriv vilket avtal som tillåter det, och varför.")
    else:
        agreement = reason = ""
    moved = Goal.objects.filter(pk=goal.pk, ended_on__isnull=True).update(
        threshold=threshold, threshold_agreement=agreement, threshold_reason=reason
    )
    if not moved:
        raise SomebodyWasFaster("Målet är avslutat.")
    audit(by, "goal.threshold", goal.pk)
