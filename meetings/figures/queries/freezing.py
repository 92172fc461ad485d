"""A month's numbers from the records, and from them what may be shown: the two texts that a snapshot is made of.

The same records give the same bytes. What nobody's record tells (which goals there were, what was planned, who came to
the meetings) is taken as it stands when a month is frozen, and as it was frozen when it is counted again.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from meetings.figures.models import Goal, PlannedEnrolment, Snapshot
from meetings.figures.queries.around import (
    ANSWERED,
    NOT_ANSWERED,
    QUESTIONS,
    asked_by_others,
    count_answers,
    count_attendance,
    count_referred,
    count_waiting,
)
from meetings.figures.queries.joint import Joint, count_joint
from meetings.figures.queries.known import (
    DISCHARGE,
    OUTCOMES,
    PLAN,
    PLAN_MADE,
    Counted,
    Definition,
    Moment,
    agreed_agencies,
    count_activities,
    count_asked,
    count_months,
    count_waits,
    count_ways,
)
from meetings.figures.queries.months import shown_before
from meetings.figures.queries.publishing import publish_month
from meetings.figures.report.canonical import (
    Json,
    canonical,
    digest_of,
    tables_to_json,
)
from meetings.figures.rules import defined_at
from meetings.figures.states import Did
from meetings.figures.suppression import Question, Tables
from workspace.models import Cooperation
from workspace.pathway.models import ActivityKind
from workspace.small_cells import THRESHOLD

Watch = Callable[[int, int], None]
Together = dict[tuple[str, str, tuple[str, ...]], int]
Cells = dict[tuple[str, str, str], int]  # municipality (or kind of activity), gender and category
STEPS = 8
EVERYWHERE = "alla"
GIVEN = ("goals", "planned", "attendance", "waiting", "agencies", "kinds", "referrals")
NO_ANSWER = Did.NO_ANSWER.value
SUCCESSES = frozenset({"work", "studies", "compensation", "disability_act", "care"})
JOBS = frozenset({"work", "studies"})
# Sums that other pages speak of: who succeeded, who works or studies; and what is left of all.
SECRET_SUMS = tuple(sums for one in (SUCCESSES, JOBS) for sums in (one, frozenset(OUTCOMES) - one))
# How many have their answer, which shares of granted and refused are of; and how many have none.
SECRET_ANSWERS = (frozenset(ANSWERED), frozenset(NOT_ANSWERED))


@dataclass(frozen=True)
class Frozen:
    counts: str
    shown: str
    digest: str


def freeze(cooperation: Cooperation, month: date, cutoff: datetime, watch: Watch) -> Frozen:
    """What a snapshot of a month is to hold. `watch` hears each step. A constant number of queries."""
    agencies = agreed_agencies(cooperation, cutoff)
    at = Moment(cooperation, month, cutoff, tuple(agency.pk for agency in agencies))
    given = {
        "agencies": [[agency.code, agency.name] for agency in agencies],
        "kinds": [list(kind) for kind in ActivityKind.objects.order_by("order", "code").values_list("code", "name")],
        "goals": _goals_at(cooperation, cutoff),
        "planned": _planned(cooperation, month),
        "attendance": count_attendance(at),
        "waiting": [[code, *bands] for code, bands in count_waiting(at)],
        "referrals": tables_to_json(referred_tables(count_referred(at))),
    }
    return _frozen(at, given, shown_before(cooperation), watch)


def recount(snapshot: Snapshot) -> Frozen:
    """A frozen month counted again, from the records as they were known then, beside what had been shown by then.

    What keeps no record of what was known when (a plan that is changed, a referral that is opened again) is as it was
    frozen. What a month was frozen without, since nothing counted it then, it stays without.
    """
    counts = Snapshot.objects.values_list("counts", flat=True).get(pk=snapshot.pk)
    agencies = agreed_agencies(snapshot.cooperation, snapshot.cutoff_at)
    at = Moment(snapshot.cooperation, snapshot.month, snapshot.cutoff_at, tuple(agency.pk for agency in agencies))
    frozen: Json = json.loads(counts)
    given = {name: frozen[name] for name in GIVEN if name in frozen}
    return _frozen(at, given, shown_before(snapshot.cooperation, snapshot.pk), lambda done, total: None)


def _frozen(at: Moment, given: Json, earlier: list[tuple[str, str]], watch: Watch) -> Frozen:
    counts = given | _count(at, given["goals"], watch)
    watch(STEPS - 2, STEPS)
    shown = publish_month(at.month, counts, [(json.loads(exact), json.loads(before)) for exact, before in earlier])
    watch(STEPS - 1, STEPS)
    texts = canonical(counts), canonical(shown)
    watch(STEPS, STEPS)
    return Frozen(*texts, digest_of(*texts))


# ---------- what is given ----------
def _goals_at(cooperation: Cooperation, cutoff: datetime) -> list[Json]:
    """The definitions that held, in their order."""
    goals = Goal.objects.filter(defined_at(cutoff), cooperation=cooperation).order_by("order", "pk")
    names = (
        "pk",
        "name",
        "population",
        "event",
        "span",
        "target",
        "threshold",
        "threshold_agreement",
        "threshold_reason",
    )
    found: dict[str, Json] = {}
    for goal in goals:
        code = Definition(goal.population, goal.event, goal.span).code
        # A goal that ended and one that took its place the same day are one: the later.
        found[code] = {"code": code, **{name: getattr(goal, name) for name in names}}
    return list(found.values())


def _planned(cooperation: Cooperation, month: date) -> list[list[Any]]:
    rows = PlannedEnrolment.objects.filter(cooperation=cooperation, month__lte=month)
    return [[f"{row.month:%Y-%m}", row.gender, row.count] for row in rows.order_by("month", "gender")]


def referred_tables(counts: Cells) -> Tables:
    """Those who have been referred, by receiving agency where the other tables have municipality."""
    people: dict[tuple[str, str], int] = {}
    for (agency, gender, _), count in counts.items():
        people[agency, gender] = people.get((agency, gender), 0) + count
    return Tables(people=people, questions={"outcome": Question(counts=counts, secret_sums=SECRET_ANSWERS)})


# ---------- what is counted ----------
def _count(at: Moment, goals: list[Json], watch: Watch) -> Json:
    """Every number, exact. A constant number of queries."""
    definitions = [Definition(goal["population"], goal["event"], goal["span"]) for goal in goals]
    definitions += [PLAN_MADE] if PLAN_MADE not in definitions else []
    steps: list[Callable[[], Any]] = [
        lambda: (count_ways(at, definitions), count_joint(at, definitions)),
        lambda: count_activities(at),
        lambda: ({}, {}) if asked_by_others(at) else (count_asked(at), count_answers(at)),
        lambda: {until: count_waits(at, until) for until in (PLAN, DISCHARGE)},
        lambda: count_months(at),
    ]
    found = []
    for done, step in enumerate(steps, start=1):
        found.append(step())
        watch(done, STEPS)
    (ways, joint), activities, (asked, answers), waits, months = found
    return {
        "discharged": tables_to_json(_discharged(ways, joint, goals)),
        "enrolled": tables_to_json(_enrolled(ways, activities)),
        "plans": _plans(ways),
        "surveys": tables_to_json(_surveys(asked, answers)),
        "waits": {
            until: [[one.gender, one.days, int(one.done), one.count] for one in rows] for until, rows in waits.items()
        },
        "months": sorted(
            [f"{month:%Y-%m}", *cell, count] for month, cells in months.items() for cell, count in cells.items()
        ),
    }


def _discharged(ways: Counted, joint: Joint, goals: list[Json]) -> Tables:
    """Those who have been discharged: where they stand to each goal, and what came of it."""
    people = {cell: count for cell, count in ways.discharged.items() if count}
    lowered = {goal["code"]: goal["threshold"] for goal in goals}
    questions = {
        code: Question(
            counts=_only(counts, people),
            threshold=lowered.get(code, THRESHOLD),
            did=Did.YES.value,
            did_not=Did.NO.value,
        )
        for code, counts in ways.goals.items()
    }
    questions["outcomes"] = Question(counts=_only(ways.outcomes, people), secret_sums=SECRET_SUMS)
    return Tables(people=people, questions=questions, joint=joint)


def _only(
    counts: dict[tuple[str, str, str], int], people: dict[tuple[str, str], int]
) -> dict[tuple[str, str, str], int]:
    return {
        (place, gender, code): count for (place, gender, code), count in counts.items() if (place, gender) in people
    }


def _enrolled(ways: Counted, activities: dict[str, dict[tuple[str, str], int]]) -> Tables:
    """Everybody who has begun, and what they have done.

    By gender alone: no page tells of them by municipality, and cells that nobody sees would only hide others.
    """
    people = _by_gender(ways.enrolled)
    questions: dict[str, Question] = {}
    for kind, by_place in sorted(activities.items()):
        took_part = _by_gender(by_place)
        cells: Cells = {}
        for (place, gender), count in people.items():
            yes = took_part.get((place, gender), 0)
            cells |= {(place, gender, "yes"): yes, (place, gender, "no"): count - yes}
        questions[f"activity.{kind}"] = Question(counts=cells)
    return Tables(people=people, questions=questions)


def _plans(ways: Counted) -> list[list[Any]]:
    """Where those who have begun stand to their plan, by gender; each in one of four."""
    told = {name: _by_gender(cells) for name, cells in (("done", ways.planned), ("left", ways.left))}
    told["undated"] = _by_gender(ways.undated)
    rows = []
    for (place, gender), count in sorted(_by_gender(ways.enrolled).items()):
        own = {name: cells[place, gender] for name, cells in told.items()}
        rows += [[gender, name, number] for name, number in own.items()]
        rows.append([gender, "waiting", count - sum(own.values())])
    return sorted(rows)


def _by_gender(counts: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """All municipalities as one."""
    found: dict[tuple[str, str], int] = {}
    for (_, gender), count in counts.items():
        found[EVERYWHERE, gender] = found.get((EVERYWHERE, gender), 0) + count
    return found


def _surveys(asked: dict[tuple[str, str], int], answers: Together) -> Tables:
    """Those who were asked after an activity, by kind of activity where the other tables have municipality.

    `answers` as the joint of `QUESTIONS`.
    """
    told: dict[tuple[str, str], int] = {}
    for (kind, gender, _), count in answers.items():
        told[kind, gender] = told.get((kind, gender), 0) + count
    # Who answered is not known: a gender that has been changed since must not give less than nobody.
    people = {cell: max(asked.get(cell, 0), told.get(cell, 0)) for cell in {*asked, *told}}
    both: Together = {(kind, gender, ("answered", *said)): n for (kind, gender, said), n in answers.items()}
    for cell, count in people.items():
        both[*cell, (NO_ANSWER,) * 4] = count - told.get(cell, 0)
    names = ("response", *QUESTIONS)
    shares = {"response": ("answered", NO_ANSWER), "useful": ("high", "low"), "listened": ("high", "low")}
    questions = {}
    for at, name in enumerate(names):
        cells: Cells = {}
        for (kind, gender, said), count in both.items():
            cells[kind, gender, said[at]] = cells.get((kind, gender, said[at]), 0) + count
        did, did_not = shares.get(name, ("", ""))
        questions[name] = Question(counts=cells, did=did, did_not=did_not)
    return Tables(people=people, questions=questions, joint={names: both})
