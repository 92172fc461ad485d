"""Every way a workbook can be written, and every fault it can hold, through `manage.py import_start`."""

import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine

from tests.front.workbooks import PITEA, SMALL, WRONG, counts, run, spoiled, write
from workspace.models import (
    Participant,
)

pytestmark = [pytest.mark.embedded, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _the_day_of_the_workbook() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 21, 9, 0, tzinfo=UTC)):
        yield


# ---------- ways of writing the same ----------
@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("separator", [";", ","])
def test_every_encoding_and_separator_says_the_same(tmp_path: Path, encoding: str, separator: str) -> None:
    assert run(write(tmp_path / "bok", SMALL))[0] == 0
    code, said, faults = run(write(tmp_path / "igen", SMALL, encoding=encoding, separator=separator))
    assert (code, faults) == (0, [])
    assert "Allt var redan inläst." in said


def test_letters_from_a_mac_and_file_names_in_capitals_are_read(tmp_path: Path) -> None:
    decomposed = {name: [unicodedata.normalize("NFD", line) for line in lines] for name, lines in SMALL.items()}
    folder = write(tmp_path / "bok", decomposed, encoding="utf-8")
    (folder / "remisser.csv").rename(folder / "REMISSER.CSV")
    assert run(folder)[0] == 0
    assert Participant.objects.get().last_name == "Åberg"
    assert Participant.objects.get().gender == "unknown"


def test_blank_rows_are_passed_over_and_numbers_are_those_of_excel(tmp_path: Path) -> None:
    sheets = spoiled("remisser", 3, "Läge", "borta")
    sheets["remisser"][2:2] = ["", ";;;;;;;;;"]
    code, _, faults = run(write(tmp_path / "bok", sheets))
    assert code == 2
    assert faults[0].startswith("remisser.csv rad 5, Läge: ”borta”")


# ---------- what is wrong ----------
TWELVE = [
    (2, "Deltagare", "ingen deltagare ”D999”"),
    (3, "Samtycke", "utan det kan remissen inte föras in"),
    (4, "Till", "Menade du psyk-pitea?"),
    (5, "Skickad", "”5/11 -26” är inget datum. Skriv till exempel 2026-11-05."),
    (6, "Skickad", "”2026-02-30” finns inte i kalendern"),
    (7, "Mottagen", "2026-01-02 är före Skickad 2026-10-01"),
    (8, "Mottagen", "besvarad 2026-11-02, men Mottagen är tom"),
    (9, "Löpnr", "R001 är redan inläst med annat innehåll: Deltagare var D178, är nu D008;"),
    (10, "Från", "D009 hör till soc-pitea, inte till af-pitea"),
    (11, "Läge", "Skriv beviljad, avslag, åter till avsändaren, väntar på beslut eller väntar på mottagande."),
    (12, "Ärende", "ser ut som en formel"),
    (13, "Till", "den har 3 celler men ska ha 10"),
]


def test_each_of_the_twelve_wrong_referrals_is_named_once_in_one_run() -> None:
    run(PITEA)
    before = counts()
    code, _, faults = run(WRONG)
    assert code == 2
    assert counts() == before
    assert faults.pop() == "Tolv fel. Ingenting är inläst. Rätta, spara som CSV och kör kommandot igen."
    assert len(faults) == len(TWELVE)
    for said, (row, column, words) in zip(faults, TWELVE, strict=True):
        assert said.startswith(f"remisser.csv rad {row}, {column}: ")
        assert words in said


BAD_CELLS = [
    ("verksamheter", 2, "Typ", "kyrka", "är ingen typ som känns igen"),
    ("verksamheter", 2, "Kommun", "Pitea", "Menade du Piteå?"),
    ("verksamheter", 3, "Namn", "Socialtjänsten Piteå", "Det finns redan en verksamhet som heter"),
    ("personal", 3, "Användare", "U1", "står redan på rad 2"),
    ("personal", 2, "Verksamhet", "soc-y", "Menade du soc-x?"),
    ("personal", 2, "Roll", "kung", "handläggare, chef, registrator eller samordnare"),
    ("personal", 2, "Ordinarie/ersättare", "", "Skriv ordinarie eller ersättare"),
    ("personal", 2, "Telefon", "=1+1", "ser ut som en formel"),
    ("deltagare", 2, "Födelseår", "19810101-1234", "Skriv bara året"),
    ("deltagare", 2, "Förnamn", "Mär\x07ta", "tecken som inte syns"),
    ("deltagare", 2, "Efternamn", "Å" * 81, "högst 80"),
    ("deltagare", 2, "Efternamn", "Skyddad identitet", "skyddade personuppgifter"),
    ("deltagare", 2, "Kön", "k", "Skriv kvinna eller man"),
    ("deltagare", 2, "Inskriven", "2027-07-21", "ligger i framtiden"),
    ("remisser", 2, "Skickad", "2026-09-30", "är senare än Skickad"),
    ("remisser", 2, "Skickad", "2026-12-01", "ligger i framtiden"),
    ("remisser", 2, "Skickad", "", "Skriv dagen då remissen skickades"),
    ("remisser", 2, "Mottagen", "2026-10-02", "går inte ihop med att Mottagen är 2026-10-02"),
    ("remisser", 3, "Läge", "beviljad", "men Läge är ”beviljad”"),
    ("remisser", 3, "Besvarad", "2026-10-02", "är före Mottagen 2026-10-03"),
    ("remisser", 2, "Ärende", "samtalskontkt", "Menade du samtalskontakt?"),
    ("remisser", 2, "Till", "fk-x", "begärs hos psykiatri, men fk-x är Försäkringskassan"),
    ("remisser", 2, "Till", "soc-x", "samma verksamhet"),
    ("remisser", 2, "Ärende", "@SUM(A1)", "ser ut som en formel"),
    ("remisser", 3, "Löpnr", "r1", "står redan på rad 2"),
]


@pytest.mark.parametrize(("sheet", "row", "column", "value", "words"), BAD_CELLS)
def test_one_wrong_cell_is_one_fault_with_its_place(
    tmp_path: Path, sheet: str, row: int, column: str, value: str, words: str
) -> None:
    before = counts()
    code, _, faults = run(write(tmp_path / "bok", spoiled(sheet, row, column, value)))
    assert code == 2
    assert len(faults) == 2
    assert faults[0].startswith(f"{sheet}.csv rad {row}, ")
    assert words in faults[0]
    assert counts() == before


def test_a_code_that_cannot_be_a_code_is_refused(tmp_path: Path) -> None:
    sheets = {**SMALL, "verksamheter": [*SMALL["verksamheter"], "lss ö;LSS Piteå;LSS;Piteå"]}
    code, _, faults = run(write(tmp_path / "bok", sheets))
    assert (code, len(faults)) == (2, 2)
    assert faults[0].startswith("verksamheter.csv rad 5, Kod: ”lss ö” går inte som kod")


def test_what_a_persons_cell_says_is_not_repeated(tmp_path: Path) -> None:
    _, _, faults = run(write(tmp_path / "bok", spoiled("deltagare", 2, "Födelseår", "19810101-1234")))
    assert "1234" not in faults[0]
    run(write(tmp_path / "bok", SMALL))
    _, _, faults = run(write(tmp_path / "bok", spoiled("deltagare", 2, "Förnamn", "Gunborg")))
    assert faults[0].startswith("deltagare.csv rad 2, Löpnr: D1 är redan inläst med annat innehåll.")
    assert "Märta" not in faults[0]
    assert "Gunborg" not in faults[0]


def test_missing_and_unknown_columns_are_named(tmp_path: Path) -> None:
    sheets = {**SMALL, "remisser": [line.replace("Mottagen", "Motagen") for line in SMALL["remisser"]]}
    sheets["deltagare"] = [
        f"{line};{extra}" for line, extra in zip(SMALL["deltagare"], ("Anteckning", "hej"), strict=True)
    ]
    code, said, faults = run(write(tmp_path / "bok", sheets))
    assert code == 2
    assert "remisser.csv rad 1, Mottagen: Kolumnen saknas. Heter den ”Motagen” i filen?" in faults
    assert "Känner inte igen kolumnen Anteckning i deltagare.csv. Den är inte läst." in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfeL\x00", "Spara den i Excel som CSV"),
        (b"", "Kolumnen saknas"),
        ('Löpnr;Förnamn\r\nD1;"Mär'.encode(), "Citattecknen på rad 2 går inte ihop"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    folder = write(tmp_path / "bok", SMALL)
    (folder / "deltagare.csv").write_bytes(content)
    code, _, faults = run(folder)
    assert code == 2
    assert words in next(fault for fault in faults if fault.startswith("deltagare.csv"))
