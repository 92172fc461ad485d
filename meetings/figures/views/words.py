"""How figures are said: months, counts that may be hidden, and what stands at the top of a month's page."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from meetings.figures.report import Report
from meetings.figures.states import Verdict
from workspace.clocks import add_months
from workspace.small_cells import Hidden
from workspace.swedish import FULL_MONTHS, MONTHS, NUMBERS, say_date

HIDDEN = str(Hidden.ALSO)
TOTAL = "Totalt"
GROUPS = {"Kvinnor": "woman", "Män": "man", "Uppgift saknas": "unknown", TOTAL: "total"}


# ---------- the answer first ----------
def headline(report: Report) -> str:
    """«Ett av fem mål är uppfyllt»."""
    goals, met = len(report.goals), report.met
    if not goals:
        return "Inga mål är satta"
    if goals == 1:
        return _only(report.goals[0].verdict)
    if all(goal.verdict == Verdict.CANNOT for goal in report.goals):
        return "Målen kan inte räknas ännu"
    of = f"{word(goals)} mål"
    if met == goals:
        return f"Alla {of} är uppfyllda"
    if not met:
        return f"Inget av {of} är uppfyllt"
    return f"Ett av {of} är uppfyllt" if met == 1 else f"{word(met).capitalize()} av {of} är uppfyllda"


def _only(verdict: Verdict) -> str:
    if verdict == Verdict.CANNOT:
        return "Målet kan inte räknas ännu"
    return "Målet är uppfyllt" if verdict == Verdict.MET else "Målet är inte uppfyllt"


def word(number: int) -> str:
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def people_sentence(report: Report) -> str:
    """How many have been discharged, as far as it may be said."""
    if not report.agencies:
        return "Ingen myndighet var med i siffrorna då."
    if report.people is None:
        return "Hur många som har skrivits ut visas inte, för att ingen ska kännas igen."
    if report.people == 0:
        return "Ingen har skrivits ut ännu."
    until = f" till och med {say_end(report.people_as_of)}" if is_earlier(report, report.people_as_of) else ""
    return f"{report.people} {'person' if report.people == 1 else 'personer'} har skrivits ut{until}."


def is_earlier(report: Report, as_of: date | None) -> bool:
    """Some numbers are of an earlier month than the page, where this month's would tell of somebody."""
    return as_of is not None and as_of != report.month


# ---------- months and counts ----------
def say_month(month: date) -> str:
    """«oktober 2026»."""
    return f"{FULL_MONTHS[month.month - 1]} {month.year}"


def short_months(months: Sequence[date]) -> list[str]:
    """«okt. 2014», «nov.», «jan. 2015»: with the year where it is another than that of the month before."""
    named = []
    for at, month in enumerate(months):
        is_same = at > 0 and months[at - 1].year == month.year
        named.append(MONTHS[month.month - 1] + ("" if is_same else f" {month.year}"))
    return named


def last_day_of(month: date) -> date:
    return add_months(month, 1) - timedelta(days=1)


def say_end(month: date | None) -> str:
    """«31 okt. 2026»: the last day of a month."""
    return say_date(last_day_of(month)) if month else ""


def said_end(report: Report, as_of: date | None) -> str:
    """The same, only where it is an earlier month than the page's."""
    return say_end(as_of) if is_earlier(report, as_of) else ""


def number(count: int | None) -> dict[str, Any]:
    """A count, or that it is hidden."""
    return {"text": HIDDEN if count is None else str(count), "hidden": count is None}


def table_of(columns: Sequence[str], rows: Iterable[tuple[str, Sequence[int | None]]]) -> dict[str, Any]:
    """Lines of counts with the head of each column."""
    lines = [(label, list(zip(columns, map(number, counts), strict=True))) for label, counts in rows]
    return {"columns": list(columns), "lines": lines}
