"""What the tests of races share: threads that start together, and what must hold afterwards."""

import random
import threading
import time
from collections import Counter as Count
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from notifications.models import Counter, Notification
from referrals import actions
from referrals.errors import MissingGround
from referrals.models import Referral, ReferralEvent
from referrals.queries import read_referral, referrals_visible_to
from referrals.states import ENDED_STATES, AnswerScope, Outcome, RecallCode, ReturnCode
from tests.cast import SECRET_TEXT, Cast, draft, give_consent, make_participant
from tests.infrastructure import close_connections
from tests.services import Postgres
from workspace.errors import Refusal
from workspace.front.actions.consents import withdraw_consent
from workspace.models import AuditEntry, Consent, Disclosure

# ruff: noqa: B023  (the threads have ended before the loop goes on)
Call = Callable[[], Any]
DONE = "done"


def at_once(*calls: Call, head_start: Sequence[float] = ()) -> list[Any]:
    """Run the calls at the same moment, each in a thread of its own; what each returned, or the refusal it raised.

    `head_start` says how many seconds each waits after the common start. Anything but a Refusal is raised here.
    """
    waits = [*head_start, *[0.0] * len(calls)]
    line = threading.Barrier(len(calls))

    def run(number: int) -> Any:
        try:
            line.wait(10)
            time.sleep(waits[number])
            value = calls[number]()
            return DONE if value is None else value
        except Refusal as refusal:
            return refusal
        finally:
            close_connections()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(run, number) for number in range(len(calls))]]


def outcomes(results: Sequence[Any]) -> Count[str]:
    return Count(DONE if result == DONE else type(result).__name__ for result in results)


def no_live_disclosure_on_an_ended_row() -> bool:
    return not Disclosure.objects.filter(ended_at__isnull=True, consent_row__withdrawn_at__isnull=False).exists()


def sequences_have_no_gaps() -> bool:
    """Every hat's notices are numbered 1, 2, 3 … and its counter stands at the last."""
    numbers: dict[int, list[int]] = {}
    for membership, seq in Notification.objects.order_by("membership", "seq").values_list("membership", "seq"):
        numbers.setdefault(membership, []).append(seq)
    last = dict(Counter.objects.filter(last_seq__gt=0).values_list("pk", "last_seq"))
    return last == {pk: len(seqs) for pk, seqs in numbers.items()} and all(
        seqs == list(range(1, len(seqs) + 1)) for seqs in numbers.values()
    )


def history_is_whole(referral: Referral) -> bool:
    """The last line of history says the state, and each line has its audit row."""
    events = list(ReferralEvent.objects.filter(referral=referral).order_by("pk"))
    audited = AuditEntry.objects.filter(object_id=referral.pk, what__startswith="referral.").count()
    ended = referral.state in ENDED_STATES
    return events[-1].state == referral.state and audited == len(events) and (referral.turn_id is None) == ended


def send_against_withdraw(cast: Cast, rounds: int, seed: int = 20261121) -> Count[str]:
    """Both at once, `rounds` times, with a small head start for one or the other; how often each came first."""
    chance = random.Random(seed)
    seen: Count[str] = Count()
    for number in range(rounds):
        consent = give_consent(cast, codes=("identity", "question", "social"), follow_up=True)
        referral = draft(cast, social="Ensam.")
        rows = list(consent.rows.values_list("pk", flat=True))
        late = chance.uniform(0, 0.012)
        sending, withdrawing = at_once(
            lambda: actions.send_referral(by=cast.soc, referral=referral),
            lambda: withdraw_consent(by=cast.soc_2, consent=consent, row_ids=rows),
            head_start=(0, late) if number % 2 else (late, 0),
        )
        assert withdrawing == DONE
        _consistent(cast, referral, consent, sending)
        seen["sent first" if sending == DONE else "withdrawn first"] += 1
    return seen


def _consistent(cast: Cast, referral: Referral, consent: Consent, sending: Any) -> None:
    """Sent and then withdrawn, or never sent. Nothing between."""
    referral.refresh_from_db()
    assert no_live_disclosure_on_an_ended_row()
    assert not consent.rows.filter(withdrawn_at__isnull=True).exists()
    assert history_is_whole(referral)
    verbs = list(referral.events.order_by("pk").values_list("verb", flat=True))
    disclosed = Disclosure.objects.filter(consent_row__consent=consent)
    shown = referrals_visible_to(cast.psyk).filter(pk=referral.pk).first()
    if sending == DONE:
        assert (referral.state, verbs) == ("withdrawn", ["create", "send", "ground_withdrawn"])
        assert disclosed.count() == 4 and set(disclosed.values_list("ended_why", flat=True)) == {"withdrawn"}
        assert shown is not None
        read = read_referral(cast.psyk, shown)
        assert read.person is None and read.sections == [] and SECRET_TEXT not in repr(read)
    else:
        assert isinstance(sending, MissingGround)
        assert (referral.state, verbs) == ("draft", ["create"])
        assert not disclosed.exists() and shown is None


Step = Callable[[Cast, Referral], None]
STEPS: dict[str, Step] = {
    "send": lambda cast, r: actions.send_referral(by=cast.soc, referral=r),
    "send, the other": lambda cast, r: actions.send_referral(by=cast.soc_2, referral=r),
    "save": lambda cast, r: actions.save_draft(
        by=cast.soc_2, referral=r, texts={"question": "En annan fråga"}, answer_wished_on=None
    ),
    "acknowledge": lambda cast, r: actions.acknowledge_referral(by=cast.psyk, referral=r, scope=AnswerScope.STATUS),
    "acknowledge, silent": lambda cast, r: actions.acknowledge_referral(
        by=cast.psyk_2, referral=r, scope=AnswerScope.NONE
    ),
    "accept": lambda cast, r: actions.accept_referral(by=cast.psyk, referral=r),
    "accept, the other": lambda cast, r: actions.accept_referral(by=cast.psyk_2, referral=r),
    "return": lambda cast, r: actions.return_referral(by=cast.psyk_2, referral=r, code=ReturnCode.INCOMPLETE),
    "grant": lambda cast, r: actions.decide_referral(by=cast.psyk, referral=r, outcome=Outcome.GRANTED),
    "refuse": lambda cast, r: actions.decide_referral(by=cast.psyk_2, referral=r, outcome=Outcome.REFUSED),
    "recall": lambda cast, r: actions.recall_referral(by=cast.soc, referral=r, code=RecallCode.NOT_NEEDED),
    "close": lambda cast, r: actions.close_referral(by=cast.soc, referral=r),
    "revise": lambda cast, r: actions.revise_referral(by=cast.soc_2, referral=r),
}


def mixed_acts(cast: Cast, threads: int, acts_each: int, seed: int) -> Count[str]:
    """Threads that do what comes to mind on several people's referrals; how often each answer came."""
    people = [cast.person, *(make_participant(cast.soc_desk, first=name) for name in ("Edla", "Frans", "Gull"))]
    consents = {p.pk: [give_consent(cast, person=p, back=("status", "answer"), follow_up=True)] for p in people}
    referrals = [draft(cast, person=person) for person in people for _ in range(3)]
    lock = threading.Lock()

    def withdraw_and_renew(person: Any, own: random.Random) -> None:
        with lock:
            consent = own.choice(consents[person.pk])
        rows = list(consent.rows.values_list("pk", flat=True))
        withdraw_consent(by=cast.soc, consent=consent, row_ids=own.sample(rows, own.randint(1, len(rows))))
        fresh = give_consent(cast, person=person, back=("status", "answer"), follow_up=True)
        with lock:
            consents[person.pk].append(fresh)

    def live(number: int) -> Count[str]:
        own, seen = random.Random(seed * 1000 + number), Count[str]()
        try:
            for _ in range(acts_each):
                with lock:
                    referral = own.choice(referrals)
                try:
                    if own.random() < 0.06:
                        withdraw_and_renew(referral.participant, own)
                    elif own.random() < 0.15:
                        new = draft(cast, person=referral.participant)
                        with lock:
                            referrals.append(new)
                    else:
                        STEPS[own.choice(sorted(STEPS))](cast, referral)
                    seen[DONE] += 1
                except Refusal as refusal:
                    seen[type(refusal).__name__] += 1
            return seen
        finally:
            close_connections()

    total: Count[str] = Count()
    with ThreadPoolExecutor(threads) as pool:
        for seen in pool.map(live, range(threads)):
            total += seen
    for referral in referrals:
        referral.refresh_from_db()
        assert history_is_whole(referral), referral.pk
    return total


def recipients_are_right(cast: Cast) -> bool:
    """The receivers' desk was told, and nobody but the two desks."""
    told = set(Notification.objects.values_list("membership", flat=True))
    return {cast.psyk.pk, cast.psyk_2.pk} <= told <= {cast.soc.pk, cast.soc_2.pk, cast.psyk.pk, cast.psyk_2.pk}


def deadlocks(server: Postgres) -> int:
    """How many deadlocks PostgreSQL has found in the tests' database since it started."""
    with psycopg.connect(server.owner_url, autocommit=True) as owner:
        owner.execute("SELECT pg_stat_force_next_flush()")
        row = owner.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()
    assert row is not None
    return int(row[0])
