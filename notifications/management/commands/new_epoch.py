"""`manage.py new_epoch`: the last step after a database has been restored (house.md 5)."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from notifications.actions import begin_new_epoch


class Command(BaseCommand):
    help = "Börjar en ny räkning av händelser. Kör det sist när databasen har lästs tillbaka från en säkerhetskopia."

    def handle(self, *args: Any, **options: Any) -> None:
        epoch = begin_new_epoch()
        self.stdout.write(
            f"En ny räkning av händelser har börjat ({epoch}).\n"
            "Sidor som var öppna före återläsningen laddas om av sig själva, senast inom "
            f"{settings.POLL_SECONDS} sekunder, och visar sedan det som finns i databasen nu.\n"
            "Inget annat är ändrat."
        )
