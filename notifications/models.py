"""The post office: one row per notice and hat, numbered without gaps (house.md 5)."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from workspace.models import Agency, Membership, Participant, UserAccount
from workspace.states import Channel


class Epoch(models.Model):
    """One row. A new value after a restore tells every open page that its sequence numbers are from another world."""

    value = models.UUIDField(default=uuid.uuid4)

    def __str__(self) -> str:
        return str(self.value)


class Counter(models.Model):
    """The last sequence number given to a hat. Locked in recipient order, so numbers have no gaps."""

    membership = models.OneToOneField(Membership, on_delete=models.CASCADE, primary_key=True, related_name="counter")
    last_seq = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"counter {self.pk}"


class Notification(models.Model):
    """Something another agency did that this hat should know. Holds no name and no text about a person."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="notifications")
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=40)
    number = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    acting_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    # Set when what it leads to can no longer be opened: it stays in the sequence and leaves every list.
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["membership", "seq"], name="sequence_has_no_doubles")]
        indexes = [
            models.Index(
                fields=["membership"],
                condition=Q(read_at__isnull=True, closed_at__isnull=True),
                name="notification_unread",
            )
        ]

    def __str__(self) -> str:
        return f"notification {self.pk}"


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
