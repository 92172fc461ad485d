"""Reading what a hat has been told."""

from datetime import datetime

from django.db.models import QuerySet

from notifications.models import Counter, Epoch, Notification
from workspace.models import Membership


def epoch() -> str:
    """The present epoch, as the wire says it."""
    return str(Epoch.objects.values_list("value", flat=True).get(pk=1))


def last_seq(member: Membership) -> int:
    """The highest sequence number this hat has been given; 0 before the first."""
    return Counter.objects.filter(pk=member.pk).values_list("last_seq", flat=True).first() or 0


def notifications_of(member: Membership) -> QuerySet[Notification]:
    """What this hat has been told and can still open, newest first."""
    return (
        Notification.objects.filter(membership=member, closed_at__isnull=True)
        .select_related("acting_agency")
        .order_by("-seq")
    )


def notifications_since(member: Membership, since: datetime) -> QuerySet[Notification]:
    return notifications_of(member).filter(made_at__gte=since)


def notifications_about(member: Membership, kind_prefix: str, object_id: int) -> QuerySet[Notification]:
    """What this hat has been told of one thing."""
    return Notification.objects.filter(membership=member, kind__startswith=kind_prefix, object_id=object_id)


def unread_count(member: Membership) -> int:
    return Notification.objects.filter(membership=member, read_at__isnull=True, closed_at__isnull=True).count()


def sequence_after(membership_id: int, seq: int) -> list[tuple[int, int]]:
    """(id, seq) of everything told after `seq`, in order. Closed and read ones too: the sequence has no gaps."""
    return list(
        Notification.objects.filter(membership_id=membership_id, seq__gt=seq).order_by("seq").values_list("pk", "seq")
    )
