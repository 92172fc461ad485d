"""The lines of somebody's calendar that say when, and the moments in them. Nothing else of it is ever looked at. Pure.

A stranger may have written it: wrong encodings, broken lines and unknown zones are read as well as they can be, and
what would take long is refused.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from datetime import timezone as fixed
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from icalendar.prop import vDDDTypes
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

LONGEST = 5_000_000  # bytes
YEARS = range(1600, 2200)  # some write 1604 for a birthday of no known year
DEEPEST = 20
STOCKHOLM = ZoneInfo("Europe/Stockholm")
# What a zone that only the file knows is taken for, by its offsets.
BY_OFFSETS = {
    frozenset({"+0100", "+0200"}): STOCKHOLM,
    frozenset({"+0000", "+0100"}): ZoneInfo("Europe/London"),
    frozenset({"+0200", "+0300"}): ZoneInfo("Europe/Helsinki"),
}
EVENT, FREE_BUSY, ZONE = ["VCALENDAR", "VEVENT"], ["VCALENDAR", "VFREEBUSY"], ["VCALENDAR", "VTIMEZONE"]
OF_EVENT = {
    *("UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "SEQUENCE"),
    *("STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS"),
}
READ = OF_EVENT | {"BEGIN", "END", "FREEBUSY", "TZID", "TZOFFSETTO"}
# The lookbehind: a million empty lines are seen once.
FOLD = re.compile(r"(?<![\r\n])[\r\n]+[ \t]")
NAME = re.compile(r"[A-Za-z0-9-]+(?=[;:])")
LINE = re.compile(r'([A-Za-z0-9-]+)((?:;[^=:;"]*=(?:"[^"]*"|[^":;])*)*):(.*)')
OFFSET = re.compile(r"([+-])([01][0-9])([0-5][0-9])")
PARAMETER = re.compile(r';([^=:;"]*)=((?:"[^"]*"|[^":;])*)')

Moment = date | datetime


class UnreadCalendar(Exception):
    """Nothing was read of the whole. `code` is one of `BusyProblem`, in the calendar's floor."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# ---------- the lines ----------
class Line(NamedTuple):
    """What stands behind a name: parameters by name in capitals, and the value."""

    params: dict[str, str]
    value: str


Lines = dict[str, list[Line]]


@dataclass
class Parts:
    """What was read of a calendar."""

    events: list[Lines] = field(default_factory=list)
    free_busy: list[Line] = field(default_factory=list)
    offsets: dict[str, set[str]] = field(default_factory=dict)  # of each zone that the file describes
    zones: dict[str, tzinfo] = field(default_factory=dict)  # those looked up


def text_of(raw: bytes) -> str:
    """What is read is ASCII in any encoding but UTF-16, so a wrong one spoils nothing."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    if b"\0" in raw[:2]:
        return raw.decode("utf-16-be" if raw[:1] == b"\0" else "utf-16-le", "replace")
    return raw.removeprefix(b"\xef\xbb\xbf").decode("latin-1")


def unfolded(text: str) -> str:
    """With each line that begins with a space as a part of the one before."""
    return FOLD.sub("", text)


def lines_of(text: str) -> list[str]:
    """Each line whole, whatever ends it."""
    return re.split(r"[\r\n]+", unfolded(text))


def parts_of(text: str) -> Parts:
    """The lines that say when, of events and free/busy lists that lie directly in a calendar.

    Raises UnreadCalendar: no calendar, nested too deep, or cut off.
    """
    if text.lstrip()[:15].upper() != "BEGIN:VCALENDAR":
        raise UnreadCalendar("no_calendar")
    found, stack, zone = Parts(), list[str](), ""
    for line in lines_of(text):
        named = NAME.match(line)
        name = named[0].upper() if named else ""
        whole = LINE.fullmatch(line) if name in READ else None
        if whole is None:
            continue
        read = Line({key.upper(): value.strip('"') for key, value in PARAMETER.findall(whole[2])}, whole[3].strip())
        if name == "BEGIN":
            stack.append(read.value.upper())
            if stack == EVENT:
                found.events.append({})
            if len(stack) > DEEPEST:
                raise UnreadCalendar("broken")
        elif name == "END":
            _close(stack, read.value.upper())
        elif stack == EVENT and name in OF_EVENT:
            found.events[-1].setdefault(name, []).append(read)
        elif stack == FREE_BUSY and name == "FREEBUSY":
            found.free_busy.append(read)
        elif stack == ZONE and name == "TZID":
            zone = read.value
        elif stack[:2] == ZONE and name == "TZOFFSETTO":
            found.offsets.setdefault(zone, set()).add(read.value[:5])
    if stack:
        raise UnreadCalendar("broken")  # cut off: what is missing would look free
    return found


def _close(stack: list[str], name: str) -> None:
    """End the innermost of that name, and what was left open within it."""
    if name in stack:
        while stack.pop() != name:
            pass


# ---------- moments ----------
@cache
def _zone_names() -> set[str]:
    return available_timezones()


def _zone(parts: Parts, name: str) -> tzinfo:
    """By the names of IANA and of Windows, also behind a vendor's prefix; else as the file describes it."""
    if name not in parts.zones:
        pieces = WINDOWS_TO_OLSON.get(name, name).strip("/").split("/")[-6:]
        known = ("/".join(pieces[start:]) for start in range(len(pieces)))
        found = next((each for each in known if each in _zone_names()), None)
        parts.zones[name] = ZoneInfo(found) if found else _by_offsets(parts.offsets.get(name, set()))
    return parts.zones[name]


def _by_offsets(offsets: set[str]) -> tzinfo:
    if len(offsets) != 1:
        return BY_OFFSETS.get(frozenset(offsets), STOCKHOLM)
    only = OFFSET.fullmatch(next(iter(offsets)))
    if only is None:
        return STOCKHOLM
    ahead = timedelta(hours=int(only[2]), minutes=int(only[3]))
    return fixed(-ahead if only[1] == "-" else ahead)


def moment_in(parts: Parts, line: Line, value: str) -> Moment:
    """A day, or an aware moment in the zone that its line names."""
    found = vDDDTypes.from_ical(value)
    if not isinstance(found, date) or found.year not in YEARS:
        raise ValueError("no moment")
    if not isinstance(found, datetime) or found.tzinfo is not None:
        return found.astimezone(UTC) if isinstance(found, datetime) else found
    name = line.params.get("TZID", "")
    return found.replace(tzinfo=_zone(parts, name) if name else STOCKHOLM)


def begins(day: Moment) -> datetime:
    """A day begins at midnight in Stockholm."""
    return day if isinstance(day, datetime) else datetime.combine(day, time(), STOCKHOLM)
