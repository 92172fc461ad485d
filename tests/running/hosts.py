"""Machines of one's own: network namespaces on a bridge, each with a second line to the test as its users' network."""

import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from typing import Self

from tests.daphne import ROOT
from tests.processes import reaper
from tests.servers import Server

BRIDGE = "samv-br"
NET = "10.77.0"  # the machines' own network, where PostgreSQL and Redis are
USERS = "10.77.1"  # each machine's line to its users, which nobody cuts
SERVICES = f"{NET}.1"


def may_make_hosts() -> str:
    """Why not; "" where it can be done."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not shutil.which("ip"):
        return "no ip (Debian: apt-get install iproute2)"
    made = subprocess.run(["ip", "link", "add", "samv-try", "type", "bridge"], capture_output=True, check=False)
    subprocess.run(["ip", "link", "del", "samv-try"], capture_output=True, check=False)
    return "" if made.returncode == 0 else f"no bridge can be made here: {made.stderr.decode().strip()}"


def ip(*words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words], check=check, capture_output=True)


class Host:
    """One machine: `name` is its namespace, `address` where its users reach it."""

    def __init__(self, number: int) -> None:
        self.number, self.name = number, f"samv-host{number}"
        self.inner = f"{NET}.{10 + number}"
        self.address = f"{USERS}.{4 * number + 2}"
        self.cable, self.users_cable = f"samv-c{number}", f"samv-u{number}"

    def make(self) -> Self:
        """Its namespace, a cable to the bridge and one to its users."""
        ip("netns", "add", self.name)
        for outside, inside in ((self.cable, "eth0"), (self.users_cable, "eth1")):
            ip("link", "add", outside, "type", "veth", "peer", "name", inside, "netns", self.name)
            ip("link", "set", outside, "up")
        ip("link", "set", self.cable, "master", BRIDGE)
        ip("addr", "add", f"{USERS}.{4 * self.number + 1}/30", "dev", self.users_cable)
        inside = ("-n", self.name)
        ip(*inside, "addr", "add", f"{self.inner}/24", "dev", "eth0")
        ip(*inside, "addr", "add", f"{self.address}/30", "dev", "eth1")
        for line in ("lo", "eth0", "eth1"):
            ip(*inside, "link", "set", line, "up")
        return self

    def cut(self) -> None:
        """Pull its cable out of the bridge: nobody is told, packets go nowhere."""
        ip("link", "set", self.cable, "down")

    def join(self) -> None:
        ip("link", "set", self.cable, "up")


@contextlib.contextmanager
def two_hosts() -> Generator[tuple[Host, Host]]:
    """The bridge and two machines on it; taken away again whatever happens, also what an earlier run left."""
    hosts = (Host(1), Host(2))
    take_away(hosts)
    try:
        ip("link", "add", BRIDGE, "type", "bridge")
        ip("addr", "add", f"{SERVICES}/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        yield hosts[0].make(), hosts[1].make()
    finally:
        take_away(hosts)


def take_away(hosts: tuple[Host, Host]) -> None:
    for host in hosts:
        for cable in (host.cable, host.users_cable):
            ip("link", "del", cable, check=False)
        ip("netns", "del", host.name, check=False)
    ip("link", "del", BRIDGE, check=False)


class Relay:
    """Lets the machines reach a service of the tests, which listens on loopback only, at the bridge's address."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._listener = socket.create_server((SERVICES, 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                inside, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(inside,), daemon=True).start()

    def _carry(self, inside: socket.socket) -> None:
        """Both ways, until either end is done; then both are."""
        with inside, socket.create_connection(("127.0.0.1", self.target)) as outside, contextlib.suppress(OSError):
            other = {inside: outside, outside: inside}
            for line in other:
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while True:
                for line in select.select(list(other), [], [])[0]:
                    data = line.recv(65_536)
                    if not data:
                        return
                    other[line].sendall(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes who waits for the next
        self._listener.close()


class HostServer(Server):
    """A role on a machine: it listens there, on its users' line."""

    def __init__(self, env: dict[str, str], host: Host, role: str, port: int) -> None:
        super().__init__(env, role=role, host=host.address, port=port)
        self.machine = host

    def _listen(self) -> socket.socket:
        return socket.socket()  # the process makes its own, in its namespace

    def _run(self, listener: socket.socket) -> "subprocess.Popen[bytes]":
        with self.log_path.open("ab") as log:
            process = subprocess.Popen(
                [
                    *("ip", "netns", "exec", self.machine.name, sys.executable, "manage.py", "serve"),
                    *("--role", self.role, "--host", self.host, "--port", str(self.port)),
                ],
                cwd=ROOT,
                env=self.env | {"PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        reaper.watch(process.pid, signal.SIGTERM)
        return process
