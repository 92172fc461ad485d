"""Every page through HTTP, as a browser without JavaScript meets it."""

from collections.abc import Callable

import pytest
from django.test import Client

from referrals.models import Referral
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, draft, give_consent, sent
from workspace.models import Consent, Participant
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]


def _register(soc: Client, cast: Cast) -> Participant:
    answer = soc.post(
        "/deltagare/ny/",
        {
            "function": cast.soc_desk.pk,
            "first_name": "Mira",
            "last_name": "Sandell",
            "birth_year": "1991",
            "gender": "woman",
            "municipality": cast.person.municipality_id,
            "once": "a",
        },
    )
    person = Participant.objects.get(last_name="Sandell")
    assert answer["Location"] == f"/deltagare/{person.pk}/"
    return person


def _record_consent(soc: Client, cast: Cast, referral: Referral) -> None:
    consent = soc.post(
        f"/deltagare/{referral.participant_id}/samtycke/?remiss={referral.pk}",
        {
            "recipient": cast.psyk.agency_id,
            "categories": ["identity", "question", "social"],
            "purpose": "ordna en samtalskontakt",
            "valid_until": "31 dec. 2099",
            "form": "written",
            "given_on": "1 jan. 2026",
            "limits": "Inget om ekonomi",
            "may_answer": ["status", "answer"],
            "follow_up": "on",
            "once": "d",
        },
    )
    assert consent["Location"] == f"/remisser/{referral.pk}/grund/"
    assert Consent.objects.get().rows.count() == 6


def _write(soc: Client, cast: Cast, person: Participant) -> Referral:
    address = {"receiver": cast.psyk_desk.pk, "kind": "counselling_contact", "once": "b"}
    start = soc.post(f"/deltagare/{person.pk}/remiss/", address)
    referral = Referral.objects.get(participant=person)
    assert start["Location"] == f"/remisser/{referral.pk}/grund/"
    soc.post(f"/remisser/{referral.pk}/fraga/", {"question": "Kan ni erbjuda en samtalskontakt?", "social": "Ensam."})
    return referral


def _answer(psyk: Client, referral: Referral) -> None:
    for verb, data in (
        ("ta-emot", {"scope": "status_and_text"}),
        ("acceptera", {}),
        ("besluta", {"outcome": "granted", "text": "Första samtalet är bokat."}),
    ):
        assert psyk.post(f"/remisser/{referral.pk}/{verb}/", {"once": verb, **data}).status_code == 302


def test_the_whole_main_job_is_done_with_forms_alone(cast: Cast, as_hat: AsHat) -> None:
    soc, psyk = as_hat(cast.soc), as_hat(cast.psyk)
    referral = _write(soc, cast, _register(soc, cast))
    refused = soc.post(f"/remisser/{referral.pk}/granska/", {"once": "c"})
    assert refused.status_code == 422
    assert "kontaktuppgifter" in refused.content.decode()
    _record_consent(soc, cast, referral)
    assert 'id="saknas"' not in soc.get(f"/remisser/{referral.pk}/granska/").content.decode()
    sending = soc.post(f"/remisser/{referral.pk}/granska/", {"once": "e"})
    assert sending["Location"] == f"/remisser/{referral.pk}/"
    assert referral.number in psyk.get("/").content.decode()
    page = psyk.get(f"/remisser/{referral.pk}/").content.decode()
    assert "Mira Sandell" in page
    assert "Kan ni erbjuda en samtalskontakt?" in page
    _answer(psyk, referral)
    ours = soc.get(f"/remisser/{referral.pk}/").content.decode()
    assert "Beviljad" in ours
    assert "Första samtalet är bokat." in ours
    soc.post(f"/remisser/{referral.pk}/avsluta/", {"once": "f"})
    referral.refresh_from_db()
    assert (referral.state, referral.turn) == ("closed", None)


@pytest.mark.parametrize(
    "path",
    [
        "/", "/deltagare/", "/deltagare/ny/", "/remisser/", "/remisser/?lage=alla&riktning=in&tur=var", "/handelser/",
        "/losenord/", "/roll/", "/handelser/klocka/", "/idag/vantar/", "/idag/hant/", "/remisser/lista/",
    ],
)  # fmt: skip
def test_every_page_of_a_caseworker_opens(cast: Cast, as_hat: AsHat, path: str) -> None:
    sent(cast)
    draft(cast)
    for member in (cast.soc, cast.psyk, cast.outsider):
        assert as_hat(member).get(path).status_code == 200


def test_every_page_of_a_referral_opens_for_its_sides(cast: Cast, as_hat: AsHat) -> None:
    referral, other = sent(cast), draft(cast)
    for piece in ("", "del/huvud/", "del/lage/", "del/sidan/"):
        for member in (cast.soc, cast.soc_2, cast.psyk, cast.psyk_2):
            assert as_hat(member).get(f"/remisser/{referral.pk}/{piece}").status_code == 200
    for step in ("vart", "grund", "fraga", "granska"):
        assert as_hat(cast.soc).get(f"/remisser/{other.pk}/{step}/").status_code == 200


def test_the_other_roles_open_their_pages(cast: Cast, as_hat: AsHat) -> None:
    referral = sent(cast, follow_up=True)
    manager = as_hat(cast.psyk_manager)
    assert manager.get("/")["Location"] == "/enheten/"
    assert referral.number in manager.get("/enheten/").content.decode()
    assert manager.get(f"/remisser/{referral.pk}/").status_code == 404
    assert manager.post(f"/remisser/{referral.pk}/oppna/", {"reason": "Klagomål"}).status_code == 302
    assert SECRET_TEXT in manager.get(f"/remisser/{referral.pk}/").content.decode()
    coordinator = as_hat(cast.coordinator)
    assert coordinator.get("/")["Location"] == "/bevaka/"
    board = coordinator.get("/bevaka/").content.decode()
    assert referral.number in board
    assert SECRET_NAME not in board
    assert as_hat(cast.chair).get("/")["Location"] == "/styrgrupp/"


def test_a_person_page_lists_consents_and_lets_them_be_withdrawn(cast: Cast, as_hat: AsHat) -> None:
    referral = sent(cast)
    consent = Consent.objects.get()
    soc, psyk = as_hat(cast.soc), as_hat(cast.psyk)
    assert soc.get(f"/deltagare/{cast.person.pk}/").status_code == 200
    assert soc.get(f"/samtycken/{consent.pk}/aterkalla/").status_code == 200
    rows = [str(pk) for pk in consent.rows.values_list("pk", flat=True)]
    assert soc.post(f"/samtycken/{consent.pk}/aterkalla/", {"rows": rows, "once": "x"}).status_code == 302
    page = psyk.get(f"/remisser/{referral.pk}/")
    assert page.headers["X-Access-Ended"] == "1"
    assert SECRET_TEXT not in page.content.decode()
    assert SECRET_NAME not in page.content.decode()
    referral.refresh_from_db()
    assert referral.state == "withdrawn"


def test_a_form_keeps_what_was_typed_when_something_is_wrong(cast: Cast, as_hat: AsHat) -> None:
    page = as_hat(cast.soc).post("/deltagare/ny/", {"first_name": "Måns", "birth_year": "84"}).content.decode()
    assert 'value="Måns"' in page
    assert "Skriv efternamnet." in page
    assert "84 kan inte stämma" in page


def test_what_was_registered_can_be_corrected(cast: Cast, as_hat: AsHat) -> None:
    soc, path = as_hat(cast.soc), f"/deltagare/{cast.person.pk}/andra/"
    assert f'value="{SECRET_NAME}"' in soc.get(path).content.decode()
    data = {
        "function": cast.soc_desk.pk,
        "first_name": "Åsa",
        "last_name": "Öhman",
        "birth_year": "1985",
        "gender": "woman",
        "municipality": cast.person.municipality_id,
        "phone": "",
    }
    assert soc.post(path, data)["Location"] == f"/deltagare/{cast.person.pk}/"
    cast.person.refresh_from_db()
    assert (cast.person.full_name, cast.person.search_key, cast.person.phone) == ("Åsa Öhman", "asa ohman", "")
    assert "Åsa Öhman" in soc.get("/deltagare/?sok=ohman").content.decode()
    for hat in (cast.psyk, cast.outsider, cast.soc_manager):
        assert as_hat(hat).post(path, data).status_code == 404
    cast.person.refresh_from_db()
    assert cast.person.first_name == "Åsa"


def test_consents_of_others_are_not_shown(cast: Cast, as_hat: AsHat) -> None:
    consent = give_consent(cast)
    for member in (cast.psyk, cast.outsider, cast.soc_manager):
        assert as_hat(member).get(f"/samtycken/{consent.pk}/aterkalla/").status_code == 404
