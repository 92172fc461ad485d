"""A calendar is fetched from public hosts over https alone, in bounded time and bytes, and led nowhere else."""

import gzip
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from meetings.calendar.actions.busy import SALT
from meetings.calendar.fetching.answers import fetch
from meetings.calendar.states import BusyProblem
from tests.calendar.hostile import CALENDAR, Server, answer, certificate, connections, serving
from workspace.outside.addresses import Refused, checked, is_public
from workspace.outside.sealing import opened, sealed

LARGEST = 5_000_000
# Made by version 0.7 with the key «nyckel».
SEALED_BEFORE = (
    "gAAAAABrA9tnZh_bBhyFDkbIgM4Esl4AGtijkCMUb1pxTcketoFP8hfkZ56_yHsrM_8PQ6kqFBxCerzVP6w7VnRPjN73V_JVWq2UbZHBTPOZ"
    "5Ww62XjEtB0="
)


@pytest.fixture
def inside(settings: Settings) -> None:
    settings.CALENDAR_HOSTS = ["localhost"]


def code_of(address: str, seconds: float = 5) -> str:
    with pytest.raises(Refused) as refused:
        fetch(address, seconds=seconds)
    assert refused.value.__cause__ is None and address not in str(refused.value)
    return BusyProblem(refused.value.code).value


# ---------- which addresses ----------
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://outlook.office365.com/owa/calendar/a@b.se/c/calendar.ics",) * 2,
        ("webcal://p01-caldav.icloud.com/published/2/MTIz", "https://p01-caldav.icloud.com/published/2/MTIz"),
        (
            "WEBCALS://Calendar.Google.Com/calendar/ical/x/basic.ics",
            "https://calendar.google.com/calendar/ical/x/basic.ics",
        ),
        ("  https://exempel.se:443/a?b=c&d=%C3%A5#e \n", "https://exempel.se/a?b=c&d=%C3%A5"),
        ("https://xn--smr-qla.se", "https://xn--smr-qla.se/"),
    ],
)
def test_addresses_as_programs_publish_them_are_taken(text: str, expected: str) -> None:
    assert str(checked(text, inside=())) == expected


REFUSED = {
    "address": [
        "", "https://exempel.se/a b", "https://exempel.se/\r\nHost: x", "https://exempel.se/å", "https://[::1",
        "https://exempel.se/\x00", "https://exempel.se:99999/", "https://exempel.se:https/",
        f"https://exempel.se/{'a' * 2000}",
        "https://①②⑦.⓪.⓪.①/", "https://127。0。0。1/", "https://１２７.0.0.1/", "https://exempel。se/", "https://ⓛocalhost/",
    ],
    "scheme": [
        "http://exempel.se/a.ics", "file:///etc/passwd", "file://localhost/etc/passwd", "gopher://127.0.0.1:70/_",
        "data:text/calendar,BEGIN:VCALENDAR", "ftp://exempel.se/a.ics", "dict://exempel.se:11211/", "//exempel.se/a",
        "exempel.se/a.ics", "kalender", "webcalx://exempel.se/", "http://127.0.0.1/", "javascript:alert(1)", "unix:///run/docker.sock",
    ],
    "password": [
        "https://anna:ord@exempel.se/", "https://anna@exempel.se/", "https://@exempel.se/", "https://exempel.se@127.0.0.1/",
        "https://exempel.se\\@127.0.0.1/",
    ],
    "port": ["https://exempel.se:8443/", "https://exempel.se:22/", "https://exempel.se:80/", "webcal://exempel.se:8080/"],
    "host": [
        "https://127.0.0.1/", "https://[::1]/", "https://0x7f000001/", "https://2130706433/", "https://127.1/", "https://0/",
        "https://017700000001/", "https://0177.0.0.1/", "https://127.0.0.0x1/", "https://localhost/", "https://localhost./",
        "https://169.254.169.254/latest/meta-data/", "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::7f00:1]/",
        "https://[fe80::1%25eth0]/", "https://10.0.0.1/", "https://8.8.8.8/", "https://intranet/", "https:///a", "https://.se/",
        "https://exempel..se/", "https://exempel.se./", "https://-exempel.se/", "https://exempel.123/", "https://a_b/",
        f"https://{'a' * 64}.se/", f"https://{'a.' * 130}se/", "https://exempel.se\\.localhost/", "https://exempel.se%00.x/",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in REFUSED.items() for text in texts])
def test_any_other_address_is_refused_without_a_question_to_anybody(code: str, text: str) -> None:
    with connections() as seen:
        with pytest.raises(Refused) as refused:
            checked(text, inside=())
        assert refused.value.code == code
        assert text == "" or code_of(text) == code
    assert seen == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2a00:1450:400f:80d::200e", True),
        *[
            (inner, False)
            for inner in ("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0")
        ],
        *[
            (inner, False)
            for inner in ("100.64.0.1", "198.18.0.1", "192.0.2.1", "224.0.0.1", "239.1.1.1", "255.255.255.255")
        ],
        *[(inner, False) for inner in ("240.0.0.1", "192.88.99.1", "192.0.0.8", "203.0.113.9")],
        *[
            (inner, False)
            for inner in ("::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "fe80::1%eth0")
        ],
        *[
            (inner, False)
            for inner in ("fc00::1", "fd12::1", "ff02::1", "64:ff9b::7f00:1", "64:ff9b::808:808", "100::1")
        ],
        *[(inner, False) for inner in ("2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1", "fec0::1", "nonsens", "")],
    ],
)
def test_only_addresses_of_the_open_internet_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


class Names:
    """What a name server answers, a list for each time it is asked. It is none of ours, so it is played."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self, host: str, port: int, **_: Any) -> list[Any]:
        found = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in each], socket.SOCK_STREAM, 6, "", (each, port)) for each in found]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Names]:
    def play(*answers: list[str]) -> Names:
        played = Names(*answers)
        monkeypatch.setattr(socket, "getaddrinfo", played)
        return played

    return play


@pytest.mark.parametrize(
    "inner", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"]
)
@pytest.mark.parametrize("others", [[], ["8.8.8.8"]])
def test_a_public_name_that_leads_inside_is_refused_without_a_connection(
    names: Callable[..., Names], inner: str, others: list[str]
) -> None:
    names([*others, inner])
    with connections() as seen:
        assert code_of("https://kalender.exempel.se/a.ics") == "inside"
    assert seen == []


def test_the_address_that_was_checked_is_the_one_connected_to(names: Callable[..., Names]) -> None:
    played = names(["8.8.8.8", "8.8.4.4"], ["127.0.0.1"])  # a name that answers otherwise the second time
    with connections() as seen:
        assert code_of("https://kalender.exempel.se/a.ics") == "no_answer"
    assert played.asked == 1 and seen == [("8.8.8.8", 443), ("8.8.4.4", 443)]


def test_a_name_that_is_nowhere_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    assert code_of("https://finns-inte.exempel.se/a.ics") == "unknown_host"


@pytest.mark.parametrize("hosts", [[], ["annan.intern"], ["127.0.0.1"]])
def test_only_the_hosts_that_the_operator_names_are_reached_inside(settings: Settings, hosts: list[str]) -> None:
    settings.CALENDAR_HOSTS = hosts
    with serving(answer()) as server, connections() as seen:
        assert code_of(server.url()) == "scheme"
        assert code_of(server.url(scheme="https")) == "host"
    assert seen == [] and server.asked == []


# ---------- what is answered ----------
@pytest.mark.usefixtures("inside")
def test_a_calendar_is_fetched_and_nothing_compressed_is_asked_for() -> None:
    with serving(answer()) as server:
        assert fetch(server.url("/min/kalender.ics?nyckel=%C3%A5")) == CALENDAR
    head = server.asked[0].decode().split("\r\n")
    assert head[0] == "GET /min/kalender.ics?nyckel=%C3%A5 HTTP/1.1"
    assert {f"Host: localhost:{server.port}", "Accept-Encoding: identity", "Connection: close"} <= set(head)
    assert not any(line.lower().startswith(("cookie", "authorization", "referer")) for line in head)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ANSWERS: dict[str, tuple[bytes, str]] = {
    "moved": (answer(b"", "Location: https://exempel.se/", status="301 Moved Permanently"), "redirect"),
    "found inside": (answer(b"", "Location: http://169.254.169.254/", status="302 Found"), "redirect"),
    "again": (answer(b"", "Location: /annan", status="307 Temporary Redirect"), "redirect"),
    "many choices": (answer(b"", status="300 Multiple Choices"), "redirect"),
    "not modified": (answer(b"", status="304 Not Modified"), "redirect"),
    "gone": (answer(b"", status="410 Gone"), "gone"),
    "missing": (answer(b"", status="404 Not Found"), "gone"),
    "forbidden": (answer(b"", status="403 Forbidden"), "gone"),
    "secret": (answer(b"", "WWW-Authenticate: Basic", status="401 Unauthorized"), "gone"),
    "broken": (answer(b"", status="500 Internal Server Error"), "no_answer"),
    "created": (answer(status="201 Created"), "no_answer"),
    "part": (answer(status="206 Partial Content"), "no_answer"),
    "nothing": (b"", "no_answer"),
    "no http": (b"220 mail.exempel.se ESMTP\r\n", "no_answer"),
    "cut off": (answer()[:-10], "no_answer"),
    "gzip": (answer(gzip.compress(b"0" * 50_000_000), "Content-Encoding: gzip"), "compressed"),
    "deflate": (answer(CALENDAR, "Content-Encoding: deflate"), "compressed"),
    "brotli": (answer(CALENDAR, "content-encoding:  BR"), "compressed"),
    "gzip twice": (answer(CALENDAR, "Content-Encoding: identity", "Content-Encoding: gzip"), "compressed"),
    "gzip on the way": (answer(CALENDAR, "Transfer-Encoding: gzip, chunked"), "compressed"),
    "chunks without end": (CHUNKED + b"5\r\nBEGIN\r\n", "no_answer"),
    "chunks of nothing": (CHUNKED + b"zz\r\nBEGIN\r\n", "no_answer"),
    "many headers": (answer(CALENDAR, *[f"X-{each}: 1" for each in range(200)]), "no_answer"),
    "long header": (answer(CALENDAR, f"X-A: {'a' * 70_000}"), "no_answer"),
    "too large": (answer(b"x" * (LARGEST + 1)), "too_large"),
    "ask again": (b"HTTP/1.1 100 Continue\r\n\r\n" * 50, "no_answer"),
}  # fmt: skip


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("name", ANSWERS)
def test_any_other_answer_is_refused_with_a_code_and_no_second_question(name: str) -> None:
    sent, code = ANSWERS[name]
    with serving(sent) as server, connections() as seen:
        assert code_of(server.url()) == code
    assert len(server.asked) == 1 and {place[1] for place in seen} == {server.port}


@pytest.mark.usefixtures("inside")
def test_pieces_and_a_close_instead_of_a_length_are_read() -> None:
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in (CALENDAR[:50], CALENDAR[50:], b""))
    for sent in (
        CHUNKED + pieces,
        b"HTTP/1.0 200 OK\r\n\r\n" + CALENDAR,
        answer(CALENDAR, "Content-Encoding: identity"),
    ):
        with serving(sent) as server:
            assert fetch(server.url()) == CALENDAR
    with serving(answer(b"x" * LARGEST)) as server:
        assert len(fetch(server.url())) == LARGEST


def gigabyte(server: Server) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
    for _ in range(10_000):
        yield b"x" * 100_000


def endless_chunks(server: Server) -> Iterator[bytes]:
    yield CHUNKED
    while not server.stop.is_set():
        yield b"186a0\r\n" + b"x" * 100_000 + b"\r\n"


def endless_head(server: Server) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    while not server.stop.is_set():
        yield b"X-Header: " + b"a" * 50_000 + b"\r\n"


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("endless", [gigabyte, endless_chunks, endless_head])
def test_reading_stops_at_five_megabytes(endless: Callable[[Server], Iterator[bytes]]) -> None:
    with serving(endless) as server:
        assert code_of(server.url()) == "too_large"
    assert server.sent < LARGEST + 8_000_000  # what lies in the network's own buffers when we hang up


def drip(server: Server) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n"
    while not server.stop.wait(0.05):
        yield b"x"


def drip_head(server: Server) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    while not server.stop.wait(0.05):
        yield b"X"


def silence(server: Server) -> Iterator[bytes]:
    server.stop.wait(20)
    yield b""


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("slow", [drip, drip_head, silence])
def test_time_is_counted_over_the_whole_and_dripping_helps_nobody(slow: Callable[[Server], Iterator[bytes]]) -> None:
    with serving(slow) as server:
        assert code_of(server.url(), seconds=0.4) == "slow"
    assert server.sent < 200


@pytest.mark.usefixtures("inside")
def test_a_port_where_nobody_is_gives_no_answer() -> None:
    with serving(answer()) as server:
        url = server.url()
    assert code_of(url) == "no_answer"


# ---------- under TLS ----------
@pytest.mark.usefixtures("inside")
def test_under_tls_the_name_is_asked_for_and_its_certificate_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, trusted = certificate(tmp_path, "localhost")
    other, also = certificate(tmp_path, "exempel.se")
    with serving(answer(), right) as server:
        assert code_of(server.url(scheme="https")) == "certificate"  # nobody vouches for it
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        assert fetch(server.url(scheme="https")) == CALENDAR
    assert server.names == ["localhost", "localhost"] and f"Host: localhost:{server.port}".encode() in server.asked[0]
    monkeypatch.setenv("SSL_CERT_FILE", str(also))
    with serving(answer(), other) as server:
        assert code_of(server.url(scheme="https")) == "certificate"  # it is another's
    with serving(answer()) as server:
        assert code_of(server.url(scheme="https")) == "certificate"  # no TLS at all
    assert server.asked and b"GET" not in server.asked[0]


# ---------- sealed ----------
def test_what_is_sealed_opens_with_the_same_key_alone(settings: Settings) -> None:
    secret = "https://exempel.se/hemlig-nyckel.ics"
    first, second = sealed(secret, salt="en"), sealed(secret, salt="en")
    assert first != second and opened(first, salt="en") == opened(second, salt="en") == secret
    assert "hemlig" not in first and not any(opened(each, salt="en") for each in (first[:-4], "", "åäö"))
    assert opened(first, salt="en annan") is None
    settings.SECRET_KEY = "en annan nyckel"
    assert opened(first, salt="en") is None


def test_what_was_sealed_before_the_room_moved_still_opens(settings: Settings) -> None:
    settings.SECRET_KEY = "nyckel"
    assert opened(SEALED_BEFORE, salt=SALT) == "https://exempel.se/a.ics"
