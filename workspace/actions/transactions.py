"""What every action keeps: one transaction, a fixed lock order, repeats that are harmless (house.md 4)."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction

from workspace.models import Browser, IdempotencyKey, Participant, UserAccount

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 3
SERIALIZATION_FAILURE, DEADLOCK = "40001", "40P01"


def action(verb: Callable[P, R]) -> Callable[P, R]:
    """Run a verb in one transaction. The outermost is tried up to three times when PostgreSQL asks for it."""

    @wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            with transaction.atomic():
                return verb(*args, **kwargs)
        for left in reversed(range(TRIES)):
            try:
                with transaction.atomic():
                    return verb(*args, **kwargs)
            except OperationalError as error:
                if not left or getattr(error.__cause__, "sqlstate", "") not in {SERIALIZATION_FAILURE, DEADLOCK}:
                    raise
        raise AssertionError("unreachable")

    return run


@action
def perform_once(*, user: UserAccount | Browser, key: str, name: str, perform: Callable[[], str]) -> str:
    """Do something and remember the address of its result under the form's key, in the same transaction.

    The same key again, also at the same moment in another process, does nothing and returns the first address.
    `user` is whose form it is: an account's, or the participant's in a browser of theirs. Source: house.md 4.5, B7.
    """
    whose = {"browser": user} if isinstance(user, Browser) else {"user": user}
    try:
        with transaction.atomic():
            row = IdempotencyKey.objects.create(key=key, action=name, **whose)
    except IntegrityError:
        return IdempotencyKey.objects.get(key=key, action=name, **whose).result_url
    row.result_url = perform()
    row.save(update_fields=["result_url"])
    return row.result_url


def lock_participant(pk: int) -> Participant:
    """First in the lock order: whatever discloses or withdraws about a person waits for the other here."""
    return (
        Participant.objects.select_for_update(of=("self",))
        .select_related("function__agency", "municipality")
        .get(pk=pk)
    )
