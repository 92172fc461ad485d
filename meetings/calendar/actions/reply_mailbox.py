"""Reads the mailbox that answers to calls come to, and mails of ours that come back.

Each mail by itself: one that breaks stops no other.
"""

import logging
from collections import Counter
from traceback import format_tb
from types import TracebackType

from django.conf import settings

from meetings.calendar.actions.replies import take_mail
from meetings.calendar.mailbox import open_mailbox
from meetings.calendar.states import Outcome
from meetings.ical.replies import LARGEST, read_mail
from notifications.actions.bounces import Bounce, take_bounce

log = logging.getLogger("samverkansrum.calendar")

MOST = 500  # mails of one reading; the next goes on
TAKEN, WAITING, IGNORED, REFUSED, BROKEN = "taken", "waiting", "ignored", "refused", "broken"
BOUNCED = "bounced"  # a mail of ours that has come back
COUNTED = {Outcome.TAKEN: TAKEN, Outcome.WAITING: WAITING, Outcome.REFUSED: REFUSED}


class _ByItself:
    """Lets the next mail be read when one has failed, whatever it was.

    The log says where and what kind of error; never its message, which can hold what somebody wrote.
    """

    done = False

    def __enter__(self) -> "_ByItself":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.done = kind is None
        if kind is None or not issubclass(kind, Exception):
            return False
        log.error("a calendar reply could not be taken: %s\n%s", kind.__name__, "".join(format_tb(trace)))
        return True


def read_mailbox() -> Counter[str]:
    """Take every unread mail in `REPLY_MAILBOX`, mark it as read, and count what became of the answers.

    Does nothing where no mailbox is named. Each answer is taken in its own transaction before its mail is marked, so
    whatever is cut short is done the next time, and what was taken then is not taken twice. A mail that fails is
    flagged and tried once more; after that it is marked as read too, and stands in no other's way. Refuses a mailbox
    that cannot be read (`MailboxGone`).
    """
    counted: Counter[str] = Counter()
    if not settings.REPLY_MAILBOX:
        return counted
    with open_mailbox(settings.REPLY_MAILBOX) as mailbox:
        for letter in mailbox.unread(LARGEST, MOST):
            with _ByItself() as attempt:
                counted += _take(letter.raw)
            if not attempt.done:
                counted[BROKEN] += 1
            if attempt.done or letter.has_failed:
                mailbox.mark_read(letter)
            else:
                mailbox.mark_failed(letter)
    return counted


def _take(raw: bytes | None) -> Counter[str]:
    if raw is None:
        log.warning("calendar reply refused: too_large")
        return Counter({REFUSED: 1})
    bounce = take_bounce(raw)
    if bounce is not None:
        return Counter({BOUNCED if bounce == Bounce.NOTED else IGNORED: 1})
    taken = take_mail(read_mail(raw, authserv=settings.REPLY_AUTHSERV))
    said = [COUNTED.get(Outcome(row.outcome), IGNORED) if is_new else IGNORED for row, is_new in taken]
    return Counter(said or [IGNORED])
