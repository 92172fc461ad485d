"""`manage.py import_start DIR [--check]`, or FILE.xlsx: the workbook a coordinator has today (issue 1, 11)."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand
from django.db import connection
from django.utils import timezone

from workspace.front.actions.importing import Imported, WorkbookRefused, import_workbook
from workspace.front.importing.excel import read_excel
from workspace.front.importing.progress import Progress
from workspace.front.importing.reading import Unreadable, read_workbook
from workspace.front.importing.sheets import SHEETS, Workbook
from workspace.models import ImportedRow
from workspace.swedish import say_count, say_list

REFUSED = 2
ENDINGS = (".xlsx", ".xlsm", ".xls")
WHERE = "Ange mappen där CSV-filerna ligger."


class Command(BaseCommand):
    help = (
        "Läser in arbetsboken: en Excelfil (.xlsx) med bladen verksamheter, personal, deltagare och remisser, "
        "och utskrivningar om det finns, "
        "eller en mapp med samma blad som CSV-filer. "
        "Allt eller inget; det som redan är inläst läses inte en gång till. Inga notiser skickas."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", metavar="MAPP|FIL.xlsx", help="mappen med CSV-filerna, eller Excelfilen")
        parser.add_argument("--check", action="store_true", help="kontrollera bara: ingenting ändras")

    def handle(self, *args: Any, source: str, check: bool, **options: Any) -> None:
        path = Path(source)
        excel = path.suffix.casefold() in ENDINGS
        if not path.exists():
            self._refuse([f"Filen {source} finns inte." if excel else f"Mappen {source} finns inte. {WHERE}"])
        if not (path.is_dir() or excel):
            self._refuse([f"{path.name} är varken en mapp eller en Excelfil. {WHERE}"])
        if ImportedRow._meta.db_table not in connection.introspection.table_names():
            self._refuse(["Databasen är inte gjord i ordning. Kör python manage.py prepare_database först."])
        workbook = self._read(path)
        for sheet in SHEETS:
            if read := workbook.sheets.get(sheet.name):
                self.stdout.write(f"{read.file}: {say_count(len(read.rows), 'rad', 'rader')}.")
        for sentence in workbook.left:
            self.stdout.write(sentence)
        progress = Progress(self.stderr)
        try:
            done = import_workbook(workbook=workbook, today=timezone.localdate(), only_check=check, watch=progress)
        except WorkbookRefused as refused:
            count = say_count(len(refused.faults), "fel", "fel").capitalize()
            end = "" if check else f" Rätta, spara{'' if workbook.file else ' som CSV'} och kör kommandot igen."
            self._refuse([*map(str, refused.faults), f"{count}. Ingenting är inläst.{end}"])
        finally:
            progress.end()
        for sentence in summary(done, check=check):
            self.stdout.write(sentence)

    def _read(self, path: Path) -> Workbook:
        if path.is_dir():
            return read_workbook(path)
        try:
            return read_excel(path)
        except Unreadable as error:
            self._refuse([f"{path.name}: {error.sentence}"])

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
        say_count(done.discharges, "utskrivning", "utskrivningar"),
    ]
    new = say_list([text for text in counts if not text.startswith("noll ")])
    before = [f"{say_count(done.already, 'rad', 'rader').capitalize()} var redan inlästa."] if done.already else []
    if check:
        return [f"Det här skulle läsas in: {new}.", *before, "Inga fel. Ingenting är ändrat."]
    done_lines = [f"Inläst: {new}.", *before, "Inga notiser har skickats."]
    if done.referrals:
        done_lines.append("Avsändarna behöver bekräfta samtyckena, som är noterade enligt arbetsboken.")
    if done.discharges:
        done_lines.append(
            "Utskrivningarna räknas bara i siffrorna, när arbetsmarknadsenheternas chefer har sagt ja till det. "
            "Månader som redan är låsta räknar samordnaren om under Uppföljning."
        )
    if done.staff:
        done_lines.append("Bjud in personalen med: python manage.py invite --all")
    return done_lines
