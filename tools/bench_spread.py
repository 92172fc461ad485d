"""What many open pages cost: an event to the last of them, their memory, how fast they come; how soon a page is up.

Parts of tools/bench_wire.py. The clients are processes of their own (tools/clients.py).
"""

import argparse
import asyncio
import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from channels_redis.serializers import registry

from tests.processes import end, free_port, new_folder, reaper
from tools.bench_room import Browser
from tools.bench_table import Row
from tools.bench_world import ROOT, Bench, memory_of
from tools.clients import Http

TURNS, WARM, PATIENCE = 15, 30, 20


class Crowd:
    """A process of open pages on one way, and the server's memory before and with them."""

    def __init__(self, name: str, pid: int, port: int, path: str, send: Callable[[], Any], epoch: str) -> None:
        self.name, self.pid, self.port, self.path, self.send, self.epoch = name, pid, port, path, send, epoch
        self.open, self.warm, self.empty = 0, 0, 0
        self.process = subprocess.Popen(
            [sys.executable, "tools/clients.py"], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def say(self, do: str, **words: Any) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"do": do, **words}) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def grow(self, sessions: list[str]) -> dict[str, Any]:
        """Open more of them; how many a second, and KiB of the server for each so far."""
        found = self.say(
            "open", port=self.port, paths=[self.path] * len(sessions), sessions=sessions, at_once=50, epoch=self.epoch
        )
        self.open = found["open"]
        time.sleep(3)
        if not self.warm:  # what the first ones bring in is the process's, not theirs
            self.warm, self.empty = self.open, memory_of(self.pid)
        each = (memory_of(self.pid) - self.empty) / max(self.open - self.warm, 1)
        return {"rate": len(sessions) / found["seconds"], "memory": each, "failed": found["failed"]}

    def event(self) -> float:
        """Milliseconds from an event until it has come to the last of them."""
        self.say("arm", wanted=self.open)
        began = time.monotonic()
        self.send()
        found = self.say("wait", seconds=PATIENCE)
        if not found["heard"]:
            raise RuntimeError(f"{self.name}: nobody had it; the bench sends it elsewhere than the product listens")
        if found["heard"] < self.open:
            print(f"{self.name}: {found['heard']:,} of {self.open:,} had it within {PATIENCE} s")
            return PATIENCE * 1000
        return (found["last"] - began) * 1000

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(20)


def crowds_of(bench: Bench) -> list[Crowd]:
    """The three ways, each with the event as its own publishers send it."""
    hint = {"type": "changed", "topic": bench.world["topic"]}
    words = json.dumps(hint, separators=(",", ":"))
    group, epoch = bench.world["group"], bench.world["epoch"]
    packed = registry.get_serializer("msgpack").serialize({"type": "hint", "hint": hint})
    path = f"/ws/?topic={bench.world['topic']}"
    send = bench.redis.publish
    stock = f"samverkansrum__group__{group}"
    return [
        Crowd("floor", bench.relay.pid, bench.floor_port, "/", lambda: send("floor", words), ""),
        Crowd("hub", bench.sockets.pid, bench.sockets.port, path, lambda: send(f"samverkansrum:{group}", words), epoch),
        Crowd("stock", bench.stock.pid, bench.stock.port, path, lambda: send(stock, packed), epoch),
    ]


def spread(bench: Bench, options: argparse.Namespace) -> list[Row]:
    """One event to the last of 1,000 and 5,000 sockets; memory and connect rate of the same sockets."""
    crowds = crowds_of(bench)
    sessions, rows = bench.world["sessions"], []
    try:
        for crowd in crowds:
            crowd.grow(sessions[:WARM])
        for count in options.sockets:
            before = crowds[0].open
            grown = [crowd.grow(sessions[crowd.open : count]) for crowd in crowds]
            times: list[list[float]] = [[] for _ in crowds]
            cpu = [crowd.say("arm", wanted=0)["cpu"] for crowd in crowds]
            for turn in range(TURNS + 2):
                for number, crowd in enumerate(crowds):
                    taken = crowd.event()
                    times[number] += [taken] if turn > 1 else []
                    time.sleep(0.1)
            for number, crowd in enumerate(crowds):
                client = (crowd.say("arm", wanted=0)["cpu"] - cpu[number]) * 1000 / (TURNS + 2)
                rows.append(
                    Row(f"{crowd.name}: event to the last of {count:,}", times[number], times[0], client=client)
                )
            for number, crowd in enumerate(crowds):
                kib, base = [grown[number]["memory"]], [grown[0]["memory"]]
                rows.append(Row(f"{crowd.name}: KiB a socket, {count:,}", kib, base, unit="KiB"))
            for number, crowd in enumerate(crowds):
                pace, best = [1000 / grown[number]["rate"]], [1000 / grown[0]["rate"]]
                rows.append(Row(f"{crowd.name}: ms a socket to come, to {count:,}", pace, best))
                if grown[number]["failed"]:
                    print(
                        f"{crowd.name}: {grown[number]['failed']} of {count - before:,} did not get in within a minute"
                    )
    finally:
        for crowd in crowds:
            crowd.close()
    return rows


# ---------- the start page, and a start ----------
def start(bench: Bench, options: argparse.Namespace) -> list[Row]:
    """The start page of somebody with notices, against a request that only finds out who asks; `make run` once more."""
    browser = Browser(bench.web.port, bench.world["pairs"][0]["follows"])
    pages: dict[str, list[float]] = {"/finns-inte/": [], "/": []}
    for turn in range(options.rounds + 5):
        for path, times in pages.items():
            began = time.perf_counter()
            browser.ask(path)
            times += [(time.perf_counter() - began) * 1000] if turn >= 5 else []
    nothing, page = pages.values()
    rows = [Row("a signed-in request that does nothing", nothing, nothing), Row("the start page", page, nothing)]
    rows += [Row(f"the start page, eight at once: {name}", *times) for name, times in by_server(bench).items()]
    return [*rows, Row("make run, the second time: s to the first page", cold_starts(), [], unit="s")]


def by_server(bench: Bench) -> dict[str, tuple[list[float], list[float]]]:
    """The start page asked for by eight at once, of each server there is to choose from for pages (docs/running.md)."""
    port, session = free_port(), bench.world["pairs"][0]["follows"]
    command = ["uvicorn", "workspace.asgi:application", "--port", str(port), "--workers", "2", "--log-level", "warning"]
    process = subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, env=bench.env)
    reaper.watch(process.pid, signal.SIGTERM)
    began = time.monotonic()
    while not answers(port) and time.monotonic() - began < 60:
        time.sleep(0.1)
    found: dict[str, list[float]] = {}
    ports = {"gunicorn, two processes": bench.web.port, "uvicorn, two": port, "Daphne, one": bench.stock.port}
    for _ in range(3):
        for name, where in ports.items():
            found.setdefault(name, []).extend(asyncio.run(eight_at_once(where, session)))
    end(process, signal.SIGTERM)
    first = next(iter(found.values()))
    return {name: (times, first) for name, times in found.items()}


async def eight_at_once(port: int, session: str, each: int = 12) -> list[float]:
    times: list[float] = []

    async def one() -> None:
        http = Http(port, session)
        for _ in range(each):
            began = time.perf_counter()
            status, _ = await http.ask("/")
            assert status == 200, status
            times.append((time.perf_counter() - began) * 1000)
        http.close()

    await asyncio.gather(*(one() for _ in range(8)))
    return times


def cold_starts() -> list[float]:
    """Seconds from the command until a page is answered, three times, when the data is there."""
    folder, taken = new_folder("bench-demo"), []
    demo = [sys.executable, "manage.py", "demo", "--dir", str(folder)]
    subprocess.run([*demo, "--no-serve"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    for _ in range(3):
        port = free_port()
        began = time.monotonic()
        process = subprocess.Popen(
            [*demo, "--port", str(port)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        reaper.watch(process.pid, signal.SIGTERM)
        while not answers(port) and time.monotonic() - began < 60:
            time.sleep(0.02)
        taken.append(time.monotonic() - began)
        end(process, signal.SIGTERM)
    return taken


def answers(port: int) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", "/health/")
        return line.getresponse().status == 200
    except OSError:
        return False
    finally:
        line.close()
