"""What the tests of faults at scale share: agencies in pairs, clients that act until answered, and the raw counts.

Each test is one bar of bars.md section 3 with two sizes: the short form runs in `make test`, the bar's own numbers in
`make chaos` (`CHAOS=long`).
"""

import contextlib
import http.client
import json
import os
import random
import statistics
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from notifications.models import Notification
from notifications.queries import last_seq
from referrals.actions import acknowledge_referral, send_referral
from referrals.models import Referral, ReferralEvent, ReferralSection
from referrals.states import AnswerScope
from tests.cast import Cast, draft, give_consent, make_agency, make_member, make_participant
from tests.daphne import server_environment
from tests.servers import Server
from tests.wire import CSRF, Page, Socket, Visitor, open_pages, wait_until
from workspace.models import AuditEntry, CooperationAgency, Membership
from workspace.states import AgencyKind

LONG = os.environ.get("CHAOS") == "long"
SEED = 9
PATIENCE = 120  # seconds for what takes a fraction of one where nothing else runs
NO_ANSWER = (OSError, http.client.HTTPException)


def size(bar: int, short: int) -> int:
    """The bar's own number in `make chaos`, a small one in `make test`."""
    return bar if LONG else short


def in_full_only(test: Callable[..., None]) -> Callable[..., None]:
    """Waits by the clock, and says nothing in a short form: `make chaos` alone has it."""
    test.__test__ = LONG  # type: ignore[attr-defined]  # pytest's own word for what is no test
    return test


def report(bar: str, **counts: Any) -> None:
    """The raw counts of a test, on one line; `make chaos` gathers them."""
    words = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in counts.items())
    print(f"\n{bar}: {words}")
    if path := os.environ.get("CHAOS_REPORT"):
        with Path(path).open("a") as file:
            file.write(json.dumps({"bar": bar, **counts}) + "\n")


def p(values: list[float], hundredth: int) -> float:
    """A percentile, in the unit of the values; 0 of none."""
    if len(values) < 2:
        return values[0] if values else 0.0
    return statistics.quantiles(values, n=100, method="inclusive")[hundredth - 1]


# ---------- agencies in pairs ----------
@dataclass
class Pair:
    """One member at each of two agencies, and a referral between them that both may write in."""

    cast: Cast
    referral: Referral

    @property
    def soc(self) -> Membership:
        return self.cast.soc

    @property
    def psyk(self) -> Membership:
        return self.cast.psyk


def make_pair(cast: Cast, number: int) -> Pair:
    soc, soc_desk = make_agency(f"soc-{number}", f"Socialtjänst {number}", AgencyKind.SOCIAL_SERVICES, "Piteå")
    psyk, psyk_desk = make_agency(f"psyk-{number}", f"Psykiatri {number}", AgencyKind.REGION_PSYCHIATRY, "Piteå")
    for agency in (soc, psyk):
        CooperationAgency.objects.create(cooperation=cast.cooperation, agency=agency)
    own = replace(
        cast,
        soc=make_member(soc, f"soc-{number}", soc_desk),
        psyk=make_member(psyk, f"psyk-{number}", psyk_desk),
        soc_desk=soc_desk,
        psyk_desk=psyk_desk,
        person=make_participant(soc_desk),
    )
    return Pair(own, under_way(own))


def under_way(cast: Cast) -> Referral:
    """Sent and acknowledged with leave to answer: either side may write to both."""
    give_consent(cast, back=("status", "answer"))
    referral = draft(cast)
    send_referral(by=cast.soc, referral=referral)
    acknowledge_referral(by=cast.psyk, referral=referral, scope=AnswerScope.STATUS_AND_TEXT)
    return referral


def make_pairs(cast: Cast, count: int) -> list[Pair]:
    return [make_pair(cast, number) for number in range(count)]


# ---------- the servers ----------
@dataclass
class System:
    """Pages and sockets as two roles, as in production; two of the latter."""

    web: Server
    sockets: list[Server]

    @property
    def all(self) -> list[Server]:
        return [self.web, *self.sockets]

    @property
    def log(self) -> str:
        return "".join(server.log for server in self.all)


@contextlib.contextmanager
def running(sockets: int = 2, **env: str) -> Generator[System]:
    made = server_environment(**env)
    system = System(Server(made, role="web"), [Server(made, role="sockets") for _ in range(sockets)])
    try:
        for server in system.all:
            server.start(PATIENCE)
        yield system
    finally:
        for server in system.all:
            server.close()


class TwoRoles(Visitor):
    """Asks the pages' server, and listens on the sockets', as a browser behind the proxy does."""

    def __init__(self, system: System, hat: Membership) -> None:
        super().__init__(system.web, hat)  # type: ignore[arg-type]
        self.sockets = system.sockets[0]

    def open(self, topic: str = "", *, server: Any = None, origin: str | None = "own") -> Socket:
        where: Any = server or self.sockets
        return super().open(topic, server=where, origin=origin)

    def ask(self, method: str, path: str, **headers: str) -> tuple[int, bytes]:
        """A request with headers of its own, such as a script's; its status and what came."""
        line = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
        named = {name.replace("_", "-"): value for name, value in headers.items()} | {
            "Cookie": f"sessionid={self.session}; csrftoken={CSRF}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": self.server.url,
        }
        with contextlib.closing(line):
            line.request(method, path, f"csrfmiddlewaretoken={CSRF}" if method == "POST" else None, named)
            answer = line.getresponse()
            return answer.status, answer.read()


# ---------- who acts ----------
class Client(threading.Thread):
    """Writes to both sides, one message after the other; who gets no answer sends the same form with the same key."""

    def __init__(self, visitor: Visitor, referral: Referral, name: str, acts: int, *, pause: float = 0) -> None:
        super().__init__(daemon=True)
        self.visitor, self.path = visitor, f"/remisser/{referral.pk}/meddelande/"
        self.texts = [f"Akt {name} {number}" for number in range(acts)]
        self.pause, self.times = pause, 1
        self.answered_at: list[float] = []
        self.answers: Counter[str] = Counter()

    def run(self) -> None:
        for text in self.texts:
            if not self.act(text):
                return
            time.sleep(self.pause)

    def act(self, text: str) -> bool:
        """Send until answered; whether it was, within two minutes."""
        form = {"category": "question", "text": text, "once": uuid.uuid4().hex}
        until = time.monotonic() + PATIENCE
        sent = 0
        while time.monotonic() < until:
            try:
                status = self.visitor.post(self.path, form).status
            except NO_ANSWER:
                self.answers["none"] += 1
                time.sleep(0.1)
                continue
            self.answers[str(status)] += 1
            if status == 302:
                sent += 1
                if sent == 1:
                    self.answered_at.append(time.monotonic())
                if sent == self.times:
                    return True
            elif status < 500:
                return False
            else:
                time.sleep(0.1)
        return False


class Times(list[tuple[int, int]]):
    """A list that knows when each thing was put on it."""

    def __init__(self) -> None:
        super().__init__()
        self.at: list[float] = []

    def append(self, item: tuple[int, int]) -> None:
        self.at.append(time.monotonic())
        super().append(item)


class BrowserPage(Page):
    """An open page that waits between its tries as live.js does: 0.5 s, doubling to 15, plus up to half at random."""

    FIRST, LONGEST = 0.5, 15.0

    def __init__(self, visitor: Visitor, servers: list[Server], *, seed: int = 0, poll: float = 60) -> None:
        super().__init__(visitor, servers, seed=seed, poll=poll)  # type: ignore[arg-type]
        self.shown = self.seen_at = Times()
        self.delivered: list[int] = []  # notices whose frames have come, also those that had been shown

    def run(self) -> None:
        wait = self.FIRST
        while not self.ended.is_set():
            server = self.servers[self.connections % len(self.servers)]
            self.connections += 1
            try:
                with self.visitor.open(server=server) as socket:
                    self._socket = socket
                    wait = self.FIRST
                    self._listen(socket)
            except (ConnectionClosed, InvalidHandshake, OSError, EOFError):
                pass
            finally:
                heard = self._socket.heard if self._socket else []
                self.delivered += [each["id"] for each in heard if each["type"] == "notification.created"]
                self._socket = None
            self.ended.wait(wait * (1 + self.random.random() / 2))
            wait = min(wait * 2, self.LONGEST)


@dataclass
class Crowd:
    """Both sides of every pair: acting, and with a page open."""

    clients: list[Client]
    pages: dict[int, BrowserPage]  # by membership
    hats: list[Membership]
    clients_of: dict[int, Client]  # whoever's acts are told to this membership

    @property
    def acts(self) -> int:
        return sum(len(client.texts) for client in self.clients)

    @property
    def acknowledged(self) -> int:
        return sum(len(client.answered_at) for client in self.clients)

    def behind(self, seconds: float = 30) -> list[float]:
        """Seconds until each page shows what was written when this was asked."""
        began = time.monotonic()
        wanted = {hat.pk: last_seq(hat) for hat in self.hats}
        taken: dict[int, float] = {}
        while len(taken) < len(wanted) and time.monotonic() - began < seconds:
            for pk, seq in wanted.items():
                if pk not in taken and self.pages[pk].last >= seq:
                    taken[pk] = time.monotonic() - began
            time.sleep(0.01)
        return [taken.get(pk, seconds) for pk in wanted]

    def lags(self) -> list[float]:
        """Seconds from an act's answer until its notice was on the other's page; what was there first counts as 0."""
        return [
            max(0.0, shown - answered)
            for pk, client in self.clients_of.items()
            for answered, shown in zip(client.answered_at, self.pages[pk].seen_at.at, strict=False)
        ]


def make_crowd(system: System, pairs: list[Pair], acts: int, *, pause: float = 0) -> Crowd:
    """Two clients a pair who share the acts, and a page each, from where its hat stands now."""
    crowd = Crowd([], {}, [], {})
    each = acts // (2 * len(pairs))
    for number, pair in enumerate(pairs):
        for hat, other in ((pair.soc, pair.psyk), (pair.psyk, pair.soc)):
            client = Client(Visitor(system.web, hat), pair.referral, f"{number}-{hat.pk}", each, pause=pause)  # type: ignore[arg-type]
            page = BrowserPage(Visitor(system.sockets[0], hat), system.sockets, seed=SEED + hat.pk)  # type: ignore[arg-type]
            page.last = last_seq(hat)
            crowd.clients.append(client)
            crowd.hats.append(hat)
            crowd.pages[hat.pk] = page
            crowd.clients_of[other.pk] = client
    return crowd


@contextlib.contextmanager
def acting(crowd: Crowd, outsider: Page | None = None) -> Generator[None]:
    """Pages open, clients at work; at the end of the block all acts are waited for, and every page has caught up."""
    with open_pages([*crowd.pages.values(), *([outsider] if outsider else [])]):
        for client in crowd.clients:
            client.start()
        yield
        for client in crowd.clients:
            client.join(300)
        wait_until(lambda: all(page.last >= last_seq(hat) for hat, page in each_of(crowd)), 40)


def each_of(crowd: Crowd) -> Iterable[tuple[Membership, BrowserPage]]:
    return ((hat, crowd.pages[hat.pk]) for hat in crowd.hats)


def told_of(hat: Membership, after: int = 0) -> list[tuple[int, int]]:
    rows = Notification.objects.filter(membership=hat, seq__gt=after).order_by("seq")
    return list(rows.values_list("pk", "seq"))


def tally(crowd: Crowd, first: dict[int, int]) -> dict[str, int]:
    """Acknowledged, stored, audited, queued, delivered, shown: the raw counts, with what is lost or double. `first`:
    where each hat's numbers stood before."""
    texts = Counter(ReferralSection.objects.filter(text__startswith="Akt ").values_list("text", flat=True))
    wanted = {text for client in crowd.clients for text in client.texts}
    shown = {pk: list(page.shown) for pk, page in crowd.pages.items()}
    rows = {hat.pk: told_of(hat, first[hat.pk]) for hat in crowd.hats}
    frames = [notice for page in crowd.pages.values() for notice in page.delivered]
    return {
        "acts": crowd.acts,
        "acknowledged": crowd.acknowledged,
        "stored": sum(texts.values()),
        "audited": AuditEntry.objects.filter(what="referral.note", act="write").count(),
        "history": ReferralEvent.objects.filter(verb="note").count(),
        "queued": sum(map(len, rows.values())),
        "delivered": len(set(frames)),
        "frames_of_what_had_come": len(frames) - len(set(frames)),
        "shown": sum(map(len, shown.values())),
        "lost": len(wanted - set(texts)) + sum(len(set(rows[pk]) - set(shown[pk])) for pk in rows),
        "double": sum(number - 1 for number in texts.values())
        + sum(len(shown[pk]) - len(set(shown[pk])) for pk in shown),
        "out_of_order": sum(rows[pk] != shown[pk] for pk in rows),
        "faults": sum(len(page.faults) + page.reloads for page in crowd.pages.values()),
    }


def numbers_of(pairs: list[Pair]) -> dict[int, int]:
    return {hat.pk: last_seq(hat) for pair in pairs for hat in (pair.soc, pair.psyk)}


def nothing_missing(counted: dict[str, int]) -> bool:
    """Every act once, everywhere."""
    acts = counted["acts"]
    once = ("acknowledged", "stored", "audited", "history", "queued", "delivered", "shown")
    never = ("lost", "double", "out_of_order", "faults")
    return all(counted[name] == acts for name in once) and not any(counted[name] for name in never)


def chance() -> random.Random:
    """The same each time."""
    return random.Random(SEED)
