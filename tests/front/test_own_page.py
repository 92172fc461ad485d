"""The participant's page through the door: what stands there, what is done there, and what never stands there."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from meetings.actions.agreement_sending import withdraw_copies
from meetings.actions.requests import answer_request
from meetings.models import (
    AgreementAnswer,
    AgreementCopy,
    Commitment,
    ConversationRequest,
    Invitation,
    InvitationAnswer,
    OwnQuestion,
    Section,
    TimeAnswer,
    TimeOption,
)
from meetings.states import ActionState, Answer, ConversationState
from tests.cast import Cast, make_participant
from tests.front.own_stage import OWN, make_stage, sent_agreement
from tests.meetings.cast import in_days
from tests.meetings.talks import make_phone, talk_consent
from workspace.front.urls import own_page as addresses
from workspace.models import Consent, ConsentRow, Contact, HelpRequest

S = ConversationState
WAY_IN = {"own_link", "own_code", "own_leave"}
pytestmark = pytest.mark.django_db


def text_of(html: str) -> str:
    """What is seen of a page, without its tags."""
    body = re.sub(r"<(script|style|head).*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


# ---------- the next conversation ----------
def test_the_call_says_when_where_and_who_comes(cast: Cast) -> None:
    stage = make_stage(cast)
    seen = text_of(stage.page())
    assert "Hej Mira!" in seen and re.search(r"\w+dag \d+ \w+, klockan 13", seen)
    assert "Stadshuset, rum Älven. Samtalet tar en timme." in seen
    assert "Du Elin, Socialtjänsten Jonas, Vården" in seen
    assert "Hur du kan börja på praktik." in seen


def test_opening_the_page_is_a_read_receipt(cast: Cast) -> None:
    stage = make_stage(cast)
    own = Invitation.objects.get(party=stage.talk.parties["participant"])
    assert own.read_at is None
    stage.page()
    own.refresh_from_db()
    first = own.read_at
    stage.page()
    own.refresh_from_db()
    assert first is not None and own.read_at == first
    assert not Invitation.objects.exclude(pk=own.pk).filter(read_at__isnull=False).exists()


@pytest.mark.parametrize(
    ("answer", "says"),
    [(Answer.COMING, "Jag kommer"), (Answer.OTHER_TIME, "Annan tid"), (Answer.NOT_COMING, "Jag kan inte")],
)
def test_an_answer_is_kept_shown_and_can_be_changed(cast: Cast, answer: Answer, says: str) -> None:
    stage = make_stage(cast)
    own = Invitation.objects.get(party=stage.talk.parties["participant"])
    url = reverse("own_answer", args=[own.pk])
    data = {"answer": answer.value, "text": "Bussen går sent.", "once": "a"}
    for _ in "12":
        assert stage.phone.client.post(url, data).status_code == 302
    row = InvitationAnswer.objects.get()
    assert (row.answer, row.comment, row.browser) == (answer.value, "Bussen går sent.", stage.phone.browser)
    assert f"Du har svarat: {says}. Du skrev: Bussen går sent." in text_of(stage.page())
    assert "Ändra ditt svar" in stage.page()
    assert re.search(r"<textarea[^>]*>\s*Bussen går sent\.</textarea>", stage.page())
    other = Answer.COMING if answer != Answer.COMING else Answer.NOT_COMING
    stage.phone.client.post(url, {"answer": other.value})
    assert InvitationAnswer.objects.count() == 2


def test_an_answer_that_does_not_do_gets_a_sentence_and_the_comment_stays(cast: Cast) -> None:
    stage = make_stage(cast)
    url = reverse("own_answer", args=[Invitation.objects.get(party=stage.talk.parties["participant"]).pk])
    response = stage.phone.client.post(url, {"answer": "coming", "text": "Hunden" + "n" * 300})
    assert response.status_code == 422 and "för lång" in response.content.decode()
    assert "Hundennn" in response.content.decode()
    assert stage.phone.client.post(url, {"answer": "kanske"}).status_code == 422
    assert not InvitationAnswer.objects.exists()


def test_times_are_answered_one_by_one_and_kept(cast: Cast) -> None:
    stage = make_stage(cast, S.PREPARING)
    options = [
        TimeOption.objects.create(
            conversation=stage.talk.conversation, starts_at=in_days(day, 10), ends_at=in_days(day, 11)
        )
        for day in (5, 6)
    ]
    seen = text_of(stage.page())
    assert "Vilka tider passar dig?" in seen and "klockan 10" in seen
    url = reverse("own_times", args=[stage.talk.conversation.pk])
    assert stage.phone.client.post(url, {}).status_code == 422
    sent = stage.phone.client.post(url, {f"tid-{options[0].pk}": "ja", f"tid-{options[1].pk}": "nej", "tid-99": "ja"})
    assert sent.status_code == 302
    assert dict(TimeAnswer.objects.values_list("option", "works")) == {options[0].pk: True, options[1].pk: False}
    assert stage.page().count(" checked") == 2


def test_a_conversation_in_preparation_called_off_or_closed_is_said_plainly(cast: Cast) -> None:
    stage = make_stage(cast, S.PREPARING)
    assert "Vi planerar ett samtal" in text_of(stage.page())
    stage.put(state=S.CANCELLED, ended_why="Elin är sjuk.")
    seen = text_of(stage.page())
    assert "blir inte av" in seen and "Varför: Elin är sjuk." in seen
    stage.put(state=S.CLOSED, ended_why="")
    assert "blir inte av Det gick för lång tid." in text_of(stage.page())


def test_without_anything_the_page_is_whole(cast: Cast) -> None:
    page = make_phone(cast).client.get(OWN).content.decode()
    assert "Inget samtal är bestämt" in page and "Du har inte sagt ja till något just nu." in page
    assert "None" not in page


# ---------- what was agreed ----------
def test_what_was_agreed_stands_with_own_words_first_and_is_confirmed(cast: Cast) -> None:
    stage = make_stage(cast, S.HELD)
    version = sent_agreement(stage)
    seen = text_of(stage.page())
    order = ["Jag vill jobba med djur.", "Du provar på att jobba.", "Prova två timmar i veckan.", "Fråga om hjälp"]
    places = [seen.index(words, seen.index("Det här bestämde vi")) for words in order]
    assert places == sorted(places)
    copy = AgreementCopy.objects.get(party=stage.talk.parties["participant"])
    assert copy.read_at is not None
    for _ in "12":
        assert stage.phone.client.post(reverse("own_agree", args=[copy.pk]), {"once": "a"}).status_code == 302
    assert list(AgreementAnswer.objects.values_list("version", "verdict", "browser")) == [
        (version.pk, "confirmed", stage.phone.browser.pk)
    ]
    assert "Du har sagt att det stämmer." in text_of(stage.page())


def test_what_is_seen_differently_is_kept_as_it_was_written(cast: Cast) -> None:
    stage = make_stage(cast, S.HELD)
    sent_agreement(stage)
    url = reverse("own_differ", args=[AgreementCopy.objects.get(party=stage.talk.parties["participant"]).pk])
    assert "Läses av alla som var med." in stage.page(url)
    empty = stage.phone.client.post(url, {"text": " "})
    assert empty.status_code == 422 and "Skriv vad du ser annorlunda." in empty.content.decode()
    assert stage.phone.client.post(url, {"text": "Jag sa en timme."}).status_code == 302
    assert AgreementAnswer.objects.get().text == "Jag sa en timme."
    seen = text_of(stage.page())
    assert "Du ser det annorlunda." in seen and "Jag sa en timme." in seen


def test_a_corrected_version_says_what_was_changed_and_is_answered_anew(cast: Cast) -> None:
    stage = make_stage(cast, S.HELD)
    sent_agreement(stage)
    first = AgreementCopy.objects.get(party=stage.talk.parties["participant"])
    sent_agreement(stage, reason="Du ska prova en timme.")
    seen = text_of(stage.page())
    assert "Det här är ändrat Du ska prova en timme." in seen and "Det stämmer" in seen
    late = stage.phone.client.post(reverse("own_agree", args=[first.pk]))
    assert late.status_code == 409 and "Läs texten igen." in late.content.decode()
    assert not AgreementAnswer.objects.exists()


def test_an_agreement_taken_back_is_gone_with_its_reason(cast: Cast) -> None:
    stage = make_stage(cast, S.HELD)
    sent_agreement(stage)
    own = stage.talk.parties["participant"]
    withdraw_copies(by=cast.soc, conversation=stage.talk.fresh(), parties=[own], reason="Fel text.")
    seen = text_of(stage.page())
    assert "Varför: Fel text." in seen and "Du provar på att jobba." not in seen
    assert (
        stage.phone.client.post(reverse("own_agree", args=[AgreementCopy.objects.get(party=own).pk])).status_code == 404
    )


def test_a_task_is_ticked_and_taken_back(cast: Cast) -> None:
    stage = make_stage(cast, S.HELD)
    sent_agreement(stage)
    task = Commitment.objects.get(section__party=stage.talk.parties["participant"])
    for address, state in (("own_task_done", ActionState.DONE), ("own_task_undo", ActionState.OPEN)):
        assert stage.phone.client.post(reverse(address, args=[task.pk])).status_code == 302
        task.refresh_from_db()
        assert task.state == state
    others = Commitment.objects.get(section__party=stage.talk.parties["soc"])
    assert stage.phone.client.post(reverse("own_task_done", args=[others.pk])).status_code == 404
    others.refresh_from_db()
    assert others.state == ActionState.OPEN


def test_own_words_are_written_and_two_devices_lose_nothing(cast: Cast) -> None:
    stage = make_stage(cast, S.HELD)
    url = reverse("own_words", args=[stage.talk.conversation.pk])
    assert "Läses av alla som är med." in stage.page(url)
    assert stage.phone.client.post(url, {"text": "Det är bra nu.", "version": 0}).status_code == 302
    assert "Det är bra nu." in stage.page()
    late = stage.phone.client.post(url, {"text": "Jag är trött.", "version": 0})
    seen = late.content.decode()
    assert late.status_code == 409 and "Det är bra nu." in seen and "Jag är trött." in seen
    assert Section.objects.get(party=stage.talk.parties["participant"]).text == "Det är bra nu."
    assert stage.phone.client.post(url, {"text": "Båda.", "version": 1}).status_code == 302


# ---------- wishes, consents, the look ----------
def test_a_wish_for_a_conversation_gets_its_answer_on_the_page(cast: Cast) -> None:
    stage = make_stage(cast, S.HELD)
    url = reverse("own_wish")
    assert "Läses av dem du brukar träffa." in stage.page(url)
    for _ in "12":
        assert stage.phone.client.post(url, {"text": "Jag vill byta tid.", "once": "a"}).status_code == 302
    assert "Vi har inte svarat än." in text_of(stage.page())
    again = stage.phone.client.post(url, {"text": "En gång till."})
    assert again.status_code == 403 and "Du har redan skrivit." in again.content.decode()
    wish = ConversationRequest.objects.get()
    answer_request(by=cast.soc, request=wish, accepted=False, answer="Vi ses ju snart.")
    seen = text_of(stage.page())
    assert "Nej, det blir inget samtal nu. Vi ses ju snart." in seen


def test_withdrawing_says_what_happens_and_works_at_once(cast: Cast, as_hat: Any) -> None:
    stage = make_stage(cast)
    consent = Consent.objects.get(participant=cast.person)
    assert "Ja nummer 1" in text_of(stage.page())
    psyk, address = as_hat(cast.psyk), reverse("conversation", args=[stage.talk.conversation.pk])
    assert psyk.get(address).status_code == 200
    url = reverse("own_withdraw", args=[consent.pk])
    asked = text_of(stage.page(url))
    assert "Det gäller på en gång." in asked and "Dra tillbaka ja nummer 1" in asked
    assert re.search(r"Du sa ja \d+ \w+ \d{4}\. Det gäller till \d+ \w+ \d{4}\. Vill du veta vad det säger\?", asked)
    assert ConsentRow.objects.filter(consent=consent, withdrawn_at__isnull=False).count() == 0
    assert stage.phone.client.post(url).status_code == 302
    assert not ConsentRow.objects.filter(consent=consent, withdrawn_at__isnull=True).exists()
    assert "Hur du kan börja på praktik." not in psyk.get(address).content.decode()
    assert stage.phone.client.post(url).status_code == 404  # it is gone
    assert "Ja nummer 1" not in stage.page()


def test_a_consent_has_a_number_that_stays_and_no_words(cast: Cast) -> None:
    stage = make_stage(cast)
    first = Consent.objects.get(participant=cast.person)
    talk_consent(cast, cast.fk_desk.agency)
    assert "Ja nummer 1" in stage.page() and "Ja nummer 2" in stage.page()
    stage.phone.client.post(reverse("own_withdraw", args=[first.pk]))
    seen = text_of(stage.page())
    assert "Ja nummer 1" not in seen and "Ja nummer 2" in seen and "Försäkringskassan" not in seen


def test_easy_words_and_large_text_are_kept_and_need_no_script(cast: Cast) -> None:
    stage = make_stage(cast)
    url = reverse("own_look")
    assert stage.phone.client.post(url, {"easy": "1"}).headers["Location"] == OWN
    stage.phone.client.post(url, {"large": "1"})
    page = stage.page()
    assert 'class="person big"' in page and "Vi ses här:" in page
    stage.phone.client.post(url, {"easy": "0"})
    stage.phone.client.post(url, {"easy": "\x00", "large": "annat"})
    contact = Contact.objects.get(participant=cast.person)
    assert (contact.easy_read, contact.large_text) == (False, True)


# ---------- what a lost phone must not say ----------
def test_a_lost_phone_says_nothing_of_who_or_what(cast: Cast) -> None:
    stage = make_stage(cast, S.HELD)
    sent_agreement(stage)
    stage.phone.client.post(reverse("own_wish"), {"text": "Jag vill byta tid."})
    consent = Consent.objects.get(participant=cast.person)
    Consent.objects.filter(pk=consent.pk).update(limits="Hemlig gräns")
    ConsentRow.objects.update(purpose="Hemligt ändamål")
    copy = AgreementCopy.objects.get(party=stage.talk.parties["participant"])
    urls = [OWN, reverse("own_wish"), reverse("own_help"), reverse("own_withdraw", args=[consent.pk])]
    for url in [*urls, reverse("own_differ", args=[copy.pk])]:
        page = re.sub(r'value="[0-9A-Za-z]+"', "", stage.page(url))  # keys of forms are random
        for secret in (cast.person.last_name, "1984", "070-000", "Hemlig", "psykiatri", "Vuxen", "Testsson"):
            assert secret.casefold() not in page.casefold(), (url, secret)
        assert "None" not in text_of(page)


def test_without_a_cookie_every_address_leads_to_the_code(cast: Cast) -> None:
    stage = make_stage(cast)
    names = [pattern.name for pattern in addresses.urlpatterns if pattern.name not in WAY_IN]
    assert len(names) >= 15
    rows = _rows()
    for client in (Client(), make_phone(cast, make_participant(cast.soc_desk, "Annan"), visit=False).client):
        for name in names:
            keys = [1] if "<int:pk>" in str(_pattern(str(name))) else []
            url = reverse(name, args=keys)
            asked = client.get(url)
            assert (asked.status_code, asked.headers.get("Location")) == (302, reverse("own_code")), name
            sent = client.post(url, {"text": "Det jag skrev"})  # a form waits for the code, and does nothing
            page = sent.content.decode()
            assert sent.status_code == 403 and "Skriv din kod" in page and "Mira" not in page, name
    assert _rows() == rows and stage


def _pattern(name: str) -> Any:
    return next(pattern.pattern for pattern in addresses.urlpatterns if pattern.name == name)


def _rows() -> list[int]:
    models = (InvitationAnswer, TimeAnswer, OwnQuestion, AgreementAnswer, HelpRequest, ConversationRequest, Contact)
    return [model._default_manager.count() for model in models]


def test_another_participants_phone_sees_and_does_nothing_here(cast: Cast) -> None:
    stage = make_stage(cast, S.HELD)
    sent_agreement(stage)
    TimeOption.objects.create(conversation=stage.talk.conversation, starts_at=in_days(5), ends_at=in_days(6))
    other = make_phone(cast, make_participant(cast.soc_desk, "Annan")).client
    own = stage.talk.parties["participant"]
    copy, task = AgreementCopy.objects.get(party=own), Commitment.objects.get(section__party=own)
    keys = {
        "own_answer": Invitation.objects.get(party=own).pk,
        "own_times": stage.talk.conversation.pk,
        "own_words": stage.talk.conversation.pk,
        "own_agree": copy.pk,
        "own_differ": copy.pk,
        "own_task_done": task.pk,
        "own_task_undo": task.pk,
        "own_withdraw": Consent.objects.get(participant=cast.person).pk,
    }
    rows = _rows()
    missing = other.get(reverse("own_differ", args=[10**18]))
    for name, key in keys.items():
        for response in (
            other.post(reverse(name, args=[key]), {"answer": "coming", "text": "x", "version": 1}),
            other.post(reverse(name, args=[10**30])),
        ):
            assert response.status_code == 404, name
            assert text_of(response.content.decode()) == text_of(missing.content.decode())
    assert _rows() == rows
    task.refresh_from_db()
    assert task.state == ActionState.OPEN
    assert not ConsentRow.objects.filter(withdrawn_at__isnull=False).exists()


def test_the_address_of_a_refusal_is_a_page_of_the_participants_own(cast: Cast) -> None:
    page = make_phone(cast).client.get(reverse("own_words", args=[999]))
    assert page.status_code == 404
    seen = text_of(page.content.decode())
    assert "Det finns inte här" in seen and "Till din sida" in seen and "Samverkansrum" not in seen


def test_the_page_is_small_and_nothing_of_it_is_kept(cast: Cast) -> None:
    stage = make_stage(cast, S.HELD)
    sent_agreement(stage)
    for number in range(20):
        stage.phone.client.post(reverse("own_ask"), {"text": f"Fråga {number}"})
    response = stage.phone.client.get(OWN)
    assert len(response.content) < 60_000
    assert "no-store" in response.headers["Cache-Control"]
    assert "<script>" not in response.content.decode() and "style=" not in response.content.decode()
