"""Who may arrange, lead and hear of a meeting. Who reads what of it stands in `queries`."""

from typing import Any

from django.db.models import Q
from django.utils import timezone

from meetings.models import Group, Meeting
from meetings.states import GroupKind, MinutesState
from workspace.models import CooperationRole, Membership
from workspace.rules import Hat, is_coordinator
from workspace.states import CooperationRoleKind

ROLES = "roller"  # the side of everybody who wears a role in a cooperation
STEERING_ROLES = {CooperationRoleKind.CHAIR, CooperationRoleKind.STEERING}


def hat_fields(hat: Hat | None) -> dict[str, Any]:
    """A hat as the two fields of `ByHat`; None is the system."""
    if isinstance(hat, CooperationRole):
        return {"member": None, "role": hat}
    return {"member": hat, "role": None}


def of_hat(hat: Hat, prefix: str = "") -> Q:
    """Rows of `ByHat` that belong to this hat. `prefix` is the path to them, for example "attendances__"."""
    kind = "role" if isinstance(hat, CooperationRole) else "member"
    return Q(**{f"{prefix}{kind}": hat.pk})


def seated(prefix: str = "") -> Q:
    """Seat holders who hold a seat today that is itself open today. `prefix` is the path to the holder."""
    today = timezone.localdate()
    found = Q()
    for path in (prefix, f"{prefix}seat__"):
        found &= Q(**{f"{path}from_on__lte": today})
        found &= Q(**{f"{path}to_on__isnull": True}) | Q(**{f"{path}to_on__gte": today})
    return found


def goes_to_meetings(hat: Hat) -> bool:
    """Agencies' people, the coordinator, and who steers. The evaluator and the elected boards do not (R26, R31)."""
    return isinstance(hat, Membership) or is_coordinator(hat) or hat.role in STEERING_ROLES


def is_arranger(hat: Hat, group: Group) -> bool:
    """Arranges the group's meetings: its chair and secretary, and the coordinator of its cooperation.

    A steering group is arranged by the cooperation's chair too.
    """
    if isinstance(hat, Membership):
        return hat.pk in {group.chair_id, group.secretary_id}
    if hat.cooperation_id != group.cooperation_id:
        return False
    return is_coordinator(hat) or (group.kind == GroupKind.STEERING and hat.role == CooperationRoleKind.CHAIR)


def has_pen(hat: Hat, meeting: Meeting) -> bool:
    """Holds the pen in the room: writes the notes, and leads when nobody who arranges does."""
    return meeting.pen is not None and meeting.pen.hat_key == hat.hat_key


def can_lead(hat: Hat, meeting: Meeting) -> bool:
    """May start the meeting, go to the next item and finish it."""
    return is_arranger(hat, meeting.group) or has_pen(hat, meeting)


def can_change_content(meeting: Meeting) -> bool:
    """Notes, decisions and answers can change until the minutes are on their way."""
    return meeting.minutes_state == MinutesState.DRAFT


def side_of(hat: Hat, is_guest: bool = False) -> str:
    """Which of a meeting's hint groups this hat listens in: its agency's, the roles', or one of its own as a guest.

    Sides and not one group: that something happens under a case item is itself news, which only its circle may have.
    """
    if isinstance(hat, CooperationRole):
        return ROLES
    return f"gast{hat.pk}" if is_guest else f"myndighet{hat.agency_id}"
