"""What is wanted in people's calendars compared with what is there: which rows follow, begin, end or come back.

In memory only, of one group or one conversation; `keeping` reads the rows before and writes them after.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from meetings.calendar.models import Entry
from meetings.calendar.queries.events import Stored, gives, is_over, moments_in
from meetings.calendar.queries.wanted import Key, Wanted, key_of


@dataclass
class Book:
    """The entries of one thing. `made` and `rows` hold what is to be; `had` what each series left out before."""

    now: datetime
    rows: dict[Key, Entry]
    made: list[Entry] = field(default_factory=list)
    wanted: set[Key] = field(default_factory=set)
    had: dict[Key, set[datetime]] = field(default_factory=dict)


def reconcile(rows: Iterable[Entry], wanted: Iterable[Wanted], now: datetime) -> list[Entry]:
    """Let the rows say what is wanted, and return the new ones. What is over is left alone.

    A change of time, place or recurrence raises the sequence by one, as does an end and a coming back; an occurrence's
    is never below its series'.
    """
    book = Book(now, {key_of(row): row for row in rows})
    for one in sorted(wanted, key=lambda one: one.instead_of is not None):
        _want(book, one)
    for key, row in list(book.rows.items()):
        if key not in book.wanted:
            _not_wanted(book, row)
    for key in list(book.had):
        _tell_occurrences(book, key)
    for row in book.rows.values():
        master = _series_of(book, row)
        if master is not None and (row.ended_at is None or row.mailed is not None):
            row.sequence = max(row.sequence, master.sequence)
    return book.made


def _series_of(book: Book, row: Entry) -> Entry | None:
    """The living entry of the series that a row is an occurrence of."""
    if row.instead_of is None:
        return None
    master = book.rows.get((row.hat_key, "series", row.series_id, None))
    return master if master is not None and master.ended_at is None else None


def _want(book: Book, one: Wanted) -> None:
    row = book.rows.get(one.key)
    if row is None:
        if one.makes and (one.recurrence is not None or one.ends_at > book.now):
            _make(book, one)
        return
    if row.ended_at is not None and not one.makes:
        return
    book.wanted.add(one.key)
    if row.recurrence is not None and row.ended_at is None:
        book.had[one.key] = set(moments_in(row.recurrence, "without"))
    _follow(row, one, book.now)


def _make(book: Book, one: Wanted) -> Entry:
    row = Entry(
        user_id=one.user,
        member_id=one.member,
        role_id=one.role,
        series_id=one.series,
        meeting_id=one.meeting,
        conversation_id=one.conversation,
        instead_of=one.instead_of,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        place=one.place,
        recurrence=one.recurrence,
        answer=one.answer,
        asks=one.asks,
        changed_at=book.now,
    )
    master = _series_of(book, row)
    if master is not None:
        row.uid = master.uid
        # An answer to the series as it was before this occurrence was another is about another time.
        is_old = master.pk is not None
        row.sequence = row.time_sequence = master.sequence + is_old
    book.rows[one.key] = row
    book.wanted.add(one.key)
    book.made.append(row)
    return row


def _follow(row: Entry, one: Wanted, now: datetime) -> None:
    recurrence = merged(row.recurrence, one.recurrence, now)
    moved = (row.starts_at, row.ends_at) != (one.starts_at, one.ends_at)
    news = moved or row.ended_at is not None or row.place != one.place or _told(row.recurrence) != _told(recurrence)
    row.starts_at, row.ends_at, row.place = one.starts_at, one.ends_at, one.place
    row.recurrence, row.meeting_id, row.answer, row.asks = recurrence, one.meeting, one.answer, one.asks
    row.ended_at = None
    if news:
        row.sequence += 1
        row.changed_at = now
    if moved:
        row.time_sequence = row.sequence


def merged(was: Stored | None, wanted: Stored | None, now: datetime) -> Stored | None:
    """A series as it is wanted, but for the occurrences that have been: of those what was said stands."""
    if was is None or wanted is None:
        return wanted
    found = dict(wanted)
    for name in ("without", "declined"):
        past = [text for text in was[name] if datetime.fromisoformat(text) <= now]
        ahead = [text for text in wanted[name] if datetime.fromisoformat(text) > now]
        found[name] = [*past, *ahead]
    return found


def _told(recurrence: Stored | None) -> Stored | None:
    """What everybody is told of a series: not what one person has declined."""
    return {name: value for name, value in recurrence.items() if name != "declined"} if recurrence else None


def _not_wanted(book: Book, row: Entry) -> None:
    """A row that nobody asked for: an occurrence that goes by the rule again, or something that is no more."""
    if row.instead_of is not None and row.ended_at is None and not _lives(book, row):
        _end(row, book.now)  # with its series, past or not
        return
    if row.ended_at is not None or is_over(row, book.now):
        return
    master = _series_of(book, row)
    begins = row.instead_of
    if master is not None and begins is not None and begins > book.now and _occurs(master, begins):
        _follow(row, _by_rule(master, begins, row), book.now)
        return
    if master is not None and row.mailed is None:
        row.mailed = master.mailed  # they had it, as an occurrence like the others
    _end(row, book.now)


def _lives(book: Book, row: Entry) -> bool:
    """Whether the series of an occurrence lives, or is over and left alone."""
    key = (row.hat_key, "series", row.series_id, None)
    master = book.rows.get(key)
    return master is None or key in book.wanted or (master.ended_at is None and is_over(master, book.now))


def _occurs(master: Entry, begins: datetime) -> bool:
    assert master.recurrence is not None
    return gives(master, begins) and begins not in moments_in(master.recurrence, "without")


def _by_rule(master: Entry, begins: datetime, row: Entry | None = None) -> Wanted:
    """An occurrence as the series' rule says it. Nobody meets at night, so no clock change falls within it."""
    return Wanted(
        user=master.user_id,
        member=master.member_id,
        role=master.role_id,
        series=master.series_id,
        meeting=row.meeting_id if row else None,
        instead_of=begins,
        starts_at=begins,
        ends_at=begins + (master.ends_at - master.starts_at),
        place=master.place,
        answer=row.answer if row else "",
        asks=master.asks,
    )


def _end(row: Entry, now: datetime) -> None:
    row.ended_at = row.changed_at = now
    row.sequence += 1


def _tell_occurrences(book: Book, key: Key) -> None:
    """A series that has been mailed is not mailed again for one occurrence that is called off, or is on again: that
    occurrence gets a row of its own, which is taken back or called."""
    master = book.rows[key]
    if master.mailed is None or master.recurrence is None:
        return
    without = set(moments_in(master.recurrence, "without"))
    for begins in sorted(without ^ book.had[key]):
        at = (*key[:3], begins)
        row = book.rows.get(at)
        if begins <= book.now or not gives(master, begins):
            continue
        if begins in without and row is None:
            row = _make(book, _by_rule(master, begins))
            row.mailed, row.ended_at, row.sequence = master.mailed, book.now, master.sequence
        elif begins not in without and row is None:
            _make(book, _by_rule(master, begins))
        elif begins not in without and row is not None and row.ended_at is not None:
            _follow(row, replace(_by_rule(master, begins, row), answer=""), book.now)
