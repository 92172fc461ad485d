"""Decisions that are followed come back by themselves: reminders before and after their day."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from meetings.actions.decision_clock import remind_of_decision, remind_of_decisions
from meetings.models import AgendaItem, Decision, Group, SeatHolder
from meetings.queries.decisions import decisions_answered_by, decisions_to_remind
from meetings.states import DecisionState, GroupKind, ItemKind
from notifications.models import Notification
from notifications.registry import all_kinds
from tests.cast import Cast
from tests.meetings.cast import make_item, make_meeting
from tests.steering.stage import Steering, make_steering, running
from workspace.models import Agency, Membership
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
FRIDAY = date(2027, 3, 12)  # the day the decision is to be done; the working day after is Monday the 15th


@pytest.fixture
def clock() -> Iterator[Callable[[date], None]]:
    """Move the clock to noon of a day."""
    with time_machine.travel(datetime(2027, 2, 1, 11), tick=False) as traveller:
        yield lambda day: traveller.move_to(datetime(day.year, day.month, day.day, 11))


@pytest.fixture
def stage(clock: Callable[[date], None], cast: Cast) -> Steering:
    return make_steering(cast)


def followed(
    stage: Steering, owner: Agency | None = None, responsible: Membership | None = None, due_on: date = FRIDAY
) -> Decision:
    return Decision.objects.create(
        item=make_item(running(stage) if stage.meeting.state == "planned" else stage.meeting),
        agency=stage.cast.soc.agency,
        member=stage.cast.soc_manager,
        text="Vi öppnar en kvällsmottagning",
        owner=owner or stage.cast.soc.agency,
        responsible=responsible,
        due_on=due_on,
        state=DecisionState.OPEN,
    )


def told() -> set[tuple[str, int, int]]:
    return set(Notification.objects.values_list("kind", "membership", "object_id"))


def test_a_week_ahead_and_the_working_day_after_each_once(stage: Steering, clock: Callable[[date], None]) -> None:
    made, cast = followed(stage), stage.cast
    Group.objects.filter(pk=stage.group.pk).update(secretary=cast.fk)
    holders = {cast.soc_manager.pk, cast.soc_2.pk}
    ahead = {("decision.due", pk, made.pk) for pk in holders}
    late = {("decision.late", pk, made.pk) for pk in holders | {cast.fk.pk}}
    for day, expected in (
        (FRIDAY - timedelta(days=8), set()),
        (FRIDAY - timedelta(days=7), ahead),
        (FRIDAY - timedelta(days=6), ahead),
        (FRIDAY, ahead),
        (FRIDAY + timedelta(days=1), ahead),  # Saturday
        (FRIDAY + timedelta(days=2), ahead),
        (FRIDAY + timedelta(days=3), ahead | late),
        (FRIDAY + timedelta(days=30), ahead | late),
    ):
        clock(day)
        remind_of_decisions()
        assert told() == expected and Notification.objects.count() == len(expected), day


def test_somebody_named_is_told_alone_and_when_they_have_left_the_seats(
    stage: Steering, clock: Callable[[date], None]
) -> None:
    made = followed(stage, responsible=stage.cast.soc_2)
    clock(FRIDAY - timedelta(days=7))
    remind_of_decisions()
    assert told() == {("decision.due", stage.cast.soc_2.pk, made.pk)}
    Notification.objects.all().delete()
    Membership.objects.filter(pk=stage.cast.soc_2.pk).update(to_on=FRIDAY - timedelta(days=1))
    clock(FRIDAY + timedelta(days=3))
    remind_of_decisions()
    assert told() == {("decision.late", stage.cast.soc_manager.pk, made.pk)}


def test_a_role_has_no_notices_and_the_arrangers_hear_when_it_is_late(
    stage: Steering, clock: Callable[[date], None]
) -> None:
    made = followed(stage)
    Decision.objects.filter(pk=made.pk).update(owner=None, owner_role=stage.cast.chair)
    Group.objects.filter(pk=stage.group.pk).update(chair=stage.cast.psyk_manager)
    clock(FRIDAY)
    remind_of_decisions()
    assert told() == set()
    clock(FRIDAY + timedelta(days=3))
    remind_of_decisions()
    assert told() == {("decision.late", stage.cast.psyk_manager.pk, made.pk)}


@pytest.mark.parametrize("state", [one for one in DecisionState if one != DecisionState.OPEN])
def test_what_is_closed_or_only_stands_is_left_in_peace(
    stage: Steering, clock: Callable[[date], None], state: DecisionState
) -> None:
    Decision.objects.filter(pk=followed(stage).pk).update(state=state)
    for day in (FRIDAY - timedelta(days=7), FRIDAY + timedelta(days=3)):
        clock(day)
        assert remind_of_decisions() == 0 and told() == set()


def test_one_that_was_closed_meanwhile_and_a_sweep_that_is_cut_off(
    stage: Steering, clock: Callable[[date], None]
) -> None:
    first, second = followed(stage), followed(stage)
    clock(FRIDAY)
    found = decisions_to_remind(FRIDAY)
    assert remind_of_decision(decision=found[0], today=FRIDAY)  # and the process stops here
    assert remind_of_decisions() == 1
    assert {row[2] for row in told()} == {first.pk, second.pk}
    clock(FRIDAY + timedelta(days=3))
    found = decisions_to_remind(timezone.localdate())
    Decision.objects.filter(pk=first.pk).update(state=DecisionState.DONE)
    assert [remind_of_decision(decision=one, today=timezone.localdate()) for one in found] == [False, True]


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_tell_it_once(stage: Steering, clock: Callable[[date], None]) -> None:
    made = followed(stage, responsible=stage.cast.soc_2)
    clock(FRIDAY)

    def sweep(_: int) -> int:
        try:
            return remind_of_decisions(FRIDAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(sweep, range(4))) == 1
    assert told() == {("decision.due", stage.cast.soc_2.pk, made.pk)} and Notification.objects.count() == 1


def test_a_notice_names_the_meetings_day_and_leads_to_the_decision(
    stage: Steering, clock: Callable[[date], None], as_hat: AsHat
) -> None:
    made, cast = followed(stage, responsible=stage.cast.soc_manager), stage.cast
    clock(FRIDAY)
    remind_of_decisions()
    row = Notification.objects.get()
    assert (row.number, row.acting_agency) == ("1 feb. 2027", None)
    client = as_hat(cast.soc_manager)
    page = " ".join(client.get("/handelser/").content.decode().split())
    assert "ett beslut från mötet 1 feb. 2027 ska vara genomfört inom en vecka" in page.casefold()
    assert "kvällsmottagning" not in page
    assert client.get(f"/beslut/{made.pk}/").status_code == 200
    row.refresh_from_db()
    assert row.read_at is not None
    assert {kind.address for code, kind in all_kinds().items() if code.startswith("decision.")} == {"decision"}


def test_what_somebody_who_has_left_was_to_see_to_is_on_the_agencys_list(stage: Steering) -> None:
    cast, made = stage.cast, followed(stage, responsible=stage.cast.soc_2)
    mine: list[tuple[Hat, bool]] = [(cast.soc_2, True), (cast.soc_manager, False), (cast.fk, False)]
    for hat, there in mine:
        assert decisions_answered_by(hat).filter(pk=made.pk).exists() is there, hat
    ended = timezone.localdate() - timedelta(days=1)
    Membership.objects.filter(pk=cast.soc_2.pk).update(from_on=ended - timedelta(days=9), to_on=ended)
    for hat, there in ((cast.soc_manager, True), (cast.fk, False)):
        assert decisions_answered_by(hat).filter(pk=made.pk).exists() is there, hat


@pytest.mark.parametrize("kind", [GroupKind.STEERING, GroupKind.COOPERATION])
def test_it_comes_back_at_each_meeting_until_it_is_closed(stage: Steering, kind: GroupKind, as_hat: AsHat) -> None:
    made = followed(stage)
    Group.objects.filter(pk=stage.group.pk).update(kind=kind)
    stage.group.refresh_from_db()

    def review(days: int) -> list[AgendaItem]:
        return list(make_meeting(stage.group, days=days).items.filter(kind=ItemKind.DECISION_REVIEW))

    (item,) = review(50)
    assert made.text in as_hat(stage.cast.fk).get(f"/moten/{item.meeting_id}/underlag/").content.decode()
    Decision.objects.filter(pk=made.pk).update(state=DecisionState.DROPPED)
    assert made.text not in as_hat(stage.cast.fk).get(f"/moten/{item.meeting_id}/underlag/").content.decode()


def test_a_case_never_comes_back_that_way(stage: Steering) -> None:
    made = followed(stage)
    type(made.item).objects.filter(pk=made.item_id).update(kind=ItemKind.CASE)
    assert decisions_to_remind(FRIDAY) == []


def test_whoever_gave_up_the_seat_hears_no_more(stage: Steering, clock: Callable[[date], None]) -> None:
    made = followed(stage)
    SeatHolder.objects.filter(membership=stage.cast.soc_2).update(to_on=FRIDAY - timedelta(days=20))
    clock(FRIDAY)
    remind_of_decisions()
    assert told() == {("decision.due", stage.cast.soc_manager.pk, made.pk)}
