"""Which difference between women and men a month's numbers can bear. Pure and exact: nothing here is ever a float.

**The test** of one measure is Fisher's exact test, two-sided (Fisher 1935): with the four sums of the table held fixed,
the probability of a table that is no likelier than the one at hand, were women and men alike. `p` is an exact fraction.

**Several measures** are compared at once, so some differ by chance alone. Holm's correction (Scandinavian Journal of
Statistics 6, 1979) holds the risk of one false alarm or more in a month at five per cent, whatever the measures tell of
each other; they are not independent (who is granted is not refused). Fisher's test keeps under its level in small
groups, so the true risk is lower. A difference is *claimed* only where its corrected p is under 0.05.

**Assumptions.** Persons are independent of each other and each stands once in a measure; the sums are taken as given.
Among the referred each person does stand once. A person who has been enrolled twice is two among the enrolled, and one
who was asked after two activities may have answered twice: there the p is somewhat too small. Everything is counted
since the start, so the same people are in month after month: a claim that returns is not a new one.

**Limits.** Only measures with ten women and ten men or more, and only numbers that are shown (a hidden one never
enters), so what is hidden is not examined. No difference claimed is not equality shown: in small groups only very large
differences can be told from chance. Why a difference is there no test says: women and men may differ in what they
needed or asked for. That is what the item on the agenda is for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb

from meetings.figures.report.measures import Measure, NotCompared, measures_of, not_compared_in
from meetings.figures.report.shapes import Report

LEVEL = Fraction(1, 20)


@dataclass(frozen=True)
class Judged:
    """A measure with what the tests say of it."""

    measure: Measure
    p: Fraction  # of this measure alone
    adjusted: Fraction  # Holm's: the least level at which it would be claimed beside the others

    @property
    def claimed(self) -> bool:
        return self.adjusted < LEVEL


@dataclass(frozen=True)
class Difference:
    """The largest claimed difference; where none is, the largest of all, which chance easily gives."""

    measure: Measure
    p: Fraction
    adjusted: Fraction
    claimed: bool
    compared: int  # how many measures were compared
    left_out: tuple[NotCompared, ...] = ()


@dataclass(frozen=True)
class TooFew:
    """No measure can be compared: hidden, or fewer than ten women or men in each."""

    left_out: tuple[NotCompared, ...] = ()


def largest_difference(report: Report) -> Difference | TooFew:
    """The largest difference between women and men that a month can bear: the test and its limits stand above."""
    left_out = tuple(not_compared_in(report))
    tested = judged(measures_of(report))
    if not tested:
        return TooFew(left_out)
    claimed = [one for one in tested if one.claimed]
    largest = min(claimed or tested, key=lambda one: (-one.measure.difference, one.p, one.measure.code))
    return Difference(
        largest.measure, largest.p, largest.adjusted, largest.claimed, compared=len(tested), left_out=left_out
    )


def judged(measures: Sequence[Measure]) -> list[Judged]:
    """Every measure with its p alone and corrected, in the order given."""
    alone = [fisher(one.women_did, one.women_base, one.men_did, one.men_base) for one in measures]
    return [Judged(*found) for found in zip(measures, alone, holm(alone), strict=True)]


def fisher(women_did: int, women_base: int, men_did: int, men_base: int) -> Fraction:
    """Fisher's exact test, two-sided: how probable a table no likelier than this one is, were the groups alike.

    Exact integers: the tables with these sums, each by its number of ways, next from next (Vandermonde's sum is all).
    """
    did = women_did + men_did
    first, last = max(0, did - men_base), min(women_base, did)
    ways = comb(women_base, first) * comb(men_base, did - first)
    found = []
    for women in range(first, last + 1):
        found.append(ways)
        ways = ways * (women_base - women) * (did - women) // ((women + 1) * (men_base - did + women + 1))
    here = found[women_did - first]
    return Fraction(sum(number for number in found if number <= here), comb(women_base + men_base, did))


def holm(alone: Sequence[Fraction]) -> list[Fraction]:
    """Each p corrected for all of them (Holm 1979): never less than that of a smaller one, at the most 1."""
    corrected = [Fraction(1)] * len(alone)
    least = Fraction(0)
    for rank, at in enumerate(sorted(range(len(alone)), key=lambda at: alone[at])):
        least = max(least, min(Fraction(1), alone[at] * (len(alone) - rank)))
        corrected[at] = least
    return corrected
