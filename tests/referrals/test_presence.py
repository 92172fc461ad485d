"""«Mottagaren har den öppen»: by agency, only where both sides may know, and gone by itself after 75 seconds."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from referrals import actions
from referrals.models import Referral, ReferralPresence
from referrals.states import AnswerScope, ReferralState, Side, Verb
from tests.cast import SECRET_NAME, Cast, give_consent
from tests.referrals.journeys import bring_to, footprint, undone, walk, withdraw
from workspace.models import Agency, Disclosure
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
S = ReferralState
THEIRS = {Side.SENDER: "Mottagaren har den öppen", Side.RECEIVER: "Avsändaren har den öppen"}
# Where the receiver has said that it may tell, and the referral goes on.
KNOWN = {
    *(S.RECEIVED, S.ACCEPTED, S.IN_PROGRESS, S.WAITING, S.DECIDED),
    *(S.RETURNED, S.REDIRECTED, S.CANCEL_ASKED),
}


def everybody(cast: Cast) -> dict[str, Hat]:
    roles: dict[str, Hat] = {"coordinator": cast.coordinator, "chair": cast.chair}
    return {**cast.members, **roles, "two_hats": cast.two_hats[0]}


def shown(client: Client, referral: Referral) -> str:
    """What the line says; "404" for whoever has no such page."""
    answer = client.get(reverse("presence_fragment", args=[referral.pk]))
    if answer.status_code == 404:
        return "404"
    text = answer.content.decode()
    return next((words for words in THEIRS.values() if words in text), "")


def say(client: Client, referral: Referral, **data: str) -> int:
    return client.post(reverse("say_referral_open", args=[referral.pk]), data).status_code


def both_open(cast: Cast, as_hat: AsHat, referral: Referral) -> None:
    """Everybody who has the address says that it is open to them, whatever that is worth."""
    for hat in everybody(cast).values():
        say(as_hat(hat), referral)


# ---------- all roles and all states ----------
@pytest.mark.embedded
def test_each_side_is_shown_where_both_may_know_and_to_nobody_else(cast: Cast, as_hat: AsHat) -> None:
    clients = {name: as_hat(hat) for name, hat in everybody(cast).items()}
    outside = {name: "404" for name in ("fk", "outsider", "two_hats", "coordinator", "chair")}
    for state in ReferralState:
        with undone():
            referral = bring_to(cast, state)
            for name in ("soc_manager", "psyk_manager"):
                clients[name].post(reverse("open_with_reason", args=[referral.pk]), {"reason": "Klagomål"})
            for client in clients.values():
                say(client, referral)
            found = {name: shown(client, referral) for name, client in clients.items()}
            sides = {"soc": Side.SENDER, "soc_2": Side.SENDER, "psyk": Side.RECEIVER, "psyk_2": Side.RECEIVER}
            for name, side in sides.items():
                if state in KNOWN:
                    assert found[name] == THEIRS[side], (state, name)
                else:
                    assert found[name] in {"", "404"}, (state, name)
            assert {name: found[name] for name in outside} == outside, state
            assert found["soc_manager"] in {"", "404"} and found["psyk_manager"] in {"", "404"}, state
            kept = set(ReferralPresence.objects.values_list("side", flat=True))
            assert kept == ({Side.SENDER, Side.RECEIVER} if state in KNOWN else set()), state


@pytest.mark.embedded
@pytest.mark.parametrize("state", [S.SENT, S.RECEIVED, S.ACCEPTED, S.IN_PROGRESS, S.DECIDED])
def test_a_receiver_that_tells_nothing_is_not_seen_and_sees_nothing(cast: Cast, as_hat: AsHat, state: S) -> None:
    referral = bring_to(cast, state, scope=AnswerScope.NONE)
    both_open(cast, as_hat, referral)
    assert [shown(as_hat(hat), referral) for hat in (cast.soc, cast.psyk)] == ["", ""]
    assert not ReferralPresence.objects.exists(), "nothing is kept that may not be known"


def test_managers_with_a_reason_and_roles_are_neither_shown_nor_counted(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.ACCEPTED)
    manager = as_hat(cast.psyk_manager)
    manager.post(reverse("open_with_reason", args=[referral.pk]), {"reason": "Klagomål"})
    say(as_hat(cast.soc), referral)
    page = manager.get(reverse("referral", args=[referral.pk])).content.decode()
    assert "data-presence" not in page and THEIRS[Side.RECEIVER] not in page
    assert shown(manager, referral) == "" and say(manager, referral) == 200
    assert shown(as_hat(cast.soc), referral) == "", "the manager is nobody's presence"
    for role in (cast.coordinator, cast.chair):
        assert shown(as_hat(role), referral) == "404" and say(as_hat(role), referral) == 404


def test_an_outsider_gets_the_same_as_for_one_that_does_not_exist(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.ACCEPTED)
    both_open(cast, as_hat, referral)
    for name in ("presence_fragment", "say_referral_open"):
        for hat in (cast.outsider, cast.fk):
            ask = as_hat(hat).post if name == "say_referral_open" else as_hat(hat).get
            found, missing = (ask(reverse(name, args=[pk])) for pk in (referral.pk, 10**15))
            assert (found.status_code, found.content) == (404, missing.content), (name, hat)


# ---------- it ends ----------
@pytest.mark.embedded
def test_it_is_gone_75_seconds_after_the_last_word_without_anything_being_run(cast: Cast, as_hat: AsHat) -> None:
    referral, soc = bring_to(cast, S.ACCEPTED), as_hat(cast.soc)
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        say(as_hat(cast.psyk), referral)
        row = ReferralPresence.objects.get()
        clock.shift(timedelta(seconds=40))
        text = soc.get(reverse("presence_fragment", args=[referral.pk])).content.decode()
        assert 'data-left="35"' in text, "the page knows how long it holds"
        say(as_hat(cast.psyk_2), referral)  # a colleague: the agency has it open still
        clock.shift(timedelta(seconds=74))
        assert shown(soc, referral) == THEIRS[Side.SENDER]
        say(as_hat(cast.psyk), referral, leaving="1")  # one of several pages closes: that is no word
        clock.shift(timedelta(seconds=2))
        assert shown(soc, referral) == ""
    assert ReferralPresence.objects.get().pk == row.pk, "one row for a side, whoever says it"


def test_it_ends_with_the_consent_the_leave_and_the_agency(cast: Cast, as_hat: AsHat) -> None:
    soc, psyk = as_hat(cast.soc), as_hat(cast.psyk)
    referral = bring_to(cast, S.ACCEPTED)
    both_open(cast, as_hat, referral)
    assert shown(soc, referral) and shown(psyk, referral)
    disclosed = {"question": cast.soc, "identity": cast.soc, "status": cast.psyk}
    for category, teller in disclosed.items():
        for ended in ({"ended_at": timezone.now()}, {"ends_at": timezone.now()}):
            with undone():
                if "ends_at" in ended:
                    with time_machine.travel(timezone.now() + timedelta(days=400), tick=False):
                        both_open(cast, as_hat, referral)
                        assert [shown(one, referral) for one in (soc, psyk)] == ["", ""]
                else:
                    Disclosure.objects.filter(category=category, discloser=teller.agency).update(
                        **ended, ended_why="withdrawn"
                    )
                    assert [shown(one, referral) for one in (soc, psyk)] == ["", ""], category
    for agency in (cast.soc.agency, cast.psyk.agency):
        with undone():
            Agency.objects.filter(pk=agency.pk).update(left_on=timezone.localdate())
            assert not {shown(one, referral) for one in (soc, psyk)} & set(THEIRS.values())
    withdraw(cast, "identity", "question")
    assert [shown(one, referral) for one in (soc, psyk)] == ["", ""]


# ---------- who had it before ----------
def sent_on(cast: Cast) -> Referral:
    """Sent back by psyk, and sent to fk instead, on a consent that lets it tell."""
    referral = walk(cast, bring_to(cast, S.RETURNED), Verb.REVISE)
    give_consent(cast, recipient=cast.fk.agency, back=("status", "answer"))
    actions.readdress_draft(by=cast.soc, referral=referral, receiver=cast.fk_desk, kind=referral.kind)
    return walk(cast, referral, Verb.SEND)


def test_a_former_receiver_neither_sees_nor_is_seen(cast: Cast, as_hat: AsHat) -> None:
    referral = sent_on(cast)
    both_open(cast, as_hat, referral)
    assert {shown(as_hat(hat), referral) for hat in (cast.soc, cast.psyk, cast.fk)} == {""}
    fk = as_hat(cast.fk)
    fk.post(reverse("referral_acknowledge", args=[referral.pk]), {"scope": AnswerScope.STATUS_AND_TEXT})
    both_open(cast, as_hat, referral)
    found = [shown(as_hat(hat), referral) for hat in (cast.soc, cast.psyk, cast.fk)]
    referral.refresh_from_db()
    assert referral.receiver == cast.fk_desk and found == [THEIRS[Side.SENDER], "", THEIRS[Side.RECEIVER]]


# ---------- no act ----------
def test_it_leaves_no_history_no_audit_and_no_notice_and_names_nobody(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.ACCEPTED)
    soc, psyk = as_hat(cast.soc), as_hat(cast.psyk)
    before = footprint()
    for client in (psyk, soc, psyk):
        answer = client.post(reverse("say_referral_open", args=[referral.pk]))
        text = answer.content.decode()
        assert answer.status_code == 200 and "har-oppen" in text
        for secret in (SECRET_NAME, cast.psyk.user.first_name, cast.soc.user.first_name, cast.psyk.agency.name):
            assert secret not in text
        shown(client, referral)
    assert footprint() == before


def test_a_word_costs_as_much_whoever_has_said_it_before(cast: Cast, as_hat: AsHat) -> None:
    referral, psyk = bring_to(cast, S.ACCEPTED), as_hat(cast.psyk)
    say(psyk, referral)
    costs = []
    for _ in range(2):
        say(as_hat(cast.soc), referral)
        with CaptureQueriesContext(connection) as seen:
            say(psyk, referral)
        costs.append(len(seen))
    assert costs[0] == costs[1] < 30
