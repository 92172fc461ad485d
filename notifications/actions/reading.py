"""A reader's own marks: read, all of it at one moment, and back again. On all devices of the hat at once."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from notifications.models import Notification
from workspace.actions import action
from workspace.live import hat_group, push_on_commit
from workspace.models import Membership


def _hint(by: Membership) -> None:
    push_on_commit([(hat_group(by.hat_key), {"type": "changed", "topic": "bell"})])


@action
def mark_all_read(*, by: Membership, up_to: int) -> datetime | None:
    """Mark everything this hat has been told up to a sequence number as read, at one moment that names the act.

    Up to what the page showed: what has come since is not read because somebody had not seen it. None where all was
    read already.
    """
    moment = timezone.now()
    told = Notification.objects.filter(membership=by, seq__lte=up_to, read_at__isnull=True, closed_at__isnull=True)
    if not told.update(read_at=moment):
        return None
    _hint(by)
    return moment


@action
def undo_marking(*, by: Membership, moment: datetime) -> int:
    """Make exactly what `mark_all_read` marked at that moment unread again, and return how many that was."""
    found = Notification.objects.filter(membership=by, read_at=moment).update(read_at=None)
    if found:
        _hint(by)
    return found


@action
def mark_unread(*, by: Membership, notifications: QuerySet[Notification]) -> None:
    """Make what this hat has read unread again."""
    if notifications.filter(membership=by, read_at__isnull=False).update(read_at=None):
        _hint(by)
