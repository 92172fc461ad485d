"""A webhook message is tried for four hours, at least once and in order, and nobody's receiver holds up another's."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from notifications.actions import Notice, deliver, webhook_sending
from notifications.actions.webhook_sending import AT_ONCE, GIVES_UP, STALE, next_try, send_webhook_messages
from notifications.models import WebhookMessage
from notifications.queries import webhooks_owed
from tests.cast import Cast
from tests.daphne import ROOT, server_environment
from tests.infrastructure import close_connections
from tests.notifications.hook import PAGE, Hook, Received, connect, listening, make_messages, make_system
from tests.processes import free_port, reaper
from tests.referrals.races import at_once
from workspace.rules import Hat

AsHat = Callable[[Hat], Client]
NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def inside(settings: Settings) -> None:
    settings.WEBHOOK_HOSTS = ["localhost"]


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as made:
        yield made


def numbers(hook: Hook) -> list[int]:
    return [data["referral"] for _, data in hook.things]


def only() -> WebhookMessage:
    return WebhookMessage.objects.get()


# ---------- tried again ----------
@pytest.mark.django_db
@pytest.mark.embedded
@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_answer_of_two_hundred_is_a_yes(cast: Cast, hook: Hook, status: int) -> None:
    make_messages(make_system(cast.psyk_manager, hook.url))
    hook.answer = lambda _: status
    assert send_webhook_messages() == 1 and only().delivered_at and only().last_error == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "code"),
    [(301, "redirect"), (302, "redirect"), (308, "redirect")]
    + [(each, str(each)) for each in (400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 599)],
)
def test_any_other_answer_but_gone_is_tried_again(
    cast: Cast, hook: Hook, clock: time_machine.Traveller, status: int, code: str
) -> None:
    make_messages(make_system(cast.psyk_manager, hook.url))
    hook.answer = lambda _: status
    assert send_webhook_messages() == 0
    row = only()
    assert (row.last_error, row.tries, row.delivered_at, row.dead_at, row.claimed_at) == (code, 1, None, None, None)
    assert NOW + timedelta(seconds=45) < row.next_try_at < NOW + timedelta(seconds=75)
    hook.answer = lambda _: 204
    assert send_webhook_messages() == 0 and len(hook.received) == 1
    clock.shift(2 * MINUTE)
    assert send_webhook_messages() == 1 and len(hook.received) == 2 and len(set(hook.ids)) == 1
    assert only().delivered_at == NOW + 2 * MINUTE and only().last_error == ""


@pytest.mark.django_db
def test_it_is_tried_with_growing_pauses_for_four_hours_and_then_no_more(
    cast: Cast, hook: Hook, clock: time_machine.Traveller
) -> None:
    make_messages(make_system(cast.psyk_manager, hook.url))
    tried: list[int] = []
    hook.answer = lambda _: tried.append(minute) or 500  # type: ignore[func-returns-value]
    for minute in range(6 * 60):
        clock.move_to(NOW + minute * MINUTE)
        send_webhook_messages()
    pauses = [after - before for before, after in pairwise(tried)]
    assert tried[0] == 0 and tried[-1] == 240 and 9 <= len(tried) <= 11
    for number, pause in enumerate(pauses[:-1]):
        assert 0.75 * min(2**number, 60) <= pause <= 1.25 * min(2**number, 60) + 1, pauses
    row = only()
    assert row.dead_at == NOW + timedelta(hours=4) and row.tries == len(tried) and row.last_error == "500"
    assert len(set(hook.ids)) == 1
    assert len({each.headers["webhook-timestamp"] for each in hook.received}) == len(tried)  # each signed anew


def test_pauses_are_not_the_same_for_all_and_the_last_try_is_at_four_hours() -> None:
    found = {next_try(NOW, 5, NOW) for _ in range(50)}
    assert len(found) > 40
    assert next_try(NOW, 9, NOW + GIVES_UP - MINUTE) == NOW + GIVES_UP
    assert next_try(NOW, 9, NOW + GIVES_UP) is None and next_try(NOW, 40, NOW + timedelta(days=2)) is None


@pytest.mark.django_db
@pytest.mark.embedded
def test_a_receiver_that_is_gone_wants_no_more(
    cast: Cast, as_hat: AsHat, hook: Hook, clock: time_machine.Traveller
) -> None:
    webhook = make_system(cast.psyk_manager, hook.url)
    make_messages(webhook, 3)
    hook.answer = lambda _: 410
    assert send_webhook_messages() == 0 and numbers(hook) == [1]
    webhook.refresh_from_db()
    assert webhook.stopped_at == NOW and webhook.is_unwanted
    assert set(WebhookMessage.objects.values_list("dead_at", "last_error")) == {(NOW, "410")}
    with transaction.atomic():
        deliver([Notice("referral.sent", "R-9", 9, None, frozenset([cast.psyk.pk]))])
    clock.shift(timedelta(hours=1))
    assert send_webhook_messages() == 0 and WebhookMessage.objects.count() == 3
    page = as_hat(cast.psyk_manager).get(PAGE).content.decode()
    assert "inte vill ha fler" in page and "Starta igen" in page


# ---------- in order ----------
@pytest.mark.django_db
def test_what_waited_while_the_receiver_was_down_comes_in_order_when_it_is_back(
    cast: Cast, hook: Hook, clock: time_machine.Traveller
) -> None:
    make_messages(make_system(cast.psyk_manager, hook.url), 30)
    hook.answer = lambda _: 503
    for minute in range(4):
        clock.move_to(NOW + minute * MINUTE)
        send_webhook_messages()
        assert len(hook.received) == minute + 1, "a receiver that is down is asked once a round"
    hook.received.clear()
    hook.answer = lambda _: 204
    clock.shift(timedelta(minutes=10))
    assert send_webhook_messages() == 30 and numbers(hook) == list(range(1, 31))


@pytest.mark.django_db
def test_one_message_that_is_never_taken_does_not_hold_up_the_others_for_ever(
    cast: Cast, hook: Hook, clock: time_machine.Traveller
) -> None:
    make_messages(make_system(cast.psyk_manager, hook.url), 5)
    hook.answer = lambda message: 500 if message.said["data"]["referral"] == 2 else 204
    assert send_webhook_messages() == 1
    clock.shift(timedelta(seconds=10))
    assert send_webhook_messages() == 3 and numbers(hook) == [1, 2, 3, 4, 5]


# ---------- nobody holds up another ----------
@pytest.mark.django_db
def test_the_systems_go_in_turns_so_that_a_thousand_of_one_starve_nobody(
    cast: Cast, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_sending, "AT_MOST", timedelta(seconds=6))
    many = AT_ONCE + 4
    for each in range(many):
        make_messages(make_system(cast.psyk_manager, f"{hook.url}/{each}"), 4)
    make_messages(make_system(cast.soc_manager, f"{hook.url}/tusen"), 1000)
    began = time.monotonic()
    assert send_webhook_messages() == len(hook.received) and 6 <= time.monotonic() - began < 9
    others = [at for at, each in enumerate(hook.received) if not each.path.endswith("tusen")]
    assert len(others) == 4 * many and max(others) < 8 * (many + 1)
    thousand = [each.said["data"]["referral"] for each in hook.received if each.path.endswith("tusen")]
    assert thousand == list(range(1, len(thousand) + 1)) and len(thousand) > 4


@pytest.mark.django_db
def test_a_receiver_that_is_down_with_a_thousand_waiting_is_tried_once_a_round(cast: Cast, hook: Hook) -> None:
    down = make_system(cast.soc_manager, f"http://localhost:{free_port()}/")
    make_messages(down, 1000)
    make_messages(make_system(cast.psyk_manager, hook.url), 50)
    assert send_webhook_messages() == 50
    assert down.messages.filter(tries__gt=0).count() == 1 and down.messages.get(tries=1).last_error == "no_answer"


@pytest.mark.django_db
def test_who_owes_comes_in_no_order_and_with_whether_it_has_failed(cast: Cast) -> None:
    systems = [make_system(cast.psyk_manager, "http://localhost/") for _ in range(12)]
    for system in systems:
        make_messages(system, 2)
    WebhookMessage.objects.filter(webhook__in=systems[:8], object_id=1).update(tries=1)
    well = {system.pk for system in systems[8:]}
    orders = [webhooks_owed(timezone.now()) for _ in range(20)]
    assert all(dict(order) == {system.pk: system.pk not in well for system in systems} for order in orders)
    assert len({tuple(order) for order in orders}) > 10


# ---------- once, and at least once ----------
@pytest.mark.django_db(transaction=True)
def test_processes_that_send_at_the_same_time_send_each_once_and_in_order(cast: Cast, hook: Hook) -> None:
    for each in range(3):
        make_messages(make_system(cast.psyk_manager, f"{hook.url}/{each}"), 20)
    inner: dict[str, int] = {}
    crossed: list[str] = []
    lock = threading.Lock()

    def answer(message: Received) -> int:
        with lock:
            inner[message.path] = inner.get(message.path, 0) + 1
            if inner[message.path] > 1:
                crossed.append(message.path)
        with lock:
            inner[message.path] -= 1
        return 204

    hook.answer = answer
    taken = at_once(*[send_webhook_messages] * 4)
    while more := send_webhook_messages():
        taken.append(more)
    assert sum(taken) == 60 == len(hook.received) == len(set(hook.ids)) and not crossed
    for each in range(3):
        got = [message.said["data"]["referral"] for message in hook.received if message.path.endswith(str(each))]
        assert got == list(range(1, 21))


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_between_the_yes_and_our_note_repeats_under_the_same_id(cast: Cast, hook: Hook) -> None:
    make_messages(make_system(cast.psyk_manager, hook.url), 2)
    asked: list[subprocess.Popen[bytes]] = []

    def kill(_: Received) -> int:
        os.kill(asked[0].pid, signal.SIGKILL)
        return 204

    hook.answer = kill
    call = (
        "import django; django.setup();"
        "from notifications.actions.webhook_sending import send_webhook_messages; send_webhook_messages()"
    )
    env = server_environment(WEBHOOK_HOSTS="localhost")
    asked.append(subprocess.Popen([sys.executable, "-c", call], cwd=ROOT, env=env, stdin=subprocess.DEVNULL))
    reaper.watch(asked[0].pid, signal.SIGTERM)
    assert asked[0].wait(60) == -signal.SIGKILL
    reaper.forget(asked[0].pid)
    first = WebhookMessage.objects.order_by("pk")[0]
    assert numbers(hook) == [1] and first.claimed_at and first.delivered_at is None

    hook.answer = lambda _: 204
    assert send_webhook_messages() == 0, "it may still be under way, and the next must not come before it"
    with time_machine.travel(timezone.now() + STALE + MINUTE, tick=False):
        assert send_webhook_messages() == 2
    assert numbers(hook) == [1, 1, 2] and hook.ids[0] == hook.ids[1] == first.message_id


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_receiver_is_waited_for(cast: Cast, hook: Hook) -> None:
    make_messages(make_system(cast.psyk_manager, hook.url))
    seen: list[object] = []

    def look(_: Received) -> int:
        try:
            seen.append(WebhookMessage.objects.filter(claimed_at__isnull=False, tries=1).count())  # committed
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
                    " AND datname = current_database()"
                )
                seen.append(cursor.fetchone()[0])
        finally:
            close_connections()
        return 204

    hook.answer = look
    assert send_webhook_messages() == 1 and seen == [1, 0]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_act_under_way_and_the_sending_do_not_wait_for_each_other(cast: Cast, hook: Hook) -> None:
    make_messages(make_system(cast.psyk_manager, hook.url))

    def send() -> int:
        try:
            return send_webhook_messages()
        finally:
            close_connections()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        deliver([Notice("referral.sent", "R-9", 9, None, frozenset([cast.psyk.pk]))])
        assert pool.submit(send).result(timeout=15) == 1
    assert send_webhook_messages() == 1 and numbers(hook) == [1, 9]


@pytest.mark.django_db
def test_a_message_sent_again_while_it_is_under_way_is_not_sent_twice_at_once(
    cast: Cast, as_hat: AsHat, clock: time_machine.Traveller, hook: Hook
) -> None:
    webhook, _ = connect(as_hat, cast.psyk_manager, hook.url)
    (message,) = make_messages(webhook)
    WebhookMessage.objects.update(claimed_at=NOW, tries=1, first_tried_at=NOW)
    client = as_hat(cast.psyk_manager)
    assert client.post(f"{PAGE}{webhook.pk}/{message.pk}/", {"once": "a"}).status_code == 302
    assert only().claimed_at == NOW and send_webhook_messages() == 0
    clock.shift(STALE + MINUTE)
    assert send_webhook_messages() == 1 and len(hook.received) == 1
