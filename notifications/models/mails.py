"""Mails that are queued and sent: how far each has come, and what came back."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from notifications.states import DigestRhythm
from workspace.models import Participant, UserAccount
from workspace.states import Channel


class OutgoingMail(models.Model):
    """What every mail that is queued and sent has: how far it has come."""

    made_at = models.DateTimeField(default=timezone.now)
    # Set and committed before it is sent: one that is claimed and not sent is being sent, or its sender died.
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=80, blank=True)  # the kind of error only

    class Meta:
        abstract = True


class DigestMail(OutgoingMail):
    """The one mail of a day to somebody who has something to read. Says neither what nor from whom (L50)."""

    user = models.ForeignKey(UserAccount, on_delete=models.CASCADE, related_name="digest_mails")
    day = models.DateField()
    rhythm = models.CharField(max_length=6, choices=DigestRhythm, default=DigestRhythm.DAILY)
    told_until = models.DateTimeField(default=timezone.now)  # no later mail is for what came up to here
    kinds = models.JSONField(default=list)  # what it is for: what whoever stops it does not want mailed any more

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="one_digest_a_day")]
        indexes = [models.Index(fields=["day"], condition=Q(sent_at__isnull=True), name="digest_unsent")]

    def __str__(self) -> str:
        return f"digest {self.pk}"


class ParticipantMail(OutgoingMail):
    """One mail or SMS to a participant who has something to read. Says neither what nor from whom (L50).

    Where it goes and in which words is the participant's choice when it is sent, not when it was asked for.
    """

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="mails")
    channel = models.CharField(max_length=8, choices=Channel, blank=True)  # by which it was sent

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant"], condition=Q(sent_at__isnull=True), name="one_unsent_mail_per_participant"
            )
        ]

    def __str__(self) -> str:
        return f"participant mail {self.pk}"


class SentMail(models.Model):
    """A mail that a server took, to a member of staff: what a bounce of it is known by. Kept for two weeks."""

    message_id = models.CharField(max_length=300, unique=True)
    user = models.ForeignKey(UserAccount, on_delete=models.CASCADE, related_name="sent_mails")
    address = models.EmailField()
    sent_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"sent mail {self.pk}"


class MailTrouble(models.Model):
    """That mail to this person does not get through, since when and why; see `queries.trouble_lives`."""

    user = models.OneToOneField(UserAccount, on_delete=models.CASCADE, related_name="mail_trouble")
    address = models.EmailField()  # with another it is over
    since = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    times = models.PositiveIntegerField(default=1)
    code = models.CharField(max_length=20)  # RFC 3463 («5.1.1»), or SMTP's own («550»); never the server's words
    is_final = models.BooleanField(default=False)  # a no to the address for good: no mail is tried again that day
    by_bounce = models.BooleanField(default=False)  # the server had taken the mail
    taken_at = models.DateTimeField(null=True, blank=True)  # of such: the first mail it has taken since

    def __str__(self) -> str:
        return f"mail trouble {self.pk}"

    @property
    def concerns(self) -> str:
        """What is to be put right: the mailbox («full»), the address («address»), or something else («»)."""
        if self.code.endswith(".2.2"):
            return "full"
        return "address" if self.is_final else ""
