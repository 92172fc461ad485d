"""The tables are what the models say, and the database itself guards what must never change (house.md 4.8)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Model, QuerySet
from django.utils import timezone
from psycopg.errors import InsufficientPrivilege

from meetings.models import (
    Agreement,
    AgreementAnswer,
    AgreementVersion,
    Conversation,
    ConversationEvent,
    ConversationPlan,
    Invitation,
    InvitationAnswer,
    Party,
    PlanEvent,
    TimeAnswer,
    TimeOption,
)
from meetings.states import AgreementVerdict, Answer, How, PartyKind
from referrals.models import Referral, ReferralEvent, ReferralKind, ReferralLeg
from referrals.states import Side, Verb
from workspace.models import (
    Agency,
    AuditEntry,
    Category,
    Disclosure,
    Function,
    Ground,
    Membership,
    Municipality,
    Organisation,
    Participant,
    UserAccount,
)
from workspace.states import AgencyKind, AuditAct, EndReason, Gender

APPEND_ONLY = (
    "workspace_auditentry",
    "referrals_referralevent",
    "meetings_meetingevent",
    "meetings_minutes",
    "meetings_minutespart",
    "meetings_minutesapproval",
    "meetings_minutesseal",
    "meetings_minutesaddendum",
    "meetings_minutesposting",
    "meetings_decisionreport",
    "meetings_tabletext",
    "meetings_conversationevent",
    "meetings_planevent",
    "meetings_timeanswer",
    "meetings_invitationanswer",
    "meetings_agreementversion",
    "meetings_agreementanswer",
    "pathway_phasedecision",
    "pathway_discharge",
    "pathway_areatext",
    "pathway_planversion",
    "pathway_plananswer",
    "pathway_planevent",
    "pathway_surveyanswer",
    "figures_snapshot",
    "figures_whatwechange",
)
LATER = timezone.now() + timedelta(days=400)
DISCLOSURE = "workspace_disclosure"
MAY_END = {"ended_at", "ended_why"}
# Reference data that migrations bring.
FILLED = ("workspace_municipality", "workspace_category", "workspace_ground", "referrals_referralkind")


def one(query: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchone()[0]


# ---------- tables ----------
@pytest.mark.embedded
@pytest.mark.django_db
def test_the_migrations_say_what_the_models_say() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.embedded
@pytest.mark.django_db
def test_no_migration_is_left_to_apply() -> None:
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    assert executor.loader.detect_conflicts() == {}


@pytest.mark.embedded
@pytest.mark.django_db
def test_every_table_of_a_model_exists_and_so_does_the_cache() -> None:
    wanted = {model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed}
    assert wanted | {"workspace_cache", "django_migrations"} <= set(connection.introspection.table_names())


@pytest.mark.embedded
@pytest.mark.django_db
def test_the_reference_data_is_there() -> None:
    for table in FILLED:
        assert one(f"SELECT count(*) FROM {table}"), table
    assert one("SELECT count(*) FROM notifications_epoch") == 1


# ---------- what is never changed, on both databases ----------
@dataclass
class Kept:
    """One row of each kind that the database guards."""

    audit: AuditEntry
    event: ReferralEvent
    disclosure: Disclosure
    talk: dict[str, Model]  # by table, what conversations and agreements only add to

    def values(self) -> list[dict[str, Any]]:
        """The rows as they lie in the database now."""
        rows: tuple[Model, ...] = (self.audit, self.event, self.disclosure, *self.talk.values())
        return [dict(type(row)._default_manager.filter(pk=row.pk).values().get()) for row in rows]


@pytest.fixture
def kept(db: None) -> Kept:
    town = Municipality.objects.get(name="Piteå")
    organisation = Organisation.objects.create(name="Vakten")
    desks = []
    for code, kind in (("vakten-a", AgencyKind.SOCIAL_SERVICES), ("vakten-b", AgencyKind.REGION_PSYCHIATRY)):
        agency = Agency.objects.create(
            organisation=organisation, code=code, name=code, short_name=code, kind=kind, municipality=town
        )
        desks.append(Function.objects.create(agency=agency))
    person = Participant.objects.create(
        function=desks[0],
        first_name="Åsa",
        last_name="Öberg",
        gender=Gender.WOMAN,
        birth_year=1980,
        municipality=town,
        sort_key="",
        search_key="",
    )
    referral = Referral.objects.create(
        participant=person,
        kind=ReferralKind.objects.all()[0],
        sender=desks[0],
        receiver=desks[1],
        turn=desks[0],
        told_turn=desks[0],
    )
    leg = ReferralLeg.objects.create(referral=referral, receiver=desks[1])
    return Kept(
        audit=AuditEntry.objects.create(act=AuditAct.READ, what="participant", participant_id=person.pk),
        event=ReferralEvent.objects.create(
            referral=referral, leg=leg, verb=Verb.CREATE, side=Side.SENDER, state=referral.state
        ),
        disclosure=Disclosure.objects.create(
            participant=person,
            discloser=desks[0].agency,
            recipient=desks[1].agency,
            category=Category.objects.get(pk="identity"),
            purpose="prov",
            ground=Ground.objects.get(pk="harm_test"),
            ends_at=timezone.now() + timedelta(days=1),
        ),
        talk=talk_rows(person, desks[0]),
    )


def talk_rows(person: Participant, desk: Function) -> dict[str, Model]:
    """A row in each of the conversations' tables that are only added to."""
    user = UserAccount.objects.create(username="vakten")
    member = Membership.objects.create(user=user, agency=desk.agency)
    now, today = timezone.now(), timezone.localdate()
    plan = ConversationPlan.objects.create(participant=person, months=3, due_on=today, member=member)
    conversation = Conversation.objects.create(
        participant=person, agency=desk.agency, convener=member, desks=str(desk.pk), about="prov"
    )
    party = Party.objects.create(conversation=conversation, kind=PartyKind.PARTICIPANT)
    call = Invitation.objects.create(
        conversation=conversation, party=party, round=1, starts_at=now, ends_at=LATER, how=How.PLACE, sent_by=member
    )
    agreement = Agreement.objects.create(conversation=conversation)
    version = AgreementVersion.objects.create(agreement=agreement, number=1, sent_by=member, content={}, digest="x")
    option = TimeOption.objects.create(conversation=conversation, starts_at=now, ends_at=LATER)
    rows: list[Model] = [
        TimeAnswer.objects.create(option=option, party=party, works=True, member=member),
        ConversationEvent.objects.create(conversation=conversation, verb="plan", member=member),
        PlanEvent.objects.create(plan=plan, verb="make", due_on=today, member=member),
        InvitationAnswer.objects.create(invitation=call, answer=Answer.COMING, member=member),
        version,
        AgreementAnswer.objects.create(version=version, party=party, verdict=AgreementVerdict.CONFIRMED),
    ]
    return {row._meta.db_table: row for row in rows}


def audit(kept: Kept) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(pk=kept.audit.pk)


def event(kept: Kept) -> QuerySet[ReferralEvent]:
    return ReferralEvent.objects.filter(pk=kept.event.pk)


def disclosure(kept: Kept) -> QuerySet[Disclosure]:
    return Disclosure.objects.filter(pk=kept.disclosure.pk)


# What of each row somebody might want to be otherwise.
TALK_COLUMNS: dict[str, dict[str, Any]] = {
    "meetings_conversationevent": {"verb": "annat"},
    "meetings_planevent": {"reason": "annat"},
    "meetings_timeanswer": {"works": False},
    "meetings_invitationanswer": {"answer": Answer.NOT_COMING},
    "meetings_agreementversion": {"content": {"head": {}}},
    "meetings_agreementanswer": {"verdict": AgreementVerdict.DIFFERS},
}


def talk(kept: Kept, table: str) -> QuerySet[Any]:
    return type(kept.talk[table])._default_manager.filter(pk=kept.talk[table].pk)


# `_raw_delete` sends the statement itself: nothing of Django's stands between it and the database.
CHANGES: dict[str, Callable[[Kept], Any]] = {
    "changing an audit row": lambda kept: audit(kept).update(participant_id=None),
    "deleting an audit row": lambda kept: audit(kept)._raw_delete("default"),
    "changing a line of history": lambda kept: event(kept).update(code="annat"),
    "deleting a line of history": lambda kept: event(kept)._raw_delete("default"),
    "deleting a disclosure": lambda kept: disclosure(kept)._raw_delete("default"),
    "giving a disclosure another purpose": lambda kept: disclosure(kept).update(purpose="annat"),
    "giving a disclosure another reason": lambda kept: disclosure(kept).update(reason="annat"),
    "giving a disclosure another category": lambda kept: disclosure(kept).update(category="health"),
    "giving a disclosure another ground": lambda kept: disclosure(kept).update(ground="statutory_duty"),
    "turning a disclosure round": lambda kept: disclosure(kept).update(recipient=kept.disclosure.discloser),
    "moving when a disclosure was made": lambda kept: disclosure(kept).update(made_at=LATER),
    "prolonging a disclosure": lambda kept: disclosure(kept).update(ends_at=LATER),
    "prolonging a disclosure while ending it": lambda kept: disclosure(kept).update(
        ends_at=LATER, ended_at=LATER, ended_why=EndReason.WITHDRAWN
    ),
    **{f"changing a row of {t}": lambda kept, t=t: talk(kept, t).update(**TALK_COLUMNS[t]) for t in TALK_COLUMNS},
    **{f"deleting a row of {t}": lambda kept, t=t: talk(kept, t)._raw_delete("default") for t in TALK_COLUMNS},
}


@pytest.mark.embedded
@pytest.mark.parametrize("what", CHANGES)
def test_the_database_refuses(what: str, kept: Kept) -> None:
    before = kept.values()
    with pytest.raises(DatabaseError), transaction.atomic():
        CHANGES[what](kept)
    assert kept.values() == before


@pytest.mark.embedded
def test_the_database_lets_a_disclosure_end(kept: Kept) -> None:
    assert disclosure(kept).update(ended_at=timezone.now(), ended_why=EndReason.WITHDRAWN) == 1


# ---------- the application's role ----------
@pytest.mark.postgres
@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE of_our_own (pk integer)",
        "ALTER TABLE workspace_participant ADD COLUMN of_our_own integer",
        "DROP TABLE workspace_auditentry",
        "TRUNCATE workspace_auditentry",
        "TRUNCATE workspace_participant CASCADE",
        "CREATE INDEX of_our_own ON workspace_participant (pk)",
        "CREATE SCHEMA of_our_own",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('workspace', 'x', now())",
    ],
)
def test_the_application_may_not_change_tables(statement: str) -> None:
    with pytest.raises(ProgrammingError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert isinstance(refused.value.__cause__, InsufficientPrivilege)


@pytest.mark.postgres
@pytest.mark.django_db
def test_the_application_owns_nothing_and_is_nobody_special() -> None:
    assert one("SELECT count(*) FROM pg_tables WHERE tableowner = current_user") == 0
    assert one("SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = current_user") is False
    assert one("SELECT has_schema_privilege('public', 'CREATE')") is False
    assert one("SELECT has_table_privilege('workspace_auditentry', 'SELECT WITH GRANT OPTION')") is False


@pytest.mark.postgres
@pytest.mark.django_db
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_application_may_only_add_to_audit_and_history(table: str) -> None:
    for privilege in ("SELECT", "INSERT"):
        assert one("SELECT has_table_privilege(%s, %s)", table, privilege) is True
    for privilege in ("UPDATE", "DELETE", "TRUNCATE"):
        assert one("SELECT has_table_privilege(%s, %s)", table, privilege) is False
    assert one("SELECT has_any_column_privilege(%s, 'UPDATE')", table) is False


@pytest.mark.postgres
@pytest.mark.django_db
def test_the_application_may_only_end_a_disclosure() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.column_privileges"
            " WHERE grantee = current_user AND table_name = %s AND privilege_type = 'UPDATE'",
            [DISCLOSURE],
        )
        assert {name for (name,) in cursor.fetchall()} == MAY_END
    assert one("SELECT has_table_privilege(%s, 'DELETE')", DISCLOSURE) is False


@pytest.mark.postgres
def test_what_is_refused_is_refused_for_lack_of_a_right(kept: Kept) -> None:
    with pytest.raises(ProgrammingError) as refused, transaction.atomic():
        AuditEntry.objects.filter(pk=kept.audit.pk).update(participant_id=None)
    assert isinstance(refused.value.__cause__, InsufficientPrivilege)
