"""What the clock does with decisions that are followed: it reminds of them (R99)."""

from datetime import date

from django.utils import timezone

from meetings.actions.decisions import notice_about
from meetings.actions.steps import lock_meeting
from meetings.models import Decision
from meetings.queries.decisions import answerers_of, decisions_to_remind, reminder_of
from notifications.actions import deliver
from workspace.actions import action


def remind_of_decisions(today: date | None = None) -> int:
    """Remind of every decision that is soon to be done or is late, one transaction each. Returns how many.

    May be cut off and run again, and by two processes at once: what has been told is not told again.
    """
    today = today or timezone.localdate()
    return sum(remind_of_decision(decision=row, today=today) for row in decisions_to_remind(today))


@action
def remind_of_decision(*, decision: Decision, today: date) -> bool:
    """Say that a decision is to be done within a week, or that it is late.

    Locks the meeting and asks again; writes that it has been said, and tells: seven calendar days before its day
    whoever answers for it, and on the first working day after it them and the group's chair and secretary. A role of
    the cooperation sees it on its own page. Never of a closed one. Returns whether it was said.
    """
    meeting = lock_meeting(decision.item.meeting)
    found = Decision.objects.select_related("item__meeting").filter(pk=decision.pk).first()
    kind = reminder_of(found, today) if found is not None else ""
    if found is None or not kind:
        return False
    told = answerers_of(found)
    if kind == "decision.late":
        Decision.objects.filter(pk=found.pk).update(told_late_at=timezone.now())
        told |= {pk for pk in (meeting.group.chair_id, meeting.group.secretary_id) if pk}
    else:
        Decision.objects.filter(pk=found.pk).update(told_ahead_at=timezone.now())
    deliver([notice_about(kind, meeting, found, told)])
    return True
