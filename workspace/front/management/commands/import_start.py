"""`manage.py import_start DIR [--check]`: the workbook a coordinator has today (issue "Samverkansrum runs", 11)."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand
from django.db import connection
from django.utils import timezone

from workspace.front.actions.importing import Imported, WorkbookRefused, import_workbook
from workspace.front.importing.reading import read_workbook
from workspace.front.importing.sheets import SHEETS
from workspace.models import ImportedRow
from workspace.swedish import say_count, say_list

REFUSED = 2


class Command(BaseCommand):
    help = (
        "Läser in arbetsboken ur en mapp med verksamheter.csv, personal.csv, deltagare.csv och remisser.csv. "
        "Allt eller inget; det som redan är inläst läses inte en gång till. Inga notiser skickas."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dir", metavar="MAPP", help="mappen med CSV-filerna")
        parser.add_argument("--check", action="store_true", help="kontrollera bara: ingenting ändras")

    def handle(self, *args: Any, dir: str, check: bool, **options: Any) -> None:
        folder = Path(dir)
        if not folder.is_dir():
            self._refuse([f"Mappen {dir} finns inte. Ange mappen där CSV-filerna ligger."])
        if ImportedRow._meta.db_table not in connection.introspection.table_names():
            self._refuse(["Databasen är inte gjord i ordning. Kör python manage.py prepare_database först."])
        workbook = read_workbook(folder)
        for sheet in SHEETS:
            if read := workbook.sheets.get(sheet.name):
                self.stdout.write(f"{read.file}: {say_count(len(read.rows), 'rad', 'rader')}.")
        for sentence in workbook.left:
            self.stdout.write(sentence)
        try:
            done = import_workbook(workbook=workbook, today=timezone.localdate(), only_check=check)
        except WorkbookRefused as refused:
            count = say_count(len(refused.faults), "fel", "fel").capitalize()
            end = "" if check else " Rätta, spara som CSV och kör kommandot igen."
            self._refuse([*map(str, refused.faults), f"{count}. Ingenting är inläst.{end}"])
        for sentence in summary(done, check=check):
            self.stdout.write(sentence)

    def _refuse(self, sentences: list[str]) -> NoReturn:
        # Not CommandError, which puts its English name before the first sentence.
        for sentence in sentences:
            self.stderr.write(sentence)
        sys.exit(REFUSED)


def summary(done: Imported, *, check: bool) -> list[str]:
    """What was done, or would be, in sentences."""
    if not done.new + done.already:
        return ["Filerna har inga rader under rubrikerna. Ingenting är ändrat."]
    if not done.new:
        return ["Allt var redan inläst." + (" Ingenting är ändrat." if check else "")]
    counts = [
        say_count(done.agencies, "verksamhet", "verksamheter"),
        say_count(done.staff, "person i personalen", "personer i personalen"),
        say_count(done.participants, "deltagare", "deltagare"),
        say_count(done.referrals, "remiss", "remisser"),
    ]
    new = say_list([text for text in counts if not text.startswith("noll ")])
    before = [f"{say_count(done.already, 'rad', 'rader').capitalize()} var redan inlästa."] if done.already else []
    if check:
        return [f"Det här skulle läsas in: {new}.", *before, "Inga fel. Ingenting är ändrat."]
    done_lines = [f"Inläst: {new}.", *before, "Inga notiser har skickats."]
    if done.referrals:
        done_lines.append("Avsändarna behöver bekräfta samtyckena, som är noterade enligt arbetsboken.")
    if done.staff:
        done_lines.append("Bjud in personalen med: python manage.py invite --all")
    return done_lines
