"""What must never stand in a log: addresses that open something by themselves, and what people have written. Pure."""

import logging
import re
from traceback import format_tb
from typing import Any

# Of a calendar, of a sign-in link, of the participant's way in, of the way to stop mails; also inside another address.
SECRET = re.compile(r"((?:/|%2F)(?:kalender|lank|mejlstopp)(?:/|%2F))[^\s\"'<>&]+", re.IGNORECASE)
# Any other long run of letters and digits in an address: a key, whatever it opens.
KEY = re.compile(r"(?<=/)(?=[\w:-]*\d)(?=[\w:-]*[A-Za-z])[\w:-]{24,}")
# What somebody asked for: it can be a name.
ASKED = re.compile(r"(/[^\s\"'<>?]*\?)[^\s\"'<>]+")


def redact(text: str) -> str:
    """The text without what follows such an address («/kalender/…»), other keys, and what follows a question mark."""
    return ASKED.sub(r"\1…", KEY.sub("…", SECRET.sub(r"\1…", text)))


class RedactingFormatter(logging.Formatter):
    """Redacts what is written, the last thing before it is: the message with its arguments, and the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class WordlessFormatter(RedactingFormatter):
    """As production has it: an error's own words are left out, since they can hold what a person wrote (a database
    says which name was there already). Its kind, its code and the places in the code stand."""

    def formatException(self, ei: Any) -> str:
        error: BaseException | None = ei[1]
        lines: list[str] = []
        while error is not None:
            lines = [*format_tb(error.__traceback__), f"{kind_of(error)}\n", *lines]
            error = error.__cause__ or error.__context__
        return "".join(lines).rstrip()

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = said(record)
        return super().formatMessage(record)


def said(record: logging.LogRecord) -> str:
    """What a record says. Django's own about a request name its address: they say the route instead."""
    request = getattr(record, "request", None)
    if request is None:
        return record.getMessage()
    return f"{getattr(record, 'status_code', '')} {route_of(request)}".strip()


def route_of(request: Any) -> str:
    """The name of the address's pattern: never what the address itself holds."""
    match = getattr(request, "resolver_match", None)
    return match.view_name or "none" if match else "none"


def kind_of(error: BaseException) -> str:
    """`UniqueViolation 23505`, `ConnectionRefusedError 111`."""
    code = getattr(error, "sqlstate", None) or getattr(error, "errno", None) or ""
    return f"{type(error).__name__} {code}".rstrip()
