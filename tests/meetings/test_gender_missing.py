"""A meeting that has lost gender equality neither ends nor sends its minutes without it; it is put back there (R15)."""

from collections.abc import Callable

import pytest
from django.test import Client

from meetings.actions import agenda
from meetings.actions.minutes import send_minutes
from meetings.actions.room import finish_meeting, start_meeting
from meetings.models import AgendaItem, Attendance, Meeting
from meetings.states import GenderAnswer, ItemKind, MeetingState, MinutesState
from tests.cast import Cast
from tests.meetings.cast import Room
from tests.meetings.minutes_stage import make_held, sent_by_soc
from tests.steering.stage import make_steering
from workspace.errors import NotAllowed
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
SAYS = "Jämställdhet saknas på dagordningen. Sätt tillbaka punkten och svara på den."
BUTTON = "Sätt tillbaka Jämställdhet"


def lose(meeting: Meeting) -> None:
    AgendaItem.objects.filter(meeting=meeting, kind=ItemKind.GENDER_EQUALITY).delete()


def answer(meeting: Meeting) -> None:
    found = AgendaItem.objects.filter(meeting=meeting, kind=ItemKind.GENDER_EQUALITY)
    assert found.update(gender_answer=GenderAnswer.NO_DEVIATION, gender_text="Lika många.") == 1


def test_a_meeting_does_not_end_without_it_and_it_is_put_back_in_the_room(room: Room, as_hat: AsHat) -> None:
    meeting, client = room.meeting, as_hat(room.cast.soc)
    start_meeting(by=room.cast.soc, meeting=meeting)
    base = f"/moten/{meeting.pk}"
    assert BUTTON not in client.get(f"{base}/rum/").content.decode()
    lose(meeting)
    assert BUTTON in client.get(f"{base}/rum/").content.decode()
    assert BUTTON not in as_hat(room.cast.fk).get(f"{base}/rum/").content.decode()
    refused = client.post(f"{base}/rum/avsluta/", {"once": "a"})
    assert refused.status_code == 403 and SAYS in refused.content.decode()
    got = client.post(f"{base}/dagordning/jamstalldhet/", {"once": "b"})
    item = AgendaItem.objects.get(meeting=meeting, kind=ItemKind.GENDER_EQUALITY)
    assert (got.status_code, got.headers["Location"]) == (302, f"{base}/rum/?punkt={item.pk}")
    with pytest.raises(NotAllowed, match="inte besvarad"):
        finish_meeting(by=room.cast.soc, meeting=meeting)
    answer(meeting)
    finish_meeting(by=room.cast.soc, meeting=meeting)
    assert Meeting.objects.get(pk=meeting.pk).state == MeetingState.HELD


def test_minutes_are_not_sent_without_it_and_it_is_put_back_while_they_are_a_draft(room: Room, as_hat: AsHat) -> None:
    held = make_held(room)
    meeting, client, soc = held.meeting, as_hat(room.cast.soc), room.cast.soc
    lose(meeting)
    text = client.get(f"/moten/{meeting.pk}/protokoll/skicka/").content.decode()
    assert SAYS in text and BUTTON in text
    with pytest.raises(NotAllowed, match="saknas"):
        send_minutes(by=soc, meeting=meeting, adjusters={held.soc.pk})
    with pytest.raises(NotAllowed, match="Mötet är slut"):
        agenda.add_prepared(by=soc, meeting=meeting, kind=ItemKind.ACTION_REVIEW)
    got = client.post(f"/moten/{meeting.pk}/dagordning/jamstalldhet/", {"once": "a"})
    assert (
        got.status_code == 302 and BUTTON not in client.get(f"/moten/{meeting.pk}/protokoll/skicka/").content.decode()
    )
    answer(meeting)
    sent_by_soc(held)
    assert Meeting.objects.get(pk=meeting.pk).minutes_state == MinutesState.SENT


def test_it_is_not_put_back_once_the_minutes_are_on_their_way(room: Room) -> None:
    held = make_held(room)
    lose(held.meeting)
    Meeting.objects.filter(pk=held.meeting.pk).update(minutes_state=MinutesState.SENT)
    with pytest.raises(NotAllowed, match="Mötet är slut"):
        agenda.restore_standing(by=room.cast.soc, meeting=held.meeting)


def test_the_roles_of_a_steering_group_have_their_rows_and_only_one_each(cast: Cast) -> None:
    stage = make_steering(cast)
    answer(stage.meeting)
    start_meeting(by=cast.coordinator, meeting=stage.meeting)
    before = set(Attendance.objects.filter(meeting=stage.meeting, role__isnull=False).values_list("role", flat=True))
    finish_meeting(by=cast.coordinator, meeting=stage.meeting)
    after = Attendance.objects.filter(meeting=stage.meeting, role__isnull=False)
    assert before < set(after.values_list("role", flat=True)) and len(after) == len(set(after.values_list("role")))
