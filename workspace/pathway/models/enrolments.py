"""Somebody's way in a cooperation: when it began, which phase it is in, and how it ended."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from workspace.models import Agency, Cooperation, Function, Membership, Municipality, Participant
from workspace.pathway.states import (
    DischargeReason,
    EnrolmentState,
    Income,
    Outcome,
    Part,
    PhaseVerb,
    YesNo,
)
from workspace.states import AgencyKind, Gender


class Phase(models.Model):
    """One of the phases, in their order. Data: how long it may last and when to warn (R58, R59)."""

    code = models.SlugField(primary_key=True, max_length=20)
    name = models.CharField(max_length=40)
    explanation = models.CharField(max_length=160)
    order = models.PositiveSmallIntegerField(unique=True)
    longest_months = models.PositiveSmallIntegerField(null=True, blank=True)
    warn_days = models.PositiveSmallIntegerField(default=14)  # calendar days before the limit

    class Meta:
        ordering = ["order"]

    def __str__(self) -> str:
        return self.name


class Enrolment(models.Model):
    """One person's way in one cooperation, owned by one agency. Without a participant it is only counted.

    What a workbook tells of people who are long gone has no participant: it is in the figures and nowhere else.
    """

    participant = models.ForeignKey(
        Participant, on_delete=models.PROTECT, null=True, blank=True, related_name="enrolments"
    )
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="enrolments")
    cooperation = models.ForeignKey(Cooperation, on_delete=models.PROTECT, related_name="enrolments")
    enrolled_on = models.DateField("inskriven")
    ended_on = models.DateField("utskriven", null=True, blank=True)
    state = models.CharField(max_length=12, choices=EnrolmentState, default=EnrolmentState.ONGOING)
    income_before = models.CharField("försörjning före", max_length=30, choices=Income, default=Income.NOT_STATED)
    # The participant lets staff see the curve of their own ratings (R40). Theirs to say, and to take back.
    ratings_shown_at = models.DateTimeField(null=True, blank=True)
    # The participant has said no to being referred for treatment (R60).
    treatment_declined_on = models.DateField(null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant"], condition=Q(state="ongoing"), name="one_way_at_a_time"),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("enrolled_on")),
                name="way_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(state="ongoing", ended_on__isnull=True) | Q(state="discharged", ended_on__isnull=False),
                name="ended_way_has_its_day",
            ),
        ]

    def __str__(self) -> str:
        return f"enrolment {self.pk}"


class PhaseStay(models.Model):
    """The days somebody is in a phase, both included. `limit_on` is the last day that is allowed."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="stays")
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT)
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)
    limit_on = models.DateField(null=True, blank=True)
    warned_for = models.DateField(null=True, blank=True)  # the limit that was warned of
    told_over_for = models.DateField(null=True, blank=True)  # the limit that was said to have been reached

    class Meta:
        ordering = ["from_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["enrolment"], condition=Q(to_on__isnull=True), name="one_phase_at_a_time"),
            models.CheckConstraint(
                condition=Q(to_on__isnull=True) | Q(to_on__gte=F("from_on")), name="phase_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"phase stay {self.pk}"


class PhaseDecision(models.Model):
    """What was decided about a phase, by whom, and why. Only ever added to."""

    stay = models.ForeignKey(PhaseStay, on_delete=models.PROTECT, related_name="decisions")
    verb = models.CharField(max_length=10, choices=PhaseVerb)
    reason = models.CharField(max_length=500, blank=True)
    limit_on = models.DateField(null=True, blank=True)  # the new limit, where there is one
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["made_at", "pk"]

    def __str__(self) -> str:
        return f"phase decision {self.pk}"


class Discharge(models.Model):
    """The discharge document, in versions: a correction is the next one, with its reason (R39). Only ever added to."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="discharges")
    number = models.PositiveSmallIntegerField(default=1)
    correction_reason = models.CharField(max_length=500, blank=True)
    ended_on = models.DateField()
    reason = models.CharField("orsak", max_length=20, choices=DischargeReason, blank=True)  # unknown of an import
    outcome = models.CharField("vad som kom sedan", max_length=30, choices=Outcome)
    next_kind = models.CharField("nästa myndighet", max_length=40, choices=AgencyKind, blank=True)
    next_other = models.CharField("annan instans", max_length=120, blank=True)
    income_after = models.CharField("försörjning efter", max_length=30, choices=Income, default=Income.NOT_STATED)
    plan_made = models.BooleanField()
    plan_completed = models.BooleanField()
    completed_time = models.BooleanField()
    path_identified = models.BooleanField()
    increased = models.CharField("möjligheterna har ökat", max_length=3, choices=YesNo, blank=True)
    picture = models.CharField("ser vad hen kan göra", max_length=3, choices=YesNo, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["enrolment", "number"], name="discharge_versions_are_counted")]

    def __str__(self) -> str:
        return f"discharge {self.pk}"


class EnrolmentRecord(models.Model):
    """What the figures count of a way, as it was known from one moment until another.

    Written by the actions in the transaction of what they tell of; the latest has no `superseded_at`, which is all of a
    row that ever changes. So what was known at any moment can be read again, and a month counted again bit for bit.
    """

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="records")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    cooperation = models.ForeignKey(Cooperation, on_delete=models.PROTECT, related_name="+")
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    gender = models.CharField(max_length=10, choices=Gender)
    birth_year = models.PositiveSmallIntegerField()
    enrolled_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    plan_on = models.DateField(null=True, blank=True)  # the day the first plan was shown to the participant
    plan_made = models.BooleanField(default=False)
    plan_completed = models.BooleanField(default=False)
    completed_time = models.BooleanField(default=False)
    path_identified = models.BooleanField(default=False)
    increased = models.CharField(max_length=3, choices=YesNo, blank=True)
    picture = models.CharField(max_length=3, choices=YesNo, blank=True)
    outcome = models.CharField(max_length=30, choices=Outcome, blank=True)
    income_before = models.CharField(max_length=30, choices=Income)
    income_after = models.CharField(max_length=30, choices=Income, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment"], condition=Q(superseded_at__isnull=True), name="one_latest_record"
            ),
        ]
        indexes = [models.Index(fields=["cooperation", "recorded_at"])]

    def __str__(self) -> str:
        return f"enrolment record {self.pk}"


class PartShare(models.Model):
    """One part of a way that one agency has told a desk of another. Read while both its disclosures live."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="shares")
    part = models.CharField(max_length=12, choices=Part)
    recipient = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    function = models.ForeignKey(Function, on_delete=models.PROTECT, related_name="+")  # the desk that was told
    identity = models.ForeignKey("workspace.Disclosure", on_delete=models.PROTECT, related_name="+")  # whose way it is
    disclosure = models.ForeignKey("workspace.Disclosure", on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)  # taken back, withdrawn, or seen to have run out
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "part", "recipient", "disclosure"], name="part_told_once_on_a_ground"
            )
        ]
        indexes = [models.Index(fields=["function"], condition=Q(ended_at__isnull=True), name="part_share_told")]

    def __str__(self) -> str:
        return f"part share {self.pk}"
