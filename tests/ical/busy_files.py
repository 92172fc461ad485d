"""Calendars as somebody else's program writes them, and what is read of them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from meetings.ical.busy import Busy, busy_in

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NOW = datetime(2026, 11, 2, 8, 0, tzinfo=STOCKHOLM)  # a Monday
LAST = NOW + timedelta(days=90)
AT_NINE, AT_TEN = "DTSTART;TZID=Europe/Stockholm:20261103T090000", "DTEND;TZID=Europe/Stockholm:20261103T100000"
LONG_AGO = (AT_NINE.replace("20261103", "20200107"), AT_TEN.replace("20261103", "20200107"))  # a Tuesday
HOUR = ("2026-11-03 09:00", "2026-11-03 10:00")


def event(*lines: str, uid: str = "en") -> str:
    return "\r\n".join(["BEGIN:VEVENT", *([f"UID:{uid}"] if uid else []), *lines, "END:VEVENT", ""])


def calendar(*parts: str) -> bytes:
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Annan//EN\r\n"
    return f"{head}{''.join(parts)}END:VCALENDAR\r\n".encode()


def read(raw: bytes) -> Busy:
    return busy_in(raw, NOW, LAST)


def said(*parts: str) -> list[tuple[str, str]]:
    """When somebody is busy by these components, on Stockholm's wall clock. Everything in them can be read."""
    found = read(calendar(*parts))
    assert found.unread == 0
    return on_the_wall(found)


def on_the_wall(found: Busy) -> list[tuple[str, str]]:
    return [
        (f"{a.astimezone(STOCKHOLM):%Y-%m-%d %H:%M}", f"{b.astimezone(STOCKHOLM):%Y-%m-%d %H:%M}")
        for a, b in found.spans
    ]
