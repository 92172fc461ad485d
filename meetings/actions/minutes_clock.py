"""Minutes that wait are not forgotten: the clock reminds who is to sign, and whoever arranges the meeting (L42)."""

from datetime import date

from django.utils import timezone

from meetings.actions.minutes import members_of, minutes_notice
from meetings.actions.steps import lock_meeting, topics_of, write_event
from meetings.models import Meeting
from meetings.queries.minutes import adjusters_waited_for, arrangers_told, newest_version
from meetings.queries.minutes_watch import WATCH, due_now, meetings_to_watch
from notifications.actions import Notice, deliver
from workspace.actions import action
from workspace.clocks import day_off


def watch_minutes(today: date | None = None) -> int:
    """Say what is due of all minutes that wait, one transaction for each meeting. For the sweep.

    On working days only: what falls due on a day off is said on the next working day. Returns of how many meetings
    something was said. May run again, and by two processes at once: what was said stands in the meeting's history.
    """
    day = today or timezone.localdate()
    if day_off(day):
        return 0
    return sum(_watch(meeting=meeting, today=day) for meeting in meetings_to_watch())


@action
def _watch(*, meeting: Meeting, today: date) -> bool:
    """Lock the meeting and ask again; the history; then the adjusters who have not signed, or the arrangers.

    A role has no notices: where a role alone arranges the meeting, its pages say it, and nobody is told.
    """
    meeting = lock_meeting(meeting)
    newest = newest_version(meeting)
    notices: list[Notice] = []
    due = due_now(meeting, today)
    for one in due:
        write_event(meeting, WATCH, by=None, text=one.key)
        waited = [row.attendance for row in adjusters_waited_for(newest)] if newest and one.to_adjusters else []
        told = members_of(waited) if one.to_adjusters else arrangers_told(meeting)
        notices.append(minutes_notice(one.kind, meeting, told, by=None))
    if due:
        deliver(notices, topics_of(meeting, part="minutes"))
    return bool(due)
