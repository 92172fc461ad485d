"""A consent for meetings: one occasion, every agency named there, in every direction, and nothing more."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.cast import SECRET_NAME, Cast, give_consent
from workspace.models import AuditEntry, Consent, ConsentRow, Disclosure
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]


def address(cast: Cast) -> str:
    return f"/deltagare/{cast.person.pk}/samtycke/mote/"


def filled(cast: Cast, **more: Any) -> dict[str, Any]:
    data = {
        "agencies": [cast.psyk.agency_id, cast.fk.agency_id], "purpose": "Ordna en plan", "form": "oral",
        "valid_until": "2099-12-31", "given_on": "2026-01-01", "limits": "Ekonomin", "once": "k",
    }  # fmt: skip
    return {**data, **more}


@pytest.mark.parametrize("joint", [False, True])
def test_each_may_tell_every_other_and_only_ours_says_who_it_is(cast: Cast, as_hat: AsHat, joint: bool) -> None:
    form = filled(cast, **({"joint": "on"} if joint else {}))
    for _ in range(2):
        got = as_hat(cast.soc).post(address(cast), form)
        assert got.status_code == 302 and got.headers["Location"] == f"/deltagare/{cast.person.pk}/"
    consent = Consent.objects.get()
    assert (consent.agency, consent.limits, consent.obtained_by) == (cast.soc.agency, "Ekonomin", cast.soc)
    soc, psyk, fk = cast.soc.agency_id, cast.psyk.agency_id, cast.fk.agency_id
    talk = ["meeting", "joint_meeting"] if joint else ["meeting"]
    expected = {(soc, psyk, "identity"), (soc, fk, "identity")}
    expected |= {
        (one, other, code) for one in (soc, psyk, fk) for other in (soc, psyk, fk) for code in talk if one != other
    }
    rows = list(ConsentRow.objects.values_list("discloser", "recipient", "category"))
    assert set(rows) == expected and len(rows) == len(expected)
    assert not Disclosure.objects.exists()  # a consent discloses nothing


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"agencies": []}, "Kryssa för minst en myndighet"),
        ({"purpose": ""}, "Skriv vad det ska leda till"),
        ({"valid_until": "2020-01-01"}, "har redan varit"),
        ({"valid_until": "snart"}, "är inget datum"),
        ({"given_on": "2099-01-01"}, "har inte varit än"),
        ({"form": ""}, "Välj hur personen sa ja"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(cast: Cast, as_hat: AsHat, change: dict[str, Any], says: str) -> None:
    got = as_hat(cast.soc).post(address(cast), filled(cast, **change))
    assert got.status_code == 200 and says in got.content.decode()
    assert not Consent.objects.exists()


def test_an_agency_outside_our_cooperations_cannot_be_named(cast: Cast, as_hat: AsHat) -> None:
    got = as_hat(cast.soc).post(address(cast), filled(cast, agencies=[cast.outsider.agency_id]))
    assert got.status_code == 200 and not Consent.objects.exists()
    assert "Arvidsjaur" not in as_hat(cast.soc).get(address(cast)).content.decode()


def test_the_sentence_says_what_the_form_says(cast: Cast, as_hat: AsHat) -> None:
    body = as_hat(cast.soc).post(address(cast), filled(cast, valid_until="")).content.decode()
    spoken = body.split("<blockquote")[1].split("</blockquote")[0]
    assert "Försäkringskassan Norr och Vuxenpsykiatrin Piteå" in spoken
    assert "ordna en plan" in spoken and "vilken dag" in spoken and "Ekonomin" in spoken


def test_it_is_shown_on_the_persons_page_and_can_be_taken_back(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    client.post(address(cast), filled(cast))
    page = client.get(f"/deltagare/{cast.person.pk}/").content.decode()
    assert "Samtal på möten" in page and address(cast) in page
    consent = Consent.objects.get()
    rows = [str(pk) for pk in consent.rows.values_list("pk", flat=True)]
    assert client.post(f"/samtycken/{consent.pk}/aterkalla/", {"rows": rows}).status_code == 302
    assert not ConsentRow.objects.filter(withdrawn_at__isnull=True).exists()


def test_the_line_says_who_tells_whom_and_only_what_still_holds(cast: Cast, as_hat: AsHat) -> None:
    consent = give_consent(cast, back=("answer",), follow_up=True)
    soc, psyk = cast.soc.agency.short_name, cast.psyk.agency.short_name

    def line() -> str:
        page = as_hat(cast.soc).get(f"/deltagare/{cast.person.pk}/").content.decode()
        return page.split('<details class="rows"><summary>')[1].split(", till och med")[0]

    assert line() == f"{soc} berättar för {psyk} och samordnaren; {psyk} berättar för {soc}"
    consent.rows.filter(recipient=None).update(withdrawn_at=timezone.now())
    assert line() == f"{soc} och {psyk} berättar för varandra"


@pytest.mark.parametrize("who", ["soc_manager", "psyk", "fk", "outsider", "coordinator", "chair"])
def test_for_everybody_else_the_page_does_not_exist(cast: Cast, as_hat: AsHat, who: str) -> None:
    client = as_hat(getattr(cast, who))
    for method in ("get", "post"):
        got = getattr(client, method)(address(cast), filled(cast))
        missing = getattr(client, method)("/deltagare/987654/samtycke/mote/", filled(cast))
        assert got.status_code == missing.status_code == 404
        assert got.content == missing.content and SECRET_NAME not in got.content.decode()
    assert not Consent.objects.exists()


def test_the_read_is_logged(cast: Cast, as_hat: AsHat) -> None:
    as_hat(cast.soc).get(address(cast))
    assert [row.participant_id for row in AuditEntry.objects.filter(act="read")] == [cast.person.pk]
