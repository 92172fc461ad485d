"""The socket of an open page: hints out, "I have seen up to N" in. docs/wire.md is its contract."""

import asyncio
import json
import logging
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError

from meetings.queries import is_guest_only, meetings_visible_to
from meetings.queries.conversations import conversations_visible_to
from meetings.rules import side_of as side_of_meeting
from notifications.queries import epoch, last_seq, sequence_after
from referrals.queries import referrals_visible_to
from referrals.rules import side_of
from workspace.live import NO_WIRE, hat_group, session_group, topic_group
from workspace.middleware import choose_hat, session_digest
from workspace.models import Membership
from workspace.pathway.queries.shares import ways_told_to
from workspace.queries import account_of_session, active_hats, hats_of, hats_of_sessions
from workspace.rules import HAT, Hat, is_coordinator

log = logging.getLogger("samverkansrum.wire")

LARGEST = 512  # characters of a message that says nothing but a number and an epoch
SIGNED_OUT, BAD_MESSAGE, TRY_LATER = 4401, 4400, 4503
CHECK_EVERY = 60  # seconds between looks at whether open sockets still may be open


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
        referral = referrals_visible_to(hat).filter(pk=int(number)).first()
        return topic_group(kind, referral.pk, side_of(hat, referral)) if referral else None
    if kind == "meeting":
        meeting = meetings_visible_to(hat).filter(pk=int(number)).first()
        return topic_group(kind, meeting.pk, side_of_meeting(hat, is_guest_only(hat, meeting))) if meeting else None
    if kind == "conversation" and isinstance(hat, Membership):
        conversation = conversations_visible_to(hat).filter(pk=int(number)).first()
        return topic_group(kind, conversation.pk, f"myndighet{hat.agency_id}") if conversation else None
    if kind == "way" and ways_told_to(hat).filter(pk=int(number)).exists() and isinstance(hat, Membership):
        return topic_group(kind, int(number), f"myndighet{hat.agency_id}")
    if kind == "board" and is_coordinator(hat) and hat.cooperation_id == int(number):
        return topic_group(kind, hat.cooperation_id)
    return None


class HatConsumer(AsyncWebsocketConsumer):
    """One open page of one hat. Writes nothing and decides nothing."""

    open_sockets: set["HatConsumer"] = set()
    watch: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """As channels has it; where even a channel of its own is not to be had, tell the page to try again later."""
        try:
            return await super().__call__(scope, receive, send)
        except NO_WIRE as error:
            log.warning("no wire for a socket: %s", type(error).__name__)
            if not getattr(self, "joined", None):
                await receive()  # the handshake, which nobody has answered yet
                await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": TRY_LATER})

    async def connect(self) -> None:
        """Refuse the anonymous and whoever may not open the topic; else join the groups and wait for "seen"."""
        self.seen = 0
        self.replayed = False
        self.joined: list[str] = []
        session = self.scope["session"]
        topic = parse_qs(self.scope["query_string"].decode("ascii", "replace")).get("topic", [""])[0]
        hat, followed = await database_sync_to_async(self._look_up)(session, topic)
        if hat is None or (topic and followed is None):
            log.info("socket refused")
            await self.close()
            return
        self.hat_key, self.session_key = hat.hat_key, session.session_key
        self.membership_id = hat.pk if isinstance(hat, Membership) else None
        groups = [hat_group(hat.hat_key), session_group(session_digest(session.session_key))]
        if followed:
            groups.append(followed)
        try:
            for group in groups:
                await self.channel_layer.group_add(group, self.channel_name)
                self.joined.append(group)
        except NO_WIRE:
            # No wire to be had: the page asks on its own meanwhile, and tries again.
            await self.accept()
            await self.close(TRY_LATER)
            return
        await self.accept()
        self._keep_watch()

    @staticmethod
    def _look_up(session: Any, topic: str) -> tuple[Hat | None, str | None]:
        hat = hat_of_session(session)
        return hat, group_of_topic(hat, topic) if hat else None

    async def disconnect(self, code: int) -> None:
        self.open_sockets.discard(self)
        for group in getattr(self, "joined", []):
            try:
                await self.channel_layer.group_discard(group, self.channel_name)
            except NO_WIRE:
                return

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
        self.replayed = True
        await self._say({"type": "live", "seq": self.seen, "epoch": now})

    def _after(self, seq: int) -> tuple[str, list[tuple[int, int]], int]:
        if self.membership_id is None:
            return epoch(), [], 0
        rows = sequence_after(self.membership_id, seq)
        last = rows[-1][1] if rows else last_seq(Membership(pk=self.membership_id))
        return epoch(), rows, last

    # ---------- out ----------
    async def dispatch(self, message: dict[str, Any]) -> None:
        """As channels has it, but for hints, which touch no database: before each message channels looks for old
        connections, in the one thread that all sockets share, and thirty hints would wait for each other there."""
        if message["type"] == "hint":
            await self.hint(message)
        else:
            await super().dispatch(message)

    async def hint(self, event: dict[str, Any]) -> None:
        """Forward a hint from the layer. Notices before the replay are left out: the replay holds them."""
        hint = event["hint"]
        if hint["type"] == "close":
            await self.close(SIGNED_OUT)
        elif hint["type"] != "notification.created":
            await self._say(hint)
        elif self.replayed and hint["seq"] > self.seen:
            self.seen = hint["seq"] if hint["seq"] == self.seen + 1 else self.seen
            await self._say(hint)

    async def _say(self, message: dict[str, Any]) -> None:
        await self.send(json.dumps(message, separators=(",", ":")))

    # ---------- still allowed? ----------
    def _keep_watch(self) -> None:
        self.open_sockets.add(self)
        if HatConsumer.watch is None or HatConsumer.watch.done():
            HatConsumer.watch = asyncio.create_task(look_after_sockets())


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


async def look_after_sockets() -> None:
    """Each minute, close the sockets of this process whose session, account or hat has ended (house.md 5)."""
    while HatConsumer.open_sockets:
        await asyncio.sleep(CHECK_EVERY)
        held = {(socket.session_key, socket.hat_key): socket for socket in HatConsumer.open_sockets}
        try:
            ended = await database_sync_to_async(sockets_to_close)(list(held))
        except DatabaseError as error:
            log.warning("sockets not looked after this minute: %s", type(error).__name__)
            continue
        for socket in list(HatConsumer.open_sockets):
            if (socket.session_key, socket.hat_key) in ended:
                await socket.close(SIGNED_OUT)
