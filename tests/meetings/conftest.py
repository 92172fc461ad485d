import pytest

from tests.cast import Cast
from tests.meetings.cast import Room, make_room


@pytest.fixture
def room(cast: Cast) -> Room:
    return make_room(cast)
