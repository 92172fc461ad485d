"""/metrics: who may read it, that it counts rightly over processes, and that no label tells of anybody."""

import os
import re
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from notifications.models import DigestMail, ParticipantMail
from tests.cast import Cast
from tests.running.calls import call
from tests.servers import Server
from tests.wire import Visitor, ready, refusal_of, session_of
from workspace import metrics

Serve = Callable[..., Server]
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
# The only labels, and what may stand in them beside names of routes.
LABELS = {"route", "status", "le", "queue", "job", "state", "step", "why", "role", "pid"}


def samples(text: str) -> Samples:
    families = text_string_to_metric_families(text)
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def value(found: Samples, name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


@pytest.mark.django_db
@pytest.mark.embedded
def test_only_this_machine_itself_or_who_has_the_token_may_read(settings: object) -> None:
    assert Client().get("/metrics").status_code == 200
    settings.METRICS_TOKEN = "en-hemlighet"  # type: ignore[attr-defined]
    for headers in ({"X-Forwarded-Proto": "https"}, {"X-Forwarded-For": "127.0.0.1"}, {"Via": "1.1 x"}):
        got = Client().get("/metrics", headers=headers)
        assert (got.status_code, got.content) == (404, b"")
        assert Client().get("/metrics", headers=headers | {"Authorization": "Bearer fel"}).status_code == 404
        assert Client().get("/metrics", headers=headers | {"Authorization": "Bearer en-hemlighet"}).status_code == 200
    for address in ("10.0.0.5", "", "::ffff:10.0.0.5"):
        assert Client(REMOTE_ADDR=address).get("/metrics").status_code == 404
    settings.METRICS_TOKEN = ""  # type: ignore[attr-defined]
    assert Client(REMOTE_ADDR="10.0.0.5").get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.django_db
@pytest.mark.embedded
def test_what_waits_is_counted_with_the_age_of_the_oldest(cast: Cast) -> None:
    now = timezone.now()
    for days, user in enumerate((cast.soc.user, cast.soc_2.user)):
        DigestMail.objects.create(user=user, day=now.date(), made_at=now - timedelta(days=days))
    DigestMail.objects.create(user=cast.psyk.user, day=now.date(), sent_at=now, made_at=now - timedelta(days=9))
    ParticipantMail.objects.create(participant=cast.person, made_at=now - timedelta(hours=1))
    metrics.note_run("sweep")
    found = samples(Client().get("/metrics").content.decode())
    assert value(found, "samverkan_waiting", queue="digest") == 2
    assert value(found, "samverkan_waiting_oldest_seconds", queue="digest") == pytest.approx(86_400, abs=60)
    assert value(found, "samverkan_waiting", queue="participant") == 1
    assert value(found, "samverkan_waiting_oldest_seconds", queue="webhook") == 0
    assert 0 <= value(found, "samverkan_job_age_seconds", job="sweep") < 60
    assert ("samverkan_job_age_seconds", frozenset({("job", "each_minute")})) not in found  # has never run


@pytest.mark.django_db
@pytest.mark.embedded
def test_counts_of_guesses_are_not_forgotten_when_many_sign_in() -> None:
    cache.set_many({f"guess-{number}": number for number in range(400)}, 600)
    assert len(cache.get_many([f"guess-{number}" for number in range(400)])) == 400


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_processes_answer_for_both_and_no_label_holds_an_id_or_a_person(serve: Serve, cast: Cast) -> None:
    web = serve("web")
    session = {"Cookie": f"sessionid={session_of(cast.soc)}"}
    paths = ["/", f"/deltagare/{cast.person.pk}/", "/finns/inte/4711/", "/kalender/hemligt-hemligt-12345.ics"]

    def ask(number: int) -> int:
        return call(web.url, paths[number % len(paths)], headers=session).status

    with ThreadPoolExecutor(8) as pool:
        assert sorted(set(pool.map(ask, range(80)))) == [200, 404]
    texts = [call(web.url, "/metrics", headers={}).text for _ in range(8)]
    for text in texts:
        found = samples(text)
        assert value(found, "samverkan_requests_total", route="today", status="2xx") == 20
        assert value(found, "samverkan_requests_total", route="participant", status="2xx") == 20
        assert value(found, "samverkan_requests_total", route="none", status="4xx") == 20
        assert value(found, "samverkan_request_seconds_count", route="calendar_feed") == 20
        assert 1 <= value(found, "samverkan_database_pool", state="held") <= 24
    labels = set(re.findall(r'[{,](\w+)="([^"]*)"', texts[0]))
    assert {name for name, _ in labels} <= LABELS
    for name, says in labels - {(name, says) for name, says in labels if name in {"le", "pid"}}:
        assert re.fullmatch(r"[a-z_]+|[1-5]xx|level_two", says), (name, says)
    assert cast.person.last_name not in texts[0] and "hemligt" not in texts[0]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_a_replaced_process_held_is_forgotten_and_what_it_counted_is_not(serve: Serve, cast: Cast) -> None:
    web = serve("web", "--processes", "1")
    session = {"Cookie": f"sessionid={session_of(cast.soc)}"}
    for _ in range(3):
        assert call(web.url, "/", headers=session).status == 200
    before = web.workers()
    os.kill(before[0], signal.SIGKILL)
    until = time.monotonic() + 20
    while web.workers() in ([], before) and time.monotonic() < until:
        time.sleep(0.05)
    assert call(web.url, "/", headers=session).status == 200
    found = samples(call(web.url, "/metrics", headers={}).text)
    assert value(found, "samverkan_requests_total", route="today", status="2xx") == 4
    assert value(found, "samverkan_database_pool", state="held") <= 4  # the living one's alone


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_wire_is_counted_from_the_act_to_the_socket(serve: Serve, cast: Cast) -> None:
    web, sockets = serve("web"), serve("sockets")
    referral = ready(cast)
    beata = Visitor(web, cast.psyk)
    with beata.follow(server=sockets) as hears, beata.follow(server=sockets) as too:
        assert refusal_of(Visitor(web, None), server=sockets)[0] == 403
        assert Visitor(web, cast.soc).post(f"/remisser/{referral.pk}/granska/").status == 302
        assert hears.next(5)["type"] == too.next(5)["type"] == "notification.created"
        found = samples(call(sockets.url, "/metrics", headers={}).text)
        assert value(found, "samverkan_open_sockets") == 2
        assert value(found, "samverkan_hints_total", step="handed_over") >= 2
        assert value(found, "samverkan_sockets_closed_total", why="refused") == 1
        assert value(found, "samverkan_wire_away") == 0
        assert not [name for name, _ in found if name.startswith("samverkan_waiting")]  # the pages' role says that
    asked = samples(call(web.url, "/metrics", headers={}).text)
    assert value(asked, "samverkan_hints_total", step="published") >= 1
    assert ("samverkan_hints_total", frozenset({("step", "lost")})) not in asked or (
        value(asked, "samverkan_hints_total", step="lost") == 0
    )
