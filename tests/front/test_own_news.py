"""The participant's page: what is new stands first, what was done is said where it was done, nothing agreed is lost."""

import re

import pytest
from django.urls import reverse

from meetings.actions.agreement_sending import withdraw_copies
from meetings.actions.requests import answer_request
from meetings.models import AgreementCopy, ConversationRequest, Invitation, TimeOption
from meetings.states import ConversationState
from tests.cast import Cast
from tests.front.own_stage import OWN, make_stage, sent_agreement
from tests.meetings.cast import in_days
from tests.meetings.talks import make_talk

S = ConversationState
pytestmark = pytest.mark.django_db


def test_what_was_just_done_is_said_in_the_conversation_it_was_done_to(cast: Cast) -> None:
    stage = make_stage(cast)
    second = make_talk(cast, S.INVITED, days=20, with_fk=True)
    own = Invitation.objects.get(party=second.parties["participant"])
    sent = stage.phone.client.post(reverse("own_answer", args=[own.pk]), {"answer": "coming"})
    pk = second.conversation.pk
    assert sent.headers["Location"] == f"{OWN}?sagt=kommer&om={pk}#samtal-{pk}"
    page = stage.page(sent.headers["Location"].partition("#")[0])
    assert page.count("Ditt svar är skickat.") == 1
    assert page.index(f'id="samtal-{pk}"') < page.index("Ditt svar är skickat.") < page.index("Mina frågor")
    assert "Ditt svar" not in stage.page(f"{OWN}?sagt=kommer&om={10**15}")


def test_what_is_new_stands_first_with_a_way_to_it(cast: Cast) -> None:
    stage = make_stage(cast, S.HELD)
    assert "Nytt till dig" not in stage.page()
    sent_agreement(stage)
    stage.phone.client.post(reverse("own_wish"), {"text": "Jag vill byta tid."})
    answer_request(by=cast.soc, request=ConversationRequest.objects.get(), accepted=False, answer="Vi ses ju snart.")
    second = make_talk(cast).conversation
    TimeOption.objects.create(conversation=second, starts_at=in_days(5, 10), ends_at=in_days(5, 11))
    copy = AgreementCopy.objects.get(party=stage.talk.parties["participant"])
    news = stage.page().partition("Nytt till dig")[2].partition("</section>")[0]
    assert re.findall(r'href="([^"]+)"', news) == [
        f"#samtal-{second.pk}",
        f"?om={copy.pk}#bestamt-{copy.pk}",
        "#be-om",
    ]
    for part in re.findall(r'href="[^"#]*#([^"]+)"', news):
        assert f'id="{part}"' in stage.page(), part
    stage.phone.client.post(reverse("own_agree", args=[copy.pk]))
    news = stage.page().partition("Nytt till dig")[2].partition("</section>")[0]
    assert "bestamt" not in news and "be-om" in news


def test_earlier_agreements_are_kept_under_their_day_and_can_still_be_answered(cast: Cast) -> None:
    stage = make_stage(cast, S.HELD, days=-9)
    first = sent_agreement(stage)
    old = AgreementCopy.objects.get(version=first, party=stage.talk.parties["participant"])
    stage.talk = make_talk(cast, S.HELD, days=-1)
    second = sent_agreement(stage)
    page = stage.page()
    newest = AgreementCopy.objects.get(version=second, party=stage.talk.parties["participant"])
    order = [f'id="bestamt-{newest.pk}"', "<h3>Tidigare</h3>", f'id="bestamt-{old.pk}"']
    assert [page.index(part) for part in order] == sorted(page.index(part) for part in order)
    assert f'id="bestamt-{old.pk}" open' in page  # an answer to it is asked for
    sent = stage.phone.client.post(reverse("own_agree", args=[old.pk]))
    assert sent.headers["Location"] == f"{OWN}?sagt=stammer&om={old.pk}#bestamt-{old.pk}"
    assert f'id="bestamt-{old.pk}" open' not in stage.page()
    assert f'id="bestamt-{old.pk}" open' in stage.page(f"{OWN}?om={old.pk}")
    own = [stage.talk.parties["participant"]]
    withdraw_copies(by=cast.soc, conversation=stage.talk.fresh(), parties=own, reason="Fel text.")
    assert "Varför: Fel text." in stage.page() and f'id="bestamt-{old.pk}"' in stage.page()
    assert f'id="bestamt-{newest.pk}"' not in stage.page()
