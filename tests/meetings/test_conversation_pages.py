"""A conversation's page and the lists: to its parties alone, and to each only what is theirs to read (R11, L14)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from meetings.models import Conversation, OwnQuestion, Party, TimeAnswer, TimeOption
from meetings.states import ConversationState, PartyKind
from tests.cast import SECRET_NAME, Cast, make_participant
from tests.meetings.cast import in_days
from tests.meetings.talk_tools import (
    MARKERS,
    MISSING,
    QUESTION,
    AsHat,
    hats,
    kinds_told,
    leaks,
    mails,
    talk_form,
    wants_mail,
    withdraw_all,
)
from tests.meetings.talks import ABOUT, OWN_WORDS, make_agreement, make_talk
from workspace.models import AuditEntry, Disclosure, SupportNeeds
from workspace.rules import Hat
from workspace.states import EndReason

pytestmark = pytest.mark.django_db
S = ConversationState
PIECES = ("huvud", "parter", "fragor", "tider", "kallelser", "overenskommelse")


# ---------- the page ----------
READS = {
    "preparing": {"soc", "soc_2", "psyk", "psyk_2"},
    "invited": {"soc", "soc_2", "psyk", "psyk_2"},
    "held": {"soc", "soc_2", "psyk", "psyk_2"},
    "cancelled": {"soc", "soc_2", "psyk", "psyk_2"},
    "closed": {"soc", "soc_2", "psyk", "psyk_2"},
}


@pytest.mark.parametrize("state", list(S))
def test_the_page_and_its_pieces_open_to_the_parties_desks_alone(
    cast: Cast, as_hat: AsHat, state: ConversationState
) -> None:
    talk = make_talk(cast, state)
    pk = talk.conversation.pk
    OwnQuestion.objects.create(
        participant=cast.person, conversation=talk.conversation, text=QUESTION, shown_at=timezone.now()
    )
    OwnQuestion.objects.create(participant=cast.person, text="Den egna hemligheten")
    addresses = [reverse("conversation", args=[pk]), *(reverse("conversation_fragment", args=[pk, p]) for p in PIECES)]
    for name, hat in hats(cast).items():
        client = as_hat(hat)
        missing = client.get(reverse("conversation", args=[MISSING]))
        for address in addresses:
            answer = client.get(address)
            assert "Den egna hemligheten" not in answer.content.decode()
            if name in READS[state]:
                assert answer.status_code == 200, (name, address)
            else:
                assert (answer.status_code, leaks(answer.content)) == (404, []), (name, address)
                assert _stripped(answer.content, hat) == _stripped(missing.content, hat)
        page = client.get(addresses[0]).content.decode()
        assert (SECRET_NAME in page and QUESTION in page and ABOUT in page) == (name in READS[state])
        assert f"<title>{SECRET_NAME}" not in page


def _stripped(body: bytes, hat: Hat) -> str:
    return body.decode().split("<main")[-1]


def test_reading_is_logged_once_and_then_as_a_refresh(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast)
    client = as_hat(cast.psyk)
    client.get(reverse("conversation", args=[talk.conversation.pk]))
    client.get(reverse("conversation_fragment", args=[talk.conversation.pk, "huvud"]), headers={"HX-Request": "true"})
    rows = AuditEntry.objects.filter(what="conversation", object_id=talk.conversation.pk, participant_id=cast.person.pk)
    assert sorted(rows.values_list("act", flat=True)) == ["read", "refresh"]


def test_the_convener_alone_sees_the_needs_the_wish_and_how_long_others_read(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED, with_fk=True)
    needs = {"interpreter": "sign", "language": "svenskt teckenspråk", "breaks": True}
    SupportNeeds.objects.create(participant=cast.person, **needs)
    Conversation.objects.filter(pk=talk.conversation.pk).update(wished_form="Hellre ute", form_decision="Vi går ut")
    Party.objects.create(
        conversation=talk.conversation,
        kind=PartyKind.SUPPORT,
        name="Stödis Stödsson",
        agreed_on=timezone.localdate() - timedelta(days=400),
    )
    address = reverse("conversation", args=[talk.conversation.pk])
    secret = ("Teckenspråkstolk", "Pauser", "Hellre ute", "Vi går ut", "Kan läsa till och med", "sa ja", "Tolk behövs")
    own = as_hat(cast.soc).get(address).content.decode()
    assert [word for word in secret if word not in own] == []
    for hat in (cast.psyk, cast.fk):
        theirs = as_hat(hat).get(address).content.decode()
        pieces = [as_hat(hat).get(reverse("conversation_fragment", args=[talk.conversation.pk, p])) for p in PIECES]
        theirs += "".join(piece.content.decode() for piece in pieces)
        assert [word for word in secret if word in theirs] == []
        assert "Stödperson" in theirs and "Stödis Stödsson" in theirs


def test_the_interpreter_stands_as_an_alarm_until_it_is_booked(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast)
    SupportNeeds.objects.create(participant=cast.person, interpreter="spoken", language="arabiska")
    pk, client = talk.conversation.pk, as_hat(cast.soc)
    address = reverse("conversation", args=[pk])
    assert "Tolk behövs och är inte bokad" in client.get(address).content.decode()
    for name in ("psyk", "fk", "soc_manager", "coordinator"):
        assert as_hat(hats(cast)[name]).post(reverse("book_interpreter", args=[pk])).status_code == 404
    assert client.post(reverse("book_interpreter", args=[pk]), {"bokad": "1"}).status_code == 302
    page = client.get(address).content.decode()
    assert "Tolk behövs och är inte bokad" not in page and "Tolken är bokad" in page
    assert talk.fresh().interpreter_booked_by_id == cast.soc.pk and kinds_told() == set()
    client.post(reverse("book_interpreter", args=[pk]), {"bokad": "0"})
    assert talk.fresh().interpreter_booked_at is None


def test_a_wished_form_of_meeting_is_decided_and_the_participant_hears(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast)
    wants_mail(cast.person)
    address, client = reverse("decide_form", args=[talk.conversation.pk]), as_hat(cast.soc)
    assert client.get(address).status_code == 404  # nobody has wished anything
    change = reverse("change_conversation", args=[talk.conversation.pk])
    form = talk_form(wished_form="Hellre ute", about="Ny fråga")
    assert as_hat(cast.psyk).post(change, form).status_code == 404
    assert client.post(change, form).status_code == 302
    assert (
        "Ingen har bestämt hur det blir"
        in client.get(reverse("conversation", args=[talk.conversation.pk])).content.decode()
    )
    assert "Skriv hur det blir." in client.post(address, {"decision": ""}).content.decode()
    assert client.post(address, {"decision": "Vi ses i parken"}).status_code == 302
    assert (talk.fresh().form_decision, talk.fresh().about) == ("Vi ses i parken", "Ny fråga")
    assert mails(cast.person) == 1 and as_hat(cast.psyk).get(address).status_code == 404
    # Another wish needs another answer.
    client.post(change, talk_form(wished_form="Hellre inne"))
    assert talk.fresh().form_decision == ""


def test_what_has_been_called_is_not_moved_by_changing_it(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED)
    address = reverse("change_conversation", args=[talk.conversation.pk])
    assert 'name="where"' not in as_hat(cast.soc).get(address).content.decode()
    as_hat(cast.soc).post(address, talk_form(about="Nytt ämne", where="Annan plats", how="phone"))
    now = talk.fresh()
    assert (now.about, now.where, now.how) == ("Nytt ämne", "Stadshuset, rum Älven", "place")


@pytest.mark.parametrize("state", [S.HELD, S.CANCELLED, S.CLOSED])
def test_one_that_is_over_is_not_changed(cast: Cast, as_hat: AsHat, state: ConversationState) -> None:
    talk = make_talk(cast, state)
    Conversation.objects.filter(pk=talk.conversation.pk).update(wished_form="Ute")
    client, pk = as_hat(cast.soc), talk.conversation.pk
    for name in ("change_conversation", "decide_form", "book_interpreter", "add_party"):
        answer = client.post(reverse(name, args=[pk]), talk_form(decision="Ja", about="Annat"))
        assert answer.status_code == 409, name
    assert (talk.fresh().about, talk.fresh().form_decision) == (ABOUT, "")


def test_the_answer_says_whose_turn_it_is(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast)
    address = reverse("conversation", args=[talk.conversation.pk])

    def says(hat: Hat) -> str:
        return as_hat(hat).get(address).content.decode().split('id="laget">')[1].split("</h2>")[0]

    assert says(cast.soc) == "Föreslå tider för samtalet"
    assert says(cast.psyk) == "Socialtjänsten Piteå ska föreslå tider"
    one, two = (
        TimeOption.objects.create(conversation=talk.conversation, starts_at=in_days(day), ends_at=in_days(day, 14))
        for day in (3, 4)
    )
    assert says(cast.psyk) == "Svara på vilka tider som passar er"
    assert says(cast.soc) == "Deltagaren och Vuxenpsykiatrin Piteå har inte svarat på tiderna"
    for option, party in ((one, "psyk"), (one, "participant"), (two, "psyk")):
        TimeAnswer.objects.create(option=option, party=talk.parties[party], works=True)
    assert says(cast.soc) == "Deltagaren har inte svarat på alla tider"
    TimeAnswer.objects.create(option=two, party=talk.parties["participant"], works=False)
    assert says(cast.soc) == "Alla har svarat. Välj tid"
    assert says(cast.psyk) == "Alla har svarat. Socialtjänsten Piteå ska välja tid"
    talk = make_talk(cast, S.INVITED, with_fk=True)
    address = reverse("conversation", args=[talk.conversation.pk])
    assert says(cast.fk).startswith("Samtalet är ") and says(cast.fk).endswith(" kl. 13.00")


# ---------- access that has ended ----------
def test_whose_access_has_ended_keeps_the_day_and_its_own_words_and_reads_nothing_else(
    cast: Cast, as_hat: AsHat
) -> None:
    talk = make_talk(cast, S.INVITED, with_fk=True)
    agreement = make_agreement(talk)
    agreement.sections.filter(party=talk.parties["psyk"]).update(text="Det vi i psykiatrin skrev")
    withdraw_all(cast, talk.consents[cast.psyk.agency_id])
    address = reverse("conversation", args=[talk.conversation.pk])
    audits = AuditEntry.objects.filter(act="read").count()
    page = as_hat(cast.psyk).get(address).content.decode()
    assert "Åtkomsten upphörde" in page and "det ni fört till er akt finns kvar där" in page
    assert "Socialtjänsten Piteå kallade" in page and "Det vi i psykiatrin skrev" in page
    assert leaks(page, (*MARKERS, "Hemligt mål")) == []
    assert AuditEntry.objects.filter(act="read").count() == audits + 1, "its own words are about the person"
    for piece in PIECES:
        answer = as_hat(cast.psyk).get(reverse("conversation_fragment", args=[talk.conversation.pk, piece]))
        assert answer.status_code == 404 and leaks(answer.content) == []
    assert as_hat(cast.fk).get(address).status_code == 200
    assert "Vuxenpsykiatrin Piteå" in as_hat(cast.soc).get(address).content.decode()
    assert OWN_WORDS not in as_hat(cast.psyk_manager).get(address).content.decode()


def test_a_disclosure_that_runs_out_ends_the_page_by_itself(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast)
    own = reverse("conversation", args=[talk.conversation.pk])
    assert "data-expires-at" in as_hat(cast.psyk).get(own).content.decode()
    assert "data-expires-at" not in as_hat(cast.soc).get(own).content.decode()
    told_of = Disclosure.objects.filter(pk=talk.parties["psyk"].question_id)
    told_of.update(ended_at=timezone.now(), ended_why=EndReason.WITHDRAWN)
    page = as_hat(cast.psyk).get(own).content.decode()
    assert "Åtkomsten upphörde" in page and leaks(page) == []


@pytest.mark.parametrize("number", ["9" * 25, "9" * 18])
def test_a_number_that_no_conversation_has_is_the_same_404(cast: Cast, as_hat: AsHat, number: str) -> None:
    make_talk(cast)
    client = as_hat(cast.soc)
    for path in ("", "bit/huvud/", "andra/", "sattet/", "part/ny/", "grund/", "onska/", f"part/{number}/andra/"):
        assert client.get(f"/samtal/{number}/{path}").status_code == 404, path
    for path in ("tolk/", f"part/{number}/ta-bort/"):
        assert client.post(f"/samtal/{number}/{path}").status_code == 404, path
    assert client.get(f"/samtal/onskan/{number}/").status_code == 404


# ---------- the list ----------
def test_the_list_holds_what_each_desk_has_and_asks_as_often_for_thirty_as_for_one(cast: Cast, as_hat: AsHat) -> None:
    first = make_talk(cast, S.INVITED)
    address = reverse("conversations")
    counts = []
    for number in (0, 29):
        for i in range(number):
            make_talk(cast, person=make_participant(cast.soc_desk, f"Person{i}", "Ek"), with_fk=True)
        client = as_hat(cast.soc)
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = client.get(address).content.decode()
        counts.append(len(queries))
    assert counts[0] == counts[1] and SECRET_NAME in page and page.count("/samtal/") >= 30
    for name, hat in hats(cast).items():
        answer = as_hat(hat).get(address)
        if name in {"coordinator", "chair"}:
            assert answer.status_code == 404
            continue
        assert (SECRET_NAME in answer.content.decode()) == (name in {"soc", "soc_2", "psyk", "psyk_2"}), name
        assert ("Person3" in answer.content.decode()) == (name in {"soc", "soc_2", "psyk", "psyk_2", "fk"}), name
        assert ABOUT not in answer.content.decode()
    read = AuditEntry.objects.filter(what="conversations", membership_id=cast.psyk.pk)
    assert first.person.pk in read.values_list("participant_id", flat=True) and read.count() == 30


def test_those_that_are_over_stand_under_earlier(cast: Cast, as_hat: AsHat) -> None:
    make_talk(cast, S.CLOSED)
    client = as_hat(cast.psyk)
    assert SECRET_NAME not in client.get(reverse("conversations")).content.decode()
    earlier = client.get(f"{reverse('conversations')}?visa=tidigare&page={'9' * 30}").content.decode()
    assert SECRET_NAME in earlier and "Samtalet är stängt" in earlier


def test_a_lost_agency_is_not_told_that_the_list_had_it(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast)
    Party.objects.filter(pk=talk.parties["psyk"].pk).update(left_at=timezone.now())
    for query in ("", "?visa=tidigare"):
        assert leaks(as_hat(cast.psyk).get(reverse("conversations") + query).content) == []
