"""A plan is shown to the participant, frozen, answered, and shown anew when it has changed (R36)."""

import json
from collections.abc import Callable

import pytest
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from notifications.models import Notification, ParticipantMail
from tests.cast import Cast, make_participant
from tests.meetings.talks import make_phone
from tests.pathway.plan_stage import GOAL, OWN_WORDS, Planned, planned
from tests.pathway.stage import enrolled
from tests.referrals.journeys import undone
from workspace.errors import NotAllowed
from workspace.front.actions.way_plan import answer_plan
from workspace.models import Contact
from workspace.pathway.actions.plan_steps import change_goal, drop_step, finish_step
from workspace.pathway.actions.plans import (
    ANSWERED,
    NEWER,
    write_answer,
    write_obstacles,
    write_own_words,
)
from workspace.pathway.models import EnrolmentRecord, PlanAnswer, PlanVersion
from workspace.pathway.queries.plans import (
    NO_GOAL,
    NO_PATH,
    NO_STEP,
    base_of,
    read_plan,
)
from workspace.pathway.states import PlanVerdict
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]


def page_of(made: Planned) -> str:
    return reverse("way_plan", args=[made.way.pk])


# ---------- shown ----------
def test_a_plan_is_not_shown_before_it_has_goal_step_and_path(cast: Cast, as_hat: AsHat) -> None:
    way, client = enrolled(cast), as_hat(cast.soc)
    got = client.post(reverse("show_plan", args=[way.pk]))
    body = got.content.decode()
    assert got.status_code == 403 and all(sentence in body for sentence in (NO_GOAL, NO_STEP, NO_PATH))
    assert not PlanVersion.objects.exists()


def test_showing_freezes_the_plan_counts_it_and_lets_the_participant_know(cast: Cast, as_hat: AsHat) -> None:
    made, client = planned(cast), as_hat(cast.soc)
    Contact.objects.create(participant=cast.person, channel="email", address="mira@exempel.se")
    for _ in range(2):
        got = client.post(reverse("show_plan", args=[made.way.pk]), {"once": "samma"})
        assert (got.status_code, got.headers["Location"]) == (302, page_of(made))
    content = json.loads(PlanVersion.objects.get().content)
    assert content["own_words"] == OWN_WORDS and content["taken_down"] is True
    assert [step["responsible_name"] for step in content["goals"][0]["steps"]] == [
        "Socialtjänsten Piteå",
        "Vuxenpsykiatrin Piteå",
        "",
    ]
    assert ParticipantMail.objects.filter(participant=cast.person).count() == 1
    record = EnrolmentRecord.objects.get(enrolment=made.way, superseded_at=None)
    assert record.plan_made and record.plan_on is not None and record.path_identified
    assert not Notification.objects.exists()
    again = client.post(reverse("show_plan", args=[made.way.pk]), {"once": "annan"})
    assert again.status_code == 403 and PlanVersion.objects.count() == 1, "nothing is new"


def test_obstacles_are_never_in_what_the_participant_is_shown(cast: Cast) -> None:
    made = planned(cast)
    write_obstacles(by=cast.soc, enrolment=made.way, obstacles="Hemligt hinder", base="")
    assert "Hemligt hinder" not in made.show().content


def test_a_plan_that_has_changed_since_it_was_shown_says_so(cast: Cast, as_hat: AsHat) -> None:
    made, phone = planned(cast), make_phone(cast)
    made.show()
    client, says = as_hat(cast.soc), f"Ändrad sedan {cast.person.first_name} såg den"

    def changed() -> str:
        assert (says in client.get(page_of(made)).content.decode()) == (read_plan(made.way).changed == "plan")
        return read_plan(made.way).changed

    assert changed() == ""
    with undone():
        finish_step(by=cast.soc, step=made.step("soc"))
        assert changed() == "", "that a step is done is no other plan"
    for act in (
        lambda: drop_step(by=cast.soc, step=made.step("soc"), reason="Behövs inte"),
        lambda: change_goal(by=cast.soc, goal=made.goal, text="Annat mål", base=base_of(GOAL)),
        lambda: write_own_words(by=cast.soc, enrolment=made.way, own_words="Nya", strengths="", version=2),
    ):
        with undone():
            act()
            assert changed() == "plan"
            assert made.show().number == 2 and changed() == ""
    write_own_words(by=phone.browser, enrolment=made.way, own_words="Nya", strengths="", version=2)
    assert changed() == "words"
    assert "har ändrat sina ord sedan planen visades" in client.get(page_of(made)).content.decode()


def test_every_version_can_be_read_as_it_was_shown(cast: Cast, as_hat: AsHat) -> None:
    made = planned(cast)
    made.show()
    change_goal(by=cast.soc, goal=made.goal, text="Ett annat mål", base=base_of(GOAL))
    made.show()
    client = as_hat(cast.soc)
    first, second = (client.get(reverse("plan_version", args=[made.way.pk, n])).content.decode() for n in (1, 2))
    assert GOAL in first and "Ett annat mål" not in first and "Ett annat mål" in second
    assert "Vuxenpsykiatrin Piteå" in first and "Oklart ansvar" in first and "None" not in first
    for missing in (3, 0, 10**20):
        assert client.get(reverse("plan_version", args=[made.way.pk, missing])).status_code == 404


# ---------- answered ----------
def test_the_desk_is_told_of_the_participants_answer_and_nobody_else(cast: Cast, as_hat: AsHat) -> None:
    made, phone = planned(cast), make_phone(cast)
    version = made.show()
    answer_plan(by=phone.browser, version=version, verdict=PlanVerdict.DIFFERS, text="Fel häst")

    def told() -> QuerySet[Notification]:
        return Notification.objects.filter(kind="way.plan_answered")

    assert set(told().values_list("membership", flat=True)) == {cast.soc.pk, cast.soc_2.pk}
    assert {row.object_id for row in told()} == {made.way.pk}
    assert not Notification.objects.exclude(kind="way.plan_answered").exists()
    answer_plan(by=phone.browser, version=version, verdict=PlanVerdict.DIFFERS, text="Fel häst")
    assert told().count() == 2 and PlanAnswer.objects.count() == 1, "the same answer again is no news"
    body = as_hat(cast.soc).get(page_of(made)).content.decode()
    assert "Fel häst" in body and f"{cast.person.first_name} ser det annorlunda" in body
    assert told().get(membership=cast.soc).read_at is not None
    answer_plan(by=phone.browser, version=version, verdict=PlanVerdict.CONFIRMED)
    assert told().count() == 4 and read_plan(made.way).newest.is_confirmed


def test_staff_write_in_an_answer_given_in_person_unless_the_participant_has_answered(
    cast: Cast, as_hat: AsHat
) -> None:
    made, phone, client = planned(cast), make_phone(cast), as_hat(cast.soc)
    version = made.show()
    url = reverse("register_plan_answer", args=[made.way.pk, 1])
    assert client.post(url, {"verdict": "differs", "text": ""}).status_code == 422
    assert client.post(url, {"verdict": "nej"}).status_code == 422
    assert client.post(url, {"verdict": "confirmed", "text": ""}).status_code == 302
    body = client.get(page_of(made)).content.decode()
    assert f"inskrivet av {cast.soc.user}" in body
    assert not Notification.objects.exists()
    answer_plan(by=phone.browser, version=version, verdict=PlanVerdict.DIFFERS, text="Nej")
    assert client.post(url, {"verdict": "confirmed"}).status_code == 404
    with pytest.raises(NotAllowed, match=ANSWERED):
        write_answer(by=cast.soc, version=version, verdict=PlanVerdict.CONFIRMED)


def test_only_the_newest_version_is_answered_and_never_by_another(cast: Cast) -> None:
    made, phone = planned(cast), make_phone(cast)
    other = make_phone(cast, make_participant(cast.soc_desk, "Annan", "Person"))
    first = made.show()
    with pytest.raises(NotAllowed):
        answer_plan(by=other.browser, version=first, verdict=PlanVerdict.CONFIRMED)
    change_goal(by=cast.soc, goal=made.goal, text="Annat", base=base_of(GOAL))
    made.show()
    with pytest.raises(NotAllowed, match=NEWER):
        answer_plan(by=phone.browser, version=first, verdict=PlanVerdict.CONFIRMED)
    assert not PlanAnswer.objects.exists()
