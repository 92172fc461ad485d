"""A caseworker has the meetings in their own calendar: an address made by keyboard, read by a program, moved by the
chair, followed back in, and taken away. An outsider gets nothing."""

import re
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from meetings.calendar.actions.keeping import keep_lately
from tests.cast import Cast
from tests.ical.readers import recurring
from tests.journeys.conftest import NewPerson
from tests.meetings.calling import call
from tests.meetings.cast import Room, in_days, make_room

NOTHING_ELSE = {"Möte i Samverkansrum"}


def ask(url: str, etag: str = "") -> tuple[int, str, bytes]:
    """What a calendar program gets: the status, the ETag and the file."""
    request = urllib.request.Request(url, headers={"If-None-Match": etag} if etag else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers["ETag"], answer.read()
    except urllib.error.HTTPError as error:
        return error.code, "", error.read()


def tab_to(page: Page, name: str) -> None:
    """Go to a control with the keyboard alone."""
    for _ in range(60):
        page.keyboard.press("Tab")
        said = page.evaluate(
            "() => { const at = document.activeElement; "
            "return (at.getAttribute('aria-label') || at.labels?.[0]?.innerText || at.innerText || '').trim() }"
        )
        if said == name:
            return
    raise AssertionError(f"Tab never reached «{name}»")


def make_address(page: Page, name: str) -> str:
    """By keyboard only; the address as the page shows it, once."""
    tab_to(page, "Var ska kalendern läsas?")
    page.keyboard.type(name)
    tab_to(page, "Gör en adress")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Här är adressen.")).to_be_visible()
    return page.get_by_label("Adressen", exact=True).input_value()


def local(page: Page, address: str) -> str:
    """The same path at the server of the test."""
    return re.sub(r"^https?://[^/]+", re.match(r"https?://[^/]+", page.url)[0], address)  # type: ignore[index]


@pytest.fixture
def room(people: Cast, in_thread: Callable[..., Any]) -> Room:
    def made() -> Room:
        room = make_room(people)
        call(room)
        keep_lately()
        return room

    found: Room = in_thread(made)
    return found


def test_meetings_come_into_ones_own_calendar_and_reveal_nothing(
    people: Cast, room: Room, person: NewPerson, in_thread: Callable[..., Any]
) -> None:
    mine, chair, outsider = person(people.fk), person(people.soc), person(people.outsider)
    page = mine.open("/kalender/")
    feed = local(page, make_address(page, "Outlook på jobbet"))
    status, etag, file = ask(feed)
    [found] = recurring(file, in_days(0).date(), in_days(40).date())
    assert status == 200 and found.summary in NOTHING_ELSE and not found.location
    assert found.start == timezone.localtime(room.meeting.starts_at).replace(tzinfo=None)
    assert ask(feed, etag)[0] == 304
    for word in ("Samverkansgruppen", "Rum Älven", "Försäkringskassan", "Socialtjänsten", "ATTENDEE", "ORGANIZER"):
        assert word.encode() not in file

    moving = chair.open(f"/moten/{room.meeting.pk}/tid/")
    moving.get_by_label("Börjar").fill("14.30")
    moving.get_by_label("Slutar").fill("16.00")
    moving.get_by_role("button", name="Spara", exact=True).click()
    moving.wait_for_url(f"**/moten/{room.meeting.pk}/**")
    in_thread(keep_lately)
    status, newer, file = ask(feed, etag)
    [found] = recurring(file, in_days(0).date(), in_days(40).date())
    assert (status, found.start.hour, found.start.minute) == (200, 14, 30) and newer != etag

    link = re.search(r"/kalender/[0-9a-f-]{36}/", file.decode().replace("\r\n ", ""))
    assert link is not None
    page.goto(local(page, page.url.split("/kalender/")[0] + link[0]))
    expect(page).to_have_url(re.compile(rf"/moten/{room.meeting.pk}/$"))

    stranger = outsider.open("/kalender/")
    expect(stranger.get_by_role("heading", name="Kalender", exact=True)).to_be_visible()
    answer = stranger.goto(stranger.url.split("/kalender/")[0] + link[0])
    assert answer is not None and answer.status == 404
    theirs = outsider.open("/kalender/")
    assert b"BEGIN:VEVENT" not in ask(local(theirs, make_address(theirs, "Min")))[2]

    page = mine.open("/kalender/")
    tab_to(page, "Ta bort adressen Outlook på jobbet")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Ta bort adressen Outlook på jobbet")).to_have_count(0)
    assert ask(feed)[0] == 404 and ask(feed, newer)[0] == 404
