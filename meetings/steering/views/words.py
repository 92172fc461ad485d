"""A frozen month in words and bars, as it stands under a meeting's item. Nothing is counted here."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from meetings.figures.report import Cell, GoalResult, Report
from meetings.figures.states import ANSWERED_EVENTS, Verdict
from meetings.steering.queries.around import Changed, MeetingFigures, changes_between, last_day
from workspace.clocks import add_months
from workspace.swedish import say_date

MARKS = {Verdict.MET: "yes", Verdict.NOT_MET: "no", Verdict.CANNOT: "na"}
SHADES = {"Kvinnor": "w", "Män": "m"}  # all else is drawn as the total


@dataclass(frozen=True)
class BarRow:
    """A line of a goal: a bar where the share may be said, and the number beside it."""

    label: str
    shade: str
    share: int | None
    text: str
    of: str
    hidden: bool
    is_total: bool


@dataclass(frozen=True)
class GoalBars:
    name: str
    definition: str
    target: int
    mark: str
    verdict: str
    why: str
    rows: list[BarRow]
    no_answer: str
    note: str  # why the numbers are of an earlier month


@dataclass(frozen=True)
class MonthShown:
    """A version of a month: its goals and what waited for an answer when it ended."""

    end: date
    locked: datetime
    version: int
    goals: list[GoalBars]
    bands: list[str]
    waiting: list[tuple[str, list[tuple[str, str, bool]]]]  # agency: band, count in words, whether it is hidden
    hides: bool


@dataclass(frozen=True)
class FiguresShown:
    month: MonthShown | None
    corrected: MonthShown | None
    reason: str
    changes: list[Changed]
    says: str  # what is waited for, or why there is nothing
    newer_end: date | None  # a later month has been frozen since the agenda was sent
    since_sent: bool


def shown_figures(figures: MeetingFigures) -> FiguresShown:
    report, after = figures.report, figures.corrected_report
    return FiguresShown(
        month=_month(figures, report, corrected=False),
        corrected=_month(figures, after, corrected=True),
        reason=after.reason if after else "",
        changes=changes_between(report, after) if report and after else [],
        says=figures.none_why or figures.waiting_words,
        newer_end=last_day(figures.newer) if figures.newer else None,
        since_sent=figures.since_sent,
    )


def _month(figures: MeetingFigures, report: Report | None, *, corrected: bool) -> MonthShown | None:
    snapshot = figures.corrected if corrected else figures.snapshot
    if snapshot is None or report is None:
        return None
    bands = report.waiting.bands
    waiting = [
        (row.agency, [(band, text, not text.isdigit()) for band, text in zip(bands, row.counts, strict=True)])
        for row in report.waiting.rows
    ]
    goals = [bars_of(report, goal) for goal in report.goals]
    return MonthShown(
        end=last_day(snapshot),
        locked=snapshot.made_at,
        version=snapshot.version,
        goals=goals,
        bands=bands,
        waiting=waiting,
        hides=any(row.hidden for goal in goals for row in goal.rows)
        or any(hidden for _, cells in waiting for _, _, hidden in cells),
    )


def bars_of(report: Report, goal: GoalResult) -> GoalBars:
    answered = " och svarat" if event_of(goal) in ANSWERED_EVENTS else ""
    until = say_date(add_months(goal.as_of, 1) - timedelta(days=1))
    return GoalBars(
        name=goal.name,
        definition=f"av {goal.population}{answered}",
        target=goal.target,
        mark=MARKS[goal.verdict],
        verdict=str(goal.verdict.label),
        why=goal.why,
        rows=[_bar(cell, is_total=cell is goal.total) for cell in goal.rows],
        no_answer=_no_answer(goal.total),
        note="" if goal.as_of == report.month else f"Talen gäller till och med {until}.",
    )


def event_of(goal: GoalResult) -> str:
    """The code of what it counts: a definition is population.event.span."""
    return [*goal.code.split("."), ""][1]


def _bar(cell: Cell, *, is_total: bool) -> BarRow:
    return BarRow(
        label=cell.label,
        shade=SHADES.get(cell.label, "t"),
        share=cell.share,
        text=cell.text,
        of=cell.of,
        hidden=cell.share is None and not cell.band,
        is_total=is_total,
    )


def _no_answer(total: Cell) -> str:
    """Beside every percentage: how many did not answer (R90)."""
    if total.no_answer is None:
        return "Inte svarat: dolt."
    return f"Inte svarat: {total.no_answer or 'ingen'}."
