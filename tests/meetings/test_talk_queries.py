"""The lists of conversations ask the database as often for thirty rows as for one."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.actions.agreement_sending import send_agreement
from meetings.models import (
    Conversation,
    ConversationPlan,
    ConversationRequest,
    Invitation,
    InvitationAnswer,
    OwnQuestion,
    TimeOption,
)
from meetings.states import Answer, ConversationState, PlanBasis
from tests.cast import Cast, make_member, make_participant
from tests.meetings.agreement_stage import share_all, write_all
from tests.meetings.cast import in_days
from tests.meetings.talks import make_phone, make_talk
from workspace.models import HelpRequest, Participant, SupportNeeds
from workspace.rules import Hat
from workspace.states import HelpKind, InterpreterKind

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
S = ConversationState


def held_with_agreement(cast: Cast, person: Participant) -> None:
    talk = make_talk(cast, S.HELD, person=person)
    write_all(talk)
    share_all(talk)
    send_agreement(by=cast.soc, conversation=talk.fresh())


def around(cast: Cast, person: Participant) -> None:
    """What a participant has but one of, or asks for."""
    ConversationRequest.objects.create(participant=person, reason="Vi behöver ses.")
    HelpRequest.objects.create(participant=person, kind=HelpKind.HELP)
    OwnQuestion.objects.create(participant=person, text="Hur lång tid tar det?")


def new_person(cast: Cast, number: int, state: ConversationState) -> None:
    """Somebody else of soc's, with one conversation, or due for one."""
    person = make_participant(cast.soc_desk, f"Person{number}", "Ek")
    SupportNeeds.objects.create(participant=person, interpreter=InterpreterKind.SPOKEN, language="dari")
    around(cast, person)
    if state == S.CLOSED:
        day = timezone.localdate()
        ConversationPlan.objects.create(
            participant=person, basis=PlanBasis.EVERY, months=3, due_on=day, member=cast.soc
        )
        return
    if state == S.HELD:
        held_with_agreement(cast, person)
        return
    talk = make_talk(cast, state, person=person)
    if state == S.PREPARING:
        TimeOption.objects.create(
            conversation=talk.conversation, starts_at=in_days(9), ends_at=in_days(9) + timedelta(hours=1)
        )
    else:
        for call in Invitation.objects.filter(conversation=talk.conversation):
            InvitationAnswer.objects.create(invitation=call, answer=Answer.COMING)
        if number % 2:  # its time has been, and nobody has said whether it took place
            at = in_days(-1)
            Conversation.objects.filter(pk=talk.conversation.pk).update(starts_at=at, ends_at=at + timedelta(hours=1))


def test_lists_ask_as_often_for_thirty_rows_as_for_one(
    cast: Cast, as_hat: AsHat, capsys: pytest.CaptureFixture[str]
) -> None:
    person = f"/deltagare/{cast.person.pk}/"
    lists = ("/", "/idag/vantar/", "/samtal/", "/samtal/?visa=tidigare", "/moten/uppgifter/?vilka=alla")
    pages = [(cast.soc, path) for path in (*lists, person, f"{person}sida/", "/deltagare/")]
    pages += [(cast.psyk, path) for path in (*lists, "/handelser/")]
    pages += [(cast.soc_manager, "/enheten/"), (cast.soc_manager, "/hjalp/")]
    clients = {hat.hat_key: as_hat(hat) for hat, _ in pages}
    phone = make_phone(cast).client

    def asked(client: Client, path: str) -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    def measured() -> dict[str, int]:
        found = {f"{hat.hat_key} {path}": asked(clients[hat.hat_key], path) for hat, path in pages}
        return found | {"/min-sida/": asked(phone, "/min-sida/"), "/min-sida/hjalp/": asked(phone, "/min-sida/hjalp/")}

    around(cast, cast.person)
    for _ in range(2):  # the newest, and an earlier one that waits and so stands open on the participant's page
        held_with_agreement(cast, cast.person)
    for number, state in enumerate((S.PREPARING, S.INVITED, S.INVITED, S.CLOSED, S.HELD)):
        new_person(cast, number, state)
    one = measured()
    for number in range(5, 34):
        new_person(cast, number, (S.PREPARING, S.INVITED, S.CLOSED, S.INVITED)[number % 4])
        around(cast, cast.person)
        if number % 3 == 0:
            held_with_agreement(cast, cast.person)
            new_person(cast, number + 100, S.HELD)
    thirty = measured()
    with capsys.disabled():
        print("\nqueries:", one)
    assert {key: (count, thirty[key]) for key, count in one.items() if thirty[key] != count} == {}
    assert max(count for key, count in one.items() if key.endswith(" /")) <= 54


def test_level_two_asks_as_often_for_thirty_readers_as_for_one(cast: Cast, as_hat: AsHat) -> None:
    client, path = as_hat(cast.soc), f"/deltagare/{cast.person.pk}/visa/"

    def asked() -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    make_talk(cast)
    as_hat(cast.psyk).get(f"/samtal/{Conversation.objects.latest('pk').pk}/")
    one = asked()
    for number in range(30):
        make_talk(cast, S.HELD)
        reader = make_member(cast.psyk.agency, f"reader{number}", cast.psyk_desk)
        as_hat(reader).get(f"/samtal/{Conversation.objects.latest('pk').pk}/")
    assert asked() == one
