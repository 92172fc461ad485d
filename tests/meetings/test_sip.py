"""A SIP is sent with its four mandatory parts and a day to follow it up, and never without one of them (L20)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meetings.actions import sections
from meetings.actions.agreement_sending import send_agreement
from meetings.actions.sections import Common
from meetings.models import Agreement, AgreementVersion, Commitment
from meetings.queries.agreement_drafts import common_version
from meetings.queries.agreement_lacks import lacks_of
from meetings.states import ConversationKind, ConversationState
from tests.cast import Cast
from tests.meetings.agreement_stage import NEEDS, OTHERS, sent_talk, share_all, write_all
from tests.meetings.talks import Talk, make_talk
from workspace.errors import NotAllowed
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
SIP = ConversationKind.SIP


def whole(cast: Cast, *, with_fk: bool = False) -> Talk:
    talk = make_talk(cast, ConversationState.HELD, kind=SIP, with_fk=with_fk)
    write_all(talk)
    share_all(talk)
    return talk


def test_a_sip_with_all_its_parts_is_sent_and_says_them(cast: Cast, as_hat: AsHat) -> None:
    _, version = sent_talk(cast, kind=SIP)
    head = version.content["head"]
    assert (head["needs"], head["others"], head["lead"]) == (NEEDS, OTHERS, "Socialtjänsten Piteå")
    page = as_hat(cast.psyk).get(reverse("agreement", args=[version.agreement.conversation_id])).content.decode()
    for words in ("Samordnad individuell plan", NEEDS, OTHERS, "Leder planen", "Planen följs upp"):
        assert words in page


@pytest.mark.parametrize(
    ("gone", "sentence"),
    [
        ({"needs": ""}, "Skriv vilka insatser som behövs."),
        ({"others": ""}, "Skriv vad andra gör"),
        ({"lead": None}, "Välj vem som leder planen"),
        ({"next_on": None}, "Skriv vilken dag planen följs upp."),
    ],
)
def test_without_one_of_them_it_is_not_sent(cast: Cast, as_hat: AsHat, gone: dict[str, Any], sentence: str) -> None:
    talk = whole(cast)
    Agreement.objects.update(**gone)
    page = as_hat(cast.soc).get(reverse("send_agreement", args=[talk.conversation.pk])).content.decode()
    assert sentence in page
    with pytest.raises(NotAllowed, match=sentence[:20]):
        send_agreement(by=cast.soc, conversation=talk.fresh(), no_words=True, no_next=True)
    assert not AgreementVersion.objects.exists()


@pytest.mark.parametrize("name", ["soc", "psyk"])
def test_each_principal_says_what_it_does(cast: Cast, name: str) -> None:
    talk = whole(cast, with_fk=True)
    Commitment.objects.filter(section__party=talk.parties[name]).delete()
    assert len(lacks_of(Agreement.objects.get())) == 1
    with pytest.raises(NotAllowed):
        send_agreement(by=cast.soc, conversation=talk.fresh())


def test_whoever_is_no_principal_has_no_duty_in_it(cast: Cast) -> None:
    talk = whole(cast, with_fk=True)
    Commitment.objects.filter(section__party=talk.parties["fk"]).delete()
    assert lacks_of(Agreement.objects.get()) == []
    send_agreement(by=cast.soc, conversation=talk.fresh())


def test_it_is_led_by_the_municipality_or_the_region(cast: Cast, as_hat: AsHat) -> None:
    talk = whole(cast, with_fk=True)
    agreement = Agreement.objects.get()
    common = Common(goals="Mål", needs="B", others="A", lead=cast.fk.agency, next_on=timezone.localdate())
    with pytest.raises(NotAllowed, match="kommunen eller regionen"):
        sections.write_common(by=cast.soc, conversation=talk.fresh(), common=common, version=common_version(agreement))
    address = reverse("write_common", args=[talk.conversation.pk])
    data = {"needs": "B", "others": "A", "goals": "", "next_on": "", "base": common_version(agreement)}
    for lead, status in ((cast.fk.agency_id, 422), ("9" * 30, 422), (cast.psyk.agency_id, 302)):
        assert as_hat(cast.soc).post(address, {**data, "lead": str(lead)}).status_code == status
    agreement.refresh_from_db()
    assert agreement.lead == cast.psyk.agency


def test_an_ordinary_conversation_asks_for_none_of_it(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    page = as_hat(cast.soc).get(reverse("write_common", args=[talk.conversation.pk])).content.decode()
    assert 'name="needs"' not in page and 'name="lead"' not in page and 'name="goals"' in page
