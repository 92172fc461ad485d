"""Events as the tests of calendar files make them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from meetings.ical.events import Event, Recurrence
from meetings.schedule import Rule, days_between, occurrences, span

STAMP = datetime(2026, 1, 2, 9, 30, tzinfo=UTC)
SITE = "https://samverkan.exempel.se"
ONE_DAY = timedelta(days=1)


def meeting(day: date, begins: time = time(13), ends: time = time(15), **more: object) -> Event:
    starts_at, ends_at = span(day, begins, ends)
    given = {"uid": "mote", "sequence": 0, "stamp": STAMP} | more
    given |= {"url": f"{SITE}/kalender/{given['uid']}/"}
    return Event(starts_at=starts_at, ends_at=ends_at, **given)  # type: ignore[arg-type]


def series(
    rule: Rule, begins: time, ends: time, exceptions: Mapping[date, date | None], *, uid: str = "serie"
) -> list[Event]:
    """The series, and those of its occurrences that are another day. None where the rule gives no day at all."""
    given = occurrences(rule, rule.from_on, rule.from_on + ONE_DAY * 4000)
    if not given:
        return []
    real = {on: day for on, day in exceptions.items() if on in given}
    without = tuple(span(on, begins, ends)[0] for on, day in real.items() if day is None)
    moved = [
        meeting(day, begins, ends, uid=uid, sequence=1, instead_of=span(on, begins, ends)[0])
        for on, day in real.items()
        if day is not None
    ]
    return [meeting(given[0], begins, ends, uid=uid, recurrence=Recurrence(rule, without)), *moved]


def wall_clock(
    rule: Rule, begins: time, ends: time, exceptions: Mapping[date, date | None], first: date, last: date
) -> list[tuple[datetime, datetime]]:
    """When the product itself says that the series is."""
    days = [one.day for one in days_between(rule, exceptions, first, last)]
    return sorted((datetime.combine(day, begins), datetime.combine(day, ends)) for day in days)
