"""Registering a person: what is refused, kindly, and leaves nothing."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.cast import Cast
from tests.referrals.journeys import footprint
from workspace.models import Participant
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]


def test_a_name_that_folds_to_something_longer_is_no_failure_of_the_server(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    client.raise_request_exception = False
    form = {"function": cast.soc_desk.pk, "first_name": "ﷺ" * 80, "last_name": "B", "birth_year": 1984}
    got = client.post("/deltagare/ny/", form | {"gender": "man", "municipality": cast.person.municipality_id})
    assert got.status_code < 500


@pytest.mark.embedded
def test_protected_identity_is_not_registered_and_the_page_says_why(cast: Cast, as_hat: AsHat) -> None:
    form = {"function": cast.soc_desk.pk, "first_name": "Skyddad", "last_name": "Person", "birth_year": 1984}
    form |= {"gender": "woman", "municipality": cast.person.municipality_id, "is_protected": "on"}
    before = footprint()
    got = as_hat(cast.soc).post("/deltagare/ny/", form)
    assert "skyddade personuppgifter" in got.content.decode()
    assert "Personen registreras inte" in got.content.decode()
    assert footprint() == before
    assert not Participant.objects.filter(first_name="Skyddad").exists()
