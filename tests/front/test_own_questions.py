"""The participant's own questions on their page: theirs alone until they show them (R28)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from meetings.models import Conversation, ConversationEvent, OwnQuestion
from meetings.states import ConversationState
from notifications.models import Notification
from tests.cast import Cast, make_participant
from tests.meetings.talks import Phone, make_phone, make_talk
from workspace.models import AuditEntry

SECRET = "Hemlig fråga om pengar"
pytestmark = pytest.mark.django_db


def questions_shown(conversation: Conversation) -> list[OwnQuestion]:
    """As the conversation's page reads them."""
    return list(OwnQuestion.objects.filter(conversation=conversation, removed_at__isnull=True))


def ask(phone: Phone, text: str = SECRET, once: str = "") -> OwnQuestion:
    response = phone.client.post("/min-sida/fraga/", {"text": text, "once": once})
    assert response.status_code == 302, response.content.decode()
    return OwnQuestion.objects.latest("pk")


def test_a_question_is_the_participants_alone_until_it_is_shown(cast: Cast) -> None:
    talk, phone = make_talk(cast), make_phone(cast)
    question = ask(phone)
    page = phone.client.get("/min-sida/").content.decode()
    assert SECRET in page and "Bara du ser den." in page
    assert questions_shown(talk.conversation) == [] and not Notification.objects.exists()

    response = phone.client.post(f"/min-sida/fraga/{question.pk}/visa/", {"samtal": talk.conversation.pk})
    assert response.headers["Location"] == "/min-sida/?sagt=visad#fragor"
    assert "Alla som kommer ser den." in phone.client.get("/min-sida/").content.decode()
    assert [row.pk for row in questions_shown(talk.conversation)] == [question.pk]
    told = Notification.objects.filter(kind="conversation.question").values_list("membership", flat=True)
    assert set(told) == {cast.soc.pk, cast.psyk.pk} and len(told) == 2
    assert ConversationEvent.objects.filter(verb="question", browser=phone.browser).count() == 1


def test_shown_twice_is_told_once(cast: Cast) -> None:
    talk, phone = make_talk(cast), make_phone(cast)
    question = ask(phone)
    for key in ("a", "a", "b"):
        phone.client.post(f"/min-sida/fraga/{question.pk}/visa/", {"samtal": talk.conversation.pk, "once": key})
    assert Notification.objects.filter(kind="conversation.question").count() == 2  # one each


@pytest.mark.parametrize("state", [ConversationState.HELD, ConversationState.CANCELLED, ConversationState.CLOSED])
def test_a_question_is_not_shown_to_a_conversation_that_is_over(cast: Cast, state: ConversationState) -> None:
    talk, phone = make_talk(cast, ConversationState.HELD), make_phone(cast)
    talk.conversation.state = state
    talk.conversation.save()
    question = ask(phone)
    response = phone.client.post(f"/min-sida/fraga/{question.pk}/visa/", {"samtal": talk.conversation.pk})
    assert response.status_code == 409
    assert "Bara du ser frågan." in response.content.decode()
    question.refresh_from_db()
    assert question.shown_at is None and not Notification.objects.exists()


def test_a_question_taken_away_is_seen_by_nobody(cast: Cast) -> None:
    talk, phone = make_talk(cast), make_phone(cast)
    question = ask(phone)
    phone.client.post(f"/min-sida/fraga/{question.pk}/visa/", {"samtal": talk.conversation.pk})
    for _ in "12":
        phone.client.post(f"/min-sida/fraga/{question.pk}/ta-bort/")
    assert questions_shown(talk.conversation) == []
    assert SECRET not in phone.client.get("/min-sida/").content.decode()
    assert ConversationEvent.objects.filter(verb="question_removed").count() == 1


def test_another_participants_phone_neither_sees_nor_does_anything(cast: Cast) -> None:
    talk, phone = make_talk(cast), make_phone(cast)
    mine, shown = ask(phone), ask(phone, "Hemlig fråga två")
    phone.client.post(f"/min-sida/fraga/{shown.pk}/visa/", {"samtal": talk.conversation.pk})
    before = list(OwnQuestion.objects.order_by("pk").values())
    other = make_phone(cast, make_participant(cast.soc_desk, "Annan"))
    theirs = ask(other, "Min egen")
    missing = other.client.post("/min-sida/fraga/999999/visa/", {"samtal": talk.conversation.pk})
    for url, data in [
        (f"/min-sida/fraga/{mine.pk}/visa/", {"samtal": talk.conversation.pk}),
        (f"/min-sida/fraga/{mine.pk}/ta-bort/", {}),
        (f"/min-sida/fraga/{theirs.pk}/visa/", {"samtal": talk.conversation.pk}),  # into another's conversation
        (f"/min-sida/fraga/{theirs.pk}/visa/", {"samtal": "9" * 40}),
    ]:
        response = other.client.post(url, data)
        assert response.status_code == missing.status_code == 404
        assert "Hemlig" not in response.content.decode()
    assert list(OwnQuestion.objects.exclude(pk=theirs.pk).order_by("pk").values()) == before
    assert "Hemlig" not in other.client.get("/min-sida/").content.decode()


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "Skriv din fråga först."), ("a" * 501, "för lång"), ("a\x00b", "tecken som inte går att visa")],
)
def test_a_text_that_does_not_do_gets_a_sentence_and_is_not_lost(cast: Cast, text: str, says: str) -> None:
    response = make_phone(cast).client.post("/min-sida/fraga/", {"text": text})
    page = response.content.decode()
    assert response.status_code == 422 and says in page
    assert text.replace("\x00", "") == "" or text[:3].replace("\x00", "") in page
    assert not OwnQuestion.objects.exists()


def test_the_same_form_twice_is_one_question(cast: Cast) -> None:
    phone = make_phone(cast)
    first = ask(phone, once="en-nyckel")
    assert ask(phone, once="en-nyckel") == first and OwnQuestion.objects.count() == 1


def test_there_is_room_for_twenty_questions_and_what_is_typed_stays(cast: Cast) -> None:
    phone = make_phone(cast)
    for number in range(20):
        ask(phone, f"Fråga {number}")
    response = phone.client.post("/min-sida/fraga/", {"text": "En till"})
    assert response.status_code == 403 and "Ta bort en först." in response.content.decode()
    assert "En till" in response.content.decode()


def test_writing_is_in_the_audit_under_the_browser(cast: Cast) -> None:
    phone = make_phone(cast)
    ask(phone)
    entry = AuditEntry.objects.get(what="own_question.ask")
    assert (entry.browser_id, entry.participant_id, entry.user_id) == (phone.browser.pk, cast.person.pk, None)


@pytest.mark.django_db(transaction=True)
def test_two_devices_that_show_the_same_question_tell_once(cast: Cast) -> None:
    talk, phone = make_talk(cast), make_phone(cast)
    question = ask(phone)

    def show(_: int) -> int:
        try:
            address = f"/min-sida/fraga/{question.pk}/visa/"
            return phone.client.post(address, {"samtal": talk.conversation.pk}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(show, range(2))) == [302, 302]
    assert Notification.objects.filter(kind="conversation.question").count() == 2
