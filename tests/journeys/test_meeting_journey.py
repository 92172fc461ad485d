"""A whole meeting: called, a deputy instead of one who can't, a case with one agency outside, minutes that are filed.

Four people in three browsers: the chair at social services; at the psychiatry the ordinary member and then, at the same
browser, the deputy; and the Social Insurance Agency, which is outside the case.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from meetings.models import CaseNote, Meeting, TableReader
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast
from tests.journeys.browsers import WITHIN, Person, choose, took, watch, watch_gone
from tests.journeys.conftest import Measure, NewPerson
from tests.meetings.cases import meeting_consent
from tests.meetings.cast import Room, make_room

SOON = 2 * WITHIN  # in the room, where three screens fetch at once on a shared machine; its own promise is `make bench`
OUTSIDE = "Ett ärende som din myndighet inte är med på"
NOTE, DECISION, TASK = "Fem platser blir lediga i mars.", "Vi provar en gemensam blankett.", "Ring praktiksamordnaren"
GENDER = "Lika många kvinnor och män har fått plats."
SAID, CASE_DECISION = "Utsagan om morgnarna", "Plan om promenader"
SECRETS = (SECRET_NAME, "Åström", SECRET_TEXT, SAID, CASE_DECISION)


@pytest.fixture
def room(people: Cast, in_thread: Callable[..., Any]) -> Room:
    """A meeting that is about to begin, and a person who has said yes to that soc and psyk talk at meetings."""

    def make() -> Room:
        made = make_room(people)
        now = timezone.now()
        times = {"starts_at": now + timedelta(minutes=5), "ends_at": now + timedelta(minutes=125)}
        Meeting.objects.filter(pk=made.meeting.pk).update(**times)
        made.meeting.refresh_from_db()
        meeting_consent(people)
        return made

    found: Room = in_thread(make)
    return found


@dataclass
class Table:
    """Who sits where, each with one open page."""

    soc: Person
    psyk: Person
    fk: Person
    chair: Page
    deputy: Page
    fund: Page
    measured: Measure

    def seen(self, page: Page, word: str, by: Person, what: str) -> None:
        """It is on an open page soon, without a reload."""
        expect(page.locator("body")).to_contain_text(word)
        self.measured(what, took(page, word, by.acted_at()), within=SOON)

    def hides(self) -> None:
        """Nothing of the case is on the page of the agency that is outside it."""
        for secret in SECRETS:
            assert secret not in self.fund.content()


# ---------- before ----------
def call(soc: Person, room: Room) -> Page:
    """The chair puts a case on the agenda and sends it."""
    page = soc.open(f"/moten/{room.meeting.pk}/")
    page.get_by_role("link", name="Ta upp ett ärende").click()
    choose(page.get_by_label("Vem gäller det?"), SECRET_NAME)
    page.get_by_label("Vilken dag fick personen veta").fill(timezone.localdate().isoformat())
    page.get_by_label("Vad vill ni tala om?").fill(SECRET_TEXT)
    page.get_by_role("checkbox", name=re.compile("^Vuxenpsykiatrin")).check()
    page.get_by_role("button", name="Ta upp ärendet").click()
    soc.go(page, f"/moten/{room.meeting.pk}/")
    page.get_by_role("button", name="Skicka dagordningen").click()
    expect(page.get_by_text("Dagordningen är skickad.")).to_be_visible()
    return page


def reply(page: Page, answer: str) -> None:
    page.get_by_role("link", name="Svara", exact=False).first.click()
    page.get_by_role("button", name=answer, exact=True).click()
    expect(page.get_by_text("Ditt svar är sparat")).to_be_visible()


def be_missing(chair: Page, soc: Person, psyk: Person, measured: Measure) -> None:
    """The ordinary member can't: the deputy is asked at once, and the chair sees which agency lacks somebody."""
    lacks = "Vuxenpsykiatrin Piteå saknar representant"
    watch(soc.live(chair), lacks)
    reply(psyk.open("/"), "Jag kan inte")
    expect(chair.get_by_role("heading", name=lacks)).to_be_visible()
    measured("«Jag kan inte»: the chair's open page says who is missing", took(chair, lacks, psyk.acted_at()))
    box = chair.locator(".alertbox", has_text=lacks)
    expect(box).to_contain_text("Psyk Testsson kan inte. Psyk2 Testsson fick frågan")


def come_instead(chair: Page, soc: Person, psyk: Person, measured: Measure) -> Page:
    lacks = "Vuxenpsykiatrin Piteå saknar representant"
    watch_gone(soc.live(chair), lacks)
    page = psyk.open("/")
    page.get_by_role("link", name="Svara", exact=False).first.click()
    expect(page.locator("main")).to_contain_text("Du är ersättare och får frågan")
    page.get_by_role("button", name="Jag kommer", exact=True).click()
    expect(page.get_by_text("Ditt svar är sparat: du kommer.")).to_be_visible()
    expect(chair.get_by_role("heading", name=lacks)).to_have_count(0)
    measured("the deputy comes: nobody is missing on the chair's page", took(chair, lacks, psyk.acted_at(), gone=True))
    expect(chair.locator("tr", has_text="Vuxenpsykiatrin")).to_contain_text("Ersättaren")
    return page


# ---------- in the room ----------
def gather(table: Table, room: Room) -> None:
    """Two wait in the room; when the chair begins, both are at the first item."""
    for person, page in ((table.psyk, table.deputy), (table.fk, table.fund), (table.soc, table.chair)):
        person.go(page, f"/moten/{room.meeting.pk}/rum/")
        person.live(page)
        expect(page.locator("h1")).to_have_text("Mötet har inte börjat")
    for page in (table.deputy, table.fund):
        watch(page, "1. Runda: nytt sedan sist")
    table.chair.get_by_role("button", name="Börja mötet").click()
    for page in (table.deputy, table.fund):
        table.seen(page, "1. Runda: nytt sedan sist", table.soc, "the meeting begins on a waiting page")
    table.soc.live(table.chair)
    for page in (table.chair, table.deputy, table.fund):
        expect(page.locator("#rum-har")).to_contain_text("3 av 3 myndigheter")


def go_on(table: Table, title: str) -> None:
    table.chair.get_by_role("button", name="Nästa punkt").click()
    expect(table.chair.locator("h1")).to_contain_text(title)
    table.soc.live(table.chair)


def talk(table: Table) -> None:
    """A note that grows, a decision and an action made in place: all see them without a reload."""
    table.chair.locator("#rum-anteckning textarea").press_sequentially(NOTE)
    for page in (table.deputy, table.fund):
        expect(page.locator("#rum-anteckning .doc")).to_have_text(NOTE)
        watch(page, DECISION, TASK)
    watch(table.chair, DECISION, TASK)
    deputy = table.deputy.locator("#rum-utfall")
    deputy.get_by_text("Nytt beslut", exact=True).click()
    deputy.get_by_label("Vad beslutades?").fill(DECISION)
    deputy.get_by_role("button", name="Spara beslutet").click()
    for page in (table.chair, table.fund):
        table.seen(page, DECISION, table.psyk, "a decision is on another's open page")
    fund = table.fund.locator("#rum-utfall")
    fund.get_by_text("Ny uppgift", exact=True).click()
    fund.get_by_label("Vad ska göras?").fill(TASK)
    choose(fund.get_by_label("Vem?"), "Psyk2")
    fund.get_by_label("Senast").fill((timezone.localdate() + timedelta(days=14)).isoformat())
    fund.get_by_role("button", name="Spara uppgiften").click()
    table.seen(table.chair, TASK, table.fk, "an action is on another's open page")
    expect(table.deputy.locator("#rum-utfall li", has_text=TASK)).to_contain_text("Psyk2 Testsson")
    for person, page in ((table.psyk, table.deputy), (table.fk, table.fund)):
        person.live(page)  # both have sent a form


def answer_the_standing_item(table: Table) -> None:
    go_on(table, "2. Uppgifter sedan sist")
    go_on(table, "3. Jämställdhet")
    watch(table.fund, GENDER)
    table.chair.get_by_role("radio", name="Ingen avvikelse").check()
    table.chair.get_by_label("Beslutet, eller varför").fill(GENDER)
    table.chair.get_by_role("button", name="Spara svaret").click()
    table.seen(table.fund, GENDER, table.soc, "gender equality is answered on another's open page")
    table.soc.live(table.chair)


def be_outside(table: Table) -> None:
    """The case begins: those of its circle read of whom, the agency outside reads that it is outside."""
    for page, word in ((table.fund, OUTSIDE), (table.deputy, SECRET_TEXT)):
        watch(page, word)
    go_on(table, "4. Ärende")
    table.seen(table.fund, OUTSIDE, table.soc, "a case begins: the agency outside reads so")
    table.seen(table.deputy, SECRET_TEXT, table.soc, "a case begins: the circle reads of it")
    expect(table.fund.locator("#rum-lage")).to_contain_text("Du kommer tillbaka av dig själv till punkt 5")
    expect(table.fund.locator("#rum-har")).not_to_contain_text("Psyk2")
    for page in (table.chair, table.deputy):
        expect(page.locator("#arende-fraga")).to_contain_text(f"{SECRET_NAME} Åström")
    table.hides()


def lay_on_the_table(table: Table) -> None:
    """The deputy writes their own note, says on which ground, and lays the text on the table as an act."""
    watch(table.chair, SAID)
    page = table.deputy
    page.locator("#id_arende_text").fill(SAID)
    page.get_by_role("button", name="Lämna till bordet").click()
    page.get_by_role("link", name="Säg på vilken grund").click()
    page.get_by_role("radio", name=re.compile("^Samtycke")).check()
    page.get_by_role("checkbox", name=re.compile("^Personen har sagt det")).check()
    page.get_by_role("button", name="Spara grunden").click()
    expect(page.get_by_text("Grunden är sparad.")).to_be_visible()
    assert SAID not in table.chair.content()  # a note is the agency's own until it is laid there
    page.get_by_role("button", name="Lämna till bordet").click()
    expect(page.get_by_label("Vad vill ni lämna till bordet?")).to_have_value(SAID)
    page.get_by_role("button", name="Lämna till bordet").click()
    table.seen(table.chair, SAID, table.psyk, "laid on the table: the circle reads it")
    expect(page.locator("h1")).to_contain_text("4. Ärende")
    watch(table.psyk.live(page), CASE_DECISION)
    table.chair.get_by_text("Nytt beslut", exact=True).click()
    table.chair.get_by_label("Vad beslutas?").fill(CASE_DECISION)
    table.chair.get_by_role("button", name="Spara beslutet").click()
    table.seen(page, CASE_DECISION, table.soc, "a case's decision is on the circle's open page")
    table.chair.get_by_role("button", name="Vi behöver ingen anteckning").click()
    expect(table.chair.get_by_text("Ni behöver ingen anteckning")).to_be_visible()
    table.soc.live(table.chair)
    table.hides()


def come_back_and_finish(table: Table) -> None:
    for page in (table.fund, table.deputy):
        watch(page, "5. Nästa möte", "Mötet är avslutat")
    watch_gone(table.deputy, SECRET_TEXT)
    go_on(table, "5. Nästa möte")
    table.seen(table.fund, "5. Nästa möte", table.soc, "the case is over: whoever was outside is back")
    expect(table.deputy.locator("main")).not_to_contain_text(SECRET_TEXT)
    table.measured(
        "the case is over: it is gone from the circle's page",
        took(table.deputy, SECRET_TEXT, table.soc.acted_at(), gone=True),
        within=SOON,
    )
    expect(table.fund.locator("main")).not_to_contain_text(OUTSIDE)
    table.chair.get_by_role("button", name="Avsluta mötet").click()
    for page in (table.fund, table.deputy):
        table.seen(page, "Mötet är avslutat", table.soc, "the meeting is over on another's page")
    table.hides()


# ---------- after ----------
def approve(table: Table) -> None:
    """The minutes are sent, and approved by the deputy, whom the chair has asked."""
    chair, deputy = table.chair, table.deputy
    chair.get_by_role("link", name="Till protokollet").click()
    for words in (NOTE, DECISION, TASK, GENDER, CASE_DECISION):
        expect(chair.locator("main")).to_contain_text(words)
    chair.get_by_role("link", name="Skicka för justering").click()
    asked = chair.get_by_role("group", name="Vem ska justera?")
    asked.get_by_role("checkbox", name=re.compile("^Soc Testsson")).uncheck()
    asked.get_by_role("checkbox", name=re.compile("^Psyk2 Testsson")).check()
    chair.get_by_role("button", name="Skicka för justering").click()
    locked = "Protokollet är justerat och låst"
    expect(chair.locator("#protokoll-lage")).to_contain_text("Protokollet väntar på justering")
    watch(table.soc.live(chair), locked)
    deputy.get_by_role("link", name="Till protokollet").click()
    deputy.get_by_role("button", name="Justera protokollet").click()
    table.seen(chair, locked, table.psyk, "approved: the chair's open page says so")


def paper(page: Page, meeting: int) -> str:
    """The minutes as a PDF, read."""
    page.goto(page.url.split("/moten/")[0] + f"/moten/{meeting}/protokoll/")
    with page.expect_download() as got:
        page.get_by_role("link", name="Hämta som PDF").click()
    read = PdfReader(got.value.path())
    assert read.trailer["/Root"]["/MarkInfo"]["/Marked"], "the PDF is not tagged"
    return " ".join(" ".join(sheet.extract_text() for sheet in read.pages).split())


def file_it(table: Table, room: Room) -> None:
    """Each agency files its own paper: the agency outside a case gets one without it."""
    ours, theirs = (paper(page, room.meeting.pk) for page in (table.chair, table.fund))
    for words in (NOTE, DECISION, TASK, GENDER):
        assert words in ours
        assert words in theirs
    assert CASE_DECISION in ours
    assert "Er verksamhet deltog inte." in theirs
    assert not [secret for secret in SECRETS if secret in theirs]
    assert not [secret for secret in (SECRET_NAME, "Åström", SAID) if secret in ours]  # no person in minutes


# ---------- the journey ----------
def test_a_meeting_from_the_call_to_the_paper(
    people: Cast, room: Room, person: NewPerson, in_thread: Callable[..., Any], measured: Measure
) -> None:
    soc, psyk, fk = person(people.soc), person(people.psyk), person(people.fk)
    chair = call(soc, room)
    be_missing(chair, soc, psyk, measured)
    psyk.wear(people.psyk_2, in_thread)
    deputy = come_instead(chair, soc, psyk, measured)
    fund = fk.open("/")
    reply(fund, "Jag kommer")
    expect(chair.locator("#vilka")).to_contain_text("2 av 3 myndigheter")
    table = Table(soc, psyk, fk, chair, deputy, fund, measured)
    gather(table, room)
    talk(table)
    answer_the_standing_item(table)
    be_outside(table)
    lay_on_the_table(table)
    come_back_and_finish(table)
    approve(table)
    file_it(table, room)
    note = CaseNote.objects.get(agency=people.psyk.agency)
    assert (note.text, CaseNote.objects.get(agency=people.soc.agency).none_needed) == (SAID, True)
    assert {row.agency_id for row in TableReader.objects.all()} == {people.soc.agency_id, people.psyk.agency_id}
