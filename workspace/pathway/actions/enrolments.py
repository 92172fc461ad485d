"""Enrolment and the phases (R58–R60, R100)."""

from datetime import date

from django.utils import timezone

from workspace.actions import action, lock_participant, record_act
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Cooperation, Membership, Participant
from workspace.pathway.actions.records import write_record
from workspace.pathway.errors import DatesDoNotFit
from workspace.pathway.models import Enrolment, Phase, PhaseDecision, PhaseStay
from workspace.pathway.queries import cooperations_open_to
from workspace.pathway.rules import limit_of, takes_in
from workspace.pathway.states import EnrolmentState, PhaseVerb
from workspace.rules import is_caseworker, owns
from workspace.states import AuditAct


def require_own_way(by: Membership, participant: Participant) -> None:
    """Caseworkers of the participant's agency walk the way with them; nobody else writes there."""
    if not (is_caseworker(by) and owns(by, participant)):
        raise NotAllowed("Det är handläggare hos den myndighet som har personen inskriven som gör det här.")


def audit(by: Membership | None, what: str, enrolment: Enrolment) -> None:
    """One audit row about a way, in the transaction of the caller."""
    record_act(
        by=by, act=AuditAct.WRITE, what=f"way.{what}", object_id=enrolment.pk, participant_id=enrolment.participant_id
    )


@action
def enrol(
    *, by: Membership, participant: Participant, cooperation: Cooperation, enrolled_on: date, income_before: str
) -> Enrolment:
    """Enrol a participant in a cooperation, in the first phase, from a day that is not to come.

    Locks the participant; writes the enrolment, the first phase with its limit, the decision, what is counted, and an
    audit row. Tells nobody. Refuses whoever is no caseworker of the participant's agency, a cooperation the agency is
    not in or that takes nobody in (R100), a day to come, one within an earlier way, and somebody already on a way.
    """
    require_own_way(by, participant)
    participant = lock_participant(participant.pk)
    if not cooperations_open_to(by).filter(pk=cooperation.pk).exists():
        raise NotAllowed("Er myndighet är inte med i den samverkan.")
    if not takes_in(cooperation):
        raise NotAllowed("Samverkan förbereds eller är avslutad och skriver inte in någon nu.")
    if enrolled_on > timezone.localdate():
        raise DatesDoNotFit("Inskrivningen kan inte ligga framåt i tiden.")
    earlier = Enrolment.objects.filter(participant=participant)
    if earlier.filter(state=EnrolmentState.ONGOING).exists():
        raise SomebodyWasFaster("Personen är redan inskriven.")
    if earlier.filter(ended_on__gt=enrolled_on).exists():
        raise DatesDoNotFit("Personen var inskriven då. Välj en dag efter utskrivningen.")
    enrolment = Enrolment.objects.create(
        participant=participant,
        agency=by.agency,
        cooperation=cooperation,
        enrolled_on=enrolled_on,
        income_before=income_before,
        made_by=by,
    )
    begin_phase(by, enrolment, Phase.objects.order_by("order")[0], enrolled_on)
    write_record(enrolment)
    audit(by, "enrol", enrolment)
    return enrolment


def begin_phase(by: Membership, enrolment: Enrolment, phase: Phase, from_on: date) -> PhaseStay:
    """The first day of a phase, its limit and its decision, inside an action that has ended the one before."""
    stay = PhaseStay.objects.create(
        enrolment=enrolment, phase=phase, from_on=from_on, limit_on=limit_of(phase, from_on)
    )
    PhaseDecision.objects.create(stay=stay, verb=PhaseVerb.BEGIN, limit_on=stay.limit_on, made_by=by)
    return stay
