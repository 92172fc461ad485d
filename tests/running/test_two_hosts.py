"""More machines are more roles on the same PostgreSQL and Redis: two hosts, cut apart and joined again."""

import contextlib
import statistics
import time
from collections.abc import Generator
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from notifications.queries import last_seq
from tests.cast import Cast
from tests.chaos.stage import BrowserPage, told_of, under_way
from tests.daphne import server_environment
from tests.running.calls import PRODUCTION, ByProxy, call
from tests.running.hosts import SERVICES, Host, HostServer, Relay, may_make_hosts, two_hosts
from tests.services import Postgres, Redis
from tests.wire import open_pages, wait_until
from workspace.models import Membership

WHY_NOT = may_make_hosts()
CUT = 20  # seconds: longer than every patience of ours (docs/wire.md, workspace/hub.py)


class Machine(NamedTuple):
    host: Host
    web: HostServer
    sockets: HostServer


def elsewhere(url: str, relay: Relay) -> str:
    """The address of a service as the machines write it."""
    parts = urlsplit(url)
    return url.replace(f"{parts.hostname}:{parts.port}", f"{SERVICES}:{relay.port}")


@contextlib.contextmanager
def two_machines(postgres: Postgres, redis: Redis) -> Generator[tuple[Machine, Machine]]:
    """Each with both roles, in production's settings, on the tests' PostgreSQL and Redis."""
    database = server_environment()["DATABASE_URL"]
    with contextlib.ExitStack() as stack:
        hosts = stack.enter_context(two_hosts())
        to_postgres = stack.enter_context(Relay(urlsplit(database).port or 5432))
        to_redis = stack.enter_context(Relay(urlsplit(redis.url).port or 6379))
        there = {"DATABASE_URL": elsewhere(database, to_postgres), "REDIS_URL": elsewhere(redis.url, to_redis)}
        env = server_environment(**PRODUCTION, **there)
        machines = []
        for host in hosts:
            web, sockets = HostServer(env, host, "web", 8001), HostServer(env, host, "sockets", 9001)
            machines.append(Machine(host, stack.enter_context(web), stack.enter_context(sockets)))
        yield machines[0], machines[1]


def page_on(machine: Machine, hat: Membership) -> BrowserPage:
    page = BrowserPage(ByProxy(machine.web, hat, sockets=machine.sockets), [machine.sockets], seed=hat.pk)  # type: ignore[list-item]
    page.last = last_seq(hat)
    return page


class Writer:
    """soc at work on one machine, in one referral."""

    def __init__(self, machine: Machine, cast: Cast) -> None:
        self.referral = under_way(cast)
        self.visitor = ByProxy(machine.web, cast.soc)

    def write(self, number: int) -> float:
        """One act; the moment it was answered."""
        form = {"category": "question", "text": f"Akt {number}"}
        assert self.visitor.post(f"/remisser/{self.referral.pk}/meddelande/", form).status == 302
        return time.monotonic()


def hints_taken(writer: Writer, page: BrowserPage) -> list[float]:
    """Seconds from an act on the one machine until it is on the other's page, ten times."""
    took = []
    for number in range(10):
        last = page.last
        answered = writer.write(number)
        assert page.wait_for(last + 1, 5)
        took.append(time.monotonic() - answered)
    return took


@pytest.mark.long
@pytest.mark.postgres
@pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)
@pytest.mark.django_db(transaction=True)
def test_two_hosts_cut_apart_and_joined_again_have_told_everybody_everything_once(
    cast: Cast, postgres_server: Postgres, redis_server: Redis
) -> None:
    with two_machines(postgres_server, redis_server) as (one, two):
        writer = Writer(one, cast)
        first = last_seq(cast.psyk)
        there, here, outsider = page_on(two, cast.psyk), page_on(one, cast.psyk_2), page_on(two, cast.outsider)
        pids = [server.pid for machine in (one, two) for server in (machine.web, machine.sockets)]
        with open_pages([there, here, outsider]):
            assert wait_until(lambda: all(page.connections for page in (there, here, outsider)))
            time.sleep(1)
            took = hints_taken(writer, there)
            assert statistics.median(took) < 1, took

            # Apart: the one goes on, the other says nothing that is not so.
            two.host.cut()
            cut_at = time.monotonic()
            before = list(there.shown)
            for number in range(10, 15):
                writer.write(number)
            assert here.wait_for(last_seq(cast.psyk_2), 5)
            assert wait_until(lambda: two.web.health() != 200 and two.sockets.health() != 200, 15)
            assert one.web.health() == one.sockets.health() == 200
            said = call(two.sockets.url, "/health/", headers={})
            assert said.status == 503 and said.json["database"] == "away" and said.json["wire"] == "away"
            while time.monotonic() - cut_at < CUT:
                writer.write(15 + int(time.monotonic() - cut_at))
                time.sleep(1)
            assert there.shown == before and there.reloads == 0

            # Joined again: everything missed, once, in order; and the other acts as before.
            two.host.join()
            joined_at = time.monotonic()
            assert there.wait_for(last_seq(cast.psyk), 30), (there.last, last_seq(cast.psyk))
            caught_up = time.monotonic() - joined_at
            assert wait_until(lambda: two.web.health() == two.sockets.health() == 200, 30)
            assert wait_until(lambda: call(two.sockets.url, "/health/", headers={}).json["wire"] == "ok", 10)
            fit = time.monotonic() - joined_at
            assert ByProxy(two.web, cast.psyk).get(f"/remisser/{writer.referral.pk}/").status == 200
            writer.write(99)
            assert there.wait_for(last_seq(cast.psyk), 5)
        assert there.shown == told_of(cast.psyk, first) and here.shown == told_of(cast.psyk_2, first)
        assert there.reloads == 0 and there.faults == here.faults == []
        assert outsider.shown == [] and outsider.reloads == 0
        assert pids == [server.pid for machine in (one, two) for server in (machine.web, machine.sockets)]
        assert all(server.is_running() for machine in (one, two) for server in (machine.web, machine.sockets))
        print(f"\ntwo hosts: hint p50 {statistics.median(took):.3f} s, current {caught_up:.1f} s, healthy {fit:.1f} s")
