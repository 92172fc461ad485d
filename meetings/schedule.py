"""Which days a series gives, and how it is said. Pure: days are calendar days, times are Stockholm's wall clock."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from dateutil import rrule
from django.utils import timezone

from meetings.states import Ordinal, Repeats
from workspace.clocks import add_months, day_off
from workspace.swedish import NUMBERS, WEEKDAYS, say_date, say_list

MONTH_NAMES = (
    *("januari", "februari", "mars", "april", "maj", "juni"),
    *("juli", "augusti", "september", "oktober", "november", "december"),
)
# «Var tredje vecka»: in words as far as anybody counts.
EVERY = {1: "varje", 2: "varannan", 3: "var tredje", 4: "var fjärde", 6: "var sjätte", 12: "var tolfte"}
EARLIEST, LATEST = time(6), time(22)  # nobody meets at night, and then no clock change falls within a meeting
HORIZON = 36  # months ahead that are looked through for the next day of a series
_TIME = re.compile(r"(?:kl\.? ?)?(\d{1,2})(?:[.:, ]?(\d{2}))?")


@dataclass(frozen=True)
class Rule:
    """What RFC 5545 says with DTSTART `from_on`, UNTIL `to_on` and BYMONTH all months but `months_off`."""

    repeats: str
    ordinal: str  # monthly only
    weekday: int  # 0 is Monday
    interval: int  # every n-th week or month, counted from the one of `from_on`; weeks begin on Monday
    from_on: date
    to_on: date | None = None
    months_off: tuple[int, ...] = ()


class Occurrence(NamedTuple):
    """The day the series gives, and the day it is: the same unless moved."""

    on: date
    day: date


# Days of a series that are other days, or (None) no meeting.
Exceptions = Mapping[date, date | None]


def occurrences(rule: Rule, first: date, last: date) -> list[date]:
    """The days the rule gives from one day to another, both included, exceptions aside."""
    months = [month for month in range(1, 13) if month not in rule.months_off]
    until = min(last, rule.to_on or last)
    if not months or until < max(first, rule.from_on):
        return []
    monthly = rule.repeats == Repeats.MONTHLY
    day = rrule.weekday(rule.weekday)
    found = rrule.rrule(
        rrule.MONTHLY if monthly else rrule.WEEKLY,
        dtstart=_naive(rule.from_on),
        interval=rule.interval,
        wkst=rrule.MO,
        byweekday=day(int(rule.ordinal)) if monthly else day,
        bymonth=months,
        until=_naive(until),
    )
    return [at.date() for at in found.between(_naive(max(first, rule.from_on)), _naive(until), inc=True)]


def _naive(day: date) -> datetime:
    return datetime.combine(day, time.min)


def days_between(rule: Rule, exceptions: Exceptions, first: date, last: date) -> list[Occurrence]:
    """The days that meetings are on from one day to another, both included: moved ones where they are moved to."""
    found = {on: on for on in occurrences(rule, first, last) if on not in exceptions}
    for on, moved_to in exceptions.items():
        if moved_to is not None and first <= moved_to <= last and occurrences(rule, on, on):
            found[on] = moved_to
    return sorted((Occurrence(on, day) for on, day in found.items()), key=lambda one: (one.day, one.on))


def coming(rule: Rule, exceptions: Exceptions, first: date, number: int) -> list[Occurrence]:
    """The next days of the series from a day on, at most that many, looking three years ahead."""
    return days_between(rule, exceptions, first, add_months(first, HORIZON))[:number]


def span(day: date, begins: time, ends: time) -> tuple[datetime, datetime]:
    """A day's wall clock as two moments: 13–15 in Stockholm is 13–15 on both sides of a clock change."""
    return (
        timezone.make_aware(datetime.combine(day, begins)),
        timezone.make_aware(datetime.combine(day, ends)),
    )


# ---------- days off ----------
def same_week(day: date) -> date | None:
    """The working day nearest to a day in its week, the earlier of two; None where the whole week is off."""
    monday = day - timedelta(days=day.weekday())
    week = [monday + timedelta(days=number) for number in range(7)]
    return min((one for one in week if not day_off(one)), key=lambda one: (abs(one - day), one), default=None)


def week_after(day: date) -> date | None:
    """The same weekday a week later, or the working day nearest to it in that week."""
    return same_week(day + timedelta(days=7))


def days_counted(first: date, last: date, months_off: tuple[int, ...]) -> int:
    """The days after the first, up to and including the last, that do not lie in a month off."""
    return sum((first + timedelta(days=n)).month not in months_off for n in range(1, (last - first).days + 1))


# ---------- as people write and say it ----------
def parse_time(text: str) -> time | None:
    """A time of day as people write it: 13, 13.00, 13:00, 1300, kl. 13. None if it is none."""
    found = _TIME.fullmatch(" ".join(text.casefold().split()))
    if not found or int(found[1]) > 23 or int(found[2] or 0) > 59:
        return None
    return time(int(found[1]), int(found[2] or 0))


def say_clock(at: time) -> str:
    """«13.00»."""
    return at.strftime("%H.%M")


def say_times(begins: time, ends: time) -> str:
    """«13–15», «9–11.30»."""
    return "–".join(str(at.hour) if at.minute == 0 else f"{at.hour}.{at.minute:02}" for at in (begins, ends))


def say_number(number: int) -> str:
    """«En», «Tre», «13»: how many, of people, at the head of a sentence."""
    return (NUMBERS[number] if number < len(NUMBERS) else str(number)).capitalize()


def sentence(rule: Rule, begins: time, ends: time) -> str:
    """«Tredje tisdagen varje månad 13–15, inte juli.»"""
    weekday, every = WEEKDAYS[rule.weekday], EVERY.get(rule.interval, f"var {rule.interval}:e")
    if rule.repeats == Repeats.MONTHLY:
        said = f"{Ordinal(rule.ordinal).label} {weekday}en {every} månad"
    else:
        said = f"{every} {weekday}"
    said += f" {say_times(begins, ends)}"
    if rule.months_off:
        said += f", inte {say_list([MONTH_NAMES[month - 1] for month in rule.months_off])}"
    if rule.to_on:
        said += f", till och med {say_date(rule.to_on)}"
    return f"{said[:1].upper()}{said[1:]}."
