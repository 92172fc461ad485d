"""The pictures of a goal as images. They say what their tables say; 404 where the page has none."""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from meetings.figures.queries import access_goal, report_of, series_of
from meetings.figures.queries.pages import access_snapshot
from meetings.figures.views.drawing import draw_bars, draw_curves
from meetings.figures.views.goal_words import bars_of, curves_of
from meetings.figures.views.page import goal_of
from meetings.figures.views.words import short_months
from workspace.doors import AnyHatRequest, hat_page
from workspace.pictures import picture


@require_GET
@hat_page
def bars(request: AnyHatRequest, pk: int, goal: int) -> HttpResponse:
    """A goal's bars: women, men and the total, with the target's line."""
    found = goal_of(report_of(access_snapshot(request.hat, pk)), goal)
    drawn = bars_of(found.rows)
    if all(bar.low is None for bar in drawn):
        raise Http404
    return picture(draw_bars(drawn, found.target))


@require_GET
@hat_page
def curve(request: AnyHatRequest, pk: int, goal: int) -> HttpResponse:
    """A goal month by month."""
    snapshot = access_snapshot(request.hat, pk)
    found = goal_of(report_of(snapshot), goal)
    points = series_of(snapshot.cooperation, access_goal(request.hat, goal)).points
    return picture(draw_curves(curves_of(points), short_months([point.month for point in points]), found.target))
