"""Anybody with a part in it can ask for a conversation, and is answered (R11)."""

from typing import Any

import pytest
from django.urls import reverse

from meetings.actions.requests import answer_request, request_conversation
from meetings.models import Conversation, ConversationRequest
from meetings.states import ConversationState
from notifications.models import Notification
from tests.cast import SECRET_NAME, Cast, make_participant
from tests.meetings.talk_tools import (
    EVERYBODY,
    AsHat,
    hats,
    kinds_told,
    leaks,
    mails,
    newest,
    pks,
    talk_form,
    told,
    wants_mail,
)
from tests.meetings.talks import Talk, make_phone, make_talk
from workspace import actions
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.front.actions.consents import withdraw_consent
from workspace.models import AuditEntry

pytestmark = pytest.mark.django_db
S = ConversationState
WHY = "Hemligt skäl till samtalet"


def asked(talk: Talk) -> ConversationRequest:
    return request_conversation(by=talk.cast.psyk, participant=talk.person, reason=WHY, earlier=talk.conversation)


def own_wish(cast: Cast) -> ConversationRequest:
    return request_conversation(by=make_phone(cast).browser, participant=cast.person, reason=WHY)


@pytest.mark.parametrize("state", list(S))
def test_a_party_asks_from_an_earlier_one_and_the_convener_alone_is_told(
    cast: Cast, as_hat: AsHat, state: ConversationState
) -> None:
    talk = make_talk(cast, state, with_fk=True)
    path = reverse("ask_conversation", args=[talk.conversation.pk])
    assert "Skriv varför det behövs" in as_hat(cast.psyk).post(path, {"reason": " "}).content.decode()
    assert as_hat(cast.psyk).post(path, {"reason": WHY}).status_code == 302
    wish = ConversationRequest.objects.get()
    assert (wish.member_id, wish.earlier_id, wish.state) == (cast.psyk.pk, talk.conversation.pk, "waiting")
    assert kinds_told() == {"request.asked"} and told("request.asked", wish.pk) == pks(cast.soc)
    row = Notification.objects.get()
    assert row.acting_agency_id is None and SECRET_NAME not in row.number
    page = as_hat(cast.psyk).get(reverse("conversation", args=[talk.conversation.pk])).content.decode()
    assert "Er önskan om ett samtal" in page and "Önska ett nytt samtal" not in page
    theirs = as_hat(cast.fk).get(reverse("conversation", args=[talk.conversation.pk])).content.decode()
    assert "Er önskan" not in theirs and WHY not in theirs


def test_who_stands_in_for_the_convener_is_told_and_the_desk_where_nobody_does(cast: Cast) -> None:
    talk = make_talk(cast)
    from_today = {"from_on": talk.conversation.made_at.date(), "to_on": talk.conversation.made_at.date()}
    actions.register_absence(by=cast.soc, **from_today, stand_in=cast.soc_2)
    asked(talk)
    assert told("request.asked") == pks(cast.soc_2)


def test_the_participant_asks_and_those_at_the_own_desk_are_told(cast: Cast) -> None:
    make_talk(cast)
    wish = own_wish(cast)
    assert wish.browser_id and wish.member_id is None and wish.earlier_id is None
    assert told("request.asked", wish.pk) == pks(cast.soc, cast.soc_2) and kinds_told() == {"request.asked"}
    assert AuditEntry.objects.filter(what="request.ask", browser_id=wish.browser_id).count() == 1


@pytest.mark.parametrize("name", [name for name in EVERYBODY if name not in {"psyk", "psyk_2"}])
def test_nobody_without_a_part_in_it_can_ask(cast: Cast, as_hat: AsHat, name: str) -> None:
    talk = make_talk(cast)
    client, path = as_hat(hats(cast)[name]), reverse("ask_conversation", args=[talk.conversation.pk])
    for answer in (client.get(path), client.post(path, {"reason": WHY})):
        assert answer.status_code == 404 and leaks(answer.content) == []
    hat = hats(cast)[name]
    if name not in {"coordinator", "chair"}:
        with pytest.raises(NotAllowed):
            request_conversation(by=hat, participant=cast.person, reason=WHY, earlier=talk.conversation)  # type: ignore[arg-type]
    assert not ConversationRequest.objects.exists() and kinds_told() == set()


def test_an_agency_that_lost_it_and_another_persons_phone_can_not_ask(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast)
    other = make_phone(cast, make_participant(cast.soc_desk, "Någon", "Annan")).browser
    with pytest.raises(NotAllowed):
        request_conversation(by=other, participant=cast.person, reason=WHY)
    with pytest.raises(NotAllowed):
        request_conversation(by=cast.psyk, participant=other.participant, reason=WHY, earlier=talk.conversation)
    consent = talk.consents[cast.psyk.agency_id]
    withdraw_consent(by=cast.soc, consent=consent, row_ids=list(consent.rows.values_list("pk", flat=True)))
    with pytest.raises(NotAllowed):
        asked(talk)
    assert as_hat(cast.psyk).get(reverse("ask_conversation", args=[talk.conversation.pk])).status_code == 404


def test_one_wish_at_a_time_per_asker(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, with_fk=True)
    first = asked(talk)
    path = reverse("ask_conversation", args=[talk.conversation.pk])
    page = as_hat(cast.psyk_2).post(path, {"reason": "Ett annat skäl"}).content.decode()
    assert "Ni har redan önskat ett samtal." in page and "Ett annat skäl" in page
    phone = make_phone(cast)
    request_conversation(by=phone.browser, participant=cast.person, reason=WHY)
    with pytest.raises(NotAllowed, match="Du har redan önskat"):
        request_conversation(by=phone.browser, participant=cast.person, reason=WHY)
    request_conversation(by=cast.fk, participant=cast.person, reason=WHY, earlier=talk.conversation)
    answer_request(by=cast.soc, request=first, accepted=False, answer="Inte nu")
    asked(talk)
    assert ConversationRequest.objects.count() == 4


# ---------- answered ----------
def test_a_no_needs_words_and_is_told_to_who_asked(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, with_fk=True)
    wish = asked(talk)
    path, client = reverse("answer_request", args=[wish.pk]), as_hat(cast.soc)
    assert WHY in client.get(path).content.decode()
    assert "Skriv varför det inte blir" in client.post(path, {"accepted": "0"}).content.decode()
    assert "Välj ja eller nej" in client.post(path, {"accepted": "9", "answer": "x"}).content.decode()
    Notification.objects.all().delete()
    assert client.post(path, {"accepted": "0", "answer": "Vi väntar till maj"}).status_code == 302
    assert kinds_told() == {"conversation.request_answered"}
    assert told("conversation.request_answered", talk.conversation.pk) == pks(cast.psyk)
    page = as_hat(cast.psyk).get(reverse("conversation", args=[talk.conversation.pk])).content.decode()
    assert "Vi väntar till maj" in page and "blir inte av" in page
    assert "Vi väntar" not in as_hat(cast.fk).get(reverse("conversation", args=[talk.conversation.pk])).content.decode()
    with pytest.raises(SomebodyWasFaster):
        answer_request(by=cast.soc_2, request=wish, accepted=True, answer="")


def test_a_yes_leads_to_the_form_and_the_conversation_says_what_it_came_of(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.HELD)
    wish = asked(talk)
    client = as_hat(cast.soc)
    answer = client.post(reverse("answer_request", args=[wish.pk]), {"accepted": "1", "answer": ""})
    form = f"{reverse('new_conversation', args=[cast.person.pk])}?onskan={wish.pk}"
    assert answer["Location"] == form and WHY in client.get(form).content.decode()
    assert told("conversation.request_answered", talk.conversation.pk) == pks(cast.psyk)
    assert client.post(form, talk_form((cast.psyk_desk, cast.psyk))).status_code == 302
    wish.refresh_from_db()
    assert wish.led_to == newest() and wish.state == "accepted"
    assert told("conversation.request_answered") == pks(cast.psyk)  # answered once


def test_planning_straight_from_a_waiting_wish_answers_it(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.HELD)
    wish = asked(talk)
    form = f"{reverse('new_conversation', args=[cast.person.pk])}?onskan={wish.pk}"
    as_hat(cast.soc).post(form, talk_form((cast.psyk_desk, cast.psyk)))
    wish.refresh_from_db()
    assert (wish.state, wish.answered_by_id, wish.led_to_id) == ("accepted", cast.soc.pk, newest().pk)
    assert told("conversation.request_answered") == told("conversation.added") == pks(cast.psyk)


def test_a_wish_of_another_participant_is_not_taken_for_this_ones(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.HELD)
    wish = asked(talk)
    other = make_participant(cast.soc_desk, "Någon", "Annan")
    form = f"{reverse('new_conversation', args=[other.pk])}?onskan={wish.pk}"
    assert WHY not in as_hat(cast.soc).get(form).content.decode()


def test_the_participant_hears_that_there_is_an_answer(cast: Cast) -> None:
    wants_mail(cast.person)
    wish = own_wish(cast)
    Notification.objects.all().delete()
    answer_request(by=cast.soc_2, request=wish, accepted=False, answer="Vi ses redan i maj")
    assert mails(cast.person) == 1 and kinds_told() == set()


def test_an_answer_is_not_told_to_an_agency_that_lost_the_conversation(cast: Cast) -> None:
    talk = make_talk(cast)
    wish = asked(talk)
    consent = talk.consents[cast.psyk.agency_id]
    withdraw_consent(by=cast.soc, consent=consent, row_ids=list(consent.rows.values_list("pk", flat=True)))
    answer_request(by=cast.soc, request=wish, accepted=False, answer="Nej")
    assert told("conversation.request_answered") == set()


@pytest.mark.parametrize("name", [name for name in EVERYBODY if name not in {"soc", "soc_2"}])
def test_only_the_participants_own_caseworkers_answer(cast: Cast, as_hat: AsHat, name: str) -> None:
    wish = asked(make_talk(cast))
    client, path = as_hat(hats(cast)[name]), reverse("answer_request", args=[wish.pk])
    for answer in (client.get(path), client.post(path, {"accepted": "1"})):
        assert answer.status_code == 404 and leaks(answer.content, (SECRET_NAME, WHY)) == []
    hat: Any = hats(cast)[name]
    if name not in {"coordinator", "chair"}:
        with pytest.raises(NotAllowed):
            answer_request(by=hat, request=wish, accepted=True, answer="")
    wish.refresh_from_db()
    assert wish.state == "waiting"


def test_the_wish_waits_on_the_list_of_those_who_answer(cast: Cast, as_hat: AsHat) -> None:
    wish = asked(make_talk(cast, S.HELD))
    own_wish(cast)
    page = as_hat(cast.soc_2).get(reverse("conversations")).content.decode()
    assert reverse("answer_request", args=[wish.pk]) in page and "Deltagaren själv" in page and WHY not in page
    assert "Önskningar" not in as_hat(cast.psyk).get(reverse("conversations")).content.decode()
    Conversation.objects.update(state=S.CANCELLED)
