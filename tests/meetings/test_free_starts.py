"""The pure part of «Hitta en tid», against a slow walk minute by minute."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta

from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from meetings.queries.finding import LENGTHS, Person, find_days, free_starts, spread
from meetings.queries.times import Span
from workspace.clocks import day_off

MONDAY = date(2026, 11, 23)
MINUTE = timedelta(minutes=1)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day, hour, minute))


def walked(
    day: date, people: Collection[Person], minutes: int, now: datetime, closed: Collection[Span]
) -> tuple[list[datetime], list[datetime]]:
    """Every half-hour, and for each person every minute of the meeting."""
    found: tuple[list[datetime], list[datetime]] = ([], [])
    for hour, minute in ((hour, minute) for hour in range(24) for minute in (0, 30)):
        starts = at(day, hour, minute)
        moments = [starts.astimezone(UTC) + MINUTE * number for number in range(minutes)]
        clocks = [timezone.localtime(moment) for moment in moments]
        in_hours = all(9 <= one.hour < 16 and one.date() == day for one in clocks)
        if not in_hours or day_off(day) or starts <= now or any(a <= one < b for one in moments for a, b in closed):
            continue
        busy = [any(a <= one < b for one in moments for a, b in person.busy) or day in person.away for person in people]
        if sum(busy) < 2:
            found[sum(busy)].append(starts)
    return found


DAYS = st.sampled_from(
    [
        *(MONDAY + timedelta(days=number) for number in range(7)),
        date(2026, 12, 24),
        date(2027, 3, 28),
        date(2026, 10, 26),
    ]
)


@st.composite
def spans(draw: st.DrawFn, day: date) -> Span:
    begins = at(day, 0) + MINUTE * draw(st.integers(-600, 1500))
    return begins, begins + MINUTE * draw(st.sampled_from([1, 14, 30, 45, 60, 90, 300, 3000]))


@settings(deadline=None)
@given(st.data())
def test_the_times_found_are_those_of_a_slow_walk(data: st.DataObject) -> None:
    day = data.draw(DAYS)
    away = st.sampled_from([frozenset(), frozenset({day}), frozenset({day + timedelta(days=1)})])
    person = st.builds(Person, st.lists(spans(day), max_size=4), away)
    people = data.draw(st.lists(person, max_size=4))
    closed = data.draw(st.lists(spans(day), max_size=2))
    now = data.draw(st.sampled_from([at(day, 0), at(day, 11, 15), at(day, 9), at(day + timedelta(days=1), 0)]))
    minutes = data.draw(st.sampled_from([*LENGTHS, 45, 240, 421]))
    assert free_starts(day, people, minutes, now=now, closed=closed) == walked(day, people, minutes, now, closed)


@given(st.lists(st.integers(0, 13), unique=True).map(sorted))
def test_the_times_shown_are_an_hour_apart_from_where_each_free_run_begins(slots: list[int]) -> None:
    starts = [at(MONDAY, 9) + timedelta(minutes=30 * slot) for slot in slots]
    shown = spread(starts)
    assert set(shown) <= set(starts)
    for here in starts:  # whoever is not shown has one half an hour before, which is
        assert (here in shown) != (here - timedelta(minutes=30) in shown)


def test_nobody_at_all_suits_every_time() -> None:
    days, but_one = find_days([], 60, now=at(MONDAY, 8), first=MONDAY)
    assert not but_one and len(days) == 21 and len(days[0].starts) == 7


def test_a_meeting_that_fills_the_day_fits_once_and_a_longer_one_never() -> None:
    assert free_starts(MONDAY, [], 420, now=at(MONDAY, 0))[0] == [at(MONDAY, 9)]
    assert free_starts(MONDAY, [], 421, now=at(MONDAY, 0))[0] == []


def test_a_time_that_is_taken_is_not_found_again_and_a_week_off_gives_nothing() -> None:
    days, _ = find_days([Person()], 60, now=at(MONDAY, 8), first=MONDAY, taken={at(MONDAY, 9)})
    assert days[0].starts[0] == at(MONDAY, 9, 30)
    away = {MONDAY + timedelta(days=number) for number in range(40)}
    assert find_days([Person(away=away)], 60, now=at(MONDAY, 8), first=MONDAY, may_lack_one=False) == ([], False)


def test_all_but_one_is_said_only_where_nothing_suits_all() -> None:
    whole = [(at(MONDAY, 0), at(MONDAY + timedelta(days=60), 0))]
    kept = [Person(whole), Person(), Person()]
    days, but_one = find_days(kept, 60, now=at(MONDAY, 8), first=MONDAY)
    assert but_one and len(days) == 21
    free = [Person([(at(MONDAY, 10), whole[0][1])]), Person(), Person()]
    days, but_one = find_days(free, 60, now=at(MONDAY, 8), first=MONDAY)
    assert not but_one and [one.starts for one in days] == [(at(MONDAY, 9),)]
    assert find_days([Person(whole), Person(whole), Person()], 60, now=at(MONDAY, 8), first=MONDAY) == ([], False)
