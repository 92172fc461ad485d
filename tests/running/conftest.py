"""Servers by role on the tests' database."""

from collections.abc import Callable, Generator

import pytest

from tests.daphne import server_environment
from tests.running.calls import call
from tests.servers import Server
from tests.wire import wait_until


@pytest.fixture
def serve(committed_db: None) -> Generator[Callable[..., Server]]:
    """Start `manage.py serve`: `serve("web")` or `serve("sockets", POLL_SECONDS="1")`; all are stopped afterwards."""
    started: list[Server] = []

    def start(role: str, *options: str, ready: int = 200, **env: str) -> Server:
        server = Server(server_environment(**env), role=role, options=options, ready=ready)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.close()


@pytest.fixture(scope="package")
def kept() -> Generator[dict[str, Server]]:
    """What `shared` has started."""
    servers: dict[str, Server] = {}
    yield servers
    for server in servers.values():
        server.close()


@pytest.fixture
def shared(committed_db: None, kept: dict[str, Server]) -> Callable[..., Server]:
    """The same, for tests that need no process of their own: one that is up already, under the name, or a new one.

    What it has written and counted before is there too. A test may end it: the next starts it again.
    """

    def start(name: str, role: str, **env: str) -> Server:
        if name not in kept:
            kept[name] = Server(server_environment(**env), role=role)
        server = kept[name].start()
        # Another test may have taken Redis away a moment ago.
        assert wait_until(lambda: call(server.url, "/health/", headers={}).json.get("wire", "ok") == "ok", 10)
        return server

    return start
