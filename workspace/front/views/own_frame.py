"""What every page of the participant's shares: missing things, refusals said plainly, where an act leads."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from workspace.doors import VisitRequest, do_once_there, own_page
from workspace.errors import Refusal
from workspace.queries import contact_of

P = ParamSpec("P")
SAID = "sagt"  # the address's word for what was just done
ABOUT = "om"  # and for the number of what it was done to


def own_view(
    view: Callable[Concatenate[VisitRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A page within a visit. What is not there, and what is another's, is the same page in plain words."""

    @own_page
    @wraps(view)
    def enter(request: VisitRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Http404:
            return show(request, "own_missing", status=404)

    return enter


def show(request: VisitRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
    """A page of the participant's, in the words and the size they have chosen."""
    contact = contact_of(request.participant)
    context = {"person": request.participant, "contact": contact, "easy": contact.easy_read, **context}
    return render(request, f"front/{name}.html", context, status=status)


def home(said: str = "", part: str = "", about: int = 0) -> str:
    """The address of the page, with the name of what was done (`SAYS` in own_page.py) and the part it stands in.

    `about`: of a part that there may be several of (conversations, agreements), the number of the one.
    """
    asked = f"?{SAID}={said}" + (f"&{ABOUT}={about}" if about else "") if said else ""
    return reverse("own") + asked + (f"#{part}-{about}" if about else f"#{part}" if part else "")


def about_of(request: HttpRequest) -> int:
    """That number; 0 where the address holds none."""
    text = request.GET.get(ABOUT, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def do_there(
    request: VisitRequest,
    name: str,
    act: Callable[[], object],
    then: str,
    refused: Callable[[Refusal], HttpResponse],
) -> HttpResponse:
    """Do what a form asks, once, and go on. What an action refuses is a sentence on the participant's own page."""

    def perform() -> str:
        act()
        return then

    try:
        return do_once_there(request, name, perform)
    except Refusal as refusal:
        return refused(refusal)
