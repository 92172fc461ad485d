"""Agencies adopt a document, each for itself, on a day (R50, R52, R98)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from meetings.steering.actions.documents import adopt_document
from meetings.steering.models import Adoption
from meetings.steering.states import DocumentKind
from tests.cast import Cast
from tests.referrals.races import at_once, outcomes
from tests.steering.papers import make_document, newest, words
from tests.steering.stage import Steering, make_steering
from workspace.models import AuditEntry, CooperationAgency
from workspace.rules import Hat
from workspace.swedish import say_date

AsHat = Callable[[Hat], Client]
ADOPTS = {"soc_manager": "soc", "soc_2": "soc", "psyk_manager": "psyk", "fk": "fk"}
READS_ONLY = {"chair", "coordinator", "steering", "evaluator", "elected"}


@pytest.fixture
def stage(cast: Cast) -> Steering:
    return make_steering(cast)


def day(days: int) -> str:
    return say_date(timezone.localdate() + timedelta(days=days))


@pytest.mark.django_db
def test_the_manager_and_who_sits_in_the_steering_group_adopt_for_their_agency(stage: Steering, as_hat: AsHat) -> None:
    hats: dict[str, Hat] = {**stage.cast.members, **stage.roles}
    for name, hat in hats.items():
        document = make_document(stage.cast, f"Rutin {name}")
        client, form = as_hat(hat), {"adopted_on": day(-1), "registration": "SN 2026/17"}
        body = client.get(f"/rutiner/{document.pk}/").content.decode()
        assert ("Vi har antagit" in body) == (name in ADOPTS), name
        got = client.post(f"/rutiner/{document.pk}/1/anta/", form)
        assert got.status_code == (302 if name in ADOPTS else 403 if name in READS_ONLY else 404), name
        adopted = Adoption.objects.filter(version__document=document)
        assert [one.agency for one in adopted] == ([hat.agency] if name in ADOPTS else []), name  # type: ignore[union-attr]
    assert as_hat(stage.cast.fk).get("/rutiner/1/1/anta/").status_code == 405
    assert AuditEntry.objects.filter(what="document.adopt").count() == len(ADOPTS)


@pytest.mark.django_db
def test_everybody_reads_who_has_adopted_when_and_under_which_diarienummer(stage: Steering, as_hat: AsHat) -> None:
    document = make_document(stage.cast)
    form = {"adopted_on": day(-2), "registration": "SN 2026/17", "once": "a"}
    client = as_hat(stage.cast.soc_manager)
    for _ in range(2):
        assert client.post(f"/rutiner/{document.pk}/1/anta/", form).status_code == 302
    page = words(as_hat(stage.evaluator).get(f"/rutiner/{document.pk}/").content)
    assert f"Socialtjänsten Piteå {day(-2)}, dnr SN 2026/17" in page
    missing = page[page.index("Har inte antagit") : page.index("Har läst")]
    assert "Vuxenpsykiatrin Piteå" in missing and "Försäkringskassan Norr" in missing and "Social" not in missing
    assert "1 av 3" in words(as_hat(stage.evaluator).get("/rutiner/").content)


@pytest.mark.django_db
def test_an_agency_adopts_a_version_once_whoever_does_it(stage: Steering, as_hat: AsHat) -> None:
    document = make_document(stage.cast)
    path, form = f"/rutiner/{document.pk}/1/anta/", {"adopted_on": day(0)}
    assert as_hat(stage.cast.soc_manager).post(path, form).status_code == 302
    got = as_hat(stage.cast.soc_2).post(path, form)
    assert got.status_code == 409 and "redan antagit" in words(got.content)
    assert f"/rutiner/{document.pk}/1/anta/" in got.content.decode(), "what was typed is not lost"
    assert Adoption.objects.count() == 1
    assert "Vi har antagit" not in as_hat(stage.cast.soc_2).get(f"/rutiner/{document.pk}/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (lambda: day(1), "har inte varit än"),
        (lambda: day(-11), "Den kan inte antas före det"),
        (lambda: "", "Skriv dagen."),
        (lambda: "snart", "är inget datum"),
        (lambda: "1 jan. 99999", "är inget datum"),
    ],
)
def test_a_day_that_can_t_be_is_said_at_the_field_and_nothing_is_lost(
    stage: Steering, as_hat: AsHat, typed: Callable[[], str], sentence: str
) -> None:
    document = make_document(stage.cast)
    form = {"adopted_on": typed(), "registration": "SN 2026/17"}
    got = as_hat(stage.cast.fk).post(f"/rutiner/{document.pk}/1/anta/", form)
    assert got.status_code == 422 and sentence in words(got.content)
    assert 'value="SN 2026/17"' in got.content.decode() and "None" not in words(got.content)
    assert not Adoption.objects.exists()


@pytest.mark.django_db
def test_a_diarienummer_that_is_too_long_is_refused(stage: Steering, as_hat: AsHat) -> None:
    document = make_document(stage.cast)
    form = {"adopted_on": day(0), "registration": "å" * 61}
    got = as_hat(stage.cast.fk).post(f"/rutiner/{document.pk}/1/anta/", form)
    assert (got.status_code == 422 and "ett tecken" in words(got.content)) or "1 tecken för lång" in words(got.content)


@pytest.mark.django_db
def test_a_mandate_of_one_agency_is_adopted_by_that_alone(stage: Steering, as_hat: AsHat) -> None:
    document = make_document(stage.cast, "Uppdrag", kind=DocumentKind.MANDATE, agency=stage.cast.soc.agency)
    path, form = f"/rutiner/{document.pk}/1/anta/", {"adopted_on": day(0)}
    assert as_hat(stage.cast.fk).post(path, form).status_code == 403
    assert "0 av 1" in words(as_hat(stage.cast.fk).get("/rutiner/").content)
    assert as_hat(stage.cast.soc_manager).post(path, form).status_code == 302
    page = words(as_hat(stage.cast.fk).get(f"/rutiner/{document.pk}/").content)
    assert "Alla har antagit." in page and "Uppdrag för Socialtjänsten Piteå" in page


@pytest.mark.django_db
def test_a_newer_version_is_adopted_anew_and_the_old_keeps_its_own(stage: Steering, as_hat: AsHat) -> None:
    document = make_document(stage.cast, published=2)
    old = document.versions.get(number=1)
    Adoption.objects.create(
        version=old, agency=stage.cast.fk.agency, member=stage.cast.fk, adopted_on=timezone.localdate()
    )
    client = as_hat(stage.cast.soc_manager)
    got = client.post(f"/rutiner/{document.pk}/1/anta/", {"adopted_on": day(0), "registration": "KS 2026-17"})
    page = got.content.decode()
    assert got.status_code == 409 and 'value="KS 2026-17"' in page and f"/rutiner/{document.pk}/2/anta/" in page
    now, before = (words(client.get(f"/rutiner/{document.pk}/{number}/").content) for number in (2, 1))
    assert "Ingen har antagit version 2 än" in now
    assert f"Försäkringskassan Norr {day(0)}" in before
    assert client.post(f"/rutiner/{document.pk}/2/anta/", {"adopted_on": day(0)}).status_code == 302
    assert Adoption.objects.get(agency=stage.cast.soc.agency).version == newest(document)


@pytest.mark.django_db
def test_a_draft_is_adopted_by_nobody(stage: Steering, as_hat: AsHat) -> None:
    document = make_document(stage.cast, draft=True)
    got = as_hat(stage.cast.soc_manager).post(f"/rutiner/{document.pk}/2/anta/", {"adopted_on": day(0)})
    assert got.status_code == 404 and not Adoption.objects.exists()


@pytest.mark.django_db
def test_an_agency_that_has_left_the_cooperation_is_waited_for_no_more(stage: Steering, as_hat: AsHat) -> None:
    make_document(stage.cast)
    yesterday = timezone.localdate() - timedelta(days=1)
    CooperationAgency.objects.filter(cooperation=stage.cast.cooperation, agency=stage.cast.psyk.agency).update(
        from_on=yesterday, to_on=yesterday
    )
    page = words(as_hat(stage.cast.chair).get("/rutiner/").content)
    assert "0 av 2" in page and "Vuxenpsykiatrin" not in page
    assert as_hat(stage.cast.psyk).get("/rutiner/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_two_of_an_agency_who_adopt_at_once_one_is_told_that_somebody_was_faster(cast: Cast) -> None:
    make_steering(cast)
    version = newest(make_document(cast))
    today = timezone.localdate()
    results = at_once(
        lambda: bool(adopt_document(by=cast.soc_manager, version=version, adopted_on=today)) and None,
        lambda: bool(adopt_document(by=cast.soc_2, version=version, adopted_on=today)) and None,
    )
    assert outcomes(results) == {"done": 1, "SomebodyWasFaster": 1}, results
    assert Adoption.objects.count() == 1
