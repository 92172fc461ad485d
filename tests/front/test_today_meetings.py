"""What meetings put on Idag, and for whom; and who has «Möten» among their pages."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.actions.case_notes import save_note
from meetings.models import ActionItem, Meeting
from meetings.states import ActionState, Answer, MeetingState
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, make_user
from tests.meetings.calling import call, say
from tests.meetings.cases import held, meeting_consent, put, running
from tests.meetings.cast import Room, make_item, make_meeting, make_room, put_in
from tests.meetings.minutes_stage import attend, make_held, sent_by_soc
from workspace.models import AuditEntry, CooperationRole, Membership
from workspace.rules import Hat
from workspace.states import CooperationRoleKind

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
ANSWER, APPROVE, NOTE = "Svara om du kommer", "Justera protokollet", "Skriv er anteckning om ett ärende"


@pytest.fixture
def room(cast: Cast) -> Room:
    return make_room(cast)


def caseworkers(cast: Cast) -> dict[str, Membership]:
    """Everybody with the page: the other hats are led elsewhere."""
    found = {name: member for name, member in cast.members.items() if "manager" not in name}
    return found | {"two_hats": cast.two_hats[0]}


def who_reads(cast: Cast, as_hat: AsHat, *words: str, piece: str = "waiting") -> set[str]:
    """Those whose start page has all of these words in what waits, or in what comes."""
    found = set()
    for name, member in caseworkers(cast).items():
        page = as_hat(member).get("/")
        rows = " ".join(str(row) for row in page.context[piece])
        if all(word in rows for word in words):
            found.add(name)
            assert all(word in page.content.decode() for word in words)
    return found


def make_action(room: Room, **more: Any) -> ActionItem:
    known: dict[str, Any] = {"text": "Boka lokalen", "agency": room.cast.psyk.agency, "due_on": in_days(14)}
    item = make_item(room.meeting)
    return ActionItem.objects.create(item=item, author=room.cast.soc.agency, **{**known, **more})


def in_days(days: int) -> Any:
    return timezone.localdate() + timedelta(days=days)


# ---------- waits ----------
def test_a_call_waits_for_those_who_are_asked_until_they_have_answered(room: Room, as_hat: AsHat) -> None:
    assert who_reads(room.cast, as_hat, ANSWER) == set(), "not called yet"
    call(room)
    url = f"/moten/{room.meeting.pk}/"
    assert who_reads(room.cast, as_hat, ANSWER, url) == {"soc", "psyk", "fk"}
    say(room, room.cast.psyk, Answer.COMING)
    assert who_reads(room.cast, as_hat, ANSWER, url) == {"soc", "fk"}
    say(room, room.cast.fk, Answer.NOT_COMING)
    assert who_reads(room.cast, as_hat, ANSWER, url) == {"soc", "two_hats"}, "the deputy is called instead"
    put_in(room.meeting, MeetingState.CANCELLED)
    assert who_reads(room.cast, as_hat, ANSWER) == set()


def test_minutes_wait_for_those_who_approve_them(room: Room, as_hat: AsHat) -> None:
    stage = make_held(room)
    digest = sent_by_soc(stage, stage.psyk).digest
    url = f"/moten/{room.meeting.pk}/protokoll/"
    assert who_reads(room.cast, as_hat, APPROVE, url) == {"psyk"}
    assert as_hat(room.cast.psyk).post(f"{url}1/justera/", {"once": "a", "digest": digest}).status_code == 302
    assert who_reads(room.cast, as_hat, APPROVE) == set()


def test_a_note_is_owed_by_each_agency_of_the_circle_and_names_nobody(room: Room, as_hat: AsHat) -> None:
    meeting_consent(room.cast)
    case = running(room, put(room))
    assert who_reads(room.cast, as_hat, NOTE) == set(), "the talk goes on"
    case = held(case)
    url = f"/moten/arende/{case.pk}/"
    assert who_reads(room.cast, as_hat, NOTE, url) == {"soc", "soc_2", "psyk", "psyk_2"}
    before = AuditEntry.objects.count()
    page = as_hat(room.cast.psyk).get("/").content.decode()
    assert SECRET_NAME not in page and SECRET_TEXT not in page
    assert AuditEntry.objects.count() == before, "no person is shown, so nothing is logged"
    save_note(by=room.cast.psyk, case=case, text="Vår text", version=0)
    assert who_reads(room.cast, as_hat, NOTE) == {"soc", "soc_2"}


def test_an_action_waits_for_whoever_was_named_or_else_for_the_agencys_seat_holders(room: Room, as_hat: AsHat) -> None:
    cast = room.cast
    action = make_action(room)
    assert who_reads(cast, as_hat, "Boka lokalen", f"/moten/uppgifter/#uppgift-{action.pk}") == {"psyk", "psyk_2"}
    for change, expected in (
        ({"responsible": cast.psyk_2}, {"psyk_2"}),
        ({"due_on": in_days(15)}, set()),
        ({"due_on": in_days(-40)}, {"psyk_2"}),
        ({"state": ActionState.DONE, "closed_at": timezone.now()}, set()),
    ):
        ActionItem.objects.filter(pk=action.pk).update(**change)
        assert who_reads(cast, as_hat, "Boka lokalen") == expected, change


def test_a_late_action_is_late_in_the_sentence_on_top(room: Room, as_hat: AsHat) -> None:
    make_action(room, due_on=in_days(-1))
    page = as_hat(room.cast.psyk).get("/").content.decode()
    assert "En sak väntar på dig. En av dem är sen." in page


def test_an_action_of_a_case_is_a_read_of_the_person(room: Room, as_hat: AsHat) -> None:
    cast = room.cast
    meeting_consent(cast)
    case = running(room, put(room))
    task = {"uppgift-text": SECRET_TEXT, "uppgift-who": f"a{cast.psyk.agency_id}", "uppgift-due_on": str(in_days(3))}
    assert as_hat(cast.soc).post(f"/moten/arende/{case.pk}/uppgift/", task).status_code == 302
    mark = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True)[0]
    assert who_reads(cast, as_hat, SECRET_TEXT) == {"psyk", "psyk_2"}
    reads = AuditEntry.objects.filter(pk__gt=mark, act="read").order_by("pk")
    assert list(reads.values_list("what", "participant_id", "membership_id")) == [
        ("today", cast.person.pk, cast.psyk.pk),
        ("today", cast.person.pk, cast.psyk_2.pk),
    ]
    assert SECRET_TEXT in as_hat(cast.psyk).get("/idag/vantar/").content.decode()
    assert reads.count() == 3
    for name, member in caseworkers(cast).items():
        assert (SECRET_TEXT in as_hat(member).get("/idag/vantar/").content.decode()) == name.startswith("psyk")


# ---------- comes ----------
def test_meetings_come_for_all_who_hold_a_seat_and_one_under_way_leads_into_its_room(room: Room, as_hat: AsHat) -> None:
    cast, name = room.cast, room.group.name
    seated = {"soc", "soc_2", "psyk", "psyk_2", "fk", "two_hats"}
    url = f"/moten/{room.meeting.pk}/"
    assert who_reads(cast, as_hat, name, url, "Kl. 13.00, Rum Älven", piece="coming") == seated
    Meeting.objects.filter(pk=room.meeting.pk).update(
        starts_at=timezone.now() + timedelta(days=32), ends_at=timezone.now() + timedelta(days=32, hours=1)
    )
    assert who_reads(cast, as_hat, name, piece="coming") == set(), "30 days ahead and no more"
    put_in(room.meeting, MeetingState.IN_PROGRESS)
    assert who_reads(cast, as_hat, name, f"{url}rum/", "Pågår nu", piece="coming") == seated
    put_in(room.meeting, MeetingState.HELD)
    assert who_reads(cast, as_hat, name, piece="coming") == set()


# ---------- how many questions ----------
def test_idag_asks_as_often_for_thirty_meetings_as_for_one(room: Room, as_hat: AsHat) -> None:
    client = as_hat(room.cast.psyk)
    put_in(room.meeting, MeetingState.CANCELLED)

    def add(days: int) -> None:
        stage = make_held(replace(room, meeting=make_meeting(room.group, days=-days)))
        sent_by_soc(stage, stage.psyk)
        ahead = put_in(make_meeting(room.group, days=days), MeetingState.CALLED)
        attend(ahead, room.cast.psyk, room.psyk_seat, present=False)
        make_action(room)

    def cost() -> int:
        client.get("/")
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/").status_code == 200
        return len(seen)

    add(1)
    page = client.get("/")
    assert {row.title for row in page.context["waiting"]} == {ANSWER, APPROVE, NOTE, "Boka lokalen"}
    one = cost()
    for days in range(2, 31):
        add(days)
    assert cost() == one
    assert len(client.get("/").context["waiting"]) == 30, "the rest is one click away"


# ---------- the pages of a hat ----------
def test_moten_stands_among_the_pages_of_every_hat_that_has_meetings(room: Room, as_hat: AsHat) -> None:
    cast = room.cast
    roles = {
        kind: CooperationRole.objects.create(cooperation=cast.cooperation, user=make_user(kind), role=kind)
        for kind in (CooperationRoleKind.STEERING, CooperationRoleKind.EVALUATOR)
    }
    hats: list[Hat] = [cast.soc, cast.outsider, cast.soc_manager, cast.coordinator, cast.chair, roles["steering"]]
    for hat in hats:
        page = as_hat(hat).get("/moten/")
        (here,) = [one for one in page.context["nav"] if one["label"] == "Möten"]
        assert (here["url"], here["current"]) == ("/moten/", True), hat
        assert 'href="/moten/"' in page.content.decode()
    begins = as_hat(roles["evaluator"]).get("/", follow=True)
    assert [one["label"] for one in begins.context["nav"]] == ["Uppföljning", "Beslut", "Rutiner"]
    assert as_hat(roles["evaluator"]).get("/moten/").status_code == 404


def test_moten_is_the_page_one_is_on_everywhere_under_it(room: Room, as_hat: AsHat) -> None:
    for path in (f"/moten/{room.meeting.pk}/", f"/moten/grupp/{room.group.pk}/", "/moten/uppgifter/"):
        nav = as_hat(room.cast.soc).get(path).context["nav"]
        assert [one["label"] for one in nav if one["current"]] == ["Möten"], path
