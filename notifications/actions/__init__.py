"""The post office's verbs: deliver, mark as read, close, begin a new epoch, mail that there is something to read."""

from notifications.actions.digests import queue_digests, send_digests
from notifications.actions.notices import Notice, Topics, begin_new_epoch, close_notices, deliver, mark_read
from notifications.actions.participants import queue_participant_mail, send_participant_mails

__all__ = [
    "Notice",
    "Topics",
    "begin_new_epoch",
    "close_notices",
    "deliver",
    "mark_read",
    "queue_digests",
    "queue_participant_mail",
    "send_digests",
    "send_participant_mails",
]
