"""Backup and restore by deploy/backup.sh and deploy/restore.sh, under open pages (B6, B29)."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import psycopg
import pytest

from notifications.queries import epoch, last_seq
from referrals.actions import write_message
from referrals.models import ReferralSection
from tests.cast import Cast
from tests.chaos.stage import BrowserPage, told_of, under_way
from tests.daphne import ROOT, server_environment
from tests.infrastructure import close_connections
from tests.processes import new_folder
from tests.running.services import programs_of
from tests.servers import Server
from tests.services import DATABASE, Postgres
from tests.wire import Visitor, open_pages, wait_until

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
RTO = 30 * 60  # seconds, B29


def script(postgres: Postgres, name: str, *words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    path = f"{programs_of(postgres)}:{os.environ['PATH']}"
    return subprocess.run(
        [str(ROOT / "deploy" / name), *words],
        cwd=ROOT,
        env=server_environment(PATH=path, PYTHON=sys.executable, **env),
        capture_output=True,
        text=True,
        check=False,
    )


def rows_now() -> dict[str, int]:
    """How many rows each table has, as the owner sees it."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        names = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        count = "SELECT count(*) FROM public."
        return {name: owner.execute(count + name).fetchone()[0] for (name,) in names}  # type: ignore[index]


@pytest.fixture
def own(postgres_server: Postgres) -> Generator[Postgres]:
    """The tests' own server. A drill that failed leaves the role without rights: the next test must have them."""
    if not postgres_server.own:
        pytest.skip("somebody else's server has no programs for us")
    yield postgres_server
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as role:
        row = role.execute("SELECT has_table_privilege('workspace_organisation', 'SELECT')").fetchone()
    if row != (True,):
        subprocess.run([sys.executable, "manage.py", "prepare_database"], cwd=ROOT, check=True)


def test_a_drill_under_open_pages_ends_with_what_was_so_and_nothing_newer(
    serve: Callable[..., Server], cast: Cast, own: Postgres
) -> None:
    folder = new_folder("backups")
    referral = under_way(cast)
    web, sockets = serve("web"), serve("sockets")
    for number in range(5):
        write_message(by=cast.soc, referral=referral, category="question", text=f"Före {number}")
    backed = script(own, "backup.sh", str(folder))
    assert backed.returncode == 0, backed.stderr
    dump = Path(backed.stdout.strip())
    assert dump.stat().st_mode & 0o077 == 0 and [path.name for path in folder.glob(".*")] == []
    kept, rows, before, kept_seq = told_of(cast.psyk), rows_now(), epoch(), last_seq(cast.psyk)
    assert dict(line.rsplit(" ", 1) for line in dump.with_suffix(".rows").read_text().splitlines()) == {
        name: str(number) for name, number in rows.items()
    }
    hats = [cast.psyk, cast.psyk_2, cast.soc, cast.outsider]
    pages = [BrowserPage(Visitor(sockets, hat), [sockets], seed=hat.pk) for hat in hats]  # type: ignore[arg-type, list-item]
    with open_pages(pages):
        for number in range(7):
            write_message(by=cast.soc, referral=referral, category="question", text=f"Efter {number}")
        assert wait_until(lambda: pages[0].last == kept_seq + 7, 20)
        web.close()
        close_connections(pools=True)
        began = time.monotonic()
        restored = script(own, "restore.sh", str(dump), DATABASE)
        taken = time.monotonic() - began
        assert restored.returncode == 0, restored.stderr + restored.stdout
        assert wait_until(lambda: all(page.reloads for page in pages), 40), [page.reloads for page in pages]
        close_connections(pools=True)
        newest = {page: page.shown[:] for page in pages}
    again = Server(server_environment(), role="web", port=web.port)
    with again:
        assert Visitor(again, cast.psyk).get(f"/remisser/{referral.pk}/").status == 200  # type: ignore[arg-type]
    assert told_of(cast.psyk) == kept and epoch() != before and taken < RTO
    assert ReferralSection.objects.filter(text__startswith="Efter").count() == 0
    assert ReferralSection.objects.filter(text__startswith="Före").count() == 5
    # What the drill itself has left: the new epoch's row in the audit, and what the page just opened wrote.
    gained = {name: number - rows[name] for name, number in rows_now().items() if number != rows[name]}
    assert set(gained) <= {"workspace_auditentry", "django_session", "workspace_cache"}, gained
    assert_the_role_has_its_rights_and_no_more()
    # No page has heard of anything after it was told to load anew.
    assert all(page.shown == newest[page] for page in pages)
    print(f"\nrestore: {taken:.1f} s, {sum(rows.values())} rows")


def assert_the_role_has_its_rights_and_no_more() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as role:
        assert role.execute("SELECT count(*) FROM workspace_auditentry").fetchone() is not None
        for forbidden in ("DELETE FROM workspace_auditentry", "DROP TABLE workspace_auditentry", "CREATE TABLE x ()"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                role.execute(forbidden)


def test_what_is_not_meant_or_not_whole_changes_nothing(cast: Cast, own: Postgres) -> None:
    folder = new_folder("backups")
    dump = Path(script(own, "backup.sh", str(folder)).stdout.strip())
    close_connections(pools=True)
    rows = rows_now()
    assert script(own, "restore.sh", str(dump)).returncode != 0
    wrong = script(own, "restore.sh", str(dump), "nagot_annat")
    assert wrong.returncode == 2 and f"The database is called {DATABASE}" in wrong.stderr
    assert script(own, "restore.sh", str(folder / "finns-inte.dump"), DATABASE).returncode == 2
    cut = folder / "cut.dump"
    cut.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    (folder / "cut.rows").write_text(dump.with_suffix(".rows").read_text())
    assert script(own, "restore.sh", str(cut), DATABASE).returncode != 0
    assert rows_now() == rows


def test_old_backups_go_and_a_failed_one_leaves_nothing(cast: Cast, own: Postgres) -> None:
    folder = new_folder("backups")
    for name, days in (("samverkansrum-old.dump", 36), ("samverkansrum-young.dump", 34), ("something-else.dump", 99)):
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, (time.time() - days * 86_400,) * 2)
    done = script(own, "backup.sh", str(folder))
    assert done.returncode == 0, done.stderr
    left = {path.name for path in folder.iterdir()} - {Path(done.stdout.strip()).name}
    left -= {Path(done.stdout.strip()).with_suffix(".rows").name}
    assert left == {"samverkansrum-young.dump", "something-else.dump"}
    failed = script(own, "backup.sh", str(folder), DATABASE_OWNER_URL="postgresql://nobody@127.0.0.1:9/x")
    assert failed.returncode != 0 and {path.name for path in folder.iterdir()} == left | {
        Path(done.stdout.strip()).name,
        Path(done.stdout.strip()).with_suffix(".rows").name,
    }
