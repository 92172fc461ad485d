"""The address of a feed stands in no log, whatever happens to a request (issue 8.1)."""

import http.client
import io
import logging
import logging.config
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from meetings.calendar.actions.feeds import end_address, make_address
from meetings.calendar.models import FeedAddress
from tests.calendar.calendar_forms import make_entry
from tests.cast import Cast
from tests.daphne import ROOT, Daphne, server_environment
from tests.services import Postgres
from workspace.actions.accounts import digest_of
from workspace.redaction import redact


def ask(server: Daphne, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        got = connection.getresponse()
        got.read()
        return got.status, got.headers.get("ETag", "")
    finally:
        connection.close()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_no_log_holds_an_address_after_any_kind_of_answer(cast: Cast, postgres_server: Postgres) -> None:
    token, revoked = (make_address(by=cast.soc, name=name) for name in ("Outlook", "Telefonen"))
    end_address(by=cast.soc, address=FeedAddress.objects.get(digest=digest_of(revoked)))
    make_entry(cast.soc)
    path, log = f"/kalender/{token}.ics", ""
    with Daphne(server_environment(), quiet=True) as server:
        status, etag = ask(server, path)
        assert status == 200
        assert ask(server, path, If_None_Match=etag) == (304, etag)
        assert ask(server, path, "HEAD") == (200, etag)
        assert ask(server, f"/kalender/{revoked}.ics")[0] == 404
        assert ask(server, f"/kalender/{token}")[0] == ask(server, f"/kalender/{token}/x.ics")[0] == 404
        assert ask(server, path, "POST")[0] in {403, 405}  # said in the log of what the CSRF guard stops
        assert ask(server, f"/logga-in/?next={path}", "POST", Referer=f"http://127.0.0.1{path}")[0] == 403
        assert ask(server, path, Host="nagon.annan.se")[0] == 400
        with psycopg.connect(postgres_server.owner_url, autocommit=True) as owner:
            owner.execute("ALTER TABLE calendar_entry RENAME TO calendar_gone")
            try:
                assert ask(server, path)[0] == ask(server, path, "HEAD")[0] == 500
            finally:
                owner.execute("ALTER TABLE calendar_gone RENAME TO calendar_entry")
        log = server.log
    assert log.count("Internal Server Error: /kalender/…") == 2 and "Traceback" in log  # else nothing was tried
    assert "Forbidden (CSRF cookie not set.): /kalender/…" in log
    for secret in (token, revoked):
        assert secret not in log and secret[:12] not in log and digest_of(secret) not in log


@pytest.mark.embedded
def test_every_handler_takes_addresses_out_of_message_arguments_and_traceback() -> None:
    config = settings.LOGGING
    assert {handler["formatter"] for handler in config["handlers"].values()} == {"plain"}
    factory = config["formatters"]["plain"]
    assert factory["()"] == "workspace.redaction.RedactingFormatter"
    configurator = logging.config.DictConfigurator({"version": 1})
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(configurator.configure_formatter(dict(factory)))
    logger = logging.Logger("prov")
    logger.addHandler(handler)
    try:
        raise ValueError("GET /kalender/HEMLIG-1.ics")
    except ValueError:
        logger.exception("fel på %s för %s", "/kalender/HEMLIG-2.ics", ["/lank/HEMLIG-3/"])
    assert "HEMLIG" not in written.getvalue()
    assert written.getvalue().count("/kalender/…") == 3 and "ValueError: GET /kalender/…" in written.getvalue()


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("GET /kalender/AbC_-1.ics 200", "GET /kalender/… 200"),
        ("webcal://server.se/kalender/AbC.ics?x=1", "webcal://server.se/kalender/…"),
        ("next=%2Fkalender%2FAbC.ics&b=1", "next=%2Fkalender%2F…&b=1"),
        ("/valj-roll/?next=%2Fkalender%2FAbC.ics&b=1", "/valj-roll/?…"),
        ("<a href='/KALENDER/AbC'>", "<a href='/KALENDER/…'>"),
        ("/min-sida/lank/AbC/ och /lank/AbC/", "/min-sida/lank/… och /lank/…"),
        ("/kalender/ och /moten/7/kalender.ics", "/kalender/ och /moten/7/kalender.ics"),
    ],
)
def test_what_follows_such_an_address_is_taken_out_and_nothing_else(said: str, shown: str) -> None:
    assert redact(said) == shown


@pytest.mark.embedded
def test_the_server_is_started_without_a_log_of_requests_by_us_and_as_we_say() -> None:
    assert '"-v", "0"' in (ROOT / "workspace/front/management/commands/demo.py").read_text(encoding="utf-8")
    readme = Path(ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.count("daphne ") == readme.count("daphne -v 0 ")
