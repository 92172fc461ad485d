"""The one door to the live wire (house.md 5). Hints only: no name and no text ever passes here."""

import asyncio
import logging
from functools import cache
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import RedisError
from redis.retry import Retry

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
    """Everybody who has a page about one thing open: topic «referral», «meeting» or «board».

    A referral's two sides are two groups: that something happened is itself news, which one side may not have.
    """
    return f"topic.{topic}.{pk}.{side}" if side else f"topic.{topic}.{pk}"


def changed(topic: str, pk: int, side: str = "", part: str = "") -> tuple[str, Hint]:
    """The hint that the thing a page shows has changed; `part` where only the regions of that name show it."""
    hint = {"type": "changed", "topic": f"{topic}:{pk}"}
    return topic_group(topic, pk, side), {**hint, "part": part} if part else hint


def push_on_commit(hints: list[tuple[str, Hint]]) -> None:
    """Send hints to groups once the transaction is committed. A dead Redis costs the hint, never the request.

    A nested function and not functools.partial: Django #36487 raises after the commit for the latter.
    """

    def push() -> None:
        try:
            _publish(hints) if settings.REDIS_URL else async_to_sync(_send)(hints)
        except NO_WIRE as error:
            log.warning("hint lost, pages catch up by asking: %s", type(error).__name__)

    transaction.on_commit(push, robust=True)


@cache
def _redis(address: str) -> "Redis":
    """The process's own connections for hints. One that has been closed meanwhile is replaced once, without waiting."""
    once_more = Retry(NoBackoff(), 1, supported_errors=(RedisAway,))
    return Redis.from_url(address, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=once_more)


def _publish(hints: list[tuple[str, Hint]]) -> None:
    """All hints of an act in one round trip. The layer's own `group_send` would make an event loop and a connection.

    Where a group listens is the layer's to say (channels_redis.pubsub); the tests of the wire hold that it is still so.
    """
    layer = get_channel_layer()
    config: Any = settings.CHANNEL_LAYERS["default"]["CONFIG"]
    with _redis(settings.REDIS_URL).pipeline(transaction=False) as pipe:
        for group, hint in hints:
            pipe.publish(f"{config['prefix']}__group__{group}", layer.serialize({"type": "hint", "hint": hint}))
        pipe.execute()


async def _send(hints: list[tuple[str, Hint]]) -> None:
    layer = get_channel_layer()
    async with asyncio.timeout(PATIENCE):
        for group, hint in hints:
            await layer.group_send(group, {"type": "hint", "hint": hint})
