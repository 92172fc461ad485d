"""Every form of somebody's way as staff send it: who posts it, where, and what. Called, each makes what it needs."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse

from tests.cast import Cast
from tests.pathway.activity_stage import active, activity_form, day, way_in
from tests.pathway.plan_forms import every_form
from tests.pathway.plan_stage import Planned, planned
from tests.pathway.share_stage import tell, way_consent
from tests.pathway.stage import enrolled
from tests.pathway.walks import correction_form, discharge_form, discharged
from workspace.pathway.actions.plan_steps import add_goal, finish_step
from workspace.pathway.queries.phases import newest_decision
from workspace.pathway.states import Area, Part
from workspace.rules import Hat

Posted = tuple[Hat, str, dict[str, Any]]
Form = Callable[[], Posted]


def phase_forms(cast: Cast) -> dict[str, Form]:
    """Those of enrolment, the phases and the discharge."""
    today = str(day(0))

    def enrol() -> Posted:
        data = {"cooperation": cast.cooperation.pk, "enrolled_on": str(day(-10)), "income_before": "income_support"}
        return cast.soc, reverse("enrol", args=[cast.person.pk]), data

    def phase_decide() -> Posted:
        way = enrolled(cast)
        data = {"what": "extend", "limit_on": str(day(90)), "reason": "Mer tid", "seen": newest_decision(way)}
        return cast.soc, reverse("phase_decide", args=[way.pk]), data

    def discharge() -> Posted:
        return cast.soc, reverse("discharge", args=[enrolled(cast).pk]), discharge_form(ended_on=today)

    def correct_discharge() -> Posted:
        way = enrolled(cast)
        discharged(cast.soc, way, ended_on=day(0))
        data = correction_form(way, ended_on=today, outcome="studies")
        return cast.soc, reverse("correct_discharge", args=[way.pk]), data

    def treatment_declined() -> Posted:
        return cast.soc, reverse("treatment_declined", args=[enrolled(cast).pk]), {"declined_on": today}

    return {form.__name__: form for form in (enrol, phase_decide, discharge, correct_discharge, treatment_declined)}


def plan_forms(cast: Cast) -> dict[str, Form]:
    """Those of the assessment and the plan."""

    def lay(name: str, made: Planned) -> None:
        """What must have happened before that form."""
        if name == "reopen_plan_step":
            finish_step(by=cast.soc, step=made.step("psyk"))
        elif name == "register_plan_answer":
            made.show()
        elif name == "remove_plan_goal":
            made.goal = add_goal(by=cast.soc, enrolment=made.way, text="Ett mål utan steg")

    def of_plan(name: str) -> Form:
        def post() -> Posted:
            made = planned(cast)
            lay(name, made)
            return cast.soc, *every_form(made)[name]

        return post

    def write_area() -> Posted:
        path = reverse("write_area", args=[enrolled(cast).pk, Area.WORK, "vi"])
        return cast.soc, path, {"text": "Vill ut.", "version": "0"}

    return {"write_area": write_area, **{name: of_plan(name) for name in PLAN_FORMS}}


PLAN_FORMS = [
    "write_plan_words", "write_plan_obstacles", "write_plan_path", "add_plan_goal", "change_plan_goal",
    "add_plan_step", "change_plan_step", "finish_plan_step", "drop_plan_step", "reopen_plan_step", "show_plan",
    "register_plan_answer", "remove_plan_goal",
]  # fmt: skip


def activity_forms(cast: Cast) -> dict[str, Form]:
    """Those of activities and their follow-ups."""

    def placed() -> int:
        return active(cast, way_in(cast), from_on=day(-30), to_on=day(60)).pk

    def due() -> int:
        """Its last follow-up, which is still to come: placements get theirs with the days."""
        activity = active(cast, way_in(cast), from_on=day(-30), to_on=day(60))
        return activity.follow_ups.create(due_on=day(1)).pk

    def on(name: str, key: Callable[[], int], **data: str) -> Form:
        return lambda: (cast.soc, reverse(name, args=[key()]), data)

    change = activity_form(from_on=str(day(-30)), to_on=str(day(60)), hours="12")
    return {
        "new_activity": on("new_activity", lambda: way_in(cast).pk, **activity_form()),
        "change_activity": on("change_activity", placed, **change),
        "end_activity": on("end_activity", placed, to_on=str(day(0))),
        "cancel_activity": on("cancel_activity", placed),
        "new_follow_up": on("new_follow_up", placed, due_on=str(day(3))),
        "follow_up": on("follow_up", due, done_on=str(day(0)), text="Det går bra."),
        "move_follow_up": on("move_follow_up", due, due_on=str(day(5))),
        "remove_follow_up": on("remove_follow_up", due),
    }


def share_forms(cast: Cast) -> dict[str, Form]:
    """Those of what other agencies are told."""

    def consent() -> Posted:
        said = {"agencies": [cast.psyk.agency_id], "parts": [Part.PHASE.value], "purpose": "planera", "form": "oral"}
        days = {"valid_until": str(day(180)), "given_on": str(day(0))}
        return cast.soc, reverse("way_consent", args=[cast.person.pk]), said | days

    def telling() -> Posted:
        way = enrolled(cast)
        way_consent(cast, (Part.PHASE,))
        path = f"{reverse('tell_way', args=[way.pk])}?till={cast.psyk_desk.pk}"
        return cast.soc, path, {"parts": [Part.PHASE.value], "ground": "consent"}

    def stopping() -> Posted:
        way = enrolled(cast)
        way_consent(cast, (Part.PHASE,))
        (share,) = tell(cast, way, [Part.PHASE])
        return cast.soc, reverse("stop_telling", args=[share.pk]), {}

    return {"way_consent": consent, "tell_way": telling, "stop_telling": stopping}


def way_forms(cast: Cast) -> dict[str, Form]:
    """Address name -> who posts what where."""
    return {**phase_forms(cast), **plan_forms(cast), **activity_forms(cast), **share_forms(cast)}


WAY_FORMS = [
    "enrol", "phase_decide", "discharge", "correct_discharge", "treatment_declined", "write_area", *PLAN_FORMS,
    "new_activity", "change_activity", "end_activity", "cancel_activity", "new_follow_up", "follow_up",
    "move_follow_up", "remove_follow_up", "way_consent", "tell_way", "stop_telling",
]  # fmt: skip
