"""An absence registered or taken away, and what it does to the meetings it covers: in one act, told once."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from meetings.actions import attendance
from meetings.models import Attendance, Meeting, MeetingEvent, SeatHolder
from meetings.states import Answer, MeetingState
from notifications.models import Notification
from tests.cast import Cast, make_cast, make_member
from tests.meetings.calling import answers, asked, call, call_quietly, last, say, told, words
from tests.meetings.cast import Room, make_meeting, make_room, put_in
from tests.referrals.races import at_once
from workspace.errors import NotAllowed
from workspace.front.actions import absences
from workspace.models import Absence, Membership
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
A = Answer
# Nine in the morning in Stockholm; the meeting is at one.
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def called(clock: time_machine.Traveller, cast: Cast) -> Room:
    """A meeting a week ahead, to which everybody has been called."""
    return call_quietly(make_room(cast))


def day(room: Room) -> date:
    return timezone.localdate(room.meeting.starts_at)


def post(client: Client, first: date, last_day: date, stand_in: Membership | None = None) -> Any:
    data = {"from_on": str(first), "to_on": str(last_day), "stand_in": stand_in.pk if stand_in else ""}
    return client.post("/franvaro/", data)


def register(room: Room, member: Membership, stand_in: Membership | None = None) -> Absence:
    return absences.register_absence(by=member, from_on=day(room), to_on=day(room), stand_in=stand_in)


@pytest.mark.embedded
def test_an_absence_an_hour_before_the_meeting_calls_the_deputy_at_once_and_tells_the_chair(
    called: Room, as_hat: AsHat, clock: time_machine.Traveller
) -> None:
    cast = called.cast
    say(called, cast.fk, A.COMING)
    clock.move_to(called.meeting.starts_at - timedelta(hours=1))
    got = post(as_hat(cast.fk), day(called), day(called))
    assert got.status_code == 302
    deputy = cast.two_hats[0]
    assert asked(called.meeting) == {cast.soc.pk, cast.psyk.pk, deputy.pk}
    assert told(called.meeting) == {
        ("meeting.deputy_asked", deputy.pk),
        ("meeting.cannot_come", cast.soc.pk),
        ("meeting.cannot_come", cast.psyk.pk),
    }
    row = Attendance.objects.get(meeting=called.meeting, member=cast.fk)
    assert (row.answer, row.by_absence) == (A.NOT_COMING, True)
    texts = MeetingEvent.objects.filter(verb="answer").values_list("text", flat=True)
    assert list(texts) == ["Kommer", "Kommer → Kan inte"]  # and not a word of an absence


def test_the_stand_in_who_is_a_deputy_is_asked_first(called: Room) -> None:
    cast = called.cast
    third = make_member(cast.fk.agency, "fk3", cast.fk_desk)
    SeatHolder.objects.create(
        seat=called.fk_seat, membership=third, kind="deputy", order=2, from_on=called.fk_seat.from_on
    )
    register(called, cast.fk, third)
    assert asked(called.meeting) == {cast.soc.pk, cast.psyk.pk, third.pk}


def test_a_deputy_who_is_asked_and_goes_away_hands_on_to_the_next_or_the_chair_is_told(called: Room) -> None:
    cast = called.cast
    register(called, cast.fk)
    since = last()
    register(called, cast.two_hats[0])
    assert told(called.meeting, since) == {("meeting.seat_empty", cast.soc.pk), ("meeting.seat_empty", cast.psyk.pk)}


def test_an_absence_touches_only_meetings_ahead_on_its_days_and_answers_that_need_it(called: Room) -> None:
    cast = called.cast
    say(called, cast.psyk, A.NOT_COMING, "Annat möte")
    later, planned = make_meeting(called.group, days=20), make_meeting(called.group, days=8)
    Meeting.objects.filter(pk=later.pk).update(state=MeetingState.CALLED)
    over = make_meeting(called.group, days=6)
    put_in(over, MeetingState.CANCELLED)
    for meeting in (later, over):
        Attendance.objects.create(meeting=meeting, member=cast.fk, seat=called.fk_seat, asked_at=NOW)
    attendance.answer_call(by=cast.fk, meeting=planned, answer=A.COMING)
    since = last()
    for member in (cast.psyk, cast.fk, cast.psyk_2, cast.outsider):
        absences.register_absence(by=member, from_on=day(called) - timedelta(days=1), to_on=day(called) + timedelta(1))
    rows = {
        row.meeting_id: (row.answer, row.by_absence) for row in Attendance.objects.filter(member=cast.fk).order_by("pk")
    }
    away = (A.NOT_COMING, True)
    assert rows == {called.meeting.pk: away, later.pk: ("", False), over.pk: ("", False), planned.pk: away}
    own = Attendance.objects.get(meeting=called.meeting, member=cast.psyk)
    assert (own.by_absence, own.comment) == (False, "Annat möte")
    assert told(planned) == told(later) == told(over) == set()
    assert ("meeting.seat_empty", cast.soc.pk) in told(called.meeting, since)  # psyk's deputy was asked, and is away
    # The call itself finds who is away.
    call(Room(**{**called.__dict__, "meeting": planned}))
    assert asked(planned) == {cast.soc.pk, cast.two_hats[0].pk}


def test_who_is_away_can_still_say_that_they_come(called: Room) -> None:
    register(called, called.cast.fk)
    say(called, called.cast.fk, A.COMING)
    row = Attendance.objects.get(meeting=called.meeting, member=called.cast.fk)
    assert (row.answer, row.by_absence) == (A.COMING, False)
    assert called.cast.two_hats[0].pk not in asked(called.meeting)


def test_when_an_absence_is_taken_away_one_is_asked_again_and_the_deputy_stays_asked(
    called: Room, as_hat: AsHat
) -> None:
    cast = called.cast
    absence = register(called, cast.fk)
    since = last()
    got = as_hat(cast.fk).post(f"/franvaro/{absence.pk}/ta-bort/")
    assert got.status_code == 302 and not Absence.objects.exists()
    assert asked(called.meeting) == {cast.soc.pk, cast.psyk.pk, cast.fk.pk, cast.two_hats[0].pk}
    assert told(called.meeting, since) == {("meeting.called", cast.fk.pk)}
    assert answers(called) == {}
    since = last()
    say(called, cast.fk, A.COMING)
    assert told(called.meeting, since) == {("meeting.ordinary_comes", cast.two_hats[0].pk)}
    assert words(called)["Försäkringskassan"] == "Kommer"


def test_a_deputy_who_is_back_is_asked_where_nobody_else_is_left(called: Room) -> None:
    cast = called.cast
    say(called, cast.fk, A.NOT_COMING)
    absence = register(called, cast.two_hats[0])
    since = last()
    absences.end_absence(by=cast.two_hats[0], absence=absence)
    assert told(called.meeting, since) == {
        ("meeting.deputy_asked", cast.two_hats[0].pk),
        ("meeting.cannot_come", cast.soc.pk),
        ("meeting.cannot_come", cast.psyk.pk),
    }


def test_one_s_own_no_stays_a_no_when_an_absence_is_taken_away(called: Room) -> None:
    absence = register(called, called.cast.fk)
    say(called, called.cast.fk, A.NOT_COMING)
    since = last()
    absences.end_absence(by=called.cast.fk, absence=absence)
    assert answers(called) == {called.cast.fk.pk: A.NOT_COMING} and told(called.meeting, since) == set()


def test_a_refused_absence_asks_and_tells_nobody(called: Room) -> None:
    absence = register(called, called.cast.fk)
    since, before = last(), asked(called.meeting)
    with pytest.raises(NotAllowed):
        absences.end_absence(by=called.cast.psyk, absence=absence)
    with pytest.raises(NotAllowed):
        absences.register_absence(by=called.cast.psyk, from_on=day(called), to_on=day(called) - timedelta(days=1))
    assert asked(called.meeting) == before and told(called.meeting, since) == set()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_call_and_an_absence_at_the_same_moment_never_leave_the_seat_alone() -> None:
    room = make_room(make_cast())
    cast = room.cast
    for number in range(6):
        room.meeting = make_meeting(room.group, days=20 + number)
        at_once(
            lambda: call(room),
            lambda: register(room, cast.fk),
            head_start=[0.0, 0.002 * number],
        )
        assert answers(room) == {cast.fk.pk: A.NOT_COMING}
        assert cast.two_hats[0].pk in asked(room.meeting)
        kinds = told(room.meeting)
        assert ("meeting.deputy_asked", cast.two_hats[0].pk) in kinds and ("meeting.cannot_come", cast.psyk.pk) in kinds
        Absence.objects.all().delete()
        Notification.objects.all().delete()
