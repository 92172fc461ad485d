"""Signed means locked: one digest over content and signers, which a command counts again and any tampering breaks."""

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone

from meetings.actions.addenda import add_addendum
from meetings.actions.approvals import approve_minutes, object_to_minutes
from meetings.actions.minutes import correct_minutes
from meetings.actions.sealing import post_minutes
from meetings.models import (
    Meeting,
    MeetingEvent,
    Minutes,
    MinutesAddendum,
    MinutesApproval,
    MinutesPart,
    MinutesPosting,
    MinutesSeal,
)
from meetings.queries.minutes import frozen
from meetings.queries.sealing import in_groups, seal_digest
from meetings.states import MinutesState
from tests.cast import Cast
from tests.infrastructure import EMBEDDED
from tests.meetings.cast import Room, make_room
from tests.meetings.minutes_stage import Held, make_held, sent_by_soc
from tests.meetings.seal_stage import formal_held, locked, rows, verify
from tests.services import Postgres
from workspace.front.management.commands.prepare_database import connection_of
from workspace.rules import Hat

AsHat = Callable[[Hat], Client]
Tampering = Callable[[], object]
GUARDED = (Minutes, MinutesPart, MinutesApproval, MinutesSeal, MinutesAddendum, MinutesPosting, MeetingEvent, Meeting)


# ---------- the seal ----------
@pytest.mark.embedded
@pytest.mark.django_db
def test_the_last_signature_seals_content_and_signers_in_the_same_act(room: Room) -> None:
    held, cast = make_held(room), room.cast
    minutes = sent_by_soc(held, held.soc, held.psyk)
    approve_minutes(by=cast.psyk, minutes=minutes)
    assert not MinutesSeal.objects.exists()
    approve_minutes(by=cast.soc, minutes=minutes)
    seal = MinutesSeal.objects.get()
    assert [(line["hat"], line["name"], line["side"]) for line in seal.signers] == [
        (hat.hat_key, str(hat.user), hat.agency.name) for hat in (cast.psyk, cast.soc)
    ]
    assert (
        seal.digest == seal_digest(minutes, seal.signers, seal.sealed_at) and frozen(minutes).digest in minutes.digest
    )
    assert MeetingEvent.objects.get(verb="minutes_approved").text == seal.digest
    assert verify() == (0, "Protokollen stämmer. Kontrollerade: 1 version, 1 lås, 0 tillägg, 0 anslag.\n")


@pytest.mark.django_db
def test_the_digest_is_on_the_page_and_on_the_paper_short_and_whole(room: Room, as_hat: AsHat) -> None:
    held = make_held(room)
    locked(held)
    digest, client = MinutesSeal.objects.get().digest, as_hat(room.cast.fk)
    for path in ("", "1/utskrift/"):
        page = client.get(f"/moten/{held.meeting.pk}/protokoll/{path}").content.decode()
        assert "Kontrollsumma" in page and in_groups(digest[:12]) in page and in_groups(digest) in page


@pytest.mark.django_db
def test_a_signer_who_is_called_something_else_later_stands_as_they_signed(room: Room, as_hat: AsHat) -> None:
    held = make_held(room)
    locked(held)
    before = str(room.cast.psyk.user)
    room.cast.psyk.user.last_name = "Nyttnamn"
    room.cast.psyk.user.save()
    page = as_hat(room.cast.fk).get(f"/moten/{held.meeting.pk}/protokoll/1/bredvid/").content.decode()
    assert before in page and verify()[0] == 0


@pytest.mark.embedded
@pytest.mark.django_db
def test_an_empty_database_is_right() -> None:
    assert verify() == (0, "Protokollen stämmer. Kontrollerade: 0 versioner, 0 lås, 0 tillägg, 0 anslag.\n")


# ---------- tampering as the owner ----------
@contextmanager
def as_owner() -> Iterator[None]:
    """Everything inside is done by the role that owns the tables, with their triggers off, and rolled back."""
    tables = [model._meta.db_table for model in GUARDED]
    if EMBEDDED:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
            yield
            transaction.set_rollback(True)
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        transaction.set_rollback(True)


@pytest.fixture
def owner(committed_db: None, request: pytest.FixtureRequest) -> Iterator[Callable[[], None]]:
    """Call it, and what this thread does in the database from then on is done as the owner (PostgreSQL)."""
    app = connections["default"]

    def become() -> None:
        if EMBEDDED:
            return
        server: Postgres = request.getfixturevalue("postgres_server")
        found = connection_of(server.owner_url)
        settings = {**app.settings_dict, "USER": found["user"], "PASSWORD": found["password"], "OPTIONS": {}}
        app.close()
        connections["default"] = type(app)(settings, "default")

    yield become
    if connections["default"] is not app:
        connections["default"].close()
        connections["default"] = app


def make_all(cast: Cast) -> tuple[Held, Held]:
    """Formal minutes with two addenda and a notice; and a project's, objected to, corrected, sealed twice."""
    first = formal_held(make_room(cast))
    minutes = locked(first)
    for text in ("Bilagan saknades", "Ett datum till"):
        add_addendum(by=cast.soc, minutes=minutes, text=text)
    post_minutes(by=cast.soc, meeting=first.meeting, posted_on=timezone.localdate(), where="Anslagstavlan")
    group = first.room.group
    type(group).objects.filter(pk=group.pk).update(minutes_mode="project", name="Den första")
    second = make_held(make_room(cast))
    objected = sent_by_soc(second, second.psyk)
    object_to_minutes(by=cast.psyk, minutes=objected, comment="Fel namn")
    for reason in ("Rätt namn", "Rätt datum"):
        second.meeting.refresh_from_db()
        if second.meeting.minutes_state == MinutesState.APPROVED:
            correct_minutes(by=cast.soc, meeting=second.meeting, reason=reason)
            second.meeting.refresh_from_db()
        version = sent_by_soc(second, second.soc, second.psyk, reason=reason)
        for hat in (cast.soc, cast.psyk):
            approve_minutes(by=hat, minutes=version)
    return first, second


def changed(row: Any, **fields: Any) -> Tampering:
    return lambda: type(row)._default_manager.filter(pk=row.pk).update(**fields)


def gone(row: Any) -> Tampering:
    return lambda: type(row)._default_manager.filter(pk=row.pk)._raw_delete("default")


def added(row: Any, **fields: Any) -> Tampering:
    values = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if not f.primary_key}
    return lambda: type(row)._default_manager.create(**{**values, **fields})


def first_digest(held: Held) -> str:
    """The digest of a meeting's first version."""
    return Minutes.objects.get(meeting=held.meeting, version=1).digest


def of_sent(late: datetime, other: int, first: Held, second: Held) -> Iterator[tuple[str, Tampering]]:
    """What was sent: every version's own fields and its parts."""
    for row in Minutes.objects.all():
        head, there = {**row.head, "place": "Annan plats"}, [{**row.attendance[0], "people": ["Någon Annan"]}]
        for fields in (
            *({"head": head}, {"attendance": there}, {"digest": "0" * 64}, {"reason": "Annat"}, {"sent_at": late}),
            *({"version": 9}, {"member_id": other}, {"member_id": None}),
        ):
            yield f"minutes {row.pk} {[*fields]}", changed(row, **fields)
        yield f"minutes {row.pk} moved", changed(row, meeting=second.meeting, version=4)
    parts = MinutesPart.objects.filter(minutes__version=1)
    for part in [*parts.filter(minutes__meeting=first.meeting), *parts.filter(minutes__meeting=second.meeting)[:2]]:
        yield f"part {part.pk} text", changed(part, content={**part.content, "note": "Något annat"})
        yield f"part {part.pk} order", changed(part, position=part.position + 40)
        yield f"part {part.pk} for all", changed(part, is_case=not part.is_case)
        yield f"part {part.pk} away", gone(part)
        yield f"part {part.pk} twice", added(part)


def of_signed(late: datetime, other: int, second: Held) -> Iterator[tuple[str, Tampering]]:
    """What was signed: the answers and the seals."""
    for answer in MinutesApproval.objects.all():
        turned = "approved" if answer.answer == "objected" else "objected"
        yield f"answer {answer.pk} turned", changed(answer, answer=turned)
        yield f"answer {answer.pk} comment", changed(answer, comment="Annat")
        yield f"answer {answer.pk} when", changed(answer, at=late)
        yield f"answer {answer.pk} whose", changed(answer, member_id=other)
        yield f"answer {answer.pk} away", gone(answer)
        yield f"answer {answer.pk} more", added(answer, member_id=other)
    for seal in MinutesSeal.objects.all():
        yield f"seal {seal.pk} name", changed(seal, signers=[{**seal.signers[0], "name": "X"}, *seal.signers[1:]])
        yield f"seal {seal.pk} fewer", changed(seal, signers=seal.signers[1:])
        yield f"seal {seal.pk} odd", changed(seal, signers="X")
        yield f"seal {seal.pk} digest", changed(seal, digest="0" * 64)
        yield f"seal {seal.pk} when", changed(seal, sealed_at=late)
        yield f"seal {seal.pk} away", gone(seal)
    yield (
        "a seal moved",
        changed(MinutesSeal.objects.all()[0], minutes=Minutes.objects.get(reason="", digest=first_digest(second))),
    )


def of_added(late: datetime, other: int) -> Iterator[tuple[str, Tampering]]:
    """What was added and announced after the seal: the addenda and the notice."""
    for extra in MinutesAddendum.objects.all():
        for others in (
            {"text": "X"},
            {"author": "X"},
            {"number": 7},
            {"at": late},
            {"digest": "X"},
            {"member_id": other},
        ):
            yield f"addendum {extra.pk} {[*others]}", changed(extra, **others)
        yield f"addendum {extra.pk} away", gone(extra)
        yield f"addendum {extra.pk} more", added(extra, number=3)
    posting = MinutesPosting.objects.get()
    for said in ({"where": "X"}, {"at": late}, {"member_id": other}, {"posted_on": posting.posted_on - timedelta(1)}):
        yield f"posting {[*said]}", changed(posting, **said)
    yield "posting away", gone(posting)


def of_remembered(first: Held, second: Held) -> Iterator[tuple[str, Tampering]]:
    """What is remembered of it: the meetings' state and their history."""
    for held in (first, second):
        for state in ("draft", "sent"):
            yield f"state {held.meeting.pk} {state}", changed(held.meeting, minutes_state=state)
    for event in MeetingEvent.objects.filter(verb__in=["minutes_send", "minutes_approved", "minutes_addendum"]):
        yield f"event {event.pk} says", changed(event, text="annat")
        yield f"event {event.pk} away", gone(event)


def tamperings(cast: Cast, first: Held, second: Held) -> Iterator[tuple[str, Tampering]]:
    """A hundred and more ways to change what was sent, signed, added, announced or remembered of it."""
    late, other = timezone.now() + timedelta(microseconds=1), cast.fk.pk
    yield from of_sent(late, other, first, second)
    yield from of_signed(late, other, second)
    yield from of_added(late, other)
    yield from of_remembered(first, second)


@pytest.mark.embedded
def test_every_tampering_by_the_owner_is_found(committed_db: None, cast: Cast, owner: Callable[[], None]) -> None:
    first, second = make_all(cast)
    right = "Protokollen stämmer. Kontrollerade: 4 versioner, 3 lås, 2 tillägg, 1 anslag.\n"
    assert verify() == (0, right)
    owner()
    before, found, missed = rows(), 0, []
    for name, tamper in list(tamperings(cast, first, second)):
        with as_owner():
            tamper()
            code, says = verify()
            if code == 1 and "Protokollen stämmer inte" in says:
                found += 1
            else:
                missed.append(name)
    assert missed == [] and found >= 100
    assert rows() == before and verify() == (0, right)


@pytest.mark.embedded
def test_what_is_wrong_is_said_where(committed_db: None, cast: Cast, owner: Callable[[], None]) -> None:
    held = make_held(make_room(cast))
    locked(held)
    owner()
    with as_owner():
        MinutesPart.objects.filter(position=1).update(content={})
        code, says = verify()
        assert code == 1
        assert f"(nummer {held.meeting.pk}), version 1: innehållet stämmer inte med kontrollsumman." in says
        assert "Protokollen stämmer inte: ett fel." in says


# ---------- minutes from before there were seals ----------
@pytest.mark.embedded
def test_minutes_that_were_approved_before_get_their_seals(
    committed_db: None, cast: Cast, owner: Callable[[], None]
) -> None:
    make_all(cast)
    seals = {seal.minutes_id: seal.signers for seal in MinutesSeal.objects.all()}
    migration = importlib.import_module("meetings.migrations.0008_seal_approved")
    owner()
    with as_owner():
        for model in (MinutesSeal, MinutesAddendum, MinutesPosting):
            model._default_manager.all()._raw_delete("default")
        MeetingEvent.objects.filter(verb__in=["minutes_addendum", "minutes_post"])._raw_delete("default")
        MeetingEvent.objects.filter(verb="minutes_approved").update(text="")
        assert verify()[0] == 1
        migration.seal_approved(apps, None)
        assert {seal.minutes_id: seal.signers for seal in MinutesSeal.objects.all()} == seals
        assert verify() == (0, "Protokollen stämmer. Kontrollerade: 4 versioner, 3 lås, 0 tillägg, 0 anslag.\n")


@pytest.mark.embedded
@pytest.mark.django_db
def test_where_nothing_has_been_approved_there_is_nothing_to_seal(room: Room) -> None:
    migration = importlib.import_module("meetings.migrations.0008_seal_approved")
    migration.seal_approved(apps, None)
    sent_by_soc(make_held(room))
    migration.seal_approved(apps, None)
    assert not MinutesSeal.objects.exists() and verify()[0] == 0
