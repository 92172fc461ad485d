"""A page that reads nothing; 1,500 pages that come at once."""

import asyncio
import contextlib
import socket
import time

import pytest
import redis

from notifications.queries import epoch
from tests.cast import Cast
from tests.chaos.many import in_a_loop, memory_of, sessions_of
from tests.chaos.stage import p, report, running, size
from tests.services import Redis
from tests.wire import Visitor, session_of
from tools.clients import Line, dial, handshake, raise_limits
from workspace.hub import PREFIX, in_words
from workspace.live import hat_group

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


TOO_SLOW = "reads too slowly"  # in the log
BURST = 50  # hints at a time: fewer than may wait for one page


# ---------- a page that reads nothing ----------
def test_a_page_that_reads_nothing_is_closed_and_the_others_notice_nothing(cast: Cast, redis_server: Redis) -> None:
    """Hints pour in for one hat with two pages: one reads, one has gone to sleep with its line open."""
    most_hints = 400_000  # far more than a line of the kernel's holds
    with running(sockets=1) as system, socket.socket() as deaf, contextlib.ExitStack() as stack:
        server = system.sockets[0]
        reader = stack.enter_context(Visitor(server, cast.psyk).follow())  # type: ignore[arg-type]
        bystander = stack.enter_context(Visitor(server, cast.fk).follow())  # type: ignore[arg-type]
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", server.port))
        deaf.sendall(handshake(server.port, "/ws/", session_of(cast.psyk)))
        assert deaf.recv(12) == b"HTTP/1.1 101"
        before, most = memory_of(server.pid), 0
        line = redis.Redis.from_url(redis_server.url)
        words = in_words({"type": "changed", "topic": "bell"})
        lags: list[float] = []
        heard = sent = 0
        closed = False
        for number in range(most_hints // BURST):
            with line.pipeline(transaction=False) as pipe:
                for _ in range(BURST):
                    pipe.publish(PREFIX + hat_group(cast.psyk.hat_key), words)
                pipe.execute()
            sent += BURST
            heard += len([reader.next(5) for _ in range(BURST)])
            reader.raw.clear()
            reader.heard.clear()
            if number % 20:
                continue
            began = time.monotonic()
            bystander.say_seen(0)
            bystander.until("live")
            lags.append(time.monotonic() - began)
            most = max(most, memory_of(server.pid))
            if closed := TOO_SLOW in server.log:
                break
    report(
        "a page that reads nothing",
        hints=sent,
        heard_by_the_other=heard,
        closed=closed,
        memory_KiB=most - before,
        others_p99_ms=round(p(lags, 99) * 1000),
    )
    assert closed and heard == sent
    assert most - before < 8 * 1024
    assert p(lags, 99) < 1


# ---------- 1,500 at once ----------
def test_fifteen_hundred_pages_at_once_are_all_let_in_and_none_is_lost(cast: Cast, redis_server: Redis) -> None:
    raise_limits()
    count = size(1500, 400)
    sessions, now = sessions_of([cast.psyk, cast.psyk_2, cast.soc, cast.fk] * (count // 4)), epoch()
    live: set[Line] = set()
    told: set[Line] = set()

    def hear(line: Line, payload: bytes) -> None:
        (live if b'"live"' in payload else told).add(line)

    async def come(port: int) -> tuple[list[Line], float, float]:
        began = time.monotonic()
        lines = await asyncio.gather(*(dial(port, "/ws/", session, hear) for session in sessions))
        let_in = time.monotonic() - began
        for line in lines:
            line.say({"type": "seen", "epoch": now, "seq": 0})
        while len(live) < len(lines) and time.monotonic() - began < 90:
            await asyncio.sleep(0.05)
        all_live = time.monotonic() - began
        for hat in (cast.psyk, cast.psyk_2, cast.soc, cast.fk):
            words = in_words({"type": "changed", "topic": "bell"})
            await asyncio.to_thread(sender.publish, PREFIX + hat_group(hat.hat_key), words)
        for _ in range(400):
            if len(told) == len(lines):
                break
            await asyncio.sleep(0.05)
        lost = [line for line in lines if line.ended.done()]
        for line in lines:
            line.close()
        return lost, let_in, all_live

    with running(sockets=1) as system:
        sender = redis.Redis.from_url(redis_server.url)
        lost, let_in, all_live = in_a_loop(lambda: come(system.sockets[0].port))
    report(
        f"{count:,} at once",
        came=count,
        live=len(live),
        told=len(told),
        lost=len(lost),
        let_in_s=round(let_in, 1),
        live_s=round(all_live, 1),
    )
    assert len(live) == len(told) == count and not lost
