"""A browser of the tests, without a browser: signed in under one hat, posting forms and listening on the socket."""

import contextlib
import http.client
import json
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode

from django.test import Client
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from notifications.queries import epoch
from referrals.models import Referral
from tests.cast import Cast, draft, give_consent
from tests.daphne import Daphne
from workspace.rules import Hat

CSRF = "c" * 32  # what the cookie and the form must agree on; the server takes any of this shape
Message = dict[str, Any]


class Answer(NamedTuple):
    """What a request was answered with, and how long it took."""

    status: int
    location: str
    text: str
    seconds: float


def session_of(hat: Hat) -> str:
    """Sign in under one hat, as the sign-in page would, and return the session's cookie."""
    client = Client()
    client.force_login(hat.user, backend="workspace.sign_in.PasswordBackend")
    session = client.session
    session["hat"] = hat.hat_key
    session.save()
    return client.cookies["sessionid"].value


class Visitor:
    """One browser session. Asks one server unless another is given; usable from several threads."""

    def __init__(self, server: Daphne, hat: Hat | None) -> None:
        self.server = server
        self.session = session_of(hat) if hat else ""

    def get(self, path: str, *, server: Daphne | None = None) -> Answer:
        return self._ask(server or self.server, "GET", path, None)

    def post(self, path: str, data: dict[str, Any] | None = None, *, server: Daphne | None = None) -> Answer:
        """Send a form with its CSRF token and, unless one is given, a key of its own ("once")."""
        form = {"csrfmiddlewaretoken": CSRF, "once": uuid.uuid4().hex, **(data or {})}
        return self._ask(server or self.server, "POST", path, urlencode(form, doseq=True))

    def _ask(self, server: Daphne, method: str, path: str, body: str | None) -> Answer:
        headers = {"Cookie": f"sessionid={self.session}; csrftoken={CSRF}", "Origin": server.url}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        started = time.monotonic()
        try:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            text = answer.read().decode()
            took = time.monotonic() - started
            return Answer(answer.status, answer.headers.get("Location") or "", text, took)
        finally:
            line.close()

    def open(self, topic: str = "", *, server: Daphne | None = None, origin: str | None = "own") -> "Socket":
        """Open a socket and say nothing on it yet. `origin` None sends no such header."""
        where = server or self.server
        address = f"{where.ws_url}/ws/" + (f"?{urlencode({'topic': topic})}" if topic else "")
        return Socket(
            connect(
                address,
                origin=Origin(where.url if origin == "own" else origin) if origin else None,
                additional_headers={"Cookie": f"sessionid={self.session}"} if self.session else {},
                compression=None,
                open_timeout=10,
                close_timeout=2,
                ping_interval=None,
                max_size=None,
                proxy=None,
                legacy=True,  # a connection, not a context manager that connects again
            )
        )

    def follow(self, topic: str = "", *, server: Daphne | None = None) -> "Socket":
        """Open a socket and have it live from where the hat stands now, as a page just loaded does."""
        socket = self.open(topic, server=server)
        try:
            seen = 0
            while True:
                socket.say_seen(seen)
                heard = socket.until("live", "reload")
                if heard[-1]["type"] == "live" and heard[-1]["seq"] == seen:
                    socket.heard.clear()
                    return socket
                seen = heard[-1].get("seq", 0)
        except BaseException:
            socket.close()
            raise


class Socket:
    """One open socket, and every frame that has come on it (`raw`), also as messages (`heard`)."""

    def __init__(self, line: ClientConnection) -> None:
        self.line = line
        self.raw: list[str | bytes] = []
        self.heard: list[Message] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def say(self, frame: str | bytes) -> None:
        self.line.send(frame)

    def say_seen(self, seq: int, page_epoch: str | None = None) -> None:
        message = {"type": "seen", "epoch": epoch() if page_epoch is None else page_epoch, "seq": seq}
        self.say(json.dumps(message))

    def next(self, seconds: float = 1) -> Message:
        """The next message; TimeoutError when none has come in time."""
        frame = self.line.recv(timeout=seconds)
        self.raw.append(frame)
        message: Message = json.loads(frame)
        self.heard.append(message)
        return message

    def until(self, *types: str, seconds: float = 5) -> list[Message]:
        """Everything up to and with the first message of one of these types."""
        messages = [self.next(seconds)]
        while messages[-1]["type"] not in types:
            messages.append(self.next(seconds))
        return messages

    def all(self, quiet: float = 0.4) -> list[Message]:
        """Everything that comes until nothing has come for `quiet` seconds."""
        messages = []
        with contextlib.suppress(TimeoutError):
            while True:
                messages.append(self.next(quiet))
        return messages

    def burst(self) -> list[Message]:
        """What one act brings: the first within a second, and what comes with it."""
        return [self.next(1), *self.all(0.15)]

    def hears(self, message: Message, seconds: float = 1) -> bool:
        """Whether this message comes in time, whatever comes before it."""
        until = time.monotonic() + seconds
        with contextlib.suppress(TimeoutError):
            while self.next(max(0.01, until - time.monotonic())) != message:
                pass
            return True
        return False

    def close_code(self, seconds: float = 2) -> int:
        """The code with which the server closes; fails if it does not within `seconds`. Messages before it are kept."""
        until = time.monotonic() + seconds
        try:
            while True:
                self.next(max(0.01, until - time.monotonic()))
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006

    def is_alive_and_quiet(self, seq: int = 0) -> bool:
        """Whether nothing has come since the last look, and the server still answers on it."""
        early = self.all(0.15)
        self.say_seen(seq)
        heard = [*early, *self.until("live", "reload")]
        return [(m["type"], m.get("seq")) for m in heard] == [("live", seq)]

    def cut(self) -> None:
        """Lose contact as a train does in a tunnel: no goodbye."""
        with contextlib.suppress(OSError):
            self.line.socket.shutdown(2)

    def close(self) -> None:
        self.line.close()


def refusal_of(visitor: Visitor, topic: str = "", **how: Any) -> tuple[int, bytes]:
    """Status and body of a refused handshake; fails if it is not refused."""
    try:
        socket = visitor.open(topic, **how)
    except InvalidHandshake as refused:
        answer = getattr(refused, "response", None)
        assert answer is not None, refused
        return answer.status_code, answer.body or b""
    socket.close()
    raise AssertionError(f"the socket was let in: {topic!r} {how}")


class Page(threading.Thread):
    """An open page that follows docs/wire.md: seen, replay, live, gaps, reconnect with a wait, the slow poll.

    `shown` is what its reader has seen, in order: (notice, seq). It is cut off by `lose_contact`, and goes to the
    next of its servers each time.
    """

    def __init__(self, visitor: Visitor, servers: list[Daphne], *, seed: int = 0, poll: float = 2) -> None:
        super().__init__(daemon=True)
        self.visitor, self.servers, self.poll = visitor, servers, poll
        self.random = random.Random(seed)
        self.page_epoch = epoch()
        self.last = 0
        self.shown: list[tuple[int, int]] = []
        self.reloads = self.connections = self.gaps = 0
        self.faults: list[str] = []
        self.ended = threading.Event()
        self._socket: Socket | None = None

    def run(self) -> None:
        wait = 0.02
        while not self.ended.is_set():
            server = self.servers[self.connections % len(self.servers)]
            self.connections += 1
            try:
                with self.visitor.open(server=server) as socket:
                    self._socket = socket
                    self._listen(socket)
            except (ConnectionClosed, InvalidHandshake, OSError, EOFError):
                pass
            finally:
                self._socket = None
            self.ended.wait(wait * (1 + self.random.random() / 2))

    def _listen(self, socket: Socket) -> None:
        asking = self._seen(socket)
        polled = time.monotonic()
        while not self.ended.is_set():
            if time.monotonic() - polled > self.poll and not asking:
                asking, polled = self._seen(socket), time.monotonic()
            try:
                message = socket.next(0.1)
            except TimeoutError:
                continue
            match message["type"]:
                case "notification.created" if message["seq"] == self.last + 1:
                    self.shown.append((message["id"], message["seq"]))
                    self.last += 1
                case "notification.created" if message["seq"] > self.last + 1:
                    self.gaps += 1
                    asking = asking or self._seen(socket)
                case "live":
                    asking = False
                    if message["seq"] > self.last:
                        self.faults.append(f"live at {message['seq']}, but the replay ended at {self.last}")
                case "reload":
                    self.reloads += 1
                    return

    def _seen(self, socket: Socket) -> bool:
        socket.say_seen(self.last, self.page_epoch)
        return True

    def lose_contact(self) -> None:
        socket = self._socket
        if socket is not None:
            socket.cut()

    def wait_for(self, seq: int, seconds: float = 10) -> bool:
        """Whether the page has come this far in time."""
        return wait_until(lambda: self.last >= seq, seconds)

    def end(self) -> None:
        self.ended.set()
        self.join(10)


@contextlib.contextmanager
def open_pages(pages: Iterable[Page]) -> Any:
    """Start the pages, and close them whatever happens."""
    started = list(pages)
    for page in started:
        page.start()
    try:
        yield started
    finally:
        for page in started:
            page.end()


def wait_until(true: Callable[[], bool], seconds: float = 5) -> bool:
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


# ---------- the cast at their screens ----------
class Room:
    """The cast at their screens. The outsider listens from the beginning, and must have heard nothing at the end."""

    def __init__(self, server: Daphne, cast: Cast, stack: contextlib.ExitStack) -> None:
        self.server, self.cast, self._stack = server, cast, stack
        self.outsiders = [self.live(cast.outsider), self.live(cast.two_hats[1])]

    def visitor(self, hat: Hat) -> Visitor:
        return Visitor(self.server, hat)

    def live(self, hat: Hat, topic: str = "") -> Socket:
        return self.keep(self.visitor(hat).follow(topic))

    def keep(self, socket: Socket) -> Socket:
        self._stack.enter_context(socket)
        return socket

    def outsiders_heard_nothing(self) -> bool:
        return all(socket.is_alive_and_quiet() for socket in self.outsiders)


def seqs(messages: list[Message]) -> list[int]:
    return [message["seq"] for message in messages if message["type"] == "notification.created"]


def send_new(room: Room) -> Referral:
    """soc sends a referral to psyk through its page."""
    referral = ready(room.cast)
    assert room.visitor(room.cast.soc).post(f"/remisser/{referral.pk}/granska/").status == 302
    return referral


def ready(cast: Cast) -> Referral:
    """A draft that can be sent, with everything the person may let be told."""
    give_consent(cast, back=("status", "answer"), follow_up=True)
    return draft(cast)
