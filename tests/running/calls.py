"""Requests as a proxy hands them on in production, by way of a real one, or as a machine sends them."""

import http.client
import json
import socket
import ssl
import time
import uuid
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode, urlsplit

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from notifications.queries import epoch
from tests.wire import Answer as Answered
from tests.wire import Socket, Visitor, session_of
from workspace.rules import Hat

NAME = "samverkan.exempel.se"
# A production start, but for the key: it is the tests' own, which signs the sessions they make.
PRODUCTION = {
    "ALLOWED_HOSTS": NAME,
    "SITE_URL": f"https://{NAME}",
    "EMAIL_URL": "smtp://127.0.0.1:1",
    "LOG_FORMAT": "json",
}
FROM_PROXY = {"Host": NAME, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
CSRF = "c" * 32
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Place(Protocol):
    """Something that listens: a server of a role, or nginx."""

    host: str
    port: int


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def call(
    url: str,
    path: str,
    *,
    method: str = "GET",
    headers: dict[str, str],
    body: str | None = None,
    trust: ssl.SSLContext | None = None,
) -> Answer:
    """One request on a connection of its own; `trust`: over TLS, to our name, wherever it listens."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 0
    line = http.client.HTTPConnection(host, port, timeout=30)
    if trust:
        line.sock = trust.wrap_socket(socket.create_connection((host, port), 30), server_hostname=NAME)
    try:
        line.request(method, path, body, headers)
        got = line.getresponse()
        return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read().decode())
    finally:
        line.close()


def as_user(session: str, **more: str) -> dict[str, str]:
    """What a browser sends, as the proxy hands it on."""
    return {**FROM_PROXY, "Cookie": f"sessionid={session}; csrftoken={CSRF}", "Origin": f"https://{NAME}", **more}


def form_of(data: dict[str, Any]) -> str:
    return urlencode({"csrfmiddlewaretoken": CSRF, "once": uuid.uuid4().hex, **data}, doseq=True)


def post(url: str, path: str, session: str, data: dict[str, Any]) -> Answer:
    return call(url, path, method="POST", headers=as_user(session, **FORM), body=form_of(data))


def opened(
    place: Place, session: str, query: str = "", trust: ssl.SSLContext | None = None, **how: Any
) -> ClientConnection:
    """A socket to our name at this place. Says nothing on it yet."""
    scheme = "wss" if trust else "ws"
    if trust:
        how |= {"ssl": trust, "server_hostname": NAME}
    else:
        how["additional_headers"] = {"X-Forwarded-Proto": "https"}
    how["additional_headers"] = {**how.get("additional_headers", {}), "Cookie": f"sessionid={session}"}
    return connect(
        f"{scheme}://{NAME}/ws/{query}",
        sock=socket.create_connection((place.host, place.port), 10),
        origin=Origin(f"https://{NAME}"),
        compression=None,
        open_timeout=10,
        close_timeout=2,
        ping_interval=None,
        proxy=None,
        legacy=True,  # a connection, not a context manager that connects again
        **how,
    )


def open_socket(place: Place, session: str, query: str = "", trust: ssl.SSLContext | None = None) -> ClientConnection:
    """The same, live from nought."""
    line = opened(place, session, query, trust)
    line.send(json.dumps({"type": "seen", "epoch": epoch(), "seq": 0}))
    return line


class ByProxy(Visitor):
    """A browser session by way of the proxy: `server` is nginx with its `trust`, or what a proxy would stand before.

    Sockets go to `sockets` where that is another place.
    """

    def __init__(self, server: Any, hat: Hat | None, *, sockets: Any = None) -> None:
        self.server, self.sockets = server, sockets or server
        self.session = session_of(hat) if hat else ""
        self.trust: ssl.SSLContext | None = getattr(server, "trust", None)

    def _ask(self, server: Any, method: str, path: str, body: str | None) -> Answered:
        headers = as_user(self.session, **(FORM if body is not None else {}))
        if self.trust:
            del headers["X-Forwarded-Proto"], headers["X-Forwarded-For"]
        started = time.monotonic()
        url = f"http://{server.host}:{server.port}"
        got = call(url, path, method=method, headers=headers, body=body, trust=self.trust)
        return Answered(got.status, got.headers.get("location", ""), got.text, time.monotonic() - started)

    def open(self, topic: str = "", *, server: Any = None, origin: str | None = "own") -> Socket:
        query = f"?{urlencode({'topic': topic})}" if topic else ""
        return Socket(opened(server or self.sockets, self.session, query, self.trust))
