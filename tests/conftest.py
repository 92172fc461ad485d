"""Fixtures of every test. Services and browsers come from tests.infrastructure, people from tests.cast."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.cast import Cast, make_cast
from workspace.rules import Hat

pytest_plugins = ["tests.infrastructure"]


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def as_hat(db: None) -> Callable[[Hat], Client]:
    """A browser without JavaScript, signed in under one hat."""

    def sign_in(hat: Hat) -> Client:
        client = Client()
        client.force_login(hat.user, backend="workspace.sign_in.PasswordBackend")
        session = client.session
        session["hat"] = hat.hat_key
        session.save()
        return client

    return sign_in
