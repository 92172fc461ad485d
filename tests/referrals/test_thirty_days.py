"""Thirty days of the sweep, cut off anywhere, run again, run twice at once: told exactly as if nothing had happened."""

import random
import signal
import subprocess
import sys
from collections import Counter as Count
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from notifications.actions import queue_unread
from notifications.models import DigestMail, Notification
from referrals import actions
from referrals.actions import chase
from referrals.models import Referral, Reminder
from referrals.states import AnswerScope, DelayCode, PauseCode, ReferralState, Verb
from tests.cast import Cast, make_cast, make_participant
from tests.daphne import ROOT, server_environment
from tests.processes import reaper
from tests.referrals.days import START, away, colleague, days, morning, sweep, with_times
from tests.referrals.journeys import bring_to, undone, walk
from tests.referrals.races import at_once, deadlocks, sequences_have_no_gaps
from tests.services import Postgres

S, V = ReferralState, Verb
SEED = 20270301
FIRST, LAST = START + timedelta(days=1), START + timedelta(days=30)
Told = tuple[str, str, str, date]


class Cut(Exception):
    """The process ends here."""


class CutAt:
    """Ends the process before its n-th write to the database; counts them where n is 0."""

    def __init__(self, number: int = 0, how: Callable[[], Any] | None = None) -> None:
        self.number, self.seen, self.how = number, 0, how

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            self.seen += 1
            if self.seen == self.number:
                raise Cut
        return execute(sql, params, many, context)


@dataclass
class World:
    """Referrals in many steps, and what people do meanwhile: by day."""

    cast: Cast
    names: dict[int, str] = field(default_factory=dict)
    acts: dict[date, Callable[[], None]] = field(default_factory=dict)


def make_world() -> World:
    cast = with_times(make_cast())
    cast_away, third = cast.psyk_2, colleague(cast, "psyk3", cast.psyk_desk)
    found = {
        "sent": bring_to(cast, S.SENT, follow_up=True),
        "received": bring_to(cast, S.RECEIVED, follow_up=True),
        "accepted": bring_to(cast, S.ACCEPTED),
        "waiting": bring_to(cast, S.WAITING, person=make_participant(cast.soc_desk, "Edla")),
        "silent": walk(cast, bring_to(cast, S.SENT, follow_up=True), V.ACKNOWLEDGE, scope=AnswerScope.NONE),
        "returned": bring_to(cast, S.RETURNED, person=make_participant(cast.soc_desk, "Frans"), follow_up=True),
        "closed": bring_to(cast, S.CLOSED, follow_up=True),
    }
    away(cast_away, third, date(2027, 3, 12), date(2027, 3, 20))
    away(cast.psyk, None, date(2027, 3, 15), date(2027, 3, 19))
    silent, accepted, sent, received = (found[name] for name in ("silent", "accepted", "sent", "received"))
    queue, asked = DelayCode.QUEUE, PauseCode.PERSON_ASKED
    pause_until, new_date = date(2027, 3, 17), date(2027, 3, 18)
    return World(
        cast,
        {referral.pk: name for name, referral in found.items()},
        {
            date(2027, 3, 10): lambda: actions.remind_by_hand(by=cast.soc, referral=sent, text="Hur går det?"),
            date(2027, 3, 11): lambda: actions.set_new_date(
                by=cast.psyk, referral=accepted, code=queue, until_on=new_date
            ),
            date(2027, 3, 13): lambda: actions.pause_clock(
                by=cast.psyk, referral=silent, code=asked, until_on=pause_until
            ),
            date(2027, 3, 23): lambda: actions.accept_referral(by=cast.psyk, referral=received),
        },
    )


def reminded(world: World) -> Count[Told]:
    rows = Reminder.objects.select_related("member__user", "role__user")
    return Count(
        (
            world.names[row.referral_id],
            row.level,
            (row.member or row.role).user.username,  # type: ignore[union-attr]
            row.made_on,
        )
        for row in rows
    )


def everything(world: World) -> tuple[Count[Any], ...]:
    """Reminders, mails and notices, each as often as it is there."""
    notices = Notification.objects.values_list("object_id", "kind", "membership__user__username", "made_at__date")
    mails = DigestMail.objects.values_list("user__username", "day")
    return reminded(world), Count(mails), Count(notices)


def live_through(world: World, clock: Any, work: Callable[[], None]) -> tuple[Count[Any], ...]:
    """Every day: what people do, then the sweep, then the mail of the day."""
    for day in days(FIRST, LAST):
        clock.move_to(morning(day))
        if day in world.acts:
            world.acts[day]()
        clock.shift(timedelta(hours=1))
        work()
        clock.shift(timedelta(hours=1))
        queue_unread()
        DigestMail.objects.update(sent_at=timezone.now())
    return everything(world)


@pytest.fixture
def clock() -> Generator[Any]:
    with time_machine.travel(morning(START), tick=False) as traveller:
        yield traveller


def cut_off(chance: random.Random) -> Callable[[], None]:
    """A sweep that is cut off a few times before it gets through: at once, deep in, or after all its writes."""

    def work() -> None:
        for _ in range(chance.randint(1, 3)):
            try:
                with connection.execute_wrapper(CutAt(chance.randint(1, 14))):
                    sweep()
            except Cut:
                pass
        sweep()

    return work


def compare_with_calm(clock: Any, seeds: range) -> None:
    world = make_world()
    with undone():
        calm = live_through(world, clock, lambda: sweep() and None)
    assert len(calm[0]) > 20 and set(calm[0].values()) == {1} and set(calm[1].values()) == {1}
    levels = {level for _, level, _, _ in calm[0]}
    assert levels == {"due", "second", "manager", "coordinator", "by_hand"}
    assert not {name for name, *_ in calm[0]} & {"closed"}
    assert "outsider" not in {who for _, _, who, _ in calm[0]} | {who for who, _ in calm[1]}
    for seed in seeds:
        with undone():
            assert live_through(world, clock, cut_off(random.Random(seed))) == calm, seed


@pytest.mark.embedded
@pytest.mark.django_db
def test_thirty_days_cut_off_at_random_tell_what_thirty_calm_days_tell(clock: Any) -> None:
    compare_with_calm(clock, range(SEED, SEED + 1))


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("first", range(SEED, SEED + 30, 6))
def test_thirty_days_cut_off_in_many_more_ways(clock: Any, first: int) -> None:
    compare_with_calm(clock, range(first, first + 6))


@pytest.mark.django_db
def test_a_sweep_cut_off_at_every_third_of_its_writes_is_made_up_the_same_day(clock: Any) -> None:
    world, day = make_world(), date(2027, 3, 8)
    clock.move_to(morning(day))
    counting = CutAt()
    with undone():
        with connection.execute_wrapper(counting):
            sweep()
        whole = everything(world)
    assert counting.seen > 15 and reminded(world) != whole[0]
    for number in range(1, counting.seen + 1, 3):
        with undone():
            with connection.execute_wrapper(CutAt(number)), pytest.raises(Cut):
                sweep()
            assert reminded(world) != whole[0]
            assert not reminded(world) - whole[0]
            sweep()
            assert everything(world) == whole, f"cut off at write {number} of {counting.seen}"


# ---------- real processes, real threads ----------
KILLED = """
import os, signal
from datetime import datetime
import django, time_machine
django.setup()
from django.db import connection
from referrals.actions import chase
left = {number}
def end(execute, sql, params, many, context):
    global left
    left -= sql.startswith(("INSERT", "UPDATE"))
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(sql, params, many, context)
with time_machine.travel(datetime.fromisoformat("{at}"), tick=False), connection.execute_wrapper(end):
    chase()
"""


@pytest.mark.django_db(transaction=True)
def test_a_killed_process_leaves_whole_levels_and_the_next_one_makes_up_the_rest(clock: Any) -> None:
    world = make_world()
    clock.move_to(morning(date(2027, 3, 8)))
    with undone():
        chase()
        whole = everything(world)
    before = everything(world)
    script = KILLED.format(number=9, at=morning(date(2027, 3, 8)).isoformat())
    env = server_environment(REDIS_URL="")
    process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=env, stdin=subprocess.DEVNULL)
    reaper.watch(process.pid, signal.SIGTERM)
    assert process.wait(30) == -signal.SIGKILL
    reaper.forget(process.pid)
    half = everything(world)
    assert half not in (before, whole)
    chase()
    assert everything(world) == whole
    assert sequences_have_no_gaps()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_tell_everybody_once(clock: Any, postgres_server: Postgres) -> None:
    world = make_world()
    before = deadlocks(postgres_server)
    for day in (date(2027, 3, 8), date(2027, 3, 15), date(2027, 3, 22)):
        clock.move_to(morning(day))
        with undone():
            reached = chase()
            whole = everything(world)
        assert reached > 1
        assert sum(number for number in at_once(chase, chase)) == reached
        assert everything(world) == whole
    assert sequences_have_no_gaps()
    assert deadlocks(postgres_server) == before
    assert Referral.objects.count() == len(world.names)
