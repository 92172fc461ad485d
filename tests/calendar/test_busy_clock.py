"""The sweep fetches people's own calendars: once an hour each, by one process, and keeps from when to when alone."""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from meetings.calendar.actions import busy
from meetings.calendar.actions.busy import fetch_due, give_address, give_file, remove_busy
from meetings.calendar.queries.busy import busy_context
from meetings.calendar.states import BusyProblem
from meetings.ical.busy import Busy
from meetings.models import BusySource, BusyTime
from meetings.queries.times import busy_times, suggestion
from meetings.states import ConversationState
from tests.calendar.hostile import SECRET_WORDS, Server, answer, serving
from tests.calendar.test_busy import HOUR, everything, times_of
from tests.cast import Cast
from tests.ical.busy_files import NOW, calendar, event
from tests.meetings.talks import make_talk
from tests.referrals.races import at_once
from workspace.rules import Hat

HOURLY = timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def inside(settings: Settings) -> None:
    settings.CALENDAR_HOSTS = ["localhost"]


def problem_of(hat: Hat) -> str:
    return BusySource.objects.get(user=hat.user).problem


# ---------- fetched ----------
@pytest.mark.django_db
@pytest.mark.embedded
def test_the_times_are_fetched_and_nothing_else_is_kept_or_logged(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(answer()) as server:
        give_address(by=cast.soc, address=server.url("/hemlig-nyckel.ics"))
        fetch_due()
        assert len(server.asked) == 1
        give_address(by=cast.psyk, address=server.url("/hemlig-nyckel/finns-inte.ics") + "?" + "x" * 500)
    fetch_due()
    assert times_of(cast.soc) == [HOUR] and problem_of(cast.soc) == ""
    assert problem_of(cast.psyk) == BusyProblem.NO_ANSWER
    assert BusySource.objects.get(user=cast.soc.user).fetched_at == timezone.now()
    assert f"busy source {cast.psyk.user_id}: no_answer" in caplog.text
    kept = everything() + caplog.text
    assert not [word for word in (*SECRET_WORDS, "hemlig-nyckel", server.url()) if word in kept]


@pytest.mark.django_db
def test_each_is_asked_once_an_hour_and_those_never_asked_first(cast: Cast, clock: time_machine.Traveller) -> None:
    with serving(answer()) as server:
        give_address(by=cast.soc, address=server.url("/a"))
        asked = []
        for minutes in (0, 10, 50, 59, 60, 61, 121):
            clock.move_to(NOW + timedelta(minutes=minutes))
            fetch_due()
            asked.append(len(server.asked))
        assert asked == [1, 1, 1, 1, 2, 2, 3]
        clock.move_to(NOW + timedelta(hours=5))
        give_address(by=cast.psyk, address=server.url("/b"))
        fetch_due()
    assert [line.split()[1] for line in server.asked[3:]] == [b"/b", b"/a"]


@pytest.mark.django_db
def test_a_new_reading_replaces_the_old_whole_and_a_failed_one_keeps_it(
    cast: Cast, clock: time_machine.Traveller
) -> None:
    later = calendar(event("DTSTART:20261104T080000Z", "DURATION:PT1H"), event("DTSTART:sen", uid="udda"))
    answers = iter([answer(), answer(b"<html>", status="404 Not Found"), answer(b"<html>"), answer(later)])
    with serving(lambda _: iter([next(answers)])) as server:
        give_address(by=cast.soc, address=server.url())
        fetch_due()
        first = BusySource.objects.get().fetched_at
        for problem in (BusyProblem.GONE, BusyProblem.NO_CALENDAR):
            clock.shift(HOURLY)
            fetch_due()
            source = BusySource.objects.get()
            assert (source.problem, source.fetched_at, source.tried_at) == (problem, first, timezone.now())
            assert times_of(cast.soc) == [HOUR]
        clock.shift(HOURLY)
        fetch_due()
    assert times_of(cast.soc) == [(HOUR[0] + timedelta(days=1), HOUR[1] + timedelta(days=1))]
    source = BusySource.objects.get()
    assert (source.problem, source.unread, source.fetched_at) == ("", 1, timezone.now())


@pytest.mark.django_db
def test_what_repeats_is_known_ninety_days_ahead_of_each_fetching(cast: Cast, clock: time_machine.Traveller) -> None:
    daily = calendar(event("DTSTART:20261103T080000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY"))
    with serving(answer(daily)) as server:
        give_address(by=cast.soc, address=server.url())
        for days in (0, 10):
            clock.move_to(NOW + timedelta(days=days))
            fetch_due()
            times = times_of(cast.soc)
            assert timezone.now() <= times[0][0] and times[-1][1] <= timezone.now() + timedelta(days=90)
            assert len(times) == 89 + bool(days)


@pytest.mark.django_db
def test_a_changed_secret_key_asks_for_the_address_again_and_stops_nobody_else(cast: Cast, settings: Settings) -> None:
    with serving(answer()) as server:
        give_address(by=cast.soc, address=server.url())
        settings.SECRET_KEY = "en ny nyckel"
        give_address(by=cast.psyk, address=server.url())
        fetch_due()
    assert problem_of(cast.soc) == BusyProblem.SEALED and times_of(cast.psyk) == [HOUR]
    assert "Ge adressen igen." in busy_context(cast.soc.user)["busy"].problem


@pytest.mark.django_db
def test_a_host_that_the_operator_no_longer_names_is_not_asked(cast: Cast, settings: Settings) -> None:
    with serving(answer()) as server:
        give_address(by=cast.soc, address=server.url())
        settings.CALENDAR_HOSTS = []
        fetch_due()
    assert server.asked == [] and problem_of(cast.soc) == BusyProblem.SCHEME


@pytest.mark.django_db
def test_a_file_is_never_asked_for_again(cast: Cast, clock: time_machine.Traveller) -> None:
    give_file(by=cast.soc, busy=Busy([HOUR], 0))
    clock.shift(timedelta(hours=3))
    fetch_due()
    assert problem_of(cast.soc) == "" and times_of(cast.soc) == [HOUR]


# ---------- what is over, and who has left ----------
@pytest.mark.django_db
@pytest.mark.embedded
def test_what_is_over_and_what_a_closed_account_gave_is_deleted(cast: Cast, clock: time_machine.Traveller) -> None:
    with serving(answer()) as server:
        for hat in (cast.soc, cast.psyk):
            give_address(by=hat, address=server.url())
        fetch_due()
        cast.soc.user.is_active = False
        cast.soc.user.save()
        fetch_due()
        assert list(BusySource.objects.values_list("user", flat=True)) == [cast.psyk.user_id]
        assert times_of(cast.soc) == [] and times_of(cast.psyk) == [HOUR]
        clock.move_to(HOUR[1])
    fetch_due()
    assert not BusyTime.objects.exists()


# ---------- at the same time ----------
@pytest.mark.django_db(transaction=True)
def test_of_processes_that_sweep_at_once_one_fetches(cast: Cast) -> None:
    with serving(answer()) as server:
        hats = [cast.soc, cast.psyk, cast.fk]
        for hat in hats:
            give_address(by=hat, address=server.url(f"/{hat.pk}"))
        at_once(*[fetch_due] * 4)
        assert sorted(line.split()[1] for line in server.asked) == sorted(f"/{hat.pk}".encode() for hat in hats)
    assert [times_of(hat) for hat in hats] == [[HOUR]] * 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_no_transaction_is_open_while_somebody_elses_server_is_waited_for(cast: Cast) -> None:
    seen: list[tuple[int, datetime | None]] = []

    def serve(_: Server) -> Iterator[bytes]:
        with connection.cursor() as cursor:  # in the server's own thread
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
            seen.append((cursor.fetchone()[0], BusySource.objects.get().tried_at))
        connection.close()
        yield answer()

    with serving(serve) as server:
        give_address(by=cast.soc, address=server.url())
        fetch_due()
    assert seen == [(0, timezone.now())]  # and the claim was seen by others before anybody was asked


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["removed", "given anew", "a file", "closed"])
def test_what_is_changed_while_it_is_fetched_is_not_written_over(
    cast: Cast, act: str, in_thread: Callable[..., Any]
) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def serve(_: Server) -> Iterator[bytes]:
        asked.set()
        assert go_on.wait(10)
        yield answer()

    def change() -> None:
        assert asked.wait(10)
        if act == "removed":
            remove_busy(by=cast.soc)
        elif act == "given anew":
            give_address(by=cast.soc, address=server.url())
        elif act == "a file":
            give_file(by=cast.soc, busy=Busy([], 2))
        else:
            BusySource.objects.filter(user=cast.soc.user).delete()

    with serving(serve) as server:
        give_address(by=cast.soc, address=server.url())
        sweeping = threading.Thread(target=in_thread, args=(fetch_due,))
        sweeping.start()
        try:
            in_thread(change)
        finally:
            go_on.set()
            sweeping.join(10)
    assert times_of(cast.soc) == []
    source = BusySource.objects.filter(user=cast.soc.user).first()
    assert (source is None) == (act in {"removed", "closed"})
    if source is not None:
        assert (source.problem, source.unread) == ("", 2 if act == "a file" else 0)


# ---------- what it is for ----------
@pytest.mark.django_db
def test_busy_times_are_avoided_where_times_are_suggested_and_nobody_learns_whose_they_are(cast: Cast) -> None:
    talk = make_talk(cast)
    first = suggestion(talk.fresh())
    assert first is not None and len(first.new) == 3
    spans = [(at, at + HOURLY) for at in first.new]
    give_file(by=cast.psyk, busy=Busy(spans, 0))
    give_file(by=cast.outsider, busy=Busy([(NOW, NOW + timedelta(days=80))], 0))  # is none of the parties
    second = suggestion(talk.fresh())
    assert second is not None and len(second.new) == 3 and not set(second.new) & set(first.new)
    assert (second.sentence, second.option) == (first.sentence, first.option)
    assert set(spans) <= set(busy_times(talk.fresh(), [cast.psyk], timezone.now()))
    assert busy_times(talk.fresh(), [cast.soc], timezone.now()) == []


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 30])
def test_how_many_busy_times_there_are_costs_no_more_questions(cast: Cast, number: int) -> None:
    talk = make_talk(cast, ConversationState.PREPARING)
    begins = [datetime(2026, 11, 3, 6, tzinfo=NOW.tzinfo) + timedelta(days=each) for each in range(number)]
    give_file(by=cast.psyk, busy=Busy([(at, at + HOURLY) for at in begins], 0))
    with CaptureQueriesContext(connection) as asked:
        found = busy_times(talk.fresh(), [cast.soc, cast.psyk], timezone.now())
    assert len(found) == number and len(asked) == 5


@pytest.mark.django_db
def test_slow_servers_hold_up_a_sweep_for_a_bounded_time_and_the_rest_comes_in_the_next(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(busy, "AT_MOST", timedelta(seconds=0.2))

    def slow(server: Server) -> Iterator[bytes]:
        server.stop.wait(0.3)
        yield answer()

    hats = [cast.soc, cast.psyk, cast.fk]
    with serving(slow) as server:
        for hat in hats:
            give_address(by=hat, address=server.url())
        for swept in (1, 2, 3, 3):
            fetch_due()
            assert len(server.asked) == swept
    assert [times_of(hat) for hat in hats] == [[HOUR]] * 3
