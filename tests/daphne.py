"""A real server process for the tests: Daphne with our ASGI application."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.processes import ServiceError, end, free_port, new_folder, reaper

ROOT = Path(__file__).resolve().parent.parent
# What only the test process needs: the server runs as the application's role, with Django's guards on.
NOT_FOR_SERVERS = {"DATABASE_OWNER_URL", "DJANGO_ALLOW_ASYNC_UNSAFE", "PYTEST_CURRENT_TEST", "PYTEST_VERSION"}


class Daphne:
    """One Daphne process. Give the whole environment it shall have; `start` returns when /health/ answers 200.

    `quiet`: without its log of requests, as the README says that it be started.
    """

    def __init__(self, env: Mapping[str, str], *, port: int = 0, quiet: bool = False) -> None:
        self.env = {name: value for name, value in env.items() if name not in NOT_FOR_SERVERS}
        self.port = port
        self.options = ["-v", "0"] if quiet else []
        self.log_path: Path = new_folder("daphne") / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        """The address for sockets, without a slash at the end."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """All it has written so far, requests and errors together."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self, seconds: float = 20) -> Self:
        """Start it, on the same port as before if it has been up, and wait until it is ready."""
        if self.is_running():
            return self
        # The listening socket is made here and handed over: nobody can take the port in between.
        with socket.socket() as listener, self.log_path.open("ab") as log:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._bind(listener)
            listener.listen(128)
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "daphne", *self.options),
                    *("--fd", str(listener.fileno()), "workspace.asgi:application"),
                ],
                cwd=ROOT,
                env=self.env | {"PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )
        reaper.watch(self._process.pid, signal.SIGTERM)
        until = time.monotonic() + seconds
        while (answer := self._health()) != 200:
            if not self.is_running() or time.monotonic() > until:
                self.kill()
                raise ServiceError(f"Daphne was not ready (/health/: {answer}). Its log:\n{self.log[-8000:]}")
            time.sleep(0.05)
        return self

    def _bind(self, listener: socket.socket) -> None:
        for attempt in range(5):
            try:
                port = self.port or free_port()
                listener.bind(("127.0.0.1", port))
            except OSError:
                if self.port or attempt == 4:
                    raise
            else:
                self.port = port
                return

    def _health(self) -> int | str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health/")
            return connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            return repr(error)
        finally:
            connection.close()

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without warning, as a crash would."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            end(self._process, number, seconds=5)
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def server_environment(**changes: str) -> dict[str, str]:
    """The test process's environment with changes, as a server gets it."""
    return {**os.environ, **changes}
