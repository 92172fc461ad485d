"""Two at the same moment, with real threads and real commits: a group never meets twice at one time."""

from datetime import time, timedelta

import pytest
from django.utils import timezone

from meetings.actions.openings import open_due_meetings
from meetings.actions.series import move_meeting, open_extra_meeting
from meetings.models import Meeting, MeetingEvent, Series
from tests.cast import Cast
from tests.meetings.cast import in_days, make_group, make_room
from tests.referrals.races import at_once, outcomes

# ruff: noqa: B023  (the threads have ended before the loop goes on)
pytestmark = pytest.mark.django_db(transaction=True)


def test_sweeps_at_the_same_moment_open_one_meeting_per_group(cast: Cast) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    groups = [make_group(cast, f"Grupp {number}") for number in range(6)]
    for group in groups:
        Series.objects.create(group=group, weekday=1, begins=time(13), ends=time(15), from_on=tomorrow)
    opened = at_once(*[open_due_meetings] * 4)
    assert sum(opened) == 6
    assert sorted(Meeting.objects.values_list("group", flat=True)) == [group.pk for group in groups]


def test_two_who_take_the_same_time_do_not_both_get_it(cast: Cast) -> None:
    room = make_room(cast)
    for day in range(10, 15):
        starts_at, ends_at = in_days(day), in_days(day, 15)
        results = at_once(
            *[lambda: open_extra_meeting(by=cast.soc, group=room.group, starts_at=starts_at, ends_at=ends_at)] * 2,
            lambda: move_meeting(by=cast.psyk, meeting=room.meeting, starts_at=starts_at, ends_at=ends_at),
        )
        room.meeting.refresh_from_db()
        assert Meeting.objects.filter(starts_at=starts_at).count() == 1, results
        assert outcomes(results)["NotAllowed"] == 2, results


def test_of_two_who_move_a_meeting_one_is_told_that_somebody_was_faster(cast: Cast) -> None:
    room = make_room(cast)
    results = at_once(
        lambda: move_meeting(by=cast.soc, meeting=room.meeting, starts_at=in_days(10), ends_at=in_days(10, 15)),
        lambda: move_meeting(by=cast.psyk, meeting=room.meeting, starts_at=in_days(11), ends_at=in_days(11, 15)),
    )
    assert outcomes(results)["SomebodyWasFaster"] == 1, results
    assert MeetingEvent.objects.filter(meeting=room.meeting, verb="move").count() == 1
