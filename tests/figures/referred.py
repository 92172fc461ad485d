"""Participants who have been referred, as rows: what the figures read of a referral and nothing more. All invented."""

import random
from dataclasses import dataclass
from datetime import datetime

from meetings.figures.queries.freezing import referred_tables
from meetings.figures.suppression import Tables
from referrals.models import Referral, ReferralKind, ReferralLeg
from referrals.states import ENDED_STATES, ReferralState
from tests.cast import make_participant
from tests.figures.stage import moment
from workspace.models import Function, Participant

ANSWERS = ("granted", "partly", "refused", "not_examined")
STANDS = (*ANSWERS, "waiting", "ended")
SENT, ANSWERED = moment(2014, 3, 3), moment(2014, 5, 5)


def somebody(desk: Function, gender: str = "woman") -> Participant:
    person = make_participant(desk)
    Participant.objects.filter(pk=person.pk).update(gender=gender)
    return person


def refer(
    person: Participant,
    receiver: Function,
    told_outcome: str = "",
    told_state: str = "",
    *,
    sent_at: datetime | None = SENT,
    answered_at: datetime | None = None,
    ended_at: datetime | None = None,
) -> ReferralLeg:
    """A referral of one leg, as the sender knows it; without an outcome it waits for its answer."""
    state = told_state or (ReferralState.CLOSED if told_outcome else ReferralState.SENT)
    turn = None if state in ENDED_STATES else receiver
    referral = Referral.objects.create(
        participant=person, kind=ReferralKind.objects.get(pk="counselling_contact"), sender=person.function,
        receiver=receiver, state=state, turn=turn, told_state=state, told_turn=turn, told_outcome=told_outcome,
        outcome=told_outcome, sent_at=sent_at,
    )  # fmt: skip
    answered_at = answered_at or (ANSWERED if told_outcome else None)
    return ReferralLeg.objects.create(
        referral=referral, receiver=receiver, sent_at=sent_at, answered_at=answered_at, ended_at=ended_at
    )


# ---------- by chance, for the attacker ----------
@dataclass
class Person:
    agency: str
    gender: str
    stands: str


def months_of_referrals(chance: random.Random, number: int) -> list[Tables]:
    """Months in which people are referred, get their answers, and are referred again, also to somebody else."""
    agencies = ["Psykiatrin", "Försäkringskassan", "Arbetsförmedlingen", "Vårdcentralen"][: chance.choice((1, 2, 3, 4))]
    genders = ["woman", "man", *(["unknown"] if chance.random() < 0.2 else [])]
    weights = [chance.choice((1, 3, 9)) for _ in agencies]
    likely = [chance.choice((1, 2, 6)) for _ in STANDS]
    people: list[Person] = []
    found = []
    for _ in range(number):
        new = chance.choice((0, 3, 8, 20, 45)) if people else chance.choice((12, 25, 50, 90))
        for person in people:
            if person.stands == "waiting" and chance.random() < 0.4:
                person.stands = chance.choices(STANDS, likely)[0]
            elif chance.random() < 0.03:
                person.agency, person.stands = chance.choice(agencies), "waiting"
        people += [
            Person(chance.choices(agencies, weights)[0], chance.choice(genders), chance.choices(STANDS, likely)[0])
            for _ in range(new)
        ]
        counts: dict[tuple[str, str, str], int] = {}
        for one in people:
            cell = (one.agency, one.gender, one.stands)
            counts[cell] = counts.get(cell, 0) + 1
        found.append(referred_tables(counts))
    return found
