"""A page that has been away: what it shows when it is back is what a page loaded afresh shows (B5)."""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.utils import timezone
from lxml import html

from notifications.queries import last_seq
from referrals import actions
from referrals.models import Referral
from referrals.states import TRANSITIONS, AnswerScope, DelayCode, ReferralState, Verb
from tests.cast import Cast, draft, give_consent, make_cast, make_participant
from tests.chaos.stage import SEED, System, TwoRoles, make_pair, report, running, size
from tests.referrals.journeys import DO, OF_SENDER, WAYS, walk
from tests.wire import Socket, session_of
from workspace.errors import Refusal
from workspace.models import Membership

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

AWAY = {
    "5 s": timedelta(seconds=5),
    "11 min": timedelta(minutes=11),
    "24 h": timedelta(hours=24),
    "14 days": timedelta(days=14),
}
SESSION = timedelta(hours=12)
QUIET = 0.3  # seconds without a hint, after which none is on its way
# What differs between two looks at the same thing: keys of forms, and when it was looked at.
OWN = re.compile(r'(name="(?:csrfmiddlewaretoken|once)" value=")[^"]*|(\bdata-(?:seq|epoch)=")[^"]*')
Tree = Any


def plain(element: Tree) -> str:
    for news in element.xpath(".//template[@data-wire-news]"):
        news.drop_tree()
    text = html.tostring(element, encoding="unicode", with_tail=False)
    return re.sub(r"\s+", " ", OWN.sub(r"\1\2", text))


@dataclass
class OpenPage:
    """A page as the browser has it: its regions are swapped as the scripts do, all else stays as it was loaded."""

    visitor: TwoRoles
    path: str
    tree: Tree = None
    seq: int = 0
    epoch: str = ""
    topic: str = ""
    loads: int = 0
    told: list[int] = field(default_factory=list)

    def load(self) -> None:
        answer = self.visitor.get(self.path)
        self.loads += 1
        self.tree = html.document_fromstring(answer.text)
        body = self.tree.body
        self.seq, self.epoch = int(body.get("data-seq", 0)), body.get("data-epoch", "")
        self.topic = body.get("data-socket", "").partition("topic=")[2].replace("%3A", ":")

    def refresh(self, *, bell: bool, rest: bool) -> None:
        for region in self.tree.xpath("//*[@data-live][@id]"):
            if not (bell if region.get("data-live-on") == "bell" else rest):
                continue
            status, content = self.visitor.ask("GET", region.get("data-live"), X_Visible="1")
            if status == 204:
                continue
            if status != 200:
                return self.load()
            new = html.fragment_fromstring(content.decode().strip())
            new.tail = region.tail
            region.getparent().replace(region, new)
        return None

    def come_back(self) -> None:
        """The socket is open again: replay, live, and the regions once more, until nothing new is heard."""
        with self.visitor.open(self.topic) as socket:
            self._follow(socket)

    def _follow(self, socket: Socket) -> None:
        socket.say_seen(self.seq, self.epoch)
        heard = socket.until("live", "reload")
        if heard[-1]["type"] == "reload":
            return self.load()
        for message in heard[:-1]:
            if message["type"] == "notification.created":
                assert message["seq"] == self.seq + 1, "a gap in the replay"
                self.seq += 1
                self.told.append(message["id"])
        self.refresh(bell=True, rest=True)
        for message in socket.all(QUIET):
            self.refresh(bell=True, rest=message["topic"] != "bell")
        return None

    @property
    def shown(self) -> str:
        """All a reader sees, and where the page stands."""
        parts = (plain(element) for element in self.tree.xpath("//main | //*[@id='bell']"))
        return f"{self.seq} {self.epoch} {''.join(parts)}"

    @property
    def state(self) -> str:
        return hashlib.sha256(self.shown.encode()).hexdigest()


def note(by: Membership, referral: Referral) -> None:
    actions.write_message(by=by, referral=referral, category="question", text="Ett meddelande")


def new_date(by: Membership, referral: Referral) -> None:
    until = timezone.localdate() + timedelta(days=12)
    actions.set_new_date(by=by, referral=referral, code=DelayCode.QUEUE, until_on=until)


MORE = {Verb.NOTE: note, Verb.NEW_DATE: new_date}
# A renewal wants a ground that has run out: tests/referrals/test_lapse.py.
ALL = sorted({*DO, *MORE} - {Verb.RENEW_GROUND})


def happen(cast: Cast, referral: Referral, chance: Random, done: Counter[str], wanted: int) -> None:
    """Acts of both sides: what the table has here, or any; every other time one that no history has come to yet."""
    for _ in range(8 * wanted):
        table = sorted({row.verb for row in TRANSITIONS if row.source == referral.state} & set(ALL))
        verbs = table if table and chance.random() < 0.6 else ALL
        new = [verb for verb in verbs if not done[verb]]
        verb = chance.choice(new if new and chance.random() < 0.5 else verbs)
        ours = verb in OF_SENDER or (verb in {*MORE, Verb.CLOSE} and referral.turn_id == referral.sender_id)
        by = cast.soc if ours else cast.psyk
        try:
            if verb in MORE:
                MORE[verb](by, referral)
            else:
                DO[verb](by, referral, AnswerScope.STATUS_AND_TEXT)
        except Refusal:
            continue
        finally:
            referral.refresh_from_db()
        done[verb] += 1
        wanted -= 1
        if not wanted:
            return


def begun(cast: Cast, number: int) -> Referral:
    """A referral about somebody new, brought to one of the states it can be in."""
    person = make_participant(cast.soc_desk)
    give_consent(cast, person=person, back=("status", "answer"), follow_up=True)
    referral = draft(cast, person=person)
    ways = [WAYS[state] for state in sorted(WAYS) if state not in {ReferralState.DRAFT, ReferralState.WITHDRAWN}]
    return walk(cast, referral, *ways[number % len(ways)])


def one_history(system: System, cast: Cast, number: int, done: Counter[str]) -> tuple[bool, int]:
    """Somebody has a page open, is away while things happen, and comes back. Whether it then is as if loaded anew."""
    chance = Random(SEED + number)
    away = list(AWAY.values())[number % 4]
    hat = (cast.psyk, cast.soc)[number // 4 % 2]
    with time_machine.travel(timezone.now() - away - timedelta(hours=1)):
        referral = begun(cast, number // 3)
    page = OpenPage(TwoRoles(system, hat), ("/", f"/remisser/{referral.pk}/")[number // 8 % 2])
    page.load()
    started = page.seq
    with time_machine.travel(timezone.now() - away) as clock:
        for _ in range(chance.randint(1, 6)):
            happen(cast, referral, chance, done, 1)
            clock.shift(away / 8)
    visitor = page.visitor
    if away > SESSION:  # the session has run out; they have signed in again in another window
        Session.objects.filter(pk=visitor.session).delete()
        visitor.session = session_of(hat)
    page.come_back()
    fresh = OpenPage(visitor, page.path)
    fresh.load()
    missed = last_seq(hat) - started
    gaps = page.loads == 1 and len(page.told) != missed
    return page.state == fresh.state and not gaps, len(page.told)


def test_a_page_back_from_5_s_to_14_days_away_shows_what_a_fresh_one_does(committed_db: None) -> None:
    """B5: random histories of a referral, seen from either side, on the start page and on the referral's own."""
    with time_machine.travel(timezone.now() - timedelta(days=40)):
        cast = make_cast()
        casts = [make_pair(cast, number).cast for number in range(size(20, 2))]
    histories = size(1000, 24)
    done: Counter[str] = Counter()
    replayed = 0
    wrong: list[int] = []
    with running(sockets=1) as system:
        for number in range(histories):
            same, told = one_history(system, casts[number % len(casts)], number, done)
            wrong += [] if same else [number]
            replayed += told
    report(
        "B5",
        histories=histories,
        as_fresh=histories - len(wrong),
        replayed=replayed,
        acts=sum(done.values()),
        kinds_of_acts=f"{len(done)} of {len(ALL)}",
    )
    assert not wrong
