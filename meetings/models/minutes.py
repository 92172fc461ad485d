"""Minutes: each version sent is frozen; who got it, who approved it, and what was taken back (L42)."""

from django.db import models
from django.utils import timezone

from meetings.models.agenda import AgendaItem
from meetings.models.meetings import Attendance, Meeting
from meetings.models.people import ByHat
from meetings.states import MinutesAnswer


class Minutes(ByHat):
    """One version as it was sent. Only ever added to: a correction is the next version, with its reason."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="minutes_versions")
    version = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=500, blank=True)  # of a correction
    sent_at = models.DateTimeField(default=timezone.now)
    # The group, times, place and quorum as they were, as plain data. Frozen with the rest.
    head = models.JSONField(default=dict)
    # Who was there: [{"agency", "shape", "people", "represented"}].
    attendance = models.JSONField(default=list)
    digest = models.CharField(max_length=64)  # sha256 of its head, attendance and parts, in order

    class Meta(ByHat.Meta):
        ordering = ["version"]
        constraints = [models.UniqueConstraint(fields=["meeting", "version"], name="minutes_version_once")]

    def __str__(self) -> str:
        return f"minutes {self.pk}"


class MinutesPart(models.Model):
    """One item of a version, frozen. A case's part is read by its circle while their access lasts. Only added to."""

    minutes = models.ForeignKey(Minutes, on_delete=models.PROTECT, related_name="parts")
    item = models.ForeignKey(AgendaItem, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()
    is_case = models.BooleanField(default=False)
    # {"title", "times", "presenter", "note", "decisions": […], "actions": […], …}: what the item said then.
    content = models.JSONField()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"minutes part {self.pk}"


class MinutesRecipient(models.Model):
    """Somebody a version was sent to. Withdrawn: sent to the wrong person, who can no longer open it."""

    minutes = models.ForeignKey(Minutes, on_delete=models.PROTECT, related_name="recipients")
    attendance = models.ForeignKey(Attendance, on_delete=models.PROTECT, related_name="minutes_received")
    is_adjuster = models.BooleanField(default=False)  # asked to approve
    read_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["minutes", "attendance"], name="minutes_once_per_recipient")]

    def __str__(self) -> str:
        return f"minutes recipient {self.pk}"


class MinutesApproval(ByHat):
    """An adjuster's answer to a version. Only ever added to."""

    minutes = models.ForeignKey(Minutes, on_delete=models.PROTECT, related_name="approvals")
    answer = models.CharField(max_length=10, choices=MinutesAnswer)
    comment = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta(ByHat.Meta):
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"approval {self.pk}"
