"""What is to be mailed of people's calendars, and which mails are still to be sent."""

from datetime import datetime

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from meetings.calendar.models import CalendarMail, Entry
from meetings.calendar.states import QUIET, Method
from meetings.states import Answer

WHOLE = ""  # the part of a mail that is all of its uid


def part_of(entry: Entry) -> str:
    """What of its uid an entry is, as a mail remembers it."""
    return entry.instead_of.isoformat() if entry.instead_of else WHOLE


def owes(entry: Entry) -> bool:
    """Whether something has been written since the entry was last mailed. The same as `_owing`, of a row.

    Who does not come is told only of another time.
    """
    if entry.ended_at is not None:
        return entry.mailed is not None
    if entry.answer == Answer.NOT_COMING:
        return entry.mailed is not None and entry.time_sequence > entry.mailed
    return entry.mailed is None or entry.sequence > entry.mailed


def _owing() -> Q:
    news = Q(mailed__isnull=True) | Q(sequence__gt=F("mailed"))
    live = ~Q(answer=Answer.NOT_COMING) & news | Q(answer=Answer.NOT_COMING, time_sequence__gt=F("mailed"))
    return Q(ended_at__isnull=True) & live | Q(ended_at__isnull=False, mailed__isnull=False)


def wants_mail(prefix: str = "") -> Q:
    """Whose account is open and has an address, and who has not turned the calls by mail off."""
    off = Q(**{f"{prefix}calendar__by_mail": False})
    return Q(**{f"{prefix}is_active": True}) & ~Q(**{f"{prefix}email": ""}) & ~off


def entries_to_mail(now: datetime) -> QuerySet[Entry]:
    """The entries that have changed since they were mailed, and have been left alone for a minute.

    One that is over is mailed no more; of a series that is asked of each.
    """
    return Entry.objects.filter(_owing(), _ahead(now), wants_mail("user__"), changed_at__lte=now - QUIET)


def _ahead(now: datetime) -> Q:
    return Q(ends_at__gt=now) | Q(recurrence__isnull=False)


def entries_to_take_back(now: datetime) -> QuerySet[Entry]:
    """What was mailed to who wants no mails any more, has closed the account or has another address now."""
    elsewhere = ~Q(mailed_to="") & ~Q(mailed_to=F("user__email"))
    return Entry.objects.filter(~wants_mail("user__") | elsewhere, _ahead(now), mailed__isnull=False)


def calendar_mails_wanted(mails: QuerySet[CalendarMail]) -> QuerySet[CalendarMail]:
    """Of these, what is of use still, of something that is not over.

    Calls go to whoever wants them, at the address they have now; what takes back goes to where the call went.
    """
    of_use = Q(over_at__isnull=True) | Q(over_at__gt=timezone.now())
    wanted = Q(method=Method.CANCEL) | wants_mail("user__") & Q(address=F("user__email"))
    return mails.filter(of_use, wanted)
