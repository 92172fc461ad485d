"""Every page and state of the notices and the choices: axe, light and dark, wide and narrow, large text, Swedish."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast
from tests.journeys.conftest import NewPerson
from tests.journeys.notice_pages import NoticePages
from tests.journeys.test_accessibility import Tour


@pytest.mark.long
def test_every_page_of_the_notices_is_for_everybody(
    people: Cast, in_thread: Callable[..., Any], person: NewPerson
) -> None:
    # Colours fade for a moment, and axe would measure them on the way.
    tour = Tour(person(reduced_motion="reduce"), in_thread)
    stops = list(in_thread(lambda: list(NoticePages(people).stops())))
    assert len({stop.name for stop in stops}) == len(stops)
    for stop in stops:
        tour.visit(stop)
    tour.report()
