"""What conversations put on Idag, and for whom: each duty for the right hat, gone when it is done."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.actions.conversations import book_interpreter
from meetings.models import Commitment, Conversation, Invitation, Section
from meetings.states import ConversationState
from tests.cast import SECRET_NAME, Cast, make_participant
from tests.meetings import told_agreement as agreed
from tests.meetings import told_walk as walked
from tests.meetings.agreement_stage import TASKS, sent_talk, task_of
from tests.meetings.cast import in_days
from tests.meetings.talk_calls import needs_interpreter, options
from tests.meetings.talks import ABOUT, Talk, make_agreement, make_talk
from tests.meetings.told_walk import PHONE, Walk, make_walk
from workspace.front.queries import to_do
from workspace.models import Absence, AuditEntry, Disclosure, Membership
from workspace.rules import Hat
from workspace.states import EndReason

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
S = ConversationState
Waits = dict[str, set[str]]

PROPOSE, TIMES = "Föreslå tider för samtalet", "Svara vilka tider som passar"
INVITE, CALL = "Kalla till samtalet, alla har svarat om tiderna", "Svara på kallelsen till samtalet"
INTERPRETER, OUTCOME = "Boka tolk till samtalet", "Skriv om samtalet blev av"
BEGIN, PART, SEND = "Skriv vad ni bestämde", "Skriv er del av överenskommelsen", "Skicka överenskommelsen"
CONFIRM = "Bekräfta er del av överenskommelsen"
CORRECT = "Rätta överenskommelsen, någon vill ha en ändring"
WISH, PLAN = "Svara på en önskan om samtal", "Planera trepartssamtal"


def caseworkers(cast: Cast) -> dict[str, Membership]:
    """Everybody with the page: the other hats are led elsewhere."""
    found = {name: member for name, member in cast.members.items() if "manager" not in name}
    return found | {"two_hats": cast.two_hats[0], "two_hats_2": cast.two_hats[1]}


def waits(cast: Cast, as_hat: AsHat) -> Waits:
    """The titles on each start page that has any; every address there opens."""
    found: Waits = {}
    for name, member in caseworkers(cast).items():
        rows = to_do(member)[0]
        if not rows:
            continue
        assert len({row.row_id for row in rows}) == len(rows), "every row has a name of its own"
        client = as_hat(member)
        page = client.get("/")
        found[name] = {row.title for row in page.context["waiting"]}
        assert found[name] == {row.title for row in rows} and ABOUT not in page.content.decode()
        for row in rows:
            assert client.get(row.url.partition("#")[0]).status_code == 200, (name, row)
    return found


def walk_through(cast: Cast, as_hat: AsHat, walk: Walk, *rows: tuple[Callable[[Walk], None], Waits]) -> None:
    for number, (act, expected) in enumerate(rows):
        act(walk)
        assert waits(cast, as_hat) == expected, (number, act)


def pass_by(walk: Walk) -> None:
    """The time of the conversation comes and goes."""
    walk.put(starts_at=in_days(-1), ends_at=in_days(-1, 14))
    Invitation.objects.filter(conversation=walk.number).update(starts_at=in_days(-1), ends_at=in_days(-1, 14))


# ---------- each duty ----------
@pytest.mark.embedded
def test_times_and_calls_wait_for_whose_turn_it_is_and_go_when_done(cast: Cast, as_hat: AsHat) -> None:
    walk = make_walk(cast)
    nobody: Waits = {}
    walk_through(
        cast,
        as_hat,
        walk,
        (walked.plan, {"soc": {PROPOSE}}),
        (walked.propose, {"psyk": {TIMES}}),
        (partial(walked.answer_times, name="psyk"), nobody),
        (partial(walked.answer_times, name=PHONE), {"soc": {INVITE}}),
        (walked.invite, {"psyk": {CALL}}),
        (partial(walked.answer_call, name="psyk"), nobody),
        (walked.move, {"psyk": {CALL}}),
        (pass_by, {"soc": {OUTCOME}}),
    )


@pytest.mark.embedded
def test_the_agreement_waits_for_each_party_and_then_for_the_convener(cast: Cast, as_hat: AsHat) -> None:
    walk = make_walk(cast)
    for act in (walked.plan, walked.propose, walked.invite):
        act(walk)
    walk_through(
        cast,
        as_hat,
        walk,
        (walked.hold, {"soc": {BEGIN}}),
        (agreed.own_words, {"soc": {PART}, "psyk": {PART}}),
        (partial(agreed.write, name="psyk"), {"soc": {PART}, "psyk": {PART}}),
        (partial(agreed.state_ground, name="psyk"), {"soc": {PART}, "psyk": {PART}}),
        (partial(agreed.share, name="psyk"), {"soc": {PART}}),
        (partial(agreed.write, name="soc"), {"soc": {PART}}),
        (partial(agreed.share, name="soc"), {"soc": {SEND}}),
        (agreed.send, {"soc": {CONFIRM}, "psyk": {CONFIRM}}),
        (partial(agreed.answer, name="soc"), {"psyk": {CONFIRM}}),
        (partial(agreed.answer, name="psyk", verdict="differs"), {"soc": {CORRECT}}),
        (agreed.correct, {"soc": {SEND}}),
        (agreed.send, {"soc": {CONFIRM}, "psyk": {CONFIRM}}),
        (partial(agreed.answer, name="psyk"), {"soc": {CONFIRM}}),
        (partial(agreed.answer, name="soc"), {}),
        (partial(agreed.answer, name=PHONE), {}),
    )


def test_a_wish_and_a_plan_wait_for_the_participants_desk(cast: Cast, as_hat: AsHat) -> None:
    walk = make_walk(cast)
    walk_through(
        cast,
        as_hat,
        walk,
        (partial(walked.ask_for_talk, name=PHONE), {"soc": {WISH}, "soc_2": {WISH}}),
        (partial(walked.answer_wish, accepted=False), {}),
        (walked.make_plan, {"soc": {PLAN}, "soc_2": {PLAN}}),
        (walked.plan, {"soc": {PROPOSE}}),
    )


def test_an_interpreter_is_to_be_booked_by_whoever_convenes(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED)
    needs_interpreter(cast)
    assert waits(cast, as_hat) == {"soc": {INTERPRETER}, "psyk": {CALL}}
    book_interpreter(by=cast.soc, conversation=talk.conversation)
    assert waits(cast, as_hat) == {"psyk": {CALL}}


def test_a_task_waits_for_its_partys_desk_alone_and_is_a_read_of_the_person(cast: Cast, as_hat: AsHat) -> None:
    talk, _ = sent_talk(cast, with_fk=True)
    Commitment.objects.exclude(pk=task_of(talk, "psyk").pk).update(due_on=timezone.localdate() + timedelta(days=40))
    mark = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True)[0]
    found = {
        name: {title for title in titles if title in TASKS.values()} for name, titles in waits(cast, as_hat).items()
    }
    assert {name: titles for name, titles in found.items() if titles} == {
        "psyk": {TASKS["psyk"]},
        "psyk_2": {TASKS["psyk"]},
    }
    reads = AuditEntry.objects.filter(pk__gt=mark, act="read", what="today", participant_id=cast.person.pk)
    assert {cast.psyk.pk, cast.psyk_2.pk} <= set(reads.values_list("membership_id", flat=True))
    assert cast.outsider.pk not in reads.values_list("membership_id", flat=True)
    page = as_hat(cast.psyk).get("/").content.decode()
    assert SECRET_NAME not in page and cast.soc.agency.name in page


# ---------- whose ----------
def away(cast: Cast) -> None:
    today = timezone.localdate()
    Absence.objects.create(membership=cast.psyk, from_on=today, to_on=today)


def gone(cast: Cast) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    Membership.objects.filter(pk=cast.psyk.pk).update(from_on=yesterday, to_on=yesterday)


def closed(cast: Cast) -> None:
    cast.psyk.user.is_active = False
    cast.psyk.user.save()


@pytest.mark.parametrize("what", [away, gone, closed])
def test_where_the_one_who_was_named_is_missing_it_waits_for_the_desk(
    cast: Cast, as_hat: AsHat, what: Callable[[Cast], None]
) -> None:
    make_talk(cast, S.INVITED)
    assert waits_for(cast.psyk_2, as_hat) == set()
    what(cast)
    assert waits_for(cast.psyk_2, as_hat) == {CALL}
    assert waits_for(cast.fk, as_hat) == waits_for(cast.outsider, as_hat) == set()


def waits_for(member: Membership, as_hat: AsHat) -> set[str]:
    return {row.title for row in as_hat(member).get("/").context["waiting"]}


@pytest.mark.parametrize("state", [S.PREPARING, S.INVITED, S.HELD])
def test_nothing_waits_for_an_agency_that_has_lost_its_access(
    cast: Cast, as_hat: AsHat, state: ConversationState
) -> None:
    talk = sent_talk(cast)[0] if state == S.HELD else make_talk(cast, state)
    if state == S.PREPARING:
        options(talk, 3)
    assert waits_for(cast.psyk, as_hat)
    Disclosure.objects.filter(pk=talk.parties["psyk"].identity_id).update(
        ended_at=timezone.now(), ended_why=EndReason.WITHDRAWN
    )
    assert waits_for(cast.psyk, as_hat) == set()
    assert coming_to(cast.psyk, as_hat) == []


# ---------- comes ----------
def coming_to(member: Membership, as_hat: AsHat) -> list[str]:
    return [f"{row.title} {row.about}" for row in as_hat(member).get("/").context["coming"] if "samtal" in row.url]


def test_a_conversation_comes_for_those_who_are_named_and_names_the_person_to_the_convener_alone(
    cast: Cast, as_hat: AsHat
) -> None:
    talk = make_talk(cast, S.INVITED)
    found = {name: coming_to(member, as_hat) for name, member in caseworkers(cast).items()}
    assert {name for name, rows in found.items() if rows} == {"soc", "psyk"}
    assert SECRET_NAME in found["soc"][0] and SECRET_NAME not in found["psyk"][0]
    assert AuditEntry.objects.filter(what="coming", membership_id=cast.soc.pk, participant_id=cast.person.pk).exists()
    assert not AuditEntry.objects.filter(what="coming", membership_id=cast.psyk.pk).exists()
    Conversation.objects.filter(pk=talk.conversation.pk).update(starts_at=in_days(40), ends_at=in_days(40, 14))
    assert coming_to(cast.psyk, as_hat) == [], "30 days ahead and no more"


# ---------- how many questions ----------
def test_idag_asks_as_often_for_thirty_conversations_as_for_one(cast: Cast, as_hat: AsHat) -> None:
    def add(number: int) -> None:
        states = (S.PREPARING, S.INVITED, S.INVITED, S.HELD)
        people = [make_participant(cast.soc_desk, f"Nr{number}", place) for place in "abcd"]
        talks = [make_talk(cast, state, person=person) for state, person in zip(states, people, strict=True)]
        options(talks[0], 3)
        Conversation.objects.filter(pk=talks[2].conversation.pk).update(starts_at=in_days(-1), ends_at=in_days(-1, 14))
        with_task(talks[3])

    def cost(member: Membership) -> int:
        client = as_hat(member)
        client.get("/")
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/").status_code == 200
        return len(seen)

    add(1)
    one = {name: cost(getattr(cast, name)) for name in ("soc", "psyk")}
    assert all(waits_for(getattr(cast, name), as_hat) for name in one)
    for number in range(2, 31):
        add(number)
    assert {name: cost(getattr(cast, name)) for name in one} == one


def with_task(talk: Talk) -> None:
    """A part of an agreement that is to be written, and a task that was sent with an earlier version of it."""
    Section.objects.filter(agreement=make_agreement(talk)).exclude(party=talk.parties["participant"]).update(text="x")
    for part in Section.objects.filter(party__in=[talk.parties["soc"], talk.parties["psyk"]]):
        day = date(2026, 1, 2)
        Commitment.objects.create(section=part, text=f"Hemlig uppgift {part.pk}", due_on=day, sent_at=timezone.now())
