"""What every test can use: the database, the services, server processes, the browser, and what the run reports."""

import itertools
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections
from psycopg import sql
from pytest_django import DjangoDbBlocker
from whitenoise.middleware import WhiteNoiseMiddleware

from tests.daphne import ROOT, Daphne, server_environment
from tests.processes import new_folder
from tests.services import Postgres, Redis
from tests.start import CI, EMBEDDED, postgres_key, redis_key

# Filled by migrations, and so not emptied between tests.
KEEP = (
    "referrals_referralkind_needs",
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "workspace_municipality",
    "workspace_category",
    "workspace_ground",
    "referrals_referralkind",
    "notifications_epoch",
    "pathway_phase",
    "pathway_activitykind",
    "pathway_activitykind_phases",
)
CHROMIUMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
CHROMIUM = next((path for name in CHROMIUMS if (path := shutil.which(name))), None)
NO_CHROMIUM = "no chromium: install Debian's (apt-get install chromium) or Google Chrome"

run_key = pytest.StashKey[dict[str, list[str]]]()


# ---------- the database ----------
@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Generator[Path | None]:
    """Prepare the database as an operator does, so that the tests use it as the application's role.

    Takes the place of pytest-django's, which would make a database of its own as one almighty role.
    Value: on SQLite the pristine copy that `committed_db` restores, else None.
    """
    done = subprocess.run(
        [sys.executable, "manage.py", "prepare_database"],
        cwd=ROOT,
        env=server_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.exit(f"manage.py prepare_database failed:\n{done.stdout}\n{done.stderr}", returncode=3)
    pristine = None
    if EMBEDDED:
        pristine = new_folder("pristine") / "pristine.sqlite3"
        copy_sqlite(sqlite_path(), pristine)
    else:
        # Somebody's own database may still hold what an interrupted run left.
        empty_tables()
    yield pristine
    with django_db_blocker.unblock():
        close_connections(pools=True)


@pytest.fixture
def _django_db_helper(request: pytest.FixtureRequest) -> None:
    """What stands behind `db` and the mark django_db: a rollback, or `committed_db` where the test asks for it.

    Ours, because pytest-django's transactional tests empty the tables as the application's role, which may not;
    and so that fixtures built on `db` serve both kinds of tests.
    """
    mark = request.node.get_closest_marker("django_db")
    transactional = mark is not None and (mark.kwargs.get("transaction") or (mark.args and mark.args[0]))
    if transactional or {"committed_db", "transactional_db", "live_server"} & set(request.fixturenames):
        request.getfixturevalue("committed_db")
    else:
        request.getfixturevalue("django_db_setup")
        if not EMBEDDED and next(rolled_back) % FRESH_AFTER == 0:
            empty_tables()
        request.getfixturevalue("_django_db_helper")


@pytest.fixture
def committed_db(django_db_setup: Path | None, django_db_blocker: DjangoDbBlocker) -> Generator[None]:
    """A database where commits are real, for tests with threads or processes; emptied afterwards.

    Tables in KEEP stay as they are: a test that changes one of those puts it back itself.
    """
    with django_db_blocker.unblock():
        yield
        close_connections()
        if EMBEDDED:
            assert django_db_setup is not None
            copy_sqlite(django_db_setup, sqlite_path())
        else:
            ended = empty_tables()
            if ended:
                pytest.fail(f"the test left {ended} connection(s) of the application with an open transaction")


def close_connections(*, pools: bool = False) -> None:
    """Close this thread's connections; with `pools` also what the process keeps ready (needed after a restart)."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        if pools and hasattr(connection, "close_pool"):
            connection.close_pool()


def sqlite_path() -> Path:
    """The database file of an embedded run."""
    return Path(os.environ["DATABASE_URL"].removeprefix("sqlite:///"))


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy page by page inside a transaction: triggers do not fire, and connections still open see the new content."""
    with closing(sqlite3.connect(source, timeout=20)) as old, closing(sqlite3.connect(target, timeout=20)) as new:
        old.backup(new)


# What is rolled back stays in the tables' files, where every query reads past it, and nothing else clears it away
# (autovacuum: tests/services.py). Emptying costs as much as a test.
FRESH_AFTER = 100
rolled_back = itertools.count(1)

STEP_TIMES = "referrals_steptime"  # reference data, but refers to agencies, so it cannot be kept as it is


def put_back_step_times(owner: psycopg.Connection[Any]) -> None:
    owner.execute(f"INSERT INTO {STEP_TIMES} SELECT * FROM times")
    owner.execute(f"SELECT setval(pg_get_serial_sequence('{STEP_TIMES}', 'id'), (SELECT max(id) FROM {STEP_TIMES}))")


def empty_tables() -> int:
    """Empty every table but KEEP, as the owner. Return how many connections had to be ended for it.

    No CASCADE: PostgreSQL then refuses by itself if a kept table should come to refer to an emptied one.
    """
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        rows = owner.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL(%s)", [list(KEEP)]
        ).fetchall()
        if not rows:
            return 0
        names = sql.SQL(", ").join(sql.Identifier(name) for (name,) in rows)
        truncate = sql.SQL("TRUNCATE {} RESTART IDENTITY").format(names)
        owner.execute("SET lock_timeout = '5s'")
        owner.execute(f"CREATE TEMP TABLE times AS SELECT * FROM {STEP_TIMES} WHERE agency_id IS NULL")
        try:
            owner.execute(truncate)
            put_back_step_times(owner)
            return 0
        except psycopg.errors.LockNotAvailable:
            ended = owner.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename IS NOT NULL AND pid IN"
                " (SELECT pid FROM pg_locks WHERE locktype = 'relation' AND pid <> pg_backend_pid())"
            ).fetchall()
            owner.execute(truncate)
            put_back_step_times(owner)
            return len(ended)


# ---------- services and servers ----------
@pytest.fixture(scope="session", autouse=True)
def _static_files_looked_up_once() -> Generator[None]:
    """Every `Client` loads the middleware anew, and WhiteNoise each time reads the static folders: 10 ms a browser."""
    look_up, files = WhiteNoiseMiddleware.add_files_from_finders, {}

    def once(whitenoise: WhiteNoiseMiddleware) -> None:
        if not files:
            look_up(whitenoise)
            files.update(whitenoise.files)
        whitenoise.files.update(files)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", once)
        yield


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> Postgres:
    """The running PostgreSQL: owner_url, app_url, restart()."""
    if EMBEDDED:
        pytest.fail("an embedded run has no PostgreSQL: this test should not be marked embedded")
    return pytestconfig.stash[postgres_key]


@pytest.fixture
def redis_server(pytestconfig: pytest.Config) -> Generator[Redis]:
    """The running Redis: url, kill(), start(). Started again afterwards if the test left it dead."""
    if EMBEDDED:
        pytest.fail("an embedded run has no Redis: this test should not be marked embedded")
    redis = pytestconfig.stash[redis_key]
    yield redis
    if not redis.is_running():
        redis.stop()
    redis.start()


@pytest.fixture
def daphne(committed_db: None) -> Generator[Callable[..., Daphne]]:
    """Start servers on the tests' database: `daphne()` or `daphne(POLL_SECONDS="1")`; all are stopped afterwards."""
    started: list[Daphne] = []

    def start(**env: str) -> Daphne:
        server = Daphne(server_environment(**env))
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def in_thread(committed_db: None) -> Callable[..., Any]:
    """Call something in a thread of its own and return what it returns: `in_thread(accept_referral, by=anna, ...)`.

    For browser tests that act on the server's side directly, or use `asyncio.run`: Playwright's loop runs in the
    test's own thread, where `async_to_sync` refuses, so a push made there would be lost.
    """

    def call(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        def run() -> Any:
            try:
                return work(*args, **kwargs)
            finally:
                close_connections()

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(run).result()

    return call


# ---------- the browser ----------
@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium, which calls nobody. No sandbox: it can't be had as root."""
    return {
        **browser_type_launch_args,
        "executable_path": CHROMIUM,
        "args": [
            "--no-sandbox",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--disable-gpu",
        ],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A browser as our users have it. `new_context(**browser_context_args)` gives a second one."""
    return {**browser_context_args, "locale": "sv-SE", "timezone_id": "Europe/Stockholm"}


# ---------- which tests run, and what is said about it ----------
def pytest_configure(config: pytest.Config) -> None:
    noted: dict[str, list[str]] = {"postgres": [], "left_out": []}
    config.stash[run_key] = noted
    # A plain kill ends like Ctrl-C: fixtures are torn down and the services stopped. (kill -9 is the reaper's.)
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    noted = config.stash[run_key]
    chosen, left_out = [], []
    for item in items:
        if {"browser", "browser_name", "playwright"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")
        if item.get_closest_marker("browser") and CHROMIUM is None:
            item.add_marker(pytest.mark.skip(reason=NO_CHROMIUM))
        if item.get_closest_marker("postgres"):
            noted["postgres"].append(item.nodeid)
        if item.get_closest_marker("long") and not config.getoption("--long"):
            noted["left_out"].append(item.nodeid)
            left_out.append(item)
        elif EMBEDDED and not item.get_closest_marker("embedded"):
            left_out.append(item)
        else:
            chosen.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    # Browser tests last: once Playwright has started, its loop runs in this thread until the session ends, and
    # `asyncio.run` and `async_to_sync` refuse there.
    items[:] = sorted(chosen, key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    noted = config.stash[run_key]
    if noted["postgres"]:
        state = "not run here, this is the embedded default" if EMBEDDED else "run"
        terminalreporter.section(f"need PostgreSQL ({state}): {len(noted['postgres'])}", sep="-")
        for nodeid in noted["postgres"]:
            terminalreporter.line(nodeid)
    if noted["left_out"]:
        terminalreporter.section(f"long, left out (make test LONG=1): {len(noted['left_out'])}", sep="-")
        for nodeid in noted["left_out"]:
            terminalreporter.line(nodeid)
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section(f"SKIPPED: {len(skipped)}", sep="!", red=True, bold=True)
        for report in skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
            terminalreporter.line(f"{report.nodeid}: {reason}", red=True)
        if CI:
            terminalreporter.line("In CI nothing may be skipped: this run has failed.", red=True, bold=True)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.getplugin("terminalreporter")
    if CI and exitstatus == pytest.ExitCode.OK and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
