"""The mailbox that answers come to, over IMAP: what is unread is yielded as it came, and marked when it is dealt with.

Knows of no answers and no database.
"""

import base64
import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from meetings.calendar.errors import MailboxGone

PORT, SAFE_PORT = 143, 993
PATIENCE = 30  # seconds for each answer of the server
NOT_REACHED = "Brevlådan i REPLY_MAILBOX svarar inte. Inget är läst, och inget är förlorat."
NOT_LET_IN = "Brevlådan i REPLY_MAILBOX tar inte emot kontot eller lösenordet."
NO_FOLDER = "Mappen i REPLY_MAILBOX finns inte eller går inte att öppna."
NO_ADDRESS = "REPLY_MAILBOX är ingen brevlåda. Skriv till exempel imaps://konto:lösenord@värd:993/INBOX."
LOST = "Förbindelsen med brevlådan bröts. Det som inte hann läsas läses nästa gång."


@dataclass(frozen=True)
class Letter:
    """An unread mail. `raw` is None for one that is too large to be read at all."""

    number: str
    raw: bytes | None
    has_failed: bool  # once, or somebody has flagged it


class Mailbox:
    """An open folder of a mailbox."""

    def __init__(self, server: imaplib.IMAP4) -> None:
        self._server = server

    def unread(self, largest: int, most: int) -> Iterator[Letter]:
        """The unread mails, the oldest first. The size is asked for before the mail. Nothing is marked."""
        (found,) = self._ask("SEARCH", "UNSEEN", "UNDELETED")[-1:] or [b""]
        for number in (found or b"").decode("ascii").split()[:most]:
            about = _joined(self._ask("FETCH", number, "(FLAGS RFC822.SIZE)"))
            size, has_failed = re.search(rb"RFC822\.SIZE (\d+)", about), rb"\Flagged" in about
            if size is None:  # taken away meanwhile
                continue
            if int(size[1]) > largest:
                yield Letter(number, None, has_failed)
                continue
            bodies = [one[1] for one in self._ask("FETCH", number, "(BODY.PEEK[])") if isinstance(one, tuple)]
            if bodies:
                yield Letter(number, bodies[0], has_failed)

    def mark_read(self, letter: Letter) -> None:
        self._ask("STORE", letter.number, "+FLAGS.SILENT", r"(\Seen)")

    def mark_failed(self, letter: Letter) -> None:
        """With the flag that mail programs show, and that any server keeps."""
        self._ask("STORE", letter.number, "+FLAGS.SILENT", r"(\Flagged)")

    def _ask(self, *words: str) -> list[Any]:
        """A command by the mails' unique numbers, which no other reader of the folder can shift."""
        with _as_gone(LOST):
            said, found = self._server.uid(*words)
        if said != "OK":
            raise MailboxGone(LOST)
        return list(found)


@contextmanager
def open_mailbox(address: str) -> Iterator[Mailbox]:
    """Sign in to imap(s)://account:password@host:port/FOLDER, percent-decoded, and sign out afterwards.

    Refuses what cannot be opened (`MailboxGone`), with a sentence that says which of host, account and folder it was.
    """
    found = urlsplit(address)
    with _as_gone(NOT_REACHED):
        server = _connect(found)
    try:
        with _as_gone(NOT_LET_IN):
            server.login(unquote(found.username or ""), unquote(found.password or ""))
        with _as_gone(NO_FOLDER):
            said, _ = server.select(_quoted(unquote(found.path.strip("/")) or "INBOX"))
        if said != "OK":
            raise MailboxGone(NO_FOLDER)
        yield Mailbox(server)
    finally:
        with suppress(imaplib.IMAP4.error, OSError):  # the line may be broken already
            server.logout()


def _connect(address: SplitResult) -> imaplib.IMAP4:
    try:
        host, port = address.hostname, address.port
    except ValueError:
        host, port = None, None
    if not host or address.scheme not in {"imap", "imaps"}:
        raise MailboxGone(NO_ADDRESS)
    if address.scheme == "imap":
        return imaplib.IMAP4(host, port or PORT, timeout=PATIENCE)
    trust = ssl.create_default_context()
    return imaplib.IMAP4_SSL(host, port or SAFE_PORT, ssl_context=trust, timeout=PATIENCE)


@contextmanager
def _as_gone(sentence: str) -> Iterator[None]:
    """Whatever the line or the server does, as one refusal. The server's own words can repeat what was sent."""
    try:
        yield
    except (imaplib.IMAP4.error, OSError, UnicodeError):
        raise MailboxGone(sentence) from None


def _joined(found: list[Any]) -> bytes:
    return b" ".join(one[0] if isinstance(one, tuple) else one or b"" for one in found)


def _quoted(folder: str) -> str:
    """A folder's name as IMAP writes it (RFC 3501 5.1.3): «Möten» is "M&APY-ten"."""

    def encoded(found: re.Match[str]) -> str:
        text = base64.b64encode(found[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
        return f"&{text}-"

    name = re.sub(r"[^\x20-\x7e]+", encoded, folder.replace("&", "&-"))
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
