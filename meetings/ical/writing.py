"""Calendar files as text: a person's feed, an invitation with one attendee, one meeting to download."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from urllib.parse import quote
from zoneinfo import ZoneInfo

import icalendar
from django.utils import timezone

from meetings.ical.events import PRODUCT, SUMMARY, Event, Reader, Recurrence
from meetings.schedule import Rule, occurrences, span
from meetings.states import Repeats

STOCKHOLM = "Europe/Stockholm"
REFRESH = timedelta(hours=6)  # how often a client need ask for a feed
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
PUBLISH, REQUEST, CANCEL = "PUBLISH", "REQUEST", "CANCEL"
LONGEST_PLACE = 200  # characters
MONTHS_OFF_FOR = timedelta(days=3653)  # how far the months off of a series without end are written out
_ZONE = ZoneInfo(STOCKHOLM)
BUSY = "X-MICROSOFT-CDO-BUSYSTATUS"  # Outlook's own word for TRANSP
_JOINER = "\u200d"  # not seen, but holds emoji together


def event_text(event: Event, *, reminder: timedelta | None = None) -> str:
    """One VEVENT of a feed as text with CRLF: no attendee, no organizer, nothing of the feed's own address."""
    return _event(event, reminder).to_ical().decode()


def feed(texts: Iterable[str]) -> bytes:
    """A whole feed of texts from `event_text`, with the hint to ask again after six hours."""
    return "".join([_feed_head(), *texts, "END:VCALENDAR\r\n"]).encode()


def single(event: Event, *, reminder: timedelta | None = None) -> bytes:
    """One meeting to download."""
    calendar = _calendar(PUBLISH)
    calendar.add_component(_event(event, reminder))
    return calendar.to_ical()


def invitation(
    method: str, events: Sequence[Event], *, reader: Reader, organizer: str, reminder: timedelta | None = None
) -> bytes:
    """An invitation (REQUEST) or its taking back (CANCEL) to one reader, who is its only attendee (RFC 5546 3.2).

    `events` share one uid. `organizer` is the product's neutral mailbox. What is taken back has no reminder, and holds
    nobody's time.
    """
    calendar = _calendar(method)
    for one in events:
        component = _event(one, reminder if method == REQUEST else None)
        component.add("organizer", _mailto(organizer), parameters={"CN": "Samverkansrum"})
        attendee = {"ROLE": "REQ-PARTICIPANT", "CUTYPE": "INDIVIDUAL"}
        if method == REQUEST:
            attendee |= {"PARTSTAT": one.answer or reader.answer, "RSVP": "TRUE" if reader.asks else "FALSE"}
        component.add("attendee", _mailto(reader.address), parameters=attendee)
        if method == CANCEL:
            for name, value in (("status", "CANCELLED"), ("transp", "TRANSPARENT"), (BUSY, "FREE")):
                component[name] = icalendar.vText(value)
        calendar.add_component(component)
    return calendar.to_ical()


def clean_place(text: str) -> str:
    """A place as a calendar is told it: one line of seen characters, at most 200 of them.

    A backslash becomes a slash: readers, our own library among them, take «\\N» for a new line.
    """
    return _one_line(text).replace("\\", "/")[:LONGEST_PLACE].strip()


def _one_line(text: str) -> str:
    """Without what ends a line or is not seen at all, such as the marks that turn the direction of what follows."""
    spaced = "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in text)
    seen = (char for char in spaced if char == _JOINER or unicodedata.category(char) not in ("Cf", "Cs"))
    return " ".join("".join(seen).split())


def _mailto(address: str) -> icalendar.vCalAddress:
    """RFC 6068: whatever could end a line, a quotation or the address itself is written as its number."""
    return icalendar.vCalAddress("mailto:" + quote(_one_line(address), safe="@+!$&'*=~"))


def _calendar(method: str) -> icalendar.Calendar:
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    calendar.add_component(_zone())
    return calendar


@cache
def _zone() -> icalendar.Timezone:
    """Stockholm's clock as two yearly rules.

    `Timezone.from_tzid` lists days (RDATE) under three observances. Outlook reads none of them: it wants one STANDARD
    and one DAYLIGHT, each with a yearly RRULE (MS-STANOICAL 2.2.47), and else takes summer's times for winter's.
    """
    zone = icalendar.Timezone()
    zone.add("tzid", STOCKHOLM)
    winter, summer = timedelta(hours=1), timedelta(hours=2)
    for kind, name, begins, before, after in (
        (icalendar.TimezoneDaylight, "CEST", datetime(1970, 3, 29, 2), winter, summer),
        (icalendar.TimezoneStandard, "CET", datetime(1970, 10, 25, 3), summer, winter),
    ):
        part = kind()
        part.add("dtstart", begins)
        part.add("rrule", {"freq": "yearly", "bymonth": begins.month, "byday": "-1SU"})
        part.add("tzname", name)
        part.add("tzoffsetfrom", before)
        part.add("tzoffsetto", after)
        zone.add_component(part)
    return zone


@cache
def _feed_head() -> str:
    calendar = _calendar(PUBLISH)
    calendar.add("x-wr-calname", "Samverkansrum")
    calendar.add("x-wr-timezone", STOCKHOLM)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", icalendar.vText("PT6H"))
    return calendar.to_ical().decode().removesuffix("END:VCALENDAR\r\n")


def _event(event: Event, reminder: timedelta | None) -> icalendar.Event:
    component = icalendar.Event()
    component.add("uid", event.uid)
    component.add("sequence", event.sequence)
    component.add("dtstamp", event.stamp.astimezone(UTC))
    component.add("summary", SUMMARY)
    component.add("dtstart", event.starts_at.astimezone(_ZONE))
    component.add("dtend", event.ends_at.astimezone(_ZONE))
    if event.recurrence is not None:
        component.add("rrule", _rrule(event.recurrence.rule))
        for moment in _without(event.recurrence, event.starts_at.astimezone(_ZONE)):
            component.add("exdate", moment)
    if event.instead_of is not None:
        component.add("recurrence-id", event.instead_of.astimezone(_ZONE))
    if place := clean_place(event.place):
        component.add("location", place)
    component.add("description", f"Logga in för att läsa mer: {event.url}")
    component.add("url", event.url)
    component.add("status", "CONFIRMED")
    component.add("transp", "OPAQUE")
    component.add(BUSY, "BUSY")
    component.add("class", "PRIVATE")
    if reminder is not None:
        alarm = icalendar.Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", SUMMARY)
        alarm.add("trigger", -reminder)
        component.add_component(alarm)
    return component


def _rrule(rule: Rule) -> icalendar.vRecur:
    """The rule as RFC 5545 writes it. DTSTART is the first day it gives, so the interval counts from there.

    Without BYMONTH: Outlook knows it in yearly rules only (MS-OXCICAL 2.1.3.2.2), and so passes over the whole series
    or meets in the months off too. They are left out one by one, see `_without`.
    """
    monthly = rule.repeats == Repeats.MONTHLY
    text = f"FREQ={rule.repeats.upper()};INTERVAL={rule.interval};WKST=MO;BYDAY="
    text += (rule.ordinal if monthly else "") + DAYS[rule.weekday]
    if rule.to_on:
        last = timezone.make_aware(datetime.combine(rule.to_on, time(23, 59)), _ZONE).astimezone(UTC)
        text += f";UNTIL={last:%Y%m%dT%H%M%SZ}"
    return icalendar.vRecur.from_ical(text)


def _without(recurrence: Recurrence, begins: datetime) -> list[datetime]:
    """What the series leaves out: its exceptions, and its months off, ten years ahead where it has no end."""
    rule, first = recurrence.rule, begins.date()
    last = min(rule.to_on or date.max, first + MONTHS_OFF_FOR)
    every = occurrences(replace(rule, months_off=()), first, last) if rule.months_off else []
    off = [span(day, begins.time(), begins.time())[0] for day in every if day.month in rule.months_off]
    return sorted({moment.astimezone(_ZONE) for moment in (*recurrence.without, *off)})
