"""Notices: deliver, mark as read, clear, close, begin a new epoch."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet
from django.utils import timezone

from notifications.actions.webhooks import queue_webhook_messages
from notifications.models import Counter, Epoch, Follow, KindChoice, Notification
from notifications.registry import all_kinds
from notifications.states import Urgency
from workspace.actions import action, record_act
from workspace.live import Hint, hat_group, push_on_commit
from workspace.models import Agency, Membership
from workspace.states import AuditAct

Topics = Sequence[tuple[str, Hint]]


@dataclass(frozen=True)
class Notice:
    """What to tell, and exactly whom. An inner action returns these; the outermost delivers them once.

    `followers` may open it too and have asked to be told, though nothing in it is for them to do: for them a kind that
    waits for somebody only says that something is another than before. Whoever is both is a recipient.
    """

    kind: str
    number: str
    object_id: int
    acting_agency: Agency | None
    recipients: frozenset[int] = field(default_factory=frozenset)  # memberships
    followers: frozenset[int] = field(default_factory=frozenset)  # memberships

    @property
    def told(self) -> frozenset[int]:
        return self.recipients | self.followers

    def urgency_for(self, membership: int) -> Urgency:
        found = all_kinds()[self.kind].urgency
        return found if membership in self.recipients else max(found, Urgency.KNOW)


def deliver(notices: Sequence[Notice], topics: Topics = ()) -> None:
    """Write one row per notice and recipient, numbered without gaps, and hint at them after the commit.

    What somebody has chosen not to be shown, or about a thing they have unfollowed, is told as read: the sequence has
    no gaps, the bell stays still and no mail is for it. Never what waits for them.

    The last statement of the outermost action: counters are locked in recipient order, so two actions never wait for
    each other crosswise, and no number is given that a rollback could take away. `topics` are hints to open pages.
    As many queries for thirty recipients as for one.
    """
    recipients = sorted({person for notice in notices for person in notice.told})
    known = set(Counter.objects.filter(pk__in=recipients).values_list("pk", flat=True))
    Counter.objects.bulk_create(
        [Counter(membership_id=pk) for pk in recipients if pk not in known], ignore_conflicts=True
    )
    counters = {c.pk: c for c in Counter.objects.select_for_update().filter(pk__in=recipients).order_by("pk")}
    unwanted, now = _unwanted(notices), timezone.now()
    rows = []
    for notice in notices:
        for pk in sorted(notice.told):
            counters[pk].last_seq += 1
            urgency = notice.urgency_for(pk)
            is_read = urgency != Urgency.ACT and (pk, notice.kind, notice.object_id) in unwanted
            rows.append(
                Notification(
                    membership_id=pk,
                    seq=counters[pk].last_seq,
                    kind=notice.kind,
                    number=notice.number,
                    object_id=notice.object_id,
                    urgency=urgency,
                    acting_agency=notice.acting_agency,
                    read_at=now if is_read else None,
                )
            )
    Counter.objects.bulk_update(counters.values(), ["last_seq"])
    Notification.objects.bulk_create(rows)
    queue_webhook_messages(rows)
    created = [
        (hat_group(f"m{row.membership_id}"), {"type": "notification.created", "id": row.pk, "seq": row.seq})
        for row in rows
    ]
    if created or topics:
        push_on_commit([*created, *topics])


def _unwanted(notices: Sequence[Notice]) -> set[tuple[int, str, int]]:
    """(hat, kind, thing) of what somebody has turned off on the page, or unfollowed. Two queries, whatever is told."""
    told = {pk for notice in notices for pk in notice.told}
    kinds = {notice.kind for notice in notices}
    off = set(
        KindChoice.objects.filter(kind__in=kinds, on_page=False, user__memberships__in=told).values_list(
            "user__memberships", "kind"
        )
    )
    things = Q(pk__in=[])
    for about, pk in {(all_kinds()[notice.kind].about, notice.object_id) for notice in notices}:
        things |= Q(about=about, object_id=pk)
    left = set(
        Follow.objects.filter(things, membership__in=told, follows=False).values_list(
            "membership", "about", "object_id"
        )
    )
    return {
        (pk, notice.kind, notice.object_id)
        for notice in notices
        for pk in notice.told
        if (pk, notice.kind) in off or (pk, all_kinds()[notice.kind].about, notice.object_id) in left
    }


@action
def mark_read(*, by: Membership, notifications: QuerySet[Notification]) -> None:
    """Mark what this hat has been told as read, on all its devices at once."""
    if notifications.filter(membership=by, read_at__isnull=True).update(read_at=timezone.now()):
        _hint_bells([by.pk])


def clear_notices(*, kinds: Collection[str], object_id: int, memberships: Iterable[int] | None = None) -> None:
    """What these notices asked for is done: mark them as read for these hats, None: for all who were told.

    On all their devices at once. They stay in the lists, and lead where they led. Call it inside an action, before it
    delivers: what the act itself tells is news.
    """
    told = Notification.objects.filter(
        kind__in=kinds, object_id=object_id, read_at__isnull=True, closed_at__isnull=True
    )
    if memberships is not None:
        told = told.filter(membership__in=memberships)
    _set_at(told, "read_at")


def close_notices(*, kind_prefix: str, object_id: int, memberships: Iterable[int] | None = None) -> None:
    """Take notices that ask for nothing any longer out of these lists; None: out of everybody's who was told.

    On all their devices at once. Call it inside an action.
    """
    told = Notification.objects.filter(kind__startswith=kind_prefix, object_id=object_id, closed_at__isnull=True)
    if memberships is not None:
        told = told.filter(membership__in=memberships)
    _set_at(told, "closed_at")


def _set_at(told: QuerySet[Notification], moment: str) -> None:
    """Write a moment on these rows, and let the bells of those whose they are look again."""
    rows = dict(told.values_list("pk", "membership"))
    if rows:
        Notification.objects.filter(pk__in=rows, **{f"{moment}__isnull": True}).update(**{moment: timezone.now()})
        _hint_bells(rows.values())


def _hint_bells(memberships: Iterable[int]) -> None:
    push_on_commit([(hat_group(f"m{pk}"), {"type": "changed", "topic": "bell"}) for pk in sorted(set(memberships))])


@action
def begin_new_epoch() -> uuid.UUID:
    """After a restore: every open page reloads, since its sequence numbers are from before it (house.md 5)."""
    value = uuid.uuid4()
    Epoch.objects.update_or_create(pk=1, defaults={"value": value})
    record_act(by=None, act=AuditAct.WRITE, what="epoch")
    return value
