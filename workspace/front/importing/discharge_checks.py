"""A row of the sheet utskrivningar: what must hold for it, and what it then means."""

from workspace.front.importing.cells import RowCheck
from workspace.front.importing.row_checks import GENDERS, birth_year_of, municipality_of
from workspace.front.importing.rows import Context, DischargeRow
from workspace.pathway.states import Outcome, YesNo
from workspace.states import Gender

ANSWERS = {"ja": YesNo.YES, "nej": YesNo.NO}
OUTCOMES = {outcome.label.casefold(): outcome for outcome in Outcome}


def check_discharge(check: RowCheck, context: Context) -> DischargeRow | None:
    """Days that run backwards and answers against each other are faults: a figure is no better than its rows."""
    place = municipality_of(check, context)
    unit = _unit(check, context, place)
    birth_year = birth_year_of(check)
    if check["Kön"].casefold() not in {*GENDERS, ""}:
        check.fault("Kön", "Det som står här känns inte igen. Skriv kvinna eller man, eller lämna cellen tom.")
    enrolled_on, ended_on = check.day("Inskriven"), check.day("Utskriven")
    if enrolled_on and ended_on and ended_on < enrolled_on:
        check.fault(
            "Utskriven",
            f"{ended_on} är före Inskriven {enrolled_on}. Skriv en dag som är {enrolled_on} eller senare.",
        )
    outcome = check.one_of("Utfall", [kind.label for kind in Outcome], what="inget utfall som känns igen")
    said = {column: _answer(check, column) for column in ANSWERED}
    _check_plan(check, said)
    if check.faults or not unit or enrolled_on is None or ended_on is None or birth_year is None:
        return None
    return DischargeRow(
        number=check["Löpnr"].casefold(),
        agency=unit,
        municipality=place,
        gender=GENDERS.get(check["Kön"].casefold(), Gender.UNKNOWN),
        birth_year=birth_year,
        enrolled_on=enrolled_on,
        ended_on=ended_on,
        plan_made=said[PLAN_MADE] == YesNo.YES,
        plan_completed=said[PLAN_COMPLETED] == YesNo.YES,
        completed_time=said["Fullföljt sin tid"] == YesNo.YES,
        path_identified=said["Identifierat sin väg"] == YesNo.YES,
        outcome=OUTCOMES[outcome],
        increased=said["Möjligheterna har ökat"],
        picture=said["Bild av möjligheterna"],
    )


PLAN_MADE, PLAN_COMPLETED = "Handlingsplan upprättad", "Handlingsplan fullföljd"
ANSWERED = (
    PLAN_MADE,
    PLAN_COMPLETED,
    "Möjligheterna har ökat",
    "Fullföljt sin tid",
    "Bild av möjligheterna",
    "Identifierat sin väg",
)


def _answer(check: RowCheck, column: str) -> str:
    """Yes or no; empty where the cell may be and is."""
    return ANSWERS.get(check.one_of(column, ANSWERS, what="varken ja eller nej"), "")


def _check_plan(check: RowCheck, said: dict[str, str]) -> None:
    if said[PLAN_COMPLETED] == YesNo.YES and said[PLAN_MADE] == YesNo.NO:
        check.fault(PLAN_COMPLETED, f"Planen kan inte vara fullföljd när {PLAN_MADE} är nej. Rätta en av dem.")


def _unit(check: RowCheck, context: Context, place: str) -> str:
    """The labour-market unit of the municipality: it owns what is counted."""
    if not place:
        return ""
    units = context.labour_market_units(place)
    if len(units) == 1:
        return units[0].code.casefold()
    many = "flera verksamheter" if units else "ingen verksamhet"
    check.fault("Kommun", f"Det finns {many} av typen arbetsmarknadsenhet i {place}. Det ska finnas en i verksamheter.")
    return ""
