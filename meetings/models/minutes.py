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


class MinutesSeal(models.Model):
    """An approved version, locked: who signed it, and one digest over its content and them (L42). Only added to.

    Where it stands, the database takes no more parts or answers for the version (migration 0007).
    """

    minutes = models.OneToOneField(Minutes, on_delete=models.PROTECT, related_name="seal")
    signers = models.JSONField()  # [{"name", "side", "at"}]: as they were, in the order they signed
    digest = models.CharField(max_length=64)  # sha256 over the version's digest and the signers
    sealed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"seal {self.pk}"


class MinutesAddendum(ByHat):
    """What is added to sealed minutes afterwards: the minutes themselves stand as they were. Only added to."""

    minutes = models.ForeignKey(Minutes, on_delete=models.PROTECT, related_name="addenda")
    number = models.PositiveSmallIntegerField()
    text = models.TextField(max_length=5000)
    author = models.CharField(max_length=200)  # name and side, as they were
    at = models.DateTimeField(default=timezone.now)
    digest = models.CharField(max_length=64)  # over the one before it (first: the seal's) and this one

    class Meta(ByHat.Meta):
        ordering = ["number"]
        constraints = [
            *ByHat.Meta.constraints,
            models.UniqueConstraint(fields=["minutes", "number"], name="addendum_number_once"),
        ]

    def __str__(self) -> str:
        return f"addendum {self.pk}"


class MinutesPosting(ByHat):
    """Formal minutes: when it was announced that they are approved, and where (KL 8:12). Only added to."""

    minutes = models.OneToOneField(Minutes, on_delete=models.PROTECT, related_name="posting")
    posted_on = models.DateField()
    where = models.CharField(max_length=300)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"posting {self.pk}"
