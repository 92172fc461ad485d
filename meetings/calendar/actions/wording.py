"""What a calendar mail says in words: when, and where to sign in. Never what it is about (L50)."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from meetings.calendar.models import Entry
from meetings.calendar.queries.events import clock_of, link_of, rule_in
from meetings.schedule import sentence
from workspace.swedish import say_time, say_weekday_date

LISTED = 12  # times in one mail
Times = Sequence[tuple[datetime, datetime]]


class Word(StrEnum):
    """What has happened, as the subject begins."""

    CALLED = "Möte"
    CHANGED = "Ändrat möte"
    OFF = "Inställt möte"
    NOT_YOU = "Återtagen kallelse till möte"  # it goes on without the reader
    ENDED = "Avslutat återkommande möte"  # nothing of the series is left
    REMOVED = "Borttaget ur kalendern: möte"  # it goes on, and so does the reader, but not by mail to this address


def subject_of(word: Word, starts_at: datetime) -> str:
    """«Ändrat möte i Samverkansrum tisdag 15 dec. 2026 kl. 13.00»."""
    if word == Word.ENDED:
        return f"{word} i Samverkansrum"
    return f"{word} i Samverkansrum {say_weekday_date(timezone.localdate(starts_at))} kl. {say_time(starts_at)}"


def body_of(word: Word, times: Times, entry: Entry) -> str:
    """The words of a mail about an entry, or about occurrences of it."""
    rhythm = ""
    if entry.recurrence is not None and word in {Word.CALLED, Word.CHANGED}:
        rhythm = sentence(rule_in(entry.recurrence), *clock_of(entry))
    context = {
        "word": word.name,
        "times": [
            f"{say_weekday_date(timezone.localdate(begins)).capitalize()} kl. {say_time(begins)}–{say_time(ends)}"
            for begins, ends in times[: 0 if word == Word.ENDED else LISTED]
        ],
        "more": len(times) > LISTED,
        "rhythm": rhythm,
        "answerable": entry.asks and word in {Word.CALLED, Word.CHANGED},
        "by_mail": bool(settings.REPLY_MAILBOX),
        "address": link_of(entry.uid),
    }
    return render_to_string("calendar/mail.txt", context)
