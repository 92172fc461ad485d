"""What we write is the same in every client, on the wall clock, over every clock change."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meetings.ical.events import Reader
from meetings.ical.writing import CANCEL, REQUEST, event_text, feed, invitation, single
from meetings.schedule import Rule, occurrences
from meetings.states import Repeats
from tests.ical.making import ONE_DAY, meeting, series, wall_clock
from tests.ical.readers import READERS, read_by
from tests.meetings.test_schedule import hours, rules

STOCKHOLM = ZoneInfo("Europe/Stockholm")
Exceptions = Mapping[date, date | None]
Series = tuple[Rule, time, time, Exceptions]

each_reader = pytest.mark.parametrize("reader", READERS)


def written(many: list[Series]) -> bytes:
    events = [
        event_text(event)
        for number, (rule, begins, ends, exceptions) in enumerate(many)
        for event in series(rule, begins, ends, exceptions, uid=f"serie-{number}")
    ]
    return feed(events)


def times(many: list[Series], first: date, last: date) -> list[tuple[datetime, datetime]]:
    return sorted(
        when
        for rule, begins, ends, exceptions in many
        if series(rule, begins, ends, exceptions)
        for when in wall_clock(rule, begins, ends, exceptions, first, last)
    )


def told(reader: str, ics: bytes, first: date, last: date) -> list[tuple[datetime, datetime]]:
    with TemporaryDirectory() as folder:
        return sorted((one.start, one.end) for one in read_by(reader, ics, first, last, Path(folder)))


@st.composite
def whole_series(draw: st.DrawFn) -> Series:
    """A rule with its times, and some of its days moved or without a meeting."""
    rule, begins = draw(rules), draw(hours)
    ends = (datetime.combine(rule.from_on, begins) + timedelta(minutes=draw(st.integers(15, 105)))).time()
    days = occurrences(rule, rule.from_on, rule.from_on + ONE_DAY * 700)
    picked = draw(st.lists(st.sampled_from(days), max_size=4, unique=True)) if days else []
    moved = st.one_of(st.none(), st.integers(-6, 9))
    exceptions: dict[date, date | None] = {}
    for on in picked:
        by = draw(moved)
        exceptions[on] = None if by is None else on + ONE_DAY * by
    return rule, begins, ends, exceptions


@each_reader
def test_series_of_every_rule_are_read_as_the_product_reckons_them(reader: str) -> None:
    @settings(derandomize=True, deadline=None, max_examples=4, suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(whole_series(), min_size=12, max_size=12))
    def read_alike(many: list[Series]) -> None:
        first, last = date(2026, 1, 1), date(2029, 12, 31)
        assert told(reader, written(many), first, last) == times(many, first, last)

    read_alike()


def over_the_changes(begins: time, ends: time) -> list[Series]:
    """Each weekday around the clock changes: every week, every other, each month and its last."""
    start, end = date(2026, 3, 1), date(2027, 4, 30)
    return [
        (Rule(repeats, ordinal, weekday, interval, start, end), begins, ends, {})
        for repeats, ordinal, interval in (
            *((Repeats.WEEKLY, "1", 1), (Repeats.WEEKLY, "1", 2)),
            *((Repeats.MONTHLY, "4", 1), (Repeats.MONTHLY, "-1", 1)),
        )
        for weekday in (5, 6, 0)
    ]


@each_reader
@pytest.mark.parametrize(("begins", "ends"), [(time(6), time(7, 30)), (time(22), time(23)), (time(13), time(15))])
def test_early_and_late_are_the_same_on_the_wall_over_both_clock_changes(reader: str, begins: time, ends: time) -> None:
    many = over_the_changes(begins, ends)
    first, last = date(2026, 3, 1), date(2027, 4, 30)
    expected = times(many, first, last)
    assert {date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28)} <= {start.date() for start, _ in expected}
    assert told(reader, written(many), first, last) == expected


@each_reader
def test_a_day_is_moved_over_a_clock_change_and_keeps_its_time(reader: str) -> None:
    rule = Rule(Repeats.WEEKLY, "1", 4, 1, date(2026, 3, 1), date(2026, 11, 30))
    moved: Exceptions = {
        date(2026, 3, 27): date(2026, 3, 30),  # from winter to summer
        date(2026, 10, 30): date(2026, 10, 24),  # from winter back to summer
        date(2026, 10, 23): date(2026, 10, 25),  # to the very day
        date(2026, 4, 3): None,
        date(2026, 11, 6): None,
    }
    many: list[Series] = [(rule, time(9), time(11, 30), moved)]
    first, last = date(2026, 3, 1), date(2026, 12, 31)
    assert told(reader, written(many), first, last) == times(many, first, last)


@each_reader
def test_months_off_are_no_meetings_in_any_client_for_ten_years(reader: str) -> None:
    rule = Rule(Repeats.MONTHLY, "3", 1, 1, date(2026, 1, 1), None, (7, 12))
    many: list[Series] = [(rule, time(13), time(15), {})]
    first, last = date(2026, 1, 1), date(2035, 12, 31)
    assert told(reader, written(many), first, last) == times(many, first, last)


@each_reader
def test_the_last_day_counts_and_the_day_after_it_does_not(reader: str) -> None:
    many: list[Series] = [
        (Rule(Repeats.WEEKLY, "1", 3, 1, date(2026, 9, 1), date(2026, 10, 29)), time(22), time(23), {}),
        (Rule(Repeats.WEEKLY, "1", 3, 1, date(2026, 2, 1), date(2026, 4, 1)), time(6), time(7), {}),
    ]
    first, last = date(2026, 1, 1), date(2026, 12, 31)
    found = told(reader, written(many), first, last)
    assert found == times(many, first, last)
    assert (found[-1][0], found[7][0]) == (datetime(2026, 10, 29, 22), datetime(2026, 3, 26, 6))


@each_reader
@pytest.mark.parametrize("known", [True, False], ids=["zone known to the reader", "zone by our VTIMEZONE alone"])
def test_from_2020_to_2037_the_clock_is_stockholms(reader: str, known: bool) -> None:
    """Under a name that no reader knows, the rules in the file are all it has to go by."""
    days = [date(year, month, 28) for year in (2020, 2026, 2037) for month in range(1, 13)]
    days += [day + ONE_DAY * by for year in range(2020, 2038) for day in changes(year) for by in (-1, 0, 1)]
    meetings = [
        meeting(day, time(hour), time(hour + 1), uid=f"{day}-{hour}") for day in sorted(set(days)) for hour in (6, 22)
    ]
    ics = feed([event_text(one) for one in meetings])
    if not known:
        for sign in (b"=", b":"):
            ics = ics.replace(b"TZID" + sign + b"Europe/Stockholm", b"TZID" + sign + b"Samverkansrums klocka")
        assert ics.count(b"Europe/Stockholm") == 1  # X-WR-TIMEZONE: how the client is to show it
    expected = sorted((wall(one.starts_at), wall(one.ends_at)) for one in meetings)
    assert told(reader, ics, date(2020, 1, 1), date(2037, 12, 31)) == expected


def wall(moment: datetime) -> datetime:
    return moment.astimezone(STOCKHOLM).replace(tzinfo=None)


def changes(year: int) -> list[date]:
    """The last Sundays of March and October."""
    lasts = (date(year, 3, 31), date(year, 10, 31))
    return [day - ONE_DAY * ((day.weekday() + 1) % 7) for day in lasts]


def test_our_clock_is_stockholms_every_hour_around_each_change_and_every_day() -> None:
    calendar = icalendar.Calendar.from_ical(single(meeting(date(2026, 3, 17))))
    ours = calendar.walk("VTIMEZONE")[0].to_tz()
    for year in range(2020, 2038):
        for day in changes(year):
            for hour in range(-30, 30):
                naive = datetime.combine(day, time(0)) + timedelta(hours=hour)
                offsets = {naive.replace(tzinfo=zone).utcoffset() for zone in (ours, STOCKHOLM)}
                if naive.date() != day or naive.hour not in (2, 3):  # the hours that are not, or are twice
                    assert len(offsets) == 1, naive
    for number in range(0, 365 * 18):
        naive = datetime(2020, 1, 1, 12) + timedelta(days=number)
        assert naive.replace(tzinfo=ours).utcoffset() == naive.replace(tzinfo=STOCKHOLM).utcoffset()


@each_reader
def test_a_download_and_an_invitation_are_read_as_the_feed_is(reader: str) -> None:
    one = meeting(date(2026, 10, 25), time(8), time(9), place="Hörsalen, plan 2; ring på")
    files = [single(one), invitation(REQUEST, [one], reader=Reader("anna@exempel.se"), organizer="rum@exempel.se")]
    for ics in (feed([event_text(one)]), *files):
        with TemporaryDirectory() as folder:
            (found,) = read_by(reader, ics, date(2026, 10, 1), date(2026, 10, 31), Path(folder))
        assert (found.start, found.end) == (datetime(2026, 10, 25, 8), datetime(2026, 10, 25, 9))
        assert (found.summary, found.location) == ("Möte i Samverkansrum", "Hörsalen, plan 2; ring på")
        assert found.uid == ("" if reader == "vdirsyncer" else "mote")


@each_reader
def test_a_later_version_of_one_occurrence_stands_beside_the_series(reader: str) -> None:
    """It differs by its place alone."""
    rule = Rule(Repeats.WEEKLY, "1", 1, 1, date(2026, 10, 1), date(2026, 11, 30))
    whole, other = series(rule, time(13), time(15), {date(2026, 10, 27): date(2026, 10, 27)})
    events = [whole, replace(other, place="Biblioteket")]
    with TemporaryDirectory() as folder:
        found = read_by(reader, feed(map(event_text, events)), date(2026, 10, 1), date(2026, 11, 30), Path(folder))
    assert [one.start.date() for one in found if one.location == "Biblioteket"] == [date(2026, 10, 27)]
    assert len(found) == len({one.start for one in found}) == 8


def test_what_is_taken_back_is_read_as_cancelled() -> None:
    ics = invitation(CANCEL, [meeting(date(2026, 5, 5), sequence=3)], reader=Reader("a@b.se"), organizer="rum@b.se")
    (event,) = icalendar.Calendar.from_ical(ics).walk("VEVENT")
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 3)
