"""Numbers that no database holds, in every address of the conversations and the participant's page."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from tests.addresses import OF_AGREEMENT_VERSION, OF_HELP, OF_OWN, OF_OWN_WAY, OF_PARTY, OF_PERSON, OF_TALKS, addresses
from tests.cast import Cast
from tests.meetings.talk_world import TalkWorld, make_talk_world
from tests.meetings.talks import make_phone
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
KEY = re.compile(r"<int:\w+>")
HUGE = (2**31, 10**25)  # past a column's and past any number's
ROUTES = {name: route for name, route, _ in addresses()}


@pytest.fixture
def world(cast: Cast) -> TalkWorld:
    return make_talk_world(cast)


def paths(world: TalkWorld, names: set[str]) -> list[str]:
    """Each address with each of its numbers in turn made too large."""
    found = []
    for name in sorted(names):
        route = ROUTES[name].replace("<str:piece>", "huvud")
        own = [world.cast.person.pk] if name in OF_PERSON else world.keys(name)
        for at in range(len(KEY.findall(route))):
            for huge in HUGE:
                numbers = iter([str(huge if at == place else key) for place, key in enumerate(own)])
                found.append("/" + KEY.sub(lambda _, numbers=numbers: next(numbers), route))  # type: ignore[misc]
    return found


def test_no_number_in_an_address_makes_the_server_fail(world: TalkWorld, as_hat: Callable[[Hat], Client]) -> None:
    asked = paths(world, OF_TALKS | OF_HELP | OF_PERSON)
    assert len(asked) > len(HUGE) * (len(OF_TALKS | OF_HELP | OF_PERSON) + len(OF_PARTY | OF_AGREEMENT_VERSION) - 1)
    for hat in (world.cast.soc, world.cast.soc_manager):
        client = as_hat(hat)
        client.raise_request_exception = False
        got = {(path, ask(path).status_code) for path in asked for ask in (client.get, client.post)}
        assert {status for _, status in got} <= {404, 405}, [one for one in got if one[1] not in {404, 405}]


def test_no_number_in_an_address_makes_the_participants_page_fail(world: TalkWorld) -> None:
    client = make_phone(world.cast).client
    client.raise_request_exception = False
    for path in paths(world, OF_OWN - OF_OWN_WAY):
        for got in (client.get(path), client.post(path, {"text": "x", "version": "0", "answer": "coming"})):
            assert got.status_code == 404, (path, got.status_code)
            assert "Till din sida" in got.content.decode()


LISTS = ["/samtal/?page={}", "/samtal/?visa=tidigare&page={}", "/samtal/?visa={}", "/moten/uppgifter/?vilka={}"]
LISTS += [
    "/hjalp/?page={}",
    "/min-sida/?sagt={}",
    "/min-sida/hjalp/?val={}",
    "/min-sida/lank/{}/",
    "/enhet/utanfor/?x={}",
]
OF_TALK = ["/samtal/{talk}/part/ny/?slag={}", "/samtal/{talk}/tider/svar/?part={}", "/samtal/{talk}/kalla/?tid={}"]
OF_TALK += ["/samtal/{talk}/bit/{}/", "/samtal/{talk}/overenskommelse/bit/?version={}"]
OF_TALK += ["/samtal/{talk}/overenskommelse/{}/", "/deltagare/{person}/samtal/nytt/?onskan={}"]
OF_TALK += ["/deltagare/{person}/visa/?page={}"]


@pytest.mark.parametrize("value", ["9" * 25, "-1", "%00", "%C2%B2", "%D9%A1", "x" * 3000, "1e9", "0"])
def test_nothing_written_after_an_address_makes_the_server_fail(
    world: TalkWorld, as_hat: Callable[[Hat], Client], value: str
) -> None:
    keys = {"talk": world.called.conversation.pk, "person": world.cast.person.pk}
    for client in (as_hat(world.cast.soc), as_hat(world.cast.soc_manager), make_phone(world.cast).client):
        client.raise_request_exception = False
        failed = [path for path in (*LISTS, *OF_TALK) if client.get(path.format(value, **keys)).status_code >= 500]
        assert failed == []
