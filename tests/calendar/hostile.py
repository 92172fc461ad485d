"""A server that answers as it is told to, on loopback, and what our side does on the network meanwhile."""

import ipaddress
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

CALENDAR = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Hemligmarkering\r\nLOCATION:Hemligplats\r\n"
    b"ATTENDEE;CN=Hemligdeltagare:mailto:hemlig@exempel.se\r\nDTSTART:20261103T080000Z\r\nDTEND:20261103T090000Z\r\n"
    b"END:VEVENT\r\nEND:VCALENDAR\r\n"
)
SECRET_WORDS = ("Hemligmarkering", "Hemligplats", "Hemligdeltagare", "hemlig@exempel.se")


def answer(body: bytes = CALENDAR, *headers: str, status: str = "200 OK") -> bytes:
    head = [
        f"HTTP/1.1 {status}",
        "Content-Type: text/calendar; charset=utf-8",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


@dataclass
class Server:
    """`serve` yields what is sent, piece by piece. `asked` holds each request; `sent` counts bytes."""

    serve: Callable[["Server"], Iterator[bytes]]
    port: int = 0
    sent: int = 0
    asked: list[bytes] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)  # that TLS was asked for (SNI)
    stop: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/min/kalender.ics", scheme: str = "http") -> str:
        return f"{scheme}://localhost:{self.port}{path}"


@contextmanager
def serving(
    serve: bytes | Callable[[Server], Iterator[bytes]], context: ssl.SSLContext | None = None
) -> Iterator[Server]:
    """Serve one answer, or what a function yields, to whoever comes, until the block ends."""
    server = Server((lambda _: iter([serve])) if isinstance(serve, bytes) else serve)
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        server.port = listener.getsockname()[1]
        if context is not None:
            context.sni_callback = lambda _socket, name, _context: server.names.append(name)
        thread = threading.Thread(target=_accept, args=(listener, server, context))
        thread.start()
        try:
            yield server
        finally:
            server.stop.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)
            assert not thread.is_alive()


def _accept(listener: socket.socket, server: Server, context: ssl.SSLContext | None) -> None:
    while not server.stop.is_set():
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with suppress(OSError), closing(connection):
            connection.settimeout(10)
            with context.wrap_socket(connection, server_side=True) if context else connection as spoken:
                server.asked.append(spoken.recv(65_536))
                for piece in server.serve(server):
                    spoken.sendall(piece)
                    server.sent += len(piece)


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """A server's side of TLS with a certificate for a name, and the file that makes somebody trust it."""
    key = ec.generate_private_key(ec.SECP256R1())
    now, who = datetime.now(UTC), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signed, plain = made.sign(key, hashes.SHA256()), serialization.NoEncryption()
    public, private = folder / f"{name}.pem", folder / f"{name}.key"
    public.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    private.write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public


# ---------- what our side does on the network ----------
_watching: list[list[Any]] = []


def _watch(event: str, details: tuple[Any, ...]) -> None:
    if _watching and event == "socket.connect" and details[0].family in {socket.AF_INET, socket.AF_INET6}:
        place = details[1]
        _watching[-1].append(place)
        if ipaddress.ip_address(place[0]).is_global:
            raise ConnectionRefusedError("no test leaves this machine")


sys.addaudithook(_watch)


@contextmanager
def connections() -> Iterator[list[Any]]:
    """Where sockets of this process are led meanwhile. Python's own audit tells; outside this machine nothing goes."""
    seen: list[Any] = []
    _watching.append(seen)
    try:
        yield seen
    finally:
        _watching.remove(seen)
