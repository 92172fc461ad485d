"""Every page and state: axe, light and dark, wide and narrow, large text, plain Swedish; and by keyboard alone."""

import os
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from referrals.models import ReferralEvent
from referrals.states import ReferralState
from tests.cast import PASSWORD, Cast
from tests.journeys.browsers import Person
from tests.journeys.conftest import NewPerson
from tests.journeys.meeting_pages import MeetingWorld
from tests.journeys.own_pages import OwnWorld
from tests.journeys.pages import Stop, World
from tests.journeys.talk_pages import TalkWorld
from tests.journeys.way_pages import FiguresPages, OwnWayPages, WayPages
from tests.meetings.talks import Phone
from tests.referrals.journeys import bring_to
from tests.wire import session_of
from workspace.models import UserAccount

S = ReferralState
WIDE, PHONE, SMALL, ZOOMED = (1280, 800), (360, 740), (320, 640), (320, 256)  # 1280×1024 at 400 % is 320×256
LOOKS = (("light", WIDE), ("dark", WIDE), ("light", PHONE))
NOT_SWEDISH = re.compile(
    r"\b(None|True|False|Sign|Log|Submit|Required|This field|Password|Username|Email|Enter|Select|Cancel|"
    r"Save|Delete|Search|Error|Not Found|Forbidden|Server|Warning|Next|Previous|The|and|or|Please|Invalid)\b"
    r"|[{<]'|QuerySet|%\(|\{\{|\{%"
)
# Nothing but colour depends on the scheme.
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
AXE = """async more => (await axe.run(document, { resultTypes: ["violations"], ...more })).violations.flatMap(rule =>
  rule.nodes.map(node => {
    const why = node.failureSummary.split("\\n").slice(1).join(" ").trim();
    return `${rule.id}: ${node.target.join(" ")}: ${why}`;
  }))"""
# What sticks out to the right, outside anything that scrolls by itself, and text that its own box cuts off.
CUT = """() => {
  const found = [], wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) found.push(`the page is ${wide} px wide`);
  const hidden = ".sr, .ds-skip-link, [aria-hidden=true]";
  const shown = element => !element.closest(hidden)
    && element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const name = element => [element.tagName.toLowerCase(), ...element.classList].join(".")
    + ` «${element.textContent.trim().slice(0, 30)}»`;
  const scrolls = element => {
    for (let up = element; up && up !== document.body; up = up.parentElement)
      if (/auto|scroll/.test(getComputedStyle(up).overflowX)) return true;
    return false;
  };
  for (const element of document.body.querySelectorAll("*")) {
    if (!shown(element)) continue;
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    if (box.width < 2 || box.height < 2) continue;
    if ((box.right > innerWidth + 1 || box.left < -1) && !scrolls(element)) found.push("sticks out: " + name(element));
    const clips = /hidden|clip/.test(style.overflowX + style.overflowY);
    const over = element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
    const own = /^(SELECT|INPUT|TEXTAREA|svg|path)$/.test(element.tagName);
    if (clips && over && !own) found.push("is cut off: " + name(element));
    if (/fixed|sticky/.test(style.position) && box.height > innerHeight / 2) found.push("covers: " + name(element));
  }
  return found;
}"""
WORDS = """() => [document.title, document.body.innerText,
  ...[...document.querySelectorAll("[aria-label], [title], [placeholder], [alt]")].flatMap(element =>
    ["aria-label", "title", "placeholder", "alt"].map(name => element.getAttribute(name) ?? ""))].join("\\n")"""

FOCUSED = """() => {
  const at = document.activeElement, label = at.labels?.[0] ?? at;
  const ring = [at, label].map(one => getComputedStyle(one)).some(
    look => (look.outlineStyle !== "none" && parseFloat(look.outlineWidth) > 0) || look.boxShadow !== "none");
  return { name: at.getAttribute("aria-label") ?? label.innerText ?? "", tag: at.tagName, ring };
}"""


@pytest.fixture
def world(people: Cast, in_thread: Callable[..., Any]) -> World:
    made: World = in_thread(World, people)
    return made


# ---------- every page ----------
class Tour:
    """One browser that goes from stop to stop as whoever sees it, and collects what is wrong."""

    def __init__(self, person: Person, in_thread: Callable[..., Any]) -> None:
        self.person, self.in_thread = person, in_thread
        self.page = person.context.new_page()
        self.sessions: dict[str, str] = {}
        self.faults: list[str] = []

    def _become(self, who: Any) -> None:
        self.person.context.clear_cookies()
        if who is None:
            return
        if isinstance(who, Phone):
            self.person.context.add_cookies(
                [
                    {"name": one.key, "value": one.value, "url": f"{self.person.server.url}/min-sida/"}
                    for one in who.client.cookies.values()
                ]
            )
            return
        key = who if isinstance(who, str) else who.hat_key
        if key not in self.sessions:
            make = self._session_without_hat if isinstance(who, str) else session_of
            self.sessions[key] = self.in_thread(make, who)
        self.person.context.add_cookies(
            [{"name": "sessionid", "value": self.sessions[key], "url": self.person.server.url}]
        )

    @staticmethod
    def _session_without_hat(username: str) -> str:
        class Nobody:
            user = UserAccount.objects.get(username=username)
            hat_key = ""

        return session_of(Nobody())  # type: ignore[arg-type]

    def visit(self, stop: Stop) -> None:
        self._become(stop.who)
        size(self.page, WIDE)
        self.page.emulate_media(color_scheme="light")
        answered = self.page.goto(self.person.server.url + stop.path)
        assert answered
        if answered.status != stop.status:
            self.faults.append(f"{stop.name}: answered {answered.status}, not {stop.status}")
            return
        if stop.act:
            stop.act(self.page)
        self._look(stop.name)

    def _look(self, name: str) -> None:
        page = self.page
        for found in NOT_SWEDISH.finditer(words := page.evaluate(WORDS)):
            near = words[max(0, found.start() - 30) : found.end() + 30].replace("\n", " ")
            self.faults.append(f"{name}: says «{near}»")
        page.evaluate(AXE_SCRIPT)
        for scheme, sides in LOOKS:
            size(page, sides)
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            more = COLOURS if scheme == "dark" else {}
            self.faults += [f"{name}, {scheme}, {sides[0]} px: {fault}" for fault in page.evaluate(AXE, more)]
        for sides in (SMALL, ZOOMED):
            size(page, sides)
            self.faults += [f"{name}, {sides[0]}×{sides[1]} px: {fault}" for fault in page.evaluate(CUT)]
        self.faults += [f"{name}: {error}" for error in self.person.errors]
        self.person.errors.clear()

    def report(self) -> None:
        assert not self.faults, f"{len(self.faults)}:\n" + "\n".join(self.faults)


def size(page: Page, sides: tuple[int, int]) -> None:
    page.set_viewport_size({"width": sides[0], "height": sides[1]})


@pytest.fixture
def tour(person: NewPerson, in_thread: Callable[..., Any]) -> Tour:
    # Colours fade for a moment, and axe would measure them on the way.
    return Tour(person(reduced_motion="reduce"), in_thread)


@pytest.mark.long
def test_every_page_is_for_everybody(world: World, tour: Tour) -> None:
    stops = list(world.stops())
    assert len({stop.name for stop in stops}) == len(stops)
    for stop in stops:
        tour.visit(stop)
    tour.report()


@pytest.mark.long
def test_every_page_of_the_meetings_is_for_everybody(people: Cast, in_thread: Callable[..., Any], tour: Tour) -> None:
    stops = list(in_thread(lambda: list(MeetingWorld(people).stops())))
    assert len({stop.name for stop in stops}) == len(stops)
    for stop in stops:
        tour.visit(stop)
    tour.report()


@pytest.mark.long
@pytest.mark.parametrize("made", [TalkWorld, OwnWorld])
def test_every_page_of_the_conversations_is_for_everybody(
    people: Cast, in_thread: Callable[..., Any], tour: Tour, made: type[TalkWorld | OwnWorld]
) -> None:
    stops = list(in_thread(lambda: list(made(people).stops())))
    assert len({stop.name for stop in stops}) == len(stops)
    for stop in stops:
        tour.visit(stop)
    tour.report()


@pytest.mark.long
@pytest.mark.parametrize("made", [WayPages, OwnWayPages, FiguresPages])
def test_every_page_of_the_way_and_the_figures_is_for_everybody(
    people: Cast, in_thread: Callable[..., Any], tour: Tour, made: type[WayPages | OwnWayPages | FiguresPages]
) -> None:
    stops = list(in_thread(lambda: list(made(people).stops())))
    assert len({stop.name for stop in stops}) == len(stops)
    for stop in stops:
        tour.visit(stop)
    tour.report()


@contextmanager
def broken_table(name: str) -> Generator[None]:
    """A table that is gone for a while: what a server answers that fails for a reason nobody thought of."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(f"ALTER TABLE {name} RENAME TO {name}_away")
        try:
            yield
        finally:
            owner.execute(f"ALTER TABLE {name}_away RENAME TO {name}")


@pytest.mark.postgres
def test_the_page_of_a_fault_is_for_everybody(people: Cast, tour: Tour) -> None:
    with broken_table("workspace_participant"):
        tour.visit(Stop("500", people.soc, "/deltagare/", status=500))
    tour.report()


# ---------- by keyboard ----------
def tab_to(page: Page, name: str, *, limit: int = 60) -> None:
    """Press Tab until something of that name has focus, and see that the eye can follow on the way."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        assert at["tag"] == "BODY" or at["ring"], f"focus is not seen on {at}"
        if at["tag"] != "BODY" and at["name"].strip().startswith(name):
            return
    raise AssertionError(f"«{name}» is not reached with Tab on {page.url}")


def use(page: Page, name: str, key: str = "Enter") -> None:
    """Go there with Tab and press it, and wait for the page it leads to."""
    tab_to(page, name)
    with page.expect_navigation():
        page.keyboard.press(key)


@pytest.mark.embedded
def test_sending_and_acknowledging_by_keyboard_alone(
    people: Cast, in_thread: Callable[..., Any], person: NewPerson
) -> None:
    in_thread(bring_to, people, S.SENT, person=people.person)  # leaves a consent
    soc = person().open("/logga-in/")
    for text, field in (("soc", "Användarnamn"), (PASSWORD, "Lösenord")):
        tab_to(soc, field)
        soc.keyboard.type(text)
    soc.keyboard.press("Enter")
    expect(soc.get_by_role("heading", name="Idag", level=1)).to_be_visible()
    tab_to(soc, "Hoppa till innehållet")
    soc.keyboard.press("Enter")
    expect(soc.locator("#innehall")).to_be_focused()
    soc.goto(soc.url.split("#")[0] + f"deltagare/{people.person.pk}/")
    use(soc, "Skriv remiss")
    tab_to(soc, "Till vem?")
    soc.keyboard.type("Vuxenpsyk")
    tab_to(soc, "Vad gäller det?")
    soc.keyboard.type("Samtals")
    use(soc, "Fortsätt")
    use(soc, "Fortsätt till frågan")
    tab_to(soc, "Vad frågar ni om?")
    soc.keyboard.type("Kan ni hjälpa?")
    use(soc, "Läs igenom")
    use(soc, "Skicka remissen")
    expect(soc.get_by_text("Remissen är skickad.")).to_be_visible()
    assert ReferralEvent.objects.filter(verb="send").count() == 2

    psyk = person(people.psyk).open("/")
    use(psyk, "Ta emot")
    tab_to(psyk, "Nej, vi svarar inte här")
    psyk.keyboard.press("ArrowDown")
    psyk.keyboard.press("Space")
    expect(psyk.get_by_role("radio", name=re.compile("^Ja, läget"), checked=True)).to_have_count(1)
    use(psyk, "Ta emot remissen", "Space")
    expect(psyk.get_by_text("Remissen är mottagen.")).to_be_visible()


@pytest.mark.embedded
def test_the_account_menu_by_keyboard(people: Cast, person: NewPerson) -> None:
    page = person(people.two_hats[0]).open("/")
    menu = page.locator("details.account")
    tab_to(page, "Ditt konto")
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()
    page.keyboard.press("Space")
    use(page, "Socialtjänsten Arvidsjaur")
    expect(menu.locator("summary")).to_contain_text("Socialtjänsten Arvidsjaur")


# ---------- without JavaScript ----------
@pytest.mark.embedded
def test_the_main_job_without_javascript(people: Cast, person: NewPerson) -> None:
    sender, receiver = (person(hat, java_script_enabled=False) for hat in (people.soc, people.psyk))
    soc, psyk = sender.open(f"/deltagare/{people.person.pk}/"), receiver.open("/")
    soc.get_by_role("link", name="Skriv remiss").click()
    soc.get_by_label("Till vem?").select_option(str(people.psyk_desk.pk))
    soc.get_by_label("Vad gäller det?").select_option("counselling_contact")
    soc.get_by_role("button", name="Fortsätt").click()
    soc.get_by_role("link", name="Registrera samtycke").click()
    soc.get_by_label("Till vilken nytta?").fill("ordna en samtalskontakt")
    soc.get_by_label("Gäller till och med").fill("2099-12-31")
    soc.get_by_role("radio", name="Muntligt").check()
    soc.get_by_role("checkbox", name="Hur det går").check()
    soc.get_by_role("button", name="Spara samtycket").click()
    soc.get_by_role("button", name="Fortsätt till frågan").click()
    soc.get_by_label("Vad frågar ni om?").fill("Kan ni hjälpa?")
    soc.get_by_role("button", name="Läs igenom").click()
    soc.get_by_role("button", name="Skicka remissen").click()
    expect(soc.get_by_text("Remissen är skickad.")).to_be_visible()
    psyk.reload()
    psyk.get_by_role("link", name=re.compile("^Ta emot")).first.click()
    expect(psyk.locator("main")).to_contain_text("Kan ni hjälpa?")
    psyk.get_by_role("radio", name=re.compile("^Ja, läget och text")).check()
    psyk.get_by_role("button", name="Ta emot remissen").click()
    psyk.get_by_role("button", name="Acceptera remissen").click()
    psyk.get_by_role("radio", name="Beviljad", exact=True).check()
    psyk.get_by_label("Svar till avsändaren").fill("Välkommen i april.")
    psyk.get_by_role("button", name="Registrera beslutet").click()
    soc.reload()
    expect(soc.locator("main")).to_contain_text("Välkommen i april.")
    soc.get_by_role("link", name="Registrera återkallelse").click()
    soc.get_by_role("button", name="Registrera återkallelsen").click()
    psyk.reload()
    expect(psyk.locator("main")).to_contain_text("Du har inte längre tillgång till det här")
    soc.locator("details.account summary").click()
    soc.get_by_role("button", name="Logga ut").click()
    expect(soc.get_by_role("heading", name="Logga in")).to_be_visible()
