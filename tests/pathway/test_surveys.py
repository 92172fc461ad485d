"""The survey after an activity, from inside: when it is asked, and that nothing kept tells whose an answer is."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications.models import Notification, ParticipantMail
from tests.cast import Cast, make_participant
from tests.meetings.talks import make_phone
from tests.pathway.activity_stage import active, asked_survey, day, discharge_by_hand, hats, in_state, way_in
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.front.actions.way_activities import ask_about_activities
from workspace.front.tasks import SWEEPS
from workspace.models import AuditEntry, Contact, IdempotencyKey
from workspace.pathway.actions.activities import cancel_activity
from workspace.pathway.actions.surveys import answer_survey
from workspace.pathway.models import SurveyAnswer, SurveyRequest
from workspace.pathway.states import Equal
from workspace.rules import Hat
from workspace.states import Channel, Gender

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
ANSWER = {"useful": "4", "listened": "5", "equal": "partly"}


# ---------- when it is asked ----------
@pytest.mark.parametrize(
    ("to_on", "state", "asked"),
    [(-1, "", 1), (0, "", 0), (5, "", 0), (None, "", 0), (-60, "", 1), (-61, "", 0), (-1, "cancelled", 0)],
)
def test_it_is_asked_once_when_the_last_day_has_passed(cast: Cast, to_on: int | None, state: str, asked: int) -> None:
    activity = active(cast, way_in(cast), from_on=day(-90), to_on=None if to_on is None else day(to_on))
    if state:
        cancel_activity(by=cast.soc, activity=activity)
    assert ask_about_activities() == asked
    assert ask_about_activities() == 0
    assert SurveyRequest.objects.count() == asked
    assert not Notification.objects.filter(kind__startswith="way.").exists(), "staff are told nothing"


def test_the_participant_is_mailed_that_there_is_something_to_read(cast: Cast) -> None:
    Contact.objects.update_or_create(
        participant=cast.person, defaults={"channel": Channel.EMAIL, "address": "mira@exempel.se"}
    )
    asked_survey(cast, way_in(cast))
    assert [mail.participant for mail in ParticipantMail.objects.all()] == [cast.person]


def test_it_is_asked_after_a_discharge_too(cast: Cast) -> None:
    way = way_in(cast)
    in_state(cast, way, "going_on")
    discharge_by_hand(way, day(-1))
    assert ask_about_activities() == 1


def test_the_sweep_asks_before_it_mails() -> None:
    names = [sweep.__name__ for sweep in SWEEPS]
    assert names.index("ask_about_activities") < names.index("tell_follow_ups") < names.index("send_participant_mails")


# ---------- anonymous ----------
def test_an_answer_holds_what_is_counted_and_nothing_else(cast: Cast) -> None:
    asked, phone = asked_survey(cast, way_in(cast)), make_phone(cast)
    assert phone.client.post(reverse("own_survey", args=[asked.pk]), ANSWER).status_code == 302
    (row,) = SurveyAnswer.objects.values()
    key = row.pop("key")
    assert row == {
        "cooperation_id": cast.cooperation.pk,
        "kind_id": "work_placement",
        "month": timezone.localdate().replace(day=1),
        "gender": Gender.WOMAN,
        "useful": 4,
        "listened": 5,
        "equal": Equal.PARTLY,
    }
    assert key.version == 4


def test_no_table_points_at_an_answer_and_no_row_has_its_key(cast: Cast) -> None:
    before = {model: set(model._default_manager.values_list("pk", flat=True)) for model in apps.get_models()}
    asked, phone = asked_survey(cast, way_in(cast)), make_phone(cast)
    phone.client.post(reverse("own_survey", args=[asked.pk]), {**ANSWER, "once": "nyckel"})
    answer = SurveyAnswer.objects.get()
    pointing = [f"{field.model.__name__}.{field.name}" for field in SurveyAnswer._meta.related_objects]
    assert not pointing
    assert {field.name for field in SurveyAnswer._meta.fields if field.is_relation} == {"cooperation", "kind"}
    for model in apps.get_models():
        if model is not SurveyAnswer:
            kept = repr(list(model._default_manager.values()))
            assert str(answer.pk) not in kept and answer.pk.hex not in kept, model.__name__
    (audit,) = AuditEntry.objects.filter(what="survey.answer")
    assert (audit.object_id, audit.participant_id) == (None, cast.person.pk)
    (form,) = IdempotencyKey.objects.filter(action__startswith="own_survey")
    assert str(answer.pk) not in form.result_url and before


def test_what_was_answered_is_said_nowhere_but_in_the_answer(cast: Cast) -> None:
    """The same act with other answers leaves the same rows elsewhere."""
    asked, phone = asked_survey(cast, way_in(cast)), make_phone(cast)
    phone.client.post(reverse("own_survey", args=[asked.pk]), ANSWER)
    request = SurveyRequest.objects.values().get()
    assert request == {"id": asked.pk, "activity_id": asked.activity_id, "asked_on": day(0), "is_answered": True}


def test_the_order_by_key_says_nothing_of_the_order_of_answering(cast: Cast) -> None:
    way, phone = way_in(cast), make_phone(cast)
    for number in range(12):
        active(cast, way, from_on=day(-40 + number), to_on=day(-1))
    ask_about_activities()
    given = []
    for asked in SurveyRequest.objects.order_by("pk"):
        known = set(SurveyAnswer.objects.values_list("pk", flat=True))
        answer_survey(by=phone.browser, asked=asked, useful=3, listened=3, equal=Equal.UNSURE)
        given += [pk for pk in SurveyAnswer.objects.values_list("pk", flat=True) if pk not in known]
    assert len(given) == 12
    assert sorted(given) not in (given, given[::-1]), "1 in 239 million by chance"


def test_no_column_of_an_answer_has_a_moment() -> None:
    with connection.cursor() as cursor:
        columns = {column.name for column in connection.introspection.get_table_description(cursor, _table())}
    assert columns == {"key", "month", "gender", "useful", "listened", "equal", "cooperation_id", "kind_id"}


def _table() -> str:
    return SurveyAnswer._meta.db_table


def test_staff_see_that_it_was_sent_and_not_whether_it_was_answered(cast: Cast, as_hat: AsHat) -> None:
    way = way_in(cast)
    asked, phone = asked_survey(cast, way), make_phone(cast)

    def seen() -> dict[str, tuple[int, int]]:
        pages = {}
        for role, hat in hats(cast).items():
            got = as_hat(hat).get(reverse("way", args=[way.pk]))
            pages[role] = (got.status_code, got.content.decode().count("Enkäten är skickad"))
        return pages

    before = seen()
    phone.client.post(reverse("own_survey", args=[asked.pk]), ANSWER)
    assert seen() == before
    assert {role for role, (_, sent) in before.items() if sent} == {"soc", "soc_2"}


# ---------- what is refused ----------
def test_another_persons_survey_cannot_be_answered(cast: Cast) -> None:
    other = make_participant(cast.soc_desk, "Annan", "Person")
    asked, phone = asked_survey(cast, way_in(cast, person=other)), make_phone(cast)
    with pytest.raises(NotAllowed):
        answer_survey(by=phone.browser, asked=asked, useful=3, listened=3, equal=Equal.YES)
    assert phone.client.post(reverse("own_survey", args=[asked.pk]), ANSWER).status_code == 404
    assert not SurveyAnswer.objects.exists()


def test_a_second_answer_and_a_late_one_are_refused(cast: Cast) -> None:
    asked, phone = asked_survey(cast, way_in(cast)), make_phone(cast)
    with time_machine.travel(timezone.now() + timedelta(days=61), tick=False), pytest.raises(SomebodyWasFaster):
        answer_survey(by=phone.browser, asked=asked, useful=3, listened=3, equal=Equal.YES)
    answer_survey(by=phone.browser, asked=asked, useful=3, listened=3, equal=Equal.YES)
    with pytest.raises(SomebodyWasFaster):
        answer_survey(by=phone.browser, asked=asked, useful=1, listened=1, equal=Equal.NO)
    assert SurveyAnswer.objects.count() == 1


@pytest.mark.parametrize(("useful", "listened", "equal"), [(0, 3, "yes"), (3, 6, "yes"), (3, 3, "maybe")])
def test_values_outside_the_scale_are_refused(cast: Cast, useful: int, listened: int, equal: str) -> None:
    asked, phone = asked_survey(cast, way_in(cast)), make_phone(cast)
    with pytest.raises(NotAllowed):
        answer_survey(by=phone.browser, asked=asked, useful=useful, listened=listened, equal=equal)  # type: ignore[arg-type]
    assert not SurveyRequest.objects.get().is_answered
