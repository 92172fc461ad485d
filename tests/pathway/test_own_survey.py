"""«Hur var det?» on the participant's page: asked, answered once, left alone, and said in plain words."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.cast import Cast
from tests.meetings.talks import make_phone
from tests.pathway.activity_stage import PLACE, active, asked_survey, day, way_in
from workspace.front.actions.way_activities import ask_about_activities
from workspace.pathway.actions.activities import cancel_activity
from workspace.pathway.models import SurveyAnswer, SurveyRequest
from workspace.states import Gender

pytestmark = pytest.mark.django_db
OWN = "/min-sida/"
ANSWER = {"useful": "1", "listened": "5", "equal": "no"}


def test_it_is_on_the_page_until_it_is_answered_and_says_that_nobody_sees_who(cast: Cast) -> None:
    asked, phone = asked_survey(cast, way_in(cast)), make_phone(cast)
    address = reverse("own_survey", args=[asked.pk])
    page = phone.client.get(OWN).content.decode()
    assert address in page and "Säg hur det var" in page and PLACE not in page
    form = phone.client.get(address).content.decode()
    assert "Ingen ser vem som har svarat" in form and "Hade kvinnor och män samma möjligheter här?" in form
    assert PLACE not in form
    done = phone.client.post(address, ANSWER, follow=True)
    assert "Tack. Ditt svar är sparat." in done.content.decode()
    assert address not in phone.client.get(OWN).content.decode()


def test_the_same_form_twice_is_one_answer_and_a_second_form_is_kindly_refused(cast: Cast) -> None:
    asked, phone = asked_survey(cast, way_in(cast)), make_phone(cast)
    address = reverse("own_survey", args=[asked.pk])
    for _ in range(3):
        assert phone.client.post(address, {**ANSWER, "once": "samma"}).status_code == 302
    again = phone.client.post(address, {**ANSWER, "once": "en annan"})
    assert again.status_code == 409 and "Du har redan svarat" in again.content.decode()
    assert phone.client.get(address).status_code == 409
    assert SurveyAnswer.objects.count() == 1


@pytest.mark.parametrize("left_out", ["useful", "listened", "equal"])
def test_a_question_without_an_answer_is_said_at_its_place_and_the_rest_is_kept(cast: Cast, left_out: str) -> None:
    asked, phone = asked_survey(cast, way_in(cast)), make_phone(cast)
    got = phone.client.post(reverse("own_survey", args=[asked.pk]), {**ANSWER, left_out: ""})
    assert got.status_code == 422 and list(got.context["form"].errors) == [left_out]
    assert got.content.decode().count(" checked") == 2
    assert not SurveyAnswer.objects.exists() and not SurveyRequest.objects.get().is_answered


@pytest.mark.parametrize("value", ["0", "6", "-1", "x", "1e9", "²", "9" * 30, "x\x00y", "x" * 5001, "maybe"])
def test_no_value_makes_it_fail(cast: Cast, value: str) -> None:
    asked, phone = asked_survey(cast, way_in(cast)), make_phone(cast)
    for field in ANSWER:
        got = phone.client.post(reverse("own_survey", args=[asked.pk]), {**ANSWER, field: value})
        assert got.status_code == 422 and "Välj ett av svaren." in got.content.decode(), field
    assert not SurveyAnswer.objects.exists()


@pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 30])
def test_a_survey_that_is_not_there_is_a_plain_page(cast: Cast, number: str) -> None:
    got = make_phone(cast).client.get(f"/min-sida/hur-var-det/{number}/")
    assert got.status_code == 404


def test_what_was_called_off_and_what_is_old_is_not_asked(cast: Cast) -> None:
    asked, phone = asked_survey(cast, way_in(cast)), make_phone(cast)
    cancel_activity(by=cast.soc, activity=asked.activity)
    assert "Säg hur det var" not in phone.client.get(OWN).content.decode()
    assert phone.client.get(reverse("own_survey", args=[asked.pk])).status_code == 404


def test_after_two_months_it_is_gone(cast: Cast) -> None:
    asked = asked_survey(cast, way_in(cast))
    for days, there in ((60, True), (61, False)):
        with time_machine.travel(timezone.now() + timedelta(days=days), tick=False):
            phone = make_phone(cast)
            assert ("Säg hur det var" in phone.client.get(OWN).content.decode()) is there
            assert phone.client.get(reverse("own_survey", args=[asked.pk])).status_code == (200 if there else 409)


def test_the_sex_is_the_one_stated_also_where_it_is_not(cast: Cast) -> None:
    cast.person.gender = Gender.UNKNOWN
    cast.person.save()
    asked = asked_survey(cast, way_in(cast))
    make_phone(cast).client.post(reverse("own_survey", args=[asked.pk]), ANSWER)
    assert SurveyAnswer.objects.get().gender == Gender.UNKNOWN


def test_without_a_visit_nothing_is_shown_and_nothing_is_kept(cast: Cast) -> None:
    asked = asked_survey(cast, way_in(cast))
    client, address = Client(), reverse("own_survey", args=[asked.pk])
    assert client.get(address).status_code == 302
    assert client.post(address, ANSWER).status_code == 403
    assert not SurveyAnswer.objects.exists()


def test_the_page_costs_as_much_for_thirty_surveys_as_for_one(cast: Cast) -> None:
    way = way_in(cast)
    asked_survey(cast, way)
    phone = make_phone(cast)

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert phone.client.get(OWN).status_code == 200
        return len(asked)

    phone.client.get(OWN)
    one = cost()
    for number in range(29):
        active(cast, way, from_on=day(-50 + number), to_on=day(-2))
    ask_about_activities()
    assert cost() == one
    assert phone.client.get(OWN).content.decode().count("/min-sida/hur-var-det/") == 3, "a few at a time"
