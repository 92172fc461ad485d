"""When a meeting in somebody's calendar file is, to be filled into a form: tolerant, and bounded. Pure."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import icalendar
import recurring_ical_events
from django.utils import timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON
from recurring_ical_events.selection.name import ComponentsWithName

from meetings.ical.busy import Purse, paid_series
from meetings.ical.lines import UnreadCalendar, lines_of

ZONE = re.compile(r'(?<=;)TZID=(?:"([^"]*)"|([^";:]*))', re.IGNORECASE)
NO_ZONE = "X-UNKNOWN"
LARGEST = 1_000_000  # bytes
MOST = 100  # events read
MOST_SERIES = 10  # of those, that repeat
AHEAD = (timedelta(days=62), timedelta(days=800))  # looked through for the next time: first near, then far
OLDEST = 1990  # a series that begins earlier is reckoned from no sooner than anybody means
STOCKHOLM = ZoneInfo("Europe/Stockholm")
READ = {"UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "LOCATION", "STATUS"}
READ |= {"SEQUENCE", "BEGIN", "END"}
MANY = {"EXDATE", "RDATE", "BEGIN", "END"}  # of the others an event has one
LONGEST = {"RRULE": 300, "EXDATE": 10_000, "RDATE": 10_000}  # characters
DAILY_OR_LESS = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
WITHIN_A_DAY = {"BYHOUR", "BYMINUTE", "BYSECOND"}
TOO_LARGE = "Filen är för stor. En kalenderfil med ett möte är högst 1 MB."
NO_CALENDAR = "Det är ingen kalenderfil. Välj en fil som slutar på .ics."
NO_EVENT = "Det finns inget möte i filen."
NO_TIME = "Tiden i filen går inte att läsa. Skriv den själv."
CANCELLED = "Mötet i filen är inställt."
PAST = "Mötet i filen har redan varit."
ALL_PAST = "Alla möten i filen har redan varit."
TOO_OFTEN = "Mötet i filen upprepas flera gånger om dagen. Skriv dag och tid själv."
TOO_MUCH = "Mötet i filen upprepas på ett sätt som tar för lång tid att räkna ut. Skriv dag och tid själv."
SEVERAL = "Filen har flera möten. Det som kommer härnäst är ifyllt."
UNKNOWN_ZONE = "Tidszonen i filen är okänd. Kontrollera tiden."
REPEATED = "Mötet i filen upprepas. Nästa gång är ifylld."
ODD = (ValueError, TypeError, KeyError, AttributeError, IndexError, ArithmeticError)  # what a strange file can raise


Event = Any  # a VEVENT of the library, whose types are a union of everything


class NoDate(ValueError):
    """Why a file gives no date, as a sentence for whoever chose it."""


@dataclass(frozen=True)
class Found:
    """A day and a wall clock in Stockholm; no clock for a whole day, and no end where it is another day or unsaid."""

    day: date
    begins: time | None
    ends: time | None
    place: str
    note: str  # what was chosen where there was more than one time


def date_in(raw: bytes, now: datetime) -> Found:
    """The time of the meeting in a calendar file: of several, or of one that repeats, the next one ahead.

    A time without a zone, or in one that nobody knows, is Stockholm's. `NoDate` for what is too large, no calendar,
    without a meeting, cancelled, past, repeated more than daily, or repeated so that it takes too long to reckon.
    """
    if len(raw) > LARGEST:
        raise NoDate(TOO_LARGE)
    try:
        calendar = icalendar.Calendar.from_ical("\r\n".join(_lines(_text(raw))))
    except ODD:
        raise NoDate(NO_CALENDAR) from None
    events = calendar.walk("VEVENT")
    if not events:
        raise NoDate(NO_EVENT)
    living = [event for event in events if str(event.get("STATUS", "")).upper() != "CANCELLED"]
    if not living or str(calendar.get("METHOD", "")).upper() == "CANCEL":
        raise NoDate(CANCELLED)
    try:
        return _next(living, now)
    except UnreadCalendar:  # the purse is empty
        raise NoDate(TOO_MUCH) from None


# ---------- the file as text ----------
def _text(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _lines(text: str) -> Iterator[str]:
    """When and where the first events are, each line unfolded, and nothing else.

    Not the file's own zones: the library keeps such a zone by its name for the whole process, so that one file would
    change the times of the next.
    """
    inside: list[str] = []
    seen: set[str] = set()
    events = 0
    for line in (one.strip() for one in lines_of(text)):
        name = line.partition(":")[0].partition(";")[0].upper()
        if name == "BEGIN":
            inside.append(line.partition(":")[2].strip().upper())
            if len(inside) == 2 and inside[1] == "VEVENT":
                events, seen = events + 1, set()
        if inside == ["VCALENDAR"]:
            kept = name in {"BEGIN", "END", "METHOD"}
        else:
            kept = inside == ["VCALENDAR", "VEVENT"] and events <= MOST and name in READ
        if kept and (name not in seen or name in MANY) and len(line) <= LONGEST.get(name, 1_000):
            yield ZONE.sub(_known_zone, line)
            seen.add(name)
        if name == "END" and inside:
            inside.pop()


def _known_zone(found: re.Match[str]) -> str:
    """A zone's name as the library knows it: Windows' own, or what stands after the name of a program.

    The library looks any other name up as a file, and fails on a folder («Europe»).
    """
    name = (found[1] or found[2] or "").strip("/ ")
    parts = name.split("/")
    known = (rest for start in range(min(len(parts), 9)) if (rest := "/".join(parts[start:])) in _zones())
    return f"TZID={WINDOWS_TO_OLSON.get(name) or next(known, NO_ZONE)}"


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


# ---------- the next one ahead ----------
def _next(events: list[Event], now: datetime) -> Found:
    """Of the events that can be read; those of one uid belong together, since one may differ from its series."""
    groups: dict[str, list[Event]] = {}
    for number, event in enumerate(events):
        groups.setdefault(str(event.get("UID", number)), []).append(event)
    series = {uid for uid, group in groups.items() if any("RRULE" in one or "RDATE" in one for one in group)}
    often = {uid for uid in series if not all(_is_calm(one) for one in groups[uid])}
    looked = [uid for uid in groups if uid not in series] + sorted(series - often)[:MOST_SERIES]
    ahead: list[tuple[datetime, Event]] = []
    read, purse = False, Purse()
    for uid in looked:
        found = _ahead(groups[uid], now, purse) if uid in series else [one for one in groups[uid] if _starts(one)]
        read = read or bool(found) or uid in series
        ahead += [(starts, one) for one in found if (starts := _starts(one)) and _is_ahead(one, starts, now)]
    if ahead:
        _, event = min(ahead, key=lambda pair: pair[0])
        notes = [SEVERAL] if len(groups) > 1 else [REPEATED] if series else []
        return _found(event, notes)
    if often:
        raise NoDate(TOO_OFTEN)
    if not read:
        raise NoDate(NO_TIME)
    raise NoDate(PAST if len(groups) == 1 else ALL_PAST)


def _is_calm(event: Event) -> bool:
    """Repeats once a day at most, by a rule whose every step is paid for."""
    try:
        rule = event.get("RRULE") or {"FREQ": ["DAILY"]}
        calm = str(rule["FREQ"][0]).upper() in DAILY_OR_LESS and not WITHIN_A_DAY & set(rule)
        return calm and int(rule.get("INTERVAL", [1])[0]) > 0 and event["DTSTART"].dt.year >= OLDEST
    except ODD:
        return False


def _ahead(events: list[Event], now: datetime, purse: Purse) -> list[Event]:
    """What a series gives in the time looked through, nearest first where anything is near."""
    calendar = icalendar.Calendar()
    for event in events:
        calendar.add_component(event)
    try:
        chosen = ComponentsWithName("VEVENT", series=paid_series(purse))
        query = recurring_ical_events.of(calendar, components=[chosen])
        for reach in AHEAD:
            found = [one for one in query.between(now, now + reach) if (at := _starts(one)) and _is_ahead(one, at, now)]
            if found:
                return found
    except ODD:
        return []
    return []


def _starts(event: Event) -> datetime | None:
    """When an event begins; a whole day at its midnight in Stockholm."""
    try:
        return _moment(event["DTSTART"].dt)
    except ODD:
        return None


def _moment(at: date) -> datetime:
    """A time without a zone is Stockholm's."""
    if not isinstance(at, datetime):
        at = datetime.combine(at, time())
    return (at if at.tzinfo else at.replace(tzinfo=STOCKHOLM)).astimezone(STOCKHOLM)


def _is_whole_day(event: Event) -> bool:
    return not isinstance(event["DTSTART"].dt, datetime)


def _is_ahead(event: Event, starts: datetime, now: datetime) -> bool:
    return starts.date() >= timezone.localdate(now) if _is_whole_day(event) else starts > now


def _found(event: Event, notes: list[str]) -> Found:
    starts, place = _moment(event["DTSTART"].dt), " ".join(str(event.get("LOCATION", "")).split())
    if _is_whole_day(event):
        return Found(starts.date(), None, None, place, " ".join(notes))
    try:
        ends = _moment(event["DTEND"].dt) if "DTEND" in event else starts + event["DURATION"].dt
    except ODD:
        ends = starts
    if event["DTSTART"].params.get("TZID") == NO_ZONE:
        notes = [*notes, UNKNOWN_ZONE]
    same_day = ends > starts and ends.date() == starts.date()
    begins, until = starts.time().replace(second=0), ends.time().replace(second=0)
    return Found(starts.date(), begins, until if same_day else None, place, " ".join(notes))
