"""Stale conversations close by rule, and say so. A page of another party hears within a second; nobody else does."""

from collections.abc import Generator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from meetings.actions.conversations import close_conversation, close_stale
from meetings.models import Conversation, ConversationEvent
from meetings.queries.talks import why_closed
from meetings.states import CLOSES_AFTER_TIME, CLOSES_UNPLANNED, ConversationState
from tests.cast import Cast
from tests.daphne import Daphne, server_environment
from tests.meetings.talk_tools import AsHat, kinds_told, leaks, mails, pks, told, wants_mail
from tests.meetings.talks import Talk, make_talk
from tests.wire import Room as Screens
from tests.wire import refusal_of
from workspace.clocks import start_of
from workspace.front.tasks import SWEEPS
from workspace.models import AuditEntry

S = ConversationState


def at_noon(days: int) -> datetime:
    return start_of(timezone.localdate()) + timedelta(days=days, hours=12)


# ---------- by rule ----------
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "days", "closes"),
    [
        (S.INVITED, 7 + CLOSES_AFTER_TIME, False),
        (S.INVITED, 8 + CLOSES_AFTER_TIME, True),
        (S.PREPARING, CLOSES_UNPLANNED, False),
        (S.PREPARING, CLOSES_UNPLANNED + 1, True),
        (S.HELD, 400, False),
        (S.CANCELLED, 400, False),
        (S.CLOSED, 400, False),
    ],
)
def test_what_nothing_happens_in_closes_by_the_clock_on_the_day(
    cast: Cast, state: ConversationState, days: int, closes: bool
) -> None:
    talk = make_talk(cast, state)
    with time_machine.travel(at_noon(days), tick=False):
        assert close_stale() == (1 if closes else 0)
        assert talk.fresh().state == (S.CLOSED if closes else state)
        assert close_stale() == 0


@pytest.mark.django_db
def test_an_act_puts_the_closing_off(cast: Cast) -> None:
    talk = make_talk(cast)
    Conversation.objects.filter(pk=talk.conversation.pk).update(last_act_at=timezone.now() + timedelta(days=10))
    with time_machine.travel(at_noon(CLOSES_UNPLANNED + 5), tick=False):
        assert close_stale() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "days"), [(S.INVITED, 60), (S.PREPARING, 100)])
def test_closing_is_told_to_the_caseworkers_and_the_participant_with_the_reason_on_the_page(
    cast: Cast, as_hat: AsHat, state: ConversationState, days: int
) -> None:
    talk = make_talk(cast, state, with_fk=True)
    wants_mail(cast.person)
    with time_machine.travel(at_noon(days), tick=False):
        for each in SWEEPS:
            if each.__name__ == "close_stale":
                each()
        assert kinds_told() == {"conversation.closed"} and mails(cast.person) == 1
        assert told("conversation.closed", talk.conversation.pk) == pks(cast.soc, cast.psyk, cast.fk)
        assert list(ConversationEvent.objects.filter(verb="close").values_list("member", "browser")) == [(None, None)]
        assert AuditEntry.objects.filter(what="conversation.close", participant_id=cast.person.pk).count() == 1
        why = why_closed(talk.fresh())
        for hat in (cast.soc, cast.psyk, cast.fk):
            assert why in as_hat(hat).get(reverse("conversation", args=[talk.conversation.pk])).content.decode()
    assert ("Ingen har skrivit att det blev av" if state == S.INVITED else "Ingenting hände") in why


@pytest.mark.django_db
def test_whose_access_has_ended_is_not_told_that_it_closed(cast: Cast) -> None:
    talk = make_talk(cast, with_fk=True)
    party = talk.parties["psyk"]
    party.left_at = timezone.now()
    party.save()
    with time_machine.travel(at_noon(100), tick=False):
        close_stale()
        assert told("conversation.closed") == pks(cast.soc, cast.fk)


@pytest.mark.django_db
def test_the_rule_is_asked_again_under_the_lock(cast: Cast) -> None:
    talk = make_talk(cast)
    stale = talk.fresh()
    with time_machine.travel(at_noon(100), tick=False):
        Conversation.objects.filter(pk=stale.pk).update(last_act_at=timezone.now())
        assert close_conversation(conversation=stale) is False
        assert talk.fresh().state == S.PREPARING and kinds_told() == set()


# ---------- the wire ----------
@pytest.fixture(scope="module")
def server(django_db_setup: Path | None) -> Generator[Daphne]:
    with Daphne(server_environment()) as process:
        yield process
        assert process.is_running()


@pytest.fixture
def talk(cast: Cast) -> Talk:
    return make_talk(cast, with_fk=True)


@pytest.fixture
def screens(server: Daphne, cast: Cast, talk: Talk) -> Generator[Screens]:
    with ExitStack() as stack:
        made = Screens(server, cast, stack)
        yield made
        assert made.outsiders_heard_nothing(), "somebody without a part in it got a message"


@pytest.mark.embedded
@pytest.mark.django_db(transaction=True)
def test_a_second_partys_page_hears_within_a_second_and_who_is_outside_hears_nothing(
    screens: Screens, talk: Talk
) -> None:
    cast, pk = talk.cast, talk.conversation.pk
    topic = f"conversation:{pk}"
    refused = [
        refusal_of(screens.visitor(hat), topic)[0] for hat in (cast.outsider, cast.coordinator, cast.psyk_manager)
    ]
    assert refused == [403, 403, 403]
    changed: dict[str, Any] = {"type": "changed", "topic": topic}
    soc, psyk, fk = (screens.live(hat, topic) for hat in (cast.soc, cast.psyk, cast.fk))
    posts = screens.visitor(cast.soc)
    form = {"kind": "conversation", "about": "Något annat", "minutes": "60", "how": "place"}
    assert posts.post(f"/samtal/{pk}/andra/", form).status == 302
    assert [socket.next(1) for socket in (soc, psyk, fk)] == [changed] * 3
    # The interpreter and the needs are the convener's own: the others hear nothing at all.
    assert posts.post(f"/samtal/{pk}/tolk/", {"bokad": "1"}).status == 302
    assert soc.next(1) == changed and psyk.all(0.3) == fk.all(0.3) == []
    # psyk is let out: its page hears that once, so that it closes, and nothing after it.
    assert posts.post(f"/samtal/{pk}/part/{talk.parties['psyk'].pk}/ta-bort/").status == 302
    heard = psyk.all(0.6)
    assert [one["type"] for one in heard].count("changed") == 1 and fk.next(1) == changed
    page = screens.visitor(cast.psyk).get(f"/samtal/{pk}/").text
    assert "Åtkomsten upphörde" in page and leaks(page) == []
    soc.all(0.3), psyk.all(0.3)  # the bell of who has just read that they were let out
    assert posts.post(f"/samtal/{pk}/andra/", {**form, "about": "Efteråt"}).status == 302
    assert fk.next(1) == changed and psyk.all(0.5) == []
    assert refusal_of(screens.visitor(cast.psyk), topic)[0] == 403
    assert not any("Efteråt" in str(raw) for socket in (soc, psyk, fk) for raw in socket.raw)
