"""Forms sent three times, and notices whose hints never went out."""

import time
from typing import Any

import pytest
from django.test import override_settings

from notifications.queries import last_seq
from referrals.actions import write_message
from tests.cast import Cast
from tests.chaos.stage import (
    PATIENCE,
    SEED,
    BrowserPage,
    acting,
    make_crowd,
    make_pairs,
    nothing_missing,
    numbers_of,
    p,
    report,
    running,
    size,
    tally,
    told_of,
    under_way,
)
from tests.wire import Visitor, open_pages, wait_until
from workspace.front.consumers import CATCH_UP_EVERY
from workspace.models import IdempotencyKey

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def test_each_form_sent_three_times_acts_once_also_after_a_crash(cast: Cast) -> None:
    """B7: the same key three times, and again by whoever was cut off when the servers were killed in the middle."""
    acts = size(1000, 60)
    pairs = make_pairs(cast, 10)
    first = numbers_of(pairs)
    with running() as system:
        crowd = make_crowd(system, pairs, acts)
        for client in crowd.clients:
            client.times = 3
        with acting(crowd):
            while crowd.acknowledged < crowd.acts / 2:
                time.sleep(0.01)
            system.web.kill()
            system.web.start(PATIENCE)
    counted = tally(crowd, first)
    answered = sum(client.answers["302"] for client in crowd.clients)
    keys = IdempotencyKey.objects.filter(action__startswith="note_referral").count()
    report("B7", keys=keys, answered=answered, **counted)
    assert answered >= 3 * crowd.acts
    assert nothing_missing(counted), counted


def test_notices_whose_hints_never_went_out_reach_open_pages_once(cast: Cast) -> None:
    """B9: committed without a push. The sockets' own look finds them, long before the page's slow poll (60 s)."""
    count = size(100, 20)
    referral = under_way(cast)
    hats = [cast.psyk, cast.psyk_2]
    with running() as system:
        pages: list[Any] = [
            BrowserPage(Visitor(system.sockets[number], hat), [system.sockets[number]], seed=SEED)  # type: ignore[arg-type, list-item]
            for number, hat in enumerate(hats)
        ]
        before = {hat.pk: last_seq(hat) for hat in hats}
        for page, hat in zip(pages, hats, strict=True):
            page.last = before[hat.pk]
        with open_pages(pages):
            assert wait_until(lambda: all(page.connections for page in pages))
            time.sleep(1)
            with override_settings(REDIS_URL=""):  # this process then has nobody to hint at
                for number in range(count):
                    write_message(by=cast.soc, referral=referral, category="question", text=f"Utan puff {number}")
            done = time.monotonic()
            reached = wait_until(lambda: all(len(page.shown) >= count for page in pages), 2 * CATCH_UP_EVERY)
            time.sleep(1)
    waits = [at - done for page in pages for at in page.seen_at.at]
    rows = [told_of(hat, before[hat.pk]) for hat in hats]
    double = sum(len(page.shown) - len(set(page.shown)) for page in pages)
    report(
        "B9",
        notices=sum(map(len, rows)),
        shown=sum(len(page.shown) for page in pages),
        double=double,
        most_s=round(max(waits), 1),
        p50_s=round(p(waits, 50), 1),
    )
    assert reached and [page.shown for page in pages] == rows and not double
    assert max(waits) <= 600
