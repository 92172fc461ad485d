"""Places and addresses are typed by people: whatever they hold, a file of ours says one meeting and nothing more."""

import dataclasses
import random
import unicodedata
from datetime import date, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import icalendar
import pytest

from meetings.ical.events import SUMMARY, Event, Reader
from meetings.ical.writing import CANCEL, LONGEST_PLACE, REQUEST, clean_place, event_text, feed, invitation, single
from tests.ical.making import meeting
from tests.ical.readers import READERS, read_by

PIECES = [
    *("\r\n", "\n", "\r", "\n ", "\r\n\t", "\x00", "\x07", "\x0b", "\x0c", "\x1b[31m", "\x1f", "\x7f", "\x85", "\xa0"),
    *("\u2028", "\u2029", "\u200b", "\u200e", "\u200f", "\u202e", "\u2066", "\ufeff", "\ufffe", "\xad", "\ud800"),
    *("BEGIN:VEVENT", "END:VEVENT", "BEGIN:VALARM", "END:VCALENDAR", "ATTENDEE:mailto:x@y.se", "RRULE:FREQ=SECONDLY"),
    *("X-A;B=C:d", "URL:javascript:alert(1)", "ATTACH:file:///etc/passwd", "LOCATION:", ";VALUE=DATE", ":", ";", ","),
    *(
        "\\",
        "\\n",
        "\\N",
        "\\\\n",
        "\\;",
        "\\,",
        '"',
        "'",
        "^n",
        "^'",
        "=",
        "=0D=0A",
        "%0D%0A",
        "&#13;",
        "<b>",
        "{{x}}",
    ),
    *(
        "Rum 3",
        "Stadshuset",
        "plan",
        "å",
        "Ä",
        "ö",
        "č",
        "đ",
        "e\u0301",
        "👩\u200d👩\u200d👧",
        "🏴",
        "💡",
        "مرحبا",
        "会议",
        " ",
    ),
]
EXPECTED = {
    *("SUMMARY", "DTSTART", "DTEND", "DTSTAMP", "UID", "SEQUENCE", "CLASS", "DESCRIPTION", "STATUS", "TRANSP", "URL"),
    "X-MICROSOFT-CDO-BUSYSTATUS",
}


def hostile(chance: random.Random) -> str:
    """A text of hostile pieces. One of a hundred is 10 kB or more."""
    length = 3000 if chance.random() < 0.01 else chance.randint(1, 14)
    return "".join(chance.choice(PIECES) for _ in range(length))


def unfolded(ics: bytes) -> list[str]:
    """The lines of a file as the most gullible reader splits them."""
    return ics.decode().replace("\r\n ", "").replace("\r\n\t", "").splitlines()


def parsed_by_hand(ics: bytes) -> tuple[list[str], str]:
    """A second parser, by RFC 5545 3.1 and 3.3.11 and nothing else: the names of VEVENT's lines, and its place."""
    lines = unfolded(ics)
    begins, ends = lines.index("BEGIN:VEVENT"), lines.index("END:VEVENT")
    inside = [line.partition(":") for line in lines[begins + 1 : ends]]
    written = next((value for name, _, value in inside if name == "LOCATION"), "")
    place = ""
    letters = iter(written)
    for letter in letters:
        place += {"n": "\n", "N": "\n"}.get(after := next(letters), after) if letter == "\\" else letter
    return [name.partition(";")[0] for name, _, _ in inside], place


def says_one_meeting(ics: bytes, place: str, more: frozenset[str] = frozenset()) -> None:
    cleaned = clean_place(place)
    expected = EXPECTED | more | ({"LOCATION"} if cleaned else set())
    calendar = icalendar.Calendar.from_ical(ics)
    assert [part.name for part in calendar.subcomponents] == ["VTIMEZONE", "VEVENT"]
    event = calendar.subcomponents[1]
    assert set(event) == expected
    assert not event.subcomponents
    assert not event.errors
    assert (event["SUMMARY"], str(event.get("LOCATION", ""))) == (SUMMARY, cleaned)
    names, told = parsed_by_hand(ics)
    assert sorted(names) == sorted(expected)
    assert told == cleaned
    text = ics.decode()
    assert all(char == "\u200d" or unicodedata.category(char) not in ("Cc", "Cf", "Zl", "Zp") for char in cleaned)
    assert not [char for char in text.replace("\r\n", "") if unicodedata.category(char) in ("Cc", "Zl", "Zp")]
    assert text.count("\r\nBEGIN:VEVENT\r\n") == text.count("\r\nEND:VEVENT\r\n") == 1
    assert all(len(line) <= 75 for line in ics.split(b"\r\n"))


def all_of(number: int, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(number):
        place, address = hostile(chance), hostile(chance)
        event = meeting(date(2026, 10, 25), time(9), time(10), place=place)
        says_one_meeting(feed([event_text(event)]), place)
        says_one_meeting(single(event), place)
        method = chance.choice([REQUEST, CANCEL])
        ics = invitation(method, [event], reader=Reader(address), organizer=hostile(chance))
        says_one_meeting(ics, place, frozenset({"ATTENDEE", "ORGANIZER"}))


def test_five_hundred_hostile_texts_inject_nothing_and_are_read_as_they_were_cleaned() -> None:
    all_of(500, seed=8)


@pytest.mark.long
def test_ten_thousand_hostile_texts_inject_nothing_and_are_read_as_they_were_cleaned() -> None:
    all_of(10_000, seed=2026)


def read_as_cleaned(reader: str, number: int) -> None:
    """All places in one feed, as many meetings at one time."""
    chance = random.Random(31)
    places = [hostile(chance) for _ in range(number)]
    day = date(2026, 3, 29)
    events = [meeting(day, time(9), time(10), uid=f"{at:05}", place=place) for at, place in enumerate(places)]
    with TemporaryDirectory() as folder:
        found = read_by(reader, feed(map(event_text, events)), day, day, Path(folder))
    assert {one.summary for one in found} == {SUMMARY}
    assert sorted(one.location for one in found) == sorted(map(clean_place, places))


@pytest.mark.parametrize("reader", READERS)
def test_the_clients_read_three_hundred_hostile_places_as_they_were_cleaned(reader: str) -> None:
    read_as_cleaned(reader, 300)


@pytest.mark.long
def test_ical_js_reads_ten_thousand_hostile_places_as_they_were_cleaned() -> None:
    read_as_cleaned("ical.js", 10_000)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Stadshuset,\r\nrum 3", "Stadshuset, rum 3"),
        ("  Rum\t3 \x00 ", "Rum 3"),
        ("Plan 2\u2028Rum 3", "Plan 2 Rum 3"),
        ("\u202eterces", "terces"),
        ("\\Norr", "/Norr"),
        ("Sam\xadtal", "Samtal"),
        ("👩\u200d👩\u200d👧 Familjerummet", "👩\u200d👩\u200d👧 Familjerummet"),
        ("å" * 10_000, "å" * LONGEST_PLACE),
        ("\r\n\x00 \u2029", ""),
        ("", ""),
    ],
)
def test_a_place_is_one_line_of_what_is_seen(typed: str, said: str) -> None:
    assert clean_place(typed) == said


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("anna.öberg+rum@exempel.se", "mailto:anna.%C3%B6berg+rum@exempel.se"),
        ("o'hara@exempel.se", "mailto:o'hara@exempel.se"),
        ("a@b.se\r\nATTENDEE:mailto:x@y.se", "mailto:a@b.se%20ATTENDEE%3Amailto%3Ax@y.se"),
        ('"a;b,c"@exempel.se', "mailto:%22a%3Bb%2Cc%22@exempel.se"),
        ("a@b.se?bcc=x@y.se", "mailto:a@b.se%3Fbcc=x@y.se"),
    ],
)
def test_an_address_is_one_address(address: str, written: str) -> None:
    ics = invitation(REQUEST, [meeting(date(2026, 3, 17))], reader=Reader(address), organizer=address)
    (event,) = icalendar.Calendar.from_ical(ics).walk("VEVENT")
    assert (event["ATTENDEE"], event["ORGANIZER"]) == (written, written)


def test_an_event_has_nowhere_to_put_a_title_a_name_or_a_text() -> None:
    """Nothing is revealed that is not told: when, where it is neutral, a link, and what its reader answered."""
    assert {field.name for field in dataclasses.fields(Event)} == {
        *("uid", "sequence", "stamp", "starts_at", "ends_at", "url", "place", "recurrence", "instead_of", "answer"),
    }
    assert {field.name for field in dataclasses.fields(Reader)} == {"address", "answer", "asks"}


def test_a_reminder_says_no_more_than_the_title() -> None:
    ics = single(meeting(date(2026, 3, 17), place="Rum 3"), reminder=timedelta(minutes=15))
    (alarm,) = icalendar.Calendar.from_ical(ics).walk("VALARM")
    assert (set(alarm), alarm["DESCRIPTION"]) == ({"ACTION", "DESCRIPTION", "TRIGGER"}, SUMMARY)
