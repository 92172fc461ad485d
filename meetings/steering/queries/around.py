"""Which frozen month a meeting has, as it stood when the agenda was sent, and what has been corrected since (R93).

No figures are counted here: they are read as they were frozen, for everybody the same.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from django.utils import timezone

from meetings.figures.models import Snapshot
from meetings.figures.queries import report_of
from meetings.figures.report import GoalResult, Report
from meetings.models import Meeting
from workspace.clocks import add_months
from workspace.swedish import FULL_MONTHS

NOT_ANY = "Ingen månad är låst än. Siffrorna låses när en månad är slut."


@dataclass(frozen=True)
class MeetingFigures:
    """The frozen month of a meeting."""

    snapshot: Snapshot | None = None  # the version that stood when the agenda was sent; before that: that stands now
    corrected: Snapshot | None = None  # the newest version of the same month, made after the agenda was sent
    newer: Snapshot | None = None  # a later month that ended before the meeting, frozen after the agenda was sent
    waiting_for: date | None = None  # the first day of a month that has ended before the meeting and is not frozen
    since_sent: bool = False  # nothing was frozen when the agenda was sent: what stands here came after
    none_why: str = ""  # why there is no month at all

    @cached_property
    def report(self) -> Report | None:
        """Of the snapshot. Read when it is asked for, in three queries."""
        return report_of(self.snapshot) if self.snapshot else None

    @cached_property
    def corrected_report(self) -> Report | None:
        """Of the correction; its `reason` says why there is one."""
        return report_of(self.corrected) if self.corrected else None

    @property
    def waiting_words(self) -> str:
        """«Siffrorna för oktober är inte låsta än. Här står september.»; empty where nothing is waited for."""
        if self.waiting_for is None:
            return ""
        words = f"Siffrorna för {month_words(self.waiting_for)} är inte låsta än."
        return f"{words} Här står {month_words(self.snapshot.month)}." if self.snapshot else words


@dataclass(frozen=True)
class Changed:
    """One number that a correction changed, in words."""

    what: str
    before: str
    after: str


def month_words(month: date) -> str:
    """«oktober»; with the year where it is another than this one."""
    name = FULL_MONTHS[month.month - 1]
    return name if month.year == timezone.localdate().year else f"{name} {month.year}"


# ---------- which month ----------
def sent_at(meeting: Meeting) -> datetime:
    """The moment whose figures a meeting has: when its agenda was last sent, or it began without one; else now."""
    return meeting.called_at or meeting.started_at or timezone.now()


def figures_for(meeting: Meeting) -> MeetingFigures:
    """The newest month that ended before the meeting's day, in the version that stood when its agenda was sent.

    One query; the reports are read when they are asked for.
    """
    day = timezone.localdate(meeting.starts_at)
    last_before = add_months(day.replace(day=1), -1)
    cooperation = meeting.group.cooperation_id
    found = Snapshot.objects.filter(cooperation=cooperation, month__lte=last_before).select_related("cooperation")
    versions = list(found.defer("counts", "shown").order_by("-month", "-version"))
    if not versions:
        return MeetingFigures(none_why=NOT_ANY)
    at = sent_at(meeting)
    stood = next((one for one in versions if one.made_at <= at), None)
    snapshot = stood or versions[0]
    same = next(one for one in versions if one.month == snapshot.month)
    corrected = same if stood and same.version > snapshot.version else None
    newer = next((one for one in versions if one.month > snapshot.month), None)
    return MeetingFigures(
        snapshot=snapshot,
        corrected=corrected,
        newer=newer,
        waiting_for=_waited_for(last_before, versions[0].month),
        since_sent=stood is None,
    )


def _waited_for(last_before: date, newest: date) -> date | None:
    """The newest month that is over, before the meeting, if it is not frozen."""
    over = min(last_before, add_months(timezone.localdate().replace(day=1), -1))
    return over if over > newest else None


def last_day(snapshot: Snapshot) -> date:
    """The last day that a frozen month speaks of."""
    return add_months(snapshot.month, 1) - timedelta(days=1)


# ---------- what a correction changed ----------
def changes_between(before: Report, after: Report) -> list[Changed]:
    """What a corrected version says otherwise of the goals and of what waits, line by line."""
    old, new = _goals(before) | _waiting(before), _goals(after) | _waiting(after)
    names = [*old, *(name for name in new if name not in old)]
    return [
        Changed(name, old.get(name, "fanns inte"), new.get(name, "finns inte"))
        for name in names
        if old.get(name) != new.get(name)
    ]


def _goals(report: Report) -> dict[str, str]:
    found: dict[str, str] = {}
    for goal in report.goals:
        found |= {f"{goal.name}, {cell.label.lower()}": _cell_words(cell.text, cell.of) for cell in goal.rows}
        found[goal.name] = _verdict_words(goal)
    return found


def _verdict_words(goal: GoalResult) -> str:
    return f"{str(goal.verdict.label).lower()}, mål {goal.target} %"


def _cell_words(text: str, of: str) -> str:
    return f"{text} ({of})" if of else text


def _waiting(report: Report) -> dict[str, str]:
    bands = report.waiting.bands
    return {
        f"Väntar hos {row.agency}, {band}": count
        for row in report.waiting.rows
        for band, count in zip(bands, row.counts, strict=True)
    }
