"""One message to an agency's own system: its words, its signatures (standardwebhooks), and how it is posted. Pure."""

import json
import secrets
from base64 import b64encode
from collections.abc import Collection, Sequence
from contextlib import closing
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook as Signer

from workspace.outside.addresses import Address
from workspace.outside.asking import answered, parsed, request

SECONDS = 10.0  # for everything after the name has been looked up
MOST_READ = 4096  # bytes of an answer: its status is all we want
HEAD_ENDS = b"\r\n\r\n"


def make_key() -> str:
    """A new key to sign with, as the standard writes one: 24 to 64 bytes in base64 after `whsec_`."""
    return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"


def body_of(kind: str, made_at: datetime, about: str, object_id: int, number: str) -> str:
    """Ids only, and the same each time it is sent. Source: Standard Webhooks, "thin payloads"."""
    data = {about: object_id} | ({"number": number} if number else {})
    at = made_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": kind, "timestamp": at, "data": data}, separators=(",", ":"))


def signed(message_id: str, at: datetime, body: str, keys: Sequence[str]) -> list[str]:
    """The standard's three headers; one signature for each key, the newest first."""
    at = at.astimezone(UTC)  # the library reads any other zone's clock as UTC's
    signatures = " ".join(Signer(key).sign(message_id, at, body) for key in keys)
    return [
        f"webhook-id: {message_id}",
        f"webhook-timestamp: {int(at.timestamp())}",
        f"webhook-signature: {signatures}",
    ]


def post(address: Address, headers: Sequence[str], body: str, *, inside: Collection[str]) -> int:
    """Post a message and return the status of the answer. Takes 10 s at most and reads 4 kB at most.

    Only places that may be asked are asked (`answered`), and no redirect is followed. Raises Refused with a code.
    """
    content = body.encode()
    head = ["Content-Type: application/json", f"Content-Length: {len(content)}", *headers]
    answer = bytearray()
    with closing(
        answered(address, request("POST", address, head, content), inside=inside, seconds=SECONDS, piece=MOST_READ)
    ) as pieces:
        for piece in pieces:
            answer += piece
            if HEAD_ENDS in answer or len(answer) >= MOST_READ:
                break
    return parsed(bytes(answer[:MOST_READ]), "POST").status
