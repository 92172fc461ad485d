"""What the journey of the steering group does before the meeting: proposals, and the agenda that is sent."""

import re
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests.journeys.browsers import WITHIN, Person, choose, took, watch
from tests.journeys.conftest import Measure
from tests.journeys.steering_stage import DONE, LATE, MISSED, OLD_DECISION, Round
from tests.journeys.test_talk_journey import follow, press
from workspace.swedish import say_date

SOON = 2 * WITHIN  # in the room, where three screens fetch at once on a shared machine; its own promise is `make bench`
PLACE, ROOM, PARTY = "Gemensam lokal för samtal", "Ett rum där det inte hörs ut", "En julfest för alla"
WHY, WANTED = "Samtalen hålls i en korridor.", "Socialtjänsten hyr en lokal i Öjebyn från mars."
LINK, RETURNED = "https://example.org/lokaler", "Det är inget styrgruppen beslutar om."


@dataclass
class Table:
    """Who sits there, each with one open page."""

    round: Round
    lead: Person
    soc: Person
    steers: Person
    chair: Page
    manager: Page
    member: Page
    measured: Measure

    def at(self, more: str = "") -> str:
        return f"/moten/{self.round.meeting.pk}/{more}"

    @property
    def group(self) -> str:
        return f"/moten/grupp/{self.round.group.pk}"

    def seen(
        self, page: Page, word: str, what: str, *, by: Person | None = None, within: int = SOON, where: str = "body"
    ) -> None:
        """It is on an open page soon, without a reload."""
        expect(page.locator(where)).to_contain_text(word)
        self.measured(what, took(page, word, (by or self.lead).acted_at()), within=within)

    def without_persons(self, *pages: Page) -> None:
        for page in pages:
            content = page.content()
            assert not [name for name in self.round.names if name in content], page.url


def main(page: Page) -> Locator:
    return page.locator("main")


def coming(days: int) -> str:
    return say_date(timezone.localdate() + timedelta(days=days))


# ---------- proposals ----------
def propose(person: Person, page: Page, group: str, title: str, link: str = "", wanted: str = "") -> None:
    person.go(page, f"{group}/forslag/ny/")
    page.get_by_label("Rubrik").fill(title)
    page.get_by_label("Varför?").fill(WHY)
    page.get_by_label("Vilket beslut vill du ha?").fill(wanted)
    page.get_by_label("Länk till underlag").fill(link)
    press(page, "Föreslå punkten")


def propose_all(table: Table) -> None:
    """A link that is none is said at its field, and nothing typed is lost."""
    propose(table.soc, table.manager, table.group, PLACE, "gopher://lokaler", WANTED)
    field = table.manager.get_by_label("Länk till underlag")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(table.manager.get_by_label("Vilket beslut vill du ha?")).to_have_value(WANTED)
    field.fill(LINK)
    press(table.manager, "Föreslå punkten")
    expect(main(table.manager)).to_contain_text("Förslaget väntar på den som ordnar mötet.")
    propose(table.soc, table.manager, table.group, ROOM)
    propose(table.steers, table.member, table.group, PARTY)
    expect(main(table.member)).to_contain_text(PARTY)
    expect(main(table.member)).not_to_contain_text(PLACE)  # others' are read by whoever arranges


def answer_proposals(table: Table) -> None:
    """The chair orders them, merges two, hands one back with a reason, and puts one on the agenda."""
    page = table.chair
    table.lead.go(page, f"{table.group}/forslag/")
    waiting = page.locator("ol.proposals > li")
    expect(waiting).to_have_count(3)
    expect(waiting.nth(0)).to_contain_text(LINK)
    page.get_by_role("button", name=f"Flytta upp {ROOM}").click()
    expect(waiting.nth(0).locator("h2")).to_have_text(ROOM)
    waiting.nth(0).get_by_role("link", name="Slå ihop").click()
    choose(page.get_by_label("Vilket förslag ska vara kvar?"), PLACE)
    press(page, "Slå ihop")
    expect(waiting).to_have_count(2)
    expect(page.locator(".merged")).to_contain_text(ROOM)
    party = waiting.filter(has_text=PARTY)
    party.locator("summary").click()
    press(page, "Lämna tillbaka")
    expect(main(page).locator(".ds-error-summary")).to_be_visible()
    page.locator("ol.proposals > li").filter(has_text=PARTY).locator("[name=reason]").fill(RETURNED)
    press(page, "Lämna tillbaka")
    expect(main(page)).to_contain_text("Förslaget är tillbaka hos den som föreslog.")
    page.get_by_role("button", name=re.compile(f"^Ta upp {PLACE}")).click()
    expect(page.locator("#dagordning")).to_contain_text(PLACE)
    table.steers.go(table.member, f"{table.group}/forslag/")
    expect(main(table.member)).to_contain_text(f"Lämnad tillbaka: {RETURNED}")


# ---------- what prepared itself ----------
def read_prepared(table: Table, items: dict[str, str]) -> None:
    """Nobody has collected anything, and it is there: for the chair as for who steers."""
    for person, page in ((table.lead, table.chair), (table.steers, table.member)):
        person.go(page, "/")
        follow(page, "Läs underlaget")
        part = {title: page.locator("section.sheet", has=page.locator(f"h2:has-text('{title}')")) for title in items}
        for title, words in items.items():
            for word in words.split(" | "):
                expect(part[title], title).to_contain_text(word)
        table.without_persons(page)
    expect(table.member.locator("#klar")).to_have_count(0)  # who doesn't arrange sends nothing


def prepared_words(stage: Round) -> dict[str, str]:
    """The 223 discharges as the frozen month has them, and what else was in the database."""
    missed = stage.members[MISSED].agency.name
    return {
        "Uppgifter sedan sist": f"En klar, en sen. | {DONE} | {LATE}",
        "Beslut att följa upp": f"{OLD_DECISION} | Klart senast {coming(12)}",
        "Mål och väntetider": "208 av 223 | 85 av 100 | 199 av 223 | Försäkringskassan Norrbotten | färre än 5",
        "Oklart ansvar": "Två remisser har oklart ansvar | 9",
        "Representation": f"{missed} | 1 av 1 | LSS-handläggningen Piteå",
        PLACE: f"{WANTED} | {LINK} | {ROOM}",
    }


def send_agenda(table: Table) -> None:
    """«Klar att skicka?» has nothing left; when it is sent, another's open page says so, and a seat is asked."""
    table.steers.go(table.member, table.at())
    expect(table.member.locator("#huvud")).to_contain_text("Planerat")
    watch(table.steers.live(table.member), "Kallat")
    table.lead.go(table.chair, table.at("underlag/"))
    sending = table.chair.locator("section", has=table.chair.locator("#klar"))
    expect(sending.get_by_role("img", name="Återstår")).to_have_count(0)
    expect(sending).to_contain_text("Inget förslag väntar på svar")
    press(table.chair, "Skicka dagordningen")
    expect(main(table.chair)).to_contain_text("Dagordningen är skickad.")
    table.seen(table.member, "Kallat", "the agenda is sent: the page of who steers says so", within=WITHIN)
    table.soc.go(table.manager, table.at())
    press(table.manager, "Jag kommer")
    expect(main(table.manager)).to_contain_text("Ditt svar är sparat: du kommer.")
