"""What the tests of web push share: a moment in working hours, browsers that are on, and something to read."""

from collections.abc import Generator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from notifications.actions import Notice, deliver
from notifications.actions.push import turn_on_push
from notifications.models import PushBrowser
from notifications.registry import all_kinds
from notifications.states import Urgency
from tests.notifications.push_service import Browser, PushService, base64url
from workspace.rules import Hat

NOON = datetime(2026, 11, 24, 12, tzinfo=timezone.get_default_timezone())  # a Tuesday
SITE = "https://samverkan.exempel.se"
VAPID_KEY = base64url(bytes(range(1, 33)))


def at_work(settings: Settings) -> None:
    settings.PUSH_HOSTS, settings.VAPID_KEY = ["127.0.0.1", "*.push.apple.com", "fcm.googleapis.com"], VAPID_KEY
    settings.SITE_URL, settings.SITE_HOST = SITE, "samverkan.exempel.se"


@pytest.fixture
def service(settings: Settings) -> Generator[PushService]:
    """A push service that runs, on a Tuesday at noon."""
    at_work(settings)
    with time_machine.travel(NOON, tick=False), PushService().running() as running:
        yield running


def later(**span: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(**span), tick=False)


def turn_on(hat: Hat, browser: Browser) -> PushBrowser:
    """Turn it on, a second before now: what is told from now on is pushed."""
    row = turn_on_push(by=hat, name="Chrome på Windows", **browser.gives)
    PushBrowser.objects.filter(pk=row.pk).update(told_until=timezone.now() - timedelta(seconds=1))
    return row


def kind_of(urgency: Urgency) -> str:
    return next(code for code, kind in all_kinds().items() if kind.urgency == urgency and kind.about == "referral")


def tell(*members: Hat, urgency: Urgency = Urgency.ACT, number: str = "R-1042", thing: int = 1) -> None:
    notice = Notice(kind_of(urgency), number, thing, None, frozenset(member.pk for member in members))
    with transaction.atomic():
        deliver([notice])
