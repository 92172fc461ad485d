"""What the wire keeps when Redis or a socket dies: no request fails, and every page catches up."""

import contextlib
import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis as redis_client
from django.contrib.sessions.models import Session

from notifications.actions import begin_new_epoch
from tests.cast import Cast
from tests.notifications.faults import Start, outsider_hears_nothing, ready, rows_of, send
from tests.notifications.test_wire import JOURNEYS, secrets_of
from tests.services import Redis
from tests.wire import Page, Visitor, open_pages, wait_until
from tests.wire import ready as ready_to_send
from workspace.front.consumers import SIGNED_OUT
from workspace.models import Consent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


# ---------- two servers ----------
def test_an_act_in_one_process_reaches_a_socket_on_another_within_a_second(daphne: Start, cast: Cast) -> None:
    here, there = daphne(), daphne()
    soc, psyk = Visitor(here, cast.soc), Visitor(there, cast.psyk)
    first, second = ready(cast, 2)
    with outsider_hears_nothing(cast, there), psyk.follow() as far, psyk.follow(server=here) as near:
        for number, referral in enumerate((first, second), start=1):
            assert send(soc, referral).status == 302
            assert far.next(1)["seq"] == near.next(1)["seq"] == number
        with psyk.follow(f"referral:{first.pk}") as page:
            assert Visitor(here, cast.psyk_2).post(f"/remisser/{first.pk}/ta-emot/", {"scope": "none"}).status == 302
            assert page.hears({"type": "changed", "topic": f"referral:{first.pk}"})


def test_signing_out_on_one_process_closes_the_sockets_on_another(daphne: Start, cast: Cast) -> None:
    here, there = daphne(), daphne()
    psyk, other = Visitor(here, cast.psyk), Visitor(here, cast.psyk)
    with (
        outsider_hears_nothing(cast, there),
        psyk.follow(server=there) as far,
        other.follow(server=there) as elsewhere,
    ):
        assert psyk.post("/logga-ut/").status == 302
        assert far.close_code(1) == SIGNED_OUT
        assert elsewhere.is_alive_and_quiet()


# ---------- Redis ----------
def test_a_dead_redis_fails_no_request_and_slows_none(daphne: Start, cast: Cast, redis_server: Redis) -> None:
    server = daphne()
    soc, psyk = Visitor(server, cast.soc), Visitor(server, cast.psyk)
    drafts = ready(cast, 3)
    with outsider_hears_nothing(cast, server):
        redis_server.kill()
        answers = [send(soc, referral) for referral in drafts]
        answers += [psyk.get(f"/remisser/{drafts[0].pk}/"), psyk.get("/handelser/klocka/"), psyk.get("/")]
        answers.append(psyk.post("/handelser/lasta/"))
        answers.append(psyk.post("/logga-ut/"))
        redis_server.start()
    assert [answer.status for answer in answers] == [302, 302, 302, 200, 200, 200, 302, 302]
    assert max(answer.seconds for answer in answers) < 3
    assert [seq for _, seq in rows_of(cast.psyk)] == [1, 2, 3]


def test_acts_made_while_redis_was_dead_are_shown_once_it_is_back(
    daphne: Start, cast: Cast, redis_server: Redis
) -> None:
    here, there = daphne(), daphne()
    soc = Visitor(here, cast.soc)
    drafts = ready(cast, 6)
    pages = [Page(Visitor(there, cast.psyk), [there], poll=1), Page(Visitor(there, cast.psyk_2), [there, here], poll=1)]
    with outsider_hears_nothing(cast, there), open_pages(pages):
        assert send(soc, drafts[0]).status == 302
        assert all(page.wait_for(1, 2) for page in pages)
        redis_server.kill()
        assert all(send(soc, referral).status == 302 for referral in drafts[1:4])
        redis_server.start()
        assert all(page.wait_for(4, 5) for page in pages), "an open page has not caught up"
        assert all(send(soc, referral).status == 302 for referral in drafts[4:])
        assert all(page.wait_for(6, 5) for page in pages)
    assert pages[0].shown == rows_of(cast.psyk) and pages[1].shown == rows_of(cast.psyk_2)
    assert not any(page.reloads or page.faults for page in pages)


def test_an_open_socket_is_told_from_the_rows_while_redis_is_away_and_looks_again_when_it_is_back(
    daphne: Start, cast: Cast, redis_server: Redis
) -> None:
    server = daphne()
    soc, drafts = Visitor(server, cast.soc), ready(cast, 3)
    topic = f"referral:{drafts[0].pk}"
    assert send(soc, drafts[0]).status == 302
    with outsider_hears_nothing(cast, server), Visitor(server, cast.psyk).follow(topic) as socket:
        redis_server.kill()
        wait_until(lambda: "the wire is lost" in server.log)
        assert send(soc, drafts[1]).status == 302
        assert socket.next(5)["seq"] == 2, "the look at the rows, every other second"
        assert socket.until("live")[-1]["seq"] == 2
        redis_server.start()
        again = [socket.next(10), socket.next(10)]
        assert {hint["topic"] for hint in again} == {"bell", topic}, "what was changed meanwhile is fetched again"
        assert send(soc, drafts[2]).status == 302
        assert socket.next(1)["seq"] == 3
        assert socket.all() == []


def test_a_socket_opened_while_redis_is_dead_is_let_in_and_told(daphne: Start, cast: Cast, redis_server: Redis) -> None:
    server = daphne()
    first, second = ready(cast, 2)
    with outsider_hears_nothing(cast, server):
        redis_server.kill()
        began = time.monotonic()
        with Visitor(server, cast.psyk).follow() as socket:
            took = time.monotonic() - began
            socket.say_seen(0)
            assert socket.until("live")[-1]["alone"] is True, "the page must ask by itself as often as it may"
            assert send(Visitor(server, cast.soc), first).status == 302
            assert socket.next(5)["seq"] == 1
            redis_server.start()
            socket.until("changed", seconds=10)
            assert send(Visitor(server, cast.soc), second).status == 302
            assert socket.next(1)["seq"] == 2
            socket.say_seen(2)
            assert "alone" not in socket.until("live")[-1]
    assert took < 4
    assert "Traceback" not in server.log


def test_what_was_committed_and_never_hinted_at_reaches_open_pages_once(daphne: Start, cast: Cast) -> None:
    """B9: acts whose process died between the commit and the hint, here rows made where no Redis is."""
    server, blind = daphne(), daphne(REDIS_URL="redis://127.0.0.1:1/0")
    drafts = ready(cast, 20)
    pages = [Page(Visitor(server, hat), [server], poll=3600) for hat in (cast.psyk, cast.psyk_2)]
    with outsider_hears_nothing(cast, server), open_pages(pages):
        assert wait_until(lambda: all(page.connections for page in pages))
        assert all(send(Visitor(blind, cast.soc), referral).status == 302 for referral in drafts)
        assert all(page.wait_for(20, 40) for page in pages), "the look comes every 15 seconds"
    for page, hat in zip(pages, (cast.psyk, cast.psyk_2), strict=True):
        assert page.shown == rows_of(hat)
        assert page.connections == 1 and not page.reloads and not page.faults


def test_open_pages_are_told_of_a_new_epoch_without_asking(daphne: Start, cast: Cast) -> None:
    """B6: after a restore, also the page whose reader does nothing."""
    server = daphne()
    with Visitor(server, cast.psyk).follow() as socket, Visitor(server, cast.coordinator).follow() as other:
        begin_new_epoch()
        assert socket.next(25) == other.next(25) == {"type": "reload"}


@pytest.mark.parametrize("act", ["a referral", "signing out"])
def test_the_stock_wire_carries_the_same(daphne: Start, cast: Cast, act: str) -> None:
    """LIVE_WIRE=stock: channels' own layer, kept to be measured beside ours."""
    here, there = daphne(LIVE_WIRE="stock"), daphne(LIVE_WIRE="stock")
    soc, psyk = Visitor(here, cast.soc), Visitor(there, cast.psyk)
    (referral,) = ready(cast)
    with outsider_hears_nothing(cast, there), psyk.follow() as socket:
        if act == "signing out":
            assert psyk.post("/logga-ut/").status == 302
            assert socket.close_code(2) == SIGNED_OUT
        else:
            assert send(soc, referral).status == 302
            assert socket.next(2)["seq"] == 1


def test_a_dead_redis_is_one_line_in_the_log_and_no_traceback(daphne: Start, cast: Cast, redis_server: Redis) -> None:
    server = daphne()
    (referral,) = ready(cast)
    with outsider_hears_nothing(cast, server):
        redis_server.kill()
        assert send(Visitor(server, cast.soc), referral).status == 302
        log = server.log
        redis_server.start()
    assert "hint lost, pages catch up by asking" in log
    assert "Error calling" not in log


def test_a_redis_that_hangs_fails_no_request_and_slows_none(daphne: Start, cast: Cast, redis_server: Redis) -> None:
    """Alive but silent, as behind a broken network: nothing refuses the connection, so only a time limit helps."""
    server = daphne()
    soc, drafts = Visitor(server, cast.soc), ready(cast, 2)
    with contextlib.closing(redis_client.Redis.from_url(redis_server.url)) as client:
        info: Any = client.info("server")
        pid = info["process_id"]
    with outsider_hears_nothing(cast, server), ThreadPoolExecutor(1) as pool:
        os.kill(pid, signal.SIGSTOP)
        try:
            answer = pool.submit(send, soc, drafts[0])
            in_time = wait_until(answer.done, 3)
        finally:
            os.kill(pid, signal.SIGCONT)
        assert answer.result().status == 302
        assert send(soc, drafts[1]).status == 302
    assert in_time, "the request waited until Redis answered again"


def test_a_flushed_redis_loses_nothing(daphne: Start, cast: Cast, redis_server: Redis) -> None:
    server = daphne()
    soc, drafts = Visitor(server, cast.soc), ready(cast, 2)
    with outsider_hears_nothing(cast, server), Visitor(server, cast.psyk).follow() as socket:
        assert send(soc, drafts[0]).status == 302
        assert socket.next(1)["seq"] == 1
        with contextlib.closing(redis_client.Redis.from_url(redis_server.url)) as client:
            client.flushall()
        assert send(soc, drafts[1]).status == 302
        assert socket.next(1)["seq"] == 2


def test_a_cut_subscription_is_made_again_and_the_page_catches_up(
    daphne: Start, cast: Cast, redis_server: Redis
) -> None:
    server = daphne()
    soc, drafts = Visitor(server, cast.soc), ready(cast, 8)
    page = Page(Visitor(server, cast.psyk), [server], poll=1)
    with outsider_hears_nothing(cast, server), open_pages([page]):
        for referral in drafts:
            with contextlib.closing(redis_client.Redis.from_url(redis_server.url)) as client:
                client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
            assert send(soc, referral).status == 302
        assert page.wait_for(8, 5)
    assert page.shown == rows_of(cast.psyk)


def test_what_was_committed_while_the_line_was_cut_is_told_when_it_is_back(
    daphne: Start, cast: Cast, redis_server: Redis
) -> None:
    server = daphne()
    soc, drafts = Visitor(server, cast.soc), ready(cast, 3)
    with outsider_hears_nothing(cast, server), Visitor(server, cast.psyk).follow() as socket:
        with contextlib.closing(redis_client.Redis.from_url(redis_server.url)) as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        assert all(send(soc, referral).status == 302 for referral in drafts)
        began = time.monotonic()
        told: set[int] = set()
        while 3 not in told:
            hint = socket.next(8)
            told |= {hint["seq"]} if hint["type"] == "notification.created" else set()
    assert told == {1, 2, 3} and time.monotonic() - began < 8, "long before the rows are looked at anyway"


def test_no_name_number_kind_or_text_passes_through_redis(daphne: Start, cast: Cast, redis_server: Redis) -> None:
    """Whoever listens there learns no more than a browser does."""
    server, referral = daphne(), ready_to_send(cast)
    with (
        contextlib.closing(redis_client.Redis.from_url(redis_server.url)) as client,
        contextlib.closing(client.pubsub()) as tap,
        outsider_hears_nothing(cast, server),
        Visitor(server, cast.psyk).follow(),
    ):
        tap.psubscribe("samverkansrum*")
        assert tap.get_message(timeout=2)
        for (who, step, form), *_ in JOURNEYS["to its end"][:4]:
            assert Visitor(server, cast.members[who]).post(f"/remisser/{referral.pk}/{step}/", form).status == 302
        consent = Consent.objects.get(agency=cast.soc.agency_id)
        rows = list(consent.rows.values_list("pk", flat=True))
        assert Visitor(server, cast.soc).post(f"/samtycken/{consent.pk}/aterkalla/", {"rows": rows}).status == 302
        assert Visitor(server, cast.soc).post("/logga-ut/").status == 302
        sessions = list(Session.objects.values_list("pk", flat=True))
        passed = []
        while message := tap.get_message(timeout=0.3):
            passed.append(message["channel"] + b" " + message["data"])
        assert client.dbsize() == 0, "nothing is kept in Redis"
    everything = b"\n".join(passed)
    assert len(passed) > 12 and b"session." in everything
    assert not [word for word in [*secrets_of(cast), *sessions] if word.encode() in everything]


# ---------- two hundred acts, cut connections ----------
ACTS = 200


def acts_for(cast: Cast, count: int) -> list[list[tuple[str, str, dict[str, str]]]]:
    """Journeys of three acts each for the senders' and receivers' four hats: (who, address, form)."""
    steps: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("soc", "granska", {}),
        ("psyk", "ta-emot", {"scope": "status"}),
        ("psyk_2", "acceptera", {}),
        ("psyk", "besluta", {"outcome": "granted"}),
        ("soc_2", "avsluta", {}),
    )
    return [
        [(who, f"/remisser/{referral.pk}/{step}/", form) for who, step, form in steps]
        for referral in ready(cast, count // len(steps))
    ]


@pytest.mark.long
def test_two_hundred_acts_with_cut_connections_are_shown_once_each_and_in_order(daphne: Start, cast: Cast) -> None:
    servers = [daphne(), daphne()]
    chance = random.Random(20261121)
    hats = {name: cast.members[name] for name in ("soc", "soc_2", "psyk", "psyk_2")}
    visitors = {name: Visitor(servers[0], hat) for name, hat in hats.items()}
    journeys = acts_for(cast, ACTS)
    pages = {
        name: Page(Visitor(servers[0], hat), chance.sample(servers, 2), seed=chance.randrange(2**30))
        for name, hat in hats.items()
    }
    bystander = Page(Visitor(servers[0], cast.fk), servers)
    done = threading.Event()

    def cut_now_and_then(seed: int) -> None:
        own = random.Random(seed)
        while not done.wait(own.uniform(0.02, 0.12)):
            own.choice(list(pages.values())).lose_contact()

    def walk(journey: list[tuple[str, str, dict[str, str]]], seed: int) -> list[int]:
        own = random.Random(seed)
        return [visitors[who].post(path, form, server=own.choice(servers)).status for who, path, form in journey]

    with (
        outsider_hears_nothing(cast, servers[1]),
        open_pages([*pages.values(), bystander]),
        ThreadPoolExecutor(5) as pool,
    ):
        cutting = pool.submit(cut_now_and_then, 7)
        statuses = [
            status
            for walked in pool.map(walk, journeys, [chance.randrange(2**30) for _ in journeys])
            for status in walked
        ]
        done.set()
        cutting.result()
        assert statuses == [302] * ACTS
        told = {name: rows_of(hat) for name, hat in hats.items()}
        assert all(page.wait_for(len(told[name])) for name, page in pages.items()), {
            name: (page.last, len(told[name])) for name, page in pages.items()
        }
    for name, page in pages.items():
        assert page.shown == told[name], name
        assert [seq for _, seq in page.shown] == list(range(1, len(told[name]) + 1))
        assert page.faults == [] and page.reloads == 0
    assert sum(page.connections for page in pages.values()) > 40, "too few cuts to say anything"
    assert min(len(rows) for rows in told.values()) >= ACTS // 5
    assert bystander.shown == []
