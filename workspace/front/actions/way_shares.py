"""Telling another agency a part of somebody's way: told to the desk that may read it, and to nobody else (L8, L11)."""

from collections.abc import Collection, Sequence

from django.utils import timezone

from notifications.actions import Notice, close_notices, deliver
from notifications.models import Notification
from workspace.actions import action
from workspace.live import Hint, changed
from workspace.models import Agency, ConsentRow, Function, Ground, Membership
from workspace.pathway.actions.shares import Ended, close_lapsed, end_on_ground_lost, take_back_part, tell_parts
from workspace.pathway.models import Enrolment, PartShare
from workspace.pathway.queries.shares import members_told
from workspace.pathway.states import Part
from workspace.queries import present_at_desk
from workspace.swedish import say_date

TOLD = "way.part_told"
Said = tuple[list[Notice], list[tuple[str, Hint]]]


@action
def tell_way(
    *,
    by: Membership,
    enrolment: Enrolment,
    desk: Function,
    parts: Collection[Part],
    ground: Ground,
    reason: str = "",
) -> list[PartShare]:
    """Tell a desk some parts of a way (`tell_parts`, whose refusals are the same), and tell those who work there so."""
    shares = tell_parts(by=by, enrolment=enrolment, desk=desk, parts=parts, ground=ground, reason=reason)
    told = frozenset(present_at_desk(desk) - {by.pk})
    notice = Notice(TOLD, say_date(timezone.localdate()), enrolment.pk, by.agency, told)
    deliver([notice], [_hint(enrolment, desk.agency)])
    return shares


@action
def stop_telling(*, by: Membership, share: PartShare) -> None:
    """Take back one part from a desk (`take_back_part`). Its open pages close within a second, and it is told."""
    deliver(*_say_it_ended([take_back_part(by=by, share=share)]))


def on_ground_lost(rows: Sequence[ConsentRow]) -> Said:
    """Close what rested on withdrawn consent rows. Inside an action that has locked the participant and the rows.

    Each desk that reads something no more is told once, by the agency that told it: whether staff registered it or the
    participant did it themselves. Notices that lead nowhere any more are closed. Returns notices and hints; delivers
    nothing.
    """
    return _say_it_ended(end_on_ground_lost(rows))


@action
def close_lapsed_shares(*, enrolment: Enrolment) -> None:
    """See to the shares of a way whose time has run out, and close the notices that led to them. Tells nobody."""
    close_lapsed(enrolment=enrolment)
    _close_unread(enrolment)


def _say_it_ended(ended: Sequence[Ended]) -> Said:
    notices = []
    for one in ended:
        _close_unread(one.enrolment)
        told, day = frozenset(present_at_desk(one.function)), say_date(timezone.localdate(one.told_at))
        notices.append(Notice("way.part_ended", day, one.enrolment.pk, one.enrolment.agency, told))
    return notices, [_hint(one.enrolment, one.function.agency) for one in ended]


def _close_unread(enrolment: Enrolment) -> None:
    """Close what says that a way was told, for whoever is told nothing of it any more."""
    open_ones = Notification.objects.filter(kind=TOLD, object_id=enrolment.pk, closed_at__isnull=True)
    lost = set(open_ones.values_list("membership", flat=True)) - members_told(enrolment)
    close_notices(kind_prefix=TOLD, object_id=enrolment.pk, memberships=lost)


def _hint(enrolment: Enrolment, agency: Agency) -> tuple[str, Hint]:
    return changed("way", enrolment.pk, f"myndighet{agency.pk}")
