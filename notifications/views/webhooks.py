"""«Kopplingar»: where a manager connects the agency's own system, and sees what has reached it and what has not."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from notifications.actions import webhooks as actions
from notifications.forms import SinceForm, WebhookForm
from notifications.models import Webhook, WebhookMessage
from notifications.queries import SHOWN, access_webhook, webhooks_shown
from notifications.registry import all_kinds
from workspace.doors import MemberRequest, do_once, member_page
from workspace.errors import NotAllowed
from workspace.rules import is_manager
from workspace.swedish import say_count

PAGE = "webhooks"


def said(message: WebhookMessage) -> dict[str, Any]:
    """A message as the manager reads of it: what it was about, never more than the message itself holds."""
    kind = all_kinds().get(message.kind)
    return {"message": message, "what": kind.label if kind else "Ett prov", "why": message.why}


def _page(request: MemberRequest, form: WebhookForm | None = None, tried: forms.Form | None = None) -> HttpResponse:
    """The page as it is now, with a form in which something is to be mended."""
    if not is_manager(request.hat):
        raise Http404
    rows = [
        {
            "webhook": webhook,
            "last": [said(message) for message in webhook.last],  # type: ignore[attr-defined]
            "waits_for": next((one.why for one in webhook.last if one.is_owed and one.why), ""),  # type: ignore[attr-defined]
            "dead": [said(message) for message in webhook.dead],  # type: ignore[attr-defined]
            "since_form": tried if tried and tried.prefix == str(webhook.pk) else SinceForm(prefix=str(webhook.pk)),
        }
        for webhook in webhooks_shown(request.hat)
    ]
    context = {
        "rows": rows,
        "shown": SHOWN,
        "form": form or WebhookForm(),
        "is_full": len(rows) >= actions.MOST,
        "most": actions.MOST,
        "faulty": form or tried,
    }
    return render(request, "notifications/webhooks.html", context, status=422 if form or tried else 200)


@member_page
def webhooks(request: MemberRequest) -> HttpResponse:
    """The agency's own systems, for its manager; for anybody else the page does not exist."""
    return _page(request)


@require_POST
@member_page
@sensitive_variables()
def make_webhook(request: MemberRequest) -> HttpResponse:
    """Connect a system and show the key, in this answer only. Sent again it gives that system a new key."""
    if not is_manager(request.hat):
        raise Http404
    form = WebhookForm(request.POST)
    if form.is_valid():
        try:
            key = actions.make_webhook(by=request.hat, address=form.cleaned_data["address"])
        except NotAllowed as refusal:
            form.add_error("address", refusal.sentence)
        else:
            return render(request, "notifications/webhooks_key.html", {"key": key})
    return _page(request, form=form)


@require_POST
@member_page
@sensitive_variables()
def change_webhook_key(request: MemberRequest, pk: int) -> HttpResponse:
    """Give a system a new key and show it, in this answer only."""
    key = actions.change_key(by=request.hat, webhook=access_webhook(request.hat, pk))
    return render(request, "notifications/webhooks_key.html", {"key": key, "is_changed": True})


def _done(request: MemberRequest, name: str, act: Callable[[], str]) -> HttpResponse:
    """Perform an act once, say what came of it, and show the page."""

    def perform() -> str:
        messages.success(request, act())
        return reverse(PAGE)

    return do_once(request, name, perform)


@require_POST
@member_page
def try_webhook(request: MemberRequest, pk: int) -> HttpResponse:
    """Send a message about nothing."""
    webhook = access_webhook(request.hat, pk)

    def act() -> str:
        actions.send_trial(by=request.hat, webhook=webhook)
        return "Provet skickas inom en minut. Ladda om sidan och se hur det gick."

    return _done(request, f"try_webhook {pk}", act)


@member_page
def stop_webhook(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask whether to stop, and stop."""
    webhook = access_webhook(request.hat, pk)

    def act() -> str:
        actions.stop_webhook(by=request.hat, webhook=webhook)
        return f"Inget skickas längre till {webhook.host}."

    if request.method == "POST":
        return _done(request, f"stop_webhook {pk}", act)
    return _asked(request, webhook, removes=False)


@member_page
def remove_webhook(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask whether to take a system away, and do."""
    webhook = access_webhook(request.hat, pk)

    def act() -> str:
        actions.remove_webhook(by=request.hat, webhook=webhook)
        return f"Kopplingen till {webhook.host} är borttagen."

    if request.method == "POST":
        return _done(request, f"remove_webhook {pk}", act)
    return _asked(request, webhook, removes=True)


def _asked(request: MemberRequest, webhook: Webhook, *, removes: bool) -> HttpResponse:
    return render(request, "notifications/webhooks_confirm.html", {"webhook": webhook, "removes": removes})


@require_POST
@member_page
def start_webhook(request: MemberRequest, pk: int) -> HttpResponse:
    """Send again from now on."""
    webhook = access_webhook(request.hat, pk)

    def act() -> str:
        actions.start_webhook(by=request.hat, webhook=webhook)
        return f"Det som händer från och med nu skickas till {webhook.host}."

    return _done(request, f"start_webhook {pk}", act)


@require_POST
@member_page
def resend_webhook_message(request: MemberRequest, pk: int, message: int) -> HttpResponse:
    """Send one message again; 404 for another webhook's."""
    webhook = access_webhook(request.hat, pk)
    found = webhook.messages.filter(pk=message)
    get_object_or_404(found)

    def act() -> str:
        actions.resend(by=request.hat, webhook=webhook, messages=found)
        return "Meddelandet skickas igen inom en minut."

    return _done(request, f"resend_webhook_message {message}", act)


@require_POST
@member_page
def resend_webhook_since(request: MemberRequest, pk: int) -> HttpResponse:
    """Send everything since a moment again."""
    webhook = access_webhook(request.hat, pk)
    form = SinceForm(request.POST, prefix=str(pk))
    if not form.is_valid():
        return _page(request, tried=form)

    def act() -> str:
        number = actions.resend_since(by=request.hat, webhook=webhook, since=form.cleaned_data["since"])
        words = say_count(number, "meddelande", "meddelanden")
        return f"{words[:1].upper()}{words[1:]} skickas igen." if number else "Inget meddelande är gjort sedan dess."

    return _done(request, f"resend_webhook_since {pk}", act)


@require_POST
@member_page
def forget_dead_messages(request: MemberRequest, pk: int) -> HttpResponse:
    """Take away what did not come through."""
    webhook = access_webhook(request.hat, pk)

    def act() -> str:
        actions.forget_dead(by=request.hat, webhook=webhook)
        return "De meddelanden som inte kom fram visas inte längre."

    return _done(request, f"forget_dead_messages {pk}", act)
