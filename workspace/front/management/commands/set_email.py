"""`manage.py set_email USER [ADDRESS]`: where somebody's mails go. Who runs it has seen to it that it is theirs."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from notifications.actions.posting import checked_address
from workspace.actions.accounts import set_email
from workspace.models import UserAccount

REFUSED = 2


class Command(BaseCommand):
    help = "Skriver vart en persons mejl ska gå: kallelser, och att det finns något att läsa. Utan adress: inga mejl."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="ANVÄNDARE", help="ett användarnamn, till exempel anv01")
        parser.add_argument("address", metavar="ADRESS", nargs="?", default="", help="e-postadressen i arbetet")

    def handle(self, *args: Any, user: str, address: str, **options: Any) -> None:
        account = UserAccount.objects.filter(username__iexact=user).first()
        if account is None:
            raise CommandError(f"Det finns ingen användare {user}.", returncode=REFUSED)
        try:
            checked = checked_address(address) if address else ""
        except ValidationError:
            sentence = f"{address!r} är ingen e-postadress. Skriv till exempel namn@exempel.se."
            raise CommandError(sentence, returncode=REFUSED) from None
        set_email(user=account, address=checked)
        where = f"går till {checked}" if checked else "skickas inte längre"
        self.stdout.write(f"Mejlen till {account.username} {where}.")
