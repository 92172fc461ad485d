"""A real push service for the tests, over HTTP on loopback, and browsers that read what it was given."""

import base64
import json
import os
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


@dataclass
class Browser:
    """One browser: its private key, its secret, and what it gives a page."""

    address: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def gives(self) -> dict[str, str]:
        return {"address": self.address, "public_key": base64url(point_of(self.key)), "secret": base64url(self.secret)}

    def read(self, body: bytes) -> dict[str, Any]:
        """A push as its service worker gets it."""
        found: dict[str, Any] = json.loads(
            http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        )
        return found


@dataclass
class Push:
    """A request that came."""

    path: str
    headers: Message
    body: bytes


@dataclass
class Said:
    """What the service answers. `wait` is its Retry-After; `hangs` for how long it says nothing."""

    status: int = 201
    wait: str = ""
    hangs: float = 0


class PushService:
    """Keeps what it was given, in `pushes`. `on_push` says the answer."""

    def __init__(self) -> None:
        self.pushes: list[Push] = []
        self.on_push: Callable[[Push], Said] = lambda push: Said()
        self.stopped = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def browser(self, name: str = "a") -> Browser:
        return Browser(f"{self.url}/push/{name}")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                push = Push(self.path, self.headers, body)
                service.pushes.append(push)
                said = service.on_push(push)
                service.stopped.wait(said.hangs)
                self.send_response(said.status)
                if said.wait:
                    self.send_header("Retry-After", said.wait)
                if said.status in {301, 302, 307, 308}:
                    self.send_header("Location", f"{service.url}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    @contextmanager
    def running(self) -> Generator["PushService"]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.stopped.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join(5)
