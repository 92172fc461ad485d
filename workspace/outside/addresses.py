"""Which addresses outside may be reached: public hosts over https, and those on the inside that the operator names."""

import ipaddress
import re
from collections.abc import Collection
from typing import NamedTuple
from urllib.parse import urlsplit

LONGEST = 2000
HTTPS = 443
# A public name: labels of ASCII, the last of letters. So no number in any spelling, and no name of an inner network.
NAME = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{2,59})")
PLAIN = re.compile(r"[\x21-\x7e]+")
GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
# Within what Python takes for public, and yet ways to other addresses: 6to4 and its relays, Teredo, protocols.
DETOURS = [ipaddress.ip_network(each) for each in ("2002::/16", "2001::/23", "192.88.99.0/24", "192.0.0.0/24")]


class Refused(Exception):
    """The address, or what it answered, is refused. `code` says why, in words of whoever asked; never the address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Address(NamedTuple):
    """An address in its parts, checked."""

    is_tls: bool
    host: str
    port: int
    target: str  # path and question, as they stand in a request

    def __str__(self) -> str:
        usual = HTTPS if self.is_tls else 80
        port = "" if self.port == usual else f":{self.port}"
        return f"{'https' if self.is_tls else 'http'}://{self.host}{port}{self.target}"


def checked(text: str, *, inside: Collection[str]) -> Address:
    """An address as somebody wrote it, in parts; webcal:// is https://. Asks nobody.

    Raises Refused: not plain ASCII, another scheme than https, a password, another port, or a host that is no public
    name. A host in `inside` may be any name or number, over http too and on any port.
    """
    text = re.sub(r"\Awebcals?://", "https://", text.strip(), flags=re.IGNORECASE)
    if not PLAIN.fullmatch(text) or len(text) > LONGEST:
        raise Refused("address")
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise Refused("address") from None
    is_inside = host in inside
    if parts.scheme != "https" and not (is_inside and parts.scheme == "http"):
        raise Refused("scheme")
    if "@" in parts.netloc:
        raise Refused("password")
    if not is_inside and not NAME.fullmatch(host):
        raise Refused("host")
    if not is_inside and port not in {None, HTTPS}:
        raise Refused("port")
    is_tls = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(is_tls, host, port or (HTTPS if is_tls else 80), target)


def is_public(text: str) -> bool:
    """Whether an IP address is one of the open internet's: nothing inner, reserved, or that leads elsewhere."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    if found.version == 6 and found not in GLOBAL_V6:
        return False
    if not found.is_global or found.is_multicast or found.is_reserved:
        return False
    return not any(found in network for network in DETOURS if network.version == found.version)
