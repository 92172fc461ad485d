"""The same figures by an independent route: plain Python over the raw rows, and plain SQL, beside the engine's counts.

Nothing here asks the engine how to count: what a goal is, what an outcome is called, when a record was known and how a
median is reckoned is written once more, from R84–R92 and L29–L32.
"""

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
import time_machine
from django.db import connection

from meetings.figures.actions.agreements import agree_to_figures
from meetings.figures.actions.freezing import freeze_month
from meetings.figures.actions.goals import ensure_goals
from meetings.figures.actions.published import write_published
from meetings.figures.models import FiguresAgreement, Goal, Snapshot
from meetings.figures.queries import goals_of, report_of
from meetings.figures.states import Event, Population
from tests.cast import Cast
from tests.figures.stage import AUGUST, Way, agreed, know, learn, moment
from tests.front.workbooks import PITEA, run
from tests.referrals.journeys import undone
from workspace.models import Agency, Cooperation, CooperationRole, Membership
from workspace.pathway.models import Enrolment
from workspace.states import AgencyKind, CooperationRoleKind, MemberRole

pytestmark = pytest.mark.django_db
Row = dict[str, Any]
LAST, CUTOFF = date(2014, 8, 31), moment(2014, 9, 1, 0)
WAYS = 200
OUTCOMES = {
    "work": "work",
    "studies": "studies",
    "sickness_compensation": "compensation",
    "activity_compensation": "compensation",
    "disability_act": "disability_act",
    "care": "care",
    "back_to_employment_service": "back_to_employment_service",
    "moved": "moved",
    "": "unknown",
}
JOBS = ("work", "studies")
SUCCESS = (*JOBS, "sickness_compensation", "activity_compensation", "disability_act", "care")


# ---------- what happened, at random ----------
def facts_at_random(dice: random.Random, begun: date, ended: date | None) -> dict[str, Any]:
    planned = dice.random() < 0.8
    plan_on = begun + timedelta(days=dice.randint(0, 200)) if planned and dice.random() < 0.7 else None
    facts = {
        "plan_made": planned,
        "plan_on": min(plan_on, ended) if plan_on and ended else plan_on,
        "plan_completed": False,
        "completed_time": False,
        "path_identified": dice.random() < 0.5,
        "increased": "",
        "picture": "",
        "outcome": "",
    }
    if ended:
        facts |= {
            "plan_completed": dice.random() < 0.6,
            "completed_time": dice.random() < 0.7,
            "increased": dice.choice(["yes", "yes", "no", ""]),
            "picture": dice.choice(["yes", "no", ""]),
            "outcome": dice.choice(list(OUTCOMES)),
        }
    return facts


def way_at_random(dice: random.Random) -> Way:
    begun = date(2013, 1, 1) + timedelta(days=dice.randint(0, 620))  # some in September 2014
    ended = begun + timedelta(days=dice.randint(0, 300)) if dice.random() < 0.75 else None
    return Way(
        place=dice.choice(["Piteå", "Piteå", "Arvidsjaur"]),
        gender=dice.choice(["woman", "woman", "man", "man", "unknown"]),
        enrolled_on=begun,
        ended_on=ended,
        facts=facts_at_random(dice, begun, ended),
    )


def happened(cast: Cast, dice: random.Random) -> None:
    """200 ways of five agencies, of which two had agreed by the cutoff, and some in another cooperation."""
    late = Agency.objects.create(
        organisation=cast.fk.agency.organisation, code="sent", name="Kom med sent", kind=AgencyKind.LABOUR_MARKET_UNIT
    )
    two, never, left = [cast.soc.agency, cast.psyk.agency], cast.fk.agency, cast.outsider.agency
    here, there = cast.cooperation, Cooperation.objects.create(name="En annan samverkan")
    agreed(here, *two)
    agreed(there, *two, never)
    agreed(here, late, at=moment(2014, 9, 1, 1))
    FiguresAgreement.objects.filter(pk=agreed(here, left)[0].pk).update(ended_at=moment(2014, 8, 15))
    for _ in range(WAYS):
        agency = dice.choice([*two * 5, never, left, late])
        known_at = moment(2014, 9, 3) if dice.random() < 0.05 else moment(2014, dice.randint(1, 8), 20)
        cooperation = there if dice.random() < 0.05 else here
        record = know(cooperation, agency, [way_at_random(dice)], known_at)[0]
        for days in dice.sample([1, 5, 20, 60], dice.choice([0, 0, 1, 2])):
            new, at = way_at_random(dice), record.recorded_at + timedelta(days=days)
            days_of = {"enrolled_on": new.enrolled_on, "ended_on": new.ended_on}
            record = learn(record, at, gender=new.gender, **days_of, **new.facts)


# ---------- by Python ----------
def rows_of(sql: str) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, line, strict=True)) for line in cursor.fetchall()]


def holds(row: Row, since: str, until: str) -> bool:
    return row[since] <= CUTOFF and (row[until] is None or row[until] > CUTOFF)


def known_rows(cooperation: Cooperation) -> list[Row]:
    """One row for each way that had begun, as it was known at the cutoff, of those that had agreed by then."""
    places = {row["id"]: row["name"] for row in rows_of("SELECT * FROM workspace_municipality")}
    agreements = rows_of("SELECT * FROM figures_figuresagreement")
    counted = {
        row["agency_id"]
        for row in agreements
        if row["cooperation_id"] == cooperation.pk and holds(row, "made_at", "ended_at")
    }
    found = []
    for row in rows_of("SELECT * FROM pathway_enrolmentrecord"):
        theirs = row["cooperation_id"] == cooperation.pk and row["agency_id"] in counted
        if theirs and holds(row, "recorded_at", "superseded_at") and row["enrolled_on"] <= LAST:
            found.append(row | {"place": places[row["municipality_id"]]})
    assert len({row["enrolment_id"] for row in found}) == len(found)
    return found


def ended(row: Row) -> bool:
    return row["ended_on"] is not None and row["ended_on"] <= LAST


def said(answer: str) -> str:
    return {"yes": "yes", "no": "no", "": "no_answer"}[answer]


def whether(did: object) -> str:
    return "yes" if did else "no"


def of_outcomes(row: Row, wanted: tuple[str, ...]) -> str:
    return whether(row["outcome"] in wanted) if row["outcome"] else "no_answer"


# The definitions, written again: who a goal is about, and where such a one stands. The last is not one of the five.
GOALS: dict[str, Callable[[Row], str]] = {
    "completed_plan.work_or_studies.all": lambda r: of_outcomes(r, JOBS) if r["plan_completed"] else "outside",
    "discharged.increased.all": lambda r: said(r["increased"]),
    "completed_time.picture.all": lambda r: said(r["picture"]) if r["completed_time"] else "outside",
    "discharged.plan_made.all": lambda r: whether(r["plan_made"]),
    "discharged.path_identified.all": lambda r: whether(r["path_identified"]),
    "discharged.success.all": lambda r: of_outcomes(r, SUCCESS),
}


def tally(rows: list[Row], *what: Callable[[Row], Any]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(one(row) for one in what) for row in rows)


def place(row: Row) -> str:
    return str(row["place"])


def gender(row: Row) -> str:
    return str(row["gender"])


def counted(rows: list[list[Any]]) -> Counter[tuple[Any, ...]]:
    """The engine's rows without its zeros."""
    return Counter({tuple(words): number for *words, number in rows if number})


def plan_state(row: Row) -> str:
    if row["plan_made"] and row["plan_on"] is None:
        return "undated"
    if row["plan_on"] is not None and row["plan_on"] <= LAST:
        return "done"
    return "left" if ended(row) else "waiting"


def wait(row: Row, until: str) -> tuple[int, bool]:
    """Days waited, and whether that was until it came."""
    done = row[until] is not None and row[until] <= LAST
    followed = row["ended_on"] if ended(row) else LAST
    return ((row[until] if done else followed) - row["enrolled_on"]).days, done


def waits(rows: list[Row], until: str) -> list[tuple[str, int, bool]]:
    if until == "plan_on":
        rows = [row for row in rows if plan_state(row) != "undated"]
    return [(row["gender"], *wait(row, until)) for row in rows]


def median(found: list[tuple[str, int, bool]]) -> int | None:
    """The first day when at most half still wait, as Kaplan and Meier have it: of ten or more, and five answers."""
    waiting = Fraction(1)
    for day in sorted({days for _, days, done in found if done}):
        risk = sum(days >= day for _, days, _ in found)
        waiting *= 1 - Fraction(sum(days == day and done for _, days, done in found), risk)
        if waiting <= Fraction(1, 2):
            answers = sum(done and days <= day for _, days, done in found)
            return day if len(found) >= 10 and answers >= 5 else None
    return None


# ---------- by SQL ----------
SQL = """
SELECT m.name, r.gender,
       count(*) FILTER (WHERE {of} AND {yes}), count(*) FILTER (WHERE {of} AND {no}),
       count(*) FILTER (WHERE {of} AND {silent}), count(*) FILTER (WHERE NOT ({of}))
FROM pathway_enrolmentrecord r JOIN workspace_municipality m ON m.id = r.municipality_id
WHERE r.cooperation_id = %(cooperation)s AND r.ended_on <= %(last)s AND r.enrolled_on <= %(last)s
  AND r.recorded_at <= %(cutoff)s AND (r.superseded_at IS NULL OR r.superseded_at > %(cutoff)s)
  AND EXISTS (SELECT 1 FROM figures_figuresagreement a WHERE a.cooperation_id = r.cooperation_id
              AND a.agency_id = r.agency_id AND a.made_at <= %(cutoff)s
              AND (a.ended_at IS NULL OR a.ended_at > %(cutoff)s))
GROUP BY 1, 2
"""
WORKS = "r.outcome IN ('work', 'studies')"
SUCCEEDS = (
    "r.outcome IN ('work', 'studies', 'sickness_compensation', 'activity_compensation', 'disability_act', 'care')"
)
BY_SQL = {
    "completed_plan.work_or_studies.all": (
        "r.plan_completed", WORKS, f"r.outcome <> '' AND NOT {WORKS}", "r.outcome = ''",
    ),
    "discharged.increased.all": ("true", "r.increased = 'yes'", "r.increased = 'no'", "r.increased = ''"),
    "completed_time.picture.all": ("r.completed_time", "r.picture = 'yes'", "r.picture = 'no'", "r.picture = ''"),
    "discharged.plan_made.all": ("true", "r.plan_made", "NOT r.plan_made", "false"),
    "discharged.path_identified.all": ("true", "r.path_identified", "NOT r.path_identified", "false"),
    "discharged.success.all": ("true", SUCCEEDS, f"r.outcome <> '' AND NOT {SUCCEEDS}", "r.outcome = ''"),
}  # fmt: skip


def goal_by_sql(cooperation: Cooperation, code: str) -> Counter[tuple[Any, ...]]:
    of, yes, no, silent = BY_SQL[code]
    found: Counter[tuple[Any, ...]] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(
            SQL.format(of=of, yes=yes, no=no, silent=silent),
            {"cooperation": cooperation.pk, "last": LAST, "cutoff": CUTOFF},
        )
        for town, sex, *numbers in cursor.fetchall():
            for did, number in zip(("yes", "no", "no_answer", "outside"), numbers, strict=True):
                found[town, sex, did] = number
    return +found


# ---------- the same ----------
def frozen_at_random(cast: Cast, seed: int) -> Snapshot:
    happened(cast, random.Random(seed))
    ensure_goals(cooperation=cast.cooperation)
    Goal.objects.create(
        cooperation=cast.cooperation, name="Går vidare", population=Population.DISCHARGED, event=Event.SUCCESS,
        target=60, order=6,
    )  # fmt: skip
    return freeze_month(cooperation=cast.cooperation, month=AUGUST)


@pytest.mark.parametrize("seed", [2014, 2026])
def test_random_ways_are_counted_alike_by_the_engine_by_python_and_by_sql(cast: Cast, seed: int) -> None:
    snapshot = frozen_at_random(cast, seed)
    exact, rows = json.loads(snapshot.counts), known_rows(cast.cooperation)
    over = [row for row in rows if ended(row)]
    assert 60 < len(over) < len(rows) < WAYS * 0.9, "there is something that must not be counted"
    assert {place(row) for row in over} == {"Piteå", "Arvidsjaur"} and len({gender(row) for row in over}) == 3

    told = exact["discharged"]
    assert counted(told["people"]) == tally(over, place, gender)
    assert set(told["questions"]) == {*GOALS, "outcomes"}
    for code, did in GOALS.items():
        engine = counted(told["questions"][code]["counts"])
        assert engine == tally(over, place, gender, did), code
        assert engine == goal_by_sql(cast.cooperation, code), code
    assert counted(told["questions"]["outcomes"]["counts"]) == tally(
        over, place, gender, lambda row: OUTCOMES[row["outcome"]]
    )

    begun = exact["enrolled"]
    assert counted(begun["people"]) == tally(rows, lambda row: "alla", gender)
    assert counted(exact["plans"]) == tally(rows, gender, plan_state)
    assert counted(exact["months"]) == tally(rows, lambda row: f"{row['enrolled_on']:%Y-%m}", place, gender)


@pytest.mark.parametrize("seed", [2014, 2026])
def test_lead_times_of_random_ways_are_the_same_reckoned_by_hand(cast: Cast, seed: int) -> None:
    snapshot = frozen_at_random(cast, seed)
    exact, shown, rows = json.loads(snapshot.counts), json.loads(snapshot.shown), known_rows(cast.cooperation)
    assert not shown["enrolled"]["left_out_unknown"]
    for name, column in (("plan", "plan_on"), ("discharge", "ended_on")):
        own = waits(rows, column)
        assert counted(exact["waits"][name]) == Counter((sex, days, int(done)) for sex, days, done in own)
        medians = {sex: found for sex, *_, found, _ in shown["leads"][name]["rows"]}
        assert medians["*"] is not None
        for sex, found in medians.items():
            assert found == median([one for one in own if sex in ("*", one[0])]), (name, sex)


@pytest.mark.embedded
def test_the_old_report_comes_out_of_the_real_workbook_and_its_96_is_refused() -> None:
    """Issue 6, 8, from the workbook to the frozen month: Piteå, Arvidsjaur and all, in per cent."""
    november = date(2026, 11, 1)
    with time_machine.travel(datetime(2026, 11, 21, 9, 0, tzinfo=UTC)):
        assert run(PITEA)[0] == 0
        units = list(Agency.objects.filter(code__in=["amv-pitea", "ame-arvidsjaur"]))
        cooperation = Enrolment.objects.filter(participant=None)[0].cooperation
    with time_machine.travel(datetime(2026, 12, 1, 9, 0, tzinfo=UTC)), undone():
        nothing = json.loads(freeze_month(cooperation=cooperation, month=november).counts)
        assert nothing["discharged"]["people"] == [], "neither unit has agreed"
    with time_machine.travel(datetime(2026, 11, 22, 9, 0, tzinfo=UTC)):
        for manager in Membership.objects.filter(agency__in=units, role=MemberRole.MANAGER):
            agree_to_figures(by=manager, cooperation=cooperation)
        assert FiguresAgreement.objects.count() == 2
    with time_machine.travel(datetime(2026, 12, 1, 9, 0, tzinfo=UTC)):
        snapshot = freeze_month(cooperation=cooperation, month=november)
        questions = json.loads(snapshot.counts)["discharged"]["questions"]
        table = []
        for code in [code for code in GOALS if "success" not in code]:
            cells = counted(questions[code]["counts"])
            line = []
            for places in (("Piteå",), ("Arvidsjaur",), ("Piteå", "Arvidsjaur")):
                yes, no = (
                    sum(n for key, n in cells.items() if key[0] in places and key[2] == did) for did in ("yes", "no")
                )
                line.append((200 * yes + yes + no) // (2 * (yes + no)))  # half a per cent upwards
            table.append(tuple(line))
        assert table == [(83, 88, 85), (71, 95, 78), (75, 89, 80), (95, 90, 93), (86, 96, 89)]

        coordinator = CooperationRole.objects.filter(cooperation=cooperation, role=CooperationRoleKind.COORDINATOR)[0]
        goal = goals_of(cooperation).get(event=Event.PATH_IDENTIFIED)
        refused, taken = (
            write_published(
                by=coordinator, goal=goal, source="Slutrapporten", total=total, parts={"Piteå": 86, "Arvidsjaur": 96}
            )
            for total in (96, 89)
        )
        assert refused.refused_because.endswith("blir totalen 89 %.") and taken.refused_because == ""
        last = report_of(snapshot).goals[-1]
        assert (last.total.share, [bool(one.refused_because) for one in last.published]) == (89, [True, False])
