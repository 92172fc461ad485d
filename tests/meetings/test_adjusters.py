"""Adjusters sign what they have read and nothing else; one who never signs is reminded, told of, and replaced (L42)."""

from collections.abc import Callable

import pytest
from django.test import Client

from meetings.actions.approvals import approve_minutes, object_to_minutes, replace_adjuster
from meetings.models import (
    AgendaItem,
    Attendance,
    Meeting,
    MeetingEvent,
    Minutes,
    MinutesApproval,
    MinutesPart,
    MinutesRecipient,
    MinutesSeal,
)
from meetings.queries.minutes import approvals_owed
from meetings.states import MinutesState
from notifications.models import Notification
from tests.meetings.cast import Room
from tests.meetings.minutes_stage import Held, attend, last_notice, make_held, sent_by_soc, told_since
from tests.meetings.seal_stage import locked
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
CHANGED = "Protokollet har ändrats sedan du öppnade det."


@pytest.fixture
def held(room: Room) -> Held:
    return make_held(room)


def state_of(held: Held) -> str:
    return Meeting.objects.values_list("minutes_state", flat=True).get(pk=held.meeting.pk)


def row_of(minutes: Minutes, attendance: Attendance) -> MinutesRecipient:
    return MinutesRecipient.objects.get(minutes=minutes, attendance=attendance)


# ---------- what is signed ----------
@pytest.mark.embedded
def test_the_form_says_what_is_signed_and_carries_its_digest(held: Held, as_hat: AsHat) -> None:
    minutes = sent_by_soc(held, held.psyk)
    text = as_hat(held.room.cast.psyk).get(f"/moten/{held.meeting.pk}/protokoll/").content.decode()
    assert "Du skriver under version 1, skickad " in text
    assert f'name="digest" value="{minutes.digest}"' in text
    assert f"{minutes.digest[:4]} {minutes.digest[4:8]} {minutes.digest[8:12]}" in text


@pytest.mark.parametrize("digest", ["", "0" * 64, None])
def test_another_digest_than_the_versions_signs_nothing(held: Held, as_hat: AsHat, digest: str | None) -> None:
    sent_by_soc(held, held.psyk)
    data = {"once": "a"} if digest is None else {"once": "a", "digest": digest}
    got = as_hat(held.room.cast.psyk).post(f"/moten/{held.meeting.pk}/protokoll/1/justera/", data)
    assert got.status_code == 409 and CHANGED in got.content.decode()
    assert not MinutesApproval.objects.exists() and state_of(held) == MinutesState.SENT


def test_a_version_that_has_just_been_followed_by_another_is_not_signed(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    first = sent_by_soc(held, held.psyk)
    object_to_minutes(by=cast.soc, minutes=first, comment="Jag glömde ett beslut")
    AgendaItem.objects.filter(pk=held.item.pk).update(note="Två platser är klara, och en tredje.")
    second = sent_by_soc(held, held.psyk, reason="Ett beslut till")
    path = f"/moten/{held.meeting.pk}/protokoll/"
    got = as_hat(cast.psyk).post(f"{path}1/justera/", {"once": "a", "digest": first.digest})
    assert got.status_code == 409 and CHANGED in got.content.decode()
    assert not MinutesApproval.objects.filter(answer="approved").exists()
    assert as_hat(cast.psyk).post(f"{path}2/justera/", {"once": "b", "digest": first.digest}).status_code == 409
    assert as_hat(cast.psyk).post(f"{path}2/justera/", {"once": "c", "digest": second.digest}).status_code == 302
    assert state_of(held) == MinutesState.APPROVED


def test_content_that_is_not_what_was_sent_is_signed_by_nobody(held: Held) -> None:
    minutes = sent_by_soc(held, held.psyk)
    MinutesRecipient.objects.filter(minutes=minutes).exclude(attendance=held.psyk).delete()
    part = MinutesPart.objects.filter(minutes=minutes)[0]
    MinutesRecipient.objects.filter(minutes=minutes).delete()  # past our code: now the database takes a part more
    MinutesPart.objects.create(minutes=minutes, item=part.item, position=99, content=part.content)
    MinutesRecipient.objects.create(minutes=minutes, attendance=held.psyk, is_adjuster=True)
    with pytest.raises(NotAllowed, match="kontrollsumma"):
        approve_minutes(by=held.room.cast.psyk, minutes=minutes, digest=minutes.digest)
    assert not MinutesSeal.objects.exists() and not MinutesApproval.objects.exists()


def test_a_role_signs_on_its_page(held: Held, as_hat: AsHat) -> None:
    minutes = sent_by_soc(held, held.coordinator)
    client, path = as_hat(held.room.cast.coordinator), f"/moten/{held.meeting.pk}/protokoll/"
    assert "Justera protokollet" in client.get(path).content.decode()
    assert client.post(f"{path}1/justera/", {"once": "a", "digest": minutes.digest}).status_code == 302
    seal = MinutesSeal.objects.get()
    assert [line["hat"] for line in seal.signers] == [held.room.cast.coordinator.hat_key]
    assert "Samordnare" in seal.signers[0]["side"]


# ---------- somebody else in the place of one who never signs ----------
def test_a_replaced_adjuster_is_asked_no_longer_and_the_new_one_is(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    minutes = sent_by_soc(held, held.psyk)
    mark = last_notice()
    chosen = {"leaves": row_of(minutes, held.psyk).pk, "comes": row_of(minutes, held.soc).pk, "once": "a"}
    path = f"/moten/{held.meeting.pk}/protokoll/"
    got = as_hat(cast.coordinator).post(f"{path}1/byt-justerare/", chosen)
    assert got.status_code == 302
    assert told_since(mark) == {("meeting.minutes_to_approve", cast.soc.pk)}
    closed = Notification.objects.get(kind="meeting.minutes_to_approve", membership=cast.psyk)
    assert closed.closed_at is not None
    assert [approvals_owed(hat) for hat in (cast.soc, cast.psyk)] == [[minutes], []]
    assert MeetingEvent.objects.filter(meeting=held.meeting, verb="minutes_replace").count() == 1
    with pytest.raises(NotAllowed):
        approve_minutes(by=cast.psyk, minutes=minutes)
    approve_minutes(by=cast.soc, minutes=minutes)
    assert state_of(held) == MinutesState.APPROVED


def test_the_signing_is_complete_only_when_the_new_one_has_signed(held: Held) -> None:
    cast = held.room.cast
    minutes = sent_by_soc(held, held.soc, held.psyk)
    approve_minutes(by=cast.soc, minutes=minutes)
    leaves, comes = row_of(minutes, held.psyk).pk, row_of(minutes, held.coordinator).pk
    replace_adjuster(by=cast.soc, minutes=minutes, leaves=leaves, comes=comes)
    assert state_of(held) == MinutesState.SENT
    approve_minutes(by=cast.coordinator, minutes=minutes)
    assert state_of(held) == MinutesState.APPROVED
    assert [line["hat"] for line in MinutesSeal.objects.get().signers] == [cast.soc.hat_key, cast.coordinator.hat_key]


def test_only_who_was_there_and_got_it_can_take_the_place(held: Held) -> None:
    minutes = sent_by_soc(held, held.psyk, left_out=(held.coordinator,))
    extra = attend(held.meeting, held.room.cast.soc_2)  # was there, but did not get this version
    by, leaves = held.room.cast.soc, row_of(minutes, held.psyk).pk
    absent = row_of(minutes, held.fk).pk
    for comes in (absent, leaves, 0, 2**63 - 1, extra.pk + 10**6):
        with pytest.raises(NotAllowed, match="Välj någon som var med"):
            replace_adjuster(by=by, minutes=minutes, leaves=leaves, comes=comes)
    assert row_of(minutes, held.psyk).is_adjuster


def test_who_has_signed_is_not_replaced(held: Held) -> None:
    cast = held.room.cast
    minutes = sent_by_soc(held, held.soc, held.psyk)
    approve_minutes(by=cast.psyk, minutes=minutes)
    leaves, comes = row_of(minutes, held.psyk).pk, row_of(minutes, held.coordinator).pk
    with pytest.raises(SomebodyWasFaster):
        replace_adjuster(by=cast.soc, minutes=minutes, leaves=leaves, comes=comes)


@pytest.mark.parametrize(
    ("name", "status"), [("fk", 404), ("outsider", 404), ("soc_2", 404), ("chair", 404), ("psyk", 302), ("soc", 302)]
)
def test_only_arrangers_replace(held: Held, as_hat: AsHat, name: str, status: int) -> None:
    minutes = sent_by_soc(held, held.psyk)
    chosen = {"leaves": row_of(minutes, held.psyk).pk, "comes": row_of(minutes, held.soc).pk, "once": "a"}
    hat = getattr(held.room.cast, name)
    got = as_hat(hat).post(f"/moten/{held.meeting.pk}/protokoll/1/byt-justerare/", chosen)
    assert got.status_code == status
    assert row_of(minutes, held.psyk).is_adjuster == (status == 404)


def test_odd_choices_are_said_at_the_field(held: Held, as_hat: AsHat) -> None:
    minutes = sent_by_soc(held, held.psyk)
    client, address = as_hat(held.room.cast.soc), f"/moten/{held.meeting.pk}/protokoll/1/byt-justerare/"
    right = {"leaves": row_of(minutes, held.psyk).pk, "comes": row_of(minutes, held.soc).pk}
    for wrong in ("", "x", "9" * 30, "-1"):
        got = client.post(address, {**right, "comes": wrong, "once": f"a{wrong}"})
        assert got.status_code == 422 and "Välj" in got.content.decode()


def test_approved_minutes_have_no_adjuster_to_replace(held: Held, as_hat: AsHat) -> None:
    minutes = locked(held)
    chosen = {"leaves": row_of(minutes, held.psyk).pk, "comes": row_of(minutes, held.coordinator).pk, "once": "a"}
    client = as_hat(held.room.cast.soc)
    assert client.post(f"/moten/{held.meeting.pk}/protokoll/1/byt-justerare/", chosen).status_code == 409
    assert "Byt justerare" not in client.get(f"/moten/{held.meeting.pk}/protokoll/").content.decode()
