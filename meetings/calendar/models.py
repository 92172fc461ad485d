"""What each person has in their own calendar of the meetings and conversations they are called to (issue 8, L50)."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from meetings.calendar.states import Method, Outcome, Reminder
from meetings.models import ByHat, Conversation, Meeting, Series
from meetings.states import Answer
from notifications.models import OutgoingMail
from workspace.models import UserAccount


class PersonalCalendar(models.Model):
    """How a person wants their meetings in a calendar, and which version of them a feed gives now."""

    user = models.OneToOneField(UserAccount, on_delete=models.CASCADE, primary_key=True, related_name="calendar")
    by_mail = models.BooleanField("kallelser med e-post", default=True)
    reminder = models.PositiveSmallIntegerField("påminnelse", choices=Reminder, null=True, blank=True)
    version = models.PositiveIntegerField(default=0)  # raised whenever something that the feed says has changed
    form = models.CharField(max_length=16, blank=True)  # in which the feed's events are written: `form_of_texts`

    def __str__(self) -> str:
        return f"calendar {self.pk}"


class FeedAddress(models.Model):
    """A private address that a calendar program asks for a person's meetings. The token itself is shown once."""

    user = models.ForeignKey(UserAccount, on_delete=models.CASCADE, related_name="feed_addresses")
    name = models.CharField("namn", max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)  # written at most once an hour
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["made_at", "pk"]

    def __str__(self) -> str:
        return f"feed address {self.pk}"


class Entry(ByHat):
    """One VEVENT of one person: a series, a meeting or a conversation that a hat of theirs is called to.

    The uid is the person's own and random. An entry with `instead_of` is the occurrence of a series that differs, and
    shares the uid of the series' entry. Written by the reconciliation alone; one that has ended may come back.
    """

    user = models.ForeignKey(UserAccount, on_delete=models.CASCADE, related_name="calendar_entries")
    series = models.ForeignKey(Series, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    uid = models.UUIDField(default=uuid.uuid4)
    instead_of = models.DateTimeField(null=True, blank=True)
    sequence = models.PositiveIntegerField(default=0)
    # The sequence from which on the time is what it is: an answer to an earlier one was about another time.
    time_sequence = models.PositiveIntegerField(default=0)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    place = models.CharField(max_length=200, blank=True)
    recurrence = models.JSONField(null=True, blank=True)  # of a series: its rule, and the occurrences that are not
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    asks = models.BooleanField(default=True)  # an answer by mail can be taken
    text = models.TextField(blank=True)  # the VEVENT as the feed gives it; empty: not in the feed
    changed_at = models.DateTimeField(default=timezone.now)
    # The sequence that a mail has been written of, and what it said; none: it is not in their calendar by mail.
    mailed = models.PositiveIntegerField(null=True, blank=True)
    mailed_digest = models.CharField(max_length=64, blank=True)  # empty: no server took it
    mailed_to = models.CharField(max_length=254, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # not called any more, or cancelled

    class Meta(ByHat.Meta):
        ordering = ["starts_at", "pk"]
        constraints = [
            *ByHat.Meta.constraints,
            models.CheckConstraint(
                condition=Q(series__isnull=False, meeting__isnull=True, conversation__isnull=True)
                | Q(meeting__isnull=False, conversation__isnull=True)
                | Q(series__isnull=True, meeting__isnull=True, conversation__isnull=False),
                name="entry_is_of_one_thing",
            ),
            models.UniqueConstraint(
                fields=["uid"], condition=Q(instead_of__isnull=True), name="uid_is_of_one_series_or_meeting"
            ),
            models.UniqueConstraint(
                fields=["uid", "instead_of"], condition=Q(instead_of__isnull=False), name="occurrence_differs_once"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "ends_at"], name="entry_of_user"),
            models.Index(
                fields=["changed_at"],
                condition=Q(ended_at__isnull=True, mailed__isnull=True)
                | Q(ended_at__isnull=True, sequence__gt=F("mailed"))
                | Q(ended_at__isnull=False, mailed__isnull=False),
                name="entry_to_mail",
            ),
        ]

    def __str__(self) -> str:
        return f"calendar entry {self.pk}"


class CalendarMail(OutgoingMail):
    """An invitation, or its taking back, to one person. Written whole when it is queued, so a repeat is the same."""

    user = models.ForeignKey(UserAccount, on_delete=models.CASCADE, related_name="calendar_mails")
    uid = models.UUIDField()
    method = models.CharField(max_length=8, choices=Method)
    sequence = models.PositiveIntegerField()
    parts = models.JSONField(default=list)  # what of the uid it says: "" the whole, else an occurrence's moment
    address = models.CharField(max_length=254)
    subject = models.CharField(max_length=120)
    body = models.TextField()
    ics = models.TextField()
    over_at = models.DateTimeField(null=True, blank=True)  # then it is of no use any more

    class Meta:
        indexes = [models.Index(fields=["made_at"], condition=Q(sent_at__isnull=True), name="calendar_mail_unsent")]

    def __str__(self) -> str:
        return f"calendar mail {self.pk}"


class ReceivedReply(models.Model):
    """What a calendar program answered, by mail or as a file, and what became of it. Each message counts once."""

    digest = models.CharField(max_length=64, unique=True)  # of the message, so that it is taken once
    got_at = models.DateTimeField(default=timezone.now)
    entry = models.ForeignKey(Entry, on_delete=models.SET_NULL, null=True, blank=True, related_name="replies")
    instead_of = models.DateTimeField(null=True, blank=True)  # the occurrence answered; none: the whole
    # When what was answered was to begin; none of a whole series. An answer to another time is none.
    starts_at = models.DateTimeField(null=True, blank=True)
    stamp = models.DateTimeField(null=True, blank=True)  # DTSTAMP: when it was answered
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    comment = models.CharField(max_length=300, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome)
    why = models.CharField(max_length=40, blank=True)  # a code of our own, never the sender's words
    taken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["got_at", "pk"]
        indexes = [models.Index(fields=["entry"], condition=Q(outcome="waiting"), name="reply_waiting")]

    def __str__(self) -> str:
        return f"received reply {self.pk}"
