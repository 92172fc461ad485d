"""What the workbook looks like: its five sheets, their columns, and how a fault in them is said. Pure data."""

from dataclasses import dataclass, field

from referrals.states import Outcome, ReferralState


@dataclass(frozen=True)
class Column:
    """One column. `private` columns tell of a person, so a fault there never repeats what the cell says."""

    name: str
    longest: int = 80
    required: bool = True
    private: bool = False
    # A telephone number typed as a number has lost its first zero in Excel.
    zero_first: bool = False


@dataclass(frozen=True)
class Sheet:
    """One sheet of the workbook. The first column is the key by which a row is known when it is read again."""

    name: str
    columns: tuple[Column, ...]
    # A workbook is whole without it.
    optional: bool = False

    @property
    def key(self) -> str:
        return self.columns[0].name


AGENCIES = Sheet(
    "verksamheter",
    (
        Column("Kod", 40),
        Column("Namn", 60),
        Column("Typ", 40),
        Column("Kommun", 60, required=False),
    ),
)
STAFF = Sheet(
    "personal",
    (
        Column("Användare", 40),
        Column("Förnamn", private=True),
        Column("Efternamn", private=True),
        Column("Verksamhet", 40),
        Column("Roll", 40),
        Column("Ordinarie/ersättare", 40, required=False),
        Column("Telefon", 40, required=False, private=True, zero_first=True),
    ),
)
PARTICIPANTS = Sheet(
    "deltagare",
    (
        Column("Löpnr", 20),
        Column("Förnamn", private=True),
        Column("Efternamn", private=True),
        Column("Kön", 20, required=False, private=True),
        Column("Födelseår", 20, private=True),
        Column("Kommun", 60),
        Column("Ansvarig verksamhet", 40),
        Column("Inskriven", 40),
    ),
)
REFERRALS = Sheet(
    "remisser",
    (
        Column("Löpnr", 20),
        Column("Deltagare", 20),
        Column("Från", 40),
        Column("Till", 40),
        Column("Ärende"),
        Column("Samtycke", 40),
        Column("Skickad", 40),
        Column("Mottagen", 40, required=False),
        Column("Besvarad", 40, required=False),
        Column("Läge", 40),
    ),
)
# People who were discharged long ago: without names, and counted in the figures only.
DISCHARGES = Sheet(
    "utskrivningar",
    (
        Column("Löpnr", 20),
        Column("Kommun", 60),
        Column("Kön", 20, required=False, private=True),
        Column("Födelseår", 20, private=True),
        Column("Inskriven", 40),
        Column("Utskriven", 40),
        Column("Handlingsplan upprättad", 20),
        Column("Handlingsplan fullföljd", 20),
        Column("Utfall", 60, private=True),
        Column("Möjligheterna har ökat", 20, required=False, private=True),
        Column("Fullföljt sin tid", 20),
        Column("Bild av möjligheterna", 20, required=False, private=True),
        Column("Identifierat sin väg", 20),
    ),
    optional=True,
)
SHEETS = (AGENCIES, STAFF, PARTICIPANTS, REFERRALS, DISCHARGES)


@dataclass(frozen=True)
class Course:
    """What a Läge means: the step it stands for, and which of Mottagen and Besvarad must have a day."""

    state: ReferralState
    outcome: Outcome | None
    received: bool
    answered: bool


# Furthest step first.
COURSES = {
    "beviljad": Course(ReferralState.CLOSED, Outcome.GRANTED, received=True, answered=True),
    "avslag": Course(ReferralState.CLOSED, Outcome.REFUSED, received=True, answered=True),
    "åter till avsändaren": Course(ReferralState.RETURNED, None, received=True, answered=True),
    "väntar på beslut": Course(ReferralState.ACCEPTED, None, received=True, answered=False),
    "väntar på mottagande": Course(ReferralState.SENT, None, received=False, answered=False),
}


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: where it stands, and a sentence that says what is wrong and what would be right."""

    file: str
    sentence: str
    row: int | None = None
    column: str = ""

    def __str__(self) -> str:
        place = self.file if self.row is None else f"{self.file} rad {self.row}"
        return f"{place}, {self.column}: {self.sentence}" if self.column else f"{place}: {self.sentence}"


@dataclass(frozen=True)
class Row:
    """One line of a sheet under the number that Excel shows. `whole` is False where cells are missing."""

    number: int
    cells: dict[str, str]
    whole: bool = True


@dataclass
class SheetRead:
    sheet: Sheet
    file: str
    rows: list[Row] = field(default_factory=list)

    @property
    def keys(self) -> set[str]:
        """Every key in the file, also of rows with faults: those are not unknown, only wrong."""
        return {row.cells.get(self.sheet.key, "").casefold() for row in self.rows}


@dataclass
class Workbook:
    """What was found in a folder, or in an Excel file that `file` names. `left` says in sentences what was not read."""

    file: str = ""
    sheets: dict[str, SheetRead] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
