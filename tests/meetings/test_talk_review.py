"""What a review of the conversations found: who has left, who is away, what waits until they have met."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from meetings.actions.agreement_sending import send_agreement
from meetings.actions.agreements import answer_agreement, read_copy
from meetings.actions.parties import change_member
from meetings.actions.requests import answer_request, request_conversation
from meetings.models import Agreement, AgreementCopy, Conversation, Party
from meetings.queries.agreements import shown_to_participant
from meetings.queries.conversations import agencies_in, told_of
from meetings.queries.talks import facts_of, unanswered
from meetings.states import AgreementState, ConversationKind, ConversationState
from tests.cast import Cast, make_member
from tests.front.test_own_words import SHORT_MONTHS, lix
from tests.meetings.agreement_stage import copy_of, sent_talk, share_all, write_all
from tests.meetings.talk_calls import options
from tests.meetings.talk_tools import told
from tests.meetings.talks import make_talk
from workspace.errors import NotAllowed
from workspace.models import Absence, Agency, Function
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
S = ConversationState


def leave(cast: Cast) -> None:
    Agency.objects.filter(pk=cast.psyk.agency_id).update(left_on=timezone.localdate())


def test_nothing_is_sent_before_they_have_met(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED)
    write_all(talk)
    share_all(talk)
    with pytest.raises(NotAllowed, match="genomfört"):
        send_agreement(by=cast.soc, conversation=talk.fresh())
    page = as_hat(cast.soc).get(f"/samtal/{talk.conversation.pk}/overenskommelse/skicka/").content.decode()
    assert f'href="/samtal/{talk.conversation.pk}/genomfort/"' in page
    Conversation.objects.filter(pk=talk.conversation.pk).update(state=S.HELD)
    send_agreement(by=cast.soc, conversation=talk.fresh())


def test_an_agency_that_has_left_is_neither_in_it_nor_told_nor_waited_for(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, with_fk=True)
    options(talk, 7)
    leave(cast)
    assert agencies_in(talk.conversation) == [cast.soc.agency_id, cast.fk.agency_id]
    assert told_of(talk.conversation) == {cast.soc.pk, cast.fk.pk}
    waited = unanswered(talk.fresh(), facts_of([talk.conversation])[talk.conversation.pk])
    assert {party.agency_id for party in waited} == {None, cast.fk.agency_id}
    page = as_hat(cast.soc).get(f"/samtal/{talk.conversation.pk}/").content.decode()
    assert "Inte med längre." in page


def test_an_agreement_does_not_wait_for_an_agency_that_has_left(cast: Cast) -> None:
    talk, version = sent_talk(cast, with_fk=True)
    leave(cast)
    for name in ("soc", "fk"):
        answer_agreement(by=getattr(cast, name), copy=copy_of(version, talk, name), verdict="confirmed")
    answer_agreement(by=cast.soc, copy=copy_of(version, talk, "participant"), verdict="confirmed", way="phone")
    assert Agreement.objects.get().state == AgreementState.CONFIRMED


def test_whoever_stands_in_for_the_one_who_comes_instead_is_told(cast: Cast) -> None:
    talk = make_talk(cast)
    today = timezone.localdate()
    third = make_member(cast.psyk.agency, "psyk3", cast.psyk_desk)
    Absence.objects.create(membership=third, from_on=today, to_on=today + timedelta(days=3), stand_in=cast.psyk_2)
    change_member(by=cast.psyk, party=talk.parties["psyk"], member=third)
    assert told("conversation.added") == {cast.psyk_2.pk}


def test_a_manager_who_looks_leaves_no_receipt(cast: Cast) -> None:
    talk, version = sent_talk(cast)
    copy = copy_of(version, talk, "soc")
    read_copy(by=cast.soc_manager, copy=copy)
    copy.refresh_from_db()
    assert copy.read_at is None
    read_copy(by=cast.soc_2, copy=copy)
    copy.refresh_from_db()
    assert copy.read_at is not None


def test_a_wish_from_one_desks_conversation_is_not_said_to_another_desk_of_the_agency(
    cast: Cast, as_hat: AsHat
) -> None:
    first = make_talk(cast, S.HELD)
    wish = request_conversation(
        by=cast.psyk, participant=cast.person, reason="Hemlig önskan", earlier=first.conversation
    )
    answer_request(by=cast.soc, request=wish, accepted=False, answer="Hemligt nej")
    second = make_talk(cast, S.INVITED)
    desk = Function.objects.create(agency=cast.psyk.agency, name="Andra mottagningen")
    other = make_member(cast.psyk.agency, "psyk3", desk)
    Party.objects.filter(pk=second.parties["psyk"].pk).update(function=desk, member=other)
    page = as_hat(other).get(f"/samtal/{second.conversation.pk}/").content.decode()
    assert "Hemligt nej" not in page and "Er önskan" not in page
    assert "Hemligt nej" in as_hat(cast.psyk).get(f"/samtal/{first.conversation.pk}/").content.decode()


@pytest.mark.parametrize("kind", [ConversationKind.CONVERSATION, ConversationKind.SIP])
def test_the_letter_of_what_was_agreed_reads_easily_and_writes_its_months_out(
    cast: Cast, as_hat: AsHat, monkeypatch: pytest.MonkeyPatch, kind: ConversationKind
) -> None:
    """Of the page's own words: what the parties wrote is theirs, and here short."""
    talk, version = sent_talk(cast, kind=kind)
    content = version.content
    content["head"] |= {"goals": "Du vill jobba.", "needs": "Stöd i vardagen.", "others": "Din mor hjälper till."}
    for part in content["parts"]:
        part["text"] = "Vi ses igen."
        for task in part["tasks"]:
            task["text"] = "Ring mig."
    monkeypatch.setattr("meetings.views.agreement_acts.make_pdf", lambda html: None)
    monkeypatch.setattr(
        "meetings.views.agreement_acts.shown_to_participant",
        lambda copy: shown_to_participant(replace_content(copy, content)),
    )
    path = f"/samtal/{talk.conversation.pk}/overenskommelse/1/brev/"
    letter = as_hat(cast.soc).post(path).content.decode().partition("<main>")[2].partition("</main>")[0]
    assert "Ring mig." in letter and lix(letter) <= 35
    assert not SHORT_MONTHS.search(letter)


def replace_content(copy: AgreementCopy, content: dict[str, Any]) -> AgreementCopy:
    copy.version.content = content
    return copy
