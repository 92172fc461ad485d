"""The one door to the live wire (house.md 5). Hints only: no name and no text ever passes here."""

import asyncio
import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

log = logging.getLogger("samverkansrum.live")

Hint = dict[str, Any]
# What the layer raises when Redis is away. redis-py has errors of its own that are no OSError.
NO_WIRE = (OSError, RedisError)
PATIENCE = 2  # seconds a request waits for a Redis that hangs


def hat_group(hat_key: str) -> str:
    """Everything meant for one hat, whichever pages it has open."""
    return f"hat.{hat_key}"


def session_group(session_digest: str) -> str:
    """All sockets of one signed-in session: closed together at sign-out and hat switch."""
    return f"session.{session_digest}"


def topic_group(topic: str, pk: int, side: str = "") -> str:
    """Everybody who has a page about one thing open: topic «referral» or «board».

    A referral's two sides are two groups: that something happened is itself news, which one side may not have.
    """
    return f"topic.{topic}.{pk}.{side}" if side else f"topic.{topic}.{pk}"


def changed(topic: str, pk: int, side: str = "") -> tuple[str, Hint]:
    """The hint that the thing a page shows has changed."""
    return topic_group(topic, pk, side), {"type": "changed", "topic": f"{topic}:{pk}"}


def push_on_commit(hints: list[tuple[str, Hint]]) -> None:
    """Send hints to groups once the transaction is committed. A dead Redis costs the hint, never the request.

    A nested function and not functools.partial: Django #36487 raises after the commit for the latter.
    """

    def push() -> None:
        async_to_sync(_send)(hints)

    transaction.on_commit(push, robust=True)


async def _send(hints: list[tuple[str, Hint]]) -> None:
    layer = get_channel_layer()
    try:
        async with asyncio.timeout(PATIENCE):
            for group, hint in hints:
                await layer.group_send(group, {"type": "hint", "hint": hint})
    except NO_WIRE as error:
        log.warning("hint lost, pages catch up by asking: %s", type(error).__name__)
