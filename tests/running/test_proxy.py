"""A production start behind a real nginx with our file: signing in, a page, a socket, and what stands in no log."""

import contextlib
import re
import threading
import time
from collections.abc import Callable, Generator
from typing import NamedTuple

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from tests.cast import Cast, draft, give_consent
from tests.running.calls import CSRF, FORM, NAME, PRODUCTION, ByProxy, call, form_of, opened
from tests.running.nginx import NO_NGINX, PROGRAM, Nginx
from tests.running.services import redis_as_deployed
from tests.servers import Server
from tests.wire import Socket

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(PROGRAM is None, reason=NO_NGINX),
]
Serve = Callable[..., Server]


class House(NamedTuple):
    web: Server
    sockets: list[Server]
    nginx: Nginx


@pytest.fixture(scope="module")
def wire() -> Generator[str]:
    with redis_as_deployed() as url:
        yield url


@pytest.fixture
def house(shared: Serve, wire: str) -> Generator[House]:
    env = PRODUCTION | {"REDIS_URL": wire}
    web, sockets = shared("a", "web", **env), [shared(name, "sockets", **env) for name in ("9001", "9002")]
    with Nginx(web=[web.port], sockets=[server.port for server in sockets]) as nginx:
        yield House(web, sockets, nginx)


def test_a_day_behind_the_proxy(house: House, cast: Cast) -> None:
    nginx = house.nginx
    moved = call(f"http://127.0.0.1:{nginx.plain_port}", "/kalender/hemlig.ics", headers={"Host": NAME})
    assert (moved.status, moved.headers["location"]) == (301, f"https://{NAME}/kalender/hemlig.ics")

    cast.soc.user.set_password("ett långt lösenord här")
    cast.soc.user.save()
    page = call(nginx.url, "/logga-in/", headers={"Host": NAME}, trust=nginx.trust)
    assert page.status == 200 and "Logga in" in page.text
    assert page.headers["strict-transport-security"].startswith("max-age=31536000")
    assert page.headers["content-security-policy"] and page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["server"] == "nginx"  # and not which version
    assert "Secure" in page.headers["set-cookie"]

    signed_in = sign_in(nginx, cast.soc.user.username, "ett långt lösenord här")
    anna = ByProxy(nginx, None)
    anna.session = signed_in
    assert anna.get("/").status == 200
    assert call(nginx.url, "/metrics", headers={"Host": NAME}, trust=nginx.trust).status == 404
    assert call(nginx.url, "/health/", headers={"Host": NAME}, trust=nginx.trust).json["role"] == "web"

    styles = re.search(r'href="(/static/[^"]+\.css)"', page.text)
    assert styles is not None
    style = call(nginx.url, styles[1], headers={"Host": NAME, "Accept-Encoding": "identity"}, trust=nginx.trust)
    assert style.status == 200 and "max-age=600" in style.headers["cache-control"]

    beata = ByProxy(nginx, cast.psyk)
    outsider = ByProxy(nginx, cast.outsider)
    give_consent(cast, back=("status", "answer"), follow_up=True)
    referral = draft(cast)
    with beata.follow() as hears, outsider.follow() as nobody:
        assert anna.post(f"/remisser/{referral.pk}/granska/").status == 302
        assert hears.next(2)["type"] == "notification.created"
        time.sleep(20)  # nothing is said meanwhile: the proxy and both ends must keep it open all the same
        assert beata.post(f"/remisser/{referral.pk}/kvittera/").status < 500
        hears.say_seen(1)
        assert hears.until("live")[-1]["seq"] == 1
        assert nobody.is_alive_and_quiet()
    assert_nothing_secret(house, signed_in)


def sign_in(nginx: Nginx, username: str, password: str) -> str:
    """By the page's own form; the session's cookie."""
    headers = {"Host": NAME, "Cookie": f"csrftoken={CSRF}", "Origin": f"https://{NAME}", **FORM}
    body = form_of({"login": username, "password": password})
    got = call(nginx.url, "/logga-in/", method="POST", headers=headers, body=body, trust=nginx.trust)
    assert got.status == 302, got.text
    cookie = re.search(r"sessionid=(\w+)", got.headers["set-cookie"])
    assert cookie is not None
    return cookie[1]


def assert_nothing_secret(house: House, session: str) -> None:
    """Addresses that open something, also while everything behind the proxy is away."""
    nginx = house.nginx
    paths = ("/kalender/oppnarallt123.ics", "/lank/oppnarallt123/", "/min-sida/lank/oppnarallt123/")
    for path in paths:
        assert call(nginx.url, path, headers={"Host": NAME}, trust=nginx.trust).status in {200, 302, 404, 410}
    house.web.close()
    for server in house.sockets:
        server.close()
    for path in (*paths, "/remisser/4711/"):
        away = call(nginx.url, path, headers={"Host": NAME}, trust=nginx.trust)
        assert away.status == 503 and away.headers["retry-after"] == "5"
        assert "Samverkansrum startar om" in away.text
    with pytest.raises(InvalidHandshake):
        opened(nginx, session, "?topic=referral:4711", nginx.trust)
    logs = nginx.logs + house.web.log + "".join(server.log for server in house.sockets)
    assert "127.0.0.1," not in nginx.logs
    assert [word for word in ("oppnarallt", "remisser/", ":4711", session, "/lank", "/kalender") if word in logs] == []
    assert '"status":302' in nginx.logs and len(re.findall(r'"request":"[0-9a-f]{32}"', nginx.logs)) > 5
    shared = set(re.findall(r'"request": ?"([0-9a-f]{32})"', house.web.log))
    assert len(shared & set(re.findall(r'"request":"([0-9a-f]{32})"', nginx.logs))) > 3


def test_one_session_can_not_hold_more_than_forty_sockets(house: House, cast: Cast) -> None:
    anna, beata = ByProxy(house.nginx, cast.soc), ByProxy(house.nginx, cast.psyk)
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(anna.open())
        with pytest.raises(InvalidStatus) as refused:
            anna.open()
        assert refused.value.response.status_code == 503
        stack.enter_context(beata.follow())


def has_closed(line: Socket) -> bool:
    try:
        line.next(3)
    except ConnectionClosed:
        return True
    except TimeoutError:
        return False
    raise AssertionError(line.heard)


def test_pages_of_a_process_that_ends_come_to_another(house: House, cast: Cast) -> None:
    """The first is told to end: its socket says goodbye, and a new handshake meets the second at once."""
    anna = ByProxy(house.nginx, cast.soc)
    lines = [anna.follow() for _ in range(4)]
    ending = threading.Thread(target=house.sockets[0].stop)
    ending.start()
    closed = sum(has_closed(line) for line in lines)
    for _ in range(10):
        with anna.follow() as line:
            assert line.is_alive_and_quiet()
    ending.join()
    assert closed == 2  # least_conn had shared them
    for line in lines:
        line.close()
