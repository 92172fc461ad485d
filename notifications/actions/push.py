"""Web push: a person's browsers are told that there is something to read, and never what (L50)."""

import logging
import time
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from notifications.actions.posting import unclaimed
from notifications.errors import PushRefused
from notifications.models import PushBrowser
from notifications.queries import pushes_due
from notifications.sending.pushing import Answer, Subscription, push, server_key, subscription
from workspace.actions import action, record_act
from workspace.outside.addresses import Refused
from workspace.outside.sealing import opened, sealed
from workspace.rules import Hat
from workspace.states import AuditAct

log = logging.getLogger("samverkansrum.push")

SALT = "notifications.push"
MOST_BROWSERS = 10  # of a person
AT_MOST_EVERY = timedelta(minutes=5)  # to one browser
PAUSES = (1, 5, 30, 120)  # minutes of rest after the first try, the second and so on
MOST_TRIES = len(PAUSES) + 1
LONGEST_PAUSE = timedelta(minutes=PAUSES[-1])
AT_ONCE = 8  # pushes to one service
A_RUN = 40.0  # seconds; what is left is first in the next
GONE = {404, 410}
NOT_OFFERED = "Det går inte att slå på här. Den som sköter Samverkansrum har inte gett någon nyckel för det."
SENTENCES = {
    "host": "Webbläsarens aviseringstjänst är inte en av dem som får användas här. Prova i en annan webbläsare.",
    "key": "Webbläsaren gav ingen användbar nyckel. Ladda om sidan och försök igen.",
}
ODD_ADDRESS = "Webbläsaren gav ingen adress som går att använda. Ladda om sidan och försök igen."
FULL = f"Du har redan {MOST_BROWSERS} webbläsare. Ta bort en som du inte använder och försök igen."


# ---------- a person's browsers ----------
@action
def turn_on_push(*, by: Hat, address: str, public_key: str, secret: str, name: str) -> PushBrowser:
    """Tell this browser from now on; what was told before is not pushed. Somebody else's leave in it ends.

    Its address lies sealed. A repeat gives it the keys it has now. Refuses (`PushRefused`) where push is not offered,
    an address that is not of a known push service, keys that are none, and more than ten browsers.
    """
    if not server_key():
        raise PushRefused(NOT_OFFERED)
    try:
        known = subscription(address, public_key, secret)
    except Refused as refused:
        raise PushRefused(SENTENCES.get(refused.code, ODD_ADDRESS)) from None
    digest = sha256(str(known.address).encode()).hexdigest()
    if PushBrowser.objects.filter(user=by.user).exclude(address_digest=digest).count() >= MOST_BROWSERS:
        raise PushRefused(FULL)
    PushBrowser.objects.filter(address_digest=digest).exclude(user=by.user).delete()
    columns = {"address": sealed(str(known.address), salt=SALT), "public_key": public_key, "secret": secret}
    browser, _ = PushBrowser.objects.update_or_create(
        user=by.user, address_digest=digest, defaults={**columns, "name": name, "tries": 0}
    )
    record_act(by=by, act=AuditAct.WRITE, what="push", object_id=browser.pk)
    return browser


@action
def remove_browser(*, by: Hat, browser: PushBrowser) -> None:
    """Tell one of one's own browsers no more, at once."""
    removed, _ = PushBrowser.objects.filter(user=by.user, pk=browser.pk).delete()
    if removed:
        record_act(by=by, act=AuditAct.WRITE, what="push.end", object_id=browser.pk)


@action
def ask_for_trial(*, by: Hat, browser: PushBrowser) -> None:
    """Have one of one's own browsers told within a minute, also in quiet hours."""
    now = timezone.now()
    PushBrowser.objects.filter(user=by.user, pk=browser.pk).update(trial_at=now, not_before=now, tries=0)
    record_act(by=by, act=AuditAct.WRITE, what="push.trial", object_id=browser.pk)


# ---------- by the clock ----------
def send_pushes() -> int:
    """Push to each browser whose person has something to read that came since it was last told; how many were taken.

    At most one to a browser in five minutes: what comes meanwhile is one with the next. What has been read is pushed
    no more, and quiet hours are waited out (`pushes_due`). In rounds: some browsers of each push service are claimed
    and committed, pushed side by side within ten seconds, and noted. A service that does not answer is left until the
    next run, so that it holds up nobody else's. At most five tries with longer and longer rests; a service may ask for
    a longer one, up to two hours. A browser that its service no longer knows is removed.

    Any number of processes may do it at once. Each minute. Call it outside transactions.
    """
    if not server_key():
        return 0
    ends_at, taken = time.monotonic() + A_RUN, 0
    waiting = _by_service(_due(timezone.now()))
    with ThreadPoolExecutor(max_workers=2 * AT_ONCE) as pool:
        while waiting and time.monotonic() < ends_at:
            batch = [one for browsers in waiting.values() for one in browsers[:AT_ONCE]]
            waiting = {host: browsers[AT_ONCE:] for host, browsers in waiting.items() if browsers[AT_ONCE:]}
            claimed = [(row, to, now) for row, to in batch if (now := _claim(row))]
            for (row, to, now), answer in zip(claimed, pool.map(_pushed, [to for _, to, _ in claimed]), strict=True):
                taken += settle(browser=row, claimed_at=now, answer=answer)
                if answer is None or _asks_for_rest(answer):
                    waiting.pop(to.address.host, None)
    return taken


def _by_service(browsers: Iterable[PushBrowser]) -> dict[str, list[tuple[PushBrowser, Subscription]]]:
    """By host. One whose seal no longer opens, or whose host is no longer allowed, is removed."""
    found = defaultdict(list)
    for row in browsers:
        try:
            to = subscription(opened(row.address, salt=SALT) or "", row.public_key, row.secret)
        except Refused as refused:
            log.warning("%s is removed: %s", row, refused.code)
            drop_browser(browser=row)
        else:
            found[to.address.host].append((row, to))
    return dict(found)


def _due(now: datetime) -> QuerySet[PushBrowser]:
    return pushes_due(now).filter(unclaimed(now))


def _claim(browser: PushBrowser) -> datetime | None:
    """Take a browser for this process, committed before it is pushed to. None: it is not due any more."""
    with transaction.atomic(durable=True):
        now = timezone.now()
        if not _due(now).filter(pk=browser.pk).exists():
            return None
        free = PushBrowser.objects.filter(unclaimed(now), pk=browser.pk, tries=browser.tries, not_before__lte=now)
        return now if free.update(claimed_at=now, tries=F("tries") + 1) else None


def _pushed(to: Subscription) -> Answer | None:
    """In a thread of its own, which touches no database. None: no answer."""
    try:
        return push(to)
    except Refused as refused:
        log.info("a push was not taken: %s", refused.code)
        return None


def _asks_for_rest(answer: Answer) -> bool:
    return answer.status == 429 or answer.status >= 500


@action
def settle(*, browser: PushBrowser, claimed_at: datetime, answer: Answer | None) -> bool:
    """Note what became of a push; whether the service took it. Nothing where another process has the browser by now."""
    row = PushBrowser.objects.filter(pk=browser.pk, claimed_at=claimed_at)
    now = timezone.now()
    told = {"claimed_at": None, "told_until": claimed_at, "trial_at": None, "tries": 0}
    if answer is not None and answer.status in GONE:
        log.info("%s is removed: %s", browser, answer.status)
        row.delete()
        return False
    if answer is not None and 200 <= answer.status < 300:
        return bool(row.update(**told, pushed_at=now, not_before=now + AT_MOST_EVERY))
    log.warning("%s was not told: %s", browser, answer.status if answer else "no answer")
    if browser.tries + 1 >= MOST_TRIES:
        row.update(**told)  # given up: the next thing to read begins anew
        return False
    asked = timedelta(seconds=min(answer.wait, LONGEST_PAUSE.total_seconds())) if answer else timedelta()
    rest = max(asked, timedelta(minutes=PAUSES[browser.tries]))
    row.update(claimed_at=None, not_before=now + rest)
    return False


@action
def drop_browser(*, browser: PushBrowser) -> None:
    """Forget a browser that cannot be told."""
    PushBrowser.objects.filter(pk=browser.pk, address=browser.address).delete()
