"""A three-party conversation: the participant and the agencies sit down together (R11, R29–R32)."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from meetings.states import (
    ACTIVE,
    HOW_OFTEN,
    Answer,
    ConversationKind,
    ConversationState,
    ConversationVerb,
    How,
    PartyKind,
    PlanBasis,
    PlanState,
    RequestState,
    SetAside,
    Way,
)
from workspace.models import Agency, Browser, Disclosure, Function, Ground, Membership, Participant


class ByParty(models.Model):
    """Who acted for a party: a member of an agency, or the participant in a browser. Both empty: the clock."""

    member = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    browser = models.ForeignKey(Browser, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(member__isnull=True) | Q(browser__isnull=True), name="%(class)s_one_actor_at_most"
            )
        ]


class ConversationPlan(models.Model):
    """When a conversation is due by agreement: «var tredje månad», «före fas 2». One open plan per participant."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="conversation_plans")
    basis = models.CharField(max_length=8, choices=PlanBasis, default=PlanBasis.EVERY)
    months = models.PositiveSmallIntegerField("var … månad", null=True, blank=True)  # EVERY
    before = models.CharField("före", max_length=80, blank=True)  # BEFORE: what is to happen
    due_on = models.DateField()  # moved by a postponement, and after each conversation held (EVERY)
    state = models.CharField(max_length=10, choices=PlanState, default=PlanState.OPEN)
    set_aside = models.CharField(max_length=16, choices=SetAside, blank=True)
    # The due day that has been said, so that it is said once; a later day: the one when it was said to be late.
    told_for = models.DateField(null=True, blank=True)
    member = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant"], condition=Q(state=PlanState.OPEN), name="one_open_plan_per_participant"
            ),
            models.CheckConstraint(
                condition=Q(basis=PlanBasis.EVERY, months__gte=1) | Q(basis=PlanBasis.BEFORE) & ~Q(before=""),
                name="plan_says_how_often_or_before_what",
            ),
            models.CheckConstraint(
                condition=Q(state=PlanState.SET_ASIDE) & ~Q(set_aside="") | ~Q(state=PlanState.SET_ASIDE),
                name="plan_set_aside_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"conversation plan {self.pk}"

    @property
    def says(self) -> str:
        """«Samtal var tredje månad.» or «Samtal före fas 2.»"""
        if self.basis == PlanBasis.BEFORE:
            return f"Samtal före {self.before}."
        return f"Samtal {HOW_OFTEN.get(self.months or 1, f'var {self.months}:e månad')}."

    @property
    def is_late(self) -> bool:
        return self.due_on < timezone.localdate()


class PlanEvent(models.Model):
    """The history of a plan: made, postponed with a day and a reason, set aside, held. Only ever added to."""

    plan = models.ForeignKey(ConversationPlan, on_delete=models.PROTECT, related_name="events")
    verb = models.CharField(max_length=20)  # make | postpone | set_aside | hold
    due_on = models.DateField(null=True, blank=True)  # the day it is due from then on
    reason = models.CharField(max_length=500, blank=True)
    member = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"plan event {self.pk}"


class Conversation(models.Model):
    """One conversation. It hangs on the convener's participant, and is the convener's agency's to arrange."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="conversations")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="conversations")
    convener = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="convenes")
    kind = models.CharField("slag", max_length=12, choices=ConversationKind, default=ConversationKind.CONVERSATION)
    state = models.CharField(max_length=10, choices=ConversationState, default=ConversationState.PREPARING)
    # The desks of its caseworkers, «3 7 12»: the same set has one active conversation per participant.
    desks = models.CharField(max_length=200)
    about = models.TextField("vad samtalet ska handla om", max_length=2000)
    minutes = models.PositiveSmallIntegerField("minuter", default=60)
    how = models.CharField("hur", max_length=6, choices=How, default=How.PLACE)
    where = models.CharField("plats eller nummer", max_length=200, blank=True)
    where_is_neutral = models.BooleanField("platsen får stå i kalendrar", default=False)
    link = models.URLField("länk", max_length=300, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    round = models.PositiveSmallIntegerField(default=0)  # raised by each call and each change of time
    # A wished form of meeting and what was decided about it (L52).
    wished_form = models.CharField("önskat sätt att träffas", max_length=300, blank=True)
    form_decision = models.CharField("beslut om det", max_length=300, blank=True)
    interpreter_booked_at = models.DateTimeField(null=True, blank=True)
    interpreter_booked_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    plan = models.ForeignKey(ConversationPlan, on_delete=models.PROTECT, null=True, blank=True, related_name="booked")
    made_at = models.DateTimeField(default=timezone.now)
    last_act_at = models.DateTimeField(default=timezone.now)  # of the latest event; what `CLOSES_UNPLANNED` counts from
    held_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField(max_length=300, blank=True)  # of one cancelled, to the parties

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "desks"],
                condition=Q(state__in=sorted(ACTIVE)),
                name="one_active_conversation_per_participant_and_desks",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True, ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="conversation_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[ConversationState.INVITED, ConversationState.HELD])
                | Q(starts_at__isnull=False),
                name="conversation_called_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"conversation {self.pk}"

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE


class Party(models.Model):
    """Somebody with a part in a conversation. A caseworker's party is its desk's, with one person named.

    Another agency's party rests on two disclosures by the convener's agency. `ground` is on what that agency itself may
    speak to the others: stated once by an officer there (L6). A party that has left stays as a row.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="parties")
    kind = models.CharField(max_length=12, choices=PartyKind)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    function = models.ForeignKey(Function, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    member = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="parties")
    identity = models.ForeignKey(Disclosure, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    question = models.ForeignKey(Disclosure, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    ground = models.ForeignKey(Ground, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    ground_reason = models.CharField(max_length=500, blank=True)
    stated_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    stated_at = models.DateTimeField(null=True, blank=True)
    # Support person, interpreter, employer: who, and of an employer for which part (R29, R30).
    name = models.CharField("namn", max_length=120, blank=True)
    part = models.CharField("vilken del", max_length=200, blank=True)
    agreed_on = models.DateField("personen har sagt ja", null=True, blank=True)
    added_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(kind=PartyKind.PARTICIPANT),
                name="one_participant_per_conversation",
            ),
            models.UniqueConstraint(
                fields=["conversation", "agency"],
                condition=Q(kind=PartyKind.CASEWORKER, left_at__isnull=True),
                name="one_caseworker_per_agency_and_conversation",
            ),
            models.CheckConstraint(
                condition=~Q(kind=PartyKind.CASEWORKER)
                | Q(agency__isnull=False, function__isnull=False, member__isnull=False),
                name="caseworker_party_has_a_desk",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=[PartyKind.SUPPORT, PartyKind.EMPLOYER]) | Q(agreed_on__isnull=False),
                name="nobody_comes_along_without_a_yes",
            ),
        ]

    def __str__(self) -> str:
        # Never a name: this string ends up in logs.
        return f"party {self.pk}"


class ConversationEvent(ByParty):
    """The history of a conversation. Only ever added to."""

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="events")
    verb = models.CharField(max_length=20)  # ConversationVerb, or the name of a smaller act
    at = models.DateTimeField(default=timezone.now)

    class Meta(ByParty.Meta):
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["at"], name="conversation_event_at")]  # what has happened lately

    def __str__(self) -> str:
        return f"conversation event {self.pk}"

    @property
    def label(self) -> str:
        """Of a verb that moves the conversation; the smaller acts are shown nowhere."""
        return str(ConversationVerb(self.verb).label)


class ConversationRequest(ByParty):
    """Somebody asks for a conversation: the participant, or a caseworker of an earlier one. It is always answered."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="conversation_requests")
    # The conversation whose party asks; none for the participant.
    earlier = models.ForeignKey(Conversation, on_delete=models.PROTECT, null=True, blank=True, related_name="requests")
    reason = models.TextField(max_length=1000)
    made_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.WAITING)
    answer = models.CharField(max_length=500, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    led_to = models.ForeignKey(Conversation, on_delete=models.PROTECT, null=True, blank=True, related_name="came_of")

    class Meta(ByParty.Meta):
        ordering = ["made_at", "pk"]

    def __str__(self) -> str:
        return f"conversation request {self.pk}"


class TimeOption(models.Model):
    """A time the convener proposes. Those of a conversation that has got its time are history."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="options")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    made_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "starts_at"],
                condition=Q(withdrawn_at__isnull=True),
                name="same_time_proposed_once",
            )
        ]

    def __str__(self) -> str:
        return f"time option {self.pk}"


class TimeAnswer(ByParty):
    """Whether a time works for a party. Only ever added to: the newest counts, from whichever device it came."""

    option = models.ForeignKey(TimeOption, on_delete=models.PROTECT, related_name="answers")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="time_answers")
    works = models.BooleanField()
    way = models.CharField(max_length=10, choices=Way, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta(ByParty.Meta):
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"time answer {self.pk}"


class Invitation(models.Model):
    """One party's own call to one time. A new time is a new round: earlier calls stay as they were sent."""

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="invitations")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="invitations")
    round = models.PositiveSmallIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    how = models.CharField(max_length=6, choices=How)
    where = models.CharField(max_length=200, blank=True)
    link = models.URLField(max_length=300, blank=True)
    sent_at = models.DateTimeField(default=timezone.now)
    sent_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    read_at = models.DateTimeField(null=True, blank=True)
    letter_at = models.DateTimeField(null=True, blank=True)  # when the paper was made

    class Meta:
        ordering = ["round", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "party", "round"], name="one_call_per_party_and_round")
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class InvitationAnswer(ByParty):
    """An answer to a call. Only ever added to: the newest counts, the earlier ones are kept."""

    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="answers")
    answer = models.CharField(max_length=10, choices=Answer)
    comment = models.CharField(max_length=300, blank=True)
    way = models.CharField(max_length=10, choices=Way, blank=True)  # registered by staff: how it came
    is_late = models.BooleanField(default=False)  # came when the conversation had begun: kept, and marked
    at = models.DateTimeField(default=timezone.now)

    class Meta(ByParty.Meta):
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"invitation answer {self.pk}"


class OwnQuestion(models.Model):
    """A question the participant wants to ask. Only they see it, until they show it to everybody who comes."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="own_questions")
    # The conversation it is shown in; none while it is the participant's alone.
    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, null=True, blank=True, related_name="questions"
    )
    text = models.CharField(max_length=500)
    made_at = models.DateTimeField(default=timezone.now)
    shown_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["made_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(conversation__isnull=True, shown_at__isnull=True)
                | Q(conversation__isnull=False, shown_at__isnull=False),
                name="question_shown_names_its_conversation",
            )
        ]

    def __str__(self) -> str:
        return f"own question {self.pk}"
