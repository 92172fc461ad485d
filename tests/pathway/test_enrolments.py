"""Enrolment: where, from when, once at a time; and what is counted when the person's own facts change (R100)."""

from collections.abc import Generator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from tests.cast import SECRET_NAME, Cast, make_cast
from tests.pathway.stage import enrolled
from tests.pathway.walks import BEGAN, LIMIT, MAY, ROLES, TODAY, AsHat, at, discharged, page, post, way_in
from tests.referrals.journeys import undone
from tests.referrals.races import at_once, outcomes
from workspace import actions
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import AuditEntry, Cooperation, CooperationAgency, Municipality
from workspace.pathway.actions.enrolments import enrol
from workspace.pathway.errors import DatesDoNotFit
from workspace.pathway.models import Enrolment, EnrolmentRecord
from workspace.pathway.states import Income
from workspace.states import CooperationState

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Generator[Any]:
    with time_machine.travel(at(TODAY), tick=False) as traveller:
        yield traveller


@pytest.fixture
def cast(clock: Any, db: None) -> Cast:
    return make_cast()


def form(cast: Cast, **given: str) -> dict[str, str]:
    usual = {"cooperation": str(cast.cooperation.pk), "enrolled_on": "2026-11-12", "income_before": "income_support"}
    return usual | given


def test_an_enrolment_begins_in_the_first_phase_with_its_limit(cast: Cast) -> None:
    day = timezone.localdate() - timedelta(days=10)
    way = enrolled(cast, on=day)
    (stay,) = way.stays.all()
    assert stay.phase.name == "Fas 1" and stay.from_on == day and stay.limit_on is not None
    (record,) = EnrolmentRecord.objects.filter(enrolment=way)
    assert record.enrolled_on == day and record.superseded_at is None


def test_somebody_is_enrolled_from_the_participants_page(cast: Cast, as_hat: AsHat) -> None:
    client, pk = as_hat(cast.soc), cast.person.pk
    assert f"/deltagare/{pk}/vagen/ny/" in page(client, "participant", pk)
    shown = page(client, "enrol", pk)
    assert SECRET_NAME in shown and "Samverkan Piteå" in shown and "Samverkan Arvidsjaur" not in shown
    data = form(cast, once="a")
    first, again = post(client, "enrol", pk, data), post(client, "enrol", pk, data)
    way = Enrolment.objects.get()
    assert first.url == again.url == f"/vagen/{way.pk}/"
    assert (way.enrolled_on, way.income_before, way.agency) == (BEGAN, "income_support", cast.soc.agency)
    (stay,) = way.stays.all()
    assert (stay.limit_on, [row.verb for row in stay.decisions.all()]) == (LIMIT, ["begin"])
    person = page(client, "participant", pk)
    assert "Fas 1 tar slut 12 jan. 2027: 36 dagar kvar" in person and "Skriv in i samverkan" not in person
    assert AuditEntry.objects.filter(what="way.enrol", participant_id=pk, membership_id=cast.soc.pk).count() == 1
    assert AuditEntry.objects.filter(what="enrol", act="read", participant_id=pk).count() == 1


@pytest.mark.parametrize(("state", "why"), [("set_up", "förbereds ännu"), ("ended", "är avslutad")])
def test_a_cooperation_that_is_not_running_enrols_nobody_and_says_why(
    cast: Cast, as_hat: AsHat, state: str, why: str
) -> None:
    Cooperation.objects.filter(pk=cast.cooperation.pk).update(state=CooperationState(state))
    said = post(as_hat(cast.soc), "enrol", cast.person.pk, form(cast)).content.decode()
    assert f"Samverkan Piteå {why} och skriver inte in någon." in said and 'value="2026-11-12"' in said
    cast.cooperation.refresh_from_db()
    with pytest.raises(NotAllowed):
        enrolled(cast)
    assert not Enrolment.objects.exists()


def test_an_agency_in_no_cooperation_is_told_so_and_another_agencys_is_refused(cast: Cast, as_hat: AsHat) -> None:
    elsewhere = Cooperation.objects.get(name="Samverkan Arvidsjaur")
    said = post(as_hat(cast.soc), "enrol", cast.person.pk, form(cast, cooperation=str(elsewhere.pk)))
    assert "Välj något i listan." in said.content.decode()
    with pytest.raises(NotAllowed):
        enrol(by=cast.soc, participant=cast.person, cooperation=elsewhere, enrolled_on=BEGAN, income_before="wage")
    CooperationAgency.objects.filter(agency=cast.soc.agency_id).delete()
    assert "inte med i någon samverkan" in page(as_hat(cast.soc), "enrol", cast.person.pk)
    assert not Enrolment.objects.exists()


BAD: list[tuple[dict[str, str], str]] = [
    ({"enrolled_on": "2026-12-08"}, "har inte varit än"),
    ({"enrolled_on": ""}, "Skriv dagen."),
    ({"enrolled_on": "29 februari 2026"}, "är inget datum"),
    ({"enrolled_on": "x" * 6000}, "är inget datum"),
    ({"enrolled_on": "2026-11-\x0012"}, "är inget datum"),
    ({"cooperation": ""}, "Välj något i listan."),
    ({"cooperation": "9" * 30}, "Välj något i listan."),
    ({"cooperation": "1\x00"}, "Null-tecken är inte tillåtna."),
    ({"income_before": ""}, "Välj något i listan."),
    ({"income_before": "sjukbidrag"}, "Välj något i listan."),
]


def test_what_cannot_be_read_is_said_at_its_field_and_nothing_is_lost(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    for data, sentence in BAD:
        response = post(client, "enrol", cast.person.pk, form(cast, **data))
        said = response.content.decode()
        assert response.status_code == 200 and "behöver rättas" in said, data
        assert sentence in said, (data, sentence)
        for name, value in form(cast).items():
            assert name in data or f'value="{value}"' in said, (data, name)
    assert not Enrolment.objects.exists()


DAYS = [
    (date(2026, 12, 31), date(2027, 2, 28)),
    (date(2027, 12, 31), date(2028, 2, 29)),
    (date(2028, 2, 29), date(2028, 4, 29)),
    (date(2026, 11, 12), date(2027, 1, 12)),
]


@pytest.mark.parametrize(("began", "limit"), DAYS)
def test_two_months_end_on_the_same_day_or_on_the_last_of_a_shorter_month(
    cast: Cast, clock: Any, began: date, limit: date
) -> None:
    clock.move_to(at(date(2028, 3, 1)))
    assert enrolled(cast, on=began).stays.get().limit_on == limit


def test_there_is_one_way_at_a_time_and_a_new_one_after_it(cast: Cast, as_hat: AsHat) -> None:
    way, client = enrolled(cast, on=BEGAN), as_hat(cast.soc)
    for answer in (client.get(f"/deltagare/{cast.person.pk}/vagen/ny/"), post(client, "enrol", cast.person.pk, {})):
        assert answer.status_code == 409 and "redan inskriven" in answer.content.decode()
    with pytest.raises(SomebodyWasFaster):
        enrolled(cast)
    discharged(cast.soc, way)
    assert "Skriv in i samverkan" in page(client, "participant", cast.person.pk)
    for day in ("2026-12-06", "2026-10-01"):  # within the old one, and around all of it
        said = post(client, "enrol", cast.person.pk, form(cast, enrolled_on=day)).content.decode()
        assert "Personen var inskriven då." in said, day
    assert post(client, "enrol", cast.person.pk, form(cast, enrolled_on="2026-12-07")).status_code == 302
    person = page(client, "participant", cast.person.pk)
    assert "Utskriven 7 dec. 2026: arbete" in person and "Fas 1 tar slut 7 feb. 2027: 62 dagar kvar" in person
    assert Enrolment.objects.filter(participant=cast.person).count() == 2


def test_who_may_enrol_whom(cast: Cast, as_hat: AsHat) -> None:
    """Others get the 404 of somebody who does not exist; a manager with a reason reads and enrols nobody."""
    for role in ROLES:
        client = as_hat(getattr(cast, role))
        missing = client.get("/deltagare/999999/vagen/ny/")
        with undone():
            shown = client.get(f"/deltagare/{cast.person.pk}/vagen/ny/")
            done = post(client, "enrol", cast.person.pk, form(cast))
            assert (shown.status_code, done.status_code) == ((200, 302) if role in MAY else (404, 404)), role
            assert Enrolment.objects.exists() is (role in MAY)
            assert role in MAY or shown.content == missing.content
    actions.state_reason(by=cast.soc_manager, participant=cast.person, reason="Klagomål")
    assert post(as_hat(cast.soc_manager), "enrol", cast.person.pk, form(cast)).status_code == 403
    for role in ("soc_manager", "psyk", "fk", "outsider"):
        with pytest.raises(NotAllowed):
            enrol(
                by=getattr(cast, role),
                participant=cast.person,
                cooperation=cast.cooperation,
                enrolled_on=BEGAN,
                income_before=Income.WAGE,
            )
    assert not Enrolment.objects.exists()


def test_numbers_that_no_database_holds_are_missing(cast: Cast, as_hat: AsHat) -> None:
    client, huge = as_hat(cast.soc), "9" * 40
    names = ("bild/", "fas/", "utskrivning/", "utskrivning/ratta/", "tackat-nej/", "")
    for path in (f"/deltagare/{huge}/vagen/ny/", *(f"/vagen/{huge}/{name}" for name in names)):
        assert client.get(path).status_code == 404, path


# ---------- what is counted ----------
def latest(way: Enrolment) -> EnrolmentRecord:
    return EnrolmentRecord.objects.get(enrolment=way, superseded_at=None)


def test_a_corrected_person_is_counted_anew_on_the_way_that_goes_on(cast: Cast, as_hat: AsHat, clock: Any) -> None:
    old = way_in(cast, "discharged")
    way = enrolled(cast, on=TODAY)
    before, client = latest(old), as_hat(cast.soc)
    other = Municipality.objects.get(name="Arvidsjaur")
    base = {
        "function": str(cast.soc_desk.pk),
        "first_name": SECRET_NAME,
        "last_name": "Åström",
        "gender": "woman",
        "birth_year": "1984",
        "municipality": str(cast.person.municipality_id),
        "phone": "070-111 11 11",
    }
    counted = EnrolmentRecord.objects.filter(enrolment=way)
    assert post(client, "change_participant", cast.person.pk, base).status_code == 302
    assert counted.count() == 1  # a telephone number is not counted
    for number, (name, value) in enumerate(
        {"gender": "man", "birth_year": "1985", "municipality": str(other.pk)}.items(), start=2
    ):
        clock.shift(timedelta(minutes=1))
        base[name] = value
        assert post(client, "change_participant", cast.person.pk, base).status_code == 302
        assert counted.count() == number, name
    now = latest(way)
    assert (now.gender, now.birth_year, now.municipality) == ("man", 1985, other)
    assert latest(old) == before and before.gender == "woman"


@pytest.mark.django_db(transaction=True)
def test_two_who_enrol_at_once_make_one_way(db: None) -> None:
    cast = make_cast()

    def make(who: str) -> Any:
        return enrol(
            by=getattr(cast, who),
            participant=cast.person,
            cooperation=cast.cooperation,
            enrolled_on=BEGAN - timedelta(days=300),
            income_before=Income.WAGE,
        ).pk

    results = at_once(lambda: make("soc"), lambda: make("soc_2"))
    assert outcomes([None if isinstance(each, int) else each for each in results])["SomebodyWasFaster"] == 1
    assert Enrolment.objects.count() == 1 and EnrolmentRecord.objects.count() == 1


def test_an_enrolment_to_come_is_refused(cast: Cast) -> None:
    with pytest.raises(DatesDoNotFit):
        enrolled(cast, on=TODAY + timedelta(days=1))
