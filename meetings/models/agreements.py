"""What was agreed: sections owned by each party, tasks, versions as they were sent, each party's answer (R11, R36)."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from meetings.models.conversations import ByParty, Conversation, Party
from meetings.states import ActionState, AgreementState, AgreementVerdict, Way
from referrals.models import Referral
from workspace.models import Agency, Disclosure, Membership


class Agreement(models.Model):
    """The agreement of one conversation. What is common to it is the convener's to write.

    A SIP has its four mandatory parts (L20): `needs`, each principal's tasks, `others` and `lead`, and a day to follow
    it up (`next_on`).
    """

    conversation = models.OneToOneField(Conversation, on_delete=models.PROTECT, related_name="agreement")
    state = models.CharField(max_length=10, choices=AgreementState, default=AgreementState.DRAFT)
    goals = models.TextField("mål", max_length=4000, blank=True)
    next_on = models.DateField("nästa samtal", null=True, blank=True)
    needs = models.TextField("vilka insatser som behövs", max_length=4000, blank=True)
    others = models.TextField("vad andra gör", max_length=4000, blank=True)
    lead = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    correcting = models.CharField(max_length=500, blank=True)  # why a sent version is being written anew
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"agreement {self.pk}"


class Section(models.Model):
    """One party's own part. The participant's is the situation in their own words, and stands first.

    Only its party writes it (the participant's may be taken down by the convener, and says so). An agency's is its own
    until it is shared: an act of disclosure to every other agency, on a stated ground.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="sections")
    party = models.OneToOneField(Party, on_delete=models.PROTECT, related_name="section")
    text = models.TextField(max_length=4000, blank=True)
    version = models.PositiveIntegerField(default=0)
    taken_down_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    saved_at = models.DateTimeField(default=timezone.now)
    shared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"section {self.pk}"


class SectionReader(models.Model):
    """An agency that a shared section was disclosed to. The participant's own needs none: they tell it themselves."""

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="readers")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    disclosure = models.ForeignKey(Disclosure, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"section reader {self.pk}"


class Commitment(models.Model):
    """A task that one party has taken on, with a day. Stands in the action list once the agreement has been sent."""

    section = models.ForeignKey(Section, on_delete=models.PROTECT, related_name="commitments")
    text = models.CharField(max_length=500)
    due_on = models.DateField()
    made_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)  # with the first version that held it
    removed_at = models.DateTimeField(null=True, blank=True)  # left out of a corrected version
    state = models.CharField(max_length=8, choices=ActionState, default=ActionState.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)
    reminded_on = models.DateField(null=True, blank=True)  # the last day a reminder went out
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["due_on", "pk"]
        indexes = [models.Index(fields=["due_on"], condition=Q(state="open"), name="commitment_open")]

    def __str__(self) -> str:
        return f"commitment {self.pk}"


class AgreementVersion(models.Model):
    """One version as it was sent. Only ever added to: a correction is the next version, with its reason."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=500, blank=True)  # of a correction
    sent_at = models.DateTimeField(default=timezone.now)
    sent_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    # {"head": {…}, "parts": [{"party", "kind", "agency", "shape", "text", "taken_down_by", "tasks": [{"text",
    # "due_on"}]}]}: plain data as it was then, the participant's part first.
    content = models.JSONField()
    digest = models.CharField(max_length=64)  # sha256 of its content

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["agreement", "number"], name="agreement_version_once")]

    def __str__(self) -> str:
        return f"agreement version {self.pk}"


class AgreementCopy(models.Model):
    """A version in one party's hands. Withdrawn: it was sent to the wrong one, who can no longer open it."""

    version = models.ForeignKey(AgreementVersion, on_delete=models.PROTECT, related_name="copies")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="copies")
    read_at = models.DateTimeField(null=True, blank=True)
    letter_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["version", "party"], name="one_copy_per_party_and_version")]

    def __str__(self) -> str:
        return f"agreement copy {self.pk}"


class AgreementAnswer(ByParty):
    """A party's answer to a version: an agency for its own part, the participant for the whole. Only ever added to."""

    version = models.ForeignKey(AgreementVersion, on_delete=models.PROTECT, related_name="answers")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="agreement_answers")
    verdict = models.CharField(max_length=10, choices=AgreementVerdict)
    text = models.TextField(max_length=4000, blank=True)  # what is seen differently
    way = models.CharField(max_length=10, choices=Way, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta(ByParty.Meta):
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"agreement answer {self.pk}"
