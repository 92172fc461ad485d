"""A file of ours, property for property: as RFC 5545 and 5546 say, and as Outlook, Google and Apple want it."""

import re
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import icalendar
import pytest

from meetings.ical.events import Event, Reader
from meetings.ical.writing import CANCEL, PUBLISH, REQUEST, event_text, feed, invitation, single
from meetings.schedule import Rule
from meetings.states import Repeats
from tests.ical.making import meeting, series

HEAD = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Samverkansrum//SV
CALSCALE:GREGORIAN
METHOD:{method}
{more}BEGIN:VTIMEZONE
TZID:Europe/Stockholm
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
"""
FEED = """\
X-WR-CALNAME:Samverkansrum
REFRESH-INTERVAL;VALUE=DURATION:PT6H
X-PUBLISHED-TTL:PT6H
X-WR-TIMEZONE:Europe/Stockholm
"""
ONCE = """\
BEGIN:VEVENT
SUMMARY:Möte i Samverkansrum
DTSTART;TZID=Europe/Stockholm:20260317T130000
DTEND;TZID=Europe/Stockholm:20260317T150000
DTSTAMP:20260102T093000Z
UID:mote
SEQUENCE:2
CLASS:PRIVATE
DESCRIPTION:Logga in för att läsa mer: https://samverkan.exempel.se/kale
 nder/mote/
LOCATION:Stadshuset\\, rum 3
STATUS:CONFIRMED
TRANSP:OPAQUE
URL:https://samverkan.exempel.se/kalender/mote/
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:Möte i Samverkansrum
TRIGGER:-PT1H
END:VALARM
END:VEVENT
"""
RECURRING = """\
BEGIN:VEVENT
SUMMARY:Möte i Samverkansrum
DTSTART;TZID=Europe/Stockholm:20260120T130000
DTEND;TZID=Europe/Stockholm:20260120T150000
DTSTAMP:20260102T093000Z
UID:serie
SEQUENCE:0
RRULE:FREQ=MONTHLY;UNTIL=20261231T225900Z;INTERVAL=1;BYDAY=3TU;WKST=MO
EXDATE;TZID=Europe/Stockholm:20260421T130000
EXDATE;TZID=Europe/Stockholm:20260721T130000
CLASS:PRIVATE
DESCRIPTION:Logga in för att läsa mer: https://samverkan.exempel.se/kale
 nder/serie/
STATUS:CONFIRMED
TRANSP:OPAQUE
URL:https://samverkan.exempel.se/kalender/serie/
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
END:VEVENT
BEGIN:VEVENT
SUMMARY:Möte i Samverkansrum
DTSTART;TZID=Europe/Stockholm:20261022T130000
DTEND;TZID=Europe/Stockholm:20261022T150000
DTSTAMP:20260102T093000Z
UID:serie
RECURRENCE-ID;TZID=Europe/Stockholm:20261020T130000
SEQUENCE:1
CLASS:PRIVATE
DESCRIPTION:Logga in för att läsa mer: https://samverkan.exempel.se/kale
 nder/serie/
STATUS:CONFIRMED
TRANSP:OPAQUE
URL:https://samverkan.exempel.se/kalender/serie/
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
END:VEVENT
"""
END = "END:VCALENDAR\n"
THIRD_TUESDAY = Rule(Repeats.MONTHLY, "3", 1, 1, date(2026, 1, 1), date(2026, 12, 31), (7,))
EXCEPTIONS = {date(2026, 4, 21): None, date(2026, 10, 20): date(2026, 10, 22)}


def lines(ics: bytes) -> str:
    text = ics.decode()
    assert text.replace("\r\n", "").count("\n") == text.replace("\r\n", "").count("\r") == 0
    assert all(len(line) <= 75 for line in ics.split(b"\r\n"))
    return text.replace("\r\n", "\n")


def one() -> Event:
    return meeting(date(2026, 3, 17), sequence=2, place="Stadshuset, rum 3")


def yearly() -> list[Event]:
    return series(THIRD_TUESDAY, time(13), time(15), EXCEPTIONS)


def test_a_feed_is_written_so() -> None:
    texts = [event_text(one(), reminder=timedelta(hours=1)), *map(event_text, yearly())]
    assert lines(feed(texts)) == HEAD.format(method=PUBLISH, more=FEED) + ONCE + RECURRING + END


def test_a_feed_of_nothing_is_a_calendar_all_the_same() -> None:
    assert lines(feed([])) == HEAD.format(method=PUBLISH, more=FEED) + END


def test_a_download_is_written_so() -> None:
    ics = single(one(), reminder=timedelta(hours=1))
    assert lines(ics) == HEAD.format(method=PUBLISH, more="") + ONCE + END


def test_an_invitation_has_its_reader_alone_and_asks_for_an_answer() -> None:
    ics = invitation(
        REQUEST, [one()], reader=Reader("anna@exempel.se"), organizer="rum@exempel.se", reminder=timedelta(hours=1)
    )
    attendee = (
        "ATTENDEE;CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP\n =TRUE:mailto:anna@exempel.se\n"
    )
    event = ONCE.replace("CLASS:", attendee + "CLASS:")
    event = event.replace("\nSTATUS:", "\nORGANIZER;CN=Samverkansrum:mailto:rum@exempel.se\nSTATUS:")
    assert lines(ics) == HEAD.format(method=REQUEST, more="") + event + END


def test_what_is_taken_back_asks_for_nothing_reminds_of_nothing_and_holds_no_time() -> None:
    ics = invitation(
        CANCEL, yearly(), reader=Reader("anna@exempel.se"), organizer="rum@exempel.se", reminder=timedelta(hours=1)
    )
    calendar = icalendar.Calendar.from_ical(ics)
    assert calendar["METHOD"] == CANCEL
    assert not calendar.walk("VALARM")
    for event in calendar.walk("VEVENT"):
        told = (event["STATUS"], event["TRANSP"], event["X-MICROSOFT-CDO-BUSYSTATUS"], event["ORGANIZER"])
        assert told == ("CANCELLED", "TRANSPARENT", "FREE", "mailto:rum@exempel.se")
        assert (event["ATTENDEE"], dict(event["ATTENDEE"].params)) == (
            "mailto:anna@exempel.se",
            {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT"},
        )


@pytest.mark.parametrize("answer", ["NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE"])
@pytest.mark.parametrize("asks", [True, False])
def test_a_new_version_carries_the_answer_already_given(answer: str, asks: bool) -> None:
    ics = invitation(REQUEST, [one()], reader=Reader("a@exempel.se", answer, asks), organizer="rum@exempel.se")
    (event,) = icalendar.Calendar.from_ical(ics).walk("VEVENT")
    params = event["ATTENDEE"].params
    assert (params["PARTSTAT"], params["RSVP"]) == (answer, "TRUE" if asks else "FALSE")


@pytest.mark.parametrize("method", [REQUEST, CANCEL])
def test_every_version_of_a_mail_has_what_rfc_5546_asks_for(method: str) -> None:
    ics = invitation(method, yearly(), reader=Reader("anna@exempel.se"), organizer="rum@exempel.se")
    once = {"DTSTAMP", "DTSTART", "ORGANIZER", "SEQUENCE", "SUMMARY", "UID", "STATUS", "ATTENDEE", "DTEND"}
    for event in re.findall(r"BEGIN:VEVENT\n(.*?)END:VEVENT", lines(ics).replace("\n ", ""), re.DOTALL):
        counted = Counter(re.split("[;:]", line)[0] for line in event.splitlines())
        assert {name for name in once if counted[name] == 1} == once


def test_moments_are_written_in_the_zone_they_belong_to_whatever_zone_they_come_in() -> None:
    begins = datetime(2026, 7, 1, 11, tzinfo=UTC)
    stamp = datetime.fromisoformat("2026-01-02T10:30:00+01:00")
    event = Event("x", 0, stamp, begins, begins + timedelta(hours=1), "https://exempel.se/")
    text = event_text(event)
    assert "DTSTART;TZID=Europe/Stockholm:20260701T130000\r\n" in text
    assert "DTSTAMP:20260102T093000Z\r\n" in text


@pytest.mark.parametrize(
    ("last", "until"),
    [
        (date(2026, 6, 30), "20260630T215900Z"),
        (date(2026, 3, 29), "20260329T215900Z"),
        (date(2026, 10, 25), "20261025T225900Z"),
    ],
)
def test_the_last_day_of_a_series_is_written_in_utc(last: date, until: str) -> None:
    (event,) = series(Rule(Repeats.WEEKLY, "1", 3, 1, date(2026, 1, 1), last), time(9), time(10), {})
    assert f";UNTIL={until};" in event_text(event)


def test_no_month_is_in_a_rule_since_outlook_reads_none_there() -> None:
    endless = Rule(Repeats.WEEKLY, "1", 1, 1, date(2026, 1, 1), None, (7, 8))
    text = "".join(map(event_text, [*yearly(), *series(endless, time(9), time(10), {})]))
    assert "BYMONTH" not in text
    assert "UNTIL" in text


def test_the_clock_has_one_winter_and_one_summer_by_rule_as_outlook_wants() -> None:
    (zone,) = icalendar.Calendar.from_ical(single(one())).walk("VTIMEZONE")
    assert [part.name for part in zone.subcomponents] == ["DAYLIGHT", "STANDARD"]
    assert all("RRULE" in part and "RDATE" not in part for part in zone.subcomponents)


def test_one_event_is_the_same_text_in_a_feed_as_in_a_download() -> None:
    assert event_text(one()).encode() in single(one())
