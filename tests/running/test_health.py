"""/health/: what a load balancer asks, in each role."""

import os
from collections.abc import Callable

import psycopg
import pytest
from django.test import Client

from tests.cast import Cast
from tests.running.calls import call
from tests.servers import Server
from tests.services import Redis
from tests.wire import Visitor, wait_until
from workspace.rules import Hat

Serve = Callable[..., Server]


@pytest.mark.django_db
@pytest.mark.embedded
@pytest.mark.parametrize("role", ["web", "sockets", "both"])
def test_each_role_says_what_it_needs(role: str, settings: object) -> None:
    settings.SERVE_ROLE = role  # type: ignore[attr-defined]
    got = Client().get("/health/")
    assert got.status_code == 200
    wanted = {"role": role, "database": "ok", "migrations": "ok"}
    assert got.json() == (wanted if role == "web" else wanted | {"wire": "ok"})
    assert "no-store" in got["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.embedded
def test_it_answers_under_any_name_and_over_http_since_machines_ask_by_address(settings: object) -> None:
    settings.SECURE_SSL_REDIRECT = True  # type: ignore[attr-defined]
    assert Client().get("/health/", headers={"host": "10.0.0.9:8001"}).status_code == 200
    assert Client().get("/", headers={"host": "10.0.0.9:8001"}).status_code == 400


@pytest.mark.django_db
def test_it_reads_nobody_and_sets_no_cookie(as_hat: Callable[[Hat], Client], cast: Cast) -> None:
    got = as_hat(cast.soc).get("/health/")
    assert not got.cookies and set(got.json()) == {"role", "database", "migrations", "wire"}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_database_older_than_the_code_is_no_health_and_a_newer_one_is() -> None:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        last = "SELECT id, app, name, applied FROM django_migrations WHERE app = 'notifications' ORDER BY name DESC"
        row = owner.execute(last).fetchone()
        assert row is not None
        owner.execute("DELETE FROM django_migrations WHERE id = %s", [row[0]])
        try:
            got = Client().get("/health/")
            assert (got.status_code, got.json()["migrations"], got.json()["database"]) == (503, "missing", "ok")
        finally:
            owner.execute("INSERT INTO django_migrations VALUES (%s, %s, %s, %s)", row)
        owner.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('workspace', '9999_x', now())")
        try:
            assert Client().get("/health/").status_code == 200
        finally:
            owner.execute("DELETE FROM django_migrations WHERE name = '9999_x'")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", ["web", "sockets"])
def test_without_a_database_it_is_503_within_seconds_and_says_no_more_than_that(serve: Serve, role: str) -> None:
    nobody = "postgresql://samverkan_app:hemligt@127.0.0.1:9/samverkan_test"
    server = serve(role, ready=503, DATABASE_URL=nobody)
    got = call(server.url, "/health/", headers={})
    assert got.status == 503
    assert {**got.json, "wire": "ok"} == {"role": role, "database": "away", "migrations": "unknown", "wire": "ok"}
    assert "hemligt" not in got.text + server.log


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_redis_the_sockets_say_so_and_stay_in_service(serve: Serve, redis_server: Redis, cast: Cast) -> None:
    if not redis_server.own:
        pytest.fail("this test kills Redis: it needs one of its own")
    sockets = serve("sockets")

    def says() -> tuple[int, str]:
        got = call(sockets.url, "/health/", headers={})
        return got.status, got.json["wire"]

    with Visitor(sockets, cast.soc).follow():
        assert says() == (200, "ok")
        redis_server.kill()
        assert wait_until(lambda: says() == (200, "away"), 5)
        redis_server.start()
        assert wait_until(lambda: says() == (200, "ok"), 10)
    assert "/health/" not in sockets.log
