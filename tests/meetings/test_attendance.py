"""Answers to a call, what follows from them, what everybody sees before the meeting, and who was there."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from meetings.actions import attendance
from meetings.models import Attendance, ItemGuest, MeetingEvent, SeatHolder
from meetings.queries.attendance import missing_agencies
from meetings.states import Answer, MeetingState
from notifications.actions import deliver
from notifications.models import Notification
from tests.cast import make_agency, make_member
from tests.meetings.calling import answers, asked, call, call_quietly, last, region, say, text_of, told, words
from tests.meetings.cast import Room, make_item, make_meeting, make_seat, put_in
from workspace.errors import NotAllowed
from workspace.models import AuditEntry, Membership
from workspace.rules import Hat
from workspace.states import AgencyKind

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
A, S = Answer, MeetingState


@pytest.fixture
def called(room: Room) -> Room:
    """The room with its call sent, and what that told put aside."""
    return call_quietly(room)


def post(client: Client, room: Room, answer: str, comment: str = "") -> Any:
    return client.post(f"/moten/{room.meeting.pk}/svar/", {"answer": answer, "comment": comment})


# ---------- who may answer what ----------
SEATED = {"soc", "psyk", "fk"}
DEPUTIES = {"soc_2", "psyk_2"}
REFUSED_AT = {S.PLANNED: "fått frågan", S.HELD: "avslutat", S.CANCELLED: "inställt", S.NOT_HELD: "blev inte av"}


@pytest.mark.embedded
@pytest.mark.parametrize("answer", list(Answer))
@pytest.mark.parametrize("state", list(MeetingState))
def test_every_hat_and_every_answer_in_every_state(
    room: Room, as_hat: AsHat, state: MeetingState, answer: Answer
) -> None:
    cast = room.cast
    if state != S.PLANNED:
        call(room)
    put_in(room.meeting, state)
    for name in (*SEATED, *DEPUTIES, "soc_manager", "outsider", "coordinator", "chair"):
        hat, before = getattr(cast, name), answers(room)
        got = post(as_hat(hat), room, answer, "Hellre fredag.")
        if name in {"soc_manager", "outsider", "chair"}:
            expected = 404
        elif name == "coordinator" or state in {S.HELD, S.CANCELLED, S.NOT_HELD}:
            expected = 403
        elif answer == A.COMING or (name in SEATED and state != S.PLANNED):
            expected = 302
        else:
            # A deputy is asked when the ordinary member of the same seat has just said no.
            was_asked = state == S.CALLED and answer == A.NOT_COMING
            expected = 302 if name in DEPUTIES and was_asked else 403
        assert got.status_code == expected, (name, text_of(got.content.decode()))
        if expected == 302:
            assert answers(room)[hat.pk] == answer
        else:
            assert answers(room) == before
        if expected == 403 and name in SEATED:
            assert REFUSED_AT[state] in text_of(got.content.decode())
        if expected == 404:
            missing = as_hat(hat).post("/moten/99999/svar/", {"answer": answer})
            assert (got.status_code, got.content) == (missing.status_code, missing.content)


def test_another_time_needs_a_word_and_what_was_typed_stays(called: Room, as_hat: AsHat) -> None:
    client = as_hat(called.cast.psyk)
    got = post(client, called, "other_time")
    assert got.status_code == 200 and "Skriv vilka tider som passar dig" in got.content.decode()
    assert "En sak behöver rättas" in text_of(got.content.decode())
    long = post(client, called, "other_time", "x" * 301)
    assert "1 tecken för lång" in long.content.decode() and "x" * 301 in long.content.decode()
    for nonsense in ("", "kanske"):
        assert "Välj Jag kommer" in post(client, called, nonsense).content.decode()
    assert answers(called) == {}
    with pytest.raises(NotAllowed, match="vilken tid"):
        say(called, called.cast.psyk, A.OTHER_TIME, "  ")


def test_another_time_is_told_and_calls_nobody(called: Room) -> None:
    cast = called.cast
    say(called, cast.fk, A.OTHER_TIME, "Hellre fredag.")
    assert told(called.meeting) == {("meeting.other_time", cast.soc.pk), ("meeting.other_time", cast.psyk.pk)}
    assert asked(called.meeting) == {cast.soc.pk, cast.psyk.pk}
    assert words(called)["Försäkringskassan"] == "Annan tid"


# ---------- what follows ----------
@pytest.mark.embedded
def test_a_no_asks_the_deputy_at_once_and_then_tells_chair_and_secretary(called: Room, as_hat: AsHat) -> None:
    cast = called.cast
    got = post(as_hat(cast.fk), called, "not_coming")
    assert got.headers["Location"] == f"/moten/{called.meeting.pk}/"
    order = list(Notification.objects.order_by("pk").values_list("kind", "membership", "acting_agency"))
    assert order == [
        ("meeting.deputy_asked", cast.two_hats[0].pk, None),
        ("meeting.cannot_come", cast.soc.pk, cast.fk.agency_id),
        ("meeting.cannot_come", cast.psyk.pk, cast.fk.agency_id),
    ]
    assert cast.two_hats[0].pk in asked(called.meeting)
    assert words(called)["Försäkringskassan"] == "Ingen"
    say(called, cast.two_hats[0], A.COMING)
    assert words(called)["Försäkringskassan"] == "Ersättaren"


def test_when_the_last_deputy_says_no_they_are_told_that_nobody_is_left_once(called: Room) -> None:
    cast = called.cast
    say(called, cast.fk, A.NOT_COMING)
    since = last()
    say(called, cast.two_hats[0], A.NOT_COMING)
    say(called, cast.two_hats[0], A.NOT_COMING)
    assert told(called.meeting, since) == {("meeting.seat_empty", cast.soc.pk), ("meeting.seat_empty", cast.psyk.pk)}
    assert Notification.objects.filter(kind="meeting.seat_empty").count() == 2
    assert [one.agency.short_name for one in missing_agencies(called.meeting)] == ["Försäkringskassan"]


def test_deputies_are_asked_one_at_a_time_in_their_order(called: Room) -> None:
    cast = called.cast
    third = make_member(cast.fk.agency, "fk3", cast.fk_desk)
    SeatHolder.objects.create(
        seat=called.fk_seat, membership=third, kind="deputy", order=2, from_on=called.fk_seat.from_on
    )
    for member, waiting in ((cast.fk, cast.two_hats[0]), (cast.two_hats[0], third)):
        say(called, member, A.NOT_COMING)
        assert asked(called.meeting) == {cast.soc.pk, cast.psyk.pk, waiting.pk}


def test_the_chair_who_says_no_is_not_told_of_it(called: Room) -> None:
    cast = called.cast
    say(called, cast.soc, A.NOT_COMING)
    assert told(called.meeting) == {("meeting.deputy_asked", cast.soc_2.pk), ("meeting.cannot_come", cast.psyk.pk)}


def test_where_a_deputy_already_comes_a_no_asks_and_tells_nobody(called: Room) -> None:
    say(called, called.cast.two_hats[0], A.COMING)
    say(called, called.cast.fk, A.NOT_COMING)
    assert told(called.meeting) == set() and words(called)["Försäkringskassan"] == "Ersättaren"


def test_an_ordinary_member_who_comes_after_all_frees_the_deputy_who_has_not_answered(called: Room) -> None:
    cast, deputy = called.cast, called.cast.two_hats[0]
    say(called, cast.fk, A.NOT_COMING)
    say(called, cast.fk, A.COMING)
    assert deputy.pk not in asked(called.meeting)
    live = Notification.objects.filter(membership=deputy, closed_at__isnull=True)
    assert [row.kind for row in live] == ["meeting.ordinary_comes"]
    assert words(called)["Försäkringskassan"] == "Kommer"
    since = last()
    say(called, cast.fk, A.NOT_COMING)
    assert ("meeting.deputy_asked", deputy.pk) in told(called.meeting, since)


def test_when_both_come_both_are_shown_and_the_deputy_is_told(called: Room, as_hat: AsHat) -> None:
    cast, deputy = called.cast, called.cast.two_hats[0]
    say(called, cast.fk, A.NOT_COMING)
    say(called, deputy, A.COMING)
    since = last()
    say(called, cast.fk, A.COMING)
    assert told(called.meeting, since) == {("meeting.ordinary_too", deputy.pk)}
    assert answers(called) == {cast.fk.pk: A.COMING, deputy.pk: A.COMING}
    assert f"{deputy.user} kommer" in text_of(region(as_hat(cast.soc), called))


def test_a_second_answer_replaces_the_first_and_the_history_keeps_both_but_no_reason(called: Room) -> None:
    say(called, called.cast.psyk, A.COMING)
    say(called, called.cast.psyk, A.NOT_COMING, "Jag är sjuk.")
    row = Attendance.objects.get(meeting=called.meeting, member=called.cast.psyk)
    assert (row.answer, row.comment) == (A.NOT_COMING, "Jag är sjuk.")
    events = MeetingEvent.objects.filter(meeting=called.meeting, verb="answer").values_list("text", flat=True)
    assert list(events) == ["Kommer", "Kommer → Kan inte"]
    assert AuditEntry.objects.filter(what="meeting.answer").count() == 2


def test_an_answer_when_the_meeting_has_begun_is_kept_as_late_and_no_deputy_is_called(called: Room) -> None:
    cast = called.cast
    say(called, cast.psyk, A.COMING)
    put_in(called.meeting, S.IN_PROGRESS)
    say(called, cast.fk, A.NOT_COMING)
    late = dict(Attendance.objects.exclude(answer="").values_list("member", "is_late"))
    assert late == {cast.psyk.pk: False, cast.fk.pk: True}
    assert told(called.meeting) == {("meeting.seat_empty", cast.soc.pk), ("meeting.seat_empty", cast.psyk.pk)}


def test_the_same_form_twice_is_one_answer(called: Room, as_hat: AsHat) -> None:
    client = as_hat(called.cast.fk)
    for _ in range(3):
        client.post(f"/moten/{called.meeting.pk}/svar/", {"answer": "not_coming", "once": "samma"})
    assert MeetingEvent.objects.filter(verb="answer").count() == 1


# ---------- taken off a seat ----------
def take_off(room: Room, member: Membership) -> None:
    SeatHolder.objects.filter(seat=room.fk_seat, membership=member).delete()
    deliver(attendance.on_holder_gone(seat=room.fk_seat, membership=member, by=room.cast.soc))


def test_a_member_removed_between_call_and_meeting_is_out_of_the_call_and_the_next_is_asked(called: Room) -> None:
    cast, deputy = called.cast, called.cast.two_hats[0]
    call(called)
    since = last()
    take_off(called, cast.fk)
    assert asked(called.meeting) == {cast.soc.pk, cast.psyk.pk, deputy.pk}
    assert not Attendance.objects.filter(member=cast.fk).exists()
    assert not Notification.objects.filter(membership=cast.fk, closed_at__isnull=True).exists()
    assert told(called.meeting, since) == {("meeting.called", deputy.pk)}
    since = last()
    take_off(called, deputy)
    assert told(called.meeting, since) == {("meeting.seat_empty", cast.psyk.pk)}
    assert [one.agency.short_name for one in missing_agencies(called.meeting)] == ["Försäkringskassan"]


def test_who_goes_from_deputy_to_ordinary_is_asked_and_who_was_ordinary_keeps_the_answer(called: Room) -> None:
    cast, deputy = called.cast, called.cast.two_hats[0]
    say(called, cast.fk, A.COMING)
    for member, kind in ((cast.fk, "deputy"), (deputy, "ordinary")):
        SeatHolder.objects.filter(seat=called.fk_seat, membership=member).update(kind=kind)
    deliver(attendance.on_holder_gone(seat=called.fk_seat, membership=cast.fk, by=None))
    assert answers(called) == {cast.fk.pk: A.COMING} and deputy.pk in asked(called.meeting)


def test_what_is_begun_or_over_and_a_meeting_not_called_stay_as_they_are(called: Room) -> None:
    put_in(called.meeting, S.HELD)
    planned = make_meeting(called.group, days=30)
    attendance.answer_call(by=called.cast.fk, meeting=planned, answer=A.COMING)
    take_off(called, called.cast.fk)
    rows = Attendance.objects.filter(member=called.cast.fk)
    assert [row.meeting_id for row in rows] == [called.meeting.pk]
    assert asked(planned) == set()


def test_who_loses_a_seat_but_holds_another_or_is_a_guest_keeps_the_invitation(called: Room) -> None:
    cast = called.cast
    second = make_member(cast.fk.agency, "fk3", cast.fk_desk)
    _, desk = make_agency("af-t", "Arbetsförmedlingen Piteå", AgencyKind.PUBLIC_EMPLOYMENT_SERVICE, "Piteå")
    other = make_seat(called.group, desk, cast.fk, second)
    take_off(called, cast.fk)
    assert Attendance.objects.get(member=cast.fk).seat == other
    SeatHolder.objects.filter(seat=other, membership=cast.fk).delete()
    ItemGuest.objects.create(item=make_item(called.meeting), membership=cast.fk)
    deliver(attendance.on_holder_gone(seat=other, membership=cast.fk, by=None))
    assert Attendance.objects.get(member=cast.fk).seat is None
    assert second.pk in asked(called.meeting)
