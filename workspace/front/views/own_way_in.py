"""The way in to the participant's page and out of it: the link, the code, «Lämna sidan»."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables

from workspace import actions
from workspace.actions.accounts import digest_of
from workspace.actions.own_page import BROWSER_LASTS, DIGITS
from workspace.doors import BROWSER_COOKIE, VISIT_COOKIE, ask_for_code, browser_in, kept_of, visit_in
from workspace.queries import link_that_opens
from workspace.rules import OWN_PATH


def set_cookie(response: HttpResponse, name: str, secret: str, max_age: int | None = None) -> None:
    """A cookie of the own page: sent there only, and never to scripts.

    Lax, since the way here is a link in a mail or an SMS: Strict would ask for the code each time one is followed.
    """
    response.set_cookie(
        name, secret, max_age=max_age, path=OWN_PATH, secure=settings.PRODUCTION, httponly=True, samesite="Lax"
    )


def forget(response: HttpResponse, *names: str) -> None:
    for name in names:
        response.delete_cookie(name, path=OWN_PATH, samesite="Lax")


@never_cache
@sensitive_variables()
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Bind this browser: shown on GET, used up by the button, so that a mail scanner does not use it up.

    Where staff is signed in no link opens, good or bad: the page would lie open on the office's computer.
    """
    if request.user.is_authenticated:
        return render(request, "front/own_link.html", {"is_staff": True}, status=403)
    found = link_that_opens(digest_of(token))
    if found is None:
        return render(request, "front/own_link_used.html", status=410)
    if request.method == "POST":
        opened = actions.open_page_link(link=found, instead_of=browser_in(request))
        if opened is None:
            return render(request, "front/own_link_used.html", status=410)
        response = redirect("own_code")
        set_cookie(response, BROWSER_COOKIE, opened[1], max_age=int(BROWSER_LASTS.total_seconds()))
        forget(response, VISIT_COOKIE)
        return response
    return render(request, "front/own_link.html")


def digits_of(text: str) -> str:
    """The six digits of what was typed, with spaces or without, in any script's figures; empty if it is no code."""
    digits = "".join(str(int(sign)) for sign in text[:40] if sign.isdecimal())
    return digits if len(digits) == DIGITS else ""


@never_cache
@sensitive_variables()
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the six digits. The same page, with the same words, whether or not this browser is anybody's.

    What is no code at all is not counted as a try. A form that was sent after the visit had ended goes on from here.
    """
    after = request.POST.get("efter", "")
    after = after if after.startswith(OWN_PATH) and after.isprintable() else ""
    browser = browser_in(request)
    wrong = request.method == "POST"
    if request.method == "POST":
        digits = digits_of(request.POST.get("kod", ""))
        secret = actions.begin_visit(browser=browser, digits=digits) if browser and digits else None
        if secret:
            rotate_token(request)
            response = _go_on(request, after) if after else redirect("own")
            set_cookie(response, VISIT_COOKIE, secret)
            return response
    response = ask_for_code(request, after, wrong=wrong)
    if browser is None and BROWSER_COOKIE in request.COOKIES:
        forget(response, BROWSER_COOKIE, VISIT_COOKIE)  # closed by staff, or thirty days old: worth nothing any more
    return response


def _go_on(request: HttpRequest, after: str) -> HttpResponse:
    """The form that waited, to be sent with one press."""
    return render(request, "front/own_go_on.html", {"after": after, "kept": kept_of(request)})


@never_cache
def leave(request: HttpRequest) -> HttpResponse:
    """«Lämna sidan»: end the visit and show a page that says nothing, also where the visit had ended by itself."""
    visit = visit_in(request)
    if request.method != "POST":
        return redirect("own") if visit else render(request, "front/own_left.html")
    if visit is not None:
        actions.leave_page(visit=visit)
    if not request.user.is_authenticated:
        request.session.flush()  # what was said in passing on the page is not for whoever comes next
    response = redirect("own_leave")
    forget(response, VISIT_COOKIE)
    return response
