"""A call on paper: who may have one, and that no letter holds what its party may not know (L14, JO 1029-2017)."""

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from meetings.actions.invitations import cancel_conversation, invite_late, move_conversation
from meetings.models import Conversation, ConversationEvent, Invitation, Party
from meetings.queries.invitations import newest_invitation
from meetings.queries.letters import letter_of
from meetings.states import ConversationState, PartyKind
from notifications.models import Notification
from tests.cast import SECRET_NAME, Cast
from tests.meetings.talk_calls import CONVENERS, HATS, AsHat, appointment
from tests.meetings.talks import ABOUT, Talk, make_talk
from workspace.models import Agency, AuditEntry, Contact, SupportNeeds, UserAccount
from workspace.states import Channel, InterpreterKind

S = ConversationState
LAST_NAME = "Åström"
EMPLOYER, INTERPRETER, SUPPORT = "Bagare Bengtsson", "Tolkbyrån Nord", "Stina Stöd"
PART = "Handleda på plats"
LONGEST_LIX = 35


@pytest.fixture
def talk(cast: Cast) -> Talk:
    """A call to everybody there can be: the participant, three agencies, one of them by letter, and three on paper."""
    UserAccount.objects.filter(pk=cast.soc.user_id).update(phone="0911-00 00 01")
    talk = make_talk(cast, S.INVITED, with_fk=True)
    Agency.objects.filter(pk=cast.fk.agency_id).update(by_letter=True)
    SupportNeeds.objects.create(
        participant=cast.person, interpreter=InterpreterKind.SPOKEN, language="dari", hearing_loop=True, calm_room=True
    )
    for kind, name in (
        (PartyKind.SUPPORT, SUPPORT),
        (PartyKind.INTERPRETER, INTERPRETER),
        (PartyKind.EMPLOYER, EMPLOYER),
    ):
        party = Party.objects.create(
            conversation=talk.conversation,
            kind=kind,
            name=name,
            part=PART if kind == PartyKind.EMPLOYER else "",
            agreed_on=timezone.localdate(),
        )
        talk.parties[str(kind)] = party
        invite_late(by=cast.soc, conversation=talk.conversation, party=party)
    Notification.objects.all().delete()
    return talk


def call_of(talk: Talk, who: str) -> Invitation:
    found = newest_invitation(talk.parties[who])
    assert found is not None
    return found


def html_of(talk: Talk, who: str) -> str:
    """The whole letter, its head and its styles' addresses too."""
    context = {"letter": letter_of(call_of(talk, who)), "made_on": timezone.localdate()}
    return render_to_string("meetings/invitation_letter.html", context)


def post(client: Client, talk: Talk, who: str) -> Any:
    return client.post(f"/samtal/kallelse/{call_of(talk, who).pk}/brev/")


def lix(text: str) -> float:
    """Words per sentence and long words in a hundred (Björnsson 1968)."""
    words = re.findall(r"[A-Za-zÅÄÖåäöéü]+", text)
    sentences = max(1, len(re.findall(r"[.!?](?:\s|$)", text)))
    return len(words) / sentences + 100 * sum(len(word) > 6 for word in words) / len(words)


# ---------- who may know what ----------
AGENCIES = ("Socialtjänsten", "Vuxenpsykiatrin", "Försäkringskassan")
EVERYTHING = {ABOUT, SECRET_NAME, LAST_NAME, *AGENCIES, "dari", PART, "1984", "hörselslinga", "lugnt rum"}
MAY_KNOW: dict[str, set[str]] = {
    "participant": {ABOUT, SECRET_NAME, LAST_NAME, *AGENCIES, "dari", "hörselslinga", "lugnt rum"},
    "fk": {ABOUT, SECRET_NAME, LAST_NAME, *AGENCIES, "1984"},
    "support": {SECRET_NAME},
    "interpreter": {"dari"},
    "employer": {SECRET_NAME, PART},
}
NAMES = {"support": SUPPORT, "interpreter": INTERPRETER, "employer": EMPLOYER}


@pytest.mark.django_db
@pytest.mark.parametrize("who", MAY_KNOW)
def test_a_letter_holds_what_its_party_may_know_and_nothing_else(talk: Talk, who: str) -> None:
    found = html_of(talk, who)
    assert {said for said in EVERYTHING if said in found} == MAY_KNOW[who]
    assert {name for name in NAMES.values() if name in found} == ({NAMES[who]} if who in NAMES else set())
    assert "Samverkansrum" not in found
    for word in ("Stadshuset, rum Älven", "klockan 13.00 till 14.00", "0911-00 00 01", str(talk.cast.soc.user)):
        assert word in found, word
    for colleague in (talk.cast.psyk, talk.cast.fk):
        named = str(colleague.user) in found
        assert named == (who == "fk" and colleague == talk.cast.fk)


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["support", "interpreter", "employer"])
def test_who_comes_along_cannot_tell_from_the_letter_what_it_is_about(talk: Talk, who: str) -> None:
    text = html_of(talk, who).casefold()
    for word in ("psykiatri", "social", "försäkring", "trepart", "samtycke", "deltagare", "myndighet", "sip"):
        assert word not in text, word


@pytest.mark.django_db
@pytest.mark.parametrize("who", MAY_KNOW)
def test_a_letter_of_a_cancelled_conversation_says_so_and_its_reason_only_to_who_may_know(talk: Talk, who: str) -> None:
    cancel_conversation(by=talk.cast.soc, conversation=talk.conversation, reason="Hemligt skäl")
    found = html_of(talk, who)
    assert "Samtalet är inställt" in found and "blir inte av" in found
    assert ("Hemligt skäl" in found) == (who in {"participant", "fk"})
    assert ABOUT not in found and (SECRET_NAME in found) == (who == "participant")


@pytest.mark.django_db
def test_the_participants_letter_is_plain_and_its_days_are_written_out(talk: Talk) -> None:
    letter = letter_of(call_of(talk, "participant"))
    day = timezone.localdate(call_of(talk, "participant").starts_at)
    assert re.fullmatch(rf"\w+dag {day.day} [a-z]{{3,}} {day.year}", letter.facts[0][1])
    said = " ".join([*letter.says, *letter.reply, f"Ring {letter.contact}."])
    assert lix(said) <= LONGEST_LIX, lix(said)
    everything = " ".join([f"{label}: {value}." for label, value in letter.facts if value not in AGENCIES] + [said])
    assert lix(re.sub(r"De som kommer:[^.]*\.", "", everything)) <= LONGEST_LIX


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["contact", "needs", ""])
def test_the_participants_letter_is_in_large_print_for_whoever_asked_for_it(talk: Talk, how: str) -> None:
    if how == "contact":
        Contact.objects.create(participant=talk.person, large_text=True)
    if how == "needs":
        SupportNeeds.objects.filter(participant=talk.person).update(large_print=True)
    assert ('class="big"' in html_of(talk, "participant")) == bool(how)
    assert 'class="big"' not in html_of(talk, "employer")


@pytest.mark.django_db
def test_an_interpreter_that_is_booked_is_said_to_be(talk: Talk) -> None:
    assert "Vi ordnar tolk." in html_of(talk, "participant")
    Conversation.objects.update(interpreter_booked_at=timezone.now())
    assert "Tolken är bokad." in html_of(talk, "participant")


@pytest.mark.django_db
def test_the_participants_letter_holds_the_address_they_gave_and_the_kind_of_interpreter(talk: Talk) -> None:
    contact = Contact.objects.create(
        participant=talk.person, channel=Channel.LETTER, address="Storgatan 1, 941 32 Piteå"
    )
    for who in MAY_KNOW:
        assert ("Storgatan 1<br>941 32 Piteå" in html_of(talk, who)) == (who == "participant"), who
    assert "Tolk på plats, dari. Vi ordnar tolk." in html_of(talk, "participant")
    contact.channel = Channel.NONE
    contact.save()
    assert "Storgatan" not in html_of(talk, "participant")


@pytest.mark.django_db
@pytest.mark.parametrize("who", MAY_KNOW)
def test_without_a_phone_whom_to_ask_is_named_with_the_agency_to_who_may_know_it(talk: Talk, who: str) -> None:
    UserAccount.objects.filter(pk=talk.cast.soc.user_id).update(phone="")
    agency = f" hos {talk.cast.soc.agency.name}" if who in {"participant", "fk"} else ""
    assert f"Kontakta {talk.cast.soc.user}{agency}." in html_of(talk, who)


@pytest.mark.django_db
def test_a_name_or_a_place_with_marks_is_shown_as_it_is_and_runs_nothing(talk: Talk) -> None:
    Invitation.objects.update(where="<script>alert(1)</script>")
    Party.objects.filter(pk=talk.parties["employer"].pk).update(name='"><img src=x>')
    found = html_of(talk, "employer")
    assert "<script>" not in found and "<img" not in found and "&lt;script&gt;" in found


# ---------- making it ----------
@pytest.mark.django_db
@pytest.mark.parametrize("name", HATS)
def test_only_the_convener_makes_letters(talk: Talk, as_hat: AsHat, name: str) -> None:
    client = as_hat(getattr(talk.cast, name))
    got = post(client, talk, "participant")
    assert got.status_code == (200 if name in CONVENERS else 404)
    assert bool(call_of(talk, "participant").letter_at) == (name in CONVENERS)
    if name not in CONVENERS:
        assert got.content == client.post("/samtal/kallelse/999999/brev/").content
    assert not Notification.objects.exists()


@pytest.mark.django_db
def test_a_letter_is_a_tagged_pdf_without_a_name_in_what_is_around_it(talk: Talk, as_hat: AsHat) -> None:
    got = post(as_hat(talk.cast.soc), talk, "employer")
    assert got["Content-Type"] == "application/pdf"
    reader = PdfReader(BytesIO(got.content))
    text = " ".join(page.extract_text() for page in reader.pages)
    assert EMPLOYER in text and SECRET_NAME in text and ABOUT not in text and LAST_NAME not in text
    around = f"{got['Content-Disposition']} {dict(reader.metadata or {})}"
    for said in (SECRET_NAME, LAST_NAME, EMPLOYER, *AGENCIES):
        assert said not in around
    person = AuditEntry.objects.filter(participant_id=talk.person.pk)
    assert person.filter(what="conversation.letter").count() == 1
    assert person.filter(what="conversation", act="read").exists()
    assert ConversationEvent.objects.filter(verb="letter", member=talk.cast.soc).count() == 1


@pytest.mark.django_db
def test_where_no_pdf_can_be_made_the_page_is_shown_to_print(
    talk: Talk, as_hat: AsHat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("meetings.views.invitations.make_pdf", lambda html: None)
    got = post(as_hat(talk.cast.soc), talk, "participant")
    assert "Skriv ut sidan i stället" in got.content.decode() and SECRET_NAME in got.content.decode()


@pytest.mark.django_db
def test_who_reads_the_call_here_gets_no_letter(talk: Talk, as_hat: AsHat) -> None:
    for who in ("soc", "psyk"):
        got = post(as_hat(talk.cast.soc), talk, who)
        assert got.status_code == 403 and "läser sin kallelse här" in got.content.decode()
        assert call_of(talk, who).letter_at is None


@pytest.mark.embedded
@pytest.mark.parametrize("state", list(S))
def test_letters_are_made_of_a_call_that_stands_and_of_a_cancelled_one(talk: Talk, as_hat: AsHat, state: S) -> None:
    Conversation.objects.filter(pk=talk.conversation.pk).update(state=state)
    got = post(as_hat(talk.cast.soc), talk, "participant")
    assert got.status_code == (200 if state in {S.INVITED, S.CANCELLED} else 403)


@pytest.mark.django_db
def test_no_letter_is_made_of_an_earlier_time_or_for_somebody_who_has_left(talk: Talk, as_hat: AsHat) -> None:
    client, old = as_hat(talk.cast.soc), call_of(talk, "employer")
    move_conversation(
        by=talk.cast.soc, conversation=talk.conversation, meeting=appointment(12), interpreter_booked=True
    )
    got = client.post(f"/samtal/kallelse/{old.pk}/brev/")
    assert got.status_code == 403 and "Tiden är ändrad" in got.content.decode()
    Party.objects.filter(pk=talk.parties["employer"].pk).update(left_at=timezone.now() - timedelta(minutes=1))
    assert post(client, talk, "employer").status_code == 403


@pytest.mark.django_db
def test_the_page_says_who_needs_a_letter_and_for_whom_one_is_made(talk: Talk, as_hat: AsHat) -> None:
    client, path = as_hat(talk.cast.soc), f"/samtal/{talk.conversation.pk}/"
    assert client.get(path).content.decode().count("Behöver brev") == 4
    post(client, talk, "employer")
    page = client.get(path).content.decode()
    assert page.count("Behöver brev") == 3 and "Brev gjort" in page
