"""Two people at once, with real threads and real commits: one effect, and never a disclosure on an ended consent."""

import random
from collections import Counter as Count
from collections.abc import Sequence

import pytest

from notifications.models import Counter, Notification
from referrals import actions
from referrals.models import Referral, ReferralSection
from referrals.states import AnswerScope
from tests.cast import SECRET_TEXT, Cast, draft, give_consent, make_participant, sent
from tests.referrals.races import (
    DONE,
    STEPS,
    at_once,
    deadlocks,
    history_is_whole,
    mixed_acts,
    no_live_disclosure_on_an_ended_row,
    outcomes,
    recipients_are_right,
    send_against_withdraw,
    sequences_have_no_gaps,
)
from tests.services import Postgres
from workspace.actions import perform_once
from workspace.errors import SomebodyWasFaster
from workspace.front.actions.consents import withdraw_consent
from workspace.models import AuditEntry, Consent, ConsentRow, Disclosure, IdempotencyKey

# ruff: noqa: B023  (the threads have ended before the loop goes on)
pytestmark = pytest.mark.django_db(transaction=True)


# ---------- sending against withdrawing ----------


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
