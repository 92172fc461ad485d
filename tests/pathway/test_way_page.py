"""The page of somebody's way: the answer first, the phases as picture and table, the other parts in their order."""

import re
from collections.abc import Generator
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.cast import SECRET_NAME, Cast, make_cast, make_participant
from tests.pathway.stage import enrolled
from tests.pathway.walks import (
    BEGAN,
    MAY,
    REASON,
    ROLES,
    STATES,
    TODAY,
    AsHat,
    at,
    correction_form,
    discharged,
    page,
    post,
    way_in,
)
from tests.referrals.journeys import undone
from workspace.front.queries.way import headline
from workspace.front.views.way import lengths
from workspace.models import AuditEntry
from workspace.pathway.actions.phases import begin_next_phase
from workspace.pathway.models import Discharge, Enrolment, Phase, PhaseDecision, PhaseStay
from workspace.pathway.queries.phases import newest_decision

pytestmark = pytest.mark.django_db
LIMIT = date(2027, 1, 12)


@pytest.fixture
def clock() -> Generator[Any]:
    with time_machine.travel(at(TODAY), tick=False) as traveller:
        yield traveller


@pytest.fixture
def cast(clock: Any, db: None) -> Cast:
    return make_cast()


def h1(text: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", text)
    assert found
    return found[1]


# ---------- the answer ----------
ANSWERS = [
    (date(2026, 12, 30), "Fas 1 tar slut 12 jan. 2027: 13 dagar kvar"),
    (date(2027, 1, 11), "Fas 1 tar slut 12 jan. 2027: 1 dag kvar"),
    (date(2027, 1, 12), "Fas 1 tar slut i dag. Bestäm vad som händer nu"),
    (date(2027, 1, 13), "Fas 1 skulle ha tagit slut 12 jan. 2027. Bestäm vad som händer nu"),
]


@pytest.mark.parametrize(("today", "answer"), ANSWERS)
def test_the_first_line_says_how_long_is_left(today: date, answer: str) -> None:
    stay = PhaseStay(phase=Phase(name="Fas 1"), from_on=BEGAN, limit_on=LIMIT)
    assert headline(Enrolment(enrolled_on=BEGAN), stay, None, today) == answer


def test_the_first_line_of_what_has_no_limit_or_has_ended() -> None:
    stay = PhaseStay(phase=Phase(name="Fas 2"), from_on=BEGAN)
    assert headline(Enrolment(enrolled_on=BEGAN), stay, None, TODAY) == "Fas 2 sedan 12 nov. 2026"
    way = Enrolment(enrolled_on=BEGAN, ended_on=TODAY)
    for outcome, word in (("work", "arbete"), ("disability_act", "LSS-insats"), ("care", "vård")):
        assert headline(way, None, Discharge(outcome=outcome)) == f"Utskriven 7 dec. 2026: {word}"


def test_the_page_begins_with_the_answer_and_has_its_parts_in_order(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    answers = {
        "in_time": "Fas 1 tar slut 12 jan. 2027: 36 dagar kvar",
        "warned": "Fas 1 tar slut 14 dec. 2026: 7 dagar kvar",
        "over": "Fas 1 skulle ha tagit slut 1 dec. 2026. Bestäm vad som händer nu",
        "discharged": "Utskriven 7 dec. 2026: arbete",
    }
    for state in STATES:
        with undone():
            way = way_in(cast, state)
            response = client.get(reverse("way", args=[way.pk]))
            shown = response.content.decode()
            assert h1(shown) == answers[state]
            names = [template.name for template in response.templates]
            parts = ["phases", "plan", "assessment", "activities", "shares"]
            found = [names.index(f"pathway/_way_{part}.html") for part in parts]
            assert found == sorted(found), state
            title = re.search(r"<title>(.*?)</title>", shown)
            assert title and SECRET_NAME not in title[1] and "None" not in shown
            assert ("/fas/" in shown, "/ratta/" in shown) == (state != "discharged", state == "discharged")


def test_the_participants_page_leads_to_the_way(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    shown = page(client, "participant", cast.person.pk)
    assert "är inte inskriven i någon samverkan" in shown and "Skriv in i samverkan" in shown
    way = way_in(cast, "over")
    shown = page(client, "participant", cast.person.pk)
    assert f'<a class="strong" href="/vagen/{way.pk}/">Fas 1 skulle ha tagit slut 1 dec. 2026' in shown


# ---------- the picture and its table ----------
def test_the_picture_and_its_table_say_the_same(cast: Cast, as_hat: AsHat) -> None:
    way, client = way_in(cast, "over"), as_hat(cast.soc)
    two = Phase.objects.get(pk="two")
    begin_next_phase(
        by=cast.soc,
        enrolment=way,
        phase=two,
        from_on=date(2026, 12, 4),
        reason=REASON,
        seen=newest_decision(way),
    )
    shown = page(client, "way", way.pk)
    assert f'src="/vagen/{way.pk}/bild/"' in shown
    rows = re.findall(
        r'<th role="rowheader" scope="row"><span class="nowrap">(.*?)</span></th>\s*(.*?)</tr>', shown, flags=re.DOTALL
    )[:2]
    assert [name for name, _ in rows] == ["Fas 1", "Fas 2"]
    for words in ("12 nov. 2026", "3 dec. 2026", "1 dec. 2026", "Nästa fas", REASON):
        assert words in rows[0][1], words
    assert "pågår" in rows[1][1] and "ingen gräns" in rows[1][1]
    answer = client.get(reverse("way_picture", args=[way.pk]))
    assert answer["Content-Type"] == "image/svg+xml"
    root = ElementTree.fromstring(answer.content)
    texts = [text for node in root.iter() for text in [(node.text or "").strip()] if text]
    # 12 nov.–1 dec. within the limit, two days past it, then 4–7 dec.
    assert {"Fas 1", "Fas 2", "20", "2", "4", "12 nov. 2026"} <= set(texts)
    assert SECRET_NAME not in answer.content.decode() and REASON not in answer.content.decode()
    assert "<script" not in answer.content.decode()


LENGTHS = [
    ((BEGAN, None, LIMIT), TODAY, (26, 0, 36)),
    ((BEGAN, None, LIMIT), LIMIT, (62, 0, 0)),
    ((BEGAN, None, LIMIT), LIMIT + timedelta(days=5), (62, 5, 0)),
    ((BEGAN, TODAY, LIMIT), LIMIT, (26, 0, 0)),
    ((BEGAN, None, None), TODAY, (26, 0, 0)),
    ((BEGAN, BEGAN, BEGAN - timedelta(days=9)), TODAY, (0, 1, 0)),
    ((TODAY, None, None), TODAY, (1, 0, 0)),
]


@pytest.mark.parametrize(("days", "today", "expected"), LENGTHS)
def test_the_days_of_a_bar(days: tuple[date, date | None, date | None], today: date, expected: tuple[int, ...]) -> None:
    first, last, limit = days
    assert lengths(PhaseStay(from_on=first, to_on=last, limit_on=limit), today) == expected


def test_a_way_of_one_day_and_a_way_without_phases_can_be_shown(cast: Cast, as_hat: AsHat) -> None:
    way, client = enrolled(cast, on=TODAY), as_hat(cast.soc)
    assert client.get(reverse("way_picture", args=[way.pk])).status_code == 200
    discharged(cast.soc, way)
    assert client.get(reverse("way_picture", args=[way.pk])).status_code == 200
    bare = Enrolment.objects.create(
        participant=cast.person, agency=cast.soc.agency, cooperation=cast.cooperation, enrolled_on=TODAY
    )
    assert h1(page(client, "way", bare.pk)) == "Inskriven 7 dec. 2026"
    assert client.get(reverse("way_picture", args=[bare.pk])).status_code == 404
    assert client.get(reverse("phase_decide", args=[bare.pk])).status_code == 409


# ---------- who reads ----------
def test_who_reads_in_which_state(cast: Cast, as_hat: AsHat) -> None:
    hats = {role: as_hat(getattr(cast, role)) for role in ROLES}
    missing = {role: client.get("/vagen/999999/").content for role, client in hats.items()}
    for state in STATES:
        with undone():
            way = way_in(cast, state)
            for role, client in hats.items():
                for name in ("way", "way_picture"):
                    answer = client.get(reverse(name, args=[way.pk]))
                    assert answer.status_code == (200 if role in MAY else 404), (state, role, name)
                    assert role in MAY or answer.content == missing[role]


def test_a_way_without_a_participant_is_shown_to_nobody(cast: Cast, as_hat: AsHat) -> None:
    counted = Enrolment.objects.create(agency=cast.soc.agency, cooperation=cast.cooperation, enrolled_on=BEGAN)
    for role in ROLES:
        assert as_hat(getattr(cast, role)).get(f"/vagen/{counted.pk}/").status_code == 404


def test_every_page_about_a_person_logs_that_it_is_read(cast: Cast, as_hat: AsHat) -> None:
    way, client = way_in(cast, "over"), as_hat(cast.soc)
    reads = AuditEntry.objects.filter(act="read", what="way", object_id=way.pk, participant_id=cast.person.pk)
    for number, name in enumerate(("way", "way_picture", "phase_decide", "discharge", "treatment_declined"), start=1):
        assert client.get(reverse(name, args=[way.pk])).status_code == 200
        assert reads.count() == number, name
    as_hat(cast.psyk).get(reverse("way", args=[way.pk]))
    discharged(cast.soc, way)
    client.get(reverse("correct_discharge", args=[way.pk]))
    assert reads.count() == 6


# ---------- thirty as one ----------
def test_the_page_asks_as_often_for_thirty_phases_decisions_and_versions_as_for_one(cast: Cast, as_hat: AsHat) -> None:
    way, client = way_in(cast, "discharged"), as_hat(cast.soc)
    post(client, "correct_discharge", way.pk, correction_form(way))
    pages = [("way", way.pk), ("way_picture", way.pk), ("participant", cast.person.pk)]

    def asked(client: Client, name: str, pk: int) -> int:
        client.get(reverse(name, args=[pk]))
        with CaptureQueriesContext(connection) as seen:
            assert client.get(reverse(name, args=[pk])).status_code == 200
        return len(seen)

    one = [asked(client, *where) for where in pages]
    first = way.stays.get()
    for number in range(30):
        PhaseDecision.objects.create(stay=first, verb="extend", reason=f"Skäl {number}", made_by=cast.soc_2)
        stay = PhaseStay.objects.create(enrolment=way, phase=Phase.objects.get(pk="two"), from_on=TODAY, to_on=TODAY)
        PhaseDecision.objects.create(stay=stay, verb="begin", made_by=cast.soc)
        Discharge.objects.create(
            enrolment=way,
            number=3 + number,
            ended_on=TODAY,
            outcome="work",
            plan_made=True,
            plan_completed=True,
            completed_time=True,
            path_identified=True,
            made_by=cast.soc_2,
        )
        other = Enrolment.objects.create(
            participant=cast.person,
            agency=cast.soc.agency,
            cooperation=cast.cooperation,
            enrolled_on=BEGAN,
            ended_on=BEGAN,
            state="discharged",
        )
        PhaseStay.objects.create(enrolment=other, phase=first.phase, from_on=BEGAN, to_on=BEGAN)
    assert [asked(client, *where) for where in pages] == one
    assert "Skäl 29" in page(client, "way", way.pk)


def test_idag_asks_as_often_for_thirty_phases_as_for_one(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)

    def asked() -> int:
        client.get("/")
        with CaptureQueriesContext(connection) as seen:
            assert "Bestäm om fas 1" in client.get("/").content.decode()
        return len(seen)

    way_in(cast, "over")
    one = asked()
    for number in range(29):
        way_in(cast, "warned", make_participant(cast.soc_desk, f"Person{number}"))
    assert asked() == one
