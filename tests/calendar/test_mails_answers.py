"""A call that comes again keeps what its reader has answered to it, day by day, and brings back no declined day."""

from datetime import timedelta

import icalendar
import pytest
import recurring_ical_events
from django.utils import timezone

from meetings.actions.attendance import answer_call
from meetings.actions.calls import call_meeting
from meetings.actions.series import change_day
from meetings.calendar.models import Entry
from meetings.models import Attendance, Meeting, Series
from meetings.states import Answer
from tests.calendar.mailbox import Got, sent, stockholm, who
from tests.calendar.replying import said_of, take
from tests.calendar.stage import TUESDAYS, changed, empty_room, give_addresses, make_series, open_day, own
from tests.cast import Cast
from tests.meetings.cast import Room
from tests.notifications.post import PostOffice
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded, pytest.mark.usefixtures("november")]
NEXT_DAY = timedelta(days=1)


@pytest.fixture
def room(cast: Cast, post: PostOffice) -> Room:
    give_addresses()
    return empty_room(cast)


def to(hat: Hat, found: list[Got]) -> Got:
    (one,) = [one for one in found if who([one]) == [hat.user.username]]
    return one


def partstats(got: Got) -> list[str]:
    return [event["attendee"].params["PARTSTAT"] for event in got.events]


def days(got: Got) -> list[str]:
    """Each day that a calendar shows until March."""
    calendar = icalendar.Calendar.from_ical(str(got.calendar_part.get_content()))
    found = recurring_ical_events.of(calendar).between(TUESDAYS[0], TUESDAYS[3] + NEXT_DAY)
    return sorted(stockholm(event.start)[:8] for event in found)


def resent(room: Room, post: PostOffice, series: Series) -> list[Got]:
    """The whole series again, since its last day is another."""
    Series.objects.filter(pk=series.pk).update(to_on=TUESDAYS[3])
    return sent(post)


def entry(hat: Hat) -> Entry:
    (row,) = own(hat, instead_of=None)
    return row


def test_each_day_of_a_series_carries_its_own_answer_and_the_series_what_was_said_of_it(
    room: Room, post: PostOffice
) -> None:
    cast, series = room.cast, make_series(room.group)
    meeting = open_day(series, TUESDAYS[0])
    sent(post)
    change_day(by=cast.soc, series=series, on=TUESDAYS[0], day=TUESDAYS[0] + NEXT_DAY)
    change_day(by=cast.soc, series=series, on=TUESDAYS[1], day=TUESDAYS[1] + NEXT_DAY)
    sent(post)
    take(said_of(entry(cast.psyk)))
    Attendance.objects.filter(meeting=meeting).delete()
    meeting.refresh_from_db()
    call_meeting(by=cast.soc, meeting=meeting)
    answer_call(by=cast.soc, meeting=meeting, answer=Answer.COMING)
    found = resent(room, post, series)
    assert partstats(to(cast.soc, found)) == ["NEEDS-ACTION", "ACCEPTED", "NEEDS-ACTION"]
    assert partstats(to(cast.psyk, found)) == ["ACCEPTED", "NEEDS-ACTION", "NEEDS-ACTION"]
    assert partstats(to(cast.fk, found)) == ["NEEDS-ACTION"] * 3


def test_a_declined_series_stays_declined(room: Room, post: PostOffice) -> None:
    series = make_series(room.group)
    sent(post)
    take(said_of(entry(room.cast.psyk), "DECLINED"))
    assert partstats(to(room.cast.psyk, resent(room, post, series))) == ["DECLINED"]


def test_who_is_called_anew_is_asked_anew(room: Room, post: PostOffice) -> None:
    make_series(room.group)
    sent(post)
    take(said_of(entry(room.cast.psyk)))
    Entry.objects.filter(user=room.cast.psyk.user_id).update(mailed=None, mailed_digest="")
    assert partstats(to(room.cast.psyk, sent(post))) == ["NEEDS-ACTION"]


@pytest.mark.parametrize("moved", [False, True])
def test_a_declined_day_is_not_brought_back_and_comes_again_with_its_own_news(
    room: Room, post: PostOffice, moved: bool
) -> None:
    cast, series = room.cast, make_series(room.group)
    meeting = open_day(series, TUESDAYS[0])
    if moved:
        change_day(by=cast.soc, series=series, on=TUESDAYS[0], day=TUESDAYS[0] + NEXT_DAY)
        meeting.refresh_from_db()
    sent(post)
    call_meeting(by=cast.soc, meeting=meeting)
    answer_call(by=cast.fk, meeting=meeting, answer=Answer.NOT_COMING)
    others = [f"{day:%Y%m%d}" for day in TUESDAYS[1:]]
    found = resent(room, post, series)
    assert days(to(cast.fk, found)) == others and len(to(cast.fk, found).events) == 1
    assert days(to(cast.psyk, found)) == [f"{TUESDAYS[0] + NEXT_DAY * moved:%Y%m%d}", *others]
    change_day(by=cast.soc, series=series, on=TUESDAYS[0], day=TUESDAYS[0] + NEXT_DAY * 2)
    one = to(cast.fk, sent(post))
    assert stockholm(one.event.start) == f"{TUESDAYS[0] + NEXT_DAY * 2:%Y%m%d}T130000" and "recurrence-id" in one.event
    assert partstats(one) == ["NEEDS-ACTION"]


def test_who_comes_after_all_to_a_moved_day_that_was_left_out_is_called_to_it(room: Room, post: PostOffice) -> None:
    cast, series = room.cast, make_series(room.group)
    meeting = open_day(series, TUESDAYS[0])
    change_day(by=cast.soc, series=series, on=TUESDAYS[0], day=TUESDAYS[0] + NEXT_DAY)
    sent(post)
    call_meeting(by=cast.soc, meeting=Meeting.objects.get(pk=meeting.pk))
    answer_call(by=cast.fk, meeting=meeting, answer=Answer.NOT_COMING)
    resent(room, post, series)
    answer_call(by=cast.fk, meeting=meeting, answer=Answer.COMING)
    one = to(cast.fk, sent(post))
    assert partstats(one) == ["ACCEPTED"] and timezone.localdate(one.event.start) == TUESDAYS[0] + NEXT_DAY


def test_a_declined_day_that_moves_by_itself_is_told_with_the_answer_it_has(room: Room, post: PostOffice) -> None:
    cast, series = room.cast, make_series(room.group)
    meeting = open_day(series, TUESDAYS[0])
    changed(meeting, starts_at=meeting.starts_at + timedelta(hours=1))
    sent(post)
    Attendance.objects.create(meeting=meeting, member=cast.fk, answer=Answer.NOT_COMING)
    sent(post)
    changed(meeting, starts_at=meeting.starts_at + timedelta(minutes=30))
    assert partstats(to(cast.fk, sent(post))) == ["DECLINED"]
