"""Thousands of open pages at little cost, for the bench and the chaos tests: sockets by hand, on one loop.

`python tools/clients.py` is a process of such pages that a bench steers by lines of JSON on standard input: what
the clients cost is nobody's but theirs, and can be said.
"""

import asyncio
import base64
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

CSRF = "c" * 32  # what the cookie and the form must agree on; the server takes any of this shape
# As Chromium 130 on Windows sends them: what a real page's handshake costs a server to keep.
BROWSER = (
    "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 "
    "Safari/537.36\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: sv-SE,sv;q=0.9,en-US;q=0.8,en;q=0.7\r\n"
    "Cache-Control: no-cache\r\nPragma: no-cache\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
)
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
Hear = Callable[["Line", bytes], None]


class Refused(ConnectionError):
    """The handshake was answered with something else than yes."""


def raise_limits() -> None:
    """As many open files as the machine allows: each socket is one. What is started afterwards has it too."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def handshake(port: int, path: str, session: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Origin: http://127.0.0.1:{port}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{BROWSER}"
        f"Cookie: sessionid={session}; csrftoken={CSRF}\r\n\r\n"
    ).encode()


def framed(opcode: int, payload: bytes) -> bytes:
    """A client's frame, masked with noughts: whatever the mask, it is as much work for the server."""
    size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
    return bytes([0x80 | opcode]) + size + b"\0\0\0\0" + payload


class Line(asyncio.Protocol):
    """One socket: the handshake, frames to `hear`, and the code it was closed with."""

    __slots__ = ("buffer", "closed_with", "ended", "hear", "is_open", "opened", "request", "transport")

    def __init__(self, request: bytes, hear: Hear) -> None:
        self.request, self.hear = request, hear
        self.buffer = b""
        self.is_open = False
        self.closed_with = 0
        self.transport: Any = None
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self.request)
        self.request = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.is_open:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self._end(Refused(head.split(b"\r\n")[0].decode(errors="replace")))
                self.transport.close()
                return
            self.is_open, self.buffer = True, rest
            if not self.opened.done():
                self.opened.set_result(None)
        while self._take():
            pass

    def _take(self) -> bool:
        """One whole frame out of the buffer. A server's are not masked."""
        data = self.buffer
        if len(data) < 2:
            return False
        size, at = data[1] & 0x7F, 2
        if size > 125:
            at = 4 if size == 126 else 10
            size = int.from_bytes(data[2:at], "big")
        if len(data) < at + size:
            return False
        payload, self.buffer = data[at : at + size], data[at + size :]
        opcode = data[0] & 0x0F
        if opcode == TEXT:
            self.hear(self, payload)
        elif opcode == PING:
            self.transport.write(framed(PONG, payload))
        elif opcode == CLOSE:
            self.closed_with = int.from_bytes(payload[:2], "big") if size >= 2 else 1005
            self.transport.close()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self._end(ConnectionError("lost"))

    def _end(self, error: ConnectionError) -> None:
        if not self.opened.done():
            self.opened.set_exception(error)
        if not self.ended.done():
            self.ended.set_result(None)

    def say(self, message: dict[str, Any]) -> None:
        self.transport.write(framed(TEXT, json.dumps(message).encode()))

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()


async def dial(port: int, path: str, session: str, hear: Hear, seconds: float = 60) -> Line:
    """Open one socket; `Refused` or another ConnectionError where it is not let in."""
    loop = asyncio.get_running_loop()
    _, line = await loop.create_connection(lambda: Line(handshake(port, path, session), hear), "127.0.0.1", port)
    async with asyncio.timeout(seconds):
        await line.opened
    return line


class Http:
    """One signed-in browser's requests over one connection that is kept open; one at a time."""

    def __init__(self, port: int, session: str) -> None:
        self.port = port
        self.wear(session)
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    def wear(self, session: str) -> None:
        """Whose browser it is from now on: a proxy's connection is used by everybody."""
        self.fixed = (
            f"Host: 127.0.0.1:{self.port}\r\nOrigin: http://127.0.0.1:{self.port}\r\n"
            f"Cookie: sessionid={session}; csrftoken={CSRF}\r\n"
        )

    async def ask(self, path: str, form: dict[str, Any] | None = None, headers: str = "") -> tuple[int, bytes]:
        """Status and body. A connection that has been closed meanwhile is opened anew, once."""
        body = urlencode({"csrfmiddlewaretoken": CSRF, **form}, doseq=True).encode() if form is not None else b""
        kind = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n" if body else ""
        words = f"{'POST' if form is not None else 'GET'} {path} HTTP/1.1\r\n{self.fixed}{kind}{headers}\r\n".encode()
        for again in (True, False):
            try:
                return await self._ask(words + body)
            except (OSError, asyncio.IncompleteReadError):
                self.close()
                if not again:
                    raise
        raise AssertionError("unreachable")

    async def _ask(self, words: bytes) -> tuple[int, bytes]:
        if self.writer is None or self.reader is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
        self.writer.write(words)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head[9:12])
        if status == 204:
            return status, b""
        size = int(head.partition("content-length:")[2].partition("\r\n")[0] or 0)
        body = await self.reader.readexactly(size)
        if "connection: close" in head:
            self.close()
        return status, body

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


# ---------- a process of its own ----------
class Pages:
    """Many open pages. Steered by commands; each answer is one line of JSON with what it has cost so far."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.heard = self.wanted = 0
        self.first = self.last = 0.0
        self.all = asyncio.Event()

    def hear(self, line: Line, payload: bytes) -> None:
        if b'"live"' in payload:
            return
        now = time.monotonic()
        self.heard += 1
        if self.heard == 1:
            self.first = now
        if self.heard == self.wanted:
            self.last = now
            self.all.set()

    async def open(
        self, port: int, paths: list[str], sessions: list[str], at_once: int = 100, epoch: str = ""
    ) -> dict[str, Any]:
        """One socket per session, in the order given; `epoch` for those that shall say what they have seen."""
        gate, failed = asyncio.Semaphore(at_once), 0
        began = time.monotonic()

        async def one(path: str, session: str) -> None:
            nonlocal failed
            async with gate:
                try:
                    line = await dial(port, path, session, self.hear)
                except (OSError, TimeoutError):
                    failed += 1
                    return
            self.lines.append(line)
            if epoch:
                line.say({"type": "seen", "epoch": epoch, "seq": 0})

        await asyncio.gather(*(one(path, session) for path, session in zip(paths, sessions, strict=True)))
        return {"open": len(self.lines), "failed": failed, "seconds": time.monotonic() - began}

    async def arm(self, wanted: int) -> dict[str, Any]:
        """From now on frames are counted; `wait` says when so many have come."""
        self.heard, self.wanted, self.first, self.last = 0, wanted, 0.0, 0.0
        self.all.clear()
        return {}

    async def wait(self, seconds: float) -> dict[str, Any]:
        """Moments of `time.monotonic`, which all processes of a machine share."""
        try:
            async with asyncio.timeout(seconds):
                await self.all.wait()
        except TimeoutError:
            return {"heard": self.heard, "first": self.first, "last": 0.0}
        return {"heard": self.heard, "first": self.first, "last": self.last}

    async def shut(self) -> dict[str, Any]:
        for line in self.lines:
            line.close()
        await asyncio.sleep(0.2)
        self.lines.clear()
        return {}

    async def serve(self) -> None:
        """One command a line: {"do": name, …arguments}."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=2**26)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        commands: dict[str, Callable[..., Any]] = {
            "open": self.open,
            "arm": self.arm,
            "wait": self.wait,
            "shut": self.shut,
        }
        while text := await reader.readline():
            command = json.loads(text)
            answer = await commands[command.pop("do")](**command)
            print(json.dumps(answer | {"cpu": time.process_time()}), flush=True)


if __name__ == "__main__":
    raise_limits()
    asyncio.run(Pages().serve())
