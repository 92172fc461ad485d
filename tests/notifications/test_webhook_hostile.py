"""A webhook's address may be hostile, and so may whoever answers there: nothing inside is reached, all is bounded."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from notifications.actions.webhook_sending import AT_ONCE, send_webhook_messages
from notifications.models import Webhook, WebhookMessage
from notifications.sending import webhooks as sending
from notifications.states import WebhookProblem
from tests.calendar.hostile import Server, answer, certificate, connections, serving
from tests.calendar.test_fetching import REFUSED
from tests.cast import Cast
from tests.notifications.hook import PAGE, listening, make_messages, make_system
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
MEGABYTE = 1_000_000


@pytest.fixture
def inside(settings: Settings) -> None:
    settings.WEBHOOK_HOSTS = ["localhost"]


def came_of(cast: Cast, address: str) -> WebhookMessage:
    """What came of the one message to a system at an address."""
    (message,) = make_messages(make_system(cast.psyk_manager, address))
    send_webhook_messages()
    message.refresh_from_db()
    return message


# ---------- which addresses ----------
HOSTILE = [(code, text) for code, texts in REFUSED.items() for text in texts if text]
HOSTILE += [
    ("address", "https://exempel.se/" + "a" * 10_000),
    ("address", "https://exempel.se/\r\nX-Injected: yes"),
    ("address", "https://exempel.se/\nHost: inside"),
]


@pytest.mark.parametrize(("code", "text"), HOSTILE)
def test_an_address_that_may_not_be_reached_is_refused_with_a_sentence(
    cast: Cast, as_hat: AsHat, code: str, text: str
) -> None:
    with connections() as seen:
        page = as_hat(cast.psyk_manager).post(f"{PAGE}ny/", {"address": text})
    assert page.status_code == 422 and seen == [] and not Webhook.objects.exists()
    assert any(each.label in page.content.decode() for each in WebhookProblem) or "Texten" in page.content.decode()
    assert "whsec_" not in page.content.decode()


@pytest.mark.parametrize("hosts", [[], ["annan.intern"], ["127.0.0.1"]])
def test_only_the_hosts_the_operator_names_are_reached_inside_and_each_try_asks_anew(
    cast: Cast, settings: Settings, hosts: list[str]
) -> None:
    settings.WEBHOOK_HOSTS = hosts
    with listening() as hook, connections() as seen:
        assert came_of(cast, hook.url).last_error == "scheme"
        assert came_of(cast, hook.url.replace("http", "https")).last_error == "host"
    assert seen == [] and hook.received == []


@pytest.mark.parametrize("inner", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1"])
@pytest.mark.parametrize("others", [[], ["8.8.8.8"]])
def test_a_name_that_leads_inside_is_not_connected_to_also_where_it_led_elsewhere_before(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, inner: str, others: list[str]
) -> None:
    """The name server is none of ours, so it is played."""

    def names(host: str, port: int, **_: Any) -> list[Any]:
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in each], socket.SOCK_STREAM, 6, "", (each, port)) for each in [*others, inner]]

    monkeypatch.setattr(socket, "getaddrinfo", names)
    with connections() as seen:
        assert came_of(cast, "https://system.exempel.se/in").last_error == "inside"
    assert seen == []


# ---------- what is answered ----------
def forever(head: bytes) -> Callable[[Server], Iterator[bytes]]:
    def pieces(server: Server) -> Iterator[bytes]:
        yield head
        while not server.stop.is_set():
            yield b"x" * 65_536

    return pieces


def dripping(server: Server) -> Iterator[bytes]:
    for each in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 10_000:
        if server.stop.wait(0.3):
            return
        yield bytes([each])


def silent(server: Server) -> Iterator[bytes]:
    server.stop.wait(30)
    return iter(())


ANSWERS: dict[str, tuple[bytes | Callable[[Server], Iterator[bytes]], str]] = {
    "a gigabyte": (forever(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"), ""),
    "heads without end": (forever(b"HTTP/1.1 200 OK\r\nX-Long: "), ""),
    "a gigabyte of no": (forever(b"HTTP/1.1 500 No\r\nContent-Length: 1000000000\r\n\r\n"), "500"),
    "no http": (forever(b"hej hej"), "no_answer"),
    "nothing": (b"", "no_answer"),
    "half a line": (b"HTTP/1.1 20", "no_answer"),
    "a strange status": (b"HTTP/1.1 abc OK\r\n\r\n", "no_answer"),
    "a status too far": (b"HTTP/1.1 1000 OK\r\n\r\n", "no_answer"),
    "only go on": (b"HTTP/1.1 100 Continue\r\n\r\n", "no_answer"),
    "moved": (answer(b"", "Location: https://exempel.se/", status="301 Moved"), "redirect"),
    "found inside": (answer(b"", "Location: http://169.254.169.254/", status="302 Found"), "redirect"),
    "packed": (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: gzip\r\n\r\n\x1f\x8b", ""),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: -5\r\n\r\n", ""),
}


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("name", ANSWERS)
def test_of_an_answer_its_status_alone_is_read(cast: Cast, name: str) -> None:
    served, expected = ANSWERS[name]
    with serving(served) as server, connections() as seen:
        began = time.monotonic()
        message = came_of(cast, server.url("/in"))
        assert time.monotonic() - began < 5
    assert message.last_error == expected and bool(message.delivered_at) == (expected == "")
    assert server.sent < 10 * MEGABYTE  # what the kernel took, of which we read 4 kB
    assert {place[1] for place in seen} == {server.port}, "and it is led nowhere else"
    assert server.asked[0].startswith(b"POST /in HTTP/1.1\r\n")


@pytest.mark.usefixtures("inside")
def test_who_hangs_or_drips_is_left_after_ten_seconds(cast: Cast) -> None:
    with serving(silent) as first, serving(dripping) as second:
        for server in (first, second):
            make_messages(make_system(cast.psyk_manager, server.url("/in")))
        began = time.monotonic()
        assert send_webhook_messages() == 0
        assert 9.5 < time.monotonic() - began < 13
    assert [row.last_error for row in WebhookMessage.objects.all()] == ["slow", "slow"]


@pytest.mark.usefixtures("inside")
def test_however_many_hang_the_others_hear_at_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "SECONDS", 3.0)
    with ExitStack() as stack, listening() as hook:
        hanging = [stack.enter_context(serving(dripping if each % 2 else silent)) for each in range(AT_ONCE)]
        systems = [make_system(cast.psyk_manager, server.url("/in")) for server in hanging]
        for system in systems:
            make_messages(system, 2)
        WebhookMessage.objects.filter(object_id=1).update(tries=1)
        make_messages(make_system(cast.soc_manager, hook.url), 100)
        came: list[float] = []
        hook.answer = lambda _: came.append(time.monotonic()) or 204  # type: ignore[func-returns-value]
        began = time.monotonic()
        assert send_webhook_messages() == 100
        took = time.monotonic() - began
    assert took > 5.5 and max(came) - began < 3, (took, max(came) - began)
    tried = WebhookMessage.objects.filter(webhook__in=systems, object_id=1)
    assert set(tried.values_list("last_error", "tries")) == {("slow", 2)}
    assert set(WebhookMessage.objects.filter(webhook__in=systems, object_id=2).values_list("tries")) == {(0,)}


# ---------- TLS and keys ----------
@pytest.mark.usefixtures("inside")
def test_under_tls_only_the_right_certificate_is_spoken_to(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, trusted = certificate(tmp_path, "localhost")
    other, also = certificate(tmp_path, "exempel.se")
    taken = answer(b"", status="204 No Content")
    with serving(taken, right) as server:
        assert came_of(cast, server.url("/in", scheme="https")).last_error == "certificate"  # nobody vouches for it
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        assert came_of(cast, server.url("/in", scheme="https")).delivered_at
    monkeypatch.setenv("SSL_CERT_FILE", str(also))
    with serving(taken, other) as server:
        assert came_of(cast, server.url("/in", scheme="https")).last_error == "certificate"  # it is another's
    with serving(taken) as server:
        assert came_of(cast, server.url("/in", scheme="https")).last_error == "certificate"  # no TLS at all
    assert not any(b"POST" in each for each in server.asked)


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("column", ["address", "signing_key"])
def test_what_no_longer_opens_is_said_and_nothing_is_sent_unsigned(cast: Cast, column: str, settings: Settings) -> None:
    with listening() as hook:
        system = make_system(cast.psyk_manager, hook.url)
        Webhook.objects.filter(pk=system.pk).update(**{column: "gAAAA" + getattr(system, column)[5:-8]})
        (message,) = make_messages(system)
        assert send_webhook_messages() == 0
        message.refresh_from_db()
    assert message.last_error == "sealed" and "nyckel är bytt" in message.why and hook.received == []
