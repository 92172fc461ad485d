"""When somebody is busy, out of a calendar of their own: from when to when, and nothing else is read (issue 8.4). Pure.

A stranger may have written it. So only the lines that say when are looked at, and each step that a rule of repetition
takes is paid out of one purse: a calendar answers in bounded time, or is refused whole.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple

import icalendar
import recurring_ical_events
from dateutil.rrule import rrule
from icalendar.prop import vDDDTypes
from recurring_ical_events.selection.name import ComponentsWithName
from recurring_ical_events.series import Series

from meetings.ical.lines import (
    LONGEST,
    Line,
    Lines,
    Moment,
    Parts,
    UnreadCalendar,
    begins,
    moment_in,
    parts_of,
    text_of,
)

MOST_EVENTS = 5_000  # that can matter: ahead, or repeated
PURSE = 10_000_000  # a unit is about a day that a rule looks at: the whole is about two seconds
DATE_COSTS, OCCURRENCE_COSTS, STEP_COSTS = 200, 400, 20
LONGEST_RULE, LONGEST_INTERVAL, MOST_TIMES = 400, 400, 24
DAYS_OF_A_STEP = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}
FREE = {
    "TRANSP": {"TRANSPARENT"},
    "STATUS": {"CANCELLED"},
    "X-MICROSOFT-CDO-BUSYSTATUS": {"FREE", "WORKINGELSEWHERE"},
}
# What reading one odd event raises, in our own code and in the libraries'.
ODD = (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError)

Span = tuple[datetime, datetime]


class Busy(NamedTuple):
    """Spans in order, apart from each other, and how many events could not be read and so are in none of them."""

    spans: list[Span]
    unread: int


def busy_in(raw: bytes, first: datetime, last: datetime) -> Busy:
    """When the calendar says that its owner is busy between two moments, in UTC.

    Events that are transparent, cancelled or marked as free are left out. Whole days and times without a zone are
    Stockholm's. An odd event is counted and left out, as is one that repeats by the hour or more often.
    Raises UnreadCalendar: too large, no calendar, cut off, or more than may be reckoned.
    """
    if len(raw) > LONGEST:
        raise UnreadCalendar("too_large")
    parts, purse = parts_of(text_of(raw)), Purse()
    read = [*_events(parts, purse, first, last)]
    events = [event for event in read if event is not None]
    if len(events) > MOST_EVENTS:
        raise UnreadCalendar("too_much")
    found, unread = _periods(parts, purse)
    unread += len(read) - len(events)
    for group in _by_uid(events):
        try:
            found += _spans(group, first, last, purse)
        except ODD:
            unread += 1
    return Busy(_merged(found, first, last), unread)


class Purse:
    """What the work on one file may cost. Raises UnreadCalendar once it is spent."""

    def __init__(self) -> None:
        self.left = PURSE

    def pay(self, units: int) -> None:
        self.left -= units
        if self.left < 0:
            raise UnreadCalendar("too_much")


# ---------- events ----------
@dataclass(frozen=True)
class _Event:
    uid: str
    starts_at: datetime
    ends_at: datetime
    is_busy: bool
    sequence: int = 0
    instead_of: datetime | None = None
    and_after: bool = False  # also instead of every later one
    rules: tuple[icalendar.vRecur, ...] = ()
    also: tuple[datetime, ...] = ()
    without: tuple[Moment, ...] = ()

    @property
    def repeats(self) -> bool:
        return self.instead_of is None and bool(self.rules or self.also)


def _events(parts: Parts, purse: Purse, first: datetime, last: datetime) -> Iterator[_Event | None]:
    """Those that can matter between the two moments; None for each that can't be read."""
    for number, lines in enumerate(parts.events):
        if _is_free(lines) and "RECURRENCE-ID" not in lines:
            continue
        try:
            event = _event(parts, lines, purse, f"without uid {number}")
        except ODD:
            yield None
            continue
        is_over = event.ends_at <= first and not event.repeats
        if event.instead_of is not None or not (is_over or event.starts_at >= last):
            yield event


def _is_free(lines: Lines) -> bool:
    return any(line.value.upper() in values for name, values in FREE.items() for line in lines.get(name, ()))


def _event(parts: Parts, lines: Lines, purse: Purse, uid: str) -> _Event:
    (start, *_) = lines["DTSTART"]
    day = moment_in(parts, start, start.value)
    starts_at = begins(day)
    ends_at = _end(parts, lines, day).astimezone(starts_at.tzinfo)
    if ends_at.astimezone(UTC) < starts_at.astimezone(UTC):
        raise ValueError("ends before it starts")
    instead = lines["RECURRENCE-ID"][0] if "RECURRENCE-ID" in lines else None
    repeats = lines if instead is None else {}
    return _Event(
        uid=lines["UID"][0].value if "UID" in lines else uid,
        starts_at=starts_at,
        ends_at=ends_at,
        is_busy=not _is_free(lines),
        sequence=int(lines["SEQUENCE"][0].value[:9]) if "SEQUENCE" in lines else 0,
        instead_of=begins(moment_in(parts, instead, instead.value)) if instead else None,
        and_after=instead is not None and instead.params.get("RANGE", "").upper() == "THISANDFUTURE",
        rules=tuple(_rule(line.value, starts_at) for line in repeats.get("RRULE", ())),
        also=tuple(begins(each) for each in _dates(parts, repeats.get("RDATE", []), purse)),
        # An excluded day of an event that has hours is the whole day.
        without=tuple(
            each if isinstance(day, datetime) else begins(each)
            for each in _dates(parts, repeats.get("EXDATE", []), purse)
        ),
    )


def _end(parts: Parts, lines: Lines, day: Moment) -> datetime:
    if "DTEND" in lines:
        end = lines["DTEND"][0]
        return begins(moment_in(parts, end, end.value))
    if "DURATION" in lines:
        lasts = vDDDTypes.from_ical(lines["DURATION"][0].value)
        if not isinstance(lasts, timedelta):
            raise ValueError("no duration")
        return begins(day) + lasts
    return begins(day) if isinstance(day, datetime) else begins(day + timedelta(days=1))


def _dates(parts: Parts, lines: list[Line], purse: Purse) -> Iterator[Moment]:
    """Of a period only its beginning: the event says how long it is."""
    for line in lines:
        values = line.value.split(",")
        purse.pay(DATE_COSTS * len(values))
        for value in values:
            yield moment_in(parts, line, value.partition("/")[0])


def _rule(text: str, starts_at: datetime) -> icalendar.vRecur:
    """How an event repeats. Refuses what is too long, by the hour or more often, and what no calendar would write."""
    if len(text) > LONGEST_RULE:
        raise ValueError("too long a rule")
    rule = icalendar.vRecur.from_ical(text)
    times = _weight(rule) // DAYS_OF_A_STEP[rule["FREQ"][0]]
    if times > MOST_TIMES or not 1 <= rule.get("INTERVAL", [1])[0] <= LONGEST_INTERVAL:
        raise ValueError("an odd rule")
    if "UNTIL" in rule:
        until = rule["UNTIL"][0]
        if not isinstance(until, datetime):
            until = datetime.combine(until, time(23, 59, 59))
        if until.tzinfo is None:
            until = until.replace(tzinfo=starts_at.tzinfo)
        rule["UNTIL"] = [until.astimezone(UTC)]
    return rule


def _weight(rule: icalendar.vRecur) -> int:
    """How many moments one step of the rule looks at."""
    times = 1
    for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= max(1, len(rule.get(name, ())))
    return DAYS_OF_A_STEP[rule["FREQ"][0]] * times


# ---------- when they are ----------
def _by_uid(events: list[_Event]) -> list[list[_Event]]:
    found: dict[str, list[_Event]] = {}
    for event in events:
        found.setdefault(event.uid, []).append(event)
    return list(found.values())


def _spans(group: list[_Event], first: datetime, last: datetime, purse: Purse) -> list[Span]:
    """When the events of one uid are."""
    if not any(event.repeats for event in group):
        return [(event.starts_at, event.ends_at) for event in group if event.is_busy]
    calendar = icalendar.Calendar()
    for event in group:
        calendar.add_component(_component(event))
    chosen = ComponentsWithName("VEVENT", series=paid_series(purse))
    found = recurring_ical_events.of(calendar, components=[chosen]).between(first, last)
    return [(each["DTSTART"].dt, each["DTEND"].dt) for each in found if "X-FREE" not in each]


def _component(event: _Event) -> icalendar.Event:
    component = icalendar.Event()
    component["UID"] = "one"
    component["SEQUENCE"] = event.sequence
    component["DTSTART"], component["DTEND"] = vDDDTypes(event.starts_at), vDDDTypes(event.ends_at)
    if not event.is_busy:
        component["X-FREE"] = "1"
    if event.instead_of is not None:
        component["RECURRENCE-ID"] = vDDDTypes(event.instead_of)
        if event.and_after:
            component["RECURRENCE-ID"].params["RANGE"] = "THISANDFUTURE"
    for rule in event.rules:
        component.add("rrule", rule)
    for name, moments in (("rdate", event.also), ("exdate", event.without)):
        for moment in moments:
            component.add(name, moment)
    return component


class _Interval(int):
    """How far a rule goes at a time. Added or multiplied, which dateutil does once a step, it is paid for.

    A rule can go on without giving anything («30 February»), so what it gives is no measure of its work.
    """

    pay: Callable[[], None]

    def __radd__(self, other: int) -> int:
        self.pay()
        return other + int(self)

    def __mul__(self, other: int) -> int:
        self.pay()
        return int(self) * other


def paid_series(purse: Purse) -> type[Series]:
    """How the library reckons a series, with each step paid for. Not for FREQ=HOURLY and more often."""

    class PaidSeries(Series):
        class RecurrenceRules(Series.RecurrenceRules):
            def rrulestr(self, rule_string: str) -> rrule:
                plain = super().rrulestr(rule_string)
                read = icalendar.vRecur.from_ical(rule_string)
                costs = STEP_COSTS + _weight(read)
                interval = _Interval(read.get("INTERVAL", [1])[0])
                interval.pay = lambda: purse.pay(costs)
                paid: Any = plain.replace(interval=interval)
                paid.string, paid.until = plain.string, plain.until
                return paid

        def rrule_between(self, span_start: datetime, span_stop: datetime) -> Iterator[datetime]:
            for each in super().rrule_between(span_start, span_stop):
                purse.pay(OCCURRENCE_COSTS + len(self.this_and_future))
                yield each

    return PaidSeries


def _periods(parts: Parts, purse: Purse) -> tuple[list[Span], int]:
    """What a VFREEBUSY says outright, and how many of its periods can't be read."""
    found, unread = [], 0
    for line in parts.free_busy:
        if line.params.get("FBTYPE", "BUSY").upper() == "FREE":
            continue
        values = line.value.split(",")
        purse.pay(DATE_COSTS * len(values))
        for value in values:
            start, _, end = value.partition("/")
            try:
                starts_at = begins(moment_in(parts, line, start))
                lasts = vDDDTypes.from_ical(end)
                ends_at = starts_at + lasts if isinstance(lasts, timedelta) else begins(moment_in(parts, line, end))
                found.append((starts_at, ends_at))
            except ODD:
                unread += 1
    return found, unread


def _merged(spans: list[Span], first: datetime, last: datetime) -> list[Span]:
    """In UTC, in order, cut at the two moments; those that overlap or adjoin are one."""
    found: list[Span] = []
    first, last = first.astimezone(UTC), last.astimezone(UTC)
    cut = [(max(starts.astimezone(UTC), first), min(ends.astimezone(UTC), last)) for starts, ends in spans]
    for starts, ends in sorted(span for span in cut if span[0] < span[1]):
        if found and starts <= found[-1][1]:
            found[-1] = (found[-1][0], max(ends, found[-1][1]))
        else:
            found.append((starts, ends))
    return found
