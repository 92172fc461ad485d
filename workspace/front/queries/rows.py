"""The rows of the start page, as plain data."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.utils import timezone

from meetings.models import Meeting
from meetings.queries.attendance import meetings_owed_and_ahead
from meetings.queries.talk_duties import Talks, talks_of
from referrals.queries import waiting_and_wished
from workspace.models import Agency, Membership
from workspace.pathway.models import FollowUp
from workspace.pathway.queries.activities import follow_ups_until

SOON = timedelta(days=30)
SHOWN = 30  # rows of a list on the start page; the rest is one click away


@dataclass
class ToDo:
    """One thing that waits for the reader."""

    row_id: str
    title: str
    url: str
    number: str
    about: str
    button: str
    due_on: date | None
    since: datetime


@dataclass
class Happening:
    row_id: str
    at: datetime
    agency: Agency | None
    says: str
    after: str
    number: str
    url: str
    fresh: bool


@dataclass
class Coming:
    on: date
    title: str
    url: str
    about: str


class Day:
    """What both what waits and what comes is drawn from, asked for once: a hat's start page on a day."""

    def __init__(self, member: Membership) -> None:
        self.member = member
        self.today = timezone.localdate()
        self.until = self.today + SOON

    @cached_property
    def referrals(self) -> tuple[list[Any], list[Any]]:
        return waiting_and_wished(self.member, self.today, self.until, SHOWN)

    @cached_property
    def meetings(self) -> tuple[list[tuple[Meeting, datetime]], list[Meeting]]:
        return meetings_owed_and_ahead(self.member, self.until)

    @cached_property
    def talks(self) -> Talks:
        return talks_of(self.member)

    @cached_property
    def follow_ups(self) -> list[FollowUp]:
        return follow_ups_until(self.member, self.until, SHOWN)
