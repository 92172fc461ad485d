"""What the benches of the wire start: PostgreSQL, Redis, the product in two roles, the stock path, and a bare relay."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg
import redis

from tests.processes import free_port, new_folder
from tests.servers import Server
from tests.services import APP_ROLE, OWNER_ROLE, Postgres, Redis

ROOT = Path(__file__).resolve().parent.parent
PAIRS, DESK = 50, 100  # agencies in pairs that act; hats at the desk whose pages are many
World = dict[str, Any]


def fill(sockets: int) -> None:
    """Pairs of agencies with a referral under way, and one desk with a page open for each socket; prints them."""
    import django

    django.setup()
    from django.conf import settings

    from notifications.queries import epoch
    from referrals.rules import wire_side
    from tests.cast import make_cast, make_member
    from tests.chaos.many import sessions_of
    from tests.chaos.stage import make_pair
    from workspace.live import topic_group

    settings.ALLOWED_HOSTS = ["*"]
    cast = make_cast()
    pairs = [make_pair(cast, number) for number in range(PAIRS)]
    last = make_pair(cast, PAIRS)
    desk = [last.psyk, *(make_member(last.psyk.agency, f"d{n}", last.cast.psyk_desk) for n in range(DESK - 1))]
    soc, psyk = sessions_of([pair.soc for pair in pairs]), sessions_of([pair.psyk for pair in pairs])
    print(
        json.dumps(
            {
                "epoch": epoch(),
                "pairs": [
                    {"referral": pair.referral.pk, "hat": pair.psyk.pk, "acts": soc[n], "follows": psyk[n]}
                    for n, pair in enumerate(pairs)
                ],
                "topic": f"referral:{last.referral.pk}",
                "group": topic_group("referral", last.referral.pk, wire_side(last.psyk.agency_id)),
                "sessions": sessions_of([desk[number % DESK] for number in range(sockets)]),
            }
        )
    )


class Bench:
    """Everything that runs, and what the parts share."""

    def __init__(self, stack: contextlib.ExitStack, sockets: int = 0, filled_by: str = __file__) -> None:
        self.postgres, self.cache = Postgres().start(), Redis().start()
        stack.callback(self.postgres.stop)
        stack.callback(self.cache.stop)
        with psycopg.connect(self.postgres._superuser_url(), autocommit=True) as superuser:
            superuser.execute("ALTER SYSTEM SET track_commit_timestamp = on")
            for role in (OWNER_ROLE, APP_ROLE):  # the floor is the owner's; as an operator has them, unlike the tests
                superuser.execute(f"ALTER ROLE {role} SET synchronous_commit = on")
                superuser.execute(f"ALTER ROLE {role} SET join_collapse_limit = 8")
        self.postgres.restart()
        self.env = environment(self.postgres, self.cache.url)
        self.python("manage.py", "prepare_database")
        self.world: World = json.loads(self.python(filled_by, str(sockets)).splitlines()[-1])
        with psycopg.connect(self.postgres.owner_url, autocommit=True) as owner:
            owner.execute("CREATE TABLE bench_floor (id bigserial PRIMARY KEY, text text)")
            owner.execute("ANALYZE")
        self.redis = redis.from_url(self.cache.url)
        self.web, self.sockets = Server(self.env, role="web"), Server(self.env, role="sockets")
        self.stock = Server(self.env | {"LIVE_WIRE": "stock"}, role="both")
        for server in (self.web, self.sockets, self.stock):
            server.start()
            stack.callback(server.close)
        self.floor_port = free_port()
        self.relay = subprocess.Popen(
            [sys.executable, "tools/bench_room.py", "--relay", str(self.floor_port), self.cache.url],
            cwd=ROOT, text=True, stdout=subprocess.PIPE,
        )  # fmt: skip
        stack.callback(self.relay.terminate)
        assert self.relay.stdout and self.relay.stdout.readline() == "ready\n"

    def python(self, *words: str) -> str:
        command = [sys.executable, *words]
        return subprocess.run(command, cwd=ROOT, env=self.env, check=True, stdout=subprocess.PIPE, text=True).stdout


def environment(postgres: Postgres, redis_url: str) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "workspace.settings",
        "SECRET_KEY": "only-for-the-bench",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "DATA_DIR": str(new_folder("bench-wire")),
        "DATABASE_URL": postgres.app_url,
        "DATABASE_OWNER_URL": postgres.owner_url,
        "REDIS_URL": redis_url,
        "DEMO": "0",
    }


def memory_of(pid: int) -> int:
    """KiB that a process holds."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


if __name__ == "__main__":
    fill(int(sys.argv[1]))
