"""What every view passes: the hat worn, the row in the audit, the form that must act once."""

import uuid
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from workspace.actions import perform_once, record_reads
from workspace.errors import Refusal
from workspace.models import CooperationRole, Membership, UserAccount
from workspace.queries import already_shown, result_of_form
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


def do_once(request: MemberRequest | AnyHatRequest, name: str, perform: Callable[[], str]) -> HttpResponse:
    """Perform a form's act under its key and go to the result. The same form again leads to the same place."""
    return redirect(
        perform_once(user=request.user, key=form_key(request) or uuid.uuid4().hex, name=name, perform=perform)
    )


def form_key(request: HttpRequest) -> str:
    """The key of the form that was sent; empty for none, or for one that is none of ours."""
    key = request.POST.get("once", "")
    return key if key.isprintable() and len(key) <= 64 else ""
