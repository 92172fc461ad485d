"""Working days and months, over holidays, New Year, the leap day and the clock changes."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workspace.clocks import (
    add_months,
    add_working_days,
    day_off,
    end_of,
    next_working_day,
    start_of,
    working_days_between,
)

# Days off from Monday to Friday, written out from an almanac.
WEEKDAYS_OFF = {
    date(2026, 1, 1): "Nyårsdagen",
    date(2026, 1, 6): "Trettondedag jul",
    date(2026, 4, 3): "Långfredagen",
    date(2026, 4, 6): "Annandag påsk",
    date(2026, 5, 1): "Första maj",
    date(2026, 5, 14): "Kristi himmelsfärdsdag",
    date(2026, 6, 19): "Midsommarafton",
    date(2026, 12, 24): "Julafton",
    date(2026, 12, 25): "Juldagen",
    date(2026, 12, 31): "Nyårsafton",
    date(2027, 1, 1): "Nyårsdagen",
    date(2027, 1, 6): "Trettondedag jul",
    date(2027, 3, 26): "Långfredagen",
    date(2027, 3, 29): "Annandag påsk",
    date(2027, 5, 6): "Kristi himmelsfärdsdag",
    date(2027, 6, 25): "Midsommarafton",
    date(2027, 12, 24): "Julafton",
    date(2027, 12, 31): "Nyårsafton",
}
ALMANAC = [date(2026, 1, 1) + timedelta(days=number) for number in range(730)]
DAYS = st.dates(date(2023, 1, 1), date(2029, 12, 31))


def works(day: date) -> bool:
    return day.weekday() < 5 and day not in WEEKDAYS_OFF


def test_the_days_off_of_two_years_are_the_almanacs() -> None:
    assert {day: day_off(day) for day in ALMANAC if day.weekday() < 5 and day_off(day)} == WEEKDAYS_OFF
    assert all(day_off(day) for day in ALMANAC if day.weekday() >= 5)


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 3, 3), ""),
        (date(2026, 3, 7), "lördag"),
        (date(2026, 3, 8), "söndag"),
        (date(2026, 4, 4), "lördag"),  # påskafton is a Saturday like any other
        (date(2026, 4, 5), "Påskdagen"),
        (date(2026, 6, 6), "Nationaldagen"),
        (date(2026, 6, 20), "Midsommardagen"),
        (date(2026, 10, 31), "Alla helgons dag"),
        (date(2026, 4, 2), ""),  # skärtorsdagen
        (date(2026, 4, 30), ""),  # valborgsmässoafton
        (date(2026, 5, 15), ""),  # a Friday between a holiday and a weekend
        (date(2008, 5, 1), "Första maj och Kristi himmelsfärdsdag"),
    ],
)
def test_a_day_off_says_why_and_a_holiday_goes_before_its_weekday(day: date, why: str) -> None:
    assert day_off(day) == why


@pytest.mark.parametrize(
    ("day", "number", "expected"),
    [
        (date(2026, 3, 3), 0, date(2026, 3, 3)),
        (date(2026, 3, 7), 0, date(2026, 3, 7)),  # nothing is added, so nothing moves
        (date(2026, 3, 6), 1, date(2026, 3, 9)),
        (date(2026, 3, 7), 1, date(2026, 3, 9)),
        (date(2026, 3, 8), 5, date(2026, 3, 13)),
        (date(2026, 4, 2), 1, date(2026, 4, 7)),  # Easter
        (date(2026, 6, 18), 1, date(2026, 6, 22)),  # midsommarafton
        (date(2026, 12, 23), 4, date(2027, 1, 4)),  # Christmas and New Year
        (date(2028, 2, 28), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 1, date(2028, 3, 1)),
        (date(2027, 2, 26), 1, date(2027, 3, 1)),
        (date(2026, 3, 27), 1, date(2026, 3, 30)),  # the clocks go forward on the Sunday between
        (date(2026, 10, 23), 1, date(2026, 10, 26)),  # and back
    ],
)
def test_working_days_are_counted_from_the_day_after(day: date, number: int, expected: date) -> None:
    assert add_working_days(day, number) == expected


def test_working_days_are_not_counted_backwards() -> None:
    with pytest.raises(ValueError, match="-1 working days"):
        add_working_days(date(2026, 3, 3), -1)


@given(day=st.sampled_from(ALMANAC[:600]), number=st.integers(0, 60))
@settings(max_examples=100, deadline=None)
def test_adding_working_days_is_walking_day_by_day(day: date, number: int) -> None:
    walked, left = day, number
    while left:
        walked += timedelta(days=1)
        left -= works(walked)
    assert add_working_days(day, number) == walked
    assert working_days_between(day, walked) == number


@given(day=DAYS, first=st.integers(0, 40), second=st.integers(0, 40))
@settings(max_examples=50, deadline=None)
def test_working_days_can_be_added_in_two_steps(day: date, first: int, second: int) -> None:
    assert add_working_days(add_working_days(day, first), second) == add_working_days(day, first + second)


@pytest.mark.parametrize(
    ("first", "last", "number"),
    [
        (date(2026, 3, 2), date(2026, 3, 2), 0),
        (date(2026, 3, 2), date(2026, 3, 3), 1),
        (date(2026, 3, 6), date(2026, 3, 8), 0),
        (date(2026, 4, 1), date(2026, 4, 8), 3),
        (date(2026, 3, 28), date(2026, 3, 30), 1),
        (date(2026, 10, 24), date(2026, 10, 26), 1),
        (date(2026, 3, 9), date(2026, 3, 2), 0),
    ],
)
def test_working_days_between_two_days_leave_out_the_first_and_hold_the_last(
    first: date, last: date, number: int
) -> None:
    assert working_days_between(first, last) == number


@pytest.mark.parametrize("day", [*ALMANAC[:366:7], date(2026, 6, 19), date(2026, 12, 24), date(2026, 4, 3)])
def test_the_next_working_day_is_the_first_that_is_one(day: date) -> None:
    following = next(one for one in ALMANAC if one >= day and works(one))
    assert next_working_day(day) == following


@pytest.mark.parametrize(
    ("day", "number", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2026, 2, 28), 1, date(2026, 3, 28)),  # the same number, not the month's last day again
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 31), 6, date(2026, 9, 30)),
        (date(2026, 5, 5), 0, date(2026, 5, 5)),
        (date(2027, 1, 31), -2, date(2026, 11, 30)),
    ],
)
def test_a_term_in_months_ends_on_the_same_number_or_the_last_of_the_month(
    day: date, number: int, expected: date
) -> None:
    assert add_months(day, number) == expected


@given(day=DAYS, number=st.integers(0, 36))
@settings(max_examples=100, deadline=None)
def test_adding_months_is_turning_leaves_of_the_calendar(day: date, number: int) -> None:
    first = day.replace(day=1)
    for _ in range(number):
        first = (first + timedelta(days=31)).replace(day=1)
    in_month = [one for one in (first + timedelta(days=n) for n in range(31)) if one.month == first.month]
    assert add_months(day, number) == in_month[: day.day][-1]


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 12, 31), 24)]
)
def test_a_day_is_whole_also_when_the_clocks_change(day: date, hours: int) -> None:
    utc = ZoneInfo("UTC")
    assert end_of(day).astimezone(utc) - start_of(day).astimezone(utc) == timedelta(hours=hours)
    assert start_of(day) == datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Europe/Stockholm"))


def test_holidays_that_move_are_found_in_whatever_order_years_are_asked_for() -> None:
    assert [day_off(date(year, 6, 19)) for year in (2027, 2026, 2020)] == ["lördag", "Midsommarafton", "Midsommarafton"]
    good_fridays = [date(2025, 4, 18), date(2026, 4, 3), date(2027, 3, 26), date(2028, 4, 14)]
    assert {day_off(day) for day in good_fridays} == {"Långfredagen"}
