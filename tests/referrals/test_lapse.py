"""A consent that runs out: access ends by itself, the turn becomes the sender's, and it can be renewed (house.md 3)."""

import re
from collections.abc import Callable, Generator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from notifications.models import Notification
from referrals import actions
from referrals.errors import MissingGround
from referrals.models import Referral, StepTime
from referrals.queries import board_of
from referrals.rules import LAPSING
from referrals.states import AnswerScope, DelayCode, Outcome, ReferralState, SupplementCode, Verb
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, draft, give_consent, make_cast
from tests.referrals.days import START, Told, morning, sweep, swept, told, with_times
from tests.referrals.journeys import ALL, WAYS, do, footprint, undone, walk
from workspace.clocks import add_working_days
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
S, V = ReferralState, Verb
LAST_DAY = START + timedelta(days=3)
AFTER = LAST_DAY + timedelta(days=1)
TO_RENEW = {("referral.ground_to_renew", name) for name in ("soc", "soc2")}
LAPSED = Told(
    TO_RENEW | {("referral.ground_lapsed", name) for name in ("psyk", "psyk2")}, mails={"soc", "soc2", "psyk", "psyk2"}
)
EXPIRED = "Samtycket har gått ut"


@pytest.fixture
def clock() -> Generator[Any]:
    with time_machine.travel(morning(START), tick=False) as traveller:
        yield traveller


@pytest.fixture
def cast(clock: Any, db: None) -> Cast:
    """Without expected times: only the ground's own clock runs."""
    cast = with_times(make_cast())
    StepTime.objects.all().delete()
    return cast


def resting(cast: Cast, state: ReferralState, until: date = LAST_DAY, scope: AnswerScope = ALL) -> Referral:
    """A referral in that state, on a consent that lasts until a day."""
    give_consent(cast, until=until, follow_up=True)
    return walk(cast, draft(cast), *WAYS[state], scope=scope)


def lapsed(cast: Cast, clock: Any, state: ReferralState, scope: AnswerScope = ALL) -> Referral:
    referral = resting(cast, state, scope=scope)
    clock.move_to(morning(AFTER))
    sweep()
    referral.refresh_from_db()
    return referral


# ---------- running out ----------
@pytest.mark.embedded
@pytest.mark.parametrize("state", sorted(LAPSING))
def test_both_desks_are_told_once_the_state_stays_and_the_turn_is_the_senders(
    cast: Cast, clock: Any, state: ReferralState
) -> None:
    referral = resting(cast, state)
    assert swept(clock, START + timedelta(days=1), LAST_DAY)[START + timedelta(days=1)].reminders == {
        ("ground_7", "soc"),
        ("ground_7", "soc2"),
    }
    found = swept(clock, AFTER, AFTER + timedelta(days=6))
    assert found == {AFTER: LAPSED}
    referral.refresh_from_db()
    assert referral.state == referral.told_state == state
    assert referral.turn == referral.told_turn == cast.soc_desk
    assert referral.holder == cast.soc
    assert [event.by_import for event in referral.events.filter(verb=V.GROUND_LAPSED)] == [False]


@pytest.mark.parametrize("state", sorted(set(WAYS) - LAPSING))
def test_what_no_longer_needs_the_question_does_not_lapse(cast: Cast, clock: Any, state: ReferralState) -> None:
    referral = lapsed(cast, clock, state)
    assert referral.lapsed_at is None and referral.state == state
    assert not Notification.objects.filter(kind__in=["referral.ground_lapsed", "referral.ground_to_renew"]).exists()


@pytest.mark.embedded
def test_the_receiver_reads_nothing_from_the_first_moment_and_is_refused_kindly(
    cast: Cast, clock: Any, as_hat: AsHat
) -> None:
    referral = resting(cast, S.ACCEPTED)
    page = f"/remisser/{referral.pk}/"
    clock.move_to(morning(LAST_DAY) + timedelta(hours=16, minutes=59))
    assert SECRET_TEXT in as_hat(cast.psyk).get(page).content.decode()
    clock.move_to(morning(AFTER) - timedelta(hours=7))  # midnight, and no sweep yet
    for swept_yet in (False, True):
        got = as_hat(cast.psyk).get(page).content.decode()
        assert SECRET_NAME not in got and SECRET_TEXT not in got, swept_yet
        sweep()
    got = as_hat(cast.psyk).post(f"{page}besluta/", {"outcome": "granted"})
    assert got.status_code == 403 and EXPIRED in got.content.decode()


def test_every_act_of_the_receiver_that_needs_the_question_is_refused(cast: Cast, clock: Any) -> None:
    cases: list[tuple[ReferralState, Callable[[Referral], None]]] = [
        (S.SENT, lambda r: actions.acknowledge_referral(by=cast.psyk, referral=r, scope=AnswerScope.STATUS)),
        (S.RECEIVED, lambda r: actions.accept_referral(by=cast.psyk, referral=r)),
        (S.ACCEPTED, lambda r: actions.decide_referral(by=cast.psyk, referral=r, outcome=Outcome.GRANTED)),
        (S.ACCEPTED, lambda r: actions.ask_supplement(by=cast.psyk, referral=r, code=SupplementCode.CONTACT)),
        (S.IN_PROGRESS, lambda r: actions.suggest_redirect(by=cast.psyk, referral=r, receiver=cast.fk_desk)),
        (S.WAITING, lambda r: actions.resume_referral(by=cast.psyk, referral=r)),
    ]
    found = [(resting(cast, state), act) for state, act in cases]
    clock.move_to(morning(AFTER))
    sweep()
    before = footprint()
    for referral, act in found:
        with pytest.raises(NotAllowed, match=EXPIRED):
            act(referral)
    assert footprint() == before


# ---------- warned ahead ----------
@pytest.mark.parametrize(
    ("until", "days"),
    [
        (date(2027, 4, 30), {date(2027, 3, 31): "ground_30", date(2027, 4, 23): "ground_7"}),
        # Seven days ahead is Easter Sunday: the next working day.
        (date(2027, 4, 4), {date(2027, 3, 5): "ground_30", date(2027, 3, 30): "ground_7"}),
        (date(2027, 3, 20), {date(2027, 3, 2): "ground_30", date(2027, 3, 15): "ground_7"}),
        (date(2027, 3, 8), {date(2027, 3, 2): "ground_7"}),
    ],
    ids=str,
)
def test_the_senders_desk_is_warned_30_and_7_days_ahead_once_each(
    cast: Cast, clock: Any, until: date, days: dict[date, str]
) -> None:
    resting(cast, S.ACCEPTED, until)
    found = swept(clock, START + timedelta(days=1), until)
    assert found == {day: told(level, "ground_ends", "soc", "soc2") for day, level in days.items()}


def test_nobody_is_warned_of_what_has_ended(cast: Cast, clock: Any) -> None:
    for state in (S.CLOSED, S.RECALLED, S.WITHDRAWN, S.RETURNED, S.DRAFT):
        resting(cast, state, START + timedelta(days=20))
    assert swept(clock, START + timedelta(days=1), START + timedelta(days=22)) == {}


# ---------- renewed ----------
@pytest.mark.embedded
def test_renewing_needs_rows_that_live_today(cast: Cast, clock: Any) -> None:
    referral = lapsed(cast, clock, S.ACCEPTED)
    before = footprint()
    with pytest.raises(MissingGround):
        actions.renew_ground(by=cast.soc, referral=referral)
    with pytest.raises(NotAllowed):
        actions.renew_ground(by=cast.psyk, referral=referral)
    assert footprint() == before


@pytest.mark.parametrize("state", sorted(LAPSING))
def test_renewed_the_turn_is_where_the_step_has_it_and_the_receiver_reads_again(
    cast: Cast, clock: Any, as_hat: AsHat, state: ReferralState
) -> None:
    referral = lapsed(cast, clock, state)
    assert referral not in board_of(cast.coordinator)
    give_consent(cast, follow_up=True)
    Notification.objects.all().delete()
    actions.renew_ground(by=cast.soc, referral=referral)
    told_names = set(Notification.objects.values_list("kind", "membership__user__username"))
    assert told_names == {("referral.ground_renewed", "psyk"), ("referral.ground_renewed", "psyk2")}
    referral.refresh_from_db()
    assert referral.state == referral.told_state == state and referral.lapsed_at is None
    waiting = state == S.WAITING
    assert referral.turn == referral.told_turn == (cast.soc_desk if waiting else cast.psyk_desk)
    assert referral.holder == (cast.soc if waiting else None if state == S.SENT else cast.psyk)
    assert referral in board_of(cast.coordinator)
    got = as_hat(cast.psyk).get(f"/remisser/{referral.pk}/").content.decode()
    assert SECRET_NAME in got and SECRET_TEXT in got
    with pytest.raises(SomebodyWasFaster):
        actions.renew_ground(by=cast.soc, referral=referral)
    sweep()
    referral.refresh_from_db()
    assert referral.lapsed_at is None


def test_what_was_renewed_can_run_out_again(cast: Cast, clock: Any) -> None:
    referral = lapsed(cast, clock, S.ACCEPTED)
    until = AFTER + timedelta(days=3)
    give_consent(cast, until=until)
    actions.renew_ground(by=cast.soc, referral=referral)
    found = swept(clock, AFTER, until + timedelta(days=3))
    assert found[AFTER].reminders == {("ground_7", "soc"), ("ground_7", "soc2")}
    after = until + timedelta(days=1)
    assert found[after] == LAPSED
    assert list(found) == [AFTER, after]


def test_nobody_is_chased_for_the_time_that_was_anothers(cast: Cast, clock: Any) -> None:
    """The receiver was reminded twice; then the sender begins with the first level, and so does the receiver after."""
    with_times(cast)
    referral = resting(cast, S.ACCEPTED, date(2027, 3, 17))
    found = swept(clock, START + timedelta(days=1), date(2027, 3, 17))
    assert found[date(2027, 3, 15)].reminders == {("second", "psyk")}
    found = swept(clock, date(2027, 3, 18), date(2027, 4, 5))
    desk = {("due", "soc"), ("due", "soc2")}, {("second", "soc"), ("second", "soc2")}
    assert {day: one.reminders for day, one in found.items()} == {
        date(2027, 3, 18): set(),
        date(2027, 3, 25): desk[0],
        date(2027, 4, 5): desk[1],
    }
    renewed_on = date(2027, 4, 6)
    clock.move_to(morning(renewed_on))
    give_consent(cast)
    actions.renew_ground(by=cast.soc, referral=referral)
    found = swept(clock, renewed_on, date(2027, 5, 7))
    assert [one.reminders for one in found.values()] == [
        {("due", "psyk")},
        {("second", "psyk")},
        {("manager", "psykchef")},
    ]
    first, second, manager = found
    assert second == add_working_days(first, 5) and manager == add_working_days(first, 10)


# ---------- a receiver that gives no answer ----------
# Made anew each time; the number of a notice counts everybody's.
CHANGING = re.compile(
    r'name="(?:csrfmiddlewaretoken|once|notis)" value="[^"]*"|"X-CSRFToken": "[^"]*"|notis-\d+|/samtycken/\d+/'
)
LATER = date(2027, 6, 1)
Silent = Callable[[Cast, Referral], object]
# What a receiver can do without a word to the sender, once it has taken the referral in.
SILENTLY: dict[str, Silent] = {
    "nothing": lambda cast, r: None,
    "accept": lambda cast, r: quietly(cast, r, V.ACCEPT),
    "close": lambda cast, r: quietly(cast, r, V.ACCEPT, V.DECIDE, V.CLOSE),
    "new date": lambda cast, r: actions.set_new_date(by=cast.psyk, referral=r, code=DelayCode.QUEUE, until_on=LATER),
}


def quietly(cast: Cast, referral: Referral, *verbs: Verb) -> Referral:
    return walk(cast, referral, *verbs, scope=AnswerScope.NONE)


def seen_by_sender(cast: Cast, as_hat: AsHat, referral: Referral) -> dict[str, str]:
    own = f"/remisser/{referral.pk}/"
    client = as_hat(cast.soc)
    paths = (
        own,
        f"{own}del/lage/",
        f"{own}del/huvud/",
        "/",
        "/remisser/",
        f"/deltagare/{cast.person.pk}/",
        "/handelser/",
    )
    pages = {path: CHANGING.sub("", client.get(path).content.decode()) for path in paths}
    pages["/bevaka/"] = CHANGING.sub("", as_hat(cast.coordinator).get("/bevaka/").content.decode())
    return pages


def story_of(cast: Cast, clock: Any, as_hat: AsHat, referral: Referral, act: Silent) -> list[dict[str, str]]:
    """The sender's pages after the silent act, when the ground has run out, when that is late, and renewed."""
    clock.move_to(morning(START + timedelta(days=1)))
    act(cast, Referral.objects.get(pk=referral.pk))
    story = [seen_by_sender(cast, as_hat, referral)]
    for day in (AFTER, date(2027, 3, 12)):
        clock.move_to(morning(day))
        sweep()
        story.append(seen_by_sender(cast, as_hat, referral))
    give_consent(cast, follow_up=True)
    actions.renew_ground(by=cast.soc, referral=referral)
    return [*story, seen_by_sender(cast, as_hat, referral)]


@pytest.mark.embedded
def test_the_sender_sees_the_same_whatever_a_silent_receiver_has_done(cast: Cast, clock: Any, as_hat: AsHat) -> None:
    with_times(cast)
    referral = resting(cast, S.RECEIVED, scope=AnswerScope.NONE)
    own = f"/remisser/{referral.pk}/"
    stories = {}
    for name, act in SILENTLY.items():
        with undone():
            stories[name] = story_of(cast, clock, as_hat, referral, act)
    calm = stories.pop("nothing")
    assert len({pages[own] for pages in calm}) == len(calm)
    assert all(referral.number in pages[own] for pages in calm)
    different = [
        (name, moment, path)
        for name, story in stories.items()
        for moment, (pages, expected) in enumerate(zip(story, calm, strict=True))
        for path in pages
        if pages[path] != expected[path]
    ]
    assert different == []


def test_a_withdrawal_ends_it_for_the_sender_whatever_a_silent_receiver_has_done(
    cast: Cast, clock: Any, as_hat: AsHat
) -> None:
    with_times(cast)
    referral = resting(cast, S.RECEIVED, scope=AnswerScope.NONE)
    pages = {}
    for name in ("nothing", "accept", "close"):
        with undone():
            clock.move_to(morning(START + timedelta(days=1)))
            SILENTLY[name](cast, Referral.objects.get(pk=referral.pk))
            do(cast.soc, referral, V.GROUND_WITHDRAWN)
            assert referral.told_state == S.WITHDRAWN
            pages[name] = seen_by_sender(cast, as_hat, referral)
        referral.refresh_from_db()
    assert pages["accept"] == pages["close"] == pages["nothing"]
