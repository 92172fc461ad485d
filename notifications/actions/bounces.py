"""Mails of ours that come back later (RFC 3464): whose address they did not reach is told to whoever can put it right.

A bounce is believed by the Message-ID of the mail it returns, which nobody can guess who has not had that mail.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from enum import Enum

from notifications.actions.posting import Refusal, note_trouble
from notifications.models import SentMail

log = logging.getLogger("samverkansrum.mail")

LONGEST = 200_000  # bytes that are read: what says how it went, and the head of the mail that is returned
# The library reads one with many parameters in minutes.
LONG_HEADER = re.compile(rb"(?<![^\r\n])content-[a-z-]{1,40}:(?:[^\r\n]|(?:\r\n?|\n)[ \t]){5000}", re.IGNORECASE)
STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
MESSAGE_ID = re.compile(r"<[^<>\s]{1,298}>")
MOST_IDS = 20
RETURNED = {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
ODD = (ValueError, LookupError, RecursionError)  # what the library raises for what is no mail


class Bounce(Enum):
    """What became of a report of delivery: a code in the log."""

    NOTED = "noted"
    DELAYED = "delayed"  # tried again by the server that says so, or delivered
    FOREIGN = "foreign"  # of no mail that we have sent, or not lately
    MOVED = "moved"  # the reader has another address by now


@dataclass(frozen=True)
class Report:
    """What a report says. `code`: of what has failed for good; empty: nothing has."""

    code: str
    about: list[str]  # Message-IDs of the mail it returns


def take_bounce(raw: bytes) -> Bounce | None:
    """Take a mail that says how one of ours fared; None: it is no such mail. May be given the same again.

    What has failed becomes its reader's `MailTrouble` (`note_trouble`). Nothing is raised for what somebody has sent:
    a report that is forged or of somebody else's mail changes nothing, and the log says its code.
    """
    report = report_in(raw)
    if report is None:
        return None
    found = SentMail.objects.filter(message_id__in=report.about).order_by("-sent_at").first()
    if found is None:
        outcome = Bounce.FOREIGN
    elif not report.code:
        outcome = Bounce.DELAYED
    else:
        refusal = Refusal(report.code, report.code.startswith(("5.1.", "5.2.")))
        noted = note_trouble(user=found.user_id, address=found.address, refusal=refusal, by_bounce=True)
        outcome = Bounce.NOTED if noted else Bounce.MOVED
    if outcome != Bounce.NOTED:
        log.info("bounce %s ignored: %s", found.pk if found else "of no mail", outcome.value)
    return outcome


def report_in(raw: bytes) -> Report | None:
    """What a multipart/report says of delivery. Of a larger mail only the beginning is read."""
    raw = raw[:LONGEST]
    if LONG_HEADER.search(raw):
        return None
    try:
        mail = message_from_bytes(raw)
        if mail.get_content_type() != "multipart/report" or not mail.is_multipart():
            return None
        parts = [part for part in mail.get_payload() if isinstance(part, Message)]
        status = next((part for part in parts if part.get_content_type() == "message/delivery-status"), None)
        if status is None:
            return None
        return Report(_failed(status), list(_ids(mail, parts))[:MOST_IDS])
    except ODD:
        return None


def _failed(status: Message) -> str:
    """The code of what has failed for good; a server that gave up after days says 4.x.x of it."""
    blocks = status.get_payload()
    for block in blocks if isinstance(blocks, list) else []:
        if not isinstance(block, Message) or str(block.get("Action", "")).strip().lower() != "failed":
            continue
        found = STATUS.match(str(block.get("Status", "")))
        if found and not found[1].startswith("2"):
            return found[1]
    return ""


def _ids(mail: Message, parts: list[Message]) -> Iterator[str]:
    """The Message-ID of what is returned; where nothing is, what the report says that it answers."""
    for part in parts:
        if part.get_content_type() in RETURNED:
            yield from MESSAGE_ID.findall(str(_head_of(part).get("Message-ID", "")))
    for name in ("In-Reply-To", "References"):
        yield from MESSAGE_ID.findall(str(mail.get(name, ""))[:5000])


def _head_of(part: Message) -> Message:
    inner = part.get_payload()
    if isinstance(inner, list) and inner and isinstance(inner[0], Message):
        return inner[0]
    content = part.get_payload(decode=True)
    return message_from_bytes(content if isinstance(content, bytes) else b"")
