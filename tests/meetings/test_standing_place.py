"""Gender equality stands on every agenda, and never last: whatever is moved, removed, opened or sent."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from meetings.actions import agenda as actions
from meetings.actions import agenda_template, calls
from meetings.actions.carrying import take_away_settled
from meetings.models import AgendaItem, Attendance, Meeting, MeetingEvent, TemplateItem
from meetings.states import TEMPLATES, GroupKind, ItemKind, MeetingState, Section
from notifications.models import Notification
from tests.cast import Cast
from tests.meetings.cases import meeting_consent, put
from tests.meetings.cast import Room, make_group, make_item, make_meeting, make_room, put_in
from tests.referrals.races import at_once, outcomes
from tests.steering.stage import Steering, make_steering
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.rules import Hat

# ruff: noqa: B023  (each is called before the loop goes on)
pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
SAYS = "Jämställdhet får inte stå sist. Det sista på en dagordning hinns sällan med."
FORM = {"title": "Punkt", "section": "opening", "purpose": "decision", "minutes": "20", "presenter": ""}
GENDER = ItemKind.GENDER_EQUALITY


@pytest.fixture
def stage(cast: Cast) -> Steering:
    return make_steering(cast)


def kinds(meeting: Meeting) -> list[str]:
    return list(AgendaItem.objects.filter(meeting=meeting).order_by("position", "pk").values_list("kind", flat=True))


def item(meeting: Meeting, **fields: Any) -> AgendaItem:
    return AgendaItem.objects.get(meeting=meeting, **fields)


def stands_well(meeting: Meeting) -> bool:
    found = kinds(meeting)
    return found.count(GENDER) == 1 and found[-1] != GENDER


def sections_are_in_order(rows: list[str]) -> bool:
    order = [list(Section).index(Section(one)) for one in rows]
    return order == sorted(order)


# ---------- an agenda ----------
def test_no_move_leaves_it_last(room: Room, as_hat: AsHat) -> None:
    client, base = as_hat(room.cast.soc), f"/moten/{room.meeting.pk}"
    gender, last = item(room.meeting, kind=GENDER), item(room.meeting, title="Nästa möte")
    before = kinds(room.meeting)
    for path, data in (
        (f"{base}/punkt/{gender.pk}/flytta/", {"vart": "ner"}),
        (f"{base}/punkt/{last.pk}/flytta/", {"vart": "upp"}),
        (f"{base}/dagordning/ordna/", {"item": gender.pk, "after": last.pk}),
        (f"{base}/dagordning/ordna/", {"item": last.pk, "after": ""}),
        (f"{base}/punkt/{gender.pk}/andra/", FORM | {"title": "Jämställdhet", "section": "closing"}),
        (f"{base}/punkt/{last.pk}/andra/", FORM | {"title": "Nästa möte", "section": "opening"}),
        (f"{base}/punkt/{last.pk}/ta-bort/", {}),
    ):
        answer = client.post(path, data)
        assert answer.status_code == 403 and SAYS in answer.content.decode(), (path, data)
        assert kinds(room.meeting) == before
    assert not MeetingEvent.objects.filter(verb__in=("move_item", "change_item", "remove_item")).exists()


def test_what_does_not_leave_it_last_is_done(room: Room, as_hat: AsHat) -> None:
    client, base = as_hat(room.cast.soc), f"/moten/{room.meeting.pk}"
    gender = item(room.meeting, kind=GENDER)
    assert client.post(f"{base}/punkt/{gender.pk}/flytta/", {"vart": "upp"}).status_code == 302
    assert kinds(room.meeting)[1] == GENDER
    assert client.post(f"{base}/dagordning/ordna/", {"item": gender.pk, "after": ""}).status_code == 302
    assert kinds(room.meeting)[0] == GENDER


def test_an_item_put_before_a_lone_one_is_refused_and_behind_it_is_well(room: Room, as_hat: AsHat) -> None:
    AgendaItem.objects.filter(meeting=room.meeting).exclude(kind=GENDER).delete()
    client, path = as_hat(room.cast.soc), f"/moten/{room.meeting.pk}/dagordning/ny/"
    answer = client.post(path, FORM)
    assert answer.status_code == 403 and SAYS in answer.content.decode() and kinds(room.meeting) == [GENDER]
    assert client.post(path, FORM | {"section": "closing"}).status_code == 302 and stands_well(room.meeting)


def test_the_last_other_item_is_not_removed_for_alone_is_last(room: Room, as_hat: AsHat) -> None:
    last = item(room.meeting, title="Nästa möte")
    AgendaItem.objects.filter(meeting=room.meeting).exclude(pk=last.pk).exclude(kind=GENDER).delete()
    answer = as_hat(room.cast.soc).post(f"/moten/{room.meeting.pk}/punkt/{last.pk}/ta-bort/")
    assert answer.status_code == 403 and SAYS in answer.content.decode() and stands_well(room.meeting)


def test_in_a_running_meeting_what_comes_up_is_put_last_whatever_stands_there(room: Room, as_hat: AsHat) -> None:
    item(room.meeting, title="Nästa möte").delete()
    put_in(room.meeting, MeetingState.IN_PROGRESS)
    assert as_hat(room.cast.soc).post(f"/moten/{room.meeting.pk}/dagordning/ny/", FORM).status_code == 302
    assert stands_well(room.meeting)


def test_a_case_that_its_agency_takes_back_moves_it_up_and_is_never_refused(room: Room, as_hat: AsHat) -> None:
    meeting_consent(room.cast)
    case = put(room)
    item(room.meeting, title="Nästa möte").delete()
    assert kinds(room.meeting)[-1] == ItemKind.CASE
    assert as_hat(room.cast.soc).post(f"/moten/arende/{case.pk}/ta-bort/").status_code == 302
    assert stands_well(room.meeting) and len(kinds(room.meeting)) == 3


def test_what_came_back_and_is_settled_goes_without_leaving_it_last(room: Room) -> None:
    held = put_in(make_meeting(room.group, days=-20), MeetingState.HELD)
    source = make_item(held)
    AgendaItem.objects.filter(pk=source.pk).update(started_at=held.started_at)
    source.refresh_from_db()
    came = AgendaItem.objects.create(
        meeting=room.meeting, section="closing", position=9, title=source.title, minutes=20, carried_from=source
    )
    item(room.meeting, title="Nästa möte").delete()
    assert take_away_settled(room.group) == [room.meeting]
    assert not AgendaItem.objects.filter(pk=came.pk).exists() and stands_well(room.meeting)


def test_whatever_arrangers_try_it_is_never_last(room: Room) -> None:
    dice = random.Random(7)
    refused = 0
    for _ in range(150):
        items = list(AgendaItem.objects.filter(meeting=room.meeting).order_by("position", "pk"))
        one, other = dice.choice(items), dice.choice(items)
        data = actions.ItemInput(one.title, dice.choice(list(Section)), one.purpose, 5)  # type: ignore[arg-type]
        tries: list[Callable[[], object]] = [
            lambda: actions.move_item(by=room.cast.soc, item=one, up=dice.random() < 0.5),
            lambda: actions.place_item(by=room.cast.soc, item=one, after=None if one == other else other.pk),
            lambda: actions.change_item(by=room.cast.soc, item=one, data=data),
            lambda: actions.remove_item(by=room.cast.soc, item=one),
            lambda: actions.add_item(by=room.cast.soc, meeting=room.meeting, data=data),
        ]
        if len(items) > 4:
            tries.pop()  # in a short agenda it is often the next to last
        try:
            dice.choice(tries)()
        except (NotAllowed, SomebodyWasFaster):
            refused += 1
        assert stands_well(room.meeting)
        rows = AgendaItem.objects.filter(meeting=room.meeting).order_by("position", "pk")
        assert sections_are_in_order(list(rows.values_list("section", flat=True)))
    assert 5 < refused < 145


# ---------- the group's own agenda ----------
def test_no_line_leaves_it_last_on_the_groups_own_agenda(room: Room, as_hat: AsHat) -> None:
    client, base = as_hat(room.cast.coordinator), f"/moten/grupp/{room.group.pk}/dagordning"
    gender = TemplateItem.objects.get(group=room.group, kind=GENDER)
    last = TemplateItem.objects.get(group=room.group, title="Nästa möte")
    before = list(room.group.template.values_list("pk", "position", "section"))
    for path, data in (
        (f"{base}/{gender.pk}/flytta/", {"vart": "ner"}),
        (f"{base}/{last.pk}/flytta/", {"vart": "upp"}),
        (f"{base}/ordna/", {"item": gender.pk, "after": last.pk}),
        (f"{base}/ordna/", {"item": last.pk, "after": ""}),
        (f"{base}/{gender.pk}/andra/", FORM | {"title": "Jämställdhet", "section": "closing"}),
        (f"{base}/{last.pk}/andra/", FORM | {"title": "Nästa möte", "section": "opening"}),
        (f"{base}/{last.pk}/ta-bort/", {}),
    ):
        answer = client.post(path, data)
        assert answer.status_code == 403 and SAYS in answer.content.decode(), (path, data)
        assert list(room.group.template.values_list("pk", "position", "section")) == before
    TemplateItem.objects.filter(group=room.group).exclude(pk=gender.pk).delete()
    assert client.post(f"{base}/ny/", FORM).status_code == 403
    assert client.post(f"{base}/ny/", FORM | {"section": "closing"}).status_code == 302


@pytest.mark.parametrize("kind", list(GroupKind))
def test_the_agenda_that_a_new_group_begins_with_has_it_and_not_last(kind: GroupKind) -> None:
    lines = [line[1] for line in TEMPLATES[kind]]
    assert lines.count(GENDER) == 1 and lines[-1] != GENDER


# ---------- opened ----------
@pytest.mark.parametrize("kind", list(GroupKind))
@pytest.mark.parametrize("lines", ["as it is", "lost", "last", "alone", "nothing", "only closing"])
def test_a_meeting_is_never_opened_without_it_nor_with_it_last(room: Room, kind: GroupKind, lines: str) -> None:
    group = make_group(room.cast, "Ny grupp", kind)
    template = TemplateItem.objects.filter(group=group)
    if lines == "lost":
        template.filter(kind=GENDER).delete()
    elif lines == "last":
        template.filter(kind=GENDER).update(position=99, section=Section.CLOSING)
    elif lines == "alone":
        template.exclude(kind=GENDER).delete()
    elif lines == "nothing":
        template.delete()
    elif lines == "only closing":
        template.exclude(section=Section.CLOSING).delete()
    meeting = make_meeting(group, days=50)
    assert stands_well(meeting)
    rows = list(AgendaItem.objects.filter(meeting=meeting).order_by("position", "pk"))
    assert sections_are_in_order([row.section for row in rows])
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    if lines in {"alone", "nothing"}:
        assert [row.title for row in rows] == ["Jämställdhet", "Nästa möte"]


# ---------- sent ----------
def send(client: Client, meeting: Meeting, seen: str | None = "") -> Any:
    return client.post(f"/moten/{meeting.pk}/kalla/", {} if seen is None else {"seen": seen})


def test_without_it_the_agenda_is_not_sent_and_a_button_puts_it_back(room: Room, as_hat: AsHat) -> None:
    item(room.meeting, kind=GENDER).delete()
    client, path = as_hat(room.cast.soc), f"/moten/{room.meeting.pk}/dagordning/jamstalldhet/"
    answer = send(client, room.meeting)
    assert answer.status_code == 403 and "Jämställdhet saknas på dagordningen." in answer.content.decode()
    room.meeting.refresh_from_db()
    assert room.meeting.state == MeetingState.PLANNED and not Attendance.objects.filter(asked_at__isnull=False).exists()
    html = client.get(f"/moten/{room.meeting.pk}/").content.decode()
    assert "Jämställdhet saknas på dagordningen" in html and f'action="{path}"' in html
    for _ in range(2):  # once: again nothing more
        put_back = client.post(path)
        assert put_back["Location"] == f"/moten/{room.meeting.pk}/#punkt-{item(room.meeting, kind=GENDER).pk}"
    assert stands_well(room.meeting) and MeetingEvent.objects.filter(verb="add_prepared").count() == 1
    assert send(client, room.meeting).status_code == 302


def test_standing_last_it_is_not_sent(room: Room, as_hat: AsHat) -> None:
    AgendaItem.objects.filter(meeting=room.meeting, kind=GENDER).update(position=99)
    client = as_hat(room.cast.psyk)
    answer = send(client, room.meeting)
    assert answer.status_code == 403 and SAYS in answer.content.decode() and not Notification.objects.exists()
    assert "Jämställdhet står sist. Flytta upp punkten." in client.get(f"/moten/{room.meeting.pk}/").content.decode()


def test_standing_alone_it_is_not_sent(room: Room, as_hat: AsHat) -> None:
    AgendaItem.objects.filter(meeting=room.meeting).exclude(kind=GENDER).delete()
    client = as_hat(room.cast.soc)
    answer = send(client, room.meeting)
    assert answer.status_code == 403 and SAYS in answer.content.decode() and not Notification.objects.exists()
    page = client.get(f"/moten/{room.meeting.pk}/").content.decode()
    assert "Jämställdhet står ensam. Lägg till en punkt efter den." in page


@pytest.mark.parametrize("state", list(MeetingState))
def test_who_puts_it_back_and_when(room: Room, as_hat: AsHat, state: MeetingState) -> None:
    hats: dict[str, Hat] = {**room.cast.members, "coordinator": room.cast.coordinator, "chair": room.cast.chair}
    # Held: while its minutes are a draft, which can't be sent without it.
    open_now = state in {MeetingState.PLANNED, MeetingState.CALLED, MeetingState.IN_PROGRESS, MeetingState.HELD}
    put_in(room.meeting, state)
    for name, hat in hats.items():
        AgendaItem.objects.filter(meeting=room.meeting, kind=GENDER).delete()
        got = as_hat(hat).post(f"/moten/{room.meeting.pk}/dagordning/jamstalldhet/").status_code
        if name in {"soc", "psyk", "coordinator"}:
            assert got == (302 if open_now else 403), name
        else:
            assert got == (403 if name in {"soc_2", "psyk_2", "fk"} else 404), name


def test_only_kinds_that_are_prepared_for_the_group_are_put_there(stage: Steering, room: Room, as_hat: AsHat) -> None:
    AgendaItem.objects.filter(meeting=stage.meeting).exclude(kind__in=(GENDER, ItemKind.ORDINARY)).delete()
    client, path = as_hat(stage.cast.chair), f"/moten/{stage.meeting.pk}/dagordning/forberedd/"
    for kind in ("figures", "disputes", "representation", "decision_review", "action_review"):
        assert client.post(path, {"kind": kind}).status_code == 302, kind
        assert client.post(path, {"kind": kind}).status_code == 302, kind
    assert sorted(kinds(stage.meeting)) == sorted(
        [*(one.value for one in ItemKind if one != ItemKind.CASE and one != ItemKind.ORDINARY), "ordinary", "ordinary"]
    )
    for kind in ("case", "ordinary", "x", "", "9" * 50):
        assert client.post(path, {"kind": kind}).status_code == 404, kind
    other = f"/moten/{room.meeting.pk}/dagordning/forberedd/"
    assert as_hat(room.cast.soc).post(other, {"kind": "figures"}).status_code == 404
    assert as_hat(stage.cast.fk).post(path, {"kind": "figures"}).status_code == 403
    assert as_hat(stage.steering).post(path, {"kind": "figures"}).status_code == 403
    assert as_hat(stage.evaluator).post(path, {"kind": "figures"}).status_code == 404


# ---------- sent twice ----------
def test_who_sends_what_somebody_else_has_sent_meanwhile_is_told_so_and_nothing_goes_out(
    room: Room, as_hat: AsHat
) -> None:
    chair, coordinator = as_hat(room.cast.soc), as_hat(room.cast.coordinator)
    html = coordinator.get(f"/moten/{room.meeting.pk}/").content.decode()
    assert '<input type="hidden" name="seen" value="">' in html
    assert send(chair, room.meeting).status_code == 302
    before = Notification.objects.count()
    answer = send(coordinator, room.meeting)
    assert answer.status_code == 409 and "Någon annan har redan skickat dagordningen" in answer.content.decode()
    assert Notification.objects.count() == before
    room.meeting.refresh_from_db()
    assert room.meeting.called_at is not None
    mark = room.meeting.called_at.isoformat()
    assert f'name="seen" value="{mark}"' in coordinator.get(f"/moten/{room.meeting.pk}/").content.decode()
    for wrong in ("x", "2026-01-01", mark + "9", "9" * 5000):
        assert send(coordinator, room.meeting, wrong).status_code == 409, wrong[:20]
    assert send(coordinator, room.meeting, mark).status_code == 302
    assert MeetingEvent.objects.filter(meeting=room.meeting, verb="call").count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_chairs_at_the_same_moment_send_one_call_and_one_set_of_notices(cast: Cast) -> None:
    room = make_room(cast)
    results = at_once(
        *[
            lambda by=by: calls.call_meeting(by=by, meeting=room.meeting, seen="")
            for by in (cast.soc, cast.psyk, cast.coordinator, cast.soc)
        ]
    )
    assert outcomes(results) == {"done": 1, "SomebodyWasFaster": 3}, results
    assert MeetingEvent.objects.filter(meeting=room.meeting, verb="call").count() == 1
    told = list(Notification.objects.filter(kind="meeting.called").values_list("membership", flat=True))
    assert len(told) == len(set(told)) and not Notification.objects.exclude(kind="meeting.called").exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_put_it_back_at_the_same_moment_put_one(cast: Cast) -> None:
    room = make_room(cast)
    AgendaItem.objects.filter(meeting=room.meeting, kind=GENDER).delete()
    results = at_once(
        *[lambda by=by: actions.restore_standing(by=by, meeting=room.meeting) for by in (cast.soc, cast.psyk)]
    )
    assert outcomes(results) == {"AgendaItem": 2} and stands_well(room.meeting)
    TemplateItem.objects.filter(group=room.group, kind=GENDER).delete()
    results = at_once(
        *[
            lambda by=by: agenda_template.add_prepared_line(by=by, group=room.group, kind=GENDER)
            for by in (cast.soc, cast.psyk)
        ]
    )
    assert outcomes(results) == {"TemplateItem": 2}
    assert TemplateItem.objects.filter(group=room.group, kind=GENDER).count() == 1
