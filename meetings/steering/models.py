"""Documents that agencies adopt, and the time that each agency puts into a cooperation."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from meetings.models import ByHat
from meetings.steering.states import DocumentKind, ReportState, TimeSource
from workspace.models import Agency, Cooperation, Membership

LONGEST_TEXT = 100_000  # characters


# ---------- routines and mandates (R50, R51, R98) ----------
class Document(models.Model):
    """A routine, a mandate, a plan or a budget of a cooperation. What it says stands in its versions."""

    cooperation = models.ForeignKey(Cooperation, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField("slag", max_length=10, choices=DocumentKind)
    title = models.CharField("rubrik", max_length=120)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="mandates")
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["kind", "title", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["cooperation", "kind", "title"],
                condition=Q(ended_on__isnull=True),
                name="document_title_once_per_kind",
            ),
            models.CheckConstraint(
                condition=Q(agency__isnull=True) | Q(kind=DocumentKind.MANDATE), name="only_a_mandate_is_of_one_agency"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class DocumentVersion(ByHat):
    """One version: a draft until it is published; from then on its text stands, and agencies adopt it."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    text = models.TextField(max_length=LONGEST_TEXT)
    change = models.CharField(max_length=500, blank=True)  # what is new since the version before
    made_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)  # sha256 of title and text as they were published

    class Meta(ByHat.Meta):
        ordering = ["number"]
        constraints = [
            *ByHat.Meta.constraints,
            models.UniqueConstraint(fields=["document", "number"], name="document_version_once"),
            models.UniqueConstraint(
                fields=["document"], condition=Q(published_at__isnull=True), name="one_draft_per_document"
            ),
        ]

    def __str__(self) -> str:
        return f"document version {self.pk}"


class Adoption(ByHat):
    """An agency takes a version as its own, from a day. Only ever added to."""

    version = models.ForeignKey(DocumentVersion, on_delete=models.PROTECT, related_name="adoptions")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="adoptions")
    adopted_on = models.DateField()
    registration = models.CharField(max_length=60, blank=True)  # the agency's own diarienummer (R52)
    at = models.DateTimeField(default=timezone.now)

    class Meta(ByHat.Meta):
        ordering = ["adopted_on", "pk"]
        constraints = [
            *ByHat.Meta.constraints,
            models.UniqueConstraint(fields=["version", "agency"], name="agency_adopts_a_version_once"),
        ]

    def __str__(self) -> str:
        return f"adoption {self.pk}"


class ReadConfirmation(ByHat):
    """Somebody says that they have read a version. Only ever added to."""

    version = models.ForeignKey(DocumentVersion, on_delete=models.PROTECT, related_name="confirmations")
    at = models.DateTimeField(default=timezone.now)

    class Meta(ByHat.Meta):
        ordering = ["at", "pk"]
        constraints = [
            *ByHat.Meta.constraints,
            models.UniqueConstraint(fields=["version", "member"], name="member_confirms_a_version_once"),
            models.UniqueConstraint(fields=["version", "role"], name="role_confirms_a_version_once"),
        ]

    def __str__(self) -> str:
        return f"read confirmation {self.pk}"


# ---------- co-financing (R18, R53, R97) ----------
class CoFinancing(models.Model):
    """An agency puts time into a cooperation: how much a month, who reports it, and who there sees to the money."""

    cooperation = models.ForeignKey(Cooperation, on_delete=models.PROTECT, related_name="co_financing")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="co_financing")
    hours = models.PositiveSmallIntegerField("timmar i månaden", validators=[MinValueValidator(1)])
    budget_line = models.CharField("kontering", max_length=60, blank=True)
    reporter = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="reports")
    contact = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["agency__name", "from_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_on__isnull=True) | Q(to_on__gte=F("from_on")), name="co_financing_ends_after_it_starts"
            ),
            models.UniqueConstraint(
                fields=["cooperation", "agency"], condition=Q(to_on__isnull=True), name="one_co_financing_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"co-financing {self.pk}"


class TimeReport(ByHat):
    """An agency's time in a month, prefilled from what is recorded. Sent, it stands; ByHat says who sent it."""

    agreement = models.ForeignKey(CoFinancing, on_delete=models.PROTECT, related_name="reports")
    month = models.DateField()  # its first day
    state = models.CharField(max_length=5, choices=ReportState, default=ReportState.DRAFT)
    comment = models.CharField(max_length=500, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    # Reminded 7 calendar days before its last day, 1 before, and the manager after it (R53).
    told_first_at = models.DateTimeField(null=True, blank=True)
    told_last_at = models.DateTimeField(null=True, blank=True)
    told_manager_at = models.DateTimeField(null=True, blank=True)

    class Meta(ByHat.Meta):
        ordering = ["-month", "pk"]
        constraints = [
            *ByHat.Meta.constraints,
            models.UniqueConstraint(fields=["agreement", "month"], name="one_time_report_a_month"),
            models.CheckConstraint(
                condition=Q(state=ReportState.DRAFT, sent_at__isnull=True)
                | Q(state=ReportState.SENT, sent_at__isnull=False),
                name="sent_time_report_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"time report {self.pk}"


class TimeEntry(models.Model):
    """One line: what took time, and how many minutes in all. Never about a participant."""

    report = models.ForeignKey(TimeReport, on_delete=models.CASCADE, related_name="entries")
    source = models.CharField(max_length=12, choices=TimeSource)
    key = models.CharField(max_length=60)  # what it was filled from, so that filling again changes and never doubles
    on = models.DateField(null=True, blank=True)  # none: the month as a whole
    text = models.CharField(max_length=200)
    people = models.PositiveSmallIntegerField(default=1)
    minutes = models.PositiveIntegerField()  # of all of them together
    is_changed = models.BooleanField(default=False)  # by hand: filling again leaves it

    class Meta:
        ordering = ["on", "pk"]
        constraints = [models.UniqueConstraint(fields=["report", "key"], name="time_entry_is_filled_once")]

    def __str__(self) -> str:
        return f"time entry {self.pk}"
