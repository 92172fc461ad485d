"""Frozen months laid by hand, as the engine leaves them: what the pages say is tested apart from what may be shown.

The numbers are those of the 223 discharges; what is to be hidden is named by the test.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from meetings.figures.actions.goals import ensure_goals
from meetings.figures.models import Goal, Snapshot
from meetings.figures.report.canonical import canonical, digest_of, shown_to_json
from meetings.figures.states import Population
from meetings.figures.suppression import ANY, Band, Line, Shown, ShownQuestion
from tests.figures.stage import AUGUST, Way, discharges
from workspace.clocks import end_of
from workspace.models import Cooperation
from workspace.pathway.states import WORK_OR_STUDIES

Hide = Mapping[tuple[str, Line], Band | None]  # (event, line): hidden, with this band instead
PITEA, ARVIDSJAUR = "Piteå", "Arvidsjaur"
ALL: Line = (ANY, ANY)
WAITING = [["Vuxenpsykiatrin Piteå", 6, 5, "färre än 5", 13], ["", 6, 5, "färre än 5", 13]]
Kinds = Mapping[str, tuple[int | None, int | None, int | None]]
# Of each group: those with a plan, who wait, who left without one; the median and the longest.
LEADS = [["woman", 55, 10, 5, 14, 60], ["man", 60, 20, 10, 21, 75], [ANY, 115, 30, 15, 18, 75]]
PARTS: Kinds = {"practice": (20, 25, 45), "trial": (None, None, 12)}
KINDS = {"practice": "Praktik", "trial": "Arbetsträning"}


def did(way: Way, event: str) -> str:
    facts = way.facts
    if event in {"increased", "picture"}:
        return str(facts[event]) or "no_answer"
    reached = facts["outcome"] in WORK_OR_STUDIES if event == "work_or_studies" else bool(facts[event])
    return "yes" if reached else "no"


def within(way: Way, population: str) -> bool:
    asked = {Population.COMPLETED_PLAN: "plan_completed", Population.COMPLETED_TIME: "completed_time"}
    return population == Population.DISCHARGED or bool(way.facts[asked[Population(population)]])


def lines_of(way: Way) -> list[Line]:
    return [(place, gender) for place in (way.place, ANY) for gender in (way.gender, ANY)]


def question_of(ways: Sequence[Way], goal: Goal, as_of: str, hide: Hide) -> ShownQuestion:
    counts: Counter[tuple[Line, str]] = Counter()
    for way in ways:
        for line in lines_of(way):
            counts[line, did(way, goal.event) if within(way, goal.population) else "outside"] += 1
    lines = sorted({line for line, _ in counts})
    hidden = {line: band for (event, line), band in hide.items() if event == goal.event}
    cells: dict[tuple[Line, str], int | None] = {}
    shares, bases = {}, {}
    for line in lines:
        yes, no = counts[line, "yes"], counts[line, "no"]
        known = line not in hidden
        cells |= {(line, one): counts[line, one] if known else None for one in ("yes", "no")}
        # Nought is always shown.
        cells[line, "no_answer"] = counts[line, "no_answer"] if known or not counts[line, "no_answer"] else None
        if known:
            bases[line] = yes + no
        if known and yes + no >= 10:
            shares[line] = (yes * 200 + yes + no) // (2 * (yes + no))
    bands = {line: band for line, band in hidden.items() if band is not None}
    return ShownQuestion(as_of=as_of, cells=cells, bands=bands, shares=shares, bases=bases)


def outcomes_of(ways: Sequence[Way], as_of: str, hide: Hide) -> ShownQuestion:
    counts: Counter[tuple[Line, str]] = Counter()
    for way in ways:
        for line in lines_of(way):
            code = str(way.facts["outcome"])
            counts[line, "compensation" if code.endswith("_compensation") else code] += 1
    codes = ("work", "studies", "compensation", "disability_act", "care", "back_to_employment_service", "moved")
    lines = {line for line, _ in counts}
    return ShownQuestion(
        as_of=as_of,
        cells={(line, one): None if (one, line) in hide else counts[line, one] for line in lines for one in codes},
    )


def activities(cells: Kinds, as_of: str) -> Shown:
    """Women, men and together in each kind of activity, beside 160 enrolled."""
    questions = {
        f"activity.{kind}": ShownQuestion(
            as_of=as_of, cells={((ANY, gender), "yes"): count for gender, count in zip(GENDERS, counts, strict=True)}
        )
        for kind, counts in cells.items()
    }
    return Shown(as_of=as_of, lines={(ANY, "woman"): 70, (ANY, "man"): 90, ALL: 160}, questions=questions)


GENDERS = ("woman", "man", ANY)


def surveys_of(as_of: str) -> Shown:
    asked = {"woman": 30, "man": 40, ANY: 70}
    lines = {(place, one): count for place in ("practice", ANY) for one, count in asked.items()}
    cells: dict[tuple[Line, str], int | None] = {}
    for line in lines:
        cells |= {(line, "answered"): lines[line] // 2, (line, "no_answer"): lines[line] - lines[line] // 2}
    response = ShownQuestion(as_of=as_of, cells=cells, shares=dict.fromkeys(lines, 50), bases=dict(lines))
    return Shown(as_of=as_of, lines=lines, questions={"response": response})


def shown_of(
    goals: Sequence[Goal], month: date, ways: Sequence[Way], hide: Hide, as_of: date, kinds: Kinds
) -> dict[str, Any]:
    said, old = f"{month:%Y-%m}", f"{as_of:%Y-%m}"
    questions = {code_of(goal): question_of(ways, goal, old, hide) for goal in goals}
    questions["outcomes"] = outcomes_of(ways, old, hide)
    lines = Counter(line for way in ways for line in lines_of(way))
    return {
        "as_of": said,
        "agencies": ["Socialtjänsten Piteå"],
        "goals": [goal_json(goal) for goal in goals],
        "planned": [
            ["2014-06", "woman", 3],
            ["2014-06", "man", 5],
            ["2014-07", "woman", 4],
            ["2014-07", "man", 4],
        ],
        "periods": [{"first": "2014-06", "last": "2014-07", "counts": {"woman": 6, "man": 8}}],
        "attendance": [{"group": "Styrgruppen", "lines": [["Socialtjänsten Piteå", 5, 6]]}],
        "kinds": KINDS,
        "discharged": shown_to_json(Shown(as_of=said, lines=dict(lines), questions=questions)),
        "enrolled": shown_to_json(activities(kinds, said)),
        "surveys": shown_to_json(surveys_of(said)),
        "leads": {
            "plan": {"as_of": said, "rows": LEADS},
            "discharge": {"as_of": said, "rows": []},
        },
        "waiting": {"rows": WAITING},
    }


def frozen(
    cooperation: Cooperation,
    month: date = AUGUST,
    version: int = 1,
    *,
    ways: Sequence[Way] | None = None,
    hide: Hide | None = None,
    as_of: date | None = None,
    reason: str = "",
    made_at: datetime | None = None,
    kinds: Kinds | None = None,
    **content: Any,
) -> Snapshot:
    """A month with every number of the discharges but those in `hide`. `content` replaces pieces of what is shown."""
    ensure_goals(cooperation=cooperation)
    goals = list(Goal.objects.filter(cooperation=cooperation, ended_on__isnull=True).order_by("order", "pk"))
    given = discharges() if ways is None else ways
    counts = canonical({"exact": 987_654})
    text = canonical(shown_of(goals, month, given, hide or {}, as_of or month, kinds or PARTS) | content)
    return Snapshot.objects.create(
        cooperation=cooperation,
        month=month,
        version=version,
        cutoff_at=end_of(month.replace(day=28)),
        reason=reason,
        counts=counts,
        shown=text,
        digest=digest_of(counts, text),
        made_at=made_at or timezone.now(),
    )


def code_of(goal: Goal) -> str:
    return f"{goal.population}.{goal.event}.{goal.span}"


def goal_json(goal: Goal) -> dict[str, Any]:
    names = ("pk", "name", "population", "event", "span", "target", "threshold", "threshold_agreement")
    found = {name: getattr(goal, name) for name in (*names, "threshold_reason")}
    return {"code": code_of(goal), **found}
