"""Web push (RFC 8030, 8291, 8292): whom may be pushed to, and one push, which the browser alone can read.

A push says that there is something to read, and never what (L50): the same words and so the same size for everybody.
"""

import base64
import binascii
import json
import logging
import time
from collections.abc import Collection
from contextlib import closing
from email.utils import parseaddr, parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple

import http_ece
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from py_vapid import Vapid02

from workspace.outside.addresses import NAME, Address, Refused, checked
from workspace.outside.asking import answered, parsed, request

log = logging.getLogger("samverkansrum.push")

SECONDS = 10.0  # for all of a push
HEAD = 16_384  # bytes of an answer that are read
KEPT = 12 * 60 * 60  # seconds that a push service keeps a push for a browser that is off, and that a signature holds
POINT, SECRET = 65, 16  # bytes of a browser's key and secret


class Subscription(NamedTuple):
    """A browser as its push service knows it. Key and secret in base64url, as browsers write them."""

    address: Address
    public_key: str
    secret: str


class Answer(NamedTuple):
    """What a push service said. `wait`: for how many seconds it asks to be left in peace; 0 for none said."""

    status: int
    wait: float


# ---------- our own key ----------
def server_key() -> str:
    """The public key that browsers bind their leave to, in base64url; empty where push is not offered."""
    key = _private_key(settings.VAPID_KEY)
    return _public(key) if key else ""


def _public(key: ec.EllipticCurvePrivateKey) -> str:
    point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


@lru_cache(maxsize=4)
def _private_key(text: str) -> ec.EllipticCurvePrivateKey | None:
    """A P-256 key in PEM, or in base64 as 32 bytes or DER; None for none, and for what is no such key."""
    if not text:
        return None
    try:
        if "-----BEGIN" in text:
            key = serialization.load_pem_private_key(text.replace("\\n", "\n").encode(), password=None)
        else:
            raw = _bytes_of(text)
            if len(raw) == 32:
                return ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())
            key = serialization.load_der_private_key(raw, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    log.error("VAPID_KEY is no private key on P-256: push is not offered")
    return None


# ---------- a browser's ----------
def subscription(address: str, public_key: str, secret: str) -> Subscription:
    """A browser's leave as its page gave it, checked. Asks nobody.

    Raises Refused: an address that is none, or not of a push service in PUSH_HOSTS over https; a key that is no point
    on P-256, or a secret of another length. A number or a name without a dot in PUSH_HOSTS is on the inside, and may
    be reached over http and on any port.
    """
    found = checked(address, inside=_inside())
    if not _is_known(found.host):
        raise Refused("host")
    try:
        point, auth = _bytes_of(public_key), _bytes_of(secret)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise Refused("key") from None
    if len(point) != POINT or len(auth) != SECRET:
        raise Refused("key")
    return Subscription(found, public_key, secret)


def _inside() -> Collection[str]:
    return {host for host in settings.PUSH_HOSTS if not host.startswith("*.") and not NAME.fullmatch(host)}


def _is_known(host: str) -> bool:
    return any(host.endswith(known[1:]) if known.startswith("*.") else host == known for known in settings.PUSH_HOSTS)


def _bytes_of(text: str) -> bytes:
    """What base64 says, in either alphabet, padded or not. Raises ValueError."""
    plain = text.strip().rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        raise ValueError("no base64") from None


# ---------- a push ----------
def payload() -> bytes:
    """What the service worker shows: the same to everybody, whatever has come."""
    said = {"title": "Samverkansrum", "body": "Du har något att läsa.", "url": f"{settings.SITE_URL}/handelser/"}
    return json.dumps(said, ensure_ascii=False).encode()


def push(to: Subscription, *, seconds: float = SECONDS) -> Answer:
    """Send one push, and what the service said of it; within `seconds`, whatever it does.

    Raises Refused with a code where it gave no answer. Call it outside transactions.
    """
    key = _private_key(settings.VAPID_KEY)
    if key is None:
        raise Refused("no_key")
    body = http_ece.encrypt(
        payload(),
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=_bytes_of(to.public_key),
        auth_secret=_bytes_of(to.secret),
        version="aes128gcm",
    )
    headers = [
        f"Authorization: {_signed(key, to.address)}",
        f"TTL: {KEPT}",
        "Urgency: normal",  # how urgent it is would tell what it is
        "Topic: nytt",  # one that waits at the service is replaced by the next
        "Content-Type: application/octet-stream",
        "Content-Encoding: aes128gcm",
        f"Content-Length: {len(body)}",
    ]
    asked, said = request("POST", to.address, headers, body), bytearray()
    with closing(answered(to.address, asked, inside=_inside(), seconds=seconds)) as pieces:
        for piece in pieces:
            said += piece
            if b"\r\n\r\n" in said or len(said) > HEAD:
                break
    response = parsed(bytes(said), "POST")
    return Answer(response.status, _seconds(response.getheader("Retry-After") or ""))


def _signed(key: ec.EllipticCurvePrivateKey, address: Address) -> str:
    """Who we are (RFC 8292), to this service alone."""
    usual = address.port == (443 if address.is_tls else 80)
    origin = f"{'https' if address.is_tls else 'http'}://{address.host}{'' if usual else f':{address.port}'}"
    is_public = settings.SITE_URL.startswith("https://") and NAME.fullmatch(settings.SITE_HOST or "")
    subject = settings.SITE_URL if is_public else f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"
    claims = {"aud": origin, "exp": int(time.time()) + KEPT, "sub": subject}
    return str(Vapid02(key).sign(claims)["Authorization"])


def _seconds(text: str) -> float:
    """Retry-After (RFC 9110), in seconds or as a date; 0 for what is neither."""
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
