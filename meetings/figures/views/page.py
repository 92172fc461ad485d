"""The figures of a cooperation: how many goals are met, then each goal, then the rest. No person, nothing to log."""

from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from meetings.figures.forms import ChangeForm
from meetings.figures.models import Snapshot
from meetings.figures.queries import access_figures, access_goal, changes_in_month, freezing_of, report_of, series_of
from meetings.figures.queries.pages import access_snapshot, all_versions, parties_of, steering_meetings
from meetings.figures.report import GoalResult, Report
from meetings.figures.rules import can_lower_threshold, decides_changes
from meetings.figures.views.goal_words import (
    curves_of,
    event_of,
    group_labels,
    point_rows,
    series_alternative,
    shown_goal,
)
from meetings.figures.views.tables import (
    lead_table,
    outcome_table,
    planned_table,
    referral_tables,
    survey_table,
    waiting_table,
)
from meetings.figures.views.words import headline, people_sentence, say_end, say_month
from workspace.doors import AnyHatRequest, hat_page
from workspace.rules import Hat, is_coordinator
from workspace.swedish import say_list


@require_GET
@hat_page
def figures(request: AnyHatRequest) -> HttpResponse:
    """The newest month; with `manad`, what the chooser says: the page of that one."""
    cooperation = access_figures(request.hat)
    wanted = request.GET.get("manad", "")
    if wanted:
        return redirect("figures_month", _key(wanted))
    newest = all_versions(cooperation).first()
    if newest is None:
        context = {"snapshot": None, "cooperation": cooperation, "arranges": is_coordinator(request.hat)}
        return render(request, "figures/figures.html", context)
    return render(request, "figures/figures.html", page_context(request.hat, access_snapshot(request.hat, newest.pk)))


def _key(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise Http404
    return int(text)


@require_GET
@hat_page
def month(request: AnyHatRequest, pk: int) -> HttpResponse:
    """A frozen month in one of its versions."""
    return render(request, "figures/figures.html", page_context(request.hat, access_snapshot(request.hat, pk)))


def page_context(hat: Hat, snapshot: Snapshot, form: ChangeForm | None = None) -> dict[str, Any]:
    """What the page of a month shows. A constant number of queries: the report is one frozen row."""
    report = report_of(snapshot)
    versions = list(all_versions(snapshot.cooperation))
    going_on = freezing_of(snapshot.cooperation) if is_coordinator(hat) else None
    if decides_changes(hat) and form is None:
        form = ChangeForm(agencies=parties_of(snapshot.cooperation))
    return {
        **frozen_context(hat, snapshot, report),
        "headline": headline(report),
        "people": people_sentence(report),
        "months": [{"pk": each.pk, "label": version_label(each)} for each in versions],
        "goals": [shown_goal(report, goal) for goal in report.goals],
        **tables_context(report),
        "agencies": say_list(report.agencies),
        "merged": sorted(report.merged.items()),
        "changes": changes_in_month(snapshot),
        "change_form": form,
        "freezing": going_on if going_on is not None and going_on.finished_at is None else None,
        "steering": steering_meetings(hat),
        "newest_end": say_end(versions[0].month),
    }


def frozen_context(hat: Hat, snapshot: Snapshot, report: Report) -> dict[str, Any]:
    """Which month this is: at the top of each of its pages."""
    return {
        "snapshot": snapshot,
        "report": report,
        "end": say_end(snapshot.month),
        "month_name": say_month(snapshot.month),
        "arranges": is_coordinator(hat),
        "wire": {"state": "ok", "text": f"Siffrorna är låsta. Nästa månad låses efter {say_end(this_month())}."},
    }


def this_month() -> date:
    return timezone.localdate().replace(day=1)


def tables_context(report: Report) -> dict[str, Any]:
    """Everything under the goals. A cooperation's only municipality says what all say, and is not said twice."""
    planned = planned_table(report.planned)
    outcomes = report.outcomes if len(report.outcomes) > 2 else report.outcomes[:1]
    return {
        "outcomes": [outcome_table(report, table) for table in outcomes],
        "outcomes_hide": any(count is None for table in outcomes for row in table.rows for count in row.counts),
        "planned": planned,
        "planned_columns": report.planned[0].labels if planned else [],
        "has_plan": any(count is not None for row in report.planned for count in row.planned),
        "leads": [lead_table(report, lead) for lead in report.leads],
        "referrals": referral_tables(report),
        "waiting": waiting_table(report.waiting),
        "attendance": report.attendance,
        "surveys": [survey_table(survey) for survey in report.surveys],
    }


def version_label(snapshot: Snapshot) -> str:
    """«Oktober 2026, version 2»."""
    return f"{say_month(snapshot.month).capitalize()}, version {snapshot.version}"


# ---------- a goal ----------
def goal_of(report: Report, pk: int) -> GoalResult:
    """A goal of a frozen month; 404 for one that it doesn't have."""
    found = next((goal for goal in report.goals if goal.goal == pk), None)
    if found is None:
        raise Http404
    return found


@require_GET
@hat_page
def goal(request: AnyHatRequest, pk: int, goal: int) -> HttpResponse:
    """One goal: how it stands, how it has gone over time, and how it is counted."""
    snapshot = access_snapshot(request.hat, pk)
    report = report_of(snapshot)
    found = goal_of(report, goal)
    points = series_of(snapshot.cooperation, access_goal(request.hat, goal)).points
    context = {
        **frozen_context(request.hat, snapshot, report),
        "goal": found,
        "shown": shown_goal(report, found),
        "points": point_rows(points),
        "curve_columns": group_labels(points),
        "has_curve": any(share is not None for curve in curves_of(points) for share in curve.shares),
        "curve_alternative": series_alternative(found.name, found.target, points) if points else "",
        "may_lower": can_lower_threshold(event_of(found)),
    }
    return render(request, "figures/goal.html", context)
