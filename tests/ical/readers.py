"""What calendar clients make of a file of ours: each reader says when the events are, on Stockholm's wall clock.

The clients are real: `recurring-ical-events` in this process; ical.js under node; khal and vdirsyncer by their command
lines, with settings and files of their own in a folder of the test.
"""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events

STOCKHOLM = ZoneInfo("Europe/Stockholm")
CLIENTS = Path(__file__).parent / "clients"
ONE_DAY = timedelta(days=1)
LONGEST = 120  # seconds that a client may take
SEPARATOR = "\x1f"  # in no text of ours: see `clean_place`

KHAL = """\
[calendars]
[[read]]
path = {items}
[locale]
local_timezone = Europe/Stockholm
default_timezone = Europe/Stockholm
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[sqlite]
path = {folder}/khal.db
"""
VDIRSYNCER = """\
[general]
status_path = "{folder}/status"
[pair meetings]
a = "theirs"
b = "ours"
collections = null
[storage theirs]
type = "http"
url = "{url}"
[storage ours]
type = "filesystem"
path = "{folder}/items"
fileext = ".ics"
"""


class Told(NamedTuple):
    """One occurrence as a client shows it. Its times are Stockholm's, without a zone."""

    start: datetime
    end: datetime
    uid: str
    summary: str
    location: str


class NotHere(Exception):
    """The client is not installed on this machine."""


# ---------- the four ----------
def recurring(ics: bytes, first: date, last: date) -> list[Told]:
    """recurring-ical-events."""
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(ics)).between(first, last + ONE_DAY)
    return sorted(
        Told(
            one["DTSTART"].dt.astimezone(STOCKHOLM).replace(tzinfo=None),
            one["DTEND"].dt.astimezone(STOCKHOLM).replace(tzinfo=None),
            str(one["UID"]),
            str(one["SUMMARY"]),
            str(one.get("LOCATION", "")),
        )
        for one in found
    )


def ical_js(ics: bytes, first: date, last: date) -> list[Told]:
    """ical.js, which Thunderbird and Nextcloud read with. The machine's own zone is another, and must not matter."""
    if shutil.which("node") is None or not (CLIENTS / "node_modules" / "ical.js").exists():
        raise NotHere("ical.js")
    between = [datetime.combine(day, datetime.min.time(), STOCKHOLM).isoformat() for day in (first, last + ONE_DAY)]
    told = _run(["node", str(CLIENTS / "read.mjs"), *between], CLIENTS, given=ics, TZ="America/New_York")
    return sorted(
        Told(
            datetime.fromisoformat(one["start"]),
            datetime.fromisoformat(one["end"]),
            one["uid"],
            one["summary"],
            one["location"],
        )
        for one in json.loads(told)
    )


def khal(ics: bytes, first: date, last: date, folder: Path) -> list[Told]:
    """khal, which takes the file in as a mail's attachment is."""
    if shutil.which("khal") is None:
        raise NotHere("khal")
    (folder / "items").mkdir(parents=True)
    _khal(folder, "import", "--batch", "-a", "read", given=ics)
    return listed(folder, first, last)


def vdirsyncer(url: str, first: date, last: date, folder: Path) -> list[Told]:
    """vdirsyncer, which fetches the address, and khal over what it wrote. Called again it synchronises anew.

    What it fetches over http it gives uids of its own (a hash of each item), so none is told.
    """
    if shutil.which("vdirsyncer") is None or shutil.which("khal") is None:
        raise NotHere("vdirsyncer")
    (folder / "items").mkdir(parents=True, exist_ok=True)
    settings = folder / "vdirsyncer.conf"
    if not settings.exists():
        settings.write_text(VDIRSYNCER.format(folder=folder, url=url))
        _run(["vdirsyncer", "-c", str(settings), "discover"], folder, given=b"y\n")
    _run(["vdirsyncer", "-c", str(settings), "sync", "--force-delete"], folder)
    return sorted(told._replace(uid="") for told in listed(folder, first, last))


def listed(folder: Path, first: date, last: date) -> list[Told]:
    """What khal shows of the folder's items."""
    names = ("{start-long-full}", "{end-long-full}", "{uid}", "{title}", "{location}")
    shown = _khal(folder, "list", "-df", "", "-f", SEPARATOR.join(names), f"{first}", f"{last}")
    lines = [line.split(SEPARATOR) for line in shown.split("\n") if SEPARATOR in line]
    return sorted(Told(*map(datetime.fromisoformat, line[:2]), *line[2:]) for line in lines)


def _khal(folder: Path, *args: str, given: bytes = b"") -> str:
    settings = folder / "khal.conf"
    settings.write_text(KHAL.format(folder=folder, items=folder / "items"))
    return _run(["khal", "-c", str(settings), *args], folder, given=given)


def _run(command: list[str], folder: Path, *, given: bytes = b"", **more: str) -> str:
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"} | more
    done = subprocess.run(command, cwd=folder, env=env, input=given, capture_output=True, timeout=LONGEST)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout.decode()


# ---------- all of them ----------
READERS = ("recurring-ical-events", "ical.js", "khal", "vdirsyncer")


def read_by(name: str, ics: bytes, first: date, last: date, folder: Path) -> list[Told]:
    """What one of `READERS` makes of the file, from one day to another, both included.

    A client that is missing skips the test. vdirsyncer fetches the file from a plain server.
    """
    readers: dict[str, Callable[[], list[Told]]] = {
        "recurring-ical-events": lambda: recurring(ics, first, last),
        "ical.js": lambda: ical_js(ics, first, last),
        "khal": lambda: khal(ics, first, last, folder / "khal"),
        "vdirsyncer": lambda: _served(ics, first, last, folder / "vdirsyncer"),
    }
    try:
        return readers[name]()
    except NotHere as missing:
        pytest.skip(f"{missing} is not installed: tools/ensure_calendar_clients.sh")


def _served(ics: bytes, first: date, last: date, folder: Path) -> list[Told]:
    with served(lambda: ics) as url:
        return vdirsyncer(url, first, last, folder)


@contextmanager
def served(content: Callable[[], bytes]) -> Iterator[str]:
    """A plain server that gives what `content` says when it is asked; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = content()
            self.send_response(200)
            self.send_header("Content-Type", "text/calendar; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/kalender.ics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
