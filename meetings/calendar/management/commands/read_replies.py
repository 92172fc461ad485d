"""`manage.py read_replies`: takes the answers that have come to the mailbox (issue 8)."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from meetings.calendar.actions.reply_mailbox import read_mailbox
from meetings.calendar.errors import MailboxGone

NO_MAILBOX = "Ingen brevlåda är angiven. Skriv den i REPLY_MAILBOX, till exempel imaps://konto:lösenord@värd:993/INBOX."


class Command(BaseCommand):
    help = (
        "Läser svaren på kallelser i brevlådan REPLY_MAILBOX och skriver in dem, och vilka mejl som har kommit "
        "tillbaka. Kan köras igen: samma svar skrivs en gång. Slutar med 1 om brevlådan inte går att läsa."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.REPLY_MAILBOX:
            raise CommandError(NO_MAILBOX)
        try:
            counted = read_mailbox()
        except MailboxGone as gone:
            raise CommandError(gone.sentence) from None
        self.stdout.write(
            f"Inskrivna: {counted['taken']}. Väntar: {counted['waiting']}. Utan verkan: {counted['ignored']}. "
            f"Avvisade: {counted['refused']}. Gick inte att läsa: {counted['broken']}."
            + (f" Mejl som studsat: {counted['bounced']}." if counted["bounced"] else "")
        )
