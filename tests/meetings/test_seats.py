"""What everybody sees before a meeting, one's own answer there, who was there, and what Idag asks for."""

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.actions import attendance, calls
from meetings.models import AgendaItem, Attendance, Group, ItemGuest, Meeting, MeetingEvent
from meetings.queries.attendance import meetings_owed_and_ahead
from meetings.states import Answer, ItemKind, MeetingState, MinutesState
from tests.cast import make_agency, make_member
from tests.meetings.calling import call, call_quietly, region, say, text_of, told
from tests.meetings.cast import Room, make_item, make_seat, put_in
from workspace.rules import Hat
from workspace.states import AgencyKind

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
A, S = Answer, MeetingState


@pytest.fixture
def called(room: Room) -> Room:
    """The room with its call sent, and what that told put aside."""
    return call_quietly(room)


# ---------- before the meeting ----------
def test_everybody_sees_which_agency_lacks_somebody_who_was_asked_and_what_needs_them(
    called: Room, as_hat: AsHat
) -> None:
    cast, deputy = called.cast, called.cast.two_hats[0]
    deputy.user.phone = "0980-31 92 14"
    deputy.user.save()
    item = make_item(called.meeting)
    secret = make_item(called.meeting, "Hemligt ärende", ItemKind.CASE)
    AgendaItem.objects.filter(pk__in=[item.pk, secret.pk]).update(presenter=cast.fk)
    say(called, cast.fk, A.NOT_COMING, "Sjukt barn")
    say(called, cast.psyk, A.COMING)
    for name in ("soc", "soc_2", "psyk_2", "fk", "coordinator"):
        html = region(as_hat(getattr(cast, name)), called)
        page = text_of(html)
        assert "Försäkringskassan Norr saknar representant" in page, name
        assert f"{cast.fk.user} kan inte. {deputy.user} fick frågan i dag" in page and "har inte svarat" in page
        assert page.count("bygger på att de är med") == 1 and "Punkten kl." in page
        assert 'href="tel:0980319214"' in html and "Ring 0980-31 92 14" in page
        assert "1 av 3 myndigheter" in page and "Gruppen är inte beslutför än: minst två myndigheter" in page
        assert ("Sjukt barn" in page) == (name in {"soc", "coordinator", "fk"}), name
        assert "Hemligt" not in page and "None" not in page
    say(called, cast.soc, A.COMING)
    assert "Gruppen är beslutför: minst två myndigheter" in text_of(region(as_hat(cast.soc), called))


@pytest.mark.parametrize("state", list(MeetingState))
def test_every_state_has_its_region_without_warnings_after_the_fact(
    called: Room, as_hat: AsHat, state: MeetingState
) -> None:
    put_in(called.meeting, state)
    page = text_of(region(as_hat(called.cast.soc), called))
    assert ("Vem kommer" in page) == (state in {S.PLANNED, S.CALLED})
    assert ("Närvaro " in page and "0 av 3 myndigheter" in page) or state in {S.CANCELLED, S.NOT_HELD}
    assert "saknar representant" not in page and "Ingen " not in page
    assert ("Inte tillfrågad" in page) == (state == S.PLANNED)


def test_there_is_one_filled_button_while_the_answer_is_owed_and_none_after(called: Room, as_hat: AsHat) -> None:
    def filled(html: str) -> list[str]:
        return [text_of(found) for found in re.findall(r"<button(?![^>]*data-variant)[^>]*>.*?</button>", html)]

    client = as_hat(called.cast.psyk)
    assert filled(region(client, called)) == ["Jag kommer"]
    say(called, called.cast.psyk, A.COMING)
    html = region(client, called)
    assert filled(html) == [] and "Du har svarat: Kommer" in html and "Ändra svaret" in html
    assert "Jag kommer" not in region(as_hat(called.cast.coordinator), called)
    deputy = region(as_hat(called.cast.psyk_2), called)
    assert filled(deputy) == [] and "Du är ersättare och behöver inte svara." in deputy


def test_a_guest_of_one_item_sees_nobody_s_answers(called: Room, as_hat: AsHat) -> None:
    guest = called.cast.psyk_manager
    ItemGuest.objects.create(item=make_item(called.meeting), membership=guest)
    html = region(as_hat(guest), called)
    assert 'id="vilka"' in html and not [
        name for name in ("Vem kommer", str(called.cast.fk.user), "Försäkringskassan") if name in html
    ]


def test_the_answer_has_a_page_of_its_own_only_for_who_can_answer(called: Room, as_hat: AsHat) -> None:
    path = f"/moten/{called.meeting.pk}/svar/"
    for name, status in (("psyk", 200), ("psyk_2", 200), ("coordinator", 404), ("outsider", 404), ("chair", 404)):
        assert as_hat(getattr(called.cast, name)).get(path).status_code == status, name
    put_in(called.meeting, S.HELD)
    assert as_hat(called.cast.psyk).get(path).status_code == 404


def counted(client: Client, path: str) -> tuple[int, HttpResponse]:
    with CaptureQueriesContext(
        connection,
    ) as found:
        got = client.get(path)
    return len(found), got


def test_one_seat_and_thirty_cost_the_same(room: Room, as_hat: AsHat) -> None:
    client, path = as_hat(room.cast.soc), f"/moten/{room.meeting.pk}/bit/vilka/"
    call(room)
    say(room, room.cast.fk, A.NOT_COMING)
    for state in (S.CALLED, S.IN_PROGRESS):
        put_in(room.meeting, state)
        Meeting.objects.filter(pk=room.meeting.pk).update(state=S.CALLED)
        client.get(path)
        Meeting.objects.filter(pk=room.meeting.pk).update(state=state)
        few, _ = counted(client, path)
        for number in range(15):
            agency, desk = make_agency(
                f"x{state}{number}", f"Myndighet {state} {number}", AgencyKind.DISABILITY_ACT, "Piteå"
            )
            member = make_member(agency, f"u{state}{number}", desk)
            seat = make_seat(room.group, desk, member)
            Attendance.objects.create(
                meeting=room.meeting, member=member, seat=seat, asked_at=timezone.now(), answer=A.NOT_COMING
            )
        many, got = counted(client, path)
        assert f"Myndighet {state} 14" in got.content.decode()
        assert many == few, state


# ---------- presence ----------
def tick(client: Client, room: Room, who: Hat, present: bool = True) -> int:
    data = {"who": who.hat_key, "present": "1" if present else "0"}
    return client.post(f"/moten/{room.meeting.pk}/narvaro/", data).status_code


def present(room: Room) -> set[str]:
    return {row.hat_key for row in Attendance.objects.filter(meeting=room.meeting).exclude(present_how="")}


@pytest.mark.parametrize("state", list(MeetingState))
def test_presence_is_ticked_by_who_leads_once_the_meeting_has_begun(
    called: Room, as_hat: AsHat, state: MeetingState
) -> None:
    cast = called.cast
    put_in(called.meeting, state)
    for name in ("soc", "psyk", "coordinator", "soc_2", "fk", "outsider", "chair"):
        got = tick(as_hat(getattr(cast, name)), called, cast.fk)
        if name in {"outsider", "chair"}:
            assert got == 404, name
        else:
            may = name in {"soc", "psyk", "coordinator"} and state in {S.IN_PROGRESS, S.HELD}
            assert got == (302 if may else 403), name
            assert present(called) == ({cast.fk.hat_key} if may else set()), name
        Attendance.objects.update(present_how="", present_at=None)


def test_a_tick_is_taken_away_and_nothing_changes_when_the_minutes_are_sent(called: Room, as_hat: AsHat) -> None:
    cast, client = called.cast, as_hat(called.cast.soc)
    put_in(called.meeting, S.HELD)
    for _ in range(2):
        tick(client, called, cast.psyk_2)
    assert present(called) == {cast.psyk_2.hat_key}
    assert Attendance.objects.get(member=cast.psyk_2).seat == called.psyk_seat
    assert MeetingEvent.objects.filter(verb="tick").count() == 1
    html = region(client, called)
    assert "Pricka av" in html and "1 av 3 myndigheter" in html and "Gruppen var inte beslutför" in html
    assert tick(client, called, cast.psyk_2, present=False) == 302 and present(called) == set()
    for stranger in (cast.outsider, cast.soc_manager, cast.coordinator):
        assert tick(client, called, stranger) == 404
    Meeting.objects.filter(pk=called.meeting.pk).update(minutes_state=MinutesState.SENT)
    assert tick(client, called, cast.psyk) == 403
    assert "Pricka av" not in region(client, called)


def test_who_joins_by_the_room_is_present_while_the_meeting_goes_on(called: Room) -> None:
    cast = called.cast
    assert attendance.mark_joined(called.meeting, cast.psyk).present_how == ""
    put_in(called.meeting, S.IN_PROGRESS)
    row = attendance.mark_joined(called.meeting, cast.psyk)
    first = row.present_at
    assert row.present_how == "joined" and first is not None
    assert attendance.mark_joined(called.meeting, cast.psyk).present_at == first
    assert attendance.mark_joined(called.meeting, cast.soc_2).seat == called.soc_seat
    role = attendance.mark_joined(called.meeting, cast.coordinator)
    assert (role.seat, role.role, role.present_how) == (None, cast.coordinator, "joined")
    put_in(called.meeting, S.HELD)
    assert attendance.mark_joined(called.meeting, cast.fk).present_how == ""


# ---------- for Idag ----------
def test_what_is_owed_and_what_is_ahead(called: Room) -> None:
    cast, today = called.cast, timezone.localdate()
    day = timezone.localdate(called.meeting.starts_at)
    asked_at = Attendance.objects.get(member=cast.psyk).asked_at
    owed, ahead = [(called.meeting, asked_at)], [called.meeting]
    with CaptureQueriesContext(connection) as found:
        rows, _ = meetings_owed_and_ahead(cast.psyk, day)
        assert [row.group.name for row, _ in rows] == [called.group.name]
    assert len(found) == 1
    assert meetings_owed_and_ahead(cast.psyk, day) == (owed, ahead)
    assert meetings_owed_and_ahead(cast.psyk, today) == (owed, []), "a call waits however far ahead"
    for hat in (cast.psyk_2, cast.coordinator):
        assert meetings_owed_and_ahead(hat, day) == ([], ahead) and meetings_owed_and_ahead(hat, today) == ([], [])
    assert meetings_owed_and_ahead(cast.outsider, day) == ([], []) == meetings_owed_and_ahead(cast.chair, day)
    say(called, cast.psyk, A.COMING)
    assert meetings_owed_and_ahead(cast.psyk, day) == ([], ahead)
    put_in(called.meeting, S.CANCELLED)
    assert meetings_owed_and_ahead(cast.fk, day) == ([], [])


def test_without_chair_and_secretary_an_answer_still_goes_through(called: Room) -> None:
    Group.objects.filter(pk=called.group.pk).update(chair=None, secretary=None)
    say(called, called.cast.fk, A.NOT_COMING)
    assert told(called.meeting) == {("meeting.deputy_asked", called.cast.two_hats[0].pk)}
    calls.call_meeting(by=called.cast.coordinator, meeting=called.meeting)
