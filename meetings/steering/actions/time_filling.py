"""A month's time report is made when the month has ended, and filled with what is recorded (R53)."""

from datetime import date

from django.utils import timezone

from meetings.steering.models import CoFinancing, TimeEntry, TimeReport
from meetings.steering.queries.time_reports import months_to_make
from meetings.steering.queries.time_sources import sources_of
from meetings.steering.states import TimeSource
from workspace.actions import action, record_act
from workspace.states import AuditAct


def fill(report: TimeReport) -> None:
    """Bring a locked draft's lines up to what is recorded now. Inside an action.

    A line that was changed by hand stays as it is, whatever is recorded now; so do the agency's own. What is no longer
    recorded goes. A line is found by its key: filling again never doubles.
    """
    sources = {one.key: one for one in sources_of(report.agreement, report.month)}
    known = {one.key: one for one in TimeEntry.objects.filter(report=report).exclude(source=TimeSource.OWN)}
    gone = [one.pk for one in known.values() if one.key not in sources and not one.is_changed]
    TimeEntry.objects.filter(pk__in=gone).delete()
    for key, one in sources.items():
        line = known.get(key) or TimeEntry(report=report, key=key)
        if line.is_changed:
            continue
        line.source, line.on, line.text = one.source, one.on, one.text
        line.people, line.minutes = one.people, one.minutes
        line.save()


def make_time_reports(today: date | None = None) -> int:
    """Make the time reports of months that have ended, for agreements that held then; one transaction each.

    For the sweep. Returns how many were made. May run again, and by two processes at once. Tells nobody.
    """
    months = months_to_make(today or timezone.localdate())
    return sum(_make(agreement=agreement, month=month) for agreement, month in months)


@action
def _make(*, agreement: CoFinancing, month: date) -> bool:
    """Locks the agreement, so that two sweeps make one report. Audit row of the system."""
    CoFinancing.objects.select_for_update(of=("self",)).get(pk=agreement.pk)
    if TimeReport.objects.filter(agreement=agreement, month=month).exists():
        return False
    report = TimeReport.objects.create(agreement=agreement, month=month)
    fill(report)
    record_act(by=None, act=AuditAct.WRITE, what="time_report.make", object_id=report.pk)
    return True
