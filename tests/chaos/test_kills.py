"""Processes killed, Redis away, PostgreSQL restarted, an upgrade: nothing acknowledged is lost, nothing shown twice."""

import os
import signal
import time
from collections.abc import Callable

import psycopg
import pytest

from tests.cast import Cast
from tests.chaos.stage import (
    PATIENCE,
    Crowd,
    System,
    acting,
    chance,
    make_crowd,
    make_pairs,
    nothing_missing,
    numbers_of,
    p,
    report,
    running,
    size,
    tally,
)
from tests.infrastructure import close_connections
from tests.services import APP_ROLE, Postgres, Redis
from tests.wire import Page, Visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
ACTS = size(1000, 80)

Fault = tuple[float, Callable[[System], object]]  # which share of the acts has been answered, and what happens then


def run(bar: str, cast: Cast, acts: int, faults: list[Fault]) -> Crowd:
    """Twenty clients act; each fault comes when its share of the acts has been answered. Asserts on the raw counts."""
    pairs = make_pairs(cast, 10)
    first = numbers_of(pairs)
    behind: list[float] = []
    with running() as system:
        crowd = make_crowd(system, pairs, acts)
        outsider = Page(Visitor(system.sockets[0], cast.outsider), system.sockets, poll=5)  # type: ignore[arg-type]
        began = time.monotonic()
        with acting(crowd, outsider):
            for share, fault in faults:
                while crowd.acknowledged < share * crowd.acts and any(client.is_alive() for client in crowd.clients):
                    time.sleep(0.01)
                fault(system)
                behind += crowd.behind()
        taken = time.monotonic() - began
        assert outsider.shown == [] and outsider.reloads == 0
    counted = tally(crowd, first)
    unanswered = sum(client.answers["none"] for client in crowd.clients)
    errors = sum(number for client in crowd.clients for code, number in client.answers.items() if code[0] == "5")
    report(
        bar,
        **counted,
        tries_without_answer=unanswered,
        tries_answered_5xx=errors,
        refused=sum(number for client in crowd.clients for code, number in client.answers.items() if code[0] == "4"),
        current_again_p95_s=round(p(behind, 95), 2),
        seconds=round(taken),
    )
    assert nothing_missing(counted), counted
    assert p(behind, 95) <= 5
    return crowd


# ---------- B1 ----------
def kill_one(system: System, number: int) -> None:
    """kill -9: one of the processes that answer pages, all of that role, or a sockets process; then as systemd does."""
    what = ["worker", "web", *chance().sample(["first", "second", "worker"], 3)][number]
    if what == "worker":
        os.kill(system.web.workers()[number % 2], signal.SIGKILL)  # gunicorn starts another by itself
        return
    server = {"web": system.web, "first": system.sockets[0], "second": system.sockets[1]}[what]
    server.kill()
    time.sleep(0.2)
    server.start(PATIENCE)


def test_any_role_killed_at_random_loses_no_act_and_shows_none_twice(cast: Cast) -> None:
    """B1: kill -9 five times during 1,000 acts by 20 clients."""
    kills = 5 if size(1, 0) else 3
    faults: list[Fault] = [
        ((number + 0.5) / kills, lambda system, n=number: kill_one(system, n))  # type: ignore[misc]
        for number in range(kills)
    ]
    run("B1", cast, ACTS, faults)


# ---------- B2 ----------
def test_redis_killed_and_flushed_refuses_no_write_and_loses_none(cast: Cast, redis_server: Redis) -> None:
    """B2: 60 s without Redis during 1,000 acts. What it held is gone when it comes back."""

    def away(system: System) -> None:
        redis_server.kill()
        time.sleep(size(60, 3))
        redis_server.start()

    crowd = run("B2", cast, ACTS, [(0.3, away)])
    assert {code for client in crowd.clients for code in client.answers} == {"302"}


# ---------- B3 ----------
def restart_hard(postgres: Postgres) -> None:
    """As `pg_ctl restart -m immediate`: no goodbye, and recovery from the log at the next start."""
    postgres.stop()
    time.sleep(0.3)
    postgres.start()
    close_connections(pools=True)


def test_postgresql_restarted_hard_keeps_what_was_acknowledged(cast: Cast, postgres_server: Postgres) -> None:
    """B3: three times during 1,000 acts: acknowledged = stored = audited = queued, and no half act.

    The tests' server answers before its log is written; here it must not (it is what an operator has by default).
    """
    with psycopg.connect(postgres_server._superuser_url(), autocommit=True) as superuser:
        superuser.execute(f"ALTER ROLE {APP_ROLE} SET synchronous_commit = on")
    try:
        times = 3 if size(1, 0) else 1
        faults: list[Fault] = [
            ((number + 0.5) / times, lambda system: restart_hard(postgres_server)) for number in range(times)
        ]
        run("B3", cast, ACTS, faults)
    finally:
        with psycopg.connect(postgres_server._superuser_url(), autocommit=True) as superuser:
            superuser.execute(f"ALTER ROLE {APP_ROLE} RESET synchronous_commit")


# ---------- B10 ----------
def test_a_rolling_upgrade_is_noticed_by_nobody_who_acts(cast: Cast) -> None:
    """B10: every role replaced in turn during 1,000 acts: at most one in a thousand sees an error, all get through."""
    faults: list[Fault] = [
        (0.2, lambda system: system.web.reload()),
        (0.5, lambda system: system.sockets[0].reload()),
        (0.8, lambda system: system.sockets[1].reload()),
    ]
    crowd = run("B10", cast, ACTS, faults)
    errors = sum(number for client in crowd.clients for code, number in client.answers.items() if code != "302")
    assert errors <= crowd.acts / 1000
