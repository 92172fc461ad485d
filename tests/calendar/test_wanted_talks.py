"""Conversations in the caseworkers' calendars: those named for a party that lives and is called, and nobody else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from meetings.actions.invitations import answer_invitation, cancel_conversation, invite_late, move_conversation
from meetings.actions.parties import change_member, remove_party
from meetings.calendar.models import Entry
from meetings.models import Conversation
from meetings.states import Answer, ConversationState
from tests.calendar.mailbox import sent, who
from tests.calendar.stage import at, give_addresses, kept, own
from tests.cast import SECRET_NAME, Cast
from tests.meetings.cast import in_days
from tests.meetings.talk_calls import appointment, own_call
from tests.meetings.talks import ABOUT, Talk, make_talk
from tests.notifications.post import PostOffice
from workspace.models import Disclosure, Membership

pytestmark = [pytest.mark.django_db, pytest.mark.embedded, pytest.mark.usefixtures("november")]


@pytest.fixture
def talk(cast: Cast) -> Talk:
    return make_talk(cast, ConversationState.INVITED, with_fk=True)


@pytest.mark.parametrize("state", ConversationState)
def test_a_conversation_is_with_its_caseworkers_once_it_is_called(cast: Cast, state: ConversationState) -> None:
    talk = make_talk(cast, ConversationState.INVITED)
    Conversation.objects.update(state=state)
    found = kept()
    called = {ConversationState.INVITED, ConversationState.HELD}
    assert set(found) == ({"soc", "psyk"} if state in called else set())
    for (row,) in found.values():
        assert (row.starts_at, row.conversation_id) == (in_days(7), talk.conversation.pk)
        assert row.place == "" and row.asks


def test_only_a_place_that_is_marked_neutral_is_told(talk: Talk) -> None:
    Conversation.objects.update(where="Biblioteket", where_is_neutral=True, link="https://video.exempel.se/x")
    for rows in kept().values():
        assert "LOCATION:Biblioteket" in rows[0].text and "video" not in rows[0].text


def test_a_conversation_before_it_has_a_time_is_in_no_calendar(cast: Cast) -> None:
    make_talk(cast, ConversationState.PREPARING)
    assert kept() == {}


def test_a_party_that_leaves_or_loses_its_ground_is_taken_out(talk: Talk, post: PostOffice) -> None:
    give_addresses()
    assert who(sent(post)) == ["fk", "psyk", "soc"]
    remove_party(by=talk.cast.soc, party=talk.parties["fk"])
    (one,) = sent(post)
    assert (who([one]), one.method) == (["fk"], "CANCEL")
    assert one.subject.startswith("Återtagen kallelse till möte i Samverkansrum ")
    Disclosure.objects.filter(pk=talk.parties["psyk"].identity_id).update(
        ended_at=timezone.now(), ended_why="withdrawn"
    )
    (one,) = sent(post)
    assert (who([one]), one.method) == (["psyk"], "CANCEL")


def test_what_runs_out_by_itself_is_taken_out_by_the_clock(talk: Talk) -> None:
    assert set(kept()) == {"fk", "psyk", "soc"}
    identity = talk.parties["psyk"].identity
    assert identity is not None
    far = identity.ends_at + timedelta(days=10)
    Conversation.objects.update(starts_at=far, ends_at=far + timedelta(hours=1))
    with at(identity.ends_at - timedelta(minutes=1)):
        assert set(kept()) == {"fk", "psyk", "soc"}
    with at(identity.ends_at):
        assert set(kept()) == {"soc"}


def test_who_is_called_late_is_invited_then_and_not_before(cast: Cast, post: PostOffice) -> None:
    talk = make_talk(cast, ConversationState.INVITED, with_fk=True)
    talk.parties["fk"].invitations.all().delete()
    give_addresses()
    assert who(sent(post)) == ["psyk", "soc"]
    invite_late(by=cast.soc, conversation=talk.fresh(), party=talk.parties["fk"])
    (one,) = sent(post)
    assert (who([one]), one.method, one.sequences) == (["fk"], "REQUEST", [0])


def test_another_caseworker_of_the_desk_takes_over_the_entry(talk: Talk) -> None:
    kept()
    change_member(by=talk.cast.psyk_2, party=talk.parties["psyk"], member=talk.cast.psyk_2)
    assert set(kept()) == {"fk", "psyk2", "soc"}


def test_a_moved_conversation_keeps_its_uid_and_a_cancelled_one_is_taken_back(talk: Talk, post: PostOffice) -> None:
    give_addresses()
    first = sent(post)
    move_conversation(by=talk.cast.soc, conversation=talk.fresh(), meeting=appointment(10))
    moved = sent(post)
    assert [one.uid for one in moved] == [one.uid for one in first]
    assert all(one.sequences == [1] and one.subject.startswith("Ändrat möte") for one in moved)
    cancel_conversation(by=talk.cast.soc, conversation=talk.fresh(), reason="Hemligt skäl")
    off = sent(post)
    assert [one.uid for one in off] == [one.uid for one in first]
    assert all(one.method == "CANCEL" and one.subject.startswith("Inställt möte") for one in off)


def test_an_answer_shows_in_the_entry_and_a_no_leaves_the_feed(talk: Talk) -> None:
    kept()
    answer_invitation(by=talk.cast.psyk, invitation=own_call(talk), answer=Answer.NOT_COMING)
    kept()
    (row,) = own(talk.cast.psyk)
    assert (row.answer, row.text) == (Answer.NOT_COMING, "")
    answer_invitation(by=talk.cast.psyk, invitation=own_call(talk), answer=Answer.COMING)
    kept()
    assert own(talk.cast.psyk)[0].text


def test_no_mail_or_entry_tells_of_the_person_or_that_it_is_a_conversation(talk: Talk, post: PostOffice) -> None:
    give_addresses()
    words = (SECRET_NAME, ABOUT, "Åström", "samtal", "Samtal", "Stadshuset", "deltagare", "ocial", "sykiatr")
    found = sent(post)
    told = [*(one.mail.as_string() + one.text + one.body + one.subject for one in found)]
    told += [row.text for row in Entry.objects.all()]
    assert len(told) == 6
    assert [word for word in words for text in told if word in text] == []


def test_who_can_not_sign_in_and_who_looks_on_have_none(talk: Talk) -> None:
    Membership.objects.filter(pk=talk.cast.psyk.pk).update(
        from_on=timezone.localdate() - timedelta(days=9), to_on=timezone.localdate() - timedelta(days=1)
    )
    assert set(kept()) == {"fk", "soc"}
