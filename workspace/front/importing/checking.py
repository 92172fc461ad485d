"""Every fault of a workbook in one run, and what is new in it. Compares plain data; writes nothing."""

import hashlib
from collections.abc import Callable
from dataclasses import astuple
from datetime import date
from typing import Any, TypeVar

from workspace.front.importing.cells import RowCheck
from workspace.front.importing.discharge_checks import check_discharge
from workspace.front.importing.queries import Known
from workspace.front.importing.row_checks import check_agency, check_participant, check_person, check_referral
from workspace.front.importing.rows import Checked, Context, New, WasRead
from workspace.front.importing.sheets import (
    AGENCIES,
    DISCHARGES,
    PARTICIPANTS,
    REFERRALS,
    SHEETS,
    STAFF,
    Fault,
    Workbook,
)

DEMO = (
    "Här finns demonstrationens konton, vars lösenord alla känner till. Läs in arbetsboken i en egen databas: "
    "ange den med DATABASE_URL eller DATA_DIR."
)

T = TypeVar("T")


def check_workbook(workbook: Workbook, known: Known, *, was_read: WasRead, today: date) -> Checked:
    """Check every sheet, so that all that is wrong is said in one run. Faults come in the order of the files."""
    checked = Checked(faults=list(workbook.faults))
    if known.has_demo:
        checked.faults.append(Fault("Databasen", DEMO))
    checked.faults += _missing_sheets(workbook, known)
    context = Context(workbook, known, was_read, today)
    checked.agencies = _check_sheet(context, AGENCIES.name, check_agency, checked)
    checked.staff = _check_sheet(context, STAFF.name, check_person, checked)
    checked.participants = _check_sheet(context, PARTICIPANTS.name, check_participant, checked)
    checked.referrals = _check_sheet(context, REFERRALS.name, check_referral, checked)
    checked.discharges = _check_sheet(context, DISCHARGES.name, check_discharge, checked)
    order = [context.workbook.sheets[sheet.name].file for sheet in SHEETS if sheet.name in workbook.sheets]
    checked.faults.sort(key=lambda fault: (order.index(fault.file) if fault.file in order else -1, fault.row or 0))
    return checked


def _missing_sheets(workbook: Workbook, known: Known) -> list[Fault]:
    """A sheet may be left out once it has been read."""
    return [
        Fault(workbook.file, f"Bladet {sheet.name} saknas. Lägg till det, eller rätta bladets namn.")
        if workbook.file
        else Fault(f"{sheet.name}.csv", "Filen saknas i mappen. Spara bladet som CSV under det namnet.")
        for sheet in SHEETS
        if not sheet.optional and sheet.name not in workbook.sheets and sheet.name not in known.imported
    ]


def _check_sheet(
    context: Context, name: str, read_row: Callable[[RowCheck, Context], T | None], checked: Checked
) -> list[New[T]]:
    """The new rows of one sheet. Adds its faults, and how many rows were read before, to `checked`."""
    read = context.workbook.sheets.get(name)
    if read is None:
        return []
    new: list[New[T]] = []
    first: dict[str, int] = {}
    for row in read.rows:
        if not row.whole:
            continue
        check = RowCheck(read, row, context.today)
        _require_once(check, first)
        found = read_row(check, context)
        if found is not None and not check.faults:
            _compare(check, context, found, new, checked)
        checked.faults += check.faults.values()
    return new


def _require_once(check: RowCheck, first: dict[str, int]) -> None:
    column = check.read.sheet.key
    key = check[column].casefold()
    if key and first.setdefault(key, check.row.number) != check.row.number:
        check.fault(
            column,
            f"{check[column]} står redan på rad {first[key]}. Ta bort den ena raden eller ge den ett eget värde.",
        )


def _compare(check: RowCheck, context: Context, found: T, new: list[New[T]], checked: Checked) -> None:
    """Sort a sound row: new, read before, or read before with other content, which is a fault."""
    sheet = check.read.sheet
    digest = digest_of(found)
    before = context.known.imported.get(sheet.name, {}).get(check[sheet.key].casefold())
    if before is None:
        new.append(New(check[sheet.key], digest, found))
    elif before.digest == digest:
        checked.already += 1
    else:
        check.fault(sheet.key, _says_otherwise(check, context.was_read(sheet.name, before, context.known)))


def digest_of(row: Any) -> str:
    """What a row means, whatever way it was written: a day in another form is the same day."""
    return hashlib.sha256("\x1f".join(map(str, astuple(row))).encode()).hexdigest()


def _says_otherwise(check: RowCheck, before: dict[str, str]) -> str:
    changed = [
        f"{column} var {was or 'tom'}, är nu {check[column] or 'tom'}"
        for column, was in before.items()
        if was.casefold() != check[column].casefold()
    ]
    what = f": {'; '.join(changed)}" if changed else ""
    return (
        f"{check[check.read.sheet.key]} är redan inläst med annat innehåll{what}. "
        "Ge raden ett eget nummer om den är ny, annars skriv tillbaka det som stod."
    )
