"""When somebody is busy elsewhere: only from when to when, from a calendar they gave themselves (issue 8.4)."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from workspace.models import UserAccount


class BusySource(models.Model):
    """The calendar a person gave: a file, read once, or an address that is asked again. The address lies sealed."""

    user = models.OneToOneField(UserAccount, on_delete=models.CASCADE, primary_key=True, related_name="busy_source")
    sealed_address = models.TextField(blank=True)  # empty: it was a file
    host = models.CharField(max_length=253, blank=True)  # what of the address may be shown
    given_at = models.DateTimeField(default=timezone.now)
    tried_at = models.DateTimeField(null=True, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True)  # when it last said something that could be read
    problem = models.CharField(max_length=20, blank=True)  # why the last try gave nothing, as a code
    unread = models.PositiveIntegerField(default=0)  # events that could not be read, and so are no busy times

    def __str__(self) -> str:
        return f"busy source {self.pk}"


class BusyTime(models.Model):
    """From when to when, and nothing else."""

    user = models.ForeignKey(UserAccount, on_delete=models.CASCADE, related_name="busy_times")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="busy_ends_after_it_starts")
        ]
        indexes = [models.Index(fields=["user", "ends_at"], name="busy_of_user")]

    def __str__(self) -> str:
        return f"busy time {self.pk}"
