"""Taking in what a workbook tells of people who were discharged before Samverkansrum: for the figures only."""

from dataclasses import asdict, dataclass
from datetime import date

from workspace.actions import action, record_act
from workspace.models import Agency, Cooperation, Municipality
from workspace.pathway.models import Discharge, Enrolment, EnrolmentRecord
from workspace.pathway.states import EnrolmentState
from workspace.states import AuditAct


@dataclass(frozen=True)
class Ended:
    """How a way ended, as the workbook has it. An empty answer is one not given."""

    ended_on: date
    plan_made: bool
    plan_completed: bool
    completed_time: bool
    path_identified: bool
    outcome: str
    increased: str
    picture: str


@action
def import_discharge(
    *,
    agency: Agency,
    cooperation: Cooperation,
    municipality: Municipality,
    gender: str,
    birth_year: int,
    enrolled_on: date,
    ended: Ended,
) -> Enrolment:
    """Write a way that has no participant: its two days, its discharge document and what is counted of it.

    One audit row marked as import. Tells nobody. The rows have been checked (`importing.discharge_checks`).
    """
    way = Enrolment.objects.create(
        agency=agency,
        cooperation=cooperation,
        enrolled_on=enrolled_on,
        ended_on=ended.ended_on,
        state=EnrolmentState.DISCHARGED,
    )
    Discharge.objects.create(enrolment=way, **asdict(ended))
    EnrolmentRecord.objects.create(
        enrolment=way,
        agency=agency,
        cooperation=cooperation,
        municipality=municipality,
        gender=gender,
        birth_year=birth_year,
        enrolled_on=enrolled_on,
        income_before=way.income_before,
        **asdict(ended),
    )
    record_act(by=None, act=AuditAct.IMPORT, what="way", object_id=way.pk)
    return way
