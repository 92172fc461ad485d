"""When an answer is due: the reckoning against a slow one that walks day by day, and its explanation by examples."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from referrals.deadlines import Extension, Pause, Rule, deadline, explain
from workspace.clocks import add_months, day_off

ONE_DAY = timedelta(days=1)
UNITS = ("calendar_days", "working_days", "months")
EVA = "Eva Holm"

starts = st.dates(date(2025, 1, 1), date(2028, 12, 31))
rules = st.one_of(
    st.builds(Rule, st.integers(0, 40), st.sampled_from(UNITS[:2]), st.just("avtal")),
    st.builds(Rule, st.integers(0, 4), st.just("months"), st.just("avtal")),
)
# Offset from the start, and how many days more than one.
spans = st.lists(st.tuples(st.integers(-10, 90), st.integers(0, 25)), max_size=4)


def rule(length: int, unit: str = "calendar_days") -> Rule:
    return Rule(length, unit, "överenskommelse 2026-03-01")


def pause(first: date, last: date, code: str = "underlag väntas", by: str = EVA) -> Pause:
    return Pause(first, last, code, by)


def pauses_at(start: date, spans: list[tuple[int, int]]) -> list[Pause]:
    return [pause(start + ONE_DAY * first, start + ONE_DAY * (first + more)) for first, more in spans]


def walked(rule: Rule, start: date, pauses: Sequence[Pause]) -> tuple[date, date]:
    """Where the count ends, and the day it is moved to: one day after another, counting only days that count."""
    still = {one.from_on + ONE_DAY * n for one in pauses for n in range((one.until_on - one.from_on).days + 1)}

    def counts(day: date) -> bool:
        return not (rule.unit == "working_days" and day_off(day))

    left = rule.length if rule.unit != "months" else (add_months(start, rule.length) - start).days
    left += start in still and counts(start)
    day = start
    while left:
        day += ONE_DAY
        left -= counts(day) and day not in still
    last = day
    while day_off(day) or (day != last and day in still):
        day += ONE_DAY
    return last, day


# ---------- the rule alone ----------
@pytest.mark.parametrize(
    ("start", "length", "unit", "due"),
    [
        (date(2026, 3, 3), 0, "calendar_days", date(2026, 3, 3)),
        (date(2026, 3, 3), 1, "calendar_days", date(2026, 3, 4)),
        (date(2026, 3, 3), 15, "working_days", date(2026, 3, 24)),
        (date(2026, 4, 2), 2, "working_days", date(2026, 4, 8)),  # over Easter
        (date(2026, 12, 22), 5, "working_days", date(2027, 1, 4)),
        (date(2026, 3, 7), 0, "working_days", date(2026, 3, 9)),  # on a Saturday
        (date(2027, 1, 31), 1, "months", date(2027, 3, 1)),  # 28 February is a Sunday
        (date(2028, 1, 31), 1, "months", date(2028, 2, 29)),
        (date(2026, 2, 28), 1, "months", date(2026, 3, 30)),  # 28 March is a Saturday, the clocks change on Sunday
        (date(2026, 9, 25), 1, "months", date(2026, 10, 26)),  # and change back
        (date(2026, 5, 19), 1, "months", date(2026, 6, 22)),  # midsommarafton
        (date(2026, 11, 24), 1, "months", date(2026, 12, 28)),  # julafton
        (date(2026, 12, 1), 30, "calendar_days", date(2027, 1, 4)),  # nyårsafton
    ],
)
def test_the_day_of_the_start_is_not_counted_and_a_last_day_off_moves(
    start: date, length: int, unit: str, due: date
) -> None:
    found = deadline(rule(length, unit), start)
    assert (found.due_on, found.counted_on, found.calculated_on) == (due, due, due)


def test_a_last_day_that_moved_says_from_where_and_why() -> None:
    found = deadline(rule(1, "months"), date(2026, 5, 19))
    assert (found.moved_from, found.moved_why) == (date(2026, 6, 19), "Midsommarafton")
    stays = deadline(rule(1, "months"), date(2026, 5, 18))
    assert (stays.moved_from, stays.moved_why) == (None, "")


def test_working_days_tell_holidays_by_name_and_weekend_days_by_number() -> None:
    found = deadline(rule(5, "working_days"), date(2026, 4, 1))
    assert found.skipped == ((date(2026, 4, 3), "Långfredagen"), (date(2026, 4, 6), "Annandag påsk"))
    assert (found.due_on, found.weekends) == (date(2026, 4, 10), 2)
    calendar = deadline(rule(9), date(2026, 4, 1))
    assert (calendar.due_on, calendar.skipped, calendar.weekends) == (date(2026, 4, 10), (), 0)


@pytest.mark.parametrize(("length", "unit"), [(-1, "months"), (3, "weeks"), (3, "")])
def test_what_is_no_term_is_no_rule(length: int, unit: str) -> None:
    with pytest.raises(ValueError, match="is no term"):
        rule(length, unit)


def test_a_pause_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="ends before it begins"):
        pause(date(2026, 3, 4), date(2026, 3, 3))


# ---------- pauses ----------
@pytest.mark.parametrize(
    ("first", "last", "due", "paused_days"),
    [
        (date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 11), 0),  # before the start
        (date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 12), 1),  # the start is in it
        (date(2026, 3, 5), date(2026, 3, 5), date(2026, 3, 12), 1),
        (date(2026, 3, 11), date(2026, 3, 12), date(2026, 3, 13), 2),  # from the last day
        (date(2026, 3, 12), date(2026, 3, 20), date(2026, 3, 11), 0),  # after it
    ],
)
def test_a_pause_counts_from_the_start_to_the_last_day(first: date, last: date, due: date, paused_days: int) -> None:
    found = deadline(rule(8), date(2026, 3, 3), [pause(first, last)])
    assert (found.due_on, found.paused_days, found.counted_on) == (due, paused_days, date(2026, 3, 11))


def test_a_pushed_last_day_reaches_the_next_pause() -> None:
    early, late = pause(date(2026, 3, 5), date(2026, 3, 6)), pause(date(2026, 3, 12), date(2026, 3, 12))
    assert deadline(rule(8), date(2026, 3, 3), [late]).paused_days == 0
    found = deadline(rule(8), date(2026, 3, 3), [late, early])
    assert (found.moved_from, found.due_on, found.paused_days) == (date(2026, 3, 14), date(2026, 3, 16), 3)
    assert found.pauses == (early, late)


def test_a_paused_weekend_costs_working_days_nothing() -> None:
    weekend = pause(date(2026, 3, 7), date(2026, 3, 8))
    week = pause(date(2026, 3, 5), date(2026, 3, 11))
    assert deadline(rule(10, "working_days"), date(2026, 3, 3), [weekend]).due_on == date(2026, 3, 17)
    found = deadline(rule(10, "working_days"), date(2026, 3, 3), [week])
    assert (found.due_on, found.paused_days) == (date(2026, 3, 24), 5)


def test_a_last_day_does_not_move_to_a_day_when_the_clock_stands_still() -> None:
    found = deadline(rule(4), date(2026, 3, 3), [pause(date(2026, 3, 9), date(2026, 3, 10))])
    assert (found.moved_from, found.due_on, found.paused_days) == (date(2026, 3, 7), date(2026, 3, 11), 0)


def test_a_pause_holds_on_its_first_and_last_day() -> None:
    found = deadline(rule(30), date(2026, 3, 3), [pause(date(2026, 3, 5), date(2026, 3, 9))])
    assert [day for day in range(1, 15) if found.is_paused(date(2026, 3, day))] == [5, 6, 7, 8, 9]


@given(rule=rules, start=starts, spans=spans)
@settings(max_examples=150, deadline=None)
def test_the_last_day_is_where_a_walk_day_by_day_ends(rule: Rule, start: date, spans: list[tuple[int, int]]) -> None:
    pauses = pauses_at(start, spans)
    found = deadline(rule, start, pauses)
    last, due = walked(rule, start, pauses)
    assert (found.moved_from or found.due_on, found.due_on) == (last, due)
    assert found.counted_on == walked(rule, start, [])[1]
    assert not day_off(found.due_on) and not found.is_paused(found.due_on)


@given(rule=rules, start=starts, spans=spans)
@settings(max_examples=100, deadline=None)
def test_every_day_up_to_the_last_is_accounted_for(rule: Rule, start: date, spans: list[tuple[int, int]]) -> None:
    found = deadline(rule, start, pauses_at(start, spans))
    length = rule.length if rule.unit != "months" else (add_months(start, rule.length) - start).days
    last = found.moved_from or found.due_on
    off = len(found.skipped) + found.weekends
    assert (last - start).days == length + found.paused_days + off


@given(unit=st.sampled_from(UNITS), start=starts, spans=spans)
@settings(max_examples=30, deadline=None)
def test_a_longer_term_ends_no_sooner(unit: str, start: date, spans: list[tuple[int, int]]) -> None:
    pauses = pauses_at(start, spans)
    found = [deadline(Rule(length, unit, "avtal"), start, pauses).due_on for length in range(8)]
    assert found == sorted(found)


@given(rule=rules, start=starts, spans=spans, further=st.tuples(st.integers(-10, 60), st.integers(0, 25)))
@settings(max_examples=75, deadline=None)
def test_a_further_pause_ends_it_no_sooner(
    rule: Rule, start: date, spans: list[tuple[int, int]], further: tuple[int, int]
) -> None:
    fewer, more = pauses_at(start, spans), pauses_at(start, [*spans, further])
    assert deadline(rule, start, fewer).due_on <= deadline(rule, start, more).due_on


@given(rule=rules, start=starts, spans=spans)
@settings(max_examples=75, deadline=None)
def test_one_day_pauses_equal_a_longer_one_and_overlaps_count_once(
    rule: Rule, start: date, spans: list[tuple[int, int]]
) -> None:
    pauses = pauses_at(start, spans)
    days = {one.from_on + ONE_DAY * n for one in pauses for n in range((one.until_on - one.from_on).days + 1)}
    whole, split = deadline(rule, start, pauses), deadline(rule, start, [pause(day, day) for day in days])
    assert (whole.due_on, whole.paused_days) == (split.due_on, split.paused_days)
    assert deadline(rule, start, pauses * 2).due_on == whole.due_on


@given(rule=rules, start=starts, before=st.integers(1, 30), after=st.integers(1, 30))
@settings(max_examples=50, deadline=None)
def test_pauses_outside_the_term_change_nothing(rule: Rule, start: date, before: int, after: int) -> None:
    alone = deadline(rule, start)
    first, last = start - ONE_DAY * before, alone.due_on + ONE_DAY * after
    outside = deadline(rule, start, [pause(first, start - ONE_DAY), pause(last, last + ONE_DAY * 30)])
    assert (alone.due_on, alone.paused_days) == (outside.due_on, outside.paused_days) == (alone.counted_on, 0)


# ---------- a day that somebody promised ----------
@pytest.mark.parametrize("promised", [date(2026, 3, 6), date(2026, 3, 14), date(2026, 6, 19), date(2026, 4, 1)])
def test_a_promised_day_holds_also_when_it_is_earlier_or_a_day_off(promised: date) -> None:
    given_day = Extension(promised, "väntar på läkarintyg", EVA, date(2026, 3, 5))
    found = deadline(rule(8), date(2026, 3, 3), [pause(date(2026, 3, 5), date(2026, 3, 5))], [given_day])
    assert (found.due_on, found.calculated_on) == (promised, date(2026, 3, 12))


def test_the_promise_made_last_counts_and_of_one_day_the_last_in_line() -> None:
    first = Extension(date(2026, 5, 1), "a", EVA, date(2026, 3, 10))
    last = Extension(date(2026, 4, 1), "b", EVA, date(2026, 3, 12))
    same_day = Extension(date(2026, 4, 8), "c", EVA, date(2026, 3, 12))
    assert deadline(rule(8), date(2026, 3, 3), extensions=[last, first]).due_on == date(2026, 4, 1)
    found = deadline(rule(8), date(2026, 3, 3), extensions=[last, same_day, first])
    assert (found.due_on, found.extensions) == (date(2026, 4, 8), (first, last, same_day))


@pytest.mark.parametrize(("day", "late"), [(10, 0), (11, 0), (12, 1), (30, 19)])
def test_it_is_late_from_the_day_after_the_last(day: int, late: int) -> None:
    assert deadline(rule(8), date(2026, 3, 3)).days_late(date(2026, 3, day)) == late


def test_days_late_are_whole_over_both_clock_changes() -> None:
    spring, autumn = deadline(rule(1), date(2026, 3, 26)), deadline(rule(1), date(2026, 10, 22))
    assert (spring.days_late(date(2026, 3, 30)), autumn.days_late(date(2026, 10, 26))) == (3, 3)


# ---------- in words ----------
def test_the_explanation_of_working_days_names_what_was_skipped() -> None:
    found = deadline(rule(15, "working_days"), date(2026, 3, 30))
    assert explain(found, date(2026, 4, 1)) == [
        "Räknas från 30 mars 2026.",
        "15 arbetsdagar enligt överenskommelse 2026-03-01.",
        "Helgdagar räknas inte: långfredagen 3 april och annandag påsk 6 april.",
        "Lördagar och söndagar räknas inte: sex dagar.",
        "Sista dagen är onsdag 22 april.",
    ]


def test_the_explanation_follows_a_pause_a_move_and_a_new_date() -> None:
    twelfth = pause(date(2026, 5, 12), date(2026, 5, 25))
    promised = Extension(date(2026, 6, 30), "väntar på läkarintyg", EVA, date(2026, 6, 12))
    found = deadline(rule(1, "months"), date(2026, 5, 9), [twelfth], [promised])
    told = [
        "Räknas från 9 maj 2026.",
        "En månad enligt överenskommelse 2026-03-01.",
        "Klockan stod stilla 12–25 maj: underlag väntas (Eva Holm).",
        "Det flyttar sista dagen 14 dagar framåt.",
        "Nytt datum 30 juni, satt av Eva Holm 12 juni: väntar på läkarintyg.",
    ]
    assert explain(found, date(2026, 6, 12)) == [*told, "Sista dagen är tisdag 30 juni."]
    assert explain(found, date(2026, 6, 30)) == [*told, "Sista dagen är i dag, tisdag 30 juni."]
    assert explain(found, date(2026, 7, 1)) == [*told, "Sista dagen var tisdag 30 juni."]


@pytest.mark.parametrize(
    ("start", "length", "sentence"),
    [
        (date(2025, 4, 3), 30, "Sista dagen blev en lördag, så den flyttades till måndag 5 maj."),
        (date(2026, 3, 3), 5, "Sista dagen blev en söndag, så den flyttades till måndag 9 mars."),
        (date(2026, 6, 9), 10, "Sista dagen blev midsommarafton, så den flyttades till måndag 22 juni."),
        (date(2026, 5, 4), 10, "Sista dagen blev Kristi himmelsfärdsdag, så den flyttades till fredag 15 maj."),
        (date(2026, 12, 1), 31, "Sista dagen blev nyårsdagen, så den flyttades till måndag 4 jan. 2027."),
        (date(2026, 5, 26), 11, "Sista dagen blev nationaldagen, så den flyttades till måndag 8 juni."),
    ],
)
def test_a_moved_last_day_is_told_with_its_reason(start: date, length: int, sentence: str) -> None:
    assert sentence in explain(deadline(rule(length), start), start)


def test_days_in_another_year_say_their_year_and_no_sentence_ends_in_two_dots() -> None:
    christmas = pause(date(2026, 12, 28), date(2027, 1, 7))
    spring = pause(date(2027, 1, 11), date(2027, 1, 12), by="")
    found = deadline(rule(10, "working_days"), date(2026, 12, 21), [christmas, spring])
    assert explain(found, date(2027, 1, 11)) == [
        "Räknas från 21 dec. 2026.",
        "Tio arbetsdagar enligt överenskommelse 2026-03-01.",
        "Helgdagar räknas inte: julafton 24 dec., juldagen 25 dec., nyårsafton 31 dec., nyårsdagen 1 jan. 2027 och "
        "trettondedag jul 6 jan. 2027.",
        "Lördagar och söndagar räknas inte: åtta dagar.",
        "Klockan stod stilla 28 dec.–7 jan. 2027: underlag väntas (Eva Holm).",
        "Klockan står stilla 11–12 jan. 2027: underlag väntas.",
        "Det flyttar sista dagen åtta arbetsdagar framåt.",
        "Sista dagen är torsdag 21 jan. 2027.",
    ]
    autumn = Extension(date(2026, 11, 20), "läkaren är sjuk.", "", date(2026, 11, 3))
    assert explain(deadline(Rule(3, "calendar_days", ""), date(2026, 11, 2), (), [autumn]), date(2026, 11, 4)) == [
        "Räknas från 2 nov. 2026.",
        "Tre dagar.",
        "Nytt datum 20 nov., satt 3 nov.: läkaren är sjuk.",
        "Sista dagen är fredag 20 nov.",
    ]


@pytest.mark.parametrize(
    ("first", "last", "today", "sentence"),
    [
        ((5, 12), (5, 12), (5, 11), "Klockan ska stå stilla 12 maj: underlag väntas (Eva Holm)."),
        ((5, 12), (5, 12), (5, 12), "Klockan står stilla 12 maj: underlag väntas (Eva Holm)."),
        ((5, 12), (5, 12), (5, 13), "Klockan stod stilla 12 maj: underlag väntas (Eva Holm)."),
        ((5, 28), (6, 3), (6, 3), "Klockan står stilla 28 maj–3 juni: underlag väntas (Eva Holm)."),
        ((5, 28), (6, 3), (6, 4), "Klockan stod stilla 28 maj–3 juni: underlag väntas (Eva Holm)."),
    ],
)
def test_a_pause_is_told_in_its_time(
    first: tuple[int, int], last: tuple[int, int], today: tuple[int, int], sentence: str
) -> None:
    found = deadline(rule(60), date(2026, 5, 4), [pause(date(2026, *first), date(2026, *last))])
    assert sentence in explain(found, date(2026, *today))


def test_a_pause_within_another_year_says_the_year_once() -> None:
    found = deadline(rule(6, "months"), date(2026, 10, 1), [pause(date(2027, 1, 28), date(2027, 2, 3))])
    assert "Klockan stod stilla 28 jan.–3 feb. 2027: underlag väntas (Eva Holm)." in explain(found, date(2027, 3, 1))


def test_a_pause_that_pushes_nothing_says_so_and_one_that_holds_up_the_move_does_not() -> None:
    nothing = deadline(rule(8), date(2026, 3, 3), [pause(date(2026, 3, 20), date(2026, 3, 21))])
    assert explain(nothing, date(2026, 3, 4))[-2:] == ["Det ändrar inte sista dagen.", "Sista dagen är onsdag 11 mars."]
    held_up = deadline(rule(4), date(2026, 3, 3), [pause(date(2026, 3, 9), date(2026, 3, 10))])
    assert explain(held_up, date(2026, 3, 4))[2:] == [
        "Klockan ska stå stilla 9–10 mars: underlag väntas (Eva Holm).",
        "Sista dagen blev en lördag, så den flyttades till onsdag 11 mars.",
        "Sista dagen är onsdag 11 mars.",
    ]


def test_earlier_promises_are_told_before_the_one_that_counts() -> None:
    first = Extension(date(2026, 5, 1), "väntar på läkarintyg", EVA, date(2026, 3, 10))
    second = Extension(date(2026, 6, 1), "läkaren är sjuk", EVA, date(2026, 4, 29))
    found = deadline(rule(8), date(2026, 3, 3), extensions=[second, first])
    assert explain(found, date(2026, 5, 4))[2:4] == [
        "Tidigare nytt datum 1 maj, satt av Eva Holm 10 mars: väntar på läkarintyg.",
        "Nytt datum 1 juni, satt av Eva Holm 29 april: läkaren är sjuk.",
    ]


def test_the_first_of_may_is_not_said_twice() -> None:
    found = explain(deadline(rule(10, "working_days"), date(2026, 4, 27)), date(2026, 4, 27))
    assert "Helgdagar räknas inte: första maj." in found
    over_new_year = explain(deadline(rule(90, "working_days"), date(2025, 12, 29)), date(2026, 1, 1))
    assert over_new_year[2].endswith("annandag påsk 6 april 2026 och första maj 2026.")


def test_every_sentence_is_one_with_a_capital_and_one_dot() -> None:
    found = deadline(rule(3, "months"), date(2026, 9, 25), [pause(date(2026, 11, 2), date(2026, 11, 6))])
    for sentence in explain(found, date(2026, 10, 1)):
        assert sentence[0].isupper() or sentence[0].isdigit(), sentence
        assert sentence.endswith(".") and not sentence.endswith(".."), sentence
