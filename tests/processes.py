"""Processes that tests start, and that end when the tests do, also after a kill."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path


class ServiceError(RuntimeError):
    """A service did not start, or may not be used as asked."""


def free_port() -> int:
    """Return a TCP port on 127.0.0.1 that nobody holds.

    Below the range from which systems pick ports for outgoing connections: a client that calls a dead port from
    that range may be given the same port, reach itself, and keep the service from coming back.
    """
    for port in random.sample(range(20_000, 32_000), 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise ServiceError("no free port on 127.0.0.1")


class Reaper:
    """Ends what the tests started when the test process is killed and can't do it itself.

    A small process reads our pipe; when the pipe closes, for whatever reason, it stops every process still named
    and removes the directories.
    """

    PROGRAM = """
import os, shutil, sys, time
live, folders = {}, []
for line in sys.stdin:
    verb, value, *rest = line.rstrip("\\n").split("\\t")
    if verb == "watch":
        live[int(value)] = int(rest[0])
    elif verb == "forget":
        live.pop(int(value), None)
    elif verb == "folder":
        folders.append(value)
def send(pid, number):
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False
for pid, number in live.items():
    send(pid, number)
until = time.monotonic() + 3
while live and time.monotonic() < until and any([send(pid, 0) for pid in live]):
    time.sleep(0.05)
for pid in live:
    send(pid, 9)
for folder in folders:
    shutil.rmtree(folder, ignore_errors=True)
"""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def _tell(self, *words: object) -> None:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-E", "-c", self.PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                text=True,
                cwd="/",
                start_new_session=True,
            )
        assert self._process.stdin is not None
        self._process.stdin.write("\t".join(map(str, words)) + "\n")
        self._process.stdin.flush()

    def watch(self, pid: int, number: signal.Signals) -> None:
        """Name a process, and the signal that ends it in order."""
        self._tell("watch", pid, int(number))

    def forget(self, pid: int) -> None:
        """The process has ended; its number may belong to somebody else from now on."""
        self._tell("forget", pid)

    def folder(self, path: Path) -> None:
        """Name a directory to be removed when the tests end."""
        self._tell("folder", path)

    def close(self) -> None:
        """Let it finish, and wait for it."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(10)
            self._process = None


reaper = Reaper()


def new_folder(name: str) -> Path:
    """Make a temporary directory that is removed when the test process ends, however it ends."""
    # As root the server runs as another user, who must be able to walk there; a private TMPDIR would not let it.
    path = Path(tempfile.mkdtemp(prefix=f"samverkan-{name}-", dir="/tmp" if os.geteuid() == 0 else None))
    reaper.folder(path)
    return path


def end(process: subprocess.Popen[bytes], number: signal.Signals, seconds: float = 10) -> None:
    """Send the signal, wait, and kill what does not listen."""
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    reaper.forget(process.pid)
