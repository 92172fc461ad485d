"""The tests' PostgreSQL and Redis as an operator has them: their programs and their files."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

from redis import Redis as Client
from redis.exceptions import AuthenticationError, RedisError

from tests.daphne import ROOT
from tests.processes import ServiceError, end, free_port, new_folder, reaper
from tests.services import Postgres, Redis


def programs_of(postgres: Postgres) -> Path:
    """The folder with pg_dump, pg_restore and psql, as new as the server."""
    return postgres._root / "bin"


def run_program(postgres: Postgres, name: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """One of PostgreSQL's programs, as the user whose data it is and in the data's folder."""
    command = [str(programs_of(postgres) / name), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, **postgres._as_user())


@contextlib.contextmanager
def started_redis(folder: Path, port: int) -> Generator[None]:
    """A Redis with the file `redis.conf` of this folder."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [Redis._program(), "redis.conf"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    reaper.watch(process.pid, signal.SIGTERM)
    try:
        until = time.monotonic() + 10
        while not answers(port):
            if process.poll() is not None or time.monotonic() > until:
                raise ServiceError(f"Redis did not start:\n{(folder / 'log').read_text(errors='replace')}")
            time.sleep(0.05)
        yield
    finally:
        end(process, signal.SIGTERM)


@contextlib.contextmanager
def redis_as_deployed() -> Generator[str]:
    """A Redis with deploy/redis.conf as it stands, but for the port; its address as the product's own user."""
    folder, port = new_folder("redis-conf"), free_port()
    text = (ROOT / "deploy" / "redis.conf").read_text()
    assert "\nport 6379\n" in text
    (folder / "redis.conf").write_text(text.replace("\nport 6379\n", f"\nport {port}\n"))
    with started_redis(folder, port):
        yield f"redis://samverkan:BYT-UT-MIG@127.0.0.1:{port}/0"


def answers(port: int) -> bool:
    try:
        with Client.from_url(f"redis://127.0.0.1:{port}/0", socket_timeout=1) as client:
            client.ping()
    except AuthenticationError:
        return True
    except (OSError, RedisError):
        return False
    return True
