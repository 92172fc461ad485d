"""A referral that waits: for a supplement, on its way to somebody else, without a ground; and the clock by keyboard."""

import os
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import psycopg
from axe_playwright_python.base import AXE_SCRIPT
from django.utils import timezone
from playwright.sync_api import Page, expect

from notifications.models import Notification
from referrals.models import Referral
from referrals.states import ReferralState
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast
from tests.journeys.browsers import Person, choose, took, watch
from tests.journeys.conftest import Measure, NewPerson
from tests.journeys.test_accessibility import AXE, COLOURS, CUT, PHONE, SMALL, WIDE, size, tab_to, use
from tests.referrals.days import with_times
from tests.referrals.journeys import bring_to
from workspace.front.actions.expiry import expire_disclosures
from workspace.models import Consent

S = ReferralState
OURS, PSYK, SOC, FK = "Er tur", "Vuxenpsykiatrins tur", "Socialtjänstens tur", "Försäkringskassans tur"
ASKED, MORE = "Hur länge har hon sovit dåligt?", "Sedan i mars, värst i veckorna."
HINT, ANSWER = "Det här är en fråga om ersättning.", "Ersättningen börjar i april."
ENDED, RAN_OUT = "Du har inte längre tillgång till det här", "Samtycket har gått ut"
ALL_DETAILS = "document.querySelectorAll('main details').forEach(one => { one.open = true })"


# ---------- steps ----------
def turn(page: Page, whose: str) -> None:
    expect(page.locator("#remiss-lage .turn").first).to_have_text(whose)


def unfold(page: Page, title: str) -> None:
    page.locator("#remiss-sidan summary", has_text=re.compile(f"^{title}$")).click()


class Desk:
    """One agency's browser, with the referral open in a tab that is not loaded by the test."""

    def __init__(self, person: Person, address: str, measured: Measure) -> None:
        self.person, self.address, self.measured = person, address, measured
        self.page = person.open(address)

    def press(self, button: str, said: str = "") -> None:
        self.page.get_by_role("button", name=button, exact=True).click()
        if said:
            expect(self.page.get_by_text(said)).to_be_visible()

    def tell(self, other: "Desk", button: str, shown: str, *, timed: bool = False) -> None:
        """Press, and the other's open page shows it by itself; timed, within a second."""
        expect(other.page.locator("main")).not_to_contain_text(shown)
        watch(other.person.live(other.page), shown)
        self.press(button)
        expect(other.page.locator("main")).to_contain_text(shown)
        times = took(other.page, shown, self.person.acted_at())
        if timed:
            self.measured(f"«{button}»: the other's page shows «{shown}»", times)

    def take_in(self) -> None:
        self.page.get_by_role("radio", name=re.compile("^Ja, läget och text")).check()


def supplemented(soc: Desk, psyk: Desk) -> None:
    """Taken in, accepted and begun; then something is missing, and comes."""
    psyk.take_in()
    psyk.tell(soc, "Ta emot remissen", "De tog emot den")
    turn(soc.page, PSYK)
    psyk.tell(soc, "Acceptera remissen", "De accepterade remissen")
    psyk.tell(soc, "Börja arbeta med remissen", "Vuxenpsykiatrin arbetar med frågan")
    turn(psyk.page, OURS)
    unfold(psyk.page, "Be om komplettering")
    psyk.page.get_by_role("radio", name="Mer bakgrund").check()
    psyk.page.locator("#ask_supplement").get_by_label("Skriv till avsändaren").fill(ASKED)
    psyk.tell(soc, "Be om komplettering", "Ni ska komplettera remissen", timed=True)
    expect(soc.page.locator("#remiss-lage")).to_contain_text("Det här saknas: Mer bakgrund")
    expect(soc.page.locator("#remiss-lage")).to_contain_text(ASKED)
    turn(soc.page, OURS)
    turn(psyk.page, SOC)
    form = soc.page.locator("form[action$='/komplettera/']")
    form.get_by_label("Det ni frågar om").fill(MORE)
    soc.tell(psyk, "Komplettera", MORE, timed=True)
    turn(soc.page, PSYK)
    turn(psyk.page, OURS)


def redirected(soc: Desk, psyk: Desk) -> None:
    """Somebody else is suggested, and the sender writes there; the one who suggested sees nothing of that."""
    unfold(psyk.page, "Föreslå en annan mottagare")
    form = psyk.page.locator("#suggest_redirect")
    choose(form.get_by_label("Vem bör frågan gå till?"), "Försäkringskassan")
    form.get_by_label("Skriv till avsändaren").fill(HINT)
    psyk.tell(soc, "Föreslå mottagaren", "Vuxenpsykiatrin föreslog Försäkringskassan Norr", timed=True)
    expect(soc.page.locator("#remiss-lage")).to_contain_text(HINT)
    turn(soc.page, OURS)
    turn(psyk.page, SOC)
    soc.press("Skriv till Försäkringskassan")
    choose(soc.page.get_by_label("Vad gäller det?"), "Samordning av rehabilitering")  # they are asked other things
    soc.press("Fortsätt")
    soc.page.get_by_role("link", name="Frågan").click()
    expect(soc.page.get_by_label("Vad frågar ni om?")).to_have_value(SECRET_TEXT)
    expect(soc.page.locator("main")).to_contain_text("Försäkringskassan")


def consent(page: Page, until: date) -> None:
    """What the person says yes to, for the receiver that the page has chosen."""
    expect(page.get_by_label("Till vem?").locator("option:checked")).to_contain_text("Försäkringskassan")
    page.get_by_label("Till vilken nytta?").fill("ordna ersättning")
    page.get_by_label("Gäller till och med").fill(until.isoformat())
    page.get_by_role("radio", name="Skriftligt").check()
    for name in ("Hur det går", "Svar med text"):
        page.get_by_role("checkbox", name=name).check()
    page.get_by_role("button", name="Spara samtycket").click()
    expect(page.get_by_text("Samtycket är registrerat.")).to_be_visible()


def sent_on(soc: Desk) -> None:
    soc.page.get_by_role("button", name="Läs igenom").click()
    soc.press("Skicka remissen")
    expect(soc.page.locator(".ds-error-summary")).to_contain_text("Försäkringskassan Norr")
    soc.page.locator("#saknas").get_by_role("link", name="Registrera samtycke").click()
    consent(soc.page, timezone.localdate())
    soc.page.get_by_role("button", name="Fortsätt till frågan").click()
    soc.page.get_by_role("button", name="Läs igenom").click()
    expect(soc.page.locator("#saknas")).to_have_count(0)
    soc.press("Skicka remissen", "Remissen är skickad.")
    turn(soc.page, FK)


def run_out(referral: Referral) -> None:
    """The last day of what was said yes to with the new receiver has been, both ways.

    The server's clock is another process's: so the days move instead. As the owner, for no role of ours may.
    """
    said = Consent.objects.filter(rows__recipient=referral.legs.latest("position").receiver.agency_id)
    given = [list(said.values_list("pk", flat=True))]
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        owner.execute("UPDATE workspace_consent SET given_on = given_on - 1 WHERE id = ANY(%s)", given)
        owner.execute("UPDATE workspace_consentrow SET valid_until = valid_until - 1 WHERE consent_id = ANY(%s)", given)
        owner.execute(
            "UPDATE workspace_disclosure SET ends_at = now() FROM workspace_consentrow AS said"
            " WHERE said.id = consent_row_id AND said.consent_id = ANY(%s)",
            given,
        )


def ran_out(soc: Desk, fk: Desk, referral: Referral, in_thread: Callable[..., Any]) -> None:
    """Midnight: both open pages say so when the sweep has been, and the receiver's is emptied."""
    soc.person.live(soc.page)
    fk.person.live(fk.page)
    in_thread(run_out, referral)
    assert in_thread(expire_disclosures) == 1
    expect(soc.page.locator("#laget")).to_contain_text(RAN_OUT)
    turn(soc.page, OURS)
    expect(fk.page.locator("main")).to_contain_text(ENDED)
    expect(fk.page.locator("main")).to_contain_text(RAN_OUT)
    for secret in (SECRET_NAME, SECRET_TEXT):
        expect(fk.page.locator("main")).not_to_contain_text(secret)
        assert secret not in fk.page.content()


def renewed(soc: Desk, fk: Desk) -> None:
    soc.page.locator("#remiss-sidan").get_by_role("link", name="Registrera samtycke").click()
    consent(soc.page, timezone.localdate() + timedelta(days=90))
    expect(soc.page).to_have_url(re.compile(re.escape(soc.address) + "$"))
    soc.tell(fk, "Förnya grunden", SECRET_TEXT, timed=True)
    expect(fk.page.locator("#remiss-huvud")).to_contain_text(SECRET_NAME)
    turn(fk.page, OURS)
    turn(soc.page, FK)


def decided(soc: Desk, fk: Desk) -> None:
    unfold(fk.page, re.escape("Får ni svara här?"))
    fk.page.locator("#fa-svara").get_by_role("radio", name=re.compile("^Ja, läget och text")).check()
    fk.press("Spara", "Det ni får svara är ändrat.")
    fk.tell(soc, "Acceptera remissen", "Försäkringskassan ska svara")
    fk.page.get_by_role("radio", name="Beviljad", exact=True).check()
    fk.page.get_by_label("Svar till avsändaren").fill(ANSWER)
    fk.tell(soc, "Registrera beslutet", ANSWER)
    turn(soc.page, OURS)
    turn(fk.page, SOC)
    soc.tell(fk, "Avsluta remissen", "De avslutade")
    for page in (soc.page, fk.page):
        turn(page, "Ingens tur")


def sees_nothing(outsider: Person, referral: Referral) -> None:
    page = outsider.open("/")
    expect(page.locator("#bell")).to_have_attribute("data-seq", "0")
    expect(page.locator("#bell")).to_have_attribute("data-unread", "0")
    answered = page.goto(f"{outsider.server.url}/remisser/{referral.pk}/")
    assert answered and answered.status == 404
    assert referral.number not in page.content()


# ---------- the journeys ----------
def test_a_referral_waits_goes_on_to_somebody_else_and_gets_its_ground_back(
    people: Cast, in_thread: Callable[..., Any], person: NewPerson, measured: Measure
) -> None:
    referral = in_thread(bring_to, people, S.SENT)
    address = f"/remisser/{referral.pk}/"
    soc, psyk = (Desk(person(hat), address, measured) for hat in (people.soc, people.psyk))
    turn(soc.page, PSYK)
    supplemented(soc, psyk)
    redirected(soc, psyk)
    sent_on(soc)

    fk = Desk(person(people.fk), address, measured)
    expect(fk.page.locator("main")).to_contain_text(SECRET_TEXT)
    for earlier in (MORE, HINT, ASKED, "Vuxenpsykiatrin"):
        expect(fk.page.locator("main")).not_to_contain_text(earlier)
    fk.take_in()
    fk.tell(soc, "Ta emot remissen", "Försäkringskassan ska ta ställning till remissen")
    ran_out(soc, fk, referral, in_thread)
    renewed(soc, fk)
    decided(soc, fk)

    psyk.page.reload()
    expect(psyk.page.locator("main")).not_to_contain_text(ANSWER)
    sees_nothing(person(people.outsider), referral)
    assert not Notification.objects.filter(membership=people.outsider).exists()


def unfold_by_keyboard(page: Page, title: str) -> None:
    tab_to(page, title)
    page.keyboard.press("Enter")


def looks_right(page: Page) -> list[str]:
    """axe with every piece unfolded, light and dark, wide and narrow; and that nothing sticks out of a small screen."""
    page.evaluate(AXE_SCRIPT)
    page.evaluate(ALL_DETAILS)
    faults = []
    for scheme, sides in (("light", WIDE), ("dark", WIDE), ("light", PHONE)):
        size(page, sides)
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        faults += page.evaluate(AXE, COLOURS if scheme == "dark" else {})
    size(page, SMALL)
    faults += page.evaluate(CUT)
    size(page, PHONE)
    page.emulate_media(color_scheme="light")
    return [f"{page.url}: {fault}" for fault in faults]


def test_a_new_day_and_a_clock_that_stands_still_by_keyboard_on_a_phone(
    people: Cast, in_thread: Callable[..., Any], person: NewPerson
) -> None:
    in_thread(with_times, people)
    referral = in_thread(bring_to, people, S.ACCEPTED, follow_up=True)
    receiver = person(people.psyk, reduced_motion="reduce", viewport={"width": PHONE[0], "height": PHONE[1]})
    page = receiver.open(f"/remisser/{referral.pk}/")
    today = timezone.localdate()
    for title, why, button, said, days in (
        ("Pågår, nytt datum", "Väntar på intyg", "Lova det datumet", "Det nya datumet är sparat.", 20),
        ("Stanna klockan", "Personen har bett", "Stanna klockan", "Klockan står stilla till och med den dagen.", 7),
    ):
        unfold_by_keyboard(page, title)
        tab_to(page, why)
        page.keyboard.press("Space")
        tab_to(page, "Till vilken dag?")
        page.keyboard.type((today + timedelta(days=days)).isoformat())
        use(page, button)
        expect(page.get_by_text(said)).to_be_visible()
    expect(page.locator(".lanes")).to_contain_text("Personen har bett om uppskov")
    unfold_by_keyboard(page, "Så har vi räknat")
    expect(page.locator("#rakning")).to_contain_text("personen har bett om uppskov")

    faults = looks_right(page)
    watcher = person(people.coordinator, reduced_motion="reduce").open("/bevaka/")
    expect(watcher.locator("#tavla")).to_contain_text(referral.number)
    faults += looks_right(watcher)
    page.locator("details.account summary").click()
    page.get_by_role("link", name="Frånvaro").click()
    expect(page.get_by_role("heading", name="Frånvaro", level=1)).to_be_visible()
    faults += looks_right(page)
    assert not faults, "\n".join(faults)
