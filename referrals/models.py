"""A referral and its legs. What lies in a leg is read only through its disclosures (house.md 3)."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from referrals.states import ENDED_STATES, OPEN_STATES, Outcome, ReferralClass, ReferralState, ReturnCode, Side, Verb
from workspace.models import Agency, Category, Disclosure, Function, Ground, Membership, Participant
from workspace.states import AgencyKind

FIRST_NUMBER = 1000  # numbers look alike from the first day, and never like a row number of somebody's workbook


class ReferralKind(models.Model):
    """What can be asked for, and of whom. Data."""

    code = models.SlugField(primary_key=True, max_length=40)
    name = models.CharField(max_length=80, unique=True)
    referral_class = models.CharField(max_length=20, choices=ReferralClass)
    receiver_kind = models.CharField(max_length=40, choices=AgencyKind, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Referral(models.Model):
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="referrals")
    kind = models.ForeignKey(ReferralKind, on_delete=models.PROTECT)
    sender = models.ForeignKey(Function, on_delete=models.PROTECT, related_name="referrals_out")
    receiver = models.ForeignKey(Function, on_delete=models.PROTECT, related_name="referrals_in")
    state = models.CharField(max_length=12, choices=ReferralState, default=ReferralState.DRAFT)
    # The one desk that acts next. Nobody's when the referral has ended.
    turn = models.ForeignKey(Function, on_delete=models.PROTECT, null=True, blank=True, related_name="turns")
    holder = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="held")
    answer_wished_on = models.DateField("svar önskas senast", null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    return_code = models.CharField(max_length=24, choices=ReturnCode, blank=True)
    workbook_number = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    turn_since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=sorted(OPEN_STATES), turn__isnull=False)
                | Q(state__in=sorted(ENDED_STATES), turn__isnull=True),
                name="open_referral_is_on_exactly_one_desk",
            ),
        ]
        indexes = [models.Index(fields=["turn", "state"]), models.Index(fields=["sender", "state"])]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"R-{FIRST_NUMBER + self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


class ReferralLeg(models.Model):
    """One sending to one receiver. A returned referral that is sent again gets a new one; the old stays readable."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="legs")
    position = models.PositiveSmallIntegerField(default=1)
    receiver = models.ForeignKey(Function, on_delete=models.PROTECT, related_name="legs")
    ground = models.ForeignKey(Ground, on_delete=models.PROTECT, default="consent")
    ground_reason = models.CharField(max_length=500, blank=True)
    # As they were when it was sent: the receiver sees these, whatever the sender writes afterwards.
    kind = models.ForeignKey(ReferralKind, on_delete=models.PROTECT, null=True, blank=True)
    answer_wished_on = models.DateField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["referral", "position"], name="leg_position_once")]

    def __str__(self) -> str:
        return f"leg {self.pk}"


class ReferralSection(models.Model):
    """A piece of a leg under one category. Somebody else reads it only while its disclosure lives."""

    leg = models.ForeignKey(ReferralLeg, on_delete=models.PROTECT, related_name="sections")
    category = models.ForeignKey(Category, on_delete=models.PROTECT)
    author = models.ForeignKey(Agency, on_delete=models.PROTECT)
    text = models.TextField(max_length=4000, blank=True)
    disclosure = models.ForeignKey(Disclosure, on_delete=models.PROTECT, null=True, blank=True, related_name="sections")
    written_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"section {self.pk}"


class ReferralEvent(models.Model):
    """One line of history. Never changed; holds codes, never text about the person."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="events")
    leg = models.ForeignKey(ReferralLeg, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    verb = models.CharField(max_length=20, choices=Verb)
    side = models.CharField(max_length=10, choices=Side)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True)
    member = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True)
    state = models.CharField(max_length=12, choices=ReferralState)
    code = models.CharField(max_length=24, blank=True)
    section = models.ForeignKey(ReferralSection, on_delete=models.PROTECT, null=True, blank=True)
    by_import = models.BooleanField(default=False)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"event {self.pk}"
