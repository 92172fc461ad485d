"""Answers from calendars to conversations, and what happens when two come at once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from meetings.actions import invitations
from meetings.calendar.actions.replies import apply_waiting
from meetings.calendar.models import ReceivedReply
from meetings.models import Conversation, Invitation, InvitationAnswer
from meetings.states import Answer, ConversationState
from tests.calendar.answers import CLIENTS, Said
from tests.calendar.replying import entry_of, everybody, give_addresses, said_of, take, take_raw
from tests.cast import Cast
from tests.meetings.calling import call_quietly
from tests.meetings.cast import make_room
from tests.meetings.talk_calls import appointment, at_once, own_call, told
from tests.meetings.talks import Talk, make_talk
from workspace.models import Disclosure
from workspace.rules import Hat

S = ConversationState


@pytest.fixture
def talk(cast: Cast) -> Talk:
    give_addresses()
    return make_talk(cast, S.INVITED)


@pytest.fixture
def said(talk: Talk) -> Said:
    """psyk accepts."""
    return said_of(entry_of(talk.cast.psyk, talk.conversation))


def answers(talk: Talk, who: str = "psyk") -> list[tuple[str, str]]:
    rows = InvitationAnswer.objects.filter(invitation__party=talk.parties[who]).order_by("at", "pk")
    return list(rows.values_list("answer", "comment"))


def test_each_program_s_answer_is_written_as_the_party_s(talk: Talk, said: Said) -> None:
    for client in CLIENTS:
        assert take(said.but(comment=client), client) == ("taken", "")

    assert answers(talk) == [(Answer.COMING, client) for client in CLIENTS]
    assert told()["conversation.answered"] == {"soc"}
    assert InvitationAnswer.objects.filter(member=talk.cast.psyk, way="").count() == len(CLIENTS)


def test_a_proposed_time_and_a_no(talk: Talk, said: Said) -> None:
    starts_at = said.starts_at + timedelta(days=1)
    assert take(said.but(method="COUNTER", starts_at=starts_at, ends_at=None, comment="Bättre")) == ("taken", "")
    assert take(said.but(partstat="DECLINED")) == ("taken", "")

    (first, comment), second = answers(talk)
    assert first == Answer.OTHER_TIME and comment.startswith("Föreslår ") and comment.endswith(". Bättre")
    assert second == (Answer.NOT_COMING, "")


@pytest.mark.parametrize("state", list(S))
def test_who_may_answer_in_which_state(cast: Cast, state: ConversationState) -> None:
    """Parties only, while the conversation is called or has been held. A role has no answer."""
    give_addresses()
    talk = make_talk(cast, S.INVITED)
    Conversation.objects.filter(pk=talk.conversation.pk).update(state=state)
    for name, hat in everybody(cast).items():
        expected = "refused"
        if name in {"soc", "soc_2", "psyk", "psyk_2"} and state in {S.INVITED, S.HELD}:
            expected = "taken"
        if name in {"coordinator", "chair"}:
            expected = "nothing"
        before = InvitationAnswer.objects.count()

        assert take(said_of(entry_of(hat, talk.conversation)))[0] == expected, name
        assert InvitationAnswer.objects.count() - before == (expected == "taken"), name


def move(talk: Talk) -> None:
    invitations.move_conversation(by=talk.cast.soc, conversation=talk.conversation, meeting=appointment(days=9))


def cancel(talk: Talk) -> None:
    invitations.cancel_conversation(by=talk.cast.soc, conversation=talk.conversation, reason="Inte nu")


def lose(talk: Talk) -> None:
    Disclosure.objects.update(ended_at=timezone.now(), ended_why="withdrawn")


@pytest.mark.parametrize(
    ("change", "expected"),
    [(move, ("old", "moved")), (cancel, ("refused", "over")), (lose, ("refused", "ended"))],
)
def test_what_has_happened_to_the_conversation_meanwhile_counts(
    talk: Talk, said: Said, change: Callable[[Talk], None], expected: tuple[str, str]
) -> None:
    change(talk)

    assert take(said) == expected
    assert answers(talk) == []


def test_an_answer_given_here_later_wins(talk: Talk, said: Said) -> None:
    invitations.answer_invitation(by=talk.cast.psyk, invitation=own_call(talk), answer=Answer.NOT_COMING)

    assert take(said.but(stamp=timezone.now() - timedelta(hours=1))) == ("old", "older")
    assert answers(talk) == [(Answer.NOT_COMING, "")]


def test_somebody_without_a_call_is_refused(talk: Talk, said: Said) -> None:
    Invitation.objects.filter(party=talk.parties["psyk"]).delete()

    assert take(said) == ("refused", "not_asked")


# ---------- at once ----------
@pytest.mark.usefixtures("committed_db")
def test_the_same_message_at_the_same_moment_is_taken_once(cast: Cast) -> None:
    give_addresses()
    room = call_quietly(make_room(cast))
    raw = said_of(entry_of(cast.psyk, room.meeting)).as_mail()
    found: list[bool] = []

    def once() -> None:
        found.extend(is_new for _, is_new in take_raw(raw))

    assert at_once(once, once, once) == []
    assert sorted(found) == [False, False, True]
    assert ReceivedReply.objects.get().outcome == "taken"


@pytest.mark.usefixtures("committed_db")
def test_of_two_answers_at_the_same_moment_the_newer_stands(cast: Cast) -> None:
    """Of the same person in turns; what two people answer hinders neither."""
    give_addresses()
    room = call_quietly(make_room(cast))
    hats: list[Hat] = [cast.psyk, cast.fk]
    now = timezone.now()
    for hat in hats:
        said = said_of(entry_of(hat, room.meeting))
        for _ in range(3):
            newer = said.but(partstat="DECLINED", stamp=now, comment="nyare").as_mail()
            older = said.but(stamp=now - timedelta(minutes=1), comment="äldre").as_mail()
            assert at_once(lambda newer=newer: take_raw(newer), lambda older=older: take_raw(older)) == []  # type: ignore[misc]
            now += timedelta(seconds=2)

    rows = room.meeting.attendances.exclude(answer="").order_by("pk")
    assert {(row.answer, row.comment) for row in rows} == {(Answer.NOT_COMING, "nyare")}


@pytest.mark.usefixtures("committed_db")
def test_what_waits_is_given_once_by_two_clocks(cast: Cast) -> None:
    give_addresses()
    room = make_room(cast)
    take(said_of(entry_of(cast.psyk, room.meeting), "DECLINED"))
    call_quietly(room)
    given: list[int] = []

    assert at_once(lambda: given.append(apply_waiting()), lambda: given.append(apply_waiting())) == []
    assert sorted(given) == [0, 1]
