"""When somebody is busy by a calendar of their own, as Outlook, Google, Apple and others write it."""

from datetime import UTC, timedelta
from pathlib import Path

import icalendar
import pytest
from icalendar.timezone import tzp

from meetings.ical.busy import busy_in
from meetings.ical.lines import UnreadCalendar
from tests.ical.busy_files import (
    AT_NINE,
    AT_TEN,
    HOUR,
    LAST,
    LONG_AGO,
    NOW,
    calendar,
    event,
    on_the_wall,
    read,
    said,
)

DAILY = "RRULE:FREQ=DAILY;COUNT=3"
DAYS = [(f"2026-11-0{day} 09:00", f"2026-11-0{day} 10:00") for day in (3, 4, 5)]


# ---------- what is busy ----------
@pytest.mark.parametrize(
    ("lines", "busy"),
    [
        ((), True),
        (("TRANSP:OPAQUE",), True),
        (("TRANSP:TRANSPARENT",), False),
        (("transp:Transparent",), False),
        (("STATUS:CONFIRMED",), True),
        (("STATUS:TENTATIVE",), True),
        (("STATUS:CANCELLED",), False),
        (("X-MICROSOFT-CDO-BUSYSTATUS:BUSY",), True),
        (("X-MICROSOFT-CDO-BUSYSTATUS:OOF",), True),
        (("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE",), True),
        (("X-MICROSOFT-CDO-BUSYSTATUS:FREE",), False),
        (("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE",), False),
        (("CLASS:PRIVATE", "SUMMARY:Tandläkaren"), True),
    ],
)
@pytest.mark.parametrize("rule", ["", DAILY])
def test_an_event_is_busy_unless_its_owner_says_that_it_is_free(lines: tuple[str, ...], busy: bool, rule: str) -> None:
    found = said(event(AT_NINE, AT_TEN, *lines, *([rule] if rule else [])))
    assert found == ((DAYS if rule else [HOUR]) if busy else [])


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("DTSTART:20261103T080000Z", "DTEND:20261103T090000Z", HOUR),
        ("DTSTART:20261103T090000", "DTEND:20261103T100000", HOUR),  # floating: Stockholm's
        ("DTSTART;TZID=Europe/London:20261103T080000", "DURATION:PT1H", HOUR),
        ("DTSTART;TZID=W. Europe Standard Time:20261103T090000", "DURATION:PT1H", HOUR),
        ('DTSTART;TZID="FLE Standard Time":20261103T100000', "DURATION:PT1H", HOUR),
        ("DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Stockholm:20261103T090000", "DURATION:PT1H", HOUR),
        ("DTSTART;TZID=Ingenstans:20261103T090000", "DURATION:PT1H", HOUR),
        ("DTSTART;TZID=../../etc/passwd:20261103T090000", "DURATION:PT1H", HOUR),
        ('DTSTART;VALUE=DATE-TIME;X-A="a:b;c":20261103T090000', "DURATION:PT1H", HOUR),
        ("DTSTART;VALUE=DATE:20261103", "DTEND;VALUE=DATE:20261104", ("2026-11-03 00:00", "2026-11-04 00:00")),
        ("DTSTART;VALUE=DATE:20261103", "X-NO:END", ("2026-11-03 00:00", "2026-11-04 00:00")),
        ("DTSTART:20261103", "DURATION:P2D", ("2026-11-03 00:00", "2026-11-05 00:00")),
        ("dtstart:20261103T090000", "dtend:20261103T100000", HOUR),
        ("DTSTART:20261030T090000", "DTEND:20261103T100000", ("2026-11-02 08:00", "2026-11-03 10:00")),  # goes on
    ],
)
def test_moments_are_read_in_the_zone_they_name(start: str, end: str, expected: tuple[str, str]) -> None:
    assert said(event(start, end)) == [expected]


def test_a_zone_that_only_the_file_knows_is_taken_by_its_offsets_and_stays_in_that_file() -> None:
    def zone(*offsets: str) -> str:
        parts = [
            f"BEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETTO:{each}\r\nEND:STANDARD\r\n" for each in offsets
        ]
        return f"BEGIN:VTIMEZONE\r\nTZID:Egen zon\r\n{''.join(parts)}END:VTIMEZONE\r\n"

    def at(clock: str) -> str:
        return event(f"DTSTART;TZID=Egen zon:20261103T{clock}", "DURATION:PT1H")

    assert said(zone("+0100", "+0200"), at("090000")) == [HOUR]
    assert said(zone("+0000", "+0100"), at("080000")) == [HOUR]
    assert said(zone("+0300"), at("110000")) == [HOUR]
    assert said(zone("-0330"), at("043000")) == [HOUR]
    assert said(zone("nonsens"), at("090000")) == [HOUR]
    assert said(at("090000")) == [HOUR] and tzp.timezone("Egen zon") is None


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("RRULE:FREQ=WEEKLY;COUNT=358", ["2026-11-03", "2026-11-10"]),
        ("RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20261110T080000Z", ["2026-11-03", "2026-11-10"]),
        ("RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20261110", ["2026-11-03", "2026-11-10"]),
        ("RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20261110T090000", ["2026-11-03", "2026-11-10"]),
        ("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;UNTIL=20261130T000000Z", ["2026-11-03", "2026-11-17"]),
        ("RRULE:FREQ=MONTHLY;BYDAY=1TU;UNTIL=20261210T000000Z", ["2026-11-03", "2026-12-01"]),
        ("RRULE:FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20261230T000000Z", ["2026-11-27", "2026-12-25"]),
        ("RRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", ["2026-12-24"]),
        ("RRULE:FREQ=DAILY;BYDAY=MO;BYHOUR=9;BYMINUTE=0;BYSECOND=0;UNTIL=20261110", ["2026-11-02", "2026-11-09"]),
        ("RRULE:FREQ=WEEKLY;BYDAY=MO,TU;WKST=SU;UNTIL=20261104T000000Z", ["2026-11-02", "2026-11-03"]),
    ],
)
def test_what_repeats_is_busy_each_time_and_at_the_same_time_on_the_clock(rule: str, expected: list[str]) -> None:
    assert said(event(*LONG_AGO, rule)) == [(f"{day} 09:00", f"{day} 10:00") for day in expected]


def test_a_series_over_the_end_of_summer_time_keeps_its_hour() -> None:
    october = NOW.replace(month=10, day=20)
    raw = calendar(event(*LONG_AGO, "RRULE:FREQ=WEEKLY"))
    found = on_the_wall(busy_in(raw, october, october + timedelta(days=14)))
    assert found == [("2026-10-20 09:00", "2026-10-20 10:00"), ("2026-10-27 09:00", "2026-10-27 10:00")]


@pytest.mark.parametrize(
    ("lines", "other", "expected"),
    [
        (("EXDATE;TZID=Europe/Stockholm:20261104T090000",), "", [DAYS[0], DAYS[2]]),
        (("EXDATE:20261104T080000Z,20261105T080000Z",), "", DAYS[:1]),
        (("EXDATE;VALUE=DATE:20261104",), "", [DAYS[0], DAYS[2]]),
        (("RDATE;TZID=Europe/Stockholm:20261106T090000",), "", [*DAYS, ("2026-11-06 09:00", "2026-11-06 10:00")]),
        (("RDATE;VALUE=PERIOD:20261106T080000Z/PT1H",), "", [*DAYS, ("2026-11-06 09:00", "2026-11-06 10:00")]),
        ((), "DTSTART:20261104T140000\r\nDURATION:PT1H", [DAYS[0], ("2026-11-04 14:00", "2026-11-04 15:00"), DAYS[2]]),
        ((), f"{AT_NINE.replace('1103', '1104')}\r\nDURATION:PT1H\r\nSTATUS:CANCELLED", [DAYS[0], DAYS[2]]),
        ((), f"{AT_NINE.replace('1103', '1104')}\r\nDURATION:PT1H\r\nTRANSP:TRANSPARENT", [DAYS[0], DAYS[2]]),
        (("TRANSP:TRANSPARENT",), f"{AT_NINE.replace('1103', '1104')}\r\nDURATION:PT1H", [DAYS[1]]),
    ],
)
def test_what_differs_from_its_series_counts_in_its_place(
    lines: tuple[str, ...], other: str, expected: list[tuple[str, str]]
) -> None:
    instead = event("RECURRENCE-ID;TZID=Europe/Stockholm:20261104T090000", other) if other else ""
    assert said(event(AT_NINE, AT_TEN, DAILY, *lines), instead) == expected


def test_whole_days_that_repeat_and_one_taken_out_as_outlook_writes_it() -> None:
    days = event(
        "DTSTART;VALUE=DATE:20261103", "DTEND;VALUE=DATE:20261104", "RRULE:FREQ=WEEKLY;COUNT=3",
        "EXDATE;TZID=W. Europe Standard Time:20261110T000000",
    )  # fmt: skip
    moved = event("RECURRENCE-ID;VALUE=DATE:20261117", "DTSTART;VALUE=DATE:20261118")
    assert said(days, moved) == [("2026-11-03 00:00", "2026-11-04 00:00"), ("2026-11-18 00:00", "2026-11-19 00:00")]


def test_a_list_of_free_and_busy_is_read_as_it_says() -> None:
    lines = [
        "FREEBUSY:20261103T080000Z/20261103T090000Z,20261104T080000Z/PT1H",
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261105T080000Z/PT30M",
        "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261105T083000Z/PT30M",
        "FREEBUSY;FBTYPE=FREE:20261106T080000Z/PT1H",
        "DTSTART:20261101T000000Z",
    ]
    assert said("\r\n".join(["BEGIN:VFREEBUSY", *lines, "END:VFREEBUSY", ""])) == DAYS


def test_what_overlaps_or_adjoins_is_one_time_and_all_is_within_the_window_in_utc() -> None:
    hours = [("0800", "0900"), ("0900", "0930"), ("0830", "1000"), ("1030", "1100"), ("1045", "1046")]
    events = [event(f"DTSTART:20261103T{a}00Z", f"DTEND:20261103T{b}00Z", uid=a) for a, b in hours]
    outside = [
        event("DTSTART:20200101T000000Z", "DTEND:20261102T080000Z", uid="före"),
        event("DTSTART:20270130T000000Z", "DTEND:20280101T000000Z", uid="efter"),
        event("DTSTART:20280101T000000Z", "DTEND:20290101T000000Z", uid="sedan"),
    ]
    found = read(calendar(*events, *outside))
    assert on_the_wall(found)[1:3] == [
        ("2026-11-03 09:00", "2026-11-03 11:00"),
        ("2026-11-03 11:30", "2026-11-03 12:00"),
    ]
    assert (found.spans[0][0], found.spans[-1][1]) == (NOW, LAST)
    assert {moment.tzinfo for span in found.spans for moment in span} == {UTC}


def test_events_that_share_a_uid_though_they_should_not_all_count() -> None:
    assert said(*[event(AT_NINE.replace("03T", f"0{day}T"), "DURATION:PT1H") for day in (3, 4, 5)]) == DAYS
    assert said(*[event(AT_NINE.replace("03T", f"0{day}T"), "DURATION:PT1H", uid="") for day in (3, 4, 5)]) == DAYS


# ---------- as programs write it, and worse ----------
PLAIN = calendar(event(AT_NINE, AT_TEN, "SUMMARY:Möte på Åsgatan ✓ 漢字"))


@pytest.mark.parametrize(
    "raw",
    [
        PLAIN,
        b"\xef\xbb\xbf" + PLAIN,
        b"\r\n \r\n" + PLAIN,
        PLAIN.replace(b"\r\n", b"\n"),
        PLAIN.replace(b"\r\n", b"\r"),
        PLAIN.replace(b"\r\n", b"\r\r\n"),
        PLAIN.replace(b"\r\n", b"\r\n\r\n"),
        PLAIN.decode().encode("utf-16"),
        PLAIN.decode().encode("utf-16-le"),
        PLAIN.decode().encode("utf-16-be"),
        PLAIN.decode().encode("latin-1", "replace"),
        PLAIN.decode().encode("cp1252", "replace"),
        PLAIN.decode().encode("shift-jis", "replace"),
        PLAIN + b"\x1a\x00\xff",
        PLAIN.replace(b"SUMMARY:", b"SUMMARY:\xff\xfe\x00\x80"),
        PLAIN.replace(b"Europe/Stockholm:2026", b"Europe/Stoc\r\n kholm:20\r\n\t26"),
        PLAIN.replace(b"BEGIN:VEVENT", b"begin:vevent").replace(b"END:VCALENDAR", b"End:vCalendar"),
        PLAIN + PLAIN,
        PLAIN.replace(b"END:VEVENT\r\n", b""),
        PLAIN.replace(b"END:VEVENT\r\n", b"END:VALARM\r\nEND:VEVENT\r\nEND:VEVENT\r\n"),
    ],
)
def test_any_encoding_line_end_and_folding_is_read(raw: bytes) -> None:
    assert on_the_wall(read(raw)) == [HOUR]


def test_what_lies_within_another_component_is_none_of_the_event() -> None:
    alarm = "BEGIN:VALARM\r\nDURATION:PT15M\r\nDTSTART:20261110T090000\r\nSTATUS:CANCELLED\r\nEND:VALARM\r\n"
    assert said(event(AT_NINE, AT_TEN, alarm.strip())) == [HOUR]
    assert said(event(event(AT_NINE.replace("1103", "1109"), AT_TEN).strip(), AT_NINE, AT_TEN)) == [HOUR]
    todo = event(AT_NINE.replace("1103", "1109"), AT_TEN).replace("VEVENT", "VTODO")
    assert said(event(AT_NINE, AT_TEN), todo, f"BEGIN:X-OWN\r\n{event(AT_NINE, AT_TEN)}END:X-OWN\r\n") == [HOUR]


ODD = {
    "no start": ("SUMMARY:X",),
    "no date": ("DTSTART:i morgon", AT_TEN),
    "30 February": ("DTSTART:20260230T090000", AT_TEN),
    "year 0": ("DTSTART:00000101T000000Z", AT_TEN),
    "year 1": ("DTSTART:00010101T000000Z", "DTEND:00010101T010000Z", DAILY),
    "year 9999": ("DTSTART:99991231T230000Z", "DURATION:P9D"),
    "ends before": (AT_NINE, "DTEND:20261103T070000Z"),
    "negative": (AT_NINE, "DURATION:-PT1H"),
    "no end of it": (AT_NINE, "DURATION:P99999999999W"),
    "no duration": (AT_NINE, "DURATION:lång"),
    "a time": ("DTSTART:090000", AT_TEN),
    "a period": ("DTSTART:20261103T080000Z/PT1H", AT_TEN),
    "odd number": (AT_NINE, AT_TEN, "SEQUENCE:ett"),
    "odd instead": (AT_NINE, AT_TEN, "RECURRENCE-ID:då"),
    "odd exdate": (AT_NINE, AT_TEN, DAILY, "EXDATE:aldrig"),
    "hourly": (AT_NINE, AT_TEN, "RRULE:FREQ=HOURLY"),
    "minutely": (AT_NINE, AT_TEN, "RRULE:FREQ=MINUTELY;COUNT=2"),
    "secondly": (AT_NINE, AT_TEN, "RRULE:FREQ=SECONDLY"),
    "no frequency": (AT_NINE, AT_TEN, "RRULE:COUNT=2"),
    "no rule": (AT_NINE, AT_TEN, "RRULE:varje vecka"),
    "interval 0": (AT_NINE, AT_TEN, "RRULE:FREQ=DAILY;INTERVAL=0"),
    "interval -1": (AT_NINE, AT_TEN, "RRULE:FREQ=DAILY;INTERVAL=-1"),
    "far apart": (AT_NINE, AT_TEN, "RRULE:FREQ=DAILY;INTERVAL=999999999999"),
    "every minute": (AT_NINE, AT_TEN, "RRULE:FREQ=DAILY;BYMINUTE=" + ",".join(map(str, range(60)))),
    "odd until": (AT_NINE, AT_TEN, "RRULE:FREQ=DAILY;UNTIL=sen"),
    "long rule": (AT_NINE, AT_TEN, "RRULE:FREQ=DAILY;BYMONTHDAY=" + "1," * 300 + "1"),
    "odd day": (AT_NINE, AT_TEN, "RRULE:FREQ=WEEKLY;BYDAY=XX"),
    "month 13": (AT_NINE, AT_TEN, "RRULE:FREQ=YEARLY;BYMONTH=13;BYMONTHDAY=1;BYSETPOS=0"),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_an_odd_event_is_counted_and_left_out_and_the_others_are_read(name: str) -> None:
    found = read(calendar(event(*ODD[name], uid="udda"), event(AT_NINE, AT_TEN)))
    assert found.unread == 1 and on_the_wall(found) == [HOUR]


def test_an_event_without_length_takes_no_time_and_an_odd_one_that_is_free_is_not_even_counted() -> None:
    assert said(event(AT_NINE), event(AT_NINE, "DURATION:PT0S"), event("TRANSP:TRANSPARENT")) == []


# ---------- no calendar ----------
@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "no_calendar"),
        (b"\xff\xfe", "no_calendar"),
        (b"\0\0\0\0", "no_calendar"),
        (b"<!DOCTYPE html><html>BEGIN:VCALENDAR", "no_calendar"),
        (b"BEGIN:VCARD\r\nEND:VCARD", "no_calendar"),
        (b"\x1f\x8b\x08\x00packed", "no_calendar"),
        (b"PK\x03\x04" + b"\0" * 100, "no_calendar"),
        (PLAIN[:-2].removesuffix(b"END:VCALENDAR"), "broken"),
        (PLAIN[:120], "broken"),
        (PLAIN.decode().encode("utf-16")[:151], "broken"),
        (b"BEGIN:VCALENDAR", "broken"),
        (b"x" * 5_000_001, "too_large"),
    ],
)
def test_what_is_no_whole_calendar_is_refused_with_a_code(raw: bytes, code: str) -> None:
    with pytest.raises(UnreadCalendar) as refused:
        read(raw)
    assert refused.value.code == code


def test_an_empty_calendar_is_a_calendar() -> None:
    assert read(calendar()) == ([], 0)


def test_every_calendar_of_the_library_s_own_tests_is_read_or_refused() -> None:
    folders = [Path(icalendar.__file__).parent / "tests", Path(icalendar.__file__).parents[1] / "recurring_ical_events"]
    files = [path for folder in folders for path in folder.rglob("*.ics")]
    assert len(files) > 100
    outcomes = set()
    for path in files:
        try:
            found = read(path.read_bytes())
        except UnreadCalendar as error:
            outcomes.add(error.code)
        else:
            assert all(NOW <= since < until <= LAST for since, until in found.spans), path
            outcomes.add("read")
    assert outcomes == {"read", "broken", "no_calendar"}
