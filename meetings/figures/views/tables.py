"""The tables under the goals, in words."""

from collections.abc import Sequence
from typing import Any

from meetings.figures.report import Cell, Lead, LeadRow, OutcomeTable, PeriodRow, Report, SurveyKind, WaitingTable
from meetings.figures.views.goal_words import shown_cell
from meetings.figures.views.words import number, said_end, table_of
from workspace.swedish import MONTHS

NO_PLAN = "ingen plan"
SUMS = "all"  # the code of a line that sums the others


def outcome_table(report: Report, table: OutcomeTable) -> dict[str, Any]:
    shown = table_of(table.columns, [(row.label, row.counts) for row in table.rows])
    return {
        "caption": table.place,
        "end": said_end(report, table.as_of),
        "sums": any(row.code == SUMS for row in table.rows),  # the last line
        "says": any(count is not None for row in table.rows for count in row.counts),
        **shown,
    }


def referral_tables(report: Report) -> list[dict[str, Any]] | None:
    """All who have been referred, then each receiver. None where the month was frozen before these were counted."""
    return None if report.referrals is None else [outcome_table(report, table) for table in report.referrals]


def activity_table(report: Report) -> dict[str, Any]:
    """Participants per intervention and gender: what Finsam's follow-up asks for."""
    shown = table_of(report.activity_columns, [(row.label, row.counts) for row in report.activities])
    return {"end": said_end(report, report.activities_as_of), **shown}


# ---------- planned and actual ----------
def period(row: PeriodRow) -> str:
    """«okt. 2026», «juni–aug. 2026»."""
    last = f"{MONTHS[row.last.month - 1]} {row.last.year}"
    if row.first == row.last:
        return last
    year = "" if row.first.year == row.last.year else f" {row.first.year}"
    return f"{MONTHS[row.first.month - 1]}{year} – {last}"


def planned_cell(count: int | None) -> dict[str, Any]:
    return {"text": NO_PLAN if count is None else str(count), "hidden": count is None}


def planned_table(rows: Sequence[PeriodRow]) -> list[tuple[str, list[tuple[str, dict[str, Any], dict[str, Any]]]]]:
    """For each period and group: what was planned, and what came of it."""
    return [
        (
            period(row),
            [
                (label, planned_cell(planned), number(actual))
                for label, planned, actual in zip(row.labels, row.planned, row.actual, strict=True)
            ],
        )
        for row in rows
    ]


# ---------- lead times ----------
def lead_cells(lead: Lead, row: LeadRow) -> list[tuple[str, dict[str, Any]]]:
    median = number(row.median)
    if row.median is None:
        median = {"text": row.median_why or "visas inte", "hidden": True}
    return [
        ("Påbörjade", number(row.base)),
        ("Klara", number(row.done)),
        ("Väntar ännu", number(row.waiting)),
        *([("Avslutade utan plan", number(row.left))] if lead.tells_left else []),
        ("Median, dagar", median),
        ("Längst, dagar", number(row.longest) if row.longest is not None else {"text": "visas inte", "hidden": True}),
    ]


def lead_table(report: Report, lead: Lead) -> dict[str, Any]:
    return {
        "code": lead.code,
        "name": lead.name,
        "end": said_end(report, lead.as_of),
        "undated": lead.tells_left,
        "says": any(not row.hidden for row in lead.rows),
        "hides": any(row.hidden for row in lead.rows),
        "lines": [{"label": row.label, "cells": lead_cells(lead, row)} for row in lead.rows],
    }


# ---------- waiting and surveys ----------
def waiting_table(table: WaitingTable) -> dict[str, Any]:
    return {
        "bands": table.bands,
        "rows": [
            {
                "agency": row.agency,
                "cells": [
                    (band, {"text": text, "hidden": not text.isdigit()})
                    for band, text in zip(table.bands, row.counts, strict=True)
                ],
            }
            for row in table.rows
        ],
    }


EQUAL = "Behandlas kvinnor och män lika?"


def survey_table(survey: SurveyKind) -> dict[str, Any]:
    """One kind of activity: how many answered, and what; a column for each group."""
    equal = table_of(survey.equal.columns, [(f"{EQUAL} {row.label}", row.counts) for row in survey.equal.rows])
    lines = [(question, [shown_cell(cell) for cell in cells]) for question, cells in survey_questions(survey)]
    lines += [(question, [cell for _, cell in cells]) for question, cells in equal["lines"]]
    return {"label": survey.label, "columns": [cell.label for cell in survey.response], "lines": lines}


def survey_questions(survey: SurveyKind) -> list[tuple[str, list[Cell]]]:
    return [
        ("Har svarat", survey.response),
        ("Aktiviteten var till nytta, 4 eller 5 av 5", survey.useful),
        ("Jag blev lyssnad på, 4 eller 5 av 5", survey.listened),
    ]
