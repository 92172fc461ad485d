"""A three-party conversation, from the request to a confirmed agreement that has been corrected, and a yes taken back.

Four browsers: the convener at social services; the psychiatry; the participant's phone, 360 px wide and without an
account; and the Social Insurance Agency, which has no part in it. The second journey is by keyboard alone.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect
from pypdf import PdfReader

from meetings.models import Conversation, Invitation
from meetings.states import ConversationState
from tests.cast import SECRET_NAME, Cast
from tests.journeys.browsers import WITHIN, Person, choose, took, watch, watch_gone
from tests.journeys.conftest import Measure, NewPerson
from tests.meetings.cast import in_days
from tests.meetings.talks import talk_consent
from workspace.swedish import say_date

SOON = 2 * WITHIN  # the phone has no script: it loads its whole page while the others fetch, on a shared machine
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
WISH = "Jag vill prata om att börja jobba"
ABOUT, WHERE = "Hur du kan börja på praktik", "Stadshuset, rum Älven"
QUESTION = "Får jag ta med min hund"
OWN_WORDS = "Jag vill jobba med djur"
PSYK_TEXT, PSYK_TASK = "Ni kan ringa oss varje torsdag", "Boka en tid till i maj"
GOALS, SOC_TASK = "Du provar på ett jobb", "Fråga om hjälp att åka dit"
OWN_TASK, LESS = "Prova fyra timmar i veckan", "Prova två timmar i veckan"
DIFFERS = "Fyra timmar är för mycket"
SECRETS = [SECRET_NAME, "Åström", WISH, ABOUT, WHERE, QUESTION, OWN_WORDS, PSYK_TEXT, PSYK_TASK, GOALS, SOC_TASK]
SECRETS += [OWN_TASK, LESS, DIFFERS]
READ_AND_ANSWER = "Läs igenom och svara för er del"


@dataclass
class Three:
    """Who has which page open. The phone has one page, and no script that fetches: it is loaded again."""

    soc: Person
    psyk: Person
    phone: Person
    ours: Page
    theirs: Page
    small: Page
    outside: Page
    measured: Measure

    def seen(self, page: Page, word: str, by: Person, what: str) -> None:
        """It is on an open page within a second, without a reload."""
        expect(page.locator("body")).to_contain_text(word)
        self.measured(what, took(page, word, by.acted_at()), within=SOON if by is self.phone else WITHIN)

    def hides(self) -> None:
        """Nothing of it is on the open page of the agency that has no part in it."""
        content = self.outside.content()
        assert not [secret for secret in SECRETS if secret in content]

    def at_home(self) -> Page:
        """The phone's page, loaded again."""
        self.phone.go(self.small, "/min-sida/")
        assert self.small.evaluate("document.documentElement.scrollWidth") <= 360, "the phone scrolls sideways"
        return self.small


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def follow(page: Page, link: str) -> None:
    page.get_by_role("link", name=link, exact=True).first.click()


def agreement_of(page: Page) -> str:
    return "/".join(urlsplit(page.url).path.split("/")[:3]) + "/overenskommelse/"


# ---------- the way in ----------
def give_way_in(soc: Person, person: int) -> tuple[str, str]:
    """soc makes a link and a code; each is shown once."""
    page = soc.open(f"/deltagare/{person}/sida/")
    press(page, "Gör en länk")
    link = page.locator("#lank").inner_text()
    follow(page, "Klar")
    expect(page.locator("main")).not_to_contain_text(link.rsplit("/", 2)[1])
    press(page, "Gör en kod")
    code = page.locator("p.answer").inner_text()
    page.close()
    return urlsplit(link).path, code


def come_in(phone: Person, link: str, code: str) -> Page:
    page = phone.open(link)
    press(page, "Öppna sidan här")
    page.get_by_label("Din kod, sex siffror").fill(code)
    press(page, "Öppna sidan")
    expect(page.locator("h1")).to_have_text(f"Hej {SECRET_NAME}!")
    return page


# ---------- the request, and a time ----------
def ask(three: Three) -> None:
    """The participant asks; the convener's open page says so; the request leads to the form of a conversation."""
    asked = "Någon önskar ett trepartssamtal"
    watch(three.soc.live(three.ours), asked)
    follow(three.small, "Be om ett samtal")
    three.small.get_by_label("Vad vill du prata om?").fill(WISH)
    press(three.small, "Skicka")
    expect(three.small.locator("main")).to_contain_text("Vi har fått det du skrev")
    three.seen(three.ours, asked, three.phone, "the participant asks: the convener's open page says so")
    three.soc.go(three.ours, "/samtal/")
    follow(three.ours, f"Svara på önskan: {SECRET_NAME} Åström")
    three.ours.get_by_role("radio", name="Ja, vi planerar ett samtal").check()
    three.ours.get_by_label("Vad vill ni säga?").fill("Ja, det gör vi gärna.")
    press(three.ours, "Skicka svaret")
    expect(three.ours.locator("h1")).to_have_text("Planera ett samtal")
    expect(three.ours.locator("main")).to_contain_text(WISH)


def plan(three: Three) -> None:
    added, times = "tar med dig i ett trepartssamtal", "föreslår tider för ett trepartssamtal"
    watch(three.psyk.live(three.theirs), added, times)
    page = three.ours
    choose(page.get_by_label(re.compile("^Vuxenpsykiatrin Piteå")), "Psyk Testsson")
    page.get_by_label("Vad ska samtalet handla om?").fill(ABOUT)
    page.get_by_label("Plats, eller nummer att ringa").fill(WHERE)
    press(page, "Planera samtalet")
    three.seen(three.theirs, added, three.soc, "a conversation is planned: the other agency's open page says so")
    follow(page, "Föreslå tider")
    for number, days in ((1, 9), (2, 10)):
        page.get_by_label(f"Tid {number}, dag").fill(in_days(days).date().isoformat())
        page.get_by_label(f"Tid {number}, börjar").fill("13.00")
    press(page, "Föreslå tiderna")
    three.seen(three.theirs, times, three.soc, "times are proposed: the other agency's open page says so")


def find_a_time(three: Three) -> None:
    """Both answer; what suits all is suggested, and called to."""
    ours, theirs = three.ours, three.theirs
    suits = "passar alla."
    watch(three.soc.live(ours), suits)
    three.psyk.go(theirs, urlsplit(ours.url).path)
    for group in theirs.locator("#bit-tider fieldset").all():
        group.get_by_role("radio", name="Passar", exact=True).check()
    press(theirs, "Spara svaret")
    expect(theirs.get_by_text("Svaret är sparat.")).to_be_visible()
    small = three.at_home()
    expect(small.get_by_role("heading", name="Vilka tider passar dig?")).to_be_visible()
    first, second = small.locator("fieldset.time").all()
    first.get_by_role("radio", name="Passar inte").check()
    second.get_by_role("radio", name="Passar", exact=True).check()
    press(small, "Skicka svar")
    three.seen(ours, suits, three.phone, "all have answered: the time that suits is on the convener's open page")


def call(three: Three) -> None:
    """The convener calls to the time that suits; both answer that they come."""
    ours, theirs = three.ours, three.theirs
    watch(three.psyk.live(theirs), "Er kallelse")
    ours.get_by_role("link", name=re.compile("^Kalla till")).click()
    press(ours, "Skicka kallelsen")
    expect(ours.get_by_text("Kallelsen är skickad.")).to_be_visible()
    three.seen(theirs, "Er kallelse", three.soc, "the call is sent: the other's open page has it")
    row = ours.locator("tr", has_text="Vuxenpsykiatrin")
    expect(row).to_contain_text("Inte svarat")
    watch(three.soc.live(ours), "2 av 3 kommer")
    small = three.at_home()
    press(small, "Jag kommer")
    expect(small.locator(".said")).to_have_text("Ditt svar är skickat. Du kommer.")
    follow(theirs, "Läs och svara")
    press(theirs, "Jag kommer")
    expect(theirs.get_by_text("Ni har svarat: Kommer")).to_be_visible()
    expect(row).to_contain_text("Kommer")


def ask_a_question(three: Three) -> None:
    """A question is the participant's alone, until they show it."""
    small, theirs = three.small, three.theirs
    small.get_by_label("Skriv en ny fråga").fill(QUESTION)
    press(small, "Spara frågan")
    expect(small.locator(".said")).to_have_text("Frågan är sparad. Bara du ser den.")
    three.psyk.live(theirs)
    assert QUESTION not in theirs.content()
    watch(theirs, QUESTION)
    press(small, "Visa för alla")
    three.seen(theirs, QUESTION, three.phone, "a question is shown: it is on the other's open page")
    three.hides()


# ---------- it has been ----------
def let_time_pass() -> None:
    """The conversation was yesterday."""
    begins = in_days(-1)
    times = {"starts_at": begins, "ends_at": begins + timedelta(hours=1)}
    Conversation.objects.update(**times)
    Invitation.objects.update(**times)


def hold(three: Three) -> None:
    three.soc.go(three.ours, urlsplit(three.ours.url).path)
    watch(three.psyk.live(three.theirs), "Genomfört")
    follow(three.ours, "Samtalet är genomfört")
    press(three.ours, "Spara")
    three.seen(three.theirs, "Genomfört", three.soc, "it was held: the other's open page says so")


def say_in_own_words(three: Three) -> None:
    small = three.at_home()
    follow(small, "Skriv mina ord")
    small.get_by_label("Så här är det för mig").fill(OWN_WORDS)
    press(small, "Spara mina ord")
    expect(small.locator("section", has=small.locator("#ord")).locator("blockquote")).to_have_text(OWN_WORDS)


def add_task(page: Page, text: str, who: str = "") -> None:
    page.get_by_role("link", name="Ny uppgift").click()
    if who:
        page.get_by_role("radio", name=who, exact=True).check()
    page.get_by_label("Vad ska göras?").fill(text)
    page.get_by_label("Senast").fill(say_date(in_days(20).date()))
    press(page, "Spara uppgiften")
    expect(page.locator("main")).to_contain_text(text)


def write_their_part(three: Three) -> None:
    """psyk says on which ground it tells, writes its part and a task, and lays it before the others."""
    page, at = three.theirs, agreement_of(three.theirs)
    three.psyk.go(page, at)
    expect(page.locator("main")).to_contain_text(OWN_WORDS)
    follow(page, "Skriv er del")
    page.get_by_label("Vad bidrar ni med?").fill(PSYK_TEXT)
    press(page, "Spara")
    add_task(page, PSYK_TASK)
    follow(page, "Säg på vilken grund")
    page.get_by_role("radio", name=re.compile("^Samtycke")).check()
    page.get_by_role("checkbox", name=re.compile("^Personen har sagt det")).check()
    press(page, "Spara grunden")
    three.soc.go(three.ours, at)
    three.soc.live(three.ours)
    assert PSYK_TEXT not in three.ours.content()
    watch(three.ours, PSYK_TEXT)
    three.psyk.go(page, at)
    follow(page, "Lägg fram er del")
    press(page, "Lägg fram er del")
    three.seen(three.ours, PSYK_TEXT, three.psyk, "a part is shared: it is on the convener's open page")


def write_and_send(three: Three) -> None:
    page = three.ours
    watch(three.psyk.live(three.theirs), READ_AND_ANSWER)
    follow(page, "Ändra det gemensamma")
    page.get_by_label("Mål", exact=True).fill(GOALS)
    page.get_by_label("Nästa samtal").fill(say_date(in_days(60).date()))
    press(page, "Spara")
    add_task(page, SOC_TASK, "Vi")
    add_task(page, OWN_TASK, "Deltagaren")
    follow(page, "Lägg fram er del")
    press(page, "Lägg fram er del")
    follow(page, "Läs igenom och skicka")
    press(page, "Skicka överenskommelsen")
    expect(page.get_by_text("Överenskommelsen är skickad.")).to_be_visible()
    three.seen(three.theirs, READ_AND_ANSWER, three.soc, "the agreement is sent: it is on the other's open page")


# ---------- confirmed, after a correction ----------
def differ(three: Three) -> None:
    press(three.theirs, "Bekräfta er del")
    expect(three.theirs.get_by_role("heading", name="Väntar på svar")).to_be_visible()
    watch(three.soc.live(three.ours), DIFFERS)
    small = three.at_home()
    for words in (OWN_WORDS, GOALS, OWN_TASK, PSYK_TASK):
        expect(small.locator("main")).to_contain_text(words)
    follow(small, "Jag ser det annorlunda")
    small.get_by_label("Vad ser du annorlunda?").fill(DIFFERS)
    press(small, "Skicka")
    expect(small.locator(".said")).to_have_text("De andra får veta hur du ser det.")
    three.seen(three.ours, DIFFERS, three.phone, "seen differently: it is on the convener's open page")


def correct(three: Three) -> None:
    page = three.ours
    watch(three.psyk.live(three.theirs), "Rättat")
    follow(page, "Rätta överenskommelsen")
    page.get_by_label("Vad ska rättas?").fill("Det ska stå två timmar.")
    press(page, "Öppna för rättelse")
    page.get_by_role("link", name=re.compile(f"^Ändra ?: {OWN_TASK}")).click()
    page.get_by_label("Vad ska göras?").fill(LESS)
    press(page, "Spara uppgiften")
    follow(page, "Läs igenom och skicka")
    press(page, "Skicka överenskommelsen")
    expect(page.locator("main")).to_contain_text("Det ska stå två timmar.")
    three.seen(three.theirs, "Rättat", three.soc, "version 2 is sent: it is on the other's open page")
    expect(three.theirs.locator("main")).to_contain_text(LESS)
    expect(three.theirs.locator("main")).not_to_contain_text(OWN_TASK)


def confirm(three: Three) -> None:
    """Each answers; the last to do so is the participant, and all three see that all have."""
    done = "Alla har svarat"
    for page in (three.theirs, three.ours):
        press(page, "Bekräfta er del")
        expect(page.get_by_role("heading", name="Väntar på svar")).to_be_visible()
    for person, page in ((three.psyk, three.theirs), (three.soc, three.ours)):
        watch(person.live(page), done)
    small = three.at_home()
    expect(small.locator("section", has=small.locator("#bestamde")).locator(".note")).to_contain_text(
        "Det ska stå två timmar."
    )
    press(small, "Det stämmer")
    expect(small.locator("section", has=small.locator("#bestamde"))).to_contain_text("Alla har svarat.")
    for page in (three.theirs, three.ours):
        three.seen(page, done, three.phone, "the last has confirmed: an open page says so")


def do_the_task(three: Three) -> None:
    watch(three.ours, "Klar i dag")
    press(three.small, "Det är klart")
    expect(three.small.locator(".said")).to_have_text("Bra. Uppgiften är klar.")
    three.seen(three.ours, "Klar i dag", three.phone, "a task is done: the convener's open page says so")
    three.hides()


def file_it(page: Page) -> None:
    with page.expect_download() as got:
        press(page, "För till akt")
    read = PdfReader(got.value.path())
    assert read.trailer["/Root"]["/MarkInfo"]["/Marked"], "the PDF is not tagged"
    paper = " ".join(" ".join(sheet.extract_text() for sheet in read.pages).split())
    assert not [words for words in (OWN_WORDS, GOALS, SOC_TASK, PSYK_TEXT, PSYK_TASK, LESS) if words not in paper]
    assert OWN_TASK not in paper


def take_back(three: Three) -> None:
    """A yes is taken back on the phone: the other agency's open page loses what others have written."""
    gone = (OWN_WORDS, GOALS, SOC_TASK, LESS, SECRET_NAME)
    for words in gone:
        assert words in three.theirs.content()
    watch_gone(three.psyk.live(three.theirs), *gone)
    small = three.at_home()
    follow(small, "Dra tillbaka ja nummer 1")
    press(small, "Dra tillbaka")
    expect(small.locator(".said")).to_have_text("Nu är ditt ja borta. De kan inte läsa mer.")
    expect(three.theirs.get_by_role("heading", name="Ni har inte längre tillgång")).to_be_visible()
    last = max(took(three.theirs, words, three.phone.acted_at(), gone=True) for words in gone)
    three.measured("a yes is taken back: the text is gone from the other's open page", last, within=SOON)
    expect(three.theirs.locator("main")).to_contain_text(PSYK_TEXT)  # their own words stay
    press(small, "Lämna sidan")
    three.phone.go(small, "/min-sida/")
    expect(small.locator("h1")).to_have_text("Skriv din kod")


# ---------- the journey ----------
def test_a_conversation_from_the_request_to_a_corrected_agreement(
    people: Cast, person: NewPerson, in_thread: Callable[..., Any], measured: Measure
) -> None:
    in_thread(talk_consent, people, people.psyk.agency)
    soc, psyk, fk = person(people.soc), person(people.psyk), person(people.fk)
    phone = person(**PHONE)
    small = come_in(phone, *give_way_in(soc, people.person.pk))
    three = Three(soc, psyk, phone, soc.open("/"), psyk.open("/"), small, fk.open("/"), measured)
    fk.live(three.outside)
    ask(three)
    plan(three)
    find_a_time(three)
    call(three)
    ask_a_question(three)
    in_thread(let_time_pass)
    hold(three)
    say_in_own_words(three)
    write_their_part(three)
    write_and_send(three)
    differ(three)
    correct(three)
    confirm(three)
    do_the_task(three)
    file_it(three.ours)
    take_back(three)
    three.hides()
    assert Conversation.objects.get().state == ConversationState.HELD
