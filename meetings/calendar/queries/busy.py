"""What a person has given of their own calendar, as shown to themselves, and which calendars are due to be fetched."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from meetings.calendar.states import BusyProblem
from meetings.models import BusySource
from workspace.models import UserAccount

AHEAD = timedelta(days=90)  # how far busy times are kept
EVERY = timedelta(hours=1)  # how often an address is asked


@dataclass(frozen=True)
class BusyShown:
    """A person's own calendar, as its page says it. `until`: the last moment that its times say anything of."""

    source: BusySource
    times: int
    problem: str
    until: datetime | None
    is_over: bool


def busy_context(user: UserAccount) -> dict[str, Any]:
    """What `calendar/_busy.html` shows, of the person's own calendar alone: `busy`, None where none is given."""
    now = timezone.now()
    times = Count("user__busy_times", filter=Q(user__busy_times__ends_at__gt=now))
    source = BusySource.objects.filter(user=user).annotate(times=times).first()
    if source is None:
        return {"busy": None}
    until = source.fetched_at + AHEAD if source.fetched_at else None
    problem = BusyProblem(source.problem).label if source.problem else ""
    return {"busy": BusyShown(source, source.times, problem, until, until is not None and until <= now)}


def window(now: datetime) -> tuple[datetime, datetime]:
    """Between which moments busy times are kept."""
    return now, now + AHEAD


def is_due(now: datetime) -> Q:
    """Nobody has asked within the hour. Columns of its own only: a claim asks it again of the row as it then is."""
    return Q(tried_at__isnull=True) | Q(tried_at__lte=now - EVERY)


def due_sources(now: datetime) -> QuerySet[BusySource]:
    """Addresses that nobody has asked within the hour, of open accounts; those never asked first."""
    found = BusySource.objects.filter(is_due(now), user__is_active=True).exclude(sealed_address="")
    return found.order_by(F("tried_at").asc(nulls_first=True), "pk")
