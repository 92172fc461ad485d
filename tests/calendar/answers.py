"""What seven calendar programs answer, and the same with faults: laid from the samples in tests/data/replies."""

from base64 import encodebytes
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, message_from_string
from email.message import Message
from pathlib import Path
from quopri import encodestring
from uuid import uuid4

from django.utils import timezone

SAMPLES = Path(__file__).parent.parent / "data" / "replies"
CLIENTS = ("outlook", "exchange", "gmail", "apple", "thunderbird", "nextcloud", "open_xchange")
SECRET = "Hemligt"  # what stands around the answer in every sample


@dataclass(frozen=True)
class Said:
    """What somebody answers in their calendar. `as_mail` is how their program sends it."""

    uid: str
    address: str
    starts_at: datetime
    partstat: str = "ACCEPTED"
    ends_at: datetime | None = None
    instead_of: datetime | None = None
    comment: str = ""
    stamp: datetime | None = None
    sequence: int = 0
    method: str = "REPLY"
    sender: str = ""
    message_id: str = field(default_factory=lambda: uuid4().hex)

    def but(self, **changes: object) -> "Said":
        """The same person says something else: a message of its own."""
        return replace(self, message_id=uuid4().hex, **changes)  # type: ignore[arg-type]

    def as_mail(self, client: str = "exchange") -> bytes:
        mail = message_from_string(self._fill((SAMPLES / f"{client}.eml").read_text(encoding="utf-8")))
        for part in mail.walk():
            if not part.is_multipart():
                _encode(part)
        if self.sender:
            mail.replace_header("From", self.sender)
        return mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\n" if client == "thunderbird" else b"\r\n")

    def as_file(self, client: str = "exchange") -> bytes:
        """The calendar alone, as it is saved out of the mail."""
        mail = message_from_bytes(self.as_mail(client))
        kinds = {"text/calendar", "application/ics"}
        found = next(part.get_payload(decode=True) for part in mail.walk() if part.get_content_type() in kinds)
        assert isinstance(found, bytes)
        return found

    def _fill(self, text: str) -> str:
        ends_at = self.ends_at or self.starts_at + timedelta(hours=2)
        stamp = (self.stamp or timezone.now()).astimezone(UTC)
        escaped = self.comment.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
        for name, value in (
            ("UID", self.uid),
            ("ADDRESS\n\t", self.address[:-3] + "\n\t" + self.address[-3:]),
            ("ADDRESS", self.address),
            ("NAME", "Eva Ek"),
            ("ID", self.message_id),
            ("METHOD", self.method),
            ("PARTSTAT", self.partstat),
            ("STAMP", f"{stamp:%Y%m%dT%H%M%SZ}"),
            ("STARTS-UTC", f"{self.starts_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"),
            ("ENDS-UTC", f"{ends_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"),
            ("STARTS", f"{timezone.localtime(self.starts_at):%Y%m%dT%H%M%S}"),
            ("ENDS", f"{timezone.localtime(ends_at):%Y%m%dT%H%M%S}"),
            ("SEQUENCE", str(self.sequence)),
            ("COMMENT", escaped),
        ):
            text = text.replace(f"@{name}@", value)
        return "\n".join(self._recurrence(line) for line in text.split("\n") if self._recurrence(line) != "@")

    def _recurrence(self, line: str) -> str:
        """The line of the occurrence, where one is answered; "@" where it is to go."""
        if not line.startswith("@RECURRENCE-ID"):
            return line if line != "COMMENT:" else "@"
        if self.instead_of is None:
            return "@"
        return f"{line.strip('@')}:{timezone.localtime(self.instead_of):%Y%m%dT%H%M%S}"


def _encode(part: Message) -> None:
    """The samples are written to be read; the mail is encoded as it says it is."""
    raw = str(part.get_payload()).encode()
    how = str(part.get("Content-Transfer-Encoding", ""))
    if how in {"base64", "quoted-printable"}:
        raw = encodebytes(raw) if how == "base64" else encodestring(raw)
    part.set_payload(raw.decode("ascii", errors="surrogateescape"))
