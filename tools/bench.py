"""`make bench`: what the coordinator's board costs with 1,000,000 referrals against 100,000 (docs/bench.md).

Fills two throwaway PostgreSQL servers by SQL, each with the same 20,000 open referrals among the newest, and measures
every page in turns through Django's own client, beside a floor: a request that asks the database nothing but SELECT 1.
Fails when a page costs more than `BAR` times as much where ten times as many have ended. Runs some minutes.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg

from tests.processes import new_folder, reaper
from tests.services import Postgres

ROOT = Path(__file__).resolve().parent.parent
BAR = 1.2
SMALL, LARGE, OPEN = 100_000, 1_000_000, 20_000
WARM, ROUNDS = 3, 30
FOLLOWED_NOT = 50  # one in so many of the open has no consent to follow-up


# ---------- the data ----------
PARTIES = """
INSERT INTO workspace_organisation (id, name, organisation_number) SELECT n, 'Huvudman ' || n, ''
FROM generate_series(1, 9) n;
INSERT INTO workspace_agency (id, organisation_id, code, name, short_name, kind, municipality_id, left_on, by_letter)
SELECT n, n, 'bench-' || n, 'Myndighet ' || n, 'Myndighet ' || n, 'social_services',
  (SELECT id FROM workspace_municipality WHERE name = CASE WHEN n = 9 THEN 'Arvidsjaur' ELSE 'Piteå' END), NULL, false
FROM generate_series(1, 9) n;
INSERT INTO workspace_function (id, agency_id, name) SELECT n, n, 'Mottagning' FROM generate_series(1, 9) n;
INSERT INTO workspace_cooperation (id, name, state) VALUES (1, 'Samverkan Piteå', 'running');
INSERT INTO workspace_cooperation_municipalities (cooperation_id, municipality_id)
SELECT 1, id FROM workspace_municipality WHERE name IN ('Piteå', 'Arvidsjaur');
INSERT INTO workspace_cooperationagency (cooperation_id, agency_id, from_on)
SELECT 1, n, '2010-01-01' FROM generate_series(1, 9) n;
INSERT INTO workspace_useraccount (id, password, is_superuser, username, first_name, last_name, email, is_staff,
  is_active, date_joined, phone, is_demo)
VALUES (1, '!', false, 'bench', 'Petra', 'Sjöblom', '', false, true, now(), '', false);
INSERT INTO workspace_cooperationrole (id, cooperation_id, user_id, role, from_on)
VALUES (1, 1, 1, 'coordinator', '2010-01-01');
"""
# Four referrals a person. The open ones lie among the newest 100,000, every fifth of them.
REFERRALS = """
INSERT INTO workspace_participant (id, function_id, first_name, last_name, gender, birth_year, municipality_id, phone,
  enrolled_on, sort_key, search_key, created_at)
SELECT n, n % 9 + 1, 'F' || n, 'E' || n, 'woman', 1950 + n % 60,
  (SELECT id FROM workspace_municipality WHERE name = 'Piteå'), '', '2020-01-01', n::text, n::text, now()
FROM generate_series(1, {total} / 4) n;
INSERT INTO referrals_referral (id, participant_id, kind_id, sender_id, receiver_id, state, turn_id, outcome,
  return_code, workbook_number, created_at, sent_at, turn_since, step_since, due_on, disputed_at, told_state, told_at,
  told_turn_id, told_since, told_due_on, told_outcome)
SELECT n, (n - 1) / 4 + 1, kinds[n % array_length(kinds, 1) + 1], n % 9 + 1, (n + 1 + n / 9 % 8) % 9 + 1,
  step, desk, CASE WHEN open THEN '' ELSE 'granted' END, '', '', sent, sent, sent, sent, due,
  CASE WHEN open AND age % 500 = 5 THEN sent END, step, sent + interval '1 day', desk, sent, due,
  CASE WHEN open THEN '' ELSE 'granted' END
FROM (SELECT array_agg(code::text ORDER BY code) AS kinds FROM referrals_referralkind) k,
LATERAL (SELECT n, {total} - n AS age, ({total} - n) % 5 = 0 AND {total} - n < 5 * {open} AS open
  FROM generate_series(1, {total}) n) one,
LATERAL (SELECT CASE WHEN NOT open THEN 'closed' WHEN age % 3 = 0 THEN 'sent' ELSE 'accepted' END AS step,
  CASE WHEN open THEN (n + 1 + n / 9 % 8) % 9 + 1 END AS desk, now() - age * interval '2 minutes' AS sent,
  CASE WHEN open AND age % 35 <> 0 THEN current_date + (90 - age / 800)::int END AS due) two;
"""
SECTIONS = """
INSERT INTO referrals_referralleg (id, referral_id, position, receiver_id, ground_id, ground_reason, sent_at, way)
SELECT id, id, 1, receiver_id, 'consent', '', sent_at, 'here' FROM referrals_referral;
INSERT INTO workspace_consent (id, participant_id, agency_id, form, given_on, limits, recorded_at, to_be_confirmed)
SELECT id, participant_id, sender_id, 'oral', sent_at::date, '', sent_at, false FROM referrals_referral;
INSERT INTO workspace_consentrow (id, consent_id, participant_id, discloser_id, recipient_id,
  recipient_cooperation_id, category_id, purpose, valid_until)
SELECT id * 3 + k, id, participant_id, sender_id, CASE WHEN k < 2 THEN receiver_id END, CASE WHEN k = 2 THEN 1 END,
  (ARRAY['identity', 'question', 'follow_up'])[k + 1], 'se', current_date + 365
FROM referrals_referral, generate_series(0, 2) k WHERE k < 2 OR ({total} - id) % (5 * {not_followed}) <> 0;
INSERT INTO workspace_disclosure (id, participant_id, discloser_id, recipient_id, recipient_cooperation_id, category_id,
  purpose, ground_id, consent_row_id, reason, made_at, ends_at, ended_at, ended_why)
SELECT w.id, w.participant_id, discloser_id, recipient_id, recipient_cooperation_id, category_id, purpose, 'consent',
  w.id, '', r.sent_at, now() + interval '1 year', NULL, ''
FROM workspace_consentrow w JOIN referrals_referral r ON r.id = w.consent_id;
INSERT INTO referrals_referralsection (role, leg_id, category_id, author_id, text, disclosure_id, written_at)
SELECT 'leg', w.consent_id, w.category_id, w.discloser_id, CASE WHEN category_id = 'question' THEN repeat('Fråga ', 20)
  ELSE '' END, w.id, now() FROM workspace_consentrow w;
INSERT INTO referrals_referralevent (referral_id, leg_id, at, verb, side, agency_id, state, code, by_import)
SELECT id, id, sent_at, 'send', 'sender', sender_id, 'sent', '', false FROM referrals_referral;
"""


def fill(url: str, total: int) -> None:
    """Everything there is, in one go and without checking foreign keys row by row: the statements agree."""
    values = {"{total}": str(total), "{open}": str(OPEN), "{not_followed}": str(FOLLOWED_NOT)}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statements in (PARTIES, REFERRALS, SECTIONS):
            for name, value in values.items():
                statements = statements.replace(name, value)
            connection.execute(statements.encode())
        connection.execute("VACUUM (ANALYZE)")


# ---------- what is measured ----------
ADDRESSES = {
    "first page": "/bevaka/",
    "sena": "/bevaka/?urval=sena",
    "veckan": "/bevaka/?urval=veckan",
    "obesvarade": "/bevaka/?urval=obesvarade",
    "stannat": "/bevaka/?urval=stannat",
    "olost": "/bevaka/?urval=olost",
    "alla": "/bevaka/?urval=alla",
    "vantar_pa": "/bevaka/?urval=alla&vantar_pa=3",
    "slag": "/bevaka/?urval=alla&slag=measure",
    "kommun": "/bevaka/?urval=alla&kommun={kommun}",
    "vantat": "/bevaka/?urval=alla&vantat=90",
    "all filters": "/bevaka/?urval=sena&vantar_pa=3&slag=measure&kommun={kommun}&vantat=30",
    "deepest page": "/bevaka/?urval=alla&efter={deep}",
    "last page": "/bevaka/?urval=alla&fore=slut",
}


def serve() -> None:
    """The other side: a process with one database, that answers each line on its input with milliseconds.

    A line is an address, «floor», or «sql» and a query whose single value is wanted.
    """
    import django

    django.setup()
    from django.db import connection
    from django.test import Client

    from workspace.models import CooperationRole

    role = CooperationRole.objects.get(pk=1)
    client = Client()
    client.force_login(role.user, backend="workspace.sign_in.PasswordBackend")

    def floor() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        assert Client().get("/finns-inte/").status_code == 404

    def page(address: str) -> None:
        got = client.get(address)
        assert got.status_code == 200, (address, got.status_code)

    for line in sys.stdin:
        asked = line.rstrip("\n")
        if asked.startswith("sql "):
            with connection.cursor() as cursor:
                cursor.execute(asked[4:])
                answer: Any = str(cursor.fetchone()[0])
        else:
            started = time.perf_counter()
            floor() if asked == "floor" else page(asked)
            answer = (time.perf_counter() - started) * 1000
        print(json.dumps(answer), flush=True)


class Side:
    """One database with so many referrals, and the process that asks it."""

    def __init__(self, total: int) -> None:
        self.total, self.postgres = total, Postgres().start()
        folder = new_folder(f"bench-{total}")
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "workspace.settings",
            "SECRET_KEY": "only-for-the-bench",
            "ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
            "DATA_DIR": str(folder),
            "DATABASE_URL": self.postgres.app_url,
            "DATABASE_OWNER_URL": self.postgres.owner_url,
            "REDIS_URL": "",
            "DEMO": "0",
        }
        self._run("manage.py", "prepare_database")
        started = time.monotonic()
        fill(self.postgres._superuser_url(self.postgres.app_url.rpartition("/")[2]), total)
        print(f"{total:,} referrals filled in {time.monotonic() - started:.0f} s", flush=True)
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--serve"], cwd=ROOT, env=self.environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def _run(self, *words: str) -> None:
        subprocess.run([sys.executable, *words], cwd=ROOT, env=self.environment, check=True, capture_output=True)

    def ask(self, line: str) -> Any:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"the side with {self.total:,} referrals has ended")
        return json.loads(answer)

    def addresses(self) -> dict[str, str]:
        """The deepest page begins where 30 rows are left."""
        deep = self.ask(
            "sql SELECT coalesce(told_due_on::text, '') || '_' || id FROM referrals_referral WHERE told_turn_id IS NOT"
            " NULL ORDER BY coalesce(told_due_on, '9999-12-31') DESC, id DESC OFFSET 30 LIMIT 1"
        )
        place = self.ask("sql SELECT id FROM workspace_municipality WHERE name = 'Piteå'")
        return {name: path.format(deep=deep, kommun=place) for name, path in ADDRESSES.items()}

    def stop(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(10)
        self.postgres.stop()


def measure(sides: list[Side], rounds: int) -> dict[str, list[list[float]]]:
    """Milliseconds by page and side: in every round each page once at each side, in turns, the floor too."""
    pages = [{"floor": "floor", **side.addresses()} for side in sides]
    times: dict[str, list[list[float]]] = {name: [[] for _ in sides] for name in pages[0]}
    for number in range(WARM + rounds):
        for name, found in times.items():
            for index in (0, 1) if number % 2 else (1, 0):
                taken = sides[index].ask(pages[index][name])
                if number >= WARM:
                    found[index].append(taken)
    return times


def report(times: dict[str, list[list[float]]]) -> list[str]:
    """Print the table; returns the pages over the bar. The ratio is that of the medians."""
    p50: Callable[[list[float]], float] = statistics.median
    print(f"\n| page | {SMALL:,} p50 | p99 | {LARGE:,} p50 | p99 | ratio |\n|---|--:|--:|--:|--:|--:|")
    over = []
    for name, (small, large) in times.items():
        ratio = p50(large) / p50(small)
        tails = [statistics.quantiles(one, n=100)[98] for one in (small, large)]
        print(f"| {name} | {p50(small):.1f} | {tails[0]:.1f} | {p50(large):.1f} | {tails[1]:.1f} | {ratio:.2f} |")
        if name != "floor" and ratio > BAR:
            over.append(name)
    return over


def main() -> int:
    """Fill, measure, print; 1 when a page is over the bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    if options.serve:
        serve()
        return 0
    sides: list[Side] = []
    try:
        sides = [Side(SMALL), Side(LARGE)]
        over = report(measure(sides, options.rounds))
    finally:
        for side in sides:
            side.stop()
        reaper.close()
    print(f"\nover {BAR}: {', '.join(over)}" if over else f"\nall within {BAR}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
