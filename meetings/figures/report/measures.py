"""What women and men can be compared in, out of what a month shows and nothing else. Pure (R15, L57).

A measure is how many women did of how many, and how many men of how many. It is a comparison only where all four
numbers are shown and each group is of ten or more (`LEAST_BASE`): under that no share is said anywhere here. What can't
be compared is named with its reason, so that nobody takes silence for equality.

`code` is the same from month to month, and is what a decision is linked to: «goal:discharged.plan_made.all»,
«referrals:granted», «waiting:all», «activity:<kind>», «survey:useful», «lead:plan».
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from meetings.figures.arithmetic import LEAST_BASE, percent
from meetings.figures.report.shapes import Cell, Lead, OutcomeTable, Report

WOMEN, MEN = "Kvinnor", "Män"
ANSWERED = ("granted", "partly", "refused", "not_examined")
HIDDEN = "Talen är för små för att visas för kvinnor och män var för sig."
FEW = f"Färre än {LEAST_BASE} kvinnor eller färre än {LEAST_BASE} män."
NONE = "Det finns inga tal om kvinnor och män."


class Share(NamedTuple):
    """How many did, of how many; None where it is not shown."""

    did: int | None
    base: int | None


HIDDEN_SHARE = Share(None, None)


@dataclass(frozen=True)
class Measure:
    """Women and men beside each other, each group of ten or more, every number of it shown."""

    code: str
    name: str
    women_did: int
    women_base: int
    men_did: int
    men_base: int
    better_high: bool | None  # whether a higher share is better; None where neither is
    as_of: date  # the month the numbers are of, its first day

    @property
    def women_share(self) -> int:
        """Whole per cent, half upwards."""
        return percent(self.women_did, self.women_base) or 0

    @property
    def men_share(self) -> int:
        return percent(self.men_did, self.men_base) or 0

    @property
    def difference(self) -> Fraction:
        """Between the two shares, exact, whichever is greater; from 0 to 1."""
        return abs(Fraction(self.women_did, self.women_base) - Fraction(self.men_did, self.men_base))


@dataclass(frozen=True)
class NotCompared:
    """A measure that this month can't bear, and why."""

    code: str
    name: str
    why: str
    as_of: date


@dataclass(frozen=True)
class Point:
    """A measure in one month; None in a month that doesn't have it."""

    month: date
    version: int
    measure: Measure | NotCompared | None


def measures_of(report: Report) -> list[Measure]:
    """Every comparison of women and men that a month's shown numbers can bear, in the order of its page."""
    return [one for one in _all(report) if isinstance(one, Measure)]


def not_compared_in(report: Report) -> list[NotCompared]:
    """Every comparison that they can't bear, each with why."""
    return [one for one in _all(report) if isinstance(one, NotCompared)]


def measure_of(report: Report, code: str) -> Measure | NotCompared | None:
    """A measure by its code; None where the month doesn't have it (the goal was not set, the table not counted)."""
    return next((one for one in _all(report) if one.code == code), None)


def series_of_measure(reports: Sequence[Report], code: str) -> list[Point]:
    """A measure month by month, in the order of the reports."""
    return [Point(report.month, report.version, measure_of(report, code)) for report in reports]


# ---------- one by one ----------
def _all(report: Report) -> Iterator[Measure | NotCompared]:
    yield from _goals(report)
    yield from _referrals(report)
    for lead in report.leads:
        yield _lead(lead)
    yield from _activities(report)
    yield from _surveys(report)


def _compared(
    code: str, name: str, shares: tuple[Share, Share], better_high: bool | None, as_of: date
) -> Measure | NotCompared:
    """`shares` are women's and men's. Nothing that is not shown is ever reckoned from anything else."""
    women, men = shares
    if women.did is None or women.base is None or men.did is None or men.base is None:
        return NotCompared(code, name, HIDDEN, as_of)
    if not women.base and not men.base:
        return NotCompared(code, name, NONE, as_of)
    if min(women.base, men.base) < LEAST_BASE:
        return NotCompared(code, name, FEW, as_of)
    return Measure(code, name, women.did, women.base, men.did, men.base, better_high, as_of)


def _both(cells: Sequence[Cell]) -> tuple[Share, Share]:
    by_label = {cell.label: Share(cell.did, cell.base) for cell in cells}
    return by_label.get(WOMEN, HIDDEN_SHARE), by_label.get(MEN, HIDDEN_SHARE)


def _goals(report: Report) -> Iterator[Measure | NotCompared]:
    for goal in report.goals:
        yield _compared(f"goal:{goal.code}", goal.name, _both(goal.rows), better_high=True, as_of=goal.as_of)


def _referrals(report: Report) -> Iterator[Measure | NotCompared]:
    """Granted and refused, of those whose latest referral has its answer; and who waits, of all who have been referred.

    None where nothing was counted.
    """
    if not report.referrals:
        if report.referrals is not None:
            yield from (NotCompared(code, name, HIDDEN, report.month) for code, name in REFERRALS.items())
        return
    table = report.referrals[0]
    for code, better_high in (("granted", True), ("refused", False)):
        shares = _part(table, WOMEN, [code], ANSWERED), _part(table, MEN, [code], ANSWERED)
        yield _compared(f"referrals:{code}", REFERRALS[f"referrals:{code}"], shares, better_high, table.as_of)
    everybody = [row.code for row in table.rows if row.code != "all"]
    waiting = _part(table, WOMEN, ["waiting"], everybody), _part(table, MEN, ["waiting"], everybody)
    yield _compared("waiting:all", REFERRALS["waiting:all"], waiting, better_high=False, as_of=table.as_of)


REFERRALS: Mapping[str, str] = {
    "referrals:granted": "Beviljad remiss, av dem vars senaste remiss har fått svar",
    "referrals:refused": "Avslag på remiss, av dem vars senaste remiss har fått svar",
    "waiting:all": "Väntar på svar på sin senaste remiss, av alla som har remitterats",
}


def _part(table: OutcomeTable, label: str, codes: Sequence[str], of: Sequence[str]) -> Share:
    """Those of a column who stand in some rows, of those who stand in these and others; a row that is hidden hides."""
    if label not in table.columns:
        return HIDDEN_SHARE
    at = table.columns.index(label)
    counts = {row.code: row.counts[at] for row in table.rows}

    def sum_of(names: Sequence[str]) -> int | None:
        found = [counts.get(name) for name in names]
        known = [count for count in found if count is not None]
        return sum(known) if len(known) == len(found) else None

    return Share(sum_of(codes), sum_of(of))


def _lead(lead: Lead) -> Measure | NotCompared:
    """Who still waits, of all who have begun. To be enrolled still is neither good nor bad; no plan yet is bad."""
    told = {row.label: Share(row.waiting, row.base) for row in lead.rows}
    shares = told.get(WOMEN, HIDDEN_SHARE), told.get(MEN, HIDDEN_SHARE)
    return _compared(f"lead:{lead.code}", LEADS[lead.code], shares, False if lead.tells_left else None, lead.as_of)


LEADS: Mapping[str, str] = {"plan": "Väntar på sin handlingsplan", "discharge": "Är inskrivna ännu"}


def _activities(report: Report) -> Iterator[Measure | NotCompared]:
    """Who has taken part, of all who have begun; left out where no base is counted."""
    for row in report.activities:
        if row.as_of is None or not row.bases:
            continue
        of = dict(zip(report.activity_columns, map(Share, row.counts, row.bases), strict=True))
        shares = of.get(WOMEN, HIDDEN_SHARE), of.get(MEN, HIDDEN_SHARE)
        yield _compared(f"activity:{row.code}", row.label, shares, better_high=None, as_of=row.as_of)


def _surveys(report: Report) -> Iterator[Measure | NotCompared]:
    """Of all activities together, which stand last."""
    for survey in report.surveys[-1:]:
        as_of = survey.as_of or report.month
        for code, cells in (("response", survey.response), ("useful", survey.useful), ("listened", survey.listened)):
            yield _compared(f"survey:{code}", SURVEYS[code], _both(cells), better_high=True, as_of=as_of)


SURVEYS: Mapping[str, str] = {
    "response": "Har svarat efter en aktivitet",
    "useful": "Aktiviteten var till nytta",
    "listened": "Blev lyssnad på",
}
