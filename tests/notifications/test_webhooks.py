"""An agency's own system hears of what its people are told: by ids only, signed, out of the act's own transaction."""

import json
import logging
import uuid
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks.webhooks import WebhookVerificationError

from notifications.actions import Notice, deliver
from notifications.actions.webhook_sending import send_webhook_messages
from notifications.actions.webhooks import MOST, forget_webhook_messages
from notifications.models import Notification, Webhook, WebhookMessage
from notifications.registry import all_kinds
from referrals import actions as referral_actions
from referrals.states import RecallCode
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, make_member, sent
from tests.notifications.hook import PAGE, Hook, connect, key_on, listening
from workspace.front.tasks import EACH_MINUTE, SWEEPS
from workspace.models import Agency, Membership
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def inside(settings: Settings) -> None:
    settings.WEBHOOK_HOSTS = ["localhost"]


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as made:
        yield made


def tell(*recipients: Membership, kind: str = "referral.sent", number: str = "R-1", thing: int = 7) -> Notice:
    return Notice(kind, number, thing, None, frozenset(each.pk for each in recipients))


# ---------- what is said ----------
@pytest.mark.embedded
def test_a_referral_is_told_by_its_ids_and_number_alone(cast: Cast, as_hat: AsHat, hook: Hook) -> None:
    _, key = connect(as_hat, cast.psyk_manager, hook.url)
    referral = sent(cast)
    assert send_webhook_messages() == 1
    (message,) = hook.received
    assert message.path == "/meddelanden"
    assert (
        message.body
        == json.dumps(
            {
                "type": "referral.sent",
                "timestamp": "2026-12-01T09:30:00.000Z",
                "data": {"referral": referral.pk, "number": referral.number},
            },
            separators=(",", ":"),
        ).encode()
    )
    assert message.verified(key) == message.said
    assert message.headers["content-type"] == "application/json" and message.headers["connection"] == "close"
    assert set(message.headers) == {
        *("host", "content-type", "content-length", "webhook-id", "webhook-timestamp", "webhook-signature"),
        *("accept-encoding", "user-agent", "connection"),
    }
    row = WebhookMessage.objects.get()
    assert message.id == row.message_id and row.delivered_at == NOW and row.claimed_at is None
    assert send_webhook_messages() == 0 and len(hook.received) == 1


def test_every_kind_says_its_thing_by_its_number_and_no_day_and_no_word(cast: Cast, as_hat: AsHat, hook: Hook) -> None:
    connect(as_hat, cast.psyk_manager, hook.url)
    kinds = all_kinds()
    assert len(kinds) > 90
    with transaction.atomic():
        deliver([tell(cast.psyk, kind=code, number="15 dec. 2026", thing=5) for code in kinds])
    while send_webhook_messages():
        pass
    things = dict(hook.things)
    assert set(things) == set(kinds)
    for code, kind in kinds.items():
        number = {"number": "15 dec. 2026"} if kind.about == "referral" else {}
        assert things[code] == {kind.about: 5, **number}, code


def test_nothing_of_the_person_of_the_text_or_of_another_agency_leaves_the_house(
    cast: Cast, as_hat: AsHat, hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    _, key = connect(as_hat, cast.psyk_manager, f"{hook.url}/hemlig-adress")
    sent(cast)
    hook.answer = lambda _: 500
    send_webhook_messages()
    said = json.dumps([each.headers for each in hook.received]) + str([each.body for each in hook.received])
    for word in (SECRET_NAME, SECRET_TEXT, "Socialtjänsten", "Vuxenpsykiatrin", "soc-t", "participant"):
        assert word not in said
    kept = str(list(Webhook.objects.values())) + str(list(WebhookMessage.objects.values()))
    for word in (key, "hemlig-adress"):
        assert word not in caplog.text and word not in kept
    assert "webhook message" in caplog.text and "500" in caplog.text


@pytest.mark.parametrize("other", ["soc", "psyk", "fk", "outsider"])
def test_only_the_agencies_of_those_who_are_told_hear_of_it(cast: Cast, as_hat: AsHat, other: str) -> None:
    member = cast.members[other]
    manager = make_member(member.agency, "en-chef", None, "manager")  # type: ignore[arg-type]
    with listening() as ours:
        connect(as_hat, manager, ours.url)
        sent(cast)
        send_webhook_messages()
    told = Notification.objects.filter(membership__agency=member.agency).exists()
    assert bool(ours.received) == told == (other == "psyk")


def test_an_agency_hears_once_of_a_notice_however_many_of_its_people_are_told(
    cast: Cast, as_hat: AsHat, hook: Hook
) -> None:
    connect(as_hat, cast.psyk_manager, hook.url)
    with transaction.atomic():
        deliver([tell(cast.psyk, cast.psyk_2, cast.soc), tell(cast.psyk_2, thing=8)])
    send_webhook_messages()
    assert hook.things == [("referral.sent", {"referral": thing, "number": "R-1"}) for thing in (7, 8)]


def test_every_system_of_an_agency_hears_in_the_order_of_the_acts(cast: Cast, as_hat: AsHat, hook: Hook) -> None:
    with listening() as second:
        connect(as_hat, cast.psyk_manager, hook.url)
        connect(as_hat, cast.psyk_manager, second.url)
        for thing in range(20):
            with transaction.atomic():
                deliver([tell(cast.psyk, thing=thing)])
        assert send_webhook_messages() == 40
        assert [data["referral"] for _, data in hook.things] == list(range(20))
        assert second.things == hook.things and not set(second.ids) & set(hook.ids)


# ---------- the signature ----------
def test_a_message_that_is_old_or_changed_or_of_another_key_is_not_believed(
    cast: Cast, as_hat: AsHat, hook: Hook, clock: time_machine.Traveller
) -> None:
    _, key = connect(as_hat, cast.psyk_manager, hook.url)
    _, other = connect(as_hat, cast.soc_manager, hook.url)
    sent(cast)
    send_webhook_messages()
    (message,) = hook.received
    assert message.verified(key)
    changed = json.loads(message.body) | {"type": "referral.closed"}
    for forged in (
        lambda: message.verified(other),
        lambda: type(message)(message.path, message.headers, json.dumps(changed).encode()).verified(key),
        lambda: type(message)(message.path, message.headers | {"webhook-id": "msg_x"}, message.body).verified(key),
        lambda: type(message)(message.path, message.headers | {"webhook-timestamp": "1"}, message.body).verified(key),
    ):
        with pytest.raises(WebhookVerificationError):
            forged()
    clock.shift(timedelta(minutes=6))
    with pytest.raises(WebhookVerificationError, match="too old"):
        message.verified(key)


@pytest.mark.embedded
def test_a_changed_key_and_the_one_before_both_sign_for_a_day(
    cast: Cast, as_hat: AsHat, hook: Hook, clock: time_machine.Traveller
) -> None:
    webhook, first = connect(as_hat, cast.psyk_manager, hook.url)
    client = as_hat(cast.psyk_manager)
    keys = [first]
    for _ in range(2):  # the second time nobody has had time to use the first's
        keys.append(key_on(client.post(f"{PAGE}{webhook.pk}/nyckel/").content.decode()))
    assert len(set(keys)) == 3 and all(len(b64decode(key[6:])) == 32 for key in keys)

    def believed() -> list[bool]:
        with transaction.atomic():
            deliver([tell(cast.psyk)])
        send_webhook_messages()
        message, found = hook.received[-1], []
        for key in keys:
            try:
                found.append(bool(message.verified(key)))
            except WebhookVerificationError:
                found.append(False)
        return found

    assert believed() == [True, False, True]
    clock.shift(timedelta(hours=23, minutes=59))
    assert believed() == [True, False, True]
    clock.shift(timedelta(minutes=2))
    assert believed() == [False, False, True]
    forget_webhook_messages()
    webhook.refresh_from_db()
    assert webhook.previous_key == "" and believed() == [False, False, True]


# ---------- in the act's own transaction ----------
def test_an_act_that_is_rolled_back_leaves_no_message(cast: Cast, as_hat: AsHat, hook: Hook) -> None:
    connect(as_hat, cast.psyk_manager, hook.url)
    with pytest.raises(RuntimeError), transaction.atomic():
        deliver([tell(cast.psyk)])
        assert WebhookMessage.objects.count() == 1
        raise RuntimeError
    assert not WebhookMessage.objects.exists() and send_webhook_messages() == 0 and hook.received == []


def test_an_act_costs_one_query_more_and_two_where_somebody_listens(cast: Cast, as_hat: AsHat, hook: Hook) -> None:
    def cost(number: int, recipients: int, things: int) -> int:
        told = [make_member(cast.psyk.agency, f"m{number}-{each}", cast.psyk_desk) for each in range(recipients)]
        with transaction.atomic():
            deliver([tell(cast.soc)])  # the counter of this one is there
            deliver([tell(*told)])  # and of these
        with transaction.atomic(), CaptureQueriesContext(connection) as asked:
            deliver([tell(*told, thing=thing) for thing in range(things)])
        return len([each for each in asked if "webhook" in each["sql"]])

    assert cost(1, 1, 1) == cost(2, 30, 30) == 1
    connect(as_hat, cast.psyk_manager, hook.url)
    assert cost(3, 1, 1) == cost(4, 30, 30) == 2
    WebhookMessage.objects.all().delete()
    Agency.objects.filter(pk=cast.psyk.agency_id).update(left_on=timezone.localdate())
    assert cost(5, 30, 30) == 1


def test_an_act_that_tells_nobody_asks_nothing_about_systems(cast: Cast) -> None:
    with transaction.atomic(), CaptureQueriesContext(connection) as asked:
        deliver([tell()])
    assert not [each for each in asked if "webhook" in each["sql"]]


# ---------- stopped, left, ended, forgotten ----------
@pytest.mark.embedded
def test_a_system_of_an_agency_that_has_left_hears_nothing_from_that_day_on(
    cast: Cast, as_hat: AsHat, hook: Hook, clock: time_machine.Traveller
) -> None:
    connect(as_hat, cast.psyk_manager, hook.url)
    Agency.objects.filter(pk=cast.psyk.agency_id).update(left_on=timezone.localdate() + timedelta(days=1))
    with transaction.atomic():
        deliver([tell(cast.psyk)])
    assert send_webhook_messages() == 1
    with transaction.atomic():
        deliver([tell(cast.psyk)])
    clock.shift(timedelta(days=1))
    assert WebhookMessage.objects.filter(delivered_at=None).count() == 1 and send_webhook_messages() == 0
    with transaction.atomic():
        deliver([tell(cast.psyk)])
    forget_webhook_messages()
    assert WebhookMessage.objects.count() == 1 and len(hook.received) == 1  # what was waiting is gone


def test_a_system_goes_on_listening_when_the_manager_who_connected_it_has_ended(
    cast: Cast, as_hat: AsHat, hook: Hook, clock: time_machine.Traveller
) -> None:
    connect(as_hat, cast.psyk_manager, hook.url)
    Membership.objects.filter(pk=cast.psyk_manager.pk).update(to_on=timezone.localdate())
    clock.shift(timedelta(days=2))
    assert as_hat(cast.psyk_manager).get(PAGE).status_code != 200
    sent(cast)
    assert send_webhook_messages() == 1


def test_what_came_through_is_kept_thirty_days_and_what_did_not_ninety(
    cast: Cast, as_hat: AsHat, hook: Hook, clock: time_machine.Traveller
) -> None:
    webhook, _ = connect(as_hat, cast.psyk_manager, hook.url)

    def made(**columns: object) -> WebhookMessage:
        named = {"kind": "referral.sent", "about": "referral", "object_id": 1, "number": "R-1"}
        return WebhookMessage.objects.create(webhook=webhook, message_id=f"msg_{uuid.uuid4().hex}", **named, **columns)  # type: ignore[misc]

    through, dead = made(delivered_at=NOW), made(dead_at=NOW, last_error="500")
    waiting = made(next_try_at=NOW + timedelta(days=400))
    for days, left in ((30, {through, dead, waiting}), (31, {dead, waiting}), (90, {dead, waiting}), (91, {waiting})):
        clock.move_to(NOW + timedelta(days=days))
        forget_webhook_messages()
        assert set(WebhookMessage.objects.all()) == left, days


def test_the_clock_sends_each_minute_and_forgets_in_the_sweep() -> None:
    assert send_webhook_messages in EACH_MINUTE and forget_webhook_messages in SWEEPS


def test_a_referrals_whole_way_is_heard_by_both_sides_systems(cast: Cast, as_hat: AsHat, hook: Hook) -> None:
    with listening() as theirs:
        connect(as_hat, cast.psyk_manager, hook.url)
        connect(as_hat, cast.soc_manager, theirs.url)
        referral = sent(cast)
        referral_actions.recall_referral(by=cast.soc, referral=referral, code=RecallCode.NOT_NEEDED)
        send_webhook_messages()
    assert [kind for kind, _ in hook.things] == ["referral.sent", "referral.recalled"] and theirs.received == []
    assert MOST == 3
