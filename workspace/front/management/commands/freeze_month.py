"""`manage.py freeze_month SAMVERKAN MÅNAD [--reason …]`: freeze a month's figures, or count them again."""

import re
from argparse import ArgumentParser
from datetime import date
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError

from meetings.figures.actions.freezing import correct_months, freeze_month
from meetings.figures.queries import months_of
from workspace.errors import Refusal
from workspace.front.importing.progress import Progress
from workspace.models import Cooperation
from workspace.swedish import say_count

REFUSED = 2


class Command(BaseCommand):
    help = (
        "Låser en månads siffror. Med --reason räknas månaden och alla senare låsta månader om, var och en som nästa "
        "version. En månad som redan är låst ändras inte utan skäl. Inga notiser skickas."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("cooperation", metavar="SAMVERKAN", help="samverkans namn, som det står i Samverkansrum")
        parser.add_argument("month", metavar="ÅÅÅÅ-MM", help="månaden, till exempel 2014-08")
        parser.add_argument("--reason", default="", help="varför månaden räknas om")

    def handle(self, *args: Any, cooperation: str, month: str, reason: str, **options: Any) -> None:
        found = Cooperation.objects.filter(name=cooperation).first()
        if found is None:
            self._refuse(f"Det finns ingen samverkan som heter {cooperation}.")
        first = month_in(month)
        if first is None:
            self._refuse("Skriv månaden som år och månad, till exempel 2014-08.")
        if len(reason) > 500:
            self._refuse("Skriv skälet med högst 500 tecken.")
        was = {snapshot.pk for snapshot in months_of(found)}
        progress = Progress(self.stderr, says="Låser månaden: {} av {} steg")
        try:
            if reason.strip():
                done = correct_months(cooperation=found, month=first, reason=reason.strip(), watch=progress)
            else:
                done = [freeze_month(cooperation=found, month=first, watch=progress)]
        except Refusal as refusal:
            self._refuse(refusal.sentence)
        finally:
            progress.end()
        new = [snapshot for snapshot in done if snapshot.pk not in was]
        if not new:
            self.stdout.write("Månaden är redan låst. Skriv --reason för att räkna om den.")
        for snapshot in new:
            self.stdout.write(f"{snapshot.month:%Y-%m}, version {snapshot.version}: {snapshot.digest}")
        if len(new) > 1:
            self.stdout.write(f"{say_count(len(new), 'månad', 'månader').capitalize()}.")

    def _refuse(self, sentence: str) -> NoReturn:
        raise CommandError(sentence, returncode=REFUSED)


def month_in(text: str) -> date | None:
    """«2014-08»; None for what is no month."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
