"""What a calendar is told of one meeting: when, and nothing of what or whom (L50)."""

from dataclasses import dataclass
from datetime import datetime

from meetings.schedule import Rule

SUMMARY = "Möte i Samverkansrum"
PRODUCT = "-//Samverkansrum//SV"


@dataclass(frozen=True)
class Recurrence:
    """How a series repeats. `without`: occurrences that are not, each as it begins by the rule (EXDATE)."""

    rule: Rule
    without: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class Event:
    """One VEVENT. Moments are aware; they are written in Stockholm's wall clock.

    Of a series `starts_at` and `ends_at` are its first occurrence's. `instead_of`: this is one occurrence of the series
    with the same uid that differs, and begins by the rule then (RECURRENCE-ID).
    """

    uid: str
    sequence: int
    stamp: datetime  # when this version was made (DTSTAMP)
    starts_at: datetime
    ends_at: datetime
    url: str  # leads behind sign-in
    place: str = ""  # only one that is marked neutral
    recurrence: Recurrence | None = None
    instead_of: datetime | None = None
    answer: str = ""  # the reader's to this one (PARTSTAT), where it is another than to the whole


@dataclass(frozen=True)
class Reader:
    """The one attendee of an invitation: whom the mail is to. `answer` is a PARTSTAT of RFC 5545."""

    address: str
    answer: str = "NEEDS-ACTION"
    asks: bool = True  # RSVP: an answer is wanted
