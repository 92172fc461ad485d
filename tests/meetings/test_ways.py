"""Every page of the meetings' floor can be reached by a link, and what leads nowhere is not shown."""

from collections.abc import Callable
from datetime import timedelta

import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meetings.actions import attendance, calls
from meetings.actions.groups import end_holder, end_seat
from meetings.models import SeatHolder
from meetings.states import Answer, ItemKind
from notifications.models import Notification
from tests.meetings.cases import meeting_consent, put
from tests.meetings.cast import Room
from tests.meetings.minutes_stage import last_notice, told_since
from tests.meetings.rooms import running
from workspace.rules import Hat

AsHat = Callable[[Hat], Client]


def test_the_actions_and_the_proposals_are_a_link_away_for_every_member(room: Room, as_hat: AsHat) -> None:
    fk, pk = as_hat(room.cast.fk), room.group.pk
    actions, proposals = f'href="{reverse("actions")}"', f'href="{reverse("proposals", args=[pk])}"'
    assert actions in fk.get(reverse("meetings")).content.decode()
    page = fk.get(reverse("group", args=[pk])).content.decode()
    assert actions in page and proposals in page


def test_the_room_is_a_link_away_before_the_meeting_begins(room: Room, as_hat: AsHat) -> None:
    page = as_hat(room.cast.fk).get(reverse("meeting", args=[room.meeting.pk])).content.decode()
    assert f'href="{reverse("room", args=[room.meeting.pk])}"' in page


def test_what_was_written_of_gender_equality_is_kept_when_the_meeting_has_gone_on(room: Room, as_hat: AsHat) -> None:
    meeting = running(room)
    item = meeting.items.get(kind=ItemKind.GENDER_EQUALITY)
    assert meeting.current_item != item
    answer = as_hat(room.cast.soc).post(reverse("item_gender", args=[item.pk]), {"g-text": "Det vi kom fram till"})
    assert answer.status_code == 422
    assert "Det vi kom fram till" in answer.content.decode()


def test_a_chair_whose_seat_has_ended_is_told_nothing_of_the_meeting(room: Room) -> None:
    cast = room.cast
    end_seat(by=cast.coordinator, seat=room.soc_seat, last_on=timezone.localdate())
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        calls.call_meeting(by=cast.coordinator, meeting=room.meeting)
        before = last_notice()
        attendance.answer_call(by=cast.fk, meeting=room.meeting, answer=Answer.OTHER_TIME, comment="fredag")
    assert told_since(before) == {("meeting.other_time", cast.psyk.pk)}


def test_who_leaves_a_seat_is_told_of_its_cases_no_more(room: Room) -> None:
    cast = room.cast
    meeting_consent(cast, cast.psyk.agency)
    case = put(room)
    told = Notification.objects.filter(kind="case.added", object_id=case.pk, closed_at__isnull=True)
    everybody = {cast.soc_2.pk, cast.psyk.pk, cast.psyk_2.pk}
    assert set(told.values_list("membership", flat=True)) == everybody
    end_holder(by=cast.coordinator, holder=SeatHolder.objects.get(seat=room.psyk_seat, membership=cast.psyk))
    assert set(told.values_list("membership", flat=True)) == everybody - {cast.psyk.pk}
