"""An agency changes its time report, adds what is not recorded, sends it, and takes it back (R53)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from meetings.steering.actions.time_filling import fill
from meetings.steering.errors import DoesNotHold
from meetings.steering.models import TimeEntry, TimeReport
from meetings.steering.queries.time_reports import can_write_report, entries_of, state_of_report
from meetings.steering.states import ReportState, TimeSource
from notifications.actions import close_notices
from workspace.actions import action, record_act
from workspace.clocks import add_months
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Membership
from workspace.states import AuditAct

MOST_MINUTES = 60 * 2_000  # of a line
MOST_PEOPLE = 999
MOST_OWN = 30  # lines added by hand
MEANWHILE = "Någon annan har ändrat rapporten. Det du skrev står kvar. Jämför innan du sparar."


@dataclass(frozen=True)
class Line:
    """A line as it is to be. `pk` none: added by hand. `text` and `on` count only for such lines."""

    pk: int | None
    minutes: int
    people: int
    text: str = ""
    on: date | None = None
    is_removed: bool = False


def _lock(by: Membership, report: TimeReport, base: str | None = None) -> TimeReport:
    """The report as it is now, locked and still a draft; refuses who does not write it, and a stale page."""
    found = (
        TimeReport.objects.select_for_update(of=("self",))
        .select_related("agreement__agency", "agreement__cooperation", "agreement__reporter")
        .get(pk=report.pk)
    )
    if not can_write_report(by, found):
        raise NotAllowed("Det är den som rapporterar för myndigheten som skriver tidrapporten.")
    if base is not None:
        if found.state != ReportState.DRAFT:
            raise SomebodyWasFaster("Rapporten är redan skickad. Ta tillbaka den om något ska ändras.")
        if state_of_report(found, entries_of(found)) != base:
            raise SomebodyWasFaster(MEANWHILE)
    return found


def _audit(by: Membership, verb: str, report: TimeReport) -> None:
    record_act(by=by, act=AuditAct.WRITE, what=f"time_report.{verb}", object_id=report.pk)


@action
def save_report(*, by: Membership, report: TimeReport, lines: Sequence[Line], comment: str, base: str) -> None:
    """Change lines, add some by hand, take those away again, and write the comment. `base`: what the page showed.

    A prefilled line that is changed is marked, so that filling again leaves it; its text and day stay. Locks the
    report; audit row; tells nobody. Refuses whoever does not write it, minutes outside 0–120,000 and people outside
    0–999, a day outside the month, more than 30 own lines; `SomebodyWasFaster` where it has been sent, or changed
    since `base`. Units: minutes of all people together.
    """
    found = _lock(by, report, base)
    known = {one.pk: one for one in entries_of(found)}
    for line in lines:
        if not 0 <= line.minutes <= MOST_MINUTES or not 0 <= line.people <= MOST_PEOPLE:
            raise DoesNotHold("Timmar och personer kan inte vara så många, eller färre än noll.")
        if line.on is not None and not found.month <= line.on < add_months(found.month, 1):
            raise DoesNotHold("Dagen ligger inte i rapportens månad.")
        if line.pk is None:
            _add(found, line)
        elif line.pk in known:
            _change(known[line.pk], line)
    if TimeEntry.objects.filter(report=found, source=TimeSource.OWN).count() > MOST_OWN:
        raise DoesNotHold(f"En rapport har högst {MOST_OWN} egna rader. Slå ihop några.")
    found.comment = comment
    found.save(update_fields=["comment"])
    _audit(by, "change", found)


def _add(report: TimeReport, line: Line) -> None:
    if not line.text.strip():
        raise DoesNotHold("Skriv vad tiden gick åt till.")
    TimeEntry.objects.create(
        report=report,
        source=TimeSource.OWN,
        key=f"own:{uuid.uuid4().hex}",
        on=line.on,
        text=line.text.strip(),
        people=line.people,
        minutes=line.minutes,
        is_changed=True,
    )


def _change(entry: TimeEntry, line: Line) -> None:
    is_own = entry.source == TimeSource.OWN
    if is_own and line.is_removed:
        entry.delete()
        return
    text, on = (line.text.strip() or entry.text, line.on) if is_own else (entry.text, entry.on)
    if (entry.minutes, entry.people, entry.text, entry.on) == (line.minutes, line.people, text, on):
        return
    entry.minutes, entry.people, entry.text, entry.on, entry.is_changed = line.minutes, line.people, text, on, True
    entry.save()


@action
def refill_report(*, by: Membership, report: TimeReport) -> None:
    """Fill the draft anew with what is recorded now (`fill`). Locks the report; audit row; tells nobody.

    Refuses whoever does not write it; `SomebodyWasFaster` where it has been sent.
    """
    found = _lock(by, report)
    if found.state != ReportState.DRAFT:
        raise SomebodyWasFaster("Rapporten är redan skickad. Ta tillbaka den om något ska ändras.")
    fill(found)
    _audit(by, "fill", found)


@action
def send_report(*, by: Membership, report: TimeReport) -> None:
    """Send the report as it stands: from now on nothing in it changes, and the cooperation reads its sums.

    Locks the report; moves it; closes every reminder of it; audit row; tells nobody: the coordinator's page shows it.
    Refuses whoever does not write it; `SomebodyWasFaster` where it has been sent.
    """
    found = _lock(by, report)
    moved = TimeReport.objects.filter(pk=found.pk, state=ReportState.DRAFT).update(
        state=ReportState.SENT, sent_at=timezone.now(), member=by
    )
    if not moved:
        raise SomebodyWasFaster("Rapporten är redan skickad.")
    close_notices(kind_prefix="time_report.", object_id=found.pk)
    _audit(by, "send", found)


@action
def reopen_report(*, by: Membership, report: TimeReport) -> None:
    """Take a sent report back: it is a draft again, and the cooperation reads nothing of it until it is sent anew.

    Locks the report; audit row, which says who and when; tells nobody. Refuses whoever does not write it;
    `SomebodyWasFaster` where it is not sent.
    """
    found = _lock(by, report)
    moved = TimeReport.objects.filter(pk=found.pk, state=ReportState.SENT).update(
        state=ReportState.DRAFT, sent_at=None, member=None
    )
    if not moved:
        raise SomebodyWasFaster("Rapporten är redan tillbaka som utkast.")
    _audit(by, "reopen", found)
