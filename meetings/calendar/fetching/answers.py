"""A calendar fetched from an address that may be hostile: bounded in bytes and in time, and led nowhere else."""

import socket
import ssl
import time
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from io import BytesIO
from typing import Any

from django.conf import settings

from meetings.calendar.fetching.addresses import Address, Refused, checked, is_public

LONGEST = 5_000_000  # bytes, of the calendar
HEAD = 100_000  # bytes, of what stands before it and between its pieces
SECONDS = 20.0  # for everything after the name has been looked up
PIECE = 65_536
MOST_TRIED = 3  # addresses of one name
OK = 200
GONE = {401, 403, 404, 410}


def fetch(text: str, *, seconds: float = SECONDS) -> bytes:
    """What an address answers, as it came. Takes `seconds` at most, and no more than 5 MB.

    Looks the name up once, refuses it if any of its addresses is not public, and connects to the very address that was
    checked. Follows no redirect, asks for nothing compressed and takes nothing compressed.
    Raises Refused with a code. Call it outside transactions.
    """
    address = checked(text)
    places = _places(address)
    ends_at = time.monotonic() + seconds

    def left() -> float:
        remains = ends_at - time.monotonic()
        if remains <= 0:
            raise Refused("slow")
        return remains

    try:
        with _connected(address, places, left) as connection:
            return _content(_exchange(connection, address, left))
    except TimeoutError:
        raise Refused("slow") from None
    except ssl.SSLError:
        raise Refused("certificate") from None
    except (OSError, HTTPException, ValueError):
        raise Refused("no_answer") from None


def _places(address: Address) -> list[tuple[Any, ...]]:
    """Where the name leads, as (family, socket address). One inner address among them refuses the whole."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refused("unknown_host") from None
    places = [(family, place) for family, _, _, _, place in found]
    if address.host not in settings.CALENDAR_HOSTS and not all(is_public(str(place[0])) for _, place in places):
        raise Refused("inside")
    return places[:MOST_TRIED]


def _connected(address: Address, places: list[tuple[Any, ...]], left: Callable[[], float]) -> socket.socket:
    """A connection to the first place that answers, under TLS with the certificate of the name."""
    failed: OSError = OSError("no place")
    for family, place in places:
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(left())
            plain.connect(place)
            if not address.is_tls:
                return plain
            plain.settimeout(left())
            return ssl.create_default_context().wrap_socket(plain, server_hostname=address.host)
        except OSError as error:
            plain.close()
            failed = error
        except Refused:
            plain.close()
            raise
    raise failed


def _exchange(connection: socket.socket, address: Address, left: Callable[[], float]) -> bytes:
    """Ask, and read until the other side closes. The bounds hold for each piece, so that dripping helps nobody."""
    usual = address.port == (443 if address.is_tls else 80)
    name = f"[{address.host}]" if ":" in address.host else address.host
    lines = [
        f"GET {address.target} HTTP/1.1",
        f"Host: {name if usual else f'{name}:{address.port}'}",
        "Accept: text/calendar",
        "Accept-Encoding: identity",
        "User-Agent: Samverkansrum",
        "Connection: close",
    ]
    connection.settimeout(left())
    connection.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
    answer = bytearray()
    while len(answer) <= LONGEST + HEAD:
        connection.settimeout(left())
        piece = connection.recv(PIECE)
        if not piece:
            return bytes(answer)
        answer += piece
    raise Refused("too_large")


class _Read:
    """What http.client reads an answer from: bytes that have come already."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer

    def makefile(self, *_: object) -> BytesIO:
        return BytesIO(self.answer)


def _content(answer: bytes) -> bytes:
    response = HTTPResponse(_Read(answer), method="GET")  # type: ignore[arg-type]
    response.begin()
    if 300 <= response.status < 400:
        raise Refused("redirect")
    if response.status != OK:
        raise Refused("gone" if response.status in GONE else "no_answer")
    coded = {response.getheader("Content-Encoding", "identity"), response.getheader("Transfer-Encoding", "chunked")}
    if {each.strip().lower() for each in coded} - {"identity", "chunked"}:
        raise Refused("compressed")
    content = response.read()
    if len(content) > LONGEST:
        raise Refused("too_large")
    return content
