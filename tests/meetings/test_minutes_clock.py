"""Minutes that wait are not forgotten: who is told of them, which day, and once (L42)."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from meetings.actions.approvals import approve_minutes, object_to_minutes, replace_adjuster
from meetings.actions.minutes_clock import watch_minutes
from meetings.actions.sealing import post_minutes
from meetings.models import Group, MeetingEvent, MinutesRecipient
from notifications.models import Notification
from tests.cast import Cast
from tests.meetings.cast import Room, make_room
from tests.meetings.minutes_stage import last_notice, make_held, sent_by_soc, told_since
from tests.meetings.seal_stage import formal_held, locked
from tests.referrals.races import at_once
from workspace.front.tasks import SWEEPS
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
# A Monday; no holiday in the five weeks after it. Working days 3, 7 and 10 are 10, 16 and 21 September.
BEGAN = datetime(2026, 9, 7, 10, tzinfo=ZoneInfo("Europe/Stockholm"))
TO_SIGN, UNSIGNED = "meeting.minutes_to_sign", "meeting.minutes_unsigned"
DUE, LATE = "meeting.minutes_due", "meeting.minutes_late"
POST, POST_LATE = "meeting.minutes_to_post", "meeting.minutes_to_post_late"
Told = dict[date, set[tuple[str, int]]]


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(BEGAN, tick=False) as traveller:
        yield traveller


@pytest.fixture
def room(clock: Any, cast: Cast) -> Room:
    return make_room(cast)


def pass_days(clock: Any, first: int, last: int) -> Told:
    """What is told on each day of September, swept four times a day; days without a word are left out."""
    told: Told = {}
    for number in range(first, last + 1):
        day, mark = date(2026, 9, 1) + timedelta(days=number - 1), last_notice()
        for hour in (7, 8, 13, 23):
            clock.move_to(datetime(day.year, day.month, day.day, hour, tzinfo=BEGAN.tzinfo))
            watch_minutes()
        if found := told_since(mark):
            told[day] = found
    return told


def september(day: int) -> date:
    return date(2026, 9, day)


# ---------- an adjuster who never signs ----------
@pytest.mark.embedded
def test_an_adjuster_is_reminded_twice_and_then_the_arrangers_are_told(room: Room, clock: Any) -> None:
    held, cast = make_held(room), room.cast
    minutes = sent_by_soc(held, held.soc, held.psyk, held.coordinator)
    approve_minutes(by=cast.soc, minutes=minutes)
    assert pass_days(clock, 7, 40) == {
        september(10): {(TO_SIGN, cast.psyk.pk)},
        september(16): {(TO_SIGN, cast.psyk.pk)},
        september(21): {(UNSIGNED, cast.soc.pk), (UNSIGNED, cast.psyk.pk)},
    }


def test_a_signature_ends_the_reminders_and_takes_them_away(room: Room, clock: Any) -> None:
    held, cast = make_held(room), room.cast
    minutes = sent_by_soc(held, held.soc, held.psyk)
    pass_days(clock, 7, 22)
    for hat in (cast.psyk, cast.soc):
        approve_minutes(by=hat, minutes=minutes)
    waiting = Notification.objects.filter(kind__in=[TO_SIGN, UNSIGNED], closed_at__isnull=True)
    assert not waiting.exists() and pass_days(clock, 22, 40) == {}


def test_an_objection_ends_them_too(room: Room, clock: Any) -> None:
    held = make_held(room)
    minutes = sent_by_soc(held, held.psyk)
    pass_days(clock, 7, 10)
    object_to_minutes(by=room.cast.psyk, minutes=minutes, comment="Fel namn")
    assert pass_days(clock, 10, 30) == {}


def test_who_comes_in_anothers_place_has_time_of_their_own(room: Room, clock: Any) -> None:
    held, cast = make_held(room), room.cast
    minutes = sent_by_soc(held, held.psyk)
    pass_days(clock, 7, 21)
    rows = MinutesRecipient.objects.filter(minutes=minutes)
    leaves, comes = rows.get(attendance=held.psyk).pk, rows.get(attendance=held.soc).pk
    replace_adjuster(by=cast.coordinator, minutes=minutes, leaves=leaves, comes=comes)
    assert pass_days(clock, 22, 35) == {
        september(24): {(TO_SIGN, cast.soc.pk)},
        september(30): {(TO_SIGN, cast.soc.pk)},
        date(2026, 10, 5): {(UNSIGNED, cast.soc.pk), (UNSIGNED, cast.psyk.pk)},
    }


def test_after_a_stop_only_the_last_that_is_due_is_said(room: Room, clock: Any) -> None:
    held, cast = make_held(room), room.cast
    sent_by_soc(held, held.psyk)
    assert pass_days(clock, 17, 18) == {september(17): {(TO_SIGN, cast.psyk.pk)}}


def test_nobody_is_reminded_on_a_day_off(room: Room, clock: Any) -> None:
    held = make_held(room)
    sent_by_soc(held, held.psyk)
    assert set(pass_days(clock, 12, 14)) == {september(14)}, "12 and 13 are a weekend"


# ---------- who is told where nobody with a seat leads ----------
@pytest.mark.parametrize(("secretary", "told"), [(True, {"psyk"}), (False, set())])
def test_without_a_chair_who_has_a_seat_the_secretary_is_told_and_the_roles_read_it(
    room: Room, clock: Any, as_hat: AsHat, secretary: bool, told: set[str]
) -> None:
    held, cast = make_held(room), room.cast
    sent_by_soc(held, held.psyk)
    Group.objects.filter(pk=room.group.pk).update(chair=None, **({} if secretary else {"secretary": None}))
    said = pass_days(clock, 17, 22)
    assert said.get(september(21), set()) == {(UNSIGNED, getattr(cast, name).pk) for name in told}
    page = as_hat(cast.coordinator).get(f"/moten/{held.meeting.pk}/protokoll/").content.decode()
    assert "Skulle ha varit justerat senast " in page and "Byt justerare" in page


# ---------- formal minutes ----------
@pytest.mark.parametrize("sent", [True, False])
def test_the_arrangers_are_told_three_days_before_the_fourteenth_and_the_day_after(
    room: Room, clock: Any, sent: bool
) -> None:
    held, cast = formal_held(room), room.cast
    if sent:
        sent_by_soc(held, held.coordinator)
    both = {cast.soc.pk, cast.psyk.pk}
    told = pass_days(clock, 7, 30)
    assert told == {
        september(18): {(DUE, pk) for pk in both},
        september(22): {(LATE, pk) for pk in both},
        **({september(21): {(UNSIGNED, pk) for pk in both}} if sent else {}),
    }


def test_the_arrangers_are_told_to_announce_the_day_after_and_when_it_is_late(room: Room, clock: Any) -> None:
    held, cast = formal_held(room), room.cast
    both = {cast.soc.pk, cast.psyk.pk}
    locked(held)
    assert pass_days(clock, 7, 30) == {
        september(8): {(POST, pk) for pk in both},
        september(10): {(POST_LATE, pk) for pk in both},
    }


def test_a_notice_in_time_needs_no_word(room: Room, clock: Any) -> None:
    held = formal_held(room)
    locked(held)
    pass_days(clock, 8, 8)
    post_minutes(by=room.cast.soc, meeting=held.meeting, posted_on=september(8), where="Tavlan")
    assert not Notification.objects.filter(kind__startswith=POST, closed_at__isnull=True).exists()
    assert pass_days(clock, 9, 30) == {}


def test_what_was_told_leaves_the_list_of_who_arranges_it_no_longer_too(room: Room, clock: Any) -> None:
    held = formal_held(room)
    minutes = sent_by_soc(held, held.psyk)
    pass_days(clock, 8, 22)
    open_now = Notification.objects.filter(membership=room.cast.soc, closed_at__isnull=True)
    assert {UNSIGNED, DUE, LATE} <= set(open_now.values_list("kind", flat=True))
    Group.objects.filter(pk=room.group.pk).update(chair=None, secretary=room.cast.psyk)
    approve_minutes(by=room.cast.psyk, minutes=minutes)
    assert not {UNSIGNED, DUE, LATE} & set(open_now.values_list("kind", flat=True))
    Group.objects.filter(pk=room.group.pk).update(chair=room.cast.soc)
    pass_days(clock, 23, 26)
    assert {POST, POST_LATE} & set(open_now.values_list("kind", flat=True))
    Group.objects.filter(pk=room.group.pk).update(chair=None)
    held.meeting.refresh_from_db()
    post_minutes(by=room.cast.psyk, meeting=held.meeting, posted_on=september(26), where="Anslagstavlan")
    assert not {POST, POST_LATE} & set(open_now.values_list("kind", flat=True))


def test_a_projects_minutes_have_no_fourteenth_day_to_be_told_of(room: Room, clock: Any) -> None:
    make_held(room)
    assert pass_days(clock, 7, 40) == {}


# ---------- at once ----------
def test_the_sweep_does_it(room: Room) -> None:
    assert watch_minutes in SWEEPS


def test_two_sweeps_at_once_say_it_once(committed_db: None, clock: Any, cast: Cast) -> None:
    held = make_held(make_room(cast))
    sent_by_soc(held, held.psyk)
    mark = last_notice()
    at_once(*[partial(watch_minutes, september(10))] * 2)
    assert told_since(mark) == {(TO_SIGN, cast.psyk.pk)}
    assert Notification.objects.filter(kind=TO_SIGN).count() == 1
    assert MeetingEvent.objects.filter(verb="minutes_watch").count() == 1
