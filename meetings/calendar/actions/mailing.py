"""Invitations by e-mail (RFC 5546): what has changed in a person's calendar, to them alone, and nothing of what (L50).

The entries are the truth. Each remembers what has been mailed of it, so what is owed is reckoned anew each time.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import formataddr
from hashlib import sha256
from itertools import groupby
from operator import attrgetter

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from meetings.calendar.actions.wording import Times, Word, body_of, subject_of
from meetings.calendar.models import CalendarMail, Entry, ReceivedReply
from meetings.calendar.queries.events import event_of, is_over, moments_in, next_time, over_at, own_event_of
from meetings.calendar.queries.feeds import reminder_of
from meetings.calendar.queries.mails import (
    WHOLE,
    calendar_mails_wanted,
    entries_to_mail,
    entries_to_take_back,
    owes,
    part_of,
    wants_mail,
)
from meetings.calendar.queries.replies import SPOKEN
from meetings.calendar.states import QUIET, Method
from meetings.ical.events import Event, Reader
from meetings.ical.writing import invitation
from meetings.models import Conversation, Meeting
from meetings.states import NEVER_HELD, Answer, ConversationState
from notifications.actions.posting import checked_address, given_up, send_each, unclaimed, unsent
from workspace.actions import action
from workspace.models import UserAccount

log = logging.getLogger("samverkansrum.mail")

PARTSTAT: dict[str, str] = {Answer.COMING: "ACCEPTED", Answer.NOT_COMING: "DECLINED"}
TALK_IS_OFF = {ConversationState.CANCELLED, ConversationState.CLOSED}


def send_calendar_mails() -> int:
    """Write what is owed and send it, as `send_each` says; how many mails the server took. May run again.

    Nobody is called who has turned it off, has no address or whose account is closed, and what they were mailed before
    is taken back; what they miss is still owed, so that it comes when they turn it on. Who has another address than
    before is called anew. What the server would not take in five tries is told at the next change. Call it outside
    transactions.
    """
    now = timezone.now()
    owing = (entries_to_mail(now), entries_to_take_back(now))
    for user in sorted({user for rows in owing for user in rows.values_list("user", flat=True)}):
        queue_calendar_mails(user=user)
    mails = CalendarMail.objects.all()
    sent = send_each(lambda: calendar_mails_wanted(unsent(mails)), write_calendar_mail)
    for pk in given_up(mails).values_list("pk", flat=True):
        give_up(mail=pk)
    return sent


@action
def give_up(*, mail: int) -> None:
    """Forget a mail that no server took. Its entries are then told whole and as new when any of them changes next."""
    found = given_up(CalendarMail.objects.filter(pk=mail)).first()
    if found is None:
        return
    rows = Entry.objects.filter(user=found.user_id, uid=found.uid)
    list(rows.select_for_update(of=("self",)).order_by("pk"))
    rows.update(mailed_digest="")
    log.error("%s to user %s is given up: %s", found, found.user_id, found.last_error)
    found.delete()


# ---------- what is written ----------
@dataclass(frozen=True)
class _Person:
    """To whom. `address`: where they are called now, empty if nowhere."""

    account: UserAccount
    address: str
    reminder: timedelta | None
    off: set[int]  # the entries whose meeting or conversation is off for everybody
    said: dict[int, str]  # what was answered to a series as a whole, by its entry


@dataclass
class _Mails:
    """What one person is owed of one uid: to be called to, and to be taken back."""

    now: datetime
    called: list[Entry] = field(default_factory=list)  # what the REQUEST holds
    news: list[Entry] = field(default_factory=list)  # what of it is other than was mailed
    is_first: bool = False
    holds: bool = False  # what was answered to the whole still does
    ended: list[Entry] = field(default_factory=list)


@action
def queue_calendar_mails(*, user: int) -> None:
    """Write the mails that a person is owed: of each uid at most one that calls and one that takes back, and one more
    that takes back what went to another address.

    Locks the entries, so that two processes write each mail once. Notes what was mailed, and drops earlier mails that
    are not sent yet and say nothing that these do not. Waits until a uid has been left alone for a minute.
    """
    now = timezone.now()
    account = UserAccount.objects.get(pk=user)
    address = _address_of(account)
    which = Q(uid__in=entries_to_take_back(now).filter(user=user).values("uid"))
    if address:
        which |= Q(uid__in=entries_to_mail(now).filter(user=user).values("uid"))
    found = Entry.objects.select_for_update(of=("self",)).filter(which, user=user)
    rows = sorted(found.order_by("pk"), key=lambda row: (str(row.uid), row.instead_of is not None, row.starts_at))
    if not rows:
        return
    person = _Person(account, address, reminder_of(account), _called_off(rows), _said_of_series(rows))
    made = []
    for _, each in groupby(rows, key=attrgetter("uid")):
        group = list(each)
        made += _take_back(group, person, now)
        mails = _owed_of(group, now, address) if address else _Mails(now)
        if mails.called:
            made.append(_request(mails, person))
        if mails.ended:
            made.append(_cancel(mails.ended, person, address))
    Entry.objects.bulk_update(rows, ["sequence", "mailed", "mailed_digest", "mailed_to"])
    CalendarMail.objects.bulk_create(_overtaking(made))


def _address_of(account: UserAccount) -> str:
    """Where a person's calls go; empty where they are to get none."""
    try:
        address = checked_address(account.email)
    except ValidationError:
        return ""
    return address if UserAccount.objects.filter(wants_mail(), pk=account.pk).exists() else ""


def _said_of_series(rows: Sequence[Entry]) -> dict[int, str]:
    """What has last been answered from a calendar to each series as a whole, by entry. One query."""
    series = [row.pk for row in rows if row.recurrence is not None]
    replies = ReceivedReply.objects.filter(entry__in=series, instead_of__isnull=True, outcome__in=SPOKEN)
    return dict(replies.exclude(answer="").order_by("stamp", "pk").values_list("entry", "answer"))


def _take_back(rows: list[Entry], person: _Person, now: datetime) -> list[CalendarMail]:
    """What takes back a uid that stands in a calendar where it is not to be mailed; noted in the rows as not mailed."""
    there = {row.mailed_to or person.account.email for row in rows if row.mailed is not None}
    if not there or there == {person.address}:
        return []
    made = []
    if not all(is_over(row, now) for row in rows if row.mailed is not None):
        for row in rows:
            row.sequence += 1
        made = [_cancel(rows[:1], person, address) for address in sorted(there - {person.address})]
        for row in rows:
            row.sequence += 1  # what calls anew is newer than what has taken back
    _forget(rows)
    return made


def _called_off(rows: Sequence[Entry]) -> set[int]:
    """Of these entries, those whose meeting or conversation is off for everybody. Two queries."""
    meetings = {row.meeting_id for row in rows if row.ended_at and row.meeting_id}
    talks = {row.conversation_id for row in rows if row.ended_at and row.conversation_id}
    off = set(Meeting.objects.filter(pk__in=meetings, state__in=NEVER_HELD).values_list("pk", flat=True))
    closed = set(Conversation.objects.filter(pk__in=talks, state__in=TALK_IS_OFF).values_list("pk", flat=True))
    return {row.pk for row in rows if row.meeting_id in off or row.conversation_id in closed}


def _owed_of(rows: list[Entry], now: datetime, address: str) -> _Mails:
    """What is owed of one uid, the series (or the meeting by itself) first; noted in the rows as mailed."""
    found = _Mails(now)
    owing = [row for row in rows if owes(row)]
    if any(row.changed_at > now - QUIET for row in owing):
        return found
    master, live = rows[0], [row for row in rows if row.ended_at is None]
    if master.ended_at is not None:
        if master.mailed is not None and not is_over(master, now):
            found.ended = [master]
        _forget(rows)
        return found
    ended = [row for row in owing if row.ended_at is not None]
    found.ended = [row for row in ended if not is_over(row, now)]
    _forget(ended)
    for row in owing:
        if row.ended_at is None and _is_settled(row, now):
            row.mailed = row.sequence
    found.news = [row for row in live if owes(row)]
    if found.news:
        whole = len(found.news) > 1 or found.news[0] is master or not master.mailed_digest
        # Outlook shows each day of a REQUEST, whatever its PARTSTAT, and would bring back the days its reader has
        # declined; Gmail would list them struck through. Left out they stay away in both, as in the feed.
        kept = [row for row in live if row in found.news or row.answer != Answer.NOT_COMING]
        found.called = kept if whole else found.news
        found.is_first = not master.mailed_digest or _is_on_again(found.news)
        found.holds = master.mailed is not None and master.time_sequence <= master.mailed
        if whole:
            _forget([row for row in live if row not in kept])
        for row in found.called:
            row.mailed, row.mailed_digest, row.mailed_to = row.sequence, digest_of(row), address
    return found


def _is_settled(row: Entry, now: datetime) -> bool:
    """Nothing is to be said: it is over, or as it was mailed. A series that is over stood longer when it was mailed."""
    as_mailed = row.mailed is not None and row.mailed_digest == digest_of(row)
    return as_mailed or (is_over(row, now) and not (row.recurrence and row.mailed_digest))


def _is_on_again(news: list[Entry]) -> bool:
    """One occurrence that was called off and is as the rule says again."""
    return len(news) == 1 and news[0].mailed is None and news[0].starts_at == news[0].instead_of


def _forget(rows: Sequence[Entry]) -> None:
    for row in rows:
        row.mailed, row.mailed_digest, row.mailed_to = None, "", ""


def digest_of(row: Entry) -> str:
    """The same while the mail of an entry would say the same. An occurrence that is off tells it by itself."""
    rule = row.recurrence["rule"] if row.recurrence else None
    said = (row.starts_at.timestamp(), row.ends_at.timestamp(), row.place, rule)
    return sha256(repr(said).encode()).hexdigest()


def _request(mails: _Mails, person: _Person) -> CalendarMail:
    """Each occurrence carries the answer it has itself, and the series what was answered to the whole."""
    rows = mails.called
    besides = {row.instead_of for row in rows if row.instead_of}
    events = [replace(own_event_of(row, besides), answer=PARTSTAT.get(row.answer, "")) for row in rows]
    if rows[0].recurrence is not None and mails.holds:
        events[0] = replace(events[0], answer=PARTSTAT.get(person.said.get(rows[0].pk, ""), ""))
    word = Word.CALLED if mails.is_first else Word.CHANGED
    if all(is_over(row, mails.now) for row in mails.news):
        word = Word.ENDED
    reader = Reader(person.address, asks=rows[0].asks and bool(settings.REPLY_MAILBOX))
    return _mail(Method.REQUEST, rows, events, word, _times(mails.news, besides, mails.now), person, reader)


def _cancel(ended: list[Entry], person: _Person, address: str) -> CalendarMail:
    word = Word.NOT_YOU
    if ended[0].ended_at is None:
        word = Word.REMOVED
    elif ended[0].instead_of is not None or ended[0].pk in person.off:
        word = Word.OFF  # an occurrence ends only where it is off for everybody
    times = _times(ended, {row.instead_of for row in ended if row.instead_of}, timezone.now())
    events = [event_of(row) for row in ended]
    return _mail(Method.CANCEL, ended, events, word, times, person, Reader(address, asks=False))


def _times(news: Sequence[Entry], besides: set[datetime], now: datetime) -> Times:
    declined = {at for row in news if row.recurrence for at in moments_in(row.recurrence, "declined")}
    return sorted(next_time(row, besides | declined, now) for row in news)


def _mail(
    method: Method,
    rows: Sequence[Entry],
    events: Sequence[Event],
    word: Word,
    times: Times,
    person: _Person,
    reader: Reader,
) -> CalendarMail:
    # That a series has ended is of use after that.
    ends = [None if word == Word.ENDED else over_at(row) for row in rows]
    ics = invitation(method, events, reader=reader, organizer=settings.CALENDAR_EMAIL, reminder=person.reminder)
    return CalendarMail(
        user=person.account,
        uid=rows[0].uid,
        method=method,
        sequence=max(row.sequence for row in rows),
        parts=[part_of(row) for row in rows],
        address=reader.address,
        subject=subject_of(word, times[0][0]),
        body=body_of(word, times, rows[0]),
        ics=ics.decode(),
        over_at=None if None in ends else max(end for end in ends if end),
    )


def _overtaking(made: list[CalendarMail]) -> list[CalendarMail]:
    """Drop the unsent mails that say nothing that these do not, and return these, but for what takes back a whole that
    nobody has been told of. A few queries for any number."""
    mails = CalendarMail.objects.filter(uid__in=[mail.uid for mail in made])
    waiting = list(mails.filter(unclaimed(), sent_at__isnull=True))
    reached = set(mails.filter(tries__gt=0).values_list("uid", flat=True))
    dropped = [
        old.pk
        for old in waiting
        for new in made
        if new.uid == old.uid
        and (set(old.parts) <= set(new.parts) or (new.method == Method.CANCEL and WHOLE in new.parts))
    ]
    CalendarMail.objects.filter(pk__in=dropped).delete()
    waited = {old.uid for old in waiting}
    return [
        mail
        for mail in made
        if mail.method == Method.REQUEST or WHOLE not in mail.parts or mail.uid in reached or mail.uid not in waited
    ]


# ---------- what is sent ----------
def write_calendar_mail(mail: CalendarMail, server: BaseEmailBackend | None) -> EmailMessage:
    """A mail as it goes out: words, the invitation as Outlook, Google and Apple read it, and the same as a file.

    One recipient, and the same each time it is made. Refuses an address that is none (ValidationError).
    """
    made = f"{mail.uid} {mail.method} {mail.sequence} {mail.parts} {mail.made_at.timestamp()}"
    digest = salted_hmac("calendar.mail", made, algorithm="sha256").hexdigest()
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.body,
        from_email=formataddr(("Samverkansrum", settings.CALENDAR_EMAIL)),
        to=[checked_address(mail.address)],
        headers={"Message-ID": f"<{digest[:32]}@{settings.SITE_HOST}>", "Auto-Submitted": "auto-generated"},
        connection=server,
    )
    message.attach_alternative(mail.ics, f"text/calendar; method={mail.method}")
    message.attach("mote.ics", mail.ics.encode(), "application/ics")
    return message
