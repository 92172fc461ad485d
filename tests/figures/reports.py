"""Reports laid by hand, with as much in them as a test of measures needs."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from meetings.figures.report.shapes import Cell, GoalResult, OutcomeRow, OutcomeTable, Report, WaitingTable
from meetings.figures.states import Verdict

AUGUST = date(2014, 8, 1)
Four = tuple[int | None, int | None, int | None, int | None]


def report(month: date = AUGUST, **content: Any) -> Report:
    """A month with nothing in it but `content`."""
    empty: dict[str, Any] = {
        "people": None, "people_as_of": None, "merged": {}, "left_out_unknown": False, "goals": [], "outcomes": [],
        "planned": [], "leads": [], "activity_columns": ["Kvinnor", "Män", "Totalt"], "activities": [],
        "activities_as_of": None, "surveys": [], "waiting": WaitingTable([], []), "attendance": [], "agencies": [],
    }  # fmt: skip
    return Report(
        month=month, version=1, versions=1, cutoff_at=datetime(2014, 9, 1, tzinfo=UTC), reason="", digest="",
        **{**empty, **content},
    )  # fmt: skip


def cells(four: Four) -> list[Cell]:
    """Women's and men's lines; a None is hidden."""
    women_did, women_base, men_did, men_base = four
    pairs = (("Kvinnor", women_did, women_base), ("Män", men_did, men_base))
    return [Cell(label, did, base, 0, None, "", did is None or base is None) for label, did, base in pairs]


def goal(code: str, name: str, four: Four) -> GoalResult:
    return GoalResult(
        code=code, goal=1, name=name, population="", event="", span="", target=50, rows=cells(four), municipalities=[],
        places=[], verdict=Verdict.CANNOT, why="", as_of=AUGUST,
    )  # fmt: skip


def row(women: int | None, men: int | None) -> list[int | None]:
    return [women, men, None if women is None or men is None else women + men]


def table(rows: Mapping[str, Sequence[int | None]], as_of: date = AUGUST) -> OutcomeTable:
    columns = ["Kvinnor", "Män", "Totalt"]
    return OutcomeTable("Alla mottagare", columns, [OutcomeRow(code, code, list(rows[code])) for code in rows], as_of)
