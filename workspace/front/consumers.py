"""The socket of an open page: hints out, "I have seen up to N" in. docs/wire.md is its contract."""

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Iterable
from random import random
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError

from meetings.queries import is_guest_only, meetings_visible_to
from meetings.queries.conversations import conversations_visible_to
from meetings.rules import side_of as side_of_meeting
from notifications.queries import epoch, last_seq, sequence_after, stand
from referrals.queries import referrals_visible_to
from referrals.rules import wire_side
from workspace import metrics
from workspace.live import (
    NO_WIRE,
    Hint,
    hat_group,
    in_words,
    is_alone,
    is_away,
    join,
    leave,
    session_group,
    topic_group,
)
from workspace.middleware import choose_hat, session_digest
from workspace.models import Membership
from workspace.pathway.queries.shares import ways_told_to
from workspace.queries import account_of_session, active_hats, hats_of, hats_of_sessions
from workspace.rules import HAT, Hat, is_coordinator

log = logging.getLogger("samverkansrum.wire")

LARGEST = 512  # characters of a message that says nothing but a number and an epoch
SIGNED_OUT, BAD_MESSAGE, TRY_LATER = 4401, 4400, 4503
OUTBOX = 100  # hints that may wait for one socket
LOOK_EVERY = 2  # seconds
CATCH_UP_EVERY = 15  # seconds between looks for what was committed and never hinted at, while Redis is there
CHECK_EVERY = 50  # seconds between looks at whether open sockets still may be open: none may for a minute more (B30)
AT_ONCE = 3  # seconds over which pages are told to fetch again after Redis was away


def hat_of_session(session: Any) -> Hat | None:
    """The hat a session wears, asked of the database: None for the anonymous and for whoever has lost it."""
    account = account_of_session(session)
    return choose_hat(hats_of(account), session.get(HAT)) if account else None


def group_of_topic(hat: Hat, topic: str) -> str | None:
    """The group of a topic that the hat may open, else None: the rule that guards the page guards its hints."""
    kind, _, number = topic.partition(":")
    if not number.isdecimal() or len(number) > 18:
        return None
    if kind == "referral" and isinstance(hat, Membership):
        is_visible = referrals_visible_to(hat).filter(pk=int(number)).exists()
        return topic_group(kind, int(number), wire_side(hat.agency_id)) if is_visible else None
    if kind == "meeting":
        meeting = meetings_visible_to(hat).select_related(None).filter(pk=int(number)).first()
        return topic_group(kind, meeting.pk, side_of_meeting(hat, is_guest_only(hat, meeting))) if meeting else None
    if kind == "conversation" and isinstance(hat, Membership):
        is_visible = conversations_visible_to(hat).filter(pk=int(number)).exists()
        return topic_group(kind, int(number), f"myndighet{hat.agency_id}") if is_visible else None
    if kind == "way" and ways_told_to(hat).filter(pk=int(number)).exists() and isinstance(hat, Membership):
        return topic_group(kind, int(number), f"myndighet{hat.agency_id}")
    if kind == "board" and is_coordinator(hat) and hat.cooperation_id == int(number):
        return topic_group(kind, hat.cooperation_id)
    return None


class HatConsumer(AsyncWebsocketConsumer):
    """One open page of one hat. Writes nothing and decides nothing."""

    open_sockets: set["HatConsumer"] = set()
    watch: asyncio.Task[None] | None = None
    must_look = False  # something may have been missed: the next look does not wait its turn

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """As channels has it; where the stock layer has no channel to give, tell the page to try again later."""
        try:
            return await super().__call__(scope, receive, send)
        except NO_WIRE as error:
            log.warning("no wire for a socket: %s", type(error).__name__)
            if not getattr(self, "groups_joined", None):
                await receive()  # the handshake, which nobody has answered yet
                await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": TRY_LATER})

    async def connect(self) -> None:
        """Refuse the anonymous and whoever may not open the topic; else join the groups and wait for "seen"."""
        self.seen = 0
        self.page_epoch = ""
        self.replayed = False
        self.groups_joined: list[str] = []
        self.outbox: deque[str] = deque()
        self.writer: asyncio.Task[None] | None = None
        session = self.scope["session"]
        self.topic = parse_qs(self.scope["query_string"].decode("ascii", "replace")).get("topic", [""])[0]
        hat, followed = await database_sync_to_async(self._look_up)(session, self.topic)
        if hat is None or (self.topic and followed is None):
            log.info("socket refused")
            metrics.closed.labels("refused").inc()
            await self.close()
            return
        self.hat_key, self.session_key = hat.hat_key, session.session_key
        self.membership_id = hat.pk if isinstance(hat, Membership) else None
        groups = [hat_group(hat.hat_key), session_group(session_digest(session.session_key))]
        self.groups_joined = [*groups, followed] if followed else groups
        await join(self, self.groups_joined)
        await self.accept()
        self.open_sockets.add(self)
        if HatConsumer.watch is None or HatConsumer.watch.done():
            HatConsumer.watch = asyncio.create_task(look_after_sockets())

    @staticmethod
    def _look_up(session: Any, topic: str) -> tuple[Hat | None, str | None]:
        hat = hat_of_session(session)
        return hat, group_of_topic(hat, topic) if hat else None

    async def disconnect(self, code: int) -> None:
        self.open_sockets.discard(self)
        await leave(self, getattr(self, "groups_joined", []))

    # ---------- in ----------
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """The one thing a page may say: {"type": "seen", "epoch": …, "seq": …}. Anything else closes the socket."""
        message = self._parsed(text_data)
        if message is None:
            log.warning("socket message refused")
            await self.close(BAD_MESSAGE)
            return
        await self._replay(message["epoch"], message["seq"])

    @staticmethod
    def _parsed(text: str | None) -> dict[str, Any] | None:
        if text is None or len(text) > LARGEST:
            return None
        try:
            message = json.loads(text)
        except ValueError:
            return None
        if not isinstance(message, dict) or set(message) != {"type", "epoch", "seq"} or message["type"] != "seen":
            return None
        seq = message["seq"]
        if type(seq) is not int or not 0 <= seq < 2**63 or not isinstance(message["epoch"], str):
            return None
        return message

    async def _replay(self, page_epoch: str, seq: int) -> None:
        """Everything after "seen", then live. An unknown epoch or a page ahead of us must load itself anew."""
        now, rows, last = await database_sync_to_async(self._after)(seq)
        if page_epoch != now or seq > last:
            await self._say({"type": "reload"})
            return
        for pk, number in rows:
            await self._say({"type": "notification.created", "id": pk, "seq": number})
        self.seen = max([seq, *(number for _, number in rows)])
        self.page_epoch, self.replayed = page_epoch, True
        await self._say({"type": "live", "seq": self.seen, "epoch": now} | ({"alone": True} if is_alone() else {}))

    def _after(self, seq: int) -> tuple[str, list[tuple[int, int]], int]:
        if self.membership_id is None:
            return epoch(), [], 0
        rows = sequence_after(self.membership_id, seq)
        last = rows[-1][1] if rows else last_seq(Membership(pk=self.membership_id))
        return epoch(), rows, last

    async def catch_up(self) -> None:
        """As the page would ask itself."""
        await self._replay(self.page_epoch, self.seen)

    async def _say(self, hint: Hint) -> None:
        await self.send(in_words(hint))

    # ---------- out: what the hub hands over ----------
    def hear(self, hint: Hint, words: str) -> None:
        """Forward a hint. Notices before the replay are left out: the replay holds them."""
        if hint["type"] == "close":
            metrics.closed.labels("ended").inc()
            self._part(SIGNED_OUT)
        elif hint["type"] != "notification.created":
            self._put(words)
        elif self.replayed and hint["seq"] > self.seen:
            self.seen = hint["seq"] if hint["seq"] == self.seen + 1 else self.seen
            self._put(words)

    def hear_again(self) -> None:
        """The line to Redis was away: what the page shows is fetched again, not by everybody at once, and notices that
        came just before it was back are looked for."""
        HatConsumer.must_look = True
        for topic in ("bell", self.topic):
            if topic:
                words = in_words({"type": "changed", "topic": topic})
                asyncio.get_running_loop().call_later(random() * AT_ONCE, self._put, words)

    def _put(self, words: str) -> None:
        """Never waits. Who reads so slowly that the outbox is full is closed, and comes back by way of the replay."""
        if self not in self.open_sockets:
            return
        if len(self.outbox) >= OUTBOX:
            log.warning("a socket reads too slowly, closed")
            metrics.closed.labels("overflow").inc()
            self._part(TRY_LATER)
            return
        self.outbox.append(words)
        if self.writer is None:
            self.writer = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self.outbox:
            await self.send(self.outbox.popleft())
        self.writer = None

    def _part(self, code: int) -> None:
        """Close without waiting: whoever does not read does not see the goodbye either, and costs nothing more."""
        self.open_sockets.discard(self)
        self.outbox.clear()
        self.writer = asyncio.create_task(self.close(code))

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As channels has it, but for hints of the stock layer, which touch no database: before each message channels
        looks for old connections, in the one thread that all sockets share."""
        if message["type"] == "hint":
            self.hear(message["hint"], in_words(message["hint"]))
        else:
            await super().dispatch(message)


metrics.sockets.set_function(lambda: len(HatConsumer.open_sockets))


def sockets_to_close(held: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these (session key, hat key) have ended: the session, the account or the hat.

    Four queries for any number of sockets.
    """
    chosen = hats_of_sessions({session for session, _ in held})
    worn = active_hats({hat for _, hat in held})
    return {
        (session, hat)
        for session, hat in held
        if session not in chosen or hat not in worn or chosen[session] not in {None, hat}
    }


async def catch_up(sockets: Iterable[HatConsumer]) -> None:
    """Give each socket what was committed and never hinted at: its act's process died, or Redis was away (B9).

    Two queries for any number of sockets that have missed nothing. A page from before a restore is told to reload (B6).
    """
    live = [socket for socket in sockets if socket.replayed]
    now, last = await database_sync_to_async(stand)({socket.membership_id for socket in live} - {None})
    for socket in live:
        told = last.get(socket.membership_id, 0)
        if socket.page_epoch != now or told != socket.seen:
            metrics.catch_ups.inc()
            await socket.catch_up()


async def look_after_sockets() -> None:
    """While sockets are open: catch up, more often while Redis is away; close within a minute those whose right has
    ended (house.md 5)."""
    checked_at = caught_up_at = time.monotonic()
    while HatConsumer.open_sockets:
        await asyncio.sleep(LOOK_EVERY)
        now = time.monotonic()
        try:
            if is_away() or HatConsumer.must_look or now - caught_up_at >= CATCH_UP_EVERY:
                HatConsumer.must_look = False
                await catch_up(list(HatConsumer.open_sockets))
                caught_up_at = now
            if now - checked_at >= CHECK_EVERY:
                await close_ended(list(HatConsumer.open_sockets))
                checked_at = now
        except DatabaseError as error:
            HatConsumer.must_look = True
            log.warning("sockets not looked after just now: %s", type(error).__name__)


async def close_ended(sockets: list[HatConsumer]) -> None:
    """Close those whose session, account or hat has ended."""
    held = [(socket.session_key, socket.hat_key) for socket in sockets]
    ended = await database_sync_to_async(sockets_to_close)(held)
    for socket in sockets:
        if (socket.session_key, socket.hat_key) in ended:
            socket.hear({"type": "close"}, "")
