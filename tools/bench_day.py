"""`make bench`: a day of 5,000 users in minutes, what it takes of processors and memory, and what a real day would.

The sockets of one hour are really open. What people and their open pages ask for in a day is drawn at random, a small
share of it, in the mix below; what each role has used of the processor for it is counted from /proc and multiplied.
The assumptions are the table `DAY`: change them for your own.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.processes import end, reaper
from tools.bench_spread import WARM, Crowd
from tools.bench_table import p99
from tools.bench_world import ROOT, Bench, memory_of
from tools.clients import Http, raise_limits

SEED, TICK = 9, os.sysconf("SC_CLK_TCK")
USERS, AGENCIES_PAIRS, HATS = 5000, 250, 10  # ten at each desk: an act is told to ten
HOURS, BUSIEST = 8, 2.5  # of a working day; how many times the mean its busiest hour is
WORKERS = 12  # connections that the proxy keeps open to the pages


class Kind(NamedTuple):
    """One thing that is asked for: how often in a day for each user, and why."""

    name: str
    a_day: float
    why: str


DAY = (
    Kind("start page", 10, "opened ten times"),
    Kind("referral", 12, "opened twelve times"),
    Kind("list", 5, "opened five times"),
    Kind("act", 3, "a message to the other side, three"),
    Kind(
        "told", 3 * HATS * 0.5 * 3, "each act is told to ten, half of whom have a page open: the bell and two regions"
    ),
    Kind("poll", 3 * 12 * 3, "a page open for three hours asks every five minutes: the bell and two regions"),
    Kind("feed", 0.3 * 24 * 4, "three in ten subscribe; calendars ask each quarter of an hour, day and night"),
)
OPEN = 0.6  # of the users have a page open in the busiest hour


# ---------- who there is ----------
def fill() -> None:
    """5,000 people at 500 desks, two referrals between each pair; their sessions, and one calendar's address."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from meetings.calendar.actions.feeds import make_address
    from notifications.queries import epoch
    from tests.cast import make_cast
    from tests.chaos.many import sessions_of
    from tests.chaos.stage import make_pair, under_way
    from workspace.models import FunctionMember, Membership, UserAccount

    settings.ALLOWED_HOSTS = ["*"]
    cast = make_cast()
    pairs = [make_pair(cast, number) for number in range(AGENCIES_PAIRS)]
    for pair in pairs:
        under_way(pair.cast)
    desks = [desk for pair in pairs for desk in (pair.cast.soc_desk, pair.cast.psyk_desk)]
    people = [UserAccount(username=f"u{number}", password="!") for number in range(len(desks) * (HATS - 1))]
    people = UserAccount.objects.bulk_create(people)
    hats = Membership.objects.bulk_create(
        Membership(user=person, agency=desks[number % len(desks)].agency, role="caseworker")
        for number, person in enumerate(people)
    )
    FunctionMember.objects.bulk_create(
        FunctionMember(function=desks[number % len(desks)], membership=hat) for number, hat in enumerate(hats)
    )
    everybody = [hat for pair in pairs for hat in (pair.soc, pair.psyk)] + list(hats)
    call_command("clearsessions")
    print(
        json.dumps(
            {
                "epoch": epoch(),
                "sessions": sessions_of(everybody),
                "referrals": {str(pair.referral.pk): [2 * n, 2 * n + 1] for n, pair in enumerate(pairs)},
                "feed": make_address(by=pairs[0].soc, name="Kalender"),
            }
        )
    )


# ---------- what is used ----------
def family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in family(int(child)))]


def used(pids: list[int]) -> float:
    """Seconds of processor that a process, its children and those that have ended have used."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / TICK


class Roles:
    """Processor and memory of each role."""

    def __init__(self, bench: Bench, jobs: subprocess.Popen[bytes]) -> None:
        assert bench.postgres._process and bench.cache._process
        self.heads = {
            "pages": bench.web.pid,
            "sockets": bench.sockets.pid,
            "jobs": jobs.pid,
            "PostgreSQL": bench.postgres._process.pid,
            "Redis": bench.cache._process.pid,
            "clients": os.getpid(),
        }

    def cpu(self) -> dict[str, float]:
        # A parent's own row holds what its ended children have used; those of us that run are counted one by one.
        return {
            name: time.process_time() if name == "clients" else used(family(pid)) for name, pid in self.heads.items()
        }

    def memory(self) -> dict[str, float]:
        """MiB. PostgreSQL's processes share most of theirs, so each counts with its own share."""
        pids = {name: [pid] if name == "clients" else family(pid) for name, pid in self.heads.items()}
        return {name: sum(map(proportional, each)) / 1024 for name, each in pids.items()}


def proportional(pid: int) -> int:
    with contextlib.suppress(FileNotFoundError, PermissionError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return memory_of(pid)


# ---------- the day ----------
class Day:
    """Draws what is asked for, and asks."""

    def __init__(self, bench: Bench, world: dict[str, Any]) -> None:
        self.port, self.world, self.chance = bench.web.port, world, random.Random(SEED)
        self.times: dict[str, list[float]] = {kind.name: [] for kind in DAY}
        self.failed = 0

    def draw(self) -> tuple[str, str, str, dict[str, Any] | None]:
        """What, whose session, where, and the form."""
        chance, sessions = self.chance, self.world["sessions"]
        kind = chance.choices(DAY, [each.a_day for each in DAY])[0].name
        referral, sides = chance.choice(list(self.world["referrals"].items()))
        session = sessions[chance.choice(sides)]
        if kind == "act":
            form = {"category": "question", "text": "Ett meddelande till er.", "once": os.urandom(8).hex()}
            return kind, session, f"/remisser/{referral}/meddelande/", form
        if kind in {"told", "poll"}:
            pieces = ("/handelser/klocka/", f"/remisser/{referral}/del/lage/", f"/remisser/{referral}/del/sidan/")
            return kind, session, chance.choice(pieces), None
        paths = {"start page": "/", "list": "/remisser/", "referral": f"/remisser/{referral}/"}
        path = paths.get(kind, f"/kalender/{self.world['feed']}.ics")
        return kind, sessions[chance.randrange(len(sessions))] if kind != "referral" else session, path, None

    async def work(self, until: float) -> None:
        http = Http(self.port, "")
        while time.monotonic() < until:
            kind, session, path, form = self.draw()
            http.wear(session)
            began = time.monotonic()
            status, _ = await http.ask(path, form)
            self.times[kind].append((time.monotonic() - began) * 1000)
            self.failed += status >= 400
        http.close()

    async def run(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(*(self.work(until) for _ in range(WORKERS)))


def report(day: Day, cpu: dict[str, float], memory: dict[str, float], seconds: float, sockets: int) -> int:
    asked = sum(map(len, day.times.values()))
    whole = USERS * sum(kind.a_day for kind in DAY)
    times = whole / asked
    print(
        f"\n{asked:,} requests in {seconds:.0f} s, 1 of {times:,.0f} of a day's {whole:,.0f}; {sockets:,} sockets open"
    )
    print("\n| asked for | a day and user | why | of the sample | p50, ms | p99, ms |\n|---|--:|---|--:|--:|--:|")
    for kind in DAY:
        found = sorted(day.times[kind.name])
        middle, tail = (f"{found[len(found) // 2]:.0f}", f"{p99(found):.0f}") if found else ("", "")
        print(f"| {kind.name} | {kind.a_day:g} | {kind.why} | {len(found):,} | {middle} | {tail} |")
    print(
        "\n| role | CPU ms a request | CPU hours a day | cores, mean of the day | cores, busiest hour | memory, MiB |"
    )
    print("|---|--:|--:|--:|--:|--:|")
    for name, spent in cpu.items():
        # What sockets and jobs do by the clock is not multiplied: it goes on as long as the day does.
        hours = spent / seconds * HOURS if name in {"sockets", "jobs"} else spent * times / 3600
        cells = f"{spent * 1000 / asked:.2f} | {hours:.1f} | {hours / HOURS:.2f} | {hours / HOURS * BUSIEST:.2f}"
        print(f"| {name} | {cells} | {memory[name]:.0f} |")
    print(f"\nanswered with an error: {day.failed}")
    return 1 if day.failed else 0


def simulate(minutes: float) -> int:
    with contextlib.ExitStack() as stack:
        bench = Bench(stack, filled_by=__file__)
        jobs = subprocess.Popen([sys.executable, "manage.py", "run_huey"], cwd=ROOT, env=bench.env)
        stack.callback(lambda: end(jobs, signal.SIGTERM))
        sessions = bench.world["sessions"][: int(USERS * OPEN)]
        crowd = Crowd("day", bench.sockets.pid, bench.sockets.port, "/ws/", lambda: None, bench.world["epoch"])
        stack.callback(crowd.close)
        crowd.grow(sessions[:WARM])
        opened = crowd.grow(sessions[WARM:])
        print(f"{crowd.open:,} sockets open, {opened['rate']:.0f} a second, {opened['memory']:.1f} KiB each")
        roles, day = Roles(bench, jobs), Day(bench, bench.world)
        asyncio.run(day.run(5))
        day.times = {name: [] for name in day.times}
        before, began = roles.cpu(), time.monotonic()
        asyncio.run(day.run(timedelta(minutes=minutes).total_seconds()))
        taken = time.monotonic() - began
        spent = {name: after - before[name] for name, after in roles.cpu().items()}
        return report(day, spent, roles.memory(), taken, crowd.open)


def main() -> int:
    """Simulate and print; 1 where anything was answered with an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fill", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("--minutes", type=float, default=4, help="how long (4)")
    options = parser.parse_args()
    if options.fill:
        fill()
        return 0
    raise_limits()
    try:
        return simulate(options.minutes)
    finally:
        reaper.close()


if __name__ == "__main__":
    sys.exit(main())
