"""Taking in a coordinator's workbook: all of it or nothing (issue "Samverkansrum runs", 11)."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import date
from itertools import count

from referrals.actions.importing import Journey, import_referral
from referrals.models import ReferralKind
from workspace.actions import action, record_act, register_participant
from workspace.front.importing.checking import check_workbook
from workspace.front.importing.queries import what_is_known, what_was_read
from workspace.front.importing.rows import (
    AgencyRow,
    Checked,
    DischargeRow,
    New,
    ParticipantRow,
    ReferralRow,
    StaffRow,
)
from workspace.front.importing.sheets import AGENCIES, DISCHARGES, PARTICIPANTS, REFERRALS, STAFF, Fault, Workbook
from workspace.models import (
    Agency,
    Cooperation,
    CooperationAgency,
    CooperationRole,
    Function,
    FunctionMember,
    ImportedRow,
    Membership,
    Municipality,
    Organisation,
    Participant,
    UserAccount,
)
from workspace.pathway.actions.importing import Ended, import_discharge
from workspace.states import AgencyKind, AuditAct, CooperationRoleKind
from workspace.swedish import say_list

DESK = "Mottagning"
# One cooperation comes of a workbook; more rows read later join it.
COOPERATION = "samverkan"
ORGANISATIONS = {
    AgencyKind.PUBLIC_EMPLOYMENT_SERVICE: "Arbetsförmedlingen",
    AgencyKind.SOCIAL_INSURANCE_AGENCY: "Försäkringskassan",
    AgencyKind.REGION_PSYCHIATRY: "Region Norrbotten",
}


Watch = Callable[[int, int], None]
Passed = Callable[[], None]


class WorkbookRefused(Exception):
    """Something in the workbook is wrong, so nothing was taken in. `faults` is all of it."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


@dataclass(frozen=True)
class Imported:
    """How many rows of each sheet were new, and how many of all had been read before."""

    agencies: int
    staff: int
    participants: int
    referrals: int
    discharges: int
    already: int

    @property
    def new(self) -> int:
        return self.agencies + self.staff + self.participants + self.referrals + self.discharges


def _unwatched(done: int, total: int) -> None:
    """Nobody waits for the import."""


@action
def import_workbook(
    *, workbook: Workbook, today: date, only_check: bool = False, watch: Watch = _unwatched
) -> Imported:
    """Take in what is new in a workbook; rows read before and unchanged are passed over, by their keys.

    Locks out another import; checks every row against the database as it then is; writes agencies with a desk each,
    the cooperation, accounts and their hats, participants, referrals with their consents and history, and discharges
    without participants for the figures, each with an `ImportedRow` and audit rows marked as import. Sends no notices.
    With `only_check` nothing is written, and the value says what would be: no number is used up either. `watch` is told
    how many rows of how many are written.

    Raises `WorkbookRefused` with every fault, having written nothing.
    """
    # Waits for another import to end, so that the checking sees all that it wrote.
    Municipality.objects.select_for_update().order_by("pk").first()
    checked = check_workbook(workbook, what_is_known(), was_read=what_was_read, today=today)
    if checked.faults:
        raise WorkbookRefused(checked.faults)
    if not only_check:
        _write(checked, today, watch)
    return Imported(
        agencies=len(checked.agencies),
        staff=len(checked.staff),
        participants=len(checked.participants),
        referrals=len(checked.referrals),
        discharges=len(checked.discharges),
        already=checked.already,
    )


def _write(checked: Checked, today: date, watch: Watch) -> None:
    """Sheet by sheet: each refers only to those before it."""
    sheets = (checked.agencies, checked.staff, checked.participants, checked.referrals, checked.discharges)
    total = sum(len(rows) for rows in sheets)
    numbers = count(1)

    def passed() -> None:
        watch(next(numbers), total)

    _write_agencies(checked.agencies, passed)
    if not total:
        return
    cooperation = _cooperation(today)
    desks = {
        desk.agency.code.casefold(): desk
        for desk in Function.objects.filter(name=DESK).select_related("agency__municipality")
    }
    _write_staff(checked.staff, desks, cooperation, today, passed)
    _write_participants(checked.participants, desks, passed)
    _write_referrals(checked.referrals, desks, cooperation, today, passed)
    _write_discharges(checked.discharges, desks, cooperation, passed)


def _remember(sheet: str, written: Iterable[tuple[New, int]]) -> None:
    ImportedRow.objects.bulk_create(
        ImportedRow(sheet=sheet, key=new.key, digest=new.digest, object_id=pk) for new, pk in written
    )


# ---------- agencies and their cooperation ----------
def _write_agencies(rows: list[New[AgencyRow]], passed: Passed) -> None:
    places = {place.name: place for place in Municipality.objects.all()}
    # Two agencies called "Socialtjänsten" in one history tell nobody apart: there the whole name is used.
    shared = Counter([*(short_name(new.row) for new in rows), *Agency.objects.values_list("short_name", flat=True)])
    written = []
    for new in rows:
        passed()
        row = new.row
        organisation, _ = Organisation.objects.get_or_create(name=organisation_name(row))
        agency = Agency.objects.create(
            organisation=organisation,
            code=row.code,
            name=row.name,
            short_name=row.name if shared[short_name(row)] > 1 else short_name(row),
            kind=row.kind,
            municipality=places.get(row.municipality),
        )
        Function.objects.create(agency=agency, name=DESK)
        record_act(by=None, act=AuditAct.IMPORT, what="agency", object_id=agency.pk)
        written.append((new, agency.pk))
    _remember(AGENCIES.name, written)


def short_name(row: AgencyRow) -> str:
    """The name without the municipality it ends with."""
    return row.name.removesuffix(f" {row.municipality}") if row.municipality else row.name


def organisation_name(row: AgencyRow) -> str:
    """The authority that an agency is part of; a municipality's units share theirs."""
    if row.kind in ORGANISATIONS:
        return ORGANISATIONS[row.kind]
    if not row.municipality:
        return row.name
    # Piteå kommun, Arvidsjaurs kommun, Kalix kommun.
    genitive = row.municipality if row.municipality[-1] in "aeiouyåäösx" else f"{row.municipality}s"
    return f"{genitive} kommun"


def _cooperation(today: date) -> Cooperation:
    """The workbook's cooperation, with every agency that a workbook has brought and their municipalities."""
    remembered = ImportedRow.objects.filter(sheet=COOPERATION, key=COOPERATION).first()
    pks = ImportedRow.objects.filter(sheet=AGENCIES.name).order_by("pk").values_list("object_id", flat=True)
    found = Agency.objects.select_related("municipality").in_bulk(list(pks))
    agencies = [found[pk] for pk in pks]
    places = list(dict.fromkeys(agency.municipality for agency in agencies if agency.municipality))
    if remembered is not None:
        cooperation = Cooperation.objects.get(pk=remembered.object_id)
    else:
        name = f"Samverkan {say_list([place.name for place in places])}".strip()
        cooperation, _ = Cooperation.objects.get_or_create(name=name[:120])
        ImportedRow.objects.create(sheet=COOPERATION, key=COOPERATION, digest="", object_id=cooperation.pk)
        record_act(by=None, act=AuditAct.IMPORT, what="cooperation", object_id=cooperation.pk)
    cooperation.municipalities.add(*places)
    parties = set(cooperation.parties.values_list("agency", flat=True))
    CooperationAgency.objects.bulk_create(
        CooperationAgency(cooperation=cooperation, agency=agency, from_on=today)
        for agency in agencies
        if agency.pk not in parties
    )
    return cooperation


# ---------- people ----------
def _write_staff(
    rows: list[New[StaffRow]], desks: dict[str, Function], cooperation: Cooperation, today: date, passed: Passed
) -> None:
    """Accounts that nobody can sign in to before an invitation, each with the one hat that the workbook gives."""
    order: Counter[int] = Counter()
    written = []
    for new in rows:
        passed()
        row = new.row
        user = UserAccount(username=row.username, first_name=row.first_name, last_name=row.last_name, phone=row.phone)
        user.set_unusable_password()
        user.save(force_insert=True)
        written.append((new, user.pk))
        record_act(by=None, act=AuditAct.IMPORT, what="account", object_id=user.pk)
        if row.role is None:
            CooperationRole.objects.create(
                cooperation=cooperation, user=user, role=CooperationRoleKind.COORDINATOR, from_on=today
            )
            continue
        desk = desks[row.agency]
        membership = Membership.objects.create(user=user, agency=desk.agency, role=row.role, from_on=today)
        if row.seat is not None:
            order[desk.pk] += 1
            FunctionMember.objects.create(function=desk, membership=membership, kind=row.seat, order=order[desk.pk])
    _remember(STAFF.name, written)


def _write_participants(rows: list[New[ParticipantRow]], desks: dict[str, Function], passed: Passed) -> None:
    places = {place.name: place for place in Municipality.objects.all()}
    written = []
    for new in rows:
        passed()
        row = new.row
        participant = register_participant(
            by=None,
            function=desks[row.agency],
            first_name=row.first_name,
            last_name=row.last_name,
            gender=row.gender,
            birth_year=row.birth_year,
            municipality=places[row.municipality],
            enrolled_on=row.enrolled_on,
        )
        written.append((new, participant.pk))
    _remember(PARTICIPANTS.name, written)


def _write_referrals(
    rows: list[New[ReferralRow]], desks: dict[str, Function], cooperation: Cooperation, today: date, passed: Passed
) -> None:
    kinds = {kind.name: kind for kind in ReferralKind.objects.all()}
    keys = {row.key.casefold(): row.object_id for row in ImportedRow.objects.filter(sheet=PARTICIPANTS.name)}
    wanted = [keys[new.row.participant] for new in rows]
    people = Participant.objects.select_related("function__agency", "municipality").in_bulk(wanted)
    written = []
    for new in rows:
        passed()
        row = new.row
        referral = import_referral(
            number=row.number,
            participant=people[keys[row.participant]],
            receiver=desks[row.receiver],
            kind=kinds[row.kind],
            cooperation=cooperation,
            consented_on=row.consented_on,
            journey=Journey(
                state=row.course.state,
                outcome=row.course.outcome,
                sent_on=row.sent_on,
                received_on=row.received_on,
                answered_on=row.answered_on,
            ),
            imported_on=today,
        )
        written.append((new, referral.pk))
    _remember(REFERRALS.name, written)


# ---------- the figures ----------
def _write_discharges(
    rows: list[New[DischargeRow]], desks: dict[str, Function], cooperation: Cooperation, passed: Passed
) -> None:
    """Without participants: the labour-market unit owns them, and they are counted when it lets itself be counted."""
    places = {place.name: place for place in Municipality.objects.all()}
    written = []
    for new in rows:
        passed()
        row = new.row
        way = import_discharge(
            agency=desks[row.agency].agency,
            cooperation=cooperation,
            municipality=places[row.municipality],
            gender=row.gender,
            birth_year=row.birth_year,
            enrolled_on=row.enrolled_on,
            ended=Ended(**{part.name: getattr(row, part.name) for part in fields(Ended)}),
        )
        written.append((new, way.pk))
    _remember(DISCHARGES.name, written)
