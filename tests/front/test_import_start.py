"""`manage.py import_start`, through the command line's door, on the coordinator's real workbook."""

import logging
import os
import shutil
import subprocess
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from notifications.models import Notification
from referrals.actions import acknowledge_referral
from referrals.models import Referral, ReferralEvent, ReferralSection
from referrals.queries import board_of, read_referral, referrals_visible_to
from referrals.states import AnswerScope
from workspace.models import (
    Agency,
    AuditEntry,
    Consent,
    ConsentRow,
    Cooperation,
    CooperationRole,
    Disclosure,
    FunctionMember,
    ImportedRow,
    Membership,
    Organisation,
    Participant,
    UserAccount,
)

ROOT = Path(__file__).resolve().parent.parent.parent
PITEA, WRONG = ROOT / "tests" / "data" / "pitea", ROOT / "tests" / "data" / "pitea-fel"
WRITTEN = (Agency, UserAccount, Participant, Referral, Consent, Disclosure, ReferralEvent, ImportedRow, AuditEntry)

pytestmark = [pytest.mark.embedded, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _the_day_of_the_workbook() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 21, 9, 0, tzinfo=UTC)):
        yield


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


def referral(number: str) -> Referral:
    return Referral.objects.get(workbook_number=number)


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


# ---------- the real workbook ----------
def test_the_real_workbook_is_read_to_the_last_row() -> None:
    code, said, faults = run(PITEA)
    assert (code, faults) == (0, [])
    assert "nio verksamheter, 27 personer i personalen, 194 deltagare och 160 remisser" in said
    assert "Känner inte igen utskrivningar.csv. Den är inte läst." in said
    assert [Agency.objects.count(), UserAccount.objects.count()] == [9, 27]
    assert [Participant.objects.count(), Referral.objects.count()] == [194, 160]
    states = Counter(Referral.objects.values_list("state", "outcome"))
    assert states == {
        ("accepted", ""): 49,
        ("closed", "granted"): 49,
        ("closed", "refused"): 24,
        ("sent", ""): 23,
        ("returned", ""): 15,
    }


def test_agencies_get_their_authority_and_one_desk_each() -> None:
    run(PITEA)
    assert Counter(Agency.objects.values_list("organisation__name", flat=True)) == {
        "Piteå kommun": 3,
        "Arbetsförmedlingen": 2,
        "Arvidsjaurs kommun": 2,
        "Region Norrbotten": 1,
        "Försäkringskassan": 1,
    }
    assert Organisation.objects.count() == 5
    assert list(Agency.objects.order_by("code").values_list("code", "functions__name")) == [
        (agency.code, "Mottagning") for agency in Agency.objects.order_by("code")
    ]
    assert Agency.objects.get(code="soc-pitea").short_name == "Socialtjänsten"
    assert Agency.objects.get(code="fk-norr").short_name == "Försäkringskassan Norrbotten"
    cooperation = Cooperation.objects.get()
    assert cooperation.name == "Samverkan Piteå och Arvidsjaur"
    assert cooperation.agencies.count() == 9


def test_the_coordinator_gets_that_role_and_no_caseworkers() -> None:
    run(PITEA)
    role = CooperationRole.objects.get()
    assert (role.user.username, role.role) == ("anv05", "coordinator")
    assert not Membership.objects.filter(user=role.user).exists()
    assert not FunctionMember.objects.filter(membership__user=role.user).exists()


def test_staff_get_one_hat_each_and_managers_no_seat() -> None:
    run(PITEA)
    assert Counter(Membership.objects.values_list("role", flat=True)) == {"caseworker": 17, "manager": 9}
    assert Counter(FunctionMember.objects.values_list("kind", flat=True)) == {"ordinary": 9, "deputy": 8}
    assert not FunctionMember.objects.filter(membership__role="manager").exists()
    assert not any(user.has_usable_password() for user in UserAccount.objects.all())
    assert UserAccount.objects.get(username="anv11").last_name == "Pettersson-Ruuth"
    assert UserAccount.objects.get(username="anv17").first_name == "Ánte"


JOURNEYS = [
    ("R001", "sent", "af-pitea", ["send 2026-11-06"]),
    ("R002", "accepted", "af-pitea", ["send 2025-03-22", "acknowledge 2025-03-29", "accept 2025-03-29"]),
    (
        "R003",
        "closed",
        None,
        ["send 2026-09-27", "acknowledge 2026-09-27", "accept 2026-09-27", "decide 2026-10-08", "close 2026-10-08"],
    ),
    ("R016", "returned", "ame-arvidsjaur", ["send 2026-06-09", "acknowledge 2026-06-19", "return 2026-07-12"]),
]


def test_history_is_written_by_import_at_the_workbooks_dates() -> None:
    run(PITEA)
    for number, state, turn, history in JOURNEYS:
        read = referral(number)
        events = list(read.events.all())
        assert (number, read.state) == (number, state)
        assert (read.turn.agency.code if read.turn else None) == turn
        assert [f"{event.verb} {timezone.localdate(event.at)}" for event in events] == history
        assert all(event.by_import and event.member is None for event in events)
        assert read.sent_at == read.legs.get().sent_at == events[0].at
        assert read.turn_since == events[-1].at
        assert timezone.localtime(read.sent_at).hour == 0
    for read in Referral.objects.prefetch_related("events"):
        assert list(read.events.all())[-1].state == read.state
    assert referral("R003").events.get(verb="decide").code == "refused"
    assert referral("R016").return_code == referral("R016").events.get(verb="return").code == "other"


def test_samtycke_becomes_one_consent_to_be_confirmed_by_the_sender() -> None:
    run(PITEA)
    read = referral("R001")
    section = ReferralSection.objects.get(leg__referral=read, category="identity")
    assert section.disclosure is not None
    assert section.disclosure.consent_row is not None
    consent = section.disclosure.consent_row.consent
    assert Consent.objects.filter(to_be_confirmed=True, form="workbook").count() == 160
    assert (consent.agency.code, consent.given_on) == ("af-arvidsjaur", date(2026, 11, 1))
    rows = {
        (row.discloser.code, row.recipient.code if row.recipient else "", row.category_id) for row in consent.rows.all()
    }
    assert rows == {
        ("af-arvidsjaur", "af-pitea", "identity"),
        ("af-arvidsjaur", "af-pitea", "question"),
        ("af-arvidsjaur", "af-pitea", "status"),
        ("af-arvidsjaur", "", "follow_up"),
        ("af-pitea", "af-arvidsjaur", "status"),
    }
    assert {(row.purpose, row.valid_until) for row in consent.rows.all()} == {("lönestöd", date(2027, 11, 21))}


def test_disclosures_are_made_on_the_workbooks_day_and_end_with_their_rows() -> None:
    run(PITEA)
    sections = ReferralSection.objects.filter(leg__referral=referral("R002")).select_related("disclosure")
    made = {(s.category_id, s.author.code): timezone.localdate(s.disclosure.made_at) for s in sections if s.disclosure}
    assert made == {
        ("identity", "soc-pitea"): date(2025, 3, 22),
        ("question", "soc-pitea"): date(2025, 3, 22),
        ("follow_up", "soc-pitea"): date(2025, 3, 22),
        ("status", "af-pitea"): date(2025, 3, 29),
    }
    assert {timezone.localdate(d.ends_at) for d in Disclosure.objects.all()} == {date(2027, 11, 22)}
    assert not ReferralSection.objects.filter(leg__referral=referral("R001"), category="status").exists()


def test_both_sides_and_the_coordinator_see_what_was_read_and_others_nothing() -> None:
    run(PITEA)
    pk = referral("R002").pk

    def hat(username: str) -> Membership:
        return Membership.objects.get(user__username=username)

    for username, side in (("anv01", "sender"), ("anv10", "receiver")):
        shown = read_referral(hat(username), referrals_visible_to(hat(username)).get(pk=pk))
        assert (shown.side, shown.state) == (side, "accepted")
        assert [section.text for section in shown.sections] == ["Enligt arbetsboken: arbetsförmågeutredning."]
        assert all(event.by_import for event in shown.events)
    assert not referrals_visible_to(hat("anv19")).filter(pk=pk).exists()
    assert not referrals_visible_to(hat("anv03")).exists()
    assert board_of(CooperationRole.objects.get()).count() == 23 + 49 + 15


def test_nobody_is_told_and_every_trace_says_import(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        _, said, _ = run(PITEA)
    assert Notification.objects.count() == 0
    assert set(AuditEntry.objects.values_list("act", "user_id", "membership_id")) == {("import", None, None)}
    names = {
        *Participant.objects.values_list("last_name", flat=True),
        *UserAccount.objects.values_list("last_name", flat=True),
    }
    logged = " ".join(r.getMessage() for r in caplog.records if not r.name.startswith(("django.db", "psycopg")))
    assert names
    assert not [name for name in names if name in logged or name in said]


def test_a_noted_row_is_what_the_receivers_tick_confirms() -> None:
    run(PITEA)
    read = referral("R001")
    before = ConsentRow.objects.count()
    receiver = Membership.objects.get(user__username="anv10")
    acknowledge_referral(by=receiver, referral=read, scope=AnswerScope.STATUS)
    assert ConsentRow.objects.count() == before
    sender = Membership.objects.get(user__username="anv25")
    assert read_referral(sender, referrals_visible_to(sender).get(pk=read.pk)).state == "received"


# ---------- once, all or nothing ----------
def test_a_second_run_changes_nothing() -> None:
    run(PITEA)
    before = counts()
    code, said, _ = run(PITEA)
    assert code == 0
    assert "Allt var redan inläst." in said
    assert counts() == before


def test_a_second_run_after_the_work_has_gone_on_changes_nothing() -> None:
    run(PITEA)
    acknowledge_referral(
        by=Membership.objects.get(user__username="anv10"), referral=referral("R001"), scope=AnswerScope.NONE
    )
    assert run(PITEA)[0] == 0
    assert referral("R001").state == "received"


def test_check_changes_nothing_and_says_what_would_be() -> None:
    before = counts()
    code, said, _ = run(PITEA, "--check")
    assert code == 0
    assert "Det här skulle läsas in: nio verksamheter" in said
    assert "Ingenting är ändrat." in said
    assert counts() == before


def test_one_fault_in_the_last_row_leaves_everything_out(tmp_path: Path) -> None:
    folder = tmp_path / "bok"
    shutil.copytree(PITEA, folder)
    (folder / "remisser.csv").write_bytes((folder / "remisser.csv").read_bytes() + b"R161;D001;soc-pitea\r\n")
    before = counts()
    code, _, faults = run(folder)
    assert code == 2
    assert faults[0].startswith("remisser.csv rad 162, Till: Raden slutar för tidigt")
    assert len(faults) == 2
    assert counts() == before


def test_new_rows_are_added_to_what_was_read_before(tmp_path: Path) -> None:
    run(write(tmp_path / "bok", SMALL))
    longer = {**SMALL, "deltagare": [*SMALL["deltagare"], "D2;Ali;Ek;man;1970;Piteå;soc-x;2026-08-01"]}
    longer["verksamheter"] = [*SMALL["verksamheter"], "lss-x;LSS Arvidsjaur;LSS;Arvidsjaur"]
    code, said, _ = run(write(tmp_path / "bok", longer))
    assert code == 0
    assert "Inläst: en verksamhet och en deltagare." in said
    assert Cooperation.objects.get().agencies.count() == 4
    assert Participant.objects.get(last_name="Ek").gender == "man"


def test_a_sheet_may_be_left_out_once_it_has_been_read(tmp_path: Path) -> None:
    write(tmp_path / "ny", {"remisser": SMALL["remisser"]})
    code, _, faults = run(tmp_path / "ny")
    assert code == 2
    assert "deltagare.csv: Filen saknas i mappen. Spara bladet som CSV under det namnet." in faults
    run(write(tmp_path / "bok", SMALL))
    assert run(tmp_path / "ny")[0] == 0


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
    (3, "Samtycke", "kan inte föras in utan"),
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


def test_a_demo_database_takes_no_workbook() -> None:
    UserAccount.objects.create(username="soc-pitea", is_demo=True)
    code, _, faults = run(PITEA)
    assert code == 2
    assert "demonstrationens konton" in faults[0]
    assert Participant.objects.count() == 0


def test_a_missing_folder_is_a_sentence(tmp_path: Path) -> None:
    code, _, faults = run(tmp_path / "finns-inte")
    assert code == 2
    assert faults == [f"Mappen {tmp_path / 'finns-inte'} finns inte. Ange mappen där CSV-filerna ligger."]


def test_the_real_command_ends_with_the_right_code(tmp_path: Path) -> None:
    env = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'egen.sqlite3'}",
        "DATABASE_OWNER_URL": "",
        "PYTHONIOENCODING": "utf-8",
    }

    def manage(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=env, capture_output=True, encoding="utf-8", check=False
        )

    early = manage("import_start", str(PITEA))
    assert (early.returncode, early.stdout) == (2, "")
    assert "Kör python manage.py prepare_database först." in early.stderr
    assert manage("prepare_database", "-v0").returncode == 0
    write(tmp_path / "bok", SMALL)
    assert manage("import_start", str(tmp_path / "bok")).returncode == 0
    write(tmp_path / "bok", spoiled("remisser", 2, "Skickad", "2026-02-30"))
    late = manage("import_start", str(tmp_path / "bok"))
    assert late.returncode == 2
    assert late.stderr.startswith("remisser.csv rad 2, Skickad: ")
    assert "Traceback" not in late.stderr
