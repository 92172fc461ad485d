"""The time of a meeting in a calendar file, as programs write such files and as nobody should (issue 8.5)."""

import time as clock
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetings.ical import dates
from meetings.ical.dates import Found, NoDate, date_in

NOW = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Europe/Stockholm"))
DAY = date(2026, 12, 1)
AT = "DTSTART:20261201T130000"
STOCKHOLM = "DTSTART;TZID=Europe/Stockholm:20261201T130000"
ZONE = """BEGIN:VTIMEZONE\r\nTZID:{name}\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:-0900\r
TZOFFSETTO:-0900\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"""


def ics(*events: str, head: str = "") -> bytes:
    """A calendar of events, each its lines with bars between."""
    parts = [f"BEGIN:VEVENT|{event}|END:VEVENT|".replace("|", "\r\n") for event in events]
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//SV\r\n{head}{''.join(parts)}END:VCALENDAR\r\n".encode()


def found(*events: str, head: str = "") -> Found:
    return date_in(ics(*events, head=head), NOW)


def refused(raw: bytes) -> str:
    with pytest.raises(NoDate) as why:
        date_in(raw, NOW)
    return str(why.value)


# ---------- when ----------
@pytest.mark.parametrize(
    ("lines", "begins", "ends"),
    [
        (f"{AT}|DTEND:20261201T143000", "13.00", "14.30"),
        ("DTSTART:20261201T120000Z|DTEND:20261201T133000Z", "13.00", "14.30"),
        (f"{STOCKHOLM}|DURATION:PT1H30M", "13.00", "14.30"),
        ("DTSTART;TZID=W. Europe Standard Time:20261201T130000|DURATION:PT90M", "13.00", "14.30"),
        ('DTSTART;TZID="FLE Standard Time":20261201T140000|DURATION:PT1H', "13.00", "14.00"),
        ("DTSTART;VALUE=DATE-TIME;tzid=America/New_York:20261201T070000|DURATION:PT1H", "13.00", "14.00"),
        ("DTSTART;TZID=/mozilla.org/20050126_1/Europe/Stockholm:20261201T130000|DURATION:PT1H", "13.00", "14.00"),
        ("DTSTART;TZID=/x/America/Argentina/Buenos_Aires:20261201T090000|DURATION:PT1H", "13.00", "14.00"),
        (AT, "13.00", None),
        (f"{AT}|DURATION:PT0S", "13.00", None),
        (f"{AT}|DTEND:20261201T120000", "13.00", None),
        (f"{AT}|DTEND:20261202T120000", "13.00", None),
        ("DTSTART:20261201T130059|DTEND:20261201T140059", "13.00", "14.00"),
    ],
)
def test_a_time_is_stockholms_wall_clock_whatever_zone_the_file_says(lines: str, begins: str, ends: str | None) -> None:
    when = found(f"UID:1|{lines}")
    assert (when.day, when.begins, when.ends) == (
        DAY,
        time.fromisoformat(begins.replace(".", ":")),
        time.fromisoformat(ends.replace(".", ":")) if ends else None,
    )
    assert when.note == ""


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Europe", "../../etc/passwd", "", "/a" * 400, "Customized Time Zone"])
def test_a_zone_that_nobody_knows_is_stockholms_and_it_is_said(zone: str) -> None:
    when = found(f"DTSTART;TZID={zone}:20261201T130000")
    assert (when.begins, when.note) == (time(13), dates.UNKNOWN_ZONE)


@pytest.mark.parametrize("name", ["Europe/Stockholm", "W. Europe Standard Time", "Min egen zon"])
def test_a_file_with_a_zone_of_its_own_does_not_change_the_next_files_time(name: str) -> None:
    event = f"DTSTART;TZID={name}:20261201T130000"
    assert found(event, head=ZONE.format(name=name)).begins == time(13)
    assert found(event).begins == time(13)


@pytest.mark.parametrize(
    ("day", "utc", "begins"),
    [
        ("20270327", "120000Z", 13),
        ("20270328", "120000Z", 14),
        ("20271030", "120000Z", 14),
        ("20271031", "120000Z", 13),
    ],
)
def test_the_clock_changes_are_stockholms(day: str, utc: str, begins: int) -> None:
    assert found(f"DTSTART:{day}T{utc}").begins == time(begins)


@pytest.mark.parametrize("line", ["DTSTART;VALUE=DATE:20261201", "DTSTART:20261201"])
def test_a_whole_day_gives_the_day_alone(line: str) -> None:
    assert found(f"{line}|DTEND;VALUE=DATE:20261203|LOCATION:Hotellet") == Found(DAY, None, None, "Hotellet", "")


def test_a_whole_day_today_is_ahead_and_yesterday_is_not() -> None:
    assert found("DTSTART;VALUE=DATE:20261123").day == NOW.date()
    assert refused(ics("DTSTART;VALUE=DATE:20261122")) == dates.PAST


# ---------- the place ----------
def test_the_place_is_one_line_of_plain_text() -> None:
    place = "LOCATION;LANGUAGE=sv:Stadshuset\\, rum 3\\;\\n  plan 2 – åäö 🙂"
    assert found(f"{AT}|{place}").place == "Stadshuset, rum 3; plan 2 – åäö 🙂"
    assert found(f"{AT}|LOCATION:Stads\r\n huset").place == "Stadshuset"


# ---------- which one ----------
def test_of_several_the_next_one_ahead_is_taken_and_it_is_said() -> None:
    when = found("UID:1|DTSTART:20261202T130000", "UID:2|DTSTART:20201201T130000", f"UID:3|{AT}")
    assert (when.day, when.note) == (DAY, dates.SEVERAL)


def test_a_repeated_meeting_gives_its_next_time_without_those_taken_out_and_with_those_moved() -> None:
    weekly = "UID:1|DTSTART;TZID=Europe/Stockholm:20250107T130000|DURATION:PT1H|RRULE:FREQ=WEEKLY;BYDAY=TU"
    assert found(weekly) == Found(date(2026, 11, 24), time(13), time(14), "", dates.REPEATED)
    assert found(f"{weekly}|EXDATE;TZID=Europe/Stockholm:20261124T130000").day == DAY
    moved = "UID:1|RECURRENCE-ID;TZID=Europe/Stockholm:20261124T130000|DTSTART:20261124T150000Z|LOCATION:Annan"
    assert found(weekly, moved) == Found(date(2026, 11, 24), time(16), None, "Annan", dates.REPEATED)
    assert found("UID:1|DTSTART;VALUE=DATE:20201201|RRULE:FREQ=YEARLY").day == DAY
    assert found("UID:1|DTSTART:20201201T130000|RRULE:FREQ=MONTHLY;INTERVAL=6").day == DAY
    assert found(f"UID:1|DTSTART:20201201T130000|RDATE:{DAY:%Y%m%d}T130000").day == DAY
    assert refused(ics("UID:1|DTSTART:20201201T130000|RRULE:FREQ=WEEKLY;COUNT=3")) == dates.PAST


def test_one_that_is_called_off_is_passed_over_and_alone_it_is_said() -> None:
    off = "UID:1|DTSTART:20261130T130000|STATUS:CANCELLED"
    assert found(off, f"UID:2|{AT}").day == DAY
    assert refused(ics(off)) == dates.CANCELLED
    assert refused(ics(f"UID:1|{AT}", head="METHOD:CANCEL\r\n")) == dates.CANCELLED


# ---------- what gives no date ----------
@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", dates.NO_CALENDAR),
        (b"\x00\xff\xfe", dates.NO_CALENDAR),
        (b"PK\x03\x04" + bytes(range(256)) * 40, dates.NO_CALENDAR),
        ("Hej! Mötet är på tisdag.".encode(), dates.NO_CALENDAR),
        (b"BEGIN:VCALENDAR\r\n", dates.NO_CALENDAR),
        (b"BEGIN:VEVENT\r\nDTSTART:20261201T130000\r\nEND:VEVENT\r\n", dates.NO_CALENDAR),
        (b"x" * (dates.LARGEST + 1), dates.TOO_LARGE),
        (ics(), dates.NO_EVENT),
        (ics(head="BEGIN:VTODO\r\nDTSTART:20261201T130000\r\nEND:VTODO\r\n"), dates.NO_EVENT),
        (ics("UID:1|SUMMARY:Utan tid"), dates.NO_TIME),
        (ics("UID:1|DTSTART:i morgon"), dates.NO_TIME),
        (ics("UID:1|DTSTART:20261301T250000"), dates.NO_TIME),
        (ics("UID:1|DTSTART:00010101T000000"), dates.PAST),
        (ics("UID:1|DTSTART:20261123T085900"), dates.PAST),
        (ics("UID:1|DTSTART:20201201T130000", "UID:2|DTSTART:20211201T130000"), dates.ALL_PAST),
        (ics(f"{AT}|RRULE:FREQ=HOURLY"), dates.TOO_OFTEN),
        (ics(f"{AT}|RRULE:FREQ=SECONDLY;COUNT=99999999"), dates.TOO_OFTEN),
        (ics(f"{AT}|RRULE:FREQ=DAILY;BYHOUR=1,2;BYMINUTE=1,2,3;BYSECOND=1,2,3"), dates.TOO_OFTEN),
        (ics(f"{AT}|RRULE:FREQ=DAILY;INTERVAL=0"), dates.TOO_OFTEN),
    ],
)
def test_why_a_file_gives_no_date_is_said(raw: bytes, sentence: str) -> None:
    assert refused(raw) == sentence


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_file_may_be_written_in_the_encodings_that_programs_use(codec: str) -> None:
    text = ics(f"{AT}|LOCATION:Älven").decode()
    for ending in ("\r\n", "\n", "\r"):
        assert date_in(text.replace("\r\n", ending).encode(codec), NOW).place == "Älven"


def test_only_the_first_hundred_events_are_read() -> None:
    past = [f"UID:{number}|DTSTART:20201201T130000" for number in range(dates.MOST)]
    assert refused(ics(*past, f"UID:x|{AT}")) == dates.ALL_PAST
    assert found(*past[1:], f"UID:x|{AT}").day == DAY


MANY_DAYS = [f"{1900 + number % 200}1201T{number % 24:02}0000" for number in range(40_000)]


@pytest.mark.parametrize(
    "raw",
    [
        ics(*[f"UID:{one}|DTSTART:19900101T130000|RRULE:FREQ=DAILY;COUNT=9999999" for one in range(100)]),
        ics(*[f"UID:{one}|DTSTART:19900101T130000|RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30" for one in range(100)]),
        ics(*[f"UID:{one}|DTSTART:00010101T130000|RRULE:FREQ=DAILY" for one in range(100)]),
        ics(f"{AT}|RRULE:FREQ=YEARLY;BYMONTHDAY={','.join(['30'] * 300_000)}"),
        ics(f"{AT}|{'|'.join(f'EXDATE:{day}' for day in MANY_DAYS)}"),
        ics(f"{AT}|RDATE:{','.join(MANY_DAYS)}"),
        ics(f"{AT}|LOCATION:{'a' * 900_000}"),
        ics(f"{AT}|{'X-ALT-DESC:<html>|' * 50_000}X-END:1"),
        ics(f"{AT}|{'BEGIN:VALARM|TRIGGER:-PT5M|END:VALARM|' * 25_000}X-END:1"),
        b"BEGIN:VCALENDAR\n" * 60_000,
        b"BEGIN:VEVENT\n" * 60_000,
        b"BEGIN:VCALENDAR\n" + b" \n" * 450_000,
        ics(f"DTSTART;{';'.join(['TZID=/' + 'a/' * 300] * 100)}:20261201T130000"),
    ],
    ids=lambda raw: raw[:0].decode() or str(len(raw)),
)
def test_a_file_made_to_be_slow_is_answered_in_seconds(raw: bytes) -> None:
    begun = clock.monotonic()
    try:
        assert date_in(raw[: dates.LARGEST], NOW).day
    except NoDate as why:
        assert str(why)
    assert clock.monotonic() - begun < 20  # some seconds on two shared cores; without bounds hours


# ---------- anything at all ----------
NAMES = st.sampled_from(
    sorted(dates.READ | {"SUMMARY", "X-A", "METHOD", "TZID", "DTSTART;TZID=Europe", "EXDATE;VALUE=DATE"})
)
VALUES = st.one_of(
    st.sampled_from(["VCALENDAR", "VEVENT", "VALARM", "20261201T130000", "20261201", "PT1H", "-P9999999D", "CANCEL"]),
    st.sampled_from(["FREQ=WEEKLY", "FREQ=", "FREQ=DAILY;UNTIL=2026", "FREQ=YEARLY;BYDAY=99MO", "FREQ=DAILY;COUNT=-1"]),
    st.text(max_size=30),
)
LINES = st.lists(st.tuples(NAMES, VALUES).map(":".join), max_size=12)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.lists(LINES, max_size=3).map(lambda all: ics(*map("|".join, all)))))
def test_any_file_gives_a_time_ahead_or_a_sentence(raw: bytes) -> None:
    now = NOW.astimezone(UTC)
    try:
        when = date_in(raw, now)
    except NoDate as why:
        assert str(why).endswith(".")
    else:
        assert when.day >= NOW.date() and (when.begins is None or when.ends is None or when.begins < when.ends)
        assert "\n" not in when.place
