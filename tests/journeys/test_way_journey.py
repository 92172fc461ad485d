"""Somebody's way, from enrolment through phase 1's limit to discharge, and the figures of a month that is frozen.

Five browsers: the caseworker at social services; the participant's phone, 360 px wide and without an account; the
psychiatry, which is told the plan; the Social Insurance Agency, which is told nothing; and the coordinator.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from meetings.figures.actions.freezing import freeze_month
from tests.cast import SECRET_NAME, Cast
from tests.figures.stage import AUGUST, norrsken
from tests.journeys.browsers import Person, choose, took, watch_gone
from tests.journeys.conftest import Measure, NewPerson
from tests.journeys.test_talk_journey import PHONE, come_in, follow, give_way_in, press
from workspace.pathway.models import Enrolment, PhaseStay
from workspace.pathway.states import EnrolmentState
from workspace.swedish import say_date

WORK, HOME = "Jag har jobbat i ett stall", "Har en egen lägenhet"
WISH, STRENGTH = "Jag vill jobba med djur", "Jag kommer alltid i tid"
GOAL, PATH = "Du provar på att jobba i ett stall", "Arbetsförmedlingen"
STEPS = {
    "Ring stallet": "Socialtjänsten Piteå",
    "Boka en tid i maj": "Vuxenpsykiatrin Piteå",
    "Ordna en resa dit": "Oklart ansvar",
}
REASON, HEALTH = "Praktiken började sent", "Sover dåligt ibland"
SECRETS = [SECRET_NAME, "Åström", WORK, HOME, WISH, STRENGTH, GOAL, REASON, HEALTH, *STEPS]
RATED = {"Jag klarar min vardag": "4", "Jag mår bra": "6", "Jag är på väg mot arbete eller studier": "7"}


@dataclass
class Walk:
    """The caseworker's page, the phone's, and the address of the way."""

    soc: Person
    page: Page
    phone: Person
    small: Page
    at: str

    def way(self) -> Page:
        self.soc.go(self.page, self.at)
        return self.page

    def own(self) -> Page:
        """The phone's page, loaded again: it has no script that fetches."""
        self.phone.go(self.small, "/min-sida/")
        self.fits()
        return self.small

    def fits(self) -> None:
        assert self.small.evaluate("document.documentElement.scrollWidth") <= 360, "the phone scrolls sideways"


def today() -> date:
    return timezone.localdate()


def pick(page: Page, question: str, answer: str | re.Pattern[str]) -> None:
    page.get_by_role("group", name=question).get_by_role("radio", name=answer, exact=True).check()


def main(page: Page) -> Locator:
    return page.locator("main")


def seen(image: Locator) -> None:
    """A picture is there: it was answered, and has a text for who doesn't see it."""
    image.scroll_into_view_if_needed()
    expect(image).to_have_attribute("alt", re.compile("."))
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("image => image.naturalWidth") > 0


# ---------- enrolment, assessment and plan ----------
def enrol_there(soc: Person, person: int) -> Page:
    """Enrolled seven weeks ago, so that phase 1 is near its limit; the first day typed has not been."""
    page = soc.open(f"/deltagare/{person}/")
    follow(page, "Skriv in i samverkan")
    day = page.get_by_label("Inskriven")
    day.fill(say_date(today() + timedelta(days=1)))
    page.get_by_label("Vad lever personen på nu?").select_option("income_support")
    press(page, "Skriv in")
    expect(day).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Vad lever personen på nu?")).to_have_value("income_support")
    day.fill(say_date(today() - timedelta(days=49)))
    press(page, "Skriv in")
    expect(main(page)).to_contain_text("Ingen plan är skriven.")
    return page


def assess(page: Page) -> None:
    follow(page, "Öppna kartläggningen")
    for area, who, text in (("work", "deltagaren", WORK), ("housing", "vi", HOME), ("health", "vi", HEALTH)):
        page.locator(f"#omrade-{area} a[href$='/{area}/{who}/']").click()
        main(page).locator("textarea").fill(text)
        press(page, "Spara")
        expect(page.locator(f"#omrade-{area}")).to_contain_text(text)


def write_plan(page: Page) -> None:
    follow(page, "Skriv ner " + SECRET_NAME + "s ord")
    page.get_by_label("Vad vill deltagaren?").fill(WISH)
    page.get_by_label("Vad är deltagaren bra på?").fill(STRENGTH)
    press(page, "Spara")
    follow(page, "Nytt mål")
    page.get_by_label("Vad är målet?").fill(GOAL)
    press(page, "Spara målet")
    for text, who in STEPS.items():
        page.get_by_role("link", name=re.compile("^Nytt steg")).click()
        page.get_by_label("Vad ska göras?").fill(text)
        page.get_by_label("Klart senast").fill(say_date(today() + timedelta(days=30)))
        page.get_by_role("radio", name=who, exact=True).check()
        press(page, "Spara steget")
        expect(page.locator("li[id^=steg-]", has_text=text)).to_contain_text(who)
    follow(page, "Skriv vägen vidare")
    choose(page.get_by_label("Nästa myndighet"), PATH)
    press(page, "Spara")
    press(page, f"Visa planen för {SECRET_NAME}")
    expect(main(page)).to_contain_text("Planen är visad.")
    expect(main(page)).to_contain_text(f"Väntar på vad {SECRET_NAME} säger.")


# ---------- on the phone ----------
def confirm(walk: Walk) -> None:
    """«Min plan» opens with one's own words, says who does what without naming care, and is confirmed."""
    small = walk.own()
    plan = small.locator("section", has=small.locator("#plan"))
    for words in (WISH, STRENGTH, GOAL, *STEPS, PATH):
        expect(plan).to_contain_text(words)
    expect(plan).not_to_contain_text("psykiatri")
    expect(plan).not_to_contain_text(HOME)
    press(small, "Planen stämmer")
    expect(small.locator(".said")).to_have_text("Du har sagt att planen stämmer.")


def rate(walk: Walk) -> None:
    """Own numbers become a curve, that nobody else sees until one shows it."""
    small = walk.own()
    follow(small, "Svara eller se din kurva")
    press(small, "Spara")
    expect(main(small)).to_contain_text("Välj minst en siffra.")
    for statement, value in RATED.items():
        pick(small, statement, value)
    press(small, "Spara")
    expect(small.locator(".said")).to_have_text("Dina siffror är sparade.")
    seen(small.locator("section[aria-labelledby=kurva] img"))
    walk.fits()
    expect(walk.way().locator("#sjalvskattning img")).to_have_count(0)
    press(small, "Visa min kurva för min handläggare")
    expect(small.locator(".said")).to_have_text("Nu ser din handläggare din kurva.")


def see_both(walk: Walk) -> None:
    page = walk.way()
    expect(main(page)).to_contain_text(f"{SECRET_NAME} säger att planen stämmer.")
    seen(page.locator("#sjalvskattning img"))
    seen(page.locator("section[aria-labelledby=faser] img"))
    page.locator("#sjalvskattning summary").click()
    row = page.locator("#sjalvskattning tbody tr")
    expect(row).to_have_count(1)
    for value in (*RATED.values(), "inget svar"):
        expect(row).to_contain_text(value)


# ---------- another agency ----------
def tell_psychiatry(walk: Walk) -> None:
    """The plan is told the psychiatry: first the participant's yes, then what and to whom."""
    page = walk.way()
    follow(page, "Berätta för någon")
    choose(page.get_by_label("För vem?"), "Vuxenpsykiatrin Piteå")
    press(page, "Fortsätt")
    page.get_by_role("checkbox", name=re.compile("^Handlingsplanen")).check()
    press(page, "Berätta")
    expect(main(page)).to_contain_text("Samtycke saknas för")
    follow(page, "Registrera samtycke")
    page.get_by_role("checkbox", name="Vuxenpsykiatrin Piteå").check()
    page.get_by_role("checkbox", name=re.compile("^Handlingsplanen")).check()
    page.get_by_label("Till vilken nytta?").fill("planera mina nästa steg tillsammans")
    page.get_by_label("Gäller till och med").fill(say_date(today() + timedelta(days=200)))
    page.get_by_role("radio", name="Muntligt").check()
    expect(page.locator("[data-spoken]")).to_contain_text("planera mina nästa steg tillsammans")
    press(page, "Spara samtycket")
    expect(main(page)).to_contain_text("Samtycket för vägen är registrerat.")
    follow(page, "Berätta för någon")
    choose(page.get_by_label("För vem?"), "Vuxenpsykiatrin Piteå")
    press(page, "Fortsätt")
    page.get_by_role("checkbox", name=re.compile("^Handlingsplanen")).check()
    press(page, "Berätta")
    expect(main(page)).to_contain_text("Vuxenpsykiatrin Piteå kan nu läsa: Handlingsplanen.")


def read_there(psyk: Person) -> Page:
    """psyk reads the plan on a page of its own, and nothing of the rest."""
    page = psyk.open("/deltagare/")
    follow(page, "Det andra har berättat för oss")
    follow(page, f"{SECRET_NAME} Åström")
    for words in (WISH, STRENGTH, GOAL, *STEPS, PATH):
        expect(main(page)).to_contain_text(words)
    content = page.content()
    assert not [words for words in (WORK, HOME, HEALTH, *RATED) if words in content]
    return psyk.live(page)


def stop_telling(walk: Walk, psyk: Person, theirs: Page, measured: Measure) -> None:
    """It is taken back: psyk's open page loses the text within a second."""
    watch_gone(psyk.live(theirs), WISH, GOAL)
    page = walk.way()
    page.get_by_role("button", name=re.compile("^Sluta berätta")).click()
    expect(main(page)).to_contain_text("kan inte längre läsa: Handlingsplanen.")
    expect(theirs.get_by_role("heading", name="Du har inte längre tillgång")).to_be_visible()
    last = max(took(theirs, words, walk.soc.acted_at(), gone=True) for words in (WISH, GOAL))
    measured("a part of a way is told no longer: its text is gone from the other's open page", last)


# ---------- the limit ----------
def be_warned(walk: Walk, today_page: Page) -> None:
    """Near its limit the phase says so on the way's page and on Idag."""
    expect(walk.way().locator("h1")).to_have_text(re.compile(r"^Fas 1 tar slut .+: 1[0-3] dagar kvar$"))
    walk.soc.go(today_page, "/")
    row = today_page.locator("[id^='vagen-fas-']")
    expect(row).to_contain_text("Bestäm om fas 1")
    expect(row).to_contain_text(SECRET_NAME)


def reach_the_limit() -> None:
    PhaseStay.objects.update(limit_on=today())


def extend(walk: Walk) -> None:
    """At the limit a decision is made; more time is not given without a reason."""
    page = walk.way()
    expect(page.locator("h1")).to_have_text("Fas 1 tar slut i dag. Bestäm vad som händer nu")
    follow(page, "Bestäm om fas 1")
    page.get_by_role("radio", name="Mer tid i fas 1").check()
    later = say_date(today() + timedelta(days=40))
    page.get_by_label("Ny sista dag").fill(later)
    press(page, "Bestäm")
    expect(main(page)).to_contain_text("Skriv varför det behövs mer tid.")
    expect(page.get_by_label("Ny sista dag")).to_have_value(later)
    page.get_by_label("Varför?").fill(REASON)
    press(page, "Bestäm")
    expect(main(page)).to_contain_text(f"Fas 1 får pågå till {later}.")
    expect(page.locator("h1")).to_contain_text("40 dagar kvar")
    expect(page.locator("section", has=page.locator("#faser"))).to_contain_text(REASON)


# ---------- the end ----------
def fill_discharge(page: Page) -> None:
    pick(page, "Varför slutar det här?", "Behöver vård eller behandling först")
    pick(page, "Var personen med hela sin planerade tid?", "Nej")
    pick(page, "Vad kom sedan?", "Vård")
    page.get_by_label("Nästa myndighet").select_option("region_psychiatry")
    page.get_by_label("Vad lever personen på efter?").select_option("income_support")
    pick(page, "Har dina möjligheter ökat?", "Ja")
    pick(page, "Ser du vad du kan göra framöver?", "Vill inte svara")


def discharge(walk: Walk) -> None:
    """Not before the participant has said no to a referral; what was chosen is not lost."""
    page = walk.way()
    follow(page, "Registrera utskrivning")
    fill_discharge(page)
    press(page, "Registrera utskrivning")
    expect(main(page)).to_contain_text("Skicka en remiss till psykiatrin först")
    expect(page.get_by_role("radio", name="Vård", exact=True)).to_be_checked()
    follow(page, "Registrera att personen tackar nej")
    press(page, "Spara")
    expect(main(page)).to_contain_text("Det är sparat att personen tackar nej.")
    if urlsplit(page.url).path == walk.at:
        follow(page, "Registrera utskrivning")
    fill_discharge(page)
    press(page, "Registrera utskrivning")
    expect(page.locator("h1")).to_have_text(f"Utskriven {say_date(today())}: vård")
    expect(main(page)).to_contain_text("Planen fullföljd")
    small = walk.own()
    expect(main(small)).to_contain_text(WISH)  # what one has been shown, one may go on reading
    expect(small.get_by_role("link", name="Ändra mina ord")).to_have_count(0)


# ---------- the figures ----------
def freeze(cast: Cast) -> int:
    """The month of the old report, with its 223 discharges, frozen."""
    return int(freeze_month(cooperation=norrsken(cast), month=AUGUST).pk)


def see_figures(coordinator: Person) -> None:
    """The coordinator reads the frozen month: five goals, each with its table; and nobody's name."""
    page = coordinator.open("/")
    follow(page, "Uppföljning")
    expect(page.locator(".frozen")).to_contain_text("version 1")
    goals = page.locator(".goals > *")
    expect(goals).to_have_count(5)
    text = main(page).inner_text()
    order = [text.index(word) for word in ("Kvinnor", "Män", "Totalt")]
    assert order == sorted(order)
    for image in page.locator("main img").all():
        seen(image)
    goals.first.get_by_role("link").first.click()
    expect(page.locator("main table").first).to_contain_text("Totalt")
    assert not [secret for secret in SECRETS if secret in page.content()]


# ---------- the journey ----------
def test_a_way_from_enrolment_through_the_limit_to_discharge_and_the_figures(
    people: Cast, person: NewPerson, in_thread: Callable[..., Any], measured: Measure
) -> None:
    soc, psyk, fk = (
        person(hat, viewport={"width": 1280, "height": 900}) for hat in (people.soc, people.psyk, people.fk)
    )
    page = enrol_there(soc, people.person.pk)
    at = urlsplit(page.url).path
    assess(page)
    soc.go(page, at)
    follow(page, "Börja på planen")
    write_plan(page)
    phone = person(**PHONE)
    walk = Walk(soc, page, phone, come_in(phone, *give_way_in(soc, people.person.pk)), at)
    confirm(walk)
    rate(walk)
    see_both(walk)
    tell_psychiatry(walk)
    theirs = read_there(psyk)
    be_warned(walk, soc.open("/"))
    in_thread(reach_the_limit)
    extend(walk)
    stop_telling(walk, psyk, theirs, measured)
    discharge(walk)
    outside = fk.open("/delat/")
    assert not [secret for secret in SECRETS if secret in outside.content()]
    in_thread(freeze, people)
    see_figures(person(people.coordinator))
    assert in_thread(lambda: Enrolment.objects.get(participant=people.person.pk).state) == EnrolmentState.DISCHARGED
