"""The sockets of this process on one line to Redis. Behind `workspace.live`, which says why it stands (house.md 5).

Asyncio only: nothing here waits for one socket while another could be told.
"""

import asyncio
import json
import logging
import time
from collections.abc import Iterable
from typing import Any, Protocol

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from workspace import metrics

log = logging.getLogger("samverkansrum.live")

Hint = dict[str, Any]
# What Redis's absence raises. redis-py has errors of its own that are no OSError.
NO_WIRE = (OSError, RedisError)
PATIENCE = 2  # seconds a request, or a socket that opens, waits for a Redis that hangs
SILENCE = 5  # seconds without a word from Redis before it is asked whether it is there, and until it has answered
LINGER = 30  # seconds that a group is kept with nobody in it: who loads a page anew is soon back
PREFIX = "samverkansrum:"
ALL = "all"  # a group of nobody's, subscribed to last: Redis answers in order


def in_words(hint: Hint) -> str:
    """A hint as it goes over the wire: made once, however many read it."""
    return json.dumps(hint, separators=(",", ":"))


class Listener(Protocol):
    """An open socket. Neither may wait: thousands are told in turn."""

    def hear(self, hint: Hint, words: str) -> None: ...

    def hear_again(self) -> None:
        """Hints may have been lost: the line to Redis has been away."""


class Hub:
    """All groups that sockets of this process listen to, on one line to Redis; without Redis, this process alone."""

    here: "Hub | None" = None

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.members: dict[str, set[Listener]] = {}
        self.confirmed: dict[str, asyncio.Event] = {}  # set while Redis has said that it sends us the group
        self.emptied: set[str] = set()  # groups that had nobody in them when last looked at
        self.line: Any = None  # None while Redis is away
        self.was_lost = False
        self.task = asyncio.create_task(self._keep_line()) if settings.REDIS_URL else None

    @classmethod
    def of_this_process(cls) -> "Hub":
        if cls.here is None or cls.here.loop is not asyncio.get_running_loop():
            cls.here = cls()
        return cls.here

    @property
    def is_away(self) -> bool:
        """No hint can come just now."""
        return self.task is not None and self.line is None

    async def join(self, listener: Listener, groups: Iterable[str]) -> None:
        """Listen to groups; returns when nothing published from now on is missed.

        Where Redis is away it returns after at most `PATIENCE`, and the listener hears when Redis is back.
        """
        new = []
        for group in groups:
            self.members.setdefault(group, set()).add(listener)
            if group not in self.confirmed:
                self.confirmed[group] = asyncio.Event()
                new.append(PREFIX + group)
        if self.task is None:
            return
        try:
            async with asyncio.timeout(PATIENCE):
                if new and self.line:
                    await self.line.subscribe(*new)
                for group in groups:
                    await self.confirmed[group].wait()
        except NO_WIRE as error:
            log.warning("no wire for a socket yet: %s", type(error).__name__)

    def leave(self, listener: Listener, groups: Iterable[str]) -> None:
        """Stop listening. The last one out leaves an empty group, whose subscription ends later (`_tidy`)."""
        for group in groups:
            self.members.get(group, set()).discard(listener)

    async def _tidy(self, line: Any) -> None:
        """End the subscriptions that nobody has listened to since the last time."""
        empty = {group for group, listeners in self.members.items() if not listeners}
        for group in empty & self.emptied:
            # Nobody can join in between: no other task runs before the words are on their way.
            del self.members[group], self.confirmed[group]
        if gone := [PREFIX + group for group in empty & self.emptied]:
            await line.unsubscribe(*gone)
        self.emptied = empty - self.emptied

    def hand_over(self, group: str, words: str) -> None:
        """To every socket of the group here."""
        listeners = self.members.get(group)
        if listeners:
            metrics.handed_over.inc(len(listeners))
            hint = json.loads(words)
            for listener in tuple(listeners):
                listener.hear(hint, words)

    def hand_over_soon(self, hints: list[tuple[str, Hint]]) -> None:
        """From another thread of this process, in the order they were pushed."""
        for group, hint in hints:
            self.loop.call_soon_threadsafe(self.hand_over, group, in_words(hint))

    async def _keep_line(self) -> None:
        """Hold the line for as long as the process lives, and take it up again a second after it was lost."""
        # No retries of redis-py's own: they would join the ends of a broken line without a word about it.
        redis = Redis.from_url(
            settings.REDIS_URL,
            socket_connect_timeout=PATIENCE,
            socket_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),
        )
        while True:
            try:
                async with redis.pubsub() as line:
                    await line.subscribe(PREFIX)
                    self.line = line  # from here on, who joins subscribes
                    metrics.wire_away.set(0)
                    await line.subscribe(*(PREFIX + group for group in self.members), PREFIX + ALL)
                    await self._listen(line)
            except NO_WIRE as error:
                log.warning("the wire is lost: %s", type(error).__name__)
            self.line, self.was_lost = None, True
            metrics.wire_away.set(1)
            for event in self.confirmed.values():
                event.clear()
            await asyncio.sleep(1)

    def _all_are_heard(self) -> None:
        """Redis has answered for every group there was: who listened while it was away must look again."""
        if self.was_lost:
            log.warning("the wire is back")
            for listener in {each for listeners in self.members.values() for each in listeners}:
                listener.hear_again()
        self.was_lost = False

    async def _listen(self, line: Any) -> None:
        """Until the line is lost. A line that says nothing is asked for a sign of life: a cut cable closes nothing."""
        asked_at = 0.0
        tidied_at = time.monotonic()
        while True:
            if time.monotonic() - tidied_at > LINGER:
                tidied_at = time.monotonic()
                await self._tidy(line)
            message = await line.get_message(timeout=SILENCE)
            if message is None:
                if asked_at:
                    raise TimeoutError(f"no sign of life for {time.monotonic() - asked_at:.0f} s")
                asked_at = time.monotonic()
                await line.ping()
                continue
            asked_at = 0.0
            group = (message["channel"] or b"").decode().removeprefix(PREFIX)
            if message["type"] == "message":
                self.hand_over(group, message["data"].decode())
            elif message["type"] == "subscribe" and group == ALL:
                self._all_are_heard()
            elif message["type"] == "subscribe" and group in self.confirmed:
                self.confirmed[group].set()
