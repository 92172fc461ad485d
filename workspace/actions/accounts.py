"""Ways in: one-time links and passwords."""

import hashlib
import secrets
from datetime import timedelta

from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

from workspace.actions.records import record_act
from workspace.actions.transactions import action
from workspace.models import SignInLink, UserAccount
from workspace.rules import HAT
from workspace.states import AuditAct

LINK_LASTS = timedelta(hours=24)


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@action
def make_sign_in_link(*, user: UserAccount) -> str:
    """Make a one-time token that signs this person in within 24 hours; earlier unused ones stop working.

    Returns the token itself, which is not kept.
    """
    token = secrets.token_urlsafe(32)
    now = timezone.now()
    SignInLink.objects.filter(user=user, used_at__isnull=True).update(used_at=now)
    SignInLink.objects.create(user=user, token_digest=digest_of(token), expires_at=now + LINK_LASTS)
    return token


@action
def use_sign_in_link(*, link: SignInLink) -> bool:
    """Use up a link. False if somebody else used it first or its time is out."""
    now = timezone.now()
    used = SignInLink.objects.filter(pk=link.pk, used_at__isnull=True, expires_at__gt=now).update(used_at=now)
    if used:
        record_act(by=None, act=AuditAct.SIGN_IN, what="sign_in_link", object_id=link.user_id)
    return bool(used)


def wear_hat(*, session: SessionBase, hat_key: str) -> None:
    """Remember which hat this session wears; saved at once, since its other pages may come back before the answer."""
    session[HAT] = hat_key
    session.save()


@action
def set_password(*, user: UserAccount, password: str) -> None:
    """Give the account a new password. The caller keeps its own session alive."""
    user.set_password(password)
    user.save(update_fields=["password"])
    record_act(by=None, act=AuditAct.WRITE, what="password", object_id=user.pk)


@action
def set_email(*, user: UserAccount, address: str) -> None:
    """Write where an account's mails go; "" for nowhere. The address has been checked, and is the person's own."""
    UserAccount.objects.filter(pk=user.pk).update(email=address)
    record_act(by=None, act=AuditAct.WRITE, what="email", object_id=user.pk)
