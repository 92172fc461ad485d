"""What an agency's own case system is told (standardwebhooks): that something has happened, by ids only."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from notifications.states import WebhookProblem
from workspace.models import Agency, Membership


class Webhook(models.Model):
    """Where one agency's system listens. Address and signing key lie sealed."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="webhooks")
    address = models.TextField()  # sealed
    host = models.CharField(max_length=253)  # of the address, to be shown
    signing_key = models.TextField()  # sealed
    previous_key = models.TextField(blank=True)  # sealed; signs too for a day after `key_changed_at`
    key_changed_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    stopped_at = models.DateTimeField(null=True, blank=True)
    is_unwanted = models.BooleanField(default=False)  # stopped because the receiver answered 410

    def __str__(self) -> str:
        return f"webhook {self.pk}"


class WebhookMessage(models.Model):
    """One message to one webhook, made in the act's own transaction. `message_id` is the same each time it is sent."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="messages")
    message_id = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=40)
    about = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    number = models.CharField(max_length=20)
    made_at = models.DateTimeField(default=timezone.now)
    first_tried_at = models.DateTimeField(null=True, blank=True)
    next_try_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True, blank=True)
    dead_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=40, blank=True)  # a status or the kind of error only

    class Meta:
        indexes = [
            models.Index(
                fields=["webhook", "id"],
                condition=Q(delivered_at__isnull=True, dead_at__isnull=True),
                name="webhook_messages_owed",
            ),
            models.Index(fields=["webhook"], condition=Q(dead_at__isnull=False), name="webhook_messages_dead"),
            models.Index(fields=["webhook", "-id"], name="webhook_messages_newest"),
        ]

    def __str__(self) -> str:
        return f"webhook message {self.pk}"

    @property
    def is_owed(self) -> bool:
        """It will be tried (again)."""
        return self.delivered_at is None and self.dead_at is None

    @property
    def why(self) -> str:
        """Why it has not come through, in a sentence; "" where nothing has gone wrong."""
        if self.last_error.isdigit():
            return f"Mottagaren svarade {self.last_error}."
        return WebhookProblem(self.last_error).label if self.last_error in WebhookProblem else ""
