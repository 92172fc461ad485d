"""A real system that listens for webhooks, on loopback: keeps each message as it came, and answers as it is told to."""

import json
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.test import Client
from standardwebhooks.webhooks import Webhook as Verifier

from notifications.actions.webhooks import SALT
from notifications.models import Webhook, WebhookMessage
from notifications.sending.webhooks import make_key
from workspace.models import Membership
from workspace.outside.sealing import sealed

PAGE = "/enhet/kopplingar/"


@dataclass
class Received:
    """One message: where it was sent, its headers with small names, and its bytes."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    def verified(self, key: str) -> dict[str, Any]:
        """What it says, if the library of the standard believes it; else `WebhookVerificationError`."""
        found: dict[str, Any] = Verifier(key).verify(self.body, self.headers)
        return found


@dataclass
class Hook:
    """`received` holds what has come, in order. `answer` says the status; it may do anything before it does."""

    port: int = 0
    path: str = "/meddelanden"
    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], int] = lambda _: 204

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}{self.path}"

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.received]

    @property
    def things(self) -> list[tuple[str, dict[str, Any]]]:
        return [(each.said["type"], each.said["data"]) for each in self.received]


@contextmanager
def listening(answer: Callable[[Received], int] | int = 204, *, port: int = 0) -> Iterator[Hook]:
    """A system that listens until the block ends."""
    hook = Hook(answer=answer if callable(answer) else lambda _: answer)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            message = Received(self.path, {name.lower(): text for name, text in self.headers.items()}, body)
            with lock:
                hook.received.append(message)
            self.send_response(hook.answer(message))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    hook.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def connect(as_hat: Callable[[Membership], Client], manager: Membership, url: str) -> tuple[Webhook, str]:
    """Connect a system as its manager does, and read the key off the page."""
    page = as_hat(manager).post(f"{PAGE}ny/", {"address": url})
    assert page.status_code == 200, page.content.decode()
    return Webhook.objects.filter(agency=manager.agency).latest("pk"), key_on(page.content.decode())


def key_on(page: str) -> str:
    found = re.search(r'value="(whsec_[^"]+)"', page)
    assert found, "no key on the page"
    return found[1]


def make_system(manager: Membership, url: str) -> Webhook:
    """A system that is connected already: more of them than a manager may have, and where nobody may connect one."""
    return Webhook.objects.create(
        agency_id=manager.agency_id,
        address=sealed(url, salt=SALT),
        host="localhost",
        signing_key=sealed(make_key(), salt=SALT),
        made_by=manager,
    )


def make_messages(webhook: Webhook, number: int = 1) -> list[WebhookMessage]:
    """What waits to be sent: referrals 1, 2, 3 …"""
    return WebhookMessage.objects.bulk_create(
        WebhookMessage(
            webhook=webhook,
            message_id=f"msg_{uuid.uuid4().hex}",
            kind="referral.sent",
            about="referral",
            object_id=each,
            number=f"R-{each}",
        )
        for each in range(1, number + 1)
    )
