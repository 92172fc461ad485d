"""The one door to the live wire (house.md 5). Hints only: no name and no text ever passes here.

The hub (`workspace/hub.py`) takes the place of channels' `group_send`: one subscription per process and group, a hint's
words made once, and a hand-over that never waits. Why, and what it costs beside the stock layer: docs/bench.md.
`LIVE_WIRE=stock` keeps to channels' own layer.
"""

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
from redis.retry import Retry

from workspace import metrics
from workspace.hub import NO_WIRE, PATIENCE, PREFIX, Hint, Hub, in_words

log = logging.getLogger("samverkansrum.live")


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


# ---------- out: from an act to the groups ----------
def push_on_commit(hints: list[tuple[str, Hint]]) -> None:
    """Send hints to groups once the transaction is committed. A dead Redis costs the hint, never the request.

    A nested function and not functools.partial: Django #36487 raises after the commit for the latter.
    """

    def push() -> None:
        try:
            if settings.LIVE_WIRE == "stock":
                async_to_sync(_send_by_layer)(hints)
            elif settings.REDIS_URL:
                _publish(hints)
            elif Hub.here:
                Hub.here.hand_over_soon(hints)
            metrics.published.inc(len(hints))
        except NO_WIRE as error:
            metrics.lost.inc(len(hints))
            log.warning("hint lost, pages catch up by asking: %s", type(error).__name__)

    transaction.on_commit(push, robust=True)


@cache
def _redis(address: str) -> "Redis":
    """The process's own connections for hints. One that has been closed meanwhile is replaced once, without waiting."""
    once_more = Retry(NoBackoff(), 1, supported_errors=(RedisAway,))
    return Redis.from_url(address, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=once_more)


def _publish(hints: list[tuple[str, Hint]]) -> None:
    """All hints of an act in one round trip."""
    with _redis(settings.REDIS_URL).pipeline(transaction=False) as pipe:
        for group, hint in hints:
            pipe.publish(PREFIX + group, in_words(hint))
        pipe.execute()


async def _send_by_layer(hints: list[tuple[str, Hint]]) -> None:
    layer = get_channel_layer()
    async with asyncio.timeout(PATIENCE):
        for group, hint in hints:
            await layer.group_send(group, {"type": "hint", "hint": hint})


# ---------- in: sockets that listen ----------
async def join(socket: Any, groups: list[str]) -> None:
    """A consumer listens to these groups from now on. Raises `NO_WIRE` where the stock layer has none to give."""
    if settings.LIVE_WIRE == "stock":
        for group in groups:
            await socket.channel_layer.group_add(group, socket.channel_name)
    else:
        await Hub.of_this_process().join(socket, groups)


async def leave(socket: Any, groups: list[str]) -> None:
    """It listens no more."""
    if settings.LIVE_WIRE != "stock":
        Hub.of_this_process().leave(socket, groups)
        return
    for group in groups:
        try:
            await socket.channel_layer.group_discard(group, socket.channel_name)
        except NO_WIRE:
            return


def is_alone() -> bool:
    """Hints from other processes do not come to this one: its pages must ask by themselves as often as they may."""
    return not settings.REDIS_URL or is_away()


def is_away() -> bool:
    """No hint can reach the sockets of this process just now, as far as it knows."""
    return Hub.here is not None and Hub.here.is_away
