"""State after events equals a fresh fetch, for every kind of notice there is (issue 9.1, B5).

A page loaded before the events and refreshed by its hints shows what a page loaded after them shows.
"""

import re

import pytest
from django.db import transaction
from django.utils.crypto import get_random_string

from notifications.actions import Notice, deliver
from notifications.models import Notification
from notifications.registry import all_kinds
from tests.cast import Cast
from tests.wire import Room, Visitor
from workspace.models import Membership

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]  # hints from this process need Redis

PAGES = ("/", "/handelser/")
TOGETHER = 12  # kinds between two looks
# What is another each time a page is made and says nothing, and the news for the status line, which rides along with
# the bell's fragment alone.
ONE_TIME = re.compile(r'name="(?:csrfmiddlewaretoken|once)" value="[^"]*"|<template data-wire-news.*?</template>', re.S)


def tell(cast: Cast, kind: str, number: int, hat: Membership) -> None:
    """As an act of another agency's would, with nothing behind it: no page about the thing is opened here."""
    notice = Notice(kind, f"R-{number}", number, cast.soc.agency, frozenset({hat.pk}))
    with transaction.atomic():
        deliver([notice])


def regions_of(text: str) -> dict[str, str]:
    """Where each region of a page is fetched, by its id."""
    tags = re.findall(r"<[a-z]+ [^>]*data-live=[^>]*>", text)
    found = {}
    for tag in tags:
        name, address = re.search(r'\bid="([^"]+)"', tag), re.search(r'data-live="([^"]+)"', tag)
        assert name and address, tag
        found[name[1]] = address[1].replace("&amp;", "&")
    return found


def bare(text: str) -> str:
    return re.sub(r"\s+", " ", ONE_TIME.sub("", text)).strip()


def same_as_fresh(visitor: Visitor, path: str, regions: dict[str, str]) -> list[str]:
    """The regions whose fragment is not, word for word, in the page as it is loaded now. Asked again where the clock
    has turned in between."""
    for _ in range(3):
        before = bare(visitor.get(path).text)
        parts = {name: bare(visitor.get(address).text) for name, address in regions.items()}
        after = bare(visitor.get(path).text)
        if before == after:
            return [name for name, part in parts.items() if part not in after]
    raise AssertionError(f"{path} is another each time it is loaded")


def test_a_page_that_followed_the_hints_shows_what_a_fresh_one_shows_for_every_kind(room: Room) -> None:
    psyk, visitor = room.cast.psyk, room.visitor(room.cast.psyk)
    regions = {path: regions_of(visitor.get(path).text) for path in PAGES}
    assert all("bell" in found for found in regions.values()) and len(regions["/"]) > 1
    socket, seen = room.live(psyk), 0
    kinds = sorted(all_kinds())
    for first in range(0, len(kinds), TOGETHER):
        some = kinds[first : first + TOGETHER]
        for number, kind in enumerate(some, start=first + 1):
            tell(room.cast, kind, number, psyk)
        rows = Notification.objects.filter(membership=psyk, seq__gt=seen).order_by("seq")
        assert [row.kind for row in rows] == some
        heard = [socket.next(2) for _ in some]
        assert heard == [{"type": "notification.created", "id": row.pk, "seq": row.seq} for row in rows]
        seen += len(some)
        for path, found in regions.items():
            assert same_as_fresh(visitor, path, found) == [], some
    late = room.keep(visitor.open())
    late.say_seen(0)
    assert [message["seq"] for message in late.until("live")[:-1]] == list(range(1, len(kinds) + 1))


def test_the_test_would_see_a_region_that_is_behind(room: Room) -> None:
    visitor = room.visitor(room.cast.psyk)
    marker = get_random_string(8)
    assert same_as_fresh(visitor, "/", {"bell": "/handelser/klocka/"}) == []
    assert same_as_fresh(visitor, "/", {"other": f"/handelser/?q={marker}"}) == ["other"]
