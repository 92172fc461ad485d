"""What every view passes: the hat worn, the row in the audit, the form that must act once."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers

from workspace.actions import perform_once, record_lists_read, record_reads, touch_visit
from workspace.actions.accounts import digest_of
from workspace.errors import Refusal
from workspace.models import Browser, CooperationRole, Membership, Participant, UserAccount, Visit
from workspace.queries import already_shown, browser_of, contact_of, result_of_form, visit_of
from workspace.rules import Hat

P = ParamSpec("P")


class HatRequest(HttpRequest):
    """A request that has passed `HatMiddleware`."""

    hat: Hat | None
    hats: list[Hat]
    session_digest: str
    htmx: Any


class MemberRequest(HatRequest):
    """A request by somebody who wears an agency's hat."""

    hat: Membership
    user: UserAccount


View = Callable[Concatenate[MemberRequest, P], HttpResponse]


def member_page(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Only for members of an agency. For a role in a cooperation the page does not exist."""

    @wraps(view)
    def enter(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not isinstance(request.hat, Membership):
            raise Http404
        key = form_key(request) if request.method == "POST" else ""
        if not key:
            return view(request, *args, **kwargs)
        return repeat_of(request, key) or _unless_done(request, key, lambda: view(request, *args, **kwargs))

    return login_required(enter)


def repeat_of(request: "MemberRequest | AnyHatRequest", key: str) -> HttpResponse | None:
    """Where a form led that has been sent before: the same place, before anything is asked again (house.md 4.5)."""
    done = result_of_form(request.user, key)
    return redirect(done) if done else None


def _unless_done(
    request: "MemberRequest | AnyHatRequest", key: str, answer: Callable[[], HttpResponse]
) -> HttpResponse:
    """The view's answer; where it refused because the same form got there first meanwhile, that form's result."""
    try:
        response = answer()
    except Refusal:
        done = repeat_of(request, key)
        if done is None:
            raise
        return done
    if response.status_code == 302:
        return response
    return repeat_of(request, key) or response


class AnyHatRequest(HatRequest):
    """A request by somebody who wears a hat, an agency's or a role's."""

    hat: Hat
    user: UserAccount


def hat_page(
    view: Callable[Concatenate[AnyHatRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """For whoever wears a hat, of either kind; what they may see and do there is the queries' and actions' to say."""

    @wraps(view)
    def enter(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.hat is None:
            raise Http404
        key = form_key(request) if request.method == "POST" else ""
        if not key:
            return view(request, *args, **kwargs)
        return repeat_of(request, key) or _unless_done(request, key, lambda: view(request, *args, **kwargs))

    return login_required(enter)


class RoleRequest(HatRequest):
    """A request by somebody who wears a role in a cooperation."""

    hat: CooperationRole


def role_page(
    view: Callable[Concatenate[RoleRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Only for roles in a cooperation. For a member of an agency the page does not exist."""

    @wraps(view)
    def enter(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not isinstance(request.hat, CooperationRole):
            raise Http404
        return view(request, *args, **kwargs)

    return login_required(enter)


# ---------- the participant's own page ----------
BROWSER_COOKIE, VISIT_COOKIE = "plats", "besok"  # neither says what it is for


class VisitRequest(HttpRequest):
    """A request by the participant, in a browser of theirs, within a visit. No hat is ever worn here."""

    browser: Browser
    visit: Visit
    participant: Participant


def browser_in(request: HttpRequest) -> Browser | None:
    """The participant's browser by its cookie, while the page can be visited from there."""
    secret = request.COOKIES.get(BROWSER_COOKIE, "")
    return browser_of(digest_of(secret)) if secret else None


def visit_in(request: HttpRequest) -> Visit | None:
    """The visit that goes on in this browser."""
    browser = browser_in(request)
    return visit_of(browser, digest_of(request.COOKIES.get(VISIT_COOKIE, ""))) if browser else None


def own_page(
    view: Callable[Concatenate[VisitRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Only within a visit of the participant. Anybody else is led to the code, which says nothing of anybody.

    Nothing shown is kept by the browser. A form that has been sent before leads where it led then.
    """

    @wraps(view)
    def enter(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        visit = visit_in(request)
        if visit is None:
            response = ask_for_code(request, request.path) if request.method == "POST" else redirect("own_code")
        else:
            touch_visit(visit=visit)
            request.visit, request.browser, request.participant = visit, visit.browser, visit.browser.participant
            response = _answer_there(request, lambda: view(request, *args, **kwargs))
        add_never_cache_headers(response)
        return response

    return enter


def ask_for_code(request: HttpRequest, after: str, *, wrong: bool = False) -> HttpResponse:
    """The page that asks for the code, the same for everybody. What was typed in a form waits there in the form."""
    context = {"wrong": wrong, "after": after, "kept": kept_of(request) if after else []}
    return render(request, "front/own_code.html", context, status=403 if wrong or after else 200)


def kept_of(request: HttpRequest) -> list[tuple[str, str]]:
    """What a form holds that waits for the code, name by name."""
    names = [name for name in request.POST if name not in {"csrfmiddlewaretoken", "kod", "efter"}]
    return [(name, value) for name in names for value in request.POST.getlist(name)]


def _answer_there(request: VisitRequest, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """The view's answer; for a form that has been sent before, where it led; a refusal as a page of the participant's.

    No page of the staff's is ever shown here.
    """
    key = form_key(request) if request.method == "POST" else ""
    done = result_of_form(request.browser, key) if key else ""
    if done:
        return redirect(done)
    try:
        return answer()
    except Refusal as refusal:
        done = result_of_form(request.browser, key) if key else ""
        if done:
            return redirect(done)
        context = {"sentence": refusal.sentence, "contact": contact_of(request.participant)}
        return render(request, "front/own_refused.html", context, status=refusal.status)


def do_once_there(request: VisitRequest, name: str, perform: Callable[[], str]) -> HttpResponse:
    """As `do_once`, for a form of the participant's own page."""
    key = form_key(request) or uuid.uuid4().hex
    return redirect(perform_once(user=request.browser, key=key, name=name, perform=perform))


# ---------- what is kept and done ----------
def log_reads(request: HatRequest, what: str, object_id: int | None, participants: Iterable[int]) -> None:
    """Write the audit rows of what is about to be shown; call it before rendering (house.md 4.4).

    What htmx asks for again on a page this session already shows is a refresh.
    """
    people = list(participants)
    if not people or request.hat is None:
        return
    refreshed = already_shown(request.session_digest, what, object_id) if request.htmx else set()
    record_reads(
        by=request.hat,
        session_digest=request.session_digest,
        what=what,
        object_id=object_id,
        participants=people,
        refreshed=refreshed,
    )


def log_lists_read(request: HatRequest, lists: Mapping[str, Iterable[int]]) -> None:
    """As `log_reads` for a whole page with several lists: whom each of them names."""
    if request.hat is not None and any(lists.values()):
        record_lists_read(by=request.hat, session_digest=request.session_digest, lists=lists)


def do_once(request: MemberRequest | AnyHatRequest, name: str, perform: Callable[[], str]) -> HttpResponse:
    """Perform a form's act under its key and go to the result. The same form again leads to the same place."""
    return redirect(
        perform_once(user=request.user, key=form_key(request) or uuid.uuid4().hex, name=name, perform=perform)
    )


def form_key(request: HttpRequest) -> str:
    """The key of the form that was sent; empty for none, or for one that is none of ours."""
    key = request.POST.get("once", "")
    return key if key.isprintable() and len(key) <= 64 else ""


def download(content: bytes, kind: str, name: str) -> HttpResponse:
    """A file to keep. Its name says what and when, never whom."""
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
