"""An entry as a calendar event, and how its series lies in the database."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from meetings.calendar.models import Entry
from meetings.ical.events import Event, Recurrence
from meetings.ical.writing import event_text
from meetings.schedule import HORIZON, Rule, occurrences, span
from meetings.states import Ordinal, Repeats
from workspace.clocks import add_months

# A series as it lies in `Entry.recurrence`: {"rule": {…}, "without": […], "declined": […]}, moments in UTC.
Stored = dict[str, Any]


def stored(rule: Rule, without: Iterable[datetime], declined: Iterable[datetime]) -> Stored:
    """A series as it lies in the database. `declined`: occurrences that this person does not come to."""
    plain = asdict(rule)
    plain |= {
        "from_on": rule.from_on.isoformat(),
        "to_on": rule.to_on.isoformat() if rule.to_on else None,
        "months_off": list(rule.months_off),
    }
    return {"rule": plain, "without": _as_text(without), "declined": _as_text(declined)}


def _as_text(moments: Iterable[datetime]) -> list[str]:
    return sorted(moment.astimezone(UTC).isoformat() for moment in moments)


def rule_in(recurrence: Stored) -> Rule:
    """The rule of a stored series; `to_on` is also the last day that this person is called."""
    plain = recurrence["rule"]
    return Rule(
        repeats=plain["repeats"],
        ordinal=plain["ordinal"],
        weekday=plain["weekday"],
        interval=plain["interval"],
        from_on=date.fromisoformat(plain["from_on"]),
        to_on=date.fromisoformat(plain["to_on"]) if plain["to_on"] else None,
        months_off=tuple(plain["months_off"]),
    )


def moments_in(recurrence: Stored, name: str) -> tuple[datetime, ...]:
    """The occurrences of a stored series that are «without» or «declined», each as it begins by the rule."""
    return tuple(datetime.fromisoformat(text) for text in recurrence[name])


def link_of(uid: uuid.UUID) -> str:
    """The one kind of link that stands in calendars: behind sign-in, and the same whatever it leads to."""
    return settings.SITE_URL + reverse("calendar_link", args=[uid])


def form_of_texts() -> str:
    """Names how the feeds' events are written: another with a new version of Samverkansrum or under a new SITE_URL."""
    starts_at, ends_at = span(date(2026, 1, 6), time(13), time(15))
    rule = Rule(Repeats.MONTHLY, Ordinal.FIRST, 1, 1, date(2026, 1, 1), date(2026, 12, 31), (7,))
    series = Recurrence(rule, (starts_at,))
    event = Event("", 0, starts_at, starts_at, ends_at, link_of(uuid.UUID(int=0)), "Rum", series, starts_at)
    return sha256(event_text(event, reminder=ends_at - starts_at).encode()).hexdigest()[:16]


def event_of(entry: Entry) -> Event:
    """An entry as the event that its owner is invited to."""
    recurrence = None
    if entry.recurrence is not None:
        recurrence = Recurrence(rule_in(entry.recurrence), moments_in(entry.recurrence, "without"))
    return _event(entry, recurrence)


def own_event_of(entry: Entry, besides: Collection[datetime] = ()) -> Event:
    """An entry as its owner's own feed shows it: without the occurrences that they do not come to, besides these."""
    recurrence = None
    if entry.recurrence is not None:
        declined = set(moments_in(entry.recurrence, "declined")) - set(besides)
        gone = {*moments_in(entry.recurrence, "without"), *declined}
        recurrence = Recurrence(rule_in(entry.recurrence), tuple(sorted(gone)))
    return _event(entry, recurrence)


def _event(entry: Entry, recurrence: Recurrence | None) -> Event:
    return Event(
        uid=str(entry.uid),
        sequence=entry.sequence,
        stamp=entry.changed_at,
        starts_at=entry.starts_at,
        ends_at=entry.ends_at,
        url=link_of(entry.uid),
        place=entry.place,
        recurrence=recurrence,
        instead_of=entry.instead_of,
    )


def over_at(entry: Entry) -> datetime | None:
    """When the entry is over: of a series its last occurrence by the rule; None for one without end."""
    if entry.recurrence is None:
        return entry.ends_at
    rule = rule_in(entry.recurrence)
    if rule.to_on is None:
        return None
    days = occurrences(rule, timezone.localdate(entry.starts_at), rule.to_on)
    if not days:
        return entry.ends_at
    return span(days[-1], *clock_of(entry))[1]


def clock_of(entry: Entry) -> tuple[time, time]:
    """From when to when on Stockholm's clock."""
    return timezone.localtime(entry.starts_at).time(), timezone.localtime(entry.ends_at).time()


def is_over(entry: Entry, now: datetime) -> bool:
    end = over_at(entry)
    return end is not None and end <= now


def gives(entry: Entry, begins: datetime) -> bool:
    """Whether an occurrence that begins then by the rule is one of this series', exceptions aside."""
    if entry.recurrence is None or begins < entry.starts_at:
        return False
    day = timezone.localdate(begins)
    return bool(occurrences(rule_in(entry.recurrence), day, day)) and span(day, *clock_of(entry))[0] == begins


def next_time(entry: Entry, besides: Iterable[datetime], now: datetime) -> tuple[datetime, datetime]:
    """From when to when it is, of a series the next time by the rule that is not one of these; the first if none."""
    if entry.recurrence is not None:
        first = max(timezone.localdate(entry.starts_at), timezone.localdate(now))
        gone = {*moments_in(entry.recurrence, "without"), *besides}
        for day in occurrences(rule_in(entry.recurrence), first, add_months(first, HORIZON)):
            starts_at, ends_at = span(day, *clock_of(entry))
            if ends_at > now and starts_at not in gone:
                return starts_at, ends_at
    return entry.starts_at, entry.ends_at
