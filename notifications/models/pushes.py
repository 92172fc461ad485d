"""Browsers that are told by web push (RFC 8030, 8291, 8292)."""

from django.db import models
from django.utils import timezone

from workspace.models import UserAccount


class PushBrowser(models.Model):
    """One browser of one person, as its push service knows it. The address opens it, and so it is kept sealed."""

    user = models.ForeignKey(UserAccount, on_delete=models.CASCADE, related_name="push_browsers")
    address_digest = models.CharField(max_length=64, unique=True)
    address = models.TextField()  # sealed
    public_key = models.CharField(max_length=120)
    secret = models.CharField(max_length=60)
    name = models.CharField(max_length=60, blank=True)  # «Chrome på Windows», as the person sees it
    made_at = models.DateTimeField(default=timezone.now)
    pushed_at = models.DateTimeField(null=True, blank=True)  # the last that was sent
    told_until = models.DateTimeField(default=timezone.now)  # notices made up to here are pushed, or need not be
    tries = models.PositiveSmallIntegerField(default=0)  # in a row without success
    not_before = models.DateTimeField(default=timezone.now)  # the next push: what is told meanwhile is one with it
    trial_at = models.DateTimeField(null=True, blank=True)  # when a trial was asked for that is not sent yet
    claimed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"push browser {self.pk}"
