"""`manage.py new_epoch`."""

import uuid
from collections.abc import Generator
from io import StringIO

import pytest
from django.core.management import call_command

from notifications.models import Epoch
from notifications.queries import epoch

pytestmark = pytest.mark.embedded


@pytest.fixture
def epoch_before(db: None) -> Generator[str]:
    """The epoch as it was, put back afterwards: its row is reference data, and other tests read it."""
    before = epoch()
    yield before
    Epoch.objects.filter(pk=1).update(value=uuid.UUID(before))


def test_a_new_epoch_takes_the_place_of_the_old_one(epoch_before: str) -> None:
    call_command("new_epoch", stdout=StringIO())
    assert epoch() != epoch_before
    assert Epoch.objects.count() == 1


def test_every_run_gives_another_epoch(epoch_before: str) -> None:
    seen = {epoch_before}
    for _ in range(2):
        call_command("new_epoch", stdout=StringIO())
        seen.add(epoch())
    assert len(seen) == 3


def test_the_command_says_which_epoch_and_what_open_pages_do(epoch_before: str) -> None:
    said = StringIO()
    call_command("new_epoch", stdout=said)
    assert epoch() in said.getvalue()
    assert "laddas om av sig själva" in said.getvalue()
    assert "60 sekunder" in said.getvalue()
