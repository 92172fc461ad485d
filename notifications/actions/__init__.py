"""The post office's verbs: deliver, mark as read, clear, close, begin a new epoch, choose, follow, mail."""

from notifications.actions.choices import reset_choices, save_choices, save_quiet_hours, stop_mails
from notifications.actions.digests import queue_digests, queue_unread, send_digests
from notifications.actions.follows import follow_thing
from notifications.actions.notices import (
    Notice,
    Topics,
    begin_new_epoch,
    clear_notices,
    close_notices,
    deliver,
    mark_read,
)
from notifications.actions.participants import queue_participant_mail, send_participant_mails

__all__ = [
    "Notice",
    "Topics",
    "begin_new_epoch",
    "clear_notices",
    "close_notices",
    "deliver",
    "follow_thing",
    "mark_read",
    "queue_digests",
    "queue_participant_mail",
    "queue_unread",
    "reset_choices",
    "save_choices",
    "save_quiet_hours",
    "send_digests",
    "send_participant_mails",
    "stop_mails",
]
