"""Who reads what is collected under a meeting's items. Whether a meeting opens is `access_meeting`'s to say."""

from collections.abc import Iterable

from meetings.figures.rules import follows_figures
from meetings.models import Group, SeatHolder
from meetings.rules import STEERING_ROLES, seated
from workspace.models import CooperationRole
from workspace.rules import Hat, is_coordinator


def reads_month(hat: Hat, group: Group) -> bool:
    """Whether this hat reads a frozen month under the group's items: the cooperation's roles that follow its figures,
    and whoever holds a seat today in any of its groups. One query for an agency's hat, none for a role."""
    if isinstance(hat, CooperationRole):
        return hat.cooperation_id == group.cooperation_id and follows_figures(hat)
    held = SeatHolder.objects.filter(seated(), membership=hat, seat__group__cooperation=group.cooperation_id)
    return held.exists()


def reads_own_group(hat: Hat, group: Group) -> bool:
    """Whether this hat reads what is for the group alone (what is disputed, who has been missing): the cooperation's
    chair, steering group and coordinator, and whoever holds a seat today in that very group. One query at the most."""
    return reads_any_group(hat, [group])


def reads_any_group(hat: Hat, groups: Iterable[Group]) -> bool:
    """The same for a joint meeting: in one of its groups (R5)."""
    groups = list(groups)
    if isinstance(hat, CooperationRole):
        steers = is_coordinator(hat) or hat.role in STEERING_ROLES
        return steers and any(hat.cooperation_id == group.cooperation_id for group in groups)
    return SeatHolder.objects.filter(seated(), membership=hat, seat__group__in=groups).exists()
