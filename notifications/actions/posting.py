"""How a mail is sent: claimed first, at least once, and never an address that could carry anything else (L50).

What does not get through is remembered of its reader, so that somebody can have the address put right.
"""

import logging
import re
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from smtplib import SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused
from typing import NamedTuple, TypeVar

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from notifications.models import MailTrouble, OutgoingMail, SentMail
from notifications.queries import trouble_lives
from workspace.actions import action
from workspace.clocks import start_of
from workspace.models import UserAccount

log = logging.getLogger("samverkansrum.mail")

Mail = TypeVar("Mail", bound=OutgoingMail)
PAUSES = (1, 5, 30, 120)  # minutes of rest after the first try, the second and so on
MOST_TRIES = len(PAUSES) + 1
BOUNCES_COME = timedelta(days=14)  # so long a sent mail is remembered
STALE = timedelta(minutes=10)  # a claim older than this was left by a process that died
# What sending raises: the server's no or its silence (smtplib's errors are OSError), or an address that is none.
NOT_SENT = (OSError, ValueError, ValidationError)
ENHANCED = re.compile(rb"\s*([245]\.\d{1,3}\.\d{1,3})\b")  # RFC 3463, first in what a server says (RFC 2034)
NO_ADDRESS, NO_CONNECTION = "5.1.3", "4.4.2"


def unclaimed(now: datetime | None = None) -> Q:
    """Rows that no process is sending. Columns of its own only: a claim asks it again."""
    return Q(claimed_at__isnull=True) | Q(claimed_at__lt=(now or timezone.now()) - STALE)


def unsent(rows: QuerySet[Mail]) -> QuerySet[Mail]:
    """Those that nobody has sent, is sending or has given up, that have rested, and whose address the server has not
    said no to for good today; in the order they were made."""
    free = rows.filter(unclaimed(), rested(), sent_at__isnull=True, tries__lt=MOST_TRIES).order_by("pk")
    columns = {field.name for field in rows.model._meta.fields}
    if "user" not in columns:
        return free
    today = start_of(timezone.localdate())
    refused = MailTrouble.objects.filter(trouble_lives(), user=OuterRef("user"), is_final=True, last_at__gte=today)
    if "address" in columns:
        refused = refused.filter(address=OuterRef("address"))
    return free.filter(~Exists(refused))


def rested() -> Q:
    """Rows that nobody has tried, or not for a while that grows with each try."""
    now = timezone.now()
    waits = (Q(tries=tries, tried_at__lte=now - timedelta(minutes=rest)) for tries, rest in enumerate(PAUSES, 1))
    return reduce(or_, waits, Q(tried_at__isnull=True))


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
    do it at once: only one gets the claim. A mail the server refuses is tried again after a rest, at most five times
    over two and a half hours; where no server answers nothing is claimed, and no try is used up. A no to the address
    for good is asked no more that day (to a participant: no more at all). Of an error only its kind is kept.

    To a member of staff: what is refused for good, or five times, becomes their `MailTrouble`; what is taken ends it,
    and is remembered for two weeks, so that a bounce of it is known.

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
    if sent:
        forget_sent()
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
        message = write(mail, server)
        message.send()
    except NOT_SENT as error:
        refusal = refusal_in(error)
        row.update(claimed_at=None, last_error=type(error).__name__)
        log.warning("%s was not sent: %s %s", mail, type(error).__name__, refusal.code)
        _note_refusal(mail, refusal)
        return False
    row.update(sent_at=timezone.now(), last_error="")
    user = _reader(mail)
    if user is not None:
        note_taken(user=user, address=message.to[0], message_id=message.extra_headers["Message-ID"])
    return True


# ---------- what does not get through ----------
class Refusal(NamedTuple):
    """Why a mail was not taken. `is_final`: the server will never take one to this address."""

    code: str
    is_final: bool


def refusal_in(error: Exception) -> Refusal:
    """What a server said, of which only the code is kept, or that there was no answer.

    For good is a 5xx that is about the address or its mailbox (RFC 3463: 5.1.x, 5.2.x), and one without such a code to
    the recipient. A no to our own server or to the mail as such says nothing of the address.
    """
    if isinstance(error, ValidationError):
        return Refusal(NO_ADDRESS, True)
    number: int
    words: bytes | str
    if isinstance(error, SMTPRecipientsRefused):
        number, words = next(iter(error.recipients.values()))
    elif isinstance(error, SMTPResponseException):
        number, words = error.smtp_code, error.smtp_error
    else:
        return Refusal(NO_CONNECTION, False)
    found = ENHANCED.match(words if isinstance(words, bytes) else words.encode(errors="replace"))
    code = found[1].decode() if found else str(number)
    if not 500 <= number < 600 or isinstance(error, SMTPSenderRefused):
        return Refusal(code, False)
    bare = found is None and isinstance(error, SMTPRecipientsRefused)
    return Refusal(code, bare or code.startswith(("5.1.", "5.2.")))


def _reader(mail: OutgoingMail) -> int | None:
    """The member of staff it is to; None: a participant."""
    return getattr(mail, "user_id", None)


def _note_refusal(mail: OutgoingMail, refusal: Refusal) -> None:
    row = type(mail)._default_manager.filter(pk=mail.pk)
    user = _reader(mail)
    if user is None:
        if refusal.is_final:
            row.update(tries=MOST_TRIES)
    elif refusal.is_final or row.filter(tries__gte=MOST_TRIES).exists():
        address = getattr(mail, "address", "") or UserAccount.objects.get(pk=user).email
        note_trouble(user=user, address=address, refusal=refusal)


@action
def note_trouble(*, user: int, address: str, refusal: Refusal, by_bounce: bool = False) -> bool:
    """Remember that mail to somebody's address does not get through; one row for each person, from the first time.

    False, and nothing is written, where their address is another by now. Locks the account.
    """
    account = UserAccount.objects.select_for_update(of=("self",), no_key=True).get(pk=user)
    if not address or account.email != address:
        return False
    now, known = timezone.now(), MailTrouble.objects.filter(trouble_lives(), user=account).first()
    since, times = (known.since, known.times + 1) if known else (now, 1)
    columns = {"address": address, "since": since, "last_at": now, "times": times, "code": refusal.code}
    state = {"is_final": refusal.is_final, "by_bounce": by_bounce, "taken_at": None}
    MailTrouble.objects.update_or_create(user=account, defaults={**columns, **state})
    log.warning("mail to user %s does not get through: %s", user, refusal.code)
    return True


@action
def note_taken(*, user: int, address: str, message_id: str) -> None:
    """Remember a mail that a server took, and end what had kept mails from this address.

    Where mails had come back after a server took them, that it takes one more says nothing yet: two days without a
    bounce do (`trouble_lives`).
    """
    now = timezone.now()
    # A repeat of a mail has the Message-ID it had.
    row = SentMail(message_id=message_id, user_id=user, address=address, sent_at=now)
    SentMail.objects.bulk_create([row], ignore_conflicts=True)
    known = MailTrouble.objects.filter(user=user).first()
    if known is None:
        return
    lives = MailTrouble.objects.filter(trouble_lives(), pk=known.pk).exists()
    if not lives or (known.address == address and not known.by_bounce):
        known.delete()
    elif known.taken_at is None and known.by_bounce:
        MailTrouble.objects.filter(pk=known.pk, last_at=known.last_at).update(taken_at=now)


@action
def forget_sent() -> None:
    """Delete what was remembered of mails of which no bounce is to be expected any more."""
    SentMail.objects.filter(sent_at__lt=timezone.now() - BOUNCES_COME).delete()
