"""From a folder of CSV files, as Swedish Excel writes them, to rows of plain text. Reads files and nothing else."""

import csv
import io
import unicodedata
from difflib import get_close_matches
from pathlib import Path

from workspace.front.importing.sheets import SHEETS, Fault, Row, Sheet, SheetRead, Workbook
from workspace.swedish import say_list

LARGEST_FILE = 10_000_000  # bytes; the workbook of a city is a hundredth of this
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


class Unreadable(Exception):
    """A file as a whole cannot be understood. `sentence` says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def read_workbook(folder: Path) -> Workbook:
    """Read the sheets in a folder. Files it does not know are named and left; faults are collected, not raised."""
    workbook = Workbook()
    known = {sheet.name: sheet for sheet in SHEETS}
    for path in sorted(folder.iterdir()):
        name = unicodedata.normalize("NFC", path.name)
        sheet = known.get(path.stem.casefold()) if path.suffix.casefold() == ".csv" and path.is_file() else None
        if name.startswith((".", "~$")):
            continue
        if sheet is None:
            workbook.left.append(f"Känner inte igen {name}. Den är inte läst.")
        elif sheet.name in workbook.sheets:
            other = workbook.sheets[sheet.name].file
            workbook.faults.append(Fault(name, f"Det finns två filer med {sheet.name}: {other} och {name}. Behåll en."))
        else:
            workbook.sheets[sheet.name] = _read_sheet(sheet, path, name, workbook)
    return workbook


def _read_sheet(sheet: Sheet, path: Path, name: str, workbook: Workbook) -> SheetRead:
    try:
        text = _decode(path)
        return read_records(sheet, name, _records(text, _separator(text)), workbook)
    except Unreadable as error:
        workbook.faults.append(Fault(name, error.sentence))
        return SheetRead(sheet, name)


def read_records(sheet: Sheet, name: str, records: list[list[str]], workbook: Workbook) -> SheetRead:
    """The rows of a sheet from its cells as text, the header first. `name` is where its faults are said to be.

    Adds faults, and what was not read, to the workbook.
    """
    read = SheetRead(sheet, name)
    header = [_clean(cell) for cell in records[0]] if records else []
    columns = _columns(sheet, name, header, workbook)
    if columns is None:
        return read
    width = max((i for i, cell in enumerate(header) if cell), default=0) + 1
    for number, record in enumerate(records[1:], start=2):
        cells = [_clean(cell) for cell in record]
        if any(cells):
            read.rows.append(_row(sheet, name, number, cells, columns, header[:width], workbook))
    return read


def _decode(path: Path) -> str:
    """UTF-8 with or without byte order mark, else what Swedish Windows writes. Letters composed: å, not a and ring."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise Unreadable("Filen är större än 10 MB. Det är nog inte arbetsboken.")
        raw = path.read_bytes()
    except OSError:
        raise Unreadable("Filen går inte att öppna. Stäng den i Excel, eller se efter vem som får läsa den.") from None
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\x00" in raw:
        raise Unreadable("Filen är ingen CSV-fil som går att läsa. Spara den i Excel som CSV (kommaavgränsad).")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("cp1252")
        except UnicodeDecodeError:
            raise Unreadable("Filens tecken går inte att läsa. Spara den i Excel som CSV UTF-8.") from None
    return unicodedata.normalize("NFC", text.removeprefix(BOM))


def _separator(text: str) -> str:
    header = text.split("\n", 1)[0]
    return ";" if header.count(";") >= header.count(",") else ","


def _records(text: str, separator: str) -> list[list[str]]:
    """The lines as cells. A line break inside a quoted cell makes no new line, as in Excel, so numbers agree."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    records: list[list[str]] = []
    try:
        for record in reader:
            records.append(record)
    except csv.Error:
        raise Unreadable(
            f"Citattecknen på rad {len(records) + 1} går inte ihop, så resten av filen går inte att läsa. "
            "Ett citattecken inne i en cell skrivs två gånger."
        ) from None
    return records


def _clean(cell: str) -> str:
    """Without blanks around it. Also Excel's hard ones."""
    return cell.strip(" \N{NO-BREAK SPACE}")


def _columns(sheet: Sheet, name: str, header: list[str], workbook: Workbook) -> dict[str, int] | None:
    """Where each column stands. None, with the fault noted, when the rows cannot be read."""
    wanted = {column.name.casefold(): column.name for column in sheet.columns}
    found: dict[str, int] = {}
    unknown: list[str] = []
    faults: list[Fault] = []
    for place, cell in enumerate(header):
        column = wanted.get(cell.casefold())
        if column is None:
            unknown += [cell] if cell else []
        elif column in found:
            faults.append(Fault(name, "Kolumnen står två gånger. Ta bort den ena.", 1, column))
        else:
            found[column] = place
    for column in (c.name for c in sheet.columns if c.name not in found):
        near = get_close_matches(column, unknown, n=1)
        hint = f"Heter den ”{near[0]}” i filen?" if near else f"Kolumnerna ska vara {say_list(list(wanted.values()))}."
        faults.append(Fault(name, f"Kolumnen saknas. {hint}", 1, column))
    workbook.faults += faults
    workbook.faults += [
        Fault(
            name,
            "Samverkansrum kan ännu inte ta emot skyddade personuppgifter. Ta bort de personerna och kolumnen.",
            1,
            c,
        )
        for c in unknown
        if "skydd" in c.casefold() or "sekretess" in c.casefold()
    ]
    workbook.left += [f"Känner inte igen kolumnen {cell} i {name}. Den är inte läst." for cell in unknown]
    return None if faults else found


def _row(
    sheet: Sheet,
    name: str,
    number: int,
    cells: list[str],
    columns: dict[str, int],
    header: list[str],
    workbook: Workbook,
) -> Row:
    """One row by column. A row that is cut off, or runs past the header, is kept with what it has, and is a fault."""
    there = {column: cells[place] for column, place in columns.items() if place < len(cells)}
    if len(cells) < len(header):
        missing = header[len(cells)]
        workbook.faults.append(
            Fault(
                name,
                f"Raden slutar för tidigt: den har {len(cells)} celler men ska ha {len(header)}. "
                f"Fyll i den från och med {missing}.",
                number,
                missing,
            )
        )
        return Row(number, there, whole=False)
    if any(cells[len(header) :]):
        workbook.faults.append(
            Fault(
                name,
                f"Raden har text efter den sista kolumnen, {header[-1]}. Den ska ha {len(header)} celler. "
                "Har en cell delats i två?",
                number,
                header[-1],
            )
        )
        return Row(number, there, whole=False)
    return Row(number, there)
