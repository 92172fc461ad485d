"""Time reports that are not sent are reminded of: seven days and one day ahead, and then the manager is told (R53)."""

from datetime import date

from django.utils import timezone

from meetings.steering.models import TimeReport
from meetings.steering.queries.co_financing import managers_told, reminded_of
from meetings.steering.queries.time_reports import due_on, reminder_of, reports_to_remind
from meetings.steering.states import ReportState
from notifications.actions import Notice, deliver
from workspace.actions import action
from workspace.swedish import say_date

DUE, LATE = "time_report.due", "time_report.late"
TOLD = {"first": "told_first_at", "last": "told_last_at", "manager": "told_manager_at"}


def remind_of_time_reports(today: date | None = None) -> int:
    """Remind of every draft whose day comes, and say to the manager when it has passed; one transaction each.

    For the sweep. Returns how many were reminded of. May run again, and by two processes at once: what was said stands
    in the report. Units: calendar days before the 15th of the month after.
    """
    today = today or timezone.localdate()
    return sum(_remind(report=report, today=today) for report in reports_to_remind(today))


@action
def _remind(*, report: TimeReport, today: date) -> bool:
    """Locks the report and asks again; notes what is said; tells the reporter, or who stands in, or the managers.

    Where nobody is there to be told, nothing is noted: it is said as soon as somebody is.
    """
    found = (
        TimeReport.objects.select_for_update(of=("self",))
        .select_related("agreement__agency", "agreement__reporter")
        .get(pk=report.pk)
    )
    which = reminder_of(found, today) if found.state == ReportState.DRAFT else ""
    if not which:
        return False
    told = managers_told(found.agreement) if which == "manager" else reminded_of(found.agreement)
    if not told:
        return False
    TimeReport.objects.filter(pk=found.pk).update(**{TOLD[which]: timezone.now()})
    kind = LATE if which == "manager" else DUE
    deliver([Notice(kind, say_date(due_on(found.month)), found.pk, None, frozenset(told))])
    return True
