"""Reminders backwards from a steering group's meeting: propose, send the agenda and read what it goes by in time."""

from datetime import date

from django.utils import timezone

from meetings.actions.steps import close_reminders, lock_meeting, notice_of, write_event
from meetings.models import Meeting
from meetings.queries.deadlines import PROPOSALS_DUE, mark_of, meetings_to_remind_of, reminders_due, reminders_over
from notifications.actions import deliver
from workspace.actions import action


def remind_of_agenda(today: date | None = None) -> int:
    """Remind of each steering group's meeting ahead, one transaction each. Returns how many reminders were given.

    May run again, and by two processes at once.
    """
    today = today or timezone.localdate()
    return sum(_remind(meeting=meeting, today=today) for meeting in meetings_to_remind_of(today))


@action
def _remind(*, meeting: Meeting, today: date) -> int:
    """Say what is due of a meeting: that proposals are wanted, the agenda is to be sent, the documents to be read.

    Locks the meeting and asks again what has been said. Takes away the reminder of proposals when their day has
    passed. Writes one row of its history per reminder, which is what makes it said once, and tells seat holders,
    arrangers or those called. Returns how many reminders were given.
    """
    locked = lock_meeting(meeting)
    if reminders_over(locked, today):
        close_reminders(locked, PROPOSALS_DUE)
    due = reminders_due(locked, today)
    for one in due:
        write_event(locked, one.event, by=None, text=mark_of(locked))
    deliver([notice_of(one.kind, locked, one.recipients) for one in due])
    return len(due)
