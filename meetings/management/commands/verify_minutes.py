"""`manage.py verify_minutes`: whether every version, seal and addendum of all minutes is what it was (L42)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from meetings.queries.verifying import verify_all
from workspace.swedish import say_count

WRONG = 1


class Command(BaseCommand):
    help = (
        "Räknar om kontrollsummorna på alla protokoll, lås och tillägg och säger vad som inte stämmer. Ändrar inget. "
        "Slutar med 1 om något är fel."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        report = verify_all()
        for fault in report.faults:
            self.stdout.write(fault)
        if report.faults:
            number = say_count(len(report.faults), "fel", "fel")
            raise CommandError(f"Protokollen stämmer inte: {number}.", returncode=WRONG)
        counted = ", ".join(
            (
                f"{report.versions} {'version' if report.versions == 1 else 'versioner'}",
                f"{report.seals} lås",
                f"{report.addenda} tillägg",
                f"{report.postings} anslag",
            )
        )
        self.stdout.write(f"Protokollen stämmer. Kontrollerade: {counted}.")
