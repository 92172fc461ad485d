"""The live room through real sockets: every screen follows, and nobody hears of what they have no part in."""

from collections.abc import Generator
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from meetings.models import Attendance, ItemGuest, Meeting
from meetings.states import ItemKind
from tests.cast import SECRET_TEXT, Cast, make_member
from tests.daphne import Daphne, server_environment
from tests.meetings.cast import Room, make_item, make_room
from tests.meetings.rooms import PIECES, circle_of, cleaned, go_to, running
from tests.referrals.races import at_once
from tests.wire import Room as Screens
from tests.wire import Socket, refusal_of
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]


@pytest.fixture(scope="module")
def server(django_db_setup: Path | None) -> Generator[Daphne]:
    with Daphne(server_environment()) as process:
        yield process
        assert process.is_running()


@pytest.fixture
def room(cast: Cast) -> Room:
    made = make_room(cast)
    running(made)
    return made


@pytest.fixture
def screens(server: Daphne, cast: Cast, room: Room) -> Generator[Screens]:
    """An outsider of another agency listens from the beginning, and must have heard nothing at the end."""
    with ExitStack() as stack:
        made = Screens(server, cast, stack)
        yield made
        assert made.outsiders_heard_nothing(), "somebody without a part in it got a message"


def topic(room: Room) -> str:
    return f"meeting:{room.meeting.pk}"


def changed(room: Room, part: str = "") -> dict[str, Any]:
    hint = {"type": "changed", "topic": topic(room)}
    return {**hint, "part": part} if part else hint


def post(screens: Screens, hat: Hat, path: str, **data: Any) -> int:
    return screens.visitor(hat).post(path, data).status


def in_room(room: Room, step: str) -> str:
    return f"/moten/{room.meeting.pk}/rum/{step}/"


def heard(sockets: dict[str, Socket]) -> dict[str, list[dict[str, Any]]]:
    return {name: socket.all(0.3) for name, socket in sockets.items()}


def everybody(screens: Screens, room: Room) -> dict[str, Socket]:
    cast = room.cast
    hats: dict[str, Hat] = {"soc": cast.soc, "psyk": cast.psyk, "fk": cast.fk, "coordinator": cast.coordinator}
    return {name: screens.live(hat, topic(room)) for name, hat in hats.items()}


def test_only_who_may_open_the_room_may_listen_to_it(screens: Screens, room: Room) -> None:
    cast = room.cast
    answers = {
        name: refusal_of(screens.visitor(hat), topic(room))
        for name, hat in {
            "outsider": cast.outsider,
            "another hat of a member": cast.two_hats[1],
            "manager without a seat": cast.soc_manager,
            "chair of the cooperation": cast.chair,
        }.items()
    }
    missing = refusal_of(screens.visitor(cast.fk), "meeting:999999")
    assert set(answers.values()) == {missing} and missing[0] == 403
    for name, socket in everybody(screens, room).items():
        assert socket.is_alive_and_quiet(), name


def test_when_the_meeting_moves_on_every_screen_is_told_and_the_note_only_its_readers_region(
    screens: Screens, room: Room
) -> None:
    sockets = everybody(screens, room)
    first = room.meeting.current_item
    assert first is not None
    assert post(screens, room.cast.soc, in_room(room, "punkt"), leaving=first.pk) == 302
    assert set(map(str, heard(sockets).values())) == {str([changed(room)])}
    text = {"text": SECRET_TEXT, "base_version": 0}
    assert post(screens, room.cast.soc, f"/moten/punkt/{first.pk}/anteckning/", **text) == 302
    assert set(map(str, heard(sockets).values())) == {str([changed(room, "note")])}
    assert all(SECRET_TEXT not in str(socket.raw) for socket in sockets.values())
    late = {"text": "Annat", "base_version": 0}
    post(screens, room.cast.soc, f"/moten/punkt/{first.pk}/anteckning/", **late)
    assert set(map(str, heard(sockets).values())) == {str([changed(room, "pen")])}


def test_under_a_case_item_only_its_circle_hears_anything(screens: Screens, room: Room) -> None:
    case = make_item(room.meeting, SECRET_TEXT, ItemKind.CASE)
    circle_of(room, case, room.soc_seat, room.psyk_seat)
    sockets = everybody(screens, room)
    assert room.meeting.current_item is not None
    to = {"leaving": room.meeting.current_item.pk, "to": case.pk}
    assert post(screens, room.cast.soc, in_room(room, "punkt"), **to) == 302
    assert set(map(str, heard(sockets).values())) == {str([changed(room)])}  # that the meeting moved on, all know
    # Somebody of the circle comes and goes: outside nothing is heard of it.
    post(screens, room.cast.psyk, in_room(room, "har"))
    post(screens, room.cast.psyk, in_room(room, "har"), leaving="1")
    told, nothing = [changed(room, "presence")] * 2, list[dict[str, Any]]()
    assert heard(sockets) == {"soc": told, "psyk": told, "fk": nothing, "coordinator": nothing}
    # Somebody outside comes: that is no secret to anybody.
    post(screens, room.cast.fk, in_room(room, "har"))
    assert all(messages == [changed(room, "presence")] for messages in heard(sockets).values())


def test_a_guest_hears_that_the_meeting_moves_and_nothing_of_the_others_notes(screens: Screens, room: Room) -> None:
    guest = make_member(room.cast.outsider.agency, "guest", None)
    own = make_item(room.meeting, "Flyktvägen")
    ItemGuest.objects.create(item=own, membership=guest)
    listens = screens.live(guest, topic(room))
    first = room.meeting.current_item
    assert first is not None
    post(screens, room.cast.soc, f"/moten/punkt/{first.pk}/anteckning/", text="x", base_version=0)
    post(screens, room.cast.psyk, in_room(room, "har"))
    assert listens.all() == []
    post(screens, room.cast.soc, in_room(room, "punkt"), leaving=first.pk, to=own.pk)
    post(screens, room.cast.soc, f"/moten/punkt/{own.pk}/anteckning/", text="x", base_version=0)
    assert listens.all() == [changed(room), changed(room, "note")]


def test_a_heartbeat_is_heard_only_when_somebody_came_or_went(screens: Screens, room: Room) -> None:
    soc = screens.live(room.cast.soc, topic(room))
    for _ in range(3):
        post(screens, room.cast.fk, in_room(room, "har"))
    assert soc.all() == [changed(room, "presence")]
    # A browser that died says nothing; the next word of another finds that its time has run out.
    post(screens, room.cast.psyk, in_room(room, "har"))
    rows = Attendance.objects.filter(meeting=room.meeting, member=room.cast.fk)
    seen = rows.get().seen_at
    assert seen is not None
    rows.update(seen_at=seen.replace(year=seen.year - 1))
    for _ in range(2):
        post(screens, room.cast.psyk, in_room(room, "har"))
    assert soc.all() == [changed(room, "presence")] * 2


def test_a_screen_that_followed_the_hints_shows_what_a_fresh_one_does(screens: Screens, room: Room) -> None:
    """fk's screen fetches only the regions that each hint names, as regions.js does."""
    cast, meeting = room.cast, room.meeting
    fk, follower = screens.visitor(cast.fk), screens.live(cast.fk, topic(room))
    parts = {
        "huvud": "head",
        "dagordning": "agenda",
        "lage": "head",
        "anteckning": "note pen",
        "jamstalldhet": "outcomes",
        "utfall": "outcomes",
        "arende": "case",
        "har": "presence",
    }
    assert set(parts) == set(PIECES)

    def fetch(name: str) -> str:
        return cleaned(fk.get(f"{in_room(room, 'bit')}{name}/").text)

    shown = {name: fetch(name) for name in PIECES}
    items = list(meeting.items.all())
    first, note = items[0].pk, "/moten/punkt/{}/anteckning/"
    gender = next(item.pk for item in items if item.kind == ItemKind.GENDER_EQUALITY)
    acts: list[tuple[Hat, str, dict[str, Any]]] = [
        (cast.psyk, in_room(room, "har"), {}),
        (cast.soc, note.format(first), {"text": "Vi började", "base_version": 0}),
        (cast.soc, in_room(room, "mer-tid"), {"leaving": first}),
        (cast.psyk, in_room(room, "pennan"), {}),
        (cast.soc, note.format(first), {"text": "Sent skrivet", "base_version": 0}),
        (cast.psyk, in_room(room, "punkt"), {"leaving": first, "to": gender}),
        (cast.psyk, f"/moten/punkt/{gender}/jamstalldhet/", {"g-answer": "decision", "g-text": "Fler pappor"}),
        (cast.psyk, in_room(room, "har"), {"leaving": "1"}),
        (cast.psyk, in_room(room, "avsluta"), {}),
        (cast.soc, in_room(room, "oppna-igen"), {}),
    ]
    for by, path, data in acts:
        assert post(screens, by, path, **data) in {204, 302}, path
        for hint in follower.all(0.3):
            words = set(hint.get("part", "").split())
            for name in PIECES:
                if not words or words & set(parts[name].split()):
                    shown[name] = fetch(name)
        assert shown == {name: fetch(name) for name in PIECES}, path


def test_two_who_press_next_at_the_same_moment_move_the_meeting_once(screens: Screens, room: Room) -> None:
    meeting = room.meeting
    items = list(meeting.items.all())
    for leaving, after in pairwise(items):
        go_to(meeting, leaving)
        ask = [screens.visitor(hat) for hat in (room.cast.soc, room.cast.psyk, room.cast.coordinator)]
        at_once(*[partial(one.post, in_room(room, "punkt"), {"leaving": leaving.pk}) for one in ask])
        assert Meeting.objects.get(pk=meeting.pk).current_item == after
