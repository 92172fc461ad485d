"""What each person has chosen about notices. Who has chosen nothing has no rows: see `notifications.rules`."""

from datetime import time

from django.db import models

from notifications.states import DigestRhythm
from workspace.models import UserAccount


class KindChoice(models.Model):
    """One person's choice about one kind of notice, where it is another than the default of its urgency."""

    user = models.ForeignKey(UserAccount, on_delete=models.CASCADE, related_name="kind_choices")
    kind = models.CharField(max_length=40)
    on_page = models.BooleanField(default=True)  # counted by the bell; else it is told as read
    mail = models.CharField(max_length=6, choices=DigestRhythm)
    push = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="one_choice_per_person_and_kind")]

    def __str__(self) -> str:
        return f"choice {self.pk}"


class QuietHours(models.Model):
    """When nothing is mailed or pushed to this person: each day between two times, Stockholm's, and on days off."""

    user = models.OneToOneField(UserAccount, on_delete=models.CASCADE, related_name="quiet_hours")
    begins = models.TimeField(default=time(18))
    ends = models.TimeField(default=time(7))
    days_off = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"quiet hours {self.pk}"
