"""The call: who is asked, who is asked instead, who is told, and that no seat is silently left without anybody."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from meetings.actions import attendance, calls
from meetings.actions.opening import lay_agenda
from meetings.models import Attendance, Group, GroupSeat, Meeting, MeetingEvent, SeatHolder
from meetings.queries.attendance import SeatStatus, seats_shown
from meetings.states import Answer, GroupKind, MeetingState
from notifications.models import Notification
from tests.cast import make_agency, make_member, make_user
from tests.meetings.calling import asked, away, call, last, told
from tests.meetings.cast import Room, in_days, make_group, make_meeting, make_seat, put_in
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.front.actions import absences
from workspace.models import Absence, CooperationRole, Membership
from workspace.rules import Hat
from workspace.states import AgencyKind, CooperationRoleKind

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]


# ---------- who is asked ----------
@pytest.mark.embedded
def test_the_ordinary_member_of_each_seat_is_asked_and_told(room: Room, as_hat: AsHat) -> None:
    got = as_hat(room.cast.soc).post(f"/moten/{room.meeting.pk}/kalla/")
    assert (got.status_code, got.headers["Location"]) == (302, f"/moten/{room.meeting.pk}/")
    room.meeting.refresh_from_db()
    assert room.meeting.state == MeetingState.CALLED and room.meeting.called_at is not None
    assert asked(room.meeting) == {room.cast.soc.pk, room.cast.psyk.pk, room.cast.fk.pk}
    # The one who sends it is asked too, but not told.
    assert told(room.meeting) == {("meeting.called", room.cast.psyk.pk), ("meeting.called", room.cast.fk.pk)}
    seats = dict(Attendance.objects.filter(meeting=room.meeting).values_list("member", "seat"))
    assert seats[room.cast.fk.pk] == room.fk_seat.pk


HATS = ["soc", "soc_2", "soc_manager", "psyk", "psyk_2", "fk", "outsider", "coordinator", "chair"]


@pytest.mark.parametrize("state", list(MeetingState))
def test_only_who_arranges_calls_and_only_to_a_meeting_that_is_ahead(
    room: Room, as_hat: AsHat, state: MeetingState
) -> None:
    put_in(room.meeting, state)
    for name in HATS:
        before = set(Attendance.objects.values_list("pk", flat=True))
        got = as_hat(getattr(room.cast, name)).post(f"/moten/{room.meeting.pk}/kalla/")
        if name in {"soc_manager", "outsider", "chair"}:
            assert got.status_code == 404, name
        elif state not in {MeetingState.PLANNED, MeetingState.CALLED}:
            assert got.status_code == 409, name
        elif name in {"soc", "psyk", "coordinator"}:
            assert got.status_code == 302, name
            continue
        else:
            assert got.status_code == 403 and "som ordnar mötet" in got.content.decode(), name
        assert set(Attendance.objects.values_list("pk", flat=True)) == before, name


def test_a_role_that_calls_has_no_agency_and_all_are_told(room: Room) -> None:
    meeting = call(room, room.cast.coordinator)
    assert told(meeting) == {("meeting.called", one.pk) for one in (room.cast.soc, room.cast.psyk, room.cast.fk)}
    assert not Notification.objects.exclude(acting_agency=None).exists()


def test_the_same_form_twice_calls_once(room: Room, as_hat: AsHat) -> None:
    client = as_hat(room.cast.soc)
    for _ in range(3):
        client.post(f"/moten/{room.meeting.pk}/kalla/", {"once": "samma"})
    assert MeetingEvent.objects.filter(meeting=room.meeting, verb="call").count() == 1
    assert Notification.objects.count() == 2


def test_called_again_only_those_not_yet_asked_are_asked_and_the_others_told_of_the_change(room: Room) -> None:
    meeting, cast = call(room), room.cast
    attendance.answer_call(by=cast.psyk, meeting=meeting, answer=Answer.COMING)
    agency, desk = make_agency("af-t", "Arbetsförmedlingen Piteå", AgencyKind.PUBLIC_EMPLOYMENT_SERVICE, "Piteå")
    new = make_member(agency, "af", desk)
    make_seat(room.group, desk, new)
    late = next(seat for seat in seats_shown(meeting) if seat.agency == agency)
    assert late.status == SeatStatus.MISSING  # said, and not silently left out
    first = dict(Attendance.objects.filter(meeting=meeting).values_list("member", "asked_at"))
    since = last()
    call(room)
    assert told(meeting, since) == {
        ("meeting.changed", cast.psyk.pk),
        ("meeting.changed", cast.fk.pk),
        ("meeting.called", new.pk),
    }
    assert asked(meeting) == {cast.soc.pk, cast.fk.pk, new.pk}
    again = dict(Attendance.objects.filter(meeting=meeting).exclude(member=new).values_list("member", "asked_at"))
    assert again == first


def test_who_said_that_they_come_before_the_call_gets_it_and_keeps_the_answer(room: Room) -> None:
    cast = room.cast
    attendance.answer_call(by=cast.fk, meeting=room.meeting, answer=Answer.COMING)
    meeting = call(room)
    assert ("meeting.called", cast.fk.pk) in told(meeting)
    row = Attendance.objects.get(meeting=meeting, member=cast.fk)
    assert row.answer == Answer.COMING and row.asked_at is not None


def test_the_ordinary_member_is_asked_also_where_a_deputy_has_said_that_they_come(room: Room) -> None:
    attendance.answer_call(by=room.cast.two_hats[0], meeting=room.meeting, answer=Answer.COMING)
    assert room.cast.fk.pk in asked(call(room))


# ---------- who is asked instead ----------
def test_who_is_away_that_day_counts_as_a_no_and_the_deputy_is_asked_at_once(room: Room) -> None:
    cast = room.cast
    away(cast.fk, room.meeting)
    meeting = call(room)
    row = Attendance.objects.get(meeting=meeting, member=cast.fk)
    assert (row.answer, row.by_absence, row.asked_at) == (Answer.NOT_COMING, True, None)
    assert asked(meeting) == {cast.soc.pk, cast.psyk.pk, cast.two_hats[0].pk}
    assert told(meeting) == {
        ("meeting.called", cast.psyk.pk),
        ("meeting.deputy_asked", cast.two_hats[0].pk),
        ("meeting.cannot_come", cast.psyk.pk),
    }
    assert Notification.objects.get(kind="meeting.cannot_come").acting_agency == cast.fk.agency


def test_another_day_s_absence_changes_nothing(room: Room) -> None:
    day = timezone.localdate(room.meeting.starts_at)
    for first, last_day in ((-9, -1), (1, 9)):
        Absence.objects.create(
            membership=room.cast.fk, from_on=day + timedelta(days=first), to_on=day + timedelta(days=last_day)
        )
    assert room.cast.fk.pk in asked(call(room))


def test_a_stand_in_who_is_a_deputy_is_asked_before_the_others_and_no_stranger_is(room: Room) -> None:
    cast = room.cast
    third = make_member(cast.fk.agency, "fk3", cast.fk_desk)
    stranger = make_member(cast.fk.agency, "fk4", cast.fk_desk)
    SeatHolder.objects.create(seat=room.fk_seat, membership=third, kind="deputy", order=2, from_on=room.fk_seat.from_on)
    away(cast.fk, room.meeting, third)
    away(cast.psyk, room.meeting, stranger)
    meeting = call(room)
    assert asked(meeting) == {cast.soc.pk, third.pk, cast.psyk_2.pk}


def test_where_all_are_away_or_cannot_sign_in_chair_and_secretary_are_told_that_nobody_is_left(room: Room) -> None:
    cast = room.cast
    away(cast.fk, room.meeting)
    away(cast.two_hats[0], room.meeting)
    meeting = call(room, cast.coordinator)
    assert {row for row in told(meeting) if row[0] != "meeting.called"} == {
        ("meeting.seat_empty", cast.soc.pk),
        ("meeting.seat_empty", cast.psyk.pk),
    }
    since = last()
    call(room, cast.coordinator)
    assert {kind for kind, _ in told(meeting, since)} == {"meeting.changed"}  # they know


@pytest.mark.parametrize("what", ["closed account", "membership ended", "seat not begun", "no ordinary"])
def test_an_ordinary_member_who_cannot_be_reached_is_passed_over(room: Room, what: str) -> None:
    cast, yesterday = room.cast, timezone.localdate() - timedelta(days=1)
    holder = SeatHolder.objects.filter(seat=room.fk_seat, membership=cast.fk)
    if what == "closed account":
        cast.fk.user.is_active = False
        cast.fk.user.save()
    elif what == "membership ended":
        Membership.objects.filter(pk=cast.fk.pk).update(from_on=yesterday, to_on=yesterday)
    elif what == "seat not begun":
        holder.update(from_on=timezone.localdate() + timedelta(days=2))
    else:
        holder.delete()
    meeting = call(room)
    assert asked(meeting) == {cast.soc.pk, cast.psyk.pk, cast.two_hats[0].pk}
    kind = "meeting.called" if what == "no ordinary" else "meeting.deputy_asked"
    assert (kind, cast.two_hats[0].pk) in told(meeting)


def test_to_a_joint_meeting_both_groups_are_called_and_who_holds_two_seats_once(room: Room) -> None:
    cast = room.cast
    other = make_group(cast, "Projektgruppen Piteå", GroupKind.PROJECT)
    Group.objects.filter(pk=other.pk).update(chair=cast.fk, secretary=None)
    make_seat(other, cast.fk_desk, cast.fk)
    agency, desk = make_agency("lss-t", "LSS-handläggningen Piteå", AgencyKind.DISABILITY_ACT, "Piteå")
    lss = make_member(agency, "lss", desk)
    make_seat(other, desk, lss)
    Meeting.objects.filter(pk=room.meeting.pk).update(joined_group=other)
    room.meeting.refresh_from_db()
    meeting = call(room)
    assert asked(meeting) == {cast.soc.pk, cast.psyk.pk, cast.fk.pk, lss.pk}
    since = last()
    attendance.answer_call(by=lss, meeting=meeting, answer=Answer.NOT_COMING)
    # Chair and secretary of the group whose meeting it is, and the chair of the other group.
    assert told(meeting, since) == {("meeting.seat_empty", one.pk) for one in (cast.soc, cast.psyk, cast.fk)}
    since = last()
    attendance.answer_call(by=cast.fk, meeting=meeting, answer=Answer.NOT_COMING)
    kinds = {kind for kind, _ in told(meeting, since)}
    assert kinds == {"meeting.deputy_asked", "meeting.cannot_come", "meeting.seat_empty"}
    assert asked(meeting) == {cast.soc.pk, cast.psyk.pk, cast.two_hats[0].pk}


def test_a_steering_group_s_meeting_is_called_by_its_coordinator_and_its_chair(room: Room) -> None:
    other = make_group(room.cast, "Styrgruppen", GroupKind.STEERING)
    Group.objects.filter(pk=other.pk).update(chair=None, secretary=None)
    make_seat(other, room.cast.fk_desk, room.cast.fk)
    meeting = make_meeting(other)
    member = CooperationRole.objects.create(
        cooperation=room.cast.cooperation, user=make_user("styr"), role=CooperationRoleKind.STEERING
    )
    with pytest.raises(NotAllowed):
        calls.call_meeting(by=member, meeting=meeting)
    calls.call_meeting(by=room.cast.chair, meeting=meeting)
    assert told(meeting) == {("meeting.called", room.cast.fk.pk)}
    meeting.refresh_from_db()
    # Without chair and secretary there is nobody to tell, and the page says it.
    attendance.answer_call(by=room.cast.fk, meeting=meeting, answer=Answer.NOT_COMING)
    assert [seat.status for seat in seats_shown(meeting)] == [SeatStatus.MISSING]


# ---------- nobody is silently missing (B34) ----------
def simulated(room: Room, dice: random.Random, people: list[Membership]) -> Meeting:
    """A meeting with up to ten random things before, while and after it is called."""
    meeting = Meeting.objects.create(
        group=room.group, starts_at=in_days(dice.randint(1, 60)), ends_at=in_days(61), place="Rum Älven"
    )
    lay_agenda(meeting)

    def absence() -> None:
        day = timezone.localdate(meeting.starts_at)
        absences.register_absence(by=dice.choice(people), from_on=day - timedelta(days=dice.randint(0, 2)), to_on=day)

    def back() -> None:
        found = list(Absence.objects.select_related("membership").order_by("pk"))
        if found:
            one = dice.choice(found)
            absences.end_absence(by=one.membership, absence=one)

    def answer() -> None:
        attendance.answer_call(
            by=dice.choice(people), meeting=meeting, answer=dice.choice(list(Answer)), comment="Hellre fredag."
        )

    def call_again() -> None:
        calls.call_meeting(by=room.cast.coordinator, meeting=meeting)

    def act(does: Callable[[], None]) -> None:
        try:
            does()
        except (NotAllowed, SomebodyWasFaster):
            return

    for does in dice.choices((absence, answer), k=dice.randint(0, 3)):
        act(does)
    call_again()
    for does in dice.choices((absence, back, answer, answer, answer, call_again), k=dice.randint(2, 8)):
        act(does)
    return meeting


def silent(meeting: Meeting) -> list[str]:
    """The seats that neither have somebody, nor wait for somebody by name, nor are said to be missing."""
    wrong = []
    to_chair = {
        row.acting_agency_id
        for row in Notification.objects.filter(
            object_id=meeting.pk, kind__in=("meeting.seat_empty", "meeting.cannot_come", "meeting.other_time")
        )
    }
    for seat in seats_shown(meeting):
        if seat.status == SeatStatus.REPRESENTED:
            continue
        if seat.status == SeatStatus.WAITING and (seat.asked or any(one.wants_other_time for one in seat.holders)):
            continue
        if seat.status == SeatStatus.MISSING and seat.agency.pk in to_chair:
            continue
        wrong.append(f"{meeting.pk}: {seat.agency} {seat.status} {seat.word}")
    return wrong


@pytest.mark.parametrize(
    ("seed", "number"), [(2, 12), pytest.param(1, 200, marks=pytest.mark.long)], ids=["twelve", "two hundred"]
)
def test_in_simulated_meetings_no_agency_is_silently_missing(room: Room, seed: int, number: int) -> None:
    dice = random.Random(seed)
    people = [room.cast.soc, room.cast.soc_2, room.cast.psyk, room.cast.psyk_2, room.cast.fk, room.cast.two_hats[0]]
    # A chair who acts is not told of it: here somebody else is.
    agency, desk = make_agency("af-t", "Arbetsförmedlingen Piteå", AgencyKind.PUBLIC_EMPLOYMENT_SERVICE, "Piteå")
    chair = make_member(agency, "af", desk)
    make_seat(room.group, desk, chair)
    Group.objects.filter(pk=room.group.pk).update(chair=chair)
    room.group.refresh_from_db()
    statuses = set()
    for _ in range(number):
        meeting = simulated(room, dice, people)
        meeting.refresh_from_db()
        assert silent(meeting) == []
        statuses |= {seat.status for seat in seats_shown(meeting)}
        Absence.objects.all().delete()
        Meeting.objects.filter(pk=meeting.pk).update(state=MeetingState.CANCELLED)
    assert statuses == set(SeatStatus)


def test_the_simulation_sees_a_seat_that_is_left_alone(room: Room) -> None:
    meeting = call(room)
    Attendance.objects.filter(meeting=meeting, seat=room.fk_seat).delete()
    assert len(silent(meeting)) == 1
    GroupSeat.objects.filter(pk=room.fk_seat.pk).update(to_on=timezone.localdate())
    assert silent(meeting) == []
