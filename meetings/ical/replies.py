"""What a calendar program answered (RFC 5546, METHOD:REPLY and COUNTER), out of a mail or a file. Pure.

Clients leave out and spell things as they like, so each line is read by itself: one that cannot be read is as one that
is not there, and whatever no answer needs is never looked at. Nothing here raises for what somebody has sent.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from email import message_from_bytes
from email.message import Message
from hashlib import sha256
from itertools import islice
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone
from icalendar.parser import Contentline, unescape_backslash
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from meetings.ical.lines import lines_of, unfolded
from meetings.ical.senders import fold_address, is_forged, sender_of

LARGEST = 1024 * 1024  # bytes of a mail or a file
LONGEST_LINE = 20_000  # characters; a longer one is not read
MOST_EVENTS = 100  # of one message: an answer to a series and to some of its occurrences
MOST_PARTS = 100
LONGEST_COMMENT = 300
METHODS = {"REPLY", "COUNTER"}
CALENDAR_TYPES = {"text/calendar", "application/ics"}
WANTED = {"UID", "RECURRENCE-ID", "ATTENDEE", "COMMENT", "DTSTAMP", "SEQUENCE", "DTSTART", "DTEND"}
CHARSETS = {"utf-16-le", "utf-16-be", "cp1252", "iso8859-15", "cp850", "mac-roman"}
# The library reads one with 500,000 parameters in minutes, and some of it already to find where the parts end.
LONG_HEADER = re.compile(rb"(?<![^\r\n])content-[a-z-]{1,40}:(?:[^\r\n]|(?:\r\n?|\n)[ \t]){5000}", re.IGNORECASE)
ODD = (ValueError, LookupError)  # what the library raises for a charset that is none, as in «name*=idna''x»
MOMENT = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?", re.ASCII)
JOINERS = "\u200c\u200d"  # in Persian and in emoji they change what is seen


@dataclass(frozen=True)
class Line:
    """A content line of RFC 5545: NAME;PARAMETER=…:value."""

    name: str
    parameters: dict[str, str]
    value: str


@dataclass(frozen=True)
class Reply:
    """One answer. Moments are aware; one without a zone is Stockholm's, and a day is its midnight there."""

    uid: str
    address: str  # the attendee who answers, without mailto: and in small letters
    partstat: str  # in capitals; empty where none is said
    counters: bool = False  # METHOD:COUNTER: another time is proposed
    instead_of: datetime | None = None  # RECURRENCE-ID: the occurrence answered; None: the whole
    comment: str = ""
    stamp: datetime | None = None
    sequence: int | None = None
    proposed: tuple[datetime, datetime] | None = None  # of a counter


@dataclass(frozen=True)
class ReplyMail:
    """A mail or a file that was read. `digest` is the same for the same message, however often it comes."""

    digest: str
    sender: str = ""  # empty: a file, or a mail that is not from exactly one
    failed: bool = False  # our own mail server does not vouch for the sender (`senders.is_forged`)
    replies: tuple[Reply, ...] = ()


# ---------- mails and files ----------
def read_mail(raw: bytes, address: str | None = None, authserv: str = "") -> ReplyMail:
    """What a mail says: who sent it, what the nearest server judged of that, and the answers of its first calendar part
    that holds any. Of one larger than LARGEST, or that cannot be read, nothing.

    Of several attendees the answer is the sender's, or `address`' where that is given. `authserv` is our own mail
    server's name in Authentication-Results, where only what it vouches for is to be believed.
    """
    if len(raw) > LARGEST or LONG_HEADER.search(raw):
        return ReplyMail(_digest(raw))
    try:
        mail = message_from_bytes(raw)
        parts = list(_calendars(mail))
        sender, failed = sender_of(mail), is_forged(mail, authserv)
    except (RecursionError, *ODD):  # parts within parts within parts, or a charset that is none
        return ReplyMail(_digest(raw))
    for content, method in parts:
        replies = replies_in(content, address=sender if address is None else address, method=method)
        if replies:
            message_id = str(mail.get("Message-ID", "")).encode(errors="replace")
            return ReplyMail(_digest(message_id, content), sender, failed, replies)
    return ReplyMail(_digest(raw), sender, failed)


def read_file(raw: bytes, address: str) -> ReplyMail:
    """What a file says that the person with this address has given: a calendar file, or a mail that they saved."""
    if len(raw) > LARGEST:
        return ReplyMail(_digest(raw))
    if _text(raw[:1000]).lstrip().upper().startswith("BEGIN:VCALENDAR"):
        return ReplyMail(_digest(raw), replies=replies_in(raw, address=address))
    return read_mail(raw, address)


def as_uid(text: str) -> UUID | None:
    """A uid of ours, however a client spells it; None for any other."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def _digest(*parts: bytes) -> str:
    return sha256(b"\0".join(sha256(part).digest() for part in parts)).hexdigest()


def _calendars(mail: Message) -> Iterator[tuple[bytes, str]]:
    """Each calendar part with the method that its MIME type names; not those of a mail that is attached."""
    left = [mail]
    for _ in range(MOST_PARTS):
        if not left:
            return
        part = left.pop(0)
        if part.is_multipart():
            inner = part.get_payload() if part.get_content_maintype() == "multipart" else []
            left = [one for one in islice(inner, MOST_PARTS) if isinstance(one, Message)] + left
            continue
        try:
            found = _calendar(part)
        except ODD:
            continue
        if found:
            yield found


def _calendar(part: Message) -> tuple[bytes, str] | None:
    if part.get_content_type() not in CALENDAR_TYPES and not str(part.get_filename() or "").lower().endswith(".ics"):
        return None
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return None
    return _as_utf8(content, str(part.get_content_charset() or "")), str(part.get_param("method") or "")


# ---------- text ----------
def _as_utf8(raw: bytes, charset: str = "") -> bytes:
    """The bytes as UTF-8. What is UTF-8 is taken for it, whatever it says it is; what is nothing known is Latin-1."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace").encode(errors="replace")
    raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        _unfolded(raw).decode()
        return raw
    except UnicodeDecodeError:
        return raw.decode(_charset(charset), errors="replace").encode(errors="replace")


def _charset(named: str) -> str:
    try:
        found = codecs.lookup(named).name
    except (LookupError, ValueError):
        found = ""
    return found if found in CHARSETS else "latin-1"


def _text(raw: bytes) -> str:
    """Unfolded first: some fold between the bytes of one letter."""
    return _unfolded(_as_utf8(raw)).decode(errors="replace")


def _unfolded(raw: bytes) -> bytes:
    return unfolded(raw.decode("latin-1")).encode("latin-1")


def _clean(text: str) -> str:
    """On one line, without what cannot be seen, and no longer than is kept."""
    seen = "".join(sign if sign.isprintable() or sign in JOINERS else " " for sign in text)
    return cut(" ".join(seen.split()))


def cut(text: str) -> str:
    return text if len(text) <= LONGEST_COMMENT else f"{text[: LONGEST_COMMENT - 1].rstrip()}…"


# ---------- calendar files ----------
def replies_in(raw: bytes, *, address: str, method: str = "") -> tuple[Reply, ...]:
    """The answers in a calendar file, those to one occurrence first; none where its method asks for no answer.

    `method` is what a mail's MIME type names, for a file that names none. Of several attendees that of `address`.
    """
    events: list[list[Line]] = []
    open_parts: list[str] = []
    for text in lines_of(_text(raw)):
        line = _line(text, open_parts)
        if line is None:
            continue
        if line.name == "BEGIN":
            open_parts.append(line.value.strip().upper())
            if open_parts[-1] == "VEVENT":
                if len(events) == MOST_EVENTS:
                    break
                events.append([])
        elif line.name == "END":
            del open_parts[-1:]
        elif line.name == "METHOD":
            method = line.value
        elif events:
            events[-1].append(line)
    method = method.strip().upper()
    if method not in METHODS:
        return ()
    found = [_reply(lines, fold_address(address), method == "COUNTER") for lines in events]
    return tuple(sorted((one for one in found if one), key=lambda one: one.instead_of is None))


def _line(text: str, open_parts: list[str]) -> Line | None:
    """A line that matters where it stands; None for all others, and for what is none."""
    name = re.split("[;:]", text[:40], maxsplit=1)[0].strip().upper()
    inside = open_parts[-1:] == ["VEVENT"] and name in WANTED
    if not inside and not (name == "METHOD" and open_parts == ["VCALENDAR"]) and name not in {"BEGIN", "END"}:
        return None
    if len(text) > LONGEST_LINE:
        return None
    try:
        _, parameters, value = Contentline(text).raw_parts()
    except ValueError:
        return None
    return Line(name, {key.upper(): _first(one) for key, one in parameters.items()}, value)


def _first(value: str | list[str]) -> str:
    return value if isinstance(value, str) else next(iter(value), "")


def _reply(lines: list[Line], address: str, counters: bool) -> Reply | None:
    uid = next((one.value.strip() for one in lines if one.name == "UID"), "")
    attendees = [(_address(one), one) for one in lines if one.name == "ATTENDEE"]
    who, attendee = next((one for one in attendees if one[0] == address), attendees[0] if attendees else ("", None))
    if not uid or attendee is None:
        return None
    starts_at, ends_at = _moment(lines, "DTSTART"), _moment(lines, "DTEND")
    sequence = next((one.value.strip() for one in lines if one.name == "SEQUENCE"), "")
    return Reply(
        uid=uid,
        address=who,
        partstat=attendee.parameters.get("PARTSTAT", "").strip().upper(),
        counters=counters,
        instead_of=_moment(lines, "RECURRENCE-ID"),
        comment=_clean(" ".join(unescape_backslash(one.value) for one in lines if one.name == "COMMENT")),
        stamp=_moment(lines, "DTSTAMP"),
        sequence=int(sequence) if re.fullmatch(r"[0-9]{1,9}", sequence) else None,
        proposed=(starts_at, ends_at) if counters and starts_at and ends_at and starts_at < ends_at else None,
    )


def _address(attendee: Line) -> str:
    """Apple writes a key of its own as the value, and the address as a parameter."""
    said = attendee.value if "@" in attendee.value else attendee.parameters.get("EMAIL", "")
    return fold_address(said)


def _moment(lines: list[Line], name: str) -> datetime | None:
    line = next((one for one in lines if one.name == name), None)
    found = MOMENT.fullmatch(line.value.strip()) if line else None
    if line is None or found is None:
        return None
    day, clock, is_utc = found.groups()
    zone = UTC if is_utc else _zone(line.parameters.get("TZID", ""))
    try:
        at = datetime.strptime(f"{day}{clock or '000000'}", "%Y%m%d%H%M%S").replace(tzinfo=zone if clock else _zone(""))
        return timezone.localtime(at) if date(1990, 1, 1) < at.date() < date(2200, 1, 1) else None
    except ValueError:
        return None


def _zone(name: str) -> tzinfo:
    """The zone by its own name, Windows' or a maker's («/freeassociation.sourceforge.net/Europe/Stockholm»).

    Whatever else it is called: our invitations are in Stockholm's time, and answers repeat what they answer.
    """
    plain = name.strip().strip('"')
    for key in (WINDOWS_TO_OLSON.get(plain, plain), "/".join(plain.split("/")[-2:])):
        try:
            return ZoneInfo(key)
        except (LookupError, ValueError, OSError):
            continue
    return timezone.get_default_timezone()
