"""Where sessions lie: Django's table, whose own store takes a database that is away for somebody who has signed out."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import InterfaceError, OperationalError


class SessionStore(db.SessionStore):
    """Django's, but for one thing: a database that went away while the session was saved is a fault of ours (500).

    Django answers 400 to it, as to a form that nobody understands. The act may have been committed: a browser, or a
    program, that sends the same form again gets its result (house.md 4.5).
    """

    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(error.__context__, OperationalError | InterfaceError):
                raise error.__context__ from None
            raise
