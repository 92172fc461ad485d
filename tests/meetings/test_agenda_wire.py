"""The agenda and what came of it through real sockets: every page follows, and of a case only its circle's."""

from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from meetings.models import ActionItem, ItemGuest, Proposal, TableText
from meetings.states import ItemKind, MeetingState
from tests.cast import SECRET_TEXT, Cast, make_member
from tests.daphne import Daphne, server_environment
from tests.meetings.cast import Room, make_item, make_room, put_in
from tests.meetings.rooms import circle_of
from tests.wire import Room as Screens
from tests.wire import Socket
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]


@pytest.fixture(scope="module")
def server(django_db_setup: Path | None) -> Generator[Daphne]:
    with Daphne(server_environment()) as process:
        yield process
        assert process.is_running()


@pytest.fixture
def room(cast: Cast) -> Room:
    return make_room(cast)


@pytest.fixture
def screens(server: Daphne, cast: Cast, room: Room) -> Generator[Screens]:
    with ExitStack() as stack:
        made = Screens(server, cast, stack)
        yield made
        assert made.outsiders_heard_nothing(), "somebody without a part in it got a message"


def changed(room: Room, part: str) -> dict[str, Any]:
    return {"type": "changed", "topic": f"meeting:{room.meeting.pk}", "part": part}


def everybody(screens: Screens, room: Room, *others: Hat) -> dict[str, Socket]:
    cast = room.cast
    hats: dict[str, Hat] = {"soc": cast.soc, "psyk": cast.psyk, "fk": cast.fk, "coordinator": cast.coordinator}
    hats |= {f"other {at}": hat for at, hat in enumerate(others)}
    return {name: screens.live(hat, f"meeting:{room.meeting.pk}") for name, hat in hats.items()}


def heard(sockets: dict[str, Socket]) -> dict[str, list[dict[str, Any]]]:
    return {name: socket.all(0.3) for name, socket in sockets.items()}


def test_each_act_on_the_agenda_refreshes_its_regions_on_every_page(screens: Screens, room: Room) -> None:
    guest = make_member(room.cast.outsider.agency, "guest", None)
    item = make_item(room.meeting)
    ItemGuest.objects.create(item=item, membership=guest)
    Proposal.objects.create(group=room.group, title="x", member=room.cast.soc)
    later = [Proposal.objects.create(group=room.group, title=title, member=room.cast.soc) for title in "yz"]
    sockets, base = everybody(screens, room, guest), f"/moten/{room.meeting.pk}"
    form = {"title": "Nytt", "section": "matters", "purpose": "decision", "minutes": "5", "presenter": ""}
    acts: list[tuple[str, dict[str, Any]]] = [
        (f"{base}/dagordning/ny/", form),
        (f"{base}/punkt/{item.pk}/andra/", form),
        (f"{base}/punkt/{item.pk}/flytta/", {"vart": "upp"}),
        (f"{base}/forslag/{Proposal.objects.get(title='x').pk}/ta-upp/", {}),
        (f"/moten/grupp/{room.group.pk}/forslag/ny/", {"title": "w", "purpose": "decision", "minutes": "5"}),
        (f"/moten/forslag/{later[0].pk}/flytta/", {"vart": "ner"}),
        (f"/moten/forslag/{later[0].pk}/sla-ihop/", {"into": later[1].pk}),
        (f"{base}/dagordning/jamstalldhet/", {}),
        (f"{base}/punkt/{item.pk}/ta-bort/", {}),
    ]
    for path, data in acts:
        if path.endswith("jamstalldhet/"):
            room.meeting.items.filter(kind=ItemKind.GENDER_EQUALITY).delete()
        assert screens.visitor(room.cast.soc).post(path, data).status == 302, path
        for name, messages in heard(sockets).items():
            assert messages == [changed(room, "agenda")], (path, name)


def test_what_comes_of_a_case_is_heard_by_its_circle_alone(screens: Screens, room: Room) -> None:
    put_in(room.meeting, MeetingState.IN_PROGRESS)
    item = make_item(room.meeting, SECRET_TEXT, ItemKind.CASE)
    case = circle_of(room, item, room.soc_seat, room.psyk_seat)
    said = TableText.objects.create(case=case, agency=room.cast.psyk.agency, member=room.cast.psyk, text=SECRET_TEXT)
    made = ActionItem.objects.create(
        item=item,
        author=room.cast.psyk.agency,
        agency=room.cast.psyk.agency,
        text=SECRET_TEXT,
        due_on=timezone.localdate(),
        said=said,
    )
    sockets = everybody(screens, room)
    assert screens.visitor(room.cast.psyk).post(f"/moten/uppgifter/{made.pk}/klar/", {}).status == 302
    told = [changed(room, "outcomes")]
    assert heard(sockets) == {"soc": told, "psyk": told, "fk": [], "coordinator": []}
    # Of an ordinary item everybody hears.
    plain = make_item(room.meeting)
    path = f"/moten/{room.meeting.pk}/punkt/{plain.pk}/beslut/"
    assert screens.visitor(room.cast.fk).post(path, {"text": "Ja."}).status == 302
    assert all(messages == told for messages in heard(sockets).values())
