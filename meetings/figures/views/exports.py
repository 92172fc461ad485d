"""A month's figures as a file: exactly what the pages show, what is hidden in the same words, and nothing more.

One long table, so that a spreadsheet can filter it: a line for each number that the page says.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from meetings.figures.models import Snapshot, WhatWeChange
from meetings.figures.queries import changes_in_month, report_of
from meetings.figures.queries.pages import access_snapshot
from meetings.figures.report import Cell, GoalResult, OutcomeTable, Report
from meetings.figures.views.goal_words import ALL_PLACES, definition, silent_in
from meetings.figures.views.page import frozen_context
from meetings.figures.views.tables import EQUAL, activity_table, lead_cells, period, planned_cell, survey_questions
from meetings.figures.views.words import HIDDEN, TOTAL, last_day_of, number
from workspace.doors import AnyHatRequest, download, hat_page
from workspace.tables import FORMS, Table, Value

COLUMNS = ["Avsnitt", "Vad", "Kommun", "Grupp", "Mått", "Värde", "Gäller t.o.m.", "Låst", "Version"]
Line = list[Value]


@require_GET
@hat_page
def export(request: AnyHatRequest, pk: int, form: str) -> HttpResponse:
    """The month's page as a file."""
    snapshot = access_snapshot(request.hat, pk)
    report = report_of(snapshot)
    locked: Line = [timezone.localdate(snapshot.made_at), snapshot.version]
    rows = [[*line, *locked] for line in (*lines_of(report), *change_lines(changes_in_month(snapshot)))]
    return _file(Table("Uppföljning", COLUMNS, rows), form, "uppfoljning", snapshot)


@require_GET
@hat_page
def finsam(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Participants per intervention and gender, for whoever fills in Finsam's follow-up by hand (L30)."""
    snapshot = access_snapshot(request.hat, pk)
    report = report_of(snapshot)
    table = activity_table(report)
    context = {**frozen_context(request.hat, snapshot, report), "table": table, "end_of_table": table["end"]}
    return render(request, "figures/finsam.html", context)


@require_GET
@hat_page
def finsam_file(request: AnyHatRequest, pk: int) -> HttpResponse:
    """The worksheet as a file."""
    snapshot = access_snapshot(request.hat, pk)
    report = report_of(snapshot)
    rows: list[Line] = [[row.label, *(value(count) for count in row.counts)] for row in report.activities]
    return _file(Table("Finsam, anonymt", ["Insats", *report.activity_columns], rows), "xlsx", "finsam", snapshot)


def _file(table: Table, form: str, name: str, snapshot: Snapshot) -> HttpResponse:
    make, kind = FORMS[form]
    called = f"{name}-{snapshot.month:%Y-%m}-version-{snapshot.version}.{form}"
    return download(make(table), kind, called)


# ---------- the lines ----------
def value(count: int | None) -> int | str:
    """A number stays one; what is hidden is said."""
    return HIDDEN if count is None else count


def said(cell: dict[str, Any]) -> int | str:
    """The same of a cell that is words already."""
    text = str(cell["text"])
    return int(text) if text.isdigit() else text


def lines_of(report: Report) -> Iterator[Line]:
    end = last_day_of(report.month)
    known = last_day_of(report.people_as_of or report.month)
    yield ["Utskrivna", "Utskrivna", ALL_PLACES, TOTAL, "Antal", value(report.people), known]
    for goal in report.goals:
        yield from goal_lines(goal)
    for table in report.outcomes:
        yield from table_lines("Vad hände sedan", table)
    yield from other_lines(report, end)


def table_lines(part: str, table: OutcomeTable) -> Iterator[Line]:
    """A table of counts; where others have the municipality stands the receiver, where it is of referrals."""
    until = last_day_of(table.as_of)
    for row in table.rows:
        for column, count in zip(table.columns, row.counts, strict=True):
            yield [part, row.label, table.place, column, "Antal", value(count), until]


def goal_lines(goal: GoalResult) -> Iterator[Line]:
    """A goal's verdict, then its shares: of all, of each municipality, and of both sexes there."""
    until = last_day_of(goal.as_of)

    def line(place: str, group: str, measure: str, what: Value) -> Line:
        return ["Mål", goal.name, place, group, measure, what, until]

    yield line(ALL_PLACES, TOTAL, "Mål", definition(goal))
    yield line(ALL_PLACES, TOTAL, "Läge", str(goal.verdict.label))
    if goal.why:
        yield line(ALL_PLACES, TOTAL, "Varför", goal.why)
    if goal.threshold_agreement:
        yield line(ALL_PLACES, TOTAL, "Lägre gräns", f"{goal.threshold_agreement}. {goal.threshold_reason}")
    for figure in goal.published:
        refused = f" Godtogs inte. {figure.refused_because}" if figure.refused_because else ""
        yield line(ALL_PLACES, TOTAL, "Publicerat", f"{figure.total} % i {figure.source}.{refused}")
    by_name = {place.name: {cell.label: cell for cell in place.rows} for place in goal.places}
    places = [(ALL_PLACES, goal.rows)]
    for municipality in goal.municipalities:
        theirs = by_name.get(municipality.label, {})
        groups = [theirs[cell.label] for cell in goal.rows[:-1] if cell.label in theirs]
        places.append((municipality.label, [*groups, municipality]))
    for place, cells in places:
        for cell in cells:
            group = TOTAL if cell.label == place else cell.label
            for measure, what in measures_of(cell, goal):
                yield line(place, group, measure, what)


def change_lines(changes: Iterable[WhatWeChange]) -> Iterator[Line]:
    """What was decided because of the month's figures (R95), the newest first."""
    for change in changes:
        owner = change.owner.name if change.owner else "Samordnaren"
        yield ["Vad vi ändrar", owner, ALL_PLACES, TOTAL, "Beslut", change.text, timezone.localdate(change.made_at)]


def measures_of(cell: Cell, goal: GoalResult | None = None) -> list[tuple[str, Value]]:
    """What the page says of a cell, number by number."""
    return [
        ("Andel, %", cell.share if cell.share is not None else cell.text),
        ("Antal", value(cell.did)),
        ("Av", value(cell.base)),
        ("Inte svarat", value(silent_in(cell, goal))),
    ]


def other_lines(report: Report, end: Value) -> Iterator[Line]:
    for row in report.planned:
        for label, planned, actual in zip(row.labels, row.planned, row.actual, strict=True):
            for measure, cell in (("Planerade", planned_cell(planned)), ("Inskrivna", number(actual))):
                yield ["Planerade och inskrivna", period(row), ALL_PLACES, label, measure, said(cell), end]
    for lead in report.leads:
        for one in lead.rows:
            for measure, cell in lead_cells(lead, one):
                yield ["Ledtid", lead.name, ALL_PLACES, one.label, measure, said(cell), last_day_of(lead.as_of)]
    for table in report.referrals or []:
        yield from table_lines("Hur det har gått för remitterade", table)
    for agency in report.waiting.rows:
        for band, count in zip(report.waiting.bands, agency.counts, strict=True):
            cell = {"text": count}
            yield ["Remisser som väntar", agency.agency, ALL_PLACES, TOTAL, band, said(cell), end]
    for group in report.attendance:
        for attended in group.lines:
            yield ["Närvaro", attended.agency, ALL_PLACES, group.name, "Med på möten", attended.represented, end]
            yield ["Närvaro", attended.agency, ALL_PLACES, group.name, "Möten", attended.held, end]
    for survey in report.surveys:
        for question, cells in survey_questions(survey):
            for cell_of in cells:
                for measure, what in measures_of(cell_of):
                    yield ["Enkät", f"{survey.label}: {question}", ALL_PLACES, cell_of.label, measure, what, end]
        for answer in survey.equal.rows:
            for column, number_of in zip(survey.equal.columns, answer.counts, strict=True):
                asked = f"{survey.label}: {EQUAL} {answer.label}"
                yield ["Enkät", asked, ALL_PLACES, column, "Antal", value(number_of), end]
