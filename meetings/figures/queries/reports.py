"""Frozen months as pages show them."""

import json
from collections import defaultdict

from django.db.models import Count, Q

from meetings.figures.models import Goal, PublishedFigure, Snapshot
from meetings.figures.queries.known import Definition
from meetings.figures.queries.months import latest_shown
from meetings.figures.report import Published, Report, Series, SeriesPoint
from meetings.figures.report.build import build_report, goal_of
from meetings.figures.report.canonical import Json, shown_from_json
from meetings.figures.report.measures import Point, series_of_measure
from workspace.models import Cooperation


def report_of(snapshot: Snapshot) -> Report:
    """A frozen month as it may be shown, with what others have published beside it. Two queries, whatever its size."""
    of_month = Q(cooperation=snapshot.cooperation_id, month=snapshot.month)
    versions = Snapshot.objects.filter(of_month).aggregate(number=Count("pk"))["number"]
    return build_report(
        json.loads(snapshot.shown),
        month=snapshot.month,
        version=snapshot.version,
        versions=versions,
        cutoff_at=snapshot.cutoff_at,
        reason=snapshot.reason,
        digest=snapshot.digest,
        published=_published(snapshot.cooperation_id),
    )


def _published(cooperation_id: int) -> dict[int, list[Published]]:
    found: dict[int, list[Published]] = defaultdict(list)
    for row in PublishedFigure.objects.filter(goal__cooperation=cooperation_id).order_by("made_at", "pk"):
        found[row.goal_id].append(Published(row.pk, row.source, row.total, row.parts, row.refused_because))
    return dict(found)


def frozen_report(snapshot: Snapshot) -> Report:
    """The report of a frozen month alone: without what others have published, and how many versions there are."""
    return build_report(
        json.loads(snapshot.shown),
        month=snapshot.month,
        version=snapshot.version,
        versions=snapshot.version,
        cutoff_at=snapshot.cutoff_at,
        reason=snapshot.reason,
        digest=snapshot.digest,
        published={},
    )


def reports_of(cooperation: Cooperation) -> list[Report]:
    """Every frozen month by its latest version, the oldest first, without what others have published. One query."""
    return [frozen_report(snapshot) for snapshot in latest_shown(cooperation)]


def measure_over_time(cooperation: Cooperation, code: str) -> list[Point]:
    """A comparison of women and men month by month, each by its latest version, the oldest first. One query."""
    return series_of_measure(reports_of(cooperation), code)


def series_of(cooperation: Cooperation, goal: Goal) -> Series:
    """A goal month by month, each by its latest version. A month without the goal is left out. One query."""
    code = Definition(goal.population, goal.event, goal.span).code
    points = []
    for snapshot in latest_shown(cooperation):
        content: Json = json.loads(snapshot.shown)
        given = next((one for one in content["goals"] if one["code"] == code), None)
        if given is None:
            continue
        shown = shown_from_json(content["discharged"]) if content["discharged"] else None
        result = goal_of(given, shown, snapshot.month, ())
        points.append(SeriesPoint(snapshot.month, snapshot.version, result.rows, result.verdict, result.as_of))
    return Series(code, goal.name, goal.target, points)


def shown_bases(goal: Goal) -> dict[str, int | None]:
    """How many each municipality's per cent is of, in the latest frozen month; None where that is not shown."""
    snapshot = latest_shown(goal.cooperation).last()
    if snapshot is None:
        return {}
    content: Json = json.loads(snapshot.shown)
    code = Definition(goal.population, goal.event, goal.span).code
    given = next((one for one in content["goals"] if one["code"] == code), None)
    if given is None or not content["discharged"]:
        return {}
    result = goal_of(given, shown_from_json(content["discharged"]), snapshot.month, ())
    return {cell.label: cell.base for cell in result.municipalities}
