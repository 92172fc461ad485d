"""What is half written stays where it is: when the reader asks for news, when contact is back or can't be had."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from referrals.models import Referral
from referrals.states import ReferralState
from tests.cast import Cast
from tests.journeys.conftest import NewPerson
from tests.referrals.journeys import bring_to

CATEGORY = "question"
TYPED = "Vi har pratat med honom och han"


@pytest.fixture
def referral(people: Cast, in_thread: Callable[..., Any]) -> Referral:
    brought: Referral = in_thread(bring_to, people, ReferralState.ACCEPTED)
    return brought


def begin(page: Page) -> Locator:
    """A message to both sides, begun: its field."""
    page.locator("summary", has_text="Skriv till båda").click()
    category = page.get_by_label("Vad handlar det om?")
    if category.count():
        category.select_option(CATEGORY)
    field = page.get_by_role("textbox", name="Skriv till båda")
    field.press_sequentially(TYPED)
    return field


@pytest.mark.embedded
def test_the_news_a_reader_asks_for_leave_what_is_half_written_in_its_field(
    people: Cast, referral: Referral, person: NewPerson
) -> None:
    sender, receiver = person(people.soc), person(people.psyk)
    page, other = (each.open(f"/remisser/{referral.pk}/") for each in (sender, receiver))
    field = begin(page)
    sender.live(page)
    other.get_by_role("radio", name="Avslag", exact=True).check()
    other.get_by_role("button", name="Registrera beslutet").click()
    page.locator("#wire").get_by_role("button", name="Visa").click()
    expect(page.locator("#wire")).not_to_contain_text("sidan har ändrats")
    expect(field).to_have_value(TYPED)
    expect(field).to_be_visible()
    expect(page.get_by_label("Vad handlar det om?")).to_have_value(CATEGORY)
    expect(page.locator("textarea[readonly]")).to_have_count(0)
    field.press_sequentially(" vill")
    page.get_by_role("button", name="Skriv till båda").click()
    expect(page.get_by_text(f"{TYPED} vill", exact=True)).to_be_visible()


def test_when_contact_is_back_and_nothing_has_happened_nothing_is_said_to_have_changed(
    people: Cast, referral: Referral, person: NewPerson
) -> None:
    sender = person(people.soc, quiet=False)
    page = sender.live(sender.open(f"/remisser/{referral.pk}/"))
    field = begin(page)
    fetched: list[str] = []
    sender.context.set_offline(True)
    expect(page.locator("#wire")).to_contain_text("Ingen anslutning, visar läget ")
    page.on("requestfinished", lambda request: fetched.append(request.url))
    sender.context.set_offline(False)
    expect(page.locator("#wire")).to_contain_text("Anslutningen är tillbaka.", timeout=10_000)
    page.wait_for_timeout(6000)  # the line speaks each five seconds
    assert any("/del/" in url for url in fetched), "nothing was asked for"
    expect(page.locator("#wire")).not_to_contain_text("sidan har ändrats")
    expect(field).to_have_value(TYPED)
    expect(field).to_be_focused()


def test_what_is_sent_without_a_network_stays_on_the_page_and_goes_when_it_is_back(
    people: Cast, referral: Referral, person: NewPerson
) -> None:
    sender = person(people.soc, quiet=False)
    page = sender.live(sender.open(f"/remisser/{referral.pk}/"))
    field = begin(page)
    sender.context.set_offline(True)
    expect(page.locator("#wire")).to_contain_text("Ingen anslutning, visar läget ")
    page.get_by_role("button", name="Skriv till båda").click()
    expect(page.locator("#wire")).to_contain_text("Ingen anslutning, så det skickades inte.")
    expect(field).to_have_value(TYPED)
    sender.context.set_offline(False)
    expect(page.locator("#wire")).to_contain_text("Anslutningen är tillbaka.", timeout=10_000)
    page.get_by_role("button", name="Skriv till båda").click()
    expect(page.get_by_text(TYPED, exact=True)).to_be_visible()
