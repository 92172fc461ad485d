"""`manage.py serve`: what each role answers, how it ends, and what it says where it can't begin."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import psycopg
import pytest
from websockets.exceptions import ConnectionClosed

from tests.cast import Cast
from tests.daphne import ROOT, server_environment
from tests.processes import new_folder
from tests.running.calls import Answer, call
from tests.servers import Server
from tests.wire import Visitor, refusal_of, session_of
from workspace.front.management.commands.serve import COMMANDS

pytestmark = pytest.mark.django_db(transaction=True)
Serve = Callable[..., Server]
ASKED = 4  # at once: as many as one process has threads, since one may come to take them all
UPGRADE = {
    **{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"},
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


def test_web_answers_pages_and_no_sockets_and_sockets_the_other_way_round(shared: Serve, cast: Cast) -> None:
    web, sockets = shared("web", "web"), shared("sockets", "sockets")
    session = session_of(cast.soc)
    signed_in = {"Cookie": f"sessionid={session}"}
    assert call(web.url, "/", headers=signed_in).status == 200
    assert call(web.url, "/ws/", headers=signed_in | UPGRADE | {"Origin": web.url}).status == 404
    assert len(web.workers()) == 2

    for path in ("/", "/logga-in/", "/ws/", "/static/css/app.css", "/kalender/x.ics", "/admin/"):
        for method in ("GET", "POST"):
            got = call(sockets.url, path, method=method, headers=signed_in)
            assert (got.status, got.text) == (404, ""), path
    assert call(sockets.url, "/health/", headers={}).status == call(sockets.url, "/metrics", headers={}).status == 200
    anna = Visitor(web, cast.soc)
    with anna.follow(server=sockets) as page:
        assert page.is_alive_and_quiet()
    assert refusal_of(Visitor(web, None), server=sockets)[0] == 403


def test_both_answers_pages_and_sockets(serve: Serve, cast: Cast) -> None:
    both = serve("both")
    anna = Visitor(both, cast.soc)
    assert anna.get("/").status == 200
    with anna.follow() as page:
        assert page.is_alive_and_quiet()


def test_web_ends_when_it_has_answered_what_it_has_begun(serve: Serve, cast: Cast, postgres_server: object) -> None:
    web = serve("web")
    session = session_of(cast.soc)
    answers: list[Answer] = []

    def ask() -> None:
        answers.append(call(web.url, "/", headers={"Cookie": f"sessionid={session}"}))

    asking = [threading.Thread(target=ask) for _ in range(ASKED)]
    with psycopg.connect(server_environment()["DATABASE_OWNER_URL"]) as owner:
        owner.execute("LOCK TABLE workspace_membership IN ACCESS EXCLUSIVE MODE")
        for each in asking:
            each.start()
        wait_for_locked(owner, ASKED)
        ending = threading.Thread(target=web.stop)
        ending.start()
        time.sleep(1)
        assert answers == [] and ending.is_alive()
        owner.rollback()
    for each in [*asking, ending]:
        each.join(30)
    assert [answer.status for answer in answers] == [200] * ASKED
    assert not web.is_running()


def wait_for_locked(owner: psycopg.Connection, number: int) -> None:
    until = time.monotonic() + 20
    query = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
    while True:
        row = owner.execute(query).fetchone()
        if row and row[0] >= number:
            return
        assert time.monotonic() < until, row
        time.sleep(0.05)


def test_sockets_say_goodbye_and_end_within_seconds(serve: Serve, cast: Cast) -> None:
    sockets = serve("sockets")
    with Visitor(sockets, cast.soc).follow() as page:
        started = time.monotonic()
        ending = threading.Thread(target=sockets.stop)
        ending.start()
        with pytest.raises(ConnectionClosed) as closed:
            page.next(10)
        ending.join()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1012  # «service restart»: come back
    assert time.monotonic() - started < 8 and not sockets.is_running()


def test_a_hint_is_not_held_back_for_the_next(shared: Serve, cast: Cast) -> None:
    """What is written on a socket is sent at once (TCP_NODELAY), though the listening socket was handed over."""
    sockets = shared("sockets", "sockets")
    with Visitor(sockets, cast.soc).follow() as page:
        took = []
        for _ in range(20):
            started = time.monotonic()
            page.say_seen(0)
            page.say_seen(0)  # two answers in a row: the second would wait for the first's receipt, 40 ms
            assert [page.next()["type"], page.next()["type"]] == ["live", "live"]
            took.append(time.monotonic() - started)
    with open(f"/proc/{sockets.pid}/net/tcp") as table:
        assert table.read()
    assert sorted(took)[10] < 0.035, took


@pytest.mark.parametrize("role", COMMANDS)
def test_a_taken_port_is_said_in_words(role: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = start("--role", role, "--port", str(port))
    assert done.returncode == 2
    assert f"Port {port} på 127.0.0.1 är upptagen av ett annat program. Välj en annan" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--host", "203.0.113.1"], "Adressen 203.0.113.1 finns inte på den här datorn."),
        (["--host", "finns.inte.invalid"], "Adressen finns.inte.invalid finns inte på den här datorn."),
        (["--port", "99999"], "”99999” är inget portnummer."),
        (["--fd", "77"], "--fd 77 är inget lyssnande uttag."),
    ],
)
def test_what_can_not_be_listened_on_is_said_in_words(words: list[str], sentence: str) -> None:
    done = start(*words)
    assert done.returncode == 2 and sentence in done.stderr and "Traceback" not in done.stderr


def start(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", "serve", *words],
        cwd=ROOT,
        env=server_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_web_tells_systemd_when_it_is_ready_and_writes_nothing_outside_its_own_folders(serve: Serve) -> None:
    """`systemctl restart` waits for that word; and gunicorn would open a socket for commands in the user's home."""
    path = str(new_folder("notify") / "socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        systemd.settimeout(20)
        web = serve("web", HOME="/nonexistent", NOTIFY_SOCKET=path)
        assert systemd.recv(1000).startswith(b"READY=1")
    assert web.health() == 200
    assert "ontrol" not in web.log
    assert json.loads(call(web.url, "/health/", headers={}).text)["role"] == "web"
