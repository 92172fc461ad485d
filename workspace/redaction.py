"""What must never stand in a log: addresses that open something by themselves. Pure."""

import logging
import re

# Of a calendar, of a sign-in link, of the participant's way in; also as they stand inside another address.
SECRET = re.compile(r"((?:/|%2F)(?:kalender|lank)(?:/|%2F))[^\s\"'<>&]+", re.IGNORECASE)


def redact(text: str) -> str:
    """The text without what follows such an address: «/kalender/…»."""
    return SECRET.sub(r"\1…", text)


class RedactingFormatter(logging.Formatter):
    """Redacts what is written, the last thing before it is: the message with its arguments, and the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
