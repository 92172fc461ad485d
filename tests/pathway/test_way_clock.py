"""A phase's limit is said fourteen days ahead and when it is there, once each, to the participant's desk (R59)."""

from collections.abc import Generator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from notifications.models import Notification
from notifications.queries import unread_count
from tests.cast import SECRET_NAME, Cast, make_cast, make_participant
from tests.pathway.stage import enrolled
from tests.pathway.walks import BEGAN, LIMIT, TODAY, AsHat, at, discharged, page, way_in
from tests.referrals.races import at_once, sequences_have_no_gaps
from workspace import actions
from workspace.front.actions import way as acts
from workspace.front.actions.way import tell_phase_limits
from workspace.front.tasks import SWEEPS
from workspace.models import Agency
from workspace.pathway.actions.phases import begin_next_phase, extend_phase
from workspace.pathway.models import Enrolment, Phase, PhaseStay
from workspace.pathway.queries.phases import newest_decision

pytestmark = pytest.mark.django_db
AHEAD = LIMIT - timedelta(days=14)


@pytest.fixture
def clock() -> Generator[Any]:
    with time_machine.travel(at(TODAY), tick=False) as traveller:
        yield traveller


@pytest.fixture
def cast(clock: Any, db: None) -> Cast:
    return make_cast()


def told() -> set[tuple[str, str, str]]:
    """Who has been told what, by which day."""
    rows = Notification.objects.filter(kind__startswith="way.phase").select_related("membership__user")
    return {(row.membership.user.username, row.kind, row.number) for row in rows}


def days_told(clock: Any, first: date, last: date) -> dict[date, int]:
    """The sweep run twice each day; on which days something was said, and of how many phases."""
    found = {}
    for number in range((last - first).days + 1):
        clock.move_to(at(first + timedelta(days=number)))
        once = tell_phase_limits()
        assert tell_phase_limits() == 0
        if once:
            found[first + timedelta(days=number)] = once
    return found


def test_the_sweep_says_it(cast: Cast) -> None:
    assert tell_phase_limits in SWEEPS


def test_it_is_said_fourteen_days_ahead_and_on_the_day_once_each_to_the_desk(cast: Cast, clock: Any) -> None:
    way = enrolled(cast, on=BEGAN)
    assert days_told(clock, TODAY, LIMIT + timedelta(days=30)) == {AHEAD: 1, LIMIT: 1}
    desk, day = ("soc", "soc2"), "12 jan. 2027"
    assert told() == {(who, kind, day) for who in desk for kind in ("way.phase_ends", "way.phase_over")}
    assert set(Notification.objects.values_list("object_id", flat=True)) == {way.pk}
    assert sequences_have_no_gaps()


def test_more_time_is_warned_of_anew(cast: Cast, clock: Any) -> None:
    way = enrolled(cast, on=BEGAN)
    assert days_told(clock, AHEAD, LIMIT + timedelta(days=2)) == {AHEAD: 1, LIMIT: 1}
    later = date(2027, 2, 28)
    extend_phase(by=cast.soc, enrolment=way, limit_on=later, reason="Sjukdom", seen=newest_decision(way))
    expected = {date(2027, 2, 14): 1, later: 1}
    assert days_told(clock, LIMIT + timedelta(days=2), later + timedelta(days=9)) == expected


def test_what_has_no_limit_has_ended_or_is_another_agencys_past_is_said_to_nobody(cast: Cast, clock: Any) -> None:
    way = enrolled(cast, on=BEGAN)
    two = Phase.objects.get(pk="two")
    begin_next_phase(by=cast.soc, enrolment=way, phase=two, from_on=TODAY, reason="", seen=newest_decision(way))
    ended = enrolled(cast, on=BEGAN, person=make_participant(cast.soc_desk, "Annan"))
    discharged(cast.soc, ended)
    enrolled(cast, on=BEGAN, person=make_participant(cast.soc_desk, "Tredje"))
    Agency.objects.filter(pk=cast.soc.agency_id).update(left_on=TODAY)
    assert days_told(clock, AHEAD, LIMIT + timedelta(days=3)) == {}
    assert told() == set()
    Agency.objects.filter(pk=cast.soc.agency_id).update(left_on=None)
    assert tell_phase_limits() == 1


def test_one_enrolled_so_long_ago_that_the_limit_has_passed_is_told_of_once(cast: Cast) -> None:
    enrolled(cast, on=date(2026, 1, 31))
    assert (tell_phase_limits(), tell_phase_limits()) == (1, 0)
    assert told() == {(who, "way.phase_over", "31 mars 2026") for who in ("soc", "soc2")}


def test_whoever_is_away_is_replaced(cast: Cast) -> None:
    way_in(cast, "warned")
    actions.register_absence(by=cast.soc, from_on=TODAY, to_on=TODAY + timedelta(days=20), stand_in=cast.soc_2)
    assert tell_phase_limits() == 1 and {name for name, _, _ in told()} == {"soc2"}


def test_a_sweep_that_is_cut_off_says_the_rest_the_next_time(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """One transaction each: what was told stays told, and what was not is neither marked nor told."""
    for number in range(3):
        way_in(cast, "over", make_participant(cast.soc_desk, f"Person{number}"))
    deliver, left = acts.deliver, [1]

    def cut(notices: Any, topics: Any = ()) -> None:
        if not left:
            raise RuntimeError("cut off")
        left.pop()
        deliver(notices, topics)

    monkeypatch.setattr(acts, "deliver", cut)
    with pytest.raises(RuntimeError):
        tell_phase_limits()
    monkeypatch.undo()
    assert PhaseStay.objects.filter(told_over_for=None).count() == 2
    assert Notification.objects.filter(kind="way.phase_over").count() == 2
    assert (tell_phase_limits(), tell_phase_limits()) == (2, 0)
    assert Notification.objects.filter(kind="way.phase_over").count() == 6


def test_the_notice_leads_to_the_way_and_is_read_there(cast: Cast, as_hat: AsHat) -> None:
    way = way_in(cast, "over")
    assert tell_phase_limits() == 1
    client = as_hat(cast.soc)
    feed = client.get("/handelser/").content.decode()
    assert f"/vagen/{way.pk}/" in feed and "bestäm vad som händer nu" in feed and "1 dec. 2026" in feed
    assert unread_count(cast.soc) == 1 and unread_count(cast.psyk) == 0
    page(client, "way", way.pk)
    assert unread_count(cast.soc) == 0 and unread_count(cast.soc_2) == 1


def test_idag_asks_for_the_decision_until_it_is_made(cast: Cast, as_hat: AsHat, clock: Any) -> None:
    way = enrolled(cast, on=BEGAN)

    def row(who: str) -> bool:
        shown = as_hat(getattr(cast, who)).get("/idag/vantar/").content.decode()
        assert ("Bestäm om fas 1" in shown) == (f"vagen-fas-{way.stays.get().pk}" in shown)
        return "Bestäm om fas 1" in shown

    assert not row("soc")
    for day in (AHEAD, LIMIT, LIMIT + timedelta(days=40)):
        clock.move_to(at(day))
        assert row("soc") and row("soc_2"), day
    assert SECRET_NAME in as_hat(cast.soc).get("/").content.decode()
    actions.state_reason(by=cast.soc_manager, participant=cast.person, reason="Klagomål")
    for who in ("soc_manager", "psyk", "fk", "outsider", "coordinator"):
        assert not row(who), who
    later = date(2027, 6, 1)
    extend_phase(by=cast.soc, enrolment=way, limit_on=later, reason="Sjukdom", seen=newest_decision(way))
    assert not row("soc")


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_say_it_once(db: None) -> None:
    cast = make_cast()
    for number in range(5):
        enrolled(cast, on=date(2026, 1, 1), person=make_participant(cast.soc_desk, f"Person{number}"))
    assert sum(at_once(tell_phase_limits, tell_phase_limits)) == 5
    assert Notification.objects.filter(kind="way.phase_over").count() == 10 and sequences_have_no_gaps()
    assert Enrolment.objects.count() == 5
