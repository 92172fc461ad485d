"""What happens to an open page: somebody is faster, contact is lost, access ends, Redis dies, the hat is changed."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Locator, Page, Route, WebSocket, expect

from referrals.models import Referral, ReferralEvent
from referrals.states import AnswerScope, ReferralState
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast
from tests.daphne import Daphne
from tests.journeys.browsers import Person, is_a_form
from tests.journeys.conftest import NewPerson
from tests.referrals.journeys import bring_to
from workspace.models import Consent

S = ReferralState
TYPED = "Vi har pratat med henne och hon"
NEWS, LOST, BACK = "sidan har ändrats", "Ingen anslutning, visar läget ", "Anslutningen är tillbaka."
ENDED = "Du har inte längre tillgång till det här"
Bring = Callable[..., Referral]


@pytest.fixture
def bring(people: Cast, in_thread: Callable[..., Any]) -> Bring:
    """A referral brought to a state before anybody looks."""

    def bring(state: ReferralState, **how: Any) -> Referral:
        referral: Referral = in_thread(bring_to, people, state, **how)
        return referral

    return bring


def wire(page: Page) -> Locator:
    return page.locator("#wire")


def turn_here(page: Page, words: str) -> None:
    expect(page.locator("#remiss-lage")).to_contain_text(words)


def acknowledge(page: Page) -> None:
    page.get_by_role("radio", name=re.compile("^Ja, läget och text")).check()
    page.get_by_role("button", name="Ta emot remissen").click()


def decide(page: Page) -> None:
    page.get_by_role("radio", name="Avslag", exact=True).check()
    page.get_by_role("button", name="Registrera beslutet").click()


def events(referral: Referral, verb: str) -> int:
    return ReferralEvent.objects.filter(referral=referral, verb=verb).count()


def withdraw(sender: Person, referral: Referral) -> None:
    consent = Consent.objects.get(participant=referral.participant_id, agency=referral.sender.agency_id)
    page = sender.open(f"/samtycken/{consent.pk}/aterkalla/")
    page.get_by_role("button", name="Registrera återkallelsen").click()
    expect(page.get_by_text("Återkallelsen är registrerad.")).to_be_visible()


# ---------- what is being typed ----------
@pytest.mark.embedded
def test_typed_text_is_kept_when_the_page_changes_beneath(people: Cast, bring: Bring, person: NewPerson) -> None:
    referral = bring(S.ACCEPTED)
    mine, colleague = person(people.psyk), person(people.psyk_2)
    address = f"/remisser/{referral.pk}/"
    page, other = mine.open(address), colleague.open(address)
    field = page.get_by_label("Svar till avsändaren")
    field.press_sequentially(TYPED)
    mine.live(page)
    decide(other)
    turn_here(page, "Ni gav avslag")  # what nobody types in changes at once
    expect(wire(page)).to_contain_text(f"Nyss: {NEWS}")
    expect(field).to_be_focused()
    field.press_sequentially(" ville")
    expect(field).to_have_value(TYPED + " ville")
    wire(page).get_by_role("button", name="Visa").click()
    expect(page.get_by_role("button", name="Registrera beslutet")).to_have_count(0)
    rescued = page.locator("textarea[readonly]")
    expect(rescued).to_have_value(TYPED + " ville")
    expect(page.get_by_text("Det du skrev finns här. Ingen annan har läst det.")).to_be_visible()


def test_the_line_is_calm_again_when_the_reader_has_asked(people: Cast, bring: Bring, person: NewPerson) -> None:
    referral = bring(S.ACCEPTED)
    mine, colleague = person(people.psyk), person(people.psyk_2)
    page, other = mine.open(f"/remisser/{referral.pk}/"), colleague.open(f"/remisser/{referral.pk}/")
    page.get_by_label("Svar till avsändaren").press_sequentially(TYPED)
    mine.live(page)
    decide(other)
    wire(page).get_by_role("button", name="Visa").click()
    expect(wire(page)).not_to_contain_text(NEWS, timeout=1_000)  # at once, not when the line may speak again
    expect(page.locator("textarea[readonly]")).to_have_value(TYPED)
    expect(wire(page)).not_to_contain_text(NEWS)


@pytest.mark.embedded
def test_typed_text_is_rescued_when_access_ends(people: Cast, bring: Bring, person: NewPerson) -> None:
    referral = bring(S.ACCEPTED)
    mine, sender = person(people.psyk), person(people.soc)
    page = mine.open(f"/remisser/{referral.pk}/")
    page.get_by_label("Svar till avsändaren").press_sequentially(TYPED)
    mine.live(page)
    withdraw(sender, referral)
    expect(page.locator("main")).to_contain_text(ENDED)
    expect(page.locator("textarea[readonly]")).to_have_value(TYPED)
    expect(page.get_by_role("button", name="Registrera beslutet")).to_have_count(0)
    for secret in (SECRET_NAME, SECRET_TEXT):
        expect(page.locator("main")).not_to_contain_text(secret)
        assert secret not in page.content()


# ---------- contact ----------
def test_lost_contact_is_said_once_and_what_was_missed_comes(people: Cast, bring: Bring, person: NewPerson) -> None:
    referral = bring(S.SENT)
    sender, receiver = person(people.soc, quiet=False), person(people.psyk)
    page, other = sender.open(f"/remisser/{referral.pk}/"), receiver.open(f"/remisser/{referral.pk}/")
    sender.live(page)
    sender.context.set_offline(True)
    expect(wire(page)).to_contain_text(LOST)
    expect(wire(page)).to_contain_text(re.compile(r"visar läget \d\d\.\d\d\. Det du skriver finns kvar\."))
    acknowledge(other)
    expect(other.get_by_text("Remissen är mottagen.")).to_be_visible()
    turn_here(page, "Vuxenpsykiatrin ska ta emot remissen")
    sender.context.set_offline(False)
    turn_here(page, "Vuxenpsykiatrin ska ta ställning till remissen")
    expect(page.locator("#bell")).to_have_attribute("data-seq", "1")
    expect(wire(page)).to_contain_text(f"{BACK} 1 händelse har kommit in.", timeout=10_000)


def test_a_restarted_server_is_found_again(people: Cast, bring: Bring, person: NewPerson, server: Daphne) -> None:
    referral = bring(S.SENT)
    sender, receiver = person(people.soc, quiet=False), person(people.psyk, quiet=False)
    page, other = sender.open(f"/remisser/{referral.pk}/"), receiver.open(f"/remisser/{referral.pk}/")
    sender.live(page)
    server.kill()
    expect(wire(page)).to_contain_text(LOST)
    server.start()
    expect(wire(page)).to_contain_text(BACK, timeout=10_000)
    acknowledge(other)
    turn_here(page, "Vuxenpsykiatrin ska ta ställning till remissen")


def test_without_redis_the_page_catches_up_on_its_own(
    people: Cast, bring: Bring, person: NewPerson, daphne: Callable[..., Daphne], redis_server: Any
) -> None:
    referral = bring(S.SENT)
    slow = daphne(POLL_SECONDS="2")
    sender, receiver = person(people.soc, at=slow, quiet=False), person(people.psyk, at=slow, quiet=False)
    page, other = sender.open(f"/remisser/{referral.pk}/"), receiver.open(f"/remisser/{referral.pk}/")
    sender.live(page)
    redis_server.kill()
    acknowledge(other)
    expect(other.get_by_text("Remissen är mottagen.")).to_be_visible()
    turn_here(page, "Vuxenpsykiatrin ska ta ställning till remissen")
    expect(page.locator("#bell")).to_have_attribute("data-seq", "1")
    fresh = sender.open("/")
    expect(fresh.locator("#hant")).to_contain_text(referral.number)
    assert " 500 " not in slow.log


# ---------- two at once ----------
@pytest.mark.embedded
def test_two_tabs_agree(people: Cast, bring: Bring, person: NewPerson) -> None:
    referral = bring(S.SENT)
    mine = person(people.psyk)
    page, idag = mine.open(f"/remisser/{referral.pk}/"), mine.open("/")
    other = mine.open(f"/remisser/{referral.pk}/")
    for tab in (page, idag, other):
        mine.live(tab)
    expect(idag.locator("#vantar")).to_contain_text(referral.number)
    acknowledge(page)
    turn_here(other, "Ni ska ta ställning till remissen")
    expect(other.get_by_role("button", name="Acceptera remissen")).to_be_visible()
    other.get_by_role("button", name="Acceptera remissen").click()
    turn_here(page, "Ni ska svara")


def test_a_second_click_does_nothing_more(people: Cast, bring: Bring, person: NewPerson) -> None:
    referral = bring(S.RECEIVED)
    mine = person(people.psyk)
    page = mine.open(f"/remisser/{referral.pk}/")
    page.get_by_role("button", name="Acceptera remissen").dblclick()
    turn_here(page, "Ni ska svara")
    expect(page.locator(".ds-error-summary")).to_have_count(0)
    assert events(referral, "accept") == 1


@pytest.mark.parametrize("who", ["oneself", "a colleague"])
def test_a_second_tab_gets_a_kind_409(people: Cast, bring: Bring, person: NewPerson, who: str) -> None:
    """The tab stood with something chosen in its form, so it was left alone and shows the old form."""
    referral = bring(S.ACCEPTED)
    mine = person(people.psyk)
    faster = mine if who == "oneself" else person(people.psyk_2)
    address = f"/remisser/{referral.pk}/"
    page, other = mine.open(address), faster.open(address)
    page.get_by_role("radio", name="Beviljad", exact=True).check()
    page.get_by_label("Svar till avsändaren").fill(TYPED)
    mine.live(page)
    decide(other)
    expect(wire(page)).to_contain_text(NEWS)
    with page.expect_response(lambda answer: is_a_form(answer.request)) as answered:
        page.get_by_role("button", name="Registrera beslutet").click()
    assert answered.value.status == 409
    name = "Det är redan gjort" if who == "oneself" else "Psyk2 Testsson hann före"
    expect(page.locator(".ds-error-summary")).to_contain_text(name)
    turn_here(page, "Ni gav avslag")
    assert events(referral, "decide") == 1


def test_two_who_register_the_same_form_make_one_person(people: Cast, person: NewPerson) -> None:
    mine = person(people.soc)
    page = mine.open("/deltagare/ny/")
    page.get_by_label("Förnamn").fill("Engla")
    page.get_by_label("Efternamn").fill("Enda")
    page.get_by_label("Födelseår").fill("1990")
    page.get_by_role("radio", name="Kvinna").check()
    page.get_by_role("button", name="Registrera", exact=True).dblclick()
    expect(page.get_by_role("heading", name="Engla Enda", level=1)).to_be_visible()
    page.go_back()
    mine.go(page, "/deltagare/")
    expect(page.locator("tr", has_text="Engla Enda")).to_have_count(1)


# ---------- the hat and the way out ----------
@pytest.mark.embedded
def test_a_changed_hat_changes_every_tab(people: Cast, person: NewPerson) -> None:
    mine = person(people.two_hats[0])
    page, other, owned = mine.open("/"), mine.open("/"), mine.open("/deltagare/")
    for tab in (other, owned):
        mine.live(tab)
        expect(tab.locator("details.account summary")).to_contain_text("Försäkringskassan Norr")
    page.locator("details.account summary").click()
    page.get_by_role("button", name="Socialtjänsten Arvidsjaur").click()
    for tab in (page, other, owned):
        expect(tab.locator("details.account summary")).to_contain_text("Socialtjänsten Arvidsjaur")


@pytest.mark.embedded
def test_the_tab_that_changes_the_hat_gets_the_answer_to_its_form(people: Cast, person: NewPerson) -> None:
    mine = person(people.two_hats[0])
    page, answers, closed = mine.open("/"), list[tuple[Route, APIResponse]](), list[WebSocket]()
    page.on("websocket", lambda socket: socket.on("close", lambda one: closed.append(one)))
    page.route("**/roll/byt/", lambda route: answers.append((route, route.fetch(max_redirects=0))))
    mine.go(page, "/deltagare/")
    mine.live(page)
    closed.clear()
    page.locator("details.account summary").click()
    page.get_by_role("button", name="Socialtjänsten Arvidsjaur").click(no_wait_after=True)
    while not (closed and answers):  # the page hears that its hat is gone before it has the answer to its form
        page.wait_for_timeout(10)
    route, answer = answers.pop()
    route.fulfill(response=answer)
    page.wait_for_url(mine.server.url + "/")
    expect(page.locator("details.account summary")).to_contain_text("Socialtjänsten Arvidsjaur")


@pytest.mark.embedded
def test_signing_out_empties_every_tab_and_back_shows_nothing(people: Cast, bring: Bring, person: NewPerson) -> None:
    referral = bring(S.SENT)
    mine = person(people.soc)
    page, other = mine.open(f"/remisser/{referral.pk}/"), mine.open(f"/remisser/{referral.pk}/")
    expect(page.locator("main")).to_contain_text(SECRET_TEXT)
    mine.go(page, "/")
    mine.live(other)
    page.locator("details.account summary").click()
    page.get_by_role("button", name="Logga ut").click()
    for tab in (page, other):
        expect(tab.get_by_role("heading", name="Logga in")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Logga in")).to_be_visible()
    for secret in (SECRET_NAME, SECRET_TEXT, referral.number):
        assert secret not in page.content()


# ---------- the draft that saves itself ----------
def test_a_draft_saves_itself_and_says_so_in_plain_words(people: Cast, bring: Bring, person: NewPerson) -> None:
    referral = bring(S.DRAFT)
    mine = person(people.soc)
    page = mine.open(f"/remisser/{referral.pk}/fraga/")
    page.get_by_label("Vad frågar ni om?").fill(TYPED)
    expect(page.locator("[data-autosave-status]")).to_have_text(re.compile(r"^Utkastet sparades \d\d\.\d\d\.$"))
    mine.go(page, f"/remisser/{referral.pk}/fraga/")
    expect(page.get_by_label("Vad frågar ni om?")).to_have_value(TYPED)


def test_a_silent_receiver_moves_nothing_on_the_senders_page(people: Cast, bring: Bring, person: NewPerson) -> None:
    referral = bring(S.RECEIVED, scope=AnswerScope.NONE)
    sender, receiver = person(people.soc), person(people.psyk)
    page, other = sender.open(f"/remisser/{referral.pk}/"), receiver.open(f"/remisser/{referral.pk}/")
    page.reload()
    before = page.locator("main").inner_text()
    sender.live(page)
    other.get_by_role("button", name="Acceptera remissen").click()
    expect(other.get_by_text("Remissen är accepterad.")).to_be_visible()
    page.reload()
    assert page.locator("main").inner_text() == before


def test_a_silent_receiver_is_not_heard_on_the_senders_socket(people: Cast, bring: Bring, person: NewPerson) -> None:
    referral = bring(S.RECEIVED, scope=AnswerScope.NONE)
    sender, colleague, receiver = person(people.soc), person(people.psyk_2), person(people.psyk)
    address = f"/remisser/{referral.pk}/"
    page, theirs, other = sender.open(address), colleague.open(address), receiver.open(address)
    heard: list[str] = []
    sender.live(page)
    colleague.live(theirs)
    # What the page says by itself every 25 seconds, that it is open, answers nothing that happened.
    page.on("request", lambda request: heard.append(request.url) if not request.url.endswith("/oppen/") else None)
    other.get_by_role("button", name="Acceptera remissen").click()
    turn_here(theirs, "Ni ska svara")
    page.get_by_role("link", name="Idag", exact=True).hover()  # lets the sender's browser speak
    assert not heard
