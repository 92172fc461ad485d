"""Jobs killed at chosen statements: what was due is done all the same, and once."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Generator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import time_machine
from django.utils import timezone
from huey.contrib.djhuey import HUEY

from notifications.actions.posting import STALE
from referrals.actions import send_referral
from tests.cast import draft, give_consent, make_cast
from tests.chaos.doomed_jobs import BEGAN
from tests.chaos.stage import chance, report, size
from tests.chaos.test_restore import copy_database, put_back
from tests.daphne import ROOT, server_environment
from tests.meetings.cast import make_room
from tests.notifications.post import PostOffice
from tests.processes import new_folder
from tests.referrals.days import with_times
from tests.services import Postgres
from workspace.front.tasks import each_minute, sweep

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
LEASE = 61  # seconds after the kill: by then the bar wants what a dead process held to be taken up again
# Of a row: what differs by when it was written, and by which numbers were drawn and not used.
TOLD = "SELECT membership_id, kind, object_id, seq FROM notifications_notification ORDER BY 1, 4"


class Jobs:
    """The program of doomed_jobs.py, and what each of its processes came to."""

    def __init__(self, **env: str) -> None:
        self.log = (new_folder("jobs") / "log").open("wb+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.doomed_jobs", str(new_folder("doomed") / "made")],
            cwd=ROOT,
            env=server_environment(DATABASE_OWNER_URL="", DJANGO_ALLOW_ASYNC_UNSAFE="", **env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        assert self.process.stdout and self.process.stdout.readline() == "ready\n"

    def run(self, at: int = 0, *, after: bool = False, later: int = 0) -> dict[str, int]:
        """Both jobs in the queue, and one process that takes them."""
        sweep.enqueue()
        each_minute.enqueue()
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"at": at, "after": after, "later": later}) + "\n")
        self.process.stdin.flush()
        found: dict[str, int] = json.loads(self.process.stdout.readline())
        assert not found["exit"], (self.log.seek(0), self.log.read())
        return found

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(10)
        if self.process.stdout:
            self.process.stdout.close()
        self.log.close()


@pytest.fixture
def office() -> Generator[PostOffice]:
    made = PostOffice()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def jobs(committed_db: None, office: PostOffice) -> Generator[Jobs]:
    made = Jobs(EMAIL_URL=office.url)
    yield made
    made.end()


def make_work() -> None:
    """Referrals to remind of, with mails; a ground that has run out; a meeting of which calendars are not told yet."""
    with time_machine.travel(BEGAN - timedelta(days=12)):
        cast = with_times(make_cast())
        for number in range(4):
            give_consent(cast, until=timezone.localdate() + timedelta(days=10 if number == 3 else 180))
            send_referral(by=cast.soc, referral=draft(cast))
    make_room(cast)


def rows(postgres: Postgres) -> dict[str, Any]:
    """How many rows each table has, and who was told what. Without the queue and its results."""
    with psycopg.connect(postgres.owner_url) as owner:
        tables = owner.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'huey%' ORDER BY 1"
        ).fetchall()
        found = {name: owner.execute(f"SELECT count(*) FROM {name}").fetchone() for (name,) in tables}
        return {**found, "told": owner.execute(TOLD).fetchall()}


def begin_again(postgres: Postgres) -> None:
    """The database as it was before any job ran. The queue's own connection would not survive it."""
    HUEY.storage.close()
    put_back(postgres, keep=True)


def test_jobs_killed_at_any_statement_are_done_all_the_same_and_once(
    jobs: Jobs, office: PostOffice, postgres_server: Postgres
) -> None:
    """B4: each kill begins from the same database; afterwards the clock's next turns must give what no kill gives."""
    kills = size(60, 5)
    stale = int(STALE.total_seconds()) + 1
    make_work()
    HUEY.storage.close()
    copy_database(postgres_server)
    statements = jobs.run()["made"]
    jobs.run(later=LEASE)
    jobs.run(later=stale)
    clean, mails = rows(postgres_server), Counter(office.ids)
    begin_again(postgres_server)
    points = sorted(chance().sample(range(1, statements + 1), kills))
    lost: list[int] = []
    double: list[int] = []
    late: list[int] = []
    again = 0
    for number, point in enumerate(points):
        office.raw.clear()
        assert jobs.run(point, after=bool(number % 2))["signal"] == 9
        jobs.run(later=LEASE)
        soon = set(office.ids)
        jobs.run(later=stale)
        found, came = rows(postgres_server), Counter(office.ids)
        late += [point] * (soon != set(mails))
        lost += [point] * (set(came) != set(mails) or any(found[t] < clean[t] for t in clean if t != "told"))
        double += [point] * any(found[t] > clean[t] for t in clean if t != "told")
        again += sum(came.values()) - len(came)
        if found["told"] != clean["told"] and point not in lost + double:
            double.append(point)
        begin_again(postgres_server)
    report(
        "B4",
        kills=kills,
        of_statements=statements,
        rows_written=sum(clean[t][0] for t in clean if t != "told"),
        told=len(clean["told"]),
        mails=len(mails),
        lost=len(lost),
        double=len(double),
        mails_sent_again=again,
        not_taken_up_within_60_s=len(late),
    )
    assert len(mails) >= 2 and len(clean["told"]) >= 8
    assert not lost and not double, (lost, double)
