"""People at their browsers: watched for what no page may do, and timed from one's act to the other's page."""

import re
import time
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request

from tests.daphne import Daphne
from tests.wire import session_of
from workspace.rules import Hat

WITHIN = 1000  # milliseconds: the promise, from one browser's act to the other's page
# Written into the page, and so gone if the page is loaded again: that the stamp is there proves there was no reload.
WATCH = """words => {
  const seen = (window.__seen ??= {});
  const look = () => {
    for (const word of words) if (!(word in seen) && document.body.innerText.includes(word)) seen[word] = Date.now();
  };
  look();
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(look).observe(document.documentElement, all);
}"""
BLANKED = """words => {
  const gone = (window.__gone ??= {});
  const look = () => {
    const all = document.documentElement.outerHTML;
    for (const word of words) if (!(word in gone) && !all.includes(word)) gone[word] = Date.now();
  };
  new MutationObserver(look).observe(document.documentElement, { subtree: true, childList: true, characterData: true });
}"""
STATUS_NOTE = re.compile(r"^Failed to load resource: the server responded with a status of (403|404|409|410|422|500)")


def is_a_form(request: Request) -> bool:
    """Sent by somebody: not what a script says by itself, as that the page is still open."""
    return request.method == "POST" and request.is_navigation_request()


class Person:
    """One person's browser. Collects every console error, every request to another host, every address asked for."""

    def __init__(self, context: BrowserContext, server: Daphne) -> None:
        self.context, self.server = context, server
        self.errors: list[str] = []
        self.acts: list[Request] = []
        self.following: set[Page] = set()
        context.on("page", self._follow)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.errors.append(f"script: {error.error}"))
        context.on("request", self._note)

    def _follow(self, page: Page) -> None:
        page.set_default_timeout(10_000)
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: self._hear_frame(page, frame)))
        page.on("framenavigated", lambda frame: self.following.discard(page))

    def _hear_frame(self, page: Page, frame: str | bytes) -> None:
        if '"live"' in str(frame):
            self.following.add(page)

    def live(self, page: Page) -> Page:
        """Wait until the page's socket follows what happens: not before is an answer within a second promised."""
        until = time.monotonic() + 10
        while page not in self.following:
            assert time.monotonic() < until, f"{page.url} never got its socket"
            page.wait_for_timeout(10)  # lets the browser speak
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        # A refusal has its status: the browser notes that as an error, and it is none.
        if message.type in {"error", "warning"} and not STATUS_NOTE.match(message.text):
            self.errors.append(f"console: {message.text}")

    def _note(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and f"{parts.scheme}://{parts.netloc}" != self.server.url:
            self.errors.append(f"asks another host: {request.url}")
        if is_a_form(request):
            self.acts.append(request)

    def wear(self, hat: Hat, in_thread: Callable[..., Any]) -> Self:
        """Sign in under a hat without the sign-in page."""
        key = in_thread(session_of, hat)
        self.context.add_cookies([{"name": "sessionid", "value": key, "url": self.server.url}])
        return self

    def open(self, path: str = "/") -> Page:
        """A new tab."""
        page = self.context.new_page()
        self.go(page, path)
        return page

    def go(self, page: Page, path: str) -> None:
        page.goto(self.server.url + path)

    def acted_at(self) -> tuple[float, float]:
        """When the last form was sent and when the server answered it, as the browser's clock has it (ms)."""
        self.acts[-1].response()  # a push may be faster than the answer
        timing = self.acts[-1].timing
        return float(timing["startTime"]), float(timing["startTime"]) + float(timing["responseStart"])

    def quiet(self) -> None:
        """Nothing was said on the console, and no other host was asked."""
        assert not self.errors, "\n".join(self.errors)


def watch(page: Page, *words: str) -> None:
    """From now on, note when each of these is first on the page."""
    page.evaluate(WATCH, list(words))


def watch_gone(page: Page, *words: str) -> None:
    """From now on, note when each of these is nowhere in the document."""
    page.evaluate(BLANKED, list(words))


def took(page: Page, word: str, act: tuple[float, float], *, gone: bool = False) -> tuple[int, int]:
    """Milliseconds from the click, and from its answer, to the word on (or gone from) a page not loaded again."""
    at = page.evaluate(f"word => (window.{'__gone' if gone else '__seen'} ?? {{}})[word] ?? null", word)
    assert at is not None, f"{page.url} was loaded again, or never {'lost' if gone else 'showed'} «{word}»"
    return round(at - act[0]), round(at - act[1])


def text_of(page: Page) -> str:
    return page.locator("body").inner_text()


def choose(field: Locator, words: str) -> None:
    """Choose the option of a list that contains these words."""
    value = field.locator("option", has_text=words).first.get_attribute("value")
    assert value
    field.select_option(value)
