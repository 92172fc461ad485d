"""The forms of the page «Kopplingar», and what the tests of secrecy open of it."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from notifications.models import Webhook
from tests.cast import Cast
from tests.notifications.hook import PAGE, make_messages, make_system
from workspace.rules import Hat

Form = Callable[[], tuple[Hat, str, dict[str, Any]]]
MISSING = 987_654


def make_keys(cast: Cast, name: str, *, missing: bool) -> list[Any]:
    """The keys in an address of a system of an agency whose manager is nobody in the cast."""
    found = Webhook.objects.filter(agency=cast.fk.agency_id).first()
    webhook = found or make_system(cast.fk, "https://system.exempel.se/in")
    if name != "resend_webhook_message":
        return [MISSING if missing else webhook.pk]
    message = webhook.messages.first() or make_messages(webhook)[0]
    return [webhook.pk, MISSING if missing else message.pk]


def webhook_forms(cast: Cast) -> dict[str, Form]:
    """Address name -> who posts what where. Called, each makes what it needs."""

    def on(path: str, *, stopped: bool = False, **data: Any) -> Form:
        def made() -> tuple[Hat, str, dict[str, Any]]:
            webhook = make_system(cast.psyk_manager, "https://system.exempel.se/in")
            if stopped:
                Webhook.objects.filter(pk=webhook.pk).update(stopped_at=timezone.now())
            (message,) = make_messages(webhook)
            named = {f"{webhook.pk}-{field}": value for field, value in data.items()}
            return cast.psyk_manager, f"{PAGE}{webhook.pk}/{path.format(message=message.pk)}/", named

        return made

    return {
        "try_webhook": on("prov"),
        "stop_webhook": on("stoppa"),
        "start_webhook": on("starta", stopped=True),
        "remove_webhook": on("ta-bort"),
        "resend_webhook_since": on("skicka-igen", day="2026-01-01"),
        "resend_webhook_message": on("{message}"),
        "forget_dead_messages": on("glom"),
    }


WEBHOOK_FORMS = [
    *("try_webhook", "stop_webhook", "start_webhook", "remove_webhook"),
    *("resend_webhook_since", "resend_webhook_message", "forget_dead_messages"),
]
