"""`manage.py prepare_database`: migrate as the owner, then give the application's role its rights."""

import os
import subprocess
import sys
from io import StringIO
from typing import Any

import environ
import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from huey.storage import PostgresStorage
from psycopg import sql

# Only ever added to (house.md 4.8).
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
    "steering_adoption",
    "steering_readconfirmation",
)
# May be added to, and ended.
ENDABLE = {"workspace_disclosure": ("ended_at", "ended_why"), "pathway_enrolmentrecord": ("superseded_at",)}


class Command(BaseCommand):
    help = (
        "Gör databasen i ordning: tabeller, jobbkö och uppgifter som produkten behöver. På PostgreSQL görs det som "
        "DATABASE_OWNER_URL, och rollen i DATABASE_URL får sina rättigheter. Går att köra om."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        owner_url = settings.DATABASE_OWNER_URL
        # The queue first: the demo takes a database without migrations to apply for one that is ready.
        if not owner_url:
            call_command("create_huey_tables", stdout=StringIO())
            call_command("migrate", interactive=False, verbosity=options["verbosity"])
            return
        PostgresStorage(**connection_of(owner_url))  # makes its tables
        # A process of its own, since settings name one database only: the owner's rights end with it.
        env = {**os.environ, "DATABASE_URL": owner_url, "DATABASE_OWNER_URL": ""}
        command = [sys.executable, sys.argv[0], "migrate", "--noinput", "-v", str(options["verbosity"])]
        subprocess.run(command, env=env, check=True)
        grant(owner_url, settings.DATABASES["default"]["USER"])


def connection_of(url: str) -> dict[str, Any]:
    """A database address as psycopg takes it."""
    config = environ.Env.db_url_config(url)
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    return {name: config[key] or None for name, key in names.items()}


def grant(owner_url: str, role: str) -> None:
    """Give the application's role what it needs and no more: no DDL, and records that only grow."""
    name = sql.Identifier(role)
    with psycopg.connect(**connection_of(owner_url)) as connection:
        run = connection.execute
        # A temporary table would be read in a real one's place, wherever a name is written without its schema.
        database = sql.Identifier(connection.info.dbname)
        run(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC, {}").format(database, name))
        run(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))
        run(sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(name))
        run(sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(name))
        for table in APPEND_ONLY:
            run(sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}").format(sql.Identifier(table), name))
        for table, columns in ENDABLE.items():
            run(sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}").format(sql.Identifier(table), name))
            fields = sql.SQL(", ").join(map(sql.Identifier, columns))
            run(sql.SQL("GRANT UPDATE ({}) ON {} TO {}").format(fields, sql.Identifier(table), name))
        run(sql.SQL("REVOKE ALL ON django_migrations FROM {}").format(name))
        run(sql.SQL("GRANT SELECT ON django_migrations TO {}").format(name))
