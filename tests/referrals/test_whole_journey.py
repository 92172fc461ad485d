"""The verbs between the receipt and the end: what each does, who is told, and what it leaves to nobody else."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from notifications.models import Notification
from referrals import actions
from referrals.errors import MissingGround
from referrals.models import Referral, ReferralSection
from referrals.queries import disputes_of
from referrals.states import (
    AnswerScope,
    CancelCode,
    DelayCode,
    PauseCode,
    ReferralState,
    SectionRole,
    Side,
    SupplementCode,
    Verb,
)
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, draft, give_consent
from tests.referrals.journeys import bring_to, do, footprint, undone, walk, withdraw
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.rules import Hat
from workspace.swedish import say_date

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
S, V = ReferralState, Verb
SENDER, RECEIVER, _ = Side
SECRET = "Hemlig tilläggshälsa"
TODAY = timezone.localdate


def page(client: Client, referral: Referral, path: str = "") -> str:
    return client.get(f"/remisser/{referral.pk}/{path}").content.decode()


def told_by(act: Callable[[], object]) -> set[tuple[str, str]]:
    """Exactly whom an act told what."""
    before = set(Notification.objects.values_list("pk", flat=True))
    act()
    found = Notification.objects.exclude(pk__in=before)
    return set(found.values_list("kind", "membership__user__username"))


# ---------- supplement ----------
@pytest.mark.embedded
def test_a_supplement_is_disclosed_under_its_category_on_its_own_consent_row(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.WAITING)
    consent = give_consent(cast, codes=("health",))
    posted = as_hat(cast.soc).post(f"/remisser/{referral.pk}/komplettera/", {"health": SECRET})
    assert posted.status_code == 302
    section = ReferralSection.objects.get(leg__referral=referral, text=SECRET)
    assert (section.role, section.category_id, section.author_id) == (
        SectionRole.SUPPLEMENT, "health", cast.soc.agency_id,
    )  # fmt: skip
    assert section.disclosure is not None
    assert section.disclosure.consent_row == consent.rows.get()
    referral.refresh_from_db()
    assert (referral.state, referral.turn) == (S.IN_PROGRESS, cast.psyk_desk)
    body = page(as_hat(cast.psyk), referral)
    assert SECRET in body and "Komplettering: hälsa" in body
    assert as_hat(cast.outsider).get(f"/remisser/{referral.pk}/").status_code == 404
    withdraw(cast, "health")
    assert SECRET not in page(as_hat(cast.psyk), referral), "neither under its heading nor in the history"
    assert SECRET in page(as_hat(cast.soc), referral)


def test_a_supplement_without_a_ground_or_without_text_is_refused_and_leaves_nothing(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.WAITING)
    before = footprint()
    with pytest.raises(MissingGround):
        actions.supplement_referral(by=cast.soc, referral=referral, texts={"health": SECRET})
    with pytest.raises(NotAllowed):
        actions.supplement_referral(by=cast.soc, referral=referral, texts={"question": ""})
    assert footprint() == before
    answer = as_hat(cast.soc).post(f"/remisser/{referral.pk}/komplettera/", {"question": ""})
    assert answer.status_code == 422
    assert "Skriv kompletteringen" in answer.content.decode()


def test_history_shows_no_text_of_a_supplement_when_the_identity_is_lost(cast: Cast, as_hat: AsHat) -> None:
    """The supplement's own disclosure lives on, but the receiver no longer sees whom it is about."""
    referral = bring_to(cast, S.WAITING)
    give_consent(cast, codes=("health",))
    actions.supplement_referral(by=cast.soc, referral=referral, texts={"health": SECRET})
    assert SECRET in page(as_hat(cast.psyk), referral)
    withdraw(cast, "identity")
    assert SECRET not in page(as_hat(cast.psyk), referral)


def test_an_earlier_receiver_reads_nothing_that_the_next_one_is_told(cast: Cast, as_hat: AsHat) -> None:
    referral = sent_to_the_suggested(cast)
    actions.acknowledge_referral(by=cast.fk, referral=referral, scope=AnswerScope.STATUS)
    actions.accept_referral(by=cast.fk, referral=referral)
    actions.ask_supplement(by=cast.fk, referral=referral, code=SupplementCode.OTHER)
    actions.supplement_referral(by=cast.soc, referral=referral, texts={"question": SECRET})
    actions.write_message(by=cast.soc, referral=referral, category="question", text="Hemligt meddelande")
    fk, psyk = page(as_hat(cast.fk), referral), page(as_hat(cast.psyk), referral)
    for text in (SECRET, "Hemligt meddelande"):
        assert text in fk and text not in psyk


def test_the_receiver_goes_on_without_a_supplement_if_the_sender_may_know_it(cast: Cast) -> None:
    referral = bring_to(cast, S.WAITING)
    with undone():
        do(cast.psyk, referral, V.RESUME)
        assert (referral.state, referral.turn) == (S.IN_PROGRESS, cast.psyk_desk)
    referral.refresh_from_db()
    actions.allow_answer(by=cast.psyk, referral=referral, scope=AnswerScope.NONE)
    before = footprint()
    with pytest.raises(NotAllowed):
        do(cast.psyk, referral, V.RESUME)
    assert footprint() == before, "else the sender would believe that it has the turn for ever"


def test_days_of_a_supplement_asked_for_do_not_count_also_if_the_sender_then_asks_to_stop(cast: Cast) -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        referral = bring_to(cast, S.IN_PROGRESS)
        first = referral.due_on
        do(cast.psyk, referral, V.ASK_SUPPLEMENT)
        clock.shift(timedelta(days=14))
        walk(cast, referral, V.REQUEST_CANCEL, V.DECLINE_CANCEL)
    assert first is not None and referral.due_on is not None
    assert referral.due_on - first >= timedelta(days=10)


# ---------- another receiver is suggested ----------
def suggested(cast: Cast) -> Referral:
    give_consent(cast)
    referral = walk(cast, draft(cast), V.SEND, V.ACKNOWLEDGE)
    actions.suggest_redirect(by=cast.psyk, referral=referral, receiver=cast.fk_desk, text="Hemligt förslag")
    referral.refresh_from_db()
    return referral


def sent_to_the_suggested(cast: Cast) -> Referral:
    referral = walk(cast, suggested(cast), V.REVISE)
    actions.save_draft(by=cast.soc, referral=referral, texts={"question": "Ny fråga"}, answer_wished_on=None)
    give_consent(cast, recipient=cast.fk_desk.agency)
    return walk(cast, referral, V.SEND)


def test_nothing_goes_to_the_suggested_desk_by_itself(cast: Cast, as_hat: AsHat) -> None:
    referral = suggested(cast)
    assert (referral.state, referral.turn, referral.receiver) == (S.REDIRECTED, cast.soc_desk, cast.psyk_desk)
    fk = as_hat(cast.fk)
    for step in ("suggested", "revised"):
        assert fk.get(f"/remisser/{referral.pk}/").status_code == 404, step
        assert referral.number not in fk.get("/remisser/?lage=alla").content.decode()
        assert not Notification.objects.filter(membership__agency=cast.fk.agency).exists()
        if step == "suggested":
            body = page(as_hat(cast.soc), referral)
            assert "föreslog Försäkringskassan Norr" in body and "Hemligt förslag" in body
            do(cast.soc, referral, V.REVISE)
    assert "Från Vuxenpsykiatrin" in page(as_hat(cast.soc), referral), "who said it, not who is written to now"
    leg = referral.legs.get(position=2)
    assert (leg.receiver, leg.ground_id, leg.sent_at) == (cast.fk_desk, "consent", None)
    with pytest.raises(MissingGround):
        do(cast.soc, referral, V.SEND)


def test_the_new_leg_rests_on_consent_and_the_old_one_stays_readable(cast: Cast, as_hat: AsHat) -> None:
    referral = sent_to_the_suggested(cast)
    fk, psyk, soc = (page(as_hat(hat), referral) for hat in (cast.fk, cast.psyk, cast.soc))
    assert "Ny fråga" in fk and SECRET_NAME in fk
    for gone in (SECRET_TEXT, "Hemligt förslag", "Vuxenpsykiatrin"):
        assert gone not in fk, gone
    assert SECRET_TEXT in psyk and "Ny fråga" not in psyk
    assert "Hemligt förslag" in soc and "Från Försäkringskassan" not in soc, "in the history, by who said it"


def test_a_desk_that_the_sender_cannot_reach_or_the_one_suggesting_is_not_suggested(cast: Cast) -> None:
    referral = bring_to(cast, S.RECEIVED)
    for desk in (cast.outside_desk, cast.soc_desk, cast.psyk_desk):
        with pytest.raises(NotAllowed):
            actions.suggest_redirect(by=cast.psyk, referral=referral, receiver=desk)


def test_the_receiver_sees_the_reason_it_gave_also_when_the_sender_writes_anew(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.RETURNED)
    psyk = as_hat(cast.psyk)
    assert "<strong>Skäl:</strong> Uppgifter saknas" in page(psyk, referral)
    do(cast.soc, referral, V.REVISE)
    assert "<strong>Skäl:</strong> Uppgifter saknas" in page(psyk, referral)


# ---------- to break off, and to take up again ----------
def test_asked_to_stop_the_receiver_goes_on_or_stops(cast: Cast) -> None:
    referral = bring_to(cast, S.CANCEL_ASKED)
    assert referral.turn == cast.psyk_desk
    with undone():
        do(cast.psyk, referral, V.DECLINE_CANCEL)
        assert (referral.state, referral.turn) == (S.IN_PROGRESS, cast.psyk_desk)
    referral.refresh_from_db()
    do(cast.psyk, referral, V.CONFIRM_CANCEL)
    assert (referral.state, referral.turn) == (S.CANCELLED, None)


@pytest.mark.parametrize("state", [S.CLOSED, S.CANCELLED])
def test_what_was_decided_or_broken_off_is_taken_up_again_with_a_reason(
    cast: Cast, as_hat: AsHat, state: ReferralState
) -> None:
    referral = bring_to(cast, state)
    soc, address = as_hat(cast.soc), f"/remisser/{referral.pk}/oppna-igen/"
    assert soc.post(address, {}).status_code == 422
    assert soc.post(address, {"code": "new_facts"}).status_code == 302
    referral.refresh_from_db()
    assert (referral.state, referral.turn, referral.outcome) == (S.RECEIVED, cast.psyk_desk, "")
    body = page(soc, referral)
    assert "Något nytt har kommit fram" in body
    assert ("Beviljad" in body) is (state == S.CLOSED), "the earlier outcome stays in the history"


def test_what_came_back_or_whose_question_is_lost_is_not_taken_up_again(cast: Cast) -> None:
    returned = walk(cast, bring_to(cast, S.RETURNED), V.CLOSE)
    with pytest.raises(NotAllowed, match="fick inget beslut"):
        do(cast.soc, returned, V.REOPEN)
    closed = bring_to(cast, S.CLOSED)
    withdraw(cast, "question")
    with pytest.raises(NotAllowed, match="gäller inte längre"):
        do(cast.soc, closed, V.REOPEN)


FURTHER = [(), (V.ACCEPT,), (V.ACCEPT, V.START), (V.ACCEPT, V.DECIDE), (V.ACCEPT, V.DECIDE, V.CLOSE)]


@pytest.mark.parametrize("lapsed", [False, True])
def test_every_act_of_the_sender_is_refused_alike_whatever_a_silent_receiver_has_done(
    cast: Cast, as_hat: AsHat, lapsed: bool
) -> None:
    give_consent(cast)
    referral = walk(cast, draft(cast), V.SEND, V.ACKNOWLEDGE, scope=AnswerScope.NONE)
    posts = {
        "oppna-igen": {"code": "new_facts"}, "be-om-avbrott": {"code": "moved"}, "komplettera": {"question": "x"},
        "meddelande": {"category": "question", "text": "x"}, "aterta": {"code": "wrong_person"}, "avsluta": {},
        "nytt-datum": {"code": "queue", "until_on": "2 januari"}, "ansvar": {}, "ansvar-lost": {"code": "shared"},
    }  # fmt: skip
    seen = set()
    for verbs in FURTHER:
        with undone():
            walk(cast, referral, *verbs, scope=AnswerScope.NONE)
            if lapsed:
                with time_machine.travel(timezone.now() + timedelta(days=200), tick=False):
                    actions.lapse_referral(referral=referral)
                give_consent(cast)
            statuses = []
            for path, data in posts.items():
                with undone():
                    statuses.append((path, as_hat(cast.soc).post(f"/remisser/{referral.pk}/{path}/", data).status_code))
            seen.add(tuple(statuses))
        referral.refresh_from_db()
    assert len(seen) == 1, seen
    assert {status for _, status in seen.pop()} <= {403, 409}


# ---------- disputed responsibility ----------
def test_a_dispute_leaves_the_turn_counts_days_and_shows_the_steering_group_no_person(
    cast: Cast, as_hat: AsHat
) -> None:
    referral = bring_to(cast, S.RETURNED, health="Hemlig hälsa")
    do(cast.soc, referral, V.DISPUTE)
    assert (referral.state, referral.turn) == (S.RETURNED, cast.soc_desk)
    with time_machine.travel(timezone.now() + timedelta(days=9), tick=False):
        steering = as_hat(cast.chair).get("/styrgrupp/ansvar/").content.decode()
        assert "Ansvaret har varit oklart i nio dagar" in page(as_hat(cast.soc), referral)
    assert referral.number in steering and ">9</td>" in steering
    for gone in (SECRET_NAME, "Åström", SECRET_TEXT, "Hemlig hälsa", "Samtalskontakt", "Soc Testsson", "Återsänd"):
        assert gone not in steering, gone
    do(cast.soc, referral, V.SETTLE)
    assert referral.turn == cast.soc_desk and not disputes_of(cast.chair).exists()


def test_a_dispute_does_not_follow_the_question_to_the_next_one_asked(cast: Cast) -> None:
    referral = suggested(cast)
    walk(cast, referral, V.DISPUTE, V.REVISE)
    assert not disputes_of(cast.chair).exists()
    with pytest.raises(SomebodyWasFaster):
        do(cast.soc, referral, V.SETTLE)
    assert not Notification.objects.filter(membership__agency=cast.fk.agency).exists()


# ---------- to stop waiting ----------
def test_the_sender_stops_waiting_and_the_receiver_knows_nothing_of_it(cast: Cast, as_hat: AsHat) -> None:
    give_consent(cast)
    referral = walk(cast, draft(cast), V.SEND, V.ACKNOWLEDGE, V.ACCEPT, scope=AnswerScope.NONE)
    theirs = page(as_hat(cast.psyk), referral).partition("<main")[2].partition("Vem har läst")[0]
    assert told_by(lambda: do(cast.soc, referral, V.LEAVE_BE)) == set()
    assert (referral.state, referral.turn, referral.told_state, referral.told_turn) == (
        S.ACCEPTED, cast.psyk_desk, S.CLOSED, None,
    )  # fmt: skip
    assert "Avslutad" in page(as_hat(cast.soc), referral)
    assert "slutade vänta" not in page(as_hat(cast.psyk), referral) and "Acceptera" in theirs
    actions.allow_answer(by=cast.psyk, referral=referral, scope=AnswerScope.STATUS)
    referral.refresh_from_db()
    assert (referral.told_state, referral.told_turn) == (S.ACCEPTED, cast.psyk_desk)


def test_to_stop_waiting_for_what_has_run_out_leaves_it_with_the_receiver(cast: Cast, as_hat: AsHat) -> None:
    give_consent(cast)
    referral = walk(cast, draft(cast), V.SEND, V.ACKNOWLEDGE, scope=AnswerScope.NONE)
    with time_machine.travel(timezone.now() + timedelta(days=200), tick=False):
        actions.lapse_referral(referral=referral)
        do(cast.soc, referral, V.LEAVE_BE)
        assert (referral.turn, referral.told_turn, referral.lapsed_at) == (cast.psyk_desk, None, None)
        assert "Förnya grunden" not in page(as_hat(cast.soc), referral)
        with pytest.raises(SomebodyWasFaster):
            do(cast.soc, referral, V.RENEW_GROUND)


# ---------- dates ----------
BAD = [("", "Skriv vilken dag"), ("i förrgår kanske", "är inget datum"), ("PASSED", "har redan varit")]


@pytest.mark.parametrize("path", ["nytt-datum", "paus"])
@pytest.mark.parametrize(("typed", "says"), [*BAD, ("FAR", "inom ett år"), ("TODAY", "efter i dag")])
def test_a_bad_date_is_said_at_its_field_and_nothing_is_lost(
    cast: Cast, as_hat: AsHat, path: str, typed: str, says: str
) -> None:
    referral = bring_to(cast, S.ACCEPTED)
    code = DelayCode.QUEUE if path == "nytt-datum" else PauseCode.PERSON_ASKED
    days = {"PASSED": -3, "FAR": 400, "TODAY": 0}
    typed = say_date(TODAY() + timedelta(days=days[typed])) if typed in days else typed
    before = referral.due_on
    answer = as_hat(cast.psyk).post(f"/remisser/{referral.pk}/{path}/", {"code": code, "until_on": typed})
    body = answer.content.decode()
    assert answer.status_code == 422
    verb = "new_date" if path == "nytt-datum" else "pause"
    assert says in body.partition(f'id="id_{verb}_until_on_error"')[2][:200]
    chosen = body.partition(f'id="id_{verb}_code"')[2].partition("</fieldset>")[0]
    assert "checked" in chosen.partition(f'value="{code}"')[2].partition(">")[0], "what was chosen stays"
    referral.refresh_from_db()
    assert referral.due_on == before


def test_a_new_date_is_the_last_day_and_another_agencys_decision_is_warned_about(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.ACCEPTED)
    psyk, soc = as_hat(cast.psyk), as_hat(cast.soc)
    promised = TODAY() + timedelta(days=200)
    data = {"code": "queue", "until_on": promised.isoformat()}
    assert psyk.post(f"/remisser/{referral.pk}/nytt-datum/", data).status_code == 302
    referral.refresh_from_db()
    assert referral.due_on == referral.told_due_on == promised
    assert "JO 5076-2012" not in page(psyk, referral)
    data = {"code": "other_agency", "until_on": (TODAY() + timedelta(days=20)).isoformat()}
    assert psyk.post(f"/remisser/{referral.pk}/paus/", data).status_code == 302
    assert "JO 5076-2012" in page(psyk, referral) and "JO 5076-2012" in page(soc, referral)
    assert soc.post(f"/remisser/{referral.pk}/paus/", data).status_code == 409, "not the sender's turn"


# ---------- who is told, and who may ----------
TOLD = {
    V.START: (S.ACCEPTED, "started"), V.ASK_SUPPLEMENT: (S.ACCEPTED, "supplement_asked"),
    V.RESUME: (S.WAITING, "resumed"), V.SUGGEST_REDIRECT: (S.RECEIVED, "redirected"),
    V.CONFIRM_CANCEL: (S.CANCEL_ASKED, "cancelled"), V.DECLINE_CANCEL: (S.CANCEL_ASKED, "cancel_declined"),
    V.SUPPLEMENT: (S.WAITING, "supplemented"), V.REQUEST_CANCEL: (S.ACCEPTED, "cancel_asked"),
    V.REOPEN: (S.CLOSED, "reopened"), V.DISPUTE: (S.RETURNED, "disputed"), V.SETTLE: (S.RETURNED, "settled"),
    V.REMIND: (S.SENT, "reminded"),
}  # fmt: skip
OF_RECEIVER = {V.START, V.ASK_SUPPLEMENT, V.RESUME, V.SUGGEST_REDIRECT, V.CONFIRM_CANCEL, V.DECLINE_CANCEL}


@pytest.mark.parametrize("verb", TOLD)
def test_each_verb_tells_the_other_desk_and_nobody_else(cast: Cast, verb: Verb) -> None:
    state, kind = TOLD[verb]
    referral = bring_to(cast, state)
    if verb == V.SETTLE:
        do(cast.soc, referral, V.DISPUTE)
    by, names = (cast.psyk, ("soc", "soc2")) if verb in OF_RECEIVER else (cast.soc, ("psyk", "psyk2"))
    assert told_by(lambda: do(by, referral, verb)) == {(f"referral.{kind}", name) for name in names}


@pytest.mark.parametrize("by", ["psyk", "soc"])
def test_a_new_date_a_pause_and_a_message_tell_the_other_side(cast: Cast, by: str) -> None:
    referral = bring_to(cast, S.ACCEPTED if by == "psyk" else S.WAITING)
    hat, names = cast.members[by], ("soc", "soc2") if by == "psyk" else ("psyk", "psyk2")
    day, code = TODAY() + timedelta(days=9), CancelCode.OTHER
    for kind, act in (
        ("new_date", lambda: actions.set_new_date(by=hat, referral=referral, code=DelayCode.QUEUE, until_on=day)),
        ("paused", lambda: actions.pause_clock(by=hat, referral=referral, code=PauseCode.IN_CARE, until_on=day)),
        ("message", lambda: actions.write_message(by=hat, referral=referral, category="question", text="Hej")),
    ):
        assert told_by(act) == {(f"referral.{kind}", name) for name in names}, (kind, code)
