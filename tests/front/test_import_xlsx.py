"""The workbook as one Excel file, through `manage.py import_start`: the same as the CSV files, and kind refusals."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import sleep
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from referrals.models import Referral, ReferralEvent, ReferralSection
from tests.front.workbooks import PITEA, SMALL, WRONG, counts, run, write
from workspace.front.importing.excel import cell_text, with_zero
from workspace.front.importing.progress import QUIET_FOR, Progress
from workspace.models import Agency, ConsentRow, Disclosure, FunctionMember, ImportedRow, Participant, UserAccount
from workspace.pathway.models import Discharge, EnrolmentRecord
from workspace.swedish import parse_date

pytestmark = [pytest.mark.embedded, pytest.mark.django_db]
DAY = re.compile(r"\d{4}-\d\d-\d\d")


@pytest.fixture(autouse=True)
def _the_day_of_the_workbook() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 21, 9, 0, tzinfo=UTC)):
        yield


# ---------- making Excel files ----------
def as_excel(text: str) -> Any:
    """What Excel makes of something typed: days and whole numbers are no text."""
    if DAY.fullmatch(text) and parse_date(text):
        return datetime.fromisoformat(text)
    return float(text) if text.isdigit() and text[0] != "0" else text or None


def book(path: Path, sheets: dict[str, list[list[Any]]], change: Callable[[Workbook], None] | None = None) -> Path:
    made = Workbook()
    del made["Sheet"]
    for name, rows in sheets.items():
        sheet: Worksheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    if change:
        change(made)
    made.save(path)
    return path


def cells_of(folder: Path) -> dict[str, list[list[Any]]]:
    """The CSV files of a folder with the types that Excel would give the cells."""
    found = {}
    for file in sorted(folder.glob("*.csv")):
        lines = csv.reader(io.StringIO(file.read_bytes().decode("cp1252")), delimiter=";")
        found[file.stem] = [[as_excel(cell) for cell in line] for line in lines]
    return found


def small() -> dict[str, list[list[Any]]]:
    return {name: [[as_excel(cell) for cell in line.split(";")] for line in lines] for name, lines in SMALL.items()}


def small_book(path: Path, change: Callable[[Workbook], None] | None = None) -> Path:
    return book(path, small(), change)


# ---------- the same content both ways ----------
OMITTED = {"id", "password", "date_joined", "created_at", "recorded_at", "registered_at", "made_at", "written_at"}


def content(model: type[Model]) -> list[str]:
    """Every row of a table but keys and the moment of writing."""
    fields = [f.attname for f in model._meta.fields if f.name not in OMITTED and not f.is_relation]
    return sorted(map(str, model._default_manager.values_list(*fields)))


COMPARED = (
    Agency, UserAccount, Participant, Referral, ReferralEvent, ReferralSection, ConsentRow, Disclosure, FunctionMember,
    EnrolmentRecord, Discharge,
)  # fmt: skip


def test_the_real_workbook_gives_the_same_database_as_excel_and_as_csv(tmp_path: Path) -> None:
    with transaction.atomic():
        assert run(PITEA)[0] == 0
        by_csv = [content(model) for model in COMPARED]
        digests = set(ImportedRow.objects.values_list("sheet", "key", "digest"))
        transaction.set_rollback(True)
    assert Agency.objects.count() == 0
    code, said, faults = run(book(tmp_path / "Piteå.xlsx", cells_of(PITEA)))
    assert (code, faults) == (0, [])
    assert "Piteå.xlsx, bladet remisser: 160 rader." in said
    assert "nio verksamheter, 27 personer i personalen, 194 deltagare, 160 remisser och 223 utskrivningar" in said
    assert set(ImportedRow.objects.values_list("sheet", "key", "digest")) == digests
    assert len(digests) > 390
    for model, rows in zip(COMPARED, by_csv, strict=True):
        assert content(model) == rows, model


def test_what_was_read_as_csv_is_known_again_as_excel(tmp_path: Path) -> None:
    assert run(write(tmp_path / "bok", SMALL))[0] == 0
    before = counts()
    code, said, faults = run(small_book(tmp_path / "bok.xlsx"))
    assert (code, faults) == (0, [])
    assert "Allt var redan inläst." in said
    assert counts() == before


def test_the_wrong_workbook_has_the_same_faults_as_excel_with_file_sheet_row_and_column(tmp_path: Path) -> None:
    """But for the two that are other faults in Excel: a formula is one, and a row that ends early has blank cells."""
    as_csv = [re.sub(r"^(\w+)\.csv", r"fel.xlsx, bladet \1", fault) for fault in run(WRONG)[2]]
    code, _, faults = run(book(tmp_path / "fel.xlsx", cells_of(WRONG)))
    assert code == 2
    assert faults[:9] == as_csv[:9]
    assert faults[3].startswith("fel.xlsx, bladet remisser rad 5, Skickad: ”5/11 -26” är inget datum.")
    assert faults[9].startswith("fel.xlsx, bladet remisser rad 12, Ärende: Cellen är en formel som inte är uträknad.")
    assert {fault.split(":")[0] for fault in faults if " rad 13" in fault} == {
        f"fel.xlsx, bladet remisser rad 13, {column}" for column in ("Till", "Ärende", "Samtycke", "Skickad", "Läge")
    }
    assert faults[-1].endswith("fel. Ingenting är inläst. Rätta, spara och kör kommandot igen.")


# ---------- ways of writing the same ----------
def untidy(made: Workbook) -> None:
    """All that people and Excel leave in a workbook, without changing what it says."""
    for name in ("verksamheter", "personal"):
        made[name].title = f" {name.upper()} "
    people, staff, referrals = made["deltagare"], made[" PERSONAL "], made["remisser"]
    people["B2"] = "  Ma\u0308rta\N{NO-BREAK SPACE}"
    people["E2"], people["E2"].number_format = 1981, "0"
    staff["G2"] = 980319239
    referrals["E2"] = "Samtalskontakt "
    referrals["F2"], referrals["G2"] = date(2026, 10, 1), datetime(2026, 10, 1)
    referrals["F3"], referrals["F3"].number_format, referrals["G3"] = 20261001, "General", "2026-10-02"
    referrals["H3"].number_format = "d mmm yyyy"
    referrals.merge_cells("A4:D6")
    referrals["L40"].number_format = "0.00"
    referrals.row_dimensions[300].height = 30
    made.create_sheet("Anteckningar")["A1"] = "Ring Märta"


def test_what_excel_and_people_leave_in_a_workbook_does_not_change_what_it_says(tmp_path: Path) -> None:
    staff = [line.replace("+46 980-31 92 39", "0980319239") for line in SMALL["personal"]]
    assert run(write(tmp_path / "bok", {**SMALL, "personal": staff}))[0] == 0
    code, said, faults = run(small_book(tmp_path / "bok.xlsx", untidy))
    assert faults == []
    assert code == 0
    assert "Allt var redan inläst." in said
    assert "Känner inte igen bladet Anteckningar." in said
    assert "Ring" not in said


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (None, "General", ""),
        (1981.0, "General", "1981"),
        (42, "0000", "0042"),
        (42, "0", "42"),
        (1.5, "General", "1,5"),
        (True, "General", "SANT"),
        (False, "General", "FALSKT"),
        (datetime(2026, 11, 5), "yyyy-mm-dd", "2026-11-05"),
        (datetime(2026, 11, 5, 8, 30), "", "2026-11-05 08:30"),
        (date(2026, 11, 5), "", "2026-11-05"),
        (time(8, 30), "", "08:30"),
        (timedelta(hours=26), "", "1 day, 2:00:00"),
        (float("inf"), "", "inf"),
        ("Pite\u0061\u030a", "", "Piteå"),
    ],
)
def test_a_cell_says_what_swedish_excel_would_write(value: Any, number_format: str, text: str) -> None:
    assert cell_text(value, number_format) == text


def test_a_telephone_number_gets_its_zero_back_and_nothing_else_does() -> None:
    assert [with_zero(text) for text in ("980319239", "0980319239", "46980319239", "112", "08-12 34 56")] == [
        "0980319239", "0980319239", "46980319239", "112", "08-12 34 56"
    ]  # fmt: skip


def test_what_a_formula_came_to_is_read_and_one_never_worked_out_is_a_fault(tmp_path: Path) -> None:
    def formulas(made: Workbook) -> None:
        made["remisser"]["H2"] = '=IF(1=1;"";"")'
        made["deltagare"]["C2"] = '=CONCATENATE("Å";"berg")'

    path = small_book(tmp_path / "bok.xlsx", formulas)
    before = counts()
    code, _, faults = run(path)
    assert code == 2
    never = "Cellen är en formel som inte är uträknad. Öppna filen i Excel, spara och försök igen."
    assert faults == [
        f"bok.xlsx, bladet deltagare rad 2, Efternamn: {never}",
        f"bok.xlsx, bladet remisser rad 2, Mottagen: {never}",
        "Två fel. Ingenting är inläst. Rätta, spara och kör kommandot igen.",
    ]
    assert counts() == before
    # As Excel saves it: the value beside the formula.
    worked_out(path, "deltagare", "C2", "Åberg")
    worked_out(path, "remisser", "H2", "")
    code, _, faults = run(path)
    assert (code, faults) == (0, [])
    assert Participant.objects.get().last_name == "Åberg"


def worked_out(path: Path, sheet: str, place: str, value: str) -> None:
    """Give a cell's formula the value that Excel saves with it; openpyxl cannot."""
    part = f"xl/worksheets/sheet{list(SMALL).index(sheet) + 1}.xml"
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    cell = rb'<c r="%b"><f>(.*?)</f><v ?/>' % place.encode()
    parts[part], changed = re.subn(
        cell, rb'<c r="%b" t="str"><f>\1</f><v>%b</v>' % (place.encode(), value.encode()), parts[part]
    )
    assert changed == 1
    path.write_bytes(packed(parts))


def test_an_error_in_a_cell_is_named_where_it_stands(tmp_path: Path) -> None:
    def spoil(made: Workbook) -> None:
        made["personal"]["C2"] = "#REF!"
        made["personal"]["I9"] = "#REF!"

    code, _, faults = run(small_book(tmp_path / "bok.xlsx", spoil))
    assert code == 2
    where, words = faults[0].split(": ", 1)
    assert where == "bok.xlsx, bladet personal rad 2, Efternamn"
    assert words == "Formeln i cellen ger felet #REF!. Rätta den, eller skriv bara text."


def test_a_missing_sheet_and_one_that_stands_twice_are_named(tmp_path: Path) -> None:
    def change(made: Workbook) -> None:
        del made["personal"]
        made.create_sheet("Remisser ").append(["Löpnr"])

    code, _, faults = run(small_book(tmp_path / "bok.xlsx", change))
    assert code == 2
    assert faults[:2] == [
        "bok.xlsx: Det finns två blad som heter remisser. Behåll ett.",
        "bok.xlsx: Bladet personal saknas. Lägg till det, eller rätta bladets namn.",
    ]


def test_a_missing_column_names_the_sheet(tmp_path: Path) -> None:
    def change(made: Workbook) -> None:
        made["remisser"]["E1"] = "Arende"

    faults = run(small_book(tmp_path / "bok.xlsx", change))[2]
    assert faults[0] == "bok.xlsx, bladet remisser rad 1, Ärende: Kolumnen saknas. Heter den ”Arende” i filen?"


# ---------- files that are not opened ----------
def ole(inside: bytes) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + inside + b"\0" * 500


def packed(parts: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, part in parts.items():
            file.writestr(name, part)
    return made.getvalue()


UNREADABLE = [
    ("bok.xlsx", ole("EncryptedPackage".encode("utf-16-le")), "Filen har ett lösenord."),
    ("bok.xls", ole(b""), "Filen är sparad i Excels gamla format."),
    ("bok.xlsx", ole(b""), "Filen är sparad i Excels gamla format."),
    ("bok.xls", b"<html>", "Filen är sparad i Excels gamla format."),
    ("bok.xlsx", b"", "går inte att läsa som Excelfil"),
    ("bok.xlsx", b"PK\x03\x04 halv", "går inte att läsa som Excelfil"),
    ("bok.xlsx", packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), "som Excelfil"),
    ("bok.xlsx", packed({"[Content_Types].xml": b"<Types"}), "som Excelfil"),
    ("bok.xlsx", packed({"xl/worksheets/sheet1.xml": b"\0" * 60_000_001}), "mycket större inuti"),
    ("bok.xlsx", packed({f"del{number}": b"" for number in range(501)}), "mycket större inuti"),
    ("bok.xlsx", b"\0" * 10_000_001, "Filen är större än 10 MB."),
    ("bok.ods", b"PK", "bok.ods är varken en mapp eller en Excelfil."),
]


@pytest.mark.parametrize(("name", "raw", "words"), UNREADABLE)
def test_a_file_that_cannot_be_opened_is_one_kind_sentence(tmp_path: Path, name: str, raw: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(raw)
    code, said, faults = run(tmp_path / name)
    assert (code, said) == (2, "")
    assert len(faults) == 1
    assert words in faults[0]
    assert faults[0].startswith(name)


def test_a_file_cut_off_or_with_damaged_parts_is_refused_and_never_a_traceback(tmp_path: Path) -> None:
    whole = small_book(tmp_path / "bok.xlsx").read_bytes()
    damaged = [whole[: len(whole) // 2], whole[:200] + b"\xff" * 400 + whole[600:]]
    with zipfile.ZipFile(io.BytesIO(whole)) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    damaged += [packed({**parts, name: part[: len(part) // 2]}) for name, part in parts.items() if "sheet1" in name]
    bomb = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%b">' % (98 + i, b"&%c;" % (97 + i) * 20) for i in range(8)
    )
    damaged.append(packed({**parts, "xl/workbook.xml": bomb + b"]><workbook>&i;</workbook>"}))
    for number, raw in enumerate(damaged):
        (tmp_path / "bok.xlsx").write_bytes(raw)
        code, _, faults = run(tmp_path / "bok.xlsx")
        assert (number, code) == (number, 2)
        assert "som Excelfil" in faults[0], number


def test_a_sheet_far_longer_than_a_workbook_is_refused(tmp_path: Path) -> None:
    def change(made: Workbook) -> None:
        made["remisser"]["A1048576"] = "sist"

    code, _, faults = run(small_book(tmp_path / "bok.xlsx", change))
    assert code == 2
    assert "Bladet remisser är större än 20000 rader" in faults[0]


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    assert run(tmp_path / "bok.xlsx")[2] == [f"Filen {tmp_path / 'bok.xlsx'} finns inte."]


def test_excel_opens_what_the_tests_wrote(tmp_path: Path) -> None:
    """The tests' own files have the types they say."""
    sheet = load_workbook(small_book(tmp_path / "bok.xlsx"))["deltagare"]
    assert (sheet["E2"].value, sheet["H2"].value) == (1981, datetime(2026, 7, 21))


# ---------- waiting ----------
class Screen(io.StringIO):
    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str, style: Any = None, ending: str | None = None) -> int:
        return super().write(text + (ending or ""))


def watched(seconds_a_row: float, *, terminal: bool = True) -> str:
    now = [0.0]
    screen = Screen(terminal=terminal)
    progress = Progress(screen, clock=lambda: now[0])
    for done in range(1, 901):
        now[0] += seconds_a_row
        progress(done, 900)
    progress.end()
    return screen.getvalue()


def test_a_long_reading_says_how_far_it_has_come_and_then_leaves_the_line_blank() -> None:
    said = watched(0.01).split("\r")
    assert said[1] == "Läser in: 100 av 900 rader"
    assert said[-3] == "Läser in: 900 av 900 rader"
    assert said[-2:] == [" " * len(said[-3]), ""]
    assert len(said) < 90


def test_nothing_is_said_of_a_short_reading_or_where_nobody_watches() -> None:
    assert watched(0.001) == ""
    assert watched(0.01, terminal=False) == ""


def test_the_command_counts_the_rows_at_a_terminal_when_the_database_is_slow(tmp_path: Path) -> None:
    waited: list[str] = []

    def slow(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if not waited and sql.startswith("INSERT INTO"):
            waited.append(sql)
            sleep(QUIET_FOR + 0.05)
        return execute(sql, *rest)

    screen = Screen(terminal=True)
    with connection.execute_wrapper(slow):
        call_command("import_start", str(small_book(tmp_path / "bok.xlsx")), stdout=io.StringIO(), stderr=screen)
    lines = re.findall(r"Läser in: (\d+) av 8 rader", screen.getvalue())
    assert waited and lines[0] == "2" and lines[-1] == "8"
    assert screen.getvalue().endswith("\r")
