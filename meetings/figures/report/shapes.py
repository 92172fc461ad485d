"""The shapes of a report. A None is a number that is not shown; every label is as it stands on the page."""

from dataclasses import dataclass, field
from datetime import date, datetime

from meetings.figures.states import Verdict

HIDDEN = "dolt"


@dataclass(frozen=True)
class Cell:
    """One line of a goal, or of a question: how many did, of how many, and how many nobody knows of."""

    label: str  # Kvinnor, Män, Uppgift saknas, Totalt, or a municipality
    did: int | None
    base: int | None  # those who did and those who did not
    no_answer: int | None
    share: int | None  # whole per cent; None under a base of ten, and where it may not be shown
    band: str = ""  # «över 90 %», «80–90 %»: where the share may not be shown
    hidden: bool = False  # something here is not shown because it is small, or would give a small one away

    @property
    def text(self) -> str:
        """What stands large: a percentage, a band, or why none."""
        if self.share is not None:
            return f"{self.share} %"
        if self.band:
            return self.band
        return "ingen" if self.base == 0 else HIDDEN if self.hidden else "för få"

    @property
    def of(self) -> str:
        """«88 av 124», as far as it may be said."""
        if self.did is not None and self.base is not None:
            return f"{self.did} av {self.base}"
        return f"av {self.base}" if self.base is not None else ""


@dataclass(frozen=True)
class Place:
    """The same lines within one municipality."""

    name: str
    rows: list[Cell]


@dataclass(frozen=True)
class Published:
    """What a report has said of a goal."""

    pk: int
    source: str
    total: int
    parts: dict[str, int]
    refused_because: str  # "" where its parts can give its total


@dataclass(frozen=True)
class GoalResult:
    code: str  # its definition; stays the same from month to month
    goal: int  # the pk
    name: str
    population: str  # «alla som har skrivits ut»
    event: str
    span: str
    target: int
    rows: list[Cell]  # Kvinnor, Män, Uppgift saknas where there are any, Totalt
    municipalities: list[Cell]  # by name
    places: list[Place]  # each municipality by sex
    verdict: Verdict
    why: str  # why it can't be computed; "" otherwise
    as_of: date  # the month these numbers are of (its first day): an earlier one where this month's may not be shown
    threshold: int = 5
    threshold_agreement: str = ""
    threshold_reason: str = ""
    published: list[Published] = field(default_factory=list)

    @property
    def total(self) -> Cell:
        return self.rows[-1]


@dataclass(frozen=True)
class OutcomeRow:
    code: str
    label: str
    counts: list[int | None]  # in the order of the table's columns


@dataclass(frozen=True)
class OutcomeTable:
    """«Vad hände sedan?» of one municipality, or of all; or how it went for the referred, of a receiver or of all."""

    place: str
    columns: list[str]  # Kvinnor, Män, Uppgift saknas where shown, Totalt
    rows: list[OutcomeRow]  # the last is «Alla»
    as_of: date


@dataclass(frozen=True)
class PeriodRow:
    """Planned and actual enrolment in a month, or in several taken together because they are small."""

    first: date
    last: date  # the first day of the last month
    labels: list[str]
    planned: list[int | None]  # None where nothing was planned
    actual: list[int | None]


@dataclass(frozen=True)
class LeadRow:
    label: str
    base: int | None  # all who have begun: the three parts
    done: int | None
    waiting: int | None
    left: int | None  # discharged without a plan
    median: int | None  # calendar days
    longest: int | None  # calendar days: at least five have taken or waited so long
    median_why: str = ""  # why there is none
    hidden: bool = False


@dataclass(frozen=True)
class Lead:
    code: str  # plan | discharge
    name: str
    rows: list[LeadRow]
    as_of: date

    @property
    def tells_left(self) -> bool:
        """Whether one can leave before it has come to this."""
        return self.code == "plan"


@dataclass(frozen=True)
class ActivityRow:
    """How many have taken part in a kind of activity; columns as in `Report.activity_columns`."""

    code: str
    label: str
    counts: list[int | None]
    bases: list[int | None] = field(default_factory=list)  # of how many; None where it may not be said
    as_of: date | None = None


@dataclass(frozen=True)
class SurveyKind:
    """What was answered after one kind of activity, by sex and together. `base` of a line is those who answered."""

    label: str
    response: list[Cell]  # did: answered, base: asked
    useful: list[Cell]  # did: 4 or 5 of 5
    listened: list[Cell]
    equal: OutcomeTable  # «Behandlas kvinnor och män lika?»: answers by sex, those who did not answer last
    as_of: date | None = None  # the month of the oldest of the first three


@dataclass(frozen=True)
class WaitingRow:
    agency: str
    counts: list[str]  # by band, then together: a number, «färre än 5» or «dolt»


@dataclass(frozen=True)
class WaitingTable:
    """Referrals without an answer at the month's end, by receiving agency. No rows: too few to show."""

    bands: list[str]
    rows: list[WaitingRow]


@dataclass(frozen=True)
class AttendanceLine:
    agency: str
    represented: int
    held: int


@dataclass(frozen=True)
class AttendanceGroup:
    """A group's meetings in the twelve months that end with this one. Agencies only."""

    name: str
    lines: list[AttendanceLine]


@dataclass(frozen=True)
class Report:
    """A month as it was frozen, as far as it may be shown."""

    month: date
    version: int
    versions: int  # how many there are of the month
    cutoff_at: datetime
    reason: str  # of a correction
    digest: str
    agencies: list[str]  # whose counts these are: those that have agreed
    people: int | None  # discharged so far
    people_as_of: date | None
    merged: dict[str, str]  # municipalities too small to stand alone, and under what name they stand
    left_out_unknown: bool  # those whose sex is not known are in no row, since they are so few
    goals: list[GoalResult]
    outcomes: list[OutcomeTable]  # all first, then each municipality
    planned: list[PeriodRow]
    leads: list[Lead]
    activity_columns: list[str]
    activities: list[ActivityRow]
    activities_as_of: date | None
    surveys: list[SurveyKind]
    waiting: WaitingTable
    attendance: list[AttendanceGroup]
    # How it has gone for those who have been referred, since the start: all first, then each receiving agency. Each
    # person stands once, at the receiver of their latest referral. None of them: too few to show. None: not counted
    # when the month was frozen.
    referrals: list[OutcomeTable] | None = None

    @property
    def met(self) -> int:
        return sum(goal.verdict == Verdict.MET for goal in self.goals)

    @property
    def sentence(self) -> str:
        """«Ett av fem mål är uppfyllt», in figures above twelve."""
        return f"{self.met} av {len(self.goals)} mål är uppfyllda" if len(self.goals) else "Inga mål"


@dataclass(frozen=True)
class SeriesPoint:
    """A goal in one month, by its latest version."""

    month: date
    version: int
    rows: list[Cell]
    verdict: Verdict
    as_of: date


@dataclass(frozen=True)
class Series:
    code: str
    name: str
    target: int
    points: list[SeriesPoint]  # the oldest first
