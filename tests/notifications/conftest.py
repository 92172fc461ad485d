"""One server and a room of sockets for the tests of the wire."""

from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from notifications.models import Notification
from tests.cast import Cast
from tests.daphne import Daphne, server_environment
from tests.wire import Room


@pytest.fixture(scope="module")
def server(django_db_setup: Path | None) -> Generator[Daphne]:
    """One server for the whole file: a test that kills it has found something."""
    with Daphne(server_environment()) as running:
        yield running
        assert running.is_running()


@pytest.fixture
def room(server: Daphne, cast: Cast) -> Generator[Room]:
    with ExitStack() as stack:
        made = Room(server, cast, stack)
        yield made
        assert made.outsiders_heard_nothing(), "somebody without a part in it got a message"
        assert not Notification.objects.filter(membership__in=[cast.outsider, cast.two_hats[1]]).exists()
