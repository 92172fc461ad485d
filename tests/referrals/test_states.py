"""The table of the issue "Samverkansrum runs", 6: who may do what, when, and what a refusal leaves behind."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.models import Notification
from referrals.errors import MissingGround
from referrals.models import Referral, ReferralEvent
from referrals.states import TRANSITIONS, AnswerScope, ReferralState, Side, Verb
from tests.cast import Cast, make_member
from tests.referrals.journeys import ALL, DO, WAYS, bring_to, do, footprint, side_member, undone, walk
from workspace.errors import NotAllowed, Refusal, SomebodyWasFaster
from workspace.models import Disclosure, Function, Membership
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
S, V = ReferralState, Verb
SENDER, RECEIVER, SYSTEM = Side
OPEN = (
    S.DRAFT, S.SENT, S.RECEIVED, S.ACCEPTED, S.IN_PROGRESS, S.WAITING, S.DECIDED, S.RETURNED, S.REDIRECTED,
    S.CANCEL_ASKED,
)  # fmt: skip

# Written out from the issue, not read from the product. The last line is house.md 3's: what the sender can't know is
# decided, the receiver closes.
TABLE = {
    (S.DRAFT, V.SEND, SENDER): S.SENT,
    (S.SENT, V.ACKNOWLEDGE, RECEIVER): S.RECEIVED,
    (S.RECEIVED, V.ACCEPT, RECEIVER): S.ACCEPTED,
    (S.ACCEPTED, V.DECIDE, RECEIVER): S.DECIDED,
    (S.DECIDED, V.CLOSE, SENDER): S.CLOSED,
    (S.RECEIVED, V.RETURN, RECEIVER): S.RETURNED,
    (S.RETURNED, V.REVISE, SENDER): S.DRAFT,
    (S.RETURNED, V.CLOSE, SENDER): S.CLOSED,
    (S.SENT, V.RECALL, SENDER): S.RECALLED,
    (S.RECEIVED, V.RECALL, SENDER): S.RECALLED,
    **{(state, V.GROUND_WITHDRAWN, SYSTEM): S.WITHDRAWN for state in OPEN},
    (S.DECIDED, V.CLOSE, RECEIVER): S.CLOSED,
    # From the issue "Referrals that nobody can lose", 1.
    (S.ACCEPTED, V.START, RECEIVER): S.IN_PROGRESS,
    (S.ACCEPTED, V.ASK_SUPPLEMENT, RECEIVER): S.WAITING,
    (S.IN_PROGRESS, V.ASK_SUPPLEMENT, RECEIVER): S.WAITING,
    (S.WAITING, V.SUPPLEMENT, SENDER): S.IN_PROGRESS,
    (S.WAITING, V.RESUME, RECEIVER): S.IN_PROGRESS,
    (S.IN_PROGRESS, V.DECIDE, RECEIVER): S.DECIDED,
    (S.RECEIVED, V.SUGGEST_REDIRECT, RECEIVER): S.REDIRECTED,
    (S.ACCEPTED, V.SUGGEST_REDIRECT, RECEIVER): S.REDIRECTED,
    (S.IN_PROGRESS, V.SUGGEST_REDIRECT, RECEIVER): S.REDIRECTED,
    (S.REDIRECTED, V.REVISE, SENDER): S.DRAFT,
    (S.REDIRECTED, V.CLOSE, SENDER): S.CLOSED,
    (S.ACCEPTED, V.REQUEST_CANCEL, SENDER): S.CANCEL_ASKED,
    (S.IN_PROGRESS, V.REQUEST_CANCEL, SENDER): S.CANCEL_ASKED,
    (S.WAITING, V.REQUEST_CANCEL, SENDER): S.CANCEL_ASKED,
    (S.CANCEL_ASKED, V.CONFIRM_CANCEL, RECEIVER): S.CANCELLED,
    (S.CANCEL_ASKED, V.DECLINE_CANCEL, RECEIVER): S.IN_PROGRESS,
    (S.CLOSED, V.REOPEN, SENDER): S.RECEIVED,
    (S.CANCELLED, V.REOPEN, SENDER): S.RECEIVED,
    **{
        (state, V.RECEIVER_LEFT, SYSTEM): S.RETURNED
        for state in (S.SENT, S.RECEIVED, S.ACCEPTED, S.IN_PROGRESS, S.WAITING, S.CANCEL_ASKED, S.DECIDED, S.CLOSED)
    },
}
MOVING = (
    V.SEND, V.ACKNOWLEDGE, V.ACCEPT, V.START, V.ASK_SUPPLEMENT, V.SUPPLEMENT, V.RESUME, V.DECIDE, V.RETURN,
    V.SUGGEST_REDIRECT, V.REVISE, V.RECALL, V.REQUEST_CANCEL, V.CONFIRM_CANCEL, V.DECLINE_CANCEL, V.CLOSE, V.REOPEN,
)  # fmt: skip
TURN = {
    S.DRAFT: SENDER,
    S.SENT: RECEIVER,
    S.RECEIVED: RECEIVER,
    S.ACCEPTED: RECEIVER,
    S.DECIDED: SENDER,
    S.RETURNED: SENDER,
    S.IN_PROGRESS: RECEIVER,
    S.WAITING: SENDER,
    S.REDIRECTED: SENDER,
    S.CANCEL_ASKED: RECEIVER,
}


def test_the_products_table_is_the_issues() -> None:
    assert {(row.source, row.verb, row.side): row.target for row in TRANSITIONS} == TABLE
    assert len(TRANSITIONS) == len(TABLE)


# What tells the sender something, or takes that the sender knows.
TELLING = {V.RETURN, V.ASK_SUPPLEMENT, V.SUGGEST_REDIRECT, V.REQUEST_CANCEL}


def check_turn(cast: Cast, referral: Referral) -> None:
    """Open ⇔ exactly one desk has the turn."""
    assert (referral.state in OPEN) == (referral.turn_id is not None)
    if referral.turn_id:
        assert referral.turn_id in {referral.sender_id, referral.receiver_id}


@pytest.mark.embedded
@pytest.mark.parametrize("state", S)
def test_a_verb_moves_as_the_table_says_and_changes_nothing_otherwise(cast: Cast, state: ReferralState) -> None:
    referral = bring_to(cast, state)
    before = footprint()
    for verb in MOVING:
        for side in (SENDER, RECEIVER):
            target = TABLE.get((state, verb, side))
            if (state, verb, side) == (S.DECIDED, V.CLOSE, RECEIVER):
                target = None  # the sender has been told, and closes itself
            with undone():
                if target is None:
                    with pytest.raises((SomebodyWasFaster, NotAllowed, MissingGround)):
                        do(side_member(cast, side), referral, verb)
                    assert footprint() == before, f"{side} {verb} was refused and left something"
                else:
                    do(side_member(cast, side), referral, verb)
                    assert referral.state == target, f"{side} {verb}"
                    last = referral.events.last()
                    assert last is not None
                    assert (last.verb, last.side, last.state, last.agency_id) == (
                        verb, side, target, side_member(cast, side).agency_id,
                    )  # fmt: skip
                    check_turn(cast, referral)
            referral.refresh_from_db()


@pytest.mark.parametrize(
    ("verb", "side", "state"),
    [(verb, side, state) for (state, verb, side) in TABLE if verb in MOVING],
    ids=lambda value: str(value),
)
def test_a_hat_without_the_right_moves_nothing_even_past_the_pages(
    cast: Cast, verb: Verb, side: Side, state: ReferralState
) -> None:
    silent = (state, verb, side) == (S.DECIDED, V.CLOSE, RECEIVER)
    referral = bring_to(cast, state, scope=AnswerScope.NONE if silent else ALL)
    before = footprint()
    for name in ("soc_manager", "psyk_manager", "fk"):
        with undone():
            with pytest.raises((NotAllowed, SomebodyWasFaster)):
                do(cast.members[name], referral, verb)
            assert footprint() == before, name
    with undone():
        do(cast.soc_2 if side == SENDER else cast.psyk_2, referral, verb)
        assert referral.state == TABLE[state, verb, side]


@pytest.mark.embedded
@pytest.mark.parametrize("state", S)
def test_a_withdrawn_ground_ends_every_open_referral_that_was_sent(cast: Cast, state: ReferralState) -> None:
    referral = bring_to(cast, S.RETURNED if state == S.DRAFT else state)
    if state == S.DRAFT:  # a draft that has been sent before; one that never was rests on nothing yet
        walk(cast, referral, V.REVISE)
    do(cast.soc, referral, V.GROUND_WITHDRAWN)
    assert referral.state == (S.WITHDRAWN if state in OPEN else state)
    check_turn(cast, referral)


@pytest.mark.embedded
@pytest.mark.parametrize("scope", [ALL, AnswerScope.NONE])
@pytest.mark.parametrize("state", S)
def test_open_means_that_exactly_one_desk_has_the_turn(cast: Cast, state: ReferralState, scope: AnswerScope) -> None:
    silent = scope == AnswerScope.NONE
    if silent and TELLING & set(WAYS[state]):
        with pytest.raises((NotAllowed, SomebodyWasFaster)):
            bring_to(cast, state, scope=scope)
        return
    referral = bring_to(cast, state, scope=scope)
    side = RECEIVER if silent and state == S.DECIDED else TURN.get(state)
    desk = {SENDER: cast.soc_desk.pk, RECEIVER: cast.psyk_desk.pk, None: None}[side]
    assert referral.turn_id == desk
    wrong: Function | None = None if desk else cast.psyk_desk
    with pytest.raises(IntegrityError), transaction.atomic():
        Referral.objects.filter(pk=referral.pk).update(turn=wrong)


def test_a_silent_receiver_closes_and_the_sender_does_not(cast: Cast) -> None:
    referral = bring_to(cast, S.DECIDED, scope=AnswerScope.NONE)
    before = footprint()
    with undone(), pytest.raises(SomebodyWasFaster):
        do(cast.soc, referral, V.CLOSE)
    assert footprint() == before
    do(cast.psyk, referral, V.CLOSE)
    assert (referral.state, referral.turn_id) == (S.CLOSED, None)


def test_the_clock_starts_at_the_first_sending_and_opening_acknowledges_nothing(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.SENT)
    started = referral.sent_at
    assert started is not None
    assert as_hat(cast.psyk).get(f"/remisser/{referral.pk}/").status_code == 200
    referral.refresh_from_db()
    assert referral.state == S.SENT
    walk(cast, referral, V.ACKNOWLEDGE, V.RETURN, V.REVISE, V.SEND)
    assert referral.sent_at == started
    assert [leg.sent_at is not None for leg in referral.legs.all()] == [True, True]


# ---------- over HTTP ----------
POSTS: dict[Verb, tuple[str, dict[str, str], ReferralState, Side]] = {
    V.SEND: ("granska", {}, S.DRAFT, SENDER),
    V.ACKNOWLEDGE: ("ta-emot", {"scope": "status"}, S.SENT, RECEIVER),
    V.ALLOW_ANSWER: ("fa-svara", {"scope": "status_and_text"}, S.ACCEPTED, RECEIVER),
    V.ACCEPT: ("acceptera", {}, S.RECEIVED, RECEIVER),
    V.DECIDE: ("besluta", {"outcome": "granted"}, S.ACCEPTED, RECEIVER),
    V.RETURN: ("skicka-tillbaka", {"code": "incomplete"}, S.RECEIVED, RECEIVER),
    V.REVISE: ("ratta", {}, S.RETURNED, SENDER),
    V.RECALL: ("aterta", {"code": "wrong_receiver"}, S.SENT, SENDER),
    V.CLOSE: ("avsluta", {}, S.DECIDED, SENDER),
    V.START: ("borja", {}, S.ACCEPTED, RECEIVER),
    V.ASK_SUPPLEMENT: ("be-om-komplettering", {"code": "background"}, S.IN_PROGRESS, RECEIVER),
    V.SUPPLEMENT: ("komplettera", {"question": "Mer."}, S.WAITING, SENDER),
    V.RESUME: ("ga-vidare", {}, S.WAITING, RECEIVER),
    V.SUGGEST_REDIRECT: ("foresla", {"receiver": "fk"}, S.ACCEPTED, RECEIVER),
    V.REQUEST_CANCEL: ("be-om-avbrott", {"code": "moved"}, S.IN_PROGRESS, SENDER),
    V.CONFIRM_CANCEL: ("avbryt", {}, S.CANCEL_ASKED, RECEIVER),
    V.DECLINE_CANCEL: ("fortsatt", {}, S.CANCEL_ASKED, RECEIVER),
    V.REOPEN: ("oppna-igen", {"code": "new_facts"}, S.CANCELLED, SENDER),
    V.DISPUTE: ("ansvar", {}, S.RETURNED, SENDER),
    V.REMIND: ("paminn", {"text": "Hur går det?"}, S.SENT, SENDER),
}


def posted(cast: Cast, data: dict[str, str]) -> dict[str, str]:
    return {name: str(cast.fk_desk.pk) if value == "fk" else value for name, value in data.items()}


def hats(cast: Cast) -> dict[str, tuple[Hat, Side | None]]:
    """Every hat, and the side it acts for; None for those to whom the referral does not exist."""
    twice = make_member(cast.psyk.agency, cast.two_hats[1].user, cast.psyk_desk)
    found: dict[str, tuple[Hat, Side | None]] = {
        "caseworker": (cast.soc, SENDER),
        "deputy": (cast.soc_2, SENDER),
        "their caseworker": (cast.psyk, RECEIVER),
        "their deputy": (cast.psyk_2, RECEIVER),
        "two hats, the right one on": (twice, RECEIVER),
        "two hats, the wrong one on": (cast.two_hats[1], None),
        "seatless colleague": (make_member(cast.soc.agency, "utanplats", None), None),
    }
    for name in ("soc_manager", "psyk_manager", "fk", "outsider", "coordinator", "chair"):
        found[name] = (getattr(cast, name), None)
    return found


@pytest.mark.parametrize("verb", POSTS)
def test_every_role_gets_the_right_answer_to_every_verb(cast: Cast, as_hat: AsHat, verb: Verb) -> None:
    path, data, state, side = POSTS[verb]
    referral = bring_to(cast, state)
    address = f"/remisser/{referral.pk}/{path}/"
    roles = hats(cast)
    for name, (hat, acts_for) in roles.items():
        client = as_hat(hat)
        before = footprint()
        with undone():
            status = client.post(address, {**posted(cast, data), "once": name}).status_code
            after = footprint()
        if acts_for == side:
            assert status == 302, name
            assert after != before, name
            continue
        unsent_for_receiver = acts_for == RECEIVER and state == S.DRAFT
        assert status == (404 if acts_for is None or unsent_for_receiver else 403), name
        after["AuditEntry"] = before["AuditEntry"]  # the refusal shows the page, and that is a logged read
        assert after == before, name
    answer = Client().post(address, data)
    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, "/logga-in/")


# A closed one is opened again, and what has no ground has no field to supplement in.
@pytest.mark.parametrize("verb", sorted(set(POSTS) - {V.REOPEN, V.SUPPLEMENT}))
def test_a_verb_whose_time_is_past_is_a_kind_409_without_effect(cast: Cast, as_hat: AsHat, verb: Verb) -> None:
    path, data, _, side = POSTS[verb]
    for state in (S.WITHDRAWN, S.CLOSED):
        with undone():
            referral = bring_to(cast, state)
            client = as_hat(side_member(cast, side))
            before = footprint()
            answer = client.post(f"/remisser/{referral.pk}/{path}/", posted(cast, data))
            after = footprint()
            after["AuditEntry"] = before["AuditEntry"]
            assert answer.status_code == 409, state
            assert "<h1" in answer.content.decode()
            assert after == before, state


# Verbs beside the table, tried on one that the receiver works with: whose turn it is not gets a no, as do the rest.
SOON = (timezone.localdate() + timedelta(days=9)).isoformat()
BESIDE: dict[str, tuple[dict[str, str], set[Side]]] = {
    "nytt-datum": ({"code": "queue", "until_on": SOON}, {RECEIVER}),
    "paus": ({"code": "in_care", "until_on": SOON}, {RECEIVER}),
    "meddelande": ({"category": "question", "text": "Hej"}, {SENDER, RECEIVER}),
    "anteckning": ({"text": "Hej"}, {SENDER, RECEIVER}),
    "ansvar-lost": ({"code": "shared"}, set()),
    "sluta-vanta": ({}, set()),
    "fornya": ({}, set()),
}


@pytest.mark.parametrize("path", BESIDE)
def test_what_stands_beside_the_table_is_for_the_two_desks_only(cast: Cast, as_hat: AsHat, path: str) -> None:
    data, may = BESIDE[path]
    referral = bring_to(cast, S.ACCEPTED)
    for name, (hat, acts_for) in hats(cast).items():
        client = as_hat(hat)
        before = footprint()
        with undone():
            status = client.post(f"/remisser/{referral.pk}/{path}/", data).status_code
            after = footprint()
        if acts_for in may:
            assert status == 302, name
            continue
        assert status in ({404} if acts_for is None else {403, 409}), name
        assert after | {"AuditEntry": 0} == before | {"AuditEntry": 0}, name


@pytest.mark.parametrize(
    "verb", [verb for verb, (_, data, _, _) in POSTS.items() if {"scope", "code", "outcome"} & {*data}]
)
def test_a_form_without_a_choice_or_with_one_outside_the_list_is_422_without_effect(
    cast: Cast, as_hat: AsHat, verb: Verb
) -> None:
    path, data, state, side = POSTS[verb]
    referral = bring_to(cast, state)
    client = as_hat(side_member(cast, side))
    before = footprint()
    for wrong in ({}, dict.fromkeys(data, "påhittat"), {**data, "text": "x" * 4001}, {**data, "text": "a\x07b"}):
        if "text" in wrong and verb not in {V.DECIDE, V.RETURN}:
            continue
        answer = client.post(f"/remisser/{referral.pk}/{path}/", wrong)
        assert answer.status_code == 422, wrong
    after = footprint()
    after["AuditEntry"] = before["AuditEntry"]
    assert after == before


def test_sending_without_a_ground_or_a_question_is_422(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.DRAFT, health="Sover dåligt")
    client = as_hat(cast.soc)
    client.post(f"/remisser/{referral.pk}/fraga/", {"question": "", "health": "x"})
    assert client.post(f"/remisser/{referral.pk}/granska/", {}).status_code == 422
    assert not Notification.objects.exists()


# ---------- any order ----------
def actors(cast: Cast) -> list[Membership]:
    return [cast.soc, cast.psyk, cast.soc_2, cast.psyk_2, cast.soc_manager, cast.fk, cast.outsider]


STEPS = st.lists(
    st.tuples(st.sampled_from(sorted(DO)), st.integers(0, 99), st.sampled_from(AnswerScope)), min_size=6, max_size=14
)


@given(steps=STEPS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_verbs_in_any_order_by_anybody_keep_every_open_referral_on_one_desk(
    cast: Cast, steps: list[tuple[Verb, int, AnswerScope]]
) -> None:
    with undone():
        referral = bring_to(cast, S.DRAFT)
        people = actors(cast)
        for verb, who, scope in steps:
            source = referral.state
            by = people[who // 14] if who < 98 else cast.soc
            before = ReferralEvent.objects.count(), Notification.objects.count(), Disclosure.objects.count()
            try:
                do(by, referral, Verb(verb), scope)
            except Refusal:
                after = ReferralEvent.objects.count(), Notification.objects.count(), Disclosure.objects.count()
                assert (referral.state, after) == (source, before)
            if referral.state != source:
                assert any(s == source and v == verb and t == referral.state for (s, v, _), t in TABLE.items())
            check_turn(cast, referral)
