"""A steering group's minutes reach who should have them, and nobody else: seats that were called, and who steers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meetings.actions.approvals import approve_minutes
from meetings.actions.minutes import send_minutes
from meetings.actions.room import finish_meeting, resume_meeting
from meetings.actions.withdrawing import withdraw_minutes
from meetings.models import (
    LONGEST_NOTE,
    AgendaItem,
    Attendance,
    Decision,
    Meeting,
    Minutes,
    MinutesRecipient,
    SeatHolder,
)
from meetings.queries.decisions import group_decisions
from meetings.queries.minutes import recipients_possible
from meetings.states import GenderAnswer, GroupKind, ItemKind, MeetingState, MinutesState
from tests.cast import Cast
from tests.meetings.cast import Room, make_item, put_in
from tests.meetings.minutes_stage import attend, last_notice, told_since
from tests.meetings.rooms import running as running_room
from tests.steering.stage import Steering, make_steering, running
from workspace.models import CooperationRole, Membership
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
SAID = "Skriv inget om enskilda deltagare. Styrgruppens protokoll kan läsas av många."


@pytest.fixture
def stage(cast: Cast) -> Steering:
    return make_steering(cast)


def answer_gender(meeting: Meeting) -> None:
    AgendaItem.objects.filter(meeting=meeting, kind=ItemKind.GENDER_EQUALITY).update(
        gender_answer=GenderAnswer.NO_DEVIATION, gender_text="Lika många kvinnor och män."
    )


def hats(stage: Steering) -> dict[str, Hat]:
    cast = stage.cast
    members = {"soc_manager": cast.soc_manager, "psyk_manager": cast.psyk_manager, "fk": cast.fk, "soc_2": cast.soc_2}
    return {**members, "outsider": cast.outsider, "soc": cast.soc, **stage.roles}


def finished(stage: Steering) -> Meeting:
    """Held: soc's and fk's seats were there and the chair; psyk was called and stayed away; the others were not in the
    room. The deputy was never called."""
    meeting = put_in(stage.meeting, MeetingState.IN_PROGRESS)
    cast = stage.cast
    attend(meeting, cast.soc_manager, stage.soc_seat)
    attend(meeting, cast.fk, stage.fk_seat)
    attend(meeting, cast.psyk_manager, stage.psyk_seat, present=False)
    attend(meeting, cast.chair)
    answer_gender(meeting)
    finish_meeting(by=cast.chair, meeting=meeting)
    meeting.refresh_from_db()
    return meeting


def row(meeting: Meeting, hat: Hat) -> Attendance:
    kind = "role" if isinstance(hat, CooperationRole) else "member"
    return Attendance.objects.get(meeting=meeting, **{kind: hat})


def sent(stage: Steering, meeting: Meeting, *adjusters: Hat, left_out: tuple[Hat, ...] = ()) -> Minutes:
    chosen = {row(meeting, hat).pk for hat in adjusters or (stage.cast.chair,)}
    return send_minutes(
        by=stage.cast.chair,
        meeting=meeting,
        adjusters=chosen,
        left_out={row(meeting, hat).pk for hat in left_out},
    )


def who_reads(stage: Steering, meeting: Meeting, as_hat: AsHat) -> set[str]:
    path = reverse("minutes", args=[meeting.pk])
    found = set()
    for name, hat in hats(stage).items():
        got = as_hat(hat).get(path)
        assert got.status_code in {200, 404}
        if got.status_code == 200 and "Närvaro" in got.content.decode():
            found.add(name)
    return found


READERS = {"soc_manager", "psyk_manager", "fk", "chair", "steering", "coordinator"}


# ---------- who gets them ----------
@pytest.mark.embedded
def test_everybody_who_was_called_and_everybody_who_steers_gets_the_minutes(stage: Steering, as_hat: AsHat) -> None:
    meeting, cast = finished(stage), stage.cast
    assert {found.hat_key for found in recipients_possible(meeting)} == {hats(stage)[name].hat_key for name in READERS}
    mark = last_notice()
    sent(stage, meeting, cast.soc_manager)
    assert told_since(mark) == {
        ("meeting.minutes_to_approve", cast.soc_manager.pk),
        ("meeting.minutes_sent", cast.psyk_manager.pk),
        ("meeting.minutes_sent", cast.fk.pk),
    }
    assert who_reads(stage, meeting, as_hat) == READERS


def test_who_was_in_the_room_was_there_and_the_others_only_get_them(stage: Steering) -> None:
    meeting = finished(stage)
    there = {found.hat_key for found in Attendance.objects.filter(meeting=meeting).exclude(present_how="")}
    assert there == {hat.hat_key for hat in (stage.cast.soc_manager, stage.cast.fk, stage.cast.chair)}
    named = [line["agency"]["name"] for line in sent(stage, meeting).attendance if not line["agency"]["pk"]]
    assert named == ["Ordförande"], "the steering member and the coordinator were not in the room"


def test_a_meeting_that_goes_on_again_and_ends_twice_has_one_row_of_each(stage: Steering) -> None:
    meeting = finished(stage)
    resume_meeting(by=stage.cast.chair, meeting=meeting)
    finish_meeting(by=stage.cast.chair, meeting=meeting)
    for name in ("chair", "steering", "coordinator"):
        assert Attendance.objects.filter(meeting=meeting, role=stage.roles[name]).count() == 1
    assert not Attendance.objects.filter(role__in=[stage.evaluator, stage.elected]).exists()


def test_in_another_group_no_role_is_added(room: Room) -> None:
    meeting = running_room(room)
    answer_gender(meeting)
    finish_meeting(by=room.cast.soc, meeting=meeting)
    assert not Attendance.objects.filter(meeting=meeting, role__isnull=False).exists()
    assert room.group.kind == GroupKind.COOPERATION


# ---------- who does not ----------
def test_who_it_was_withdrawn_from_reads_nothing(stage: Steering, as_hat: AsHat) -> None:
    meeting = finished(stage)
    minutes = sent(stage, meeting)
    chosen = MinutesRecipient.objects.filter(minutes=minutes, attendance__in=[row(meeting, stage.steering)])
    chosen |= MinutesRecipient.objects.filter(minutes=minutes, attendance__in=[row(meeting, stage.cast.fk)])
    keys = [one.pk for one in chosen]
    withdraw_minutes(by=stage.cast.chair, minutes=minutes, recipients=keys, reason="Fel")
    assert who_reads(stage, meeting, as_hat) == READERS - {"steering", "fk"}
    made = Decision.objects.create(item=meeting.items.all()[0], role=stage.cast.chair, text="Vi öppnar kvällstid")
    for name, hat in hats(stage).items():
        if name in READERS:
            reads = group_decisions(hat).filter(pk=made.pk).exists()
            assert reads is (name not in {"steering", "fk"}), name


@pytest.mark.parametrize("name", ["psyk_manager", "steering"])
def test_who_has_left_reads_nothing(stage: Steering, as_hat: AsHat, name: str) -> None:
    meeting = finished(stage)
    sent(stage, meeting)
    hat, ended = hats(stage)[name], timezone.localdate() - timedelta(days=1)
    if isinstance(hat, Membership):
        SeatHolder.objects.filter(membership=hat).update(to_on=ended)
    else:
        CooperationRole.objects.filter(pk=hat.pk).update(from_on=ended - timedelta(days=9), to_on=ended)
    path = reverse("minutes", args=[meeting.pk])
    assert as_hat(hat).get(path).status_code in {302, 404}
    assert name not in {
        found.member.user.username if found.member else "steering"
        for found in recipients_possible(meeting)
        if found.hat_key == hat.hat_key
    }


def test_who_was_left_out_reads_nothing(stage: Steering, as_hat: AsHat) -> None:
    meeting = finished(stage)
    sent(stage, meeting, left_out=(stage.cast.psyk_manager, stage.steering))
    assert who_reads(stage, meeting, as_hat) == READERS - {"psyk_manager", "steering"}


# ---------- roles sign ----------
def test_the_chair_and_a_steering_member_sign_on_their_pages(stage: Steering, as_hat: AsHat) -> None:
    meeting = running(stage)
    answer_gender(meeting)
    finish_meeting(by=stage.cast.chair, meeting=meeting)
    meeting.refresh_from_db()
    minutes = sent(stage, meeting, stage.cast.chair, stage.steering)
    for number, hat in enumerate((stage.steering, stage.cast.chair)):
        data = {"digest": minutes.digest, "once": f"k{number}"}
        address = reverse("minutes_approve", args=[meeting.pk, 1])
        assert as_hat(hat).post(address, data).status_code == 302
    assert Meeting.objects.get(pk=meeting.pk).minutes_state == MinutesState.APPROVED
    assert [line["side"] for line in minutes.seal.signers] == ["Styrgrupp", "Ordförande"]


# ---------- said above the field ----------
def test_a_steering_group_is_told_above_every_field_to_write_of_no_participant(stage: Steering, as_hat: AsHat) -> None:
    meeting = running(stage)
    pen = row(meeting, stage.cast.chair)
    item = make_item(meeting)
    Meeting.objects.filter(pk=meeting.pk).update(pen=pen, current_item=item)
    page = as_hat(stage.cast.chair).get(reverse("room", args=[meeting.pk])).content.decode()
    assert SAID in page and page.index(SAID) < page.index('name="text" id="id_text"')
    answer_gender(meeting)
    finish_meeting(by=stage.cast.chair, meeting=meeting)
    meeting.refresh_from_db()
    approve_minutes(by=stage.cast.chair, minutes=sent(stage, meeting))
    page = as_hat(stage.cast.chair).get(reverse("minutes", args=[meeting.pk])).content.decode()
    assert SAID in page and page.index(SAID) < page.index('name="text"')


def test_other_groups_are_told_what_they_were_told(room: Room, as_hat: AsHat) -> None:
    meeting = running_room(room)
    page = as_hat(room.cast.soc).get(reverse("room", args=[meeting.pk])).content.decode()
    assert SAID not in page and "Skriv inga namn på deltagare här." in page


# ---------- a pasted text ----------
@pytest.mark.parametrize("script", [True, False])
def test_two_hundred_pasted_pages_are_refused_and_nothing_typed_is_lost(
    stage: Steering, as_hat: AsHat, script: bool
) -> None:
    meeting = running(stage)
    item = make_item(meeting)
    Meeting.objects.filter(pk=meeting.pk).update(pen=row(meeting, stage.cast.chair), current_item=item)
    pasted = ("Ett långt möte med åäö. " * 22_000)[:500_000]
    headers: dict[str, Any] = {"X-Autosave": "1"} if script else {}
    data = {"text": pasted, "base_version": 0, "once": "a"}
    got = as_hat(stage.cast.chair).post(reverse("note_save", args=[item.pk]), data, headers=headers)
    assert got.status_code == 422
    assert AgendaItem.objects.get(pk=item.pk).note == ""
    if script:
        assert str(LONGEST_NOTE) in got.json()["says"].replace("\xa0", "").replace(" ", "")
    else:
        page = got.content.decode()
        assert pasted.strip() in page and "ds-validation-message" in page
