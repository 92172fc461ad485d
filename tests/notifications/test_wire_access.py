"""docs/wire.md through real sockets: who gets in, and what closes a socket whose right has ended."""

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, draft, sent
from tests.wire import Room, Socket, Visitor, refusal_of, send_new, session_of
from workspace.front.consumers import CHECK_EVERY, SIGNED_OUT, sockets_to_close
from workspace.models import Agency, CooperationRole, Membership, UserAccount
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]


def ended_yesterday() -> dict[str, Any]:
    """What a membership or role that has ended looks like, for `update`."""
    day = timezone.localdate() - timedelta(days=1)
    return {"from_on": day, "to_on": day}


# ---------- who gets in ----------
def test_the_signed_out_get_no_socket(room: Room) -> None:
    assert refusal_of(Visitor(room.server, None))[0] == 403
    stranger = Visitor(room.server, None)
    stranger.session = uuid.uuid4().hex
    assert refusal_of(stranger)[0] == 403


def test_a_page_of_another_origin_gets_no_socket(room: Room) -> None:
    visitor = room.visitor(room.cast.psyk)
    own = room.server.url
    foreign = (
        "https://evil.example",
        f"{own}.evil.example",
        f"{own}@evil.example",
        "null",
        "file://",
        "nonsense",
        None,
    )
    answers = {origin: refusal_of(visitor, origin=origin)[0] for origin in foreign}
    assert set(answers.values()) <= {400, 403}, answers  # 400: no origin at all, says the protocol's library
    assert room.keep(visitor.open()).is_alive_and_quiet()


def test_a_disabled_account_and_an_ended_hat_get_no_socket(room: Room) -> None:
    psyk, fk = room.visitor(room.cast.psyk), room.visitor(room.cast.fk)
    UserAccount.objects.filter(pk=room.cast.psyk.user_id).update(is_active=False)
    Membership.objects.filter(pk=room.cast.fk.pk).update(**ended_yesterday())
    assert refusal_of(psyk) == refusal_of(fk) == refusal_of(Visitor(room.server, None))


def test_a_session_from_before_a_new_password_gets_no_socket(room: Room) -> None:
    psyk = room.visitor(room.cast.psyk)
    room.cast.psyk.user.set_password("ett annat långt lösenord")
    room.cast.psyk.user.save()
    assert refusal_of(psyk)[0] == 403


def test_a_topic_one_may_not_open_is_refused_like_one_that_does_not_exist(room: Room) -> None:
    cast, referral = room.cast, sent(room.cast, follow_up=True)
    hidden_draft = draft(cast)
    board = f"board:{cast.coordinator.cooperation_id}"
    tried: dict[str, tuple[Hat, str]] = {
        "unknown": (cast.outsider, f"referral:{referral.pk + 500}"),
        "somebody else's": (cast.outsider, f"referral:{referral.pk}"),
        "another desk of a party": (cast.fk, f"referral:{referral.pk}"),
        "a draft not sent": (cast.psyk, f"referral:{hidden_draft.pk}"),
        "a manager without a reason": (cast.psyk_manager, f"referral:{referral.pk}"),
        "a coordinator": (cast.coordinator, f"referral:{referral.pk}"),
        "the board, by a caseworker": (cast.soc, board),
        "the board, by the chair": (cast.chair, board),
        "another cooperation's board": (cast.coordinator, "board:999999"),
        "no number": (cast.soc, "referral:"),
        "no such kind": (cast.soc, f"participant:{cast.person.pk}"),
        "a layer's group": (cast.outsider, f"hat:m{cast.soc.pk}"),
        "a number beyond the database": (cast.soc, "referral:" + "9" * 19),
        "a very long number": (cast.soc, "referral:" + "9" * 5000),
        "minus": (cast.soc, f"referral:-{referral.pk}"),
        "two numbers": (cast.soc, f"referral:{referral.pk}:1"),
        "a superscript": (cast.soc, "referral:²"),
        "a null": (cast.soc, "referral:1\0"),
    }
    answers = {name: refusal_of(room.visitor(hat), topic) for name, (hat, topic) in tried.items()}
    assert set(answers.values()) == {answers["unknown"]}, answers
    assert answers["unknown"][0] == 403
    room.live(cast.soc, f"referral:{referral.pk}")
    room.live(cast.psyk, f"referral:{referral.pk}")
    room.live(cast.coordinator, board)


# ---------- losing the right ----------
def test_signing_out_closes_the_sockets_of_that_session_only(room: Room) -> None:
    visitor, elsewhere = room.visitor(room.cast.psyk), room.live(room.cast.psyk)
    tabs = [room.keep(visitor.follow()), room.keep(visitor.follow())]
    assert visitor.post("/logga-ut/").status == 302
    assert [tab.close_code() for tab in tabs] == [SIGNED_OUT, SIGNED_OUT] == [4401, 4401]
    assert refusal_of(visitor)[0] == 403
    assert elsewhere.is_alive_and_quiet()


def test_switching_hat_closes_the_sockets_of_that_session_only(room: Room) -> None:
    fk, other = room.cast.two_hats
    visitor, elsewhere = room.visitor(fk), room.live(fk)
    tab = room.keep(visitor.follow())
    assert visitor.post("/roll/byt/", {"hat": other.hat_key}).status == 302
    assert tab.close_code() == SIGNED_OUT
    assert elsewhere.is_alive_and_quiet()
    assert f'value="{fk.hat_key}"' in visitor.get("/").text, "the old hat is now the one to switch to"


@pytest.mark.parametrize("goodbye", ["sign-out", "hat switch"])
def test_sockets_close_only_when_the_session_has_changed(room: Room, goodbye: str) -> None:
    """A page reloads the moment it hears 4401: if the session is still the old one then, the old rights come back."""
    visitor = room.visitor(room.cast.two_hats[0])
    path, form = {
        "sign-out": ("/logga-ut/", {}),
        "hat switch": ("/roll/byt/", {"hat": room.cast.two_hats[1].hat_key}),
    }[goodbye]
    tab = room.keep(visitor.follow())
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            # Whoever wants to write this session waits for us (on SQLite: whoever wants to write at all).
            assert Session.objects.select_for_update().get(pk=visitor.session)
            answer = pool.submit(visitor.post, path, form)
            time.sleep(0.7)
            assert not answer.done()
            try:
                early = tab.next(0.01)
            except TimeoutError:
                early = {}
            except ConnectionClosed:
                early = {"type": "closed"}
        assert answer.result().status == 302
    assert early == {}, "the sockets were closed before the session had changed"
    assert tab.close_code() == SIGNED_OUT


def ended_after(change: Callable[[Cast, str], object], cast: Cast, hat: Hat) -> bool:
    """Whether the minute's look would close a socket of this hat after a change; never one of a bystander."""
    session, bystander = session_of(hat), session_of(cast.fk)
    held = [(session, hat.hat_key), (bystander, cast.fk.hat_key)]
    assert sockets_to_close(held) == set()
    change(cast, session)
    ended = sockets_to_close(held)
    assert (bystander, cast.fk.hat_key) not in ended
    return bool(ended)


def _new_password(cast: Cast, session: str) -> None:
    cast.psyk.user.set_password("ett annat långt lösenord")
    cast.psyk.user.save()


def _other_hat_in_session(cast: Cast, session: str) -> None:
    store = SessionStore(session)
    store["hat"] = Membership.objects.create(user=cast.psyk.user, agency=cast.fk.agency).hat_key
    store.save()


ENDS: dict[str, Callable[[Cast, str], object]] = {
    "membership ended": lambda cast, _: Membership.objects.filter(pk=cast.psyk.pk).update(**ended_yesterday()),
    "agency left": lambda cast, _: Agency.objects.filter(pk=cast.psyk.agency_id).update(left_on=timezone.localdate()),
    "account disabled": lambda cast, _: UserAccount.objects.filter(pk=cast.psyk.user_id).update(is_active=False),
    "session deleted": lambda _, session: Session.objects.filter(pk=session).delete(),
    "session expired": lambda _, session: Session.objects.filter(pk=session).update(expire_date=timezone.now()),
    "password changed": _new_password,
    "another hat in the session": _other_hat_in_session,
}


@pytest.mark.parametrize("why", ENDS)
def test_the_minutes_look_finds_sockets_whose_right_has_ended(cast: Cast, why: str) -> None:
    assert ended_after(ENDS[why], cast, cast.psyk)


def test_the_minutes_look_finds_a_coordinator_whose_role_has_ended(cast: Cast) -> None:
    def end(cast: Cast, _: str) -> None:
        CooperationRole.objects.filter(pk=cast.coordinator.pk).update(**ended_yesterday())

    assert ended_after(end, cast, cast.coordinator)


@pytest.mark.long
def test_open_sockets_close_within_a_minute_of_the_end_of_their_right(room: Room) -> None:
    """One wait for all reasons: CHECK_EVERY can't be shortened from outside."""
    cast = room.cast
    ended: dict[str, Socket] = {}
    hats: dict[str, Hat] = {"membership": cast.psyk, "account": cast.psyk_2, "role": cast.coordinator}
    for name, hat in hats.items():
        ended[name] = room.live(hat)
    visitor = room.visitor(cast.soc)
    ended["session"] = room.keep(visitor.follow())
    bystander = room.live(cast.soc)
    ENDS["membership ended"](cast, "")
    UserAccount.objects.filter(pk=cast.psyk_2.user_id).update(is_active=False)
    CooperationRole.objects.filter(pk=cast.coordinator.pk).update(**ended_yesterday())
    Session.objects.filter(pk=visitor.session).delete()
    began = time.monotonic()
    codes = {name: socket.close_code(CHECK_EVERY + 10) for name, socket in ended.items()}
    assert set(codes.values()) == {SIGNED_OUT}, codes
    assert time.monotonic() - began < CHECK_EVERY + 5
    assert bystander.is_alive_and_quiet()


def test_what_a_hat_may_no_longer_open_is_hinted_but_not_told(room: Room) -> None:
    """The topic stays joined after access has ended; the hint then leads to a page without the person."""
    cast, referral = room.cast, send_new(room)
    page = room.live(cast.psyk, f"referral:{referral.pk}")
    assert room.visitor(cast.soc).post(f"/remisser/{referral.pk}/aterta/", {"code": "wrong_person"}).status == 302
    assert page.hears({"type": "changed", "topic": f"referral:{referral.pk}"})
    text = room.visitor(cast.psyk).get(f"/remisser/{referral.pk}/").text
    assert SECRET_TEXT not in text and SECRET_NAME not in text
