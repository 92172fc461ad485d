"""The forms of a person's browsers, and what the tests of secrecy open of them."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse

from notifications.models import PushBrowser
from tests.cast import Cast
from tests.notifications.push_service import Browser
from workspace.rules import Hat

Form = Callable[[], tuple[Hat, str, dict[str, Any]]]
MISSING = 987_654


def make_browser(hat: Hat) -> PushBrowser:
    """A browser of a person that is told, without asking whether push is offered."""
    return PushBrowser.objects.create(user=hat.user, address_digest=f"hemlig {hat.user_id}", address="hemlig")


def make_keys(cast: Cast, *, missing: bool) -> int:
    """The key in an address of soc's own browser."""
    found = PushBrowser.objects.filter(user=cast.soc.user).first()
    return MISSING if missing else (found or make_browser(cast.soc)).pk


def push_forms(cast: Cast) -> dict[str, Form]:
    """Address name -> who posts what where. Called, each makes what it needs."""
    gives = Browser("https://fcm.googleapis.com/fcm/send/hemlig").gives

    def of(name: str) -> Form:
        return lambda: (cast.soc, reverse(name, args=[make_browser(cast.soc).pk]), {})

    return {
        "push_on": lambda: (cast.soc, reverse("push_on"), gives),
        "push_trial": of("push_trial"),
        "push_off": of("push_off"),
    }


PUSH_FORMS = ["push_on", "push_trial", "push_off"]
