"""Real server processes for the tests, by role: `manage.py serve`, started and replaced as deploy/ does it."""

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

from tests.daphne import NOT_FOR_SERVERS, ROOT
from tests.processes import ServiceError, free_port, new_folder, reaper


class Server:
    """One `manage.py serve`. Give the whole environment it shall have; `start` returns when /health/ answers 200 (or
    what `ready` says). `under`: words before the command, such as `ip netns exec NAME`.

    `web` stands on a listening socket that outlives it, as under systemd: while it is away requests wait, and
    `reload` puts a new process beside the old one before that is told to end. A dead `sockets` or `both` refuses.
    """

    def __init__(
        self,
        env: Mapping[str, str],
        *,
        role: str = "both",
        port: int = 0,
        host: str = "127.0.0.1",
        options: tuple[str, ...] = (),
        under: tuple[str, ...] = (),
        ready: int = 200,
    ) -> None:
        self.env = {name: value for name, value in env.items() if name not in NOT_FOR_SERVERS}
        self.role, self.port, self.host, self.options, self.under = role, port, host, options, under
        self.ready = ready
        self.log_path: Path = new_folder(f"serve-{role}") / "log"
        self.env["TMPDIR"] = str(self.log_path.parent)  # what it leaves there goes with the run
        self._listener: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    @property
    def ws_url(self) -> str:
        """The address for sockets, without a slash at the end."""
        return f"ws://{self.host}:{self.port}"

    @property
    def log(self) -> str:
        """All it has written so far, on both streams."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    @property
    def pid(self) -> int:
        """The process's number; of `web` gunicorn's own, which answers nothing itself (`workers`)."""
        assert self._process is not None
        return self._process.pid

    def workers(self) -> list[int]:
        """The processes that answer requests: of `web` gunicorn's children, else the server itself."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in children.read_text().split()] if self.role == "web" else [self.pid]

    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self, seconds: float = 40) -> Self:
        """Start it, on the same port as before if it has been up, and wait until it is ready."""
        if self.is_running():
            return self
        listener = self._listener or self._listen()
        self._process = self._run(listener)
        if self.role == "web":
            self._listener = listener
        else:
            listener.close()
        until = time.monotonic() + seconds
        while (answer := self.health()) != self.ready:
            if not self.is_running() or time.monotonic() > until:
                self.kill()
                raise ServiceError(f"{self.role} was not ready (/health/: {answer}). Its log:\n{self.log[-8000:]}")
            time.sleep(0.05)
        return self

    def _run(self, listener: socket.socket) -> subprocess.Popen[bytes]:
        with self.log_path.open("ab") as log:
            process = subprocess.Popen(
                [
                    *(*self.under, sys.executable, "manage.py", "serve", "--role", self.role),
                    *("--fd", str(listener.fileno()), *self.options),
                ],
                cwd=ROOT,
                env=self.env | {"PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )
        reaper.watch(process.pid, signal.SIGTERM)
        return process

    def _listen(self) -> socket.socket:
        for attempt in range(5):
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                port = self.port or free_port()
                listener.bind((self.host, port))
            except OSError:
                listener.close()
                if self.port or attempt == 4:
                    raise
            else:
                self.port = port
                listener.listen(4096)
                return listener
        raise ServiceError("no port")

    def health(self) -> int | str:
        """The status of /health/, or what came instead."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=5)
        try:
            connection.request("GET", "/health/")
            return connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            return repr(error)
        finally:
            connection.close()

    def reload(self) -> Self:
        """Replace it as an upgrade does (deploy/upgrade.sh). `web`: the new one answers before the old one is told to
        end, and none is refused. The others: ended in order and started again; open pages come back by themselves.
        """
        if self.role != "web" or self._listener is None:
            self.stop()
            return self.start()
        old = self._process
        self._process = self._run(self._listener)
        until = time.monotonic() + 40
        while not (self.is_running() and self.workers()):
            if not self.is_running() or time.monotonic() > until:
                raise ServiceError(f"the new web did not come up. Its log:\n{self.log[-8000:]}")
            time.sleep(0.05)
        if old is not None:
            _end(old, signal.SIGTERM, 30)
        return self

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it, and what it has started, without warning, as a crash of the whole unit would."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            _end(self._process, number, 30)
            self._process = None

    def close(self) -> None:
        """End it, and its listening socket too."""
        self.stop()
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _end(process: subprocess.Popen[bytes], number: signal.Signals, seconds: float) -> None:
    """Send the signal; SIGKILL goes to all of its processes. What does not listen is killed."""
    if process.poll() is None:
        (os.killpg if number == signal.SIGKILL else os.kill)(process.pid, number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    reaper.forget(process.pid)
