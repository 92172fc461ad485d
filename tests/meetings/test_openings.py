"""What happens by itself: the next meeting opens, what nobody started is said so, and long gaps are warned of."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from meetings.actions.openings import lapse_meetings, open_due_meetings, open_next, warn_of_gaps
from meetings.models import Group, Meeting, MeetingEvent, Series, SeriesException
from meetings.queries.groups import days_since_held, gap_of
from meetings.schedule import span
from meetings.states import GroupKind, MeetingState
from notifications.models import Notification
from tests.cast import Cast
from tests.meetings.cast import Room, make_group, make_meeting, make_seat, put_in
from tests.meetings.series import AsHat, silenced
from workspace.models import AuditEntry

STOCKHOLM = timezone.get_default_timezone()
NOW = datetime(2026, 11, 2, 9, tzinfo=STOCKHOLM)  # a Monday


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def quiet(clock: time_machine.Traveller, room: Room) -> Room:
    return silenced(room)


def a_series(group: Group, from_on: date = date(2026, 11, 1), **more: object) -> Series:
    """Third Tuesdays 13–15."""
    fields = {"weekday": 1, "begins": time(13), "ends": time(15), "from_on": from_on, "place": "Rum Älven", **more}
    return Series.objects.create(group=group, **fields)


def ahead(group: Group) -> list[Meeting]:
    return list(Meeting.objects.filter(group=group, state__in=("planned", "called")).order_by("starts_at"))


def held(group: Group, day: date) -> Meeting:
    starts_at, ends_at = span(day, time(13), time(15))
    return Meeting.objects.create(
        group=group, starts_at=starts_at, ends_at=ends_at, started_at=starts_at, state=MeetingState.HELD
    )


def told(kind: str) -> set[int]:
    return set(Notification.objects.filter(kind=kind).values_list("membership", flat=True))


# ---------- the next opens ----------
def test_the_sweep_opens_one_meeting_per_group_however_often_it_runs(quiet: Room) -> None:
    series = a_series(quiet.group)
    assert [open_due_meetings() for _ in range(3)] == [1, 0, 0]
    (meeting,) = ahead(quiet.group)
    assert (meeting.starts_at, meeting.ends_at) == span(date(2026, 11, 17), time(13), time(15))
    assert (meeting.series, meeting.occurs_on, meeting.place) == (series, date(2026, 11, 17), "Rum Älven")
    assert MeetingEvent.objects.filter(meeting=meeting, verb="open", member=None, role=None).count() == 1
    assert AuditEntry.objects.filter(what="meeting.open", object_id=meeting.pk, user_id=None).count() == 1
    assert not Notification.objects.exists()  # the call tells


@pytest.mark.parametrize("state", [MeetingState.IN_PROGRESS, MeetingState.HELD, MeetingState.CANCELLED])
def test_the_next_opens_when_the_one_before_has_begun_or_will_not_be(quiet: Room, state: MeetingState) -> None:
    series = a_series(quiet.group)
    first = open_next(series=series)
    assert first is not None
    assert open_next(series=series) is None
    Meeting.objects.filter(pk=first.pk).update(state=state)
    following = open_next(series=series)
    assert following is not None
    assert following.occurs_on == date(2026, 12, 15)


def test_exceptions_and_months_off_are_kept(quiet: Room) -> None:
    series = a_series(quiet.group, months_off=[12])
    SeriesException.objects.create(series=series, on=date(2026, 11, 17), moved_to=None)
    SeriesException.objects.create(series=series, on=date(2027, 1, 19), moved_to=date(2027, 1, 21))
    open_due_meetings()
    (meeting,) = ahead(quiet.group)
    assert (meeting.occurs_on, timezone.localdate(meeting.starts_at)) == (date(2027, 1, 19), date(2027, 1, 21))


def test_a_day_where_the_group_meets_already_is_passed_over(quiet: Room) -> None:
    starts_at, ends_at = span(date(2026, 11, 17), time(14), time(16))
    extra = Meeting.objects.create(group=quiet.group, starts_at=starts_at, ends_at=ends_at)
    a_series(quiet.group)
    assert open_due_meetings() == 1
    assert [one.occurs_on for one in ahead(quiet.group)] == [None, date(2026, 12, 15)]
    assert ahead(quiet.group)[0] == extra


def test_an_extra_meeting_ahead_does_not_stop_the_series(quiet: Room) -> None:
    make_meeting(quiet.group, days=3)
    a_series(quiet.group)
    assert open_due_meetings() == 1


def test_todays_meeting_opens_only_before_it_begins(quiet: Room, clock: time_machine.Traveller) -> None:
    a_series(quiet.group)
    clock.move_to(datetime(2026, 11, 17, 13, 1, tzinfo=STOCKHOLM))
    open_due_meetings()
    assert [one.occurs_on for one in ahead(quiet.group)] == [date(2026, 12, 15)]


def test_a_series_that_is_over_and_a_group_that_has_ended_open_nothing(quiet: Room) -> None:
    a_series(quiet.group, to_on=date(2026, 11, 1))
    ended = make_group(quiet.cast, "Avslutad")
    a_series(ended)
    Group.objects.filter(pk=ended.pk).update(ended_on=date(2026, 11, 1))
    assert open_due_meetings() == 0
    assert open_next(series=None) is None


def test_a_meeting_in_winter_and_one_in_summer_are_at_the_same_time_on_the_wall(
    quiet: Room, clock: time_machine.Traveller
) -> None:
    a_series(quiet.group)
    for at in (NOW, datetime(2027, 6, 1, 9, tzinfo=STOCKHOLM)):
        clock.move_to(at)
        open_due_meetings()
    times = {
        (timezone.localtime(one.starts_at).hour, one.starts_at.utctimetuple().tm_hour) for one in ahead(quiet.group)
    }
    assert times == {(13, 12), (13, 11)}


# ---------- never held ----------
@pytest.mark.parametrize(("days", "lapses"), [(7, False), (8, True)])
@pytest.mark.parametrize("state", [MeetingState.PLANNED, MeetingState.CALLED])
def test_a_meeting_that_nobody_started_is_said_not_to_have_been_held_after_seven_days(
    quiet: Room, clock: time_machine.Traveller, state: MeetingState, days: int, lapses: bool
) -> None:
    a_series(quiet.group)
    open_due_meetings()
    (meeting,) = ahead(quiet.group)
    put_in(meeting, state)
    clock.move_to(meeting.ends_at + timedelta(days=days))
    assert [lapse_meetings() for _ in range(2)] == [int(lapses), 0]
    meeting.refresh_from_db()
    assert meeting.state == (MeetingState.NOT_HELD if lapses else state)
    assert told("meeting.not_held") == ({quiet.cast.soc.pk, quiet.cast.psyk.pk} if lapses else set())
    assert MeetingEvent.objects.filter(meeting=meeting, verb="lapse", member=None).exists() == lapses


@pytest.mark.parametrize("state", [MeetingState.IN_PROGRESS, MeetingState.HELD, MeetingState.CANCELLED])
def test_a_meeting_that_began_or_was_cancelled_does_not_lapse(
    quiet: Room, clock: time_machine.Traveller, state: MeetingState
) -> None:
    meeting = make_meeting(quiet.group)
    Meeting.objects.filter(pk=meeting.pk).update(state=state)
    clock.shift(timedelta(days=40))
    assert lapse_meetings() == 0


# ---------- long gaps (R1) ----------
@pytest.mark.parametrize(("days", "warned"), [(35, False), (36, True)])
def test_more_than_thirty_five_days_without_a_meeting_are_warned_of_once(
    quiet: Room, as_hat: AsHat, clock: time_machine.Traveller, days: int, warned: bool
) -> None:
    a_series(quiet.group)
    held(quiet.group, date(2026, 11, 17))
    clock.move_to(datetime(2026, 11, 17, 10, tzinfo=STOCKHOLM) + timedelta(days=days))
    assert days_since_held(quiet.group) == days
    assert [warn_of_gaps() for _ in range(2)] == [int(warned), 0]
    assert told("group.gap") == ({quiet.cast.soc.pk, quiet.cast.psyk.pk} if warned else set())
    for url in ("/moten/", f"/moten/grupp/{quiet.group.pk}/"):
        page = as_hat(quiet.cast.fk).get(url).content.decode()
        assert (f"Det är {days} dagar sedan gruppen träffades." in page) == warned


def test_a_new_gap_and_a_new_chair_are_told_of_anew(quiet: Room, clock: time_machine.Traveller) -> None:
    a_series(quiet.group)
    held(quiet.group, date(2026, 11, 17))
    clock.move_to(datetime(2026, 12, 28, 10, tzinfo=STOCKHOLM))
    assert warn_of_gaps() == 1
    Group.objects.filter(pk=quiet.group.pk).update(chair=quiet.cast.fk)
    assert [warn_of_gaps() for _ in range(2)] == [1, 0]
    assert told("group.gap") == {quiet.cast.soc.pk, quiet.cast.psyk.pk, quiet.cast.fk.pk}
    held(quiet.group, date(2026, 12, 29))
    clock.move_to(datetime(2027, 2, 10, 10, tzinfo=STOCKHOLM))
    assert warn_of_gaps() == 1
    assert Notification.objects.filter(kind="group.gap", membership=quiet.cast.psyk).count() == 2


def test_days_of_the_months_that_a_series_leaves_out_are_not_counted(
    quiet: Room, as_hat: AsHat, clock: time_machine.Traveller
) -> None:
    a_series(quiet.group, months_off=[7])
    held(quiet.group, date(2027, 6, 15))
    clock.move_to(datetime(2027, 8, 20, 10, tzinfo=STOCKHOLM))
    assert days_since_held(quiet.group) == 35
    assert warn_of_gaps() == 0
    clock.shift(timedelta(days=1))
    assert warn_of_gaps() == 1
    page = as_hat(quiet.cast.fk).get("/moten/").content.decode()
    assert "Det är 36 dagar sedan gruppen träffades. Dagar i juli är inte räknade." in page


def test_a_group_that_has_never_met_counts_from_its_series_first_day(
    quiet: Room, as_hat: AsHat, clock: time_machine.Traveller
) -> None:
    assert days_since_held(quiet.group) is None
    a_series(quiet.group, from_on=date(2026, 11, 3))
    assert days_since_held(quiet.group) is None  # it begins tomorrow
    clock.shift(timedelta(days=40))
    assert days_since_held(quiet.group) == 39
    assert warn_of_gaps() == 1
    assert "har inte träffats än" in as_hat(quiet.cast.fk).get("/moten/").content.decode()


def test_a_joint_meeting_counts_for_both_groups(quiet: Room, clock: time_machine.Traveller) -> None:
    other = make_group(quiet.cast, "Den andra")
    meeting = held(quiet.group, date(2026, 11, 17))
    Meeting.objects.filter(pk=meeting.pk).update(joined_group=other)
    clock.move_to(datetime(2026, 11, 20, 10, tzinfo=STOCKHOLM))
    assert days_since_held(quiet.group) == days_since_held(other) == 3


def test_a_meeting_that_was_cancelled_or_never_held_is_no_meeting(quiet: Room, clock: time_machine.Traveller) -> None:
    a_series(quiet.group)
    held(quiet.group, date(2026, 11, 3))
    for state in (MeetingState.CANCELLED, MeetingState.NOT_HELD, MeetingState.PLANNED):
        later = held(quiet.group, date(2026, 11, 17))
        Meeting.objects.filter(pk=later.pk).update(state=state)
    clock.move_to(datetime(2026, 11, 24, 10, tzinfo=STOCKHOLM))
    assert days_since_held(quiet.group) == 21


@pytest.mark.parametrize("why", ["steering", "ended", "no series", "nobody leads"])
def test_a_group_that_need_not_meet_monthly_is_left_alone(clock: time_machine.Traveller, cast: Cast, why: str) -> None:
    group = make_group(cast, "Gruppen", GroupKind.STEERING if why == "steering" else GroupKind.COOPERATION)
    make_seat(group, cast.soc_desk, cast.soc, cast.soc_2)
    make_seat(group, cast.psyk_desk, cast.psyk, cast.psyk_2)
    held(group, date(2026, 8, 1))
    a_series(group, to_on=date(2026, 11, 1) if why == "no series" else None)
    if why == "ended":
        Group.objects.filter(pk=group.pk).update(ended_on=date(2026, 11, 1))
    if why == "nobody leads":
        Group.objects.filter(pk=group.pk).update(chair=None, secretary=None)
    assert warn_of_gaps() == 0
    assert not Notification.objects.exists()
    gap = gap_of(Group.objects.get(pk=group.pk))
    assert gap is not None
    assert gap.warns == (why == "nobody leads")


def test_a_chair_without_a_seat_is_not_told_of_a_group_they_may_not_open(quiet: Room) -> None:
    a_series(quiet.group)
    held(quiet.group, date(2026, 8, 1))
    Group.objects.filter(pk=quiet.group.pk).update(chair=quiet.cast.outsider)
    warn_of_gaps()
    assert told("group.gap") == {quiet.cast.psyk.pk}


def test_opening_the_groups_page_marks_its_notice_as_read_and_no_meetings(quiet: Room, as_hat: AsHat) -> None:
    a_series(quiet.group)
    held(quiet.group, date(2026, 8, 1))
    warn_of_gaps()
    kept = Notification.objects.create(
        membership=quiet.cast.soc, seq=99, kind="meeting.called", number="x", object_id=quiet.group.pk
    )
    client: Client = as_hat(quiet.cast.soc)
    client.get(f"/moten/grupp/{quiet.group.pk}/")
    kept.refresh_from_db()
    assert kept.read_at is None
    assert Notification.objects.get(kind="group.gap", membership=quiet.cast.soc).read_at is not None


# ---------- days off among what is opened ----------
def test_an_opened_meeting_on_a_day_off_is_proposed_away_to_those_who_arrange(quiet: Room, as_hat: AsHat) -> None:
    a_series(quiet.group, ordinal="4", weekday=3, from_on=date(2026, 12, 1))
    open_due_meetings()
    url = f"/moten/grupp/{quiet.group.pk}/"
    page = as_hat(quiet.cast.soc).get(url).content.decode()
    assert "24 dec. 2026 är julafton." in page
    assert f"{url}serie/dag/?dag=2026-12-24" in page
    assert "Flytta mötet" not in as_hat(quiet.cast.fk).get(url).content.decode()
    form = as_hat(quiet.cast.soc).get(f"{url}serie/dag/?dag=2026-12-24").content.decode()
    assert "Flytta till onsdag 23 dec. 2026" in form
    moved = as_hat(quiet.cast.soc).post(f"{url}serie/dag/?dag=2026-12-24", {"where": "2026-12-23"})
    assert moved.status_code == 302
    assert timezone.localdate(ahead(quiet.group)[0].starts_at) == date(2026, 12, 23)
    assert "julafton" not in as_hat(quiet.cast.soc).get(url).content.decode()
