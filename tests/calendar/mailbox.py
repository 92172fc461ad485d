"""What the tests of the calendar's mails share: who gets what, read back by a library as a client would."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

import icalendar
from django.utils import timezone

from meetings.calendar.actions.keeping import keep_all
from meetings.calendar.actions.mailing import send_calendar_mails
from tests.calendar.stage import later
from tests.notifications.post import PostOffice


@dataclass
class Got:
    """One mail: to whom, its subject, and each event of it."""

    to: str
    subject: str
    method: str
    events: list[icalendar.Event]
    mail: EmailMessage

    @property
    def body(self) -> str:
        part = self.mail.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @property
    def text(self) -> str:
        """The calendar file, each line whole."""
        return str(self.calendar_part.get_content()).replace("\r\n", "\n").replace("\n ", "")

    @property
    def calendar_part(self) -> Any:
        return next(part for part in self.mail.walk() if part.get_content_type() == "text/calendar")

    @property
    def event(self) -> icalendar.Event:
        (one,) = self.events
        return one

    @property
    def uid(self) -> str:
        (one,) = {str(event["uid"]) for event in self.events}
        return one

    @property
    def sequences(self) -> list[int]:
        return [int(event["sequence"]) for event in self.events]

    @property
    def starts(self) -> list[datetime]:
        return [event.start for event in self.events]


def read(mail: EmailMessage, recipients: list[str]) -> Got:
    (to,) = recipients
    assert mail["To"] == to
    part = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    calendar = icalendar.Calendar.from_ical(part.get_content())
    return Got(to, str(mail["Subject"]).strip(), str(calendar["method"]), calendar.walk("VEVENT"), mail)


def sent(post: PostOffice, minutes: float = 2) -> list[Got]:
    """Keep the calendars, and what comes of it by mail once they have been left alone so long, by whom it is to."""
    known = len(post.raw)
    keep_all()
    with later(minutes):
        number = send_calendar_mails()
    found = [read(mail, to) for mail, to in zip(post.mails[known:], post.recipients[known:], strict=True)]
    assert len(found) == number
    return sorted(found, key=lambda one: (one.to, one.method))


def who(found: list[Got]) -> list[str]:
    """The usernames they went to."""
    return [one.to.removesuffix("@exempel.se") for one in found]


def stockholm(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y%m%dT%H%M%S")
