"""The live room in browsers: notes grow, the network is cut, the pen changes hands, every screen follows."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from meetings.models import AgendaItem, NoteVersion
from tests.cast import Cast
from tests.journeys.browsers import Person
from tests.journeys.conftest import NewPerson
from tests.meetings.cast import Room, make_room
from tests.meetings.rooms import running


@pytest.fixture
def room(people: Cast, in_thread: Callable[..., Any]) -> Room:
    def make() -> Room:
        made = make_room(people)
        running(made)
        return made

    found: Room = in_thread(make)
    return found


def enter(someone: Person, room: Room) -> Page:
    page = someone.context.new_page()
    page.goto(f"{someone.server.url}/moten/{room.meeting.pk}/rum/")
    return someone.live(page)


def note_of(page: Page) -> Any:
    return page.locator("#rum-anteckning textarea")


def status_of(page: Page) -> Any:
    return page.locator("[data-note-status]")


def test_every_screen_follows_and_the_note_grows_while_it_is_written(
    people: Cast, person: NewPerson, room: Room
) -> None:
    soc, fk = person(people.soc), person(people.fk)
    ours, theirs = enter(soc, room), enter(fk, room)
    expect(ours.locator("#rum-har")).to_contain_text("2 av 3 myndigheter")
    note_of(ours).press_sequentially("Fem platser i vår")
    expect(status_of(ours)).to_contain_text("Sparad")
    expect(theirs.locator("#rum-anteckning .doc")).to_have_text("Fem platser i vår")
    note_of(ours).press("Control+s")
    note_of(ours).press_sequentially(", från mars")
    expect(theirs.locator("#rum-anteckning .doc")).to_have_text("Fem platser i vår, från mars")
    expect(ours.locator("#wire")).not_to_contain_text("sidan har ändrats")  # one's own saves are no news to oneself
    ours.get_by_role("button", name="Nästa punkt").click()
    expect(theirs.locator("h1")).to_contain_text("2. ")
    expect(theirs.locator("#rum-anteckning .doc")).to_contain_text("Inget är antecknat än")
    expect(theirs.locator(".mini .now")).to_have_count(1)
    ours.close()
    expect(theirs.locator("#rum-har")).to_contain_text("1 av 3 myndigheter")


def test_two_tabs_with_the_network_cut_lose_no_word(people: Cast, person: NewPerson, room: Room) -> None:
    soc = person(people.soc, quiet=False)
    one, two = enter(soc, room), enter(soc, room)
    soc.context.set_offline(True)
    note_of(one).fill("Skrivet i ena fliken")
    note_of(two).fill("Skrivet i andra fliken")
    for page in (one, two):
        expect(status_of(page)).to_have_text("Inte sparat än. Texten finns kvar här.")
    soc.context.set_offline(False)
    merged = one if "Slå ihop" in _settled(one) else two
    other = two if merged is one else one
    expect(status_of(merged)).to_contain_text("Någon annan hann före. Din text är sparad bredvid.")
    expect(status_of(other)).to_contain_text("Sparad")
    note_of(merged).press_sequentially(" och mer")
    expect(note_of(merged)).to_have_value(f"{'Skrivet i ena' if merged is one else 'Skrivet i andra'} fliken och mer")
    merged.wait_for_timeout(1800)
    merged.get_by_role("link", name="Slå ihop").first.click()
    both = merged.get_by_label("Så här blir det")
    for words in ("Skrivet i ena fliken", "Skrivet i andra fliken", "och mer"):
        assert words in both.input_value()
    merged.get_by_role("button", name="Spara det här").click()
    expect(merged.locator("h1")).to_contain_text("1. ")
    assert "och mer" in AgendaItem.objects.get(pk=room.meeting.current_item_id).note
    assert not NoteVersion.objects.filter(version=None, merged_at=None).exists()


def _settled(page: Page) -> str:
    expect(status_of(page)).not_to_contain_text("Inte sparat än", timeout=15_000)
    return str(status_of(page).inner_text())


def test_the_pen_is_taken_while_the_other_types_and_both_texts_are_kept(
    people: Cast, person: NewPerson, room: Room
) -> None:
    soc, fk = person(people.soc), person(people.fk)
    ours, theirs = enter(soc, room), enter(fk, room)
    note_of(ours).press_sequentially("Början")
    expect(status_of(ours)).to_contain_text("Sparad")
    theirs.get_by_role("button", name="Ta över pennan").click()
    expect(note_of(theirs)).to_have_value("Början")
    note_of(ours).press_sequentially(" och det jag skrev just då")
    expect(ours.locator("#wire")).to_contain_text("sidan har ändrats")
    expect(theirs.locator("#rum-anteckning")).to_contain_text("Socs text från")
    ours.locator("#wire").get_by_role("button", name="Visa").click()
    expect(ours.locator("#rum-anteckning")).to_contain_text("Din text från")
