"""`manage.py serve`: the product as a server, in one role or both (docs/running.md)."""

import errno
import os
import socket
import sys
import tempfile
from argparse import ArgumentTypeError
from typing import Any, Never

from django.core.management.base import BaseCommand, CommandError, CommandParser

# Frames larger than what a page may say are refused before they are read.
LARGEST_FRAME = 4096
# Connections that may wait: all open pages come back at once after a restart.
BACKLOG = 4096


def port_number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise ArgumentTypeError(f"”{text}” är inget portnummer. Skriv ett tal mellan 1 och 65535.")
    return int(text)


class Command(BaseCommand):
    help = (
        "Kör Samverkansrum som server. web: sidor. sockets: öppna sidors förbindelser (/ws/). both: allt i en process. "
        "Bakom en proxy som lägger till https; se docs/running.md."
    )
    # They need no database, and are run by `check --deploy`; a restart should not wait for them.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--role", choices=COMMANDS, default="both", help="vad servern gör (both)")
        parser.add_argument("--host", default="127.0.0.1", help="adressen att lyssna på (127.0.0.1)")
        parser.add_argument("--port", type=port_number, default=8000, help="porten (8000)")
        parser.add_argument("--fd", type=int, help="ett lyssnande uttag att ta över (systemd: 3), i stället för porten")
        parser.add_argument("--processes", type=int, default=2, help="web: antal processer (2)")
        parser.add_argument("--threads", type=int, default=4, help="web: trådar i varje process (4)")

    def handle(self, *args: Any, **options: Any) -> Never:
        """Becomes the server: nothing of this process is left but its environment and the listening socket."""
        listener = listening(options["host"], options["port"], options["fd"])
        # systemd's words about the socket are used up: gunicorn would take it over once more.
        env = {name: value for name, value in os.environ.items() if name not in {"LISTEN_FDS", "LISTEN_PID"}}
        env["SERVE_ROLE"] = options["role"]
        if options["role"] == "web":
            # Where gunicorn's processes keep their counts, so that each can answer for all (/metrics).
            env["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="c-", dir=os.environ.get("RUNTIME_DIRECTORY"))
        sys.stdout.flush()
        command = COMMANDS[options["role"]](listener.fileno(), options)
        os.execve(sys.executable, [sys.executable, "-m", *command], env)


def listening(host: str, port: int, fd: int | None) -> socket.socket:
    """The socket that the server takes over: systemd's, or one made here. Refuses a port that is taken."""
    try:
        listener = socket.socket(fileno=fd) if fd is not None else opened(host, port)
        # Inherited by each connection. uvicorn does not set it on a socket it is handed, and small frames would wait.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        raise CommandError(why_not(error, host, port, fd), returncode=2) from error
    listener.set_inheritable(True)
    return listener


def opened(host: str, port: int) -> socket.socket:
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen(BACKLOG)
    return listener


def why_not(error: OSError, host: str, port: int, fd: int | None) -> str:
    """The sentence for whoever started the server."""
    if fd is not None:
        return f"--fd {fd} är inget lyssnande uttag. Det ska systemd lämna över; se docs/running.md."
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"Adressen {host} finns inte på den här datorn. Skriv till exempel --host 127.0.0.1."
    if error.errno == errno.EACCES:
        return f"Port {port} får inte användas. Välj en över 1023, till exempel --port 8000."
    return f"Port {port} på {host} är upptagen av ett annat program. Välj en annan, till exempel --port {port + 1}."


def web(fd: int, options: dict[str, Any]) -> list[str]:
    """gunicorn with threads: measured faster for our pages than any server that goes by way of ASGI.

    Loaded once before it forks, so that the processes share memory. No control socket: it would lie in a home.
    """
    return [
        *("gunicorn", "workspace.wsgi:application", "--bind", f"fd://{fd}", "--worker-class", "gthread"),
        *("--workers", str(options["processes"]), "--threads", str(options["threads"]), "--preload"),
        *("--backlog", str(BACKLOG), "--keep-alive", "20", "--timeout", "60", "--graceful-timeout", "25"),
        *("--no-control-socket", "--log-level", "warning"),
    ]


def sockets(fd: int, options: dict[str, Any]) -> list[str]:
    """uvicorn, one process: it makes the sender wait where a page does not read, so that the outbox can fill."""
    return [
        *("uvicorn", "workspace.asgi:application", "--fd", str(fd)),
        *("--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--ws-max-size", str(LARGEST_FRAME)),
        *("--ws-ping-interval", "20", "--ws-ping-timeout", "20", "--timeout-keep-alive", "20"),
        *("--lifespan", "off", "--no-access-log", "--log-level", "warning", "--no-server-header"),
        *("--timeout-graceful-shutdown", "5"),
    ]


def both(fd: int, options: dict[str, Any]) -> list[str]:
    """Daphne: pages and sockets in one process, as on one's own machine."""
    return ["daphne", "-v", "0", "--fd", str(fd), "workspace.asgi:application"]


COMMANDS = {"web": web, "sockets": sockets, "both": both}
