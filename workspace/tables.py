"""Rows to a file that a spreadsheet opens: .xlsx, or .csv as Swedish Excel wants it. Pure.

What somebody has typed is never run there: a text that begins as a formula does stays a text (OWASP, CSV injection).
"""

import csv
import io
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.writer.excel import save_workbook

Value = str | int | date | datetime | None

# What makes a spreadsheet run a cell. The last four are the wide forms, which some programs take for the same.
RUNS = tuple("=+-@\t\r\n＝＋－＠")
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
WIDEST = 60  # letters


@dataclass
class Table:
    """A named table: its columns' headings and its rows, as wide as they."""

    title: str
    columns: list[str]
    rows: list[list[Value]] = field(default_factory=list)


def looks_run(text: str) -> bool:
    """A spreadsheet would take this for a formula, also after blanks."""
    return text.startswith(RUNS) or text.lstrip().startswith(RUNS)


def as_csv(table: Table) -> bytes:
    """UTF-8 with a byte order mark, semicolons and CRLF, so that å ä ö and the columns come right in Swedish Excel.

    A text that a spreadsheet would run gets an apostrophe before it; days are written 2026-11-22.
    """
    made = io.StringIO()
    writer = csv.writer(made, delimiter=";", lineterminator="\r\n")
    writer.writerow(map(_csv_cell, table.columns))
    writer.writerows(map(_csv_cell, row) for row in table.rows)
    return f"{BOM}{made.getvalue()}".encode()


def _csv_cell(value: Value) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return f"{_local(value):%Y-%m-%d %H:%M}"
        case date():
            return value.isoformat()
        case str():
            return f"'{value}" if looks_run(value) else value
        case _:
            return str(value)


def as_xlsx(table: Table) -> bytes:
    """One sheet with a heading that stays in sight and a filter on every column. Days are real days.

    A text stays the text it is, whatever it begins with: it is stored as text and marked so.
    """
    made = Workbook()
    made.properties.creator = "Samverkansrum"
    sheet = made.worksheets[0]
    sheet.title = table.title[:31]
    lines: list[list[Value]] = [[*table.columns], *table.rows]
    for number, row in enumerate(lines, start=1):
        for place, value in enumerate(row, start=1):
            _write_cell(sheet.cell(number, place), value)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for place, heading in enumerate(table.columns):
        longest = max((len(_csv_cell(row[place])) for row in table.rows), default=0)
        sheet.column_dimensions[get_column_letter(place + 1)].width = min(max(longest, len(heading)) + 3, WIDEST)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    out = io.BytesIO()
    save_workbook(made, out)
    return out.getvalue()


def _write_cell(cell: Cell, value: Value) -> None:
    match value:
        case str():
            cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
            if looks_run(value):
                cell.data_type, cell.quotePrefix = "s", True
        case datetime():
            cell.value, cell.number_format = _local(value).replace(tzinfo=None), "yyyy-mm-dd hh:mm"
        case date():
            cell.value, cell.number_format = value, "yyyy-mm-dd"
        case _:
            cell.value = value


def _local(moment: datetime) -> datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


# What a page offers a table as: how it is made, and what it is.
FORMS = {"xlsx": (as_xlsx, XLSX), "csv": (as_csv, CSV)}
