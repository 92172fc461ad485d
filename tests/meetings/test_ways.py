"""Every page of the meetings' floor can be reached by a link, and what leads nowhere is not shown."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meetings.actions import attendance, calls
from meetings.actions.groups import end_holder, end_seat
from meetings.actions.openings import lapse_meetings
from meetings.actions.series import cancel_meeting, move_meeting
from meetings.models import Meeting, SeatHolder
from meetings.states import Answer, ItemKind, MeetingState
from notifications.models import Notification
from tests.cast import SECRET_NAME
from tests.meetings.cases import meeting_consent, put
from tests.meetings.cast import Room
from tests.meetings.minutes_stage import last_notice, told_since
from tests.meetings.rooms import running
from workspace.models import Disclosure
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


@pytest.mark.parametrize("how", ["cancelled", "not held"])
def test_when_a_meeting_is_not_to_be_its_cases_close_to_all_but_their_owner(
    room: Room, as_hat: AsHat, how: str
) -> None:
    cast = room.cast
    meeting_consent(cast, cast.psyk.agency)
    address = reverse("case", args=[put(room).pk])
    assert SECRET_NAME in as_hat(cast.psyk).get(address).content.decode()
    if how == "cancelled":
        cancel_meeting(by=cast.soc, meeting=room.meeting, reason="Snöoväder")
    else:
        past = timezone.now() - timedelta(days=30)
        Meeting.objects.filter(pk=room.meeting.pk).update(starts_at=past, ends_at=past + timedelta(hours=2))
        assert lapse_meetings() == 1
    assert Meeting.objects.get(pk=room.meeting.pk).state in {MeetingState.CANCELLED, MeetingState.NOT_HELD}
    assert as_hat(cast.psyk).get(address).status_code == 404
    assert SECRET_NAME in as_hat(cast.soc).get(address).content.decode()
    assert not Disclosure.objects.filter(ended_at__isnull=True).exists()
    unread = Notification.objects.filter(kind="case.added", closed_at__isnull=True)
    assert set(unread.values_list("membership", flat=True)) == {cast.soc_2.pk}


def test_the_steering_group_follows_attendance_in_the_groups_it_does_not_sit_in(room: Room, as_hat: AsHat) -> None:
    chair, matrix = as_hat(room.cast.chair), reverse("attendance_matrix", args=[room.group.pk])
    assert f'href="{matrix}"' in chair.get(reverse("meetings")).content.decode()
    page = chair.get(matrix).content.decode()
    assert room.cast.psyk.agency.name in page and str(room.cast.psyk.user) not in page
    # The numbers, and nothing else of the group.
    group = reverse("group", args=[room.group.pk])
    assert group not in page and chair.get(group).status_code == 404
    assert chair.get(reverse("meeting", args=[room.meeting.pk])).status_code == 404
    assert as_hat(room.cast.outsider).get(matrix).status_code == 404


def test_the_page_says_what_has_happened_with_the_meeting_and_who_did_it(room: Room, as_hat: AsHat) -> None:
    calls.call_meeting(by=room.cast.coordinator, meeting=room.meeting)
    later = room.meeting.starts_at + timedelta(days=1)
    move_meeting(by=room.cast.soc, meeting=room.meeting, starts_at=later, ends_at=later + timedelta(hours=2))
    page = " ".join(as_hat(room.cast.fk).get(reverse("meeting", args=[room.meeting.pk])).content.decode().split())
    assert f'Samordnaren skickade dagordningen <span class="mute">({room.cast.coordinator.user})' in page
    assert f'ändrade tiden <span class="mute">({room.cast.soc.user})</span>. Från ' in page
    assert "write_event" not in page and "asked_again" not in page


def test_who_put_a_case_is_told_when_the_meeting_is_moved_to_after_what_it_was_told_for(room: Room) -> None:
    meeting_consent(room.cast, until=timezone.localdate() + timedelta(days=400))
    case = put(room)
    for days, told in ((60, set()), (120, {("case.cut_short", room.cast.soc.pk)})):
        room.meeting.refresh_from_db()
        before, later = last_notice(), room.meeting.starts_at + timedelta(days=days)
        move_meeting(
            by=room.cast.coordinator, meeting=room.meeting, starts_at=later, ends_at=later + timedelta(hours=2)
        )
        assert {row for row in told_since(before) if row[0].startswith("case.")} == told
    assert Notification.objects.get(kind="case.cut_short").object_id == case.pk


def test_a_consultation_without_identity_goes_with_a_meeting_that_is_called_off(room: Room, as_hat: AsHat) -> None:
    room.group.anonymous_cases = True
    room.group.save()
    case = put(room, anonymous=True, question="Hur gör ni med resor?")
    address, agenda = reverse("case", args=[case.pk]), reverse("meeting", args=[room.meeting.pk])
    psyk = as_hat(room.cast.psyk)
    assert "Hur gör ni med resor?" in psyk.get(address).content.decode()
    cancel_meeting(by=room.cast.coordinator, meeting=room.meeting, reason="Sjukdom")
    assert psyk.get(address).status_code == 404
    assert address not in psyk.get(agenda).content.decode()
    assert "Hur gör ni med resor?" in as_hat(room.cast.soc).get(address).content.decode()
