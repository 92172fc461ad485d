"""The address of a person's calendar is a secret: whoever has it reads the calendar. So it is kept sealed. Pure."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac

SALT = "meetings.calendar.fetching.sealing"


def sealed(text: str) -> str:
    """The text under a key that comes of SECRET_KEY; another time it is another seal."""
    return _key().encrypt(text.encode()).decode()


def opened(seal: str) -> str | None:
    """What was sealed; None where SECRET_KEY has been changed since."""
    try:
        return _key().decrypt(seal.encode()).decode()
    except InvalidToken:
        return None


def _key() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(salted_hmac(SALT, "", algorithm="sha256").digest()))
