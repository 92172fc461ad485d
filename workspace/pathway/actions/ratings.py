"""How the participant has it, in their own numbers, and who may see the curve (R40)."""

from collections.abc import Mapping

from django.utils import timezone

from workspace.actions import action, lock_participant, record_act
from workspace.errors import NotAllowed
from workspace.models import Browser, Participant
from workspace.pathway.models import Enrolment, SelfRating
from workspace.pathway.queries.ratings import newest_way, ongoing_way
from workspace.pathway.states import Statement
from workspace.states import AuditAct

POINTS = range(1, 11)
NO_WAY = "Du är inte inskriven nu."


@action
def rate(*, by: Browser, values: Mapping[str, int]) -> None:
    """Keep the day's own rating, of the way that goes on; a second one on the same day takes the place of the first.

    Locks the participant; writes the ratings and an audit row without values; nothing where they are the same. Tells
    nobody. Refuses whoever is on no way, no value at all, and values outside 1–10. A statement may be left out. Units:
    points; days of Stockholm.
    """
    participant = lock_participant(by.participant_id)
    way = ongoing_way(participant)
    if way is None:
        raise NotAllowed(NO_WAY)
    if not values or not set(values) <= set(Statement.values) or any(value not in POINTS for value in values.values()):
        raise NotAllowed("Välj minst en siffra, från 1 till 10.")
    today = timezone.localdate()
    rated = SelfRating.objects.filter(enrolment=way, rated_on=today)
    if dict(rated.values_list("statement", "value")) == dict(values):
        return
    rated.delete()
    SelfRating.objects.bulk_create(
        SelfRating(enrolment=way, rated_on=today, statement=statement, value=values[statement], browser=by)
        for statement in Statement.values
        if statement in values
    )
    _record(by, "rating.write", way)


@action
def show_ratings(*, by: Browser) -> None:
    """Let one's caseworkers see the curve of the newest way, from now on. Also of one that has ended.

    Locks the participant; writes since when, and an audit row. Tells nobody: it stands on the page of the way. Already
    shown, it stays as it was. Refuses whoever has never been on a way.
    """
    participant = lock_participant(by.participant_id)
    way = newest_way(participant)
    if way is None:
        raise NotAllowed(NO_WAY)
    unseen = Enrolment.objects.filter(pk=way.pk, ratings_shown_at__isnull=True)
    if unseen.update(ratings_shown_at=timezone.now()):
        _record(by, "rating.show", way)


@action
def hide_ratings(*, by: Browser) -> None:
    """Take that back, at once and of every way. Who has read it has read it.

    Locks the participant; writes an audit row for each way it was shown of. Tells nobody. Refuses nothing.
    """
    participant: Participant = lock_participant(by.participant_id)
    for way in Enrolment.objects.filter(participant=participant, ratings_shown_at__isnull=False):
        Enrolment.objects.filter(pk=way.pk).update(ratings_shown_at=None)
        _record(by, "rating.hide", way)


def _record(by: Browser, what: str, way: Enrolment) -> None:
    record_act(by=by, act=AuditAct.WRITE, what=what, object_id=way.pk)
