"""How an address that may be hostile is asked: only places that were checked, bounded in time, led nowhere else."""

import socket
import ssl
import time
from collections.abc import Callable, Collection, Generator, Sequence
from http.client import HTTPException, HTTPResponse
from io import BytesIO
from typing import Any

from workspace.outside.addresses import Address, Refused, is_public

PIECE = 65_536  # bytes
MOST_TRIED = 3  # addresses of one name


def request(method: str, address: Address, headers: Sequence[str], body: bytes = b"") -> bytes:
    """A request as it is sent. The headers must be plain: nobody outside may have written any of them."""
    usual = address.port == (443 if address.is_tls else 80)
    name = f"[{address.host}]" if ":" in address.host else address.host
    lines = [
        f"{method} {address.target} HTTP/1.1",
        f"Host: {name if usual else f'{name}:{address.port}'}",
        *headers,
        "Accept-Encoding: identity",
        "User-Agent: Samverkansrum",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def answered(
    address: Address, asked: bytes, *, inside: Collection[str], seconds: float, piece: int = PIECE
) -> Generator[bytes]:
    """What an address answers to a request, in pieces of so many bytes at most, until the other side closes.

    Looks the name up once, refuses it if any of its addresses is not public (but for the hosts in `inside`), and
    connects to the very address that was checked. `seconds` are for everything after that look-up, so that dripping
    helps nobody; how much is read is for whoever takes the pieces. Raises Refused with a code.
    """
    places = _places(address, inside)
    ends_at = time.monotonic() + seconds

    def left() -> float:
        remains = ends_at - time.monotonic()
        if remains <= 0:
            raise Refused("slow")
        return remains

    try:
        with _connected(address, places, left) as connection:
            connection.settimeout(left())
            connection.sendall(asked)
            while True:
                connection.settimeout(left())
                part = connection.recv(piece)
                if not part:
                    return
                yield part
    except TimeoutError:
        raise Refused("slow") from None
    except ssl.SSLError:
        raise Refused("certificate") from None
    except (OSError, ValueError):
        raise Refused("no_answer") from None


class _Read:
    """What http.client reads an answer from: bytes that have come already."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer

    def makefile(self, *_: object) -> BytesIO:
        return BytesIO(self.answer)


def parsed(answer: bytes, method: str) -> HTTPResponse:
    """An answer that has come, its head read. Raises Refused where it is none."""
    response = HTTPResponse(_Read(answer), method=method)  # type: ignore[arg-type]
    try:
        response.begin()
    except (HTTPException, ValueError, OSError):
        raise Refused("no_answer") from None
    return response


def _places(address: Address, inside: Collection[str]) -> list[tuple[Any, ...]]:
    """Where the name leads, as (family, socket address). One inner address among them refuses the whole."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refused("unknown_host") from None
    places = [(family, place) for family, _, _, _, place in found]
    if address.host not in inside and not all(is_public(str(place[0])) for _, place in places):
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
