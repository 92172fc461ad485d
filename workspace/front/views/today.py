"""Idag: what waits for me, what other agencies have done, what comes."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from workspace.doors import MemberRequest, log_reads, member_page
from workspace.front.queries import coming, happenings, to_do
from workspace.models import Membership
from workspace.rules import is_coordinator, is_manager
from workspace.swedish import say_count, say_weekday_date


def today_context(request: MemberRequest) -> dict[str, Any]:
    """The context of the page and of its fragments; logs whose names it shows."""
    waiting, named = to_do(request.hat)
    ahead, named_ahead = coming(request.hat)
    now = timezone.localdate()
    late = sum(1 for item in waiting if item.due_on and item.due_on < now)
    lede = f"{say_weekday_date(now).capitalize()}. "
    things = say_count(len(waiting), "sak", "saker").capitalize() if waiting else "Inget"
    lede += f"{things} väntar på dig."
    if late:
        lede += f" {say_count(late, 'av dem är sen', 'av dem är sena').capitalize()}."
    log_reads(request, "today", None, [*named, *named_ahead])
    return {"waiting": waiting, "happened": happenings(request.hat), "coming": ahead, "lede": lede, "today": now}


@login_required
def today(request: HttpRequest) -> HttpResponse:
    """The start page of the hat worn: a manager's is the work list, a coordinator's the board."""
    hat = request.hat  # type: ignore[attr-defined]
    if is_manager(hat):
        return redirect("work_list")
    if is_coordinator(hat):
        return redirect("board")
    if not isinstance(hat, Membership):
        return render(request, "front/no_pages.html")
    return _today(request)


@member_page
def _today(request: MemberRequest) -> HttpResponse:
    return render(request, "front/today.html", today_context(request))


@member_page
def today_fragment(request: MemberRequest, piece: str) -> HttpResponse:
    """One region of the start page, as it is now."""
    return render(request, f"front/_{piece}.html", today_context(request))
