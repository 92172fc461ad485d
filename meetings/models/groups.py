"""Groups, the seats in them, and how often they meet (R1, R2, R5–R8, R14)."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from meetings.states import GroupKind, ItemKind, MinutesMode, Ordinal, Purpose, Repeats, Section
from workspace.models import Cooperation, CooperationRole, Function, Membership, Municipality
from workspace.states import SeatKind


class Group(models.Model):
    """A cooperation group, or another of the same engine. In one cooperation, for one or two municipalities."""

    cooperation = models.ForeignKey(Cooperation, on_delete=models.PROTECT, related_name="groups")
    kind = models.CharField("slag", max_length=12, choices=GroupKind, default=GroupKind.COOPERATION)
    name = models.CharField("namn", max_length=80)
    municipalities = models.ManyToManyField(Municipality, related_name="groups")
    # The chair and the secretary arrange the meetings; they need a seat in the group.
    chair = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="chairs")
    secretary = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="secretary_of"
    )
    quorum = models.PositiveSmallIntegerField("minst så många myndigheter", default=2)
    minutes_mode = models.CharField("protokoll", max_length=8, choices=MinutesMode, default=MinutesMode.PROJECT)
    # Consultation without identity: off where a municipality has under 20,000 inhabitants, until turned on (L17).
    anonymous_cases = models.BooleanField(default=False)
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["cooperation", "name"], name="group_name_once_per_cooperation")]

    def __str__(self) -> str:
        return self.name


class GroupSeat(models.Model):
    """A place in a group. It belongs to an agency's desk, from a day to a day, whoever sits on it (R7)."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="seats")
    function = models.ForeignKey(Function, on_delete=models.PROTECT, related_name="group_seats")
    from_on = models.DateField(default=timezone.localdate)
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["function__agency__name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_on__isnull=True) | Q(to_on__gte=F("from_on")), name="group_seat_ends_after_it_starts"
            ),
            models.UniqueConstraint(
                fields=["group", "function"], condition=Q(to_on__isnull=True), name="desk_has_one_open_seat_per_group"
            ),
        ]

    def __str__(self) -> str:
        return f"group seat {self.pk}"


class SeatHolder(models.Model):
    """Who sits there: one ordinary member, and deputies in the order they are called (R2)."""

    seat = models.ForeignKey(GroupSeat, on_delete=models.CASCADE, related_name="holders")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="group_seats")
    kind = models.CharField(max_length=10, choices=SeatKind, default=SeatKind.ORDINARY)
    order = models.PositiveSmallIntegerField(default=1)
    from_on = models.DateField(default=timezone.localdate)
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["-kind", "order", "pk"]  # ordinary before deputy
        constraints = [
            models.UniqueConstraint(
                fields=["seat", "membership"], condition=Q(to_on__isnull=True), name="member_holds_a_seat_once"
            ),
            models.UniqueConstraint(
                fields=["seat"],
                condition=Q(to_on__isnull=True, kind=SeatKind.ORDINARY),
                name="one_ordinary_member_per_group_seat",
            ),
        ]

    def __str__(self) -> str:
        return f"seat holder {self.pk}"


class TemplateItem(models.Model):
    """A line of the agenda that each of the group's meetings begins with. Changes never touch opened meetings."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="template")
    section = models.CharField(max_length=12, choices=Section, default=Section.MATTERS)
    kind = models.CharField(max_length=16, choices=ItemKind, default=ItemKind.ORDINARY)
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    purpose = models.CharField(max_length=12, choices=Purpose, default=Purpose.DISCUSSION)
    minutes = models.PositiveSmallIntegerField(default=10)
    presenter = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    presenter_role = models.ForeignKey(
        CooperationRole, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"template item {self.pk}"


class Series(models.Model):
    """«Tredje tisdagen 13–15, inte juli». Times are Stockholm's wall clock, both sides of a clock change."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="series")
    repeats = models.CharField(max_length=8, choices=Repeats, default=Repeats.MONTHLY)
    ordinal = models.CharField(max_length=2, choices=Ordinal, default=Ordinal.THIRD)  # monthly only
    interval = models.PositiveSmallIntegerField(default=1)  # every n-th week or month, counted from `from_on`
    weekday = models.PositiveSmallIntegerField()  # 0 is Monday
    begins = models.TimeField()
    ends = models.TimeField()
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)
    months_off = models.JSONField(default=list)  # numbers of the months without meetings
    place = models.CharField("plats", max_length=120, blank=True)
    place_is_neutral = models.BooleanField("platsen får stå i kalendrar", default=False)
    link = models.URLField("länk", max_length=300, blank=True)

    class Meta:
        ordering = ["from_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("begins")), name="series_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="series_weekday_is_one"),
        ]

    def __str__(self) -> str:
        return f"series {self.pk}"


class SeriesException(models.Model):
    """A day of the series that is another day, or none."""

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="exceptions")
    on = models.DateField()  # the day the series gives
    moved_to = models.DateField(null=True, blank=True)  # none: no meeting

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "on"], name="one_exception_per_day")]

    def __str__(self) -> str:
        return f"exception {self.pk}"
