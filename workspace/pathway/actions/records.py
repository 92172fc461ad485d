"""What the figures count of a way: written again whenever one of its facts changes."""

from django.utils import timezone

from workspace.pathway.models import Discharge, Enrolment, EnrolmentRecord, PlanVersion
from workspace.states import Gender

FACTS = (
    "agency_id", "cooperation_id", "municipality_id", "gender", "birth_year", "enrolled_on", "ended_on", "plan_on",
    "plan_made", "plan_completed", "completed_time", "path_identified", "increased", "picture", "outcome",
    "income_before", "income_after",
)  # fmt: skip


def write_record(enrolment: Enrolment) -> None:
    """Keep what is now known of somebody's way, for the figures; nothing where nothing has changed.

    Call it last inside an action that has locked the participant: the old row gets its end, the new one is added, in
    the same transaction. So a month can be counted again as it was known then.
    """
    if enrolment.participant is None:
        return
    person, latest = enrolment.participant, EnrolmentRecord.objects.filter(enrolment=enrolment, superseded_at=None)
    new = EnrolmentRecord(
        enrolment=enrolment,
        agency_id=enrolment.agency_id,
        cooperation_id=enrolment.cooperation_id,
        municipality_id=person.municipality_id,
        gender=Gender(person.gender),
        birth_year=person.birth_year,
        enrolled_on=enrolment.enrolled_on,
        ended_on=enrolment.ended_on,
        income_before=enrolment.income_before,
        **_of_plan(enrolment),
    )
    discharge = Discharge.objects.filter(enrolment=enrolment).order_by("-number").first()
    if discharge is not None:
        for name in ("plan_made", "plan_completed", "completed_time", "path_identified"):
            setattr(new, name, getattr(discharge, name))
        for name in ("increased", "picture", "outcome", "income_after", "ended_on"):
            setattr(new, name, getattr(discharge, name))
    old = latest.first()
    if old is not None and all(getattr(old, name) == getattr(new, name) for name in FACTS):
        return
    now = timezone.now()
    latest.update(superseded_at=now)
    new.recorded_at = now
    new.save(force_insert=True)


def _of_plan(enrolment: Enrolment) -> dict[str, object]:
    """A plan is made the day a version of it is first shown to the participant (R36)."""
    first = PlanVersion.objects.filter(plan__enrolment=enrolment).order_by("number").first()
    plan = getattr(enrolment, "plan", None)
    return {
        "plan_on": timezone.localdate(first.made_at) if first else None,
        "plan_made": first is not None,
        "path_identified": plan is not None and plan.has_path,
    }
