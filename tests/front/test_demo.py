"""The demo: `manage.py demo` and the data it makes."""

import http.client
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth import authenticate
from django.db.models import Max
from django.utils import timezone
from pytest_django.fixtures import Settings

from notifications.models import Counter, Notification
from notifications.queries import unread_count
from referrals.actions import close_referral
from referrals.models import Referral, ReferralEvent
from referrals.queries import board_counted_only, board_of, referrals_visible_to
from referrals.states import OPEN_STATES, Outcome, ReferralState
from tests.daphne import ROOT
from tests.processes import end, free_port, reaper
from workspace.clocks import start_of
from workspace.front.actions.demo import make_demo
from workspace.front.demo.cast import PASSWORD, USERS
from workspace.front.demo.clock import day_ago, day_ahead
from workspace.front.demo.queries import sign_ins
from workspace.front.queries import coming, happenings, to_do
from workspace.models import AuditEntry, Consent, ConsentRow, CooperationRole, Disclosure, Membership, UserAccount
from workspace.queries import hats_of, participants_visible_to
from workspace.states import ConsentForm

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NAMES_OF_SETTINGS = (
    "DEMO",
    "DATA_DIR",
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
)


def hat(username: str) -> Membership:
    return Membership.objects.select_related("agency", "user").get(user__username=username)


# ---------- the command, on SQLite as a newcomer has it ----------
def clean_environment(**changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in NAMES_OF_SETTINGS}
    return kept | {"PYTHONWARNINGS": "", **changes}


def run_demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "demo", "--dir", str(folder), *options],
        cwd=ROOT,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def rows_of(folder: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(folder / "samverkansrum.sqlite3")
    try:
        found = connection.execute(query).fetchall()
        connection.commit()
        return found
    finally:
        connection.close()


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("demo") / "new" / "folder"
    return folder, run_demo(folder, "--no-serve")


@pytest.fixture
def made_folder(first_run: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path) -> Path:
    """A copy of what the first run left, to change."""
    shutil.copytree(first_run[0], tmp_path / "demo")
    return tmp_path / "demo"


def test_the_first_run_makes_the_demo_and_says_who_can_sign_in(
    first_run: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, done = first_run
    assert done.returncode == 0, done.stderr
    assert rows_of(folder, "SELECT count(*) FROM workspace_useraccount WHERE is_demo") == [(len(USERS),)]
    for user in USERS:
        assert user.username in done.stdout
        assert f"{user.first_name} {user.last_name}" in done.stdout
    assert done.stdout.count(PASSWORD) == 1
    assert "Arbetsmarknadsenheten Piteå / handläggare, LSS-handläggningen Piteå" in done.stdout


def test_a_second_run_keeps_what_the_user_did(made_folder: Path) -> None:
    rows_of(made_folder, "UPDATE workspace_participant SET phone = '070-174 06 99' WHERE first_name = 'Mira'")
    before = rows_of(made_folder, "SELECT count(*), max(id) FROM workspace_auditentry")
    done = run_demo(made_folder, "--no-serve")
    assert done.returncode == 0, done.stderr
    phone = rows_of(made_folder, "SELECT phone FROM workspace_participant WHERE first_name = 'Mira'")
    assert phone == [("070-174 06 99",)]
    assert rows_of(made_folder, "SELECT count(*), max(id) FROM workspace_auditentry") == before


def test_other_data_is_refused_kindly_and_left_alone(made_folder: Path) -> None:
    rows_of(made_folder, "UPDATE workspace_useraccount SET is_demo = 0 WHERE username = 'fk-norr'")
    before = (made_folder / "samverkansrum.sqlite3").read_bytes()
    done = run_demo(made_folder, "--no-serve")
    assert done.returncode == 2
    assert "innehåller annat än demons uppgifter" in done.stderr
    assert "Traceback" not in done.stderr
    assert PASSWORD not in done.stdout
    assert (made_folder / "samverkansrum.sqlite3").read_bytes() == before


def test_agencies_without_accounts_are_other_data_too(made_folder: Path) -> None:
    rows_of(made_folder, "DELETE FROM workspace_useraccount")
    assert run_demo(made_folder, "--no-serve").returncode == 2


def test_a_taken_port_is_named_before_anything_else_is_done(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_demo(tmp_path / "demo", "--port", str(port))
    assert done.returncode == 2
    assert f"Port {port} är upptagen" in done.stderr
    assert not (tmp_path / "demo").exists()


def test_what_is_no_port_is_refused(tmp_path: Path) -> None:
    done = run_demo(tmp_path / "demo", "--port", "70000")
    assert done.returncode == 2
    assert "inget portnummer" in done.stderr


def start_demo(folder: Path, port: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--dir", str(folder), "--port", str(port)],
        cwd=ROOT,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    reaper.watch(process.pid, signal.SIGTERM)
    return process


def test_the_demo_serves_and_says_where(made_folder: Path) -> None:
    port = free_port()
    process = start_demo(made_folder, port)
    try:
        assert wait_for_health(port, process) == 200
    finally:
        end(process, signal.SIGTERM, seconds=5)
        assert process.stdout is not None
        said = process.stdout.read().decode()
        process.stdout.close()
    assert f"http://127.0.0.1:{port}/" in said
    assert "Traceback" not in said


def test_the_demo_runs_its_jobs_by_itself_and_a_killed_demo_leaves_none_behind(made_folder: Path) -> None:
    """Mail that was due says that the jobs ran. They write where the demo writes, so that ends when both have.

    The sweep also reminds others of what is due, and tells the demo's participant that there is something to read.
    """
    queue_mail(made_folder)
    process = start_demo(made_folder, free_port())
    try:
        until = time.monotonic() + 20
        while not rows_of(made_folder, SENT) and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        end(process, signal.SIGKILL)
    said, _ = process.communicate(timeout=3)
    assert "Traceback" not in said.decode()
    mails = [text for path in made_folder.glob("mail/*.log") if "demo@exempel.se" in (text := path.read_text())]
    assert mails and all("Auto-Submitted: auto-generated" in mail for mail in mails)


SENT = "SELECT id FROM notifications_digestmail WHERE sent_at IS NOT NULL"


def queue_mail(folder: Path) -> None:
    """Owe somebody in the demo a mail, and ask for a sweep now."""
    owe = (
        "from django.utils import timezone as t; from notifications.models import DigestMail as D, QuietHours as Q;"
        "from workspace.models import UserAccount as U; from workspace.front.tasks import sweep;"
        "user = U.objects.get(username='soc-pitea'); U.objects.update(email='demo@exempel.se');"
        "Q.objects.create(user=user, begins='00:00', ends='00:00', days_off=False);"
        "D.objects.create(user=user, day=t.localdate()); sweep.enqueue()"
    )
    address = f"sqlite:///{folder / 'samverkansrum.sqlite3'}"
    subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); {owe}"],
        cwd=ROOT,
        env=clean_environment(DEMO="1", DATA_DIR=str(folder), DATABASE_URL=address),
        stdin=subprocess.DEVNULL,
        check=True,
    )


def wait_for_health(port: int, process: subprocess.Popen[bytes]) -> int:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health/")
            return connection.getresponse().status
        except ConnectionError:
            time.sleep(0.1)
        finally:
            connection.close()
    return 0


def test_settings_refuse_the_demo_on_a_server_that_answers_to_other_names(tmp_path: Path) -> None:
    env = clean_environment(DEMO="1", ALLOWED_HOSTS="samverkan.example.se", SECRET_KEY="x" * 50, DATA_DIR=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", "import workspace.settings"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "DEMO=1 öppnar konton med känt lösenord" in done.stderr


# ---------- the data ----------
@pytest.mark.embedded
@pytest.mark.django_db
def test_an_empty_database_is_filled_with_a_consistent_demo() -> None:
    assert make_demo() is True
    assert [username for username, _, _ in sign_ins()] == [user.username for user in USERS]
    assert UserAccount.objects.get(username="samordnare").check_password(PASSWORD)
    referrals = Referral.objects.annotate(last=Max("events__pk"))
    assert {r.state for r in referrals} == set(ReferralState)
    assert set(referrals.filter(state="closed").values_list("outcome", flat=True)) == set(Outcome)
    for referral in referrals:
        assert (referral.turn_id is not None) == (referral.state in OPEN_STATES)
        assert referral.turn_id in {None, referral.sender_id, referral.receiver_id}
        assert ReferralEvent.objects.get(pk=referral.last).state == referral.state
        assert (referral.sent_at is None) == (not referral.events.filter(verb="send").exists())
        moments = list(referral.events.order_by("pk").values_list("at", flat=True))
        assert moments == sorted(moments)
    wished = [r.answer_wished_on for r in referrals if r.is_open and r.answer_wished_on]
    assert min(wished) < timezone.localdate() < max(wished)
    assert_living()
    nothing_lies_ahead()
    sequences_have_no_gaps()
    every_kind_of_consent_is_there()
    arvidsjaur_has_no_part_in_pitea()
    the_coordinator_sees_only_what_may_be_followed()
    making_it_again_changes_nothing()


def assert_living() -> None:
    """Both start pages have something to do, something that happened, something to come."""
    for username in ("soc-pitea", "psyk-pitea"):
        member = hat(username)
        assert to_do(member)[0] and happenings(member) and coming(member)[0], username
        read = Notification.objects.filter(membership=member, read_at__isnull=False)
        assert read.exists() and unread_count(member), username
        told_today = Notification.objects.filter(membership=member, made_at__gte=start_of(timezone.localdate()))
        assert told_today.exclude(acting_agency=member.agency).exists(), username


def nothing_lies_ahead() -> None:
    now = timezone.now()
    moments = [
        *AuditEntry.objects.values_list("at", flat=True),
        *ReferralEvent.objects.values_list("at", flat=True),
        *Disclosure.objects.values_list("made_at", flat=True),
        *Notification.objects.values_list("made_at", flat=True),
        *Referral.objects.values_list("turn_since", flat=True),
    ]
    assert max(moments) <= now
    assert min(moments) < now - timedelta(days=60)


def sequences_have_no_gaps() -> None:
    for counter in Counter.objects.all():
        told = Notification.objects.filter(membership=counter.membership_id).order_by("seq")
        assert [row.seq for row in told] == list(range(1, counter.last_seq + 1))
        assert [row.made_at for row in told] == sorted(row.made_at for row in told)


def every_kind_of_consent_is_there() -> None:
    today = timezone.localdate()
    assert set(Consent.objects.values_list("form", flat=True)) == set(ConsentForm)
    assert Consent.objects.filter(limits__contains="ekonomi").exists()
    assert not ConsentRow.objects.filter(category="economy").exists()
    assert Consent.objects.filter(to_be_confirmed=True).exists()
    assert ConsentRow.objects.filter(withdrawn_at__isnull=False).exists()
    assert ConsentRow.objects.filter(valid_until=today + timedelta(days=12)).exists()
    assert ConsentRow.objects.filter(valid_until__lt=today, withdrawn_at__isnull=True).exists()


def arvidsjaur_has_no_part_in_pitea() -> None:
    outsider = hat("soc-arvidsjaur")
    pitea = Referral.objects.exclude(sender__agency=outsider.agency).exclude(receiver__agency=outsider.agency)
    assert pitea.count() > 15
    assert not referrals_visible_to(outsider).filter(pk__in=pitea).exists()
    assert [person.first_name for person in participants_visible_to(outsider)] == ["Ristin"]
    assert len(hats_of(UserAccount.objects.get(username="tva-hattar"))) == 2


def the_coordinator_sees_only_what_may_be_followed() -> None:
    role = CooperationRole.objects.get(user__username="samordnare")
    assert board_of(role).count() >= 8
    assert board_counted_only(role) >= 2
    assert {r.sender.agency.code for r in board_of(role)} <= {
        "soc-pitea",
        "psyk-pitea",
        "lss-pitea",
        "af-pitea",
        "amv-pitea",
    }


def making_it_again_changes_nothing() -> None:
    elin = hat("soc-pitea")
    decided = Referral.objects.get(state="decided", sender__agency=elin.agency)
    close_referral(by=elin, referral=decided)
    before = (AuditEntry.objects.count(), Referral.objects.count())
    assert make_demo() is False
    assert (AuditEntry.objects.count(), Referral.objects.count()) == before
    decided.refresh_from_db()
    assert decided.state == ReferralState.CLOSED


@pytest.mark.django_db
def test_the_action_itself_refuses_other_data() -> None:
    UserAccount.objects.create(username="anna")
    with pytest.raises(ValueError, match="other data"):
        make_demo()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "now",
    [
        pytest.param(datetime(2026, 11, 23, 0, 3, tzinfo=STOCKHOLM), id="just after midnight on a Monday"),
        pytest.param(datetime(2027, 3, 28, 8, 0, tzinfo=STOCKHOLM), id="the Sunday morning when summer time begins"),
    ],
)
def test_today_is_a_living_day_whenever_the_demo_is_made(now: datetime) -> None:
    with time_machine.travel(now, tick=False):
        make_demo()
        assert timezone.now() == now
        assert_living()
        nothing_lies_ahead()


def test_earlier_days_are_working_days_and_keep_their_order() -> None:
    for offset in range(7):
        today = date(2026, 11, 16) + timedelta(days=offset)
        days = [day_ago(count, today) for count in range(80)]
        assert days == sorted(set(days), reverse=True)
        assert days[:2] == [today, today - timedelta(days=1)]
        assert all(day.weekday() < 5 for day in days[2:])
        assert all(day_ahead(count, today).weekday() < 5 for count in range(1, 40))


@pytest.mark.django_db
def test_a_demo_account_is_let_in_only_where_the_demo_runs(settings: Settings) -> None:
    account = UserAccount.objects.create_user(username="soc-pitea", password=PASSWORD, is_demo=True)
    assert settings.DEMO is False
    assert authenticate(None, username="soc-pitea", password=PASSWORD) is None
    settings.DEMO = True
    assert authenticate(None, username="soc-pitea", password=PASSWORD) == account
