"""Logs of production: one JSON object a line, a line for each request, and nobody in them (B17)."""

import contextlib
import json
import logging
import os
import uuid
from collections.abc import Callable, Generator
from typing import Any

import psycopg
import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.cast import Cast, draft, give_consent
from tests.running.calls import FROM_PROXY, PRODUCTION, as_user, call, open_socket, post
from tests.servers import Server
from tests.wire import session_of
from workspace.logs import JsonLines
from workspace.models import Participant
from workspace.redaction import WordlessFormatter, redact

Serve = Callable[..., Server]
# What must not be found: a name, a text, a number of an identity, an address of mail, a password, keys.
NAME, TEXT, NUMBER, MAIL = "Märkelius", "prickigpromenad", "197001019999", "plantan@exempel.se"
PASSWORD, TOKEN, QUERY, WORD = "l0senordsfrö", "Tk9nyckelSomOppnar12345678", "sokordsplantan", "ordplantan"
MARKS = (NAME, "M\\u00e4rkelius", TEXT, NUMBER, MAIL, PASSWORD, "l0senordsfr", TOKEN, QUERY, WORD)


@contextlib.contextmanager
def names_refused() -> Generator[None]:
    """The database refuses the marked name, and says the whole row when it does."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        rule = f"CHECK (last_name <> '{NAME}') NOT VALID"
        owner.execute(f"ALTER TABLE workspace_participant ADD CONSTRAINT no_marks {rule}")
        try:
            yield
        finally:
            owner.execute("ALTER TABLE workspace_participant DROP CONSTRAINT no_marks")


def participant_form(cast: Cast, born: int) -> dict[str, Any]:
    return {
        "function": cast.soc_desk.pk,
        "first_name": TEXT,
        "last_name": NAME,
        "birth_year": born,
        "gender": "man",
        "municipality": cast.person.municipality_id,
    }


def walk_pages(server: Server, cast: Cast, session: str, born: int) -> None:
    """A day's pages, and everything that goes wrong in it."""
    url, form = server.url, participant_form(cast, born)
    with names_refused():
        assert post(url, "/deltagare/ny/", session, form).status == 500
    assert post(url, "/deltagare/ny/", session, form).status == 302
    person = Participant.objects.get(last_name=NAME)
    give_consent(cast, person=person)
    referral = draft(cast, person=person, text=TEXT)
    for path in ("/", f"/deltagare/{person.pk}/", f"/remisser/{referral.pk}/text/", f"/deltagare/?q={QUERY}"):
        call(url, path, headers=as_user(session))
    keys = [f"/{place}/{TOKEN}/" for place in ("lank", "min-sida/lank", "mejlstopp", WORD)]
    for path in (f"/kalender/{TOKEN}.ics", *keys, f"/{WORD}/?a={QUERY}"):
        assert call(url, path, headers=as_user(session)).status < 500
        post(url, path, session, {"code": NUMBER})
    login = {"login": MAIL, "password": PASSWORD}
    assert post(url, "/logga-in/", "", login).status == 200
    assert call(url, "/logga-in/", method="POST", headers=FROM_PROXY, body=f"login={MAIL}").status == 403
    assert call(url, "/", headers={**as_user(session), "Host": f"{WORD}.se"}).status == 400
    assert call(url, "/", method=WORD.upper(), headers=as_user(session)).status < 500
    assert post(url, f"/remisser/{referral.pk}/text/", session, {"question": TEXT * 400}).status < 500


def listen(server: Server, session: str) -> None:
    """A socket that says what the wire does not take, one to a topic that is none, one of nobody."""
    with open_socket(server, session) as line:
        assert json.loads(line.recv(5))["type"] in {"live", "reload", "notification.created"}
        line.send(json.dumps({"type": TEXT, "name": NAME}))
        with contextlib.suppress(ConnectionClosed):
            while True:
                line.recv(5)
    for key, query in ((session, f"?topic={WORD}:1"), (TOKEN, ""), (session, f"?{QUERY}={NAME}")):
        with contextlib.suppress(InvalidHandshake, ConnectionClosed), open_socket(server, key, query) as line:
            line.recv(5)
    assert call(server.url, f"/ws/?topic={QUERY}", headers=as_user(session)).status in {404, 400}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", ["json", "plain"])
def test_nothing_that_was_planted_stands_in_any_log(serve: Serve, cast: Cast, form: str) -> None:
    session = session_of(cast.soc)
    settings = PRODUCTION | {"LOG_FORMAT": form}
    web, sockets = serve("web", **settings), serve("sockets", **settings)
    walk_pages(web, cast, session, 1984)
    listen(sockets, session)
    Participant.objects.filter(last_name=NAME).update(last_name="Annan")  # so that the next is found alone
    both = serve("both", **settings)
    walk_pages(both, cast, session, 1985)
    listen(both, session)
    for server in (web, sockets, both):
        server.stop()
        log = server.log
        assert [mark for mark in (*MARKS, session) if mark.lower() in log.lower()] == [], log
    for server in (web, both):
        # The error was seen, with its code and its place: else nothing was tried.
        assert "IntegrityError" in server.log and "23514" in server.log and "participants.py" in server.log


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_each_request_leaves_one_line_and_each_line_is_an_object(serve: Serve, cast: Cast) -> None:
    web = serve("web", **PRODUCTION)
    session, number = session_of(cast.soc), uuid.uuid4().hex
    numbered = as_user(session, **{"X-Request-Id": number})
    assert call(web.url, f"/deltagare/{cast.person.pk}/", headers=numbered).status == 200
    assert call(web.url, "/finns/inte/", headers=as_user(session, **{"X-Request-Id": f"{WORD} x"})).status == 404
    assert call(web.url, "/logga-in/", headers=FROM_PROXY).status == 200
    assert call(web.url, "/health/", headers={}).status == call(web.url, "/metrics", headers={}).status == 200
    assert call(web.url, "/static/css/app.css", headers=FROM_PROXY).status in {200, 404}
    web.stop()
    lines = [json.loads(line) for line in web.log.splitlines()]
    lines = [line for line in lines if line["logger"] == "samverkansrum.requests" and line["route"] != "static"]
    person, missing, sign_in, *more = lines
    assert {**person, "at": 0, "process": 0, "ms": 0} == {
        **{"at": 0, "process": 0, "ms": 0, "level": "INFO", "logger": "samverkansrum.requests", "role": "web"},
        **{"says": "GET participant 200", "request": number, "method": "GET", "route": "participant", "status": 200},
        "hat": cast.soc.hat_key,
    }
    assert person["ms"] > 0 and person["at"].endswith("+00:00")
    assert (missing["route"], missing["status"]) == ("none", 404) and missing["request"] != f"{WORD} x"
    assert "hat" not in sign_in
    assert all(line["route"] == "none" and line["status"] == 404 for line in more)  # a static file that is not there


@pytest.mark.embedded
def test_what_opens_something_or_was_asked_for_is_taken_out() -> None:
    assert redact(f"GET /kalender/{TOKEN}.ics 200") == "GET /kalender/… 200"
    assert redact(f"/nytt/{TOKEN}/vidare") == "/nytt/…/vidare"
    assert redact("/deltagare/?q=Anna&x=1 200") == "/deltagare/?… 200"
    assert redact('File "/opt/x/workspace/front/views/own_way_in.py", line 61') == (
        'File "/opt/x/workspace/front/views/own_way_in.py", line 61'
    )


@pytest.mark.embedded
@pytest.mark.parametrize("formatter", [WordlessFormatter("%(message)s"), JsonLines("web")])
def test_an_error_is_said_without_its_words_and_so_is_what_it_came_from(formatter: logging.Formatter) -> None:
    try:
        try:
            raise ValueError(f"{NAME} {TEXT}")
        except ValueError as inner:
            raise ConnectionRefusedError(111, TEXT, NAME) from inner
    except ConnectionRefusedError as error:
        found = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "sweep %s failed", ("chase",), found)
    record.hat, record.name_of_person = "m1", NAME
    text = formatter.format(record)
    assert NAME not in text and TEXT not in text
    assert "sweep chase failed" in text and "ValueError" in text and "ConnectionRefusedError 111" in text
    assert "test_json_logs.py" in text
