"""Sign-in by user name, through allauth."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.http import HttpRequest

from workspace.models import UserAccount


class PasswordBackend(AuthenticationBackend):
    """Lets demo accounts in only where DEMO=1: their password is printed in the README."""

    def user_can_authenticate(self, user: UserAccount) -> bool:
        return super().user_can_authenticate(user) and (settings.DEMO or not user.is_demo)


class AccountAdapter(DefaultAccountAdapter):
    """Accounts come from an agency, by import or invitation, never from a form on the web."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": "Användarnamnet eller lösenordet stämmer inte.",
        "too_many_login_attempts": "För många försök. Vänta några minuter och försök igen.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """The page itself shows who is signed in; no message on top of that."""
