"""`make bench`: how soon an act is on the other agency's page, and what open pages cost (docs/bench.md).

Three ways in turns, on the same PostgreSQL and Redis: the product in two roles, pages and sockets, as in production;
the stock path (channels' layer, Daphne for both); and a floor of an INSERT by psycopg, one Redis publish and a bare
`websockets` server. Sessions and rules are on. Fails where a bar that is held is missed; what is not reached is printed
with the rest.
"""

import argparse
import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg
import redis.asyncio

from tests.processes import reaper
from tests.servers import Server
from tests.services import Postgres
from tools.bench_spread import spread, start
from tools.bench_table import Row, print_rows
from tools.bench_world import Bench, World
from tools.clients import Http, Line, dial, raise_limits

CHANNEL = "floor"  # of the relay in tools/bench_room.py


# ---------- an act, and the frame at the other agency ----------
class Taken(NamedTuple):
    """Milliseconds of each act: until its answer, until the frame, and from the commit to the frame."""

    answered: list[float]
    shown: list[float]
    committed: list[float]
    client: float  # CPU milliseconds of ours for each act


class Side:
    """One agency that acts and another's page that listens, by way of some servers."""

    def __init__(self, bench: Bench, pair: World, web: Server, sockets: Server) -> None:
        self.bench, self.pair = bench, pair
        self.http = Http(web.port, pair["acts"])
        self.port = sockets.port
        self.frames: dict[int, float] = {}
        self.live = asyncio.Event()
        self.came = asyncio.Event()
        self.done: list[tuple[int, float, float]] = []  # number, when it was sent, when it was answered

    def hear(self, line: Line, payload: bytes) -> None:
        message = json.loads(payload)
        if message["type"] == "notification.created":
            self.frames.setdefault(message["seq"], time.time())
            self.came.set()
        elif message["type"] == "live":
            self.live.set()

    async def open(self) -> None:
        self.line = await dial(self.port, "/ws/", self.pair["follows"], self.hear)
        self.line.say({"type": "seen", "epoch": self.bench.world["epoch"], "seq": 0})
        await self.live.wait()

    async def act(self) -> None:
        """A message to both sides, as its form is sent; and wait for the other's frame."""
        number = max(self.frames, default=0) + 1
        form = {"category": "question", "text": "Ett meddelande till er.", "once": os.urandom(8).hex()}
        sent = time.time()
        status, body = await self.http.ask(f"/remisser/{self.pair['referral']}/meddelande/", form)
        assert status == 302, (status, body[:300])
        self.done.append((number, sent, time.time()))
        async with asyncio.timeout(30):
            while number not in self.frames:
                self.came.clear()
                await self.came.wait()

    def close(self) -> None:
        self.http.close()
        self.line.close()


async def acts_of(bench: Bench, web: Server, sockets: Server, at_once: int, each: int) -> Taken:
    sides = [Side(bench, pair, web, sockets) for pair in bench.world["pairs"][:at_once]]
    for side in sides:
        await side.open()
    await asyncio.gather(*(side.act() for side in sides))  # warms connections and caches
    for side in sides:
        side.done.clear()
    cpu = time.process_time()

    async def some(side: Side) -> None:
        for _ in range(each):
            await side.act()

    await asyncio.gather(*(some(side) for side in sides))
    cpu = time.process_time() - cpu
    commits = await asyncio.to_thread(commits_of, bench.postgres)
    answered, shown, committed = [], [], []
    for side in sides:
        side.close()
        for number, sent, at in side.done:
            answered.append((at - sent) * 1000)
            shown.append((side.frames[number] - sent) * 1000)
            committed.append((side.frames[number] - commits[side.pair["hat"], number]) * 1000)
    return Taken(answered, shown, committed, cpu * 1000 / len(answered))


def commits_of(postgres: Postgres) -> dict[tuple[int, int], float]:
    """When PostgreSQL committed each notice, by hat and number, in seconds of the wall clock."""
    with psycopg.connect(postgres.owner_url) as owner:
        rows = owner.execute(
            "SELECT membership_id, seq, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8"
            " FROM notifications_notification"
        ).fetchall()
    return {(hat, seq): at for hat, seq, at in rows}


async def floor_acts(bench: Bench, at_once: int, each: int) -> Taken:
    """The same with nothing in between. `committed` is from the INSERT's answer."""
    frames: dict[bytes, asyncio.Future[float]] = {}

    def hear(line: Line, payload: bytes) -> None:
        frames[payload].set_result(time.time())

    line = await dial(bench.floor_port, "/", "x", hear)
    wire = redis.asyncio.from_url(bench.cache.url)
    answered, shown, committed = [], [], []
    connections = [
        await psycopg.AsyncConnection.connect(bench.postgres.owner_url, autocommit=True) for _ in range(at_once)
    ]

    async def some(number: int) -> None:
        for turn in range(each + 1):
            words = f'{{"type":"notification.created","id":{number},"seq":{turn}}}'
            heard = frames[words.encode()] = asyncio.get_running_loop().create_future()
            began = time.time()
            await connections[number].execute("INSERT INTO bench_floor (text) VALUES (%s)", ["Ett meddelande till er."])
            stored = time.time()
            await wire.publish(CHANNEL, words)
            at = time.time()
            came = await heard
            if turn:
                answered.append((at - began) * 1000)
                shown.append((came - began) * 1000)
                committed.append((came - stored) * 1000)

    cpu = time.process_time()
    await asyncio.gather(*(some(number) for number in range(at_once)))
    cpu = time.process_time() - cpu
    line.close()
    await wire.aclose()
    for connection in connections:
        await connection.close()
    return Taken(answered, shown, committed, cpu * 1000 / (at_once * (each + 1)))


def act(bench: Bench, options: argparse.Namespace) -> list[Row]:
    """Acts one at a time and fifty at once; each way in turns."""
    rows = []
    ways: list[tuple[str, Callable[[int, int], Coroutine[Any, Any, Taken]]]] = [
        ("floor", lambda at_once, each: floor_acts(bench, at_once, each)),
        ("two roles", lambda at_once, each: acts_of(bench, bench.web, bench.sockets, at_once, each)),
        ("stock, one process", lambda at_once, each: acts_of(bench, bench.stock, bench.stock, at_once, each)),
    ]
    for at_once, each in ((1, options.rounds), (50, max(2, options.rounds // 20))):
        found: dict[str, list[Taken]] = {name: [] for name, _ in ways}
        for _ in range(3):
            for name, do in ways:
                found[name].append(asyncio.run(do(at_once, each)))
        floor = [ms for taken in found["floor"] for ms in taken.shown]
        rows.append(Row(f"floor, {at_once} at once", floor, floor, client=found["floor"][0].client))
        for name, takes in list(found.items())[1:]:
            for what, part in (("the whole act", "shown"), ("from its commit", "committed")):
                times = [ms for taken in takes for ms in getattr(taken, part)]
                rows.append(Row(f"{name}, {at_once} at once: {what}", times, floor, client=takes[0].client))
    return rows


# ---------- all of it ----------
PARTS: dict[str, Callable[[Bench, argparse.Namespace], list[Row]]] = {"act": act, "spread": spread, "start": start}


def main() -> int:
    """Measure and print; 1 when a bar that is held is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="this part alone; may be given again")
    parser.add_argument("--rounds", type=int, default=60, help="acts of one agency in each of three turns (60)")
    parser.add_argument("--sockets", type=int, nargs="*", default=[1000, 5000], help="how many pages (1000 5000)")
    options = parser.parse_args()
    raise_limits()
    rows: list[Row] = []
    try:
        with contextlib.ExitStack() as stack:
            bench = Bench(stack, max(options.sockets))
            for name in options.only or PARTS:
                rows += PARTS[name](bench, options)
    finally:
        reaper.close()
    return print_rows(rows)


if __name__ == "__main__":
    sys.exit(main())
