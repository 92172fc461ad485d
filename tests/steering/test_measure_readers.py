"""Who reads the standing item's page and its history, and who hears that it was closed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from meetings.models import AgendaItem, Group, ItemGuest, Meeting, SeatHolder
from meetings.states import GroupKind, ItemKind
from tests.cast import Cast
from tests.figures.test_figures_page import page, text_of
from tests.steering.gender_stage import address, decided, gender_of, history, lay, referrals, ways
from tests.steering.stage import Steering, make_steering, running
from workspace.models import CooperationRole, Membership
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
SECRET = "Hemliga beslutet om jämställdhet"


@pytest.fixture
def stage(cast: Cast) -> Steering:
    found = make_steering(cast)
    lay(found, 1, ways((10, 40), (38, 40)), referrals=referrals({"granted": 20}, {"granted": 30}))
    decided(found, 60, SECRET)
    return found


def test_seats_and_the_roles_that_steer_read_it_and_nobody_else(stage: Steering, as_hat: AsHat) -> None:
    cast = stage.cast
    readers: list[Hat] = [cast.soc_manager, cast.soc_2, cast.psyk_manager, cast.fk, cast.chair, cast.coordinator]
    for hat in [*readers, stage.steering]:
        for path in (address(stage.meeting), history(stage)):
            assert SECRET in page(as_hat(hat), path), (hat, path)
        assert "10 av 40" in page(as_hat(hat), address(stage.meeting)), hat
    others: list[Hat] = [cast.outsider, cast.soc, cast.psyk, cast.psyk_2, stage.evaluator, stage.elected]
    gone = as_hat(cast.outsider).get("/moten/999999999/jamstalldhet/").content
    for hat in others:
        for path in (address(stage.meeting), address(stage.meeting, "svar/"), history(stage)):
            got = as_hat(hat).get(path)
            assert got.status_code == 404 and SECRET not in got.content.decode(), (hat, path)
        assert as_hat(hat).post(address(stage.meeting, "avsluta/"), {"answer": "decision"}).status_code == 404, hat
    assert as_hat(cast.outsider).get(address(stage.meeting)).content == gone, "hidden and missing look the same"


def test_who_has_left_the_seat_reads_no_more(stage: Steering, as_hat: AsHat) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    SeatHolder.objects.filter(membership=stage.cast.fk).update(to_on=yesterday)
    for path in (address(stage.meeting), history(stage)):
        assert as_hat(stage.cast.fk).get(path).status_code == 404


def test_a_guest_of_another_item_does_not_see_it(stage: Steering, as_hat: AsHat) -> None:
    guest = stage.cast.psyk
    other = AgendaItem.objects.filter(meeting=stage.meeting).exclude(kind=ItemKind.GENDER_EQUALITY)[0]
    ItemGuest.objects.create(item=other, membership=guest)
    assert as_hat(guest).get(f"/moten/{stage.meeting.pk}/").status_code == 200
    for path in (address(stage.meeting), address(stage.meeting, "svar/"), history(stage)):
        got = as_hat(guest).get(path)
        assert got.status_code == 404 and SECRET not in got.content.decode(), path


def test_a_guest_of_this_item_sees_it_without_figures_other_items_or_what_was_decided_before(
    stage: Steering, as_hat: AsHat
) -> None:
    guest = stage.cast.psyk
    ItemGuest.objects.create(item=gender_of(stage.meeting), membership=guest)
    html = page(as_hat(guest), address(stage.meeting))
    assert SECRET not in html and "10 av 40" not in html and "95 %" not in html
    assert "Siffrorna läses av dem som har en plats i samverkans grupper." in text_of(html)
    for item in AgendaItem.objects.filter(meeting=stage.meeting).exclude(kind=ItemKind.GENDER_EQUALITY):
        assert item.title not in text_of(html), item.title
    assert as_hat(guest).get(history(stage)).status_code == 404


def test_a_chair_of_another_cooperation_opens_nothing(stage: Steering, as_hat: AsHat) -> None:
    elsewhere = Group.objects.create(
        cooperation=type(stage.cast.cooperation).objects.exclude(pk=stage.cast.cooperation.pk)[0],
        kind=GroupKind.STEERING,
        name="Styrgruppen Arvidsjaur",
    )
    for pk, status in ((elsewhere.pk, 404), (stage.group.pk, 200), (2**31 - 1, 404)):
        assert as_hat(stage.cast.chair).get(f"/moten/grupp/{pk}/jamstalldhet/").status_code == status


def test_figures_stay_shut_without_a_seat_in_any_of_the_cooperations_groups(stage: Steering, as_hat: AsHat) -> None:
    """A joint meeting with another cooperation's group: its seats open the meeting, not these figures."""
    other = Group.objects.create(
        cooperation=type(stage.cast.cooperation).objects.exclude(pk=stage.cast.cooperation.pk)[0],
        kind=GroupKind.STEERING,
        name="Styrgruppen Arvidsjaur",
    )
    seat = other.seats.create(function=stage.cast.outside_desk)
    SeatHolder.objects.create(seat=seat, membership=stage.cast.outsider)
    Meeting.objects.filter(pk=stage.meeting.pk).update(joined_group=other)
    html = page(as_hat(stage.cast.outsider), address(stage.meeting))
    assert "10 av 40" not in html and SECRET not in html and "plats i samverkans grupper" in html


@pytest.mark.parametrize("name", ["soc_manager", "fk"])
def test_a_seat_holder_reads_and_changes_nothing(stage: Steering, as_hat: AsHat, name: str) -> None:
    running(stage)
    hat: Membership | CooperationRole = getattr(stage.cast, name)
    html = page(as_hat(hat), address(stage.meeting))
    assert 'name="answer"' not in html and "Den som leder mötet eller har pennan" in html
