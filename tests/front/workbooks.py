"""Workbooks for the tests: the real one, and a small one that a test may spoil."""

from io import StringIO
from pathlib import Path

from django.core.management import call_command

from referrals.models import Referral, ReferralEvent
from workspace.models import (
    Agency,
    AuditEntry,
    Consent,
    Disclosure,
    ImportedRow,
    Participant,
    UserAccount,
)

ROOT = Path(__file__).resolve().parent.parent.parent
PITEA, WRONG = ROOT / "tests" / "data" / "pitea", ROOT / "tests" / "data" / "pitea-fel"
WRITTEN = (Agency, UserAccount, Participant, Referral, Consent, Disclosure, ReferralEvent, ImportedRow, AuditEntry)


def run(folder: Path, *options: str) -> tuple[int, str, list[str]]:
    """Exit code, what was said, and the faults one by one."""
    out, err = StringIO(), StringIO()
    try:
        call_command("import_start", str(folder), *options, stdout=out, stderr=err)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue(), err.getvalue().splitlines()
    return 0, out.getvalue(), err.getvalue().splitlines()


def counts() -> list[int]:
    return [model._default_manager.count() for model in WRITTEN]


# ---------- a small workbook that a test may spoil ----------
SMALL = {
    "verksamheter": [
        "Kod;Namn;Typ;Kommun",
        "soc-x;Socialtjänsten Piteå;socialtjänst;Piteå",
        "psyk-x;Vuxenpsykiatrin Piteå;psykiatri;Piteå",
        "fk-x;Försäkringskassan Norrbotten;Försäkringskassan;",
    ],
    "personal": [
        "Användare;Förnamn;Efternamn;Verksamhet;Roll;Ordinarie/ersättare;Telefon",
        "u1;Åsa;Öberg;soc-x;handläggare;ordinarie;+46 980-31 92 39",
        "u2;Ánte;Ström;psyk-x;registrator;ersättare;",
    ],
    "deltagare": [
        "Löpnr;Förnamn;Efternamn;Kön;Födelseår;Kommun;Ansvarig verksamhet;Inskriven",
        "D1;Märta;Åberg;;1981;Piteå;soc-x;2026-07-21",
    ],
    "remisser": [
        "Löpnr;Deltagare;Från;Till;Ärende;Samtycke;Skickad;Mottagen;Besvarad;Läge",
        "R1;D1;soc-x;psyk-x;Samtalskontakt;2026-10-01;2026-10-01;;;väntar på mottagande",
        "R2;D1;soc-x;fk-x;sjukersättning;2026-10-01;2/10 2026;2026-10-03;;Väntar på beslut",
    ],
}


def write(folder: Path, sheets: dict[str, list[str]], *, encoding: str = "cp1252", separator: str = ";") -> Path:
    folder.mkdir(exist_ok=True)
    for name, lines in sheets.items():
        text = "\r\n".join(lines).replace(";", separator) + "\r\n"
        (folder / f"{name}.csv").write_bytes(text.encode(encoding))
    return folder


def spoiled(sheet: str, row: int, column: str, value: str) -> dict[str, list[str]]:
    """The small workbook with one cell changed; rows are numbered as in Excel."""
    sheets = {name: list(lines) for name, lines in SMALL.items()}
    cells = sheets[sheet][row - 1].split(";")
    cells[sheets[sheet][0].split(";").index(column)] = value
    sheets[sheet][row - 1] = ";".join(cells)
    return sheets
