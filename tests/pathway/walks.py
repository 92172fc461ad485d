"""What the tests of the way share: a still clock, a way in each of its states, and forms that are right."""

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.test import Client
from django.urls import reverse

from tests.cast import Cast
from tests.pathway.stage import enrolled
from workspace.front.actions import way as acts
from workspace.models import Membership, Participant
from workspace.pathway.actions.discharges import Ending
from workspace.pathway.models import (
    ActionPlan,
    Enrolment,
    EnrolmentRecord,
    PhaseStay,
    PlanGoal,
    PlanStep,
    PlanVersion,
)
from workspace.pathway.queries.phases import newest_decision
from workspace.rules import Hat

AsHat = Callable[[Hat], Client]
TODAY = date(2026, 12, 7)  # a Monday
BEGAN = date(2026, 11, 12)  # so that phase 1 ends on 12 January: warned of from 29 December
LIMIT = date(2027, 1, 12)
ROLES = ("soc", "soc_2", "soc_manager", "psyk", "psyk_2", "psyk_manager", "fk", "outsider", "coordinator", "chair")
MAY = {"soc", "soc_2"}
REASON = "Hemligt skäl om sömnen"  # what outsiders must never read
TREATMENT = {"reason": "needs_treatment", "outcome": "care"}
SHOWN = {
    **{"own_words": "", "strengths": "", "taken_down": False, "goals": []},
    **{"path_kind": "", "path_other": "", "no_path_reason": ""},
}
STATES = ("in_time", "warned", "over", "discharged")


def at(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo("Europe/Stockholm"))


def ending(**given: Any) -> Ending:
    """An ending that nothing is wrong with, on TODAY."""
    usual = {
        "ended_on": TODAY,
        "reason": "own_wish",
        "outcome": "work",
        "next_kind": "",
        "next_other": "",
        "income_after": "wage",
        "completed_time": True,
        "increased": "yes",
        "picture": "",
    }
    return Ending(**usual | given)


def discharge_form(**given: str) -> dict[str, str]:
    """The same as a form."""
    usual = {
        "ended_on": "2026-12-07",
        "reason": "own_wish",
        "outcome": "work",
        "next_kind": "none",
        "next_other": "",
        "income_after": "wage",
        "completed_time": "yes",
        "increased": "yes",
        "picture": "none",
    }
    return usual | given


def correction_form(way: Enrolment, **given: str) -> dict[str, str]:
    version = way.discharges.order_by("-number").first()
    seen = str(version.number if version else 1)
    return discharge_form(**{"correction_reason": "Fel orsak", "seen": seen, **given})


def decide_form(way: Enrolment, what: str = "extend", **given: str) -> dict[str, str]:
    usual = {"what": what, "seen": str(newest_decision(way)), "reason": REASON, "limit_on": "", "phase": ""}
    chosen = {"extend": {"limit_on": "2027-02-12"}, "next": {"phase": "two", "from_on": "2026-12-07"}}
    return usual | chosen.get(what, {}) | given


def way_in(cast: Cast, state: str, person: Participant | None = None) -> Enrolment:
    """A way on TODAY: in time, warned of, past its limit, or discharged. The clock stands still."""
    way = enrolled(cast, on=BEGAN, person=person)
    limits = {"warned": date(2026, 12, 14), "over": date(2026, 12, 1)}
    if state in limits:
        PhaseStay.objects.filter(enrolment=way).update(limit_on=limits[state])
    if state == "discharged":
        discharged(cast.soc, way)
    way.refresh_from_db()
    return way


def discharged(by: Membership, way: Enrolment, **given: Any) -> None:
    acts.discharge(by=by, enrolment=way, ending=ending(**given))
    way.refresh_from_db()


def page(client: Client, name: str, pk: int) -> str:
    response = client.get(reverse(name, args=[pk]))
    assert response.status_code == 200, (name, response.status_code)
    return response.content.decode()


def post(client: Client, name: str, pk: int, data: dict[str, str]) -> Any:
    return client.post(reverse(name, args=[pk]), data)


def latest(way: Enrolment) -> EnrolmentRecord:
    return EnrolmentRecord.objects.get(enrolment=way, superseded_at=None)


def plan_with(way: Enrolment, *states: str, shown: bool = True, **given: Any) -> ActionPlan:
    plan = ActionPlan.objects.create(enrolment=way, **given)
    goal = PlanGoal.objects.create(plan=plan, text="Praktik")
    for state in states:
        PlanStep.objects.create(goal=goal, text="Ring", responsible=way.agency, due_on=TODAY, state=state)
    if shown:
        PlanVersion.objects.create(plan=plan, number=1, content=json.dumps(SHOWN), made_by=way.made_by)
    return plan
