"""A real mail server for the tests, in a thread of its own: keeps every mail as the bytes it got."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django.fixtures import Settings

from tests.processes import free_port

TAKEN = "250 OK"


class PostOffice:
    """`start`, `stop`, and what has come. `on_mail` says the answer to a mail, given the connection; it may hang up."""

    def __init__(self) -> None:
        self.port = free_port()
        self.raw: list[bytes] = []
        self.recipients: list[list[str]] = []
        self.on_mail: Callable[[SMTP], str] = lambda connection: TAKEN
        self._controller: Controller | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.raw.append(envelope.original_content or b"")
        self.recipients.append(envelope.rcpt_tos)
        return self.on_mail(server)

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    @contextmanager
    def serving(self, settings: Settings) -> Generator[Self]:
        """It runs, and this process's mails go there."""
        self.start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", self.port
        yield self
        self.stop()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def mails(self) -> list[EmailMessage]:
        """What has come, parsed."""
        return [message_from_bytes(raw, policy=policy.default) for raw in self.raw]

    @property
    def ids(self) -> list[str]:
        return [mail["Message-ID"] for mail in self.mails]


def hang_up(connection: SMTP) -> str:
    """Takes the mail and breaks the line before the answer."""
    assert connection.transport is not None
    connection.transport.abort()
    return TAKEN
