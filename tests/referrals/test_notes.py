"""A supplement, a message to both and an agency's own note: three things, never mixed (house.md 3)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from notifications.models import Notification
from referrals import actions
from referrals.errors import MissingGround
from referrals.models import AgencyNote, Referral, ReferralSection
from referrals.states import AnswerScope, ReferralState, SectionRole, Verb
from tests.addresses import said
from tests.cast import Cast, give_consent
from tests.referrals.journeys import bring_to, footprint, walk, withdraw
from tests.referrals.test_case_file import text_of
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import AuditEntry
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
S, V = ReferralState, Verb
OURS, THEIRS = "SECRET-sändarens anteckning", "SECRET-mottagarens anteckning"
MESSAGE, ANSWER, SUPPLEMENT = "Meddelande från soc", "Meddelande från psyk", "Kompletterande text"


def page(client: Client, referral: Referral, path: str = "") -> str:
    return client.get(f"/remisser/{referral.pk}/{path}").content.decode()


def post(client: Client, referral: Referral, path: str, **data: str) -> int:
    return client.post(f"/remisser/{referral.pk}/{path}/", data).status_code


def part(body: str, heading: str) -> str:
    """One section of a page, from its heading on."""
    assert f'id="{heading}"' in body, heading
    return body.partition(f'id="{heading}"')[2].partition("</section>")[0]


@pytest.fixture
def written(cast: Cast, as_hat: AsHat) -> Referral:
    """All that can be written, over the forms: a supplement, a message each way, a note at each agency."""
    referral = bring_to(cast, S.WAITING)
    soc, psyk = as_hat(cast.soc), as_hat(cast.psyk)
    assert post(soc, referral, "komplettera", question=SUPPLEMENT) == 302
    assert post(soc, referral, "meddelande", category="question", text=MESSAGE) == 302
    assert post(psyk, referral, "meddelande", text=ANSWER) == 302
    assert post(soc, referral, "anteckning", text=OURS) == 302
    assert post(psyk, referral, "anteckning", text=THEIRS) == 302
    return referral


@pytest.mark.embedded
def test_they_are_three_things_in_the_database_and_on_the_page(cast: Cast, as_hat: AsHat, written: Referral) -> None:
    rows = {s.text: s for s in ReferralSection.objects.filter(leg__referral=written).exclude(text="")}
    found = {text: (rows[text].role, rows[text].category_id) for text in (SUPPLEMENT, MESSAGE, ANSWER)}
    assert found == {
        SUPPLEMENT: (SectionRole.SUPPLEMENT, "question"),
        MESSAGE: (SectionRole.NOTE, "question"),
        ANSWER: (SectionRole.NOTE, "answer"),
    }
    for text, discloser in ((SUPPLEMENT, cast.soc), (MESSAGE, cast.soc), (ANSWER, cast.psyk)):
        disclosure = rows[text].disclosure
        assert disclosure is not None and disclosure.consent_row is not None
        assert disclosure.discloser_id == discloser.agency_id
    assert set(AgencyNote.objects.values_list("agency__code", "text")) == {("soc-t", OURS), ("psyk-t", THEIRS)}
    for hat, own, other in ((cast.soc, OURS, THEIRS), (cast.psyk, THEIRS, OURS)):
        body = page(as_hat(hat), written)
        assert SUPPLEMENT in part(body, "fraga") and MESSAGE not in part(body, "fraga")
        for text in (MESSAGE, ANSWER):
            assert text in part(body, "skrivet") and text not in part(body, "laget")
        assert SUPPLEMENT not in part(body, "skrivet")
        assert own in part(body, "egna") and other not in body
        assert MESSAGE not in part(body, "egna")


def test_the_other_side_never_meets_an_agencys_own_note(cast: Cast, as_hat: AsHat, written: Referral) -> None:
    own = f"/remisser/{written.pk}/"
    lists = ["/", "/remisser/?lage=alla", "/remisser/lista/", "/remisser/lista.csv", "/remisser/lista.xlsx",
             "/handelser/", "/idag/vantar/", "/idag/hant/"]  # fmt: skip
    pieces = [own, *(f"{own}del/{piece}/" for piece in ("huvud", "lage", "sidan"))]
    for hat, secret, kept in ((cast.soc, THEIRS, OURS), (cast.psyk, OURS, THEIRS), (cast.soc_2, THEIRS, OURS)):
        client = as_hat(hat)
        for path in [*pieces, *lists]:
            answer = client.get(path)
            assert answer.status_code == 200, path
            assert secret not in said(answer.content), (path, hat)
        assert kept in client.get(f"{own}del/sidan/").content.decode(), "a colleague at the desk reads it"
        paper = text_of(client.post(f"{own}till-akt/"))
        assert "SECRET" not in paper and MESSAGE in paper
    for role in (cast.coordinator, cast.chair):
        for path in ("/bevaka/", "/styrgrupp/ansvar/"):
            assert "SECRET" not in as_hat(role).get(path).content.decode()
    assert "SECRET" not in repr(list(Notification.objects.values())) + repr(list(AuditEntry.objects.values()))


def test_an_own_note_tells_nobody_moves_nothing_and_is_written_by_whoever_may_open(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.ACCEPTED)
    before, told = referral.events.count(), Notification.objects.count()
    assert post(as_hat(cast.soc), referral, "anteckning", text=OURS) == 302
    assert (referral.events.count(), Notification.objects.count()) == (before, told)
    assert post(as_hat(cast.soc), referral, "anteckning", text="") == 422
    kept = footprint()
    for hat in (cast.fk, cast.outsider, cast.soc_manager):
        assert post(as_hat(hat), referral, "anteckning", text="x") == 404
        with pytest.raises(NotAllowed):
            actions.write_agency_note(by=hat, referral=referral, text="x")
    assert footprint() == kept and AgencyNote.objects.count() == 1


def test_a_message_takes_a_ground_of_its_own_category(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.ACCEPTED)
    soc = as_hat(cast.soc)
    assert post(soc, referral, "meddelande", category="health", text=MESSAGE) == 422
    before = footprint()
    with pytest.raises(MissingGround):
        actions.write_message(by=cast.soc, referral=referral, category="health", text=MESSAGE)
    with pytest.raises(NotAllowed):
        actions.write_message(by=cast.soc, referral=referral, category="påhittad", text=MESSAGE)
    assert footprint() == before
    consent = give_consent(cast, codes=("health",))
    assert post(soc, referral, "meddelande", category="health", text=MESSAGE) == 302
    section = ReferralSection.objects.get(text=MESSAGE)
    assert section.disclosure is not None and section.disclosure.consent_row == consent.rows.get()


@pytest.mark.parametrize("scope", [AnswerScope.NONE, AnswerScope.STATUS])
def test_the_receiver_writes_only_with_leave_for_text(cast: Cast, as_hat: AsHat, scope: AnswerScope) -> None:
    referral = walk(cast, bring_to(cast, S.SENT), V.ACKNOWLEDGE, scope=scope)
    psyk = as_hat(cast.psyk)
    assert "Skriv till båda" not in page(psyk, referral)
    assert post(psyk, referral, "meddelande", text=ANSWER) == 403
    assert not ReferralSection.objects.filter(text=ANSWER).exists()
    assert ANSWER not in page(as_hat(cast.soc), referral)


def test_a_message_disappears_for_the_receiver_with_its_consent_and_stays_for_who_wrote_it(
    cast: Cast, as_hat: AsHat
) -> None:
    referral = bring_to(cast, S.ACCEPTED)
    give_consent(cast, codes=("health",))
    actions.write_message(by=cast.soc, referral=referral, category="health", text=MESSAGE)
    psyk = as_hat(cast.psyk)
    assert MESSAGE in page(psyk, referral)
    withdraw(cast, "health")
    for path in ("", "del/lage/", "del/sidan/"):
        assert MESSAGE not in page(psyk, referral, path), path
    assert MESSAGE not in text_of(psyk.post(f"/remisser/{referral.pk}/till-akt/"))
    assert MESSAGE in page(as_hat(cast.soc), referral)


def test_the_receivers_message_disappears_for_the_sender_with_the_leave_to_answer(
    cast: Cast, as_hat: AsHat, written: Referral
) -> None:
    withdraw(cast, "answer", by=cast.psyk)
    assert ANSWER not in page(as_hat(cast.soc), written)
    assert ANSWER in page(as_hat(cast.psyk), written)


def test_nothing_is_written_to_who_does_not_read_here(cast: Cast, as_hat: AsHat) -> None:
    draft_again, ended = walk(cast, bring_to(cast, S.RETURNED), V.REVISE), bring_to(cast, S.CLOSED)
    for referral in (draft_again, ended):
        before = footprint()
        with pytest.raises(NotAllowed):
            actions.write_message(by=cast.soc, referral=referral, category="question", text=MESSAGE)
        assert footprint() == before
    silent = walk(cast, bring_to(cast, S.SENT), V.ACKNOWLEDGE, scope=AnswerScope.NONE)
    with pytest.raises(SomebodyWasFaster):
        actions.write_message(by=cast.soc, referral=silent, category="question", text=MESSAGE)


def test_a_message_after_the_consents_last_day_is_refused_kindly(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.DECIDED)
    with time_machine.travel(timezone.now() + timedelta(days=200), tick=False):
        answer = as_hat(cast.soc).post(f"/remisser/{referral.pk}/meddelande/", {"text": MESSAGE})
    assert answer.status_code == 403
    assert "Registrera ett samtycke först" in answer.content.decode()


def test_the_page_says_kindly_that_attachments_are_sent_elsewhere(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.ACCEPTED)
    for hat in (cast.soc, cast.psyk):
        body = page(as_hat(hat), referral)
        assert "Bilagor läggs inte in här. Skicka dem som ni brukar" in body
        assert 'type="file"' not in body
