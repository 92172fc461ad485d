"""The mail that says there is something to read, and never what (L50). At most one per person and day."""

import logging
from collections.abc import Iterable
from contextlib import closing
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.crypto import salted_hmac

from notifications.models import DigestMail
from workspace.models import UserAccount
from workspace.swedish import say_time, say_weekday_date

log = logging.getLogger("samverkansrum.digests")

SUBJECT = "Samverkansrum: du har något att läsa"
MOST_TRIES = 5
STALE = timedelta(minutes=10)  # a claim older than this was left by a process that died
# What sending raises: the server's no or its silence (smtplib's errors are OSError), or an address that is none.
NOT_SENT = (OSError, ValueError, ValidationError)


def queue_digests(*, day: date, memberships: Iterable[int] = (), roles: Iterable[int] = ()) -> None:
    """See to it that those who wear these hats get one mail for that day, however many hats and however often asked.

    Call it inside an action, after the counters are locked: rows are made in the order of their users, so two actions
    never wait for each other crosswise. Nobody whose account is closed or has no address is written down.
    """
    worn = Q(memberships__in=list(memberships)) | Q(cooperation_roles__in=list(roles))
    users = UserAccount.objects.filter(worn, is_active=True).exclude(email="")
    DigestMail.objects.bulk_create(
        [DigestMail(user_id=pk, day=day) for pk in sorted(set(users.values_list("pk", flat=True)))],
        ignore_conflicts=True,
    )


def send_digests() -> int:
    """Send what today and yesterday still owe, and return how many mails the server took.

    Each mail in order: reach the server, claim the row and commit, send, note it as sent. Any number of processes may
    do it at once: only one gets the claim. A mail the server refuses is kept for the next sweep, at most five times;
    where no server answers nothing is claimed, and no try is used up. Only the kind of an error is kept.

    At least once, and twice only where a process dies between the server's yes and our note of it. The repeat has the
    same Message-ID, so the receiving server can see that it is one mail. Call it outside transactions.
    """
    sent = last = 0
    while mail := _owed().filter(pk__gt=last, user__is_active=True).exclude(user__email="").first():
        last = mail.pk
        server = get_connection()
        try:
            server.open()
        except OSError as error:
            _owed().update(last_error=type(error).__name__)
            log.warning("the mail server does not answer, digests wait: %s", type(error).__name__)
            break
        with closing(server):
            sent += _claim(mail) and _send(mail, server)
    return sent


def _owed(now: datetime | None = None) -> QuerySet[DigestMail]:
    """Mails that nobody has sent, is sending or has given up. Columns of its own only: a claim asks it again."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    return (
        DigestMail.objects.select_related("user")
        .filter(day__in=(today, today - timedelta(days=1)), sent_at__isnull=True, tries__lt=MOST_TRIES)
        .filter(Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - STALE))
        .order_by("pk")
    )


def _claim(mail: DigestMail) -> bool:
    """Take a mail for this process, committed before it is sent. False: another process was faster."""
    now = timezone.now()
    with transaction.atomic(durable=True):
        return bool(_owed(now).filter(pk=mail.pk).update(claimed_at=now, tries=F("tries") + 1))


def _send(mail: DigestMail, server: BaseEmailBackend) -> bool:
    row = DigestMail.objects.filter(pk=mail.pk)
    try:
        validate_email(mail.user.email)
        _message(mail, server).send()
    except NOT_SENT as error:
        row.update(claimed_at=None, last_error=type(error).__name__)
        log.warning("digest %s was not sent: %s", mail.pk, type(error).__name__)
        return False
    row.update(sent_at=timezone.now(), last_error="")
    return True


def _message(mail: DigestMail, server: BaseEmailBackend) -> EmailMessage:
    """The same for everybody but for the time, the address and the Message-ID, and the same each time it is made."""
    when = f"{say_weekday_date(timezone.localdate(mail.made_at))} kl. {say_time(mail.made_at)}"
    # Of what makes the mail one and not of the row's number, which can come again after a restored backup.
    digest = salted_hmac("notifications.digest", f"{mail.user_id} {mail.day}", algorithm="sha256").hexdigest()
    return EmailMessage(
        subject=SUBJECT,
        body=render_to_string("notifications/digest.txt", {"when": when, "address": settings.SITE_URL}),
        to=[mail.user.email],
        headers={"Message-ID": f"<{digest[:32]}@{settings.SITE_HOST}>", "Auto-Submitted": "auto-generated"},
        connection=server,
    )
