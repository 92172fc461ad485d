"""Talk about one person: whom it may reach, what each agency says, and what each writes for its own file (L15–L17)."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from meetings.models.agenda import AgendaItem
from meetings.models.groups import GroupSeat
from workspace.models import Agency, Disclosure, Ground, Membership, Participant


class Case(models.Model):
    """What an agency wants to talk about under a case item. Without a participant: without identity (L17)."""

    item = models.OneToOneField(AgendaItem, on_delete=models.CASCADE, related_name="case")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="cases")
    participant = models.ForeignKey(
        Participant, on_delete=models.PROTECT, null=True, blank=True, related_name="meeting_cases"
    )
    question = models.TextField(max_length=4000)
    informed_on = models.DateField(null=True, blank=True)  # the day the participant was told of this meeting (L16)
    member = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")  # who put it there
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(participant__isnull=True) | Q(informed_on__isnull=False),
                name="nobody_on_an_agenda_uninformed",
            )
        ]

    def __str__(self) -> str:
        return f"case {self.pk}"

    @property
    def is_anonymous(self) -> bool:
        return self.participant_id is None


class CircleSeat(models.Model):
    """A seat in a case's circle. The owning agency's own seat rests on no disclosure; the others' on one each.

    `ground` is on what the seat's agency itself may speak to the others: stated once by an officer there (L6).
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="circle")
    seat = models.ForeignKey(GroupSeat, on_delete=models.PROTECT, related_name="circles")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    identity = models.ForeignKey(Disclosure, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    question = models.ForeignKey(Disclosure, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    ground = models.ForeignKey(Ground, on_delete=models.PROTECT, null=True, blank=True)
    ground_reason = models.CharField(max_length=500, blank=True)
    stated_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    stated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["case", "seat"], name="seat_once_per_circle")]

    def __str__(self) -> str:
        return f"circle seat {self.pk}"


class TableText(models.Model):
    """What an agency has laid on the table: a text, a decision or an action. Only ever added to."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="table")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    member = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=4000)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["made_at", "pk"]

    def __str__(self) -> str:
        return f"table text {self.pk}"


class TableReader(models.Model):
    """An agency that a text on the table was disclosed to. Without identity there is no disclosure to name."""

    text = models.ForeignKey(TableText, on_delete=models.CASCADE, related_name="readers")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    disclosure = models.ForeignKey(Disclosure, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["text", "agency"], name="reader_once_per_text")]

    def __str__(self) -> str:
        return f"table reader {self.pk}"


class CaseNote(models.Model):
    """What one agency writes of a case for its own record. Nobody outside it reads it, on any ground (L15)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=8000, blank=True)
    version = models.PositiveIntegerField(default=0)
    none_needed = models.BooleanField(default=False)  # «Vi behöver ingen anteckning»: an explicit choice
    member = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")  # who wrote last
    saved_at = models.DateTimeField(default=timezone.now)
    filed_at = models.DateTimeField(null=True, blank=True)  # printed or saved to the agency's own file

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "agency"], name="one_note_per_agency_and_case")]

    def __str__(self) -> str:
        return f"case note {self.pk}"
