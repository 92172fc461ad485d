"""A referral and its legs. What lies in a leg is read only through its disclosures (house.md 3)."""

from datetime import date

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from referrals.states import (
    ENDED_STATES,
    OPEN_STATES,
    Outcome,
    ReferralClass,
    ReferralState,
    ReminderLevel,
    ReturnCode,
    SectionRole,
    Side,
    StartEvent,
    TimeUnit,
    Verb,
    Way,
)
from workspace.models import (
    Agency,
    Category,
    CooperationRole,
    Disclosure,
    Function,
    Ground,
    Membership,
    Participant,
)
from workspace.states import AgencyKind

# The last day the sender knows of; what has none sorts after everything that has, in one expression for one index.
LAST_DAY = Coalesce(F("told_due_on"), Value(date.max))
FIRST_NUMBER = 1000  # numbers look alike from the first day, and never like a row number of somebody's workbook


class ReferralKind(models.Model):
    """What can be asked for, and of whom. Data."""

    code = models.SlugField(primary_key=True, max_length=40)
    name = models.CharField(max_length=80, unique=True)
    referral_class = models.CharField(max_length=20, choices=ReferralClass)
    receiver_kind = models.CharField(max_length=40, choices=AgencyKind, blank=True)
    # What a referral of this kind must say before it is sent, besides the question.
    needs = models.ManyToManyField(Category, blank=True)
    # An investigation is ordered here; its result stays with who made it (R46, R47).
    status_only = models.BooleanField(default=False)
    retired_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class StepTime(models.Model):
    """How long a step is expected to take, and from where that is known. Without a kind or an agency: for any.

    The most exact row counts: kind and agency, kind, agency, any. The intervals are working days after the due day.
    """

    kind = models.ForeignKey(ReferralKind, on_delete=models.CASCADE, null=True, blank=True, related_name="step_times")
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, null=True, blank=True, related_name="step_times")
    step = models.CharField(max_length=12, choices=ReferralState)
    length = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=14, choices=TimeUnit)
    start = models.CharField(max_length=10, choices=StartEvent, default=StartEvent.STEP)
    source = models.CharField(max_length=80)
    second_after = models.PositiveSmallIntegerField(default=5)
    manager_after = models.PositiveSmallIntegerField(default=10)
    coordinator_after = models.PositiveSmallIntegerField(default=15)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                F("step"), Coalesce(F("kind"), Value("")), Coalesce(F("agency"), Value(0)), name="step_time_once"
            ),
        ]

    def __str__(self) -> str:
        return f"step time {self.pk}"


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
    step_since = models.DateTimeField(default=timezone.now)
    # The last day of the step, as referrals/deadlines.py explains it; written by the acts that change it.
    due_on = models.DateField(null=True, blank=True)
    disputed_at = models.DateTimeField(null=True, blank=True)
    # The question may no longer be read: the turn is the sender's until the ground is renewed.
    lapsed_at = models.DateTimeField(null=True, blank=True)
    # What the sender knows, and with it the coordinator. A receiver that gives no answer here moves only the above.
    told_state = models.CharField(max_length=12, choices=ReferralState, default=ReferralState.DRAFT)
    told_at = models.DateTimeField(default=timezone.now)
    told_turn = models.ForeignKey(Function, on_delete=models.PROTECT, null=True, blank=True, related_name="told_turns")
    told_since = models.DateTimeField(default=timezone.now)
    told_due_on = models.DateField(null=True, blank=True)
    told_outcome = models.CharField(max_length=12, choices=Outcome, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(told_state__in=sorted(OPEN_STATES), told_turn__isnull=False)
                | Q(told_state__in=sorted(ENDED_STATES), told_turn__isnull=True),
                name="referral_open_to_the_sender_is_on_one_desk",
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(OPEN_STATES), turn__isnull=False)
                | Q(state__in=sorted(ENDED_STATES), turn__isnull=True),
                name="open_referral_is_on_exactly_one_desk",
            ),
        ]
        indexes = [
            models.Index(fields=["turn", "state"]),
            models.Index(fields=["sender", "state"]),
            # The board and the sweep look at what is open, however much has ended.
            models.Index(LAST_DAY, "id", name="referral_board", condition=Q(told_turn__isnull=False)),
            models.Index(
                fields=["disputed_at"],
                name="referral_disputed",
                condition=Q(disputed_at__isnull=False, told_turn__isnull=False),
            ),
            models.Index(fields=["due_on"], name="referral_open_due", condition=Q(turn__isnull=False)),
        ]

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
    way = models.CharField(max_length=10, choices=Way, default=Way.HERE)
    # For the figures: when the sender got an answer, or the waiting ended without one.
    answered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["referral", "position"], name="leg_position_once")]

    def __str__(self) -> str:
        return f"leg {self.pk}"


class ReferralSection(models.Model):
    """A piece of a leg under one category. Somebody else reads it only while its disclosure lives."""

    role = models.CharField(max_length=12, choices=SectionRole, default=SectionRole.LEG)
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
    # What a pause covers, both days included; until when a new date lasts.
    from_on = models.DateField(null=True, blank=True)
    until_on = models.DateField(null=True, blank=True)
    # Whom the receiver suggests instead.
    suggested = models.ForeignKey(Function, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"event {self.pk}"


class AgencyNote(models.Model):
    """What an agency writes for itself. Nobody outside it reads it, on any ground."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="agency_notes")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT)
    author = models.ForeignKey(Membership, on_delete=models.PROTECT)
    text = models.TextField(max_length=4000)
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["written_at", "pk"]

    def __str__(self) -> str:
        return f"agency note {self.pk}"


class Reminder(models.Model):
    """Somebody has been reminded of a step: once per step, due day and level, however often the sweep runs."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="reminders")
    level = models.CharField(max_length=12, choices=ReminderLevel)
    member = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="reminders")
    role = models.ForeignKey(CooperationRole, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    step_since = models.DateTimeField()
    due_on = models.DateField()
    made_on = models.DateField()
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    by_role = models.ForeignKey(CooperationRole, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    text = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(member__isnull=True) ^ Q(role__isnull=True), name="reminder_has_one_recipient"
            ),
            models.UniqueConstraint(
                "referral",
                "level",
                "step_since",
                "due_on",
                Coalesce(F("member"), Value(0)),
                Coalesce(F("role"), Value(0)),
                name="reminded_once_per_step_and_level",
                condition=~Q(level=ReminderLevel.BY_HAND),
            ),
        ]

    def __str__(self) -> str:
        return f"reminder {self.pk}"


class ReferralPresence(models.Model):
    """When a page of one side last said that the referral is open there. One row per side, and nobody's name."""

    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="presences")
    side = models.CharField(max_length=10, choices=Side)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["referral", "side"], name="presence_once_per_side")]

    def __str__(self) -> str:
        return f"presence {self.pk}"


class SavedFilter(models.Model):
    """A coordinator's own selection of the board, by name."""

    role = models.ForeignKey(CooperationRole, on_delete=models.CASCADE, related_name="saved_filters")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=300)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["role", "name"], name="filter_name_once_per_role")]

    def __str__(self) -> str:
        return f"filter {self.pk}"
