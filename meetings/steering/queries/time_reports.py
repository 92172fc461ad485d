"""Which time reports a hat reads, and how much of them: an agency its lines, a cooperation two sums (R53)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import Http404

from meetings.steering.models import CoFinancing, TimeEntry, TimeReport
from meetings.steering.queries.co_financing import access_arranged, in_force, read_as_member, writers_of
from meetings.steering.queries.documents import digest_of
from meetings.steering.states import REMINDED_BEFORE, REPORT_DUE_DAY, ReportState, TimeSource
from workspace.clocks import ONE_DAY, add_months
from workspace.models import Cooperation, Membership
from workspace.rules import Hat, is_manager
from workspace.states import CooperationState

FAR = 9_000  # years
SUMMED = ("Möten, samtal och aktiviteter", "Egna rader")  # what a cooperation reads the hours of


# ---------- which ----------
def reports_read_by(hat: Hat) -> QuerySet[TimeReport]:
    """An agency's own, and for a coordinator or a chair those of the cooperation: of which they read sums only."""
    found = TimeReport.objects.select_related(
        "agreement__agency", "agreement__cooperation", "agreement__reporter__user", "member__user"
    )
    if isinstance(hat, Membership):
        return found.filter(read_as_member(hat, "agreement__"))
    return found.filter(agreement__cooperation=access_arranged(hat))


def access_report(hat: Hat, pk: int) -> TimeReport:
    """One time report this hat reads, or the same 404 as for one that does not exist."""
    report = reports_read_by(hat).filter(pk=pk).first()
    if report is None:
        raise Http404
    return report


def access_own_report(hat: Hat, pk: int) -> TimeReport:
    """One of the agency's own: its lines are nobody else's."""
    if not isinstance(hat, Membership):
        raise Http404
    return access_report(hat, pk)


def can_write_report(hat: Hat, report: TimeReport) -> bool:
    return isinstance(hat, Membership) and hat.pk in writers_of(report.agreement)


def own_reports(hat: Membership) -> QuerySet[TimeReport]:
    """The agency's months that this member reads, the newest first, each with its `minutes`."""
    found = reports_read_by(hat).annotate(minutes=Coalesce(Sum("entries__minutes"), 0))
    return found.order_by("-month", "agreement__cooperation__name", "pk")


def reports_to_send(member: Membership) -> list[TimeReport]:
    """For Idag: the months that wait for a caseworker who is named as the reporter, or stands in. One query."""
    if is_manager(member):
        return []
    found = reports_read_by(member).filter(
        ~Q(agreement__contact=member) | Q(agreement__reporter=member), state=ReportState.DRAFT
    )
    return list(found.order_by("month", "pk"))


def entries_of(report: TimeReport) -> list[TimeEntry]:
    """The lines: meetings by day, then what is of the whole month, then what was added by hand."""
    order = {TimeSource.MEETING: 0, TimeSource.CONVERSATION: 1, TimeSource.ACTIVITY: 2, TimeSource.OWN: 3}
    found = TimeEntry.objects.filter(report=report)
    return sorted(found, key=lambda one: (order[TimeSource(one.source)], one.on or date.max, one.pk))


def state_of_report(report: TimeReport, entries: Iterable[TimeEntry]) -> str:
    """What a form was begun from: every line as it was shown."""
    lines = (f"{one.pk} {one.minutes} {one.people} {one.on} {one.text}" for one in entries)
    return digest_of(report.state, report.comment, *lines)


def due_on(month: date) -> date:
    """The last day to send a month's report: the whole day counts."""
    return add_months(month, 1).replace(day=REPORT_DUE_DAY)


# ---------- of a cooperation ----------
@dataclass
class AgencySum:
    """What an agency put in during a month. Nothing but its state where it is not sent."""

    report: TimeReport
    minutes: dict[str, int] = field(default_factory=dict)  # by source

    @property
    def is_sent(self) -> bool:
        return self.report.state == ReportState.SENT

    @property
    def total(self) -> int:
        return sum(self.minutes.values())

    @property
    def sources(self) -> list[tuple[str, int]]:
        """What the product has recorded as one sum, then what was added by hand.

        Never source by source: an hour of follow-ups or conversations is one or two participants (small numbers).
        """
        own = self.minutes.get(TimeSource.OWN, 0)
        return list(zip(SUMMED, (self.total - own, own), strict=True))


def months_of(cooperation: Cooperation) -> QuerySet[TimeReport, date]:
    """The months that have reports, the newest first."""
    found = TimeReport.objects.filter(agreement__cooperation=cooperation)
    return found.order_by("-month").values_list("month", flat=True).distinct()


def sums_of(reports: Iterable[TimeReport]) -> list[AgencySum]:
    """What was sent. One query; of a draft nothing."""
    rows = [AgencySum(report) for report in reports]
    sent = {row.report.pk: row for row in rows if row.is_sent}
    found = TimeEntry.objects.filter(report__in=list(sent)).order_by().values_list("report", "source")
    for pk, source, total in found.annotate(total=Sum("minutes")):
        sent[pk].minutes[source] = total
    return rows


def sums_by_month(hat: Hat, months: Iterable[date]) -> dict[date, list[AgencySum]]:
    """Each month's agencies, by name. Two queries for any number."""
    months = list(months)
    reports = reports_read_by(hat).filter(month__in=months).order_by("agreement__agency__name", "pk")
    found: dict[date, list[AgencySum]] = {month: [] for month in months}
    for row in sums_of(reports):
        found[row.report.month].append(row)
    return found


def access_month(hat: Hat, year: int, number: int) -> tuple[date, list[AgencySum]]:
    """A month's sums for whoever arranges the co-financing; 404 for a month without reports and for everybody else."""
    access_arranged(hat)
    if not 1 <= number <= 12 or not 1 <= year <= FAR:
        raise Http404
    month = date(year, number, 1)
    rows = sums_by_month(hat, [month])[month]
    if not rows:
        raise Http404
    return month, rows


# ---------- what the sweep has to do ----------
def months_to_make(today: date) -> list[tuple[CoFinancing, date]]:
    """Each agreement and ended month that lacks its report: the month that has just ended, and such as lie between it
    and the last that was made, where no sweep has run for long. Two queries and one for each agreement that lacks any.
    """
    ended = add_months(today.replace(day=1), -1)
    made = TimeReport.objects.filter(month=ended).values("agreement")
    lacking = (
        CoFinancing.objects.filter(in_force(ended))
        .exclude(pk__in=made)
        .exclude(cooperation__state=CooperationState.ENDED)
        .select_related("cooperation", "agency", "reporter")
        .order_by("pk")
    )
    found = []
    for agreement in lacking:
        last = TimeReport.objects.filter(agreement=agreement).order_by("-month").first()
        month = add_months(last.month, 1) if last else ended
        while month <= ended:
            found.append((agreement, month))
            month = add_months(month, 1)
    return found


def reminder_of(report: TimeReport, today: date) -> str:
    """Which reminder a draft is due for today: "first", "last", "manager", or none. What a sweep has missed comes late,
    but never the first beside the last."""
    due = due_on(report.month)
    if today > due:
        return "" if report.told_manager_at else "manager"
    if today >= due - REMINDED_BEFORE[1] * ONE_DAY:
        return "" if report.told_last_at else "last"
    if today >= due - REMINDED_BEFORE[0] * ONE_DAY:
        return "" if report.told_first_at else "first"
    return ""


def reports_to_remind(today: date) -> list[TimeReport]:
    """Every draft that somebody is to be reminded of today."""
    drafts = TimeReport.objects.filter(state=ReportState.DRAFT, told_manager_at__isnull=True)
    return [report for report in drafts.order_by("pk") if reminder_of(report, today)]
