"""Kaplan and Meier's curve as ours has it, against scipy's."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from referrals.survival import Step, Wait, answered_by, answers_by, curve_of, median_of

# Few days, so that answers and leavings meet on the same one.
WAITS = st.lists(st.builds(Wait, days=st.integers(0, 12), answered=st.booleans()), min_size=1, max_size=40)


def theirs(waits: list[Wait]) -> tuple[list[int], list[float]]:
    """The days and the shares that still wait, as scipy has them."""
    data = stats.CensoredData.right_censored(
        np.array([float(wait.days) for wait in waits]), np.array([not wait.answered for wait in waits])
    )
    found = stats.ecdf(data).sf
    return [int(day) for day in found.quantiles], [float(share) for share in found.probabilities]


@given(WAITS)
def test_the_curve_is_the_librarys(waits: list[Wait]) -> None:
    days, shares = theirs(waits)
    curve = curve_of(waits)
    assert [step.day for step in curve] == days
    assert [float(step.waiting) for step in curve] == pytest.approx(shares, abs=1e-9)


@given(WAITS)
def test_the_share_answered_by_a_day_is_the_librarys(waits: list[Wait]) -> None:
    days, shares = theirs(waits)
    curve = curve_of(waits)
    for day in range(14):
        known = [share for at, share in zip(days, shares, strict=True) if at <= day]
        found = answered_by(curve, day)
        if day > days[-1] and shares[-1] > 1e-9:
            assert found is None
        else:
            assert found is not None and float(found) == pytest.approx(1 - (known[-1] if known else 1))


@given(WAITS)
def test_the_median_is_the_librarys(waits: list[Wait]) -> None:
    """Their shares are floats: one half may come out a hair above."""
    days, shares = theirs(waits)
    assert median_of(curve_of(waits)) == next(
        (day for day, share in zip(days, shares, strict=True) if share <= 0.5 + 1e-9), None
    )


def test_those_still_waiting_count_as_long_as_they_have_waited() -> None:
    """Four sent, answers after 10 and 30 days, one waits since 20, one since 40."""
    curve = curve_of([Wait(10, True), Wait(20, False), Wait(30, True), Wait(40, False)])
    assert curve == [
        Step(10, Fraction(3, 4)), Step(20, Fraction(3, 4)), Step(30, Fraction(3, 8)), Step(40, Fraction(3, 8)),
    ]  # fmt: skip
    assert median_of(curve) == 30
    assert [answered_by(curve, day) for day in (9, 10, 40)] == [Fraction(0), Fraction(1, 4), Fraction(5, 8)]


def test_who_leaves_on_the_day_of_an_answer_waited_until_then() -> None:
    assert curve_of([Wait(5, True), Wait(5, False)]) == [Step(5, Fraction(1, 2))]


def test_nobody_answered_has_no_median_and_a_share_of_nought() -> None:
    curve = curve_of([Wait(3, False), Wait(8, False)])
    assert (median_of(curve), answered_by(curve, 8), answered_by(curve, 9)) == (None, 0, None)


def test_nobody_has_no_curve() -> None:
    assert (curve_of([]), median_of([]), answered_by([], 14)) == ([], None, None)


def test_all_answered_stays_so_on_every_later_day() -> None:
    curve = curve_of([Wait(0, True), Wait(2, True)])
    assert (median_of(curve), answered_by(curve, 365)) == (0, 1)


def test_answers_are_counted_to_the_day() -> None:
    waits = [Wait(14, True), Wait(15, True), Wait(3, False)]
    assert [answers_by(waits, day) for day in (13, 14, 15)] == [0, 1, 2]
