"""The board's pages: found by the row before them, by partial indexes, with as many queries for many as for one."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from referrals.models import Referral
from tests.cast import Cast
from tests.referrals.boards import copies, due, followed, link, page, rows_on, walk_board
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
FILTERS = ("vantar_pa={psyk}", "slag=measure", "kommun={pitea}", "vantat=14")


def spread(cast: Cast, number: int) -> list[int]:
    """Rows whose last days are the same for many and missing for some; in the order of the board."""
    first = followed(cast)
    for day in range(number // 5):
        copies(first, 5, **due(None if day % 4 == 3 else day - 3))
    return [pk for _, pk in sorted((one.told_due_on or timezone.localdate().max, one.pk) for one in all_open())]


def all_open() -> list[Referral]:
    return list(Referral.objects.filter(told_turn__isnull=False))


def end(pk: int) -> None:
    ended = {"state": "closed", "turn": None, "told_state": "closed", "told_turn": None, "told_due_on": None}
    Referral.objects.filter(pk=pk).update(**ended)


@pytest.mark.embedded
def test_the_pages_hold_every_row_once_forwards_and_backwards(cast: Cast, as_hat: AsHat) -> None:
    expected = spread(cast, 105)
    client = as_hat(cast.coordinator)
    assert walk_board(client, "urval=alla") == expected
    last = page(client, link(page(client, "urval=alla"), "Sista sidan"))
    assert rows_on(last) == expected[-30:]
    met, body = rows_on(last), last
    while before := link(body, "Föregående"):
        body = page(client, before)
        met = [pk for pk in rows_on(body) if pk not in met] + met
    assert met == expected
    assert rows_on(body) == expected[:30]
    assert link(page(client, "urval=alla"), "Föregående") == link(last, "Nästa") == ""


@pytest.mark.embedded
def test_who_walks_the_pages_meets_every_row_once_while_rows_come_and_go(cast: Cast, as_hat: AsHat) -> None:
    there_before = spread(cast, 105)
    client, met, gone, query = as_hat(cast.coordinator), [], set(), "urval=alla"
    kind = Referral.objects.get(pk=there_before[0])
    while query:
        body = page(client, query)
        met += rows_on(body)
        query = link(body, "Nästa")
        # The place itself, one that has been met, and one that is still ahead are ended; rows come at both ends.
        ahead = [pk for pk in there_before if pk not in met and pk not in gone]
        for pk in {met[-1], met[2], *ahead[5:6]} - gone:
            end(pk)
            gone.add(pk)
        copies(kind, 3, **due(-30))
        copies(kind, 1, **due(None))
        assert len(met) < 200
    assert len(met) == len(set(met))
    assert set(there_before) - gone <= set(met)


@pytest.mark.embedded
@pytest.mark.parametrize(
    "place",
    ["efter=", "efter=x", "efter=2026-13-40_1", "efter=2026-01-01_", "efter=2026-01-01_1;", "efter=_%D9%A1",
     "efter=_9999999999999999999", "fore=x", "fore=1_2_3", "efter=9999-12-31_999999999", "fore=2000-01-01_1", "page=9"],
)  # fmt: skip
def test_a_place_that_is_none_or_where_nothing_is_left_shows_the_first_page(
    cast: Cast, as_hat: AsHat, place: str
) -> None:
    expected = spread(cast, 40)
    assert rows_on(page(as_hat(cast.coordinator), f"urval=alla&{place}")) == expected[:30]


def asked(client: Client, query: str) -> list[str]:
    page(client, query)
    with CaptureQueriesContext(connection) as seen:
        page(client, query)
    return [one["sql"] for one in seen.captured_queries]


def addresses(cast: Cast) -> list[str]:
    """Every tab, every filter, a page further on and the last one."""
    ids = {"psyk": cast.psyk.agency_id, "pitea": cast.person.municipality_id}
    tabs = [f"urval={tab}" for tab in ("sena", "veckan", "obesvarade", "stannat", "olost", "alla")]
    deep = f"urval=alla&efter={timezone.localdate() - timedelta(days=4)}_1"
    return ["", *tabs, *(f"urval=alla&{one.format(**ids)}" for one in FILTERS), deep, "urval=alla&fore=slut"]


def test_every_page_asks_as_often_for_thirty_rows_as_for_one(cast: Cast, as_hat: AsHat) -> None:
    first = followed(cast)
    client = as_hat(cast.coordinator)
    Referral.objects.update(
        **due(-3), disputed_at=timezone.now(), sent_at=timezone.now() - timedelta(days=20), told_at=timezone.now()
    )
    one = {query: len(asked(client, query)) for query in addresses(cast)}
    copies(Referral.objects.get(pk=first.pk), 29)
    assert {query: len(asked(client, query)) for query in addresses(cast)} == one
    copies(first, 40, **due(5))
    assert all(len(asked(client, query)) == one[query] for query in ("", "urval=alla&fore=slut"))
    assert max(one.values()) <= 30


def plan(query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")  # so that only an index brings the order
        cursor.execute("SET LOCAL join_collapse_limit = 8")  # as in production: tests/services.py has less
        cursor.execute(f"EXPLAIN {query.replace('%', '%%')}")
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.postgres
def test_every_list_and_figure_walks_the_index_of_what_is_open_and_stops(cast: Cast, as_hat: AsHat) -> None:
    spread(cast, 70)
    client = as_hat(cast.coordinator)
    for address in addresses(cast):
        questions = asked(client, address)
        walking = [sql for sql in questions if 'COALESCE("referrals_referral"."told_due_on"' in sql]
        assert len(walking) >= 8
        for sql in walking:
            assert "LIMIT" in sql.rpartition("ORDER BY")[2], sql
            assert "OFFSET" not in sql
            how = plan(sql)
            assert "using referral_board" in how, (address, sql, how)
            # One row at a time, and none of the indexes that also hold what has ended.
            assert not [word for word in ("Sort", "Hash", "sender_id_", "kind_id_") if word in how], how
        counting = [sql for sql in questions if "COUNT(" in sql and "referrals_referral" in sql]
        assert counting and all("LIMIT 1001" in sql for sql in counting)


@pytest.mark.postgres
def test_disputes_are_found_by_their_own_index(cast: Cast) -> None:
    followed(cast)
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname IN ('referral_board', 'referral_disputed')")
        found = sorted(row[0] for row in cursor.fetchall())
    assert "WHERE (told_turn_id IS NOT NULL)" in found[0]
    assert "(disputed_at) WHERE ((disputed_at IS NOT NULL) AND (told_turn_id IS NOT NULL))" in found[1]
