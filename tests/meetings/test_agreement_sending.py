"""An agreement sent, answered, confirmed, corrected and taken back; and what can never be changed again."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from meetings.actions import commitments, sections
from meetings.actions.agreement_sending import correct_agreement, send_agreement, withdraw_copies
from meetings.actions.agreements import answer_agreement, read_copy
from meetings.models import Agreement, AgreementAnswer, AgreementCopy, AgreementVersion, Commitment
from meetings.queries.commitments import commitments_owed
from meetings.states import ConversationState
from notifications.models import ParticipantMail
from tests.cast import Cast
from tests.meetings.agreement_stage import (
    GOALS,
    TASKS,
    TEXTS,
    Told,
    confirm_all,
    copy_of,
    member_of,
    sent_talk,
    share_all,
    task_of,
    write_all,
)
from tests.meetings.talks import OWN_WORDS, Talk, make_phone, make_talk
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import AuditEntry, Contact
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]


def at(name: str, talk: Talk, *more: int) -> str:
    return reverse(name, args=[talk.conversation.pk, *more])


def state() -> str:
    return Agreement.objects.get().state


# ---------- sending ----------
def test_sending_freezes_the_whole_with_the_participants_words_first(cast: Cast) -> None:
    talk = make_talk(cast, ConversationState.HELD, with_fk=True)
    write_all(talk)
    share_all(talk)
    told = Told(cast)
    version = send_agreement(by=cast.soc, conversation=talk.fresh())
    parts = version.content["parts"]
    assert [part["kind"] for part in parts] == ["participant", "caseworker", "caseworker", "caseworker"]
    assert [part["text"] for part in parts] == [OWN_WORDS, *TEXTS.values()]
    assert parts[0]["taken_down_by"] == "Soc Testsson, Socialtjänsten Piteå"
    assert [[task["text"] for task in part["tasks"]] for part in parts] == [
        [TASKS[name]] for name in ("participant", "soc", "psyk", "fk")
    ]
    assert (version.content["head"]["goals"], len(version.digest), version.number) == (GOALS, 64, 1)
    assert set(AgreementCopy.objects.values_list("party", flat=True)) == {party.pk for party in talk.parties.values()}
    assert not Commitment.objects.filter(sent_at=None).exists()
    assert state() == "sent" and told.now() == {"agreement.sent": {"psyk", "fk"}}


def test_what_lacks_is_listed_each_with_a_way_to_it_and_nothing_is_sent(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    sections.write_section(by=cast.soc, conversation=talk.conversation, text="Text", version=0)
    page = as_hat(cast.soc).get(at("send_agreement", talk)).content.decode()
    for words, name in (
        ("Skriv minst ett mål eller en uppgift.", "write_common"),
        ("Er egen del är inte framlagd.", "share_section"),
        ("Vuxenpsykiatrin Piteå har inte lagt fram sin del.", "agreement"),
    ):
        assert words in page and f'href="{at(name, talk)}"' in page
    as_hat(cast.soc).post(at("send_agreement", talk), {"no_words": "on", "no_next": "on"})
    assert not AgreementVersion.objects.exists()


def test_no_own_words_and_no_next_day_are_ticked_on_purpose(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    write_all(talk, words="")
    Agreement.objects.update(next_on=None)
    share_all(talk)
    client = as_hat(cast.soc)
    got = client.post(at("send_agreement", talk), {})
    page = got.content.decode()
    assert got.status_code == 422 and "Skriv ner vad deltagaren säger" in page and "vilken dag nästa samtal" in page
    with pytest.raises(NotAllowed):
        send_agreement(by=cast.soc, conversation=talk.fresh(), no_words=True)
    assert client.post(at("send_agreement", talk), {"no_words": "on", "no_next": "on"}).status_code == 302
    head = AgreementVersion.objects.get().content["head"]
    assert head["no_words"] and head["no_next"]


@pytest.mark.parametrize("name", ["soc_manager", "psyk", "psyk_2", "psyk_manager", "fk", "outsider"])
def test_nobody_but_the_convener_sends_corrects_or_takes_back(cast: Cast, as_hat: AsHat, name: str) -> None:
    talk, _ = sent_talk(cast)
    by = cast.members[name]
    for act in (
        lambda: send_agreement(by=by, conversation=talk.fresh()),
        lambda: correct_agreement(by=by, conversation=talk.fresh(), reason="Fel dag"),
        lambda: withdraw_copies(by=by, conversation=talk.fresh(), parties=[talk.parties["participant"]], reason="Fel"),
    ):
        with pytest.raises(NotAllowed):
            act()
    for page in ("send_agreement", "correct_agreement", "withdraw_agreement"):
        assert as_hat(by).post(at(page, talk), {"reason": "Fel", "parties": "1"}).status_code == 404
    assert as_hat(by).post(at("agreement_letter", talk, 1)).status_code == 404
    assert state() == "sent" and AgreementVersion.objects.count() == 1


def test_sent_twice_from_one_form_is_sent_once(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    write_all(talk)
    share_all(talk)
    client = as_hat(cast.soc)
    for _ in range(2):
        got = client.post(at("send_agreement", talk), {"once": "k1"})
        assert got.status_code == 302 and got.url == at("agreement", talk)
    with pytest.raises(SomebodyWasFaster):
        send_agreement(by=cast.soc_2, conversation=talk.fresh())
    assert AgreementVersion.objects.count() == 1


def test_a_sent_version_cannot_be_changed_by_any_way_in(cast: Cast, as_hat: AsHat) -> None:
    talk, version = sent_talk(cast)
    answer_agreement(by=cast.psyk, copy=copy_of(version, talk, "psyk"), verdict="confirmed")
    due = timezone.localdate() + timedelta(days=3)
    for _ in range(3):
        for refused in (
            lambda: sections.write_section(by=cast.soc, conversation=talk.fresh(), text="Nytt", version=1),
            lambda: sections.write_own_words(by=cast.soc, conversation=talk.fresh(), text="Nytt", version=1),
            lambda: sections.share_section(by=cast.psyk, conversation=talk.fresh()),
            lambda: commitments.change_commitment(
                by=cast.psyk, commitment=task_of(talk, "psyk"), text="Ny", due_on=due
            ),
            lambda: commitments.remove_commitment(by=cast.psyk, commitment=task_of(talk, "psyk")),
        ):
            with pytest.raises(NotAllowed, match="skickad"):
                refused()
        for sql in (
            "UPDATE meetings_agreementversion SET digest = 'x'",
            "UPDATE meetings_agreementversion SET content = '{}'",
            "DELETE FROM meetings_agreementversion",
            "UPDATE meetings_agreementanswer SET verdict = 'differs'",
            "DELETE FROM meetings_agreementanswer",
        ):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)
    version.refresh_from_db()
    assert version.content["parts"][0]["text"] == OWN_WORDS
    assert Commitment.objects.filter(text=TASKS["psyk"]).count() == 1


# ---------- read ----------
def test_a_copy_is_marked_read_by_its_own_party_and_once(cast: Cast, as_hat: AsHat) -> None:
    talk, version = sent_talk(cast)
    read_copy(by=cast.psyk, copy=copy_of(version, talk, "soc"))
    assert not AgreementCopy.objects.exclude(read_at=None).exists()
    as_hat(cast.psyk_2).get(at("agreement", talk))
    first = copy_of(version, talk, "psyk").read_at
    as_hat(cast.psyk).get(at("agreement_version", talk, 1))
    assert first is not None and copy_of(version, talk, "psyk").read_at == first
    phone = make_phone(cast)
    read_copy(by=phone.browser, copy=copy_of(version, talk, "participant"))
    assert copy_of(version, talk, "participant").read_at is not None


# ---------- answers ----------
def test_who_is_told_at_each_step_from_sent_to_confirmed(cast: Cast) -> None:
    talk, version = sent_talk(cast, with_fk=True)
    phone = make_phone(cast)

    def step(name: str, verdict: str, text: str = "") -> dict[str, set[str]]:
        told = Told(cast)
        by = phone.browser if name == "participant" else member_of(cast, name)
        answer_agreement(by=by, copy=copy_of(version, talk, name), verdict=verdict, text=text)
        return told.now()

    assert step("psyk", "differs", "Fel dag") == {"agreement.differs": {"soc"}}
    assert step("soc", "confirmed") == {}
    assert step("participant", "differs", "Jag vill börja senare") == {
        "agreement.participant_answered": {"soc", "psyk", "fk"}
    }
    assert step("fk", "confirmed") == {"agreement.answered": {"soc"}}
    assert state() == "sent"  # psyk wants a change
    assert step("psyk", "confirmed") == {"agreement.answered": {"soc"}, "agreement.confirmed": {"soc", "fk"}}
    assert state() == "confirmed"
    assert AgreementAnswer.objects.count() == 5


def test_what_the_participant_sees_differently_stands_in_the_whole_and_does_not_stop_it(
    cast: Cast, as_hat: AsHat
) -> None:
    talk, version = sent_talk(cast)
    phone = make_phone(cast)
    answer_agreement(
        by=phone.browser, copy=copy_of(version, talk, "participant"), verdict="differs", text="Jag vill börja senare"
    )
    for name in ("soc", "psyk"):
        answer_agreement(by=member_of(cast, name), copy=copy_of(version, talk, name), verdict="confirmed")
    assert state() == "confirmed"
    for member in (cast.soc, cast.psyk):
        page = as_hat(member).get(at("agreement", talk)).content.decode()
        assert "Jag ser det annorlunda" in page and "Jag vill börja senare" in page and "Alla har svarat" in page


def test_an_answer_of_the_participant_is_written_in_by_the_convener_with_how_it_came(cast: Cast, as_hat: AsHat) -> None:
    talk, _ = sent_talk(cast)
    client, address = as_hat(cast.soc), at("register_agreement_answer", talk, 1)
    assert client.post(address, {"verdict": "confirmed", "text": ""}).status_code == 422
    assert client.post(address, {"verdict": "differs", "text": "", "way": "letter"}).status_code == 422
    told = Told(cast)
    assert client.post(address, {"verdict": "confirmed", "text": "", "way": "letter"}).status_code == 302
    answer = AgreementAnswer.objects.get()
    assert (answer.party, answer.way, answer.member) == (talk.parties["participant"], "letter", cast.soc)
    assert told.now() == {"agreement.participant_answered": {"psyk"}}
    assert as_hat(cast.psyk).post(address, {"verdict": "confirmed", "way": "letter"}).status_code == 404


def test_nobody_answers_for_another(cast: Cast) -> None:
    talk, version = sent_talk(cast)
    phone = make_phone(cast)
    for by, name in ((cast.psyk, "soc"), (cast.soc, "psyk"), (phone.browser, "soc"), (cast.psyk, "participant")):
        with pytest.raises(NotAllowed):
            answer_agreement(by=by, copy=copy_of(version, talk, name), verdict="confirmed", way="")
    assert not AgreementAnswer.objects.exists()


def test_to_see_it_differently_takes_words_and_the_same_answer_again_is_one(cast: Cast, as_hat: AsHat) -> None:
    talk, _ = sent_talk(cast)
    got = as_hat(cast.psyk).post(at("answer_agreement", talk, 1), {"verdict": "differs", "text": ""})
    assert got.status_code == 422 and "Skriv vad som ska ändras." in got.content.decode()
    for _ in range(2):
        as_hat(cast.psyk).post(at("answer_agreement", talk, 1), {"verdict": "confirmed"})
    assert AgreementAnswer.objects.count() == 1


def test_when_all_have_answered_nobody_answers_any_more(cast: Cast) -> None:
    talk, version = sent_talk(cast)
    confirm_all(talk, version)
    with pytest.raises(NotAllowed, match="Alla har redan svarat"):
        answer_agreement(by=cast.psyk, copy=copy_of(version, talk, "psyk"), verdict="differs", text="Nej")
    assert state() == "confirmed"


# ---------- corrected ----------
def test_a_correction_is_a_new_version_to_all_and_the_earlier_stays(cast: Cast, as_hat: AsHat) -> None:
    talk, version = sent_talk(cast)
    confirm_all(talk, version)
    correct_agreement(by=cast.soc, conversation=talk.fresh(), reason="Fel dag för läkarbesöket")
    assert state() == "draft"
    assert "Fel dag för läkarbesöket" in as_hat(cast.psyk).get(at("agreement", talk)).content.decode()
    assert TEXTS["psyk"] in as_hat(cast.psyk).get(at("agreement_version", talk, 1)).content.decode()
    with pytest.raises(NotAllowed, match="ny version"):
        answer_agreement(by=cast.psyk, copy=copy_of(version, talk, "psyk"), verdict="differs", text="Nej")
    kept, gone = task_of(talk, "soc"), task_of(talk, "psyk")
    commitments.remove_commitment(by=cast.psyk, commitment=gone)
    sections.write_section(by=cast.psyk, conversation=talk.fresh(), text="Rättad del", version=1)
    told = Told(cast)
    second = send_agreement(by=cast.soc, conversation=talk.fresh())
    assert (second.number, second.reason) == (2, "Fel dag för läkarbesöket")
    assert told.now() == {"agreement.corrected": {"psyk"}}
    gone.refresh_from_db(), kept.refresh_from_db()
    assert gone.removed_at is not None and kept.removed_at is None and commitments_owed(cast.psyk) == []
    assert commitments_owed(cast.soc) == [kept]
    page = as_hat(cast.psyk).get(at("agreement", talk)).content.decode()
    assert "Rättad del" in page and "Fel dag för läkarbesöket" in page and TASKS["psyk"] not in page
    earlier = as_hat(cast.psyk).get(at("agreement_version", talk, 1)).content.decode()
    assert TEXTS["psyk"] in earlier and TASKS["psyk"] in earlier and "Det finns en nyare version" in earlier
    confirm_all(talk, second)
    assert state() == "confirmed"


def test_a_correction_says_why_and_is_opened_once(cast: Cast, as_hat: AsHat) -> None:
    talk, _ = sent_talk(cast)
    assert as_hat(cast.soc).post(at("correct_agreement", talk), {"reason": " "}).status_code == 422
    assert as_hat(cast.soc).post(at("correct_agreement", talk), {"reason": "Fel dag"}).status_code == 302
    with pytest.raises(SomebodyWasFaster):
        correct_agreement(by=cast.soc_2, conversation=talk.fresh(), reason="Igen")


# ---------- the participant hears, and paper ----------
def test_the_participant_gets_a_mail_at_each_step_that_matters(cast: Cast) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    Contact.objects.create(participant=cast.person, channel="email", address="x@example.se")
    write_all(talk)
    share_all(talk)

    def queued() -> int:
        found = ParticipantMail.objects.count()
        ParticipantMail.objects.all().delete()
        return found

    queued()
    version = send_agreement(by=cast.soc, conversation=talk.fresh())
    assert queued() == 1
    confirm_all(talk, version)
    assert queued() == 1


def text_of(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def test_the_whole_goes_to_each_file_and_by_letter_to_the_participant(cast: Cast, as_hat: AsHat) -> None:
    talk, version = sent_talk(cast)
    confirm_all(talk, version)
    for member in (cast.soc, cast.psyk):
        got = as_hat(member).post(at("agreement_pdf", talk, 1))
        assert got.headers["Content-Type"] == "application/pdf" and cast.person.first_name not in str(got.headers)
        said = text_of(got.content)
        for words in (OWN_WORDS, GOALS, TEXTS["soc"], TEXTS["psyk"], TASKS["participant"], "Det stämmer", "Deltagaren"):
            assert words in said, words
    assert AuditEntry.objects.filter(what="agreement.filed").count() == 2
    letter = as_hat(cast.soc).post(at("agreement_letter", talk, 1))
    said = text_of(letter.content)
    assert "Det här bestämde vi" in said and OWN_WORDS in said and TEXTS["psyk"] in said
    assert copy_of(version, talk, "participant").letter_at is not None


def test_huge_numbers_lead_nowhere(cast: Cast, as_hat: AsHat) -> None:
    talk, _ = sent_talk(cast)
    client = as_hat(cast.soc)
    assert client.get(at("agreement_version", talk, 10**30)).status_code == 404
    assert client.get(reverse("agreement", args=[10**30])).status_code == 404
    assert client.post(at("agreement_pdf", talk, 10**30)).status_code == 404
    assert client.get(at("agreement_fragment", talk) + "?version=" + "9" * 40).status_code == 200
    for name in ("close_commitment", "reopen_commitment", "refer_commitment", "remove_commitment"):
        assert client.post(reverse(name, args=[10**30])).status_code == 404
