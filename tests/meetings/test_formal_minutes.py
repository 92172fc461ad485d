"""Formal minutes: fourteen days, a notice by the second day, and after that addenda only (L42; KL 5:69, 8:12)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from meetings.actions.addenda import add_addendum
from meetings.actions.approvals import approve_minutes
from meetings.actions.minutes import correct_minutes
from meetings.actions.sealing import post_minutes
from meetings.models import Group, Meeting, MeetingEvent, Minutes, MinutesAddendum, MinutesPosting
from meetings.states import MinutesMode, MinutesState
from tests.meetings.cast import Room
from tests.meetings.minutes_stage import Held, last_notice, make_held, sent_by_soc, told_since
from tests.meetings.seal_stage import formal, formal_held, locked, read, rows, verify
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.rules import Hat
from workspace.swedish import say_date

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
ONLY_ADDENDA = "Justerade protokoll ändras inte. Skriv ett tillägg."


@pytest.fixture
def held(room: Room) -> Held:
    return formal_held(room)


def path(held: Held) -> str:
    return f"/moten/{held.meeting.pk}/protokoll/"


# ---------- the group's choice ----------
@pytest.mark.parametrize(("sent", "kept"), [("formal", "formal"), ("project", "project"), (None, "project")])
def test_the_group_chooses_how_its_minutes_are_approved(room: Room, as_hat: AsHat, sent: str | None, kept: str) -> None:
    place = room.group.municipalities.get().pk
    data = {"name": room.group.name, "municipalities": [place], "quorum": "2", "chair": room.cast.soc.pk, "once": "a"}
    got = as_hat(room.cast.soc).post(
        f"/moten/grupp/{room.group.pk}/andra/", data | ({"minutes_mode": sent} if sent else {})
    )
    assert got.status_code == 302
    assert Group.objects.get(pk=room.group.pk).minutes_mode == kept
    again = as_hat(room.cast.soc).post(
        f"/moten/grupp/{room.group.pk}/andra/", {**data, "minutes_mode": "annat", "once": "b"}
    )
    assert again.status_code == 422 and "Välj ett av sätten." in again.content.decode()


def test_minutes_that_have_been_sent_keep_the_rules_they_were_sent_by(held: Held) -> None:
    locked(held)
    Group.objects.update(minutes_mode=MinutesMode.PROJECT)
    with pytest.raises(NotAllowed, match=ONLY_ADDENDA):
        correct_minutes(by=held.room.cast.soc, meeting=held.meeting, reason="Fel datum")


# ---------- addenda only ----------
def test_approved_formal_minutes_are_not_corrected(held: Held, as_hat: AsHat) -> None:
    locked(held)
    client, before = as_hat(held.room.cast.soc), rows()
    got = client.post(f"{path(held)}ratta/", {"reason": "Fel datum", "once": "a"})
    assert got.status_code == 403 and ONLY_ADDENDA in got.content.decode()
    assert rows() == before and Meeting.objects.get(pk=held.meeting.pk).minutes_state == MinutesState.APPROVED
    page = client.get(path(held)).content.decode()
    assert "Rätta protokollet" not in page and "Skriv ett tillägg" in page


@pytest.mark.parametrize("mode", [MinutesMode.PROJECT, MinutesMode.FORMAL])
def test_an_addendum_stands_beside_minutes_that_stand(room: Room, as_hat: AsHat, mode: MinutesMode) -> None:
    held = make_held(formal(room) if mode == MinutesMode.FORMAL else room)
    cast = held.room.cast
    minutes = locked(held)
    text, mark = read(held, as_hat(cast.fk)), last_notice()
    client = as_hat(cast.coordinator)
    for number in (1, 2):
        sent = {"text": f"Bilaga {number} saknades", "once": f"k{number}"}
        assert client.post(f"{path(held)}1/tillagg/", sent).status_code == 302
    assert read(held, as_hat(cast.fk)) == text
    told = {("meeting.minutes_addendum", hat.pk) for hat in (cast.soc, cast.psyk, cast.fk)}
    assert told_since(mark) == told
    page = as_hat(cast.fk).get(path(held)).content.decode()
    assert page.index("Bilaga 1 saknades") < page.index("Bilaga 2 saknades")
    assert "Samordnare" in MinutesAddendum.objects.get(minutes=minutes, number=1).author
    assert verify() == (0, "Protokollen stämmer. Kontrollerade: 1 version, 1 lås, 2 tillägg, 0 anslag.\n")
    paper = as_hat(cast.fk).get(f"{path(held)}1/utskrift/").content.decode()
    assert "Tillägg 2" in paper and "Bilaga 2 saknades" in paper


def test_an_addendum_is_refused_where_nothing_is_approved_and_when_it_says_nothing(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    minutes = sent_by_soc(held, held.soc)
    with pytest.raises(NotAllowed, match="när protokollet är justerat"):
        add_addendum(by=cast.soc, minutes=minutes, text="Mer")
    approve_minutes(by=cast.soc, minutes=minutes)
    client = as_hat(cast.soc)
    for text, says in (("  ", "Skriv vad som ska läggas till."), ("å" * 5001, "5000"), ("a\x00b", "")):
        got = client.post(f"{path(held)}1/tillagg/", {"text": text, "once": f"k{len(text)}"})
        assert got.status_code == 422 and says in got.content.decode()
    assert "å" * 5001 in client.post(f"{path(held)}1/tillagg/", {"text": "å" * 5001}).content.decode()
    assert not MinutesAddendum.objects.exists()


@pytest.mark.parametrize("name", ["fk", "soc_2", "outsider", "chair"])
@pytest.mark.parametrize("verb", ["1/tillagg/", "anslag/"])
def test_for_who_does_not_arrange_the_meeting_it_is_not_there(held: Held, as_hat: AsHat, name: str, verb: str) -> None:
    locked(held)
    before = rows()
    data = {"text": "Mer", "posted_on": str(timezone.localdate()), "where": "Tavlan", "once": "a"}
    assert as_hat(getattr(held.room.cast, name)).post(path(held) + verb, data).status_code == 404
    assert rows() == before


# ---------- the notice ----------
def test_the_notice_is_noted_once_and_shown_with_the_time_to_appeal(held: Held, as_hat: AsHat) -> None:
    locked(held)
    client, today = as_hat(held.room.cast.psyk), timezone.localdate()
    page = client.get(path(held)).content.decode()
    assert f"Justerat {say_date(today)}." in page and "Ska anslås senast " in page
    assert "Tiden för överklagande räknas från anslaget och är tre veckor." in page
    data = {"posted_on": str(today), "where": "Kommunens anslagstavla"}
    assert client.post(f"{path(held)}anslag/", {**data, "once": "a"}).status_code == 302
    assert client.post(f"{path(held)}anslag/", {**data, "once": "b"}).status_code == 409
    assert MinutesPosting.objects.get().posted_on == today
    page = as_hat(held.room.cast.fk).get(path(held)).content.decode()
    assert f"Anslaget {say_date(today)}, Kommunens anslagstavla." in page and "Notera anslaget" not in page
    assert verify()[0] == 0
    paper = as_hat(held.room.cast.fk).get(f"{path(held)}1/utskrift/").content.decode()
    assert "Kommunens anslagstavla. Tiden för överklagande" in paper


def test_a_notice_before_the_approval_ahead_or_nowhere_is_refused(held: Held, as_hat: AsHat) -> None:
    locked(held)
    client, today = as_hat(held.room.cast.soc), timezone.localdate()
    for day, where in (
        (today - timedelta(days=1), "Tavlan"),
        (today + timedelta(days=1), "Tavlan"),
        ("9999-99-99", "Tavlan"),
        (today, "  "),
        (today, "x" * 301),
    ):
        data = {"posted_on": str(day), "where": where, "once": f"{day}{len(where)}"[:30]}
        assert client.post(f"{path(held)}anslag/", data).status_code == 422, (day, where[:5])
    for day in (today - timedelta(days=1), today + timedelta(days=1)):
        with pytest.raises(NotAllowed, match="till och med i dag"):
            post_minutes(by=held.room.cast.soc, meeting=held.meeting, posted_on=day, where="Tavlan")
    assert not MinutesPosting.objects.exists()


def test_a_late_notice_is_taken_and_said_to_be_late(held: Held, as_hat: AsHat) -> None:
    locked(held)
    with time_machine.travel(timezone.now() + timedelta(days=5)):
        client = as_hat(held.room.cast.soc)
        assert "Inte anslaget. Skulle ha anslagits senast " in client.get(path(held)).content.decode()
        post_minutes(
            by=held.room.cast.soc, meeting=held.meeting, posted_on=timezone.localdate(), where="Kommunens anslagstavla"
        )
        assert "Skulle ha anslagits senast " in client.get(path(held)).content.decode()


def test_only_formal_approved_minutes_are_announced(room: Room) -> None:
    held = make_held(room)
    locked(held)
    with pytest.raises(NotAllowed, match="bara formella"):
        post_minutes(by=room.cast.soc, meeting=held.meeting, posted_on=timezone.localdate(), where="Tavlan")


def test_formal_minutes_that_wait_are_not_announced(held: Held) -> None:
    sent_by_soc(held, held.soc)
    with pytest.raises(NotAllowed, match="när det är justerat"):
        post_minutes(by=held.room.cast.soc, meeting=held.meeting, posted_on=timezone.localdate(), where="Tavlan")


# ---------- a project's ----------
def test_a_projects_minutes_are_corrected_and_the_old_version_stays_sealed(room: Room, as_hat: AsHat) -> None:
    held = make_held(room)
    first = locked(held)
    text = read(held, as_hat(room.cast.fk))
    correct_minutes(by=room.cast.soc, meeting=held.meeting, reason="Fel datum")
    with pytest.raises(NotAllowed):
        add_addendum(by=room.cast.soc, minutes=first, text="Mer")
    held.meeting.refresh_from_db()
    second = sent_by_soc(held, held.soc, reason="Rätt datum")
    assert read(held, as_hat(room.cast.fk)) == text
    approve_minutes(by=room.cast.soc, minutes=second)
    assert read(held, as_hat(room.cast.fk)) == text
    assert verify() == (0, "Protokollen stämmer. Kontrollerade: 2 versioner, 2 lås, 0 tillägg, 0 anslag.\n")
    with pytest.raises(SomebodyWasFaster):
        add_addendum(by=room.cast.soc, minutes=first, text="Mer")
    assert MeetingEvent.objects.filter(verb="minutes_approved").count() == 2
    assert Minutes.objects.filter(seal__isnull=False).count() == 2
