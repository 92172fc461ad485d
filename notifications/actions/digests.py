"""The mail that says there is something to read, and never what (L50). At most one per person and day."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.crypto import salted_hmac

from notifications.actions.posting import checked_address, send_each, unsent
from notifications.models import DigestMail
from workspace.models import UserAccount
from workspace.swedish import say_time, say_weekday_date

SUBJECT = "Samverkansrum: du har något att läsa"


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
    """Send what today and yesterday still owe, as `send_each` says, and return how many mails the server took."""
    return send_each(_owed, write_digest)


def _owed() -> QuerySet[DigestMail]:
    today = timezone.localdate()
    return (
        unsent(DigestMail.objects.select_related("user"))
        .filter(day__in=(today, today - timedelta(days=1)), user__is_active=True)
        .exclude(user__email="")
    )


def write_digest(mail: DigestMail, server: BaseEmailBackend | None) -> EmailMessage:
    """The same for everybody but for the time, the address and the Message-ID, and the same each time it is made.

    Refuses an address that is none (ValidationError).
    """
    when = f"{say_weekday_date(timezone.localdate(mail.made_at))} kl. {say_time(mail.made_at)}"
    # Of what makes the mail one and not of the row's number, which can come again after a restored backup.
    digest = salted_hmac("notifications.digest", f"{mail.user_id} {mail.day}", algorithm="sha256").hexdigest()
    return EmailMessage(
        subject=SUBJECT,
        body=render_to_string("notifications/digest.txt", {"when": when, "address": settings.SITE_URL}),
        to=[checked_address(mail.user.email)],
        headers={"Message-ID": f"<{digest[:32]}@{settings.SITE_HOST}>", "Auto-Submitted": "auto-generated"},
        connection=server,
    )
