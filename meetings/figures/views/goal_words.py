"""A goal in words, and what its pictures draw. As sure as the report is and no surer; nothing is counted here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from meetings.figures.report import Cell, GoalResult, Published, Report, SeriesPoint
from meetings.figures.states import ANSWERED_EVENTS, Verdict
from meetings.figures.views.drawing import Bar, Curve, height_of
from meetings.figures.views.words import GROUPS, HIDDEN, TOTAL, is_earlier, say_end, say_month
from workspace.swedish import say_list

ALL_PLACES = "Alla"
MARKS = {Verdict.MET: "yes", Verdict.NOT_MET: "no", Verdict.CANNOT: "na"}


@dataclass(frozen=True)
class GoalShown:
    """A goal as the month's page and its own page show it."""

    goal: GoalResult
    mark: str
    label: str
    definition: str
    columns: list[str]
    lines: list[tuple[str, list[dict[str, Any]]]]  # of all, then of each municipality: a cell for each column
    no_answer: str
    note: str  # why the numbers are of an earlier month
    alternative: str  # what the picture says, for who doesn't see it
    height: int  # of the picture; 0 for none
    has_band: bool
    how: list[tuple[str, str]]
    refused: list[Published]
    published: list[Published]


def shown_goal(report: Report, goal: GoalResult) -> GoalShown:
    bars = bars_of(goal.rows)
    return GoalShown(
        goal=goal,
        mark=MARKS[goal.verdict],
        label=str(goal.verdict.label),
        definition=definition(goal),
        columns=[cell.label for cell in goal.rows],
        lines=lines_of(goal),
        no_answer=non_response(goal),
        note=earlier_note(report, goal),
        alternative=bars_alternative(goal),
        height=height_of(bars) if any(bar.low is not None for bar in bars) else 0,
        has_band=any(cell.band for cell in goal.rows),
        how=how_counted(goal),
        refused=[said for said in goal.published if said.refused_because],
        published=[said for said in goal.published if not said.refused_because],
    )


# ---------- the definition ----------
def event_of(goal: GoalResult) -> str:
    """The code of what it counts: its definition is population.event.span."""
    return [*goal.code.split("."), ""][1]


def is_asked(goal: GoalResult) -> bool:
    """Only an answer tells whether somebody did."""
    return event_of(goal) in ANSWERED_EVENTS


def definition(goal: GoalResult) -> str:
    """«80 % av alla som har skrivits ut och svarat»."""
    asked = " och svarat" if is_asked(goal) else ""
    return f"{goal.target} % av {goal.population}{asked}"


def how_counted(goal: GoalResult) -> list[tuple[str, str]]:
    """«Så är det räknat»: among whom, what, when, how it is rounded, and what is hidden."""
    found = [
        ("Bland vilka", f"{goal.population[:1].upper()}{goal.population[1:]}."),
        ("Vad räknas", f"{goal.event}."),
        ("Vilken tid", f"{goal.span}, till och med {say_end(goal.as_of)}."),
        ("Inte svarat", "Den som inte har svarat räknas inte i andelen. Antalet står bredvid."),
        ("Mål", f"{goal.target} %. Uppfyllt när andelen når dit före avrundning."),
        ("Avrundning", "Till hela procent. En halv procent avrundas uppåt."),
        ("Döljs", hidden_words(goal.threshold)),
    ]
    if goal.threshold_agreement:
        found.append(("Lägre gräns", f"{goal.threshold_agreement}. {goal.threshold_reason}"))
    return found


def hidden_words(threshold: int) -> str:
    return (
        f"Antal under {threshold}, både de som gjorde det och de som inte gjorde det, och så många fler att inget dolt "
        "går att räkna ut. Andelar av färre än 10. I stället kan det stå ett spann, till exempel över 90 %."
    )


# ---------- its numbers ----------
def lines_of(goal: GoalResult) -> list[tuple[str, list[dict[str, Any]]]]:
    """Women, men and the total of everywhere, then of each municipality where there are several."""
    columns = [cell.label for cell in goal.rows]
    by_name = {place.name: {cell.label: cell for cell in place.rows} for place in goal.places}
    lines = [(ALL_PLACES, [shown_cell(cell, goal) for cell in goal.rows])]
    for municipality in goal.municipalities if len(goal.municipalities) > 1 else ():
        theirs = {**by_name.get(municipality.label, {}), TOTAL: municipality}
        lines.append((municipality.label, [shown_cell(theirs.get(label), goal) for label in columns]))
    return lines


def silent_in(cell: Cell, goal: GoalResult | None) -> int | None:
    """How many of a line didn't answer: nobody of any, where nobody of all did."""
    return 0 if goal is not None and goal.total.no_answer == 0 else cell.no_answer


def shown_cell(cell: Cell | None, goal: GoalResult | None = None) -> dict[str, Any]:
    """A percentage, of how many, and how many didn't answer; or that it is hidden."""
    if cell is None:
        return {"text": HIDDEN, "of": "", "no_answer": "", "hidden": True}
    silent = silent_in(cell, goal)
    missing = f"inte svarat: {HIDDEN}" if silent is None else f"{silent} inte svarat"
    return {
        "text": cell.text,
        "of": cell.of,
        "no_answer": missing if silent != 0 else "",
        "hidden": cell.share is None and not cell.band,
    }


def non_response(goal: GoalResult) -> str:
    """Beside every percentage (R90): how many of all didn't answer."""
    missing, base = goal.total.no_answer, goal.total.base
    if missing is None:
        return f"Inte svarat: {HIDDEN}."
    if missing == 0:
        return "Inte svarat: ingen."
    asked = missing + (base or 0)
    share = f", {(missing * 200 + asked) // (asked * 2)} %" if base is not None and asked >= 10 else ""
    return f"Inte svarat: {missing}{share}."


def earlier_note(report: Report, goal: GoalResult) -> str:
    if not is_earlier(report, goal.as_of):
        return ""
    return f"Talen gäller till och med {say_end(goal.as_of)}. Nyare tal hade berättat om enskilda personer."


# ---------- pictures ----------
def bars_of(rows: Sequence[Cell]) -> list[Bar]:
    return [Bar(GROUPS.get(cell.label, "total"), cell.label, cell.text, *ends_of(cell)) for cell in rows]


def ends_of(cell: Cell) -> tuple[int | None, int | None]:
    """Between which whole per cent the share lies, as far as it is said."""
    if cell.share is not None:
        return cell.share, cell.share
    words = cell.band.replace("–", " ").split()
    match [int(part) for part in words if part.isdigit()]:
        case [low, high]:
            return low, high
        case [one]:
            return (0, one) if words[0] == "under" else (one, 100)
    return None, None


def bars_alternative(goal: GoalResult) -> str:
    told = say_list([f"{cell.label.lower()} {cell.text}" for cell in goal.rows])
    return f"{goal.name}: {told}. Mål {goal.target} %. Alla tal står i tabellen."


# ---------- over time ----------
def group_labels(points: Sequence[SeriesPoint]) -> list[str]:
    """The groups that some month names, women first."""
    return [label for label in GROUPS if any(cell.label == label for point in points for cell in point.rows)]


def curves_of(points: Sequence[SeriesPoint]) -> list[Curve]:
    """A line for each group; broken where a month shows no share."""
    by_month = [{cell.label: cell.share for cell in point.rows} for point in points]
    return [Curve(GROUPS[label], label, [month.get(label) for month in by_month]) for label in group_labels(points)]


def point_rows(points: Sequence[SeriesPoint]) -> list[dict[str, Any]]:
    """The lines of the table over time, the newest first."""
    labels = group_labels(points)
    return [
        {
            "end": say_end(point.month),
            "as_of": say_end(point.as_of) if point.as_of != point.month else "",
            "cells": [(label, _cell_then(point, label)) for label in labels],
            "label": point.verdict.label,
        }
        for point in reversed(points)
    ]


def _cell_then(point: SeriesPoint, label: str) -> dict[str, Any]:
    shown = shown_cell(next((cell for cell in point.rows if cell.label == label), None))
    nobody_silent = any(cell.label == TOTAL and cell.no_answer == 0 for cell in point.rows)
    return shown | ({"no_answer": ""} if nobody_silent else {})


def series_alternative(name: str, target: int, points: Sequence[SeriesPoint]) -> str:
    def told(point: SeriesPoint) -> str:
        shares = say_list([f"{cell.label.lower()} {cell.text}" for cell in point.rows])
        return f"{say_month(point.month).capitalize()}: {shares}."

    ends = [points[0], points[-1]] if len(points) > 1 else list(points)
    return f"{name} över tid, mål {target} %. {' '.join(map(told, ends))} Alla tal står i tabellen."
