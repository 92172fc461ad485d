"""Calendars made to take for ever are refused, or read, in work that is counted: no test here looks at a clock."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from icalendar.timezone import tzp

from meetings.ical import busy
from meetings.ical.dates import NoDate, date_in
from meetings.ical.lines import UnreadCalendar
from tests.ical.busy_files import AT_NINE, AT_TEN, HOUR, LONG_AGO, calendar, event, on_the_wall, read

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
MOST = 10_000_000  # units: about two seconds of a slow machine


def repeated(rule: str, number: int = 1, start: tuple[str, str] = LONG_AGO, *more: str) -> bytes:
    return calendar(*[event(*start, rule, *more, uid=str(each)) for each in range(number)])


def seconds(number: int) -> str:
    return ",".join(f"20261103T{each // 3600:02}{each // 60 % 60:02}{each % 60:02}" for each in range(number))


def numbers(last: int) -> str:
    return ",".join(str(each) for each in range(last))


HOURS = f"BYHOUR={numbers(24)}"
FUTURE = [
    event(f"RECURRENCE-ID;RANGE=THISANDFUTURE:2021{1 + each % 12:02}{1 + each // 12 % 28:02}T080000Z", AT_NINE, AT_TEN)
    for each in range(4000)
]
# Each is small, and would give or look at millions of moments.
REFUSED = {
    "30 February, day by day": repeated("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"),
    "30 February, week by week": repeated("RRULE:FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30"),
    "a second of one": repeated("RRULE:FREQ=DAILY;BYSETPOS=2"),
    "30 February, by month, many": repeated("RRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", 50),
    "30 February, by year, many": repeated("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 50),
    "week 53 in June, many": repeated("RRULE:FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6", 50),
    "every hour by day, many": repeated(f"RRULE:FREQ=DAILY;{HOURS}", 1000, (AT_NINE, AT_TEN)),
    "every hour for years, many": repeated(f"RRULE:FREQ=DAILY;{HOURS}", 200),
    "every day of every year": repeated("RRULE:FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", 300),
    "a billion": repeated("RRULE:FREQ=DAILY;COUNT=1000000000", 400),
    "until 9999": repeated("RRULE:FREQ=DAILY;UNTIL=99991231T000000Z", 400),
    "days that last for centuries": repeated(
        "RRULE:FREQ=DAILY", 1, ("DTSTART:16000101T000000Z", "DTEND:21990101T000000Z")
    ),
    "many rules of one": calendar(event(*LONG_AGO, *[f"RRULE:FREQ=DAILY;COUNT={each}" for each in range(1, 5000)])),
    "many extra days": repeated("RRULE:FREQ=DAILY", 1, LONG_AGO, f"RDATE:{seconds(80_000)}"),
    "many extra days in lines": repeated("RRULE:FREQ=DAILY", 1, LONG_AGO, *[f"RDATE:{seconds(80)}"] * 1000),
    "many days out": repeated("RRULE:FREQ=DAILY", 1, LONG_AGO, f"EXDATE:{seconds(80_000)}"),
    "from then on, and on": calendar(event(*LONG_AGO, f"RRULE:FREQ=DAILY;{HOURS}"), *FUTURE),
    "free and busy, many": calendar(
        f"BEGIN:VFREEBUSY\r\nFREEBUSY:{'20261103T080000Z/PT1H,' * 80_000}\r\nEND:VFREEBUSY\r\n"
    ),
    "5,001 events ahead": calendar(*[event(AT_NINE, AT_TEN, uid=str(each)) for each in range(5001)]),
    "5,001 that repeat": repeated("RRULE:FREQ=YEARLY;COUNT=1", 5001),
}
DEEP = {
    "nested": b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 300_000,
    "nested and cut": b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\nBEGIN:Y\r\n" * 30 + b"END:VCALENDAR\r\n",
}
# Large, and yet read: what is odd in them is never looked into.
ONE = event(AT_NINE, AT_TEN)
READ = {
    "empty lines": b"BEGIN:VCALENDAR" + b"\r\n" * 2_000_000 + calendar(ONE)[17:],
    "one folded line": calendar(f"SUMMARY:{'a' * 70}" + "\r\n a" * 1_000_000 + "\r\n", ONE),
    "one long line": calendar(f"DESCRIPTION:{'x' * 4_500_000}\r\n", ONE),
    "parameters": calendar(event(f"SUMMARY{';A=b' * 1_000_000}:x", AT_NINE, AT_TEN)),
    "100,000 that are over": calendar("BEGIN:VEVENT\r\nDTSTART:20200101\r\nEND:VEVENT\r\n" * 80_000, ONE),
    "5,000 of them": calendar(*[event(AT_NINE, AT_TEN, uid=str(each)) for each in range(5000)]),
    "zones that nobody knows": calendar(
        *[event(f"DTSTART;TZID=/a/b/{each}:20261103T090000", "DURATION:PT1H", uid=str(each)) for each in range(4000)]
    ),
    "a zone that repeats every second": calendar(
        "BEGIN:VTIMEZONE\r\nTZID:Bomb\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nRRULE:FREQ=SECONDLY\r\n"
        "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n",
        event("DTSTART;TZID=Bomb:20261103T090000", "DURATION:PT1H"),
    ),
}
UNREAD = {
    "a number of 4 MB": calendar(event(f"DTSTART:{'9' * 4_000_000}"), ONE),
    "a version of 4 MB": calendar(event(AT_NINE, AT_TEN, f"SEQUENCE:{'x' * 4_000_000}", uid="x"), ONE),
    "a length of 4 MB": calendar(event(AT_NINE, f"DURATION:P{'9' * 4_000}D"), ONE),
    "quotes that never end": calendar(event("DTSTART;X=" + '"a' * 1_000_001 + ":x"), ONE),
    "semicolons": calendar(event(f"DTSTART{';' * 4_000_000}:x"), ONE),
    "a rule of 4 MB": calendar(event(*LONG_AGO, f"RRULE:FREQ=DAILY;BYMONTHDAY={'1,' * 2_000_000}1", uid="x"), ONE),
    "a rule of dots": calendar(event(*LONG_AGO, f"RRULE:{'FREQ=DAILY;' * 30}INTERVAL=0", uid="x"), ONE),
}  # fmt: skip


@pytest.fixture
def paid(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """What was paid, for each thing that was."""
    units: list[int] = []
    pay = busy.Purse.pay

    def count(purse: busy.Purse, each: int) -> None:
        units.append(each)
        pay(purse, each)

    monkeypatch.setattr(busy.Purse, "pay", count)
    yield units


@pytest.mark.parametrize("name", REFUSED)
def test_a_bomb_is_refused_after_work_that_is_bounded(name: str, paid: list[int]) -> None:
    with pytest.raises(UnreadCalendar) as refused:
        read(REFUSED[name])
    assert refused.value.code == "too_much"
    # The last thing is what the purse had no more for: never paid for before it is looked at.
    assert sum(paid[:-1]) <= MOST and len(paid) <= MOST // busy.STEP_COSTS


@pytest.mark.parametrize("name", REFUSED | DEEP | READ | UNREAD)
def test_the_time_filled_into_a_form_is_found_or_refused_after_the_same_work(name: str, paid: list[int]) -> None:
    """A form reads no more of a file than its next time, so some of the bombs give one."""
    try:
        said = str(date_in((REFUSED | DEEP | READ | UNREAD)[name], NOW).day.year)
    except NoDate as why:
        said = str(why)
    assert said == "2026" or said.endswith(".")
    assert ("tar för lång tid att räkna ut" in said) is name.startswith(("30 February", "week 53", "a second of one"))
    assert sum(paid[:-1]) <= MOST and len(paid) <= MOST // busy.STEP_COSTS


@pytest.mark.parametrize("name", DEEP)
def test_what_is_nested_without_end_is_refused(name: str) -> None:
    with pytest.raises(UnreadCalendar) as refused:
        read(DEEP[name])
    assert refused.value.code == "broken"


@pytest.mark.parametrize("name", READ)
def test_what_is_large_and_plain_is_read(name: str) -> None:
    found = read(READ[name])
    assert (on_the_wall(found), found.unread) == ([HOUR], 0)
    assert tzp.timezone("Bomb") is None  # no file leaves anything behind for the next


@pytest.mark.parametrize("name", UNREAD)
def test_what_is_large_and_odd_is_left_out(name: str) -> None:
    found = read(UNREAD[name])
    assert (on_the_wall(found), found.unread) == ([HOUR], 1)


def test_a_full_calendar_of_a_real_person_is_far_from_the_bounds(paid: list[int]) -> None:
    """Ten years of a heavy user: 200 series without end, some of them daily, and a thousand events ahead."""
    series = [event(*LONG_AGO, "RRULE:FREQ=WEEKLY;BYDAY=MO,TH", uid=f"v{each}") for each in range(150)]
    series += [event(*LONG_AGO, "RRULE:FREQ=DAILY", uid=f"d{each}") for each in range(20)]
    series += [event(*LONG_AGO, "RRULE:FREQ=YEARLY", uid=f"y{each}") for each in range(30)]
    single = [event(AT_NINE, AT_TEN, uid=f"s{each}") for each in range(1000)]
    over = [event(AT_NINE.replace("2026", "2019"), "DURATION:PT1H", uid=f"o{each}") for each in range(10_000)]
    assert len(read(calendar(*series, *single, *over)).spans) == 90
    assert sum(paid) < MOST / 2
