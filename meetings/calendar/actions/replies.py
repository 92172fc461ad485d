"""Answers that come from calendar programs, given as the person they are of (issue 8.3)."""

import logging
from datetime import datetime, timedelta
from hashlib import sha256

from django.utils import timezone

from meetings.actions.attendance import answer_call
from meetings.actions.invitations import ANSWERS_IN, answer_invitation
from meetings.actions.steps import lock_meeting
from meetings.calendar.models import Entry, ReceivedReply
from meetings.calendar.queries.replies import (
    begins_on,
    days_answered,
    entry_lives,
    gives,
    has_newer,
    is_written_by_reply,
    meeting_of,
    meetings_to_fill,
    replies_due,
)
from meetings.calendar.states import Outcome, Why
from meetings.ical.replies import Reply, ReplyMail, as_uid, cut
from meetings.ical.senders import fold_address
from meetings.models import Attendance, Meeting
from meetings.queries.attendance import ANSWERED_TO, answers_open, seats_held, seats_shown
from meetings.queries.conversations import find_access
from meetings.queries.invitations import answer_of, newest_invitation
from meetings.states import Answer
from workspace.actions import action
from workspace.errors import Refusal
from workspace.models import Membership, UserAccount
from workspace.swedish import say_time, say_weekday_date

log = logging.getLogger("samverkansrum.calendar")

ANSWERS = {"ACCEPTED": Answer.COMING, "DECLINED": Answer.NOT_COMING, "DELEGATED": Answer.NOT_COMING}
SECOND = timedelta(seconds=1)  # what DTSTAMP can tell apart
Verdict = tuple[Outcome, Why | None]


def take_mail(mail: ReplyMail, *, given_by: UserAccount | None = None) -> list[tuple[ReceivedReply, bool]]:
    """Take every answer of a message, each in its own transaction; with each row whether it was new.

    `given_by` is who is signed in and gave it as a file; else it came by mail, and is as good as its sender.
    """
    source = f"{mail.sender} {mail.failed}" if given_by is None else f"file {given_by.pk}"
    digests = (f"{mail.digest} {source} {number}".encode(errors="replace") for number in range(len(mail.replies)))
    return [
        take_reply(reply=reply, mail=mail, digest=sha256(digest).hexdigest(), given_by=given_by)
        for reply, digest in zip(mail.replies, digests, strict=True)
    ]


@action
def take_reply(
    *, reply: Reply, mail: ReplyMail, digest: str, given_by: UserAccount | None = None
) -> tuple[ReceivedReply, bool]:
    """Give one answer as the person whose entry it answers. Returns its row, and whether it was new.

    Writes the row, locks the user, and then does what the answer itself does. What waited for the same ends. Nothing is
    raised for what is refused: the row says it, and the log the row's number and a code. The same message again
    changes nothing, also at the same moment.
    """
    row, is_new = ReceivedReply.objects.get_or_create(digest=digest, defaults={"outcome": Outcome.NOTHING})
    if not is_new:
        return row, False
    _settle(row, *_judge(row, reply, mail, given_by))
    if row.outcome == Outcome.REFUSED:
        log.warning("calendar reply %s refused: %s", row.pk, row.why)
    return row, True


def _settle(row: ReceivedReply, outcome: Outcome, why: Why | None) -> None:
    row.outcome, row.why = outcome, why.value if why else ""
    if outcome == Outcome.TAKEN:
        row.taken_at = timezone.now()
    row.save()


def _entries_in_turn(uid: str) -> list[Entry]:
    """The entries of a uid, the one of the whole first. Locks their user: what one person answers is taken in turns.

    The user and not the entries, which the reconciliation writes while it holds a group or a conversation. Without
    their key, so that whoever points at them need not wait.
    """
    key = as_uid(uid)
    if key is None:
        return []
    owner = Entry.objects.filter(uid=key).values_list("user", flat=True).first()
    if owner is None:
        return []
    UserAccount.objects.select_for_update(of=("self",), no_key=True).get(pk=owner)
    found = Entry.objects.filter(uid=key).order_by("pk")
    entries = list(found.select_related("user", "member__user", "member__agency", "series", "meeting", "conversation"))
    return sorted(entries, key=lambda one: one.instead_of is not None)


def _untrusted(entry: Entry, reply: Reply, mail: ReplyMail, given_by: UserAccount | None) -> Why | None:
    """Why it is not believed to be of whoever the entry is of. Who is signed in may be called by another address."""
    if given_by is not None:
        return None if entry.user == given_by else Why.SENDER
    if mail.failed:
        return Why.FORGED
    is_owner = bool(mail.sender) and {fold_address(entry.user.email), reply.address} == {mail.sender}
    return None if is_owner else Why.SENDER


def _judge(row: ReceivedReply, reply: Reply, mail: ReplyMail, given_by: UserAccount | None) -> Verdict:
    entries = _entries_in_turn(reply.uid)
    if not entries:
        return Outcome.REFUSED, Why.UNKNOWN
    row.entry = entry = entries[0]
    untrusted = _untrusted(entry, reply, mail, given_by)
    if untrusted is not None:
        return Outcome.REFUSED, untrusted
    if not entry_lives(entry):
        return Outcome.REFUSED, Why.ACCOUNT
    if entry.member is None:
        return Outcome.NOTHING, Why.ROLE
    # A clock that goes ahead would else make everything said later the older.
    row.stamp = min(reply.stamp or timezone.now(), timezone.now())
    wrong = _aim(row, entry, reply, entries)
    if wrong is not None:
        return wrong
    if has_newer(row):
        return Outcome.OLD, Why.OLDER
    waiting = ReceivedReply.objects.filter(entry=entry, instead_of=row.instead_of, outcome=Outcome.WAITING)
    waiting.update(outcome=Outcome.OLD, why=Why.OLDER)
    row.answer, row.comment = _said(reply)
    return _give(row, entry, entry.member) if row.answer else (Outcome.NOTHING, Why.MAYBE)


def _aim(row: ReceivedReply, entry: Entry, reply: Reply, entries: list[Entry]) -> Verdict | None:
    """Write which occurrence is answered, and at which time. A verdict where there is none, or it has moved since."""
    known = entry
    if entry.series is None or entry.meeting_id:
        row.starts_at = entry.starts_at
    elif reply.instead_of is not None:
        day = timezone.localdate(reply.instead_of)
        if not gives(entry.series, day):
            return Outcome.REFUSED, Why.NO_DAY
        row.instead_of = row.starts_at = begins_on(entry.series, day)
        known = next((one for one in entries if one.instead_of == row.instead_of), entry)
        if known is not entry:
            row.starts_at = known.starts_at
    if reply.sequence is not None and reply.sequence < known.time_sequence:
        return Outcome.OLD, Why.MOVED
    return None


def _said(reply: Reply) -> tuple[str, str]:
    """The answer and its comment; no answer for «perhaps» and whatever else programs say."""
    if not reply.counters:
        answer = ANSWERS.get(reply.partstat)
        return (answer.value, reply.comment) if answer else ("", "")
    proposal = "Föreslår en annan tid."
    if reply.proposed:
        starts_at, ends_at = reply.proposed
        until = f"–{say_time(ends_at)}" if timezone.localdate(ends_at) == timezone.localdate(starts_at) else ""
        proposal = f"Föreslår {say_weekday_date(timezone.localdate(starts_at))} kl. {say_time(starts_at)}{until}."
    return Answer.OTHER_TIME.value, cut(f"{proposal} {reply.comment}".strip())


# ---------- giving it ----------
def _give(row: ReceivedReply, entry: Entry, member: Membership) -> Verdict:
    """Give what a row says, by the actions a page uses; or wait, or say why not."""
    if entry.ended_at is not None:
        return Outcome.REFUSED, Why.ENDED
    try:
        if entry.conversation_id:
            return _give_conversation(row, entry, member)
        if row.starts_at is None:
            return _give_series(row, entry, member)
        return _give_meeting(row, member)
    except Refusal:
        return Outcome.REFUSED, Why.NOT_ALLOWED


def _answered_since(row: ReceivedReply, at: datetime | None) -> bool:
    """Whether the person has answered here after they said this in their calendar."""
    if at is None or row.stamp is None or row.stamp + SECOND > at:
        return False
    return not is_written_by_reply(row, at)


def _give_meeting(row: ReceivedReply, member: Membership) -> Verdict:
    assert row.starts_at is not None
    found, is_past = meeting_of(row), timezone.localdate(row.starts_at) < timezone.localdate()
    if found is None:
        return (Outcome.OLD, Why.OVER) if is_past else (Outcome.WAITING, None)
    meeting = lock_meeting(found)
    if meeting.state not in ANSWERED_TO:
        return Outcome.REFUSED, Why.OVER
    if meeting.starts_at != row.starts_at:
        return Outcome.OLD, Why.MOVED
    own = Attendance.objects.filter(meeting=meeting, member=member).first()
    if own and own.answer and not own.by_absence and _answered_since(row, own.answered_at):
        return Outcome.OLD, Why.OLDER
    holds = bool(seats_held(seats_shown(meeting), member.pk))
    if row.answer not in answers_open(own, holds):
        return (Outcome.WAITING if holds and not is_past else Outcome.REFUSED), Why.NOT_ASKED
    answer_call(by=member, meeting=meeting, answer=Answer(row.answer), comment=row.comment)
    return Outcome.TAKEN, None


def _give_conversation(row: ReceivedReply, entry: Entry, member: Membership) -> Verdict:
    assert entry.conversation is not None
    access = find_access(member, entry.conversation.pk)
    if access is None or not access.is_open or access.party is None:
        return Outcome.REFUSED, Why.ENDED
    if access.conversation.state not in ANSWERS_IN:
        return Outcome.REFUSED, Why.OVER
    call = newest_invitation(access.party)
    if call is None:
        return Outcome.REFUSED, Why.NOT_ASKED
    if call.starts_at != row.starts_at:
        return Outcome.OLD, Why.MOVED
    known = answer_of(call)
    if known and _answered_since(row, known.at):
        return Outcome.OLD, Why.OLDER
    answer_invitation(by=member, invitation=call, answer=row.answer, comment=row.comment)
    return Outcome.TAKEN, None


def _give_series(row: ReceivedReply, entry: Entry, member: Membership) -> Verdict:
    """Answer the meetings ahead that have no answer, and wait for those that open later.

    Left out: a day with an answer of its own, a meeting at another time than the series gives, and a deputy who has not
    been asked. A proposed time is of the next meeting alone.
    """
    filled, spoken = False, days_answered(entry)
    for found in meetings_to_fill(entry):
        filled |= _fill(row, lock_meeting(found), member, spoken)
        if filled and row.answer == Answer.OTHER_TIME:
            break
    if filled:
        row.taken_at = timezone.now()
    if row.answer == Answer.OTHER_TIME:
        return (Outcome.TAKEN, None) if filled else (Outcome.NOTHING, Why.NOT_ASKED)
    return Outcome.WAITING, None


def _fill(row: ReceivedReply, meeting: Meeting, member: Membership, spoken: set[datetime]) -> bool:
    assert meeting.series is not None and meeting.occurs_on is not None
    begins = begins_on(meeting.series, meeting.occurs_on)
    own = Attendance.objects.filter(meeting=meeting, member=member).first()
    if meeting.starts_at != begins or begins in spoken or (own and own.answer):
        return False
    held = seats_held(seats_shown(meeting), member.pk)
    is_ordinary = any(seat.ordinary is not None and seat.ordinary.member.pk == member.pk for seat in held)
    is_asked = bool(own and own.asked_at)
    if not (is_ordinary or is_asked) or row.answer not in answers_open(own, bool(held)):
        return False
    try:
        answer_call(by=member, meeting=meeting, answer=Answer(row.answer), comment=row.comment)
    except Refusal:
        return False
    return True


# ---------- what waits ----------
def apply_waiting() -> int:
    """Give the answers that wait for a meeting that has now been opened or called; how many were given anything.

    Each in its own transaction; may run again. One whose day, series or call is over is closed.
    """
    return sum(_give_waiting(waiting=waiting) for waiting in replies_due())


@action
def _give_waiting(*, waiting: ReceivedReply) -> bool:
    assert waiting.entry is not None
    entry = _entries_in_turn(str(waiting.entry.uid))[0]
    row = ReceivedReply.objects.filter(pk=waiting.pk, outcome=Outcome.WAITING).first()
    if row is None or entry.member is None:
        return False
    before, row.taken_at = row.taken_at, None
    verdict: Verdict
    if not entry_lives(entry):
        verdict = Outcome.OLD, Why.ACCOUNT
    elif entry.series and entry.series.to_on and entry.series.to_on < timezone.localdate():
        verdict = Outcome.OLD, Why.OVER
    else:
        verdict = _give(row, entry, entry.member)
    outcome, why = verdict
    given = outcome == Outcome.TAKEN or row.taken_at is not None
    row.taken_at = row.taken_at or before
    _settle(row, Outcome.OLD if outcome == Outcome.REFUSED else outcome, why)
    return given
