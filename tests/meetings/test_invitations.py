"""The call: sent, to whoever comes late, moved, cancelled, held; who may, who is told."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from meetings.actions.invitations import (
    Appointment,
    answer_invitation,
    cancel_conversation,
    hold_conversation,
    invite,
    invite_late,
    move_conversation,
)
from meetings.models import (
    Conversation,
    ConversationEvent,
    ConversationPlan,
    Invitation,
    InvitationAnswer,
    TimeOption,
)
from meetings.queries.invitations import answer_of, newest_invitation
from meetings.states import Answer, ConversationState, How
from notifications.models import Notification
from tests.cast import SECRET_NAME, Cast
from tests.meetings.cast import in_days
from tests.meetings.talk_calls import (
    CONVENERS,
    HATS,
    PARTY,
    WHERE,
    AsHat,
    appointment,
    at_once,
    meet,
    needs_interpreter,
    own_call,
    support_of,
    told,
    words,
)
from tests.meetings.talks import ABOUT, make_talk
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import AuditEntry
from workspace.swedish import say_date

A, S = Answer, ConversationState


# ---------- all verbs, all hats, all states ----------
VERBS: dict[str, tuple[str, dict[str, str], set[S], set[S]]] = {
    # address, what is sent, the states in which it is done, those in which the page says why not (200)
    "invite": ("kalla", meet(), {S.PREPARING}, set()),
    "move": ("andra-tid", meet(), {S.INVITED}, set()),
    "cancel": ("stall-in", {"reason": "Lokalen är stängd."}, {S.PREPARING, S.INVITED}, set()),
    "hold": ("genomfort", {}, set(), {S.INVITED}),  # not begun
}


@pytest.mark.embedded
@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_by_every_hat_in_every_state(cast: Cast, as_hat: AsHat, verb: str, state: S) -> None:
    path, data, done_in, said_in = VERBS[verb]
    for name in HATS:
        Conversation.objects.update(state=S.CANCELLED)  # the one before goes out of the way
        talk = make_talk(cast, state)
        Notification.objects.all().delete()
        got = as_hat(getattr(cast, name)).post(f"/samtal/{talk.conversation.pk}/{path}/", data)
        if name in CONVENERS:
            expected = {302} if state in done_in else {200} if state in said_in else {403, 409}
        else:
            expected = {403} if name in PARTY else {404}
        assert got.status_code in expected, (name, got.status_code, words(got))
        assert (talk.fresh().state != state or talk.conversation.round > 1) == (302 in expected)
        if 302 not in expected:
            assert told() == {}
        if name not in CONVENERS:
            assert SECRET_NAME not in words(got) and ABOUT not in words(got)


@pytest.mark.django_db
@pytest.mark.parametrize("name", HATS)
def test_the_pages_of_the_call_open_for_the_convener_alone(cast: Cast, as_hat: AsHat, name: str) -> None:
    talk = make_talk(cast, S.INVITED)
    for path in ("andra-tid", "stall-in", "genomfort"):
        got = as_hat(getattr(cast, name)).get(f"/samtal/{talk.conversation.pk}/{path}/")
        assert got.status_code == (200 if name in CONVENERS else 403 if name in PARTY else 404), path
        if name not in CONVENERS:
            assert SECRET_NAME not in words(got) and ABOUT not in words(got)


# ---------- the call ----------
@pytest.mark.django_db
def test_everybody_gets_a_call_of_their_own_and_the_caseworkers_are_told(cast: Cast) -> None:
    talk = make_talk(cast, with_fk=True)
    support = support_of(talk)
    invite(by=cast.soc_2, conversation=talk.conversation, meeting=appointment())
    calls = Invitation.objects.all()
    assert {call.party_id for call in calls} == {*(party.pk for party in talk.parties.values()), support.pk}
    assert {(call.round, call.where, call.starts_at) for call in calls} == {(1, WHERE, in_days(9))}
    assert told() == {"conversation.invited": {"soc", "psyk", "fk"}}
    fresh = talk.fresh()
    assert fresh.ends_at is not None and fresh.starts_at is not None
    assert fresh.ends_at - fresh.starts_at == timedelta(minutes=fresh.minutes)
    assert AuditEntry.objects.filter(what="conversation.invite", participant_id=talk.person.pk).count() == 1


@pytest.mark.django_db
def test_whoever_calls_is_not_told(cast: Cast) -> None:
    invite(by=cast.soc, conversation=make_talk(cast).conversation, meeting=appointment())
    assert told() == {"conversation.invited": {"psyk"}}


@pytest.mark.django_db
def test_an_agency_whose_ground_is_gone_gets_no_call(cast: Cast) -> None:
    talk = make_talk(cast, with_fk=True)
    party = talk.parties["psyk"]
    assert party.question is not None
    type(party.question).objects.filter(pk=party.question_id).update(ended_at=timezone.now(), ended_why="withdrawn")
    invite(by=cast.soc, conversation=talk.conversation, meeting=appointment())
    assert told() == {"conversation.invited": {"fk"}}
    assert newest_invitation(party) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (Appointment(in_days(-1), How.PLACE, WHERE), "redan varit"),
        (Appointment(in_days(1), How.PLACE, " "), "var ni ses"),
        (Appointment(in_days(1), How.PHONE), "vilket nummer"),
        (Appointment(in_days(1), How.LINK, WHERE), "Skriv länken"),
        (Appointment(in_days(1), "brevduva", WHERE), "Välj hur"),
    ],
)
def test_a_call_needs_a_time_ahead_and_a_place(cast: Cast, wrong: Appointment, sentence: str) -> None:
    talk = make_talk(cast)
    with pytest.raises(NotAllowed, match=sentence):
        invite(by=cast.soc, conversation=talk.conversation, meeting=wrong)
    assert not Invitation.objects.exists() and talk.fresh().state == S.PREPARING


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"day": "igår"}, "är inget datum"),
        ({"day": "1 jan 2020"}, "har redan varit"),
        ({"begins": "halv elva"}, "är ingen tid"),
        ({"where": ""}, "Skriv var ni ses"),
        ({"how": "phone", "where": ""}, "vilket nummer"),
        ({"how": "link", "link": ""}, "Klistra in länken"),
        ({"how": "link", "link": "javascript:alert(1)"}, "länk"),
        ({"where": "x" * 5000}, "tecken för lång"),
        ({"where": "a\x07b"}, "tecken som inte går att visa"),
    ],
)
def test_a_bad_call_gets_a_sentence_and_nothing_is_lost(
    cast: Cast, as_hat: AsHat, fields: dict[str, str], sentence: str
) -> None:
    talk = make_talk(cast)
    sent = meet(**fields)
    got = as_hat(cast.soc).post(f"/samtal/{talk.conversation.pk}/kalla/", sent)
    assert got.status_code == 200 and sentence.casefold() in words(got).casefold(), words(got)
    assert sent["where"][:100] in got.content.decode() and not Invitation.objects.exists()


@pytest.mark.django_db
def test_a_needed_interpreter_that_is_not_booked_is_asked_about_first(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast)
    needs_interpreter(cast)
    path = f"/samtal/{talk.conversation.pk}/kalla/"
    client = as_hat(cast.soc)
    assert "Boka tolk först" in words(client.get(path))
    got = client.post(path, meet())
    assert got.status_code == 200 and "Skicka ändå" in words(got) and not Invitation.objects.exists()
    with pytest.raises(NotAllowed, match="Boka tolk först"):
        invite(by=cast.soc, conversation=talk.conversation, meeting=appointment())
    assert client.post(path, meet(unbooked="on")).status_code == 302
    assert Invitation.objects.count() == 3


@pytest.mark.django_db
def test_a_booked_interpreter_is_not_asked_about(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast)
    needs_interpreter(cast, booked=True)
    path = f"/samtal/{talk.conversation.pk}/kalla/"
    assert "Boka tolk först" not in words(as_hat(cast.soc).get(path))
    assert as_hat(cast.soc).post(path, meet()).status_code == 302


@pytest.mark.django_db
def test_the_call_is_filled_in_with_the_time_that_was_chosen(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast)
    option = TimeOption.objects.create(conversation=talk.conversation, starts_at=in_days(9, 15), ends_at=in_days(9, 16))
    page = words(as_hat(cast.soc).get(f"/samtal/{talk.conversation.pk}/kalla/?tid={option.pk}"))
    assert say_date(in_days(9).date()) in page and 'value="15.00"' in page
    for odd in ("9" * 25, "x", "\x00", str(option.pk + 1)):
        assert as_hat(cast.soc).get(f"/samtal/{talk.conversation.pk}/kalla/", {"tid": odd}).status_code == 200


@pytest.mark.django_db
def test_the_same_call_sent_twice_is_sent_once(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast)
    client = as_hat(cast.soc)
    for _ in range(2):
        assert client.post(f"/samtal/{talk.conversation.pk}/kalla/", meet(once="abc")).status_code == 302
    assert Invitation.objects.count() == 3 and Notification.objects.count() == 1


# ---------- added after the call ----------
@pytest.mark.django_db
def test_a_late_party_gets_a_call_and_not_an_update_and_nobody_else_hears_of_it(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED, with_fk=True)
    Invitation.objects.filter(party=talk.parties["fk"]).delete()
    path = f"/samtal/{talk.conversation.pk}/kalla/{talk.parties['fk'].pk}/"
    assert "Inte kallad" in words(as_hat(cast.soc).get(f"/samtal/{talk.conversation.pk}/"))
    for name in HATS:
        got = as_hat(getattr(cast, name)).post(path)
        expected = {"soc": 302, "soc_2": 403}.get(name, 403 if name in PARTY | {"fk"} else 404)
        assert got.status_code == expected, name
    assert told() == {"conversation.invited": {"fk"}}
    assert own_call(talk, "fk").round == talk.fresh().round
    assert as_hat(cast.soc).post(f"/samtal/{talk.conversation.pk}/kalla/{'9' * 25}/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("state", [S.PREPARING, S.HELD, S.CANCELLED, S.CLOSED])
def test_a_late_call_needs_a_call(cast: Cast, state: S) -> None:
    talk = make_talk(cast, state)
    with pytest.raises(NotAllowed):
        invite_late(by=cast.soc, conversation=talk.conversation, party=support_of(talk))


# ---------- another time ----------
@pytest.mark.django_db
def test_another_time_is_a_new_round_with_a_new_call_to_each_and_the_answers_begin_anew(cast: Cast) -> None:
    talk = make_talk(cast, S.INVITED)
    first = own_call(talk)
    answer_invitation(by=cast.psyk, invitation=first, answer=A.COMING)
    Notification.objects.all().delete()
    move_conversation(by=cast.soc, conversation=talk.conversation, meeting=appointment(12))
    assert told() == {"conversation.moved": {"psyk"}}
    second = own_call(talk)
    assert (second.round, second.starts_at, second.read_at) == (2, in_days(12), None)
    assert answer_of(second) is None and answer_of(first) is not None
    assert Invitation.objects.count() == 6
    with pytest.raises(NotAllowed, match="Tiden är ändrad"):
        answer_invitation(by=cast.psyk, invitation=first, answer=A.NOT_COMING)
    assert InvitationAnswer.objects.filter(invitation=first).count() == 1


@pytest.mark.django_db
def test_whoever_calls_has_read_it_and_comes(cast: Cast) -> None:
    talk = make_talk(cast)
    invite(by=cast.soc, conversation=talk.conversation, meeting=appointment())
    own = own_call(talk, "soc")
    answer = answer_of(own)
    assert own.read_at and answer and (answer.answer, answer.member) == (A.COMING, cast.soc)
    assert answer_of(own_call(talk)) is None and own_call(talk).read_at is None


@pytest.mark.django_db
def test_a_party_never_called_before_is_called_by_a_move_and_not_told_of_a_change(cast: Cast) -> None:
    talk = make_talk(cast, S.INVITED, with_fk=True)
    Invitation.objects.filter(party=talk.parties["fk"]).delete()
    move_conversation(by=cast.soc_2, conversation=talk.conversation, meeting=appointment(12))
    assert told() == {"conversation.moved": {"soc", "psyk"}, "conversation.invited": {"fk"}}


@pytest.mark.django_db
def test_nothing_changed_is_no_new_round(cast: Cast) -> None:
    talk = make_talk(cast)
    invite(by=cast.soc, conversation=talk.conversation, meeting=appointment())
    with pytest.raises(NotAllowed, match="redan så"):
        move_conversation(by=cast.soc, conversation=talk.conversation, meeting=appointment())
    move_conversation(by=cast.soc, conversation=talk.conversation, meeting=appointment(where="Torget 2"))
    assert talk.fresh().round == 2


@pytest.mark.django_db
def test_an_interpreter_booked_for_the_earlier_time_is_asked_about_anew(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED)
    needs_interpreter(cast, booked=True)
    path, client = f"/samtal/{talk.conversation.pk}/andra-tid/", as_hat(cast.soc)
    got = client.post(path, meet(12))
    assert "Svara om tolken är bokad" in words(got) and talk.fresh().round == 1
    with pytest.raises(NotAllowed, match="Säg om tolken"):
        move_conversation(by=cast.soc, conversation=talk.conversation, meeting=appointment(12))
    assert client.post(path, meet(12, interpreter="unbooked")).status_code == 302
    assert talk.fresh().interpreter_booked_at is None
    assert client.post(path, meet(13, interpreter="booked")).status_code == 302
    assert talk.fresh().interpreter_booked_by == cast.soc


# ---------- cancelled and held ----------
@pytest.mark.django_db
@pytest.mark.parametrize("state", [S.PREPARING, S.INVITED])
def test_cancelling_tells_the_caseworkers_and_keeps_the_reason(cast: Cast, state: S) -> None:
    talk = make_talk(cast, state, with_fk=True)
    cancel_conversation(by=cast.soc_2, conversation=talk.conversation, reason=" Lokalen är stängd. ")
    assert told() == {"conversation.cancelled": {"soc", "psyk", "fk"}}
    assert talk.fresh().ended_why == "Lokalen är stängd."
    with pytest.raises(SomebodyWasFaster):
        cancel_conversation(by=cast.soc, conversation=talk.conversation, reason="Igen")


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["", "   ", "x" * 5000])
def test_cancelling_needs_a_reason_that_fits(cast: Cast, as_hat: AsHat, reason: str) -> None:
    talk = make_talk(cast, S.INVITED)
    got = as_hat(cast.soc).post(f"/samtal/{talk.conversation.pk}/stall-in/", {"reason": reason, "once": "a"})
    assert got.status_code == 200 and talk.fresh().state == S.INVITED
    with pytest.raises(NotAllowed):
        cancel_conversation(by=cast.soc, conversation=talk.conversation, reason=reason)


@pytest.mark.django_db
def test_a_conversation_is_held_when_it_has_begun_and_the_plan_goes_on(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED, with_fk=True)
    plan = ConversationPlan.objects.create(
        participant=cast.person, months=3, due_on=timezone.localdate(), member=cast.soc
    )
    with pytest.raises(NotAllowed, match="inte börjat"):
        hold_conversation(by=cast.soc, conversation=talk.conversation)
    with time_machine.travel(in_days(7) + timedelta(hours=1)):
        hold_conversation(by=cast.soc_2, conversation=talk.conversation)
    fresh = talk.fresh()
    assert fresh.state == S.HELD and fresh.held_at is not None
    assert told() == {"conversation.held": {"soc", "psyk", "fk"}}
    plan.refresh_from_db()
    assert plan.due_on > timezone.localdate() + timedelta(days=80)


@pytest.mark.postgres
def test_a_call_and_a_cancellation_at_once_are_one_of_them_first(cast: Cast, committed_db: None) -> None:
    talk = make_talk(cast)
    refused = at_once(
        lambda: invite(by=cast.soc, conversation=talk.conversation, meeting=appointment()),
        lambda: cancel_conversation(by=cast.soc_2, conversation=talk.conversation, reason="Sjuk lokal"),
    )
    assert talk.fresh().state == S.CANCELLED
    verbs = list(ConversationEvent.objects.exclude(verb="plan").values_list("verb", flat=True))
    assert verbs in (["invite", "cancel"], ["cancel"]) and len(refused) == 2 - len(verbs)
