"""The days of a series about which something is said: a meeting has been opened, or it is another day, or none."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Q, QuerySet, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone

from meetings.calendar.models import Entry
from meetings.models import Group, Meeting, Series
from meetings.queries.series import exceptions_of, rule_of
from meetings.schedule import HORIZON, Rule, occurrences, span
from meetings.states import AHEAD, NEVER_HELD, MeetingState
from workspace.clocks import add_months

# Of an entry's series. No end at all is NULL in PostgreSQL, and in SQLite the word «null», which is after any day.
LAST_DAY = Cast(KT("recurrence__rule__to_on"), TextField())
LIVE = AHEAD | {MeetingState.IN_PROGRESS}


@dataclass(frozen=True)
class Occasion:
    """`on` is the day the rule gives and `begins` when it would begin then. `differs`: in time or place from that."""

    on: date
    begins: datetime
    starts_at: datetime
    ends_at: datetime
    place: str
    meeting: int | None = None
    is_off: bool = False
    differs: bool = False


def series_to_keep(group: Group, now: datetime) -> list[Series]:
    """The group's series that are not over, those that have a meeting left, and those that stand longer in somebody's
    calendar than they are. Two queries."""
    left = Meeting.objects.filter(group=group, series__isnull=False, state__in=LIVE, ends_at__gt=now).values("series")
    kept = Q(to_on__isnull=True) | Q(to_on__gte=timezone.localdate(now)) | Q(pk__in=left)
    kept |= Q(pk__in=entries_too_long().filter(series__group=group).values("series"))
    return list(Series.objects.filter(kept, group=group).prefetch_related("exceptions").order_by("from_on", "pk"))


def entries_too_long() -> QuerySet[Entry]:
    """The entries of series that have ended sooner than the entries say."""
    found = Entry.objects.filter(ended_at__isnull=True, recurrence__isnull=False, series__to_on__isnull=False)
    said = found.annotate(last=LAST_DAY, ends=Cast("series__to_on", TextField()))
    return said.filter(Q(last__isnull=True) | Q(last__gt=F("ends")))


def first_day(rule: Rule, day: date) -> date | None:
    """The first day that a series gives from a day on."""
    first = max(day, rule.from_on)
    return next(iter(occurrences(rule, first, add_months(first, HORIZON))), None)


def occasions_of(series: Series, meetings: Iterable[Meeting]) -> list[Occasion]:
    """Those of a series, in order. An opened meeting says more than the exception it came of."""
    rule, exceptions = rule_of(series), exceptions_of(series)
    opened = {meeting.occurs_on: meeting for meeting in meetings if meeting.series_id == series.pk}
    own_place = series.place if series.place_is_neutral else ""
    found = []
    for on in sorted({*exceptions, *(day for day in opened if day)}):
        if not occurrences(rule, on, on):
            continue
        begins, ends = span(on, series.begins, series.ends)
        meeting, day = opened.get(on), exceptions.get(on, on)
        if meeting is not None:
            is_off = meeting.state in NEVER_HELD
            at = (meeting.starts_at, meeting.ends_at, meeting.place if meeting.place_is_neutral else "")
        else:
            is_off = day is None
            at = (*(span(day, series.begins, series.ends) if day else (begins, ends)), own_place)
        differs = at != (begins, ends, own_place)
        found.append(Occasion(on, begins, *at, meeting.pk if meeting else None, is_off, differs))
    return found
