"""«Kopplingar»: only the agency's own manager connects its system, sees what has not reached it, and sends it again."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from notifications.actions.webhook_sending import send_webhook_messages
from notifications.actions.webhooks import MOST
from notifications.models import Webhook, WebhookMessage
from tests.cast import Cast
from tests.notifications.hook import PAGE, Hook, connect, key_on, listening, make_messages, make_system
from tests.notifications.webhook_forms import WEBHOOK_FORMS, webhook_forms
from workspace.models import AuditEntry
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)  # 10.30 in Stockholm
START = "/enheten/"


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


def page_of(client: Client, path: str = PAGE) -> str:
    got = client.get(path)
    assert got.status_code == 200
    return got.content.decode()


def rows() -> list[object]:
    return [*Webhook.objects.order_by("pk").values(), *WebhookMessage.objects.order_by("pk").values()]


# ---------- whose ----------
@pytest.mark.parametrize("who", ["soc", "soc_manager", "psyk", "psyk_2", "fk", "outsider", "coordinator", "chair"])
def test_for_all_but_the_agencys_manager_it_does_not_exist(cast: Cast, as_hat: AsHat, who: str) -> None:
    hat: Hat = getattr(cast, who)
    client, made = as_hat(hat), webhook_forms(cast)
    if who != "soc_manager":
        assert client.get(PAGE).status_code == 404
        assert client.post(f"{PAGE}ny/", {"address": "https://exempel.se/"}).status_code == 404
    for name in WEBHOOK_FORMS:
        _, path, data = made[name]()
        before = rows()
        assert client.post(path, data).status_code == 404, name
        assert client.post(path.replace("prov", "nyckel"), data).status_code == 404
        assert client.get(path).status_code in {404, 405} and rows() == before, name
    assert not AuditEntry.objects.filter(what__startswith="webhook").exists()


@pytest.mark.embedded
def test_each_act_is_logged_by_its_number_and_a_repeat_changes_nothing(cast: Cast, as_hat: AsHat) -> None:
    for name, form in webhook_forms(cast).items():
        hat, path, data = form()
        client, before = as_hat(hat), AuditEntry.objects.count()
        first = client.post(path, data | {"once": f"k-{name}"})
        assert first.status_code == 302 and first.headers["Location"] == PAGE, name
        kept = rows()
        again = client.post(path, data | {"once": f"k-{name}"})
        assert again.headers["Location"] == PAGE and rows() == kept, name
        (entry,) = AuditEntry.objects.order_by("pk")[before:]
        assert entry.what.startswith("webhook") and entry.agency_id == hat.agency_id, name  # type: ignore[union-attr]


# ---------- connect ----------
@pytest.mark.embedded
def test_the_key_is_shown_once_and_lies_sealed(cast: Cast, as_hat: AsHat, hook: Hook) -> None:
    webhook, key = connect(as_hat, cast.psyk_manager, f"{hook.url}?hemlig=ord")
    client = as_hat(cast.psyk_manager)
    for page in (page_of(client), page_of(client, f"{PAGE}{webhook.pk}/stoppa/")):
        assert "localhost" in page and key not in page and "hemlig=ord" not in page
    assert key not in str(rows()) and "hemlig" not in str(rows()) and webhook.made_by == cast.psyk_manager


def test_the_form_sent_twice_is_one_system_whose_second_key_is_the_one(cast: Cast, as_hat: AsHat, hook: Hook) -> None:
    first, old = connect(as_hat, cast.psyk_manager, hook.url)
    second, new = connect(as_hat, cast.psyk_manager, hook.url)
    assert first == second and old != new and Webhook.objects.count() == 1
    make_messages(second)
    send_webhook_messages()
    assert hook.received[0].verified(new) and hook.received[0].verified(old)


def test_an_agency_has_three_at_most(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.psyk_manager)
    for each in range(MOST):
        assert client.post(f"{PAGE}ny/", {"address": f"https://exempel.se/{each}"}).status_code == 200
    got = client.post(f"{PAGE}ny/", {"address": "https://exempel.se/9"})
    assert got.status_code == 422 and "redan 3 kopplingar" in got.content.decode()
    assert "https://exempel.se/9" in got.content.decode() and Webhook.objects.count() == MOST
    assert "fler går inte att ha" in page_of(client) and "Gör kopplingen" not in page_of(client)
    assert as_hat(cast.soc_manager).post(f"{PAGE}ny/", {"address": "https://exempel.se/9"}).status_code == 200


def test_a_faulty_address_keeps_what_was_typed_and_says_why(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.psyk_manager)
    page = client.post(f"{PAGE}ny/", {"address": "http://exempel.se/in"})
    assert page.status_code == 422
    assert (
        "Adressen ska börja med https://." in page.content.decode() and "http://exempel.se/in" in page.content.decode()
    )
    assert "Skriv adressen" in client.post(f"{PAGE}ny/", {}).content.decode()


def test_a_trial_is_sent_within_a_minute_and_is_about_nothing(cast: Cast, as_hat: AsHat, hook: Hook) -> None:
    webhook, key = connect(as_hat, cast.psyk_manager, hook.url)
    client = as_hat(cast.psyk_manager)
    client.post(f"{PAGE}{webhook.pk}/prov/", {"once": "a"})
    assert send_webhook_messages() == 1
    assert hook.received[0].verified(key) == {
        "type": "webhook.test",
        "timestamp": "2026-12-01T09:30:00.000Z",
        "data": {"webhook": webhook.pk},
    }
    assert "Ett prov" in page_of(client) and "Kom fram i dag, 10.30" in page_of(client)


# ---------- stop, start, remove ----------
@pytest.mark.embedded
def test_stopped_it_hears_nothing_until_it_is_started(
    cast: Cast, as_hat: AsHat, hook: Hook, clock: time_machine.Traveller
) -> None:
    webhook, _ = connect(as_hat, cast.psyk_manager, hook.url)
    make_messages(webhook, 2)
    client = as_hat(cast.psyk_manager)
    assert "Stoppa kopplingen?" in page_of(client, f"{PAGE}{webhook.pk}/stoppa/") and send_webhook_messages() == 2
    make_messages(webhook, 2)
    client.post(f"{PAGE}{webhook.pk}/stoppa/", {"once": "a"})
    assert send_webhook_messages() == 0 and set(WebhookMessage.objects.values_list("last_error")) == {
        ("",),
        ("stopped",),
    }
    page = page_of(client)
    assert "Stoppad i dag, 10.30." in page and "stoppades innan meddelandet hade skickats" in page
    for path in ("prov/", f"{WebhookMessage.objects.latest('pk').pk}/"):
        assert client.post(f"{PAGE}{webhook.pk}/{path}").status_code == 403
    client.post(f"{PAGE}{webhook.pk}/starta/", {"once": "b"})
    assert send_webhook_messages() == 0
    client.post(f"{PAGE}{webhook.pk}/skicka-igen/", {f"{webhook.pk}-day": "2026-12-01", "once": "c"})
    assert send_webhook_messages() == 4 and len(set(hook.ids)) == 4


def test_removed_it_is_gone_with_its_messages(cast: Cast, as_hat: AsHat, hook: Hook) -> None:
    webhook, _ = connect(as_hat, cast.psyk_manager, hook.url)
    other = make_system(cast.psyk_manager, hook.url)
    make_messages(webhook, 3)
    make_messages(other)
    client = as_hat(cast.psyk_manager)
    assert "Ta bort kopplingen?" in page_of(client, f"{PAGE}{webhook.pk}/ta-bort/") and Webhook.objects.count() == 2
    client.post(f"{PAGE}{webhook.pk}/ta-bort/", {"once": "a"})
    assert list(Webhook.objects.all()) == [other] and WebhookMessage.objects.count() == 1
    assert client.get(f"{PAGE}{webhook.pk}/ta-bort/").status_code == 404


# ---------- what did not come through ----------
@pytest.mark.embedded
def test_what_did_not_come_through_stands_on_the_first_page_until_it_is_seen_to(
    cast: Cast, as_hat: AsHat, hook: Hook
) -> None:
    client = as_hat(cast.psyk_manager)
    assert "Kopplingar till ert eget system" in page_of(client, START) and "kom inte fram" not in page_of(client, START)
    webhook, _ = connect(as_hat, cast.psyk_manager, hook.url)
    dead = make_messages(webhook, 4)[:3]
    for message, error in zip(dead, ("500", "slow", "certificate"), strict=True):
        WebhookMessage.objects.filter(pk=message.pk).update(dead_at=NOW, tries=10, last_error=error)
    assert "Tre meddelanden till ert system kom inte fram" in page_of(client, START)
    assert "kom inte fram" not in page_of(as_hat(cast.soc_manager), START)
    page = page_of(client)
    for words in (
        "Tre meddelanden kom inte fram",
        "R-1",
        "Mottagaren svarade 500.",
        "inom tio sekunder",
        "certifikatet",
    ):
        assert words in page, words
    assert "Vi försökte 10 gånger." in page and "Ett meddelande väntar på att skickas" in page

    client.post(f"{PAGE}{webhook.pk}/{dead[0].pk}/", {"once": "a"})
    assert send_webhook_messages() == 2 and hook.ids[0] == dead[0].message_id
    assert "Två meddelanden till ert system" in page_of(client, START)
    client.post(f"{PAGE}{webhook.pk}/glom/", {"once": "b"})
    assert "kom inte fram" not in page_of(client, START) and WebhookMessage.objects.count() == 2


@pytest.mark.embedded
def test_what_waits_says_at_once_why_it_has_not_come_through(cast: Cast, as_hat: AsHat, hook: Hook) -> None:
    webhook, _ = connect(as_hat, cast.psyk_manager, hook.url)
    make_messages(webhook, 2)
    client = as_hat(cast.psyk_manager)
    assert "Två meddelanden väntar på att skickas.</p>" in page_of(client)
    webhook.messages.update(last_error="503", tries=1)
    assert "Två meddelanden väntar på att skickas. Mottagaren svarade 503.</p>" in page_of(client)


def test_all_since_a_moment_is_sent_again_under_the_same_ids(
    cast: Cast, as_hat: AsHat, hook: Hook, clock: time_machine.Traveller
) -> None:
    webhook, _ = connect(as_hat, cast.psyk_manager, hook.url)
    for _ in range(3):
        make_messages(webhook)
        clock.shift(timedelta(hours=1))
    assert send_webhook_messages() == 3
    client, path, pk = as_hat(cast.psyk_manager), f"{PAGE}{webhook.pk}/skicka-igen/", webhook.pk
    for data, words in (
        ({}, "Skriv en dag."),
        ({"day": "inte en dag"}, "är inget datum"),
        ({"day": "2026-12-01", "begins": "25.00"}, "är ingen tid"),
        ({"day": "2026-12-01", "begins": "23.00"}, "Det har inte varit än"),
        ({"day": "2027-01-01"}, "Det har inte varit än"),
    ):
        got = client.post(path, {f"{pk}-{name}": value for name, value in data.items()})
        assert got.status_code == 422 and words in got.content.decode(), data
        assert all(value in got.content.decode() for value in data.values())
    assert send_webhook_messages() == 0
    got = client.post(path, {f"{pk}-day": "1 december 2026", f"{pk}-begins": "11.30", "once": "a"}, follow=True)
    assert "Två meddelanden skickas igen." in got.content.decode()
    assert send_webhook_messages() == 2 and hook.ids[3:] == hook.ids[1:3]
    got = client.post(path, {f"{pk}-day": "2026-12-01", f"{pk}-begins": "13.30", "once": "b"}, follow=True)
    assert "Inget meddelande är gjort sedan dess." in got.content.decode()


def test_a_changed_key_is_shown_once(cast: Cast, as_hat: AsHat, hook: Hook) -> None:
    webhook, first = connect(as_hat, cast.psyk_manager, hook.url)
    page = as_hat(cast.psyk_manager).post(f"{PAGE}{webhook.pk}/nyckel/")
    assert key_on(page.content.decode()) != first and "24 timmar" in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]


def test_the_pages_ask_as_much_for_thirty_messages_as_for_one(cast: Cast, as_hat: AsHat) -> None:
    webhook = make_system(cast.psyk_manager, "https://exempel.se/")
    client = as_hat(cast.psyk_manager)

    def asked(number: int) -> list[int]:
        make_messages(webhook, number)
        WebhookMessage.objects.filter(object_id__gt=1).update(dead_at=NOW, last_error="500")
        found = []
        for path in (PAGE, START):
            with CaptureQueriesContext(connection) as seen:
                page_of(client, path)
            found.append(len(seen))
        return found

    asked(1)
    few = asked(1)
    make_system(cast.psyk_manager, "https://exempel.se/2")
    assert asked(40) == few
    assert "De 20 senaste visas." in page_of(client)
