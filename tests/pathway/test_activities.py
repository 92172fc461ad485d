"""Activities: what belongs to a phase, days and hours, who may do what in every state, and what is never counted."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.cast import SECRET_NAME, Cast, make_participant
from tests.pathway.activity_stage import (
    MAY,
    PLACE,
    ROLES,
    STATES,
    active,
    activity_form,
    day,
    discharge_by_hand,
    given,
    hats,
    in_state,
    way_in,
)
from tests.referrals.journeys import undone
from workspace.actions import state_reason
from workspace.front.actions.way_activities import ask_about_activities
from workspace.models import AuditEntry
from workspace.pathway.actions.activities import add_activity, cancel_activity, change_activity, end_activity
from workspace.pathway.errors import DatesDoNotFit
from workspace.pathway.models import Activity, ActivityKind, FollowUp, SurveyRequest
from workspace.pathway.queries.activities import activity_rows
from workspace.pathway.schedule import follow_up_days
from workspace.rules import Hat
from workspace.swedish import say_date

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]


def post(client: Client, name: str, pk: int, **data: str) -> tuple[int, str]:
    got = client.post(reverse(name, args=[pk]), data)
    return got.status_code, got.content.decode()


# ---------- who may, in every state ----------
VERBS: dict[str, tuple[dict[str, str], set[str]]] = {
    # the address -> what is posted, and the states in which it is done
    "change_activity": ({"hours": "0"}, {"planned", "going_on", "ended"}),
    "end_activity": ({"to_on": "+1"}, {"going_on"}),
    "cancel_activity": ({}, {"planned", "going_on", "ended"}),
    "new_follow_up": ({"due_on": "+9"}, {"planned", "going_on"}),
    "follow_up": ({"done_on": "0", "text": "Bra."}, {"going_on", "ended"}),
    "move_follow_up": ({"due_on": "+9"}, {"planned", "going_on"}),
    "remove_follow_up": ({}, {"planned", "going_on", "ended"}),
}


def form_of(verb: str, activity: Activity) -> dict[str, str]:
    data = {key: say_date(day(int(v))) if v[:1] in "+0" and key != "hours" else v for key, v in VERBS[verb][0].items()}
    if verb != "change_activity":
        return data
    days = {"from_on": say_date(activity.from_on), "to_on": say_date(activity.to_on or day(90))}
    return activity_form(**days, **data)


def done() -> str:
    """What the verbs leave: every row of the three tables."""
    return repr([list(table.objects.order_by("pk").values()) for table in (Activity, FollowUp, SurveyRequest)])


@pytest.mark.parametrize("state", STATES)
def test_only_caseworkers_of_the_desk_act_and_only_on_what_goes_on(cast: Cast, as_hat: AsHat, state: str) -> None:
    way = way_in(cast)
    activity = in_state(cast, way, state)
    later = FollowUp.objects.filter(activity=activity).order_by("-due_on").first()
    later = later or FollowUp.objects.create(activity=activity, due_on=day(-3))
    for role in ROLES:
        client = as_hat(hats(cast)[role])
        for verb, (_, states) in VERBS.items():
            pk = later.pk if "follow_up" in verb and verb != "new_follow_up" else activity.pk
            before = done()
            with undone():
                status, page = post(client, verb, pk, **form_of(verb, activity))
                changed = done() != before
            allowed = role in MAY and state in states
            assert changed is allowed, (role, verb, status)
            assert status == 302 if allowed else status in ({200, 403, 409} if role in MAY else {404}), (role, verb)
            assert role in MAY or (PLACE not in page and SECRET_NAME not in page), (role, verb)
            shown = client.get(reverse(verb, args=[pk])).status_code
            assert shown < 500 and (role in MAY or shown == 404), (role, verb, shown)


@pytest.mark.parametrize("state", ["ongoing", "discharged"])
def test_only_caseworkers_of_the_desk_add_and_only_while_the_way_goes_on(cast: Cast, as_hat: AsHat, state: str) -> None:
    way = way_in(cast)
    if state == "discharged":
        discharge_by_hand(way, day(0))
    for role in ROLES:
        with undone():
            status, _ = post(as_hat(hats(cast)[role]), "new_activity", way.pk, **activity_form())
            added = Activity.objects.count()
        assert added == (role in MAY and state == "ongoing"), role
        assert status == ((302 if state == "ongoing" else 403) if role in MAY else 404), role


def test_a_manager_with_a_reason_reads_and_writes_nothing(cast: Cast, as_hat: AsHat) -> None:
    way = way_in(cast)
    activity = in_state(cast, way, "going_on")
    follow_up = activity.follow_ups.order_by("due_on")[0]
    client = as_hat(cast.soc_manager)
    state_reason(by=cast.soc_manager, participant=cast.person, reason="Klagomål")
    assert client.get(reverse("follow_up", args=[follow_up.pk])).status_code == 200
    for verb in VERBS:
        pk = follow_up.pk if "follow_up" in verb and verb != "new_follow_up" else activity.pk
        before = done()
        assert post(client, verb, pk, **form_of(verb, activity))[0] == 403, verb
        assert done() == before
    page = client.get(reverse("way", args=[way.pk])).content.decode()
    assert PLACE in page and reverse("change_activity", args=[activity.pk]) not in page


# ---------- kinds and phases ----------
def test_a_kind_is_offered_in_its_phases_and_elsewhere_refused_with_its_phases_named(cast: Cast, as_hat: AsHat) -> None:
    way = way_in(cast, "one")
    client = as_hat(cast.soc)
    page = client.get(reverse("new_activity", args=[way.pk])).content.decode()
    assert 'value="assessment_talk"' in page and 'value="work_placement"' not in page
    assert "Praktik: Fas 2 och Fas 3" in page
    status, page = post(client, "new_activity", way.pk, **activity_form("work_placement"))
    assert status == 200 and "Praktik hör till Fas 2 och Fas 3. Personen är i Fas 1 nu." in page
    assert PLACE in page, "nothing typed is lost"
    status, page = post(client, "new_activity", way.pk, **activity_form("not-a-kind"))
    assert status == 200 and "Välj en av aktiviteterna." in page
    assert not Activity.objects.exists()


def test_every_kind_can_be_written_in_each_of_its_phases_and_in_no_other(cast: Cast, as_hat: AsHat) -> None:
    way, client = way_in(cast), as_hat(cast.soc)
    for kind in ActivityKind.objects.all():
        allowed = set(kind.phases.values_list("pk", flat=True))
        for phase in ("one", "two", "three", "four"):
            way.stays.update(phase_id=phase)
            with undone():
                status, _ = post(client, "new_activity", way.pk, **activity_form(kind.pk))
            assert (status == 302) is (phase in allowed), (kind.pk, phase)


def test_a_kind_may_stay_when_the_phase_has_moved_on(cast: Cast) -> None:
    way = way_in(cast)
    activity = active(cast, way)
    way.stays.update(phase_id="four")
    change_activity(by=cast.soc, activity=activity, given=given(hours=20))
    activity.refresh_from_db()
    assert activity.hours == 20


# ---------- days and hours ----------
def test_activities_may_go_on_at_the_same_time(cast: Cast, as_hat: AsHat) -> None:
    way, client = way_in(cast), as_hat(cast.soc)
    for _ in range(2):
        assert post(client, "new_activity", way.pk, **activity_form())[0] == 302
    assert Activity.objects.count() == 2
    rows = activity_rows(way)
    assert all(row.goes_on for row in rows)


def test_sick_leave_is_nought_hours_and_the_activity_goes_on(cast: Cast, as_hat: AsHat) -> None:
    way, client = way_in(cast), as_hat(cast.soc)
    activity = active(cast, way)
    assert post(client, "change_activity", activity.pk, **activity_form(hours="0"))[0] == 302
    (row,) = activity_rows(way)
    assert row.goes_on and row.activity.hours == 0


BAD_DAYS = {
    "before the enrolment": ({"from_on": "-101"}, "from_on", "Inskrivningen gäller från"),
    "backwards": ({"from_on": "5", "to_on": "4"}, "to_on", "är före"),
    "too far ahead": ({"from_on": "400", "to_on": ""}, "from_on", "för långt fram"),
    "too long": ({"to_on": "1200"}, "to_on", "Högst tre år"),
    "no day": ({"from_on": "31 februari 2027"}, "from_on", "är inget datum"),
    "no leap day": ({"to_on": "29 februari 2027"}, "to_on", "är inget datum"),
    "nothing": ({"from_on": ""}, "from_on", "Skriv den första dagen."),
    "null": ({"from_on": "x\x00y"}, "from_on", "datum"),
    "endless": ({"to_on": "1" * 5001}, "to_on", "är inget datum"),
}


@pytest.mark.parametrize("fault", BAD_DAYS)
def test_days_that_do_not_fit_are_refused_at_their_field(cast: Cast, as_hat: AsHat, fault: str) -> None:
    way, client = way_in(cast), as_hat(cast.soc)
    fields, field, says = BAD_DAYS[fault]
    said = {key: say_date(day(int(v))) if v.lstrip("-").isdigit() and len(v) < 5 else v for key, v in fields.items()}
    got = client.post(reverse("new_activity", args=[way.pk]), activity_form(**said))
    assert got.status_code == 200 and any(says in error for error in got.context["form"].errors[field])
    assert PLACE in got.content.decode() and not Activity.objects.exists()


def test_the_days_of_the_enrolment_itself_and_the_leap_day_are_in_it(cast: Cast) -> None:
    with time_machine.travel("2028-03-01 09:00+01:00", tick=False):
        way = way_in(cast, days=1)
        assert way.enrolled_on == date(2028, 2, 29)
        activity = active(cast, way, from_on=date(2028, 2, 29), to_on=date(2028, 2, 29))
        assert activity.to_on == date(2028, 2, 29)
        with pytest.raises(DatesDoNotFit):
            active(cast, way, from_on=date(2028, 2, 28), to_on=None)


@pytest.mark.parametrize("hours", ["", "-1", "41", "tio", "12,5", "1e1", "9" * 5000, "9" * 25, "1\x002", "²"])
def test_hours_that_are_none_are_refused_in_words(cast: Cast, as_hat: AsHat, hours: str) -> None:
    way, client = way_in(cast), as_hat(cast.soc)
    got = client.post(reverse("new_activity", args=[way.pk]), activity_form(hours=hours))
    assert got.status_code == 200
    (says,) = got.context["form"].errors["hours"]
    assert "timmar" in says and "Enter" not in says
    assert not Activity.objects.exists()


@pytest.mark.parametrize("hours", ["0", "1", "40"])
def test_hours_from_none_to_full_time_are_kept(cast: Cast, as_hat: AsHat, hours: str) -> None:
    way, client = way_in(cast), as_hat(cast.soc)
    assert post(client, "new_activity", way.pk, **activity_form(hours=hours))[0] == 302
    assert Activity.objects.get().hours == int(hours)


@pytest.mark.parametrize("where", ["", "x\x00y", "x" * 5001])
def test_a_placement_needs_a_place_that_can_be_read(cast: Cast, as_hat: AsHat, where: str) -> None:
    way, client = way_in(cast), as_hat(cast.soc)
    got = client.post(reverse("new_activity", args=[way.pk]), activity_form(where=where))
    assert got.status_code == 200 and got.context["form"].errors["where"]
    assert post(client, "new_activity", way.pk, **activity_form("study_visit", where=""))[0] == 302
    assert not Activity.objects.get().no_displacement, "asked of placements only"


@pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 30])
def test_numbers_nobody_has_are_not_there(cast: Cast, as_hat: AsHat, number: str) -> None:
    client = as_hat(cast.soc)
    for address in (
        f"/vagen/{number}/aktivitet/",
        f"/vagen/aktivitet/{number}/andra/",
        f"/vagen/uppfoljning/{number}/",
    ):
        assert client.get(address).status_code == 404, address


# ---------- repeats, ends, what is not counted ----------
def test_the_same_form_twice_is_one_activity(cast: Cast, as_hat: AsHat) -> None:
    way, client = way_in(cast), as_hat(cast.soc)
    for _ in range(2):
        assert post(client, "new_activity", way.pk, **activity_form(), once="samma")[0] == 302
    assert Activity.objects.count() == 1
    assert AuditEntry.objects.filter(what="way.activity.add").count() == 1


def test_ended_early_it_keeps_what_was_done_and_drops_what_was_to_come(cast: Cast) -> None:
    way = way_in(cast)
    activity = active(cast, way, from_on=day(-20), to_on=day(90))
    assert activity.follow_ups.count() > 1
    end_activity(by=cast.soc, activity=activity, to_on=day(0))
    activity.refresh_from_db()
    assert activity.to_on == day(0) and not activity.follow_ups.filter(due_on__gt=day(0)).exists()


@pytest.mark.parametrize(("to_on", "says"), [(-21, "Ställ in den"), (91, "Ändra aktiviteten")])
def test_an_end_outside_the_activity_is_refused(cast: Cast, as_hat: AsHat, to_on: int, says: str) -> None:
    activity = active(cast, way_in(cast), from_on=day(-20), to_on=day(90))
    status, page = post(as_hat(cast.soc), "end_activity", activity.pk, to_on=say_date(day(to_on)))
    assert status == 200 and says in page
    activity.refresh_from_db()
    assert activity.to_on == day(90)


def test_what_was_called_off_stays_to_be_read_and_is_asked_about_by_nobody(cast: Cast, as_hat: AsHat) -> None:
    way = way_in(cast)
    activity = active(cast, way, from_on=day(-30), to_on=day(-1))
    cancel_activity(by=cast.soc, activity=activity)
    assert ask_about_activities() == 0
    page = as_hat(cast.soc).get(reverse("way", args=[way.pk])).content.decode()
    assert PLACE in page and "Inställd" in page and "Enkäten är skickad" not in page


def test_what_would_go_on_after_a_discharge_ends_with_it(cast: Cast) -> None:
    way = way_in(cast)
    open_ended, long, over = (active(cast, way, from_on=day(-30), to_on=to) for to in (None, day(90), day(-9)))
    later = active(cast, way, from_on=day(5), to_on=day(90))
    discharge_by_hand(way, day(-1))
    ask_about_activities()
    for activity in (open_ended, long, over, later):
        activity.refresh_from_db()
    assert (open_ended.to_on, long.to_on, over.to_on) == (day(-1), day(-1), day(-9))
    assert later.cancelled_at is not None
    assert SurveyRequest.objects.count() == 3
    before = AuditEntry.objects.count()
    assert ask_about_activities() == 0 and AuditEntry.objects.count() == before, "run again it does nothing"


def test_the_kind_stays_once_the_participant_has_been_asked(cast: Cast, as_hat: AsHat) -> None:
    way = way_in(cast)
    activity = active(cast, way, from_on=day(-30), to_on=day(-1))
    ask_about_activities()
    form = activity_form("group_activity", from_on=say_date(day(-30)), to_on=say_date(day(-1)))
    status, page = post(as_hat(cast.soc), "change_activity", activity.pk, **form)
    assert status == 200 and "Enkäten om aktiviteten är skickad" in page


# ---------- the page ----------
def test_the_way_page_costs_as_much_for_thirty_activities_as_for_one(cast: Cast, as_hat: AsHat) -> None:
    way, client = way_in(cast), as_hat(cast.soc)

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse("way", args=[way.pk])).status_code == 200
        return len(asked)

    active(cast, way)
    client.get(reverse("way", args=[way.pk]))
    one = cost()
    for number in range(29):
        active(cast, way, from_on=day(-number), to_on=day(number + 30))
    assert cost() == one


def test_reading_is_logged_and_no_title_or_address_names_anybody(cast: Cast, as_hat: AsHat) -> None:
    way, client = way_in(cast), as_hat(cast.soc)
    activity = active(cast, way)
    for verb, pk in (("new_activity", way.pk), *((verb, activity.pk) for verb in list(VERBS)[:4])):
        before = AuditEntry.objects.filter(act="read", participant_id=cast.person.pk).count()
        page = client.get(reverse(verb, args=[pk])).content.decode()
        title = page.split("<title>")[1].split("</title>")[0]
        assert SECRET_NAME not in title and "None" not in page
        assert AuditEntry.objects.filter(act="read", participant_id=cast.person.pk).count() == before + 1, verb


def test_another_persons_activities_are_not_on_the_page(cast: Cast, as_hat: AsHat) -> None:
    other = make_participant(cast.soc_desk, "Annan", "Person")
    active(cast, way_in(cast, person=other), where="Annat ställe")
    way = way_in(cast)
    assert "Annat ställe" not in as_hat(cast.soc).get(reverse("way", args=[way.pk])).content.decode()


# ---------- the days that are proposed ----------
def test_follow_ups_are_proposed_two_weeks_in_and_then_every_month_until_the_end() -> None:
    # 2 November 2026 is a Monday; 16 January 2027 a Saturday.
    assert follow_up_days(date(2026, 11, 2), date(2027, 2, 20)) == [
        date(2026, 11, 16),
        date(2026, 12, 16),
        date(2027, 1, 18),
        date(2027, 2, 16),
    ]
    assert follow_up_days(date(2026, 11, 2), date(2026, 11, 6)) == [date(2026, 11, 6)], "too short for two weeks"
    assert follow_up_days(date(2026, 11, 2), date(2026, 11, 16)) == [date(2026, 11, 16)]
    assert len(follow_up_days(date(2026, 11, 2), None)) == 6, "no last day: half a year of them"
    leap = follow_up_days(date(2028, 1, 15), date(2028, 4, 1))
    assert leap == [date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 29)]


def test_no_day_that_has_been_is_proposed(cast: Cast) -> None:
    activity = active(cast, way_in(cast), from_on=day(-80), to_on=day(30))
    assert activity.follow_ups.exists() and not activity.follow_ups.filter(due_on__lt=day(0)).exists()


def test_other_days_take_the_follow_ups_along(cast: Cast) -> None:
    activity = active(cast, way_in(cast), from_on=day(0), to_on=day(40))
    change_activity(by=cast.soc, activity=activity, given=given(to_on=day(150)))
    longer = list(activity.follow_ups.values_list("due_on", flat=True))
    assert max(longer) > day(40) and len(set(longer)) == len(longer)
    change_activity(by=cast.soc, activity=activity, given=given(to_on=day(20)))
    assert max(activity.follow_ups.values_list("due_on", flat=True)) <= day(20)
    change_activity(by=cast.soc, activity=activity, given=given("group_activity", to_on=day(20)))
    assert not activity.follow_ups.exists()
    assert add_activity(by=cast.soc, enrolment=activity.enrolment, given=given()).follow_ups.exists()


def test_what_an_ended_month_counts_is_not_moved_but_called_off_and_added_anew(cast: Cast) -> None:
    """Or a month counted again would not be the same."""
    with time_machine.travel(datetime(2026, 12, 7, 9, tzinfo=UTC)):
        way = way_in(cast)
        activity = active(cast, way, from_on=date(2026, 11, 20), to_on=date(2027, 2, 1))
        for moved in (given(from_on=date(2026, 12, 8)), given("learning_place", from_on=date(2026, 11, 20))):
            with pytest.raises(DatesDoNotFit, match="räknad"):
                change_activity(by=cast.soc, activity=activity, given=moved)
        change_activity(by=cast.soc, activity=activity, given=given(from_on=date(2026, 11, 20), hours=3))
        later = active(cast, way, from_on=date(2026, 12, 20), to_on=date(2027, 2, 1))
        with pytest.raises(DatesDoNotFit, match="räknad"):
            change_activity(by=cast.soc, activity=later, given=given(from_on=date(2026, 11, 30)))
        change_activity(by=cast.soc, activity=later, given=given(from_on=date(2026, 12, 21)))
