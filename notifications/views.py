"""The bell, and the list of what other agencies have done."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from notifications.actions import mark_read
from notifications.models import Notification
from notifications.queries import notifications_of
from notifications.registry import all_kinds
from workspace.doors import MemberRequest, member_page
from workspace.swedish import say_time

PAGE = 30
JUST_NOW = timedelta(minutes=2)  # how long lägesraden says «Nyss»


def said(notification: Notification) -> dict[str, Any]:
    """A notification in words: who, what, where it leads."""
    kind = all_kinds()[notification.kind]
    return {
        "row_id": f"notis-{notification.pk}",
        "at": notification.made_at,
        "agency": notification.acting_agency,
        "says": kind.says.format(number=notification.number),
        "url": reverse(kind.address, args=[notification.object_id]),
        "fresh": notification.read_at is None,
    }


@member_page
def notifications(request: MemberRequest) -> HttpResponse:
    """Everything this hat has been told and can still open, newest first. Names nobody, so nothing to log."""
    page = Paginator(notifications_of(request.hat), PAGE).get_page(request.GET.get("page"))
    return render(request, "notifications/list.html", {"page": page, "rows": [said(row) for row in page]})


@member_page
def bell(request: MemberRequest) -> HttpResponse:
    """The bell as it is now, with the newest unread notice of the last minutes as a line for lägesraden.

    Not one about what the page already shows (`topic`): that page has changed by itself.
    """
    topic = request.GET.get("topic", "")[:40]
    context: dict[str, Any] = {"topic": topic}
    newest = notifications_of(request.hat).filter(read_at__isnull=True, made_at__gte=timezone.now() - JUST_NOW).first()
    if newest is not None and topic != f"{newest.kind.partition('.')[0]}:{newest.object_id}":
        words = said(newest)
        text = (
            f"{words['agency'].name} {words['says']}."
            if words["agency"]
            else f"{words['says'][:1].upper()}{words['says'][1:]}."
        )
        context["wire"] = {"state": "news", "text": text, "url": words["url"], "time": say_time(words["at"])}
    return render(request, "_bell.html", context)


@require_POST
@member_page
def read_all(request: MemberRequest) -> HttpResponse:
    mark_read(by=request.hat, notifications=notifications_of(request.hat))
    messages.success(request, "Allt är markerat som läst.")
    return redirect("notifications")
