"""The sheet utskrivningar: people without names, for the figures only."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import time_machine

from tests.front.workbooks import PITEA, SMALL, counts, run, write
from workspace.models import AuditEntry, ImportedRow, Participant
from workspace.pathway.models import Discharge, Enrolment, EnrolmentRecord
from workspace.pathway.states import Outcome, YesNo
from workspace.states import AuditAct, Gender

pytestmark = [pytest.mark.embedded, pytest.mark.django_db]

HEADER = (
    "Löpnr;Kommun;Kön;Födelseår;Inskriven;Utskriven;Handlingsplan upprättad;Handlingsplan fullföljd;Utfall;"
    "Möjligheterna har ökat;Fullföljt sin tid;Bild av möjligheterna;Identifierat sin väg"
)
ONE = "U1;Piteå;kvinna;1990;2013-11-08;2014-08-31;ja;ja;sjukersättning;ja;ja;nej;ja"
UNIT = "amv-x;Arbetsmarknad Piteå;arbetsmarknadsenhet;Piteå"


@pytest.fixture(autouse=True)
def _the_day_of_the_workbook() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 21, 9, 0, tzinfo=UTC)):
        yield


def book(folder: Path, *rows: str, unit: str = UNIT) -> Path:
    agencies = [*SMALL["verksamheter"], *([unit] if unit else [])]
    return write(folder, {**SMALL, "verksamheter": agencies, "utskrivningar": [HEADER, *rows]})


def changed(column: str, value: str) -> str:
    cells = ONE.split(";")
    cells[HEADER.split(";").index(column)] = value
    return ";".join(cells)


def test_a_discharge_is_a_way_without_a_participant_owned_by_the_labour_market_unit(tmp_path: Path) -> None:
    code, said, faults = run(book(tmp_path / "bok", ONE))
    assert (code, faults) == (0, [])
    assert "en utskrivning" in said and "Utskrivningarna räknas bara i siffrorna" in said
    way = Enrolment.objects.get()
    assert way.participant is None and way.agency.code == "amv-x" and way.ended_on == date(2014, 8, 31)
    record = EnrolmentRecord.objects.get(enrolment=way)
    assert (record.gender, record.municipality.name, record.birth_year) == (Gender.WOMAN, "Piteå", 1990)
    assert (record.outcome, record.increased, record.picture) == (
        Outcome.SICKNESS_COMPENSATION, YesNo.YES, YesNo.NO,
    )  # fmt: skip
    assert record.plan_made and record.plan_completed and record.completed_time and record.path_identified
    assert AuditEntry.objects.filter(what="way", act=AuditAct.IMPORT, object_id=way.pk).count() == 1
    assert Participant.objects.count() == 1, "the workbook's own, and nobody for the discharge"


def test_the_real_workbook_brings_all_223() -> None:
    assert run(PITEA)[0] == 0
    assert Enrolment.objects.filter(participant=None).count() == Discharge.objects.count() == 223
    by_unit = Counter(Enrolment.objects.values_list("agency__code", flat=True))
    assert by_unit == {"amv-pitea": 152, "ame-arvidsjaur": 71}
    unanswered = EnrolmentRecord.objects.filter(increased="").count()
    assert unanswered == 44


def test_a_workbook_read_twice_counts_nobody_twice(tmp_path: Path) -> None:
    folder = book(tmp_path / "bok", ONE)
    assert run(folder)[0] == 0
    before = [*counts(), Enrolment.objects.count(), EnrolmentRecord.objects.count()]
    code, said, _ = run(folder)
    assert (code, [*counts(), Enrolment.objects.count(), EnrolmentRecord.objects.count()]) == (0, before)
    assert "Allt var redan inläst." in said


def test_a_row_that_says_otherwise_the_second_time_is_a_fault(tmp_path: Path) -> None:
    assert run(book(tmp_path / "bok", ONE))[0] == 0
    code, _, faults = run(book(tmp_path / "bok", changed("Utfall", "arbete")))
    assert code == 2 and "U1 är redan inläst med annat innehåll" in faults[0]
    assert Enrolment.objects.count() == 1


def test_a_workbook_without_the_sheet_is_whole_and_an_old_one_can_get_it_later(tmp_path: Path) -> None:
    assert run(write(tmp_path / "bok", SMALL))[0] == 0
    folder = book(tmp_path / "bok", ONE)
    assert run(folder)[0] == 0
    assert Enrolment.objects.count() == 1 and ImportedRow.objects.filter(sheet="utskrivningar").count() == 1


def test_sex_not_stated_and_no_answers_are_taken_in_as_such(tmp_path: Path) -> None:
    row = "U1;Piteå;;1990;2012-02-29;2012-02-29;nej;nej;flyttat;;nej;;nej"
    assert run(book(tmp_path / "bok", row))[0] == 0
    record = EnrolmentRecord.objects.get()
    assert (record.gender, record.increased, record.picture) == (Gender.UNKNOWN, "", "")
    assert record.enrolled_on == record.ended_on == date(2012, 2, 29)


BAD = [
    ("Kommun", "Pitea", "Menade du Piteå?"),
    ("Kommun", "Arvidsjaur", "Det finns ingen verksamhet av typen arbetsmarknadsenhet i Arvidsjaur"),
    ("Kön", "k", "Skriv kvinna eller man"),
    ("Födelseår", "90", "Skriv bara året"),
    ("Inskriven", "2014-09-01", "är före Inskriven 2014-09-01"),
    ("Utskriven", "2013-02-29", "finns inte i kalendern"),
    ("Utskriven", "2027-01-01", "ligger i framtiden"),
    ("Handlingsplan upprättad", "kanske", "varken ja eller nej"),
    ("Handlingsplan upprättad", "nej", "Planen kan inte vara fullföljd"),
    ("Utfall", "pension", "inget utfall som känns igen"),
    ("Utfall", "=1+1", "ser ut som en formel"),
    ("Fullföljt sin tid", "", "Cellen är tom"),
]


def test_one_wrong_cell_is_one_fault_and_nothing_is_taken_in(tmp_path: Path) -> None:
    before = counts()
    for column, value, words in BAD:
        code, _, faults = run(book(tmp_path / "bok", changed(column, value)))
        assert (code, len(faults)) == (2, 2), (column, value, faults)
        assert faults[0].startswith("utskrivningar.csv rad 2, ") and words in faults[0], faults[0]
    assert counts() == before and not Enrolment.objects.exists()


def test_two_units_in_one_municipality_are_said(tmp_path: Path) -> None:
    unit = f"{UNIT}\r\name-x;Arbetsmarknadsenheten Piteå;arbetsmarknadsenhet;Piteå"
    code, _, faults = run(book(tmp_path / "bok", ONE, unit=unit))
    assert code == 2 and "Det finns flera verksamheter av typen arbetsmarknadsenhet i Piteå" in faults[0]
