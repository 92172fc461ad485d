"""What the standing item shows of a month beside its goals: women and men, as they may be shown. Nothing is counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from meetings.figures.report import Cell, LeadRow, OutcomeTable, Report, SurveyKind
from meetings.figures.report.differences import Difference, TooFew, largest_difference
from meetings.figures.report.talk import talk_about
from workspace.clocks import add_months
from workspace.small_cells import Hidden
from workspace.swedish import NUMBERS, say_date

HIDDEN = str(Hidden.ALSO)
REFUSED, SUMS = "refused", "all"  # codes of the lines of a table of referrals
THOUSANDTH = Fraction(1, 1000)


@dataclass(frozen=True)
class Count:
    """A number as it stands on the page; `of` beneath it."""

    column: str
    text: str
    hidden: bool
    of: str = ""


@dataclass(frozen=True)
class Line:
    label: str
    cells: list[Count]
    is_sum: bool = False


@dataclass(frozen=True)
class Table:
    """A table of women, men and together. `until`: the last day of the earlier month that its numbers are of."""

    code: str
    title: str
    first: str
    columns: list[str]
    lines: list[Line]
    until: str = ""
    note: str = ""

    @property
    def hides(self) -> bool:
        return any(cell.text == HIDDEN for line in self.lines for cell in line.cells)

    @property
    def says(self) -> bool:
        """Something of it is shown."""
        return any(not cell.hidden for line in self.lines for cell in line.cells)


def tables_of(report: Report) -> list[Table]:
    """Referrals granted and refused, waiting, activities and answers: those that the month has, in that order."""
    found = [*_referrals(report), *_leads(report), _activities(report), *_surveys(report)]
    return [table for table in found if table.lines]


def lacks_of(report: Report) -> list[str]:
    """What the month does not say of women and men, each in one sentence: silence is not equality."""
    found = []
    if report.referrals is None:
        found.append("Hur det har gått för dem som har remitterats räknades inte när månaden låstes.")
    elif not report.referrals:
        found.append("Remisserna är för få för att visas för kvinnor och män.")
    elif _is_nobody(report.referrals[0]):
        found.append(f"Ingen har remitterats till och med {_end_of(report.referrals[0].as_of)}.")
    if not any(row.counts for row in report.activities):
        found.append("Ingen har deltagit i en aktivitet ännu.")
    if not report.surveys:
        found.append("Ingen enkät har gått ut ännu.")
    return found


def _count(column: str, number: int | None) -> Count:
    return Count(column, HIDDEN if number is None else str(number), number is None)


def _counts(columns: Sequence[str], numbers: Sequence[int | None]) -> list[Count]:
    return [_count(column, number) for column, number in zip(columns, numbers, strict=True)]


def _until(report: Report, as_of: date | None) -> str:
    if as_of is None or as_of == report.month:
        return ""
    return _end_of(as_of)


def _end_of(month: date) -> str:
    return say_date(add_months(month, 1) - timedelta(days=1))


# ---------- table by table ----------
def _is_nobody(table: OutcomeTable) -> bool:
    """It is shown that nobody is in it."""
    return all(count == 0 for row in table.rows for count in row.counts)


def _referrals(report: Report) -> list[Table]:
    """How it has gone for all who have been referred, and who refused: the agencies that have answered so."""
    if not report.referrals or _is_nobody(report.referrals[0]):
        return []
    whole, *receivers = report.referrals
    lines = [Line(row.label, _counts(whole.columns, row.counts), row.code == SUMS) for row in whole.rows]
    note = "Var och en räknas en gång, hos den som senast fick remissen."
    until = _until(report, whole.as_of)
    found = [Table("remisser", "Så har det gått för remisserna", "Läge", whole.columns, lines, until, note)]
    refusals = []
    for table in [*receivers, whole] if receivers else []:
        row = next((row for row in table.rows if row.code == REFUSED), None)
        if row is not None and len(row.counts) == len(whole.columns):
            label = "Alla" if table is whole else table.place
            refusals.append(Line(label, _counts(whole.columns, row.counts), table is whole))
    if len(refusals) > 1:
        found.append(Table("avslag", "Avslag på remisser", "Beslutat av", whole.columns, refusals, until))
    return found


def _leads(report: Report) -> list[Table]:
    """Who waits for a plan, and how long it takes."""
    found = []
    for lead in report.leads:
        if not lead.tells_left:
            continue
        columns = [row.label for row in lead.rows]
        asked = [
            ("Påbörjade", [row.base for row in lead.rows]),
            ("Väntar ännu", [row.waiting for row in lead.rows]),
        ]
        lines = [Line(label, _counts(columns, numbers)) for label, numbers in asked]
        lines.append(Line("Median, dagar", [_median(row) for row in lead.rows]))
        note = "Kalenderdagar. De som ännu väntar är inräknade."
        found.append(Table("vantan", lead.name, "Vad", columns, lines, _until(report, lead.as_of), note))
    return found


def _median(row: LeadRow) -> Count:
    """The day when half of them have come to it, or why there is none."""
    if row.median is None and row.median_why and not row.hidden:
        return Count(row.label, row.median_why, hidden=True)
    return _count(row.label, row.median)


def _activities(report: Report) -> Table:
    lines = [Line(row.label, _counts(report.activity_columns, row.counts)) for row in report.activities]
    until = _until(report, report.activities_as_of)
    return Table("aktiviteter", "Har deltagit i aktiviteter", "Aktivitet", report.activity_columns, lines, until)


def _surveys(report: Report) -> list[Table]:
    """Of all activities together, which stand last."""
    return [_survey(report, survey) for survey in report.surveys[-1:]]


def _survey(report: Report, survey: SurveyKind) -> Table:
    columns = [cell.label for cell in survey.response]
    asked = [
        ("Har svarat", survey.response),
        ("Till nytta, 4 eller 5 av 5", survey.useful),
        ("Blev lyssnad på, 4 eller 5 av 5", survey.listened),
    ]
    lines = [Line(label, [_share(cell) for cell in cells]) for label, cells in asked if cells]
    if survey.equal.columns == columns:
        said = [(row.label, row.counts) for row in survey.equal.rows]
        lines += [Line(f"Behandlas kvinnor och män lika? {label}", _counts(columns, row)) for label, row in said]
    return Table("enkat", "Vad deltagarna tycker", "Fråga", columns, lines, _until(report, survey.as_of))


def _share(cell: Cell) -> Count:
    return Count(cell.label, cell.text, cell.share is None and not cell.band, cell.of)


# ---------- «Att prata om» ----------
@dataclass(frozen=True)
class Talk:
    """The question of the item, how sure it is, and what could not be compared."""

    ask: str
    is_claimed: bool
    is_few: bool
    how: list[tuple[str, str]]  # «Så är det räknat»
    left_out: list[tuple[str, str]]  # what, and why


def talk_of(report: Report) -> Talk:
    found = largest_difference(report)
    left_out = [(one.name, one.why) for one in found.left_out]
    if isinstance(found, TooFew):
        return Talk(talk_about(found), is_claimed=False, is_few=True, how=[], left_out=left_out)
    return Talk(talk_about(found), found.claimed, is_few=False, how=_how(found), left_out=left_out)


def _how(found: Difference) -> list[tuple[str, str]]:
    one = found.measure
    compared = "Ett mått" if found.compared == 1 else f"{found.compared} mått"
    verdict = "mindre än 5 %, så skillnaden nämns" if found.claimed else "inte under 5 %, så ingen skillnad påstås"
    return [
        (
            "Vilket mått",
            f"{one.name}: {one.women_did} av {one.women_base} kvinnor, {one.men_did} av {one.men_base} män.",
        ),
        ("Hur många mått", f"{compared} har minst {NUMBERS[10]} kvinnor och {NUMBERS[10]} män som får visas."),
        ("Test", "Fishers exakta test, tvåsidigt: hur ofta slumpen ger en minst lika ovanlig fördelning."),
        ("För det här måttet", f"p {say_p(found.p)}."),
        ("För alla mått samtidigt", f"Holms korrektion: p {say_p(found.adjusted)}. Det är {verdict}."),
        (
            "Vi antar",
            "Att personerna är oberoende av varandra och räknas en gång i varje mått. Den som har varit inskriven två "
            "gånger räknas två gånger. Allt räknas sedan starten, så samma personer är med månad efter månad.",
        ),
        (
            "Det säger inte",
            "Varför det skiljer. Och att ingen skillnad nämns betyder inte att det är lika: i små grupper går bara "
            "mycket stora skillnader att skilja från slumpen.",
        ),
    ]


def say_p(p: Fraction) -> str:
    """«= 0,21»; «< 0,001» for what is less."""
    if p < THOUSANDTH:
        return "< 0,001"
    digits = 3 if p < Fraction(1, 10) else 2
    whole = (p * 10**digits + Fraction(1, 2)).__floor__()
    return f"= {whole // 10**digits},{whole % 10**digits:0{digits}d}"


def short_words(found: Difference | TooFew | None) -> str:
    """The largest difference of a month in a few words, for the history."""
    if found is None:
        return ""
    if isinstance(found, TooFew):
        return "För små grupper för att jämföra"
    one = found.measure
    words = f"{one.name}: kvinnor {one.women_share} %, män {one.men_share} %"
    return words if found.claimed else f"Ingen säker skillnad. Störst: {words[:1].lower()}{words[1:]}"
