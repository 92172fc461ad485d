"""An agreement that was sent wrongly is taken back, so that nothing of it can be read."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from meetings.actions.agreement_sending import correct_agreement, send_agreement
from meetings.actions.agreements import answer_agreement
from meetings.models import Agreement, AgreementAnswer, AgreementCopy
from meetings.queries.commitments import commitments_owed
from notifications.models import Notification
from tests.cast import Cast
from tests.meetings.agreement_stage import GOALS, TASKS, TEXTS, Told, copy_of, member_of, sent_talk, withdraw
from tests.meetings.talks import OWN_WORDS, Talk, make_phone
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import AuditEntry, Disclosure
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]


def at(name: str, talk: Talk, *more: int) -> str:
    return reverse(name, args=[talk.conversation.pk, *more])


def state() -> str:
    return Agreement.objects.get().state


def test_sent_to_the_wrong_agency_is_taken_back_so_that_nothing_is_readable(cast: Cast, as_hat: AsHat) -> None:
    talk, _ = sent_talk(cast, with_fk=True)
    told = Told(cast)
    withdraw(talk, ["fk"])
    assert told.now() == {"agreement.withdrawn": {"fk"}}
    open_ones = Notification.objects.filter(membership=cast.fk, closed_at=None, kind__startswith="agreement.")
    assert set(open_ones.values_list("kind", flat=True)) == {"agreement.withdrawn"}
    client = as_hat(cast.fk)
    page = client.get(at("agreement", talk)).content.decode()
    assert "återkallad" in page and "Den gick till fel myndighet" in page and TEXTS["fk"] in page
    fragment = client.get(at("agreement_fragment", talk) + "?version=1")
    assert fragment.headers["X-Access-Ended"] == "1"
    for text in (page, fragment.content.decode()):
        assert not [word for word in (OWN_WORDS, GOALS, TEXTS["soc"], TEXTS["psyk"], TASKS["psyk"]) if word in text]
    assert client.get(at("agreement_version", talk, 1)).status_code == 404
    assert client.post(at("agreement_pdf", talk, 1)).status_code == 404
    assert client.post(at("answer_agreement", talk, 1), {"verdict": "confirmed"}).status_code == 404
    ended = Disclosure.objects.filter(recipient=cast.fk.agency, ended_why="recalled")
    assert ended.count() == 2 and commitments_owed(cast.fk) == []
    assert AuditEntry.objects.filter(what="conversation.agreement_withdraw").count() == 1
    with pytest.raises(SomebodyWasFaster):
        withdraw(talk, ["fk"])


def test_the_one_it_was_taken_back_from_is_not_waited_for(cast: Cast) -> None:
    talk, version = sent_talk(cast, with_fk=True)
    for name in ("soc", "psyk"):
        answer_agreement(by=member_of(cast, name), copy=copy_of(version, talk, name), verdict="confirmed")
    answer_agreement(by=cast.soc, copy=copy_of(version, talk, "participant"), verdict="confirmed", way="phone")
    told = Told(cast)
    withdraw(talk, ["fk"])
    assert state() == "confirmed"
    assert told.now() == {"agreement.withdrawn": {"fk"}, "agreement.confirmed": {"psyk"}}


def test_a_correction_after_it_does_not_go_to_the_wrong_agency_again(cast: Cast) -> None:
    talk, _ = sent_talk(cast, with_fk=True)
    withdraw(talk, ["fk"])
    correct_agreement(by=cast.soc, conversation=talk.fresh(), reason="Gick fel")
    told = Told(cast)
    second = send_agreement(by=cast.soc, conversation=talk.fresh())
    assert told.now() == {"agreement.corrected": {"psyk"}}
    assert not AgreementCopy.objects.filter(version=second, party=talk.parties["fk"]).exists()
    assert TEXTS["fk"] not in str(second.content)


def test_it_is_never_taken_back_from_the_convener_and_always_with_a_reason(cast: Cast, as_hat: AsHat) -> None:
    talk, _ = sent_talk(cast)
    with pytest.raises(NotAllowed, match="Er egen myndighet"):
        withdraw(talk, ["soc"])
    got = as_hat(cast.soc).post(at("withdraw_agreement", talk), {"parties": "9" * 30, "reason": ""})
    assert got.status_code == 422
    assert not AgreementCopy.objects.exclude(withdrawn_at=None).exists()


def test_the_participants_copy_can_be_taken_back_and_the_next_version_goes_to_them(cast: Cast) -> None:
    talk, version = sent_talk(cast)
    withdraw(talk, ["participant"])
    phone = make_phone(cast)
    with pytest.raises(NotAllowed, match="återkallad"):
        answer_agreement(by=phone.browser, copy=copy_of(version, talk, "participant"), verdict="confirmed")
    correct_agreement(by=cast.soc, conversation=talk.fresh(), reason="Fel uppgift")
    second = send_agreement(by=cast.soc, conversation=talk.fresh())
    answer_agreement(by=phone.browser, copy=copy_of(second, talk, "participant"), verdict="confirmed")
    assert AgreementAnswer.objects.count() == 1
