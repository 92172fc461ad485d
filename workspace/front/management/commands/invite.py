"""`manage.py invite USER | --all`: one-time links for those who are to sign in for the first time."""

from argparse import ArgumentParser
from difflib import get_close_matches
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from workspace.actions import make_sign_in_link
from workspace.models import CooperationRole, UserAccount
from workspace.queries import hats_of

REFUSED = 2


def refusal(sentence: str) -> CommandError:
    return CommandError(sentence, returncode=REFUSED)


class Command(BaseCommand):
    help = "Skriver ut länkar att logga in med. Varje länk gäller i 24 timmar och fungerar en gång."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="ANVÄNDARE", nargs="?", help="ett användarnamn, till exempel anv01")
        parser.add_argument("--all", action="store_true", help="alla som kan logga in, utom demonstrationens konton")
        parser.add_argument("--host", default="http://127.0.0.1:8000", help="adressen dit länkarna leder")

    def handle(self, *args: Any, user: str | None, all: bool, host: str, **options: Any) -> None:
        if bool(user) == all:
            raise refusal("Ange ett användarnamn eller --all.")
        if not host.startswith(("http://", "https://")):
            raise refusal(f"{host} är ingen adress. Skriv till exempel https://samverkan.exempel.se.")
        accounts = list(UserAccount.objects.filter(is_active=True, is_demo=False).order_by("username"))
        if user:
            accounts = [invited(user)]
        if not accounts:
            raise refusal("Det finns ingen att bjuda in. Läs in arbetsboken först: python manage.py import_start MAPP.")
        for account in accounts:
            address = host.rstrip("/") + reverse("sign_in_link", args=[make_sign_in_link(user=account)])
            self.stdout.write(f"{account.username}  {account.get_full_name()}  {say_hats(account)}  {address}")
        each = "Länken" if len(accounts) == 1 else "Varje länk"
        self.stdout.write(f"{each} gäller i 24 timmar och fungerar en gång. Äldre länkar har slutat fungera.")


def invited(username: str) -> UserAccount:
    """The account of that name. Refuses an unknown one, with the closest, an inactive one and a demo account."""
    account = UserAccount.objects.filter(username__iexact=username).first()
    if account is None:
        near = get_close_matches(username.casefold(), UserAccount.objects.values_list("username", flat=True), n=1)
        raise refusal(f"Det finns ingen användare {username}." + (f" Menade du {near[0]}?" if near else ""))
    if not account.is_active:
        raise refusal(f"{account.username} är avstängd och kan inte bjudas in.")
    if account.is_demo:
        raise refusal(f"{account.username} hör till demonstrationen och loggar in med lösenordet därifrån.")
    return account


def say_hats(account: UserAccount) -> str:
    """«handläggare, Socialtjänsten Piteå», with every hat worn today."""
    hats = [
        f"{hat.get_role_display()}, {hat.cooperation.name if isinstance(hat, CooperationRole) else hat.agency.name}"
        for hat in hats_of(account)
    ]
    return " · ".join(hats) or "ingen roll i dag"
