"""Whoever is not in a case's circle learns nothing of it: not from its own addresses, not from the room, the agenda,
the minutes, the lists, hints or notices (house.md 4.3, L15)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meetings.models import AgendaItem, Case, Group, ItemGuest, Meeting
from meetings.queries.meetings import items_of, sides_of
from notifications.models import Notification
from tests.cast import SECRET_NAME, SECRET_TEXT, make_member
from tests.meetings.cases import (
    MARKERS,
    MISSING,
    OWN_NOTE,
    SAID,
    AsHat,
    confirmed,
    held,
    leaks,
    meeting_consent,
    put,
    running,
    said,
)
from tests.meetings.cast import Room, make_item, make_seat
from workspace.front.actions.consents import withdraw_consent
from workspace.models import AuditEntry, Consent
from workspace.rules import Hat

pytestmark = pytest.mark.django_db

GETS = ("case", "case_fragment", "case_circle", "case_table", "case_ground", "case_decision", "case_action")
POSTS = (
    "case_note", "case_no_note", "case_table", "case_ground", "case_decision", "case_action", "case_circle",
    "withdraw_case", "case_filed",
)  # fmt: skip
POST_ONLY = {"case_note", "case_no_note", "withdraw_case", "case_filed"}
HATS = ("soc_manager", "psyk_manager", "fk", "outsider", "fk_out", "coordinator", "chair")


@dataclass
class World:
    """A running meeting at a case of soc's with psyk in its circle; fk has a seat and is outside."""

    room: Room
    case: Case
    consent: Consent

    def hat(self, name: str) -> Hat:
        cast = self.room.cast
        return cast.two_hats[1] if name == "fk_out" else getattr(cast, name)  # type: ignore[no-any-return]

    @property
    def form(self) -> dict[str, Any]:
        """What every form would accept from somebody with the right."""
        return {
            "text": "Ändrat", "base_version": "1", "ground": "consent", "confirmed": "on", "beslut-text": "Nytt",
            "uppgift-text": "Nytt", "uppgift-who": f"a{self.room.cast.psyk.agency_id}", "uppgift-due_on": "2099-01-01",
            "seats": [self.room.fk_seat.pk],
        }  # fmt: skip


@pytest.fixture
def world(room: Room, as_hat: AsHat) -> World:
    consent = meeting_consent(room.cast)
    case = running(room, put(room))
    said(case, room.cast.soc)
    as_hat(room.cast.soc).post(reverse("case_note", args=[case.pk]), {"text": OWN_NOTE, "base_version": "0"})
    return World(room, case, consent)


def answer(client: Client, method: str, name: str, pk: int, data: dict[str, Any]) -> tuple[Any, ...]:
    path = reverse(name, args=[pk])
    got: Any = client.get(path) if method == "get" else client.post(path, data)
    headers = {key: value for key, value in got.headers.items() if key != "Expires"}
    return got.status_code, headers, got.content.replace(path.encode(), b""), sorted(got.cookies)


def same_as_missing(world: World, client: Client, *, names: tuple[str, ...] = POSTS) -> None:
    before = AuditEntry.objects.count()
    for method, addresses in (("get", GETS), ("post", names)):
        for name in addresses:
            found = answer(client, method, name, world.case.pk, world.form)
            assert found == answer(client, method, name, MISSING, world.form), (method, name)
            assert found[0] == 404, (method, name)
    for name in POST_ONLY:
        assert client.get(reverse(name, args=[world.case.pk])).status_code == 405
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("who", HATS)
def test_outside_the_circle_a_case_and_no_case_answer_alike(world: World, as_hat: AsHat, who: str) -> None:
    client = as_hat(world.hat(who))
    same_as_missing(world, client)
    assert Case.objects.get().table.count() == 1 and Case.objects.get().notes.get().text == OWN_NOTE


def test_the_anonymous_are_led_to_the_sign_in(world: World) -> None:
    for name in GETS:
        assert Client().get(reverse(name, args=[world.case.pk])).headers["Location"].startswith("/logga-in/")


def every_page(world: World) -> list[str]:
    """Where something of the meeting is shown, to whoever may open it."""
    meeting = world.room.meeting.pk
    own = [
        "", "rum/", f"rum/?punkt={world.case.item_id}", "bit/vilka/", "bit/dagordning/", "bit/klart/", "bit/forslag/",
        "dagordning/skriv-ut/", "protokoll/", "protokoll/ruta/",
        *(f"rum/bit/{piece}/?punkt={world.case.item_id}" for piece in
          ("huvud", "dagordning", "lage", "anteckning", "utfall", "arende", "jamstalldhet", "har")),
    ]  # fmt: skip
    paths = [f"/moten/{meeting}/{end}" for end in own]
    group = world.room.group.pk
    return [
        *paths, "/", "/moten/", "/moten/uppgifter/", "/moten/uppgifter/?vems=alla", "/handelser/", "/deltagare/",
        f"/moten/grupp/{group}/", f"/moten/grupp/{group}/narvaro/", f"/moten/grupp/{group}/forslag/",
    ]  # fmt: skip


@pytest.mark.parametrize("who", [name for name in HATS if name != "soc_manager"])
def test_no_page_of_the_meeting_says_anything_to_those_outside(world: World, as_hat: AsHat, who: str) -> None:
    as_hat(world.room.cast.soc).post(
        reverse("case_decision", args=[world.case.pk]), {"beslut-text": f"{SAID} beslutades"}
    )
    client, opened = as_hat(world.hat(who)), 0
    for path in every_page(world):
        got = client.get(path)
        assert leaks(got.content) == [], path
        assert f"/moten/arende/{world.case.pk}/" not in got.content.decode(), path
        opened += got.status_code == 200
    assert opened >= 2
    if who == "fk":
        room = client.get(f"/moten/{world.room.meeting.pk}/rum/").content.decode()
        assert "din myndighet inte är med" in room
        agenda = next(s for s in items_of(world.room.cast.fk, world.room.meeting) if s.item.pk == world.case.item_id)
        assert (agenda.title, agenda.item.title, agenda.item.presenter) == ("Ett ärende", "", None)


def test_inside_the_circle_the_room_and_the_page_show_it_and_every_read_is_logged(world: World, as_hat: AsHat) -> None:
    cast = world.room.cast
    for hat in (cast.soc_2, cast.psyk, cast.psyk_2):
        for path in (f"/moten/arende/{world.case.pk}/", f"/moten/{world.room.meeting.pk}/rum/"):
            body = as_hat(hat).get(path).content.decode()
            assert SECRET_NAME in body and SECRET_TEXT in body and SAID in body, path
            assert (OWN_NOTE in body) == (hat.agency_id == cast.soc.agency_id)
        reads = AuditEntry.objects.filter(what="case", object_id=world.case.pk, membership_id=hat.pk)
        assert {row.participant_id for row in reads} == {cast.person.pk} and reads.count() == 2


def test_a_fragment_says_when_it_ends(world: World, as_hat: AsHat) -> None:
    body = as_hat(world.room.cast.psyk).get(reverse("case_fragment", args=[world.case.pk])).content.decode()
    assert body.count("data-expires-at") == 2  # the case, and the text told on a disclosure of its own
    own = as_hat(world.room.cast.soc).get(reverse("case_fragment", args=[world.case.pk])).content.decode()
    assert "data-expires-at" not in own


# ---------- the ground is lost ----------
def withdrawn(world: World) -> None:
    rows = list(world.consent.rows.values_list("pk", flat=True))
    withdraw_consent(by=world.room.cast.soc, consent=world.consent, row_ids=rows)


def kept(world: World, client: Client) -> None:
    """What an agency that heard it keeps: a page for its own note, and nothing of the others'."""
    page = client.get(reverse("case", args=[world.case.pk]))
    assert page.status_code == 200 and "inte längre tillgång" in page.content.decode()
    assert leaks(page.content) == []
    fragment = client.get(reverse("case_fragment", args=[world.case.pk]))
    assert fragment.headers["X-Access-Ended"] == "1" and leaks(fragment.content) == []
    for name in (*GETS[2:], "case_decision"):
        assert client.post(reverse(name, args=[world.case.pk]), world.form).status_code == 404, name
    for path in every_page(world):
        assert leaks(client.get(path).content) == [], path
    paper = client.post(reverse("case_filed", args=[world.case.pk]))
    assert paper.status_code == 200
    assert client.post(reverse("case_note", args=[world.case.pk]), {"text": "Vi hörde", "base_version": "0"})
    assert "Vi hörde" in client.get(reverse("case", args=[world.case.pk])).content.decode()


def test_a_withdrawal_in_the_meeting_ends_it_at_once_and_leaves_the_own_note(world: World, as_hat: AsHat) -> None:
    withdrawn(world)
    kept(world, as_hat(world.room.cast.psyk))
    assert sides_of(world.room.meeting, world.case.item) == [f"myndighet{world.room.cast.soc.agency_id}"]
    assert SECRET_TEXT in as_hat(world.room.cast.soc).get(reverse("case", args=[world.case.pk])).content.decode()


def test_a_consent_that_runs_out_ends_it_by_itself(world: World, as_hat: AsHat) -> None:
    held(world.case)
    with time_machine.travel(timezone.now() + timedelta(days=61)):
        kept(world, as_hat(world.room.cast.psyk))


def test_access_that_ended_before_anybody_talked_leaves_nothing(room: Room, as_hat: AsHat) -> None:
    consent = meeting_consent(room.cast)
    world = World(room, put(room), consent)
    assert as_hat(room.cast.psyk).get(reverse("case", args=[world.case.pk])).status_code == 200
    withdrawn(world)
    same_as_missing(world, as_hat(room.cast.psyk))


def test_a_holder_whose_seat_has_ended_reads_nothing_any_more(world: World, as_hat: AsHat) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    world.room.psyk_seat.holders.filter(membership=world.room.cast.psyk).update(to_on=yesterday)
    same_as_missing(world, as_hat(world.room.cast.psyk))


def test_a_colleague_without_a_seat_in_the_circle_is_outside(world: World, as_hat: AsHat) -> None:
    agency = world.room.cast.psyk.agency
    make_seat(world.room.group, agency.functions.create(name="Öppenvården"), other := make_member(agency, "p3", None))
    same_as_missing(world, as_hat(other))


# ---------- guests ----------
@pytest.mark.parametrize("under", ["another item", "the case"])
def test_a_guest_is_in_a_case_only_for_an_agency_of_its_circle(world: World, as_hat: AsHat, under: str) -> None:
    cast = world.room.cast
    item = make_item(world.room.meeting) if under == "another item" else world.case.item
    ItemGuest.objects.create(item=item, membership=cast.outsider)
    same_as_missing(world, as_hat(cast.outsider))
    for path in every_page(world):
        assert leaks(as_hat(cast.outsider).get(path).content) == [], path
    assert not [side for side in sides_of(world.room.meeting, world.case.item) if side.startswith("gast")]


# ---------- without identity ----------
def test_without_identity_the_circle_is_as_closed(room: Room, as_hat: AsHat) -> None:
    Group.objects.update(anonymous_cases=True)
    case = running(room, put(room, anonymous=True))
    said(case, room.cast.psyk)
    world = World(room, case, Consent())
    for who in ("fk", "outsider", "soc_manager", "coordinator"):
        client = as_hat(world.hat(who))
        same_as_missing(world, client)
        for path in every_page(world):
            assert leaks(client.get(path).content) == [], path
    body = as_hat(room.cast.psyk).get(reverse("case", args=[case.pk])).content.decode()
    assert SECRET_TEXT in body and SAID in body and "data-expires-at" not in body
    assert not AuditEntry.objects.filter(what="case").exists()


# ---------- what is told ----------
def test_no_notice_and_no_hint_holds_a_name_or_a_text(
    world: World, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    withdrawn(world)
    cast = world.room.cast
    told = {}
    for row in Notification.objects.filter(kind__contains="case"):
        told.setdefault(row.kind, set()).add(row.membership_id)
        assert leaks(str(vars(row)), MARKERS) == []
    assert told == {
        "case.added": {cast.soc_2.pk, cast.psyk.pk, cast.psyk_2.pk},
        "meeting.case_access_ended": {cast.soc_2.pk, cast.psyk.pk, cast.psyk_2.pk},
    }


def test_a_text_is_read_by_those_it_was_told_to_and_not_by_who_came_later(room: Room, as_hat: AsHat) -> None:
    cast = room.cast
    meeting_consent(cast, cast.psyk.agency, cast.fk.agency)
    case = running(room, put(room))
    confirmed(case, cast.psyk)
    said(case, cast.psyk)
    as_hat(cast.soc).post(f"/moten/arende/{case.pk}/krets/", {"seats": [room.psyk_seat.pk, room.fk_seat.pk]})
    later = as_hat(cast.fk).get(reverse("case", args=[case.pk])).content.decode()
    assert SECRET_TEXT in later and SAID not in later
    assert SAID in as_hat(cast.soc).get(reverse("case", args=[case.pk])).content.decode()


def test_the_title_of_a_case_is_never_more_than_that(world: World) -> None:
    assert AgendaItem.objects.get(pk=world.case.item_id).title == "Ärende"
    assert str(world.case) == f"case {world.case.pk}"
    assert Meeting.objects.get(pk=world.room.meeting.pk).current_item_id == world.case.item_id
