"""What a referral discloses, on which ground, and what is left when the ground is lost (house.md 3)."""

import difflib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from referrals import actions
from referrals.errors import MissingGround
from referrals.models import Referral, ReferralKind, ReferralSection
from referrals.states import AnswerScope, Outcome, ReferralState, ReturnCode, Verb
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, draft, give_consent, make_participant
from tests.referrals.journeys import ALL, bring_to, do, footprint, undone, walk, withdraw
from workspace.clocks import end_of
from workspace.errors import NotAllowed
from workspace.front.queries import to_do
from workspace.models import Consent, Disclosure, Ground
from workspace.rules import Hat
from workspace.states import ConsentForm

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
S, V = ReferralState, Verb
WISHED = timezone.localdate() + timedelta(days=20)


def page(client: Client, referral: Referral, piece: str = "") -> str:
    return client.get(f"/remisser/{referral.pk}/{piece}").content.decode()


def live(referral: Referral) -> set[str]:
    """What the receiver is let know now, by the rows alone."""
    found = Disclosure.objects.filter(
        sections__leg__referral=referral, ended_at__isnull=True, ends_at__gt=timezone.now()
    )
    return set(
        found.filter(discloser=referral.sender.agency_id, recipient__isnull=False).values_list("category", flat=True)
    )


# ---------- sending ----------
@pytest.mark.parametrize(
    ("covered", "written", "missing"),
    [
        ((), (), {"identity", "question"}),
        (("identity",), (), {"question"}),
        (("question",), (), {"identity"}),
        (("identity", "question"), ("health",), {"health"}),
        (("identity", "question", "health"), ("health", "economy", "work"), {"economy", "work"}),
        (("question", "social"), ("social", "health"), {"identity", "health"}),
    ],
)
def test_sending_names_exactly_the_sections_without_a_live_ground(
    cast: Cast, covered: tuple[str, ...], written: tuple[str, ...], missing: set[str]
) -> None:
    if covered:
        give_consent(cast, codes=covered)
    give_consent(cast, recipient=cast.fk_desk.agency, codes=("identity", "question", "health", "economy"))  # to another
    texts: dict[str, Any] = dict.fromkeys(written, "text")
    referral = draft(cast, **texts)
    before = footprint()
    with pytest.raises(MissingGround) as refused:
        actions.send_referral(by=cast.soc, referral=referral)
    assert {category.pk for category in refused.value.categories} == missing
    assert all(category.name.lower() in refused.value.sentence for category in refused.value.categories)
    assert footprint() == before


@pytest.mark.parametrize("how", ["withdrawn", "ran out", "another discloser", "another person"])
def test_a_dead_row_is_no_ground(cast: Cast, how: str) -> None:
    referral = draft(cast)
    if how == "withdrawn":
        give_consent(cast)
        withdraw(cast, "question")
    elif how == "ran out":
        give_consent(cast, codes=("identity",))
        give_consent(cast, codes=("question",), until=timezone.localdate() - timedelta(days=1))
    elif how == "another discloser":
        give_consent(cast, codes=("identity",), back=("question",))
    else:
        give_consent(cast, codes=("identity",))
        give_consent(cast, person=make_participant(cast.soc_desk, "Annan"), codes=("question",))
    with pytest.raises(MissingGround) as refused:
        actions.send_referral(by=cast.soc, referral=referral)
    assert [category.pk for category in refused.value.categories] == ["question"]


def test_the_last_day_of_a_consent_still_counts(cast: Cast) -> None:
    give_consent(cast, until=timezone.localdate())
    do(cast.soc, draft(cast), V.SEND)


def test_each_section_rests_on_its_own_disclosure(cast: Cast) -> None:
    soon, late = timezone.localdate() + timedelta(days=40), timezone.localdate() + timedelta(days=90)
    long, short = give_consent(cast, until=late), give_consent(cast, codes=("health",), until=soon)
    referral = draft(cast, health="Sover dåligt")
    do(cast.soc, referral, V.SEND)
    found = {
        section.category_id: section.disclosure for section in ReferralSection.objects.filter(leg__referral=referral)
    }
    assert set(found) == {"identity", "question", "health"}
    assert len({disclosure.pk for disclosure in found.values() if disclosure}) == 3
    for code, disclosure in found.items():
        consent, until = (short, soon) if code == "health" else (long, late)
        assert disclosure is not None
        assert (disclosure.discloser_id, disclosure.recipient_id) == (cast.soc.agency_id, cast.psyk.agency_id)
        assert (disclosure.category_id, disclosure.ground_id, disclosure.officer_id) == (code, "consent", cast.soc.pk)
        assert disclosure.consent_row == consent.rows.get(category=code)
        assert (disclosure.participant_id, disclosure.ends_at) == (cast.person.pk, end_of(until))
        assert disclosure.ended_at is None


@pytest.mark.parametrize("code", ["harm_test", "statutory_duty", "insured_permits"])
def test_another_ground_than_consent_takes_a_reason_and_no_consent(cast: Cast, code: str) -> None:
    to_fk = code == "insured_permits"
    desk = cast.fk_desk if to_fk else cast.psyk_desk
    kind = ReferralKind.objects.get(pk="other")
    referral = actions.start_referral(by=cast.soc, participant=cast.person, receiver=desk, kind=kind)
    actions.save_draft(by=cast.soc, referral=referral, texts={"question": SECRET_TEXT}, answer_wished_on=None)
    ground = Ground.objects.get(pk=code)
    with pytest.raises(NotAllowed):
        actions.change_draft_ground(by=cast.soc, referral=referral, ground=ground, reason="")
    with pytest.raises(MissingGround):
        do(cast.soc, referral, V.SEND)
    actions.change_draft_ground(by=cast.soc, referral=referral, ground=ground, reason="Prövat i dag")
    do(cast.soc, referral, V.SEND)
    rows = Disclosure.objects.filter(sections__leg__referral=referral)
    assert {(d.ground_id, d.reason, d.consent_row_id, d.recipient_id) for d in rows} == {
        (code, "Prövat i dag", None, desk.agency_id)
    }


def test_what_the_insured_permits_goes_to_forsakringskassan_only(cast: Cast, as_hat: AsHat) -> None:
    referral = draft(cast)
    permits = Ground.objects.get(pk="insured_permits")
    with pytest.raises(NotAllowed):
        actions.change_draft_ground(by=cast.soc, referral=referral, ground=permits, reason="Medger")
    client = as_hat(cast.soc)
    body = client.get(f"/remisser/{referral.pk}/grund/").content.decode()
    assert "harm_test" in body
    assert "insured_permits" not in body
    answer = client.post(f"/remisser/{referral.pk}/grund/", {"ground": "insured_permits", "reason": "Medger"})
    assert answer.status_code == 200
    assert referral.legs.get().ground_id == "consent"
    actions.readdress_draft(by=cast.soc, referral=referral, receiver=cast.fk_desk, kind=referral.kind)
    actions.change_draft_ground(by=cast.soc, referral=referral, ground=permits, reason="Medger")
    actions.readdress_draft(by=cast.soc, referral=referral, receiver=cast.psyk_desk, kind=referral.kind)
    assert referral.legs.get().ground_id == "consent"


# ---------- withdrawal ----------
def test_withdrawing_a_background_section_ends_just_that_section(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.ACCEPTED, health="Hemlig hälsa", social="Hemlig vardag")
    withdraw(cast, "health")
    referral.refresh_from_db()
    assert referral.state == S.ACCEPTED
    assert live(referral) == {"identity", "question", "social"}
    body = page(as_hat(cast.psyk), referral)
    assert "Hemlig hälsa" not in body
    for shown in ("Hemlig vardag", SECRET_TEXT, SECRET_NAME):
        assert shown in body


@pytest.mark.parametrize("code", ["identity", "question"])
@pytest.mark.parametrize("state", [S.SENT, S.RECEIVED, S.ACCEPTED, S.DECIDED, S.RETURNED, S.CLOSED])
def test_losing_identity_or_question_ends_an_open_referral_and_leaves_a_closed_one_unreadable(
    cast: Cast, as_hat: AsHat, state: ReferralState, code: str
) -> None:
    referral = bring_to(cast, state)
    number_of_events = referral.events.count()
    withdraw(cast, code)
    referral.refresh_from_db()
    assert referral.state == (S.CLOSED if state == S.CLOSED else S.WITHDRAWN)
    assert referral.events.count() == number_of_events + (state != S.CLOSED)
    assert code not in live(referral)
    body = page(as_hat(cast.psyk), referral)
    assert SECRET_TEXT not in body
    if code == "identity":
        assert SECRET_NAME not in body


def test_after_a_withdrawal_the_receiver_keeps_what_house_says_and_nothing_more(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.ACCEPTED, health="Hemlig hälsa")
    Referral.objects.filter(pk=referral.pk).update(answer_wished_on=WISHED)
    actions.decide_referral(by=cast.psyk, referral=referral, outcome=Outcome.PARTLY, text="Vårt eget svar")
    withdraw(cast, "identity", "question", "health")
    psyk = as_hat(cast.psyk)
    for piece in ("", "del/lage/", "del/huvud/", "del/sidan/"):
        body = page(psyk, referral, piece)
        for gone in (
            SECRET_TEXT,
            SECRET_NAME,
            "Åström",
            "Samtalskontakt",
            "Hemlig hälsa",
            WISHED.isoformat(),
            "Svar önskas",
        ):
            assert gone not in body, (piece, gone)
    body = page(psyk, referral)
    for kept in (
        referral.number,
        "Socialtjänsten Piteå",
        "Skickad",
        "Vårt eget svar",
        "Åtkomsten upphörde",
        "akt finns kvar",
    ):
        assert kept in body, kept
    assert psyk.get(f"/remisser/{referral.pk}/").headers["X-Access-Ended"] == "1"
    for path in ("/", "/remisser/?lage=alla", "/handelser/", "/idag/vantar/", "/idag/hant/"):
        body = psyk.get(path).content.decode()
        assert SECRET_NAME not in body
        assert "Samtalskontakt" not in body
    assert SECRET_TEXT in page(as_hat(cast.soc), referral)


def test_other_grounds_are_untouched_by_a_withdrawal(cast: Cast, as_hat: AsHat) -> None:
    give_consent(cast)
    referral = draft(cast)
    harm = Ground.objects.get(pk="harm_test")
    actions.change_draft_ground(by=cast.soc, referral=referral, ground=harm, reason="Prövat")
    do(cast.soc, referral, V.SEND)
    resting = bring_to(cast, S.SENT)
    withdraw(cast, "identity", "question")
    for each in (referral, resting):
        each.refresh_from_db()
    assert (referral.state, resting.state) == (S.SENT, S.WITHDRAWN)
    assert SECRET_TEXT in page(as_hat(cast.psyk), referral)


# ---------- expiry ----------
def later(days: int) -> datetime:
    return timezone.now() + timedelta(days=days)


@pytest.mark.parametrize("state", [S.SENT, S.ACCEPTED, S.CLOSED])
def test_when_a_consent_runs_out_access_ends_and_the_state_stays(
    cast: Cast, as_hat: AsHat, state: ReferralState
) -> None:
    referral = bring_to(cast, state)  # give_consent says 180 days
    Referral.objects.filter(pk=referral.pk).update(answer_wished_on=WISHED)
    with time_machine.travel(later(179), tick=False):
        assert SECRET_TEXT in page(as_hat(cast.psyk), referral)
    with time_machine.travel(later(181), tick=False):
        psyk = as_hat(cast.psyk)
        for path in (
            f"/remisser/{referral.pk}/",
            f"/remisser/{referral.pk}/del/lage/",
            "/remisser/?lage=alla",
            "/deltagare/",
        ):
            body = psyk.get(path).content.decode()
            assert SECRET_TEXT not in body
            assert SECRET_NAME not in body
        assert "Åtkomsten upphörde" in page(psyk, referral)
        assert SECRET_TEXT in page(as_hat(cast.soc), referral)
    referral.refresh_from_db()
    assert referral.state == state


def test_the_start_page_tells_no_wished_date_after_the_consent_has_run_out(cast: Cast) -> None:
    give_consent(cast, until=timezone.localdate() + timedelta(days=5))
    referral = draft(cast)
    soon = timezone.localdate() + timedelta(days=1)
    actions.save_draft(by=cast.soc, referral=referral, texts={"question": SECRET_TEXT}, answer_wished_on=soon)
    do(cast.soc, referral, V.SEND)
    assert [item.due_on for item in to_do(cast.psyk)[0]] == [soon]
    with time_machine.travel(later(6), tick=False):
        assert [item.due_on for item in to_do(cast.psyk)[0]] == [referral.due_on]


# ---------- the answer's direction ----------
def what_the_sender_meets(cast: Cast, as_hat: AsHat, pk: int) -> dict[str, tuple[int, str]]:
    """Everything soc and the coordinator can ask about a referral, and what each of soc's verbs answers."""
    own = f"/remisser/{pk}/"
    paths = [own, f"{own}del/lage/", f"{own}del/huvud/", f"{own}del/sidan/", "/", "/idag/hant/", "/handelser/"]
    paths += [f"/remisser/{query}" for query in ("", "?tur=deras", "?tur=var", "?lage=avslutade", "?lage=alla")]
    soc, coordinator = as_hat(cast.soc), as_hat(cast.coordinator)
    met = {path: soc.get(path) for path in [*paths, f"/deltagare/{cast.person.pk}/"]}
    met["/bevaka/"] = coordinator.get("/bevaka/")
    for path, data in (("aterta/", {"code": "wrong_receiver"}), ("avsluta/", {}), ("ratta/", {}), ("granska/", {})):
        with undone():
            met[path] = soc.post(own + path, data)
    return {
        path: (
            answer.status_code,
            re.sub(r'(name="(once|csrfmiddlewaretoken)" value)="[^"]*"', "", answer.content.decode()),
        )
        for path, answer in met.items()
    }


@pytest.mark.parametrize("further", [(V.ACCEPT,), (V.ACCEPT, V.DECIDE), (V.ACCEPT, V.DECIDE, V.CLOSE)], ids=str)
def test_silent_receivers_look_the_same_whatever_they_have_done_since(
    cast: Cast, as_hat: AsHat, further: tuple[Verb, ...]
) -> None:
    give_consent(cast, follow_up=True)
    silent, other = draft(cast), draft(cast)
    for each in (silent, other):
        actions.save_draft(by=cast.soc, referral=each, texts={"question": "?"}, answer_wished_on=WISHED)
        walk(cast, each, V.SEND, V.ACKNOWLEDGE, scope=AnswerScope.NONE)
    with time_machine.travel(later(3), tick=False):
        with undone():
            before = what_the_sender_meets(cast, as_hat, silent.pk)
        assert "Svar lämnas inte i Samverkansrum" in before[f"/remisser/{silent.pk}/"][1]
        with time_machine.travel(later(-1), tick=False):
            walk(cast, silent, *further, scope=AnswerScope.NONE)
        after = what_the_sender_meets(cast, as_hat, silent.pk)
    tells = {path: difference(before[path], after[path]) for path in before if before[path] != after[path]}
    for path, lines in tells.items():
        print(path, *lines, sep="\n  ")  # what a failure shows
    assert set(tells) == set(), "these tell the sender what the receiver has done"


def difference(old: tuple[int, str], new: tuple[int, str]) -> list[str]:
    lines = difflib.unified_diff(old[1].splitlines(), new[1].splitlines(), n=0, lineterm="")
    return [f"{old[0]} → {new[0]}", *(line[:160] for line in lines if not line.startswith(("---", "+++", "@@")))][:6]


def test_a_later_tick_shows_the_sender_what_has_been_done(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.DECIDED, scope=AnswerScope.NONE)
    assert referral.turn == cast.psyk_desk
    soc = as_hat(cast.soc)
    assert "Beviljad" not in page(soc, referral)
    actions.allow_answer(by=cast.psyk, referral=referral, scope=AnswerScope.STATUS)
    assert "Beviljad" in page(soc, referral)
    referral.refresh_from_db()
    assert (referral.state, referral.turn) == (S.DECIDED, cast.soc_desk)
    do(cast.soc, referral, V.CLOSE)


def test_what_the_sender_noted_becomes_a_ground_by_the_tick_and_not_before(cast: Cast) -> None:
    consent = give_consent(cast, back=("status", "answer"))
    referral = walk(cast, draft(cast), V.SEND)
    back = Disclosure.objects.filter(discloser=cast.psyk.agency)
    assert not back.exists()
    walk(cast, referral, V.ACKNOWLEDGE)
    assert {d.category_id: d.consent_row_id for d in back} == {
        row.category_id: row.pk for row in consent.rows.filter(discloser=cast.psyk.agency)
    }
    assert {(d.recipient_id, d.officer_id) for d in back} == {(cast.soc.agency_id, cast.psyk.pk)}
    assert Consent.objects.count() == 1


def test_a_tick_without_anything_noted_records_the_receivers_own_consent(cast: Cast) -> None:
    bring_to(cast, S.RECEIVED, scope=AnswerScope.STATUS)
    consent = Consent.objects.get(agency=cast.psyk.agency)
    assert (consent.form, consent.obtained_by) == (ConsentForm.ORAL, cast.psyk)
    row = consent.rows.get()
    assert (row.discloser_id, row.recipient_id, row.category_id) == (cast.psyk.agency_id, cast.soc.agency_id, "status")


@pytest.mark.parametrize("scope", [AnswerScope.NONE, AnswerScope.STATUS])
def test_text_goes_back_only_with_leave(cast: Cast, scope: AnswerScope) -> None:
    referral = bring_to(cast, S.ACCEPTED, scope=scope)
    before = footprint()
    with pytest.raises(NotAllowed):
        actions.decide_referral(by=cast.psyk, referral=referral, outcome=Outcome.GRANTED, text="Svar")
    assert footprint() == before
    actions.allow_answer(by=cast.psyk, referral=referral, scope=ALL)
    actions.decide_referral(by=cast.psyk, referral=referral, outcome=Outcome.GRANTED, text="Svar")
    assert ReferralSection.objects.get(category="answer", text="Svar").disclosure is not None


def test_sending_back_takes_leave_to_tell_the_status(cast: Cast) -> None:
    referral = bring_to(cast, S.RECEIVED, scope=AnswerScope.NONE)
    with pytest.raises(NotAllowed):
        actions.return_referral(by=cast.psyk, referral=referral, code=ReturnCode.OTHER)
    actions.allow_answer(by=cast.psyk, referral=referral, scope=AnswerScope.STATUS)
    actions.return_referral(by=cast.psyk, referral=referral, code=ReturnCode.OTHER)


def test_whoever_has_the_turn_can_act_also_after_the_answers_ground_is_lost(cast: Cast, as_hat: AsHat) -> None:
    give_consent(cast, back=("status",))
    referral = walk(cast, draft(cast), V.SEND, V.ACKNOWLEDGE, V.ACCEPT, V.DECIDE, scope=AnswerScope.STATUS)
    withdraw(cast, "status")
    referral.refresh_from_db()
    assert (referral.state, referral.turn) == (S.DECIDED, cast.soc_desk)
    assert "Avsluta remissen" in page(as_hat(cast.soc), referral)
    do(cast.soc, referral, V.CLOSE)
    assert referral.state == S.CLOSED


def test_recalling_ends_all_that_the_receiver_was_told(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.SENT, health="Hemlig hälsa")
    assert live(referral) == {"identity", "question", "health"}
    do(cast.soc, referral, V.RECALL)
    assert live(referral) == set()
    body = page(as_hat(cast.psyk), referral)
    for gone in (SECRET_NAME, SECRET_TEXT, "Hemlig hälsa", "Samtalskontakt"):
        assert gone not in body
    assert referral.number in body
