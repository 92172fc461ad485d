"""What is done on somebody's way that tells anybody, or that has to know of referrals."""

from datetime import date
from typing import Any

from django.db.models import QuerySet

from notifications.actions import Notice, clear_notices, deliver
from workspace import actions
from workspace.actions import action, lock_participant
from workspace.front.queries.way import treatment_referral
from workspace.models import Membership, Participant
from workspace.pathway.actions import discharges, phases
from workspace.pathway.actions.discharges import Ending
from workspace.pathway.actions.phases import note_limit_told
from workspace.pathway.actions.records import write_record
from workspace.pathway.models import Discharge, Enrolment, FollowUp, Phase, PhaseStay
from workspace.pathway.queries import ways_of
from workspace.pathway.queries.phases import stays_to_tell
from workspace.pathway.states import EnrolmentState
from workspace.queries import present_at_desk
from workspace.swedish import say_date

FOLLOW_UP_DUE = "way.follow_up_due"
KINDS = {"ends": "way.phase_ends", "over": "way.phase_over"}


@action
def discharge(*, by: Membership, enrolment: Enrolment, ending: Ending) -> Discharge:
    """End a way, having looked at whether a referral to treatment has been sent since the enrolment (R60).

    Locks the participant first, so that no referral is recalled meanwhile; else does and refuses as the pathway's
    `discharge`. Nobody is asked about its phase or its placements any longer. Tells nobody.
    """
    ended = discharges.discharge(by=by, enrolment=enrolment, ending=ending, referred=_referred(enrolment))
    clear_notices(kinds=list(KINDS.values()), object_id=enrolment.pk)
    ask_no_more(FollowUp.objects.filter(activity__enrolment=enrolment))
    return ended


def ask_no_more(follow_ups: QuerySet[FollowUp]) -> None:
    """Nobody at the desk is asked for these follow-ups any longer. Call it inside an action."""
    for pk in follow_ups.filter(told_on__isnull=False).values_list("pk", flat=True):
        clear_notices(kinds=[FOLLOW_UP_DUE], object_id=pk)


@action
def extend_phase(*, by: Membership, enrolment: Enrolment, limit_on: date, reason: str, seen: int) -> None:
    """Give the present phase a later last day, as the pathway's; what asked for a decision is cleared."""
    phases.extend_phase(by=by, enrolment=enrolment, limit_on=limit_on, reason=reason, seen=seen)
    clear_notices(kinds=list(KINDS.values()), object_id=enrolment.pk)


@action
def begin_next_phase(
    *, by: Membership, enrolment: Enrolment, phase: Phase, from_on: date, reason: str, seen: int
) -> PhaseStay:
    """Go on to a later phase, as the pathway's `begin_next_phase`; what asked for a decision is cleared."""
    begun = phases.begin_next_phase(by=by, enrolment=enrolment, phase=phase, from_on=from_on, reason=reason, seen=seen)
    clear_notices(kinds=list(KINDS.values()), object_id=enrolment.pk)
    return begun


@action
def correct_discharge(
    *, by: Membership, enrolment: Enrolment, ending: Ending, correction_reason: str, seen: int
) -> Discharge:
    """Write how a way ended again, with why. Locks, does and refuses as the pathway's. Tells nobody."""
    return discharges.correct_discharge(
        by=by,
        enrolment=enrolment,
        ending=ending,
        correction_reason=correction_reason,
        seen=seen,
        referred=_referred(enrolment),
    )


def _referred(enrolment: Enrolment) -> bool:
    if enrolment.participant_id is None:
        return False
    lock_participant(enrolment.participant_id)
    return treatment_referral(enrolment) is not None


@action
def change_participant(*, by: Membership, participant: Participant, **data: Any) -> None:
    """Correct what was registered about a person, and what the figures count of the way they are on.

    Locks the participant; changes and refuses as the ground floor's `change_participant`, then writes what is now
    counted of the ongoing way. A way that has ended keeps what was known. Tells nobody.
    """
    lock_participant(participant.pk)
    actions.change_participant(by=by, participant=participant, **data)
    for way in ways_of(participant).filter(state=EnrolmentState.ONGOING):
        write_record(way)


# ---------- for the sweep ----------
def tell_phase_limits() -> int:
    """Say of each phase that its limit is near, and once more when it is there; one transaction each.

    Returns how many were told of. May run again, be cut off, and be run by two processes at once: what was said stands
    in the phase.
    """
    return sum(_tell(stay=stay) for stay in stays_to_tell())


@action
def _tell(*, stay: PhaseStay) -> bool:
    """Tell those at the participant's desk. Says nothing where it has been said."""
    told = note_limit_told(stay=stay)
    if told is None:
        return False
    now, said = told
    person = now.enrolment.participant
    if person is None or now.limit_on is None:
        return False
    desk = frozenset(present_at_desk(person.function))
    deliver([Notice(KINDS[said], say_date(now.limit_on), now.enrolment_id, None, desk)])
    return True
