"""The demo's ways and figures, by the product's own actions: somebody in each phase, and five months frozen."""

from collections.abc import Callable
from datetime import date, timedelta

from django.utils import timezone

from meetings.figures.actions.agreements import agree_to_figures
from meetings.figures.actions.changes import write_change
from meetings.figures.actions.freezing import freeze_month
from meetings.figures.actions.planned import plan_enrolments
from meetings.figures.queries.months import snapshot_of
from workspace.actions import record_consent
from workspace.actions.consents import RowInput
from workspace.clocks import add_months, start_of
from workspace.front.actions.made import Made, Step
from workspace.front.actions.way import discharge
from workspace.front.actions.way_plan import answer_plan, show_plan
from workspace.front.actions.way_shares import tell_way
from workspace.front.demo import ways as given
from workspace.front.demo.cast import PITEA
from workspace.front.demo.clock import day_ahead, moment
from workspace.models import Browser, Category, Ground, Municipality
from workspace.pathway.actions.activities import ActivityInput, add_activity
from workspace.pathway.actions.assessments import write_area
from workspace.pathway.actions.discharges import Ending
from workspace.pathway.actions.enrolments import enrol
from workspace.pathway.actions.importing import Ended, import_discharge
from workspace.pathway.actions.phases import begin_next_phase
from workspace.pathway.actions.plan_steps import Step as PlannedStep
from workspace.pathway.actions.plan_steps import add_goal, add_step, finish_step
from workspace.pathway.actions.plans import write_own_words, write_path
from workspace.pathway.actions.ratings import rate, show_ratings
from workspace.pathway.models import ActivityKind, Enrolment, Phase, PlanGoal, PlanStep, PlanVersion
from workspace.pathway.queries.phases import newest_decision
from workspace.pathway.states import Area, DischargeReason, Income, Outcome, Part, PlanVerdict, Statement, Voice, YesNo
from workspace.states import AgencyKind, ConsentForm

FROZEN = 5  # months


def way_steps(made: Made) -> list[Step]:
    """Everything that happens on the ways, each with its moment, and the months as they end."""
    steps = [
        (moment(days_ago, at, made.now), _step(perform, made))
        for days_ago, at, perform in (
            (252, "09.00", _agree),
            (252, "09.30", _plan_ahead),
            (55, "09.20", _enrol(given.MIRA, 0)),
            (52, "10.10", _enrol(given.AKE, 0)),
            (36, "13.00", _enrol(given.LINNEA, 0)),
            (35, "14.00", _assess),
            (25, "10.30", _own_words),
            (24, "09.40", _write_plan),
            (23, "11.00", _consent),
            (22, "15.20", _show_plan),
            (20, "18.30", _confirm_plan),
            (12, "09.10", _next_phase),
            (12, "09.30", _begin_training),
            (11, "10.00", _tell),
            (9, "19.00", _show_curve),
            (5, "16.00", _discharge),
        )
    ]
    for days_ago, values in given.RATINGS:
        steps.append((moment(days_ago, "18.45", made.now), _step(_rate(values), made)))
    for number, (days_ago, count, last) in enumerate(given.BEFORE):
        steps.append((moment(days_ago, "11.00", made.now), _step(_remember(number, count, last), made)))
    first = timezone.localdate(made.now).replace(day=1)
    for ago in range(FROZEN):
        month = add_months(first, ago - FROZEN)
        steps.append((start_of(add_months(month, 1)) + timedelta(hours=6), _step(_freeze(month), made)))
    steps.append((moment(0, "08.10", made.now), _step(_change, made)))
    return steps


def _step(perform: Callable[[Made], object], made: Made) -> Callable[[], object]:
    return lambda: perform(made)


def _way(made: Made, person: str) -> Enrolment:
    found: Enrolment = Enrolment.objects.select_related("participant").get(participant=made.people[person])
    return found


def _phone(made: Made) -> Browser:
    found: Browser = Browser.objects.filter(participant=made.people[given.MIRA]).latest("pk")
    return found


# ---------- the ways ----------
def _enrol(person: str, days: int) -> Callable[[Made], object]:
    return lambda made: enrol(
        by=made.members[given.BY],
        participant=made.people[person],
        cooperation=made.cooperations[PITEA],
        enrolled_on=timezone.localdate() - timedelta(days=days),
        income_before=Income.INCOME_SUPPORT,
    )


def _assess(made: Made) -> None:
    """What the caseworker writes, and what Mira said, taken down."""
    by, way = made.members[given.BY], _way(made, given.MIRA)
    for areas, voice in ((given.STAFF_AREAS, Voice.STAFF), (given.OWN_AREAS, Voice.PARTICIPANT)):
        for area, text in areas.items():
            write_area(by=by, enrolment=way, area=Area(area), voice=voice, text=text, version=0)


def _own_words(made: Made) -> None:
    way = _way(made, given.MIRA)
    write_own_words(by=_phone(made), enrolment=way, own_words=given.OWN_WORDS, strengths=given.STRENGTHS, version=1)


def _write_plan(made: Made) -> None:
    by, way = made.members[given.BY], _way(made, given.MIRA)
    goal: PlanGoal = add_goal(by=by, enrolment=way, text=given.GOAL)
    today = timezone.localdate(made.now)
    for step in given.STEPS:
        agency = made.agencies[step.agency] if step.agency else None
        due_on = max(day_ahead(step.days, today), timezone.localdate())
        add_step(by=by, goal=goal, step=PlannedStep(text=step.text, responsible=agency, due_on=due_on))
    kind = AgencyKind.PUBLIC_EMPLOYMENT_SERVICE
    write_path(by=by, enrolment=way, path_kind=kind, path_other="", no_path_reason="", base="")


def _show_plan(made: Made) -> None:
    show_plan(by=made.members[given.BY], enrolment=_way(made, given.MIRA))


def _confirm_plan(made: Made) -> None:
    version = PlanVersion.objects.get(plan__enrolment=_way(made, given.MIRA))
    answer_plan(by=_phone(made), version=version, verdict=PlanVerdict.CONFIRMED)


def _next_phase(made: Made) -> None:
    way = _way(made, given.MIRA)
    begin_next_phase(
        by=made.members[given.BY],
        enrolment=way,
        phase=Phase.objects.get(pk="two"),
        from_on=timezone.localdate(),
        reason=given.NEXT_PHASE,
        seen=newest_decision(way),
    )


def _begin_training(made: Made) -> None:
    by, way = made.members[given.BY], _way(made, given.MIRA)
    for text in (step.text for step in given.STEPS if step.done):
        finish_step(by=by, step=PlanStep.objects.get(text=text))
    training = ActivityInput(
        kind=ActivityKind.objects.get(pk="work_training"),
        from_on=timezone.localdate(),
        to_on=timezone.localdate() + timedelta(days=90),
        hours=given.HOURS,
        where=given.WHERE,
        no_displacement=True,
    )
    add_activity(by=by, enrolment=way, given=training)


def _rate(values: tuple[int, ...]) -> Callable[[Made], object]:
    said = dict(zip(Statement.values, values, strict=True))
    return lambda made: rate(by=_phone(made), values=said)


def _show_curve(made: Made) -> None:
    show_ratings(by=_phone(made))


# ---------- told ----------
def _consent(made: Made) -> None:
    """Mira lets the employment service read her plan and where she is on her way."""
    ours, theirs = made.agencies[given.BY], made.agencies[given.TOLD]
    categories = Category.objects.in_bulk(["identity", "phase", "plan"])
    until = timezone.localdate(made.now) + timedelta(days=given.TOLD_DAYS)
    record_consent(
        by=made.members[given.BY],
        agency=ours,
        participant=made.people[given.MIRA],
        form=ConsentForm.WRITTEN,
        given_on=timezone.localdate(),
        rows=[RowInput(ours, theirs, category, given.TOLD_PURPOSE, until) for category in categories.values()],
    )


def _tell(made: Made) -> None:
    tell_way(
        by=made.members[given.BY],
        enrolment=_way(made, given.MIRA),
        desk=made.desks[given.TOLD],
        parts=[Part.PHASE, Part.PLAN],
        ground=Ground.objects.get(pk="consent"),
    )


def _discharge(made: Made) -> None:
    ending = Ending(
        ended_on=timezone.localdate(),
        reason=DischargeReason.COMPLETED,
        outcome=Outcome.STUDIES,
        next_kind="",
        next_other="Komvux Piteå",
        income_after=Income.STUDY_SUPPORT,
        completed_time=True,
        increased=YesNo.YES,
        picture=YesNo.YES,
    )
    discharge(by=made.members[given.BY], enrolment=_way(made, given.AKE), ending=ending)


# ---------- the figures ----------
def _agree(made: Made) -> None:
    for manager in (given.MANAGER, given.UNIT_MANAGER):
        agree_to_figures(by=made.members[manager], cooperation=made.cooperations[PITEA])


def _plan_ahead(made: Made) -> None:
    first = timezone.localdate().replace(day=1)
    for ahead in range(-36, 14):
        plan_enrolments(
            by=made.roles[given.COORDINATOR],
            cooperation=made.cooperations[PITEA],
            month=add_months(first, ahead),
            counts={gender.value: count for gender, count in given.PLANNED.items()},
        )


def _remember(number: int, count: int, last: int) -> Callable[[Made], object]:
    """Those who came before, as a workbook would tell of them."""

    def perform(made: Made) -> None:
        municipality = Municipality.objects.get(name="Piteå")
        newest = timezone.localdate() - timedelta(days=last)
        for person in given.people_before(count, number):
            begun, over = (newest - timedelta(days=person.pop(name)) for name in ("enrolled", "ended"))
            import_discharge(
                agency=made.agencies[given.UNIT],
                cooperation=made.cooperations[PITEA],
                municipality=municipality,
                gender=person.pop("gender"),
                birth_year=person.pop("birth_year"),
                enrolled_on=begun,
                ended=Ended(ended_on=over, **person),
            )

    return perform


def _freeze(month: date) -> Callable[[Made], object]:
    return lambda made: freeze_month(cooperation=made.cooperations[PITEA], month=month)


def _change(made: Made) -> None:
    cooperation = made.cooperations[PITEA]
    write_change(
        by=made.roles[given.COORDINATOR],
        snapshot=snapshot_of(cooperation),
        text=given.CHANGE,
        owner=made.agencies[given.UNIT],
    )
