"""A group with a series, and what stands in people's calendars of it: what the tests of the calendars share."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any

import time_machine
from django.utils import timezone

from meetings.actions.opening import open_meeting
from meetings.calendar.actions.keeping import keep_all
from meetings.calendar.models import Entry
from meetings.models import Group, Meeting, Series
from meetings.schedule import span
from meetings.states import MeetingState
from tests.cast import Cast
from tests.meetings.cast import Room, make_room
from tests.meetings.series import silenced
from workspace.models import UserAccount
from workspace.rules import Hat

NOW = datetime(2026, 11, 2, 9, tzinfo=timezone.get_default_timezone())  # a Monday; the fixture `november`
TUESDAYS = (date(2026, 11, 17), date(2026, 12, 15), date(2027, 1, 19), date(2027, 2, 16))  # what `make_series` gives
SITE = "https://samverkan.exempel.se"
ORGANIZER = "kalender@samverkan.exempel.se"


@contextmanager
def at(day: date | datetime, hour: int = 9) -> Generator[None]:
    """At a moment, or at an hour of a day on Stockholm's clock."""
    moment = day if isinstance(day, datetime) else timezone.make_aware(datetime.combine(day, time(hour)))
    with time_machine.travel(moment, tick=False):
        yield


def empty_room(cast: Cast) -> Room:
    """The group of `make_room`, whose meeting is called off. Soc, psyk and fk hold seats, each with a deputy."""
    return silenced(make_room(cast))


def make_series(group: Group, **more: Any) -> Series:
    """Third Tuesdays 13–15 from November 2026, at a place that may stand in calendars. Nothing is opened."""
    fields: dict[str, Any] = {
        "weekday": 1,
        "begins": time(13),
        "ends": time(15),
        "from_on": date(2026, 11, 1),
        "place": "Rum Älven",
        "place_is_neutral": True,
    }
    return Series.objects.create(group=group, **(fields | more))


def when(day: date, begins: int = 13, ends: int = 15) -> tuple[datetime, datetime]:
    return span(day, time(begins), time(ends))


def open_day(series: Series, on: date, *, state: MeetingState = MeetingState.PLANNED) -> Meeting:
    """The meeting of a day of the series, as the series says it."""
    starts_at, ends_at = span(on, series.begins, series.ends)
    meeting = open_meeting(
        by=None,
        group=series.group,
        starts_at=starts_at,
        ends_at=ends_at,
        place=series.place,
        place_is_neutral=series.place_is_neutral,
        series=series,
        occurs_on=on,
    )
    return changed(meeting, state=state)


def open_single(group: Group, day: date, *, state: MeetingState = MeetingState.CALLED, **more: Any) -> Meeting:
    """A meeting outside every series."""
    starts_at, ends_at = when(day)
    meeting = open_meeting(by=None, group=group, starts_at=starts_at, ends_at=ends_at, place="Rum Piteå", **more)
    return changed(meeting, state=state)


def changed(meeting: Meeting, **fields: Any) -> Meeting:
    """A meeting with other columns, without the verb that writes them."""
    Meeting.objects.filter(pk=meeting.pk).update(**fields)
    meeting.refresh_from_db()
    return meeting


def later(minutes: float = 2) -> Any:
    """Time goes on from here: use as a context."""
    return time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False)


def kept(**of: Any) -> dict[str, list[Entry]]:
    """Everybody's living entries after the calendars are kept, by username."""
    keep_all()
    found: dict[str, list[Entry]] = {}
    for row in Entry.objects.filter(ended_at__isnull=True, **of).select_related("user").order_by("pk"):
        found.setdefault(row.user.username, []).append(row)
    return found


def own(hat: Hat, **of: Any) -> list[Entry]:
    """The living entries of the person behind a hat."""
    return list(Entry.objects.filter(user=hat.user_id, ended_at__isnull=True, **of).order_by("instead_of", "pk"))


def give_addresses() -> None:
    """Everybody gets an address of their own."""
    for user in UserAccount.objects.all():
        UserAccount.objects.filter(pk=user.pk).update(email=f"{user.username}@exempel.se")
