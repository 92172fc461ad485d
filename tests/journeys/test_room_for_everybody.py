"""A meeting for everybody: axe while its room changes, what is done by keyboard alone, and by dragging."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Locator, Page, expect

from meetings.models import AgendaItem, Attendance
from tests.cast import SECRET_TEXT, Cast
from tests.journeys.browsers import Person
from tests.journeys.conftest import NewPerson
from tests.journeys.test_accessibility import AXE, FOCUSED, tab_to, use
from tests.meetings import cases, rooms
from tests.meetings.cast import Room, make_item, make_room

OUTSIDE = "Ett ärende som din myndighet inte är med på"


@pytest.fixture
def room(people: Cast, in_thread: Callable[..., Any]) -> Room:
    """A meeting ahead whose agenda has a case of soc's and psyk's after the standing items, and one item more."""

    def make() -> Room:
        made = make_room(people)
        cases.meeting_consent(people)
        cases.put(made)
        make_item(made.meeting)
        return made

    found: Room = in_thread(make)
    return found


def open_room(someone: Person, room: Room) -> Page:
    return someone.live(someone.open(f"/moten/{room.meeting.pk}/rum/"))


def order(room: Room) -> list[str]:
    return list(AgendaItem.objects.filter(meeting=room.meeting).values_list("title", flat=True))


# ---------- axe while the room changes ----------
@dataclass
class Looked:
    """Pages that stay open while the room changes under them, and what axe has found on them."""

    pages: dict[str, Page]
    faults: list[str]

    def look(self, when: str) -> None:
        for name, page in self.pages.items():
            page.evaluate(AXE_SCRIPT)
            self.faults += [f"{when}, {name}: {fault}" for fault in page.evaluate(AXE, {})]


def test_axe_finds_nothing_in_the_room_while_it_changes(
    people: Cast, in_thread: Callable[..., Any], person: NewPerson, room: Room
) -> None:
    in_thread(rooms.running, room)
    soc, psyk, fk = (person(hat, reduced_motion="reduce") for hat in (people.soc, people.psyk, people.fk))
    chair, fund = open_room(soc, room), open_room(fk, room)
    looked = Looked({"outside": fund}, [])
    looked.look("at the first item")
    chair.locator("#rum-anteckning textarea").press_sequentially("Fem platser i vår")
    expect(fund.locator("#rum-anteckning .doc")).to_have_text("Fem platser i vår")
    looked.look("the note has grown")
    looked.pages["in the circle"] = open_room(psyk, room)
    expect(fund.locator("#rum-har")).to_contain_text("3 av 3 myndigheter")
    looked.look("somebody has joined")
    for number in (2, 3):
        chair.get_by_role("button", name="Nästa punkt").click()
        expect(fund.locator("h1")).to_contain_text(f"{number}. ")
        expect(fund.locator(".mini .now")).to_have_count(1)
        looked.look(f"at item {number}")
    chair.get_by_role("button", name="Nästa punkt").click()
    expect(fund.locator("#rum-lage")).to_contain_text(OUTSIDE)
    expect(looked.pages["in the circle"].locator("#rum-arende")).to_contain_text(SECRET_TEXT)
    expect(looked.pages["in the circle"].locator("h1")).to_contain_text("4. ")
    looked.pages["its chair"] = chair
    looked.look("a case has begun")
    assert not looked.faults, "\n".join(looked.faults)


# ---------- by keyboard ----------
def focus_is_on(page: Page, name: str) -> None:
    """Focus has not been lost to the page itself, and the eye can follow it."""
    expect(page.locator(":focus")).to_have_attribute("aria-label", name)
    at = page.evaluate(FOCUSED)
    assert at["tag"] != "BODY" and at["ring"], at


def test_an_agenda_is_ordered_a_call_answered_and_a_meeting_led_by_keyboard_alone(
    people: Cast, person: NewPerson, room: Room
) -> None:
    soc, fk = person(people.soc), person(people.fk)
    page = soc.open(f"/moten/{room.meeting.pk}/")
    up = "Flytta upp Praktikplatser i vår"
    use(page, up)
    focus_is_on(page, up)
    with page.expect_navigation():
        page.keyboard.press("Enter")  # again, without looking for it
    focus_is_on(page, up)
    use(page, "Skicka dagordningen")

    theirs = fk.open(f"/moten/{room.meeting.pk}/")
    use(theirs, "Jag kommer")
    expect(theirs.get_by_text("Ditt svar är sparat: du kommer.")).to_be_visible()
    assert Attendance.objects.get(meeting=room.meeting, member=people.fk).answer == "coming"

    soc.go(page, f"/moten/{room.meeting.pk}/rum/")
    use(page, "Börja mötet")
    expect(page.locator("h1")).to_contain_text("1. ")
    use(page, "Nästa punkt")
    expect(page.locator("h1")).to_contain_text("2. ")


def test_focus_stays_where_it_is_when_the_meeting_moves_on(
    people: Cast, in_thread: Callable[..., Any], person: NewPerson, room: Room
) -> None:
    in_thread(rooms.running, room)
    chair, fund = open_room(person(people.soc), room), open_room(person(people.fk), room)
    tab_to(fund, "Ta över pennan")
    chair.get_by_role("button", name="Nästa punkt").click()
    expect(fund.locator("#rum-dagordning [aria-current=step]")).to_contain_text("2")
    expect(fund.locator(":focus")).to_have_text("Ta över pennan")
    expect(fund.locator("#wire")).to_contain_text("sidan har ändrats")


# ---------- by dragging ----------
def drag(page: Page, row: Locator, onto: Locator) -> None:
    """Take a row by its grip to the upper edge of another, and let go when it lies there."""
    source, target = row.locator(".grip").bounding_box(), onto.bounding_box()
    assert source and target
    x, y = source["x"] + source["width"] / 2, source["y"] + source["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 8, steps=4)
    expect(row).to_contain_class("dragged")
    for step in range(40):  # the list moves out of the way in its own time
        page.mouse.move(x, target["y"] + 6 + step % 3, steps=5)
        if "dragged" in (onto.get_attribute("class") or ""):
            break
    page.mouse.up()


def test_an_item_that_is_dragged_stays_where_it_was_dropped(people: Cast, person: NewPerson, room: Room) -> None:
    page = person(people.soc).open(f"/moten/{room.meeting.pk}/")
    rows = page.locator("ol.agenda > li")
    before = order(room)
    moved = rows.filter(has_text="Praktikplatser i vår")
    page.set_viewport_size({"width": 1280, "height": 2000})  # the whole agenda
    with page.expect_navigation():
        drag(page, moved, rows.nth(1))
    before.remove("Praktikplatser i vår")
    assert order(room) == [before[0], "Praktikplatser i vår", *before[1:]]
    expect(rows.nth(1)).to_contain_text("Praktikplatser i vår")
