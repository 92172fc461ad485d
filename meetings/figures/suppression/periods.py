"""Months taken together until nobody in them stands alone. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from meetings.figures.suppression.frames import small


@dataclass(frozen=True)
class Period:
    """Some months in a row, and how many of each gender."""

    first: str
    last: str
    counts: Mapping[str, int]


def closed_periods(
    monthly: Sequence[tuple[str, Mapping[str, int]]],
    earlier: Sequence[Period] = (),
    *,
    beside: Sequence[Mapping[str, int]] = (),
) -> list[Period]:
    """Months taken together from the left until every gender's count is nought or five. The rest is left out.

    `earlier` are the periods that have been shown: they stay as they were shown, and what a later correction changed in
    them stands in no period. `beside` are the sums by gender, since the first month, that are or were shown elsewhere:
    no period ends so that what lies between it and one of them is a few.
    """
    names = [name for name, _ in monthly]
    periods = [period for period in earlier if period.first in names and period.last in names]
    begun = names.index(periods[-1].last) + 1 if periods else 0
    before = [period.counts for period in periods]
    sums = _sum(before)
    pending: list[tuple[str, Mapping[str, int]]] = []
    for name, counts in monthly[begun:]:
        pending.append((name, counts))
        together = _sum([month for _, month in pending])
        ends = _sum([sums, together])
        if any(map(small, together.values())) or any(_few(ends, other) for other in beside):
            continue
        periods.append(Period(pending[0][0], name, together))
        sums, pending = ends, []
    return periods


def _sum(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    return {gender: sum(one.get(gender, 0) for one in counts) for gender in sorted({g for one in counts for g in one})}


def _few(one: Mapping[str, int], other: Mapping[str, int]) -> bool:
    return any(small(one.get(gender, 0) - other.get(gender, 0)) for gender in {*one, *other})
