"""Following one thing, or being left in peace about it."""

from notifications.models import Follow
from workspace.actions import action, record_act
from workspace.models import Membership
from workspace.states import AuditAct


@action
def follow_thing(*, by: Membership, about: str, object_id: int, follows: bool) -> None:
    """A hat follows a thing, or is left in peace about it: told as read, but for what waits for it.

    The caller has asked the rule that guards the thing's page. That somebody follows gives no right: the rule is asked
    again whenever something is told. Audit row; tells nobody. Harmless when repeated.
    """
    Follow.objects.update_or_create(membership=by, about=about, object_id=object_id, defaults={"follows": follows})
    record_act(
        by=by, act=AuditAct.WRITE, what=f"follow.{about}" if follows else f"unfollow.{about}", object_id=object_id
    )
