"""A group's series: its rule, its exceptions, the days ahead, and what follows when it changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet
from django.utils import timezone

from meetings.models import Group, Meeting, Series
from meetings.schedule import Exceptions, Occurrence, Rule, coming, occurrences, sentence
from meetings.states import AHEAD, Repeats
from workspace.clocks import day_off

SHOWN = 12  # days ahead on a group's page, and in what is shown before a series is saved


def rule_of(series: Series) -> Rule:
    """The series as the pure reckoning takes it."""
    return Rule(
        repeats=series.repeats,
        ordinal=series.ordinal,
        weekday=series.weekday,
        interval=series.interval,
        from_on=series.from_on,
        to_on=series.to_on,
        months_off=tuple(series.months_off),
    )


def days_of(series: Series, first: date, last: date) -> list[date]:
    """The days a series gives from one day to another, both included, its exceptions aside."""
    return occurrences(rule_of(series), first, last)


def exceptions_of(series: Series) -> Exceptions:
    return {row.on: row.moved_to for row in series.exceptions.all()}


def running_series(group: Group) -> list[Series]:
    """The group's series that are not over, the first to begin first: one, or two while a change is ahead."""
    open_ended = Q(to_on__isnull=True) | Q(to_on__gte=timezone.localdate())
    return list(Series.objects.filter(open_ended, group=group).prefetch_related("exceptions").order_by("from_on", "pk"))


@dataclass(frozen=True)
class ComingDay:
    """A day of a series ahead: what it gives, when it is, and why it is no working day, if it is none."""

    series: Series
    on: date
    day: date
    off: str

    @property
    def moved(self) -> bool:
        return self.on != self.day


def coming_days(group: Group, number: int = SHOWN, first: date | None = None) -> list[ComingDay]:
    """The next days of the group's series that no meeting has been opened for, from today."""
    first = first or timezone.localdate()
    found = [
        ComingDay(series, one.on, one.day, day_off(one.day))
        for series in running_series(group)
        for one in coming(rule_of(series), exceptions_of(series), first, 2 * number)
    ]
    opened = set(Meeting.objects.filter(series__group=group).values_list("series", "occurs_on"))
    ahead = [one for one in found if (one.series.pk, one.on) not in opened]
    return sorted(ahead, key=lambda one: (one.day, one.series.pk))[:number]


def series_sentences(group: Group) -> list[tuple[Series, str]]:
    """Each running series as a sentence."""
    return [(series, sentence(rule_of(series), series.begins, series.ends)) for series in running_series(group)]


def follow(rule: Rule, exceptions: Exceptions, meetings: Sequence[Meeting]) -> dict[int, Occurrence | None]:
    """Which day of a new rule each opened meeting follows to, by its key; None where none matches.

    A monthly series matches month by month, a weekly one week by week, and no day twice.
    """
    free = coming(rule, exceptions, rule.from_on, 60)
    found: dict[int, Occurrence | None] = {}
    for meeting in meetings:
        was = meeting.occurs_on or timezone.localdate(meeting.starts_at)
        match = next((one for one in free if _period(rule, one.on) == _period(rule, was)), None)
        found[meeting.pk] = match
        if match:
            free.remove(match)
    return found


def _period(rule: Rule, day: date) -> tuple[int, int]:
    return (day.year, day.month) if rule.repeats == Repeats.MONTHLY else day.isocalendar()[:2]


def opened_ahead(series: Sequence[Series], first: date) -> QuerySet[Meeting]:
    """The opened meetings of these series whose day in the series is from a day on, and which have not begun."""
    return (
        Meeting.objects.filter(series__in=series, occurs_on__gte=first, state__in=AHEAD)
        .select_related("group__cooperation", "joined_group", "series")
        .order_by("occurs_on", "pk")
    )
