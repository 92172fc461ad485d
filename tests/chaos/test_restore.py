"""An older database put back under open pages."""

import subprocess
import sys
import time
from typing import Any

import psycopg
import pytest

from notifications.queries import epoch, last_seq
from referrals.actions import write_message
from tests.cast import Cast
from tests.chaos.stage import SEED, BrowserPage, report, running, size, told_of, under_way
from tests.daphne import ROOT, server_environment
from tests.infrastructure import close_connections
from tests.services import APP_ROLE, DATABASE, OWNER_ROLE, Postgres
from tests.wire import Visitor, open_pages, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
BACKUP = f"{DATABASE}_before"


def copy_database(postgres: Postgres) -> None:
    """What a nightly backup holds."""
    close_connections(pools=True)
    with psycopg.connect(postgres._superuser_url(), autocommit=True) as superuser:
        ended = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{DATABASE}'"
        superuser.execute(ended)
        superuser.execute(f"DROP DATABASE IF EXISTS {BACKUP}")
        superuser.execute(f"CREATE DATABASE {BACKUP} TEMPLATE {DATABASE} OWNER {OWNER_ROLE}")


def put_back(postgres: Postgres, *, keep: bool = False) -> None:
    """The backup in the place of what there is, as an operator restores it; `keep`: to be used once more."""
    close_connections(pools=True)
    with psycopg.connect(postgres._superuser_url(), autocommit=True) as superuser:
        superuser.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")
        if keep:
            superuser.execute(f"CREATE DATABASE {DATABASE} TEMPLATE {BACKUP} OWNER {OWNER_ROLE}")
        else:
            superuser.execute(f"ALTER DATABASE {BACKUP} RENAME TO {DATABASE}")
        superuser.execute(f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC")
        superuser.execute(f"GRANT CONNECT ON DATABASE {DATABASE} TO {APP_ROLE}")


def manage(*words: str, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=server_environment(**env),
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_pages_open_over_a_restore_all_find_the_new_epoch_and_reload(cast: Cast, postgres_server: Postgres) -> None:
    """B6: acts after the backup are lost with it, as an operator has chosen; no open page goes on showing them."""
    count = size(100, 12)
    referral = under_way(cast)
    hats = [cast.psyk if number % 2 else cast.psyk_2 for number in range(count)]
    with running() as system:
        write_message(by=cast.soc, referral=referral, category="question", text="Före kopian")
        copy_database(postgres_server)
        pages: list[Any] = [
            BrowserPage(Visitor(system.sockets[0], hat), [system.sockets[number % 2]], seed=SEED + number)  # type: ignore[arg-type, list-item]
            for number, hat in enumerate(hats)
        ]
        before = epoch()
        kept = {hat.pk: last_seq(hat) for hat in set(hats)}
        with open_pages(pages):
            for number in range(5):
                write_message(by=cast.soc, referral=referral, category="question", text=f"Efter kopian {number}")
            ahead = wait_until(lambda: all(p.last == kept[hat.pk] + 5 for p, hat in zip(pages, hats, strict=True)), 30)
            put_back(postgres_server)
            manage("new_epoch")
            began = time.monotonic()
            reloaded = wait_until(lambda: all(page.reloads for page in pages), 40)
            taken = time.monotonic() - began
    fresh = {pk: (epoch(), last_seq(hat)) for pk, hat in {hat.pk: hat for hat in hats}.items()}
    report(
        "B6",
        pages=count,
        reloaded=sum(bool(page.reloads) for page in pages),
        showing_newer=sum(not page.reloads and page.last > kept[hat.pk] for page, hat in zip(pages, hats, strict=True)),
        seconds=round(taken, 1),
    )
    assert ahead and reloaded
    assert fresh == {pk: (epoch(), seq) for pk, seq in kept.items()} and epoch() != before
    assert {len(told_of(hat)) for hat in hats} == set(kept.values())
