"""Approved minutes stay: a thousand attempts by page, by replay and by SQL, and none succeeds (L42)."""

from collections.abc import Callable
from datetime import timedelta
from itertools import cycle, islice
from typing import Any

import pytest
from django.db import DatabaseError, connection, models, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meetings.actions.approvals import approve_minutes, object_to_minutes
from meetings.actions.minutes import send_minutes
from meetings.models import (
    ActionItem,
    AgendaItem,
    Attendance,
    Decision,
    Meeting,
    Minutes,
    MinutesApproval,
    MinutesPart,
    NoteVersion,
)
from meetings.queries.minutes import frozen
from meetings.queries.standing import answer_seen
from meetings.states import ItemKind, MinutesState
from tests.meetings.cast import Room
from tests.meetings.minutes_stage import Held, make_held, sent_by_soc
from workspace.errors import Refusal
from workspace.rules import Hat
from workspace.swedish import say_date

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
Attempt = Callable[[], object]
Post = tuple[str, str, dict[str, Any]]  # who, where, what


@pytest.fixture
def held(room: Room) -> Held:
    found = make_held(room)
    Meeting.objects.filter(pk=found.meeting.pk).update(pen=found.soc)
    return found


def lock(held: Held) -> Minutes:
    minutes = sent_by_soc(held)
    approve_minutes(by=held.room.cast.soc, minutes=minutes)
    return minutes


def content() -> list[list[dict[str, Any]]]:
    """Everything that the minutes are made of, and everything they froze. Of an action, not whether it is done."""
    live: list[type[models.Model]] = [AgendaItem, Decision, NoteVersion]
    rows = [list(model._default_manager.order_by("pk").values()) for model in (*live, MinutesPart, Minutes)]
    rows.append(list(ActionItem.objects.order_by("pk").values("pk", "text", "agency", "responsible", "due_on")))
    rows.append(list(Attendance.objects.order_by("pk").values("pk", "seat", "member", "role", "present_how")))
    rows.append(list(Meeting.objects.order_by("pk").values("pk", "state", "minutes_state", "starts_at", "finished_at")))
    return rows


# ---------- by page ----------
def outcome_posts(held: Held) -> dict[str, Post]:
    """What changes the minutes while they are a draft."""
    pk, item, cast = held.meeting.pk, held.item.pk, held.room.cast
    gender = AgendaItem.objects.get(meeting=held.meeting, kind=ItemKind.GENDER_EQUALITY)
    seen = answer_seen(gender)
    decision, action = held.item.decisions.get().pk, held.item.actions.get().pk
    task = {"text": "Något nytt", "who": f"m{cast.psyk.pk}", "due_on": say_date(soon())}
    version = AgendaItem.objects.get(pk=item).note_version
    return {
        "add_decision": ("soc", reverse("add_decision", args=[pk, item]), {"text": "Ett nytt beslut"}),
        "remove_decision": ("psyk", reverse("remove_decision", args=[decision]), {}),
        "add_action": ("soc", reverse("add_action", args=[pk, item]), task),
        "change_action": ("psyk", reverse("change_action", args=[action]), task),
        "note_save": ("soc", reverse("note_save", args=[item]), {"text": "Ändrat", "base_version": version}),
        "item_gender": (
            "soc",
            reverse("item_gender", args=[gender.pk]),
            {"g-answer": "decision", "g-text": "Ändrat", "g-seen": seen, "answer": "decision", "text": "Ändrat"},
        ),
        "tick_present": ("soc", reverse("tick_present", args=[pk]), {"who": cast.fk.hat_key, "present": "1"}),
    }


def soon() -> Any:
    return timezone.localdate() + timedelta(days=60)


def other_posts(held: Held) -> dict[str, Post]:
    """What must not touch a held meeting's agenda, times or minutes either."""
    pk, item, cast = held.meeting.pk, held.item.pk, held.room.cast
    line = {"title": "Ändrad", "section": "matters", "purpose": "discussion", "minutes": "5"}
    people = {"adjusters": [held.soc.pk], "recipients": [held.soc.pk, held.psyk.pk], "reason": "Igen"}
    return {
        "add_item": ("soc", reverse("add_item", args=[pk]), line),
        "change_item": ("soc", reverse("change_item", args=[pk, item]), line),
        "move_item": ("soc", reverse("move_item", args=[pk, item]), {"vart": "upp"}),
        "place_item": ("soc", reverse("place_item", args=[pk]), {"item": item, "after": ""}),
        "remove_item": ("soc", reverse("remove_item", args=[pk, item]), {}),
        "invite_to_item": ("soc", reverse("invite_to_item", args=[pk, item]), {"membership": cast.psyk_2.pk}),
        "room_start": ("soc", reverse("room_start", args=[pk]), {}),
        "room_go": ("soc", reverse("room_go", args=[pk]), {"leaving": 0, "to": item}),
        "room_extend": ("soc", reverse("room_extend", args=[pk]), {"leaving": item}),
        "room_finish": ("soc", reverse("room_finish", args=[pk]), {}),
        "room_resume": ("soc", reverse("room_resume", args=[pk]), {}),
        "room_here": ("fk", reverse("room_here", args=[pk]), {}),
        "call_meeting": ("soc", reverse("call_meeting", args=[pk]), {}),
        "answer_call": ("fk", reverse("answer_call", args=[pk]), {"answer": "coming"}),
        "cancel_meeting": ("soc", reverse("cancel_meeting", args=[pk]), {"reason": "Ändrat"}),
        "minutes_send": ("soc", reverse("minutes_send", args=[pk]), people),
        "minutes_approve": ("soc", reverse("minutes_approve", args=[pk, 1]), {}),
        "minutes_object": ("soc", reverse("minutes_object", args=[pk, 1]), {"comment": "Ändra"}),
        "minutes_correct": ("fk", reverse("minutes_correct", args=[pk]), {"reason": "Ändra"}),
    }


def poster(held: Held, as_hat: AsHat) -> Callable[[Post], Any]:
    clients: dict[str, Client] = {}

    def post(given: Post) -> Any:
        name, path, data = given
        if name not in clients:
            clients[name] = as_hat(getattr(held.room.cast, name))
        return clients[name].post(path, data)

    return post


@pytest.mark.parametrize(
    "name",
    ["add_decision", "remove_decision", "add_action", "change_action", "note_save", "item_gender", "tick_present"],
)
def test_the_same_form_changes_a_draft_and_not_what_has_been_sent(held: Held, as_hat: AsHat, name: str) -> None:
    post = poster(held, as_hat)
    given = outcome_posts(held)[name]
    before = content()
    with transaction.atomic():
        post(given)
        assert content() != before, "the form does nothing even to a draft: this test would prove nothing"
        transaction.set_rollback(True)
    minutes = sent_by_soc(held)
    for act in (lambda: None, lambda: approve_minutes(by=held.room.cast.soc, minutes=minutes)):
        act()
        before = content()
        assert post(given).status_code in {302, 403, 404, 409, 422}
        assert content() == before


# ---------- by the database's own language ----------
def by_sql(minutes: Minutes) -> dict[str, Attempt]:
    """As the application's role, past all our code: `_raw_delete` sends the statement itself."""
    own, parts = Minutes.objects.filter(pk=minutes.pk), MinutesPart.objects.filter(minutes=minutes)
    answers = MinutesApproval.objects.filter(minutes=minutes)
    return {
        "another text": lambda: parts.update(content={}),
        "another order": lambda: parts.update(position=1),
        "a case for all": lambda: parts.update(is_case=False),
        "a part away": lambda: parts._raw_delete("default"),
        "another digest": lambda: own.update(digest="0" * 64),
        "others there": lambda: own.update(attendance=[]),
        "another place": lambda: own.update(head={}),
        "another version": lambda: own.update(version=7),
        "another day": lambda: own.update(sent_at=timezone.now()),
        "all of it away": lambda: own._raw_delete("default"),
        "another answer": lambda: answers.update(answer="objected"),
        "an answer away": lambda: answers._raw_delete("default"),
    }


@pytest.mark.embedded
def test_the_database_lets_nobody_change_what_is_frozen(held: Held) -> None:
    minutes = lock(held)
    for name, attempt in by_sql(minutes).items():
        assert not succeeds(attempt), name
    assert frozen(Minutes.objects.get(pk=minutes.pk)).digest == minutes.digest


@pytest.mark.postgres
def test_the_role_has_no_right_to_it(held: Held) -> None:
    for table in ("meetings_minutes", "meetings_minutespart", "meetings_minutesapproval"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT has_table_privilege(%s, 'UPDATE, DELETE, TRUNCATE')", [table])
            assert cursor.fetchone() == (False,), table


# ---------- again and again ----------
def succeeds(attempt: Attempt) -> bool:
    """True where it changed something; a refusal, by us or by the database, is none."""
    before = content()
    try:
        with transaction.atomic():
            attempt()
    except (Refusal, DatabaseError):
        pass
    return content() != before


def replays(held: Held, minutes: Minutes) -> dict[str, Attempt]:
    """The verbs themselves, called again with what they were called with."""
    cast = held.room.cast
    return {
        "send": lambda: send_minutes(by=cast.soc, meeting=held.meeting, adjusters={held.soc.pk}, reason="Igen"),
        "approve": lambda: approve_minutes(by=cast.soc, minutes=minutes),
        "object": lambda: object_to_minutes(by=cast.soc, minutes=minutes, comment="Ändra"),
    }


def attempts(held: Held, as_hat: AsHat) -> tuple[Minutes, list[Attempt]]:
    posts = outcome_posts(held) | other_posts(held)
    minutes, post = lock(held), poster(held, as_hat)
    pages: list[Attempt] = [lambda given=given: post(given) for given in posts.values()]  # type: ignore[misc]
    return minutes, [*pages, *by_sql(minutes).values(), *replays(held, minutes).values()]


def stands(held: Held, as_hat: AsHat, minutes: Minutes, text: str) -> None:
    assert Meeting.objects.get(pk=held.meeting.pk).minutes_state == MinutesState.APPROVED
    assert frozen(Minutes.objects.get(pk=minutes.pk)).digest == minutes.digest
    assert said(held, as_hat) == text


def said(held: Held, as_hat: AsHat) -> str:
    page = as_hat(held.room.cast.fk).get(reverse("minutes_text_fragment", args=[held.meeting.pk, 1]))
    return page.content.decode()


def test_every_kind_of_attempt_once(held: Held, as_hat: AsHat) -> None:
    minutes, everything = attempts(held, as_hat)
    text = said(held, as_hat)
    assert [number for number, attempt in enumerate(everything) if succeeds(attempt)] == []
    stands(held, as_hat, minutes, text)


@pytest.mark.long
def test_a_thousand_attempts_and_none_succeeds(held: Held, as_hat: AsHat) -> None:
    minutes, everything = attempts(held, as_hat)
    text = said(held, as_hat)
    assert sum(succeeds(attempt) for attempt in islice(cycle(everything), 1000)) == 0
    stands(held, as_hat, minutes, text)
