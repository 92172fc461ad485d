"""The rows of a workbook once they are understood, and what they are understood against. Plain data."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, TypeVar

from workspace.front.importing.cells import RowCheck, nearest
from workspace.front.importing.queries import Known
from workspace.front.importing.sheets import AGENCIES, PARTICIPANTS, Course, Fault, Workbook
from workspace.models import ImportedRow
from workspace.pathway.states import Outcome
from workspace.states import AgencyKind, Gender, MemberRole, SeatKind

T = TypeVar("T")
# Says what a row of a sheet held when it was read the first time, cell by cell.
WasRead = Callable[[str, ImportedRow, Known], dict[str, str]]

KINDS = {kind.label.casefold(): kind for kind in AgencyKind}


@dataclass(frozen=True)
class AgencyRow:
    code: str
    name: str
    kind: AgencyKind
    municipality: str


@dataclass(frozen=True)
class StaffRow:
    """Somebody who will sign in. `role` is None for a coordinator, who gets a role in the cooperation instead."""

    username: str
    first_name: str
    last_name: str
    agency: str
    role: MemberRole | None
    seat: SeatKind | None
    phone: str


@dataclass(frozen=True)
class ParticipantRow:
    number: str
    first_name: str
    last_name: str
    gender: Gender
    birth_year: int
    municipality: str
    agency: str
    enrolled_on: date


@dataclass(frozen=True)
class ReferralRow:
    """`kind` is the kind's name as the database has it; `participant` and `receiver` are keys of their sheets."""

    number: str
    participant: str
    sender: str
    receiver: str
    kind: str
    consented_on: date
    sent_on: date
    received_on: date | None
    answered_on: date | None
    course: Course


@dataclass(frozen=True)
class DischargeRow:
    """Somebody who was discharged, for the figures. `agency` is the code of the municipality's labour-market unit."""

    number: str
    agency: str
    municipality: str
    gender: Gender
    birth_year: int
    enrolled_on: date
    ended_on: date
    plan_made: bool
    plan_completed: bool
    completed_time: bool
    path_identified: bool
    outcome: Outcome
    increased: str
    picture: str


@dataclass(frozen=True)
class New(Generic[T]):
    """A row that has not been read before, with the key and digest to remember it by."""

    key: str
    digest: str
    row: T


@dataclass
class Checked:
    """What a workbook comes to: what is new, how much was known, and everything that is wrong."""

    agencies: list[New[AgencyRow]] = field(default_factory=list)
    staff: list[New[StaffRow]] = field(default_factory=list)
    participants: list[New[ParticipantRow]] = field(default_factory=list)
    referrals: list[New[ReferralRow]] = field(default_factory=list)
    discharges: list[New[DischargeRow]] = field(default_factory=list)
    already: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class AgencyNamed:
    """An agency that rows may refer to, from the file or the database. `kind` is None where the file is wrong."""

    code: str
    name: str
    kind: AgencyKind | None
    municipality: str


class Context:
    """What the rows of a workbook can refer to: what the database knows, and what the workbook brings itself.

    Rows with faults are brought too, so that one mistake is not said again by every row that refers to it.
    """

    def __init__(self, workbook: Workbook, known: Known, was_read: WasRead, today: date) -> None:
        self.workbook, self.known, self.was_read, self.today = workbook, known, was_read, today
        self.agencies = {
            code: AgencyNamed(
                agency.code,
                agency.name,
                AgencyKind(agency.kind),
                agency.municipality.name if agency.municipality else "",
            )
            for code, agency in known.agencies.items()
        }
        self.agency_names = {agency.name.casefold(): code for code, agency in self.agencies.items()}
        for row in self._rows(AGENCIES.name):
            code, kind = row.get("Kod", "").casefold(), KINDS.get(row.get("Typ", "").casefold())
            self.agencies.setdefault(code, AgencyNamed(code, row.get("Namn", ""), kind, row.get("Kommun", "")))
        # Whose participant somebody is, by key.
        self.owners = {key: code.casefold() for key, code in known.participants.items()}
        for row in self._rows(PARTICIPANTS.name):
            self.owners.setdefault(row.get("Löpnr", "").casefold(), row.get("Ansvarig verksamhet", "").casefold())

    def _rows(self, sheet: str) -> list[dict[str, str]]:
        read = self.workbook.sheets.get(sheet)
        return [row.cells for row in read.rows] if read else []

    def agency(self, check: RowCheck, column: str) -> AgencyNamed | None:
        """The agency that a cell names by its code. None, and faulted with the nearest, where there is none."""
        if not check[column] or not check.sound(column):
            return None
        agency = self.agencies.get(check[column].casefold())
        if agency is None:
            near = nearest(check[column], self._names())
            check.fault(column, f"Det finns ingen verksamhet med koden {check.said(column)}.{near}")
        return agency

    def labour_market_units(self, municipality: str) -> list[AgencyNamed]:
        """The units of a municipality that its discharges belong to: one, if all is well."""
        units = [agency for agency in self.agencies.values() if agency.kind == AgencyKind.LABOUR_MARKET_UNIT]
        return [agency for agency in units if agency.municipality.casefold() == municipality.casefold()]

    def _names(self) -> dict[str, str]:
        """What somebody may have written instead of a code: the code with a slip, the name, or a word of it."""
        names: dict[str, str] = {}
        for agency in self.agencies.values():
            for name in (agency.code, agency.name, *agency.name.split()):
                names.setdefault(name, agency.code)
        return names
