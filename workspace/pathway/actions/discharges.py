"""How a way ends, in versions; and the participant's no to being referred for treatment (R39, R60, R70)."""

from dataclasses import asdict, dataclass
from datetime import date

from django.db.models import Q
from django.utils import timezone

from workspace.actions import action
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Membership
from workspace.pathway.actions.enrolments import audit
from workspace.pathway.actions.phases import lock_ongoing, lock_own_way
from workspace.pathway.actions.records import write_record
from workspace.pathway.errors import DatesDoNotFit, TreatmentFirst
from workspace.pathway.models import Activity, Discharge, Enrolment, PhaseDecision, PhaseStay
from workspace.pathway.queries.discharges import discharges_of, enrolled_again, plan_facts
from workspace.pathway.states import DischargeReason, EnrolmentState, PhaseVerb
from workspace.swedish import say_date

TREATMENT_FIRST = (
    "Ingen remiss till psykiatrin är skickad sedan inskrivningen, och personen har inte tackat nej till en. "
    "Skicka remissen, eller registrera att personen tackar nej."
)
CORRECTED = "Någon hann före och har rättat utskrivningen. Så här ser den ut nu."


@dataclass(frozen=True)
class Ending:
    """What staff says of how a way ended; the plan says the rest. An empty answer is one not given (R90)."""

    ended_on: date
    reason: str
    outcome: str
    next_kind: str
    next_other: str
    income_after: str
    completed_time: bool
    increased: str
    picture: str


@action
def discharge(*, by: Membership, enrolment: Enrolment, ending: Ending, referred: bool) -> Discharge:
    """End a way, on a day that has been, and write the discharge document with what the plan says.

    Locks the participant; ends the phase and the activities that go on, then the way; writes the decision, the
    document, what is counted, and an audit row. Tells nobody. `referred`: a referral to somebody who gives treatment
    has been sent since the enrolment, which the front door knows. Refuses whoever is no caseworker of the participant's
    agency, a day to come, one before the enrolment or before the present phase began, and an end for need of treatment
    without a referral or the participant's no (`TreatmentFirst`); `SomebodyWasFaster` where the way has ended.
    Source: R39, R60.
    """
    way = lock_ongoing(by, enrolment)
    _require_day(way, ending.ended_on)
    _require_treatment(way, ending, referred)
    stay = _end_phase(way, ending.ended_on)
    if stay is not None:
        reason = DischargeReason(ending.reason).label
        PhaseDecision.objects.create(stay=stay, verb=PhaseVerb.END, reason=reason, made_by=by)
    _end_activities(way, ending.ended_on)
    Enrolment.objects.filter(pk=way.pk).update(state=EnrolmentState.DISCHARGED, ended_on=ending.ended_on)
    made = _write(by, way, ending, number=1)
    audit(by, "discharge", way)
    return made


@action
def correct_discharge(
    *, by: Membership, enrolment: Enrolment, ending: Ending, correction_reason: str, seen: int, referred: bool
) -> Discharge:
    """Write the discharge document again, as its next version, with why. The old versions stay.

    Locks the participant; moves the last day of the way, its last phase and activities where the day is another; writes
    the document with what the plan says now, what is counted, and an audit row. Tells nobody. `seen` is the version the
    page was made from. Refuses as `discharge`, no reason, and a day after the next enrolment; `SomebodyWasFaster` where
    the way goes on, or another version has been written since.
    """
    way = lock_own_way(by, enrolment)
    versions = discharges_of(way)
    if not versions:
        raise SomebodyWasFaster("Personen är inte utskriven.")
    if versions[0].number != seen:
        raise SomebodyWasFaster(CORRECTED)
    if not correction_reason:
        raise NotAllowed("Skriv varför utskrivningen rättas.")
    _require_day(way, ending.ended_on)
    if ending.reason != versions[0].reason:
        _require_treatment(way, ending, referred)
    again = enrolled_again(way)
    if again is not None and ending.ended_on > again.enrolled_on:
        raise DatesDoNotFit(f"Personen skrevs in igen {say_date(again.enrolled_on)}. Välj den dagen eller en tidigare.")
    _end_phase(way, ending.ended_on)
    _end_activities(way, ending.ended_on)
    Enrolment.objects.filter(pk=way.pk).update(ended_on=ending.ended_on)
    made = _write(by, way, ending, number=seen + 1, correction_reason=correction_reason)
    audit(by, "correct_discharge", way)
    return made


@action
def register_treatment_declined(*, by: Membership, enrolment: Enrolment, declined_on: date) -> None:
    """The participant has said no to being referred for treatment, on a day. Said again, the new day stands.

    Locks the participant; writes the day and an audit row. Tells nobody. Refuses whoever is no caseworker of the
    participant's agency, a day to come and one before the enrolment; `SomebodyWasFaster` where the way has ended.
    """
    way = lock_ongoing(by, enrolment)
    if not way.enrolled_on <= declined_on <= timezone.localdate():
        raise DatesDoNotFit(f"Välj en dag från inskrivningen {say_date(way.enrolled_on)} till i dag.")
    Enrolment.objects.filter(pk=way.pk).update(treatment_declined_on=declined_on)
    audit(by, "treatment_declined", way)


# ---------- shared ----------
def _require_day(way: Enrolment, day: date) -> None:
    if day > timezone.localdate():
        raise DatesDoNotFit(f"{say_date(day)} har inte varit än. Skriv dagen då personen skrevs ut.")
    if day < way.enrolled_on:
        raise DatesDoNotFit(f"Personen skrevs in {say_date(way.enrolled_on)}. Utskrivningen kan inte vara före den.")
    last = _last_stay(way)
    if last is not None and day < last.from_on:
        began = say_date(last.from_on)
        raise DatesDoNotFit(f"{last.phase} började {began}. Utskrivningen kan inte vara före den.")


def _require_treatment(way: Enrolment, ending: Ending, referred: bool) -> None:
    if ending.reason == DischargeReason.NEEDS_TREATMENT and not (referred or way.treatment_declined_on):
        raise TreatmentFirst(TREATMENT_FIRST)


def _last_stay(way: Enrolment) -> PhaseStay | None:
    return way.stays.select_related("phase").order_by("-from_on", "-pk").first()


def _end_phase(way: Enrolment, day: date) -> PhaseStay | None:
    last = _last_stay(way)
    if last is not None:
        PhaseStay.objects.filter(pk=last.pk).update(to_on=day)
    return last


def _end_activities(way: Enrolment, day: date) -> None:
    """What goes on ends with the way; what had not begun is never done."""
    going = Activity.objects.filter(Q(to_on__isnull=True) | Q(to_on__gt=day), enrolment=way, cancelled_at__isnull=True)
    going.filter(from_on__gt=day).update(cancelled_at=timezone.now())
    going.filter(from_on__lte=day).update(to_on=day)


def _write(by: Membership, way: Enrolment, ending: Ending, *, number: int, correction_reason: str = "") -> Discharge:
    plan = plan_facts(way)
    made = Discharge.objects.create(
        enrolment=way,
        number=number,
        correction_reason=correction_reason,
        plan_made=plan.made,
        plan_completed=plan.completed,
        path_identified=plan.has_path,
        made_by=by,
        **asdict(ending),
    )
    way.refresh_from_db(fields=["state", "ended_on"])
    write_record(way)
    return made
