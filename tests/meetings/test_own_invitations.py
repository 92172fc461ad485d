"""Each party's own call: read, answered, answered late, written down by staff; who may, who is told."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from meetings.actions.invitations import (
    answer_invitation,
    invite_late,
    move_conversation,
    read_invitation,
)
from meetings.models import Conversation, InvitationAnswer
from meetings.queries.invitations import answer_of
from meetings.states import Answer, ConversationState
from notifications.models import Notification
from tests.cast import Cast
from tests.meetings.cast import in_days
from tests.meetings.talk_calls import (
    CONVENERS,
    HATS,
    PARTY,
    WHERE,
    AsHat,
    appointment,
    at_once,
    own_call,
    support_of,
    told,
    words,
)
from tests.meetings.talks import make_phone, make_talk
from workspace.errors import NotAllowed
from workspace.models import Agency, AuditEntry

A, S = Answer, ConversationState


# ---------- one's own call ----------
@pytest.mark.embedded
@pytest.mark.parametrize("name", HATS)
def test_each_opens_its_own_call_and_only_the_party_itself_leaves_a_receipt(
    cast: Cast, as_hat: AsHat, name: str
) -> None:
    talk = make_talk(cast, S.INVITED)
    got = as_hat(getattr(cast, name)).get(f"/samtal/{talk.conversation.pk}/kallelse/")
    assert got.status_code == (200 if name in CONVENERS | PARTY else 404)
    own = "soc" if name in CONVENERS else "psyk" if name in PARTY else ""
    read = {party for party in talk.parties if own_call(talk, party).read_at}
    assert read == ({own} if own else set())
    assert told() == {}


@pytest.mark.django_db
def test_the_receipt_is_written_once_and_by_nobody_else(cast: Cast) -> None:
    talk = make_talk(cast, S.INVITED)
    phone = make_phone(cast, visit=False)
    call = own_call(talk, "participant")
    for wrong in (cast.soc, cast.psyk, cast.outsider):
        with pytest.raises(NotAllowed):
            read_invitation(by=wrong, invitation=call)
    read_invitation(by=phone.browser, invitation=call)
    first = own_call(talk, "participant").read_at
    read_invitation(by=phone.browser, invitation=call)
    assert first is not None and own_call(talk, "participant").read_at == first
    assert AuditEntry.objects.filter(what="conversation.read_invitation").count() == 1
    with pytest.raises(NotAllowed):
        read_invitation(by=phone.browser, invitation=own_call(talk))


@pytest.mark.embedded
@pytest.mark.parametrize("answer", list(A))
@pytest.mark.parametrize("state", list(S))
def test_every_hat_and_every_answer_in_every_state(cast: Cast, as_hat: AsHat, state: S, answer: A) -> None:
    talk = make_talk(cast, S.HELD if state == S.HELD else S.INVITED)
    Conversation.objects.filter(pk=talk.conversation.pk).update(state=state)
    for name in HATS:
        before = InvitationAnswer.objects.count()
        path = f"/samtal/{talk.conversation.pk}/kallelse/svar/"
        got = as_hat(getattr(cast, name)).post(path, {"answer": answer, "comment": "Hellre fredag"})
        is_party = name in CONVENERS | PARTY
        done = is_party and state in {S.INVITED, S.HELD}
        assert got.status_code == (302 if done else 200 if is_party else 404), (name, words(got))
        assert InvitationAnswer.objects.count() - before == done
        if done:
            row = InvitationAnswer.objects.latest("pk")
            assert (row.answer, row.is_late, row.way) == (answer, state == S.HELD, "")
            assert row.invitation == own_call(talk, "soc" if name in CONVENERS else "psyk")
        elif is_party:
            said = {S.CANCELLED: "inställt", S.CLOSED: "stängt", S.PREPARING: "inte skickad"}[state]
            assert said in words(got)


@pytest.mark.django_db
def test_the_convener_is_told_of_an_answer_and_again_only_when_it_changes(cast: Cast) -> None:
    talk = make_talk(cast, S.INVITED, with_fk=True)
    call = own_call(talk)
    for answer, comment in ((A.COMING, ""), (A.COMING, ""), (A.OTHER_TIME, "Hellre fredag")):
        answer_invitation(by=cast.psyk_2, invitation=call, answer=answer, comment=comment)
    rows = Notification.objects.filter(kind="conversation.answered")
    assert [row.membership for row in rows] == [cast.soc, cast.soc]
    assert rows[0].acting_agency == cast.psyk.agency
    assert [row.answer for row in InvitationAnswer.objects.order_by("pk")] == [A.COMING, A.COMING, A.OTHER_TIME]
    newest = answer_of(call)
    assert newest is not None and newest.comment == "Hellre fredag"


@pytest.mark.django_db
def test_the_participants_answer_is_told_without_an_agency(cast: Cast) -> None:
    talk = make_talk(cast, S.INVITED)
    phone = make_phone(cast, visit=False)
    answer_invitation(by=phone.browser, invitation=own_call(talk, "participant"), answer=A.NOT_COMING)
    assert told() == {"conversation.participant_answered": {"soc"}}
    assert Notification.objects.get().acting_agency is None
    for other in ("soc", "psyk"):
        with pytest.raises(NotAllowed):
            answer_invitation(by=phone.browser, invitation=own_call(talk, other), answer=A.COMING)


@pytest.mark.django_db
def test_an_answer_after_the_conversation_is_kept_and_marked(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED)
    with time_machine.travel(in_days(7) + timedelta(minutes=1)):
        answer_invitation(by=cast.psyk, invitation=own_call(talk), answer=A.NOT_COMING)
        assert InvitationAnswer.objects.get().is_late
    page = words(as_hat(cast.soc).get(f"/samtal/{talk.conversation.pk}/"))
    assert "svarade efter att samtalet börjat" in page


@pytest.mark.django_db
def test_answering_an_earlier_round_shows_the_new_call_instead(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED)
    old = own_call(talk)
    move_conversation(by=cast.soc, conversation=talk.conversation, meeting=appointment(12))
    got = as_hat(cast.psyk).post(
        f"/samtal/{talk.conversation.pk}/kallelse/svar/",
        {"answer": "coming", "comment": "Vi tar bussen", "kallelse": old.pk},
    )
    page = words(got)
    assert got.status_code == 200 and "Tiden är ändrad" in page and "Vi tar bussen" in page
    assert f'name="kallelse" value="{own_call(talk).pk}"' in page and WHERE in page
    assert not InvitationAnswer.objects.filter(invitation__party=talk.parties["psyk"]).exists()


@pytest.mark.django_db
def test_nobody_answers_anothers_call(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED, with_fk=True)
    path = f"/samtal/{talk.conversation.pk}/kallelse/svar/"
    for other in ("fk", "participant", "soc"):
        got = as_hat(cast.psyk).post(path, {"answer": "coming", "kallelse": own_call(talk, other).pk})
        assert got.status_code == 404
    got = as_hat(cast.soc).post(path, {"answer": "coming", "kallelse": own_call(talk, "fk").pk})
    assert got.status_code in {200, 403} and not InvitationAnswer.objects.exists()
    odd = as_hat(cast.psyk).post(path, {"answer": "coming", "kallelse": "9" * 25})
    assert odd.status_code < 500


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"comment": "Hej"}, "Välj Jag kommer"),
        ({"answer": "kanske"}, "Välj Jag kommer"),
        ({"answer": "coming", "comment": "x" * 5000}, "tecken för lång"),
        ({"answer": "coming", "comment": "a\x07"}, "tecken som inte går att visa"),
    ],
)
def test_an_odd_answer_gets_a_sentence(cast: Cast, as_hat: AsHat, data: dict[str, str], sentence: str) -> None:
    talk = make_talk(cast, S.INVITED)
    got = as_hat(cast.psyk).post(f"/samtal/{talk.conversation.pk}/kallelse/svar/", data)
    assert got.status_code == 200 and sentence in words(got)
    assert not InvitationAnswer.objects.exists()


@pytest.mark.django_db
def test_a_withdrawn_consent_between_call_and_conversation_ends_the_call(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED)
    party = talk.parties["psyk"]
    assert party.identity is not None
    type(party.identity).objects.filter(pk=party.identity_id).update(ended_at=timezone.now(), ended_why="withdrawn")
    client = as_hat(cast.psyk)
    assert client.get(f"/samtal/{talk.conversation.pk}/kallelse/").status_code == 404
    assert client.post(f"/samtal/{talk.conversation.pk}/kallelse/svar/", {"answer": "coming"}).status_code == 404
    with pytest.raises(NotAllowed):
        answer_invitation(by=cast.psyk, invitation=own_call(talk), answer=A.COMING)


@pytest.mark.postgres
@pytest.mark.parametrize("second", [A.NOT_COMING, A.COMING])
def test_two_answers_to_a_call_at_once_are_both_kept_and_one_counts(cast: Cast, committed_db: None, second: A) -> None:
    talk = make_talk(cast, S.INVITED)
    call = own_call(talk, "participant")
    browser = make_phone(cast, visit=False).browser

    def answer(said: A) -> None:
        answer_invitation(by=browser, invitation=call, answer=said)

    assert at_once(lambda: answer(A.COMING), lambda: answer(second)) == []
    assert InvitationAnswer.objects.count() == 2
    assert answer_of(call) == InvitationAnswer.objects.order_by("at", "pk").last()
    # The convener hears of what changed: the second of two that say the same is no news.
    told_of_it = Notification.objects.filter(kind="conversation.participant_answered").count()
    assert told_of_it == (1 if second == A.COMING else 2)


# ---------- registered by staff ----------
@pytest.mark.django_db
@pytest.mark.parametrize("name", HATS)
def test_only_the_convener_registers_an_answer_and_it_shows_who_did(cast: Cast, as_hat: AsHat, name: str) -> None:
    talk = make_talk(cast, S.INVITED)
    call = own_call(talk, "participant")
    path = f"/samtal/kallelse/{call.pk}/svar/"
    client = as_hat(getattr(cast, name))
    data = {"answer": "coming", "way": "phone", "comment": ""}
    got = client.post(path, data)
    assert got.status_code == (302 if name in CONVENERS else 404)
    if name not in CONVENERS:
        assert got.content == client.post("/samtal/kallelse/999999/svar/", data).content
        assert not InvitationAnswer.objects.exists()
        return
    row = InvitationAnswer.objects.get()
    assert (row.way, row.member, row.browser) == ("phone", getattr(cast, name), None)
    assert told() == ({"conversation.participant_answered": {"soc"}} if name == "soc_2" else {})
    page = words(client.get(f"/samtal/{talk.conversation.pk}/"))
    assert f"registrerat av {row.member.user}, telefon" in page
    assert own_call(talk, "participant").read_at is None


@pytest.mark.django_db
def test_staff_register_for_those_on_paper_and_never_for_who_answers_here(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED, with_fk=True)
    Agency.objects.filter(pk=cast.fk.agency_id).update(by_letter=True)
    support = support_of(talk)
    talk.parties["support"] = support
    invite_late(by=cast.soc, conversation=talk.conversation, party=support)
    Notification.objects.all().delete()
    expected = {"participant": True, "soc": False, "psyk": False, "fk": True, "support": True}
    for who, may in expected.items():
        path = f"/samtal/kallelse/{own_call(talk, who).pk}/svar/"
        got = as_hat(cast.soc_2).post(path, {"answer": "not_coming", "way": "letter", "comment": ""})
        assert (got.status_code == 302) == may, who
        assert (answer_of(own_call(talk, who)) is not None) == may
    assert told() == {"conversation.participant_answered": {"soc"}, "conversation.answered": {"soc"}}
    said_by = Notification.objects.filter(kind="conversation.answered").values_list("acting_agency", flat=True)
    assert set(said_by) == {cast.fk.agency_id, cast.soc.agency_id}


@pytest.mark.django_db
def test_registering_needs_a_way_and_an_answer_and_keeps_what_was_written(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED)
    path = f"/samtal/kallelse/{own_call(talk, 'participant').pk}/svar/"
    got = as_hat(cast.soc).post(path, {"comment": "Ringde på morgonen"})
    page = words(got)
    assert "Välj hur svaret kom" in page and "Välj vad svaret blev" in page and "Ringde på morgonen" in page
    assert not InvitationAnswer.objects.exists()


@pytest.mark.django_db
def test_another_agency_sees_no_other_partys_call_or_answer(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED, with_fk=True)
    answer_invitation(by=cast.fk, invitation=own_call(talk, "fk"), answer=A.OTHER_TIME, comment="Hemlig kommentar")
    assert "Hemlig kommentar" in words(as_hat(cast.soc).get(f"/samtal/{talk.conversation.pk}/"))
    for path in ("", "kallelse/"):
        assert "Hemlig kommentar" not in words(as_hat(cast.psyk).get(f"/samtal/{talk.conversation.pk}/{path}"))
