"""What the tests of activities share: a way in a phase, an activity on it in each of its states, and right forms."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from tests.cast import Cast
from tests.pathway.stage import enrolled
from workspace.front.actions.way_activities import ask_about_activities
from workspace.models import Participant
from workspace.pathway.actions.activities import ActivityInput, add_activity
from workspace.pathway.models import Activity, ActivityKind, Enrolment, PhaseStay, SurveyRequest
from workspace.pathway.states import EnrolmentState
from workspace.rules import Hat
from workspace.swedish import say_date

PLACE = "Hemliga snickeriet"  # what outsiders must never read
TEXT = "Hemlig text om hur det går"
MAY = {"soc", "soc_2"}
ROLES = ("soc", "soc_2", "soc_manager", "psyk", "psyk_2", "psyk_manager", "fk", "outsider", "coordinator", "chair")
STATES = ("planned", "going_on", "ended", "cancelled", "discharged")


def hats(cast: Cast) -> dict[str, Hat]:
    return {**cast.members, "coordinator": cast.coordinator, "chair": cast.chair}


def day(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def way_in(cast: Cast, phase: str = "three", *, days: int = 100, person: Participant | None = None) -> Enrolment:
    """Enrolled so many days ago, and in a phase since then."""
    way = enrolled(cast, on=day(-days), person=person)
    PhaseStay.objects.filter(enrolment=way).update(phase_id=phase, limit_on=None)
    return way


def given(kind: str = "work_placement", **fields: Any) -> ActivityInput:
    usual = {"from_on": day(0), "to_on": day(90), "hours": 10, "where": PLACE, "no_displacement": True}
    return ActivityInput(kind=ActivityKind.objects.get(pk=kind), **(usual | fields))


def active(cast: Cast, way: Enrolment, kind: str = "work_placement", **fields: Any) -> Activity:
    return add_activity(by=cast.soc, enrolment=way, given=given(kind, **fields))


def discharge_by_hand(way: Enrolment, on: date) -> None:
    """The way over, as far as activities care."""
    Enrolment.objects.filter(pk=way.pk).update(state=EnrolmentState.DISCHARGED, ended_on=on)
    PhaseStay.objects.filter(enrolment=way).update(to_on=on)
    way.refresh_from_db()


def in_state(cast: Cast, way: Enrolment, state: str) -> Activity:
    """A placement with follow-ups to be done, in a state."""
    spans = {"planned": (5, 90), "ended": (-60, -2)}
    first, last = spans.get(state, (-20, 90))
    activity = active(cast, way, from_on=day(first), to_on=day(last))
    if state == "cancelled":
        Activity.objects.filter(pk=activity.pk).update(cancelled_at=timezone.now())
    if state == "discharged":
        discharge_by_hand(way, day(0))
    activity.refresh_from_db()
    return activity


def activity_form(kind: str = "work_placement", **fields: str) -> dict[str, str]:
    usual = {
        "kind": kind,
        "where": PLACE,
        "from_on": say_date(day(0)),
        "to_on": say_date(day(90)),
        "hours": "10",
        "no_displacement": "on",
    }
    return usual | fields


def asked_survey(cast: Cast, way: Enrolment, kind: str = "work_placement") -> SurveyRequest:
    """The participant has been asked about an activity that ended yesterday."""
    activity = active(cast, way, kind, from_on=day(-30), to_on=day(-1))
    assert ask_about_activities() == 1
    return SurveyRequest.objects.get(activity=activity)
