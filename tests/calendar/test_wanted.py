"""Who has what in their calendar: every kind of person and every state of a meeting."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.actions.groups import add_seat, end_seat, seat_members
from meetings.calendar.actions.keeping import keep_all
from meetings.calendar.models import Entry
from meetings.models import Attendance, GroupSeat, ItemGuest, Meeting, SeatHolder, Series
from meetings.queries.series import rule_of
from meetings.schedule import occurrences
from meetings.states import Answer, GroupKind, MeetingState
from tests.calendar.stage import (
    NOW,
    TUESDAYS,
    at,
    changed,
    empty_room,
    kept,
    make_series,
    open_day,
    open_single,
    own,
    when,
)
from tests.cast import Cast, make_member, make_user
from tests.meetings.cast import Room, make_group, make_item, make_seat
from workspace.models import Agency, CooperationRole, Membership, UserAccount
from workspace.states import CooperationRoleKind, MemberRole

pytestmark = [pytest.mark.django_db, pytest.mark.embedded, pytest.mark.usefixtures("november")]

ORDINARY = {"soc", "psyk", "fk"}
GOERS = ORDINARY | {"samordnare"}
CALLED = (MeetingState.CALLED, MeetingState.IN_PROGRESS, MeetingState.HELD)


@pytest.fixture
def room(cast: Cast) -> Room:
    return empty_room(cast)


# ---------- a series ----------
def test_a_series_is_with_its_ordinary_holders_and_the_coordinator(room: Room) -> None:
    make_series(room.group)
    found = kept()
    assert set(found) == GOERS
    for rows in found.values():
        (row,) = rows
        assert (row.starts_at, row.ends_at) == when(TUESDAYS[0])
        assert row.place == "Rum Älven" and row.instead_of is None and row.meeting is None
        assert row.recurrence is not None and row.recurrence["without"] == []
        assert "RRULE:FREQ=MONTHLY" in row.text
    assert {name for name, (row,) in found.items() if not row.asks} == {"samordnare"}
    assert len({row.uid for (row,) in found.values()}) == len(GOERS), "each person has a uid of their own"


@pytest.mark.parametrize("state", MeetingState)
def test_the_series_covers_its_opened_meetings_whatever_their_state(room: Room, state: MeetingState) -> None:
    series = make_series(room.group)
    open_day(series, TUESDAYS[0], state=state)
    found = kept()
    gone = state in {MeetingState.CANCELLED, MeetingState.NOT_HELD}
    assert set(found) == GOERS
    for (row,) in found.values():
        assert row.recurrence is not None
        assert row.recurrence["without"] == (["2026-11-17T12:00:00+00:00"] if gone else [])


def test_a_place_that_is_not_marked_neutral_stands_in_no_calendar(room: Room) -> None:
    make_series(room.group, place_is_neutral=False)
    open_single(room.group, TUESDAYS[0])
    found = kept()
    assert {row.place for rows in found.values() for row in rows} == {""}
    assert not any("LOCATION" in row.text or "Rum" in row.text for rows in found.values() for row in rows)


def test_who_sat_down_later_is_called_from_that_day(room: Room) -> None:
    make_series(room.group)
    with at(TUESDAYS[1], 8):
        seat_members(by=room.cast.soc, seat=room.soc_seat, ordinary=room.cast.soc_2, deputies=[room.cast.soc])
        kept()
        (row,) = own(room.cast.soc_2)
        assert row.starts_at == when(TUESDAYS[1])[0]
        assert own(room.cast.soc) == []


def test_a_seat_that_is_to_end_bounds_the_series(room: Room) -> None:
    make_series(room.group)
    end_seat(by=room.cast.soc, seat=room.fk_seat, last_on=TUESDAYS[1])
    kept()
    (row,) = own(room.cast.fk)
    assert row.recurrence is not None and row.recurrence["rule"]["to_on"] == "2026-12-15"
    assert "UNTIL=20261215T225900Z" in row.text
    with at(TUESDAYS[2]):
        kept()
        assert own(room.cast.fk)[0].pk == row.pk, "what has been is left alone"


def test_a_seat_that_ends_before_the_first_day_gives_nothing(room: Room) -> None:
    make_series(room.group)
    GroupSeat.objects.filter(pk=room.fk_seat.pk).update(to_on=TUESDAYS[0] - timedelta(days=1))
    assert set(kept()) == GOERS - {"fk"}


def test_a_seat_that_is_to_open_gives_nothing_before_its_day(room: Room) -> None:
    make_series(room.group)
    GroupSeat.objects.filter(pk=room.fk_seat.pk).update(from_on=TUESDAYS[0])
    assert set(kept()) == GOERS - {"fk"}
    with at(TUESDAYS[0], 0):
        assert set(kept()) == GOERS


def test_who_can_not_sign_in_has_nothing(room: Room) -> None:
    make_series(room.group)
    cast, today = room.cast, timezone.localdate()
    UserAccount.objects.filter(pk=cast.soc.user_id).update(is_active=False)
    Membership.objects.filter(pk=cast.psyk.pk).update(
        from_on=today - timedelta(days=9), to_on=today - timedelta(days=1)
    )
    Agency.objects.filter(pk=cast.fk.agency_id).update(left_on=today)
    CooperationRole.objects.filter(pk=cast.coordinator.pk).update(from_on=today + timedelta(days=1))
    open_single(room.group, TUESDAYS[0])
    assert kept() == {}


def test_the_roles_of_a_cooperation_go_to_the_meetings_that_are_theirs(cast: Cast) -> None:
    for username, kind in (
        ("styr", CooperationRoleKind.STEERING),
        ("folj", CooperationRoleKind.EVALUATOR),
        ("namnd", CooperationRoleKind.ELECTED),
    ):
        CooperationRole.objects.create(cooperation=cast.cooperation, user=make_user(username), role=kind)
    steering = make_group(cast, "Styrgruppen", GroupKind.STEERING)
    make_seat(steering, cast.soc_desk, cast.soc_manager)
    make_series(steering)
    open_single(steering, TUESDAYS[0])
    found = kept()
    assert set(found) == {"socchef", "samordnare", "ordforande", "styr"}
    assert {name for name, rows in found.items() for row in rows if not row.asks} == {
        "samordnare",
        "ordforande",
        "styr",
    }


def test_who_has_a_seat_and_a_role_is_called_once_and_can_answer(room: Room) -> None:
    cast = room.cast
    CooperationRole.objects.filter(pk=cast.coordinator.pk).update(user=cast.soc.user_id)
    make_series(room.group)
    open_single(room.group, TUESDAYS[0])
    kept()
    assert [(row.member_id, row.asks) for row in own(cast.soc)] == [(cast.soc.pk, True)] * 2


def test_two_seats_of_one_person_are_one_entry(room: Room) -> None:
    make_seat(room.group, room.cast.outside_desk, room.cast.soc)
    make_series(room.group)
    open_single(room.group, TUESDAYS[0])
    kept()
    assert len(own(room.cast.soc)) == 2


def test_the_months_off_and_a_moved_day_follow_the_clock_of_stockholm(room: Room) -> None:
    make_series(room.group, months_off=[12], to_on=TUESDAYS[3])
    kept()
    (row,) = own(room.cast.soc)
    assert row.recurrence is not None and row.recurrence["rule"]["months_off"] == [12]


# ---------- a meeting by itself ----------
@pytest.mark.parametrize("state", MeetingState)
def test_a_meeting_outside_a_series_is_there_once_it_is_called(room: Room, state: MeetingState) -> None:
    open_single(room.group, TUESDAYS[0], state=state)
    found = kept()
    assert set(found) == (GOERS if state in CALLED else set())
    for (row,) in found.values():
        assert (row.starts_at, row.ends_at) == when(TUESDAYS[0])
        assert row.recurrence is None and row.instead_of is None and "RRULE" not in row.text


@pytest.mark.parametrize("state", MeetingState)
@pytest.mark.parametrize("in_series", [True, False])
def test_deputies_who_are_asked_or_come_and_guests_have_the_meeting_once_it_is_called(
    room: Room, state: MeetingState, in_series: bool
) -> None:
    cast, series = room.cast, make_series(room.group)
    if in_series:
        meeting = open_day(series, TUESDAYS[0], state=state)
    else:
        meeting = open_single(room.group, TUESDAYS[0], state=state)
    now = timezone.now()
    Attendance.objects.create(meeting=meeting, member=cast.soc_2, seat=room.soc_seat, asked_at=now)
    Attendance.objects.create(meeting=meeting, member=cast.psyk_2, seat=room.psyk_seat, answer=Answer.COMING)
    ItemGuest.objects.create(item=make_item(meeting), membership=cast.soc_manager)
    Attendance.objects.create(meeting=meeting, member=cast.outsider, asked_at=now)  # has no part in the group any more
    found = kept(series=None)
    assert set(found) & {"soc2", "psyk2", "socchef"} == ({"soc2", "psyk2", "socchef"} if state in CALLED else set())
    assert "twohats" not in found and "outsider" not in found and "psykchef" not in found
    if state in CALLED:
        assert [found[name][0].asks for name in ("soc2", "psyk2", "socchef")] == [True, True, False]
        assert {row.meeting_id for row in found["soc2"]} == {meeting.pk}
        assert found["psyk2"][0].answer == Answer.COMING
    assert set(found) & GOERS == (GOERS if state in CALLED and not in_series else set())


def test_who_has_said_no_gets_nothing_new_and_keeps_what_they_had_out_of_the_feed(room: Room) -> None:
    cast = room.cast
    meeting = open_single(room.group, TUESDAYS[0])
    Attendance.objects.create(meeting=meeting, member=cast.psyk, answer=Answer.NOT_COMING)
    assert set(kept()) == GOERS - {"psyk"}
    Attendance.objects.create(meeting=meeting, member=cast.soc, answer=Answer.NOT_COMING)
    assert set(kept()) == GOERS - {"psyk"}
    (row,) = own(cast.soc)
    assert (row.text, row.answer, row.sequence) == ("", Answer.NOT_COMING, 0)
    Attendance.objects.filter(member=cast.soc).update(answer=Answer.COMING)
    kept()
    assert own(cast.soc)[0].text


def test_an_occurrence_that_somebody_declines_leaves_their_feed_and_nobody_elses(room: Room) -> None:
    cast = room.cast
    meeting = open_day(make_series(room.group), TUESDAYS[0], state=MeetingState.CALLED)
    kept()
    Attendance.objects.create(meeting=meeting, member=cast.soc, answer=Answer.NOT_COMING)
    kept()
    (row,) = own(cast.soc)
    assert "EXDATE;TZID=Europe/Stockholm:20261117T130000" in row.text.replace("\r\n ", "")
    assert row.sequence == 0, "nothing that everybody is told has changed"
    assert "EXDATE" not in own(cast.psyk)[0].text


def test_an_absence_is_as_a_no(room: Room) -> None:
    meeting = open_single(room.group, TUESDAYS[0])
    Attendance.objects.create(meeting=meeting, member=room.cast.fk, answer=Answer.NOT_COMING, by_absence=True)
    assert set(kept()) == GOERS - {"fk"}


def test_a_joint_meeting_is_with_both_groups_people(room: Room) -> None:
    cast = room.cast
    other = make_group(cast, "Projektgruppen", GroupKind.PROJECT)
    make_seat(other, cast.psyk_desk, cast.psyk_2)
    make_series(other)
    open_single(room.group, TUESDAYS[1], joined_group=other)
    found = kept(meeting__isnull=False)
    assert set(found) == GOERS | {"psyk2"}
    assert all(len(rows) == 1 for rows in found.values())


def test_a_meeting_that_is_over_makes_no_entry_and_ends_none(room: Room) -> None:
    meeting = open_single(room.group, TUESDAYS[0])
    with at(TUESDAYS[0], 16):
        assert kept() == {}
    kept()
    with at(TUESDAYS[0], 16):
        changed(meeting, state=MeetingState.NOT_HELD)
        assert set(kept()) == GOERS
        SeatHolder.objects.all().delete()
        assert set(kept()) == GOERS


def test_two_groups_do_not_mix(room: Room) -> None:
    cast = room.cast
    other = make_group(cast, "Lägesträffen", GroupKind.STATUS)
    seat = add_seat(by=cast.coordinator, group=other, desk=cast.psyk_desk, from_on=timezone.localdate())
    seat_members(by=cast.coordinator, seat=seat, ordinary=cast.psyk, deputies=[])
    one, two = make_series(room.group), make_series(other, weekday=3)
    kept()
    keep_all()
    assert {row.series_id for row in own(cast.psyk)} == {one.pk, two.pk}
    assert {row.series_id for row in own(cast.soc)} == {one.pk}


# ---------- the numbers ----------
def crowd(room: Room, people: int) -> None:
    """So many more ordinary members, each at a desk of their own."""
    for number in range(people):
        desk = room.cast.soc.agency.functions.create(name=f"Enhet {number}")
        make_seat(room.group, desk, make_member(desk.agency, f"extra{number}", desk, MemberRole.CASEWORKER))


def days(series: Series, number: int) -> None:
    """So many of the next days are opened, at another hour than the series says, and the next is called off."""
    for on in occurrences(rule_of(series), NOW.date(), NOW.date() + timedelta(days=400))[:number]:
        starts_at, ends_at = when(on, 9, 10)
        Meeting.objects.create(group=series.group, series=series, occurs_on=on, starts_at=starts_at, ends_at=ends_at)


def queries() -> int:
    """What keeping costs. SQLite takes a thousand values at a time: a writing that goes on is the one before."""
    with CaptureQueriesContext(connection) as captured:
        keep_all()
    heads = [query["sql"][:60] for query in captured]
    goes_on = [here == before and here.startswith(("INSERT", "UPDATE")) for before, here in pairwise(heads)]
    return len(heads) - sum(goes_on) * (connection.vendor == "sqlite")


def test_a_group_costs_as_many_queries_with_thirty_people_and_ten_days_as_with_one(room: Room) -> None:
    series = make_series(room.group, repeats="weekly")
    days(series, 1)
    first = queries(), queries()
    days(make_series(room.group, repeats="weekly", weekday=2), 10)
    crowd(room, 30)
    GroupSeat.objects.filter(group=room.group).update(from_on=NOW.date() - timedelta(days=1))
    assert (queries(), queries()) == first == (26, 21)
    assert Entry.objects.filter(instead_of__isnull=False).count() == 34 * 11
    Meeting.objects.update(place="Rum Vit", place_is_neutral=True)
    assert queries() <= 26
