"""The steering group of the workbook in `tests/data/pitea`: its roles and seats, a meeting behind it, and the next one.

The discharges of the workbook are moved in time, so that the last of them was in the month that is frozen: the last.
"""

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.utils import timezone

from meetings.actions.opening import open_meeting
from meetings.figures.actions.freezing import freeze_month
from meetings.figures.models import Snapshot
from meetings.models import ActionItem, AgendaItem, Attendance, Decision, Group, GroupSeat, Meeting, TemplateItem
from meetings.states import TEMPLATES, ActionState, DecisionState, GroupKind, ItemKind, MeetingState
from referrals.models import Referral
from referrals.states import OPEN_STATES
from tests.cast import make_user
from tests.figures.stage import agreed
from tests.front.workbooks import PITEA
from tests.meetings.cast import in_days, make_seat
from workspace.clocks import add_months
from workspace.models import (
    Agency,
    Cooperation,
    CooperationRole,
    Function,
    Membership,
    Municipality,
    Participant,
    UserAccount,
)
from workspace.states import CooperationRoleKind

AHEAD, BEHIND = 28, 40  # days from today to the next meeting, and back to the last
SEATS = {"soc-pitea": "anv03", "psyk-pitea": "anv15", "af-pitea": "anv12", "fk-norr": "anv18", "amv-pitea": "anv06"}
OUTSIDER = "anv19"  # Socialtjänsten Arvidsjaur
MISSED = "fk-norr"
DONE, LATE = "Boka en lokal i stadshuset", "Räkna platserna i vår"
OLD_DECISION = "Myndigheterna möts kring var sjätte vecka"
LAST_DISCHARGE = date(2014, 8, 31)


@dataclass
class Round:
    """Everybody of a round, and its two meetings."""

    cooperation: Cooperation
    group: Group
    chair: CooperationRole
    steering: CooperationRole
    coordinator: CooperationRole
    members: dict[str, Membership]  # by the code of the agency: who holds its seat
    outsider: Membership
    last: Meeting
    meeting: Meeting
    month: Snapshot
    names: list[str]  # every participant's

    @property
    def soc(self) -> Membership:
        return self.members["soc-pitea"]

    @property
    def psyk(self) -> Membership:
        return self.members["psyk-pitea"]


# ---------- the workbook ----------
def last_month() -> date:
    return add_months(timezone.localdate().replace(day=1), -1)


def later(day: str) -> str:
    """A day of the discharges as many months later as the last of them is before the frozen month."""
    found, month = date.fromisoformat(day), last_month()
    months = (month.year - LAST_DISCHARGE.year) * 12 + month.month - LAST_DISCHARGE.month
    first = add_months(found.replace(day=1), months)
    end = add_months(first, 1) - timedelta(days=1)
    return min(first + timedelta(days=found.day - 1), end).isoformat()


def workbook(folder: Path) -> Path:
    """A copy of the workbook where the last discharge was last month."""
    made = folder / "pitea"
    shutil.copytree(PITEA, made, copy_function=shutil.copyfile)
    sheet = made / "utskrivningar.csv"
    head, *rows = sheet.read_text(encoding="latin-1").splitlines()
    days = [head.split(";").index(name) for name in ("Inskriven", "Utskriven")]
    lines = [head]
    for row in rows:
        cells = row.split(";")
        for column in days:
            cells[column] = later(cells[column])
        lines.append(";".join(cells))
    sheet.write_text("\n".join(lines) + "\n", encoding="latin-1")
    return made


# ---------- the group ----------
def hat(username: str) -> Membership:
    return Membership.objects.select_related("user", "agency").get(user__username=username)


def role(cooperation: Cooperation, username: str, first: str, last: str, kind: CooperationRoleKind) -> CooperationRole:
    user = make_user(username, first, last)
    return CooperationRole.objects.create(cooperation=cooperation, user=user, role=kind)


def make_group(cooperation: Cooperation) -> tuple[Group, dict[str, GroupSeat]]:
    group = Group.objects.create(cooperation=cooperation, kind=GroupKind.STEERING, name="Styrgruppen", quorum=3)
    group.municipalities.set(Municipality.objects.filter(name__in=("Piteå", "Arvidsjaur")))
    TemplateItem.objects.bulk_create(
        TemplateItem(
            group=group, section=section, kind=kind, position=place, title=title, purpose=purpose, minutes=minutes
        )
        for place, (section, kind, title, purpose, minutes) in enumerate(TEMPLATES[GroupKind.STEERING], start=1)
    )
    desks = {desk.agency.code: desk for desk in Function.objects.select_related("agency")}
    return group, {code: make_seat(group, desks[code], hat(username)) for code, username in SEATS.items()}


def make_last(group: Group, seats: dict[str, GroupSeat]) -> Meeting:
    """The meeting that was held: an agency was missing, one of two things is done, and a decision is followed."""
    at = in_days(-BEHIND)
    meeting = open_meeting(by=None, group=group, starts_at=in_days(400), ends_at=in_days(400, 15), place="Rum Älven")
    Meeting.objects.filter(pk=meeting.pk).update(
        state=MeetingState.HELD,
        starts_at=at,
        ends_at=at + timedelta(hours=2),
        started_at=at,
        finished_at=at + timedelta(hours=2),
    )
    meeting.refresh_from_db()
    for code, seat in seats.items():
        if code != MISSED:
            Attendance.objects.create(
                meeting=meeting, member=hat(SEATS[code]), seat=seat, present_how="ticked", present_at=at
            )
    item = AgendaItem.objects.get(meeting=meeting, kind=ItemKind.DISPUTES)
    soc, psyk = hat(SEATS["soc-pitea"]), hat(SEATS["psyk-pitea"])
    for text, due, state in ((DONE, -20, ActionState.DONE), (LATE, -5, ActionState.OPEN)):
        ActionItem.objects.create(
            item=item,
            author=soc.agency,
            member=soc,
            text=text,
            agency=psyk.agency,
            due_on=timezone.localdate() + timedelta(days=due),
            state=state,
            closed_at=timezone.now() - timedelta(days=25) if state == ActionState.DONE else None,
        )
    Decision.objects.create(
        item=item,
        member=soc,
        agency=soc.agency,
        text=OLD_DECISION,
        owner=soc.agency,
        responsible=soc,
        due_on=timezone.localdate() + timedelta(days=12),
        state=DecisionState.OPEN,
        made_at=at,
    )
    return meeting


def dispute() -> None:
    """Two of the workbook's referrals have nobody who takes responsibility, the first for nine days."""
    found = Referral.objects.filter(state__in=OPEN_STATES).order_by("pk")[:2]
    for referral, days in zip(found, (9, 3), strict=True):
        Referral.objects.filter(pk=referral.pk).update(disputed_at=in_days(-days))


def make_round(folder: Path) -> Round:
    """Read the workbook, agree on being counted, freeze last month, and lay the group with its two meetings."""
    call_command("import_start", str(workbook(folder)), stdout=StringIO())
    cooperation = Cooperation.objects.get()
    agreed(cooperation, *Agency.objects.all())
    month = freeze_month(cooperation=cooperation, month=last_month(), cutoff_at=timezone.now())
    group, seats = make_group(cooperation)
    chair = role(cooperation, "ordforande", "Lars", "Engfors", CooperationRoleKind.CHAIR)
    steering = role(cooperation, "styrelse", "Britta", "Nordmark", CooperationRoleKind.STEERING)
    last = make_last(group, seats)
    dispute()
    staff = {user.get_full_name() for user in UserAccount.objects.all()}
    names = {f"{one.first_name} {one.last_name}" for one in Participant.objects.all()}
    return Round(
        cooperation=cooperation,
        group=group,
        chair=chair,
        steering=steering,
        coordinator=CooperationRole.objects.get(role=CooperationRoleKind.COORDINATOR),
        members={code: hat(username) for code, username in SEATS.items()},
        outsider=hat(OUTSIDER),
        last=last,
        meeting=open_meeting(
            by=None, group=group, starts_at=in_days(AHEAD), ends_at=in_days(AHEAD, 15), place="Rum Älven"
        ),
        month=month,
        names=sorted(names - staff),
    )
