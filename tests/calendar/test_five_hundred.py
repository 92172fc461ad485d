"""Five hundred meetings over both clock changes, fetched as a calendar program does and read by four of them (8.6)."""

import urllib.request
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
import time_machine

from meetings.calendar.actions.keeping import keep_all
from meetings.calendar.models import Entry
from tests.calendar.calendar_forms import make_address
from tests.calendar.many import CHANGES, FIRST, LAST, NEUTRAL, NOW, World, change_world, expected, make_world, written
from tests.ical import readers
from tests.ical.readers import NotHere, Told

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
TOKEN = "femhundra-moten"
TITLE = "Möte i Samverkansrum"


def fetched(url: str, etag: str = "") -> tuple[int, bytes, str]:
    request = urllib.request.Request(url, headers={"If-None-Match": etag} if etag else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as got:
            return got.status, got.read(), got.headers["ETag"]
    except HTTPError as refused:
        return refused.code, refused.read(), refused.headers["ETag"]


def read_alike(url: str, ics: bytes, folder: Path) -> None:
    """All four readers say what the meetings' own tables say, and nothing else."""
    (folder / "feed.ics").write_bytes(ics)  # to look at, where somebody reads it otherwise
    at = (FIRST, LAST)
    ways: dict[str, Callable[[], list[Told]]] = {
        "recurring-ical-events": lambda: readers.recurring(ics, *at),
        "ical.js": lambda: readers.ical_js(ics, *at),
        "khal": lambda: readers.khal(ics, *at, folder / f"khal-{len(list(folder.iterdir()))}"),
        "vdirsyncer": lambda: readers.vdirsyncer(url, *at, folder / "vdirsyncer"),
    }
    wanted, missing = expected(), []
    for name, read in ways.items():
        try:
            found = read()
        except NotHere:
            missing.append(name)
            continue
        assert sorted((one.start, one.end) for one in found) == wanted, name
        assert {one.summary for one in found} == {TITLE}, name
        assert {one.location for one in found} == {"", NEUTRAL}, name
    if missing:
        pytest.skip(f"not installed: {missing}")


def uids_of(**which: Any) -> set[str]:
    return {str(uid) for uid in Entry.objects.filter(user__username="soc", **which).values_list("uid", flat=True)}


def test_five_hundred_meetings_are_the_same_in_four_readers_before_and_after_they_change(
    live_server: Any, tmp_path: Path
) -> None:
    url = f"{live_server.url}/kalender/{TOKEN}.ics"
    with time_machine.travel(NOW, tick=False):
        world = make_world()
        make_address(world.cast.soc, TOKEN)
        keep_all()
        status, first, etag = fetched(url)
        before = written(first)
        assert status == 200 and len(before) >= 500
        assert {day for day in CHANGES} <= {start.date() for start, _ in expected()}
        read_alike(url, first, tmp_path)
        assert fetched(url) == (200, first, etag)
        keep_all()
        assert fetched(url, etag)[0] == 304  # kept once more, nothing is another
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        change_world(world)
        keep_all()
        status, second, other = fetched(url, etag)
        assert status == 200 and other != etag
        assert world.appeared <= {start for start, _ in expected()}
        read_alike(url, second, tmp_path)
        what_changed(world, before, written(second))


def what_changed(world: World, before: dict[Any, Any], after: dict[Any, Any]) -> None:
    gone = uids_of(meeting__in=world.vanished) | uids_of(conversation__in=world.hushed)
    assert len(gone) == len(world.vanished) + len(world.hushed) >= 30
    assert gone == {uid for uid, _ in before} - {uid for uid, _ in after}  # cancelled ones vanish, and nothing else
    began = {uid for uid, _ in after} - {uid for uid, _ in before}
    assert began == uids_of(series__from_on__year=2026, series__from_on__month=6)  # only a series truly changed is new
    master = {uid: one for (uid, instead_of), one in after.items() if not instead_of}
    same = changed = 0
    for key in before.keys() & after.keys():
        was, now = before[key], after[key]
        if was.says != now.says:
            assert now.sequence > was.sequence, key
            changed += 1
        elif not key[1]:
            assert now.sequence == was.sequence, key
            same += 1
    for (uid, _), one in after.items():
        assert uid not in master or one.sequence >= master[uid].sequence
    assert changed >= 40 and same >= 400


def test_a_client_that_polls_gets_each_change_and_keeps_each_uid(live_server: Any) -> None:
    """One meeting, moved three times and once cancelled and called again, with a fetch after each."""
    url = f"{live_server.url}/kalender/{TOKEN}.ics"
    with time_machine.travel(NOW, tick=False):
        world = make_world()
        make_address(world.cast.soc, TOKEN)
        keep_all()
        last = written(fetched(url)[1])
    for hour in (1, 2, 3):
        with time_machine.travel(NOW + timedelta(hours=hour), tick=False):
            meeting = world.singles[0]
            meeting.refresh_from_db()
            type(meeting).objects.filter(pk=meeting.pk).update(
                starts_at=meeting.starts_at + timedelta(days=1), ends_at=meeting.ends_at + timedelta(days=1)
            )
            keep_all()
            now = written(fetched(url)[1])
            (uid,) = uids_of(meeting=meeting.pk)
            assert now.keys() == last.keys()
            assert {key for key in now if now[key] != last[key]} == {(uid, "")}
            assert now[uid, ""].sequence == last[uid, ""].sequence + 1
            last = now
