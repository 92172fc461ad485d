"""What the participant takes part in, how it is followed up, and what they say of it (R42, R43, R61, R77, R108)."""

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from workspace.models import Browser, Cooperation, Membership
from workspace.pathway.models.enrolments import Enrolment, Phase
from workspace.pathway.states import Equal, Statement
from workspace.states import Gender


class ActivityKind(models.Model):
    """What can be done in which phases. Data (R61)."""

    code = models.SlugField(primary_key=True, max_length=30)
    name = models.CharField(max_length=60)
    phases = models.ManyToManyField(Phase)
    # At somebody's workplace: followed up, and asked whether it takes an ordinary job (R76, R77).
    is_placement = models.BooleanField(default=False)
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["order"]

    def __str__(self) -> str:
        return self.name


class Activity(models.Model):
    """Something that goes on for a while. Activities may overlap; extent is hours a week of own ability (R108)."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="activities")
    kind = models.ForeignKey(ActivityKind, on_delete=models.PROTECT)
    where = models.CharField("var", max_length=120, blank=True)
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)
    hours = models.PositiveSmallIntegerField(
        "timmar i veckan", validators=[MinValueValidator(0), MaxValueValidator(40)]
    )
    # Somebody has looked at whether it takes the place of an ordinary job (R76).
    no_displacement = models.BooleanField(default=False)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-from_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_on__isnull=True) | Q(to_on__gte=F("from_on")), name="activity_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"activity {self.pk}"


class FollowUp(models.Model):
    """A talk during a placement about how it goes (R77): due on a day, done on a day."""

    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="follow_ups")
    due_on = models.DateField()
    done_on = models.DateField(null=True, blank=True)
    text = models.CharField(max_length=2000, blank=True)
    done_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    told_on = models.DateField(null=True, blank=True)  # when it was said to be due

    class Meta:
        ordering = ["due_on", "pk"]

    def __str__(self) -> str:
        return f"follow-up {self.pk}"


class SurveyRequest(models.Model):
    """Somebody was asked about an activity that has ended. Whether they answered is known, never what."""

    activity = models.OneToOneField(Activity, on_delete=models.CASCADE, related_name="survey")
    asked_on = models.DateField(default=timezone.localdate)
    is_answered = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"survey request {self.pk}"


class SurveyAnswer(models.Model):
    """An anonymous answer: kind of activity, month, sex. Its key is random, so that no order tells whose it is."""

    key = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cooperation = models.ForeignKey(Cooperation, on_delete=models.PROTECT, related_name="+")
    kind = models.ForeignKey(ActivityKind, on_delete=models.PROTECT, related_name="+")
    month = models.DateField()  # its first day
    gender = models.CharField(max_length=10, choices=Gender)
    useful = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(5)])
    listened = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(5)])
    equal = models.CharField(max_length=10, choices=Equal)

    def __str__(self) -> str:
        return "survey answer"


class SelfRating(models.Model):
    """One day's own rating, statement by statement from 1 to 10. The participant's; staff see it only when let to."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="ratings")
    rated_on = models.DateField(default=timezone.localdate)
    statement = models.CharField(max_length=12, choices=Statement)
    value = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(10)])
    browser = models.ForeignKey(Browser, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["rated_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "rated_on", "statement"], name="rated_once_a_day"),
            models.CheckConstraint(condition=Q(value__gte=1, value__lte=10), name="rated_from_1_to_10"),
        ]

    def __str__(self) -> str:
        return f"self rating {self.pk}"
