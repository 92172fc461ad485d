"""The participant's own page: the link, the code, the visit. No verb here tells that somebody is a participant."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

from workspace.actions.accounts import digest_of
from workspace.actions.records import record_act
from workspace.actions.transactions import action, lock_participant
from workspace.errors import NotAllowed
from workspace.models import Browser, Membership, PageCode, PageLink, Participant, Visit
from workspace.queries.own_page import MOST_WRONG
from workspace.rules import is_caseworker, owns
from workspace.states import AuditAct

LINK_LASTS = timedelta(days=7)
BROWSER_LASTS = timedelta(days=30)
DIGITS = 6


def hash_code(digits: str) -> str:
    """The code as it is kept: salted, under the secret key.

    A slow hash would not do: there are only a million codes, and whoever has stolen the table tries them all. Without
    the key, which does not lie in the database, nothing can be tried. And it is quick, so that a try tells nothing by
    its time and holds no row.
    """
    return _hashed(digits, get_random_string(16), settings.SECRET_KEY)


def code_is(digits: str, hashed: str) -> bool:
    """Whether these are the digits, also where the secret key has been changed since."""
    salt = hashed.partition("$")[0]
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any([constant_time_compare(_hashed(digits, salt, key), hashed) for key in keys])


def _hashed(digits: str, salt: str, key: str) -> str:
    mac = salted_hmac(f"workspace.own_page.code.{salt}", digits, secret=key, algorithm="sha256")
    return f"{salt}${mac.hexdigest()}"


def require_own(by: Membership, participant: Participant) -> None:
    if not (is_caseworker(by) and owns(by, participant)):
        raise NotAllowed("Det är handläggare hos deltagarens egen myndighet som gör det.")


# ---------- given by staff ----------
@action
def make_page_link(*, by: Membership, participant: Participant) -> str:
    """Make a link that opens the participant's page once, within seven days; an earlier unopened one stops working.

    Returns the token itself, which is not kept. Writes an audit row; tells nobody. Refuses anybody but a caseworker of
    the participant's agency.
    """
    require_own(by, participant)
    lock_participant(participant.pk)
    now = timezone.now()
    PageLink.objects.filter(participant=participant, opened_at__isnull=True, ended_at__isnull=True).update(ended_at=now)
    token = secrets.token_urlsafe(24)
    link = PageLink.objects.create(
        participant=participant, token_digest=digest_of(token), made_by=by, expires_at=now + LINK_LASTS
    )
    _record(by, "own_page.link", link.pk, participant)
    return token


@action
def make_page_code(*, by: Membership, participant: Participant) -> str:
    """Make the six digits that are given to the participant in person; the earlier ones stop working at once.

    Returns the digits, which are not kept, and ends visits that go on. Writes an audit row; tells nobody. Refuses as
    `make_page_link`.
    """
    require_own(by, participant)
    lock_participant(participant.pk)
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    code, _ = PageCode.objects.update_or_create(
        participant=participant,
        defaults={"hashed": hash_code(digits), "wrong": 0, "made_by": by, "made_at": timezone.now()},
    )
    _end_visits(participant)
    _record(by, "own_page.code", code.pk, participant)
    return digits


@action
def close_page(*, by: Membership, participant: Participant) -> None:
    """Close the page in every browser, at once: the phone is lost, or the participant no longer wants it.

    Ends unopened links, browsers and visits, and the code. Writes an audit row. Refuses as `make_page_link`.
    """
    require_own(by, participant)
    lock_participant(participant.pk)
    now = timezone.now()
    PageLink.objects.filter(participant=participant, opened_at__isnull=True, ended_at__isnull=True).update(ended_at=now)
    Browser.objects.filter(participant=participant, ended_at__isnull=True).update(ended_at=now)
    PageCode.objects.filter(participant=participant).delete()
    _end_visits(participant)
    _record(by, "own_page.close", participant.pk, participant)


# ---------- by whoever holds the link and the code ----------
@action
def open_page_link(*, link: PageLink, instead_of: Browser | None = None) -> tuple[Browser, str] | None:
    """Open a link: bind this browser for 30 days, and return the secret for its cookie, which is not kept.

    `instead_of` is what the browser was bound as until now: that ends, since its cookie is written over. None where
    somebody was faster, or the link is no longer good. Writes audit rows; tells nobody. Opening it shows nothing yet:
    the code does.
    """
    now = timezone.now()
    good = PageLink.objects.filter(
        pk=link.pk, opened_at__isnull=True, ended_at__isnull=True, expires_at__gt=now
    ).update(opened_at=now)
    if not good:
        return None
    if instead_of is not None:
        Browser.objects.filter(pk=instead_of.pk, ended_at__isnull=True).update(ended_at=now)
        _record(instead_of, "own_page.rebind", instead_of.pk, instead_of.participant)
    secret = secrets.token_urlsafe(32)
    browser = Browser.objects.create(
        participant=link.participant, link=link, digest=digest_of(secret), bound_at=now, ends_at=now + BROWSER_LASTS
    )
    _record(browser, "own_page.open", link.pk, link.participant)
    return browser, secret


@action
def begin_visit(*, browser: Browser, digits: str) -> str | None:
    """Try the code. Right: a visit begins, and the secret for its cookie is returned. Wrong: None.

    Each try is counted before it is looked at, in one conditional update, so that guesses made at the same moment are
    still five; the fifth wrong one closes the door until a new code is given in person. A right one counts from zero
    again, and ends an earlier visit of the same browser. Writes an audit row either way; tells nobody. None, too, where
    no code has been given, or staff has closed the page since the browser was looked up.
    """
    tried = PageCode.objects.filter(participant=browser.participant_id, wrong__lt=MOST_WRONG)
    if not tried.update(wrong=F("wrong") + 1):
        return None
    # The update holds the row until the end: whoever gives a new code, or closes the page, comes before or after.
    code = PageCode.objects.get(participant=browser.participant_id)
    now = timezone.now()
    bound = Browser.objects.filter(pk=browser.pk, ended_at__isnull=True, ends_at__gt=now).exists()
    if not code_is(digits, code.hashed) or not bound:
        record_act(by=browser, act=AuditAct.REFUSED, what="own_page.code", object_id=code.pk)
        return None
    PageCode.objects.filter(pk=code.pk).update(wrong=0)
    Visit.objects.filter(browser=browser, ended_at__isnull=True).update(ended_at=now)
    secret = secrets.token_urlsafe(32)
    Visit.objects.create(browser=browser, digest=digest_of(secret), began_at=now, last_at=now)
    record_act(by=browser, act=AuditAct.SIGN_IN, what="own_page.visit", object_id=browser.pk)
    return secret


def touch_visit(*, visit: Visit) -> None:
    """Remember that the visit goes on; written at most once a minute."""
    now = timezone.now()
    if now - visit.last_at > timedelta(minutes=1):
        Visit.objects.filter(pk=visit.pk).update(last_at=now)


@action
def leave_page(*, visit: Visit) -> None:
    """End a visit. The next one asks for the code again."""
    Visit.objects.filter(pk=visit.pk, ended_at__isnull=True).update(ended_at=timezone.now())


def _end_visits(participant: Participant) -> None:
    Visit.objects.filter(browser__participant=participant, ended_at__isnull=True).update(ended_at=timezone.now())


def _record(by: Membership | Browser, what: str, object_id: int, participant: Participant) -> None:
    record_act(by=by, act=AuditAct.WRITE, what=what, object_id=object_id, participant_id=participant.pk)
