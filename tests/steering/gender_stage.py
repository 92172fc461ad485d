"""Held meetings whose standing item was closed, and months where women and men differ as much as a test needs."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

from django.utils import timezone

from meetings.figures.models import Snapshot
from meetings.figures.report.canonical import shown_to_json
from meetings.figures.suppression import ANY, Shown, ShownQuestion
from meetings.models import AgendaItem, Attendance, Decision, Meeting
from meetings.states import DecisionState, GenderAnswer, ItemKind, MeetingState
from tests.figures.frozen import frozen
from tests.figures.stage import DONE, Way
from tests.meetings.cast import make_meeting
from tests.steering.stage import Steering
from workspace.clocks import add_months

PLAN_MADE = "goal:discharged.plan_made.all"
WHY_NOT = "Vi ser ingen skillnad att göra något åt."


def address(meeting: Meeting, more: str = "") -> str:
    return f"/moten/{meeting.pk}/jamstalldhet/{more}"


def history(stage: Steering) -> str:
    return f"/moten/grupp/{stage.group.pk}/jamstalldhet/"


def gender_of(meeting: Meeting) -> AgendaItem:
    return AgendaItem.objects.get(meeting=meeting, kind=ItemKind.GENDER_EQUALITY)


def held(stage: Steering, days_ago: int, answer: str = "", text: str = WHY_NOT) -> Meeting:
    """A held meeting of the group, with its item as it was left."""
    meeting = make_meeting(stage.group, days=1000 - days_ago)
    at = timezone.now() - timedelta(days=days_ago)
    Meeting.objects.filter(pk=meeting.pk).update(
        state=MeetingState.HELD,
        starts_at=at,
        ends_at=at + timedelta(hours=2),
        started_at=at,
        finished_at=at + timedelta(hours=1),
        called_at=at - timedelta(days=7),
    )
    AgendaItem.objects.filter(pk=gender_of(meeting).pk).update(gender_answer=answer, gender_text=text if answer else "")
    meeting.refresh_from_db()
    return meeting


def decided(stage: Steering, days_ago: int, text: str, **fields: Any) -> Decision:
    """A held meeting that closed the item with a decision which is followed."""
    meeting = held(stage, days_ago, GenderAnswer.DECISION, text)
    given = {
        "owner": stage.cast.psyk.agency,
        "due_on": timezone.localdate() + timedelta(days=20),
        "state": DecisionState.OPEN,
    } | fields
    return Decision.objects.create(
        item=gender_of(meeting), role=stage.cast.chair, text=text, made_at=meeting.starts_at, **given
    )


def ways(women: tuple[int, int], men: tuple[int, int]) -> list[Way]:
    """Discharged women and men: how many have a plan, of how many. All else is the same for everybody."""
    found = []
    for gender, (made, of) in (("woman", women), ("man", men)):
        found += [Way(gender=gender, facts={**DONE, "plan_made": number < made}) for number in range(of)]
    return found


def month_ago(ago: int) -> date:
    return add_months(timezone.localdate().replace(day=1), -ago)


def lay(
    stage: Steering, ago: int, people: Sequence[Way], *, version: int = 1, made_at: datetime | None = None, **more: Any
) -> Snapshot:
    """A month so many months ago, frozen on the second day after it."""
    month = month_ago(ago)
    after = add_months(month, 1)
    at = made_at or timezone.make_aware(datetime(after.year, after.month, 2, 3))
    return frozen(stage.cast.cooperation, month, version, ways=people, made_at=min(at, timezone.now()), **more)


def referrals(women: dict[str, int], men: dict[str, int]) -> Any:
    """How it has gone for the referred, as a month shows it: of Vuxenpsykiatrin these, of LSS five of each kind of
    answer, and of all together."""
    codes = ("granted", "partly", "refused", "not_examined", "waiting", "ended")
    own = {"1": {"woman": women, "man": men}, "2": {one: {"granted": 5, "refused": 5} for one in ("woman", "man")}}
    cells: Counter[tuple[tuple[str, str], str]] = Counter()
    lines: Counter[tuple[str, str]] = Counter()
    for place, genders in own.items():
        for gender, counts in genders.items():
            for code, line in product(codes, product((place, ANY), (gender, ANY))):
                cells[line, code] += counts.get(code, 0)
                lines[line] += counts.get(code, 0)
    question = ShownQuestion(as_of="2026-10", cells=dict(cells))
    shown = Shown(as_of="2026-10", lines=dict(lines), questions={"outcome": question})
    return {**shown_to_json(shown), "names": {"1": "Vuxenpsykiatrin", "2": "LSS"}}


def form_of(meeting: Meeting, **data: Any) -> dict[str, Any]:
    """What the form of the item posts when nobody has closed it."""
    return {"answer": "", "reason": "", "text": "", "who": "", "due_on": "", "indicator": "", "seen": ""} | data


def present(meeting: Meeting) -> list[Attendance]:
    return list(Attendance.objects.filter(meeting=meeting).exclude(present_how="").order_by("pk"))
