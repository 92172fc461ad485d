"""Follow-ups of placements: who is told and when, Idag, what is written, and the day on the participant's page."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from notifications.models import Notification, ParticipantMail
from tests.cast import SECRET_NAME, Cast, make_participant
from tests.meetings.talks import make_phone
from tests.pathway.activity_stage import PLACE, ROLES, TEXT, active, day, discharge_by_hand, hats, in_state, way_in
from workspace.front.actions.way_activities import move_follow_up, tell_follow_ups
from workspace.front.queries import coming, to_do
from workspace.models import Absence, AuditEntry, Contact, Participant
from workspace.pathway.actions.activities import cancel_activity, record_follow_up
from workspace.pathway.models import Activity, FollowUp
from workspace.rules import Hat
from workspace.states import Channel
from workspace.swedish import say_date, say_full_weekday

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
KIND = "way.follow_up_due"


def due_now(cast: Cast, person: Participant | None = None) -> FollowUp:
    """A placement with one follow-up that is due today."""
    activity = active(cast, way_in(cast, person=person), from_on=day(-30), to_on=day(60))
    activity.follow_ups.all().delete()
    return FollowUp.objects.create(activity=activity, due_on=day(0))


def told() -> set[str]:
    return set(Notification.objects.filter(kind=KIND).values_list("membership__user__username", flat=True))


# ---------- who is told ----------
def test_the_desk_is_told_once_when_it_is_due_and_nobody_before(cast: Cast) -> None:
    follow_up = due_now(cast)
    FollowUp.objects.update(due_on=day(1))
    assert tell_follow_ups() == 0
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        assert tell_follow_ups() == 1 and tell_follow_ups() == 0
    assert told() == {"soc", "soc2"}
    (one, *_) = Notification.objects.filter(kind=KIND)
    assert one.object_id == follow_up.pk and one.acting_agency is None


def test_whoever_is_away_is_not_told(cast: Cast) -> None:
    due_now(cast)
    Absence.objects.create(membership=cast.soc_2, from_on=day(-1), to_on=day(1))
    tell_follow_ups()
    assert told() == {"soc"}


@pytest.mark.parametrize("how", ["done", "cancelled", "discharged", "agency left"])
def test_nothing_is_said_of_what_need_not_be_done(cast: Cast, how: str) -> None:
    follow_up = due_now(cast)
    if how == "done":
        record_follow_up(by=cast.soc, follow_up=follow_up, done_on=day(0), text="Bra")
    elif how == "cancelled":
        cancel_activity(by=cast.soc, activity=follow_up.activity)
    elif how == "discharged":
        discharge_by_hand(follow_up.activity.enrolment, day(0))
    else:
        agency = cast.soc.agency
        agency.left_on = day(-1)
        agency.save()
    assert tell_follow_ups() == 0 and told() == set()
    assert how == "agency left" or not to_do(cast.soc)[0]


def test_on_another_day_it_is_said_anew_and_the_participant_hears(cast: Cast) -> None:
    follow_up = due_now(cast)
    Contact.objects.update_or_create(
        participant=cast.person, defaults={"channel": Channel.EMAIL, "address": "mira@exempel.se"}
    )
    tell_follow_ups()
    move_follow_up(by=cast.soc, follow_up=follow_up, due_on=day(5))
    assert ParticipantMail.objects.filter(participant=cast.person).count() == 1
    assert tell_follow_ups() == 0
    with time_machine.travel(timezone.now() + timedelta(days=5), tick=False):
        assert tell_follow_ups() == 1
    assert Notification.objects.filter(kind=KIND).count() == 4


def test_what_was_told_leaves_the_lists_when_the_follow_up_is_removed(cast: Cast, as_hat: AsHat) -> None:
    follow_up = due_now(cast)
    tell_follow_ups()
    got = as_hat(cast.soc).post(reverse("remove_follow_up", args=[follow_up.pk]))
    assert got.status_code == 302 and not FollowUp.objects.exists()
    assert not Notification.objects.filter(kind=KIND, closed_at__isnull=True).exists()


# ---------- Idag ----------
def test_it_stands_on_idag_for_the_desk_and_for_nobody_else(cast: Cast, as_hat: AsHat) -> None:
    follow_up = due_now(cast)
    for role in ROLES:
        page = as_hat(hats(cast)[role]).get("/", follow=True).content.decode()
        there = "Följ upp praktiken" in page and reverse("follow_up", args=[follow_up.pk]) in page
        assert there is (role in {"soc", "soc_2"}), role
        assert there or SECRET_NAME not in page, role
    assert AuditEntry.objects.filter(what="today", participant_id=cast.person.pk).count() == 2
    record_follow_up(by=cast.soc, follow_up=follow_up, done_on=day(0), text=TEXT)
    assert not to_do(cast.soc)[0]


def test_what_is_to_come_stands_under_what_comes(cast: Cast) -> None:
    due_now(cast)
    FollowUp.objects.update(due_on=day(9))
    assert not to_do(cast.soc)[0]
    rows, people = coming(cast.soc)
    assert [row.title for row in rows] == ["Följ upp praktiken"] and people == [cast.person.pk]
    FollowUp.objects.update(due_on=day(31))
    assert not coming(cast.soc)[0]
    assert not coming(cast.psyk)[0]


def test_idag_costs_as_much_for_thirty_follow_ups_as_for_one(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/").status_code == 200
        return len(asked)

    due_now(cast)
    client.get("/")
    one = cost()
    for number in range(29):
        due_now(cast, make_participant(cast.soc_desk, f"Namn{number}", "Testsson"))
    assert len(to_do(cast.soc)[0]) == 30
    assert cost() == one


# ---------- what is written ----------
def test_how_it_goes_is_written_once_and_the_next_is_proposed(cast: Cast, as_hat: AsHat) -> None:
    follow_up, client = due_now(cast), as_hat(cast.soc)
    address, form = reverse("follow_up", args=[follow_up.pk]), {"done_on": say_date(day(0)), "text": TEXT}
    for _ in range(2):
        assert client.post(address, {**form, "once": "samma"}).status_code == 302
    follow_up.refresh_from_db()
    assert (follow_up.done_on, follow_up.text, follow_up.done_by) == (day(0), TEXT, cast.soc)
    (following,) = FollowUp.objects.filter(done_on__isnull=True)
    assert day(27) <= following.due_on <= day(34)
    assert TEXT in client.get(address).content.decode()
    again = as_hat(cast.soc_2).post(address, {**form, "text": "Något annat"})
    assert again.status_code == 409
    follow_up.refresh_from_db()
    assert follow_up.text == TEXT


BAD = {
    "no text": ({"text": ""}, "text", "Skriv hur det går."),
    "endless": ({"text": "x" * 5001}, "text", "tecken för lång"),
    "null": ({"text": "x\x00y"}, "text", "tecken"),
    "to come": ({"done_on": "+1"}, "done_on", "har inte varit än"),
    "before it began": ({"done_on": "-31"}, "done_on", "Aktiviteten började"),
    "no day": ({"done_on": "snart"}, "done_on", "är inget datum"),
    "no day at all": ({"done_on": ""}, "done_on", "Skriv dagen."),
}


@pytest.mark.parametrize("fault", BAD)
def test_what_cannot_be_kept_is_refused_at_its_field(cast: Cast, as_hat: AsHat, fault: str) -> None:
    follow_up = due_now(cast)
    fields, field, says = BAD[fault]
    said = {key: say_date(day(int(value))) if value[:1] in ("+", "-") else value for key, value in fields.items()}
    form = {"done_on": say_date(day(0)), "text": TEXT, **said}
    got = as_hat(cast.soc).post(reverse("follow_up", args=[follow_up.pk]), form)
    assert got.status_code == 200 and says in got.context["form"].errors[field][0]
    follow_up.refresh_from_db()
    assert follow_up.done_on is None


@pytest.mark.parametrize(("due_on", "says"), [(-1, "har redan varit"), (61, "Aktiviteten är slut då")])
def test_a_day_outside_the_activity_or_that_has_been_is_refused(
    cast: Cast, as_hat: AsHat, due_on: int, says: str
) -> None:
    follow_up, client = due_now(cast), as_hat(cast.soc)
    for name, pk in (("move_follow_up", follow_up.pk), ("new_follow_up", follow_up.activity_id)):
        got = client.post(reverse(name, args=[pk]), {"due_on": say_date(day(due_on))})
        assert got.status_code == 200 and says in got.context["form"].errors["due_on"][0]
    assert list(FollowUp.objects.values_list("due_on", flat=True)) == [day(0)]


def test_what_is_no_placement_is_not_followed_up(cast: Cast, as_hat: AsHat) -> None:
    activity = active(cast, way_in(cast), "study_visit", where="")
    assert not activity.follow_ups.exists()
    got = as_hat(cast.soc).post(reverse("new_follow_up", args=[activity.pk]), {"due_on": say_date(day(3))})
    assert got.status_code == 200 and "följs inte upp" in got.content.decode()
    assert not FollowUp.objects.exists()


# ---------- the participant's page ----------
@pytest.mark.parametrize("state", ["planned", "going_on", "cancelled", "discharged"])
def test_the_participant_sees_the_next_follow_up_while_there_is_one(cast: Cast, state: str) -> None:
    activity = in_state(cast, way_in(cast), state)
    page = make_phone(cast).client.get("/min-sida/").content.decode()
    first = activity.follow_ups.order_by("due_on")[0]
    assert ("Vi följer upp hur det går" in page) is (state in {"planned", "going_on"})
    assert (say_full_weekday(first.due_on) in page) is (state in {"planned", "going_on"})
    assert PLACE not in page, "where it is does not stand on a lost phone"


def test_what_was_written_is_not_on_the_participants_page(cast: Cast) -> None:
    record_follow_up(by=cast.soc, follow_up=due_now(cast), done_on=day(0), text=TEXT)
    assert TEXT not in make_phone(cast).client.get("/min-sida/").content.decode()
    assert Activity.objects.count() == 1
