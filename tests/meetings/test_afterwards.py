"""After the meeting: what was said is put right in the room, while its times and who was there stay as they were."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meetings.actions.approvals import approve_minutes
from meetings.actions.minutes import correct_minutes
from meetings.actions.room import go_to_item
from meetings.models import AgendaItem, CaseNote, Meeting
from meetings.states import MeetingState
from tests.meetings.cases import meeting_consent, put, running
from tests.meetings.cast import Room
from tests.meetings.minutes_stage import OPEN_ACTION, OPEN_DECISION, SAID, Held, make_held, sent_by_soc
from workspace.front.actions.consents import withdraw_consent
from workspace.rules import Hat

AsHat = Callable[[Hat], Client]


@pytest.fixture
def held(room: Room) -> Held:
    found = make_held(room)
    Meeting.objects.filter(pk=found.meeting.pk).update(pen=found.psyk)
    found.meeting.refresh_from_db()
    return found


def at_item(client: Client, item: AgendaItem) -> str:
    return client.get(f"{reverse('room', args=[item.meeting_id])}?punkt={item.pk}").content.decode()


def test_a_draft_is_put_right_item_by_item_in_the_room_without_opening_the_meeting(held: Held, as_hat: AsHat) -> None:
    psyk, address = as_hat(held.room.cast.psyk), reverse("room", args=[held.meeting.pk])
    assert f'href="{address}"' in psyk.get(reverse("meeting", args=[held.meeting.pk])).content.decode()
    assert f'href="{address}"' in psyk.get(reverse("minutes", args=[held.meeting.pk])).content.decode()
    assert f"?punkt={held.item.pk}" in psyk.get(address).content.decode()
    page = at_item(psyk, held.item)
    assert "data-note" in page and OPEN_DECISION in page and OPEN_ACTION in page
    # What is saved leads back to the item, so that the next line is not a search away.
    data = {"text": "Vi träffas oftare", "once": "en-gång-1"}
    answer = psyk.post(reverse("add_decision", args=[held.meeting.pk, held.item.pk]), data)
    assert answer.headers["Location"] == f"{address}?punkt={held.item.pk}"
    assert "Vi träffas oftare" in at_item(psyk, held.item)
    assert Meeting.objects.get(pk=held.meeting.pk).state == MeetingState.HELD


def test_when_the_minutes_are_sent_the_room_shows_no_item_any_more(held: Held, as_hat: AsHat) -> None:
    sent_by_soc(held)
    page = at_item(as_hat(held.room.cast.psyk), held.item)
    assert "data-note" not in page and OPEN_DECISION not in page


def test_after_the_meeting_a_case_is_still_its_circles_alone(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    assert SAID in at_item(as_hat(cast.psyk), held.case_item)
    for hat in (cast.fk, cast.coordinator):
        page = at_item(as_hat(hat), held.case_item)
        assert SAID not in page and "Om Hemlighild" not in page and "Ett ärende som" in page


def test_the_pen_is_taken_after_the_meeting_by_who_was_there_and_offered_to_nobody_else(
    held: Held, as_hat: AsHat
) -> None:
    cast, button = held.room.cast, reverse("room_pen", args=[held.meeting.pk])
    assert button in at_item(as_hat(cast.soc), held.item)
    assert button not in at_item(as_hat(cast.fk), held.item)
    assert button not in at_item(as_hat(cast.psyk), held.item)


def test_a_correction_leaves_when_the_meeting_ended_and_who_was_there(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    first = sent_by_soc(held)
    approve_minutes(by=cast.soc, minutes=first)
    with time_machine.travel(timezone.now() + timedelta(days=20)):
        held.meeting.refresh_from_db()
        correct_minutes(by=cast.soc, meeting=held.meeting, reason="Fel belopp")
        held.meeting.refresh_from_db()
        soc = as_hat(cast.soc)
        reopen = reverse("room_resume", args=[held.meeting.pk])
        assert reopen not in soc.get(reverse("room", args=[held.meeting.pk])).content.decode()
        assert soc.post(reopen).status_code == 403
        # Whoever looks in weeks later was not there, and the meeting did not go on for twenty days.
        as_hat(cast.fk).post(reverse("room_here", args=[held.meeting.pk]))
        second = sent_by_soc(held, reason="Fel belopp")
    assert (second.head["ended"], second.attendance) == (first.head["ended"], first.attendance)


def test_who_heard_a_case_writes_its_note_when_it_is_taken_up_again_without_them(room: Room, as_hat: AsHat) -> None:
    cast = room.cast
    consent = meeting_consent(cast, cast.psyk.agency, cast.fk.agency)
    case = running(room, put(room, room.psyk_seat, room.fk_seat))
    other = AgendaItem.objects.filter(meeting=room.meeting).exclude(pk=case.item_id).first()
    assert other is not None
    go_to_item(by=cast.soc, meeting=room.meeting, leaving=case.item_id, to=other.pk)
    rows = consent.rows.filter(recipient=cast.psyk.agency)
    withdraw_consent(by=cast.soc, consent=consent, row_ids=rows.values_list("pk", flat=True))
    go_to_item(by=cast.soc, meeting=room.meeting, leaving=other.pk, to=case.item_id)
    psyk, text = as_hat(cast.psyk), "Det vi hörde innan"
    assert psyk.get(reverse("case", args=[case.pk])).status_code == 200
    psyk.post(reverse("case_note", args=[case.pk]), {"text": text, "base_version": 0, "once": "en-gång-2"})
    assert CaseNote.objects.get(case=case, agency=cast.psyk.agency).text == text
