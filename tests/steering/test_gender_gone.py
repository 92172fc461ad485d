"""The standing item is on every agenda: it can't be taken away, closed empty or left out by any door (R15)."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from meetings.models import AgendaItem, TemplateItem
from meetings.states import GenderAnswer, ItemKind, MeetingState, MinutesState
from tests.cast import Cast
from tests.figures.test_figures_page import page
from tests.meetings.cast import make_meeting, put_in
from tests.steering.gender_stage import address, form_of, gender_of
from tests.steering.stage import Steering, make_steering, running
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
ORDER = ("kind", "title", "position")


@pytest.fixture
def stage(cast: Cast) -> Steering:
    return make_steering(cast)


def last(stage: Steering) -> AgendaItem:
    return stage.meeting.items.order_by("-position", "-pk")[0]


def test_no_form_of_the_agenda_takes_it_away_renames_it_or_puts_it_last(stage: Steering, as_hat: AsHat) -> None:
    chair, item, pk = as_hat(stage.cast.chair), gender_of(stage.meeting), stage.meeting.pk
    changed = {"title": "Annat", "section": item.section, "purpose": "decision", "minutes": "5"}
    acts = [
        (reverse("remove_item", args=[pk, item.pk]), {}),
        (reverse("change_item", args=[pk, item.pk]), changed),
        (reverse("place_item", args=[pk]), {"item": item.pk, "after": last(stage).pk}),
    ]
    for path, data in acts:
        chair.post(path, data)
        kept = gender_of(stage.meeting)
        assert kept.title == item.title and last(stage).pk != item.pk, path
    for _ in range(20):
        chair.post(reverse("move_item", args=[pk, item.pk]), {"vart": "ner"})
    assert last(stage).pk != item.pk


def test_others_that_leave_do_not_leave_it_last(stage: Steering, as_hat: AsHat) -> None:
    chair = as_hat(stage.cast.chair)
    for other in list(stage.meeting.items.exclude(kind=ItemKind.GENDER_EQUALITY)):
        chair.post(reverse("remove_item", args=[stage.meeting.pk, other.pk]))
    assert AgendaItem.objects.filter(meeting=stage.meeting, kind=ItemKind.GENDER_EQUALITY).exists()
    left = stage.meeting.items.count()
    assert left == 1 or last(stage).kind != ItemKind.GENDER_EQUALITY, "last of several it never stands"


def test_a_template_without_it_still_gives_it(stage: Steering, as_hat: AsHat) -> None:
    chair, line = as_hat(stage.cast.chair), TemplateItem.objects.get(group=stage.group, kind="gender_equality")
    chair.post(reverse("remove_template_item", args=[stage.group.pk, line.pk]))
    assert TemplateItem.objects.filter(pk=line.pk).exists()
    TemplateItem.objects.filter(group=stage.group).delete()
    assert gender_of(make_meeting(stage.group, days=60))


def test_no_meeting_ends_and_no_minutes_leave_while_it_is_empty(stage: Steering, as_hat: AsHat) -> None:
    running(stage)
    chair, pk = as_hat(stage.cast.chair), stage.meeting.pk
    for data in ({}, {"answer": "decision"}, {"answer": "no_deviation", "reason": "   "}):
        assert chair.post(address(stage.meeting, "avsluta/"), form_of(stage.meeting, **data)).status_code == 422
        assert chair.post(reverse("item_gender", args=[gender_of(stage.meeting).pk]), data).status_code == 422
    got = chair.post(reverse("room_finish", args=[pk]))
    assert got.status_code == 403 and "Jämställdhet är inte besvarad." in got.content.decode()
    put_in(stage.meeting, MeetingState.HELD)
    there = stage.meeting.attendances.exclude(present_how="")
    people = {"adjusters": [there[0].pk], "recipients": [row.pk for row in there]}
    chair.post(reverse("minutes_send", args=[pk]), people)
    stage.meeting.refresh_from_db()
    assert stage.meeting.minutes_state == MinutesState.DRAFT
    chair.post(address(stage.meeting, "avsluta/"), form_of(stage.meeting, answer="no_deviation", reason="Lika."))
    assert gender_of(stage.meeting).gender_answer == GenderAnswer.NO_DEVIATION
    chair.post(reverse("minutes_send", args=[pk]), people)
    stage.meeting.refresh_from_db()
    assert stage.meeting.minutes_state == MinutesState.SENT


def test_the_page_is_there_for_every_meeting_of_every_group(cast: Cast, stage: Steering, as_hat: AsHat) -> None:
    for state in MeetingState.values:
        put_in(stage.meeting, MeetingState(state))
        assert "Jämställdhet" in page(as_hat(stage.cast.chair), address(stage.meeting)), state
