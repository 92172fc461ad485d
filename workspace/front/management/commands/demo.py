"""`manage.py demo`: the product with made-up data, on this machine only."""

import errno
import os
import socket
import subprocess
import sys
import threading
from argparse import SUPPRESS, ArgumentTypeError
from pathlib import Path
from typing import Any, NoReturn

from daphne.cli import CommandLineInterface
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse

from workspace.front.actions.demo import make_demo
from workspace.front.actions.demo_talks import participant_way_in
from workspace.front.demo.cast import PASSWORD
from workspace.front.demo.queries import holds_other_data, sign_ins

HOST = "127.0.0.1"
OTHER_DATA = (
    "Databasen innehåller annat än demons uppgifter, så demon rör den inte. "
    "Välj en annan mapp med --dir, eller ta bort DATABASE_URL ur miljön."
)


def port_number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise ArgumentTypeError(f"”{text}” är inget portnummer. Skriv ett tal mellan 1 och 65535.")
    return int(text)


class Command(BaseCommand):
    help = (
        "Startar Samverkansrum med påhittade uppgifter på den egna datorn. Uppgifterna skapas första gången; "
        "sedan finns det du har gjort kvar."
    )
    # The checks are for those who change the product, and take a good part of a second.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=port_number, default=8000, help="porten på 127.0.0.1 (8000)")
        parser.add_argument("--dir", default=".demo", help="mappen där demons databas ligger (.demo)")
        parser.add_argument("--no-serve", action="store_true", help="gör i ordning men starta ingen server")
        parser.add_argument("--jobs", action="store_true", help=SUPPRESS)  # what the demo starts beside itself

    def handle(self, *args: Any, **options: Any) -> None:
        port: int = options["port"]
        if not options["no_serve"] and not options["jobs"]:
            require_free(port)
        if not settings.DEMO:
            start_again_as_demo(Path(options["dir"]), port)
        if options["jobs"]:
            run_jobs()
            return
        if holds_other_data():
            raise CommandError(OTHER_DATA, returncode=2)
        if not is_prepared():
            call_command("prepare_database", verbosity=0)
        way_in = participant_way_in() if make_demo() else None
        self._say_sign_ins()
        if way_in:
            self._say_way_in(port, *way_in)
        if not options["no_serve"]:
            self.stdout.write(f"Samverkansrum finns på http://{HOST}:{port}/  (avsluta med Ctrl+C)")
            self.stdout.flush()
            serve(port)

    def _say_sign_ins(self) -> None:
        rows = [("Användarnamn", "Vem", "Roll"), *sign_ins()]
        widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
        self.stdout.write("")
        for username, name, hats in rows:
            self.stdout.write(f"  {username:<{widths[0]}}  {name:<{widths[1]}}  {hats}")
        self.stdout.write(f"\nLösenordet är {PASSWORD} för alla.")

    def _say_way_in(self, port: int, token: str, digits: str) -> None:
        """The participant's own page, once: staff make a new link and code on the participant's page."""
        self.stdout.write(f"\nMiras egen sida: http://{HOST}:{port}{reverse('own_link', args=[token])}")
        self.stdout.write(f"Länken öppnas en gång. Koden är {digits}. Nya gör du som soc-pitea, under Deltagare.")


def require_free(port: int) -> None:
    """Refuse a port that somebody else listens on, or that may not be used."""
    with socket.socket() as probe:
        # As Daphne does it: a port is free again as soon as the last server on it has ended.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            why = "får inte användas" if error.errno == errno.EACCES else "är upptagen av ett annat program"
            other = port + 1 if 1024 <= port < 65535 else 8001
            sentence = f"Port {port} {why}. Välj en annan, till exempel: make run PORT={other}"
            raise CommandError(sentence, returncode=2) from error


def start_again_as_demo(folder: Path, port: int) -> NoReturn:
    """Begin again with the demo's settings in the environment, since settings are read once."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    here = {"DATABASE_URL": f"sqlite:///{folder / 'samverkansrum.sqlite3'}", "SITE_URL": f"http://{HOST}:{port}"}
    env = here | dict(os.environ)
    env |= {"DEMO": "1", "DATA_DIR": str(folder), "ALLOWED_HOSTS": "127.0.0.1,localhost,[::1]"}
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, *sys.argv], env)


def is_prepared() -> bool:
    """Whether there is nothing to migrate. With an owner's address the rights may be missing all the same."""
    executor = MigrationExecutor(connection)
    return not settings.DATABASE_OWNER_URL and not executor.migration_plan(executor.loader.graph.leaf_nodes())


def serve(port: int) -> None:
    """Run Daphne in this process, which has everything loaded already, and the jobs beside it, until it is stopped.

    The jobs' process is not waited for at the start. Nor is it in the terminal's group: it ends because we do.
    """
    connections.close_all()
    command = [sys.executable, sys.argv[0], "demo", "--jobs"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, process_group=0):
        CommandLineInterface().run(["-v", "0", "-b", HOST, "-p", str(port), "workspace.asgi:application"])


def run_jobs() -> None:
    """Be the demo's one consumer for as long as the demo lives.

    The demo holds the other end of our standard input. The system closes it however the demo ends, also by kill -9,
    on Linux and macOS alike.
    """
    threading.Thread(target=end_with_the_demo, daemon=True).start()
    call_command("run_huey", workers=1)


def end_with_the_demo() -> None:
    sys.stdin.buffer.read()
    os._exit(0)  # at once: every job may be cut off
