"""The mail or SMS to a participant that says there is something to read, and never what (L50)."""

import re
from datetime import timedelta
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from notifications.actions.posting import MOST_TRIES, checked_address, send_each, unclaimed, unsent
from notifications.models import ParticipantMail
from workspace.actions import action
from workspace.models import Contact, Participant, Visit
from workspace.queries import contact_of
from workspace.states import Channel, NeutralWords

AT_MOST_EVERY = timedelta(minutes=30)
PAGE = "/min-sida/"
NUMBER = re.compile(r"\+?[0-9]{6,15}")


def queue_participant_mail(*, participant: Participant) -> None:
    """See to it that the participant hears, in the channel they chose, that there is something to read.

    Call it inside an action that has locked the participant. Where one waits unsent already nothing is added: it is
    only as new as what it tells of. Where they chose no channel or letters, nothing is written.
    """
    if contact_of(participant).channel not in {Channel.EMAIL, Channel.SMS}:
        return
    waiting = ParticipantMail.objects.filter(participant=participant, sent_at__isnull=True)
    waiting.filter(unclaimed(), tries__gte=MOST_TRIES).delete()  # given up: it must not stand in the way of the next
    waiting.update(made_at=timezone.now())
    ParticipantMail.objects.bulk_create([ParticipantMail(participant=participant)], ignore_conflicts=True)


def send_participant_mails() -> int:
    """Drop what need not be said any more, send the rest as `send_each` says; returns how many the server took.

    At most one per participant in half an hour: the next waits. Channel, address and words are the participant's
    choice of now. For the sweep.
    """
    _drop_needless()
    return send_each(_owed, write_participant_mail)


@action
def _drop_needless() -> None:
    """What the participant has looked at since, and what they no longer want said, by mail or at all."""
    seen = Visit.objects.filter(browser__participant=OuterRef("participant"), began_at__gt=OuterRef("made_at"))
    wanted = Contact.objects.filter(participant=OuterRef("participant"), channel__in=[Channel.EMAIL, Channel.SMS])
    rows = ParticipantMail.objects.filter(unclaimed(), sent_at__isnull=True)
    rows.filter(Exists(seen) | ~Exists(wanted)).delete()


def _owed() -> QuerySet[ParticipantMail]:
    """SMS waits where no operator's service is set."""
    lately = ParticipantMail.objects.filter(
        participant=OuterRef("participant"), sent_at__gt=timezone.now() - AT_MOST_EVERY
    )
    channels = [Channel.EMAIL, Channel.SMS] if settings.SMS_GATEWAY else [Channel.EMAIL]
    wanted = Contact.objects.filter(participant=OuterRef("participant"), channel__in=channels)
    return unsent(ParticipantMail.objects.filter(~Exists(lately), Exists(wanted)))


def write_participant_mail(mail: ParticipantMail, server: BaseEmailBackend | None) -> EmailMessage:
    """As chosen now. Refuses a participant who has chosen nothing (ValidationError)."""
    contact = Contact.objects.filter(participant=mail.participant_id).first()
    if contact is None:
        raise ValidationError("nothing chosen")
    return write_neutral(mail, contact, server)


def write_neutral(mail: ParticipantMail, contact: Contact, server: BaseEmailBackend | None) -> EmailMessage:
    """Exactly the words that were chosen: of all that is known only the address enters, and it is checked first.

    Words that do not name the product come from an address without a name. Refuses an address or a number that is
    none, and a participant who wants no mail (ValidationError).
    """
    words = NeutralWords(contact.words)
    is_plain = words == NeutralWords.PLAIN
    if contact.channel == Channel.SMS:
        to, subject, body = _sms_address(contact.address), "", words.label
    elif contact.channel == Channel.EMAIL:
        to, subject = checked_address(contact.address), words.label
        body = f"{words.label}\n\n{settings.SITE_URL}{PAGE}" if is_plain else words.label
    else:
        raise ValidationError("no mail wanted")
    # Of what makes the mail one and not of the row's number, which can come again after a restored backup.
    one = f"{mail.participant_id} {mail.made_at.isoformat()}"
    digest = salted_hmac("notifications.participant", one, algorithm="sha256").hexdigest()
    sender = settings.DEFAULT_FROM_EMAIL
    return EmailMessage(
        subject=subject,
        body=str(body),
        from_email=sender if is_plain else parseaddr(sender)[1],
        to=[to],
        headers={"Message-ID": f"<{digest[:32]}@{settings.SITE_HOST}>", "Auto-Submitted": "auto-generated"},
        connection=server,
    )


def _sms_address(text: str) -> str:
    """The number at the operator's mail-to-SMS service: «0701234567@sms.exempel.se»."""
    number = text.translate(str.maketrans("", "", " -\u00a0"))
    if not settings.SMS_GATEWAY or not NUMBER.fullmatch(number):
        raise ValidationError("no number")
    return checked_address(f"{number}@{settings.SMS_GATEWAY}")
