"""What waits for agencies' own systems is sent each minute, signed, until it is taken or four hours have passed."""

import logging
import random
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from notifications.actions.webhooks import BOTH_SIGN, SALT, end_webhook
from notifications.models import WebhookMessage
from notifications.queries import live_webhooks, owed, webhooks_owed
from notifications.sending.webhooks import body_of, post, signed
from notifications.states import WebhookProblem
from workspace.actions import action
from workspace.outside.addresses import Refused, checked
from workspace.outside.sealing import opened

log = logging.getLogger("samverkansrum.webhooks")

AT_MOST = timedelta(seconds=30)  # of a round: what is left is sent in the next
AT_ONCE = 8  # receivers that are spoken to at the same time, one message each
FAILING_AT_ONCE = 4  # of them, such as have failed: so that there always is room for those that have not
STALE = timedelta(minutes=2)  # a claim older than this was left by a process that died
GIVES_UP = timedelta(hours=4)  # after the first try
LONGEST_PAUSE = 60  # minutes
JITTER = 0.2
GONE = 410


def send_webhook_messages() -> int:
    """Send what waits, for at most `AT_MOST`, and return how many messages were taken.

    The webhooks go in turns, one message at a time each and the oldest first; one that fails rests until the next
    round. Up to `AT_ONCE` are waited for at the same time, of which `FAILING_AT_ONCE` have failed before, so that who
    hangs or is down holds up nobody. Each in order: claim and commit, look the name up and check every address, post
    outside transactions, note what came of it. Any number of processes may do it at once.

    At least once, and twice only where a process dies between the receiver's yes and our note of it: the repeat has
    the same `webhook-id`. Call it outside transactions.
    """
    ends_at = time.monotonic() + AT_MOST.total_seconds()
    owing, taken = webhooks_owed(timezone.now()), 0
    well, failing = (deque(pk for pk, fails in owing if fails == which) for which in (False, True))
    doubted = set(failing)
    under_way: dict[Future[int], WebhookMessage] = {}
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
        while True:
            while len(under_way) < AT_ONCE and time.monotonic() < ends_at:
                held = sum(message.webhook_id in doubted for message in under_way.values())
                turns = well or (failing if held < FAILING_AT_ONCE else None)
                if not turns:
                    break
                message = _claim(webhook=turns.popleft())
                if message is not None:
                    under_way[pool.submit(_post, message)] = message
            if not under_way:
                return taken
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                message = under_way.pop(future)
                if _note(message, _code_of(future)):
                    taken += 1
                    doubted.discard(message.webhook_id)
                    well.append(message.webhook_id)


@action
def _claim(*, webhook: int) -> WebhookMessage | None:
    """Take a webhook's next message for this process. None: nothing is due, or another process is sending to it."""
    now = timezone.now()
    found = live_webhooks().select_for_update(no_key=True, of=("self",)).filter(pk=webhook).first()
    if found is None:
        return None
    waits = owed(WebhookMessage.objects.filter(webhook=found))
    if waits.filter(claimed_at__gt=now - STALE).exists():
        return None
    message = waits.filter(next_try_at__lte=now).order_by("pk").first()
    if message is None:
        return None
    message.webhook = found
    message.claimed_at, message.tries = now, message.tries + 1
    message.first_tried_at = message.first_tried_at or now
    message.save(update_fields=["claimed_at", "tries", "first_tried_at"])
    return message


@sensitive_variables()
def _post(message: WebhookMessage) -> int:
    """In a thread: asks no database. Raises Refused with a code."""
    webhook, now = message.webhook, timezone.now()
    address = opened(webhook.address, salt=SALT)
    seals = [webhook.signing_key]
    if webhook.key_changed_at and webhook.key_changed_at > now - BOTH_SIGN:
        seals.append(webhook.previous_key)
    keys = [opened(seal, salt=SALT) for seal in seals if seal]
    if address is None or None in keys:
        raise Refused(WebhookProblem.SEALED)
    inside = settings.WEBHOOK_HOSTS
    body = body_of(message.kind, message.made_at, message.about, message.object_id, message.number)
    headers = signed(message.message_id, now, body, [key for key in keys if key])
    return post(checked(address, inside=inside), headers, body, inside=inside)


def _code_of(future: Future[int]) -> str:
    """What came of a post: "" where it was taken, else a status or a `WebhookProblem`."""
    error = future.exception()
    if isinstance(error, Refused):
        return error.code
    if error is not None:
        log.error("a webhook message was not posted: %s", type(error).__name__)
        return WebhookProblem.FAULT
    status = future.result()
    if 300 <= status < 400:
        return WebhookProblem.REDIRECT
    return "" if 200 <= status < 300 else str(status)


def _note(message: WebhookMessage, code: str) -> bool:
    """Write down what came of a message. True: it was taken, and its webhook's next can go."""
    if not code:
        _note_taken(message=message)
        return True
    log.warning("%s of %s: %s", message, message.webhook, code)
    _note_failed(message=message, code=code)
    return False


@action
def _note_taken(*, message: WebhookMessage) -> None:
    """Taken, whatever has been done to the message or its webhook meanwhile."""
    WebhookMessage.objects.filter(pk=message.pk).update(
        delivered_at=timezone.now(), claimed_at=None, dead_at=None, last_error=""
    )


@action
def _note_failed(*, message: WebhookMessage, code: str) -> None:
    """Try again later, or never more; 410 stops the webhook. Nothing where another process has claimed it since."""
    now = timezone.now()
    ours = owed(WebhookMessage.objects.filter(pk=message.pk, claimed_at=message.claimed_at))
    if code == str(GONE):
        end_webhook(webhook=message.webhook, problem=code, is_unwanted=True)
        return
    next_try_at = next_try(message.first_tried_at or now, message.tries, now)
    if next_try_at is None:
        ours.update(claimed_at=None, last_error=code, dead_at=now)
    else:
        ours.update(claimed_at=None, last_error=code, next_try_at=next_try_at)


def next_try(first_tried_at: datetime, tries: int, now: datetime) -> datetime | None:
    """When a message that has failed so many times is tried again: after 1, 2, 4 … 60 minutes, about, so that not all
    come at once to a receiver that is up again. The last try is four hours after the first; None after that."""
    last = first_tried_at + GIVES_UP
    if now >= last:
        return None
    minutes = min(2 ** (tries - 1), LONGEST_PAUSE) * random.uniform(1 - JITTER, 1 + JITTER)
    return min(now + timedelta(minutes=minutes), last)
