"""A whole round of the steering group on the workbook of Piteå: proposals, an agenda that prepared itself, a meeting,
decisions, minutes that are locked, and the next meeting that opens with them.

Five people: the chair; the manager at social services; somebody who steers by role; the psychiatry's manager, who
signs too; and a caseworker at Arvidsjaur, who is outside.
"""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page, expect

from meetings.models import AgendaItem, Decision, Meeting, MinutesSeal
from meetings.queries.sealing import in_groups
from tests.journeys.browsers import Person, choose, watch
from tests.journeys.conftest import Measure, NewPerson
from tests.journeys.steering_before import (
    PLACE,
    WANTED,
    Table,
    answer_proposals,
    coming,
    main,
    prepared_words,
    propose_all,
    read_prepared,
    send_agenda,
)
from tests.journeys.steering_stage import MISSED, OLD_DECISION, Round, make_round
from tests.journeys.test_talk_journey import follow, press
from tests.pdf_ua import faults_of, text_of

REASON, DISSENT = "Deltagarna ska kunna tala ostört.", "Hyran är inte prövad i vår budget."
GENDER = "Arbetsmarknadsenheten erbjuder kvinnor och män samma praktikplatser."
MEASURE, TASK = "Har hittat sin väg", "Begär in två hyresofferter"
LOCKED, SIGNED = "Protokollet är justerat och låst", "Justerat"


@pytest.fixture
def round_(committed_db: None, in_thread: Callable[..., Any], tmp_path: Path) -> Round:
    made: Round = in_thread(make_round, tmp_path)
    return made


# ---------- in the room ----------
def begin_today(stage: Round) -> list[str]:
    """The day has come. Returns the items as the room says them."""
    now = timezone.now()
    times = {"starts_at": now + timedelta(minutes=5), "ends_at": now + timedelta(minutes=125)}
    Meeting.objects.filter(pk=stage.meeting.pk).update(**times)
    items = AgendaItem.objects.filter(meeting=stage.meeting).order_by("position", "pk")
    return [f"{number}. {item.title}" for number, item in enumerate(items, start=1)]


def gather(table: Table, titles: list[str]) -> None:
    """Who is not at a screen is ticked by the chair; one agency isn't there at all."""
    for person, page in ((table.soc, table.manager), (table.steers, table.member), (table.lead, table.chair)):
        person.go(page, table.at("rum/"))
        person.live(page)
    watch(table.member, titles[0])
    press(table.chair, "Börja mötet")
    table.seen(table.member, titles[0], "the meeting begins on a waiting page")
    table.lead.go(table.chair, table.at())
    for code in ("psyk-pitea", "af-pitea"):
        name = str(table.round.members[code].user)
        press(table.chair, f"Pricka av {name}")
        expect(table.chair.get_by_role("button", name=f"Ta bort {name}")).to_be_visible()
    row = table.chair.locator("#narvaro tr", has_text=table.round.members[MISSED].agency.name)
    expect(row).to_contain_text("Inte med")
    table.lead.go(table.chair, table.at("rum/"))


def go_on(table: Table, titles: list[str], to: str) -> None:
    """From item to item until this one. Both others' screens follow."""
    place = next(number for number, title in enumerate(titles) if to in title)
    watch(table.lead.live(table.chair), titles[place])
    while table.chair.locator("h1").inner_text() != titles[place]:
        now = titles.index(table.chair.locator("h1").inner_text())
        press(table.chair, "Nästa punkt")
        expect(table.chair.locator("h1")).to_have_text(titles[now + 1])
    for page in (table.manager, table.member):
        expect(page.locator("h1")).to_have_text(titles[place])


def close_gender_item(table: Table) -> None:
    """It opens with the figures, can't be closed empty, and closes with a decision that has owner, day and measure."""
    page = table.chair
    follow(page, "Öppna punkten med siffror")
    for words in ("89 av 99", "119 av 124", "Att prata om", "Fishers exakta test"):
        expect(main(page)).to_contain_text(words)
    other = table.steers.open(table.at("jamstalldhet/"))
    watch(table.steers.live(other), GENDER)
    press(page, "Stäng punkten")
    expect(main(page)).to_contain_text("Välj Beslut eller Ingen avvikelse.")
    page.get_by_role("radio", name=re.compile("^Beslut")).check()
    page.get_by_label("Vi beslutar att").fill(GENDER)
    choose(page.get_by_label("Vem ansvarar?"), "Arbetsmarknad")
    page.get_by_label("Senast", exact=True).fill(coming(60))
    choose(page.get_by_label("Vi ser det på"), MEASURE)
    press(page, "Stäng punkten")
    expect(main(page)).to_contain_text("Punkten om jämställdhet är stängd.")
    table.seen(other, GENDER, "gender equality is closed on another's open page")
    table.without_persons(other)
    other.close()
    table.lead.go(page, table.at("rum/"))


def decide(table: Table) -> None:
    """A vote with one against, who says why; the form begins with what was proposed."""
    page = table.chair
    page.locator("#nytt-beslut summary").click()
    follow(page, "Skriv med skäl, röster och ansvarig")
    expect(page.get_by_label("Vad beslutades?")).to_have_value(WANTED)
    page.get_by_label("Varför?").fill(REASON)
    page.get_by_role("radio", name="Röstning").check()
    choose(page.get_by_label("Vem ansvarar?"), "Socialtjänsten Piteå, Sunn")
    page.get_by_label("Senast", exact=True).fill(coming(90))
    page.locator("#roster summary").click()
    for code, vote in (("soc-pitea", "Ja"), ("psyk-pitea", "Ja"), ("af-pitea", "Nej")):
        name = str(table.round.members[code].user)
        page.get_by_label(f"Röst, {name}").select_option(label=vote)
    page.get_by_label(f"Reservation, {table.round.members['af-pitea'].user}").fill(DISSENT)
    watch(table.steers.live(table.member), WANTED)
    press(page, "Spara beslutet")
    # The words stand in a folded form before: that begins with what was proposed.
    table.seen(table.member, WANTED, "a decision is on the open page of who steers", where="#rum-utfall ul.outcomes")
    against = table.round.members["af-pitea"].user
    expect(table.member.locator("#rum-utfall")).to_contain_text(f"Röstning: 2 ja, 1 nej. Reservation: {against}")


def give_task(table: Table) -> None:
    page = table.manager
    page.locator("#ny-uppgift summary").click()
    form = page.locator("#ny-uppgift")
    form.get_by_label("Vad ska göras?").fill(TASK)
    choose(form.get_by_label("Vem?"), "Sunn")
    form.get_by_label("Senast").fill(coming(14))
    watch(table.lead.live(table.chair), TASK)
    press(page, "Spara uppgiften")
    table.seen(table.chair, TASK, "an action is on the chair's open page", by=table.soc)
    table.soc.live(page)


# ---------- minutes ----------
def lock(table: Table, psyk: Person) -> None:
    """Two sign; when the last of them has, the chair's open page says that the minutes are locked."""
    page = table.chair
    press(page, "Avsluta mötet")
    expect(table.member.locator("h1")).to_have_text("Mötet är avslutat")
    follow(page, "Till protokollet")
    for words in (GENDER, WANTED, REASON, DISSENT, TASK):
        expect(main(page)).to_contain_text(words)
    follow(page, "Skicka för justering")
    asked = page.get_by_role("group", name="Vem ska justera?")
    for member in (table.round.soc, table.round.psyk):
        asked.get_by_role("checkbox", name=re.compile(f"^{member.user}")).check()
    press(page, "Skicka för justering")
    expect(page.locator("#protokoll-lage")).to_contain_text("Protokollet väntar på justering")
    watch(table.lead.live(page), LOCKED)
    table.soc.go(table.manager, table.at("protokoll/"))
    press(table.manager, "Justera protokollet")
    signers = page.locator("#protokoll-bredvid section", has=page.locator("#justering")).locator("li")
    expect(signers.filter(has_text=str(table.round.soc.user))).to_contain_text(SIGNED)
    last = psyk.open(table.at("protokoll/"))
    press(last, "Justera protokollet")
    table.seen(page, LOCKED, "the last has signed: the chair's open page says that it is locked", by=psyk)


def verify(table: Table, in_thread: Callable[..., Any]) -> None:
    """The page shows the digest that the database holds, and the command reckons it again."""
    digest = in_groups(in_thread(lambda: MinutesSeal.objects.get().digest))
    expect(table.chair.locator("#protokoll-lage")).to_contain_text(f"Kontrollsumma {digest[:9]}")
    table.chair.locator("summary", has_text="Hela kontrollsumman").click()
    expect(table.chair.locator("#protokoll-lage")).to_contain_text(digest)
    said = StringIO()
    in_thread(call_command, "verify_minutes", stdout=said)
    assert "Protokollen stämmer." in said.getvalue()


def fetch(page: Page, link: str) -> bytes:
    with page.expect_download() as got:
        follow(page, link)
    return Path(got.value.path()).read_bytes()


def take_papers(table: Table) -> None:
    """The PDF has no fault of PDF/UA, Word opens, and both say what was decided."""
    table.steers.go(table.member, table.at("protokoll/"))
    pdf = fetch(table.member, "Hämta som PDF")
    assert faults_of(pdf) == []
    word = docx.Document(io.BytesIO(fetch(table.member, "Hämta som Word")))
    texts = [text_of(pdf), "\n".join(one.text for one in word.element.body.iter() if one.text)]
    for text in texts:
        assert not [words for words in (GENDER, WANTED, DISSENT, TASK) if words not in " ".join(text.split())]
        assert not [name for name in table.round.names if name in text]


# ---------- the next ----------
def open_next(table: Table) -> str:
    """The next meeting, which opens with what this one decided."""
    page = table.chair
    table.lead.go(page, f"{table.group}/mote/")
    for label, value in (("Dag", coming(60)), ("Börjar", "13"), ("Slutar", "15"), ("Plats", "Rum Älven")):
        page.get_by_label(label, exact=True).fill(value)
    press(page, "Öppna mötet")
    expect(main(page)).to_contain_text("Mötet är öppnat.")
    follow(page, "Läs underlaget")
    sheets = page.locator("section.sheet")
    for words in (OLD_DECISION, GENDER, WANTED):
        expect(sheets.filter(has=page.locator("h2:has-text('Beslut att följa upp')"))).to_contain_text(words)
    expect(sheets.filter(has=page.locator("h2:has-text('Uppgifter sedan sist')"))).to_contain_text(TASK)
    at = re.sub(r".*(/moten/\d+/)underlag/", r"\1", page.url)
    table.steers.go(table.member, f"{at}jamstalldhet/")
    since = table.member.locator("section", has=table.member.locator("#sedan"))
    for words in ("Sedan förra beslutet", GENDER, "Arbetsmarknad", f"Klart senast {coming(60)}"):
        expect(since).to_contain_text(words)
    return at


def search(table: Table) -> None:
    """Who steers finds both in the register, one of them by a word, and takes it as a file."""
    page = table.member
    follow(page, "Beslut")
    rows = page.locator("main tbody tr")
    expect(rows).to_have_count(3)
    for words in (GENDER, WANTED):
        expect(rows.filter(has_text=words)).to_have_count(1)
    page.get_by_label("Sök i besluten").fill("öjebyn")
    press(page, "Visa")
    expect(rows).to_have_count(1)
    with page.expect_download() as got:
        follow(page, "Hämta till Excel")
    sheet = openpyxl.load_workbook(io.BytesIO(Path(got.value.path()).read_bytes())).worksheets[0]
    found = [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert sum(WANTED in row for row in found) == 1
    assert not [row for row in found if GENDER in row]


# ---------- who is outside ----------
def addresses(table: Table, later: str, decisions: list[int], items: list[int]) -> list[str]:
    own = ("", "underlag/", "jamstalldhet/", "rum/", "protokoll/", "protokoll/1/", "dagordning/skriv-ut/")
    found = ["/styrgrupp/", *(table.at(more) for more in own), later, f"{later}underlag/", f"{later}jamstalldhet/"]
    found += [f"{table.group}/{more}" for more in ("", "jamstalldhet/", "forslag/", "narvaro/")]
    found += [f"/beslut/{pk}/" for pk in decisions] + [table.at(f"underlag/{pk}/") for pk in items]
    return found


def be_outside(table: Table, outsider: Person, found: list[str]) -> None:
    """Who steers opens each and reads of no person; Arvidsjaur gets the same 404 on each."""
    for path in found:
        answered = table.steers.context.request.get(outsider.server.url + path)
        assert answered.status == 200, path
        assert not [name for name in table.round.names if name in answered.text()], path
    papers = [table.at(f"protokoll/1/{kind}/") for kind in ("pdf", "word", "utskrift")]
    for path in [*found, *papers]:
        assert outsider.context.request.get(outsider.server.url + path).status == 404, path
    page = outsider.open("/beslut/")
    expect(main(page)).to_contain_text("Dina grupper har inte beslutat något än.")


# ---------- the journey ----------
def test_a_round_from_the_proposals_to_the_meeting_that_opens_with_its_decisions(
    round_: Round, person: NewPerson, in_thread: Callable[..., Any], measured: Measure
) -> None:
    wide = {"width": 1280, "height": 900}
    lead, soc, steers = (person(hat, viewport=wide) for hat in (round_.chair, round_.soc, round_.steering))
    table = Table(round_, lead, soc, steers, lead.open("/"), soc.open("/"), steers.open("/"), measured)
    propose_all(table)
    answer_proposals(table)
    read_prepared(table, prepared_words(round_))
    send_agenda(table)
    titles = in_thread(begin_today, round_)
    gather(table, titles)
    go_on(table, titles, "Jämställdhet")
    close_gender_item(table)
    go_on(table, titles, PLACE)
    decide(table)
    give_task(table)
    go_on(table, titles, "Nästa möte")
    lock(table, person(round_.psyk))
    verify(table, in_thread)
    take_papers(table)
    later = open_next(table)
    search(table)
    decisions = in_thread(lambda: list(Decision.objects.values_list("pk", flat=True)))
    items = in_thread(lambda: list(AgendaItem.objects.filter(meeting=round_.meeting).values_list("pk", flat=True)))
    assert len(decisions) == 3
    assert len(round_.names) > 100
    be_outside(table, person(round_.outsider), addresses(table, later, decisions, items))
