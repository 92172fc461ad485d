"""Numbers that no database holds, in every address and field that takes one: a kind answer, never a failure."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from meetings.states import MeetingState
from tests.addresses import addresses
from tests.meetings.cast import Room, put_in
from workspace.rules import Hat

HUGE = "9" * 25
KEY = re.compile(r"<int:\w+>")
FIELDS = (
    "item",
    "after",
    "punkt",
    "leaving",
    "to",
    "who",
    "seat",
    "seats",
    "member",
    "meeting",
    "adjusters",
    "recipients",
)
NUMBERS = ("base_version", "waiting", "minutes", "version", "quorum", "sett", "visar", "deltagare", "dag", "page")


def paths(room: Room) -> list[str]:
    """Every address of the product with a number in it, each number in turn made too large."""
    found = []
    for _, route, keys in addresses():
        if not keys or "str:" in route:
            continue
        own = str(room.group.pk if "grupp" in route else room.meeting.pk)
        for at in range(len(KEY.findall(route))):
            numbers = iter(HUGE if at == number else own for number in range(9))
            path = KEY.sub(lambda _, numbers=numbers: next(numbers), route)  # type: ignore[misc]
            found.append("/" + path.replace("<slug:piece>", "huvud").replace("<slug:form>", "csv"))
    return found


@pytest.mark.embedded
def test_no_number_in_an_address_makes_the_server_fail(room: Room, as_hat: Callable[[Hat], Client]) -> None:
    for hat in (room.cast.soc, room.cast.coordinator):
        client = as_hat(hat)
        client.raise_request_exception = False
        failed = [path for path in paths(room) for ask in (client.get, client.post) if ask(path).status_code >= 500]
        assert failed == [], hat


@pytest.mark.embedded
def test_no_number_in_a_form_makes_the_server_fail(room: Room, as_hat: Callable[[Hat], Client]) -> None:
    put_in(room.meeting, MeetingState.IN_PROGRESS)
    client = as_hat(room.cast.soc)
    client.raise_request_exception = False
    failed, asked = [], 0
    for _, route, keys in addresses():
        path = "/" + route.replace("<int:pk>", str(room.group.pk if "grupp" in route else room.meeting.pk))
        if keys != ["pk"] or not path.startswith("/moten/") or "<" in path:
            continue
        asked += 1
        values = dict.fromkeys((*FIELDS, *NUMBERS), HUGE)
        failed += [path for ask in (client.get, client.post) if ask(path, values).status_code >= 500]
    assert failed == [] and asked > 40
