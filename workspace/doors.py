"""What every view passes: the hat worn, the row in the audit, the form that must act once."""

import uuid
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from workspace.actions import perform_once, record_reads
from workspace.models import CooperationRole, Membership, UserAccount
from workspace.queries import already_shown
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
        return view(request, *args, **kwargs)

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
    refresh = bool(request.htmx) and already_shown(request.session_digest, what, object_id)
    record_reads(
        by=request.hat,
        session_digest=request.session_digest,
        what=what,
        object_id=object_id,
        participants=people,
        refresh=refresh,
    )


def do_once(request: MemberRequest, name: str, perform: Callable[[], str]) -> HttpResponse:
    """Perform a form's act under its key and go to the result. The same form again leads to the same place."""
    key = request.POST.get("once", "")[:64] or uuid.uuid4().hex
    return redirect(perform_once(user=request.user, key=key, name=name, perform=perform))
