"""The gender item leads to its own page, with its own month, and the figures to the steering group's meeting (R93)."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from meetings.models import AgendaItem, Group, Meeting
from meetings.states import GroupKind, ItemKind, MeetingState
from tests.cast import Cast, make_user
from tests.figures.frozen import frozen
from tests.figures.stage import moment
from tests.figures.test_figures_page import page, text_of
from tests.meetings.cast import Room, make_room, put_in
from workspace.models import CooperationRole
from workspace.rules import Hat
from workspace.states import CooperationRoleKind

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]


@pytest.fixture
def room(cast: Cast) -> Room:
    return make_room(cast)


@pytest.fixture
def steering(room: Room) -> Room:
    """The room's group as a steering group, with its gender equality item on the agenda."""
    Group.objects.filter(pk=room.group.pk).update(kind=GroupKind.STEERING)
    return room


def frozen_months(cast: Cast) -> None:
    frozen(cast.cooperation, date(2014, 7, 1), made_at=moment(2014, 8, 2))
    frozen(cast.cooperation, made_at=moment(2014, 9, 2))


def test_beside_the_gender_item_no_other_month_than_its_own_is_named_but_its_page(
    steering: Room, as_hat: AsHat
) -> None:
    frozen_months(steering.cast)
    link = f'href="/moten/{steering.meeting.pk}/jamstalldhet/"'
    for hat in (steering.cast.coordinator, steering.cast.chair, steering.cast.soc):
        html = page(as_hat(hat), f"/moten/{steering.meeting.pk}/")
        assert link in html and "Siffror t.o.m." not in text_of(html) and "/uppfoljning/manad" not in html, hat
    put_in(steering.meeting, MeetingState.IN_PROGRESS)
    item = AgendaItem.objects.get(meeting=steering.meeting, kind=ItemKind.GENDER_EQUALITY)
    Meeting.objects.filter(pk=steering.meeting.pk).update(current_item=item)
    for hat in (steering.cast.coordinator, steering.cast.soc):
        html = page(as_hat(hat), f"/moten/{steering.meeting.pk}/rum/")
        assert link in html and "Siffror t.o.m." not in text_of(html), hat


def test_a_page_that_does_not_show_them_asks_nothing_of_the_figures(steering: Room, as_hat: AsHat) -> None:
    frozen_months(steering.cast)
    client = as_hat(steering.cast.coordinator)
    with CaptureQueriesContext(connection) as asked:
        page(client, "/moten/")
    assert not [one for one in asked.captured_queries if "figures_snapshot" in one["sql"]]


def test_the_figures_name_the_steering_group_s_next_meeting(steering: Room, as_hat: AsHat) -> None:
    frozen_months(steering.cast)
    html = page(as_hat(steering.cast.coordinator), "/uppfoljning/")
    assert f'href="/moten/{steering.meeting.pk}/"' in html
    assert "siffrorna t.o.m. 31 aug. 2014 står under Jämställdhet." in text_of(html)
    evaluator = CooperationRole.objects.create(
        cooperation=steering.cast.cooperation, user=make_user("folj"), role=CooperationRoleKind.EVALUATOR
    )
    assert "/moten/" not in page(as_hat(evaluator), "/uppfoljning/")
    Meeting.objects.filter(pk=steering.meeting.pk).update(starts_at=moment(2014, 1, 1), ends_at=moment(2014, 1, 1, 13))
    assert "Nästa möte i styrgruppen" not in page(as_hat(steering.cast.coordinator), "/uppfoljning/")
