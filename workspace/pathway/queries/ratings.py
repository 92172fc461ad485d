"""The participant's own ratings: theirs to see, and staff's only while the participant lets them (R40)."""

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from workspace.models import Membership, Participant
from workspace.pathway.models import Enrolment, SelfRating
from workspace.pathway.queries.enrolments import ways_of
from workspace.pathway.states import EnrolmentState, Statement
from workspace.rules import is_caseworker, owns

MOST_DAYS = 100  # of a curve, the latest


@dataclass(frozen=True)
class RatedDay:
    """What was rated on a day, statement by statement; those without a value were left out."""

    on: date
    values: dict[str, int]

    @property
    def cells(self) -> list[tuple[str, int | None]]:
        """Every statement in its order, with its value where there is one."""
        return [(statement.label, self.values.get(statement)) for statement in Statement]


# ---------- the participant's own ----------
def newest_way(participant: Participant) -> Enrolment | None:
    """The way that goes on, else the one that ended last: it says whether the ratings are shown."""
    return ways_of(participant).first()


def ongoing_way(participant: Participant) -> Enrolment | None:
    """The way that ratings are written to."""
    return ways_of(participant).filter(state=EnrolmentState.ONGOING).first()


def own_rated_days(participant: Participant) -> list[RatedDay]:
    """All the participant's ratings, of earlier ways too, the oldest first."""
    return _days(SelfRating.objects.filter(enrolment__participant=participant))


def has_ratings(participant: Participant) -> bool:
    return SelfRating.objects.filter(enrolment__participant=participant).exists()


def rated_today(participant: Participant) -> dict[str, int]:
    """What the participant has rated today; a new rating takes its place."""
    mine = SelfRating.objects.filter(enrolment__participant=participant, rated_on=timezone.localdate())
    return dict(mine.order_by("enrolment").values_list("statement", "value"))


# ---------- staff's ----------
def ratings_shown(member: Membership, enrolment: Enrolment) -> list[RatedDay] | None:
    """The ratings of a way that this member may open, the oldest first; None while they may not be seen.

    They may by a caseworker of the participant's agency while the participant lets them: on this way, and still so on
    the newest one, since that is what the participant's own page says. Not by a manager, whatever the reason.
    """
    person = enrolment.participant
    if person is None or not is_caseworker(member) or not owns(member, person):
        return None
    ways = list(ways_of(person))
    now = next((way for way in ways if way.pk == enrolment.pk), None)
    if now is None or now.ratings_shown_at is None or ways[0].ratings_shown_at is None:
        return None
    return _days(SelfRating.objects.filter(enrolment=enrolment))


def _days(ratings: QuerySet[SelfRating]) -> list[RatedDay]:
    """Day by day, in one query. Where two ways have the same day, the later way's values are those of the day."""
    found: dict[date, dict[str, int]] = {}
    lines = ratings.order_by("rated_on", "enrolment").values_list("rated_on", "statement", "value")
    for on, statement, value in lines:
        found.setdefault(on, {})[statement] = value
    return [RatedDay(on, values) for on, values in found.items()][-MOST_DAYS:]
