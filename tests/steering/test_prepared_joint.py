"""Joint meetings, guests of one item, and groups that do not steer: who reads what of what is prepared (R3, R5)."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client

from meetings.models import Group, GroupSeat, ItemGuest, Meeting
from meetings.states import GroupKind, ItemKind
from referrals.states import ReferralState
from tests.cast import Cast
from tests.meetings.cast import Room, make_group, make_item, make_meeting, make_room, make_seat
from tests.referrals.journeys import bring_to
from tests.steering.prepared_pages import action, address, disputed, held, item_of, part, words
from tests.steering.stage import Steering, freeze, make_steering
from workspace.models import Membership
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
FIGURES, DISPUTES, SEATS = ItemKind.FIGURES, ItemKind.DISPUTES, ItemKind.REPRESENTATION
CLOSED_FIGURES = "Siffrorna läses av dem som har en plats i samverkans grupper."
CLOSED_GROUP = "Det här läses av dem som har en plats i gruppen."


@dataclass
class Joint:
    """The steering group's meeting, held together with a local group where only caseworkers sit."""

    stage: Steering
    local: Group
    seat: GroupSeat

    @property
    def meeting(self) -> Meeting:
        return self.stage.meeting


@pytest.fixture
def joint(cast: Cast) -> Joint:
    stage = make_steering(cast)
    local = make_group(cast)
    seat = make_seat(local, cast.psyk_desk, cast.psyk)
    Meeting.objects.filter(pk=stage.meeting.pk).update(joined_group=local)
    stage.meeting.refresh_from_db()
    freeze(stage)
    return Joint(stage, local, seat)


def guest(of: Meeting, kind: ItemKind, who: Membership) -> None:
    ItemGuest.objects.create(item=item_of(of, kind), membership=who)


# ---------- joint ----------
def test_both_groups_open_what_is_prepared_for_a_joint_meeting(joint: Joint, as_hat: AsHat) -> None:
    for hat in (joint.stage.cast.soc_manager, joint.stage.cast.psyk, joint.stage.cast.chair, joint.stage.steering):
        said = words(as_hat(hat), address(joint.meeting))
        assert "Styrgruppen och Samverkansgruppen Piteå" in said
        assert "Kvinnor 86 %" in said
        assert CLOSED_FIGURES not in said
        assert CLOSED_GROUP not in said


def test_each_group_reads_its_own_actions_alone(joint: Joint, as_hat: AsHat) -> None:
    cast = joint.stage.cast
    action(held(joint.stage.group, 40), cast, "Styrgruppens uppgift", due=5)
    action(held(joint.local, 30), cast, "Lokala uppgiften", due=5)
    action(held(joint.stage.group, 20, joined=joint.local), cast, "Gemensamma uppgiften", due=5)
    seen = {
        who: [
            text
            for text in ("Styrgruppens uppgift", "Lokala uppgiften", "Gemensamma uppgiften")
            if text in part(as_hat(hat), joint.meeting, ItemKind.ACTION_REVIEW)
        ]
        for who, hat in (("steers", cast.soc_manager), ("local", cast.psyk), ("coordinator", cast.coordinator))
    }
    assert seen == {
        "steers": ["Styrgruppens uppgift", "Gemensamma uppgiften"],
        "local": ["Lokala uppgiften", "Gemensamma uppgiften"],
        "coordinator": ["Styrgruppens uppgift", "Lokala uppgiften", "Gemensamma uppgiften"],
    }


def test_a_joint_meeting_counts_once_in_each_of_its_groups(joint: Joint, as_hat: AsHat) -> None:
    held(joint.stage.group, 20, (joint.stage.cast.soc_manager, joint.stage.soc_seat), joined=joint.local)
    said = part(as_hat(joint.stage.cast.chair), joint.meeting, SEATS)
    assert "Vuxenpsykiatrin Piteå Samverkansgruppen Piteå 1 av 1 möten" in said
    assert "Vuxenpsykiatrin Piteå Styrgruppen 1 av 1 möten" in said


# ---------- guests ----------
def test_a_guest_of_one_item_sees_that_item_and_no_other(cast: Cast, as_hat: AsHat) -> None:
    stage = make_steering(cast)
    item, other = make_item(stage.meeting, "Praktik i vår"), make_item(stage.meeting, "Budgeten")
    ItemGuest.objects.create(item=item, membership=cast.psyk)
    freeze(stage)
    client = as_hat(cast.psyk)
    for path in (address(stage.meeting), address(stage.meeting, item)):
        body = client.get(path).content.decode()
        assert "Praktik i vår" in body
        for hidden in ("Budgeten", "Mål och väntetider", "Oklart ansvar", "Kvinnor 86", "Klar att skicka?", "En annan"):
            assert hidden not in body, (path, hidden)
    gone = client.get("/moten/987654/underlag/").content
    for closed in (other, item_of(stage.meeting, FIGURES), item_of(stage.meeting, DISPUTES)):
        got = client.get(address(stage.meeting, closed))
        assert (got.status_code, got.content) == (404, gone)


def test_a_guest_without_a_seat_reads_no_figures_and_nothing_of_the_groups_own(cast: Cast, as_hat: AsHat) -> None:
    stage = make_steering(cast)
    disputed(bring_to(cast, ReferralState.RETURNED), 12)
    held(stage.group, 20)
    freeze(stage)
    for kind in (FIGURES, ItemKind.GENDER_EQUALITY, DISPUTES, SEATS):
        guest(stage.meeting, kind, cast.psyk)
    client = as_hat(cast.psyk)
    for kind in (FIGURES, ItemKind.GENDER_EQUALITY):
        assert CLOSED_FIGURES in part(client, stage.meeting, kind)
        assert "version" not in part(client, stage.meeting, kind)
    for kind in (DISPUTES, SEATS):
        assert CLOSED_GROUP in part(client, stage.meeting, kind)
        assert "av 1 möten" not in part(client, stage.meeting, kind)


def test_a_guest_with_a_seat_in_another_group_reads_the_month_alone(cast: Cast, as_hat: AsHat) -> None:
    stage = make_steering(cast)
    make_seat(make_group(cast), cast.psyk_desk, cast.psyk)
    freeze(stage)
    for kind in (FIGURES, DISPUTES):
        guest(stage.meeting, kind, cast.psyk)
    client = as_hat(cast.psyk)
    assert "Kvinnor 86 %" in part(client, stage.meeting, FIGURES)
    assert CLOSED_GROUP in part(client, stage.meeting, DISPUTES)


def test_a_guest_reads_no_action_of_earlier_meetings(cast: Cast, as_hat: AsHat) -> None:
    stage = make_steering(cast)
    action(held(stage.group, 30), cast, "Gruppens egen uppgift", due=4)
    guest(stage.meeting, ItemKind.ACTION_REVIEW, cast.psyk)
    assert "Gruppens egen uppgift" not in words(as_hat(cast.psyk), address(stage.meeting))


# ---------- other groups ----------
@pytest.fixture
def room(cast: Cast) -> Room:
    return make_room(cast)


def test_a_cooperation_group_has_its_actions_and_its_standing_item(room: Room, as_hat: AsHat) -> None:
    action(held(room.group, 30), room.cast, "Ring regionen", due=-3)
    for hat in (room.cast.soc, room.cast.psyk, room.cast.fk, room.cast.coordinator):
        said = words(as_hat(hat), address(room.meeting))
        assert "Ring regionen" in said
        assert "Jämställdhet" in said
        assert "Oklart ansvar" not in said
        assert ("Klar att skicka?" in said) is (hat not in {room.cast.fk})
    for hat in (room.cast.chair, room.cast.outsider, room.cast.soc_manager):
        assert as_hat(hat).get(address(room.meeting)).status_code == 404


@pytest.mark.parametrize("kind", list(GroupKind))
def test_every_kind_of_group_has_something_prepared(cast: Cast, as_hat: AsHat, kind: GroupKind) -> None:
    group = make_group(cast, "Gruppen", kind)
    make_seat(group, cast.soc_desk, cast.soc)
    meeting = make_meeting(group)
    said = words(as_hat(cast.soc), address(meeting))
    assert "Jämställdhet" in said
    assert "punkter är förbered" in said
