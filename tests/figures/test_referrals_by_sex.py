"""How it has gone for those who have been referred, by sex and receiver: each person once, and no small number told."""

import json
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from meetings.figures.actions.freezing import freeze_month
from meetings.figures.models import Snapshot
from meetings.figures.queries import recount, report_of
from meetings.figures.queries.around import count_referred
from meetings.figures.queries.known import Moment, agreed_agencies
from meetings.figures.queries.months import cutoff_of
from meetings.figures.report.canonical import canonical, digest_of, shown_to_json
from meetings.figures.suppression import ANY, OTHERS, Shown, ShownQuestion
from referrals.models import Referral, ReferralLeg
from referrals.states import ReferralState
from tests.cast import Cast
from tests.figures.attacker import Attacker, recovered
from tests.figures.frozen import frozen
from tests.figures.referred import ANSWERED, ANSWERS, SENT, months_of_referrals, refer, somebody
from tests.figures.stage import AUGUST, OCTOBER, SEPTEMBER, agreed, moment
from tests.figures.tables import published
from tests.figures.test_figures_exports import sheet_of
from tests.figures.test_figures_page import AsHat, page, text_of
from tests.referrals.journeys import undone

LABELS = ["Beviljad", "Delvis beviljad", "Avslag", "Inte prövad", "Väntar på svar", "Avslutad utan beslut", "Alla"]
PART = "Hur det har gått för remitterade"
LAST = moment(2014, 9, 1, 0)


def at(cast: Cast, month: date = AUGUST) -> Moment:
    cutoff = cutoff_of(month)
    agencies = tuple(one.pk for one in agreed_agencies(cast.cooperation, cutoff))
    return Moment(cast.cooperation, month, cutoff, agencies)


def counted(cast: Cast, month: date = AUGUST) -> dict[tuple[str, str, str], int]:
    return count_referred(at(cast, month))


def all_agree(cast: Cast) -> None:
    agreed(cast.cooperation, cast.soc_desk.agency, cast.psyk_desk.agency, cast.fk_desk.agency)


# ---------- who is counted, and where ----------
@pytest.mark.django_db
def test_each_answer_the_sender_knows_of_is_its_own_and_the_rest_waits_or_has_ended(cast: Cast) -> None:
    all_agree(cast)
    for outcome in ANSWERS:
        refer(somebody(cast.soc_desk, "man"), cast.fk_desk, outcome)
    refer(somebody(cast.soc_desk), cast.psyk_desk)
    refer(somebody(cast.soc_desk), cast.psyk_desk, told_state="returned", answered_at=ANSWERED)
    refer(somebody(cast.soc_desk), cast.psyk_desk, told_state="recalled", ended_at=ANSWERED)
    assert counted(cast) == {("fk-t", "man", outcome): 1 for outcome in ANSWERS} | {
        ("psyk-t", "woman", "waiting"): 1,
        ("psyk-t", "woman", "ended"): 2,
    }


@pytest.mark.django_db
def test_a_person_is_counted_once_at_the_receiver_of_the_latest_referral(cast: Cast) -> None:
    all_agree(cast)
    person, other = somebody(cast.soc_desk), somebody(cast.soc_desk, "man")
    refer(person, cast.fk_desk, "refused")
    refer(person, cast.psyk_desk, "granted", sent_at=SENT + timedelta(days=1))
    refer(person, cast.fk_desk, "refused", sent_at=SENT - timedelta(days=1))
    for receiver in (cast.psyk_desk, cast.fk_desk):
        refer(other, receiver)  # at the same moment: the one that was written last
    assert counted(cast) == {("psyk-t", "woman", "granted"): 1, ("fk-t", "man", "waiting"): 1}


@pytest.mark.django_db
def test_a_referral_that_is_sent_again_is_counted_where_it_was_sent_last(cast: Cast) -> None:
    all_agree(cast)
    first = refer(somebody(cast.soc_desk), cast.psyk_desk, "granted")
    again = ReferralLeg.objects.create(referral=first.referral, receiver=cast.fk_desk, position=2)
    assert counted(cast) == {("psyk-t", "woman", "granted"): 1}, "a draft has been sent to nobody"
    ReferralLeg.objects.filter(pk=again.pk).update(sent_at=moment(2014, 8, 20), answered_at=moment(2014, 9, 3))
    assert counted(cast) == {("fk-t", "woman", "waiting"): 1}
    assert counted(cast, SEPTEMBER) == {("fk-t", "woman", "granted"): 1}
    july = date(2014, 7, 1)
    assert counted(cast, july) == {("psyk-t", "woman", "ended"): 1}, "it was sent back: the outcome is the later leg's"


@pytest.mark.django_db
def test_what_only_the_receiver_knows_and_what_came_after_the_month_is_an_answer_still_waited_for(cast: Cast) -> None:
    all_agree(cast)
    silent = refer(somebody(cast.soc_desk), cast.psyk_desk).referral
    Referral.objects.filter(pk=silent.pk).update(outcome="refused", state=ReferralState.CLOSED, turn=None)
    refer(somebody(cast.soc_desk), cast.psyk_desk, "granted", answered_at=LAST)
    refer(somebody(cast.soc_desk), cast.psyk_desk, sent_at=LAST)
    refer(somebody(cast.soc_desk), cast.psyk_desk, sent_at=None, told_state="draft")
    assert counted(cast) == {("psyk-t", "woman", "waiting"): 2}


@pytest.mark.django_db
def test_only_referrals_between_agencies_that_have_agreed_are_counted(cast: Cast) -> None:
    agreed(cast.cooperation, cast.soc_desk.agency, cast.psyk_desk.agency)
    person = somebody(cast.soc_desk)
    refer(person, cast.psyk_desk, "granted")
    refer(person, cast.fk_desk, "refused", sent_at=SENT + timedelta(days=9))
    refer(somebody(cast.fk_desk), cast.psyk_desk)
    refer(somebody(cast.outside_desk), cast.psyk_desk)
    assert counted(cast) == {("psyk-t", "woman", "granted"): 1}


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [7, 2026])
def test_referrals_at_random_are_counted_alike_by_the_engine_and_by_python(cast: Cast, seed: int) -> None:
    """By another route: every row by plain SQL, and the latest of each person picked in Python."""
    dice = random.Random(seed)
    agreed(cast.cooperation, cast.soc_desk.agency, cast.psyk_desk.agency)
    desks = [cast.soc_desk, cast.psyk_desk, cast.fk_desk]
    of = [cast.soc_desk, cast.psyk_desk] * 3 + [cast.fk_desk]
    people = [somebody(dice.choice(of), dice.choice(["woman", "man", "unknown"])) for _ in range(45)]
    for _ in range(150):
        person = dice.choice(people)
        receiver = dice.choice([desk for desk in desks if desk != person.function])
        sent_at = moment(2014, dice.randint(1, 9), dice.randint(1, 28))
        answered_at = sent_at + timedelta(days=dice.randint(1, 90))
        how = dice.choice(["answer", "wait", "return", "recall"])
        if how == "answer":
            refer(person, receiver, dice.choice(ANSWERS), sent_at=sent_at, answered_at=answered_at)
        elif how == "return":
            refer(person, receiver, told_state="returned", sent_at=sent_at, answered_at=answered_at)
        else:
            ended = {"told_state": "recalled", "ended_at": answered_at} if how == "recall" else {}
            refer(person, receiver, sent_at=sent_at, **ended)  # type: ignore[arg-type]
    latest: dict[int, tuple[Any, ...]] = {}
    for row in raw_legs():
        person_pk, _, sender, receiver_code, sent_at, *_ = row
        if {sender, receiver_code} <= {"soc-t", "psyk-t"} and sent_at < LAST:
            latest[person_pk] = row
    expected: Counter[tuple[str, str, str]] = Counter()
    for _, gender, _, code, _, answered, ended, outcome in latest.values():
        told = (outcome or "ended") if answered and answered < LAST else None
        expected[code, gender, told or ("ended" if ended and ended < LAST else "waiting")] += 1
    assert counted(cast) == expected and len(expected) > 8


def raw_legs() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id, p.gender, sa.code, ra.code, l.sent_at, l.answered_at, l.ended_at, r.told_outcome"
            " FROM referrals_referralleg l JOIN referrals_referral r ON r.id = l.referral_id"
            " JOIN workspace_participant p ON p.id = r.participant_id"
            " JOIN workspace_function s ON s.id = r.sender_id JOIN workspace_agency sa ON sa.id = s.agency_id"
            " JOIN workspace_function t ON t.id = l.receiver_id JOIN workspace_agency ra ON ra.id = t.agency_id"
            " ORDER BY l.sent_at, l.id"
        )
        return [tuple(aware(value) for value in row) for row in cursor.fetchall()]


def aware(value: object) -> object:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


# ---------- frozen ----------
def many(cast: Cast) -> None:
    """Women and men at two receivers, none of them few."""
    all_agree(cast)
    for receiver, gender, outcome, number in (
        (cast.psyk_desk, "woman", "granted", 6), (cast.psyk_desk, "man", "granted", 7),
        (cast.psyk_desk, "woman", "refused", 8), (cast.psyk_desk, "man", "refused", 5),
        (cast.fk_desk, "woman", "", 5), (cast.fk_desk, "man", "", 9),
    ):  # fmt: skip
        for _ in range(number):
            refer(somebody(cast.soc_desk, gender), receiver, outcome)


@pytest.mark.django_db
def test_the_frozen_tables_partition_the_referred(cast: Cast) -> None:
    many(cast)
    tables = report_of(freeze_month(cooperation=cast.cooperation, month=AUGUST)).referrals
    assert tables is not None
    everybody, fk, psyk = tables
    assert [one.place for one in tables] == ["Alla mottagare", "Försäkringskassan Norr", "Vuxenpsykiatrin Piteå"]
    assert everybody.columns == ["Kvinnor", "Män", "Totalt"] and everybody.as_of == AUGUST
    assert [row.label for row in everybody.rows] == LABELS
    assert {row.code: row.counts for row in everybody.rows if any(row.counts)} == {
        "granted": [6, 7, 13], "refused": [8, 5, 13], "waiting": [5, 9, 14], "all": [19, 21, 40],
    }  # fmt: skip
    for at_row, row in enumerate(everybody.rows):
        parts = zip(fk.rows[at_row].counts, psyk.rows[at_row].counts, strict=True)
        assert row.counts == [(one or 0) + (other or 0) for one, other in parts], row.label
        assert row.counts[2] == sum(count or 0 for count in row.counts[:2])


@pytest.mark.django_db
def test_a_month_counted_again_is_the_same_whatever_has_become_of_the_referrals(cast: Cast) -> None:
    many(cast)
    snapshots = [freeze_month(cooperation=cast.cooperation, month=month) for month in (AUGUST, SEPTEMBER)]
    Referral.objects.update(told_outcome="", told_state=ReferralState.RECEIVED, told_turn=cast.soc_desk)
    ReferralLeg.objects.update(answered_at=None)
    refer(somebody(cast.soc_desk), cast.fk_desk, "refused")
    for snapshot in snapshots:
        assert (recount(snapshot).counts, recount(snapshot).digest) == (snapshot.counts, snapshot.digest)


def without_referrals(snapshot: Snapshot) -> Snapshot:
    """A month as it was frozen before these were counted."""
    texts = []
    for text in (snapshot.counts, snapshot.shown):
        content = json.loads(text)
        del content["referrals"]
        texts.append(canonical(content))
    return Snapshot(
        cooperation=snapshot.cooperation, month=snapshot.month, version=snapshot.version, reason=snapshot.reason,
        cutoff_at=snapshot.cutoff_at, counts=texts[0], shown=texts[1], digest=digest_of(*texts),
    )  # fmt: skip


@pytest.mark.django_db
def test_a_month_frozen_before_these_were_counted_is_read_and_counted_again_as_it_is(cast: Cast) -> None:
    many(cast)
    with undone():
        old = without_referrals(freeze_month(cooperation=cast.cooperation, month=AUGUST))
    old.save()
    assert report_of(old).referrals is None
    again = recount(old)
    assert (again.counts, again.shown, again.digest) == (old.counts, old.shown, old.digest)
    later = report_of(freeze_month(cooperation=cast.cooperation, month=SEPTEMBER)).referrals
    assert later is not None and later[0].rows[-1].counts == [19, 21, 40]
    assert recount(old).digest == old.digest


@pytest.mark.django_db
def test_few_who_have_been_referred_are_not_shown_and_nobody_is_said(cast: Cast) -> None:
    all_agree(cast)
    nobody = report_of(freeze_month(cooperation=cast.cooperation, month=AUGUST)).referrals
    assert nobody is not None and len(nobody) == 1 and nobody[0].rows[-1].counts == [0, 0, 0]
    for gender in ("woman", "man", "man"):
        refer(somebody(cast.soc_desk, gender), cast.psyk_desk, "refused")
    assert report_of(freeze_month(cooperation=cast.cooperation, month=SEPTEMBER)).referrals == []


@pytest.mark.django_db
def test_agencies_with_few_stand_together_under_their_own_name(cast: Cast) -> None:
    shown = Shown(
        "2014-08",
        {(ANY, ANY): 40, (ANY, "woman"): 20, (ANY, "man"): 20, ("psyk-t", ANY): 30, (OTHERS, ANY): 10},
        {"outcome": ShownQuestion("2014-08", {((ANY, ANY), "granted"): 40})},
        merged={"fk-t": OTHERS, "ame": OTHERS},
    )
    given = {**shown_to_json(shown), "names": {"psyk-t": "Vuxenpsykiatrin Piteå"}}
    tables = report_of(frozen(cast.cooperation, referrals=given)).referrals
    assert tables is not None
    assert [table.place for table in tables] == ["Alla mottagare", "Vuxenpsykiatrin Piteå", "Övriga mottagare"]


# ---------- nothing is given away ----------
def attack(seeds: range, number: int) -> list[str]:
    attackers = []
    for seed in seeds:
        told = published(months_of_referrals(random.Random(seed), number))
        attackers += [Attacker(told, shrinks=True)] if told else []
    assert attackers
    return recovered(attackers, random.Random(seeds[0]))


def test_nothing_is_recovered_from_a_month_of_referrals() -> None:
    assert not attack(range(40), 1)


def test_nothing_is_recovered_from_months_in_which_people_are_answered_and_referred_again() -> None:
    assert not attack(range(100, 120), 2)
    assert not attack(range(200, 210), 3)


# ---------- the page and the file ----------
@pytest.mark.django_db
def test_the_page_and_the_file_show_the_referred_and_older_months_say_nothing(cast: Cast, as_hat: AsHat) -> None:
    many(cast)
    snapshot = freeze_month(cooperation=cast.cooperation, month=AUGUST)
    client: Client = as_hat(cast.chair)
    html = page(client, f"/uppfoljning/manad/{snapshot.pk}/")
    words = text_of(html[html.index('id="remitterade"') : html.index('id="vantan"')])
    assert "Hur det har gått för dem som har remitterats" in words
    assert "Väntar på svar 5 9 14" in words and "Alla 19 21 40" in words and "Försäkringskassan Norr" in words
    rows = sheet_of(client.get(f"/uppfoljning/manad/{snapshot.pk}/siffror.xlsx").content)
    part = [row[1:6] for row in rows if row[0] == PART]
    assert ["Avslag", "Alla mottagare", "Kvinnor", "Antal", 8] in part and len(part) == 7 * 3 * 3
    old = frozen(cast.cooperation, OCTOBER)
    assert "har remitterats" not in page(client, f"/uppfoljning/manad/{old.pk}/")
    old_rows = sheet_of(client.get(f"/uppfoljning/manad/{old.pk}/siffror.xlsx").content)
    assert PART not in {row[0] for row in old_rows}
