"""The assessment and the action plan, with the participant's own words apart and first (R33–R37, R67, R107)."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from workspace.models import Agency, Browser, Membership
from workspace.pathway.models.enrolments import Enrolment
from workspace.pathway.states import Area, PlanVerb, PlanVerdict, StepState, Voice
from workspace.states import AgencyKind


class AreaText(models.Model):
    """What was written in one area of the assessment, by one voice. Only ever added to: the newest counts.

    The participant's words are written in a browser of theirs, or taken down by staff, which is said; once the
    participant has written themselves, staff take nothing down any more.
    """

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="area_texts")
    area = models.CharField(max_length=12, choices=Area)
    voice = models.CharField(max_length=12, choices=Voice)
    form_version = models.PositiveSmallIntegerField(default=1)  # the questions' version it answered (R34)
    number = models.PositiveIntegerField(default=1)
    text = models.TextField(max_length=4000, blank=True)
    written_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    browser = models.ForeignKey(Browser, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "area", "voice", "number"], name="area_texts_are_counted"),
            models.CheckConstraint(
                condition=Q(written_by__isnull=False, browser__isnull=True)
                | Q(written_by__isnull=True, browser__isnull=False),
                name="area_text_has_one_writer",
            ),
            models.CheckConstraint(
                condition=Q(browser__isnull=True) | Q(voice="participant"), name="browser_writes_own_words"
            ),
        ]

    def __str__(self) -> str:
        return f"area text {self.pk}"


class ActionPlan(models.Model):
    """The plan of one way: the participant's words and strengths first, then goals, steps, and the path on."""

    enrolment = models.OneToOneField(Enrolment, on_delete=models.CASCADE, related_name="plan")
    own_words = models.TextField("med egna ord", max_length=4000, blank=True)
    strengths = models.TextField("styrkor", max_length=4000, blank=True)
    # Who took the own words down; None where the participant wrote them.
    taken_down_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    obstacles = models.TextField("hinder", max_length=4000, blank=True)  # optional (R107)
    path_kind = models.CharField("nästa myndighet", max_length=40, choices=AgencyKind, blank=True)
    path_other = models.CharField("annan väg", max_length=200, blank=True)
    no_path_reason = models.CharField("varför ingen väg ännu", max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)  # of the words: a save names the one it began from
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"action plan {self.pk}"

    @property
    def has_path(self) -> bool:
        return bool(self.path_kind or self.path_other)


class PlanGoal(models.Model):
    plan = models.ForeignKey(ActionPlan, on_delete=models.CASCADE, related_name="goals")
    text = models.CharField("mål", max_length=500)
    order = models.PositiveSmallIntegerField(default=1)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return f"plan goal {self.pk}"


class PlanStep(models.Model):
    """What is to be done: by exactly one agency, or the responsibility is disputed since a day (R67)."""

    goal = models.ForeignKey(PlanGoal, on_delete=models.CASCADE, related_name="steps")
    text = models.CharField("steg", max_length=500)
    responsible = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="ansvarig"
    )
    disputed_on = models.DateField(null=True, blank=True)
    due_on = models.DateField("klart senast")
    state = models.CharField(max_length=10, choices=StepState, default=StepState.OPEN)
    done_on = models.DateField(null=True, blank=True)
    order = models.PositiveSmallIntegerField(default=1)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(responsible__isnull=False, disputed_on__isnull=True)
                | Q(responsible__isnull=True, disputed_on__isnull=False),
                name="step_is_one_agencys_or_disputed",
            ),
        ]

    def __str__(self) -> str:
        return f"plan step {self.pk}"


class PlanVersion(models.Model):
    """The plan as it was shown to the participant: frozen. `content` is JSON. Only ever added to."""

    plan = models.ForeignKey(ActionPlan, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    content = models.TextField()
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["plan", "number"], name="plan_versions_are_counted")]

    def __str__(self) -> str:
        return f"plan version {self.pk}"


class PlanAnswer(models.Model):
    """What the participant said of a version: on their page, or to staff who registered it. Only ever added to."""

    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="answers")
    verdict = models.CharField(max_length=10, choices=PlanVerdict)
    text = models.CharField(max_length=2000, blank=True)
    browser = models.ForeignKey(Browser, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    registered_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"plan answer {self.pk}"


class PlanEvent(models.Model):
    """Who did what with a plan, and when. Only ever added to; holds no text of it but a dropped step's reason."""

    plan = models.ForeignKey(ActionPlan, on_delete=models.PROTECT, related_name="events")
    verb = models.CharField(max_length=14, choices=PlanVerb)
    member = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    browser = models.ForeignKey(Browser, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    step = models.ForeignKey(PlanStep, on_delete=models.PROTECT, null=True, blank=True, related_name="events")
    reason = models.CharField(max_length=500, blank=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["made_at", "pk"]

    def __str__(self) -> str:
        return f"plan event {self.pk}"
