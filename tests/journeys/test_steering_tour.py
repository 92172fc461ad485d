"""Every page and state of the steering groups: axe, light and dark, wide and narrow, large text, plain Swedish."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast
from tests.journeys.conftest import NewPerson
from tests.journeys.steering_pages import SteeringPages
from tests.journeys.steering_paper_pages import PaperPages
from tests.journeys.test_accessibility import Tour


@pytest.mark.long
@pytest.mark.parametrize("made", [SteeringPages, PaperPages])
def test_every_page_of_the_steering_groups_is_for_everybody(
    people: Cast, in_thread: Callable[..., Any], person: NewPerson, made: type[SteeringPages | PaperPages]
) -> None:
    # Colours fade for a moment, and axe would measure them on the way.
    tour = Tour(person(reduced_motion="reduce"), in_thread)
    stops = list(in_thread(lambda: list(made(people).stops())))
    assert len({stop.name for stop in stops}) == len(stops)
    for stop in stops:
        tour.visit(stop)
    tour.report()
