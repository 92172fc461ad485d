"""A referral sent again, to the same receiver or another; and what the coordinator's board holds (house.md 3)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from notifications.models import Notification
from referrals import actions
from referrals.models import Referral, ReferralKind, ReferralSection
from referrals.queries import board_counted_only
from referrals.states import AnswerScope, Outcome, ReferralState, ReturnCode, Verb
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, draft, give_consent, make_member, make_participant
from tests.referrals.journeys import ALL, bring_to, do, walk, withdraw
from workspace.models import Consent, CooperationAgency, Disclosure, Function, Municipality
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
S, V = ReferralState, Verb
RETURN_TEXT = "Hemligt skäl från psykiatrin"


def page(client: Client, referral: Referral) -> str:
    return client.get(f"/remisser/{referral.pk}/").content.decode()


def returned_and_readdressed(cast: Cast) -> Referral:
    """Sent to psyk, returned with a text, revised, and now written to Försäkringskassan, as a draft."""
    give_consent(cast, codes=("identity", "question", "health"))
    referral = walk(cast, draft(cast, health="Hemlig hälsa"), V.SEND, V.ACKNOWLEDGE)
    actions.return_referral(by=cast.psyk, referral=referral, code=ReturnCode.ALREADY_KNOWN, text=RETURN_TEXT)
    walk(cast, referral, V.REVISE)
    kind = ReferralKind.objects.get(pk="other")
    actions.readdress_draft(by=cast.soc, referral=referral, receiver=cast.fk_desk, kind=kind)
    referral.refresh_from_db()
    return referral


def send_to_fk(cast: Cast, referral: Referral) -> None:
    give_consent(cast, recipient=cast.fk_desk.agency, codes=("identity", "question"))
    texts = {"question": "Ny fråga till Försäkringskassan"}
    actions.save_draft(by=cast.soc, referral=referral, texts=texts, answer_wished_on=None)
    do(cast.soc, referral, V.SEND)


# ---------- the same receiver ----------
def test_sending_again_is_a_new_leg_with_disclosures_of_its_own(cast: Cast, as_hat: AsHat) -> None:
    referral = walk(cast, bring_to(cast, S.RETURNED), V.REVISE)
    old, new = referral.legs.all()
    assert old.sections.get(category="question").text == new.sections.get(category="question").text == SECRET_TEXT
    assert not new.sections.filter(disclosure__isnull=False).exists()
    actions.save_draft(by=cast.soc, referral=referral, texts={"question": "Omskriven fråga"}, answer_wished_on=None)
    psyk = as_hat(cast.psyk)
    body = page(psyk, referral)
    assert SECRET_TEXT in body, "the old leg stays readable"
    assert "Återsänd" in body
    assert "Omskriven fråga" not in body, "the draft does not show"
    assert "Omskriven fråga" in page(as_hat(cast.soc), referral)
    do(cast.soc, referral, V.SEND)
    assert "Omskriven fråga" in page(psyk, referral)
    assert {s.disclosure_id for s in old.sections.all()} & {s.disclosure_id for s in new.sections.all()} == {None} - {
        None
    }


def test_revising_shows_the_receiver_nothing(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.RETURNED)
    told = Notification.objects.filter(membership__agency=cast.psyk.agency).count()
    walk(cast, referral, V.REVISE)
    assert Notification.objects.filter(membership__agency=cast.psyk.agency).count() == told
    body = page(as_hat(cast.psyk), referral)
    assert "började skriva på nytt" not in body
    assert "Utkast" not in body


# ---------- another receiver ----------
def test_a_draft_to_another_receiver_does_not_exist_for_it_before_it_is_sent(cast: Cast, as_hat: AsHat) -> None:
    referral = returned_and_readdressed(cast)
    fk = as_hat(cast.fk)
    answer = fk.get(f"/remisser/{referral.pk}/")
    for gone in (SECRET_TEXT, SECRET_NAME, "Hemlig hälsa", RETURN_TEXT):
        assert gone not in answer.content.decode()
    assert answer.status_code == 404
    assert referral.number not in fk.get("/remisser/?lage=alla").content.decode()


def test_the_next_receiver_reads_its_own_leg_and_nothing_of_the_one_before(cast: Cast, as_hat: AsHat) -> None:
    referral = returned_and_readdressed(cast)
    send_to_fk(cast, referral)
    body = page(as_hat(cast.fk), referral)
    assert "Ny fråga till Försäkringskassan" in body
    assert SECRET_NAME in body
    for gone in (SECRET_TEXT, "Hemlig hälsa", RETURN_TEXT, "Psyk Testsson", "Vuxenpsykiatrin"):
        assert gone not in body, gone


def test_the_receiver_before_keeps_what_it_was_told_and_sees_nothing_new(cast: Cast, as_hat: AsHat) -> None:
    referral = returned_and_readdressed(cast)
    send_to_fk(cast, referral)
    answer = as_hat(cast.psyk).get(f"/remisser/{referral.pk}/")
    body = answer.content.decode()
    assert "Ny fråga till Försäkringskassan" not in body
    assert "Försäkringskassan" not in body
    assert answer.status_code == 200, "house.md 3: the receiver sees the leg while identity lives"
    assert SECRET_TEXT in body


def test_leave_to_answer_given_by_one_receiver_is_not_another_receivers(cast: Cast, as_hat: AsHat) -> None:
    referral = returned_and_readdressed(cast)
    send_to_fk(cast, referral)
    told = Notification.objects.filter(membership__agency=cast.soc.agency).count()
    actions.acknowledge_referral(by=cast.fk, referral=referral, scope=AnswerScope.NONE)
    actions.accept_referral(by=cast.fk, referral=referral)
    assert Notification.objects.filter(membership__agency=cast.soc.agency).count() == told
    body = page(as_hat(cast.soc), referral)
    assert "accepterade" not in body
    assert "Svar lämnas inte i Samverkansrum" in body


def test_another_receivers_tick_makes_its_own_disclosure(cast: Cast) -> None:
    referral = returned_and_readdressed(cast)
    send_to_fk(cast, referral)
    actions.acknowledge_referral(by=cast.fk, referral=referral, scope=ALL)
    rows = Disclosure.objects.filter(discloser=cast.fk.agency, recipient=cast.soc.agency)
    assert set(rows.values_list("category", flat=True)) == {"status", "answer"}
    actions.accept_referral(by=cast.fk, referral=referral)
    actions.decide_referral(by=cast.fk, referral=referral, outcome=Outcome.GRANTED, text="FK:s svar")
    section = ReferralSection.objects.get(leg__referral=referral, text="FK:s svar")
    assert section.disclosure is not None
    assert section.disclosure.discloser == cast.fk.agency


# ---------- the board ----------
def board(as_hat: AsHat, cast: Cast, query: str = "") -> str:
    return as_hat(cast.coordinator).get(f"/bevaka/{query}").content.decode()


def followed(cast: Cast, place: str = "Piteå", state: ReferralState = S.ACCEPTED) -> Referral:
    person = make_participant(cast.soc_desk, SECRET_NAME, "Åström", place)
    return bring_to(cast, state, person=person, follow_up=True)


def test_only_who_has_agreed_to_follow_up_is_a_row_and_the_rest_are_counted(cast: Cast, as_hat: AsHat) -> None:
    followed_one, counted = followed(cast), [bring_to(cast, S.SENT), bring_to(cast, S.ACCEPTED)]
    bring_to(cast, S.CLOSED)
    draft(cast)
    body = board(as_hat, cast)
    assert followed_one.number in body
    for referral in counted:
        assert referral.number not in body
    assert board_counted_only(cast.coordinator) == 2
    assert "Två remisser räknas bara" in body


@pytest.mark.parametrize("query", ["", "?urval=lange", "?slag=measure", "lista/", "lista/?slag=measure"])
def test_the_board_holds_no_person_no_kind_and_no_text(cast: Cast, as_hat: AsHat, query: str) -> None:
    referral = followed(cast)
    with time_machine.travel(timezone.now() + timedelta(days=100), tick=False):
        body = board(as_hat, cast, query)
    assert referral.number in body
    assert "Accepterad" in body
    for gone in (SECRET_NAME, "Åström", SECRET_TEXT, "Samtalskontakt", "1984", "070-000"):
        assert gone not in body
    assert f"/remisser/{referral.pk}/" not in body


@pytest.mark.parametrize(
    ("place", "shown"), [("Piteå", True), ("Arvidsjaur", False), ("Älvsbyn", False), ("Kiruna", True)]
)
def test_the_class_is_hidden_in_small_municipalities_also_when_filtered(
    cast: Cast, as_hat: AsHat, place: str, shown: bool
) -> None:
    referral = followed(cast, place)
    body = board(as_hat, cast)
    assert referral.number in body
    assert ("visas inte" in body) is not shown
    for chosen, is_class in (("measure", True), ("investigation", False), ("compensation", False), ("other", False)):
        found = referral.number in board(as_hat, cast, f"?slag={chosen}")
        assert found is (shown and is_class), chosen


def test_a_small_senders_class_is_hidden_whoever_the_person_is(cast: Cast, as_hat: AsHat) -> None:
    small = Municipality.objects.get(name="Arvidsjaur")
    type(cast.soc.agency).objects.filter(pk=cast.soc.agency_id).update(municipality=small)
    referral = followed(cast)
    assert "visas inte" in board(as_hat, cast)
    assert referral.number not in board(as_hat, cast, "?slag=measure")


def test_follow_up_withdrawn_or_run_out_takes_the_row_away_and_only_counts_it(cast: Cast, as_hat: AsHat) -> None:
    referral = followed(cast)
    with time_machine.travel(timezone.now() + timedelta(days=181), tick=False):
        assert referral.number not in board(as_hat, cast)
        assert board_counted_only(cast.coordinator) == 1
    withdraw(cast, "follow_up")
    assert referral.number not in board(as_hat, cast)
    assert board_counted_only(cast.coordinator) == 1
    referral.refresh_from_db()
    assert referral.state == S.ACCEPTED


def test_the_board_shows_what_the_sender_knows_and_no_more(cast: Cast, as_hat: AsHat) -> None:
    give_consent(cast, follow_up=True)
    referral = walk(cast, draft(cast), V.SEND, V.ACKNOWLEDGE, V.ACCEPT, V.DECIDE, scope=AnswerScope.NONE)
    row = board(as_hat, cast).partition(f'id="rad-{referral.pk}"')[2].partition("</tr>")[0]
    assert "Skickad" in row
    assert "Beslutad" not in row
    assert "Beviljad" not in row


def test_another_cooperations_coordinator_and_other_roles_have_no_row(cast: Cast, as_hat: AsHat) -> None:
    referral = followed(cast)
    elsewhere = cast.outside_desk.agency.cooperations.get()
    foreign = elsewhere.roles.create(user=cast.two_hats[0].user, role="coordinator")
    body = as_hat(foreign).get("/bevaka/").content.decode()
    assert referral.number not in body
    assert "räknas bara" not in body
    for hat in (cast.chair, cast.soc, cast.soc_manager):
        assert as_hat(hat).get("/bevaka/").status_code == 404


def test_a_party_that_has_left_the_cooperation_receives_nothing_more(cast: Cast, as_hat: AsHat) -> None:
    give_consent(cast)
    referral = draft(cast)
    party = CooperationAgency.objects.filter(agency=cast.psyk.agency)
    party.update(to_on=timezone.localdate() - timedelta(days=1))
    body = as_hat(cast.soc).get(f"/remisser/{referral.pk}/vart/").content.decode()
    assert f'value="{cast.fk_desk.pk}"' in body
    assert f'value="{cast.psyk_desk.pk}"' not in body
    answer = as_hat(cast.soc).post(f"/remisser/{referral.pk}/granska/", {"once": "a"})
    assert answer.status_code == 422
    assert not Notification.objects.exists()


def test_only_seats_at_the_receiving_desk_see_it(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.SENT)
    other_desk = Function.objects.create(agency=cast.psyk.agency, name="Neuropsykiatri")
    colleague = make_member(cast.psyk.agency, "npf", other_desk)
    assert as_hat(colleague).get(f"/remisser/{referral.pk}/").status_code == 404
    assert referral.number not in as_hat(colleague).get("/remisser/?lage=alla").content.decode()


# ---------- people's names, and ways out ----------
def test_a_manager_reads_no_name_of_another_agencys_officer_on_the_work_list(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.DECIDED, scope=AnswerScope.NONE)
    actions.allow_answer(by=cast.psyk, referral=referral, scope=AnswerScope.STATUS)
    body = as_hat(cast.soc_manager).get("/enheten/").content.decode()
    assert referral.number in body
    assert "Psyk Testsson" not in body


def test_what_a_person_no_longer_lets_the_receiver_tell_ends_at_once(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.RECEIVED, scope=AnswerScope.STATUS)
    psyk, soc = as_hat(cast.psyk), as_hat(cast.soc)
    assert psyk.post(f"/remisser/{referral.pk}/fa-svara/", {"scope": "none"}).status_code == 302
    assert Consent.objects.get(agency=cast.psyk.agency).rows.get().withdrawn_at is not None
    told = Notification.objects.filter(membership__agency=cast.soc.agency).count()
    do(cast.psyk, referral, V.ACCEPT)
    assert "accepterade" not in page(soc, referral)
    assert Notification.objects.filter(membership__agency=cast.soc.agency).count() == told


def test_taking_back_the_answer_of_one_referral_leaves_anothers(cast: Cast) -> None:
    give_consent(cast, back=("status",))
    one, other = (walk(cast, draft(cast), V.SEND, V.ACKNOWLEDGE, scope=AnswerScope.STATUS) for _ in range(2))
    actions.allow_answer(by=cast.psyk, referral=one, scope=AnswerScope.NONE)
    lives = Disclosure.objects.filter(sections__leg__referral=other, category="status", ended_at__isnull=True)
    assert lives.exists()


def test_a_refusal_that_no_form_takes_care_of_says_its_sentence(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.SENT)
    answer = as_hat(cast.soc).post(f"/remisser/{referral.pk}/fraga/", {"question": "Ny"})
    assert answer.status_code == 409
    assert "Remissen är inte ett utkast" in answer.content.decode()
    refused = as_hat(cast.psyk).post(f"/remisser/{bring_to(cast, S.RETURNED).pk}/ratta/", {})
    assert refused.status_code == 403
    assert "Du kan inte göra det här i den roll du har nu" in refused.content.decode()
