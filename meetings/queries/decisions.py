"""What steering groups have decided, for those who follow a cooperation without sitting at its tables."""

from dataclasses import dataclass
from datetime import date

from django.db.models import F, Max
from django.utils import timezone

from meetings.models import MinutesPart
from meetings.states import GroupKind, MinutesState
from workspace.models import Cooperation


@dataclass(frozen=True)
class Decided:
    """A decision as the approved minutes have it."""

    on: date
    group: str
    item: str
    text: str
    author: str


def steering_decisions(cooperation: Cooperation) -> list[Decided]:
    """The decisions of the cooperation's steering groups, the newest meeting first (R26, R31). One query.

    Of the newest version of approved minutes alone: what is still a draft may change. Of items that are no case; a
    steering group's minutes hold no participant (R26).
    """
    parts = MinutesPart.objects.filter(
        minutes__meeting__group__cooperation=cooperation,
        minutes__meeting__group__kind=GroupKind.STEERING,
        minutes__meeting__minutes_state=MinutesState.APPROVED,
        is_case=False,
    )
    newest = parts.annotate(newest=Max("minutes__meeting__minutes_versions__version")).filter(
        minutes__version=F("newest")
    )
    rows = newest.select_related("minutes__meeting__group").order_by(
        "-minutes__meeting__starts_at", "minutes", "position"
    )
    return [
        Decided(
            timezone.localdate(part.minutes.meeting.starts_at),
            part.minutes.meeting.group.name,
            part.content["title"],
            decision["text"],
            decision["author"]["name"],
        )
        for part in rows
        for decision in part.content["decisions"]
    ]
