"""Idag: what waits for me, what other agencies have done, what comes."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from referrals.queries import sees_disputes
from workspace.doors import MemberRequest, log_lists_read, log_reads, member_page
from workspace.front.queries import coming, happenings, to_do
from workspace.front.queries.rows import Day, ToDo
from workspace.models import Membership
from workspace.rules import is_coordinator, is_manager
from workspace.swedish import say_count, say_weekday_date


def waiting_context(waiting: list[ToDo]) -> dict[str, Any]:
    """What waits, and the sentence that says so."""
    now = timezone.localdate()
    late = sum(1 for item in waiting if item.due_on and item.due_on < now)
    lede = f"{say_weekday_date(now).capitalize()}. "
    things = say_count(len(waiting), "sak", "saker").capitalize() if waiting else "Inget"
    lede += f"{things} väntar på dig."
    if late:
        lede += f" {say_count(late, 'av dem är sen', 'av dem är sena').capitalize()}."
    return {"waiting": waiting, "lede": lede}


@login_required
def today(request: HttpRequest) -> HttpResponse:
    """The start page of the hat worn: a manager's is the work list, a coordinator's the board, the steering group's
    what is prepared for it, the evaluator's and the elected boards' the figures."""
    hat = request.hat  # type: ignore[attr-defined]
    if is_manager(hat):
        return redirect("work_list")
    if is_coordinator(hat):
        return redirect("board")
    if sees_disputes(hat):
        return redirect("steering")
    if not isinstance(hat, Membership):
        return redirect("figures")
    return _today(request)


@member_page
def _today(request: MemberRequest) -> HttpResponse:
    day = Day(request.hat)
    waiting, named = to_do(request.hat, day)
    ahead, named_ahead = coming(request.hat, day)
    log_lists_read(request, {"today": named, "coming": named_ahead})
    context = {"happened": happenings(request.hat), "coming": ahead, "today": day.today}
    return render(request, "front/today.html", waiting_context(waiting) | context)


@member_page
def today_fragment(request: MemberRequest, piece: str) -> HttpResponse:
    """One region of the start page, as it is now. What other agencies have done names nobody."""
    if piece == "happened":
        return render(request, "front/_happened.html", {"happened": happenings(request.hat)})
    waiting, named = to_do(request.hat)
    log_reads(request, "today", None, named)
    return render(request, f"front/_{piece}.html", waiting_context(waiting))
