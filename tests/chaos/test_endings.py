"""Access that ends while people look: a consent withdrawn, an account disabled. What comes afterwards is counted."""

import contextlib
import io
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import pytest
from pypdf import PdfReader
from websockets.exceptions import ConnectionClosed

from notifications.models import Notification
from referrals.actions import send_referral
from referrals.models import Referral
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, draft, give_consent, make_member, make_participant
from tests.chaos.stage import PATIENCE, SEED, System, TwoRoles, in_full_only, p, report, running, size
from tests.wire import Socket, Visitor, wait_until
from workspace.front.consumers import CHECK_EVERY, SIGNED_OUT
from workspace.models import Consent, Membership, UserAccount

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
SECRETS = (SECRET_NAME, SECRET_TEXT, "Åström")
WATCHED = 1.5  # seconds after the withdrawal that everybody goes on asking
WAYS = {"socket": "del/huvud/", "page": "", "file": "till-akt/"}
PAUSE = {"socket": 0.5, "page": 1.0, "file": 2.0}  # seconds at most between two questions, beside the answer's own


# ---------- B12 ----------
@dataclass
class Watch:
    """One of those who have it open: asks again and again, and notes when something of the person last came."""

    visitor: TwoRoles
    hat: Membership
    how: str
    last: float = 0.0  # when the last byte came of an answer that still told something
    asked_last: float = 0.0  # when that had been asked for
    empty: float = 0.0  # when the first answer came that told nothing
    asked: int = 0
    hints: list[str] = field(default_factory=list)

    def begin(self, referral: Referral, until: threading.Event) -> threading.Thread:
        self.last = self.asked_last = self.empty = 0.0
        self.asked = 0
        socket = self.visitor.follow(f"referral:{referral.pk}") if self.how == "socket" else None
        thread = threading.Thread(target=self._follow, args=(referral, until, socket), daemon=True)
        thread.start()
        return thread

    def _follow(self, referral: Referral, until: threading.Event, socket: Socket | None) -> None:
        chance = random.Random(SEED + referral.pk)
        while not until.is_set():
            if socket is not None:  # as the page's script: a hint, then the region
                with contextlib.suppress(TimeoutError, ConnectionClosed):
                    socket.next(0.3)
                self.hints += [str(frame) for frame in socket.raw]
                socket.raw.clear()
            self._ask(referral)
            until.wait(chance.uniform(0, PAUSE[self.how]))
        if socket is not None:
            socket.close()

    def _ask(self, referral: Referral) -> None:
        method = "POST" if self.how == "file" else "GET"
        began = time.monotonic()
        _, content = self.visitor.ask(method, f"/remisser/{referral.pk}/{WAYS[self.how]}")
        now = time.monotonic()
        self.asked += 1
        if any(secret in words_of(content) for secret in SECRETS):
            self.last, self.asked_last = now, began
        elif not self.empty:
            self.empty = now


def words_of(content: bytes) -> str:
    """Of a page or a paper."""
    if not content.startswith(b"%PDF"):
        return content.decode()
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def crowd_of(cast: Cast, system: System, count: int) -> list[Watch]:
    """Members of the receiving desk: half on sockets, most of the rest on pages, one in ten with the file."""
    hats = [make_member(cast.psyk.agency, f"lasare{number}", cast.psyk_desk) for number in range(count)]
    ways = ["file" if number % 10 == 9 else "socket" if number % 2 else "page" for number in range(count)]
    return [Watch(TwoRoles(system, hat), hat, how) for hat, how in zip(hats, ways, strict=True)]


def sent_anew(cast: Cast) -> tuple[Referral, Consent]:
    """Another person, and a referral about them that the receiver reads."""
    person = make_participant(cast.soc_desk)
    consent = give_consent(cast, person=person)
    referral = draft(cast, person=person)
    send_referral(by=cast.soc, referral=referral)
    return referral, consent


def withdrawn_under(watches: list[Watch], soc: Visitor, referral: Referral, consent: Consent) -> float:
    """Everybody looks; it is withdrawn; everybody goes on looking. Returns the moment of the answer to the act."""
    until = threading.Event()
    threads = [watch.begin(referral, until) for watch in watches]
    try:
        assert wait_until(lambda: all(watch.last for watch in watches), PATIENCE), [
            w.how for w in watches if not w.last
        ]
        rows = [str(pk) for pk in consent.rows.values_list("pk", flat=True)]
        assert soc.post(f"/samtycken/{consent.pk}/aterkalla/", {"rows": rows, "confirmed": "on"}).status == 302
        ended = time.monotonic()
        time.sleep(WATCHED)
        assert wait_until(lambda: all(watch.empty for watch in watches), PATIENCE), "somebody has had no answer since"
    finally:
        until.set()
        for thread in threads:
            thread.join(PATIENCE)
    return ended


def test_nothing_of_a_person_comes_a_second_after_the_consent_is_withdrawn(cast: Cast) -> None:
    """B12: twenty have it open, on sockets, pages and as a file; again and again, each time another person."""
    runs, readers = size(500, 2), size(20, 10)
    told: list[float] = []
    asked = afterwards = left = ended_told = 0
    late: Counter[str] = Counter()
    hints: set[str] = set()
    with running(sockets=1) as system:
        watches = crowd_of(cast, system, readers)
        soc = Visitor(system.web, cast.soc)  # type: ignore[arg-type]
        for _ in range(runs):
            referral, consent = sent_anew(cast)
            ended = withdrawn_under(watches, soc, referral, consent)
            told += [max(0.0, watch.last - ended) for watch in watches]
            late.update(watch.how for watch in watches if watch.last > ended + 1)
            afterwards += sum(watch.asked_last > ended for watch in watches)
            asked += sum(watch.asked for watch in watches)
            hints |= {hint for watch in watches for hint in watch.hints}
            queued = Notification.objects.filter(object_id=referral.pk, membership__in=[w.hat for w in watches])
            left += queued.filter(closed_at=None).exclude(kind="referral.access_ended").count()
            ended_told += queued.filter(kind="referral.access_ended").count()
    leaks = [hint for hint in hints if any(secret in hint for secret in SECRETS)]
    report(
        "B12",
        runs=runs,
        recipients=len(watches),
        answers=asked,
        told_though_asked_afterwards=afterwards,
        told_after_1_s=dict(late) or 0,
        told_last_p99_s=round(p(told, 99), 2),
        told_last_most_s=round(max(told), 2),
        hints_that_tell=len(leaks),
        notices_left_that_lead_there=left,
        told_that_it_ended=ended_told,
    )
    assert not afterwards and not leaks and not left and ended_told == runs * readers
    if size(1, 0):  # beside other tests, what was on its way takes as long as the machine does
        assert not late


# ---------- B30 ----------
@in_full_only
def test_a_disabled_account_has_no_session_and_no_socket_after_a_minute(cast: Cast) -> None:
    """B30: a page is refused at once, the sockets are looked over within a minute. (LONG=1 has test_wire_access.py.)"""
    accounts = [cast.psyk, cast.psyk_2]
    with running(sockets=1) as system:
        server = system.sockets[0]
        dead = [TwoRoles(system, hat) for hat in accounts for _ in range(3)]
        sockets = [visitor.follow() for visitor in dead]
        alive = TwoRoles(system, cast.soc).follow()
        UserAccount.objects.filter(pk__in=[hat.user_id for hat in accounts]).update(is_active=False)
        began = time.monotonic()
        refused = [visitor.get("/").status == 302 for visitor in dead]
        pages = time.monotonic() - began
        codes = [socket.close_code(CHECK_EVERY + 15) for socket in sockets]
        taken = time.monotonic() - began
        still = alive.is_alive_and_quiet()
        alive.close()
        log = server.log
    report(
        "B30",
        sessions=len(dead),
        refused=sum(refused),
        pages_s=round(pages, 1),
        sockets=len(sockets),
        closed=sum(code == SIGNED_OUT for code in codes),
        sockets_s=round(taken, 1),
    )
    assert all(refused) and set(codes) == {SIGNED_OUT} and still and "Traceback" not in log
    assert taken <= 60
