"""The mail that says there is something to read, and never what (L50). At most one per person and day."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Case, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from notifications.actions.posting import MOST_TRIES, checked_address, send_each, unclaimed, unsent
from notifications.models import DigestMail, KindChoice, Notification
from notifications.queries import awake
from notifications.rules import ROLE_REMINDERS, default_choice, stop_token
from notifications.states import DigestRhythm, Urgency
from workspace.actions import action
from workspace.clocks import start_of
from workspace.models import UserAccount
from workspace.queries import memberships_worn_today
from workspace.swedish import say_time, say_weekday_date

SUBJECT = "Samverkansrum: du har något att läsa"
REST = timedelta(minutes=30)  # so long a notice may be read on the page before a mail is for it
WITHIN = timedelta(days=14)  # what is older is mailed no more
OWED_FOR = timedelta(days=7)  # so long a mail waits: over a long weekend of quiet hours, or for a server


# ---------- what is to be mailed ----------
def queue_digests(*, day: date, roles: Iterable[int]) -> None:
    """See to it that who wears these roles in a cooperation gets that day's one mail, however often asked.

    A role has no notices, so nothing else would mail it. Call it inside an action, after the counters are locked: rows
    are made in the order of their users, so two actions never wait for each other crosswise. Nobody whose account is
    closed, who has no address, whose last mail still waits, or who wants no such mail is written down.
    """
    never = KindChoice.objects.filter(user=OuterRef("pk"), kind=ROLE_REMINDERS, mail=DigestRhythm.NEVER)
    users = UserAccount.objects.filter(~Exists(never), ~Exists(_waiting("pk")), cooperation_roles__in=list(roles))
    users = users.filter(is_active=True).exclude(email="")
    until = timezone.now() - REST
    _write(
        DigestMail(user_id=pk, day=day, told_until=until, kinds=[ROLE_REMINDERS])
        for pk in set(users.values_list("pk", flat=True))
    )


@action
def queue_unread() -> int:
    """Write down one mail for everybody who has something to read that they want mailed. For the sweep.

    Daily: something unread, of a kind the person wants daily, has come since what the last mail was for, and has lain
    there for half an hour. Weekly: something of the weekly kinds has come before this Monday; the first sweep of the
    week outside quiet hours finds it. Never in somebody's quiet hours, and never while a mail of theirs waits or one
    was made today: so at most one a day, whatever happens. One query, however many people. Returns how many people.
    May run again, be cut off, and be run by two processes at once.
    """
    now = timezone.now()
    found: dict[int, tuple[set[str], set[str]]] = {}
    for user, kind, mail in _unread(now):
        kinds, rhythms = found.setdefault(user, (set(), set()))
        kinds.add(kind)
        rhythms.add(mail)
    mails = []
    for user, (kinds, rhythms) in found.items():
        rhythm = DigestRhythm.DAILY if DigestRhythm.DAILY in rhythms else DigestRhythm.WEEKLY
        until = now - REST if rhythm == DigestRhythm.DAILY else _monday(now)
        today = timezone.localdate(now)
        mails.append(DigestMail(user_id=user, day=today, rhythm=rhythm, told_until=until, kinds=sorted(kinds)))
    _write(mails)
    return len(mails)


def _write(mails: Iterable[DigestMail]) -> None:
    DigestMail.objects.bulk_create(sorted(mails, key=lambda mail: mail.user_id), ignore_conflicts=True)


def _monday(now: datetime) -> datetime:
    """When this week began."""
    today = timezone.localdate(now)
    return start_of(today - timedelta(days=today.weekday()))


def _unread(now: datetime) -> QuerySet[Notification, tuple[int, str, str]]:
    """(user, kind, rhythm) of what is to be mailed now. No ordering: `distinct` would count it in."""
    user = OuterRef("membership__user")
    usual = [When(urgency=urgency, then=Value(default_choice(urgency).mail.value)) for urgency in Urgency]
    chosen = KindChoice.objects.filter(user=user, kind=OuterRef("kind")).values("mail")
    mails = DigestMail.objects.filter(user=user)
    told = mails.order_by().values("user").annotate(until=Max("told_until")).values("until")
    is_daily = Q(mail=DigestRhythm.DAILY, made_at__lte=now - REST)
    is_weekly = Q(mail=DigestRhythm.WEEKLY, made_at__lt=_monday(now))
    return (
        Notification.objects.filter(
            membership__in=memberships_worn_today(),
            read_at__isnull=True,
            closed_at__isnull=True,
            made_at__gt=now - WITHIN,
            membership__user__is_active=True,
        )
        .exclude(membership__user__email="")
        .annotate(mail=Coalesce(Subquery(chosen), Case(*usual, default=Value(DigestRhythm.NEVER.value))))
        .annotate(told=Subquery(told))
        .filter(Q(told__isnull=True) | Q(made_at__gt=F("told")), is_daily | is_weekly)
        .filter(~Exists(mails.filter(day=timezone.localdate(now))), ~Exists(_waiting("membership__user")))
        .filter(awake("membership__user", now))
        .order_by()
        .values_list("membership__user", "kind", "mail")
        .distinct()
    )


def _waiting(user: str) -> QuerySet[DigestMail]:
    """Mails of somebody that still are to be sent: a newer one would say the same."""
    lately = DigestMail.objects.filter(
        user=OuterRef(user), sent_at__isnull=True, day__gt=timezone.localdate() - OWED_FOR
    )
    return lately.exclude(unclaimed(), tries__gte=MOST_TRIES)


# ---------- sent ----------
def send_digests() -> int:
    """Send what the last days still owe, as `send_each` says, and return how many mails the server took.

    In somebody's quiet hours theirs waits. One a day and person, also where two wait.
    """
    return send_each(_owed, write_digest)


def _owed() -> QuerySet[DigestMail]:
    now = timezone.now()
    today = timezone.localdate(now)
    sent_today = DigestMail.objects.filter(user=OuterRef("user"), sent_at__gte=start_of(today))
    return (
        unsent(DigestMail.objects.select_related("user"))
        .filter(~Exists(sent_today), awake("user", now), user__is_active=True)
        .filter(day__gt=today - OWED_FOR, day__lte=today)
        .exclude(user__email="")
    )


def write_digest(mail: DigestMail, server: BaseEmailBackend | None) -> EmailMessage:
    """The same for everybody but for the time, the address, the Message-ID and the way to stop it, and the same each
    time it is made.

    Refuses an address that is none (ValidationError).
    """
    when = f"{say_weekday_date(timezone.localdate(mail.made_at))} kl. {say_time(mail.made_at)}"
    # Of what makes the mail one and not of the row's number, which can come again after a restored backup.
    digest = salted_hmac("notifications.digest", f"{mail.user_id} {mail.day}", algorithm="sha256").hexdigest()
    stop = settings.SITE_URL + reverse("unsubscribe", args=[stop_token(mail.user_id, mail.day)])
    return EmailMessage(
        subject=SUBJECT,
        body=render_to_string("notifications/digest.txt", {"when": when, "address": settings.SITE_URL, "stop": stop}),
        to=[checked_address(mail.user.email)],
        headers={
            "Message-ID": f"<{digest[:32]}@{settings.SITE_HOST}>",
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        connection=server,
    )
