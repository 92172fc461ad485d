"""What a report has said of a goal, beside what is computed (R88)."""

from collections.abc import Mapping

from meetings.figures.actions.goals import audit, require_coordinator
from meetings.figures.arithmetic import Part, refusal_of
from meetings.figures.errors import DoesNotHold
from meetings.figures.models import Goal, PublishedFigure
from meetings.figures.queries.reports import shown_bases
from workspace.actions import action
from workspace.models import Municipality
from workspace.rules import Hat

MOST_PARTS = 20


@action
def write_published(*, by: Hat, goal: Goal, source: str, total: int, parts: Mapping[str, int]) -> PublishedFigure:
    """Write what a report says, in whole per cent: a total, and its parts by municipality where it has them.

    A total that its parts can't give is kept as refused, with the reason; the bases of the goal's latest frozen month
    are the weights where they are shown, and where they are not, a total lies between its least and its greatest part.
    Parts that leave out a municipality the figures show can't refuse anything. Audit row; tells nobody. Refuses whoever
    is not the coordinator, per cent outside 0–100, no source, and municipalities that there are none of.
    """
    role = require_coordinator(by, goal.cooperation)
    if not source.strip():
        raise DoesNotHold("Skriv var det står.")
    if any(not 0 <= percent <= 100 for percent in (total, *parts.values())):
        raise DoesNotHold("Skriv hela procent, mellan 0 och 100.")
    if len(parts) > MOST_PARTS or Municipality.objects.filter(name__in=parts).count() != len(parts):
        raise DoesNotHold("Välj kommuner som finns.")
    bases = shown_bases(goal)
    whole = not set(bases) - set(parts)
    said = [Part(name, percent, bases.get(name)) for name, percent in sorted(parts.items())] if whole else []
    figure = PublishedFigure.objects.create(
        goal=goal,
        source=source.strip(),
        total=total,
        parts=dict(parts),
        refused_because=refusal_of(total, sorted(said, key=lambda part: -(part.base or 0))),
        made_by=role,
    )
    audit(by, "published", figure.pk)
    return figure


@action
def remove_published(*, by: Hat, figure: PublishedFigure) -> None:
    """Take away what was written of a report. Audit row; tells nobody. Refuses whoever is not the coordinator."""
    require_coordinator(by, figure.goal.cooperation)
    pk = figure.pk
    if PublishedFigure.objects.filter(pk=pk).delete()[0]:
        audit(by, "published.remove", pk)
