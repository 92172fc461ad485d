"""How long answers take, counting rightly those that have not come yet: Kaplan and Meier's curve. Pure.

A referral that still waits has been answered by nobody knows when, only not by today; one that ended without an answer,
not by that day. Leaving them out would make the waiting look shorter than it is. Days are whole calendar days.

Source: Kaplan and Meier, J. Am. Stat. Assoc. 53 (1958); who leaves on a day counts as waiting on that day's answers.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Wait:
    """Days from sending until the answer; without one, until the last day it is known to have waited."""

    days: int
    answered: bool


@dataclass(frozen=True)
class Step:
    """From this day on, this share of all has no answer."""

    day: int
    waiting: Fraction


Curve = list[Step]


def curve_of(waits: Iterable[Wait]) -> Curve:
    """A step for each day with an answer or somebody leaving, soonest first. Exact; empty for nobody."""
    answers: Counter[int] = Counter()
    leaving: Counter[int] = Counter()
    for wait in waits:
        leaving[wait.days] += 1
        answers[wait.days] += wait.answered
    curve: Curve = []
    left, waiting = leaving.total(), Fraction(1)
    for day in sorted(leaving):
        waiting *= 1 - Fraction(answers[day], left)
        left -= leaving[day]
        curve.append(Step(day, waiting))
    return curve


def answered_by(curve: Curve, day: int) -> Fraction | None:
    """The share that has its answer at the latest that many days after sending.

    None after the last day that anybody has been followed to, unless all had their answer by then; None for nobody.
    """
    if not curve or (day > curve[-1].day and curve[-1].waiting):
        return None
    waiting = next((step.waiting for step in reversed(curve) if step.day <= day), Fraction(1))
    return 1 - waiting


def median_of(curve: Curve) -> int | None:
    """The first day by which at least half have their answer; None where the curve has not come so far."""
    return next((step.day for step in curve if step.waiting <= Fraction(1, 2)), None)


def answers_by(waits: Sequence[Wait], day: int) -> int:
    """How many answers came at the latest that day."""
    return sum(wait.answered and wait.days <= day for wait in waits)
