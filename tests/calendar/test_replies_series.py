"""Answers from calendars to a series and to its occurrences, opened and not (peers.md 3.4)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.actions import attendance, calls, series
from meetings.actions.openings import open_next
from meetings.calendar.actions.replies import apply_waiting
from meetings.calendar.models import Entry, ReceivedReply
from meetings.calendar.queries.replies import replies_due
from meetings.models import Attendance, Meeting, Series, SeriesException
from meetings.states import Answer, MeetingState
from tests.calendar.answers import Said
from tests.calendar.replying import answer_of, answers_of, entry_of, give_addresses, said_of, take, take_raw, written
from tests.calendar.stage import NOW, TUESDAYS, at, empty_room, make_series
from tests.cast import Cast
from tests.meetings.cast import Room
from workspace.models import Membership

pytestmark = pytest.mark.usefixtures("november")
COMING, NOT_COMING, OTHER_TIME = Answer.COMING, Answer.NOT_COMING, Answer.OTHER_TIME
FIRST, SECOND, THIRD, _ = (datetime(day.year, day.month, day.day, 13, tzinfo=NOW.tzinfo) for day in TUESDAYS)


@pytest.fixture
def room(cast: Cast) -> Room:
    give_addresses()
    return empty_room(cast)


@pytest.fixture
def tuesdays(room: Room) -> Series:
    """Third Tuesdays; nothing is opened."""
    return make_series(room.group)


@pytest.fixture
def said(room: Room, tuesdays: Series) -> Said:
    """psyk accepts the whole series."""
    return said_of(entry_of(room.cast.psyk, tuesdays, sequence=1))


def opened(tuesdays: Series) -> Meeting:
    """The next meeting, opened as the clock does it."""
    meeting = open_next(series=tuesdays)
    assert meeting is not None
    return meeting


def called(room: Room, tuesdays: Series) -> Meeting:
    meeting = opened(tuesdays)
    calls.call_meeting(by=room.cast.soc, meeting=meeting)
    meeting.refresh_from_db()
    return meeting


def over(meeting: Meeting) -> None:
    Meeting.objects.filter(pk=meeting.pk).update(state=MeetingState.HELD)


# ---------- one occurrence ----------
def test_an_answer_to_an_opened_occurrence_is_written_there(room: Room, tuesdays: Series, said: Said) -> None:
    meeting = called(room, tuesdays)

    assert take(said.but(instead_of=FIRST, partstat="DECLINED", comment="Sjuk")) == ("taken", "")
    assert answer_of(room.cast.psyk, meeting) == (NOT_COMING, "Sjuk")


@pytest.mark.parametrize(
    "client", ["outlook", "exchange", "nextcloud", "open_xchange", "apple", "gmail", "thunderbird"]
)
def test_each_program_s_answer_finds_its_occurrence(room: Room, tuesdays: Series, said: Said, client: str) -> None:
    meeting = called(room, tuesdays)

    assert take(said.but(instead_of=FIRST), client) == ("taken", "")
    assert answer_of(room.cast.psyk, meeting)[0] == COMING


def test_a_day_without_a_time_is_that_day(room: Room, tuesdays: Series, said: Said) -> None:
    meeting = called(room, tuesdays)
    raw = said.but(instead_of=FIRST).as_mail("thunderbird")

    day = raw.replace(b"RECURRENCE-ID;TZID=Europe/Stockholm:20261117T130000", b"RECURRENCE-ID;VALUE=DATE:20261117")
    [(row, _)] = take_raw(day)

    assert (row.outcome, row.instead_of, row.starts_at) == ("taken", FIRST, FIRST)
    assert answer_of(room.cast.psyk, meeting)[0] == COMING


def test_an_answer_to_what_is_not_opened_waits_until_it_is(room: Room, tuesdays: Series, said: Said) -> None:
    assert take(said.but(instead_of=FIRST, partstat="DECLINED", comment="Semester")) == ("waiting", "")
    assert apply_waiting() == 0

    meeting = opened(tuesdays)
    assert apply_waiting() == 0  # nobody has been asked
    calls.call_meeting(by=room.cast.soc, meeting=meeting)
    assert apply_waiting() == 1

    assert answer_of(room.cast.psyk, meeting) == (NOT_COMING, "Semester")
    before = written()
    assert apply_waiting() == 0 and written() == before


def test_a_yes_to_what_is_not_opened_is_given_when_it_opens(room: Room, tuesdays: Series, said: Said) -> None:
    take(said.but(instead_of=FIRST))

    meeting = opened(tuesdays)

    assert apply_waiting() == 1
    assert answer_of(room.cast.psyk, meeting)[0] == COMING


def test_only_the_newest_of_what_waits_is_given(room: Room, tuesdays: Series, said: Said) -> None:
    take(said.but(instead_of=FIRST, stamp=NOW - timedelta(minutes=2)))
    assert take(said.but(instead_of=FIRST, stamp=NOW - timedelta(minutes=1), partstat="TENTATIVE")) == (
        "nothing",
        "maybe",
    )

    called(room, tuesdays)

    assert apply_waiting() == 0 and answers_of(room.cast.psyk) == {}
    assert ReceivedReply.objects.filter(outcome="old", why="older").count() == 1


def test_what_is_answered_here_meanwhile_wins_over_what_waits(room: Room, tuesdays: Series, said: Said) -> None:
    take(said.but(instead_of=FIRST, partstat="DECLINED"))
    with at(NOW + timedelta(hours=1)):
        meeting = opened(tuesdays)
        attendance.answer_call(by=room.cast.psyk, meeting=meeting, answer=COMING)
        assert apply_waiting() == 0

    assert answer_of(room.cast.psyk, meeting)[0] == COMING
    assert ReceivedReply.objects.get().outcome == "old"


def test_what_waits_is_closed_when_its_day_has_passed(room: Room, tuesdays: Series, said: Said) -> None:
    take(said.but(instead_of=FIRST))

    with at(TUESDAYS[0], 23):
        apply_waiting()
        assert ReceivedReply.objects.get().outcome == "waiting"
    with at(TUESDAYS[0] + timedelta(days=1)):
        assert apply_waiting() == 0
        assert (ReceivedReply.objects.get().outcome, ReceivedReply.objects.get().why) == ("old", "over")


def test_what_waits_is_not_given_to_another_time(room: Room, tuesdays: Series, said: Said) -> None:
    take(said.but(instead_of=FIRST))
    meeting = opened(tuesdays)
    day = datetime(2026, 11, 19, 13, tzinfo=NOW.tzinfo)
    Meeting.objects.filter(pk=meeting.pk).update(starts_at=day, ends_at=day + timedelta(hours=2))

    assert apply_waiting() == 0
    assert answers_of(room.cast.psyk) == {}
    with at(TUESDAYS[0] + timedelta(days=1)):
        apply_waiting()
    assert ReceivedReply.objects.get().outcome == "old"


def test_an_occurrence_that_differs_is_answered_at_its_own_time(room: Room, tuesdays: Series, said: Said) -> None:
    """The child's sequence and time count, not the series'."""
    meeting = called(room, tuesdays)
    series.move_meeting(
        by=room.cast.soc,
        meeting=meeting,
        starts_at=FIRST + timedelta(days=2),
        ends_at=FIRST + timedelta(days=2, hours=2),
        place="",
        link="",
    )
    assert take(said.but(instead_of=FIRST)) == ("old", "moved")  # before the entries are kept

    entry_of(
        room.cast.psyk,
        Meeting.objects.get(pk=meeting.pk),
        series=tuesdays,
        uid=said.uid,
        instead_of=FIRST,
        sequence=2,
        time_sequence=2,
    )
    assert take(said.but(instead_of=FIRST, sequence=1)) == ("old", "moved")
    assert take(said.but(instead_of=FIRST, sequence=2)) == ("taken", "")
    assert answers_of(room.cast.psyk) == {FIRST + timedelta(days=2): COMING}


@pytest.mark.parametrize("day", [FIRST + timedelta(days=1), SECOND, datetime(1995, 5, 16, 13, tzinfo=NOW.tzinfo)])
def test_an_answer_to_a_day_that_is_none_is_refused(room: Room, tuesdays: Series, said: Said, day: datetime) -> None:
    SeriesException.objects.create(series=tuesdays, on=timezone.localdate(SECOND))

    assert take(said.but(instead_of=day)) == ("refused", "no_day")


# ---------- the whole series ----------
def test_a_yes_to_the_series_fills_what_is_open_and_what_opens_later(room: Room, tuesdays: Series, said: Said) -> None:
    first = called(room, tuesdays)

    assert take(said) == ("waiting", "")
    assert answer_of(room.cast.psyk, first)[0] == COMING

    over(first)
    opened(tuesdays)
    assert apply_waiting() == 1
    assert answers_of(room.cast.psyk) == {FIRST: COMING, SECOND: COMING}
    assert Attendance.objects.exclude(answer="").exclude(member=room.cast.psyk).count() == 0
    assert apply_waiting() == 0


def test_a_no_to_the_series_is_given_to_each_call(room: Room, tuesdays: Series, said: Said) -> None:
    first = opened(tuesdays)
    assert take(said.but(partstat="DECLINED", comment="Ny tjänst")) == ("waiting", "")
    assert answers_of(room.cast.psyk) == {}

    calls.call_meeting(by=room.cast.soc, meeting=first)
    assert apply_waiting() == 1
    assert answer_of(room.cast.psyk, first) == (NOT_COMING, "Ny tjänst")


def test_the_series_fills_only_what_is_unanswered(room: Room, tuesdays: Series, said: Said) -> None:
    first = called(room, tuesdays)
    attendance.answer_call(by=room.cast.psyk, meeting=first, answer=NOT_COMING)

    with at(NOW + timedelta(hours=1)):
        assert take(said) == ("waiting", "")

    assert answer_of(room.cast.psyk, first)[0] == NOT_COMING


@pytest.mark.parametrize("partstat", ["DECLINED", "TENTATIVE"])
def test_an_answer_to_the_occurrence_wins_in_either_order(
    room: Room, tuesdays: Series, said: Said, partstat: str
) -> None:
    first = opened(tuesdays)
    with at(NOW + timedelta(hours=1)):
        take(said.but(instead_of=FIRST, partstat=partstat))
    with at(NOW + timedelta(hours=2)):
        take(said)
        assert apply_waiting() == 0
    assert answer_of(room.cast.psyk, first)[0] == ""

    calls.call_meeting(by=room.cast.soc, meeting=first)
    apply_waiting()
    assert answer_of(room.cast.psyk, first)[0] == (NOT_COMING if partstat == "DECLINED" else "")


def test_a_message_with_the_series_and_an_occurrence_means_both(room: Room, tuesdays: Series, said: Said) -> None:
    """As Thunderbird sends it: one stamp, the series first."""
    first = called(room, tuesdays)
    whole, one = (said.but(instead_of=day, partstat=word) for day, word in ((None, "ACCEPTED"), (FIRST, "DECLINED")))
    raw, more = whole.as_mail("thunderbird"), one.as_mail("thunderbird")
    event = more[more.index(b"BEGIN:VEVENT") : more.index(b"END:VCALENDAR")]

    rows = [row for row, _ in take_raw(raw.replace(b"END:VEVENT\n", b"END:VEVENT\n" + event, 1))]

    assert [(row.instead_of, row.outcome) for row in rows] == [(FIRST, "taken"), (None, "waiting")]
    assert answer_of(room.cast.psyk, first)[0] == NOT_COMING
    over(first)
    opened(tuesdays)
    apply_waiting()
    assert answers_of(room.cast.psyk) == {FIRST: NOT_COMING, SECOND: COMING}


def test_a_later_answer_to_an_occurrence_replaces_what_the_series_filled(
    room: Room, tuesdays: Series, said: Said
) -> None:
    """Said before the series' answer was written down, and after it was said."""
    first = called(room, tuesdays)
    take(said.but(stamp=NOW - timedelta(minutes=9)))

    assert take(said.but(instead_of=FIRST, partstat="DECLINED", stamp=NOW - timedelta(minutes=8))) == ("taken", "")
    assert answer_of(room.cast.psyk, first)[0] == NOT_COMING


@pytest.mark.parametrize(("partstat", "later"), [("DECLINED", NOT_COMING), ("TENTATIVE", "")])
def test_a_newer_answer_to_the_series_ends_the_one_that_waited(
    room: Room, tuesdays: Series, said: Said, partstat: str, later: str
) -> None:
    take(said.but(stamp=NOW - timedelta(minutes=5)))
    take(said.but(stamp=NOW, partstat=partstat))

    first = called(room, tuesdays)
    apply_waiting()

    assert answer_of(room.cast.psyk, first)[0] == later


def test_a_meeting_at_another_time_than_the_series_gives_is_left(room: Room, tuesdays: Series, said: Said) -> None:
    first = called(room, tuesdays)
    starts_at = FIRST + timedelta(hours=1)
    Meeting.objects.filter(pk=first.pk).update(starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))

    assert take(said) == ("waiting", "")
    assert apply_waiting() == 0 and answers_of(room.cast.psyk) == {}


def test_a_deputy_s_yes_to_the_series_is_for_what_they_are_asked_to(room: Room, tuesdays: Series) -> None:
    entry = entry_of(room.cast.psyk_2, tuesdays)
    first = called(room, tuesdays)

    assert take(said_of(entry)) == ("waiting", "")
    assert apply_waiting() == 0 and answers_of(room.cast.psyk_2) == {}
    attendance.answer_call(by=room.cast.psyk, meeting=first, answer=NOT_COMING)
    assert apply_waiting() == 1 and answer_of(room.cast.psyk_2, first)[0] == COMING


def test_a_proposed_time_for_the_series_is_of_the_next_meeting_alone(room: Room, tuesdays: Series, said: Said) -> None:
    first = called(room, tuesdays)
    later = said.but(method="COUNTER", starts_at=FIRST + timedelta(days=1), ends_at=FIRST + timedelta(days=1, hours=2))

    assert take(later) == ("taken", "")
    assert answer_of(room.cast.psyk, first) == (OTHER_TIME, "Föreslår onsdag 18 nov. 2026 kl. 13.00–15.00.")
    assert take(later.but()) == ("nothing", "not_asked")


def end_entry(room: Room, tuesdays: Series) -> None:
    Entry.objects.update(ended_at=timezone.now())


def end_series(room: Room, tuesdays: Series) -> None:
    Series.objects.update(to_on=date(2026, 11, 2) - timedelta(days=1), from_on=date(2026, 1, 1))


def end_hat(room: Room, tuesdays: Series) -> None:
    gone = date(2026, 11, 1)
    Membership.objects.filter(pk=room.cast.psyk.pk).update(from_on=gone, to_on=gone)


@pytest.mark.parametrize("change", [end_entry, end_series, end_hat])
def test_nothing_is_answered_for_who_is_not_called_any_more(
    room: Room, tuesdays: Series, said: Said, change: Callable[[Room, Series], None]
) -> None:
    take(said)
    first = called(room, tuesdays)
    change(room, tuesdays)

    assert apply_waiting() == 0
    assert ReceivedReply.objects.get().outcome == "old"
    assert answer_of(room.cast.psyk, first)[0] == ""


def test_somebody_taken_off_the_seat_is_answered_nothing_for(room: Room, tuesdays: Series, said: Said) -> None:
    take(said)
    room.psyk_seat.holders.filter(membership=room.cast.psyk).delete()

    called(room, tuesdays)

    assert apply_waiting() == 0 and answers_of(room.cast.psyk) == {}


# ---------- how much it asks ----------
@pytest.mark.parametrize("number", [1, 30])
def test_what_waits_is_found_with_one_query(room: Room, tuesdays: Series, said: Said, number: int) -> None:
    for _ in range(number):
        entry = entry_of(room.cast.psyk, tuesdays)
        take(said_of(entry))
    opened(tuesdays)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        due = replies_due()

    assert len(due) == number and len(asked) == 1


def test_what_cannot_be_given_yet_is_not_tried(room: Room, tuesdays: Series, said: Said) -> None:
    take(said.but(partstat="DECLINED"))
    take(said.but(instead_of=SECOND, partstat="DECLINED"))
    opened(tuesdays)

    assert replies_due() == []
