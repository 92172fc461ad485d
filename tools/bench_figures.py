"""`make bench`: what the figures cost over 10,000 enrolments and 100,000 acts (docs/bench.md).

Fills a throwaway PostgreSQL by SQL and measures in turns: the page, a month being frozen, and the floor of the same
run: the same aggregates in plain SQL, and the page's template from a context that is ready. Fails when the page costs
more than `BAR` times the floor. Runs about a minute.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg

from tests.processes import new_folder, reaper
from tests.services import Postgres

ROOT = Path(__file__).resolve().parent.parent
BAR = 1.5
ENROLMENTS, ACTS = 10_000, 100_000
WARM, ROUNDS = 3, 30

PARTIES = """
INSERT INTO workspace_organisation (id, name, organisation_number) SELECT n, 'Huvudman ' || n, ''
FROM generate_series(1, 9) n;
INSERT INTO workspace_agency (id, organisation_id, code, name, short_name, kind, municipality_id, left_on, by_letter)
SELECT n, n, 'bench-' || n, 'Myndighet ' || n, 'Myndighet ' || n, 'labour_market_unit',
  (SELECT id FROM workspace_municipality WHERE name = CASE WHEN n > 6 THEN 'Arvidsjaur' ELSE 'Piteå' END), NULL, false
FROM generate_series(1, 9) n;
INSERT INTO workspace_cooperation (id, name, state) VALUES (1, 'Samverkan Piteå', 'running');
INSERT INTO workspace_cooperationagency (cooperation_id, agency_id, from_on)
SELECT 1, n, '2010-01-01' FROM generate_series(1, 9) n;
INSERT INTO workspace_useraccount (id, password, is_superuser, username, first_name, last_name, email, is_staff,
  is_active, date_joined, phone, is_demo)
VALUES (1, '!', false, 'bench', 'Petra', 'Sjöblom', '', false, true, now(), '', false);
INSERT INTO workspace_cooperationrole (id, cooperation_id, user_id, role, from_on)
VALUES (1, 1, 1, 'coordinator', '2010-01-01');
INSERT INTO workspace_membership (id, user_id, agency_id, role, from_on) VALUES (1, 1, 1, 'caseworker', '2010-01-01');
INSERT INTO figures_figuresagreement (cooperation_id, agency_id, made_at) SELECT 1, n, '2010-01-01'
FROM generate_series(1, 9) n;
"""
# Two of three discharged; each with a record that was superseded. Acts: seven activities, two records, a discharge.
WAYS = """
INSERT INTO pathway_enrolment (id, agency_id, cooperation_id, enrolled_on, ended_on, state, income_before, made_at)
SELECT n, n % 9 + 1, 1, begun, CASE WHEN n % 3 > 0 THEN begun + 200 END,
  CASE WHEN n % 3 > 0 THEN 'discharged' ELSE 'ongoing' END, 'not_stated', begun
FROM generate_series(1, {enrolments}) n, LATERAL (SELECT date '2020-01-01' + n % 2000 AS begun) d;
INSERT INTO pathway_enrolmentrecord (enrolment_id, agency_id, cooperation_id, municipality_id, gender, birth_year,
  enrolled_on, ended_on, plan_on, plan_made, plan_completed, completed_time, path_identified, increased, picture,
  outcome, income_before, income_after, recorded_at, superseded_at)
SELECT e.id, e.agency_id, 1, (SELECT id FROM workspace_municipality WHERE name = CASE WHEN e.agency_id > 6 THEN
  'Arvidsjaur' ELSE 'Piteå' END), (ARRAY['woman', 'man'])[e.id % 2 + 1], 1960 + e.id % 40, e.enrolled_on,
  CASE WHEN k = 1 THEN e.ended_on END, e.enrolled_on + 40, e.id % 20 > 0, e.id % 2 = 0, e.id % 4 > 0, e.id % 10 > 0,
  (ARRAY['yes', 'yes', 'no', ''])[e.id / 7 % 4 + 1], (ARRAY['yes', 'yes', 'yes', 'no', ''])[e.id / 5 % 5 + 1],
  CASE WHEN k = 1 AND e.ended_on IS NOT NULL THEN (ARRAY['work', 'studies', 'care', 'moved', 'disability_act',
  'sickness_compensation', 'back_to_employment_service'])[e.id / 3 % 7 + 1] ELSE '' END, 'not_stated', '',
  e.made_at + k * interval '1 day', CASE WHEN k = 0 THEN e.made_at + interval '1 day' END
FROM pathway_enrolment e, generate_series(0, 1) k;
INSERT INTO pathway_discharge (enrolment_id, number, correction_reason, ended_on, reason, outcome, next_kind,
  next_other, income_after, plan_made, plan_completed, completed_time, path_identified, increased, picture, made_at)
SELECT id, 1, '', ended_on, '', 'work', '', '', 'not_stated', true, true, true, true, 'yes', 'yes', ended_on
FROM pathway_enrolment WHERE ended_on IS NOT NULL;
INSERT INTO pathway_activity (id, enrolment_id, kind_id, "where", from_on, to_on, hours, no_displacement, made_at,
  made_by_id)
SELECT (e.id - 1) * 7 + k, e.id, kinds[(e.id + k) % array_length(kinds, 1) + 1], '', e.enrolled_on + k * 20,
  e.enrolled_on + k * 20 + 15, 10, false, e.made_at, 1
FROM (SELECT array_agg(code::text ORDER BY code) AS kinds FROM pathway_activitykind) a, pathway_enrolment e,
  generate_series(1, 7) k;
"""
# What the page tells, asked as somebody would who knows the tables: one question for each of the engine's.
KNOWN = """FROM pathway_enrolmentrecord r JOIN workspace_municipality m ON m.id = r.municipality_id
WHERE r.cooperation_id = 1 AND r.recorded_at <= %(cutoff)s AND (r.superseded_at IS NULL OR r.superseded_at > %(cutoff)s)
AND r.enrolled_on <= %(last)s AND r.agency_id IN (SELECT agency_id FROM figures_figuresagreement)"""
ENDED = "r.ended_on <= %(last)s"
GOALS = [
    ("plan_completed", "outcome IN ('work', 'studies')"),
    ("true", "increased = 'yes'"),
    ("true", "increased = 'no'"),
    ("true", "increased = ''"),
    ("completed_time", "picture = 'yes'"),
    ("completed_time", "picture = 'no'"),
    ("completed_time", "picture = ''"),
    ("plan_completed", "outcome NOT IN ('work', 'studies')"),
    ("true", "plan_made"),
    ("true", "NOT plan_made"),
    ("true", "path_identified"),
    ("true", "NOT path_identified"),
    *(("true", f"outcome = '{code}'") for code in ("work", "studies", "care", "moved", "disability_act", "")),
]
COUNTS = ", ".join(f"count(*) FILTER (WHERE {ENDED} AND {of} AND {did})" for of, did in GOALS)
WAITED = "least(r.ended_on, %(last)s) - r.enrolled_on"
PLAIN = (
    f"SELECT m.name, r.gender, count(*), count(*) FILTER (WHERE {ENDED}), {COUNTS} {KNOWN} GROUP BY 1, 2",
    "SELECT a.kind_id, q.name, q.gender, count(DISTINCT q.enrolment_id) FROM pathway_activity a"
    f" JOIN (SELECT r.enrolment_id, r.gender, m.name {KNOWN}) q ON q.enrolment_id = a.enrolment_id"
    " WHERE a.cancelled_at IS NULL AND a.from_on <= %(last)s AND a.made_at <= %(cutoff)s GROUP BY 1, 2, 3",
    f"SELECT r.gender, r.plan_on - r.enrolled_on, count(*) {KNOWN} GROUP BY 1, 2",
    f"SELECT r.gender, {WAITED}, r.ended_on IS NULL, count(*) {KNOWN} GROUP BY 1, 2, 3",
    f"SELECT date_trunc('month', r.enrolled_on), m.name, r.gender, count(*) {KNOWN} GROUP BY 1, 2, 3",
)


def fill(url: str) -> None:
    """Everything there is, without checking foreign keys row by row: the statements agree."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statements in (PARTIES, WAYS):
            connection.execute(statements.replace("{enrolments}", str(ENROLMENTS)).encode())
        connection.execute("VACUUM (ANALYZE)")


def prepare(postgres: Postgres) -> None:
    """The product's settings for this database, its tables, and what is in them."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "workspace.settings",
        "SECRET_KEY": "only-for-the-bench",
        "ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
        "DATA_DIR": str(new_folder("bench-figures")),
        "DATABASE_URL": postgres.app_url,
        "DATABASE_OWNER_URL": postgres.owner_url,
        "REDIS_URL": "",
        "DEMO": "0",
    }
    subprocess.run([sys.executable, "manage.py", "prepare_database"], cwd=ROOT, check=True, capture_output=True)
    fill(postgres._superuser_url(postgres.app_url.rpartition("/")[2]))


def measured(month: date) -> dict[str, Callable[[], Any]]:
    """What is done in each round, by name."""
    import django

    django.setup()
    from django.db import connection
    from django.template.loader import get_template
    from django.test import Client, RequestFactory

    from meetings.figures.actions.freezing import freeze_month
    from meetings.figures.queries.freezing import recount
    from meetings.figures.queries.months import cutoff_of
    from meetings.figures.views.page import page_context
    from workspace.models import CooperationRole

    role = CooperationRole.objects.select_related("cooperation", "user").get(pk=1)
    snapshot = freeze_month(cooperation=role.cooperation, month=month, cutoff_at=cutoff_of(month))
    client = Client()
    client.force_login(role.user, backend="workspace.sign_in.PasswordBackend")
    session = client.session
    session["hat"] = role.hat_key
    session.save()
    address = f"/uppfoljning/manad/{snapshot.pk}/"
    request: Any = RequestFactory().get(address)
    request.user, request.hat, request.hats, request.session = role.user, role, [role], session
    template, context = get_template("figures/figures.html"), page_context(role, snapshot)
    values = {"cutoff": cutoff_of(month), "last": date.fromordinal(cutoff_of(month).date().toordinal())}

    def plain() -> None:
        with connection.cursor() as cursor:
            for query in PLAIN:
                cursor.execute(query, values)
                cursor.fetchall()

    def page() -> None:
        got = client.get(address)
        assert got.status_code == 200, got.status_code

    return {
        "plain SQL": plain,
        "template": lambda: template.render(context, request),
        "the page": page,
        "a month frozen": lambda: recount(snapshot),
    }


def main() -> int:
    """Fill, measure, print; 1 when the page is over the bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    postgres = Postgres().start()
    try:
        prepare(postgres)
        work = measured(date(2026, 10, 1))
        times: dict[str, list[float]] = {name: [] for name in work}
        for number in range(WARM + options.rounds):
            for name, perform in work.items():
                started = time.perf_counter()
                perform()
                if number >= WARM:
                    times[name].append((time.perf_counter() - started) * 1000)
    finally:
        postgres.stop()
        reaper.close()
    p50 = {name: statistics.median(taken) for name, taken in times.items()}
    floor = p50["plain SQL"] + p50["template"]
    print(f"\n| {ENROLMENTS:,} enrolments, {ACTS:,} acts | p50, ms | of the floor |\n|---|--:|--:|")
    for name, taken in p50.items():
        print(f"| {name} | {taken:.1f} | {taken / floor:.2f} |")
    return 1 if p50["the page"] > BAR * floor else 0


if __name__ == "__main__":
    sys.exit(main())
