"""What may be told, and the acts of telling (house.md 3, L3–L9)."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from workspace.models.authorities import Agency, Cooperation, Membership
from workspace.models.participants import Participant
from workspace.states import AgencyKind, ConsentForm, EndReason


class Category(models.Model):
    """A kind of information that can be talked about, and so consented to."""

    code = models.SlugField(primary_key=True, max_length=20)
    name = models.CharField(max_length=60)
    spoken = models.CharField(max_length=80, help_text="som det låter i «berättar om …»")
    explanation = models.CharField(max_length=120)
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["order"]

    def __str__(self) -> str:
        return self.name


class Ground(models.Model):
    """Why a disclosure is lawful. Data with validity dates: the list changes more often than the product (L19)."""

    code = models.SlugField(primary_key=True, max_length=30)
    name = models.CharField(max_length=60)
    explanation = models.CharField(max_length=160)
    law = models.CharField(max_length=120)
    recipient_kind = models.CharField(max_length=40, choices=AgencyKind, blank=True)
    valid_from = models.DateField(default=date(2009, 6, 30))
    valid_to = models.DateField(null=True, blank=True)
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["order"]

    def __str__(self) -> str:
        return self.name


class Consent(models.Model):
    """One occasion on which a person said yes to something, obtained by one agency (L5–L7)."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="consents")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="consents")
    form = models.CharField("form", max_length=12, choices=ConsentForm)
    given_on = models.DateField("lämnat")
    limits = models.CharField("vad personen inte vill att vi berättar", max_length=1000, blank=True)
    obtained_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    to_be_confirmed = models.BooleanField("ska bekräftas", default=False)

    def __str__(self) -> str:
        return f"consent {self.pk}"


class ConsentRow(models.Model):
    """Who may tell whom what, for what purpose, until when."""

    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="rows")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="consent_rows")
    discloser = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="consent_rows_out")
    recipient = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="consent_rows_in"
    )
    # Follow-up goes to the coordinator of a cooperation, who is no agency.
    recipient_cooperation = models.ForeignKey(Cooperation, on_delete=models.PROTECT, null=True, blank=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT)
    purpose = models.CharField("ändamål", max_length=200)
    valid_until = models.DateField("gäller till och med")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(recipient__isnull=False, recipient_cooperation__isnull=True)
                | Q(recipient__isnull=True, recipient_cooperation__isnull=False),
                name="consent_row_has_one_recipient",
            ),
            models.CheckConstraint(
                condition=Q(recipient__isnull=True) | ~Q(recipient=F("discloser")),
                name="consent_row_goes_to_somebody_else",
            ),
        ]
        indexes = [models.Index(fields=["participant", "discloser", "recipient"])]

    def __str__(self) -> str:
        return f"consent row {self.pk}"

    def lives_on(self, day: date) -> bool:
        """In force that day; `rules.row_lives` says the same to the database."""
        return self.withdrawn_at is None and self.valid_until >= day


class Disclosure(models.Model):
    """The act by which one agency lets another know something. Immutable but for its end."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="disclosures")
    discloser = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="disclosures_out")
    recipient = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="disclosures_in"
    )
    recipient_cooperation = models.ForeignKey(Cooperation, on_delete=models.PROTECT, null=True, blank=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT)
    purpose = models.CharField(max_length=200)
    ground = models.ForeignKey(Ground, on_delete=models.PROTECT)
    consent_row = models.ForeignKey(ConsentRow, on_delete=models.PROTECT, null=True, blank=True)
    officer = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField(max_length=12, choices=EndReason, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(recipient__isnull=False, recipient_cooperation__isnull=True)
                | Q(recipient__isnull=True, recipient_cooperation__isnull=False),
                name="disclosure_has_one_recipient",
            ),
            models.CheckConstraint(
                condition=~Q(ground="consent") | Q(consent_row__isnull=False),
                name="disclosure_on_consent_names_its_row",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_why="") | Q(ended_at__isnull=False) & ~Q(ended_why=""),
                name="ended_disclosure_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"disclosure {self.pk}"
