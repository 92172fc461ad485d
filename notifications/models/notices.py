"""The post office: one row per notice and hat, numbered without gaps (house.md 5)."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from notifications.states import Urgency
from workspace.models import Agency, Membership


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
    urgency = models.PositiveSmallIntegerField(choices=Urgency, default=Urgency.KNOW)  # its kind's, when it was told
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


class Follow(models.Model):
    """One hat's own choice about one thing: told of it also without being asked (`follows`), or left in peace."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="follows")
    about = models.CharField(max_length=20)  # `NoticeKind.about`: what kind of thing
    object_id = models.BigIntegerField()
    follows = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["membership", "about", "object_id"], name="one_follow_per_hat_and_thing")
        ]
        indexes = [models.Index(fields=["about", "object_id"], name="follow_of_a_thing")]

    def __str__(self) -> str:
        return f"follow {self.pk}"
