"""A calendar fetched from an address that may be hostile: bounded in bytes and in time, and led nowhere else."""

from contextlib import closing
from http.client import HTTPException

from django.conf import settings

from workspace.outside.addresses import Refused, checked
from workspace.outside.asking import answered, parsed, request

LONGEST = 5_000_000  # bytes, of the calendar
HEAD = 100_000  # bytes, of what stands before it and between its pieces
SECONDS = 20.0  # for everything after the name has been looked up
OK = 200
GONE = {401, 403, 404, 410}


def fetch(text: str, *, seconds: float = SECONDS) -> bytes:
    """What an address answers, as it came. Takes `seconds` at most, and no more than 5 MB.

    Asks only places that may be asked (`answered`). Follows no redirect, asks for nothing compressed and takes nothing
    compressed. Raises Refused with a code. Call it outside transactions.
    """
    inside = settings.CALENDAR_HOSTS
    address = checked(text, inside=inside)
    asked = request("GET", address, ["Accept: text/calendar"])
    answer = bytearray()
    with closing(answered(address, asked, inside=inside, seconds=seconds)) as pieces:
        for piece in pieces:
            answer += piece
            if len(answer) > LONGEST + HEAD:
                raise Refused("too_large")
    return _content(bytes(answer))


def _content(answer: bytes) -> bytes:
    response = parsed(answer, "GET")
    if 300 <= response.status < 400:
        raise Refused("redirect")
    if response.status != OK:
        raise Refused("gone" if response.status in GONE else "no_answer")
    coded = {response.getheader("Content-Encoding", "identity"), response.getheader("Transfer-Encoding", "chunked")}
    if {each.strip().lower() for each in coded} - {"identity", "chunked"}:
        raise Refused("compressed")
    try:
        content = response.read()
    except (HTTPException, ValueError, OSError):
        raise Refused("no_answer") from None
    if len(content) > LONGEST:
        raise Refused("too_large")
    return content
