"""On the embedded default the same races hold, and "database is locked" never comes (libraries.md, traps 6 and 13)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from referrals import actions
from referrals.models import Referral
from referrals.states import AnswerScope
from tests.cast import Cast, draft, give_consent, sent
from tests.daphne import Daphne
from tests.referrals.races import (
    DONE,
    STEPS,
    at_once,
    history_is_whole,
    mixed_acts,
    no_live_disclosure_on_an_ended_row,
    outcomes,
    recipients_are_right,
    send_against_withdraw,
    sequences_have_no_gaps,
)
from tests.wire import Page, Visitor, open_pages
from workspace.actions import perform_once
from workspace.models import AuditEntry

# ruff: noqa: B023  (the threads have ended before the loop goes on)
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]


def test_sending_against_withdrawing(cast: Cast) -> None:
    seen = send_against_withdraw(cast, 40, seed=3)
    assert min(seen["sent first"], seen["withdrawn first"]) >= 4, seen
    assert sequences_have_no_gaps()


@pytest.mark.parametrize(
    ("before", "one", "other"),
    [
        ((), "send", "send, the other"),
        (("send",), "acknowledge, silent", "recall"),
        (("send", "acknowledge"), "accept", "recall"),
        (("send", "acknowledge", "accept"), "grant", "refuse"),
    ],
)
def test_two_verbs_at_once_have_one_effect(cast: Cast, before: tuple[str, ...], one: str, other: str) -> None:
    give_consent(cast, back=("status",))
    for _ in range(5):
        referral = draft(cast)
        for step in before:
            STEPS[step](cast, referral)
        had = referral.events.count()
        results = at_once(lambda: STEPS[one](cast, referral), lambda: STEPS[other](cast, referral))
        assert outcomes(results) == {DONE: 1, "SomebodyWasFaster": 1}, results
        referral.refresh_from_db()
        assert referral.events.count() == had + 1 and history_is_whole(referral)
    assert sequences_have_no_gaps()


def test_the_same_form_from_many_threads_has_one_effect(cast: Cast) -> None:
    referral = sent(cast)

    def perform() -> str:
        actions.acknowledge_referral(by=cast.psyk, referral=referral, scope=AnswerScope.STATUS)
        return "done once"

    def once() -> str:
        return perform_once(user=cast.psyk.user, key="k", name="acknowledge", perform=perform)

    assert at_once(*[once] * 6) == ["done once"] * 6
    assert referral.events.filter(verb="acknowledge").count() == 1


def test_mixed_acts_by_six_threads_never_find_the_database_locked(cast: Cast) -> None:
    seen = mixed_acts(cast, threads=6, acts_each=25, seed=11)
    assert sum(seen.values()) == 150
    assert seen[DONE] > 40, seen
    assert no_live_disclosure_on_an_ended_row()
    assert sequences_have_no_gaps()
    assert recipients_are_right(cast)


def test_pages_and_acts_at_once_on_one_server_never_fail(daphne: Callable[..., Daphne], cast: Cast) -> None:
    """Reading writes an audit row, so on SQLite every page is a writer too."""
    server = daphne()
    give_consent(cast, back=("status",), follow_up=True)
    drafts = [draft(cast) for _ in range(16)]
    soc, psyk, outsider = (Visitor(server, hat) for hat in (cast.soc, cast.psyk, cast.outsider))
    open_ = sent(cast)

    def send(referral: Referral) -> list[int]:
        acted = soc.post(f"/remisser/{referral.pk}/granska/").status
        return [acted, psyk.get(f"/remisser/{referral.pk}/").status, outsider.get(f"/remisser/{referral.pk}/").status]

    def read(_: int) -> list[int]:
        return [soc.get("/").status, psyk.get(f"/remisser/{open_.pk}/").status, psyk.get("/handelser/klocka/").status]

    pages = [Page(psyk, [server], poll=1), Page(Visitor(server, cast.psyk_2), [server], poll=1)]
    nobody = Page(outsider, [server], poll=1)
    with open_pages([*pages, nobody]), ThreadPoolExecutor(6) as pool:
        sending = pool.map(send, drafts)
        reading = pool.map(read, range(16))
        assert list(sending) == [[302, 200, 404]] * 16
        assert list(reading) == [[200, 200, 200]] * 16
        # One more than the posts: `sent` above was an act of the test's own process, known by the replay.
        assert all(page.wait_for(17) for page in pages)
    assert all([seq for _, seq in page.shown] == list(range(1, 18)) for page in pages)
    assert nobody.shown == []
    assert "locked" not in server.log and "Traceback" not in server.log
    assert AuditEntry.objects.filter(what="referral", act="read").count() >= 32
