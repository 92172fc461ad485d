"""A receiver that leaves the cooperation: what lies there goes back to its senders (house.md 3)."""

from collections.abc import Callable, Generator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from notifications.models import Notification
from referrals import actions
from referrals.actions import return_from_left_agencies
from referrals.models import Referral, ReferralLeg
from referrals.queries import board_of, disputes_of
from referrals.states import AT_RECEIVER, AnswerScope, ReferralState, ReturnCode, Verb
from tests.cast import Cast, make_cast
from tests.referrals.days import START, morning, sweep, swept, told, with_times
from tests.referrals.journeys import bring_to, footprint, walk
from workspace.models import Agency
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
S, V = ReferralState, Verb
BACK = (*AT_RECEIVER, S.WAITING)
SILENT = [(V.ACKNOWLEDGE,), (V.ACKNOWLEDGE, V.ACCEPT), (V.ACKNOWLEDGE, V.ACCEPT, V.DECIDE)]


@pytest.fixture
def clock() -> Generator[Any]:
    with time_machine.travel(morning(START), tick=False) as traveller:
        yield traveller


@pytest.fixture
def cast(clock: Any, db: None) -> Cast:
    return with_times(make_cast())


def leave(agency: Agency) -> None:
    """The agency left yesterday."""
    Agency.objects.filter(pk=agency.pk).update(left_on=START - timedelta(days=1))


def silent(cast: Cast, *verbs: Verb) -> Referral:
    return walk(cast, bring_to(cast, S.SENT, follow_up=True), *verbs, scope=AnswerScope.NONE)


def is_back(cast: Cast, referral: Referral) -> bool:
    """At the sender's desk, as the sender and the coordinator see it too."""
    referral.refresh_from_db()
    return (
        (referral.state, referral.told_state, referral.return_code)
        == (S.RETURNED, S.RETURNED, ReturnCode.RECEIVER_LEFT)
        and referral.turn == referral.told_turn == cast.soc_desk
        and (referral.outcome, referral.told_outcome, referral.lapsed_at) == ("", "", None)
        and referral in board_of(cast.coordinator)
    )


@pytest.mark.embedded
@pytest.mark.parametrize("state", BACK)
def test_what_lies_there_goes_back_to_the_sender_who_is_told_once(
    cast: Cast, clock: Any, as_hat: AsHat, state: ReferralState
) -> None:
    referral = bring_to(cast, state, follow_up=True)
    Notification.objects.all().delete()
    leave(cast.psyk.agency)
    assert return_from_left_agencies() == 1
    assert is_back(cast, referral)
    kinds = set(Notification.objects.values_list("kind", "membership__user__username"))
    assert kinds == {("referral.receiver_left", "soc"), ("referral.receiver_left", "soc2")}
    before = footprint()
    assert return_from_left_agencies() == 0
    assert footprint() == before
    assert [event.member_id for event in referral.events.filter(verb=V.RECEIVER_LEFT)] == [None]
    assert not ReferralLeg.objects.filter(referral=referral, ended_at=None, answered_at=None).exists()
    page = as_hat(cast.soc).get(f"/remisser/{referral.pk}/").content.decode()
    assert "Mottagaren lämnade samverkan" in page


@pytest.mark.parametrize("verbs", SILENT)
def test_what_only_the_receiver_knew_the_step_of_goes_back_too(cast: Cast, verbs: tuple[Verb, ...]) -> None:
    referral = silent(cast, *verbs)
    leave(cast.psyk.agency)
    assert return_from_left_agencies() == 1
    assert is_back(cast, referral)


def test_what_the_receiver_closed_in_silence_goes_back_like_the_rest(cast: Cast) -> None:
    referral = silent(cast, *SILENT[-1], V.CLOSE)
    leave(cast.psyk.agency)
    return_from_left_agencies()
    assert is_back(cast, referral)


@pytest.mark.parametrize("state", sorted(set(S) - set(BACK)))
def test_what_is_at_the_sender_already_or_has_ended_stays_as_it_is(cast: Cast, state: ReferralState) -> None:
    bring_to(cast, state, follow_up=True)
    leave(cast.psyk.agency)
    before = footprint()
    assert return_from_left_agencies() == 0
    assert footprint() == before


def test_what_the_sender_has_stopped_waiting_for_stays_ended(cast: Cast) -> None:
    referral = silent(cast, V.ACKNOWLEDGE)
    actions.leave_be(by=cast.soc, referral=referral)
    leave(cast.psyk.agency)
    before = footprint()
    assert return_from_left_agencies() == 0
    assert footprint() == before


def test_what_has_run_out_goes_back_as_well_and_what_came_back_is_not_disputed(cast: Cast, clock: Any) -> None:
    referral = bring_to(cast, S.ACCEPTED)
    clock.move_to(morning(START + timedelta(days=200)))
    sweep()
    assert Referral.objects.get(pk=referral.pk).lapsed_at is not None
    leave(cast.psyk.agency)
    sweep()
    referral.refresh_from_db()
    assert (referral.state, referral.turn, referral.lapsed_at) == (S.RETURNED, cast.soc_desk, None)
    assert not disputes_of(cast.chair).exists()


def test_others_receivers_and_an_agency_that_leaves_tomorrow_are_left_alone(cast: Cast) -> None:
    bring_to(cast, S.ACCEPTED)
    before = footprint()
    leave(cast.fk.agency)
    Agency.objects.filter(pk=cast.psyk.agency_id).update(left_on=START + timedelta(days=1))
    assert return_from_left_agencies() == 0
    assert footprint() == before


def test_the_sender_goes_on_and_is_chased_for_it_and_nobody_who_left_is(cast: Cast, clock: Any) -> None:
    referral, other = bring_to(cast, S.SENT), bring_to(cast, S.ACCEPTED)
    leave(cast.psyk.agency)
    found = swept(clock, START + timedelta(days=1), START + timedelta(days=10))
    due = told("due", "due", "soc")
    assert found.pop(START + timedelta(days=1)).notices == {("referral.receiver_left", n) for n in ("soc", "soc2")}
    assert found == {START + timedelta(days=8): due}
    actions.revise_referral(by=cast.soc, referral=referral)
    actions.close_referral(by=cast.soc, referral=other)
    states = set(Referral.objects.values_list("state", "told_state"))
    assert states == {(S.DRAFT, S.DRAFT), (S.CLOSED, S.CLOSED)}
