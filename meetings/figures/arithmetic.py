"""Percentages, verdicts, and totals that their parts can give. Pure and exact: nothing here is ever a float.

Sources: R84–R90 and the check of a report in trade.md 1.6. Percentages are whole, half a per cent upwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor

from meetings.figures.states import Verdict
from workspace.clocks import add_months

LEAST_BASE = 10  # the smallest base of a percentage or a median
LEAST_EXCEED = 5  # «längst» is reached or exceeded by at least so many
HALF = Fraction(1, 2)
ALL = 100


# ---------- months ----------
def month_of(day: date) -> date:
    """The first day of a day's month: how a month is written everywhere here."""
    return day.replace(day=1)


def last_day_of(month: date) -> date:
    return add_months(month_of(month), 1) - timedelta(days=1)


def months_between(first: date, last: date) -> list[date]:
    """Every month from one to another, both included; none when they run backwards."""
    first, last = month_of(first), month_of(last)
    number = (last.year - first.year) * 12 + last.month - first.month
    return [add_months(first, ahead) for ahead in range(number + 1)]


# ---------- shares ----------
def percent(part: int, whole: int) -> int | None:
    """Whole per cent, half upwards; None of nothing."""
    return rounded(Fraction(part * ALL, whole)) if whole else None


def rounded(value: Fraction) -> int:
    """Half upwards, as a report does: 84.5 is 85."""
    return floor(value + HALF)


@dataclass(frozen=True)
class Known:
    """What is shown of a line: nothing else may decide what is said of it."""

    did: int | None = None
    base: int | None = None
    no_answer: int | None = None
    share: int | None = None
    least: int | None = None  # of a band: more than this, or from this to `most`
    most: int | None = None


def verdict_on(known: Known, target: int) -> tuple[Verdict, str]:
    """Whether a target is met, judged by nothing but what is shown; and why it can't be said, if it can't (R85)."""
    base, silent = known.base, known.no_answer
    if base == 0:
        return Verdict.CANNOT, f"Svar saknas från alla {silent}." if silent else "Det finns ingen att räkna."
    if base is not None and base < LEAST_BASE:
        return Verdict.CANNOT, f"{base} är för få för att säga något."
    if base is not None and silent is not None and silent > base:
        return Verdict.CANNOT, f"Svar saknas från {silent} av {base + silent}. Det räcker inte för att säga något."
    met = _reaches(known, target)
    if met is None:
        return Verdict.CANNOT, "Talen är för små för att visas."
    return (Verdict.MET if met else Verdict.NOT_MET), ""


def _reaches(known: Known, target: int) -> bool | None:
    if known.did is not None and known.base:
        return known.did * ALL >= target * known.base
    if known.share is not None:
        return known.share > target if known.share != target else None
    if known.least is not None and known.least >= target:
        return True
    if known.most is not None and (known.most < target or (known.most == target and known.least is None)):
        return False
    return None


# ---------- waiting ----------
def longest_of(days: Mapping[int, int]) -> int | None:
    """The most days that at least five have reached or exceeded; `days` tells how many of each. None for fewer."""
    reached = 0
    for number in sorted(days, reverse=True):
        reached += days[number]
        if reached >= LEAST_EXCEED:
            return number
    return None


# ---------- what somebody else has said ----------
@dataclass(frozen=True)
class Part:
    """One municipality's per cent as it was published, and of how many, where that is shown."""

    name: str
    percent: int
    base: int | None = None


def range_of(parts: Sequence[Part]) -> tuple[int, int]:
    """The least and the most whole per cent that a total of these parts can be, whatever was rounded.

    With every base: the weighted mean, where each part and the total may be half a per cent off. Without: a total
    lies somewhere between its least part and its greatest.
    """
    weights = [part.base for part in parts if part.base]
    if len(weights) < len(parts):
        return min(part.percent for part in parts), max(part.percent for part in parts)
    whole = sum(weights)
    none = Fraction(0)
    low = sum((max(none, part.percent - HALF) * (part.base or 0) for part in parts), none) / whole
    high = sum((min(Fraction(ALL), part.percent + HALF) * (part.base or 0) for part in parts), none) / whole
    # A total that reaches `high` would round a part up, unless every part is all.
    return rounded(low), min(ALL, ceil(high - HALF))


def refusal_of(total: int, parts: Sequence[Part]) -> str:
    """Why a published total is refused: "" where its parts can give it, or where there are none (R88)."""
    if not parts:
        return ""
    low, high = range_of(parts)
    if low <= total <= high:
        return ""
    if all(part.base for part in parts):
        said = [f"{part.percent} % av {part.base} i {part.name}" for part in parts]
        whole = sum(part.base or 0 for part in parts)
        mean = rounded(Fraction(sum(part.percent * (part.base or 0) for part in parts), whole))
        return f"Med {_and(said)} blir totalen {mean} %."
    said = [f"{part.percent} % i {part.name}" for part in parts]
    return f"{_and(said)} ger {low} %." if low == high else f"{_and(said)} ger {low}–{high} %."


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} och {words[-1]}"
