"""What a meeting talks about, what is written, decided and to be done."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from meetings.models.groups import Group
from meetings.models.meetings import Attendance, Meeting
from meetings.models.people import ByHat
from meetings.states import (
    ActionState,
    DecisionState,
    GenderAnswer,
    ItemKind,
    Procedure,
    ProposalState,
    Purpose,
    Section,
    Vote,
)
from referrals.models import Referral
from workspace.models import Agency, CooperationRole, Membership

LONGEST_NOTE = 100_000  # characters; a pasted document of 50 kB fits


class AgendaItem(models.Model):
    """One item. General notes are never about a person: those are case items, which have no shared note."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(max_length=16, choices=ItemKind, default=ItemKind.ORDINARY)
    section = models.CharField(max_length=12, choices=Section, default=Section.MATTERS)
    position = models.PositiveIntegerField()  # in the whole agenda; sections keep their order
    title = models.CharField(max_length=120)
    purpose = models.CharField(max_length=12, choices=Purpose, default=Purpose.DISCUSSION)
    minutes = models.PositiveSmallIntegerField(default=10)
    presenter = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    presenter_role = models.ForeignKey(
        CooperationRole, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    carried_from = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="carried")
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # The shared note. A save names the version it began from; each version stays in NoteVersion.
    note = models.TextField(blank=True, max_length=LONGEST_NOTE)
    note_version = models.PositiveIntegerField(default=0)
    # Gender equality only: how it was closed, and why (R15).
    gender_answer = models.CharField(max_length=12, choices=GenderAnswer, blank=True)
    gender_text = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting"],
                condition=Q(kind=ItemKind.GENDER_EQUALITY),
                name="gender_equality_stands_once_per_meeting",
            ),
            models.CheckConstraint(condition=~Q(kind=ItemKind.CASE) | Q(note=""), name="case_has_no_shared_note"),
        ]

    def __str__(self) -> str:
        # Never the title: of a case it could point at somebody.
        return f"agenda item {self.pk}"


class NoteVersion(ByHat):
    """A text that somebody saved as an item's note. Kept also when another had saved first: no word is lost."""

    item = models.ForeignKey(AgendaItem, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField(null=True, blank=True)  # none: it met a newer one, and waits to be merged
    base = models.PositiveIntegerField()  # the version it began from
    text = models.TextField(max_length=LONGEST_NOTE)
    saved_at = models.DateTimeField(default=timezone.now)
    merged_at = models.DateTimeField(null=True, blank=True)  # of one that had to wait

    class Meta(ByHat.Meta):
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"note version {self.pk}"


class ItemGuest(models.Model):
    """Somebody invited to one item, and to nothing else of the meeting (R3, R25)."""

    item = models.ForeignKey(AgendaItem, on_delete=models.CASCADE, related_name="guests")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="guest_of_items")
    invited_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "membership"], name="guest_once_per_item")]

    def __str__(self) -> str:
        return f"guest {self.pk}"


class Proposal(ByHat):
    """What a member wants to talk about. The chair takes it up, or hands it back with a reason."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="proposals")
    title = models.CharField(max_length=120)
    why = models.CharField(max_length=1000, blank=True)
    wanted = models.CharField(max_length=1000, blank=True)  # the decision that the proposer wants
    link = models.URLField(max_length=300, blank=True)
    position = models.PositiveIntegerField(default=0)  # the chair's order among those that wait
    purpose = models.CharField(max_length=12, choices=Purpose, default=Purpose.DISCUSSION)
    minutes = models.PositiveSmallIntegerField(default=10)
    made_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=ProposalState, default=ProposalState.WAITING)
    reason = models.CharField(max_length=500, blank=True)
    item = models.OneToOneField(AgendaItem, on_delete=models.SET_NULL, null=True, blank=True, related_name="proposal")
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged")

    class Meta(ByHat.Meta):
        ordering = ["position", "made_at", "pk"]

    def __str__(self) -> str:
        return f"proposal {self.pk}"


class Decision(ByHat):
    """What was decided under an item, written by one agency (none: by the coordinator)."""

    item = models.ForeignKey(AgendaItem, on_delete=models.PROTECT, related_name="decisions")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    text = models.TextField(max_length=2000)
    made_at = models.DateTimeField(default=timezone.now)
    # Under a case: what the agency laid on the table; whoever may read that may read this.
    said = models.OneToOneField("meetings.TableText", on_delete=models.PROTECT, null=True, blank=True)
    # How it was come to (L42).
    proposals = models.TextField(max_length=2000, blank=True)  # which proposals there were
    why = models.TextField(max_length=2000, blank=True)
    procedure = models.CharField(max_length=10, choices=Procedure, default=Procedure.UNANIMOUS)
    # Who sees to it: an agency, perhaps somebody there, or a role of the cooperation. And by when (the whole day).
    owner = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="decisions_owned")
    responsible = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="decisions_owned"
    )
    owner_role = models.ForeignKey(
        CooperationRole, on_delete=models.PROTECT, null=True, blank=True, related_name="decisions_owned"
    )
    due_on = models.DateField(null=True, blank=True)
    # The measure that shows whether it helped: a code of `meetings.figures.report.measures`.
    indicator = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=8, choices=DecisionState, default=DecisionState.STANDS)
    closed_at = models.DateTimeField(null=True, blank=True)
    told_ahead_at = models.DateTimeField(null=True, blank=True)  # reminded before its day
    told_late_at = models.DateTimeField(null=True, blank=True)  # reminded after it

    class Meta(ByHat.Meta):
        ordering = ["made_at", "pk"]
        constraints = [
            *ByHat.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(state=DecisionState.OPEN)
                | Q(due_on__isnull=False) & (Q(owner__isnull=False) | Q(owner_role__isnull=False)),
                name="followed_decision_has_owner_and_day",
            ),
        ]
        indexes = [models.Index(fields=["due_on"], condition=Q(state="open"), name="decision_open")]

    def __str__(self) -> str:
        return f"decision {self.pk}"


class DecisionVote(models.Model):
    """How somebody who was there voted, and what they wanted written down against it (dissent, L42)."""

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="votes")
    attendance = models.ForeignKey(Attendance, on_delete=models.PROTECT, related_name="+")
    vote = models.CharField(max_length=10, choices=Vote, blank=True)  # none: dissent without a vote
    dissent = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["decision", "attendance"], name="one_vote_per_decision")]

    def __str__(self) -> str:
        return f"vote {self.pk}"


class DecisionReport(ByHat):
    """What has become of a decision since, as somebody has said. Only ever added to."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="reports")
    text = models.CharField(max_length=1000)
    state = models.CharField(max_length=8, choices=DecisionState)  # as it was left by this report
    due_on = models.DateField(null=True, blank=True)  # its day from then on
    at = models.DateTimeField(default=timezone.now)

    class Meta(ByHat.Meta):
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"decision report {self.pk}"


class ActionItem(ByHat):
    """Something to be done: what, by which agency, who there, by when."""

    item = models.ForeignKey(AgendaItem, on_delete=models.PROTECT, related_name="actions")
    author = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    text = models.CharField(max_length=500)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="action_items")
    responsible = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="action_items"
    )
    due_on = models.DateField()
    made_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, choices=ActionState, default=ActionState.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)  # of one that was dropped; never under a case
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    said = models.OneToOneField("meetings.TableText", on_delete=models.PROTECT, null=True, blank=True)

    class Meta(ByHat.Meta):
        ordering = ["due_on", "pk"]
        indexes = [models.Index(fields=["agency", "due_on"], condition=Q(state="open"), name="action_open")]

    def __str__(self) -> str:
        return f"action item {self.pk}"
