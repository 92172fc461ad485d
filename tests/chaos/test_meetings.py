"""Many meetings at once: what one writes stands before the others within a second, in the order it was written (B8)."""

import asyncio
import json
import random
import re
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.utils import timezone

from meetings.models import AgendaItem, Attendance, Meeting
from meetings.states import MeetingState, PresentHow
from tests.cast import Cast, make_agency, make_member
from tests.chaos.many import in_a_loop, sessions_of
from tests.chaos.stage import SEED, System, p, report, running, size
from tests.meetings.cast import make_group, make_item, make_meeting, make_seat, put_in
from tests.meetings.rooms import go_to
from tools.clients import Http, Line, dial, raise_limits
from workspace.models import Function, Membership
from workspace.states import AgencyKind

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
AGENCIES, SEATS = 5, 2  # of a meeting: five desks with two people each
NUMBER = re.compile(rb"Rad (\d+)")


@dataclass
class Gathering:
    """A meeting that goes on: who is there, and what its writer has written."""

    meeting: Meeting
    item: AgendaItem
    hats: list[Membership]
    sent: list[float] = field(default_factory=list)  # when each text was sent, from number 0 on
    version: int = 0


def make_gatherings(cast: Cast, count: int) -> list[Gathering]:
    desks: list[Function] = []
    for number in range(AGENCIES):
        _, desk = make_agency(f"mote-{number}", f"Verksamhet {number}", AgencyKind.SOCIAL_SERVICES, "Piteå")
        desks.append(desk)
    made = []
    for number in range(count):
        group = make_group(cast, f"Grupp {number}")
        hats = []
        for place, desk in enumerate(desks):
            own = [make_member(desk.agency, f"m{number}-{place}-{seat}", desk) for seat in range(SEATS)]
            seat = make_seat(group, desk, *own)
            hats += own
            if place == 0:
                first = seat
        meeting = put_in(make_meeting(group, days=1 + number), MeetingState.IN_PROGRESS)
        pen = Attendance.objects.create(
            meeting=meeting, member=hats[0], seat=first, present_how=PresentHow.JOINED, present_at=timezone.now()
        )
        Meeting.objects.filter(pk=meeting.pk).update(pen=pen)
        item = make_item(meeting)
        go_to(meeting, item)
        made.append(Gathering(meeting, item, hats))
    return made


class Reader:
    """One who follows: a hint, then the note's region; never two questions at once, as the page's script."""

    def __init__(self, gathering: Gathering, http: Http) -> None:
        self.gathering, self.http = gathering, http
        self.news = asyncio.Event()
        self.shows = -1
        self.lags: list[float] = []
        self.backwards = 0

    def hear(self, line: Line, payload: bytes) -> None:
        if b'"changed"' in payload:
            self.news.set()

    async def look(self) -> tuple[int, bytes]:
        return await self.http.ask(
            f"/moten/{self.gathering.meeting.pk}/rum/bit/anteckning/?punkt={self.gathering.item.pk}"
        )

    async def follow(self) -> None:
        while True:
            await self.news.wait()
            self.news.clear()
            status, body = await self.look()
            now = time.monotonic()
            found = NUMBER.findall(body)
            if status != 200 or not found:
                continue
            number = int(found[-1])
            self.backwards += number < self.shows
            for one in range(self.shows + 1, number + 1):
                self.lags.append(now - self.gathering.sent[one])
            self.shows = max(self.shows, number)


async def write(gathering: Gathering, http: Http, texts: int, every: float, chance: random.Random) -> int:
    """The one with the pen, as the script saves. Returns how many were not taken."""
    refused = 0
    await asyncio.sleep(chance.uniform(0, every))
    for number in range(texts):
        gathering.sent.append(time.monotonic())
        form = {"text": f"Rad {number}", "base_version": gathering.version}
        status, body = await http.ask(f"/moten/punkt/{gathering.item.pk}/anteckning/", form, "X-Autosave: 1\r\n")
        if status == 200:
            gathering.version = json.loads(body)["version"]
        refused += status != 200
        await asyncio.sleep(max(0.0, every * chance.uniform(0.8, 1.2) - (time.monotonic() - gathering.sent[-1])))
    return refused


async def hold(
    system: System, gatherings: list[Gathering], sessions: list[str], texts: int, every: float
) -> tuple[list[Reader], int]:
    """Everybody there; one in each meeting writes."""
    chance, readers, tasks, lines = random.Random(SEED), [], [], []
    keys = iter(sessions)
    writers = []
    for gathering in gatherings:
        writers.append((gathering, Http(system.web.port, next(keys))))
        for _ in gathering.hats[1:]:
            key = next(keys)
            reader = Reader(gathering, Http(system.web.port, key))
            topic = f"/ws/?topic=meeting:{gathering.meeting.pk}"
            lines.append(await dial(system.sockets[0].port, topic, key, reader.hear))
            readers.append(reader)
            await reader.look()  # as their pages were loaded
            tasks.append(asyncio.create_task(reader.follow()))
    refused = await asyncio.gather(*(write(gathering, http, texts, every, chance) for gathering, http in writers))
    for _ in range(200):
        if all(reader.shows == texts - 1 for reader in readers):
            break
        await asyncio.sleep(0.05)
    for each in (*tasks, *lines, *(reader.http for reader in readers), *(http for _, http in writers)):
        (each.cancel if isinstance(each, asyncio.Task) else each.close)()
    return readers, sum(refused)


def test_five_hundred_in_fifty_meetings_see_what_is_written_at_once_and_in_order(cast: Cast) -> None:
    """B8. Each meeting's writer stops typing, and so saves, every twenty seconds; all others fetch what has changed.

    Asserts on the counts. The times are printed beside the bar's: docs/chaos.md says what they are short of, and why.
    """
    raise_limits()
    meetings, texts, every = size(50, 5), size(9, 4), size(20, 2)
    gatherings = make_gatherings(cast, meetings)
    sessions = sessions_of([hat for gathering in gatherings for hat in gathering.hats])
    with running(sockets=1) as system:
        readers, refused = in_a_loop(lambda: hold(system, gatherings, sessions, texts, every))
    lags: list[Any] = [lag for reader in readers for lag in reader.lags]
    acts = meetings * texts
    report(
        "B8",
        users=meetings * AGENCIES * SEATS,
        meetings=meetings,
        acts=acts,
        refused=refused,
        seen=len(lags),
        of=acts * (AGENCIES * SEATS - 1),
        backwards=sum(reader.backwards for reader in readers),
        p50_ms=round(p(lags, 50) * 1000),
        p95_ms=round(p(lags, 95) * 1000),
        p99_ms=round(p(lags, 99) * 1000),
        bars_ms="150 500 1000",
    )
    assert not refused and len(lags) == acts * (AGENCIES * SEATS - 1)
    assert not any(reader.backwards for reader in readers)
