"""Fixtures of the journeys: browsers of several people, and how long one's act took to reach the other."""

from collections.abc import Callable, Generator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from tests.cast import Cast, make_cast
from tests.daphne import Daphne
from tests.journeys.browsers import WITHIN, Person
from workspace.rules import Hat

times_key = pytest.StashKey[list[str]]()
NewPerson = Callable[..., Person]
Measure = Callable[..., None]


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "measured" in getattr(item, "fixturenames", ()):
            item.add_marker("alone")


@pytest.fixture
def server(daphne: Callable[..., Daphne]) -> Daphne:
    return daphne()


@pytest.fixture
def people(committed_db: None, in_thread: Callable[..., Any]) -> Cast:
    """The cast, made beside Playwright's loop."""
    cast: Cast = in_thread(make_cast)
    return cast


@pytest.fixture
def person(
    server: Daphne,
    in_thread: Callable[..., Any],
    new_context: Callable[..., BrowserContext],
) -> Generator[NewPerson]:
    """`person(hat)` is somebody at a browser of their own; `person()` has not signed in. All must have been quiet."""
    made: list[tuple[Person, bool]] = []

    def make(hat: Hat | None = None, *, at: Daphne | None = None, quiet: bool = True, **args: Any) -> Person:
        someone = Person(new_context(**args), at or server)
        made.append((someone, quiet))
        return someone.wear(hat, in_thread) if hat else someone

    yield make
    for someone, quiet in made:
        if quiet:
            someone.quiet()


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Measure:
    """Note a time that the run reports. The promise of a second runs from when the act is done: the server's answer."""
    noted = request.config.stash.setdefault(times_key, [])

    def note(what: str, times: tuple[int, int], *, within: int = WITHIN) -> None:
        noted.append(f"{times[0]:>6} ms from the click, {times[1]:>4} ms from the answer: {what}")
        assert times[1] < within, f"{what} took {times[1]} ms"

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    noted = config.stash.get(times_key, [])
    if noted:
        terminalreporter.section("from one browser's act to the other's page", sep="-")
        for line in noted:
            terminalreporter.line(line)
