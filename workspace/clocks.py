"""Days and moments. Pure; every day here is a calendar day in Stockholm unless its name says otherwise."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone


def end_of(day: date) -> datetime:
    """The first moment after a day: something valid «till och med» that day ends then."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def start_of(day: date) -> datetime:
    """The first moment of a day."""
    return timezone.make_aware(datetime.combine(day, time.min))


def days_since(at: datetime, now: datetime | None = None) -> int:
    """Whole calendar days from the day of `at` to today: 0 on the same day."""
    return (timezone.localdate(now) - timezone.localdate(at)).days


def year_after(day: date) -> date:
    """The same day next year; 28 February for 29 February."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)
