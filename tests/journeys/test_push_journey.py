"""Web push in a real browser, as far as it goes without a push service on the internet: the button, and the worker."""

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from notifications.models import PushBrowser
from tests.cast import Cast
from tests.journeys.conftest import NewPerson

PAGE = "/aviseringar/"
BUTTON = "Avisera i den här webbläsaren"
WORKERS = """async () => {
  const all = await navigator.serviceWorker.getRegistrations();
  return all.map((one) => [one.scope, (one.active || one.waiting || one.installing).scriptURL]);
}"""
SHOWN = """async () => {
  const worker = await navigator.serviceWorker.ready;
  const all = await worker.getNotifications();
  return all.map((one) => ({title: one.title, body: one.body, tag: one.tag, url: one.data.url}));
}"""
NEUTRAL = {"title": "Samverkansrum", "body": "Du har något att läsa.", "tag": "nytt"}


# Chromium warns that it gives no leave in a private window, as every window of a test is: those people are not quiet.
def said(page: Page, word: str) -> None:
    """That sentence alone."""
    expect(page.locator(f"[data-push-say={word}]")).to_be_visible()
    expect(page.locator("[data-push-say]:visible")).to_have_count(1)


def test_nothing_is_asked_before_the_press_and_a_no_is_explained(people: Cast, person: NewPerson) -> None:
    page = person(people.soc, quiet=False).open(PAGE)
    button = page.get_by_role("button", name=BUTTON)
    expect(button).to_be_visible()
    assert page.evaluate(WORKERS) == []
    button.click()
    said(page, "denied")
    expect(button).to_be_hidden()
    assert page.evaluate(WORKERS) == []


def test_a_browser_without_push_says_so(people: Cast, person: NewPerson) -> None:
    someone = person(people.soc)
    someone.context.add_init_script("delete window.PushManager")
    page = someone.open(PAGE)
    said(page, "none")
    expect(page.get_by_role("button", name=BUTTON)).to_be_hidden()


def test_without_javascript_the_page_says_what_it_needs(people: Cast, person: NewPerson) -> None:
    page = person(people.soc, java_script_enabled=False).open(PAGE)
    expect(page.get_by_text("behöver JavaScript vara på")).to_be_visible()
    expect(page.get_by_role("button", name=BUTTON)).to_be_hidden()


def test_the_worker_registers_under_our_policy_and_shows_the_same_words_whatever_comes(
    people: Cast, person: NewPerson, in_thread: Callable[..., Any]
) -> None:
    """Where the browser's own service can't be reached the page says so, and the button stays."""
    someone = person(people.soc, quiet=False, permissions=["notifications"])
    page = someone.open(PAGE)
    page.get_by_role("button", name=BUTTON).click()
    said(page, "failed")
    expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
    assert not in_thread(PushBrowser.objects.exists)
    url = someone.server.url
    assert page.evaluate(WORKERS) == [[f"{url}/", f"{url}/sw.js"]]

    devtools = someone.context.new_cdp_session(page)
    found: list[str] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(one["registrationId"] for one in event["registrations"]),
    )
    devtools.send("ServiceWorker.enable")
    page.wait_for_timeout(300)
    for data in ("", "ingen json", "null", json.dumps({"title": "Samverkansrum", "body": NEUTRAL["body"], "url": url})):
        message = {"origin": url, "registrationId": found[0], "data": data}
        devtools.send("ServiceWorker.deliverPushMessage", message)
        page.wait_for_timeout(300)
        shown = page.evaluate(SHOWN)
        assert [{key: one[key] for key in NEUTRAL} for one in shown] == [NEUTRAL], data
