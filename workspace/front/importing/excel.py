"""From one Excel file to the same rows of plain text as the CSV files give. Reads the file and nothing else."""

import io
import re
import unicodedata
import warnings
import zipfile
import zlib
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from workspace.front.importing.reading import LARGEST_FILE, Unreadable, read_records
from workspace.front.importing.sheets import SHEETS, Fault, Row, Sheet, SheetRead, Workbook

LARGEST_UNPACKED = 60_000_000  # bytes; the workbook of a city is a hundredth of this
MOST_PARTS = 500
MOST_ROWS, MOST_COLUMNS = 20_000, 200
# What Excel writes before 2007, and also around a file with a password.
OLD_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
WITH_PASSWORD = "EncryptedPackage".encode("utf-16-le")
# All that a damaged file makes zipfile, the XML parser and openpyxl say.
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, InvalidFileException, ParseError, OSError, EOFError, NotImplementedError),
    *(KeyError, ValueError, TypeError, IndexError, AttributeError, RuntimeError),
)
# How openpyxl shows a formula whose last value was an empty text; one never worked out has no type.
WORKED_OUT_TO_NOTHING = "str"
ONLY_ZEROS = re.compile(r"0{2,}")


@dataclass
class Grid:
    """A sheet's cells as text, and what is wrong with single cells, by (row, column) counted from 0."""

    title: str
    records: list[list[str]] = field(default_factory=list)
    # Numbers: a telephone number among them has lost its first zero.
    numbers: set[tuple[int, int]] = field(default_factory=set)
    odd: dict[tuple[int, int], str] = field(default_factory=dict)


def read_excel(path: Path) -> Workbook:
    """Read the sheets of an Excel file. Sheets it does not know are named and left; faults are collected, not raised.

    Raises `Unreadable` when the file as a whole cannot be understood.
    """
    name = unicodedata.normalize("NFC", path.name)
    workbook = Workbook(file=name)
    known = {sheet.name: sheet for sheet in SHEETS}
    for grid in _grids(_content(path)):
        sheet = known.get(" ".join(grid.title.split()).casefold())
        if sheet is None:
            workbook.left.append(f"Känner inte igen bladet {grid.title}. Det är inte läst.")
        elif sheet.name in workbook.sheets:
            workbook.faults.append(Fault(name, f"Det finns två blad som heter {sheet.name}. Behåll ett."))
        else:
            workbook.sheets[sheet.name] = _read_grid(sheet, f"{name}, bladet {sheet.name}", grid, workbook)
    return workbook


# ---------- the file as a whole ----------
def _content(path: Path) -> bytes:
    """The file's bytes, once they are known to be an Excel file of a sane size, packed and unpacked."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise Unreadable("Filen är större än 10 MB. Det är nog inte arbetsboken.")
        raw = path.read_bytes()
    except OSError:
        raise Unreadable("Filen går inte att öppna. Stäng den i Excel, eller se efter vem som får läsa den.") from None
    if raw.startswith(OLD_FILE) and WITH_PASSWORD in raw:
        raise Unreadable("Filen har ett lösenord. Spara en kopia utan lösenord och läs in den.")
    if raw.startswith(OLD_FILE) or path.suffix.casefold() == ".xls":
        raise Unreadable("Filen är sparad i Excels gamla format. Öppna den i Excel och spara som .xlsx.")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            parts = packed.infolist()
    except BROKEN:
        raise _broken() from None
    # zipfile reads no more of a part than it says that it holds, so what is said can be trusted here.
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise Unreadable("Filen är mycket större inuti än arbetsboken kan vara. Den är inte öppnad.")
    return raw


def _broken() -> Unreadable:
    return Unreadable("Filen går inte att läsa som Excelfil. Öppna den i Excel och spara den igen som .xlsx.")


def _grids(raw: bytes) -> list[Grid]:
    """Every sheet as text. Read twice: for what formulas have come to, and for where formulas stand."""
    try:
        with warnings.catch_warnings():
            # openpyxl warns of colours and lists that it leaves out.
            warnings.simplefilter("ignore", UserWarning)
            values = load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
            formulas = load_workbook(io.BytesIO(raw), read_only=True)
            return [_grid(values[title], formulas[title]) for title in (s.title for s in values.worksheets)]
    except BROKEN:
        raise _broken() from None


# ---------- one sheet ----------
def _grid(values: Any, formulas: Any) -> Grid:
    """One sheet. Rows that are blank to the end, and cells that are, are cut off as in CSV."""
    grid = Grid(unicodedata.normalize("NFC", values.title))
    for sheet in (values, formulas):
        sheet.reset_dimensions()  # some programs write a size that is not so
    for row, (cells, asked) in enumerate(zip(values.iter_rows(), formulas.iter_rows(), strict=True)):
        if row >= MOST_ROWS or len(cells) > MOST_COLUMNS:
            raise Unreadable(
                f"Bladet {grid.title} är större än {MOST_ROWS} rader eller {MOST_COLUMNS} kolumner. "
                "Ta bort det tomma under och bredvid tabellen och spara igen."
            )
        grid.records.append([_text_at(grid, row, *pair) for pair in enumerate(zip(cells, asked, strict=True))])
    return grid


def _text_at(grid: Grid, row: int, column: int, pair: tuple[Any, Any]) -> str:
    """One cell as text. Notes on the grid what a reader must mend: an error, or a formula never worked out."""
    cell, asked = pair
    if cell.value is None and asked.value is not None and cell.data_type != WORKED_OUT_TO_NOTHING:
        grid.odd[row, column] = "Cellen är en formel som inte är uträknad. Öppna filen i Excel, spara och försök igen."
    elif cell.value is not None and cell.data_type == "e":
        grid.odd[row, column] = f"Formeln i cellen ger felet {cell.value}. Rätta den, eller skriv bara text."
    elif isinstance(cell.value, int | float) and not isinstance(cell.value, bool):
        grid.numbers.add((row, column))
    return cell_text(cell.value, getattr(cell, "number_format", "") or "")


def cell_text(value: Any, number_format: str = "") -> str:
    """What Swedish Excel would write in a CSV file for this value."""
    match value:
        case None:
            return ""
        case bool():
            return "SANT" if value else "FALSKT"
        case datetime():
            return value.date().isoformat() if value.time() == time.min else f"{value:%Y-%m-%d %H:%M}"
        case date():
            return value.isoformat()
        case time():
            return f"{value:%H:%M}"
        case int() | float():
            return _number_text(value, number_format)
        case _:
            return unicodedata.normalize("NFC", str(value))


def _number_text(value: int | float, number_format: str) -> str:
    """«1981», «0042» where the cell's format is 0000, «1,5»."""
    if value != value or value in {float("inf"), float("-inf")}:
        return str(value)
    if value != int(value):
        return repr(value).replace(".", ",")
    width = len(number_format) if ONLY_ZEROS.fullmatch(number_format) else 0
    return str(int(value)).zfill(width)


def _read_grid(sheet: Sheet, name: str, grid: Grid, workbook: Workbook) -> SheetRead:
    """The rows of a sheet. A row with a cell that cannot be read keeps the rest, and is a fault."""
    _restore_zeros(sheet, grid)
    read = read_records(sheet, name, _filled_out(grid.records), workbook)
    header = [cell.strip() for cell in grid.records[0]] if grid.records else []
    wanted = {column.name.casefold(): column.name for column in sheet.columns}
    marred = set()
    for (row, place), sentence in sorted(grid.odd.items()):
        column = wanted.get(header[place].casefold()) if place < len(header) else None
        if column is not None and row:
            workbook.faults.append(Fault(name, sentence, row + 1, column))
            marred.add(row + 1)
    read.rows = [Row(row.number, row.cells, whole=row.whole and row.number not in marred) for row in read.rows]
    return read


def _filled_out(records: list[list[str]]) -> list[list[str]]:
    """Every row as wide as the header: Excel leaves blank cells at the end out."""
    width = len(records[0]) if records else 0
    return [[*record, *[""] * (width - len(record))] for record in records]


def _restore_zeros(sheet: Sheet, grid: Grid) -> None:
    wanted = {column.name.casefold() for column in sheet.columns if column.zero_first}
    header = [cell.strip().casefold() for cell in grid.records[0]] if grid.records else []
    for row, place in grid.numbers:
        if place < len(header) and header[place] in wanted:
            grid.records[row][place] = with_zero(grid.records[row][place])


def with_zero(number: str) -> str:
    """A Swedish telephone number as it was before Excel made it a number: 701234567 is 0701234567."""
    return f"0{number}" if number.isdigit() and 7 <= len(number) <= 9 and number[0] != "0" else number
