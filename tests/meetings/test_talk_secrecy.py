"""Who has no part in a conversation learns nothing of it, and the participant's page is the participant's alone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import serializers
from django.test import Client
from django.urls import reverse

from meetings.models import ConversationEvent, PlanEvent
from notifications.models import Notification, ParticipantMail
from tests.addresses import (
    OF_AGREEMENT,
    OF_AGREEMENT_VERSION,
    OF_CONVERSATION,
    OF_OWN,
    OF_OWN_WAY,
    OF_PARTY,
    OF_TALKS,
    OWN,
    OWN_WAY_IN,
    POST_ONLY,
    addresses,
    said,
)
from tests.cast import SECRET_NAME, Cast, make_participant
from tests.meetings.agreement_stage import ALL_WORDS
from tests.meetings.talk_world import TALK_MARKERS, UNDISCLOSED, TalkWorld, make_talk_world
from tests.meetings.talks import ABOUT, Phone, make_phone
from tests.meetings.world import written
from workspace.doors import BROWSER_COOKIE, VISIT_COOKIE
from workspace.models import AuditEntry, IdempotencyKey
from workspace.rules import OWN_PATH, Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
MISSING = 987_654
MARKERS = (SECRET_NAME, "Åström", *TALK_MARKERS)
FORM = {"text": "Ändrad", "version": "0", "kind": "help", "answer": "coming", "easy": "1", "samtal": "1"}


@pytest.fixture
def world(cast: Cast) -> TalkWorld:
    return make_talk_world(cast)


def path(world: TalkWorld, name: str, *, missing: bool = False) -> str:
    keys = world.keys(name)
    if missing:
        keys[-1] = MISSING
    return reverse(name, args=[*keys, "parter"] if name == "conversation_fragment" else keys)


def bare(content: bytes) -> str:
    """A page without what is new in it each time: the keys of its forms."""
    return re.sub(r'value="[0-9A-Za-z-]{32,64}"', "", content.decode())


@pytest.mark.embedded
def test_every_address_of_the_participants_page_has_a_case_here() -> None:
    there = {name for name, route, _ in addresses() if f"/{route}".startswith(OWN_PATH)}
    assert there == OF_OWN | OWN | OWN_WAY_IN | {"own_link"}


# ---------- another agency that is in the conversation ----------
@pytest.mark.embedded
def test_a_party_reads_what_was_disclosed_and_nothing_of_what_was_not(world: TalkWorld, as_hat: AsHat) -> None:
    read: set[str] = set()
    names = OF_CONVERSATION | OF_PARTY | OF_AGREEMENT | OF_AGREEMENT_VERSION
    for name in sorted(names - POST_ONLY):
        seen = said(as_hat(world.cast.psyk).get(path(world, name)).content)
        assert not [marker for marker in UNDISCLOSED if marker in seen], name
        read |= {marker for marker in MARKERS if marker in seen}
    assert {SECRET_NAME, ABOUT, *(word for word in ALL_WORDS if "fk" not in word)} <= read
    for piece in ("huvud", "parter", "fragor", "tider", "kallelser", "overenskommelse"):
        address = reverse("conversation_fragment", args=[world.called.conversation.pk, piece])
        seen = said(as_hat(world.cast.psyk).get(address).content)
        assert not [marker for marker in UNDISCLOSED if marker in seen], piece


@pytest.mark.embedded
@pytest.mark.parametrize("who", ["coordinator", "chair"])
def test_a_role_in_a_cooperation_learns_nothing(world: TalkWorld, as_hat: AsHat, who: str) -> None:
    client, before = as_hat(getattr(world.cast, who)), written()
    for name in sorted(OF_TALKS - POST_ONLY):
        got = client.get(path(world, name))
        assert got.status_code == 404, name
        assert not [marker for marker in MARKERS if marker in got.content.decode()], name
    for plain in ("conversations", "help_requests", "outside_contact"):
        assert client.get(reverse(plain)).status_code == 404
    for plain in ("today", "actions", "actions_fragment"):
        seen = client.get(reverse(plain)).content.decode()
        assert not [marker for marker in MARKERS if marker in seen], plain
    assert written() == before


# ---------- the participant's page ----------
def strangers(cast: Cast) -> dict[str, Client]:
    """Everybody but the participant, and the participant without a visit."""
    other = make_participant(cast.soc_desk, "Annan", "Person")
    closed = make_phone(cast)
    closed.browser.visits.update(ended_at=closed.browser.bound_at)
    forged = Client()
    forged.cookies[BROWSER_COOKIE], forged.cookies[VISIT_COOKIE] = "x" * 43, "y" * 43
    crossed = Client()  # the participant's browser with another's visit
    crossed.cookies[BROWSER_COOKIE] = make_phone(cast).client.cookies[BROWSER_COOKIE].value
    crossed.cookies[VISIT_COOKIE] = make_phone(cast, other).client.cookies[VISIT_COOKIE].value
    return {
        "nobody": Client(),
        "without the code": make_phone(cast, other, visit=False).client,
        "visit over": closed.client,
        "forged": forged,
        "crossed": crossed,
    }


def test_without_a_visit_the_participants_page_asks_for_the_code_whatever_is_asked_for(
    world: TalkWorld, as_hat: AsHat
) -> None:
    clients = strangers(world.cast)
    before = written()
    clients |= {who: as_hat(getattr(world.cast, who)) for who in ("soc", "psyk", "soc_manager", "coordinator")}
    for who, client in clients.items():
        for name in sorted((OF_OWN - OF_OWN_WAY) | OWN):
            pairs = [(path(world, name), path(world, name, missing=True))] if name in OF_OWN else []
            for here, nowhere in pairs or [(reverse(name), reverse(name))]:
                asked, nothing = client.get(here), client.get(nowhere)
                assert (asked.status_code, asked.headers.get("Location")) == (302, reverse("own_code")), (who, name)
                assert (asked.content, asked.headers["Location"]) == (nothing.content, nothing.headers["Location"])
                sent, lost = client.post(here, FORM), client.post(nowhere, FORM)
                assert sent.status_code == lost.status_code == 403, (who, name)
                page = bare(sent.content)
                assert page == bare(lost.content).replace(nowhere, here), (who, name)
                assert not [marker for marker in MARKERS if marker in page], (who, name)
                assert "no-store" in sent.headers["Cache-Control"]
    assert written() == before


def test_another_participants_phone_finds_the_same_nothing_here_as_anywhere(world: TalkWorld) -> None:
    other = make_participant(world.cast.soc_desk, "Annan", "Person")
    client = make_phone(world.cast, other).client
    before = written()
    for name in sorted(OF_OWN - OF_OWN_WAY):
        for ask in (client.get, lambda where: client.post(where, FORM)):
            here, nowhere = ask(path(world, name)), ask(path(world, name, missing=True))
            assert here.status_code == nowhere.status_code == 404, name
            assert bare(here.content) == bare(nowhere.content), name
            assert sorted(here.cookies) == sorted(nowhere.cookies)
            assert not [marker for marker in MARKERS if marker in here.content.decode()], name
    for name in sorted(OWN | OWN_WAY_IN):
        page = client.get(reverse(name), follow=True).content.decode()
        assert not [marker for marker in MARKERS if marker in page], name
    assert written() == before


@pytest.mark.embedded
def test_the_participants_phone_opens_none_of_the_staffs_pages(world: TalkWorld) -> None:
    phone: Phone = make_phone(world.cast)
    for name in sorted(OF_TALKS - POST_ONLY):
        got = phone.client.get(path(world, name))
        assert got.status_code == 302 and got.headers["Location"].startswith("/logga-in/"), name
    for cookie in (BROWSER_COOKIE, VISIT_COOKIE):
        morsel: Any = phone.client.cookies[cookie]
        assert (morsel["path"], morsel["httponly"], morsel["samesite"]) == (OWN_PATH, True, "Lax")


# ---------- rows ----------
@pytest.mark.embedded
def test_rows_of_record_notice_and_mail_hold_no_word_of_a_conversation(world: TalkWorld, as_hat: AsHat) -> None:
    soc, phone = as_hat(world.cast.soc), make_phone(world.cast).client
    for name in sorted(OF_TALKS - POST_ONLY):
        soc.get(path(world, name))
    phone.get(reverse("own"))
    phone.post(reverse("own_ask"), {"text": "Hemlig egen fråga till", "once": SECRET_NAME[:3]})
    phone.post(path(world, "own_differ"), {"text": "Hemlig egen fråga igen", "once": "b"})
    models = (AuditEntry, Notification, ConversationEvent, PlanEvent, IdempotencyKey)
    for model in (*models, ParticipantMail):
        rows = serializers.serialize("json", model._default_manager.all(), ensure_ascii=False)
        assert len(rows) > 10 or model in {PlanEvent, ParticipantMail}, model
        assert not [marker for marker in MARKERS if marker in rows], model
