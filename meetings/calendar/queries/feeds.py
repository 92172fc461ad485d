"""What a person's feed holds and by which addresses it is read, and what they have chosen."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from meetings.calendar.models import FeedAddress, PersonalCalendar
from meetings.calendar.states import PAST
from meetings.ical.writing import feed
from workspace.clocks import start_of
from workspace.models import UserAccount

NOTED = timedelta(hours=1)  # that an address is read is written down at most this often


@dataclass(frozen=True)
class Feed:
    """Whose feed an address gives, in which version. Two of the same version and first day have the same bytes."""

    address: int
    user: int
    version: int
    first: date  # what ended before it is left out
    to_be_noted: bool

    @property
    def etag(self) -> str:
        return f'"{self.version}-{self.first:%y%m%d}-{_form()}"'


@cache
def _form() -> str:
    """Names what stands around the events, which changes with a new version of Samverkansrum only."""
    return hashlib.sha256(feed([])).hexdigest()[:8]


def first_day(today: date) -> date:
    """The first day a feed tells of, `PAST` before this week: moved on Mondays, so that a feed changes with its events
    and else once a week."""
    return today - timedelta(days=today.weekday()) - PAST


# Both in SQL of our own: to have them put together anew at each poll costs several times what they take.
FEED = """
SELECT address.id, address.user_id, address.read_at IS NULL OR address.read_at <= %s, calendar.version
FROM calendar_feedaddress address
JOIN workspace_useraccount account ON account.id = address.user_id AND account.is_active
LEFT JOIN calendar_personalcalendar calendar ON calendar.user_id = address.user_id
WHERE address.digest = %s AND address.ended_at IS NULL AND (EXISTS (
  SELECT 1 FROM workspace_membership hat JOIN workspace_agency agency ON agency.id = hat.agency_id
  WHERE hat.user_id = account.id AND agency.left_on IS NULL
    AND hat.from_on <= %s AND (hat.to_on IS NULL OR hat.to_on >= %s)
) OR EXISTS (
  SELECT 1 FROM workspace_cooperationrole hat
  WHERE hat.user_id = account.id AND hat.from_on <= %s AND (hat.to_on IS NULL OR hat.to_on >= %s)
))
"""
TEXTS = """
SELECT entry.text FROM calendar_entry entry
WHERE entry.user_id = %s AND entry.ended_at IS NULL AND entry.text <> '' AND (
  entry.ends_at >= %s OR entry.uid IN (
    SELECT series.uid FROM calendar_entry series
    WHERE series.user_id = %s AND series.ended_at IS NULL AND series.recurrence IS NOT NULL
      AND coalesce({to_on} >= %s, true)
  )
)
ORDER BY entry.starts_at, entry.id
"""
TO_ON = {"sqlite": "json_extract(series.recurrence, '$.rule.to_on')"}


def find_feed(digest: str) -> Feed | None:
    """The feed of an address that lives, of an open account with a hat that can be worn today. One query."""
    now = timezone.now()
    today = connection.ops.adapt_datefield_value(timezone.localdate(now))
    with connection.cursor() as cursor:
        cursor.execute(FEED, [connection.ops.adapt_datetimefield_value(now - NOTED), digest, *[today] * 4])
        found = cursor.fetchone()
    if found is None:
        return None
    address, user, due, version = found
    return Feed(address, user, version or 0, first_day(timezone.localdate(now)), bool(due))


def feed_texts(user: int, first: date) -> list[str]:
    """The events of a person's feed as text, in the order of their times.

    A series stands there until its last day is past, and with it each occurrence that differs: without them a calendar
    would show the past as the rule has it.
    """
    query = TEXTS.format(to_on=TO_ON.get(connection.vendor, "series.recurrence #>> '{rule,to_on}'"))
    since = connection.ops.adapt_datetimefield_value(start_of(first))
    with connection.cursor() as cursor:
        cursor.execute(query, [user, since, user, first.isoformat()])
        return [text for (text,) in cursor.fetchall()]


def addresses_of(user: UserAccount) -> QuerySet[FeedAddress]:
    """The addresses that a person's feed can be read by."""
    return FeedAddress.objects.filter(user=user, ended_at__isnull=True)


def calendar_of(user: UserAccount) -> PersonalCalendar:
    """What a person has chosen, or what holds for who has chosen nothing."""
    return PersonalCalendar.objects.filter(user=user).first() or PersonalCalendar(user=user)


def reminder_of(user: UserAccount) -> timedelta | None:
    """How long before a meeting the person's calendar is to remind; None for not at all."""
    minutes = calendar_of(user).reminder
    return None if minutes is None else timedelta(minutes=minutes)
