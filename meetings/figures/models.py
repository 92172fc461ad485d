"""Goals as definitions, months as they were frozen, and figures that somebody else has published."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from meetings.figures.states import Event, Population, Span
from workspace.models import Agency, Cooperation, CooperationRole, Membership
from workspace.states import Gender


class Goal(models.Model):
    """A population, an event, a span and a target: never a number that somebody has typed (R84–R88)."""

    cooperation = models.ForeignKey(Cooperation, on_delete=models.CASCADE, related_name="goals")
    name = models.CharField("mål", max_length=80)
    population = models.CharField("bland", max_length=20, choices=Population)
    event = models.CharField("vad som räknas", max_length=20, choices=Event)
    span = models.CharField("tid", max_length=10, choices=Span, default=Span.ALL)
    target = models.PositiveSmallIntegerField("mål, procent", validators=[MinValueValidator(1), MaxValueValidator(100)])
    order = models.PositiveSmallIntegerField(default=1)
    # Five unless a named agreement says less, for what has no health in it; the reason stands on the page.
    threshold = models.PositiveSmallIntegerField(default=5)
    threshold_agreement = models.CharField("avtal", max_length=200, blank=True)
    threshold_reason = models.CharField("varför", max_length=500, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(CooperationRole, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["cooperation", "population", "event", "span"],
                condition=Q(ended_on__isnull=True),
                name="goal_is_defined_once",
            ),
            models.CheckConstraint(condition=Q(target__gte=1, target__lte=100), name="goal_is_a_percentage"),
            models.CheckConstraint(
                condition=Q(threshold=5) | Q(threshold__gte=3, threshold__lt=5) & ~Q(threshold_agreement=""),
                name="lower_threshold_names_its_agreement",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FiguresAgreement(models.Model):
    """An agency lets what it has done be counted in a cooperation's figures, from a moment to a moment."""

    cooperation = models.ForeignKey(Cooperation, on_delete=models.CASCADE, related_name="figures_agreements")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="figures_agreements")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cooperation", "agency"], condition=Q(ended_at__isnull=True), name="one_agreement_on_figures"
            )
        ]

    def __str__(self) -> str:
        return f"figures agreement {self.pk}"


class PlannedEnrolment(models.Model):
    """How many were meant to be enrolled in a month, by sex (R89)."""

    cooperation = models.ForeignKey(Cooperation, on_delete=models.CASCADE, related_name="planned")
    month = models.DateField()  # its first day
    gender = models.CharField(max_length=10, choices=Gender)
    count = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cooperation", "month", "gender"], name="planned_once_a_month")]

    def __str__(self) -> str:
        return f"planned {self.pk}"


class Snapshot(models.Model):
    """A month as it was frozen: what was known at `cutoff_at` of what had happened by the month's end (R93, L32).

    `counts` is every number, exact: read only by the engine, when it decides what the next month may show. `shown` is
    what pages, pictures and files show, and nothing else is. Both are canonical JSON; `digest` is of both. Only ever
    added to: a correction is the next version, with its reason.
    """

    cooperation = models.ForeignKey(Cooperation, on_delete=models.PROTECT, related_name="snapshots")
    month = models.DateField()  # its first day
    version = models.PositiveSmallIntegerField(default=1)
    cutoff_at = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True)
    counts = models.TextField()
    shown = models.TextField()
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(CooperationRole, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["month", "version"]
        constraints = [
            models.UniqueConstraint(fields=["cooperation", "month", "version"], name="snapshot_versions_are_counted"),
            models.CheckConstraint(condition=Q(version=1) | ~Q(reason=""), name="later_version_says_why"),
        ]

    def __str__(self) -> str:
        return f"snapshot {self.pk}"


class Freezing(models.Model):
    """A month that is being frozen because somebody asked: how far it has come."""

    cooperation = models.ForeignKey(Cooperation, on_delete=models.CASCADE, related_name="+")
    month = models.DateField()
    reason = models.CharField(max_length=500)
    asked_by = models.ForeignKey(CooperationRole, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    done = models.PositiveSmallIntegerField(default=0)  # months
    total = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cooperation"], condition=Q(finished_at__isnull=True), name="one_freezing_at_a_time"
            ),
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="freezing_does_no_more_than_all"),
        ]

    def __str__(self) -> str:
        return f"freezing {self.pk}"


class PublishedFigure(models.Model):
    """What a report has said of a goal, beside what is computed. In whole per cent; parts by municipality (R88)."""

    goal = models.ForeignKey(Goal, on_delete=models.CASCADE, related_name="published")
    source = models.CharField("var det står", max_length=200)
    total = models.PositiveSmallIntegerField(validators=[MaxValueValidator(100)])
    parts = models.JSONField(default=dict)  # municipality: per cent
    # A total that its parts can't give is refused, and kept as such with the reason.
    refused_because = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(CooperationRole, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return f"published figure {self.pk}"


class WhatWeChange(models.Model):
    """What a steering group changes because of a month's figures, and who sees to it (R95). Only ever added to."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="changes")
    text = models.CharField(max_length=1000)
    owner = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(CooperationRole, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["made_at", "pk"]

    def __str__(self) -> str:
        return f"what we change {self.pk}"
