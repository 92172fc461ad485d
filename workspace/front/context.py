"""The frame around every page: who I am, which hat I wear, what has come."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from meetings.figures.rules import follows_figures
from notifications.queries import bell_stand, epoch
from referrals.queries import sees_disputes
from workspace.models import CooperationRole
from workspace.rules import Hat, is_caseworker, is_coordinator, is_manager


def said(hat: Hat) -> dict[str, Any]:
    """A hat as the page head shows it."""
    if isinstance(hat, CooperationRole):
        label = f"{hat.get_role_display().capitalize()}, {hat.cooperation.name}"
        return {"label": label, "kind": "samo", "key": hat.hat_key, "is_member": False}
    label = hat.agency.name if is_caseworker(hat) else f"{hat.get_role_display().capitalize()}, {hat.agency.name}"
    return {"label": label, "kind": hat.agency.shape, "key": hat.hat_key, "is_member": True}


def bell_of(hat: Hat) -> dict[str, Any]:
    """What the bell shows, and where the socket starts from. A role in a cooperation is told by hints alone."""
    if isinstance(hat, CooperationRole):
        return {"epoch": epoch(), "seq": 0, "unread": 0}
    now, seq, unread = bell_stand(hat)
    return {"unread": unread, "url": reverse("notifications"), "seq": seq, "epoch": now}


def navigation(hat: Hat, path: str) -> list[dict[str, Any]]:
    """The pages of this hat, and no others."""
    names: list[tuple[str, str]] = []
    if is_caseworker(hat):
        names = [("Idag", "today"), ("Deltagare", "participants"), ("Remisser", "referrals")]
        names += [("Samtal", "conversations"), ("Möten", "meetings")]
    elif is_manager(hat):
        names = [("Enheten", "work_list"), ("Möten", "meetings"), ("Vill ha hjälp", "help_requests")]
        names += [("Siffror", "figures_agreement"), ("Rutiner", "documents"), ("Tidrapporter", "time_reports")]
    elif is_coordinator(hat):
        names = [("Bevaka", "board"), ("Väntan", "waiting"), ("Möten", "meetings"), ("Uppföljning", "figures")]
        names += [("Beslut", "decisions"), ("Rutiner", "documents"), ("Tidrapporter", "time_reports")]
    elif sees_disputes(hat):
        names = [("Styrgrupp", "steering"), ("Möten", "meetings"), ("Beslut", "decisions"), ("Uppföljning", "figures")]
        names += [("Ansvar", "disputes"), ("Väntan", "waiting"), ("Rutiner", "documents")]
    elif follows_figures(hat):
        names = [("Uppföljning", "figures"), ("Beslut", "decisions"), ("Rutiner", "documents")]
    pages = [(label, reverse(name)) for label, name in names]
    under = [url for _, url in pages if path == url or (url != "/" and path.startswith(url))]
    here = max(under, key=len, default="")  # one page may lie under another
    return [{"label": label, "url": url, "current": url == here} for label, url in pages]


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of base.html."""
    hat: Hat | None = getattr(request, "hat", None)
    if hat is None:
        return {"other_hats": [said(other) for other in getattr(request, "hats", [])], "nav": []}
    context: dict[str, Any] = {
        "hat": said(hat),
        "other_hats": [said(other) for other in request.hats if other.hat_key != hat.hat_key],  # type: ignore[attr-defined]
        "nav": navigation(hat, request.path),
        "poll_seconds": settings.POLL_SECONDS,
        "wire": {"state": "ok"},
    }
    # Asked only by a page with a head: fragments are rendered with the same context, and far more often.
    context["bell"] = SimpleLazyObject(lambda: bell_of(hat))
    return context
