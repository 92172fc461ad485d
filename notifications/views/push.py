"""A person's browsers that are told by web push, and the service worker that shows it."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from notifications.actions.push import ask_for_trial, remove_browser, server_key, turn_on_push
from notifications.errors import PushRefused
from notifications.queries import access_push_browser, push_browsers_of
from workspace.doors import AnyHatRequest, do_once, hat_page
from workspace.models import Membership

# Longer words first: Edge also calls itself Chrome, and Chrome Safari.
BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox": "Firefox", "FxiOS": "Firefox", "CriOS": "Chrome"}
BROWSERS |= {"Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {"Windows": "Windows", "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "CrOS": "ChromeOS"}
SYSTEMS |= {"Mac OS X": "Mac", "Linux": "Linux"}
WORKER = Path(settings.BASE_DIR) / "workspace" / "static" / "js" / "sw.js"


def push_context(request: AnyHatRequest) -> dict[str, Any]:
    """What `notifications/_push.html` shows; nothing to who has no hat that is told of anything."""
    if not any(isinstance(hat, Membership) for hat in request.hats):
        return {}
    return {"push": {"key": server_key(), "browsers": list(push_browsers_of(request.user))}}


def name_of(agent: str) -> str:
    """«Chrome på Windows», as a person knows their browser by; of what it says itself only words of ours are kept."""
    browser = next((name for word, name in BROWSERS.items() if word in agent), "")
    system = next((name for word, name in SYSTEMS.items() if word in agent), "")
    return f"{browser or 'En webbläsare'} på {system}" if system else browser or "En webbläsare"


@require_POST
@sensitive_post_parameters()
@hat_page
def turn_on(request: AnyHatRequest) -> HttpResponse:
    """Tell this browser from now on. Its page gives what the browser gave it, and nothing typed."""

    def act() -> str:
        given = {name: request.POST.get(name, "")[:2000] for name in ("address", "public_key", "secret")}
        turn_on_push(by=request.hat, name=name_of(request.headers.get("User-Agent", "")), **given)
        messages.success(request, "Den här webbläsaren aviseras från och med nu.")
        return _page()

    try:
        return do_once(request, "push_on", act)
    except PushRefused as refused:
        messages.error(request, refused.sentence)
        return redirect(_page())


@require_POST
@hat_page
def remove(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Tell one of one's own browsers no more."""
    browser = access_push_browser(request.user, pk)

    def act() -> str:
        remove_browser(by=request.hat, browser=browser)
        messages.success(request, "Webbläsaren aviseras inte längre.")
        return _page()

    return do_once(request, f"push_off {pk}", act)


@require_POST
@hat_page
def trial(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Have one of one's own browsers told once, to see that it works."""
    browser = access_push_browser(request.user, pk)

    def act() -> str:
        ask_for_trial(by=request.hat, browser=browser)
        messages.success(request, "Ett prov skickas inom en minut.")
        return _page()

    return do_once(request, f"push_trial {pk}", act)


def _page() -> str:
    return reverse("notice_choices") + "#webblasare"


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script that shows a push, at the top so that it may open every page. For anybody: it holds nothing."""
    headers = {"Cache-Control": "no-cache"}
    return HttpResponse(WORKER.read_bytes(), content_type="text/javascript; charset=utf-8", headers=headers)
