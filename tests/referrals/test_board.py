"""The coordinator's board: its tabs, filters and figures, and what stands first on it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from referrals.models import Referral
from referrals.queries import board_counted_only
from referrals.states import ReferralState as S
from referrals.views.board import say_late
from tests.cast import Cast, make_participant
from tests.front.workbooks import PITEA, run
from tests.referrals.boards import (
    LABELS,
    copies,
    due,
    figures_on,
    followed,
    page,
    rows_on,
    walk_board,
)
from tests.referrals.journeys import bring_to
from workspace.models import Cooperation, CooperationRole
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
WEDNESDAY = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@pytest.fixture
def _wednesday() -> Any:
    with time_machine.travel(WEDNESDAY, tick=False):
        yield


def ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


# ---------- tabs and figures ----------
Facts = dict[str, Any]


def world(cast: Cast) -> dict[int, Facts]:
    """Rows of every sort, with what is so of each: told here, not read from the board."""
    measure = followed(cast)
    small = bring_to(cast, S.ACCEPTED, person=make_participant(cast.soc_desk, place="Arvidsjaur"), follow_up=True)
    places = {"Piteå": cast.person.municipality_id, "": None}
    facts: dict[int, Facts] = {}
    desks = {"soc": cast.soc_desk, "psyk": cast.psyk_desk}
    for days in (-40, -1, 0, 1, 4, 5, 90, None):
        for turn, state, told, disputed, waited in (
            ("psyk", S.SENT, 31, False, 40), ("soc", S.RETURNED, 29, True, 95), ("psyk", S.ACCEPTED, 30, False, 13),
        ):  # fmt: skip
            for shown, one in (("measure", measure), ("", small)):
                values = {
                    **due(days), "told_turn_id": desks[turn].pk, "told_state": state, "told_at": ago(told),
                    "disputed_at": ago(3) if disputed else None, "sent_at": ago(waited),
                }  # fmt: skip
                [made] = copies(one, 1, **values)
                facts[made.pk] = {"due": days, "turn": turn, "state": state, "told": told, "disputed": disputed,
                                  "waited": waited, "class": shown, "from": places["Piteå"]}  # fmt: skip
    Referral.objects.filter(pk__in=[measure.pk, small.pk]).update(
        told_turn=None, told_state=S.CLOSED, state=S.CLOSED, turn=None
    )
    return facts


TABS: dict[str, Callable[[Facts], bool]] = {
    "sena": lambda one: one["due"] is not None and one["due"] < 0,
    "veckan": lambda one: one["due"] is not None and 0 <= one["due"] <= 4,  # Wednesday to Sunday
    "obesvarade": lambda one: one["state"] == S.SENT,
    "stannat": lambda one: one["told"] >= 30 and not (one["due"] is not None and one["due"] < 0),
    "olost": lambda one: one["disputed"],
    "alla": lambda one: True,
}


def filters(cast: Cast) -> dict[str, Callable[[Facts], bool]]:
    arvidsjaur = Cooperation.objects.get(pk=cast.cooperation.pk).municipalities.exclude(pk=cast.person.municipality_id)
    elsewhere = [f"kommun={place.pk}" for place in arvidsjaur[:1]]
    return {
        "": lambda one: True,
        f"vantar_pa={cast.psyk.agency_id}": lambda one: one["turn"] == "psyk",
        f"vantar_pa={cast.fk.agency_id}": lambda one: False,
        "slag=measure": lambda one: one["class"] == "measure",
        "slag=other": lambda one: False,
        f"kommun={cast.person.municipality_id}": lambda one: True,
        **dict.fromkeys(elsewhere, lambda one: False),
        "vantat=14": lambda one: one["waited"] >= 14,
        "vantat=90": lambda one: one["waited"] >= 90,
        f"slag=measure&vantat=30&vantar_pa={cast.psyk.agency_id}": lambda one: (
            one["class"] == "measure" and one["waited"] >= 30 and one["turn"] == "psyk"
        ),
    }


@pytest.mark.embedded
@pytest.mark.usefixtures("_wednesday")
def test_the_figures_equal_the_rows_under_every_tab_with_every_filter(cast: Cast, as_hat: AsHat) -> None:
    facts, client = world(cast), as_hat(cast.coordinator)
    assert {sum(map(rule, facts.values())) for rule in TABS.values()} >= {12, 16, 48}
    for query, chosen in filters(cast).items():
        expected = {tab: {pk for pk, one in facts.items() if chosen(one) and rule(one)} for tab, rule in TABS.items()}
        for tab in TABS:
            address = f"urval={tab}&{query}"
            assert figures_on(page(client, address)) == {one: str(len(pks)) for one, pks in expected.items()}, address
            met = walk_board(client, address)
            assert (len(met), set(met)) == (len(expected[tab]), expected[tab]), address


OPEN = """SELECT r.id FROM referrals_referral r WHERE r.told_turn_id IS NOT NULL AND r.sent_at IS NOT NULL AND EXISTS (
  SELECT 1 FROM referrals_referralsection s JOIN referrals_referralleg l ON l.id = s.leg_id
  JOIN workspace_disclosure d ON d.id = s.disclosure_id WHERE l.referral_id = r.id AND s.category_id = 'follow_up'
  AND d.recipient_cooperation_id = %(cooperation)s AND d.ended_at IS NULL AND d.ends_at > %(now)s)"""
IN_SQL = {
    "sena": "r.told_due_on < %(today)s",
    "veckan": "r.told_due_on BETWEEN %(today)s AND %(sunday)s",
    "obesvarade": "r.told_state = 'sent'",
    "stannat": "(r.told_at AT TIME ZONE 'Europe/Stockholm')::date <= %(today)s - 30"
    " AND (r.told_due_on IS NULL OR r.told_due_on >= %(today)s)",
    "olost": "r.disputed_at IS NOT NULL",
    "alla": "true",
}
FILTERED = {
    "": "true",
    "vantar_pa={agency}": "r.told_turn_id IN (SELECT id FROM workspace_function WHERE agency_id = %(agency)s)",
    "slag=compensation": """(SELECT referral_class FROM referrals_referralkind WHERE code = r.kind_id) = 'compensation'
      AND (SELECT m.inhabitants FROM workspace_participant p JOIN workspace_municipality m ON m.id = p.municipality_id
        WHERE p.id = r.participant_id) >= 20000
      AND NOT EXISTS (SELECT 1 FROM workspace_function f JOIN workspace_agency a ON a.id = f.agency_id
        JOIN workspace_municipality m ON m.id = a.municipality_id
        WHERE f.id = r.sender_id AND m.inhabitants < 20000)""",
    "vantat=90": "(r.sent_at AT TIME ZONE 'Europe/Stockholm')::date <= %(today)s - 90",
}


@pytest.mark.postgres
def test_the_imported_workbook_has_the_figures_that_plain_sql_finds(as_hat: AsHat) -> None:
    with time_machine.travel(datetime(2026, 11, 21, 9, 0, tzinfo=UTC), tick=False):
        run(PITEA)
        role = CooperationRole.objects.get()
        busiest = Referral.objects.filter(told_state=S.SENT).values_list("told_turn__agency", flat=True)[0]
        values = {"cooperation": role.cooperation_id, "now": timezone.now(), "today": date(2026, 11, 21),
                  "sunday": date(2026, 11, 22), "agency": busiest}  # fmt: skip
        client, sizes = as_hat(role), set()
        for query, chosen in FILTERED.items():
            found = {}
            for tab, rule in IN_SQL.items():
                with connection.cursor() as cursor:
                    cursor.execute(f"{OPEN} AND {rule} AND {chosen}", values)
                    found[tab] = sorted(row[0] for row in cursor.fetchall())
                assert query or sorted(walk_board(client, f"urval={tab}")) == found[tab], tab
            figures = {tab: len(pks) for tab, pks in found.items()}
            assert figures_on(page(client, query.format(**values))) == {tab: str(n) for tab, n in figures.items()}
            sizes |= set(figures.values())
    assert max(sizes) == 23 + 49 + 15
    assert len(sizes) > 8


@pytest.mark.embedded
def test_the_board_opens_on_what_is_late_where_anything_is(cast: Cast, as_hat: AsHat) -> None:
    first, client = followed(cast), as_hat(cast.coordinator)
    assert rows_on(page(client)) == [first.pk]
    [late] = copies(first, 1, **due(-1))
    assert rows_on(page(client)) == [late.pk]
    assert "En remiss är sen. Den väntar på Vuxenpsykiatrin Piteå." in page(client)
    for mine in ("urval=alla", "urval=alla&efter=_1"):
        assert f"/bevaka/lista/?{mine.split('&')[0]}" in page(client, mine).replace("&amp;", "&")
    body = client.get("/bevaka/lista/?urval=alla").content.decode()
    assert rows_on(body) == [late.pk, first.pk]
    assert "<html" not in body


def test_a_row_says_when_and_how_late_it_is(cast: Cast, as_hat: AsHat) -> None:
    first = followed(cast)
    client = as_hat(cast.coordinator)
    said = {-20: "20 dagar sen", -1: "1 dag sen", 0: "I dag", 3: "Om 3 dagar", 30: "30 dagar kvar", None: "Inget datum"}
    for days, words in said.items():
        Referral.objects.filter(pk=first.pk).update(**due(days))
        assert words in page(client, "urval=alla").partition('id="rad-')[2], days
    assert "None" not in page(client, "urval=alla")


@pytest.mark.parametrize(
    ("late", "narrowed", "said"),
    [
        ({}, False, "Ingen remiss är sen."),
        ({}, True, "I urvalet är ingen remiss sen."),
        ({"A": 1}, False, "En remiss är sen. Den väntar på A."),
        ({"A": 2}, False, "Två remisser är sena. Alla väntar på A."),
        ({"A": 3, "B": 1}, False, "Fyra remisser är sena. Flest väntar på A."),
        ({"A": 3, "B": 3, "C": 1}, True, "I urvalet är sju remisser sena. Flest väntar på A och B."),
        ({"C": 1, "A": 1, "B": 1}, False, "Tre remisser är sena. De väntar på A, B och C."),
        (dict.fromkeys("ABCD", 1), False, "Fyra remisser är sena. De väntar på 4 olika myndigheter."),
        (
            {"A": 1000, "B": 1},
            False,
            "Över 1 000 remisser är sena. Av de 1 000 som är mest försenade väntar flest på A.",
        ),
    ],
)
def test_the_first_sentence_says_how_many_are_late_and_with_whom(
    late: dict[str, int], narrowed: bool, said: str
) -> None:
    assert say_late(late, narrowed) == said


def test_figures_stop_at_a_thousand_and_say_so(cast: Cast, as_hat: AsHat) -> None:
    first = followed(cast)
    client = as_hat(cast.coordinator)
    copies(first, 999)
    assert figures_on(page(client))["alla"] == "1000"
    copies(first, 5, **due(-1))
    fields = {field.attname: getattr(first, field.attname) for field in Referral._meta.concrete_fields}
    Referral.objects.bulk_create(Referral(**fields | {"id": None}) for _ in range(1005))
    body = page(client)
    assert (figures_on(body)["alla"], figures_on(body)["sena"]) == ("över 1 000", "5")
    assert "Över 1 000 remisser räknas bara: de saknar samtycke" in body
    assert board_counted_only(cast.coordinator) == 1001


@pytest.mark.embedded
def test_calendar_days_decide_what_has_waited(cast: Cast, as_hat: AsHat) -> None:
    """Sent late one evening: 14 days on the fourteenth day, as the row says, whatever the clock is."""
    first = followed(cast)
    morning = timezone.localtime().replace(hour=6, minute=0) + timedelta(days=1)
    Referral.objects.filter(pk=first.pk).update(sent_at=morning - timedelta(days=14) + timedelta(hours=17, minutes=30))
    with time_machine.travel(morning, tick=False):
        client = as_hat(cast.coordinator)
        body = page(client, "urval=alla&vantat=14")
        assert rows_on(body) == [first.pk]
        assert '</span>14<span class="unit"> dagar' in body
        assert rows_on(page(client, "urval=alla&vantat=30")) == []


def test_every_tab_has_its_name(cast: Cast, as_hat: AsHat) -> None:
    assert "missing" not in figures_on(page(as_hat(cast.coordinator))).values()
    assert set(LABELS) == set(TABS) == set(IN_SQL)
