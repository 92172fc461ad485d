"""`manage.py import_start`, through the command line's door, on the coordinator's real workbook."""

import logging
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from notifications.models import Notification
from referrals.actions import acknowledge_referral
from referrals.models import Referral, ReferralSection
from referrals.queries import board_of, read_referral, referrals_visible_to
from referrals.states import AnswerScope
from tests.front.workbooks import PITEA, ROOT, SMALL, counts, run, spoiled, write
from workspace.models import (
    Agency,
    AuditEntry,
    Consent,
    ConsentRow,
    Cooperation,
    CooperationRole,
    Disclosure,
    FunctionMember,
    Membership,
    Organisation,
    Participant,
    UserAccount,
)

pytestmark = [pytest.mark.embedded, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _the_day_of_the_workbook() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 21, 9, 0, tzinfo=UTC)):
        yield


def referral(number: str) -> Referral:
    return Referral.objects.get(workbook_number=number)


# ---------- the real workbook ----------
def test_the_real_workbook_is_read_to_the_last_row() -> None:
    code, said, faults = run(PITEA)
    assert (code, faults) == (0, [])
    assert "nio verksamheter, 27 personer i personalen, 194 deltagare, 160 remisser och 223 utskrivningar" in said
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
    assert Agency.objects.get(code="soc-pitea").short_name == "Socialtjänsten Piteå"
    assert Agency.objects.get(code="psyk-pitea").short_name == "Vuxenpsykiatrin"
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


def test_a_demo_database_takes_no_workbook() -> None:
    UserAccount.objects.create(username="soc-pitea", is_demo=True)
    code, _, faults = run(PITEA)
    assert code == 2
    assert "demonstrationens konton" in faults[0]
    assert Participant.objects.count() == 0


def test_sheets_without_rows_are_not_said_to_be_read(tmp_path: Path) -> None:
    code, said, _ = run(write(tmp_path / "bok", {name: lines[:1] for name, lines in SMALL.items()}))
    assert code == 0
    assert "Filerna har inga rader under rubrikerna." in said
    assert Cooperation.objects.count() == 0


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
