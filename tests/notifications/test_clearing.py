"""What waits for somebody is cleared by itself when it is done, for all who waited and on all their devices at once."""

from collections.abc import Callable

import pytest

from notifications.actions import Notice, clear_notices, close_notices, deliver
from notifications.models import Notification
from notifications.queries import unread_count
from notifications.registry import all_kinds
from notifications.states import Urgency
from referrals import actions
from referrals.states import AnswerScope, DelayCode, ReferralState, Verb
from tests.cast import Cast, draft, give_consent, sent
from tests.notifications.clearing import CLEARED
from tests.referrals.journeys import bring_to, walk
from tests.wire import Room, send_new
from workspace.clocks import ONE_DAY
from workspace.models import Membership

S, V = ReferralState, Verb
ACTS = sorted(kind.code for kind in all_kinds().values() if kind.urgency == Urgency.ACT)


def waits(hat: Membership, kind: str, pk: int) -> bool:
    rows = Notification.objects.filter(membership=hat, kind=kind, object_id=pk)
    return rows.filter(read_at__isnull=True, closed_at__isnull=True).exists()


def tell(kind: str, pk: int, *hats: Membership) -> None:
    deliver([Notice(kind, "7", pk, None, frozenset(hat.pk for hat in hats))])


def test_every_kind_that_waits_for_somebody_has_an_act_that_ends_it() -> None:
    assert sorted(CLEARED) == ACTS


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ACTS)
def test_it_is_cleared_when_it_is_done(cast: Cast, kind: str) -> None:
    pk, hat, act = CLEARED[kind](cast)
    tell(kind, pk, hat)
    tell(kind, pk + 1000, hat)
    assert waits(hat, kind, pk)
    act()
    assert not waits(hat, kind, pk)
    assert waits(hat, kind, pk + 1000), "another thing's notice is cleared too"


# ---------- no more than that ----------
@pytest.mark.django_db
def test_a_receipt_clears_what_came_to_everybody_at_the_desk_and_to_nobody_else(cast: Cast) -> None:
    referral = sent(cast)
    tell("referral.ground_to_renew", referral.pk, cast.soc)
    assert waits(cast.psyk, "referral.sent", referral.pk) and waits(cast.psyk_2, "referral.sent", referral.pk)
    actions.acknowledge_referral(by=cast.psyk, referral=referral, scope=AnswerScope.STATUS)
    assert not waits(cast.psyk_2, "referral.sent", referral.pk)
    assert waits(cast.soc, "referral.ground_to_renew", referral.pk)
    assert Notification.objects.filter(kind="referral.sent", closed_at__isnull=False).count() == 0


@pytest.mark.django_db
def test_what_a_receiver_that_tells_nothing_does_clears_nothing_at_the_senders(cast: Cast) -> None:
    """Else a bell that goes quiet would tell what the status may not."""
    give_consent(cast)
    referral = walk(cast, draft(cast), V.SEND, V.ACKNOWLEDGE, V.ACCEPT, scope=AnswerScope.NONE)
    tell("referral.ground_to_renew", referral.pk, cast.soc)
    tell("referral.due", referral.pk, cast.soc, cast.psyk_2)
    walk(cast, referral, V.DECIDE, V.CLOSE, scope=AnswerScope.NONE)
    assert waits(cast.soc, "referral.ground_to_renew", referral.pk) and waits(cast.soc, "referral.due", referral.pk)
    assert not waits(cast.psyk_2, "referral.due", referral.pk)


@pytest.mark.django_db
def test_a_new_date_answers_the_reminders_of_the_day_that_was(cast: Cast) -> None:
    referral = bring_to(cast, S.ACCEPTED)
    tell("referral.overdue", referral.pk, cast.psyk_2)
    tell("referral.cancel_asked", referral.pk, cast.psyk_2)
    day = referral.sent_at.date() + ONE_DAY * 20 if referral.sent_at else None
    assert day is not None
    actions.set_new_date(by=cast.psyk, referral=referral, code=DelayCode.QUEUE, until_on=day)
    assert not waits(cast.psyk_2, "referral.overdue", referral.pk)
    assert waits(cast.psyk_2, "referral.cancel_asked", referral.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("end", [clear_notices, close_notices])
def test_clearing_touches_the_kinds_the_thing_and_the_hats_that_were_named(
    cast: Cast, end: Callable[..., None]
) -> None:
    for pk in (7, 8):
        tell("referral.sent", pk, cast.psyk, cast.fk)
        tell("referral.message", pk, cast.psyk, cast.fk)
    kinds = {"kinds": ["referral.sent"]} if end is clear_notices else {"kind_prefix": "referral.sent"}
    end(**kinds, object_id=7, memberships=[cast.psyk.pk])
    rows = Notification.objects.exclude(read_at__isnull=True, closed_at__isnull=True)
    assert [(row.kind, row.object_id, row.membership_id) for row in rows] == [("referral.sent", 7, cast.psyk.pk)]
    assert (unread_count(cast.psyk), unread_count(cast.fk)) == (3, 4)


# ---------- on all devices at once ----------
BELL = {"type": "changed", "topic": "bell"}


@pytest.mark.django_db(transaction=True)
def test_every_bell_that_waited_is_told_at_once_and_no_other(room: Room) -> None:
    referral = send_new(room)
    screen, phone = room.live(room.cast.psyk_2), room.live(room.cast.psyk_2)
    sender = room.live(room.cast.soc_2)
    done = room.visitor(room.cast.psyk).post(f"/remisser/{referral.pk}/ta-emot/", {"scope": "status"})
    assert done.status == 302
    for socket in (screen, phone):
        assert BELL in socket.all()
    assert BELL not in sender.all()
