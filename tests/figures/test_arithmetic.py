"""Percentages, verdicts, and totals that their parts can give (R84–R90, trade.md 1.6)."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetings.figures.arithmetic import (
    Known,
    Part,
    last_day_of,
    longest_of,
    months_between,
    percent,
    range_of,
    refusal_of,
    verdict_on,
)
from meetings.figures.report.build import periods_of
from meetings.figures.states import Verdict

MET, NOT_MET, CANNOT = Verdict.MET, Verdict.NOT_MET, Verdict.CANNOT


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(0, 0, None), (0, 5, 0), (5, 5, 100), (1, 8, 13), (1, 200, 1), (1, 201, 0), (169, 200, 85), (199, 200, 100)],
)
def test_percentages_are_whole_half_upwards_and_there_are_none_of_nothing(
    part: int, whole: int, said: int | None
) -> None:
    assert percent(part, whole) == said


@pytest.mark.parametrize(
    ("known", "target", "verdict", "why"),
    [
        (Known(85, 100, 0, 85), 50, MET, ""),
        (Known(140, 179, 44, 78), 80, NOT_MET, ""),
        (Known(995, 1000, 0, 100), 100, NOT_MET, ""),  # shown as 100 %, and yet not all
        (Known(0, 0, 0), 50, CANNOT, "Det finns ingen att räkna."),
        (Known(0, 0, 12), 50, CANNOT, "Svar saknas från alla 12."),
        (Known(8, 9, 0), 50, CANNOT, "9 är för få för att säga något."),
        (Known(11, 11, 61, 100), 50, CANNOT, "Svar saknas från 61 av 72. Det räcker inte för att säga något."),
        (Known(), 50, CANNOT, "Talen är för små för att visas."),
        (Known(None, 100, 0, 51), 50, MET, ""),
        (Known(None, 100, 0, 49), 50, NOT_MET, ""),
        (Known(None, 100, 0, 50), 50, CANNOT, "Talen är för små för att visas."),  # 49.5 would be 50 too
        (Known(None, 100, 0, None, 90, None), 80, MET, ""),
        (Known(None, 100, 0, None, 90, None), 100, CANNOT, "Talen är för små för att visas."),
        (Known(None, 100, 0, None, None, 10), 50, NOT_MET, ""),
        (Known(None, 100, 0, None, None, 10), 10, NOT_MET, ""),
        (Known(None, 100, 0, None, 40, 50), 50, CANNOT, "Talen är för små för att visas."),
    ],
)
def test_a_goal_is_met_or_not_or_cannot_be_computed_by_what_is_shown(
    known: Known, target: int, verdict: Verdict, why: str
) -> None:
    assert verdict_on(known, target) == (verdict, why)


def test_the_published_96_for_goal_5_is_refused_in_words_and_89_is_not() -> None:
    parts = [Part("Piteå", 86, 152), Part("Arvidsjaur", 96, 71)]
    assert refusal_of(96, parts) == "Med 86 % av 152 i Piteå och 96 % av 71 i Arvidsjaur blir totalen 89 %."
    assert refusal_of(89, parts) == ""
    assert range_of(parts) == (89, 90)


def test_without_bases_a_total_lies_between_its_parts() -> None:
    parts = [Part("Piteå", 86), Part("Arvidsjaur", 96)]
    assert [refusal_of(total, parts) for total in (86, 91, 96)] == ["", "", ""]
    assert refusal_of(97, parts) == "86 % i Piteå och 96 % i Arvidsjaur ger 86–96 %."
    assert refusal_of(85, parts) == "86 % i Piteå och 96 % i Arvidsjaur ger 86–96 %."
    assert refusal_of(70, [Part("Piteå", 86), Part("Arvidsjaur", 86)]) == "86 % i Piteå och 86 % i Arvidsjaur ger 86 %."
    assert refusal_of(12, []) == "", "nothing can be said of a total alone"


def test_every_total_of_the_old_report_but_the_fifth_can_be() -> None:
    """With the weights of the engine's own table (trade.md 1.6)."""
    report = [(83, 60, 88, 40, 85), (71, 124, 95, 55, 78), (75, 96, 89, 55, 80), (95, 152, 90, 71, 93)]
    for pitea, weight, arvidsjaur, other, total in report:
        assert refusal_of(total, [Part("Piteå", pitea, weight), Part("Arvidsjaur", arvidsjaur, other)]) == ""


COUNTS = st.integers(1, 400).flatmap(lambda base: st.tuples(st.integers(0, base), st.just(base)))


def computed(sets: list[tuple[int, int]], with_bases: bool) -> tuple[int, list[Part]]:
    total = percent(sum(did for did, _ in sets), sum(base for _, base in sets)) or 0
    parts = [
        Part(f"Kommun {at}", percent(did, base) or 0, base if with_bases else None)
        for at, (did, base) in enumerate(sets)
    ]
    return total, parts


def no_total_lies_outside_its_parts(sets: list[tuple[int, int]]) -> None:
    for with_bases in (True, False):
        total, parts = computed(sets, with_bases)
        assert refusal_of(total, parts) == ""
        low, high = range_of(parts)
        assert low <= total <= high


@given(st.lists(COUNTS, min_size=1, max_size=6))
@settings(max_examples=300, deadline=None)
def test_no_total_that_is_computed_lies_outside_its_parts(sets: list[tuple[int, int]]) -> None:
    no_total_lies_outside_its_parts(sets)


@pytest.mark.long
@given(st.lists(COUNTS, min_size=1, max_size=6))
@settings(max_examples=10_000, deadline=None)
def test_no_total_that_is_computed_lies_outside_its_parts_ten_thousand_times(sets: list[tuple[int, int]]) -> None:
    no_total_lies_outside_its_parts(sets)


@given(st.lists(COUNTS, min_size=2, max_size=4), st.integers(0, 100))
@settings(max_examples=300, deadline=None)
def test_what_is_refused_can_be_no_total_of_such_parts(sets: list[tuple[int, int]], total: int) -> None:
    """Whatever exact shares were rounded to these parts, none of the weighted means rounds to a refused total."""
    _, parts = computed(sets, with_bases=True)
    if refusal_of(total, parts):
        whole = sum(base for _, base in sets)
        for tip in (Fraction(-1, 2), Fraction(0), Fraction(499, 1000)):
            exact = sum(min(Fraction(100), max(Fraction(0), part.percent + tip)) * (part.base or 0) for part in parts)
            assert (exact / whole + Fraction(1, 2)).__floor__() != total


def test_longest_is_reached_by_at_least_five() -> None:
    assert longest_of({}) is None
    assert longest_of({900: 1, 400: 3}) is None
    assert longest_of({900: 1, 400: 3, 30: 7}) == 30
    assert longest_of({900: 5, 30: 1}) == 900


def test_months_know_of_leap_days() -> None:
    assert last_day_of(date(2024, 2, 29)) == date(2024, 2, 29)
    assert last_day_of(date(2023, 2, 1)) == date(2023, 2, 28)
    assert months_between(date(2023, 12, 31), date(2024, 2, 29)) == [
        date(2023, 12, 1),
        date(2024, 1, 1),
        date(2024, 2, 1),
    ]
    assert months_between(date(2024, 2, 1), date(2023, 12, 1)) == []


# ---------- planned and actual ----------
def test_a_plan_of_some_of_a_periods_months_is_no_plan_of_it() -> None:
    periods = [{"first": "2014-06", "last": "2014-07", "counts": {"woman": 7, "man": 8}}]
    plan = [["2014-06", "woman", 3], ["2014-07", "woman", 4], ["2014-07", "man", 9]]
    (row,) = periods_of(periods, plan)
    assert (row.planned, row.actual) == ([7, None, None], [7, 8, 15])
