"""A report out of what a frozen month shows: labels, order and verdicts, and no number of its own. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from meetings.figures.arithmetic import Known, months_between, verdict_on
from meetings.figures.report.canonical import Json, shown_from_json
from meetings.figures.report.shapes import (
    ActivityRow,
    AttendanceGroup,
    AttendanceLine,
    Cell,
    GoalResult,
    Lead,
    LeadRow,
    OutcomeRow,
    OutcomeTable,
    PeriodRow,
    Place,
    Published,
    Report,
    SurveyKind,
    WaitingRow,
    WaitingTable,
)
from meetings.figures.states import Did, Event, Population, Span
from meetings.figures.suppression import ANY, OTHERS, Band, Line, Shown, ShownQuestion

TOGETHER = "Totalt"
GENDERS = {"woman": "Kvinnor", "man": "Män", "unknown": "Uppgift saknas", ANY: TOGETHER}
OUTCOME_LABELS = {
    "work": "Arbete",
    "studies": "Studier",
    "compensation": "Sjuk- eller aktivitetsersättning",
    "disability_act": "LSS-insats",
    "care": "Vård",
    "back_to_employment_service": "Åter till Arbetsförmedlingen",
    "moved": "Flyttat",
    "unknown": "Uppgift saknas",
}
EQUAL_LABELS = {"yes": "Ja", "partly": "Delvis", "no": "Nej", "unsure": "Vet inte", "no_answer": "Inte svarat"}
LEAD_NAMES = {"plan": "Från inskrivning till handlingsplan", "discharge": "Från inskrivning till utskrivning"}
REFERRAL_LABELS = {
    "granted": "Beviljad",
    "partly": "Delvis beviljad",
    "refused": "Avslag",
    "not_examined": "Inte prövad",
    "waiting": "Väntar på svar",
    "ended": "Avslutad utan beslut",
}
BAND_LABELS = ["0–30 dagar", "31–90 dagar", "Över 90 dagar", TOGETHER]
EVERYWHERE = "Alla kommuner"
ALL_RECEIVERS, OTHER_RECEIVERS = "Alla mottagare", "Övriga mottagare"
# Who did and who did not, of a goal, of a question from 1 to 5, and of being asked at all.
GOAL, RATED, RESPONSE = (Did.YES.value, Did.NO.value), ("high", "low"), ("answered", Did.NO_ANSWER.value)
NOBODY = ShownQuestion(as_of="")


def month_from(text: str) -> date:
    """«2014-08» as a month is written elsewhere: its first day."""
    return date.fromisoformat(f"{text}-01")


# ---------- lines ----------
def genders_of(shown: Shown | None, place: str = ANY) -> list[str]:
    """The rows of a table: Kvinnor, Män, Uppgift saknas where it is a line, Totalt (L57)."""
    lines = shown.lines if shown else {}
    unknown = [] if (place, "unknown") not in lines else ["unknown"]
    return ["woman", "man", *unknown, ANY]


def places_of(shown: Shown | None) -> list[str]:
    """The municipalities that stand alone, by name."""
    return sorted({place for place, _ in shown.lines} - {ANY}) if shown else []


def is_empty(shown: Shown | None, line: Line) -> bool:
    """Whether it is shown that nobody stands in a line: others of its kind are shown, or nobody is there at all."""
    if shown is None or line in shown.lines:
        return False
    kind = [one == ANY for one in line]
    return not shown.lines or any([one == ANY for one in other] == kind for other in shown.lines)


def cell_of(question: ShownQuestion, shown: Shown | None, line: Line, label: str, answers: tuple[str, str]) -> Cell:
    """One line as it may be shown. Nothing is subtracted from anything: what is hidden stays so."""
    if is_empty(shown, line):
        return Cell(label, 0, 0, 0, None)
    yes, no, silent = (count_of(question, shown, line, answer) for answer in (*answers, Did.NO_ANSWER.value))
    base = question.bases.get(line)
    if base is None and yes is not None and no is not None:
        base = yes + no
    share, band = question.shares.get(line), question.bands.get(line)
    hidden = yes is None or no is None or silent is None
    return Cell(label, yes, base, silent, share, band_text(band) if share is None else "", hidden)


def band_text(band: Band | None) -> str:
    if band is None or (band.least is None and band.most is None):
        return ""
    if band.least is not None and band.most is not None:
        return f"{band.least}–{band.most} %"
    return f"över {band.least} %" if band.least is not None else f"under {band.most} %"


def rows_of(question: ShownQuestion, shown: Shown | None, place: str, answers: tuple[str, str]) -> list[Cell]:
    """A place by sex and together."""
    return [cell_of(question, shown, (place, one), GENDERS[one], answers) for one in genders_of(shown, place)]


# ---------- goals ----------
def goal_of(given: Json, shown: Shown | None, as_of: date, published: Sequence[Published]) -> GoalResult:
    """One goal's result. The verdict is on its total, by what is shown of it."""
    question = (shown.questions.get(given["code"]) if shown else None) or NOBODY
    rows = rows_of(question, shown, ANY, GOAL)
    places = places_of(shown)
    total, band = rows[-1], question.bands.get((ANY, ANY))
    known = Known(total.did, total.base, total.no_answer, total.share)
    if band is not None and total.share is None:
        known = Known(total.did, total.base, total.no_answer, None, band.least, band.most)
    verdict, why = verdict_on(known, given["target"])
    return GoalResult(
        code=given["code"],
        goal=given["pk"],
        name=given["name"],
        population=str(Population(given["population"]).label),
        event=str(Event(given["event"]).label),
        span=str(Span(given["span"]).label),
        target=given["target"],
        rows=rows,
        municipalities=[cell_of(question, shown, (place, ANY), place, GOAL) for place in places],
        places=[Place(place, rows_of(question, shown, place, GOAL)) for place in places],
        verdict=verdict,
        why=why,
        as_of=month_from(question.as_of) if question.as_of else as_of,
        threshold=given["threshold"],
        threshold_agreement=given["threshold_agreement"],
        threshold_reason=given["threshold_reason"],
        published=list(published),
    )


# ---------- tables ----------
def table_of(
    question: ShownQuestion, shown: Shown, place: str, labels: Mapping[str, str], *, label: str, last: str = ""
) -> OutcomeTable:
    """Counts by category and gender; a category that nobody is in stands only if it is an answer. `last`: the sums."""
    genders = genders_of(shown, place)
    rows = []
    for code, name in labels.items():
        counts = [count_of(question, shown, (place, one), code) for one in genders]
        if counts[-1] == 0:
            counts = [0] * len(counts)  # nobody of all: nobody of any
        if code != "unknown" or any(count != 0 for count in counts):
            rows.append(OutcomeRow(code, name, counts))
    # Only of the same month: sums of another would tell what has come since.
    same = question.as_of == shown.as_of
    if last and same:
        rows.append(OutcomeRow("all", last, [people_of(shown, (place, one)) for one in genders]))
    columns = [GENDERS[one] for one in genders]
    return OutcomeTable(label, columns, rows, month_from(question.as_of))


def count_of(question: ShownQuestion, shown: Shown | None, line: Line, category: str) -> int | None:
    """A cell; a category that nobody of all is in has none."""
    if is_empty(shown, line):
        return 0
    told = any(cell == line for cell, _ in question.cells)
    return question.cells.get((line, category), 0 if told else None)


def people_of(shown: Shown, line: Line) -> int | None:
    return 0 if is_empty(shown, line) else shown.lines.get(line)


def outcomes_of(shown: Shown | None) -> list[OutcomeTable]:
    question = shown.questions.get("outcomes") if shown else None
    if shown is None or question is None:
        return []
    places = [(ANY, EVERYWHERE), *((place, place) for place in places_of(shown))]
    return [table_of(question, shown, place, OUTCOME_LABELS, label=name, last="Alla") for place, name in places]


def referrals_of(given: Json) -> list[OutcomeTable]:
    """How it has gone for those who have been referred: all, then each receiving agency by name, the small ones last.

    Each person stands in one table beside the first, that of the receiver of their latest referral.
    """
    shown = shown_from_json(given)
    question, names = shown.questions["outcome"], {**given["names"], OTHERS: OTHER_RECEIVERS}
    codes = sorted(places_of(shown), key=lambda code: (code == OTHERS, names[code]))
    apart = codes if len(codes) > 1 else []  # the only receiver says what all say
    places = [(ANY, ALL_RECEIVERS), *((code, names[code]) for code in apart)]
    return [table_of(question, shown, place, REFERRAL_LABELS, label=name, last="Alla") for place, name in places]


def activities_of(shown: Shown | None, kinds: Mapping[str, str]) -> tuple[list[str], list[ActivityRow], date | None]:
    """How many have taken part in each kind, by gender; and the month of the oldest of these numbers."""
    found = {code: shown.questions.get(f"activity.{code}") for code in kinds} if shown else {}
    asked = {code: question for code, question in found.items() if question is not None}
    genders = genders_of(shown)
    rows = [
        ActivityRow(
            code,
            kinds[code],
            [count_of(question, shown, (ANY, one), "yes") for one in genders],
            [_sum([count_of(question, shown, (ANY, one), said) for said in ("yes", "no")]) for one in genders],
            month_from(question.as_of),
        )
        for code, question in asked.items()
    ]
    months = [month_from(question.as_of) for question in asked.values()]
    return [GENDERS[one] for one in genders], rows, min(months, default=None)


def leads_of(shown: Shown | None, leads: Mapping[str, Json]) -> list[Lead]:
    return [lead for code in LEAD_NAMES if (lead := _lead(code, shown, leads[code])) is not None]


def _lead(code: str, shown: Shown | None, given: Json) -> Lead | None:
    """Every part of a line, which add up to those who have begun; or nothing of it."""
    if shown is None or not shown.lines:
        return None  # nobody has begun
    told = {gender: numbers for gender, *numbers in given["rows"]}
    rows = []
    for gender in genders_of(shown):
        done, waiting, left, median, longest = told.get(gender, (None,) * 5)
        base = done + waiting + left if gender in told else None
        why = "för få eller ännu inte nådd" if gender in told and median is None else ""
        rows.append(LeadRow(GENDERS[gender], base, done, waiting, left, median, longest, why, base is None))
    return Lead(code, LEAD_NAMES[code], rows, month_from(given["as_of"]))


def surveys_of(shown: Shown | None, kinds: Mapping[str, str]) -> list[SurveyKind]:
    """Every kind of activity that is a line, then all together."""
    if shown is None or not any(shown.lines.values()):
        return []  # nobody has been asked
    asked = {code: shown.questions.get(code, NOBODY) for code in ("response", "useful", "listened", "equal")}
    found = []
    for place in [*places_of(shown), ANY]:
        label = kinds.get(place, place) if place != ANY else "Alla aktiviteter"
        found.append(
            SurveyKind(
                label=label,
                response=rows_of(asked["response"], shown, place, RESPONSE),
                useful=rows_of(asked["useful"], shown, place, RATED),
                listened=rows_of(asked["listened"], shown, place, RATED),
                equal=table_of(asked["equal"], shown, place, EQUAL_LABELS, label=label)
                if asked["equal"].as_of
                else OutcomeTable(label, [], [], month_from(shown.as_of)),
                as_of=min((month_from(question.as_of) for question in asked.values() if question.as_of), default=None),
            )
        )
    return found


def waiting_of(given: Json) -> WaitingTable:
    rows = [WaitingRow(name or TOGETHER, [str(count) for count in counts]) for name, *counts in given["rows"]]
    return WaitingTable(BAND_LABELS, rows)


def attendance_of(given: Sequence[Json]) -> list[AttendanceGroup]:
    return [AttendanceGroup(one["group"], [AttendanceLine(*line) for line in one["lines"]]) for one in given]


def periods_of(periods: Sequence[Json], planned: Sequence[Any]) -> list[PeriodRow]:
    """Planned and actual, period by period: a plan stands where every month of the period is planned for a gender."""
    genders = ["woman", "man"]
    plan = {(month, gender): count for month, gender, count in planned}
    rows = []
    for period in periods:
        first, last, told = period["first"], period["last"], period["counts"]
        actual = [told.get(one, 0) for one in genders]
        inside = [f"{month:%Y-%m}" for month in months_between(month_from(first), month_from(last))]
        sums = [_sum([plan.get((month, gender)) for month in inside]) for gender in genders]
        rows.append(
            PeriodRow(
                first=month_from(first),
                last=month_from(last),
                labels=[*(GENDERS[one] for one in genders), TOGETHER],
                planned=[*sums, _sum(sums)],
                actual=[*actual, sum(actual)],
            )
        )
    return rows


def _sum(numbers: Sequence[int | None]) -> int | None:
    """None where one of them isn't known: a part of them beside the whole would mislead."""
    found = [number for number in numbers if number is not None]
    return sum(found) if found and len(found) == len(numbers) else None


def _referrals(content: Json) -> list[OutcomeTable] | None:
    if "referrals" not in content:
        return None
    return referrals_of(content["referrals"]) if content["referrals"] else []


# ---------- all of it ----------
def build_report(
    content: Json,
    *,
    month: date,
    version: int,
    versions: int,
    cutoff_at: datetime,
    reason: str,
    digest: str,
    published: Mapping[int, Sequence[Published]],
) -> Report:
    """A frozen month as a page shows it. `published` by goal."""
    discharged, enrolled, surveys = (
        shown_from_json(content[name]) if content[name] else None for name in ("discharged", "enrolled", "surveys")
    )
    kinds = dict(content["kinds"])
    columns, activities, activities_as_of = activities_of(enrolled, kinds)
    return Report(
        month=month,
        version=version,
        versions=versions,
        cutoff_at=cutoff_at,
        reason=reason,
        digest=digest,
        agencies=content["agencies"],
        people=people_of(discharged, (ANY, ANY)) if discharged else None,
        people_as_of=month_from(discharged.as_of) if discharged else None,
        merged=dict(discharged.merged) if discharged else {},
        left_out_unknown=bool(discharged and discharged.left_out_unknown),
        goals=[goal_of(goal, discharged, month, published.get(goal["pk"], ())) for goal in content["goals"]],
        outcomes=outcomes_of(discharged),
        planned=periods_of(content["periods"], content["planned"]),
        leads=leads_of(enrolled, content["leads"]),
        activity_columns=columns,
        activities=activities,
        activities_as_of=activities_as_of,
        surveys=surveys_of(surveys, kinds),
        waiting=waiting_of(content["waiting"]),
        attendance=attendance_of(content["attendance"]),
        referrals=_referrals(content),
    )
