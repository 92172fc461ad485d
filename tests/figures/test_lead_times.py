"""Lead times are shown with every part or not at all, and tell nothing beside the other tables (L57, L58)."""

import random
from datetime import date

import pytest
from django.test import Client

from meetings.figures.actions.freezing import freeze_month
from meetings.figures.queries.reports import report_of
from tests.cast import Cast
from tests.figures.attacker import recovered
from tests.figures.lead_attacker import (
    LEFT,
    PLANNED,
    UNDATED,
    WAITING,
    WITH,
    Way,
    attacker_of,
    counts_of,
    publish_month,
)
from tests.figures.stage import AUGUST, norrsken
from tests.figures.test_figures_page import AsHat, page, text_of

AT_ONCE = 20


# ---------- what is shown ----------
@pytest.mark.django_db
def test_who_left_without_a_plan_is_shown_and_the_parts_add_up_to_those_who_have_begun(
    cast: Cast, as_hat: AsHat
) -> None:
    """The 223 discharges: 208 have a plan and nobody knows when, so 15 are in the lead time. None of these waits."""
    report = report_of(freeze_month(cooperation=norrsken(cast), month=AUGUST))
    plan, discharge = report.leads
    assert [(row.label, row.base, row.done, row.waiting, row.left) for row in plan.rows] == [
        ("Kvinnor", 10, 0, 0, 10),
        ("Män", 5, 0, 0, 5),
        ("Totalt", 15, 0, 0, 15),
    ]
    assert [goal.total.base - goal.total.did for goal in report.goals[3:4] if goal.total.base and goal.total.did] == [
        15
    ]
    assert [(row.base, row.done, row.waiting) for row in discharge.rows] == [(99, 99, 0), (124, 124, 0), (223, 223, 0)]
    assert report.people == 223
    client: Client = as_hat(cast.coordinator)
    said = text_of(page(client))
    assert "Påbörjade Klara Väntar ännu Avslutade utan plan Median" in said
    assert "Totalt 15 0 0 15" in said and "plan utan datum är inte med" in said
    address = f"/uppfoljning/manad/{cast.cooperation.snapshots.get().pk}/siffror.csv"
    lines = client.get(address).content.decode("utf-8-sig").splitlines()
    theirs = [line.split(";")[3:6] for line in lines if "Från inskrivning till handlingsplan;" in line]
    assert ["Totalt", "Avslutade utan plan", "15"] in theirs
    assert not [line for line in lines if "till utskrivning" in line and "utan plan" in line]


def people(**counts: int) -> list[Way]:
    """woman_waiting=6."""
    stands = {"done": WITH, "left": LEFT, "undated": UNDATED, "planned": PLANNED, "waiting": WAITING}
    return [
        ("Piteå", name.split("_")[0], stands[name.split("_")[1]])
        for name, count in counts.items()
        for _ in range(count)
    ]


def leads(*months: list[Way]) -> list[tuple[str, dict[str, list[int]]]]:
    """Month by month of the plan: which month it is of, and each line's done, waiting and left."""
    earlier = []
    for at, ways in enumerate(months):
        counts = counts_of(ways)
        earlier.append((counts, publish_month(date(2026, at + 1, 1), counts, earlier)))
    told = [shown["leads"]["plan"] for _, shown in earlier]
    return [(one["as_of"], {row[0]: row[1:4] for row in one["rows"]}) for one in told]


BEGUN = {"woman_done": 20, "woman_left": 6, "woman_planned": 8, "woman_waiting": 9}
BEGUN |= {"man_done": 15, "man_left": 0, "man_planned": 5, "man_waiting": 7}
SHOWN = {"woman": [28, 9, 6], "man": [20, 7, 0], "*": [48, 16, 6]}


def test_a_part_of_three_hides_the_parts_of_women_and_of_men_and_leaves_those_of_all() -> None:
    assert leads(people(**BEGUN)) == [("2026-01", SHOWN)]
    for name in ("waiting", "left", "planned", "undated"):
        [(_, told)] = leads(people(**{**BEGUN, f"man_{name}": 3}))
        assert {*told} <= {"*"}, name
    assert leads(people(**{**BEGUN, "man_waiting": 3})) == [("2026-01", {"*": [48, 12, 6]})]
    assert leads(people(**{**BEGUN, "man_waiting": 0, "woman_waiting": 3})) == [("2026-01", {})]


def test_the_lead_times_stand_where_three_more_wait_and_are_new_where_five_do() -> None:
    first, *later = leads(
        people(**BEGUN), people(**{**BEGUN, "man_waiting": 10}), people(**{**BEGUN, "man_waiting": 12})
    )
    assert later == [first, ("2026-03", {**SHOWN, "man": [20, 12, 0], "*": [48, 21, 6]})]


def test_how_many_left_without_a_plan_is_never_another_number_than_the_goal_says() -> None:
    """Two more have left: the goal's own numbers stand, so the lead times do."""
    left = {**BEGUN, "woman_left": 8, "woman_done": 30, "woman_waiting": 20}
    assert [as_of for as_of, _ in leads(people(**BEGUN), people(**left))] == ["2026-01", "2026-01"]
    left["woman_left"] = 11
    assert [as_of for as_of, _ in leads(people(**BEGUN), people(**left))] == ["2026-01", "2026-02"]


def test_of_a_month_of_nobody_no_lead_time_is_said() -> None:
    assert leads([], people(**BEGUN)) == [("2026-01", {}), ("2026-02", SHOWN)]


# ---------- what it gives away ----------
def attack(seeds: range, number: int) -> tuple[list[str], int]:
    """What is recovered from months by chance, and how many lines of lead times were shown."""
    lost, shows = [], 0
    for start in range(0, len(seeds), AT_ONCE):
        attackers = [attacker_of(seed, number) for seed in seeds[start : start + AT_ONCE]]
        attackers = [attacker for attacker in attackers if attacker.truth]
        shows += sum(attacker.shows for attacker in attackers)
        lost += [f"from seed {seeds[start]}: {said}" for said in recovered(attackers, random.Random(start))]
    return lost, shows


def test_nothing_is_recovered_from_all_the_tables_together() -> None:
    for seeds, number in ((range(200), 1), (range(1000, 1120), 2), (range(2000, 2060), 3)):
        lost, shows = attack(seeds, number)
        assert not lost and shows > 100


@pytest.mark.long
def test_nothing_is_recovered_from_all_the_tables_together_thousands_of_times() -> None:
    for seeds, number in ((range(10_000, 13_000), 1), (range(20_000, 22_000), 2), (range(30_000, 31_000), 3)):
        assert not attack(seeds, number)[0]
