"""What runs by itself: the queue lies in the database, the sweep goes on whatever happens, the consumer runs it."""

import subprocess
import sys
import time
from collections.abc import Callable, Generator
from datetime import datetime
from pathlib import Path
from signal import SIGTERM

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django_tasks import TaskResult, TaskResultStatus
from huey.contrib.djhuey import HUEY

from notifications.actions import send_digests
from notifications.models import DigestMail, QuietHours
from tests.cast import SECRET_TEXT, Cast
from tests.daphne import ROOT, server_environment
from tests.infrastructure import close_connections
from tests.notifications.post import PostOffice
from tests.processes import end, new_folder, reaper
from tests.services import Postgres
from workspace.front.tasks import SWEEPS, run_in_turn, sweep, sweep_by_the_clock
from workspace.models import UserAccount


# ---------- the sweep ----------
# Both look after the connection, which an earlier test may have left open.
def test_a_sweep_that_fails_stops_no_other_and_the_log_says_what_kind_but_not_what(
    committed_db: None, caplog: pytest.LogCaptureFixture
) -> None:
    done = []

    def fails() -> None:
        raise LookupError(SECRET_TEXT)

    run_in_turn([lambda: done.append("before"), fails, lambda: done.append("after")])
    assert done == ["before", "after"]
    assert "sweep fails failed: LookupError" in caplog.text
    assert "in fails" in caplog.text
    assert SECRET_TEXT not in caplog.text.replace("raise LookupError(SECRET_TEXT)", "")


def test_who_stops_the_consumer_is_not_held_up(committed_db: None) -> None:
    def stopped() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_in_turn([stopped])


def test_the_clock_starts_the_sweep_every_ten_minutes() -> None:
    assert send_digests in SWEEPS
    minutes = [
        minute
        for minute in range(60)
        if any(isinstance(due, sweep_by_the_clock.task_class) for due in HUEY.read_periodic(at(minute)))
    ]
    assert minutes == [0, 10, 20, 30, 40, 50]


def at(minute: int) -> datetime:
    return datetime(2026, 11, 23, 9, minute)


# ---------- the queue ----------
@pytest.fixture
def queue(committed_db: None) -> Generator[None]:
    """The real queue, empty before and after."""
    HUEY.storage.flush_all()
    yield
    HUEY.storage.flush_all()
    HUEY.storage.close()


@pytest.mark.embedded
def test_a_job_of_an_act_that_is_rolled_back_is_never_queued(queue: None) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        sweep.enqueue()
        raise ZeroDivisionError
    assert len(HUEY) == 0
    with transaction.atomic():
        sweep.enqueue()
        assert len(HUEY) == 0
    assert len(HUEY) == 1


@pytest.mark.embedded
def test_a_job_that_somebody_else_wrote_into_the_queue_is_not_run(queue: None) -> None:
    sweep.enqueue()
    (signed,) = HUEY.storage.enqueued_items()
    HUEY.storage.flush_queue()
    HUEY.storage.enqueue(bytes(signed)[:-1] + b"x")
    with pytest.raises(ValueError, match="mismatch"):
        HUEY.dequeue()


@pytest.mark.postgres
@pytest.mark.django_db
def test_on_postgresql_the_queue_lies_in_the_database_and_the_application_does_not_own_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'huey%' AND tableowner <> current_user")
        assert cursor.fetchone() == (4,)
    assert not (Path(settings.DATA_DIR) / "jobs.sqlite3").exists()


@pytest.fixture
def consumer(queue: None) -> Generator[Callable[..., subprocess.Popen[bytes]]]:
    """Start `manage.py run_huey` on the tests' database; ended afterwards."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**env: str) -> subprocess.Popen[bytes]:
        with (new_folder("consumer") / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "run_huey"],
                cwd=ROOT,
                env=server_environment(DATABASE_OWNER_URL="", DJANGO_ALLOW_ASYNC_UNSAFE="", **env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        reaper.watch(process.pid, SIGTERM)
        started.append(process)
        return process

    yield start
    for process in started:
        end(process, SIGTERM)


@pytest.mark.embedded
def test_the_consumer_runs_what_was_queued_while_nobody_listened(
    consumer: Callable[..., subprocess.Popen[bytes]], cast: Cast
) -> None:
    post = PostOffice()
    post.start()
    UserAccount.objects.filter(pk=cast.soc.user_id).update(email="soc@exempel.se")
    QuietHours.objects.create(user=cast.soc.user, begins="00:00", ends="00:00", days_off=False)
    DigestMail.objects.create(user=cast.soc.user, day=timezone.localdate())
    queued = sweep.enqueue()
    assert queued.status == TaskResultStatus.READY
    try:
        consumer(EMAIL_URL=post.url)
        assert outcome(queued) == TaskResultStatus.SUCCESSFUL
    finally:
        post.stop()
    assert post.recipients == [["soc@exempel.se"]]
    assert DigestMail.objects.get().sent_at is not None


def outcome(queued: TaskResult) -> TaskResultStatus:
    """Wait until a job has been run."""
    until = time.monotonic() + 20
    while not queued.is_finished and time.monotonic() < until:
        time.sleep(0.05)
        queued.refresh()
    return queued.status


@pytest.mark.postgres
def test_the_consumer_outlives_a_restart_of_postgresql(
    consumer: Callable[..., subprocess.Popen[bytes]], postgres_server: Postgres
) -> None:
    consumer()
    assert outcome(sweep.enqueue()) == TaskResultStatus.SUCCESSFUL
    HUEY.storage.close()
    postgres_server.restart()
    close_connections(pools=True)
    assert outcome(sweep.enqueue()) == TaskResultStatus.SUCCESSFUL


# ---------- settings ----------
def settings_with(**env: str) -> subprocess.CompletedProcess[str]:
    """What the settings say about mail when they are read with this environment."""
    names = ["EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_FILE_PATH", "DEFAULT_FROM_EMAIL", "SITE_URL"]
    told = f"import workspace.settings as s; print(*[getattr(s, name, None) for name in {names}], sep='\\n')"
    return subprocess.run(
        [sys.executable, "-c", told],
        cwd=ROOT,
        env=server_environment(**env),
        capture_output=True,
        text=True,
        check=False,
    )


def test_on_ones_own_machine_mails_become_files(tmp_path: Path) -> None:
    said = settings_with(DATA_DIR=str(tmp_path)).stdout.splitlines()
    assert said[0].endswith("filebased.EmailBackend")
    assert said[3] == str(tmp_path / "mail")


def test_the_demo_never_mails_for_real_whatever_the_environment_says(tmp_path: Path) -> None:
    said = settings_with(DATA_DIR=str(tmp_path), DEMO="1", EMAIL_URL="smtp://post.exempel.se:25").stdout.splitlines()
    assert said[0].endswith("filebased.EmailBackend")
    assert said[3] == str(tmp_path / "mail")


def test_a_production_start_mails_by_smtp() -> None:
    said = settings_with(ALLOWED_HOSTS="samverkan.exempel.se", SITE_URL="https://samverkan.exempel.se/").stdout
    backend, host, port, _, sender, address = said.splitlines()
    assert backend.endswith("smtp.EmailBackend")
    assert (host, port) == ("localhost", "25")
    assert sender == "Samverkansrum <samverkansrum@samverkan.exempel.se>"
    assert address == "https://samverkan.exempel.se"


@pytest.mark.parametrize("address", ["samverkan.exempel.se", "", "javascript://x", "https://"])
def test_a_site_address_that_is_none_is_refused(address: str) -> None:
    done = settings_with(SITE_URL=address)
    assert done.returncode != 0
    assert "SITE_URL är ingen adress" in done.stderr
