"""Notices: deliver, mark as read, close, begin a new epoch."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.utils import timezone

from notifications.models import Counter, Epoch, Notification
from workspace.actions import action, record_act
from workspace.live import Hint, hat_group, push_on_commit
from workspace.models import Agency, Membership
from workspace.states import AuditAct

Topics = Sequence[tuple[str, Hint]]


@dataclass(frozen=True)
class Notice:
    """What to tell, and exactly whom. An inner action returns these; the outermost delivers them once."""

    kind: str
    number: str
    object_id: int
    acting_agency: Agency | None
    recipients: frozenset[int] = field(default_factory=frozenset)  # memberships


def deliver(notices: Sequence[Notice], topics: Topics = ()) -> None:
    """Write one row per notice and recipient, numbered without gaps, and hint at them after the commit.

    The last statement of the outermost action: counters are locked in recipient order, so two actions never wait for
    each other crosswise, and no number is given that a rollback could take away. `topics` are hints to open pages.
    """
    recipients = sorted({person for notice in notices for person in notice.recipients})
    known = set(Counter.objects.filter(pk__in=recipients).values_list("pk", flat=True))
    Counter.objects.bulk_create(
        [Counter(membership_id=pk) for pk in recipients if pk not in known], ignore_conflicts=True
    )
    counters = {c.pk: c for c in Counter.objects.select_for_update().filter(pk__in=recipients).order_by("pk")}
    rows = []
    for notice in notices:
        for pk in sorted(notice.recipients):
            counters[pk].last_seq += 1
            rows.append(
                Notification(
                    membership_id=pk,
                    seq=counters[pk].last_seq,
                    kind=notice.kind,
                    number=notice.number,
                    object_id=notice.object_id,
                    acting_agency=notice.acting_agency,
                )
            )
    Counter.objects.bulk_update(counters.values(), ["last_seq"])
    Notification.objects.bulk_create(rows)
    created = [
        (hat_group(f"m{row.membership_id}"), {"type": "notification.created", "id": row.pk, "seq": row.seq})
        for row in rows
    ]
    if created or topics:
        push_on_commit([*created, *topics])


@action
def mark_read(*, by: Membership, notifications: QuerySet[Notification]) -> None:
    """Mark what this hat has been told as read, on all its devices at once."""
    if notifications.filter(membership=by, read_at__isnull=True).update(read_at=timezone.now()):
        push_on_commit([(hat_group(by.hat_key), {"type": "changed", "topic": "bell"})])


def close_notices(*, kind_prefix: str, object_id: int, memberships: Iterable[int] | None = None) -> None:
    """Take notices that ask for nothing any longer out of these lists; None: out of everybody's who was told.

    Call it inside an action.
    """
    told = Notification.objects.filter(kind__startswith=kind_prefix, object_id=object_id, closed_at__isnull=True)
    if memberships is not None:
        told = told.filter(membership__in=memberships)
    told.update(closed_at=timezone.now())


@action
def begin_new_epoch() -> uuid.UUID:
    """After a restore: every open page reloads, since its sequence numbers are from before it (house.md 5)."""
    value = uuid.uuid4()
    Epoch.objects.update_or_create(pk=1, defaults={"value": value})
    record_act(by=None, act=AuditAct.WRITE, what="epoch")
    return value
