"""Random histories over every verb, with silent and telling receivers, days that pass and agencies that leave.

After each step, whatever was tried and by whom: what is open lies on exactly one desk, for the sender too; a refused
step leaves nothing; only the table moves; what the sender is told is so, and last days are what a reckoning anew gives.
"""

from collections import Counter as Count
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from referrals import actions
from referrals.models import Referral
from referrals.queries import current_leg, deadline_of, deadline_told, is_told
from referrals.states import ENDED_STATES, TRANSITIONS, AnswerScope, DelayCode, PauseCode, ReferralState, Verb
from tests.cast import Cast, draft, give_consent
from tests.referrals.days import START, morning
from tests.referrals.journeys import DO, OF_SENDER, footprint, undone, withdraw
from workspace.errors import Refusal
from workspace.front.actions.expiry import expire_disclosures
from workspace.models import Agency, Membership

pytestmark = pytest.mark.django_db
S, V = ReferralState, Verb
STEPS_BY_TABLE = {(row.source, row.verb, row.target) for row in TRANSITIONS}
STEPS = 14
LASTS = 60  # days of a consent: a history outlives it only by «the consent runs out»
# By number, so that they are the same each time: a run that passed says something of the next.
FEW = range(12)
MANY = range(12, 1012)
PARTS = 8  # of the many: the test processes share them


def until(days: int) -> Any:
    return timezone.localdate() + timedelta(days=days)


def new_date(by: Membership, referral: Referral) -> None:
    actions.set_new_date(by=by, referral=referral, code=DelayCode.QUEUE, until_on=until(12))


def pause(by: Membership, referral: Referral) -> None:
    actions.pause_clock(by=by, referral=referral, code=PauseCode.OTHER_AGENCY, until_on=until(4))


def note(by: Membership, referral: Referral) -> None:
    actions.write_message(by=by, referral=referral, category="question", text="Ett meddelande")


def agency_note(by: Membership, referral: Referral) -> None:
    actions.write_agency_note(by=by, referral=referral, text="Bara för oss")


def other_answer(by: Membership, referral: Referral) -> None:
    """The person takes back what the receiver may tell, at the receiver, whoever is asking."""
    withdraw(CASTS[0], "status", "answer", by=CASTS[0].psyk)


CASTS: list[Cast] = []  # the cast of the history that runs
TAKEN: Count[str] = Count()  # what was done and not refused, in the histories of this test
# What happens to the consents is asked of nobody at the referral.
OPEN_TO_THEM = {"answer_taken_back", V.GROUND_WITHDRAWN}
MORE: dict[str, Callable[[Membership, Referral], None]] = {
    V.NEW_DATE: new_date,
    V.PAUSE: pause,
    V.NOTE: note,
    "agency_note": agency_note,
    "answer_taken_back": other_answer,
}
# What nobody decides: a day passes, a consent is given, the consents run out, the receiver leaves.
WORLD = ("day",) * 6 + ("consent",) * 3 + ("run_out", "leave")
ALL_VERBS = [*sorted(DO), *sorted(MORE)]


def one_of(chance: Random, verbs: list[Any]) -> str:
    """Any of them; every other time one that no history has come to yet."""
    unseen = [verb for verb in verbs if not TAKEN[verb]]
    return chance.choice(unseen if unseen and chance.random() < 0.5 else verbs)


def next_step(chance: Random, referral: Referral) -> tuple[str, str]:
    """Mostly a verb that the table has here, by whose it is; else any verb by anybody, or what nobody decides."""
    rows = {row.verb for row in TRANSITIONS if row.source == referral.state}
    here = sorted(rows & set(DO) - {V.GROUND_WITHDRAWN, V.RECALL})
    if referral.lapsed_at and chance.random() < (0.3 if TAKEN[V.RENEW_GROUND] else 0.9):
        return chance.choice((("consent", "world"), (V.RENEW_GROUND, "right")))
    roll = chance.random()
    if roll < 0.12:
        return chance.choice(WORLD), "world"
    if roll < 0.6 and here:
        return one_of(chance, here), "right"
    return one_of(chance, ALL_VERBS), chance.choice(("right", "right", "right", "other", "fk", "outsider"))


def actor(cast: Cast, referral: Referral, verb: str, who: str) -> Membership:
    if who in ("fk", "outsider"):
        return cast.members[who]
    theirs = cast.fk if referral.receiver_id == cast.fk_desk.pk else cast.psyk
    ours = verb in OF_SENDER or (verb in (V.CLOSE, *MORE) and referral.turn_id == referral.sender_id)
    if verb == V.CLOSE and referral.turn_id:
        ours = referral.turn_id == referral.sender_id
    return cast.soc if ours == (who == "right") else theirs


def is_party(cast: Cast, referral: Referral, who: str) -> bool:
    """The outsider never is; Försäkringskassan only where a leg has gone there."""
    return who != "outsider" and (who != "fk" or referral.legs.filter(receiver=cast.fk_desk).exists())


def happen(cast: Cast, clock: Any, what: str) -> None:
    """What nobody on either side does."""
    if what == "day":
        clock.shift(timedelta(days=1))
    elif what == "consent":
        give(cast)
    elif what == "run_out":
        clock.shift(timedelta(days=LASTS + 1))
        expire_disclosures()
    elif what == "leave":
        Agency.objects.filter(pk=cast.psyk.agency_id).update(left_on=timezone.localdate())
        actions.return_from_left_agencies()


def give(cast: Cast) -> None:
    for agency in (cast.psyk.agency, cast.fk.agency):
        give_consent(cast, recipient=agency, until=until(LASTS), follow_up=agency == cast.psyk.agency)


def attempt(by: Membership, referral: Referral, verb: str, scope: AnswerScope) -> None:
    if verb in MORE:
        MORE[verb](by, referral)
    else:
        DO[Verb(verb)](by, referral, scope)


def read(pk: int) -> Referral:
    return Referral.objects.select_related("kind", "participant", "sender__agency", "receiver__agency").get(pk=pk)


def check(referral: Referral, source: str, verb: str) -> None:
    """Everything that holds after every step; after one that was refused nothing is other than it was."""
    desks = {referral.sender_id, referral.receiver_id}
    for state, turn in ((referral.state, referral.turn_id), (referral.told_state, referral.told_turn_id)):
        assert (turn is None) == (state in ENDED_STATES), (verb, state, turn)
        assert turn is None or turn in desks, (verb, state, turn)
    if referral.state != source:
        last = referral.events.order_by("-pk").first()
        assert last is not None
        assert (source, last.verb, referral.state) in STEPS_BY_TABLE, (source, verb, referral.state)
    if referral.lapsed_at is None:  # else it is the day by which the sender is to renew
        due = deadline_of(referral) if referral.is_open else None
        assert referral.due_on == (due.due_on if due else None), (verb, referral.state)
        known = deadline_told(referral) if referral.told_turn_id else None
        assert referral.told_due_on == (known.due_on if known else None), (verb, referral.told_state)
    if left_be(referral):
        assert (referral.told_state, referral.told_turn_id) == (S.CLOSED, None)
    elif is_told(referral):
        check_told(referral, verb)


def left_be(referral: Referral) -> bool:
    """The sender waits no longer, and has not been told of anything since."""
    lines = current_leg(referral).events.order_by("-pk")
    left = lines.filter(verb=V.LEAVE_BE).first()
    return left is not None and left.at >= referral.told_at and not is_told(referral)


def check_told(referral: Referral, verb: str) -> None:
    """The sender knows exactly how it is, wherever the receiver tells."""
    told = (referral.told_state, referral.told_turn_id, referral.told_outcome, referral.told_due_on)
    real = (referral.state, referral.turn_id, referral.outcome, referral.due_on)
    assert told == real, verb


@pytest.fixture
def started(cast: Cast) -> Referral:
    """What every history begins with, and goes back to: a draft, and consents for it."""
    with time_machine.travel(morning(START), tick=False):
        CASTS[:] = [cast]
        give(cast)
        return draft(cast)


def live_through(cast: Cast, started: Referral, number: int) -> None:
    chance = Random(number)
    scope = chance.choice(list(AnswerScope))
    with undone(), time_machine.travel(morning(START), tick=False) as clock:
        referral = read(started.pk)
        untouched: dict[str, Any] | None = None
        for _ in range(STEPS):
            clock.shift(timedelta(minutes=7))
            source = referral.state
            verb, who = next_step(chance, referral)
            untouched = untouched or footprint()
            try:
                if who == "world":
                    happen(cast, clock, verb)
                else:
                    attempt(actor(cast, referral, verb, who), referral, verb, scope)
            except Refusal:
                assert footprint() == untouched, (number, source, verb, who)
                referral = read(started.pk)
                assert referral.state == source
            else:
                referral = read(started.pk)
                assert verb in OPEN_TO_THEM or is_party(cast, referral, who), (number, verb, who)
                untouched = None
                TAKEN[verb] += 1
                check(referral, source, verb)


def live_through_all(cast: Cast, started: Referral, numbers: range) -> None:
    TAKEN.clear()
    for number in numbers:
        try:
            live_through(cast, started, number)
        except BaseException as error:
            error.add_note(f"in history number {number}")
            raise


def test_histories_keep_every_referral_on_one_desk_and_the_sender_rightly_told(cast: Cast, started: Referral) -> None:
    live_through_all(cast, started, FEW)


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_thousands_of_histories_in_which_everything_happens(cast: Cast, started: Referral, part: int) -> None:
    live_through_all(cast, started, MANY[part::PARTS])
    # Settling takes three rare steps in a row: test_whole_journey.py has it.
    assert set(TAKEN) >= {*ALL_VERBS, *WORLD} - {V.SETTLE}
