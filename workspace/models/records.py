"""What must not be lost or done twice."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from workspace.models.authorities import UserAccount
from workspace.models.own_page import Browser
from workspace.states import AuditAct


class AuditEntry(models.Model):
    """Who did or saw what, when, under which hat (L36). Ids only; no name and no text ever stands here."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    act = models.CharField(max_length=20, choices=AuditAct)
    what = models.CharField(max_length=60)
    object_id = models.BigIntegerField(null=True, blank=True)
    participant_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    user_id = models.BigIntegerField(null=True, blank=True)
    membership_id = models.BigIntegerField(null=True, blank=True)
    cooperation_role_id = models.BigIntegerField(null=True, blank=True)
    agency_id = models.BigIntegerField(null=True, blank=True)
    browser_id = models.BigIntegerField(null=True, blank=True)  # the participant, on the own page
    session_digest = models.CharField(max_length=16, blank=True)
    disclosure_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["session_digest", "what", "object_id"]),
            models.Index(fields=["at"], name="audit_at"),  # what has happened lately
        ]

    def __str__(self) -> str:
        return f"audit {self.pk}"


class IdempotencyKey(models.Model):
    """Remembers what a form has done, so that sending it twice does it once (house.md 4.5)."""

    user = models.ForeignKey(UserAccount, on_delete=models.CASCADE, null=True, blank=True)
    browser = models.ForeignKey(Browser, on_delete=models.CASCADE, null=True, blank=True)  # the participant's own page
    key = models.CharField(max_length=64)
    action = models.CharField(max_length=60)
    result_url = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key", "action"], name="key_used_once"),
            models.UniqueConstraint(fields=["browser", "key", "action"], name="key_used_once_on_the_own_page"),
            models.CheckConstraint(condition=Q(user__isnull=True) ^ Q(browser__isnull=True), name="key_is_of_one"),
        ]

    def __str__(self) -> str:
        return f"key {self.pk}"


class ImportedRow(models.Model):
    """What a row of a workbook became, so that the same workbook can be read again."""

    sheet = models.CharField(max_length=40)
    key = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    object_id = models.BigIntegerField()
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sheet", "key"], name="workbook_row_read_once")]

    def __str__(self) -> str:
        return f"{self.sheet} {self.key}"
