"""How a mail is sent: claimed first, at least once, and never an address that could carry anything else (L50)."""

import logging
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from notifications.models import OutgoingMail

log = logging.getLogger("samverkansrum.mail")

Mail = TypeVar("Mail", bound=OutgoingMail)
MOST_TRIES = 5
STALE = timedelta(minutes=10)  # a claim older than this was left by a process that died
# What sending raises: the server's no or its silence (smtplib's errors are OSError), or an address that is none.
NOT_SENT = (OSError, ValueError, ValidationError)


def unclaimed(now: datetime | None = None) -> Q:
    """Rows that no process is sending. Columns of its own only: a claim asks it again."""
    return Q(claimed_at__isnull=True) | Q(claimed_at__lt=(now or timezone.now()) - STALE)


def unsent(rows: QuerySet[Mail]) -> QuerySet[Mail]:
    """Those that nobody has sent, is sending or has given up, in the order they were made."""
    return rows.filter(unclaimed(), sent_at__isnull=True, tries__lt=MOST_TRIES).order_by("pk")


def rested(pause: timedelta) -> Q:
    """Rows that nobody has tried, or not for so long times how often they have been tried."""
    now = timezone.now()
    waits = (Q(tries=tries, tried_at__lte=now - pause * tries) for tries in range(1, MOST_TRIES))
    return reduce(or_, waits, Q(tries=0))


def given_up(rows: QuerySet[Mail]) -> QuerySet[Mail]:
    """Those that are tried no more."""
    return rows.filter(unclaimed(), sent_at__isnull=True, tries__gte=MOST_TRIES)


def checked_address(text: str) -> str:
    """An e-mail address and nothing else, or ValidationError. Django's own check lets control characters by, quoted."""
    if not text.isprintable() or any(letter in text for letter in ' ",;:<>()[]\\'):
        raise ValidationError("no address")
    validate_email(text)
    return text


def send_each(owed: Callable[[], QuerySet[Mail]], write: Callable[[Mail, BaseEmailBackend], EmailMessage]) -> int:
    """Send what is owed, one by one, and return how many mails the server took.

    Each in order: reach the server, claim the row and commit, send, note it as sent. Any number of processes may
    do it at once: only one gets the claim. A mail the server refuses is kept for the next sweep, at most five times;
    where no server answers nothing is claimed, and no try is used up. Only the kind of an error is kept. What is sent
    more often than by the ten-minute sweep must rest between its tries: let `owed` ask for `rested`.

    At least once, and twice only where a process dies between the server's yes and our note of it. The repeat has the
    same Message-ID, so the receiving server can see that it is one mail. Call it outside transactions.
    """
    sent = last = 0
    while mail := owed().filter(pk__gt=last).first():
        last = mail.pk
        server = get_connection()
        try:
            server.open()
        except OSError as error:
            owed().update(last_error=type(error).__name__)
            log.warning("the mail server does not answer, mails wait: %s", type(error).__name__)
            break
        with closing(server):
            sent += _claim(mail) and _send(mail, write, server)
    return sent


def _claim(mail: Mail) -> bool:
    """Take a mail for this process, committed before it is sent. False: another process was faster."""
    with transaction.atomic(durable=True):
        free = unsent(type(mail)._default_manager.filter(pk=mail.pk))
        now = timezone.now()
        return bool(free.update(claimed_at=now, tried_at=now, tries=F("tries") + 1))


def _send(mail: Mail, write: Callable[[Mail, BaseEmailBackend], EmailMessage], server: BaseEmailBackend) -> bool:
    row = type(mail)._default_manager.filter(pk=mail.pk)
    try:
        write(mail, server).send()
    except NOT_SENT as error:
        row.update(claimed_at=None, last_error=type(error).__name__)
        log.warning("%s was not sent: %s", mail, type(error).__name__)
        return False
    row.update(sent_at=timezone.now(), last_error="")
    return True
