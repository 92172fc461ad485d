"""What is decided about a phase: more time, or the next one (R58, R59)."""

from datetime import date

from django.utils import timezone

from workspace.actions import action, lock_participant
from workspace.clocks import add_months
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Membership
from workspace.pathway.actions.enrolments import audit, begin_phase, require_own_way
from workspace.pathway.actions.records import write_record
from workspace.pathway.errors import DatesDoNotFit
from workspace.pathway.models import Enrolment, Phase, PhaseDecision, PhaseStay
from workspace.pathway.queries import present_stay
from workspace.pathway.queries.phases import newest_decision
from workspace.pathway.rules import to_tell
from workspace.pathway.states import EnrolmentState, PhaseVerb
from workspace.swedish import say_date

MOST_MONTHS = 24  # an extension further off is a slip of the pen
ENDED = "Personen är redan utskriven. Så här ser det ut nu."
DECIDED = "Någon hann före och har bestämt om fasen. Så här ser det ut nu."


def lock_own_way(by: Membership, enrolment: Enrolment) -> Enrolment:
    """A way as it is now, with its participant locked. Refuses whoever does not walk it with the participant."""
    if enrolment.participant is None:
        raise NotAllowed("Den här inskrivningen räknas bara.")
    require_own_way(by, enrolment.participant)
    lock_participant(enrolment.participant.pk)
    ways = Enrolment.objects.select_related("participant__function__agency", "participant__municipality", "cooperation")
    return ways.get(pk=enrolment.pk)


def lock_ongoing(by: Membership, enrolment: Enrolment) -> Enrolment:
    """As `lock_own_way`, of one that goes on."""
    way = lock_own_way(by, enrolment)
    if way.state != EnrolmentState.ONGOING:
        raise SomebodyWasFaster(ENDED)
    return way


@action
def extend_phase(*, by: Membership, enrolment: Enrolment, limit_on: date, reason: str, seen: int) -> None:
    """Give the present phase a later last day, with the reason. What was said of the old day is said anew of this one.

    Locks the participant; writes the limit, the decision and an audit row. Tells nobody. `seen` is the decision the
    page was made from. Refuses whoever is no caseworker of the participant's agency, a phase without a limit, no
    reason, a day that has been, one no later than the limit or over `MOST_MONTHS` away; `SomebodyWasFaster` where the
    way has ended or something has been decided since. Source: R59.
    """
    way = lock_ongoing(by, enrolment)
    stay = _present(way, seen)
    if stay.limit_on is None:
        raise NotAllowed(f"{stay.phase} har ingen sista dag att flytta.")
    if not reason:
        raise NotAllowed("Skriv varför det behövs mer tid.")
    today = timezone.localdate()
    if limit_on < today or limit_on <= stay.limit_on:
        raise DatesDoNotFit(f"Välj en dag efter {say_date(max(stay.limit_on, today))}.")
    if limit_on > add_months(today, MOST_MONTHS):
        raise DatesDoNotFit(f"{say_date(limit_on)} är för långt fram. Välj en dag inom två år.")
    PhaseStay.objects.filter(pk=stay.pk).update(limit_on=limit_on)
    PhaseDecision.objects.create(stay=stay, verb=PhaseVerb.EXTEND, reason=reason, limit_on=limit_on, made_by=by)
    audit(by, "extend", way)


@action
def begin_next_phase(
    *, by: Membership, enrolment: Enrolment, phase: Phase, from_on: date, reason: str, seen: int
) -> PhaseStay:
    """End the present phase the day before a later one begins.

    Locks the participant; writes both phases, the new limit, the decisions, what is counted, and an audit row. Tells
    nobody. `seen` as in `extend_phase`. Refuses whoever is no caseworker of the participant's agency, a phase that is
    not later, a day to come, and one on which the present phase had not yet begun; `SomebodyWasFaster` as there.
    """
    way = lock_ongoing(by, enrolment)
    stay = _present(way, seen)
    if phase.order <= stay.phase.order:
        raise NotAllowed(f"{phase} kommer inte efter {stay.phase}. Välj en senare fas.")
    if from_on > timezone.localdate():
        raise DatesDoNotFit(f"{say_date(from_on)} har inte varit än. Skriv dagen då {phase} började.")
    if from_on <= stay.from_on:
        raise DatesDoNotFit(f"{stay.phase} började {say_date(stay.from_on)}. Välj en dag efter den.")
    PhaseDecision.objects.create(stay=stay, verb=PhaseVerb.NEXT, reason=reason, made_by=by)
    PhaseStay.objects.filter(pk=stay.pk).update(to_on=date.fromordinal(from_on.toordinal() - 1))
    begun = begin_phase(by, way, phase, from_on)
    write_record(way)
    audit(by, "next_phase", way)
    return begun


def _present(way: Enrolment, seen: int) -> PhaseStay:
    """The phase somebody is in, if nothing has been decided since the page was made."""
    stay = present_stay(way)
    if stay is None or newest_decision(way) != seen:
        raise SomebodyWasFaster(DECIDED)
    return stay


# ---------- said when the limit is near, and when it is there ----------
@action
def note_limit_told(*, stay: PhaseStay) -> tuple[PhaseStay, str] | None:
    """Remember that a limit is now said to be near, or there: (the phase, "ends" or "over"), None for nothing to say.

    Locks the participant. Inside the action that tells; what was said stands in the phase, so that nobody says it
    again. May be run again, and by two processes at once.
    """
    if stay.enrolment.participant_id is None:
        return None
    lock_participant(stay.enrolment.participant_id)
    lives = PhaseStay.objects.filter(pk=stay.pk, to_on__isnull=True, enrolment__state=EnrolmentState.ONGOING)
    now = lives.select_related("phase", "enrolment__participant__function__agency").first()
    said = to_tell(now, timezone.localdate()) if now else ""
    if now is None or not said:
        return None
    told = {"told_over_for": now.limit_on} if said == "over" else {"warned_for": now.limit_on}
    PhaseStay.objects.filter(pk=now.pk).update(**told)
    return now, said
