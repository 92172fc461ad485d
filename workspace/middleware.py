"""The hat worn in this session, and refusals turned into pages."""

import hashlib
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from workspace.errors import Refusal
from workspace.queries import hats_of
from workspace.rules import HAT, OWN_PATH, Hat

GetResponse = Callable[[HttpRequest], HttpResponse]


def choose_hat(hats: list[Hat], key: str | None) -> Hat | None:
    """The hat of that key if it may be worn; the only one where there is no choice; else None."""
    for hat in hats:
        if hat.hat_key == key:
            return hat
    return hats[0] if len(hats) == 1 else None


def session_digest(session_key: str | None) -> str:
    """Names a session in the audit without being usable as one."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:16]


class HatMiddleware:
    """Puts `request.hat` and `request.hats` on the request, asked anew each time: a hat can end at any moment.

    A signed-in person who must choose is sent to choose. Nothing shown to somebody signed in is ever stored by the
    browser (house.md 5).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.hat, request.hats, request.session_digest = None, [], ""  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            request.hats = hats_of(request.user)  # type: ignore[attr-defined]
            request.hat = choose_hat(request.hats, request.session.get(HAT))  # type: ignore[attr-defined]
            request.session_digest = session_digest(request.session.session_key)  # type: ignore[attr-defined]
        response = self.get_response(request)
        if request.user.is_authenticated:
            add_never_cache_headers(response)
        return response

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        if not request.user.is_authenticated or request.hat is not None:  # type: ignore[attr-defined]
            return None
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in {"choose_hat", "switch_hat", "account_logout", "set_password", "health", "sign_in_link"}:
            return None
        if name in {"calendar_feed", "unsubscribe"}:  # opened by their addresses alone, which stand in no other
            return None
        if request.path_info.startswith(OWN_PATH):  # the participant's page asks for a visit, never for a hat
            return None
        return redirect(f"{reverse('choose_hat')}?next={request.get_full_path() if request.method == 'GET' else ''}")


class RefusalMiddleware:
    """An action's refusal that no form has taken care of becomes a page with its sentence and its status."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Refusal):
            return None
        if request.headers.get("X-Autosave"):
            return HttpResponse(error.sentence, content_type="text/plain; charset=utf-8", status=error.status)
        template = "409.html" if error.status == 409 else "403.html"
        back = request.path.rsplit("/", 2)[0] + "/"  # from /remisser/63/granska/ to the thing itself
        return render(request, template, {"sentence": error.sentence, "back": back}, status=error.status)
