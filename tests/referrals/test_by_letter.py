"""An agency without an account: sent by letter or phone, and what it answers is registered by the sender (R72)."""

from collections.abc import Callable

import pytest
from django.test import Client

from notifications.models import Notification
from referrals import actions
from referrals.models import Referral, ReferralSection
from referrals.states import AnswerScope, ReferralState, Verb, Way
from tests.cast import Cast, draft, give_consent
from tests.referrals.journeys import footprint, undone
from workspace.errors import NotAllowed
from workspace.models import Agency, Disclosure
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
S, V = ReferralState, Verb
ANSWER = "De ringde: tid i maj"


@pytest.fixture
def cast(cast: Cast) -> Cast:
    """The psychiatry has people with seats, so that whoever is told wrongly is seen."""
    Agency.objects.filter(pk=cast.psyk.agency_id).update(by_letter=True)
    cast.psyk_desk.agency.refresh_from_db()
    return cast


def sent_by_letter(cast: Cast) -> Referral:
    give_consent(cast)
    referral = draft(cast)
    actions.send_referral(by=cast.soc, referral=referral, way=Way.LETTER)
    Notification.objects.all().delete()
    referral.refresh_from_db()
    return referral


def post(client: Client, referral: Referral, path: str, **data: str) -> int:
    status = client.post(f"/remisser/{referral.pk}/{path}/", data).status_code
    referral.refresh_from_db()
    return status


def page(client: Client, referral: Referral) -> str:
    return client.get(f"/remisser/{referral.pk}/").content.decode()


@pytest.mark.embedded
def test_sending_asks_how_and_is_refused_without_an_answer(cast: Cast, as_hat: AsHat) -> None:
    give_consent(cast)
    referral, soc = draft(cast), as_hat(cast.soc)
    review = soc.get(f"/remisser/{referral.pk}/granska/").content.decode()
    assert "har inget konto här" in review and "Med brev" in review and "Per telefon" in review
    before = footprint(referral)
    for way in ("", "here", "duva"):
        assert post(soc, referral, "granska", way=way) == 422
    with pytest.raises(NotAllowed):
        actions.send_referral(by=cast.soc, referral=referral)
    after = footprint(referral)
    assert after | {"AuditEntry": 0} == before | {"AuditEntry": 0}
    assert post(soc, referral, "granska", way="phone") == 302
    assert (referral.state, referral.turn, referral.legs.get().way) == (S.SENT, cast.psyk_desk, Way.PHONE)


@pytest.mark.parametrize("end", ["besluta", "skicka-tillbaka"])
def test_the_sender_registers_what_they_answered_and_the_history_says_who_did_what(
    cast: Cast, as_hat: AsHat, end: str
) -> None:
    referral, soc = sent_by_letter(cast), as_hat(cast.soc)
    assert "Vuxenpsykiatrins tur" in page(soc, referral) and "nås med brev eller telefon" in page(soc, referral)
    assert "Får ni svara här?" not in page(soc, referral), "what they may answer here is not asked of the sender"
    assert post(soc, referral, "ta-emot") == 302
    assert (referral.state, referral.turn) == (S.RECEIVED, cast.psyk_desk)
    if end == "besluta":
        assert post(soc, referral, "acceptera") == 302
        assert post(soc, referral, end, outcome="granted", text=ANSWER) == 302
        assert (referral.state, referral.outcome) == (S.DECIDED, "granted")
    else:
        assert post(soc, referral, end, code="other", text=ANSWER) == 302
        assert referral.state == S.RETURNED
    assert (referral.turn, referral.told_state) == (cast.soc_desk, referral.state)
    body = page(soc, referral)
    done = "beslutade" if end == "besluta" else "skickade tillbaka den"
    for words in ("De tog emot den", f"De {done}", "registrerat av Soc Testsson", ANSWER, "från Vuxenpsykiatrin"):
        assert words.lower() in body.lower(), words
    assert "Vi tog emot" not in body
    section = ReferralSection.objects.get(text=ANSWER)
    assert (section.author_id, section.disclosure) == (cast.soc.agency_id, None), "the sender's own writing"
    assert not Disclosure.objects.filter(discloser=cast.psyk.agency).exists()
    for event in referral.events.filter(side="receiver"):
        assert (event.agency_id, event.member) == (cast.psyk.agency_id, cast.soc)


def test_nobody_there_is_told_and_a_colleague_of_the_one_who_registers_is(cast: Cast) -> None:
    referral = sent_by_letter(cast)
    actions.acknowledge_referral(by=cast.soc, referral=referral, scope=AnswerScope.NONE)
    actions.accept_referral(by=cast.soc, referral=referral)
    told = set(Notification.objects.values_list("kind", "membership__user__username"))
    assert told == {("referral.acknowledged", "soc2"), ("referral.accepted", "soc2")}


def test_an_earlier_answer_is_the_earlier_receivers_and_what_was_written_stays_off_others_pages(
    cast: Cast, as_hat: AsHat
) -> None:
    referral, soc = sent_by_letter(cast), as_hat(cast.soc)
    post(soc, referral, "ta-emot")
    post(soc, referral, "skicka-tillbaka", code="other", text=ANSWER)
    post(soc, referral, "ratta")
    actions.readdress_draft(by=cast.soc, referral=referral, receiver=cast.fk_desk, kind=referral.kind)
    assert "Från Vuxenpsykiatrin" in page(soc, referral)
    give_consent(cast, recipient=cast.fk_desk.agency)
    actions.send_referral(by=cast.soc, referral=referral)
    assert ANSWER not in page(as_hat(cast.fk), referral)
    assert ANSWER in page(soc, referral) and "Från Försäkringskassan" not in page(soc, referral)


@pytest.mark.parametrize("name", ["fk", "outsider", "soc_manager", "psyk_manager", "coordinator"])
def test_for_others_it_does_not_exist(cast: Cast, as_hat: AsHat, name: str) -> None:
    referral = sent_by_letter(cast)
    client = as_hat(getattr(cast, name))
    before = footprint()
    assert client.get(f"/remisser/{referral.pk}/").status_code == 404
    for path in ("ta-emot", "acceptera", "besluta", "skicka-tillbaka"):
        assert post(client, referral, path, scope="none", outcome="granted", code="other") == 404
    assert footprint() == before


def test_what_takes_an_account_is_refused(cast: Cast, as_hat: AsHat) -> None:
    referral, soc = sent_by_letter(cast), as_hat(cast.soc)
    before = footprint()
    assert post(soc, referral, "meddelande", category="question", text="Hej") == 403
    assert post(soc, referral, "paminn", text="Hej") == 409
    assert footprint() | {"AuditEntry": 0} == before | {"AuditEntry": 0}
    body = page(soc, referral)
    for words in ("Skriv till båda", "Skicka påminnelsen", "Sluta vänta"):
        assert words not in body, words


def test_the_sender_cannot_say_what_they_may_answer_here(cast: Cast, as_hat: AsHat) -> None:
    referral, soc = sent_by_letter(cast), as_hat(cast.soc)
    post(soc, referral, "ta-emot")
    with undone():
        assert post(soc, referral, "fa-svara", scope="status") == 403
