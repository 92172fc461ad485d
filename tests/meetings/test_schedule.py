"""Which days a series gives: against a slow walk, and against iCalendar's own reckoning, over both clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st

from meetings.schedule import (
    HORIZON,
    Occurrence,
    Rule,
    coming,
    days_between,
    days_counted,
    occurrences,
    parse_time,
    same_week,
    sentence,
    span,
    week_after,
)
from meetings.states import Ordinal, Repeats
from workspace.clocks import add_months, day_off

ONE_DAY = timedelta(days=1)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
starts = st.dates(date(2026, 1, 1), date(2028, 6, 30))
months = st.lists(st.integers(1, 12), max_size=6, unique=True).map(tuple)
rules = st.builds(
    lambda repeats, ordinal, weekday, interval, from_on, length, off: Rule(
        repeats, ordinal, weekday, interval, from_on, from_on + ONE_DAY * length if length else None, off
    ),
    st.sampled_from(Repeats.values),
    st.sampled_from(Ordinal.values),
    st.integers(0, 6),
    st.integers(1, 4),
    starts,
    st.one_of(st.none(), st.integers(1, 700)),
    months,
)
hours = st.tuples(st.integers(6, 20), st.sampled_from([0, 15, 30, 45])).map(lambda one: time(*one))


def monthly(weekday: int = 1, ordinal: str = "3", from_on: date = date(2026, 1, 1), **more: object) -> Rule:
    return Rule(Repeats.MONTHLY, ordinal, weekday, 1, from_on, **more)  # type: ignore[arg-type]


def walked(rule: Rule, first: date, last: date) -> list[date]:
    """Day after day: is it the weekday, in its place in the month, in a week or month that counts?"""
    found, day = [], max(first, rule.from_on)
    monday = rule.from_on - ONE_DAY * rule.from_on.weekday()
    while day <= min(last, rule.to_on or last):
        if rule.repeats == Repeats.MONTHLY:
            number = (day.day - 1) // 7 + 1
            placed = (day + ONE_DAY * 7).month != day.month if rule.ordinal == "-1" else number == int(rule.ordinal)
            steps = day.year * 12 + day.month - rule.from_on.year * 12 - rule.from_on.month
        else:
            placed, steps = True, (day - monday).days // 7
        if day.weekday() == rule.weekday and placed and steps % rule.interval == 0:
            found += [day] if day.month not in rule.months_off else []
        day += ONE_DAY
    return found


@settings(derandomize=True, deadline=None, max_examples=120)
@given(rules, st.integers(-60, 400), st.integers(0, 500))
def test_a_rule_gives_the_days_that_a_slow_walk_finds(rule: Rule, after: int, length: int) -> None:
    first = rule.from_on + ONE_DAY * after
    last = first + ONE_DAY * length
    assert occurrences(rule, first, last) == walked(rule, first, last)


def as_calendar(rule: Rule, first: date, begins: time, ends: time) -> icalendar.Calendar:
    """The rule as RFC 5545 writes it. DTSTART is itself a meeting, so it is the first day the rule gives."""
    text = f"FREQ={rule.repeats.upper()};INTERVAL={rule.interval};WKST=MO;BYDAY="
    text += (rule.ordinal if rule.repeats == Repeats.MONTHLY else "") + DAYS[rule.weekday]
    text += f";BYMONTH={','.join(str(month) for month in range(1, 13) if month not in rule.months_off)}"
    if rule.to_on:
        until = datetime.combine(rule.to_on, time(23, 59), STOCKHOLM).astimezone(UTC)
        text += f";UNTIL={until:%Y%m%dT%H%M%SZ}"
    event = icalendar.Event()
    event.add("uid", "serie")
    event.add("dtstart", datetime.combine(first, begins, STOCKHOLM))
    event.add("dtend", datetime.combine(first, ends, STOCKHOLM))
    event.add("rrule", icalendar.vRecur.from_ical(text))
    calendar = icalendar.Calendar()
    calendar.add_component(event)
    return calendar


@settings(derandomize=True, deadline=None, max_examples=80)
@given(rules, hours, st.integers(15, 105))
def test_icalendar_reckons_the_same_days_and_the_same_times_over_both_clock_changes(
    rule: Rule, begins: time, minutes: int
) -> None:
    ends = (datetime.combine(date(2026, 1, 1), begins) + timedelta(minutes=minutes)).time()
    last = rule.from_on + ONE_DAY * 800
    ours = occurrences(rule, rule.from_on, last)
    if not ours:
        return
    theirs = recurring_ical_events.of(as_calendar(rule, ours[0], begins, ends)).between(rule.from_on, last + ONE_DAY)
    told = sorted((event["DTSTART"].dt.astimezone(UTC), event["DTEND"].dt.astimezone(UTC)) for event in theirs)
    assert told == [tuple(at.astimezone(UTC) for at in span(day, begins, ends)) for day in ours]


@pytest.mark.parametrize("day", [date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 24), date(2026, 10, 25)])
def test_thirteen_to_fifteen_is_that_on_the_wall_on_both_sides_of_a_clock_change(day: date) -> None:
    starts_at, ends_at = span(day, time(13), time(15))
    assert [at.astimezone(STOCKHOLM).hour for at in (starts_at, ends_at)] == [13, 15]
    assert ends_at - starts_at == timedelta(hours=2)
    summer = date(2026, 3, 29) <= day < date(2026, 10, 25)
    assert starts_at.astimezone(UTC).hour == (11 if summer else 12)


# ---------- exceptions ----------
def test_a_day_moved_is_where_it_is_moved_to_and_a_day_without_meeting_is_gone() -> None:
    rule = monthly(weekday=3, ordinal="4", from_on=date(2026, 11, 1))
    moved = {date(2026, 12, 24): date(2026, 12, 17), date(2027, 1, 28): None}
    found = days_between(rule, moved, date(2026, 12, 1), date(2027, 2, 28))
    assert found == [
        Occurrence(date(2026, 12, 24), date(2026, 12, 17)),
        Occurrence(date(2027, 2, 25), date(2027, 2, 25)),
    ]


def test_a_day_moved_into_the_span_counts_and_one_the_rule_no_longer_gives_does_not() -> None:
    rule = monthly(weekday=3, ordinal="4", from_on=date(2026, 11, 1))
    moved = {date(2026, 12, 24): date(2027, 1, 7), date(2026, 12, 23): date(2027, 1, 8)}
    assert days_between(rule, moved, date(2027, 1, 1), date(2027, 1, 10)) == [
        Occurrence(date(2026, 12, 24), date(2027, 1, 7))
    ]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(rules, st.integers(1, 14))
def test_the_coming_days_are_the_first_ones_in_their_order(rule: Rule, number: int) -> None:
    found = [one.day for one in coming(rule, {}, rule.from_on, number)]
    assert found == walked(rule, rule.from_on, add_months(rule.from_on, HORIZON))[:number]


@settings(derandomize=True, deadline=None, max_examples=150)
@given(starts)
def test_where_a_day_off_can_go_is_a_working_day_of_its_week_or_the_one_after(day: date) -> None:
    near, after = same_week(day), week_after(day)
    monday = day - ONE_DAY * day.weekday()
    for found, week in ((near, monday), (after, monday + ONE_DAY * 7)):
        if found is not None:
            assert not day_off(found)
            assert week <= found < week + ONE_DAY * 7
    if near is not None and not day_off(day):
        assert near == day


def test_christmas_eve_goes_to_the_day_before_or_the_nearest_after_new_year() -> None:
    assert same_week(date(2026, 12, 24)) == date(2026, 12, 23)
    assert week_after(date(2026, 12, 24)) == date(2026, 12, 30)  # the 31st is a day off too


def test_days_of_the_months_off_are_not_counted() -> None:
    assert days_counted(date(2026, 6, 16), date(2026, 8, 18), ()) == 63
    assert days_counted(date(2026, 6, 16), date(2026, 8, 18), (7,)) == 32
    assert days_counted(date(2026, 6, 16), date(2026, 6, 16), ()) == 0


def test_a_rule_with_every_month_off_or_an_end_before_its_start_gives_nothing() -> None:
    assert occurrences(monthly(months_off=tuple(range(1, 13))), date(2026, 1, 1), date(2030, 1, 1)) == []
    assert occurrences(monthly(to_on=date(2025, 1, 1)), date(2026, 1, 1), date(2030, 1, 1)) == []


# ---------- as people write and say it ----------
@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("13", time(13)),
        ("13.00", time(13)),
        ("13:30", time(13, 30)),
        ("1330", time(13, 30)),
        ("Kl. 9", time(9)),
        ("kl 9.15", time(9, 15)),
        ("24", None),
        ("13.75", None),
        ("efter lunch", None),
        ("", None),
    ],
)
def test_a_time_is_read_as_people_write_it(text: str, at: time | None) -> None:
    assert parse_time(text) == at


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (monthly(months_off=(7,)), "Tredje tisdagen varje månad 13–15, inte juli."),
        (monthly(ordinal="-1", weekday=4), "Sista fredagen varje månad 13–15."),
        (
            Rule(Repeats.WEEKLY, "3", 1, 2, date(2026, 1, 1), date(2026, 6, 30), (6, 7)),
            "Varannan tisdag 13–15, inte juni och juli, till och med 30 juni 2026.",
        ),
        (Rule(Repeats.MONTHLY, "1", 0, 3, date(2026, 1, 1)), "Första måndagen var tredje månad 13–15."),
    ],
)
def test_a_series_is_said_back_as_a_sentence(rule: Rule, said: str) -> None:
    assert sentence(rule, time(13), time(15)) == said


def test_minutes_are_said_only_where_there_are_any() -> None:
    assert sentence(monthly(), time(9), time(11, 30)) == "Tredje tisdagen varje månad 9–11.30."
