"""When a conversation is due by agreement: said when due, postponed with a reason, set aside with a code (R11)."""

from collections.abc import Callable, Generator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import transaction
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from meetings.actions.plans import make_plan, plan_held, postpone_plan, set_aside_plan, tell_due_plans
from meetings.models import Conversation, ConversationPlan
from meetings.queries.plans import open_plan, plans_due
from meetings.states import ConversationState, PlanBasis, PlanState, SetAside
from notifications.models import Notification
from tests.cast import SECRET_NAME, Cast, make_cast, make_participant
from tests.meetings.talks import make_talk
from tests.referrals.races import at_once, sequences_have_no_gaps
from workspace import actions
from workspace.clocks import add_months
from workspace.errors import NotAllowed, Refusal, SomebodyWasFaster
from workspace.front.tasks import SWEEPS
from workspace.models import Agency, AuditEntry, Membership, Participant
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

AsHat = Callable[[Hat], Client]
TODAY = date(2027, 3, 1)  # a Monday
BEFORE = "Hemlig fas 2"
S = ConversationState


def at(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo("Europe/Stockholm"))


@pytest.fixture
def clock() -> Generator[Any]:
    with time_machine.travel(at(TODAY), tick=False) as traveller:
        yield traveller


@pytest.fixture
def cast(clock: Any, db: None) -> Cast:
    return make_cast()


def plan_of(cast: Cast, due_on: date, person: Participant | None = None, before: str = "") -> ConversationPlan:
    basis, months = (PlanBasis.BEFORE, None) if before else (PlanBasis.EVERY, 3)
    return make_plan(
        by=cast.soc, participant=person or cast.person, basis=basis, months=months, before=before, due_on=due_on
    )


def told() -> set[tuple[str, int, str]]:
    rows = Notification.objects.filter(kind="plan.due")
    found = [(row.membership.user.username, row.object_id, row.number) for row in rows.select_related("membership")]
    return set(found)


def verbs(plan: ConversationPlan) -> list[str]:
    return list(plan.events.values_list("verb", flat=True))


# ---------- who may, and in which state ----------
ROLES = ("soc", "soc_2", "soc_manager", "psyk", "psyk_2", "psyk_manager", "fk", "outsider", "coordinator", "chair")
MAY = {"soc", "soc_2"}
FORMS: dict[str, dict[str, str]] = {
    "new_plan": {"often": "2", "before": "", "due_on": "2027-06-01"},
    "postpone_plan": {"due_on": "2027-07-01", "reason": "Semester"},
    "set_aside_plan": {"code": "settled"},
}


@pytest.mark.parametrize("state", PlanState)
@pytest.mark.parametrize("name", FORMS)
def test_who_may_do_what_in_which_state(cast: Cast, as_hat: AsHat, name: str, state: PlanState) -> None:
    """Everybody else gets the 404 of what does not exist; a plan that no longer holds is answered kindly."""
    make_talk(cast, S.INVITED, with_fk=True)  # psyk and fk are in a conversation, and no wiser of the plan
    plan = plan_of(cast, date(2027, 6, 2), before=BEFORE)
    for role in ROLES:
        code = SetAside.SETTLED if state == PlanState.SET_ASIDE else ""
        ConversationPlan.objects.filter(state=PlanState.OPEN).exclude(pk=plan.pk).update(state=PlanState.DONE)
        ConversationPlan.objects.filter(pk=plan.pk).update(state=state, set_aside=code, due_on=date(2027, 6, 2))
        client = as_hat(getattr(cast, role))
        address = reverse(name, args=[cast.person.pk if name == "new_plan" else plan.pk])
        shown, done = client.get(address), client.post(address, FORMS[name])
        if role not in MAY:
            missing = client.get(reverse(name, args=[999_999]))
            assert (shown.status_code, done.status_code) == (404, 404), role
            assert shown.content == missing.content
            assert BEFORE not in shown.content.decode() and SECRET_NAME not in shown.content.decode()
        elif name == "new_plan" or state == PlanState.OPEN:
            assert (shown.status_code, done.status_code) == (200, 302), role
        else:
            assert (shown.status_code, done.status_code) == (409, 409), role
            assert "gäller inte längre" in done.content.decode()


@pytest.mark.parametrize("role", sorted(set(ROLES) - MAY - {"coordinator", "chair"}))
def test_the_verbs_refuse_whoever_may_not_open_the_participant(cast: Cast, role: str) -> None:
    by: Membership = getattr(cast, role)
    plan = plan_of(cast, date(2027, 6, 1))
    for act in (
        lambda: make_plan(
            by=by, participant=cast.person, basis=PlanBasis.EVERY, months=3, before="", due_on=date(2027, 7, 1)
        ),
        lambda: postpone_plan(by=by, plan=plan, due_on=date(2027, 7, 1), reason="x"),
        lambda: set_aside_plan(by=by, plan=plan, code=SetAside.SETTLED),
    ):
        with pytest.raises(NotAllowed):
            act()
    plan.refresh_from_db()
    assert (plan.state, plan.due_on, verbs(plan)) == (PlanState.OPEN, date(2027, 6, 1), ["make"])


def test_a_manager_who_has_stated_a_reason_reads_the_person_and_decides_nothing(cast: Cast, as_hat: AsHat) -> None:
    plan = plan_of(cast, date(2027, 6, 1))
    actions.state_reason(by=cast.soc_manager, participant=cast.person, reason="Klagomål")
    for name, data in FORMS.items():
        address = reverse(name, args=[cast.person.pk if name == "new_plan" else plan.pk])
        assert as_hat(cast.soc_manager).post(address, data).status_code == 403
    assert verbs(plan) == ["make"]


# ---------- made, postponed, set aside ----------
def test_a_plan_is_made_says_itself_and_a_new_one_closes_it(cast: Cast, as_hat: AsHat) -> None:
    client, address = as_hat(cast.soc), reverse("new_plan", args=[cast.person.pk])
    assert client.post(address, {"often": "3", "due_on": "2027-06-01", "once": "a"}).status_code == 302
    assert client.post(address, {"often": "3", "due_on": "2027-06-01", "once": "a"}).status_code == 302
    first = ConversationPlan.objects.get()
    assert (first.says, first.due_on, first.member) == ("Samtal var tredje månad.", date(2027, 6, 1), cast.soc)
    page = client.get(address).content.decode()
    assert "Nu gäller: Samtal var tredje månad." in page and "1 juni 2027" in page
    form = {"often": "before", "before": "fas 2", "due_on": "2027-05-01"}
    assert client.post(address, form).status_code == 302
    second = open_plan(cast.person)
    assert second and second.says == "Samtal före fas 2." and second.pk != first.pk
    first.refresh_from_db()
    assert first.state == PlanState.DONE and verbs(first) == ["make", "replace"]
    acts = AuditEntry.objects.filter(what__startswith="plan.", participant_id=cast.person.pk, membership_id=cast.soc.pk)
    assert sorted(acts.values_list("what", flat=True)) == ["plan.make", "plan.make", "plan.replace"]
    assert not Notification.objects.exists()


def test_postponing_keeps_day_and_reason_in_the_history_and_is_said_anew(cast: Cast, clock: Any) -> None:
    plan = plan_of(cast, TODAY + timedelta(days=14))
    assert tell_due_plans() == 1
    new_day = TODAY + timedelta(days=40)
    postpone_plan(by=cast.soc_2, plan=plan, due_on=new_day, reason="Personen är bortrest")
    event = plan.events.last()
    assert event and (event.verb, event.due_on, event.reason, event.member) == (
        "postpone",
        new_day,
        "Personen är bortrest",
        cast.soc_2,
    )
    assert tell_due_plans() == 0
    clock.move_to(at(new_day - timedelta(days=14)))
    assert tell_due_plans() == 1
    assert {number for _, _, number in told()} == {"15 mars 2027", "10 april 2027"}


def test_set_aside_is_coded_ends_the_plan_and_nothing_more_is_said(cast: Cast, clock: Any) -> None:
    plan = plan_of(cast, TODAY + timedelta(days=5))
    set_aside_plan(by=cast.soc, plan=plan, code=SetAside.DECLINED)
    plan.refresh_from_db()
    assert (plan.state, plan.set_aside, verbs(plan)) == (PlanState.SET_ASIDE, "declined", ["make", "set_aside"])
    assert tell_due_plans() == 0 and open_plan(cast.person) is None
    with pytest.raises(SomebodyWasFaster):
        postpone_plan(by=cast.soc, plan=plan, due_on=TODAY + timedelta(days=50), reason="x")
    with pytest.raises(SomebodyWasFaster):
        set_aside_plan(by=cast.soc, plan=plan, code=SetAside.DECLINED)


BAD: list[tuple[str, dict[str, str], str]] = [
    ("new_plan", {"often": "", "due_on": "2027-06-01"}, "Välj hur ofta."),
    ("new_plan", {"often": "99999999999999999999", "due_on": "2027-06-01"}, "Välj något i listan."),
    ("new_plan", {"often": "before", "before": " ", "due_on": "2027-06-01"}, "Skriv vad samtalet ska vara före."),
    ("new_plan", {"often": "before", "before": "x" * 4001, "due_on": "2027-06-01"}, "tecken för lång"),
    ("new_plan", {"often": "before", "before": "a\x00b", "due_on": "2027-06-01"}, "tecken som inte går att visa"),
    ("new_plan", {"often": "3", "due_on": "2027-02-28"}, "har redan varit"),
    ("new_plan", {"often": "3", "due_on": "2099-01-01"}, "för långt fram"),
    ("new_plan", {"often": "3", "due_on": "i sommar"}, "är inget datum"),
    ("new_plan", {"often": "3", "due_on": ""}, "Skriv en sista dag."),
    ("postpone_plan", {"due_on": "2027-06-02", "reason": "Semester"}, "Välj en dag efter 2 juni 2027."),
    ("postpone_plan", {"due_on": "2027-07-01", "reason": ""}, "Skriv varför samtalet skjuts upp."),
    ("postpone_plan", {"due_on": "", "reason": "Semester"}, "Skriv en ny dag."),
    ("postpone_plan", {"due_on": "2027-07-01", "reason": "å" * 501}, "tecken för lång"),
    ("set_aside_plan", {"code": ""}, "Välj varför."),
    ("set_aside_plan", {"code": "diagnos"}, "Välj något i listan."),
]


@pytest.mark.parametrize(("name", "data", "sentence"), BAD, ids=str)
def test_bad_input_gets_a_sentence_and_nothing_typed_is_lost(
    cast: Cast, as_hat: AsHat, name: str, data: dict[str, str], sentence: str
) -> None:
    plan = plan_of(cast, date(2027, 6, 2))
    address = reverse(name, args=[cast.person.pk if name == "new_plan" else plan.pk])
    got = as_hat(cast.soc).post(address, data)
    page = got.content.decode()
    assert got.status_code == 200 and sentence in page
    assert "".join(data.get("reason", "")) in page
    plan.refresh_from_db()
    assert (plan.state, plan.due_on, ConversationPlan.objects.count()) == (PlanState.OPEN, date(2027, 6, 2), 1)


@pytest.mark.parametrize("number", ["0", "99999999999999999999999"])
@pytest.mark.parametrize("name", FORMS)
def test_odd_numbers_in_the_address_are_missing_pages(cast: Cast, as_hat: AsHat, name: str, number: str) -> None:
    address = reverse(name, args=[1]).replace("/1/", f"/{number}/")
    assert as_hat(cast.soc).get(address).status_code == 404


def test_the_verbs_refuse_what_no_form_lets_by(cast: Cast) -> None:
    plan = plan_of(cast, date(2027, 6, 1))
    for months, before, day in ((0, "", date(2027, 7, 1)), (25, "", date(2027, 7, 1)), (3, "", date(2027, 2, 1))):
        with pytest.raises(NotAllowed):
            make_plan(
                by=cast.soc, participant=cast.person, basis=PlanBasis.EVERY, months=months, before=before, due_on=day
            )
    with pytest.raises(NotAllowed):
        postpone_plan(by=cast.soc, plan=plan, due_on=date(2027, 5, 1), reason="x")
    assert ConversationPlan.objects.count() == 1


# ---------- held ----------
def held(cast: Cast, plan: ConversationPlan | None = None) -> Conversation:
    talk = make_talk(cast, S.HELD).conversation
    talk.plan = plan
    talk.save()
    with transaction.atomic():
        plan_held(conversation=talk)
    return talk


@pytest.mark.parametrize("booked_for_it", [True, False])
def test_after_a_held_conversation_the_next_is_due_so_many_months_later(
    cast: Cast, clock: Any, booked_for_it: bool
) -> None:
    plan = plan_of(cast, TODAY + timedelta(days=3))
    assert tell_due_plans() == 1
    held(cast, plan if booked_for_it else None)
    plan.refresh_from_db()
    next_on = add_months(TODAY - timedelta(days=2), 3)
    assert (plan.due_on, plan.told_for, plan.state) == (next_on, None, PlanState.OPEN)
    assert verbs(plan) == ["make", "hold"]
    clock.move_to(at(next_on - timedelta(days=14)))
    assert tell_due_plans() == 1


@pytest.mark.parametrize("booked_for_it", [True, False])
def test_before_something_is_done_with_the_conversation_booked_for_it(cast: Cast, booked_for_it: bool) -> None:
    plan = plan_of(cast, TODAY + timedelta(days=3), before="fas 2")
    held(cast, plan if booked_for_it else None)
    plan.refresh_from_db()
    assert plan.state == (PlanState.DONE if booked_for_it else PlanState.OPEN)


# ---------- said when due ----------
def said(clock: Any, first: date, last: date) -> dict[date, set[str]]:
    """Run the sweep each day, twice; who was told of a plan on which day."""
    found: dict[date, set[str]] = {}
    day = first
    while day <= last:
        before = set(Notification.objects.values_list("pk", flat=True))
        for hour in (7, 16):
            clock.move_to(at(day, hour))
            tell_due_plans()
        new = Notification.objects.exclude(pk__in=before).select_related("membership__user")
        if new:
            found[day] = {row.membership.user.username for row in new}
            assert len(found[day]) == len(new)
        day += timedelta(days=1)
    return found


def test_said_to_the_desk_fourteen_days_ahead_and_on_the_first_working_day_after(cast: Cast, clock: Any) -> None:
    due = date(2027, 3, 26)  # Good Friday: the first working day after it is Tuesday 30 March
    plan_of(cast, due, before=BEFORE)
    desk = {"soc", "soc2"}
    assert said(clock, TODAY, date(2027, 4, 30)) == {date(2027, 3, 12): desk, date(2027, 3, 30): desk}
    assert {number for _, _, number in told()} == {"26 mars 2027"}
    assert {pk for _, pk, _ in told()} == {cast.person.pk}


def test_a_plan_made_late_in_the_day_is_said_at_once(cast: Cast, clock: Any) -> None:
    plan_of(cast, TODAY)
    assert said(clock, TODAY, TODAY + timedelta(days=9)) == {TODAY: {"soc", "soc2"}, date(2027, 3, 2): {"soc", "soc2"}}


@pytest.mark.parametrize("state", S)
def test_nothing_is_said_while_a_conversation_is_under_way(cast: Cast, clock: Any, state: ConversationState) -> None:
    plan_of(cast, TODAY + timedelta(days=10))
    make_talk(cast, state)
    active = state in {S.PREPARING, S.INVITED}
    assert list(plans_due(cast.soc)) == ([] if active else [open_plan(cast.person)])
    assert tell_due_plans() == (0 if active else 1)


def test_a_conversation_of_somebody_else_stops_nothing(cast: Cast) -> None:
    make_talk(cast, S.INVITED, person=make_participant(cast.soc_desk, "Annan"))
    plan_of(cast, TODAY + timedelta(days=10))
    assert tell_due_plans() == 1


def test_when_the_booking_is_cancelled_it_is_said_when_late(cast: Cast, clock: Any) -> None:
    due = date(2027, 3, 10)
    plan_of(cast, due)
    talk = make_talk(cast, S.INVITED).conversation
    assert said(clock, TODAY, due + timedelta(days=2)) == {}
    Conversation.objects.filter(pk=talk.pk).update(state=S.CANCELLED)
    assert said(clock, due + timedelta(days=3), due + timedelta(days=9)) == {date(2027, 3, 13): {"soc", "soc2"}}


def test_whoever_is_away_is_replaced_and_an_agency_that_has_left_is_told_nothing(cast: Cast, clock: Any) -> None:
    actions.register_absence(by=cast.soc, from_on=TODAY, to_on=TODAY + timedelta(days=20), stand_in=cast.soc_2)
    plan = plan_of(cast, TODAY + timedelta(days=10))
    assert tell_due_plans() == 1
    assert {name for name, _, _ in told()} == {"soc2"}
    ConversationPlan.objects.filter(pk=plan.pk).update(told_for=None)
    Agency.objects.filter(pk=cast.soc.agency_id).update(left_on=TODAY)
    assert tell_due_plans() == 0


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_say_it_once(db: None) -> None:
    cast = make_cast()
    for number in range(5):
        person = make_participant(cast.soc_desk, f"Person{number}")
        make_plan(
            by=cast.soc,
            participant=person,
            basis=PlanBasis.EVERY,
            months=3,
            before="",
            due_on=today() + timedelta(days=7),
        )
    assert sum(at_once(tell_due_plans, tell_due_plans)) == 5
    assert Notification.objects.filter(kind="plan.due").count() == 10 and sequences_have_no_gaps()


@pytest.mark.django_db(transaction=True)
def test_two_plans_and_a_setting_aside_at_once_leave_one_open_at_most(db: None) -> None:
    cast = make_cast()
    due_on = today() + timedelta(days=30)

    def make(by: Membership) -> None:
        make_plan(by=by, participant=cast.person, basis=PlanBasis.EVERY, months=3, before="", due_on=due_on)

    for _ in range(4):
        make(cast.soc)
        plan = open_plan(cast.person)
        assert plan
        results = at_once(
            lambda: make(cast.soc),
            lambda: make(cast.soc_2),
            lambda plan=plan: set_aside_plan(by=cast.soc, plan=plan, code=SetAside.SETTLED),  # type: ignore[misc]
        )
        assert all(result == "done" or isinstance(result, Refusal) for result in results)
        assert ConversationPlan.objects.filter(state=PlanState.OPEN).count() == 1


def today() -> date:
    return datetime.now(ZoneInfo("Europe/Stockholm")).date()


def test_the_sweep_runs_it() -> None:
    assert tell_due_plans in SWEEPS


# ---------- shown ----------
def test_idag_gets_the_own_desks_plans_and_nobody_elses(cast: Cast) -> None:
    mine = plan_of(cast, TODAY + timedelta(days=14))
    plan_of(cast, TODAY + timedelta(days=15), make_participant(cast.soc_desk, "Senare"))
    late = plan_of(cast, TODAY + timedelta(days=2), make_participant(cast.soc_desk, "Sen"))
    ConversationPlan.objects.filter(pk=late.pk).update(due_on=TODAY - timedelta(days=30))
    for name, member in cast.members.items():
        expected = [late.pk, mine.pk] if name in MAY else []
        assert [plan.pk for plan in plans_due(member)] == expected, name


def test_the_piece_of_the_page_says_it_in_one_sentence(cast: Cast) -> None:
    def piece() -> str:
        return render_to_string("meetings/_plan.html", {"plan": open_plan(cast.person), "person": cast.person})

    assert reverse("new_plan", args=[cast.person.pk]) in piece() and "Bestäm när" in piece()
    plan = plan_of(cast, date(2027, 6, 12))
    assert "Samtal var tredje månad. Nästa senast 12 juni 2027." in piece()
    for name in ("postpone_plan", "set_aside_plan"):
        assert reverse(name, args=[plan.pk]) in piece()
    ConversationPlan.objects.filter(pk=plan.pk).update(due_on=date(2027, 2, 12))
    assert "Skulle ha varit senast 12 feb. 2027." in piece()
