"""What has happened by a month's end as it was known at a moment, counted in SQL. Aggregates only, never a person.

With `around` the only place that reads across agencies, and only of those that have agreed (house.md 3). Every number
is of enrolments: the same person in two ways is two, never matched.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Count, DateField, DurationField, ExpressionWrapper, F, Q, QuerySet, Value, When
from django.db.models.functions import ExtractMonth, ExtractYear, Least

from meetings.figures.arithmetic import last_day_of
from meetings.figures.models import FiguresAgreement
from meetings.figures.rules import agreed_at, known_at
from meetings.figures.states import Did, Event, Population, Span
from workspace.models import Agency, Cooperation
from workspace.pathway.models import EnrolmentRecord
from workspace.pathway.states import SUCCESS, WORK_OR_STUDIES, Outcome, YesNo

Cell = tuple[str, str]  # municipality and gender
COMPENSATION = "compensation"  # sickness or activity compensation: one row, as people say it
# The rows of «Vad hände sedan?», in their order; what is not known yet stands last.
OUTCOMES: dict[str, tuple[str, ...]] = {
    "work": (Outcome.WORK,),
    "studies": (Outcome.STUDIES,),
    COMPENSATION: (Outcome.SICKNESS_COMPENSATION, Outcome.ACTIVITY_COMPENSATION),
    "disability_act": (Outcome.DISABILITY_ACT,),
    "care": (Outcome.CARE,),
    "back_to_employment_service": (Outcome.BACK_TO_EMPLOYMENT_SERVICE,),
    "moved": (Outcome.MOVED,),
    "unknown": ("",),
}
PLAN, DISCHARGE = "plan", "discharge"
# A workbook tells that there was a plan, and not when: such a way is in no lead time.
UNDATED = Q(plan_made=True, plan_on__isnull=True)
DATED = Q(plan_made=False) | Q(plan_on__isnull=False)


@dataclass(frozen=True)
class Moment:
    """A month of a cooperation, as it was known at a moment, of the agencies that had agreed by then."""

    cooperation: Cooperation
    month: date
    cutoff: datetime
    agencies: tuple[int, ...]

    @property
    def last(self) -> date:
        return last_day_of(self.month)


@dataclass(frozen=True)
class Definition:
    """A goal as the engine counts it."""

    population: str
    event: str
    span: str

    @property
    def code(self) -> str:
        """The same for the same numbers, whichever goal asks for them."""
        return f"{self.population}.{self.event}.{self.span}"


# Whether the discharged had a plan: asked in every month, since the lead times tell of it too.
PLAN_MADE = Definition(Population.DISCHARGED, Event.PLAN_MADE, Span.ALL)


@dataclass
class Counted:
    """Everything exact about discharges and enrolments."""

    discharged: dict[Cell, int] = field(default_factory=dict)
    enrolled: dict[Cell, int] = field(default_factory=dict)
    planned: dict[Cell, int] = field(default_factory=dict)  # whose plan has been shown to them
    left: dict[Cell, int] = field(default_factory=dict)  # discharged without one
    undated: dict[Cell, int] = field(default_factory=dict)  # has one, since nobody knows when
    goals: dict[str, dict[tuple[str, str, str], int]] = field(default_factory=dict)
    outcomes: dict[tuple[str, str, str], int] = field(default_factory=dict)


def agreed_agencies(cooperation: Cooperation, cutoff: datetime) -> list[Agency]:
    """The agencies whose counts may be in the figures at a moment, by name."""
    agreed = FiguresAgreement.objects.filter(agreed_at(cutoff), cooperation=cooperation)
    return list(Agency.objects.filter(pk__in=agreed.values("agency")).order_by("name", "pk"))


def known_ways(at: Moment) -> QuerySet[EnrolmentRecord]:
    """The latest record of each way, as it was known; of agencies that have agreed; begun by the month's end."""
    return EnrolmentRecord.objects.filter(
        known_at(at.cutoff), cooperation=at.cooperation, agency__in=at.agencies, enrolled_on__lte=at.last
    ).order_by()


def count_ways(at: Moment, definitions: Sequence[Definition]) -> Counted:
    """Enrolments and discharges by municipality and gender, goal by goal and outcome by outcome. One query."""
    ended = Q(ended_on__lte=at.last)
    asked: dict[str, Count] = {"enrolled": Count("pk"), "discharged": Count("pk", filter=ended)}
    asked |= {
        "planned": Count("pk", filter=Q(plan_on__lte=at.last)),
        "undated": Count("pk", filter=UNDATED),
        "left": Count("pk", filter=ended & DATED & (Q(plan_on__isnull=True) | Q(plan_on__gt=at.last))),
    }
    for number, outcomes in enumerate(OUTCOMES.values()):
        asked[f"outcome_{number}"] = Count("pk", filter=ended & Q(outcome__in=outcomes))
    for number, definition in enumerate(definitions):
        within = ended & _population(definition)
        for did, condition in _answers(definition.event).items():
            asked[f"goal_{number}_{did}"] = Count("pk", filter=within & condition)
    counted = Counted(goals={definition.code: {} for definition in definitions})
    for row in known_ways(at).values("municipality__name", "gender").annotate(**asked):
        _add(counted, row, definitions)
    return counted


def _add(counted: Counted, row: Mapping[str, Any], definitions: Sequence[Definition]) -> None:
    cell = (row["municipality__name"], row["gender"])
    counted.enrolled[cell], counted.discharged[cell] = row["enrolled"], row["discharged"]
    for name in ("planned", "left", "undated"):
        getattr(counted, name)[cell] = row[name]
    for number, code in enumerate(OUTCOMES):
        counted.outcomes[*cell, code] = row[f"outcome_{number}"]
    for number, definition in enumerate(definitions):
        found = {did: row[f"goal_{number}_{did}"] for did in (Did.YES, Did.NO, Did.NO_ANSWER)}
        found[Did.OUTSIDE] = row["discharged"] - sum(found.values())
        for did, count in found.items():
            counted.goals[definition.code][*cell, did.value] = count


def _population(definition: Definition) -> Q:
    return {
        Population.DISCHARGED: Q(),
        Population.COMPLETED_PLAN: Q(plan_completed=True),
        Population.COMPLETED_TIME: Q(completed_time=True),
    }[Population(definition.population)]


def _answers(event: str) -> dict[Did, Q]:
    """Who did, who did not, and of whom nobody knows: an empty answer is none, never a no (R90)."""
    if event in {Event.INCREASED, Event.PICTURE}:
        yes, no, unknown = (Q(**{event: answer}) for answer in (YesNo.YES, YesNo.NO, ""))
    elif event in {Event.PLAN_MADE, Event.PATH_IDENTIFIED}:
        yes, no, unknown = Q(**{event: True}), Q(**{event: False}), Q(pk__in=[])
    else:
        wanted = WORK_OR_STUDIES if event == Event.WORK_OR_STUDIES else SUCCESS
        others = sorted(set(Outcome.values) - wanted)
        yes, no, unknown = Q(outcome__in=sorted(wanted)), Q(outcome__in=others), Q(outcome="")
    return {Did.YES: yes, Did.NO: no, Did.NO_ANSWER: unknown}


def count_months(at: Moment) -> dict[date, dict[Cell, int]]:
    """How many were enrolled in each month, by municipality and gender. One query."""
    found: dict[date, dict[Cell, int]] = defaultdict(dict)
    rows = known_ways(at).values_list(
        ExtractYear("enrolled_on"), ExtractMonth("enrolled_on"), "municipality__name", "gender"
    )
    for year, month, place, gender, count in rows.annotate(count=Count("pk")):
        found[date(year, month, 1)][place, gender] = count
    return dict(found)


# ---------- lead times ----------
@dataclass(frozen=True)
class Waited:
    """So many of one gender whose wait ended, or had not ended, after so many calendar days."""

    gender: str
    days: int
    done: bool
    count: int


def count_waits(at: Moment, until: str) -> list[Waited]:
    """Days from enrolment until the plan was shown, or the discharge; of the others until when they were followed.

    Who was discharged without a plan waited until then, who still waits until the month's end. A plan that nobody
    knows the day of is left out. One query.
    """
    column = {PLAN: "plan_on", DISCHARGE: "ended_on"}[until]
    last = Value(at.last, output_field=DateField())
    done = Q(**{f"{column}__lte": at.last})
    followed = Case(When(ended_on__isnull=False, then=Least(F("ended_on"), last)), default=last)
    rows = (
        known_ways(at)
        .filter(DATED if until == PLAN else Q())
        .annotate(
            done=Case(When(done, then=Value(1)), default=Value(0)),
            days=ExpressionWrapper(
                Case(When(done, then=F(column)), default=followed, output_field=DateField()) - F("enrolled_on"),
                output_field=DurationField(),
            ),
        )
        .values_list("gender", "days", "done")
        .annotate(count=Count("pk"))
    )
    found: dict[tuple[str, int, bool], int] = defaultdict(int)
    for gender, days, is_done, count in rows:
        found[gender, max(0, days.days), bool(is_done)] += count
    return [Waited(*key, count) for key, count in sorted(found.items())]


# ---------- what people take part in ----------
def count_activities(at: Moment) -> dict[str, dict[Cell, int]]:
    """How many have taken part in each kind of activity by the month's end, called-off ones aside. One query."""
    held = Q(enrolment__activities__made_at__lte=at.cutoff, enrolment__activities__from_on__lte=at.last) & (
        Q(enrolment__activities__cancelled_at__isnull=True) | Q(enrolment__activities__cancelled_at__gt=at.cutoff)
    )
    rows = known_ways(at).filter(held).values_list("enrolment__activities__kind", "municipality__name", "gender")
    found: dict[str, dict[Cell, int]] = defaultdict(dict)
    for kind, place, gender, count in rows.annotate(count=Count("enrolment", distinct=True)):
        found[kind][place, gender] = count
    return dict(found)


def count_asked(at: Moment) -> dict[Cell, int]:
    """How many were asked after an activity by the month's end, by kind of activity and gender. One query."""
    asked = Q(enrolment__activities__survey__asked_on__lte=at.last)
    rows = known_ways(at).filter(asked).values_list("enrolment__activities__kind", "gender")
    return {(kind, gender): count for kind, gender, count in rows.annotate(count=Count("enrolment__activities"))}
