from collections.abc import Generator

import pytest
from pytest_django.fixtures import Settings

from tests.calendar.stage import NOW, ORGANIZER, SITE, at
from tests.notifications.post import PostOffice


@pytest.fixture
def november() -> Generator[None]:
    """It is Monday 2 November 2026, 9 o'clock, from before anybody is made. Ask for it with the mark `usefixtures`."""
    with at(NOW):
        yield


@pytest.fixture
def post(settings: Settings) -> Generator[PostOffice]:
    """A mail server, and the addresses that mails carry."""
    settings.SITE_URL, settings.SITE_HOST = SITE, "samverkan.exempel.se"
    settings.DEFAULT_FROM_EMAIL = f"Samverkansrum <{ORGANIZER}>"
    settings.CALENDAR_EMAIL, settings.REPLY_MAILBOX = ORGANIZER, "imap://brevlada.exempel.se"
    with PostOffice().serving(settings) as office:
        yield office
