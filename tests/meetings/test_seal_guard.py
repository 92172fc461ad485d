"""More than a thousand tries to change sealed minutes as the application: by page, by ORM, by SQL. None succeeds (L42).

Each try is compared byte for byte: the rows that the seal stands on, what `verify_minutes` says, what a member reads.
What the role may do is what the product does: add an addendum with its digest and its line of history, open a project's
minutes to be corrected with the line that says so. Of SQLite, PRAGMA, DROP TRIGGER and writing to the file are left
out: there triggers stop mistakes, not somebody who holds the file (house.md, "What SQLite's triggers are worth").
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, models, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meetings.actions.addenda import add_addendum
from meetings.actions.approvals import approve_minutes
from meetings.actions.sealing import post_minutes
from meetings.models import (
    Meeting,
    MeetingEvent,
    Minutes,
    MinutesApproval,
    MinutesPart,
    MinutesSeal,
)
from tests.addresses import OF_HELD, OF_MINUTES
from tests.cast import Cast
from tests.infrastructure import EMBEDDED
from tests.meetings.cast import Room, make_room
from tests.meetings.minutes_stage import Held, make_held, sent_by_soc
from tests.meetings.seal_attacks import TABLES, replaces, statements_of_both, statements_of_postgresql, upserts
from tests.meetings.seal_stage import KEPT, formal_held, locked, read, rows, verify
from tests.referrals.races import at_once
from tests.services import Postgres
from workspace.errors import Refusal
from workspace.front.management.commands.prepare_database import connection_of
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
VERBS = ("get", "post", "put", "patch", "delete")
ROLES = (
    *("soc", "soc_2", "soc_manager", "psyk", "psyk_2", "psyk_manager", "fk", "outsider"),
    *("coordinator", "chair"),
)


@dataclass
class Sealed:
    """Formal minutes, sealed, with an addendum and a notice, and what was read of them then."""

    held: Held
    minutes: Minutes
    reader: Client
    text: str

    @property
    def meeting(self) -> Meeting:
        return self.held.meeting

    def state(self) -> tuple[Any, ...]:
        now = Meeting.objects.filter(pk=self.meeting.pk).values_list("minutes_state", flat=True).get()
        said = MeetingEvent.objects.filter(meeting=self.meeting, verb__startswith="minutes").order_by("pk").values()
        return rows(), now, list(said)

    def stands(self) -> None:
        assert verify() == (0, "Protokollen stämmer. Kontrollerade: 1 version, 1 lås, 1 tillägg, 1 anslag.\n")
        assert read(self.held, self.reader) == self.text


@pytest.fixture
def sealed(room: Room, as_hat: AsHat) -> Sealed:
    held = formal_held(room)
    minutes = locked(held)
    add_addendum(by=room.cast.soc, minutes=minutes, text="Bilagan saknades")
    post_minutes(by=room.cast.soc, meeting=held.meeting, posted_on=timezone.localdate(), where="Anslagstavlan")
    reader = as_hat(room.cast.fk)
    return Sealed(held, minutes, reader, read(held, reader))


def survives(sealed: Sealed, before: tuple[Any, ...], attempt: Callable[[], object]) -> bool:
    """True where the attempt changed nothing, also not at the commit that it may think it gets to."""
    with suppress(Refusal, DatabaseError, ValueError, TypeError, psycopg.Error), transaction.atomic():
        attempt()
        connection.check_constraints()  # at once, on both databases
    return sealed.state() == before


# ---------- by page: every address, verb and role, with fields that no form has ----------
ODD = {
    "content": '{"note": "X"}',
    "head": "{}",
    "attendance": "[]",
    "digest": "0" * 64,
    "version": "7",
    "minutes_state": "draft",
    "state": "draft",
    "pk": "1",
    "id": "1",
    "signers": "[]",
    "sealed_at": "2020-01-01",
    "_method": "DELETE",
    "answer": "objected",
    "reason": "Ändrat",
    "comment": "Ändrat",
    "recipients": "x",
    "adjusters": "x",
    "leaves": "1",
    "comes": "1",
    "posted_on": "2020-01-01",
    "where": "Annan tavla",
}


@pytest.mark.parametrize("name", ROLES)
def test_no_page_changes_sealed_minutes(sealed: Sealed, as_hat: AsHat, name: str) -> None:
    client, before, once = as_hat(getattr(sealed.held.room.cast, name)), sealed.state(), count()
    for address in sorted(OF_HELD | OF_MINUTES):
        keys = [sealed.meeting.pk, 1] if address in OF_MINUTES else [sealed.meeting.pk]
        for verb in VERBS:
            data = {**ODD, "once": f"k{next(once)}"}
            if verb in {"get", "post"}:
                got = getattr(client, verb)(reverse(address, args=keys), data)
            else:
                got = getattr(client, verb)(reverse(address, args=keys), data, content_type="application/json")
            assert got.status_code < 500, (address, verb)
            assert sealed.state() == before, (address, verb)
    sealed.stands()


# ---------- by ORM: every field of every row, by every method that writes ----------
def another(field: models.Field[Any, Any], value: Any) -> Any:
    """Another value that the field would take."""
    if isinstance(field, models.JSONField):
        return {"other": 1}
    if isinstance(field, models.DateTimeField):
        return timezone.now()
    if isinstance(field, models.DateField):
        return timezone.localdate().replace(year=2020)
    if isinstance(field, models.BooleanField):
        return not value
    if isinstance(field, models.ForeignKey):
        return None if field.null else (value or 0) + 1
    return (value or 0) + 5 if isinstance(value, int) else "annat"[: getattr(field, "max_length", None) or 5]


def by_orm(row: models.Model) -> Iterator[Callable[[], object]]:
    model = type(row)
    own = model._default_manager.filter(pk=row.pk)
    fresh = partial(model._default_manager.get, pk=row.pk)
    for field in model._meta.concrete_fields:
        if field.primary_key:
            continue
        name, value = field.attname, another(field, getattr(row, field.attname))

        def touched(name: str = name, value: Any = value) -> models.Model:
            found = fresh()
            setattr(found, name, value)
            return found

        yield partial(own.update, **{name: value})
        yield lambda touched=touched: touched().save()  # type: ignore[misc]
        yield lambda touched=touched, name=name: touched().save(update_fields=[name])  # type: ignore[misc]
        yield lambda touched=touched, name=name: model._default_manager.bulk_update([touched()], [name])  # type: ignore[misc]
        yield lambda touched=touched, name=name: model._default_manager.bulk_create(  # type: ignore[misc]
            [touched()], update_conflicts=True, unique_fields=["id"], update_fields=[name]
        )
        yield lambda name=name, value=value: model._default_manager.update_or_create(  # type: ignore[misc]
            pk=row.pk, defaults={name: value}
        )
    yield lambda: fresh().delete()
    yield own.delete
    yield lambda: own._raw_delete("default")
    copy = fresh()
    copy.pk = None
    copy._state.adding = True
    yield copy.save
    yield lambda: model._default_manager.bulk_create([copy], ignore_conflicts=True)


@pytest.mark.embedded
@pytest.mark.parametrize("model", KEPT, ids=lambda model: model.__name__)
def test_no_method_of_the_orm_changes_sealed_minutes(sealed: Sealed, model: type[models.Model]) -> None:
    before, changed = sealed.state(), 0
    for row in model._default_manager.order_by("pk")[:2]:
        for attempt in by_orm(row):
            changed += not survives(sealed, before, attempt)
    assert changed == 0
    sealed.stands()


# ---------- by SQL ----------
def all_refused(sealed: Sealed, statements: Iterator[str]) -> int:
    before, changed, number = sealed.state(), [], 0
    for statement in statements:

        def run(statement: str = statement) -> None:
            with connection.cursor() as cursor:
                cursor.execute(statement, None)

        number += 1
        if not survives(sealed, before, run):
            changed.append(statement)
    assert changed == []
    sealed.stands()
    return number


@pytest.mark.embedded
def test_no_statement_that_both_databases_know_changes_sealed_minutes(sealed: Sealed) -> None:
    assert all_refused(sealed, statements_of_both()) >= 130


@pytest.mark.postgres
def test_no_statement_of_postgresql_changes_sealed_minutes(sealed: Sealed, postgres_server: Postgres) -> None:
    found = connection_of(postgres_server.owner_url)
    assert all_refused(sealed, statements_of_postgresql(found["user"], found["dbname"])) >= 500


@pytest.mark.embedded
def test_no_replace_of_sqlite_changes_sealed_minutes(sealed: Sealed) -> None:
    if EMBEDDED:
        assert all_refused(sealed, replaces()) >= 400
        assert all_refused(sealed, upserts()) >= 60


@pytest.mark.postgres
def test_the_tries_are_more_than_a_thousand(postgres_server: Postgres) -> None:
    database = connection_of(postgres_server.owner_url)["dbname"]
    pages = len(OF_HELD | OF_MINUTES) * len(VERBS) * len(ROLES)
    sql = len([*statements_of_both()]) + len([*statements_of_postgresql("x", database)])
    assert pages >= 700 and sql >= 600


@pytest.mark.postgres
def test_the_role_may_make_no_temporary_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_database_privilege(current_database(), 'TEMPORARY')")
        assert cursor.fetchone() == (False,)


# ---------- what is added past our code, before a seal ----------
@pytest.mark.embedded
def test_a_version_that_has_been_sent_takes_no_part_more(room: Room) -> None:
    minutes = sent_by_soc(make_held(room))
    part = MinutesPart.objects.filter(minutes=minutes)[0]
    with pytest.raises(DatabaseError), transaction.atomic():
        MinutesPart.objects.create(minutes=minutes, item=part.item, position=99, content={})


@pytest.mark.embedded
def test_on_sqlite_each_of_these_tables_has_its_triggers() -> None:
    if not EMBEDDED:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        found = {name for (name,) in cursor.fetchall()}
    for table in (*TABLES, "meetings_decisionreport", "meetings_meetingevent"):
        assert {f"{table}_no_UPDATE", f"{table}_no_DELETE", f"{table}_no_replace"} <= found, table
    assert {f"{table}_minutes_guard" for table in (*TABLES, "meetings_meetingevent", "meetings_meeting")} <= found


# ---------- across a seal ----------
LATE_ANSWER = (
    "INSERT INTO meetings_minutesapproval (minutes_id, answer, comment, at) VALUES (%s, 'objected', '', now())"
)


def add_answer(minutes: Minutes) -> None:
    with suppress(DatabaseError), transaction.atomic():
        MinutesApproval.objects.create(minutes=minutes, answer="objected", comment="Nej")


@pytest.mark.postgres
def test_nothing_slips_in_while_the_seal_is_set(committed_db: None, cast: Cast) -> None:
    held = make_held(make_room(cast))
    minutes = sent_by_soc(held, held.psyk)

    def sign() -> None:
        with suppress(Refusal):
            approve_minutes(by=cast.psyk, minutes=minutes)

    at_once(sign, *[partial(add_answer, minutes)] * 3, head_start=[0, 0.01, 0.02, 0.03])
    assert verify()[0] == 0
    answered = list(MinutesApproval.objects.filter(minutes=minutes).values_list("answer", flat=True))
    assert not MinutesSeal.objects.exists() or answered == ["approved"], (
        "what came before stops it, nothing comes after"
    )


@pytest.mark.postgres
def test_a_snapshot_from_before_the_seal_adds_nothing_after_it(
    committed_db: None, cast: Cast, postgres_server: Postgres
) -> None:
    held = make_held(make_room(cast))
    minutes = sent_by_soc(held, held.psyk)
    for level in ("REPEATABLE READ", "SERIALIZABLE"):
        with psycopg.connect(postgres_server.app_url) as other:
            other.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
            other.execute("SELECT count(*) FROM meetings_minutesseal")
            if level == "REPEATABLE READ":
                approve_minutes(by=cast.psyk, minutes=minutes)
            with pytest.raises(psycopg.errors.RestrictViolation):
                other.execute(LATE_ANSWER, [minutes.pk])
            other.rollback()
    assert verify()[0] == 0
