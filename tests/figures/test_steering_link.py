"""A steering group's gender item points at the newest frozen month, for those who may see it (R93)."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from meetings.models import Group, Meeting
from meetings.states import GroupKind
from tests.cast import Cast, make_user
from tests.figures.frozen import frozen
from tests.figures.stage import moment
from tests.figures.test_figures_page import page, text_of
from tests.meetings.cast import Room, make_room
from workspace.models import CooperationRole
from workspace.rules import Hat
from workspace.states import CooperationRoleKind

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
SAID = "Siffror t.o.m. 31 aug. 2014, låsta 2 sep. 2014, version 1"


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


def test_the_gender_item_leads_to_the_newest_month(steering: Room, as_hat: AsHat) -> None:
    frozen_months(steering.cast)
    for hat in (steering.cast.coordinator, steering.cast.chair):
        html = page(as_hat(hat), f"/moten/{steering.meeting.pk}/")
        assert text_of(html).count(SAID) == 1, hat
        assert "31 juli 2014" not in html


def test_a_seat_of_an_agency_sees_no_way_to_the_figures(steering: Room, as_hat: AsHat) -> None:
    frozen_months(steering.cast)
    html = page(as_hat(steering.cast.soc), f"/moten/{steering.meeting.pk}/")
    assert "Siffror t.o.m." not in html and "/uppfoljning/" not in html


def test_other_groups_and_months_without_figures_say_nothing(room: Room, as_hat: AsHat) -> None:
    client, path = as_hat(room.cast.coordinator), f"/moten/{room.meeting.pk}/"
    frozen_months(room.cast)
    assert "Siffror t.o.m." not in page(client, path)


def test_before_anything_is_frozen_the_item_says_nothing(steering: Room, as_hat: AsHat) -> None:
    assert "Siffror t.o.m." not in page(as_hat(steering.cast.coordinator), f"/moten/{steering.meeting.pk}/")


def test_a_page_that_does_not_say_it_does_not_ask(steering: Room, as_hat: AsHat) -> None:
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
