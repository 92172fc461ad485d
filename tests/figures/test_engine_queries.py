"""The engine's numbers, exact: from the records, of agencies that have agreed, as they were known (R84–R90)."""

import random
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.figures.actions.freezing import freeze_month
from meetings.figures.arithmetic import percent
from meetings.figures.queries.around import count_waiting
from meetings.figures.queries.freezing import freeze, recount
from meetings.figures.queries.joint import count_joint, groups_of
from meetings.figures.queries.known import (
    DISCHARGE,
    PLAN,
    Counted,
    Definition,
    Moment,
    agreed_agencies,
    count_activities,
    count_months,
    count_waits,
    count_ways,
)
from meetings.figures.queries.months import cutoff_of
from meetings.figures.queries.reports import report_of
from meetings.figures.states import Did, Event, Population, Span
from meetings.models import Attendance, Group, GroupSeat, Meeting
from meetings.states import MeetingState, PresentHow
from referrals.models import ReferralLeg
from tests.cast import Cast, sent
from tests.figures.stage import AUGUST, SEPTEMBER, Way, agreed, discharges, know, learn, moment, norrsken
from workspace.clocks import start_of
from workspace.models import Cooperation
from workspace.pathway.models import Activity, ActivityKind, SurveyAnswer, SurveyRequest
from workspace.pathway.states import Outcome

FIVE = [
    Definition(Population.COMPLETED_PLAN, Event.WORK_OR_STUDIES, Span.ALL),
    Definition(Population.DISCHARGED, Event.INCREASED, Span.ALL),
    Definition(Population.COMPLETED_TIME, Event.PICTURE, Span.ALL),
    Definition(Population.DISCHARGED, Event.PLAN_MADE, Span.ALL),
    Definition(Population.DISCHARGED, Event.PATH_IDENTIFIED, Span.ALL),
]


NO_PLAN = {"plan_made": False}


def at(cooperation: Cooperation, month: date = AUGUST) -> Moment:
    cutoff = cutoff_of(month)
    return Moment(cooperation, month, cutoff, tuple(one.pk for one in agreed_agencies(cooperation, cutoff)))


def told(counted: Counted, definition: Definition, place: str = "", gender: str = "") -> tuple[int, int, int]:
    """Who did, of how many, and how many did not answer."""
    cells = counted.goals[definition.code].items()
    sums = {
        did: sum(n for (m, g, code), n in cells if code == did and place in ("", m) and gender in ("", g))
        for did in Did.values
    }
    return sums["yes"], sums["yes"] + sums["no"], sums["no_answer"]


@pytest.mark.embedded
def test_the_engine_tells_the_old_reports_goals_exactly(cast: Cast) -> None:
    """Issue 6, 8: Piteå, Arvidsjaur and total in per cent; goal 5 comes to 89 and not to the published 96."""
    counted = count_ways(at(norrsken(cast)), FIVE)
    table = []
    for goal in FIVE:
        table.append(tuple(percent(*told(counted, goal, place)[:2]) for place in ("Piteå", "Arvidsjaur", "")))
    assert table == [(83, 88, 85), (71, 95, 78), (75, 89, 80), (95, 90, 93), (86, 96, 89)]
    assert [told(counted, goal) for goal in FIVE] == [
        (85, 100, 0),
        (140, 179, 44),
        (121, 151, 0),
        (208, 223, 0),
        (199, 223, 0),
    ]
    assert told(counted, FIVE[0], gender="woman") == (37, 43, 0)
    assert sum(counted.discharged.values()) == 223


def test_nothing_of_an_agency_that_has_not_agreed_is_in_any_number(cast: Cast) -> None:
    cooperation = norrsken(cast)
    psyk = cast.psyk_desk.agency
    before = frozen_texts(cooperation)
    know(cooperation, psyk, [Way(gender="unknown", enrolled_on=date(2014, 2, 3))] * 7)
    assert frozen_texts(cooperation) == before
    agreed(cooperation, psyk, at=moment(2014, 9, 2))
    assert frozen_texts(cooperation) == before, "it agreed after the cutoff"


def frozen_texts(cooperation: Cooperation) -> tuple[str, str]:
    found = freeze(cooperation, AUGUST, cutoff_of(AUGUST), lambda done, total: None)
    return found.counts, found.shown


def test_what_is_not_known_at_the_cutoff_or_happens_later_is_not_counted(cast: Cast) -> None:
    cooperation, agency = cast.cooperation, cast.soc_desk.agency
    agreed(cooperation, agency)
    changed = know(cooperation, agency, [Way(), Way(ended_on=date(2014, 9, 1)), Way(enrolled_on=date(2014, 9, 1))])[0]
    know(cooperation, agency, [Way()], moment(2014, 9, 5))
    learn(changed, moment(2014, 9, 5), plan_made=False, gender="man", outcome="moved")
    counted = count_ways(at(cooperation), FIVE)
    assert (counted.enrolled, counted.discharged) == ({("Piteå", "woman"): 2}, {("Piteå", "woman"): 1})
    assert told(counted, FIVE[3]) == (1, 1, 0)
    later = count_ways(at(cooperation, SEPTEMBER), FIVE)
    assert later.discharged == {("Piteå", "woman"): 3, ("Piteå", "man"): 1}
    assert told(later, FIVE[3], gender="man") == (0, 1, 0)


def test_an_empty_answer_is_no_no(cast: Cast) -> None:
    agreed(cast.cooperation, cast.soc_desk.agency)
    ways = [Way(facts={"increased": answer, "picture": answer}) for answer in ("yes", "yes", "no", "", "", "")]
    ways.append(Way(facts={"completed_time": False, "picture": "yes", "increased": ""}))
    know(cast.cooperation, cast.soc_desk.agency, ways)
    counted = count_ways(at(cast.cooperation), FIVE)
    assert told(counted, FIVE[1]) == (2, 3, 4)
    assert told(counted, FIVE[2]) == (2, 3, 3), "who has not completed their time is outside"


def test_gender_not_stated_is_its_own_and_a_municipality_with_two_people_is_counted(cast: Cast) -> None:
    agreed(cast.cooperation, cast.soc_desk.agency)
    know(
        cast.cooperation,
        cast.soc_desk.agency,
        [Way(gender="unknown")] * 3 + [Way(place="Arvidsjaur"), Way(place="Arvidsjaur", gender="man")],
    )
    assert count_ways(at(cast.cooperation), FIVE).discharged == {
        ("Piteå", "unknown"): 3,
        ("Arvidsjaur", "woman"): 1,
        ("Arvidsjaur", "man"): 1,
    }


def test_benefits_care_and_lss_are_success(cast: Cast) -> None:
    agreed(cast.cooperation, cast.soc_desk.agency)
    outcomes = ["work", "studies", "sickness_compensation", "activity_compensation", "disability_act", "care"]
    outcomes += ["back_to_employment_service", "moved", ""]
    ways = [Way(facts={"outcome": outcome}) for outcome in outcomes]
    know(cast.cooperation, cast.soc_desk.agency, ways)
    success = Definition(Population.DISCHARGED, Event.SUCCESS, Span.ALL)
    works = Definition(Population.DISCHARGED, Event.WORK_OR_STUDIES, Span.ALL)
    counted = count_ways(at(cast.cooperation), [success, works])
    assert (told(counted, success), told(counted, works)) == ((6, 8, 1), (2, 8, 1))
    assert {code: n for (_, _, code), n in counted.outcomes.items() if n} == {
        **{"work": 1, "studies": 1, "compensation": 2, "disability_act": 1, "care": 1},
        **{"back_to_employment_service": 1, "moved": 1, "unknown": 1},
    }


def test_days_that_run_backwards_and_leap_days_crash_nothing(cast: Cast) -> None:
    """The actions refuse a discharge before the enrolment; a record that says so all the same waits 0 days."""
    agreed(cast.cooperation, cast.soc_desk.agency)
    know(
        cast.cooperation,
        cast.soc_desk.agency,
        [
            Way(enrolled_on=date(2014, 5, 1), ended_on=date(2014, 4, 1), facts={"plan_on": date(2014, 3, 1)}),
            Way(enrolled_on=date(2012, 2, 29), ended_on=date(2013, 2, 28), facts={"plan_on": date(2012, 3, 1)}),
        ],
    )
    for month in (AUGUST, date(2012, 2, 1)):
        freeze(cast.cooperation, month, cutoff_of(month), lambda done, total: None)
    waits = count_waits(at(cast.cooperation), DISCHARGE)
    assert [(one.days, one.done, one.count) for one in waits] == [(0, True, 1), (365, True, 1)]
    assert [one.days for one in count_waits(at(cast.cooperation), PLAN)] == [0, 1]
    february = count_waits(at(cast.cooperation, date(2012, 2, 1)), PLAN)
    assert [(one.days, one.done) for one in february] == [(0, False)], "enrolled on the month's last day, 29 February"


@pytest.mark.embedded
def test_who_still_waits_is_followed_to_the_months_end_and_who_left_to_that_day(cast: Cast) -> None:
    agreed(cast.cooperation, cast.soc_desk.agency)
    know(
        cast.cooperation,
        cast.soc_desk.agency,
        [
            Way(enrolled_on=date(2014, 8, 1), ended_on=None),
            Way(enrolled_on=date(2014, 8, 1), ended_on=None, facts={"plan_on": date(2014, 8, 11)}),
            Way(enrolled_on=date(2014, 8, 1), ended_on=None, facts={"plan_on": date(2014, 9, 11)}),
            Way(enrolled_on=date(2014, 8, 1), ended_on=date(2014, 8, 21), gender="man", facts=NO_PLAN),
            Way(enrolled_on=date(2014, 8, 1), ended_on=date(2014, 9, 21), gender="man", facts=NO_PLAN),
            Way(enrolled_on=date(2014, 8, 1), ended_on=date(2014, 8, 2), gender="man"),  # a plan, nobody knows when
        ],
    )
    found = [(one.gender, one.days, one.done, one.count) for one in count_waits(at(cast.cooperation), PLAN)]
    assert found == [("man", 20, False, 1), ("man", 30, False, 1), ("woman", 10, True, 1), ("woman", 30, False, 2)]


@pytest.mark.embedded
def test_months_activities_and_waiting_are_counted(cast: Cast) -> None:
    cooperation, agency = cast.cooperation, cast.soc_desk.agency
    agreed(cooperation, agency)
    records = know(cooperation, agency, [Way()] * 2 + [Way(gender="man", enrolled_on=date(2014, 2, 1))])
    assert count_months(at(cooperation)) == {
        date(2014, 1, 1): {("Piteå", "woman"): 2},
        date(2014, 2, 1): {("Piteå", "man"): 1},
    }
    kind = ActivityKind.objects.get(pk="work_placement")
    days = {"from_on": date(2014, 3, 1), "hours": 10, "made_by": cast.soc, "kind": kind, "made_at": moment(2014, 3, 1)}
    for record in (records[0], records[0], records[2]):
        Activity.objects.create(enrolment=record.enrolment, **days)
    Activity.objects.create(enrolment=records[1].enrolment, **days, cancelled_at=moment(2014, 4, 1))
    Activity.objects.create(enrolment=records[1].enrolment, **{**days, "from_on": SEPTEMBER})
    found = count_activities(at(cooperation))
    assert found == {"work_placement": {("Piteå", "woman"): 1, ("Piteå", "man"): 1}}, "persons, not activities"


@pytest.mark.embedded
def test_what_waits_is_counted_between_agencies_that_have_agreed(cast: Cast) -> None:
    referral = sent(cast)
    leg = referral.legs.get()
    month = leg.sent_at.date().replace(day=1)
    agreed(cast.cooperation, cast.soc_desk.agency)
    assert count_waiting(at(cast.cooperation, month)) == []
    agreed(cast.cooperation, cast.psyk_desk.agency)
    assert count_waiting(at(cast.cooperation, month)) == [("psyk-t", [1, 0, 0])]
    type(leg).objects.filter(pk=leg.pk).update(answered_at=leg.sent_at)
    assert count_waiting(at(cast.cooperation, month)) == []


def queries_of_freezing(cooperation: Cooperation) -> Sequence[str]:
    with CaptureQueriesContext(
        connection,
    ) as context:
        freeze(cooperation, AUGUST, cutoff_of(AUGUST), lambda done, total: None)
    return [query["sql"] for query in context.captured_queries]


def test_a_month_asks_as_often_for_many_as_for_one(cast: Cast) -> None:
    cooperation, agency = cast.cooperation, cast.soc_desk.agency
    agreed(cooperation, agency)
    know(cooperation, agency, [Way()])
    few = len(queries_of_freezing(cooperation))
    know(cooperation, agency, discharges())
    assert len(queries_of_freezing(cooperation)) == few
    assert few <= 17


def test_a_month_of_nobody_can_be_frozen(cast: Cast) -> None:
    report = report_of(freeze_month(cooperation=cast.cooperation, month=AUGUST))
    assert (report.people, report.agencies, report.leads, report.planned, report.surveys) == (0, [], [], [], [])
    assert [row.counts for row in report.outcomes[0].rows] == [[0, 0, 0]] * 8


@pytest.mark.embedded
def test_where_people_stand_to_several_questions_at_once_adds_up_to_each(cast: Cast) -> None:
    """Counted another way, in Python out of the columns: on random ways, of every definition there is."""
    chance = random.Random(6)
    ways = [
        Way(
            place=chance.choice(["Piteå", "Arvidsjaur"]),
            gender=chance.choice(["woman", "man", "unknown"]),
            enrolled_on=date(2012, 1, 1),
            ended_on=chance.choice([None, date(2013, 12, 31), date(2014, 1, 1), date(2014, 8, 31), SEPTEMBER]),
            facts={name: chance.random() < 0.6 for name in ("plan_made", "plan_completed", "completed_time")}
            | {"path_identified": chance.random() < 0.6}
            | {name: chance.choice(["yes", "no", ""]) for name in ("increased", "picture")}
            | {"outcome": chance.choice([*Outcome.values, ""])},
        )
        for _ in range(300)
    ]
    agreed(cast.cooperation, cast.soc_desk.agency)
    know(cast.cooperation, cast.soc_desk.agency, ways)
    every = [Definition(who, what, when) for who in Population for what in Event for when in Span]
    counted, joint = count_ways(at(cast.cooperation), every), count_joint(at(cast.cooperation), every)
    ((names, together),) = joint.items()
    assert set(names) == {"outcomes", *(one.code for one in every)}
    for number, name in enumerate(names):
        sums: dict[tuple[str, str, str], int] = {}
        for (place, gender, atom), count in together.items():
            sums[place, gender, atom[number]] = sums.get((place, gender, atom[number]), 0) + count
        cells = counted.outcomes if name == "outcomes" else counted.goals[name]
        assert sums == {cell: count for cell, count in cells.items() if count}


def test_questions_that_share_a_column_are_thought_of_together() -> None:
    assert groups_of(FIVE) == [("completed_plan.work_or_studies.all", "outcomes")]
    more = [*FIVE, Definition(Population.COMPLETED_PLAN, Event.PLAN_MADE, Span.ALL)]
    assert groups_of(more) == [
        (
            *("completed_plan.plan_made.all", "completed_plan.work_or_studies.all"),
            *("discharged.plan_made.all", "outcomes"),
        )
    ]


# ---------- what stands beside the goals ----------
def test_lead_times_activities_and_answers_are_told_by_gender(cast: Cast) -> None:
    cooperation, agency = cast.cooperation, cast.soc_desk.agency
    agreed(cooperation, agency)
    ways = [
        Way(gender=gender, enrolled_on=date(2014, 1, 1), ended_on=None, facts={"plan_on": date(2014, 1, 1 + days)})
        for gender in ("woman", "man")
        for days in range(1, 21)
    ]
    waiting = [Way(gender=gender, enrolled_on=date(2014, 8, 1), ended_on=None) for gender in ("woman", "man")] * 6
    records = know(cooperation, agency, [*ways, *waiting])
    kind = ActivityKind.objects.get(pk="work_training")
    for number, record in enumerate(records[:40]):
        activity = Activity.objects.create(
            enrolment=record.enrolment, kind=kind, from_on=date(2014, 3, 1), hours=8, made_by=cast.soc,
            made_at=moment(2014, 3, 1),
        )  # fmt: skip
        SurveyRequest.objects.create(activity=activity, asked_on=date(2014, 5, 1), is_answered=number % 2 == 0)
        if number % 2 == 0:
            SurveyAnswer.objects.create(
                cooperation=cooperation, kind=kind, month=date(2014, 5, 1), gender=record.gender,
                useful=5 if number % 4 else 2, listened=4, equal="yes",
            )  # fmt: skip
    report = report_of(freeze_month(cooperation=cooperation, month=AUGUST))
    plan = report.leads[0]
    assert plan.name == "Från inskrivning till handlingsplan"
    assert [(row.label, row.base, row.done, row.waiting, row.left, row.median) for row in plan.rows] == [
        ("Kvinnor", 26, 20, 6, 0, 13),
        ("Män", 26, 20, 6, 0, 13),
        ("Totalt", 52, 40, 12, 0, 13),
    ]
    assert [row.longest for row in plan.rows] == [30, 30, 30], "six of each have waited all August"
    assert report.activity_columns == ["Kvinnor", "Män", "Totalt"]
    assert [(row.label, row.counts) for row in report.activities] == [("Arbetsträning", [20, 20, 40])]
    survey = report.surveys[-1]
    assert [(cell.label, cell.of, cell.share) for cell in survey.response] == [
        ("Kvinnor", "10 av 20", 50),
        ("Män", "10 av 20", 50),
        ("Totalt", "20 av 40", 50),
    ]
    assert [cell.of for cell in survey.useful] == ["5 av 10", "5 av 10", "10 av 20"]
    assert [cell.of for cell in survey.listened] == ["10 av 10", "10 av 10", "20 av 20"]
    assert next((row.label, row.counts) for row in survey.equal.rows) == ("Ja", [10, 10, 20])
    # An answer doesn't tell its agency: where one that asks has not agreed, none of them is counted.
    (theirs,) = know(cooperation, cast.psyk_desk.agency, [Way(enrolled_on=date(2014, 1, 1), ended_on=None)])
    activity = Activity.objects.create(
        enrolment=theirs.enrolment, kind=kind, from_on=date(2014, 3, 1), hours=8, made_by=cast.psyk,
        made_at=moment(2014, 3, 1),
    )  # fmt: skip
    SurveyRequest.objects.create(activity=activity, asked_on=date(2014, 9, 1), is_answered=True)
    assert report_of(freeze_month(cooperation=cooperation, month=SEPTEMBER)).surveys == []


def test_median_needs_ten_and_longest_five(cast: Cast) -> None:
    agreed(cast.cooperation, cast.soc_desk.agency)
    days = [date(2014, 1, 1 + number) for number in range(1, 9)]
    ways = [Way(gender="woman", enrolled_on=date(2014, 1, 1), ended_on=day) for day in days]
    know(cast.cooperation, cast.soc_desk.agency, ways)
    rows = report_of(freeze_month(cooperation=cast.cooperation, month=AUGUST)).leads[1].rows
    assert [(row.median, row.longest) for row in rows] == [(None, None)] * len(rows)


def test_attendance_is_of_agencies_that_have_agreed_in_the_twelve_months_before(cast: Cast) -> None:
    agreed(cast.cooperation, cast.soc_desk.agency)
    group = Group.objects.create(cooperation=cast.cooperation, name="Gruppen")
    for desk, member in ((cast.soc_desk, cast.soc), (cast.psyk_desk, cast.psyk)):
        seat = GroupSeat.objects.create(group=group, function=desk, from_on=date(2012, 1, 1))
        for month in (date(2013, 8, 31), date(2014, 3, 5), date(2014, 8, 31), SEPTEMBER):
            starts_at = start_of(month) + timedelta(hours=9)
            meeting, _ = Meeting.objects.get_or_create(
                group=group, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1), state=MeetingState.HELD
            )
            how = PresentHow.TICKED if month.month != 3 else ""
            Attendance.objects.create(meeting=meeting, member=member, seat=seat, present_how=how)
    shown = report_of(freeze_month(cooperation=cast.cooperation, month=AUGUST)).attendance
    assert [(one.name, [(line.agency, line.represented, line.held) for line in one.lines]) for one in shown] == [
        ("Gruppen", [("Socialtjänsten Piteå", 1, 2)])
    ]


def test_few_that_wait_are_not_shown(cast: Cast) -> None:
    sent(cast)
    agreed(cast.cooperation, cast.soc_desk.agency, cast.psyk_desk.agency)
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        month = timezone.localdate().replace(day=1) - timedelta(days=1)
        snapshot = freeze_month(cooperation=cast.cooperation, month=month)
    assert '"waiting":[["psyk-t",' in snapshot.counts
    assert report_of(snapshot).waiting.rows == []


def test_a_referral_that_is_opened_again_changes_no_month_that_is_frozen(cast: Cast) -> None:
    leg = sent(cast).legs.get()
    answered = timezone.now() + timedelta(minutes=1)
    ReferralLeg.objects.filter(pk=leg.pk).update(answered_at=answered, ended_at=answered)
    agreed(cast.cooperation, cast.soc_desk.agency, cast.psyk_desk.agency)
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        month = timezone.localdate().replace(day=1) - timedelta(days=1)
        snapshot = freeze_month(cooperation=cast.cooperation, month=month)
        ReferralLeg.objects.filter(pk=leg.pk).update(answered_at=None, ended_at=None)
        assert count_waiting(at(cast.cooperation, month)) != []
        assert recount(snapshot).counts == snapshot.counts
