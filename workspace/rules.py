"""Predicates of the ground floor: who wears which hat, and what lives."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeGuard

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from workspace.models import Agency, Browser, CooperationRole, Membership, Participant, UserAccount
from workspace.states import CooperationRoleKind, MemberRole

Hat = Membership | CooperationRole
Actor = Hat | Browser  # who does something: somebody with a hat, or the participant in a browser of theirs
HAT = "hat"  # where a session keeps the key of the hat worn
OWN_PATH = "/min-sida/"  # the participant's page lies here, and its cookies are sent nowhere else

REASON_LASTS = timedelta(hours=1)


def active_on(day: date | None = None) -> Q:
    """Memberships, roles and parties that run on a day (today if nothing is said), both ends included."""
    day = day or timezone.localdate()
    return Q(from_on__lte=day) & (Q(to_on__isnull=True) | Q(to_on__gte=day))


def row_lives(day: date | None = None) -> Q:
    """Consent rows in force on a day: not withdrawn, and not past their last day."""
    return Q(withdrawn_at__isnull=True, valid_until__gte=day or timezone.localdate())


def disclosure_lives(prefix: str = "", now: datetime | None = None) -> Q:
    """Disclosures in force now. `prefix` is the path to them, for example "disclosure__"."""
    return Q(**{f"{prefix}ended_at__isnull": True, f"{prefix}ends_at__gt": now or timezone.now()})


def ground_valid(recipient: Agency, day: date | None = None) -> Q:
    """Grounds that may be named for a disclosure to this agency today (L19)."""
    day = day or timezone.localdate()
    return (
        Q(valid_from__lte=day)
        & (Q(valid_to__isnull=True) | Q(valid_to__gte=day))
        & (Q(recipient_kind="") | Q(recipient_kind=recipient.kind))
    )


def session_holds(session: Mapping[str, Any], account: UserAccount | None) -> bool:
    """The account may sign in, and its password is the one this session signed in with."""
    if account is None or not account.is_active or not session.get(BACKEND_SESSION_KEY):
        return False
    return constant_time_compare(session.get(HASH_SESSION_KEY, ""), account.get_session_auth_hash())


def is_caseworker(hat: Hat) -> TypeGuard[Membership]:
    return isinstance(hat, Membership) and hat.role in {MemberRole.CASEWORKER, MemberRole.REGISTRAR}


def is_manager(hat: Hat) -> TypeGuard[Membership]:
    return isinstance(hat, Membership) and hat.role == MemberRole.MANAGER


def is_coordinator(hat: Hat) -> TypeGuard[CooperationRole]:
    return isinstance(hat, CooperationRole) and hat.role == CooperationRoleKind.COORDINATOR


def can_register_participant(member: Hat) -> bool:
    """Caseworkers register people at their own desks; a manager reads work lists only."""
    return is_caseworker(member)


def owns(member: Membership, participant: Participant) -> bool:
    """The participant belongs to this member's agency."""
    return participant.function.agency_id == member.agency_id
