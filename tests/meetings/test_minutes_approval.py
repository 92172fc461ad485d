"""Adjusters approve or object; approved minutes are locked, and corrected as a new version with its reason (L42)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from meetings.actions.approvals import approve_minutes, object_to_minutes
from meetings.actions.follow_up import add_decision
from meetings.actions.minutes import correct_minutes, send_minutes
from meetings.actions.withdrawing import withdraw_minutes
from meetings.models import AgendaItem, Meeting, MeetingEvent, Minutes, MinutesApproval, MinutesRecipient
from meetings.queries.drafting import draft_of
from meetings.queries.minutes import approvals_owed, approve_by
from meetings.rules import can_change_content
from meetings.states import MinutesState
from notifications.models import Notification
from tests.cast import Cast, make_member
from tests.meetings.cast import Room
from tests.meetings.forms import minutes_forms
from tests.meetings.minutes_stage import Held, invite, last_notice, make_held, sent_by_soc, told_since
from tests.referrals.races import DONE, at_once
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import AuditEntry
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
DRAFT, SENT, APPROVED = MinutesState.DRAFT, MinutesState.SENT, MinutesState.APPROVED


@pytest.fixture
def held(room: Room) -> Held:
    return make_held(room)


def state_of(held: Held) -> str:
    return Meeting.objects.values_list("minutes_state", flat=True).get(pk=held.meeting.pk)


def approved(held: Held) -> Minutes:
    minutes = sent_by_soc(held)
    approve_minutes(by=held.room.cast.soc, minutes=minutes)
    held.meeting.refresh_from_db()
    return minutes


# ---------- approving ----------
@pytest.mark.embedded
def test_the_last_adjuster_approves_and_locks_and_everybody_is_told(held: Held) -> None:
    cast = held.room.cast
    minutes = sent_by_soc(held, held.soc, held.psyk)
    mark = last_notice()
    approve_minutes(by=cast.soc, minutes=minutes)
    assert (state_of(held), told_since(mark)) == (SENT, set())
    approve_minutes(by=cast.psyk, minutes=minutes)
    held.meeting.refresh_from_db()
    assert state_of(held) == APPROVED and not can_change_content(held.meeting)
    assert told_since(mark) == {("meeting.minutes_approved", cast.soc.pk), ("meeting.minutes_approved", cast.fk.pk)}
    verbs = list(MeetingEvent.objects.filter(meeting=held.meeting).values_list("verb", flat=True))
    assert verbs[-4:] == ["minutes_send", "minutes_approve", "minutes_approve", "minutes_approved"]
    assert AuditEntry.objects.filter(what="meeting.minutes_approved", object_id=held.meeting.pk).count() == 1


def test_a_coordinator_may_be_asked_too(held: Held) -> None:
    minutes = sent_by_soc(held, held.coordinator)
    assert approvals_owed(held.room.cast.coordinator) == [minutes]
    approve_minutes(by=held.room.cast.coordinator, minutes=minutes)
    assert state_of(held) == APPROVED


def test_one_click_on_the_page_approves_and_once(held: Held, as_hat: AsHat) -> None:
    minutes = sent_by_soc(held, held.psyk)
    client, path = as_hat(held.room.cast.psyk), f"/moten/{held.meeting.pk}/protokoll/"
    text = client.get(path).content.decode()
    assert "Läs igenom och justera protokollet" in text and text.count('class="ds-button wholeline" type="submit"') == 1
    for _ in range(2):
        assert client.post(f"{path}1/justera/", {"once": "k", "digest": minutes.digest}).status_code == 302
    assert MinutesApproval.objects.filter(minutes=minutes).count() == 1
    assert client.post(f"{path}1/justera/", {"once": "another", "digest": minutes.digest}).status_code == 409
    assert "Protokollet är justerat och låst" in client.get(path).content.decode()


def test_nobody_answers_twice(held: Held) -> None:
    minutes = sent_by_soc(held, held.soc, held.psyk)
    approve_minutes(by=held.room.cast.soc, minutes=minutes)
    with pytest.raises(SomebodyWasFaster, match="redan svarat"):
        approve_minutes(by=held.room.cast.soc, minutes=minutes)


def test_an_objection_opens_the_draft_and_tells_chair_and_secretary(held: Held) -> None:
    cast = held.room.cast
    minutes = sent_by_soc(held, held.soc, held.coordinator)
    mark = last_notice()
    object_to_minutes(by=cast.coordinator, minutes=minutes, comment="Beslutet saknas")
    held.meeting.refresh_from_db()
    assert state_of(held) == DRAFT and can_change_content(held.meeting)
    assert told_since(mark) == {("meeting.minutes_objected", cast.soc.pk), ("meeting.minutes_objected", cast.psyk.pk)}
    asked = Notification.objects.filter(kind="meeting.minutes_to_approve", closed_at__isnull=True)
    assert not asked.exists(), "nobody is asked any longer"
    with pytest.raises(SomebodyWasFaster):
        approve_minutes(by=cast.soc, minutes=minutes)


def test_who_objects_is_not_told(held: Held) -> None:
    minutes = sent_by_soc(held, held.psyk)
    mark = last_notice()
    object_to_minutes(by=held.room.cast.psyk, minutes=minutes, comment="Fel namn")
    assert told_since(mark) == {("meeting.minutes_objected", held.room.cast.soc.pk)}


def test_an_objection_says_what_should_change(held: Held, as_hat: AsHat) -> None:
    minutes = sent_by_soc(held, held.psyk)
    with pytest.raises(NotAllowed):
        object_to_minutes(by=held.room.cast.psyk, minutes=minutes, comment="  ")
    client, path = as_hat(held.room.cast.psyk), f"/moten/{held.meeting.pk}/protokoll/"
    got = client.post(f"{path}1/andring/", {"comment": "", "once": "a"})
    assert got.status_code == 422 and "Skriv vad som ska ändras." in got.content.decode()
    assert client.post(f"{path}1/andring/", {"comment": "Tiden är fel", "once": "b"}).status_code == 302
    text = as_hat(held.room.cast.fk).get(path).content.decode()
    assert "Tiden är fel" in text and "Protokollet ändras. En ny version är på väg" in text


def test_an_old_version_cannot_be_approved(held: Held) -> None:
    cast = held.room.cast
    first = sent_by_soc(held, held.psyk)
    object_to_minutes(by=cast.soc, minutes=first, comment="Jag glömde ett beslut")
    second = sent_by_soc(held, held.psyk, reason="Ett beslut till")
    with pytest.raises(SomebodyWasFaster):
        approve_minutes(by=cast.psyk, minutes=first)
    approve_minutes(by=cast.psyk, minutes=second)
    assert state_of(held) == APPROVED


def test_idag_asks_those_who_have_not_answered(held: Held) -> None:
    cast = held.room.cast
    assert approvals_owed(cast.soc) == []
    first = sent_by_soc(held, held.soc, held.psyk)
    assert [approvals_owed(hat) for hat in (cast.soc, cast.psyk, cast.fk)] == [[first], [first], []]
    approve_minutes(by=cast.soc, minutes=first)
    assert [approvals_owed(hat) for hat in (cast.soc, cast.psyk)] == [[], [first]]
    object_to_minutes(by=cast.psyk, minutes=first, comment="Nej")
    assert approvals_owed(cast.psyk) == []
    second = sent_by_soc(held, held.soc, reason="Rättat")
    assert [approvals_owed(hat) for hat in (cast.soc, cast.psyk)] == [[second], []]


def test_fourteen_days_are_said_and_not_enforced(held: Held, as_hat: AsHat) -> None:
    minutes = sent_by_soc(held, held.psyk)
    assert approve_by(held.meeting) == timezone.localdate(held.meeting.starts_at) + timedelta(days=14)
    path = f"/moten/{held.meeting.pk}/protokoll/"
    assert "Ska vara justerat senast " in as_hat(held.room.cast.soc).get(path).content.decode()
    with time_machine.travel(timezone.now() + timedelta(days=20)):
        assert "Skulle ha varit justerat senast " in as_hat(held.room.cast.soc).get(path).content.decode()
        approve_minutes(by=held.room.cast.psyk, minutes=minutes)
    assert state_of(held) == APPROVED


# ---------- correcting ----------
def test_a_correction_is_a_new_version_with_its_reason_and_the_old_stays(held: Held, as_hat: AsHat) -> None:
    cast, path = held.room.cast, f"/moten/{held.meeting.pk}/protokoll/"
    first = approved(held)
    chair = as_hat(cast.soc)
    assert chair.post(f"{path}ratta/", {"reason": "", "once": "a"}).status_code == 422
    assert chair.post(f"{path}ratta/", {"reason": "Fel datum", "once": "b"}).status_code == 302
    reader = as_hat(cast.fk)
    text = reader.get(path).content.decode()
    assert "Praktikplatser i vår" in text and "Protokollet är justerat. En rättad version är på väg" in text
    assert "Version 1 går att läsa tills du skickar en ny." in chair.get(path).content.decode()
    AgendaItem.objects.filter(pk=held.item.pk).update(note="Rätt datum")
    assert 'value="Fel datum"' in chair.get(f"{path}skicka/").content.decode()
    mark = last_notice()
    with time_machine.travel(datetime(2027, 1, 3, 9, 0, tzinfo=UTC)):
        second = sent_by_soc(held, held.psyk, reason="Fel datum")
        approve_minutes(by=cast.psyk, minutes=second)
    assert set(second.recipients.values_list("attendance")) == set(first.recipients.values_list("attendance"))
    assert ("meeting.minutes_corrected", cast.fk.pk) in told_since(mark)
    newest, old = (as_hat(cast.fk).get(address).content.decode() for address in (path, f"{path}1/"))
    assert "Rätt datum" in newest and "Rättat 3 jan. 2027:" in newest and "Fel datum" in newest
    assert "Rätt datum" not in old and "Det här är version 1. Det finns en nyare" in old
    assert newest.count("Justerat 2") >= 1 and "Version 1</a>" in newest


def test_a_correction_needs_its_reason(held: Held) -> None:
    approved(held)
    with pytest.raises(NotAllowed):
        correct_minutes(by=held.room.cast.soc, meeting=held.meeting, reason=" ")
    correct_minutes(by=held.room.cast.soc, meeting=held.meeting, reason="Fel datum")
    with pytest.raises(NotAllowed, match="rättat"):
        sent_by_soc(held)


# ---------- who may, in which state ----------
HATS = (
    "soc",
    "soc_2",
    "soc_manager",
    "psyk",
    "psyk_2",
    "psyk_manager",
    "fk",
    "outsider",
    "guest",
    "coordinator",
    "chair",
)
ARRANGERS = {"soc", "psyk", "coordinator"}  # the chair, the secretary and the coordinator of the cooperation
VERBS: dict[str, tuple[set[str], set[MinutesState]]] = {
    "send": (ARRANGERS, {DRAFT}),
    "approve": ({"fk"}, {SENT}),
    "object": (ARRANGERS | {"fk"}, {SENT}),
    "correct": (ARRANGERS, {APPROVED}),
    "withdraw": (ARRANGERS, {DRAFT, SENT, APPROVED}),
}


def in_state(held: Held, state: MinutesState) -> Minutes:
    """A first version that fk is asked to approve, with the minutes where they should be."""
    held.fk.present_how = "ticked"
    held.fk.save()
    minutes = sent_by_soc(held, held.fk)
    if state == APPROVED:
        approve_minutes(by=held.room.cast.fk, minutes=minutes)
    if state == DRAFT:
        object_to_minutes(by=held.room.cast.soc, minutes=minutes, comment="Ändra")
    return minutes


@pytest.mark.parametrize("state", MinutesState)
@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_is_for_its_hats_in_its_states_and_for_no_others(
    held: Held, as_hat: AsHat, verb: str, state: MinutesState
) -> None:
    guest = make_member(held.room.cast.outsider.agency, "gast", None)
    invite(held.item, guest)
    minutes = in_state(held, state)
    hats: dict[str, Hat] = {name: guest if name == "guest" else getattr(held.room.cast, name) for name in HATS}
    allowed, states = VERBS[verb]
    path = f"/moten/{held.meeting.pk}/protokoll/"
    received = MinutesRecipient.objects.get(minutes=minutes, attendance=held.fk)
    posts = {
        "send": (f"{path}skicka/", {"adjusters": [held.soc.pk], "recipients": [held.soc.pk], "reason": "Rättat"}),
        "approve": (f"{path}1/justera/", {"digest": minutes.digest}),
        "object": (f"{path}1/andring/", {"comment": "Ändra"}),
        "correct": (f"{path}ratta/", {"reason": "Rätta"}),
        "withdraw": (f"{path}1/aterkalla/", {"recipients": [received.pk], "reason": "Fel person"}),
    }
    address, data = posts[verb]
    readers = ARRANGERS | {"fk"}
    for name in sorted(hats, key=lambda name: name in allowed):  # first those who may not
        before = footprint()
        got = as_hat(hats[name]).post(address, {**data, "once": name})
        if name not in allowed:
            hidden = name not in readers or verb in {"send", "withdraw"}
            wanted = {404} if hidden else {403, 409}
            assert got.status_code in wanted and footprint() == before, (name, got.status_code)
        elif state not in states:
            assert got.status_code == 409 and footprint() == before, (name, got.status_code)
        else:
            assert got.status_code == 302 and footprint() != before, name
            return


def footprint() -> tuple[object, ...]:
    """Everything the verbs of minutes write."""
    return (
        *(model.objects.count() for model in (Minutes, MinutesApproval, MeetingEvent, Notification)),
        sorted(Meeting.objects.values_list("minutes_state", flat=True)),
        MinutesRecipient.objects.filter(withdrawn_at__isnull=False).count(),
    )


def test_the_actions_refuse_by_themselves(held: Held) -> None:
    cast = held.room.cast
    for hat in (cast.fk, cast.outsider, cast.chair):
        with pytest.raises(NotAllowed):
            send_minutes(by=hat, meeting=held.meeting, adjusters={held.soc.pk})
    minutes = sent_by_soc(held)
    received = MinutesRecipient.objects.get(minutes=minutes, attendance=held.fk)
    for hat in (cast.fk, cast.outsider, cast.chair):
        with pytest.raises(NotAllowed):
            approve_minutes(by=hat, minutes=minutes)
        with pytest.raises(NotAllowed):
            object_to_minutes(by=hat, minutes=minutes, comment="Ändra")
        with pytest.raises(NotAllowed):
            withdraw_minutes(by=hat, minutes=minutes, recipients={received.pk}, reason="Fel")
    approve_minutes(by=cast.soc, minutes=minutes)
    for hat in (cast.fk, cast.outsider, cast.chair):
        with pytest.raises(NotAllowed):
            correct_minutes(by=hat, meeting=held.meeting, reason="Rätta")


# ---------- at the same moment ----------
@pytest.mark.django_db(transaction=True)
def test_two_who_approve_at_the_same_moment_lock_it_once(held: Held) -> None:
    cast = held.room.cast
    minutes = sent_by_soc(held, held.soc, held.psyk)
    for round_ in range(2, 6):
        mark = last_notice()
        results = at_once(*(partial(approve_minutes, by=hat, minutes=minutes) for hat in (cast.soc, cast.psyk)))
        assert results == [DONE, DONE] and state_of(held) == APPROVED
        assert MeetingEvent.objects.filter(verb="minutes_approved").count() == round_ - 1
        assert ("meeting.minutes_approved", cast.fk.pk) in told_since(mark)
        correct_minutes(by=cast.soc, meeting=held.meeting, reason="Igen")
        minutes = sent_by_soc(held, held.soc, held.psyk, reason="Igen")


@pytest.mark.django_db(transaction=True)
def test_approving_against_objecting_ends_in_one_of_the_two(held: Held) -> None:
    cast = held.room.cast
    for round_ in range(4):
        minutes = sent_by_soc(held, held.psyk, reason="Igen")
        results = at_once(
            partial(approve_minutes, by=cast.psyk, minutes=minutes),
            partial(object_to_minutes, by=cast.soc, minutes=minutes, comment="Ändra"),
            head_start=(0.0, 0.003 * round_),
        )
        done = [result == DONE for result in results]
        assert sorted(done) == [False, True]
        assert state_of(held) == (APPROVED if done[0] else DRAFT)
        if done[0]:
            correct_minutes(by=cast.soc, meeting=held.meeting, reason="Igen")


@pytest.mark.django_db(transaction=True)
def test_what_is_written_while_it_is_sent_is_in_the_version_or_refused(held: Held) -> None:
    cast = held.room.cast
    for round_ in range(5):
        results = at_once(
            partial(sent_by_soc, held, reason="Igen"),
            partial(add_decision, by=cast.psyk, item=held.item, text=f"Beslut {round_}"),
            head_start=(0.004 * round_, 0.0),
        )
        minutes = Minutes.objects.get(pk=results[0].pk)
        assert draft_of(Meeting.objects.get(pk=held.meeting.pk)).digest == minutes.digest
        object_to_minutes(by=cast.soc, minutes=minutes, comment="Ändra")


# ---------- the forms ----------
@pytest.mark.parametrize(
    "name", ["minutes_send", "minutes_approve", "minutes_object", "minutes_correct", "minutes_withdraw"]
)
def test_a_form_sent_twice_acts_once(cast: Cast, as_hat: AsHat, name: str) -> None:
    hat, path, data = minutes_forms(cast)[name]()
    client = as_hat(hat)
    first = client.post(path, {**data, "once": "k"})
    after = footprint()
    second = client.post(path, {**data, "once": "k"})
    assert (first.status_code, second.status_code) == (302, 302)
    assert first.headers["Location"] == second.headers["Location"] and footprint() == after
    assert client.get(path).status_code in {200, 302, 405}
