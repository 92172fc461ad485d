"""`make bench`: what a feed of 1,000 meetings costs, changed and unchanged, and 1,000 people's polling (docs/bench.md).

Asks a throwaway PostgreSQL in turns, through the whole middleware: the feed, and floors of the same run. For a changed
feed the floors are two plain writers of the same bytes: one puts them together from the columns, one reads them ready
from the row by plain SQL. For an unchanged one it is a view with one query. Fails when the changed feed costs more than
`BAR` times the cheaper writer, or the unchanged one uses `OWN` ms more of the processor than its floor: our own time,
not what other programs take meanwhile. Then a real server is polled, and what its processes use is counted. A minute.
"""

import argparse
import http.client
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.daphne import Daphne, server_environment
from tests.processes import new_folder, reaper
from tests.services import Postgres

ROOT = Path(__file__).resolve().parent.parent
BAR, OWN = 1.5, 1.0  # times the floor; milliseconds
MEETINGS, PEOPLE, EVERY = 1_000, 1_000, timedelta(minutes=15)
WARM, ROUNDS, POLLS = 20, 200, 400
TOKEN = "only-for-the-bench-0123456789"
PATH = f"/kalender/{TOKEN}.ics"
CHANGED, UNCHANGED = "the feed, changed", "the feed, unchanged (304)"
FORMATTER, READER, QUERY = "plain writer, from columns", "plain writer, from ready texts", "a view with one query"


def prepare(postgres: Postgres) -> None:
    """The product's settings for this database, and its tables."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "workspace.settings",
        "SECRET_KEY": "only-for-the-bench",
        "ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
        "DATA_DIR": str(new_folder("bench-calendar")),
        "DATABASE_URL": postgres.app_url,
        "DATABASE_OWNER_URL": postgres.owner_url,
        "REDIS_URL": "",
        "DEMO": "0",
    }
    subprocess.run([sys.executable, "manage.py", "prepare_database"], cwd=ROOT, check=True, capture_output=True)


def fill() -> None:
    """Somebody with 1,000 meetings ahead, written as the product writes them, and an address that was just read."""
    from django.utils import timezone

    from meetings.calendar.models import Entry, FeedAddress, PersonalCalendar
    from meetings.calendar.queries.events import own_event_of
    from meetings.ical.writing import event_text
    from meetings.models import Group, Meeting
    from workspace.actions.accounts import digest_of
    from workspace.models import Cooperation, UserAccount

    user = UserAccount.objects.create(username="bench")
    PersonalCalendar.objects.create(user=user, version=7)
    FeedAddress.objects.create(user=user, name="Bench", digest=digest_of(TOKEN), read_at=timezone.now())
    group = Group.objects.create(cooperation=Cooperation.objects.create(name="Samverkan"), name="Gruppen")
    begins = datetime(2030, 1, 7, 12, tzinfo=UTC)
    meeting = Meeting.objects.create(group=group, starts_at=begins, ends_at=begins + timedelta(hours=2))
    entries = []
    for number in range(MEETINGS):
        starts_at = begins + timedelta(days=number)
        entry = Entry(user=user, meeting=meeting, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
        entry.text = event_text(own_event_of(entry))
        entries.append(entry)
    Entry.objects.bulk_create(entries)


# ---------- the floors ----------
WHOSE = "SELECT id, user_id, read_at FROM calendar_feedaddress WHERE digest = %s AND ended_at IS NULL"
OF_USER = "FROM calendar_entry WHERE user_id = %s AND ended_at IS NULL AND ends_at > %s ORDER BY starts_at, id"
COLUMNS = f"SELECT uid, sequence, changed_at, starts_at, ends_at {OF_USER}"
TEXTS = f"SELECT text {OF_USER}"


def plain_writer(first: Any, around: str) -> Callable[[list[Any]], bytes]:
    """Writes exactly what the feed holds, from columns. `first`: an entry, whose text says how."""
    from django.utils import timezone

    uid, text, zone = str(first.uid), first.text, timezone.get_current_timezone()
    cut = next(at for at in range(1, len(uid)) if f"{uid[:at]}\r\n {uid[at:]}" in text)  # a line is folded there
    text = text.replace(f"{uid[:cut]}\r\n {uid[cut:]}", "{begun}\r\n {rest}").replace(uid, "{uid}")
    text = text.replace("SEQUENCE:0", "SEQUENCE:{sequence}")
    text = text.replace(f"{first.changed_at:%Y%m%dT%H%M%SZ}", "{changed:%Y%m%dT%H%M%SZ}")
    for name, at in (("starts", first.starts_at), ("ends", first.ends_at)):
        text = text.replace(f"{timezone.localtime(at):%Y%m%dT%H%M%S}", f"{{{name}:%Y%m%dT%H%M%S}}")
    head, event, tail = around.partition("END:VCALENDAR")[0], text.format, "END:VCALENDAR\r\n"

    def write(rows: list[Any]) -> bytes:
        parts = [head]
        for row_uid, sequence, changed, starts, ends in rows:
            name = str(row_uid)
            parts.append(
                event(
                    uid=name,
                    begun=name[:cut],
                    rest=name[cut:],
                    sequence=sequence,
                    changed=changed.astimezone(UTC),
                    starts=starts.astimezone(zone),
                    ends=ends.astimezone(zone),
                )
            )
        return "".join([*parts, tail]).encode()

    return write


def own_addresses() -> list[Any]:
    """The floors as addresses of the bench's own, behind the product's middleware and beside its addresses."""
    from django.db import connection
    from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
    from django.urls import include, path

    from meetings.calendar.models import Entry
    from meetings.ical.writing import feed
    from workspace.actions.accounts import digest_of

    first, around, since = Entry.objects.order_by("starts_at")[0], feed([]).decode(), datetime(2026, 1, 1, tzinfo=UTC)
    write, (head, end, tail) = plain_writer(first, around), around.partition("END:VCALENDAR")

    def ask(query: str, *values: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()

    def columns(request: HttpRequest) -> HttpResponse:
        ask(WHOSE, digest_of(TOKEN))
        return HttpResponse(write(ask(COLUMNS, first.user_id, since)))

    def texts(request: HttpRequest) -> HttpResponse:
        ask(WHOSE, digest_of(TOKEN))
        rows = ask(TEXTS, first.user_id, since)
        return HttpResponse("".join([head, *(text for (text,) in rows), end + tail]).encode())

    def query(request: HttpRequest) -> HttpResponse:
        ask(WHOSE, digest_of(TOKEN))
        return HttpResponseNotModified()

    floors = {"columns": columns, "texts": texts, "query": query}
    return [*(path(f"golv/{name}/", view) for name, view in floors.items()), path("", include("workspace.urls"))]


def work() -> dict[str, Callable[[], Any]]:
    """What is done in each round, by name: a request through the whole middleware, without server or network."""
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler
    from django.test import RequestFactory

    sys.modules[__name__].urlpatterns = own_addresses()  # type: ignore[attr-defined]
    settings.ROOT_URLCONF = __name__
    handler, make = WSGIHandler(), RequestFactory()

    def asks(path: str, status: int = 200, etag: str = "") -> Callable[[], Any]:
        def ask() -> Any:
            got = handler.get_response(make.get(path, headers={"if-none-match": etag} if etag else {}))
            assert got.status_code == status, got.status_code
            return got

        return ask

    changed = asks(PATH)
    first = changed()
    found = {
        READER: asks("/golv/texts/"),
        FORMATTER: asks("/golv/columns/"),
        CHANGED: changed,
        QUERY: asks("/golv/query/", 304),
        UNCHANGED: asks(PATH, 304, first.headers["ETag"]),
    }
    assert first.content.count(b"BEGIN:VEVENT") == MEETINGS
    assert first.content == found[READER]().content == found[FORMATTER]().content
    return found


# ---------- a real server, polled ----------
def cpu_of(pid: int) -> float:
    """Seconds that a process and those it has begun have used. Linux only."""
    total, ticks = 0, os.sysconf("SC_CLK_TCK")
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if pid in {int(file.parent.name), int(fields[1])}:
            total += int(fields[11]) + int(fields[12])
    return total / ticks


def polled(server: Daphne, postgres: Postgres, *, noted: bool) -> list[float]:
    """CPU milliseconds of one unchanged poll, of our server and of PostgreSQL. `noted`: each also writes the time."""
    from meetings.calendar.models import FeedAddress

    assert server._process and postgres._process
    pids = [server._process.pid, postgres._process.pid]
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)

    def poll(etag: str) -> str:
        connection.request("GET", PATH, headers={"If-None-Match": etag})
        got = connection.getresponse()
        got.read()
        assert got.status == (304 if etag else 200), got.status
        return got.headers["ETag"]

    etag = poll("")
    for _ in range(WARM):
        poll(etag)
    used, before = [0.0] * len(pids), [cpu_of(pid) for pid in pids]
    for _ in range(POLLS):
        if noted:
            FeedAddress.objects.update(read_at=None)
        poll(etag)
    used = [cpu_of(pid) - at for pid, at in zip(pids, before, strict=True)]
    connection.close()
    return [seconds * 1000 / POLLS for seconds in used]


def say_polling(postgres: Postgres) -> None:
    """What 1,000 people's calendars cost in an hour: three polls of four are one query, one also writes the time."""
    if not Path("/proc").exists():
        print("\nPolling is measured on Linux only.")
        return
    with Daphne(server_environment(), quiet=True) as server:
        plain, noting = polled(server, postgres, noted=False), polled(server, postgres, noted=True)
    polls = PEOPLE * (timedelta(hours=1) // EVERY)
    print(f"\n| {polls:,} polls an hour | CPU of one, ms | writing the time, ms | CPU s an hour | share of a core |")
    print("|---|--:|--:|--:|--:|")
    for name, each, note in zip(("our server", "PostgreSQL"), plain, noting, strict=True):
        hour = ((polls - PEOPLE) * each + PEOPLE * note) / 1000
        print(f"| {name} | {each:.2f} | {note:.2f} | {hour:.1f} | {hour / 36:.2f} % |")
    print(f"\nQueries an hour: {polls:,} SELECT and {PEOPLE:,} UPDATE.")


def main() -> int:
    """Fill, measure, print; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    postgres = Postgres().start()
    try:
        prepare(postgres)
        import django

        django.setup()
        fill()
        doing, chance = work(), random.Random(8)
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in doing}
        for number in range(WARM + options.rounds):
            for name in chance.sample(list(doing), len(doing)):  # what comes after the dearest pays for its rubbish
                started, used = time.perf_counter(), time.thread_time()
                doing[name]()
                if number >= WARM:
                    times[name].append(((time.perf_counter() - started) * 1000, (time.thread_time() - used) * 1000))
        say_polling(postgres)
    finally:
        postgres.stop()
        reaper.close()
    wall, cpu = ({name: statistics.median(one[n] for one in taken) for name, taken in times.items()} for n in (0, 1))
    floor_of = {name: QUERY for name in (QUERY, UNCHANGED)}
    cheaper = min(READER, FORMATTER, key=lambda name: wall[name])
    print(f"\n| a feed of {MEETINGS:,} meetings | p50, ms | of the floor | CPU p50, ms | CPU over the floor, ms |")
    print("|---|--:|--:|--:|--:|")
    for name in doing:
        floor = floor_of.get(name, cheaper)
        ratio, own = wall[name] / wall[floor], cpu[name] - cpu[floor]
        print(f"| {name} | {wall[name]:.2f} | {ratio:.2f} | {cpu[name]:.2f} | {own:.2f} |")
    return int(wall[CHANGED] > BAR * wall[cheaper] or cpu[UNCHANGED] - cpu[QUERY] > OWN)


if __name__ == "__main__":
    sys.exit(main())
