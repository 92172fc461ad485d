"""Days and moments. Pure; every day here is a calendar day in Stockholm unless its name says otherwise."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from functools import cache

from django.utils import timezone
from holidays.countries import SE

ONE_DAY = timedelta(days=1)


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


@cache
def _holidays(year: int) -> dict[date, str]:
    """The holidays of a year, with the three eves that count as such. Known for 1953–2100.

    Source: lag (1989:253) om allmänna helgdagar, and lag (1930:173) 2 § for the eves. Made whole and then only
    read: the library's own object fills itself while it is asked, and a second thread would find its year half filled.
    """
    found = SE(years=year, expand=False, language="sv", categories=("public", "de_facto"))
    return {day: " och ".join(found.get_list(day)) for day in found}


def day_off(day: date) -> str:
    """Why nobody works: «Midsommarafton», «lördag», «söndag». "" on a working day. A holiday's name goes first."""
    weekend = {5: "lördag", 6: "söndag"}.get(day.weekday(), "")
    return _holidays(day.year).get(day, weekend)


def next_working_day(day: date) -> date:
    """The day itself, or the first working day after it (lag 1930:173 om beräkning av lagstadgad tid, 2 §)."""
    while day_off(day):
        day += ONE_DAY
    return day


def add_working_days(day: date, number: int) -> date:
    """The working day that is the number-th after a day; the day itself, also a day off, for 0. Never back in time."""
    if number < 0:
        raise ValueError(f"{number} working days: only 0 or more")
    for _ in range(number):
        day = next_working_day(day + ONE_DAY)
    return day


def working_days_between(first: date, last: date) -> int:
    """How many working days lie after the first day, up to and including the last: 0 if it is no later.

    So `working_days_between(day, add_working_days(day, number)) == number`.
    """
    return sum(not day_off(first + ONE_DAY * after) for after in range(1, (last - first).days + 1))


def add_months(day: date, number: int) -> date:
    """The day with the same number, else the last of that month: 31 Jan. + 1 is 28 or 29 Feb. (lag 1930:173, 1 §)."""
    year, month = divmod(day.year * 12 + day.month - 1 + number, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
