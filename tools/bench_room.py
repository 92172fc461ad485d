"""`make bench`: how fast a change in the live room is on thirty screens (docs/bench.md).

Starts PostgreSQL, Redis and two of our servers (one for pages, one for sockets, as in production), and beside them a
floor: an INSERT by psycopg, one Redis publish, and a bare `websockets` server that relays to thirty sockets. Each round
does each of them once, in turns. Fails when a change's hint is over `BAR` times the floor, medians of the same run.
Whole acts are printed beside it, with what a signed-in request costs that does nothing.
"""

import argparse
import asyncio
import contextlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg
import redis
from channels_redis.serializers import registry
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.typing import Origin

from tests.daphne import Daphne
from tests.processes import free_port, new_folder, reaper
from tests.services import Postgres, Redis

ROOT = Path(__file__).resolve().parent.parent
BAR = 4.0
PEOPLE, AGENCIES = 30, 6
WARM, ROUNDS, FETCHES = 10, 150, 15
CHANNEL = "floor"
HINT = "a change's hint, from its commit"  # the row that has the bar: one event to thirty sockets (bars.md 1)
CSRF = "c" * 32


# ---------- what is in the room ----------
def fill() -> None:
    """A meeting that goes on, with thirty people of six agencies; prints its addresses and their sessions."""
    import django

    django.setup()
    from django.conf import settings
    from django.utils import timezone

    from meetings.actions.room import say_here, start_meeting
    from meetings.actions.steps import topics_of
    from meetings.models import Meeting, SeatHolder
    from tests.cast import make_agency, make_cast, make_member
    from tests.meetings.cast import make_item, make_room, make_seat
    from tests.wire import session_of
    from workspace.states import AgencyKind

    settings.ALLOWED_HOSTS = ["*"]
    cast = make_cast()
    room = make_room(cast)
    hats = [cast.soc, cast.psyk, cast.fk]
    for number in range(AGENCIES - 3):
        body, desk = make_agency(f"bench-{number}", f"Verksamhet {number}", AgencyKind.SOCIAL_SERVICES, "Piteå")
        hats.append(make_member(body, f"bench{number}", desk))
        make_seat(room.group, desk, hats[-1])
    seats = list(SeatHolder.objects.filter(seat__group=room.group, kind="ordinary").select_related("seat"))
    while len(hats) < PEOPLE:
        seat = seats[len(hats) % AGENCIES].seat
        hats.append(make_member(seat.function.agency, f"deputy{len(hats)}", seat.function))
        SeatHolder.objects.create(seat=seat, membership=hats[-1], kind="deputy", order=len(hats))
    items = [make_item(room.meeting).pk for _ in range(6)]
    Meeting.objects.filter(pk=room.meeting.pk).update(starts_at=timezone.now())
    start_meeting(by=cast.soc, meeting=room.meeting)
    for hat in hats:
        say_here(by=hat, meeting=room.meeting)
    room.meeting.refresh_from_db()
    print(
        json.dumps(
            {
                "meeting": room.meeting.pk,
                "current": room.meeting.current_item_id,
                "items": items,
                "groups": [group for group, _ in topics_of(room.meeting)],
                "sessions": [session_of(hat) for hat in hats],
            }
        )
    )


# ---------- the floor ----------
async def relay(port: int, redis_url: str) -> None:
    """A bare server: what comes on one Redis channel goes to every socket."""
    sockets: set[ServerConnection] = set()

    async def hold(socket: ServerConnection) -> None:
        sockets.add(socket)
        await socket.wait_closed()

    source = redis.asyncio.from_url(redis_url).pubsub(ignore_subscribe_messages=True)
    await source.subscribe(CHANNEL)
    async with serve(hold, "127.0.0.1", port, compression=None):
        print("ready", flush=True)
        async for message in source.listen():
            broadcast(sockets, message["data"].decode())


# ---------- thirty screens ----------
class Screens:
    """Thirty open sockets; `last` waits until a hint has come on each and says how long that took."""

    def __init__(self, count: int) -> None:
        self.count, self.heard, self.all = count, 0, asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    def add(self, line: ClientConnection) -> None:
        self.tasks.append(asyncio.create_task(self._listen(line)))

    async def _listen(self, line: ClientConnection) -> None:
        async for frame in line:
            if b"changed" in (frame if isinstance(frame, bytes) else frame.encode()):
                self.heard += 1
                if self.heard == self.count:
                    self.at = time.perf_counter()
                    self.all.set()

    async def last(self, act: Callable[[], Any]) -> tuple[float, float]:
        """Do something; milliseconds until the answer, and until the last of the screens has its hint."""
        self.heard = 0
        self.all.clear()
        started = time.perf_counter()
        await asyncio.to_thread(act)
        answered = time.perf_counter()
        async with asyncio.timeout(10):
            await self.all.wait()
        return (answered - started) * 1000, (self.at - started) * 1000


class Browser:
    """One signed-in browser over one connection that is kept open."""

    def __init__(self, port: int, session: str) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {
            "Cookie": f"sessionid={session}; csrftoken={CSRF}",
            "Origin": f"http://127.0.0.1:{port}",
            "Content-Type": "application/x-www-form-urlencoded",
        }

    def ask(self, path: str, form: dict[str, Any] | None = None, **headers: str) -> bytes:
        body = urlencode({"csrfmiddlewaretoken": CSRF, **form}) if form is not None else None
        self.line.request("POST" if form is not None else "GET", path, body, self.headers | headers)
        answer = self.line.getresponse()
        text = answer.read()
        assert answer.status in {200, 302, 404}, (path, answer.status, text[:500])
        return text


class Product:
    """Our two servers with the room in them, and what is done there."""

    def __init__(self, environment: dict[str, str], room: dict[str, Any]) -> None:
        self.pages, self.wire = Daphne(environment).start(), Daphne(environment).start()
        self.room = room
        self.chair = Browser(self.pages.port, room["sessions"][0])
        self.note, self.version, self.current = "Vi började.", 0, room["current"]
        self.item = room["items"][0]
        self.redis = redis.from_url(environment["REDIS_URL"])
        hint = {"type": "changed", "topic": f"meeting:{room['meeting']}", "part": "note"}
        self.frame = registry.get_serializer("msgpack").serialize({"type": "hint", "hint": hint})

    async def open(self, screens: Screens, stack: contextlib.AsyncExitStack) -> None:
        for session in self.room["sessions"]:
            line = await stack.enter_async_context(
                connect(
                    f"{self.wire.ws_url}/ws/?topic=meeting:{self.room['meeting']}",
                    origin=Origin(self.wire.url),
                    additional_headers={"Cookie": f"sessionid={session}"},
                    compression=None,
                )
            )
            screens.add(line)

    def save(self) -> None:
        """A note's autosave, as the script sends it."""
        self.note += " Och sedan mer."
        form = {"text": self.note, "base_version": self.version}
        answer = self.chair.ask(f"/moten/punkt/{self.item}/anteckning/", form, **{"X-Autosave": "1"})
        self.version = json.loads(answer)["version"]

    def next(self) -> None:
        """The meeting goes on to another item."""
        to = next(pk for pk in self.room["items"] if pk != self.current)
        path = f"/moten/{self.room['meeting']}/rum/punkt/"
        self.chair.ask(path, {"leaving": self.current, "to": to, "once": os.urandom(8).hex()})
        self.current = to

    def hint(self) -> None:
        """Only the hint of an act, from its commit on: one pipeline to Redis, as `workspace.live` sends it."""
        with self.redis.pipeline(transaction=False) as pipe:
            for group in self.room["groups"]:
                pipe.publish(f"samverkansrum__group__{group}", self.frame)
            pipe.execute()

    def nothing(self, rounds: int) -> list[float]:
        """Milliseconds of a request that only finds out who asks: what every act pays before it begins."""
        taken = []
        for _ in range(rounds):
            started = time.perf_counter()
            self.chair.ask("/finns-inte/")
            taken.append((time.perf_counter() - started) * 1000)
        return taken

    def close(self) -> None:
        self.pages.stop()
        self.wire.stop()


class Floor:
    """The same with nothing in between."""

    def __init__(self, postgres: Postgres, redis_url: str) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--relay", str(self.port), redis_url],
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout and self.process.stdout.readline() == "ready\n"
        self.database = psycopg.connect(postgres.owner_url, autocommit=True)
        self.database.execute("CREATE TABLE bench_floor (id bigserial PRIMARY KEY, text text)")
        self.redis = redis.from_url(redis_url)

    async def open(self, screens: Screens, stack: contextlib.AsyncExitStack) -> None:
        for _ in range(PEOPLE):
            address = f"ws://127.0.0.1:{self.port}"
            screens.add(await stack.enter_async_context(connect(address, compression=None)))

    def act(self) -> None:
        self.database.execute("INSERT INTO bench_floor (text) VALUES (%s)", ["Vi började. Och sedan mer."])
        self.redis.publish(CHANNEL, '{"type":"changed","topic":"meeting:1","part":"note"}')

    def close(self) -> None:
        self.database.close()
        self.process.terminate()
        self.process.wait(10)


# ---------- measure ----------
Times = dict[str, tuple[list[float], list[float]]]


async def measure(floor: Floor, product: Product, rounds: int) -> tuple[Times, list[float]]:
    """Milliseconds until the answer and until the last screen, by act, in turns; and until all have fetched."""
    times: Times = {name: ([], []) for name in ("floor", HINT, "save a note", "next item")}
    async with contextlib.AsyncExitStack() as stack:
        sides = (floor, floor.act), (product, product.hint), (product, product.save), (product, product.next)
        on_floor, in_room = Screens(PEOPLE), Screens(PEOPLE)
        await floor.open(on_floor, stack)
        await product.open(in_room, stack)
        await asyncio.sleep(1)
        for number in range(WARM + rounds):
            for name, (side, act) in zip(times, sides, strict=True):
                answered, shown = await (on_floor if side is floor else in_room).last(act)
                if number >= WARM:
                    times[name][0].append(answered)
                    times[name][1].append(shown)
                await asyncio.sleep(0.005)
        fetched = [await fetch_all(product, in_room) for _ in range(FETCHES)]
        times["a signed-in request that does nothing"] = await asyncio.to_thread(product.nothing, rounds), []
    return times, fetched


async def fetch_all(product: Product, screens: Screens) -> float:
    """Milliseconds from a save until each of the thirty has fetched the note's region, at once and without a pause."""
    readers = [Browser(product.pages.port, session) for session in product.room["sessions"]]
    path = f"/moten/{product.room['meeting']}/rum/bit/anteckning/?punkt={product.item}"
    started = time.perf_counter()
    await screens.last(product.save)
    gate = asyncio.get_running_loop()
    with ThreadPoolExecutor(PEOPLE) as pool:
        await asyncio.gather(*[gate.run_in_executor(pool, reader.ask, path) for reader in readers])
    taken = (time.perf_counter() - started) * 1000
    for reader in readers:
        reader.line.close()
    return taken


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def report(times: Times, fetched: list[float]) -> list[str]:
    """Print the table; returns the acts over the bar. The ratio is that of the medians."""
    print(f"\n| {PEOPLE} screens, milliseconds | answered p50 | on the last screen p50 | p99 | ratio p50 | ratio p99 |")
    print("|---|--:|--:|--:|--:|--:|")
    over, (_, floor) = [], times["floor"]
    for name, (answered, shown) in times.items():
        if not shown:
            print(f"| {name} | {statistics.median(answered):.1f} | | | | |")
            continue
        ratio = statistics.median(shown) / statistics.median(floor)
        tail = p99(shown) / p99(floor)
        cells = f"{statistics.median(answered):.1f} | {statistics.median(shown):.1f} | {p99(shown):.1f}"
        print(f"| {name} | {cells} | {ratio:.2f} | {tail:.2f} |")
        if name == HINT and ratio > BAR:
            over.append(name)
    middle, most = statistics.median(fetched), max(fetched)
    print(f"\nall {PEOPLE} have fetched the changed note: p50 {middle:.0f} ms, most {most:.0f} ms")
    return over


def environment_of(postgres: Postgres, redis_url: str) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "workspace.settings",
        "SECRET_KEY": "only-for-the-bench",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "DATA_DIR": str(new_folder("bench-room")),
        "DATABASE_URL": postgres.app_url,
        "DATABASE_OWNER_URL": postgres.owner_url,
        "REDIS_URL": redis_url,
        "DEMO": "0",
    }


def run(rounds: int) -> list[str]:
    """Start everything, measure, print; the acts over the bar."""
    with contextlib.ExitStack() as stack:
        postgres, cache = Postgres().start(), Redis().start()
        stack.callback(postgres.stop)
        stack.callback(cache.stop)
        environment = environment_of(postgres, cache.url)

        def python(*words: str) -> str:
            return subprocess.run(
                [sys.executable, *words], cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
            ).stdout

        python("manage.py", "prepare_database")
        room = json.loads(python(__file__, "--fill").splitlines()[-1])
        floor, product = Floor(postgres, cache.url), Product(environment, room)
        stack.callback(floor.close)
        stack.callback(product.close)
        return report(*asyncio.run(measure(floor, product, rounds)))


def main() -> int:
    """Measure and print; 1 when an act is over the bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fill", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--relay", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    if options.fill:
        fill()
        return 0
    if options.relay:
        asyncio.run(relay(int(options.relay[0]), options.relay[1]))
        return 0
    try:
        over = run(options.rounds)
    finally:
        reaper.close()
    print(f"\nover {BAR} times the floor: {', '.join(over)}" if over else f"\nall within {BAR} times the floor")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
