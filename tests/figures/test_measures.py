"""What women and men can be compared in: only shown numbers, each measure by a code that stays."""

from collections.abc import Mapping
from datetime import date

import pytest

from meetings.figures.actions.freezing import freeze_month
from meetings.figures.queries import measure_over_time, report_of, reports_of
from meetings.figures.report.measures import (
    FEW,
    HIDDEN,
    Measure,
    NotCompared,
    measure_of,
    measures_of,
    not_compared_in,
    series_of_measure,
)
from meetings.figures.report.shapes import ActivityRow, Lead, LeadRow, OutcomeTable, SurveyKind
from tests.cast import Cast
from tests.figures.reports import Four, cells, goal, report, row, table
from tests.figures.stage import AUGUST, SEPTEMBER, norrsken

JULY = date(2014, 7, 1)
REFERRED: Mapping[str, tuple[int | None, int | None]] = {
    "granted": (20, 26), "partly": (5, 5), "refused": (15, 9), "not_examined": (10, 10), "waiting": (25, 30),
    "ended": (0, 5), "all": (75, 85),
}  # fmt: skip


def referrals(**changed: tuple[int | None, int | None]) -> OutcomeTable:
    return table({code: row(*both) for code, both in {**REFERRED, **changed}.items()}, JULY)


def lead(code: str, four: Four, as_of: date = AUGUST) -> Lead:
    women_did, women_base, men_did, men_base = four
    pairs = (("Kvinnor", women_did, women_base), ("Män", men_did, men_base))
    return Lead(code, code, [LeadRow(one, base, 0, did, 0, None, None) for one, did, base in pairs], as_of)


def survey(label: str, response: Four, useful: Four, listened: Four) -> SurveyKind:
    equal = OutcomeTable(label, [], [], AUGUST)
    return SurveyKind(label, cells(response), cells(useful), cells(listened), equal, AUGUST)


def numbers(one: Measure | NotCompared | None) -> Four:
    assert isinstance(one, Measure)
    return one.women_did, one.women_base, one.men_did, one.men_base


def full() -> dict[str, Measure]:
    month = report(
        goals=[goal("discharged.plan_made.all", "Har en handlingsplan", (55, 60, 70, 80))],
        referrals=[referrals()],
        leads=[lead("plan", (10, 40, 12, 50)), lead("discharge", (20, 40, 21, 50))],
        activities=[
            ActivityRow("practice", "Praktik", [10, 20, 30], [40, 50, 90], AUGUST),
            ActivityRow("trial", "Arbetsträning", [5, 6, 11]),
        ],
        surveys=[
            survey("Praktik", (1, 2, 1, 2), (1, 1, 1, 1), (1, 1, 1, 1)),
            survey("Alla aktiviteter", (20, 30, 25, 40), (15, 20, 20, 25), (18, 20, 19, 25)),
        ],
    )
    return {one.code: one for one in measures_of(month)}


# ---------- what is compared ----------
def test_every_comparison_that_has_all_its_numbers_stands_by_its_code_in_the_pages_order() -> None:
    found = full()
    assert {code: numbers(one) for code, one in found.items()} == {
        "goal:discharged.plan_made.all": (55, 60, 70, 80),
        "referrals:granted": (20, 50, 26, 50),
        "referrals:refused": (15, 50, 9, 50),
        "waiting:all": (25, 75, 30, 85),
        "lead:plan": (10, 40, 12, 50),
        "lead:discharge": (20, 40, 21, 50),
        "activity:practice": (10, 40, 20, 50),
        "survey:response": (20, 30, 25, 40),
        "survey:useful": (15, 20, 20, 25),
        "survey:listened": (18, 20, 19, 25),
    }
    assert [code for code, one in found.items() if one.better_high] == [
        "goal:discharged.plan_made.all", "referrals:granted", "survey:response", "survey:useful", "survey:listened",
    ]  # fmt: skip
    assert [code for code, one in found.items() if one.better_high is False] == [
        "referrals:refused", "waiting:all", "lead:plan",
    ]  # fmt: skip


def test_shares_are_whole_per_cent_half_upwards_and_the_month_is_that_of_the_numbers() -> None:
    found = full()
    assert (found["referrals:granted"].women_share, found["referrals:granted"].men_share) == (40, 52)
    assert (found["goal:discharged.plan_made.all"].women_share, found["survey:response"].men_share) == (92, 63)
    assert (found["referrals:granted"].as_of, found["lead:plan"].as_of) == (JULY, AUGUST)


@pytest.mark.parametrize("hidden", ["granted", "partly", "refused", "not_examined"])
def test_of_the_answered_nothing_is_said_where_one_answer_is_hidden(hidden: str) -> None:
    month = report(referrals=[referrals(**{hidden: (None, 9)})])
    assert measures_of(month) == []
    left = {one.code: one.why for one in not_compared_in(month)}
    assert left == dict.fromkeys(("referrals:granted", "referrals:refused", "waiting:all"), HIDDEN)


def test_the_waiting_are_of_all_who_have_been_referred_and_never_reckoned_from_a_sum() -> None:
    month = report(referrals=[referrals(ended=(None, 5))])
    assert [one.code for one in measures_of(month)] == ["referrals:granted", "referrals:refused"]
    assert isinstance(measure_of(month, "waiting:all"), NotCompared)


@pytest.mark.parametrize(
    ("four", "why"),
    [((5, 9, 50, 60), FEW), ((50, 60, 5, 9), FEW), ((None, 60, 5, 50), HIDDEN), ((5, 60, 5, None), HIDDEN)],
)
def test_few_and_hidden_are_left_out_and_said_why(four: Four, why: str) -> None:
    month = report(goals=[goal("a", "Ett mål", four)])
    assert measures_of(month) == []
    assert [(one.code, one.name, one.why) for one in not_compared_in(month)] == [("goal:a", "Ett mål", why)]


def test_ten_women_and_ten_men_are_enough() -> None:
    assert len(measures_of(report(goals=[goal("a", "Ett mål", (0, 10, 10, 10))]))) == 1


def test_a_month_without_a_table_has_no_measure_of_it_and_one_with_too_few_says_so() -> None:
    old, few = report(), report(referrals=[])
    assert (measure_of(old, "referrals:granted"), not_compared_in(old)) == (None, [])
    assert {one.code for one in not_compared_in(few)} == {"referrals:granted", "referrals:refused", "waiting:all"}
    assert measure_of(few, "goal:no.such.goal") is None


# ---------- over time ----------
def test_a_measure_is_followed_month_by_month_by_its_code() -> None:
    months = [
        report(JULY),
        report(AUGUST, referrals=[referrals()]),
        report(SEPTEMBER, referrals=[referrals(granted=(None, 26))]),
    ]
    points = series_of_measure(months, "referrals:refused")
    assert [point.month for point in points] == [JULY, AUGUST, SEPTEMBER]
    assert points[0].measure is None and isinstance(points[2].measure, NotCompared)
    assert numbers(points[1].measure) == (15, 50, 9, 50)


@pytest.mark.django_db
def test_the_same_codes_stand_in_every_frozen_month(cast: Cast) -> None:
    cooperation = norrsken(cast)
    snapshots = [freeze_month(cooperation=cooperation, month=month) for month in (AUGUST, SEPTEMBER)]
    codes = [
        {one.code for one in measures_of(month)} | {one.code for one in not_compared_in(month)}
        for month in map(report_of, snapshots)
    ]
    assert codes[0] == codes[1] and "goal:discharged.plan_made.all" in codes[0]
    points = measure_over_time(cooperation, "goal:discharged.increased.all")
    assert [point.month for point in points] == [AUGUST, SEPTEMBER]
    assert numbers(points[0].measure) == numbers(points[1].measure)
    women_did, women_base, men_did, men_base = numbers(points[0].measure)
    assert ((women_did or 0) + (men_did or 0), (women_base or 0) + (men_base or 0)) == (140, 179)
    assert [month.month for month in reports_of(cooperation)] == [AUGUST, SEPTEMBER]
