"""The page «Kalender»: calls by mail, addresses to subscribe to, and where the link in a calendar leads."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from meetings.calendar.actions.feeds import choose_calls, end_address, make_address
from meetings.calendar.forms.feeds import AddressForm, CallsForm
from meetings.calendar.forms.replies import ReplyForm
from meetings.calendar.queries.busy import busy_context
from meetings.calendar.queries.feeds import addresses_of, calendar_of
from meetings.calendar.queries.links import find_lead
from meetings.calendar.queries.replies import reply_notice
from meetings.calendar.states import MOST_ADDRESSES
from workspace.doors import AnyHatRequest, do_once, hat_page
from workspace.errors import NotAllowed


def _page(request: AnyHatRequest, **tried: forms.Form) -> HttpResponse:
    """The page as it is now, with a form in which something is to be mended."""
    chosen, addresses = calendar_of(request.user), list(addresses_of(request.user))
    context: dict[str, Any] = {
        "chosen": chosen,
        "addresses": addresses,
        "is_full": len(addresses) >= MOST_ADDRESSES,
        "calls_form": CallsForm(initial={"by_mail": chosen.by_mail, "reminder": chosen.reminder}),
        "address_form": AddressForm(),
        "answers_come": bool(settings.REPLY_MAILBOX),
        "reply_form": ReplyForm(),
        "reply_notice": reply_notice(request.user),
        **busy_context(request.user),
        **tried,
    }
    return render(request, "calendar/calendar.html", context, status=422 if tried else 200)


@hat_page
def calendar(request: AnyHatRequest) -> HttpResponse:
    """One's own choices and addresses: a person's, whatever hat is worn."""
    return _page(request)


@require_POST
@hat_page
def choose(request: AnyHatRequest) -> HttpResponse:
    """Calls by mail, and the reminder."""
    form = CallsForm(request.POST)
    if not form.is_valid():
        return _page(request, calls_form=form)

    def perform() -> str:
        choose_calls(by=request.hat, **form.cleaned_data)
        messages.success(request, "Valen är sparade.")
        return reverse("calendar")

    return do_once(request, "choose_calls", perform)


@require_POST
@hat_page
@sensitive_variables()
def new_address(request: AnyHatRequest) -> HttpResponse:
    """Make an address and show it, in this answer only. Sent again it makes a new one in place of that."""
    form = AddressForm(request.POST)
    if form.is_valid():
        try:
            token = make_address(by=request.hat, name=form.cleaned_data["name"])
        except NotAllowed as refusal:
            form.add_error("name", refusal.sentence)
        else:
            link = request.build_absolute_uri(reverse("calendar_feed", args=[token]))
            context = {"link": link, "webcal": f"webcal:{link.partition(':')[2]}", "name": form.cleaned_data["name"]}
            return render(request, "calendar/address.html", context | {"chosen": calendar_of(request.user)})
    return _page(request, address_form=form)


@require_POST
@hat_page
def remove_address(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Take one of one's own addresses away; 404 for anybody else's."""
    address = get_object_or_404(addresses_of(request.user), pk=pk)

    def perform() -> str:
        end_address(by=request.hat, address=address)
        messages.success(request, "Adressen är borttagen. Ingen kan läsa kalendern med den längre.")
        return reverse("calendar")

    return do_once(request, f"end_address {pk}", perform)


@hat_page
def calendar_link(request: AnyHatRequest, uid: uuid.UUID) -> HttpResponse:
    """From a calendar to the meeting or conversation; where another of one's hats is asked to it, to that hat."""
    others = [hat for hat in request.hats if hat.hat_key != request.hat.hat_key]
    lead = find_lead([request.hat, *others], uid)
    if lead is None:
        raise Http404
    if lead.hat.hat_key != request.hat.hat_key:
        return render(request, "calendar/other_hat.html", {"needed": lead.hat.hat_key})
    return redirect(lead.path)
