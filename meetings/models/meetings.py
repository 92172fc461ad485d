"""One meeting, who is called to it, who was there, and its history."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from meetings.models.groups import Group, GroupSeat, Series
from meetings.models.people import ByHat
from meetings.states import Answer, MeetingState, MeetingVerb, MinutesState, PresentHow


class Meeting(models.Model):
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="meetings")
    # A joint meeting (R5): both groups' seats are called, and a case needs consent for just that.
    joined_group = models.ForeignKey(
        Group, on_delete=models.PROTECT, null=True, blank=True, related_name="joined_meetings"
    )
    series = models.ForeignKey(Series, on_delete=models.PROTECT, null=True, blank=True, related_name="meetings")
    occurs_on = models.DateField(null=True, blank=True)  # the day the series gives, also when the meeting is moved
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    place = models.CharField("plats", max_length=120, blank=True)
    place_is_neutral = models.BooleanField("platsen får stå i kalendrar", default=False)  # tells nothing of whom or why
    link = models.URLField("länk", max_length=300, blank=True)
    state = models.CharField(max_length=12, choices=MeetingState, default=MeetingState.PLANNED)
    called_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    minutes_state = models.CharField(max_length=10, choices=MinutesState, default=MinutesState.DRAFT)
    # The room: where everybody is, and who writes.
    current_item = models.ForeignKey(
        "meetings.AgendaItem", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    pen = models.ForeignKey("meetings.Attendance", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="meeting_ends_after_it_starts"),
            models.UniqueConstraint(fields=["series", "occurs_on"], name="one_meeting_per_day_of_a_series"),
            models.CheckConstraint(
                condition=Q(joined_group__isnull=True) | ~Q(joined_group=F("group")), name="meeting_joins_another_group"
            ),
        ]
        indexes = [models.Index(fields=["group", "starts_at"])]

    def __str__(self) -> str:
        return f"meeting {self.pk}"

    @property
    def group_ids(self) -> list[int]:
        """The group whose meeting it is, and the one it is held together with."""
        return [pk for pk in (self.group_id, self.joined_group_id) if pk]


class Attendance(ByHat):
    """One hat and one meeting: asked, answered, present. A role, or somebody invited to one item, has no seat."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="attendances")
    seat = models.ForeignKey(GroupSeat, on_delete=models.PROTECT, null=True, blank=True, related_name="attendances")
    asked_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    comment = models.CharField(max_length=300, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    is_late = models.BooleanField(default=False)  # answered when the meeting had begun
    by_absence = models.BooleanField(default=False)  # «Kan inte» because an absence is registered for that day
    present_how = models.CharField(max_length=8, choices=PresentHow, blank=True)
    present_at = models.DateTimeField(null=True, blank=True)
    # Here now: the last time the room's page said so. Not a record; it is written over and over.
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta(ByHat.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(member__isnull=True) ^ Q(role__isnull=True), name="attendance_is_of_one_hat"
            ),
            models.UniqueConstraint(fields=["meeting", "member"], name="member_once_per_meeting"),
            models.UniqueConstraint(fields=["meeting", "role"], name="role_once_per_meeting"),
        ]

    def __str__(self) -> str:
        return f"attendance {self.pk}"


class MeetingEvent(ByHat):
    """The history of a meeting. Only ever added to."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="events")
    verb = models.CharField(max_length=20)  # MeetingVerb, or the name of a smaller act
    at = models.DateTimeField(default=timezone.now)
    text = models.CharField(max_length=500, blank=True)  # a reason; never about a person

    class Meta(ByHat.Meta):
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["at"], name="meeting_event_at")]  # what has happened lately

    def __str__(self) -> str:
        return f"meeting event {self.pk}"

    @property
    def label(self) -> str:
        """Of a verb that moves the meeting; the smaller acts are shown nowhere."""
        return str(MeetingVerb(self.verb).label)
