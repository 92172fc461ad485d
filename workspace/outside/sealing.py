"""What opens something by itself, as the address of a calendar or a key to sign with, is kept sealed. Pure.

`salt` is one for each use, and stays: what is sealed under one opens under no other.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac


def sealed(text: str, *, salt: str) -> str:
    """The text under a key that comes of SECRET_KEY; another time it is another seal."""
    return _key(salt).encrypt(text.encode()).decode()


def opened(seal: str, *, salt: str) -> str | None:
    """What was sealed; None where SECRET_KEY has been changed since."""
    try:
        return _key(salt).decrypt(seal.encode()).decode()
    except InvalidToken:
        return None


def _key(salt: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(salted_hmac(salt, "", algorithm="sha256").digest()))
