"""Swedish text, dates and clocks: how it sorts, is found, is said and is read."""

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from tests.cast import Cast, make_participant
from workspace.clocks import days_since, end_of, start_of, year_after
from workspace.models import Participant
from workspace.queries import participants_found
from workspace.swedish import (
    parse_date,
    say_count,
    say_date,
    say_day,
    say_list,
    say_moment,
    say_time,
    say_weekday_date,
    search_key,
    sort_key,
)

pytestmark = pytest.mark.embedded

# As a Swedish telephone book has them: å ä ö after z, Sámi letters beside the letter they grew from, a short name
# before a longer one that begins with it.
SORTED = [
    ("Ahl", "Bo"), ("Álttá", "Máret"), ("Andersson", "Åke"), ("Andersson", "Äva"), ("Berg", "Örjan"),
    ("Berg Lind", "Anna"), ("Bergman", "Eva"), ("Čahppe", "Niillas"), ("Dahl", "Ida"), ("Đorde", "Elle"),
    ("Ek", "Per"), ("Nilsson", "Ann"), ("Nilsson", "Ann-Marie"), ("Nilsson", "Anna"), ("Ŋavgu", "Biret"),
    ("Svensson", "Li"), ("Šabba", "Inga"), ("Turi", "Johan"), ("Ŧuru", "Sara"), ("Wallin", "Kim"), ("Zeta", "Ola"),
    ("Žalla", "Aila"), ("Åberg", "Ed"), ("Ångström", "Pia"), ("Ärlig", "Jan"), ("Öberg", "Siv"), ("Ölund", "Åsa"),
]  # fmt: skip


def test_names_sort_as_in_a_swedish_telephone_book() -> None:
    assert sorted(reversed(SORTED), key=lambda name: sort_key(*name)) == SORTED


@pytest.mark.django_db
def test_the_database_sorts_as_python_does(cast: Cast) -> None:
    for last, first in reversed(SORTED):
        make_participant(cast.soc_desk, first, last)
    found = Participant.objects.exclude(pk=cast.person.pk).order_by("sort_key", "pk")
    in_python = sorted(SORTED, key=lambda name: sort_key(*name))
    assert list(found.values_list("last_name", "first_name")) == in_python


@pytest.mark.parametrize(
    ("one", "other"),
    [("ÅBERG", "åberg"), ("A\u030aberg", "Åberg"), ("Berg-Lind", "Berg Lind"), ("  Berg ", "Berg"), ("Ærø", "Ärö")],
)
def test_ways_of_writing_one_name_sort_as_one(one: str, other: str) -> None:
    assert sort_key(one, "A") == sort_key(other, "A")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Åberg", "aberg"), ("ÅBERG", "aberg"), ("A\u030aberg", "aberg"), ("Ärlig Öst", "arlig ost"),
        ("Ann-Marie  Berg", "ann marie berg"), ("Áčđŋšŧž", "acdnstz"), ("ÁČĐŊŠŦŽ", "acdnstz"),
        ("Søren Æbel", "soren abel"), ("Müller", "muller"), ("Straße", "strasse"), ("", ""), (" - ", ""),
    ],
)  # fmt: skip
def test_search_folds_what_people_write_differently(text: str, key: str) -> None:
    assert search_key(text) == key


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["aberg", "åberg", "ÅBERG", "berg", "ann åberg", "Åberg Ann", "ann-marie", "marie"])
def test_a_person_is_found_however_the_name_is_typed(cast: Cast, typed: str) -> None:
    wanted = make_participant(cast.soc_desk, "Ann-Marie", "Åberg")
    make_participant(cast.soc_desk, "Bo", "Ek")
    make_participant(cast.psyk_desk, "Ann-Marie", "Åberg")
    assert list(participants_found(cast.soc, typed)) == [wanted]


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["%", "_", "a%g", "\\", "'", "åberg ek"])
def test_signs_of_the_database_find_nobody(cast: Cast, typed: str) -> None:
    make_participant(cast.soc_desk, "Ann-Marie", "Åberg")
    assert not participants_found(cast.soc, typed).exists()


@pytest.mark.parametrize(
    "text",
    ["2027-05-24", "20270524", "24 maj 2027", "24 MAJ 2027", "24 maj, 2027", " 24  maj  2027 ", "24/5 2027",
     "24/5/2027", "24.5.2027", "24.05.2027"],
)  # fmt: skip
def test_a_day_is_read_as_people_write_it(text: str) -> None:
    assert parse_date(text) == date(2027, 5, 24)


@pytest.mark.parametrize("month", range(1, 13))
def test_what_is_said_can_be_read_again(month: int) -> None:
    day = date(2028, month, 29)
    assert parse_date(say_date(day)) == day
    assert parse_date(f"{day:%d} {say_date(day).split()[1][:3]} {day.year}") == day


@pytest.mark.parametrize(
    "text",
    ["", "i morgon", "31 feb. 2027", "2027-02-29", "2027-13-01", "24 maj", "maj 2027", "24 maj 27", "24 ma 2027",
     "0/0 2027", "² maj 2027", "24 maj 20270", "-1 maj 2027", "\x00",
     "24 maj 2027 2028", "32/1 2027", "abc 2027-05-24"],
)  # fmt: skip
def test_what_is_no_day_is_none(text: str) -> None:
    assert parse_date(text) is None


def test_days_are_said_in_swedish() -> None:
    today = date(2026, 11, 21)
    assert say_date(today) == "21 nov. 2026"
    assert say_weekday_date(date(2026, 12, 28)) == "måndag 28 dec. 2026"
    said = [say_day(date(2026, 11, day), today) for day in (19, 20, 21, 22)]
    assert said == ["19 nov. 2026", "i går", "i dag", "22 nov. 2026"]
    assert [say_date(date(2026, month, 1)).split()[1] for month in range(1, 13)] == [
        "jan.", "feb.", "mars", "april", "maj", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "dec.",
    ]  # fmt: skip


def test_times_are_said_in_stockholm() -> None:
    winter, summer = datetime(2026, 1, 15, 7, 5, tzinfo=UTC), datetime(2026, 7, 15, 22, 30, tzinfo=UTC)
    assert (say_time(winter), say_time(summer)) == ("08.05", "00.30")
    assert say_moment(summer) == "16 juli 2026, 00.30"


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "noll saker"), (1, "en sak"), (2, "två saker"), (12, "tolv saker"), (13, "13 saker"), (100, "100 saker")],
)
def test_counts_are_said_in_words_up_to_twelve(number: int, said: str) -> None:
    assert say_count(number, "sak", "saker") == said


def test_a_neuter_word_is_ett_and_lists_end_in_och() -> None:
    assert say_count(1, "samtycke", "samtycken") == "ett samtycke"
    assert say_count(1, "fel", "fel") == "ett fel"
    assert [say_list(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a och b", "a, b och c"]
    assert say_list(["a", "b"], "eller") == "a eller b"


# ---------- the clock changes: 29 March 2026 is 23 hours long, 25 October 25 ----------
@pytest.mark.parametrize(
    ("day", "start", "end", "hours"),
    [
        (date(2026, 3, 28), "2026-03-27T23:00", "2026-03-28T23:00", 24),
        (date(2026, 3, 29), "2026-03-28T23:00", "2026-03-29T22:00", 23),
        (date(2026, 10, 24), "2026-10-23T22:00", "2026-10-24T22:00", 24),
        (date(2026, 10, 25), "2026-10-24T22:00", "2026-10-25T23:00", 25),
        (date(2026, 12, 31), "2026-12-30T23:00", "2026-12-31T23:00", 24),
    ],
)
def test_a_day_starts_and_ends_at_midnight_in_stockholm(day: date, start: str, end: str, hours: int) -> None:
    starts, ends = start_of(day).astimezone(UTC), end_of(day).astimezone(UTC)
    assert (starts.isoformat()[:16], ends.isoformat()[:16]) == (start, end)
    assert (ends - starts).total_seconds() == hours * 3600
    assert timezone.localdate(ends) == date.fromordinal(day.toordinal() + 1)


@pytest.mark.parametrize(
    ("then", "now", "days"),
    [
        ("2026-03-28T22:59", "2026-03-28T23:01", 1),  # two minutes over midnight
        ("2026-03-28T23:01", "2026-03-29T21:59", 0),  # the short day
        ("2026-03-28T12:00", "2026-03-29T11:00", 1),  # 23 hours by the clock
        ("2026-10-24T22:01", "2026-10-25T22:59", 0),  # the long day
        ("2026-10-24T21:59", "2026-10-25T23:01", 2),
        ("2026-01-01T12:00", "2026-12-31T12:00", 364),
    ],
)
def test_days_are_counted_by_the_calendar_over_both_clock_changes(then: str, now: str, days: int) -> None:
    at, until = (datetime.fromisoformat(f"{moment}+00:00") for moment in (then, now))
    assert days_since(at, until) == days


def test_a_year_after_a_leap_day_is_the_last_of_february() -> None:
    assert year_after(date(2028, 2, 29)) == date(2029, 2, 28)
    assert year_after(date(2026, 11, 21)) == date(2027, 11, 21)
