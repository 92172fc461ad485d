"""Two people at once, with real threads and real commits: one effect, and never a disclosure on an ended consent."""

import random
import threading
import time
from collections import Counter as Count
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from notifications.models import Counter, Notification
from referrals import actions
from referrals.errors import MissingGround
from referrals.models import Referral, ReferralEvent, ReferralSection
from referrals.queries import read_referral, referrals_visible_to
from referrals.states import ENDED_STATES, AnswerScope, Outcome, RecallCode, ReturnCode
from tests.cast import SECRET_TEXT, Cast, draft, give_consent, make_participant, sent
from tests.infrastructure import close_connections
from tests.services import Postgres
from workspace.actions import perform_once
from workspace.errors import Refusal, SomebodyWasFaster
from workspace.front.actions.consents import withdraw_consent
from workspace.models import AuditEntry, Consent, ConsentRow, Disclosure, IdempotencyKey

# ruff: noqa: B023  (the threads have ended before the loop goes on)
pytestmark = pytest.mark.django_db(transaction=True)
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


# ---------- sending against withdrawing ----------
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


def test_sending_against_withdrawing_forty_times(cast: Cast) -> None:
    seen = send_against_withdraw(cast, 40)
    assert min(seen["sent first"], seen["withdrawn first"]) >= 4, seen
    assert sequences_have_no_gaps()


@pytest.mark.long
@pytest.mark.postgres
def test_sending_against_withdrawing_five_hundred_times(cast: Cast) -> None:
    seen = send_against_withdraw(cast, 500, seed=500)
    assert sum(seen.values()) == 500
    assert min(seen["sent first"], seen["withdrawn first"]) >= 50, seen
    assert sequences_have_no_gaps()


def test_the_answers_ground_against_withdrawing(cast: Cast) -> None:
    """The receiver confirms what the sender noted at the moment the person takes it back."""
    seen: Count[str] = Count()
    for number in range(20):
        consent = give_consent(cast, back=("status", "answer"))
        referral = draft(cast)
        actions.send_referral(by=cast.soc, referral=referral)
        noted = list(consent.rows.filter(category__in=["status", "answer"]).values_list("pk", flat=True))
        late = random.Random(number).uniform(0, 0.01)
        took, withdrew = at_once(
            lambda: actions.acknowledge_referral(
                by=cast.psyk,
                referral=referral,
                scope=AnswerScope.STATUS_AND_TEXT,
            ),
            lambda: withdraw_consent(by=cast.soc, consent=consent, row_ids=noted),
            head_start=(0, late) if number % 2 else (late, 0),
        )
        assert (took, withdrew) == (DONE, DONE)
        assert no_live_disclosure_on_an_ended_row()
        ended = Disclosure.objects.filter(consent_row__in=noted, ended_at__isnull=False).count()
        seen["told first" if ended else "withdrawn first"] += 1
        remaining = list(ConsentRow.objects.filter(withdrawn_at__isnull=True).values_list("pk", flat=True))
        for other in Consent.objects.filter(rows__in=remaining).distinct():
            by = cast.soc if other.agency_id == cast.soc.agency_id else cast.psyk
            withdraw_consent(by=by, consent=other, row_ids=remaining)
    assert min(seen["told first"], seen["withdrawn first"]) >= 2, seen


def test_a_consent_withdrawn_by_two_at_once_ends_once(cast: Cast) -> None:
    referral = sent(cast)
    consent = Consent.objects.get()
    rows = list(consent.rows.values_list("pk", flat=True))
    results = at_once(
        *[lambda by=by: withdraw_consent(by=by, consent=consent, row_ids=rows) for by in (cast.soc, cast.soc_2)] * 2
    )
    assert outcomes(results) == {DONE: 4}
    assert referral.events.filter(verb="ground_withdrawn").count() == 1
    told = Notification.objects.filter(kind="referral.access_ended").values_list("membership", flat=True)
    assert sorted(told) == sorted([cast.psyk.pk, cast.psyk_2.pk])
    assert AuditEntry.objects.filter(what="consent.withdraw").count() == 1


# ---------- two people, one referral ----------
def test_two_acknowledgements_at_once_have_one_effect(cast: Cast) -> None:
    for _ in range(10):
        referral = sent(cast)
        results = at_once(
            *[
                lambda by=by: actions.acknowledge_referral(
                    by=by,
                    referral=referral,
                    scope=AnswerScope.STATUS,
                )
                for by in (cast.psyk, cast.psyk_2)
            ]
        )
        assert outcomes(results) == {DONE: 1, "SomebodyWasFaster": 1}
        assert referral.events.filter(verb="acknowledge").count() == 1
        assert ReferralSection.objects.filter(leg__referral=referral, category="status").count() == 1
        assert Notification.objects.filter(kind="referral.acknowledged", object_id=referral.pk).count() == 2
        referral.refresh_from_db()
        assert referral.state == "received" and history_is_whole(referral)
    assert sequences_have_no_gaps()


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
PAIRS = [
    ((), "send", "send, the other"),
    (("send",), "acknowledge, silent", "recall"),
    (("send", "acknowledge"), "accept", "recall"),
    (("send", "acknowledge"), "accept", "return"),
    (("send", "acknowledge"), "accept", "accept, the other"),
    (("send", "acknowledge"), "return", "recall"),
    (("send", "acknowledge", "accept"), "grant", "refuse"),
    (("send", "acknowledge", "return"), "close", "revise"),
]


@pytest.mark.parametrize(("before", "one", "other"), PAIRS, ids=[f"{one} against {other}" for _, one, other in PAIRS])
def test_two_verbs_at_once_have_one_effect(cast: Cast, before: Sequence[str], one: str, other: str) -> None:
    give_consent(cast, back=("status",))
    for number in range(6):
        referral = draft(cast)
        for step in before:
            STEPS[step](cast, referral)
        had = referral.events.count()
        results = at_once(
            lambda: STEPS[one](cast, referral),
            lambda: STEPS[other](cast, referral),
            head_start=(0, 0.002) if number % 2 else (0.002, 0),
        )
        assert outcomes(results) == {DONE: 1, "SomebodyWasFaster": 1}, results
        assert referral.events.count() == had + 1
        referral.refresh_from_db()
        assert history_is_whole(referral)
    assert no_live_disclosure_on_an_ended_row() and sequences_have_no_gaps()


def test_what_is_sent_is_what_the_sender_had_read(cast: Cast) -> None:
    """A colleague saves another text while it is being sent: before it, or refused; never after."""
    give_consent(cast)
    for number in range(10):
        referral = draft(cast)
        sending, saving = at_once(
            lambda: STEPS["send"](cast, referral),
            lambda: STEPS["save"](cast, referral),
            head_start=(0, 0.003) if number % 2 else (0.003, 0),
        )
        assert sending == DONE and (saving == DONE or isinstance(saving, SomebodyWasFaster))
        text = ReferralSection.objects.get(leg__referral=referral, category="question").text
        assert text == ("En annan fråga" if saving == DONE else SECRET_TEXT)


# ---------- the same form twice ----------
def test_the_same_form_from_many_threads_has_one_effect(cast: Cast) -> None:
    for number in range(8):
        referral = sent(cast)

        def perform(referral: Referral = referral) -> str:
            actions.acknowledge_referral(by=cast.psyk, referral=referral, scope=AnswerScope.STATUS)
            return f"/remisser/{referral.pk}/"

        results = at_once(
            *[lambda n=number, p=perform: perform_once(user=cast.psyk.user, key=f"k{n}", name="ack", perform=p)] * 4
        )
        assert results == [f"/remisser/{referral.pk}/"] * 4
        assert referral.events.filter(verb="acknowledge").count() == 1
    assert IdempotencyKey.objects.count() == 8
    assert sequences_have_no_gaps()


def test_a_form_refused_in_one_thread_may_be_tried_in_another(cast: Cast) -> None:
    """A key whose act was rolled back is not used up."""
    referral = draft(cast)

    def perform() -> str:
        actions.send_referral(by=cast.soc, referral=referral)
        return "sent"

    def once() -> str:
        return perform_once(user=cast.soc.user, key="k", name="send", perform=perform)

    assert outcomes(at_once(once, once)) == {"MissingGround": 2}
    assert not IdempotencyKey.objects.exists()
    give_consent(cast)
    assert at_once(once, once) == ["sent", "sent"]
    assert referral.events.filter(verb="send").count() == 1


# ---------- many people, many referrals ----------
@pytest.mark.postgres
def test_acts_about_different_people_told_to_the_same_hats_at_once_are_numbered_without_gaps(
    cast: Cast, postgres_server: Postgres
) -> None:
    """Nothing but the counters makes these wait for each other; the first round also makes the counters."""
    before = deadlocks(postgres_server)
    people = [make_participant(cast.soc_desk, first=f"Person{number}") for number in range(8)]
    for person in people:
        give_consent(cast, person=person)
    for _ in range(8):
        drafts = [draft(cast, person=person) for person in people]
        results = at_once(
            *[
                lambda by=by, referral=referral: actions.send_referral(by=by, referral=referral)
                for by, referral in zip([cast.soc, cast.soc_2] * 4, drafts, strict=True)
            ]
        )
        assert outcomes(results) == {DONE: 8}
    assert sequences_have_no_gaps()
    assert dict(Counter.objects.values_list("pk", "last_seq")) == {cast.psyk.pk: 64, cast.psyk_2.pk: 64}
    assert deadlocks(postgres_server) == before, "the lock order was broken; a retry hid it"


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


@pytest.mark.postgres
def test_mixed_acts_by_eight_threads_end_in_order_and_without_deadlocks(cast: Cast, postgres_server: Postgres) -> None:
    before = deadlocks(postgres_server)
    seen = mixed_acts(cast, threads=8, acts_each=40, seed=1)
    assert sum(seen.values()) == 320
    assert set(seen) <= {DONE, "SomebodyWasFaster", "NotAllowed", "MissingGround"}, seen
    assert seen[DONE] > 80, seen
    assert no_live_disclosure_on_an_ended_row()
    assert sequences_have_no_gaps()
    assert recipients_are_right(cast)
    assert deadlocks(postgres_server) == before, "the lock order was broken; a retry hid it"


@pytest.mark.long
@pytest.mark.postgres
@pytest.mark.parametrize("seed", range(2, 6))
def test_mixed_acts_for_longer(cast: Cast, postgres_server: Postgres, seed: int) -> None:
    before = deadlocks(postgres_server)
    mixed_acts(cast, threads=8, acts_each=150, seed=seed)
    assert no_live_disclosure_on_an_ended_row()
    assert sequences_have_no_gaps()
    assert recipients_are_right(cast)
    assert deadlocks(postgres_server) == before


def deadlocks(server: Postgres) -> int:
    """How many deadlocks PostgreSQL has found in the tests' database since it started."""
    with psycopg.connect(server.owner_url, autocommit=True) as owner:
        owner.execute("SELECT pg_stat_force_next_flush()")
        row = owner.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()
    assert row is not None
    return int(row[0])
