"""Minutes that reached the wrong person are taken back: with a notice, a reason and an audit row (peers.md 1)."""

from collections.abc import Collection

from django.db.models import QuerySet
from django.utils import timezone

from meetings.actions.approvals import settle
from meetings.actions.minutes import close_watched, members_of, minutes_notice, move_minutes
from meetings.actions.steps import lock_meeting, require_arranger, topics_of, write_event
from meetings.models import Meeting, Minutes, MinutesRecipient
from meetings.queries.minutes import adjusters_left, adjusters_waited_for, newest_version
from meetings.rules import is_arranger
from meetings.states import MinutesState
from notifications.actions import Notice, close_notices, deliver
from workspace.actions import action
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.rules import Hat


@action
def withdraw_minutes(*, by: Hat, minutes: Minutes, recipients: Collection[int], reason: str) -> None:
    """Take the meeting's minutes back from those they should not have been sent to. `recipients` are of this version.

    In order: every version there is so far is closed to them, the history and the audit row are written, what they
    were told of these minutes leaves their notices, and they are told that the minutes are taken back. Where none of
    those asked to approve has it any longer, the minutes are a draft again, also where one of them had signed; where
    all others have approved, they are approved.

    Refuses who does not arrange the meeting, nobody chosen, no reason, and somebody who arranges it, who reads all
    minutes anyway. `SomebodyWasFaster` where it has been done already.
    """
    meeting = lock_meeting(minutes.meeting)
    require_arranger(by, meeting)
    if not reason.strip():
        raise NotAllowed("Skriv varför protokollet återkallas. De som fick det får läsa det.")
    rows = list(_living(minutes).filter(pk__in=recipients))
    if not recipients:
        raise NotAllowed("Välj vem protokollet ska återkallas för.")
    if len(rows) != len(set(recipients)):
        raise SomebodyWasFaster("Protokollet är redan återkallat. Så här ser det ut nu.")
    hats = [row.attendance.member or row.attendance.role for row in rows]
    if any(hat is not None and is_arranger(hat, meeting.group) for hat in hats):
        raise NotAllowed("Den som ordnar mötet har alltid tillgång till protokollet.")
    attendances = [row.attendance for row in rows]
    MinutesRecipient.objects.filter(
        minutes__meeting=meeting, attendance__in=attendances, withdrawn_at__isnull=True
    ).update(withdrawn_at=timezone.now(), withdrawn_reason=reason.strip())
    write_event(meeting, "minutes_withdraw", by=by, text=reason.strip())
    told = members_of(attendances)
    close_notices(kind_prefix="meeting.minutes", object_id=meeting.pk, memberships=told)
    notices = [minutes_notice("meeting.minutes_withdrawn", meeting, told, by=by), *_after(meeting, by=by)]
    deliver(notices, topics_of(meeting, part="minutes"))


def _living(minutes: Minutes) -> QuerySet[MinutesRecipient]:
    return MinutesRecipient.objects.filter(minutes=minutes, withdrawn_at__isnull=True).select_related(
        "attendance__member", "attendance__role"
    )


def _after(meeting: Meeting, *, by: Hat) -> list[Notice]:
    """Where a version waits to be approved: go on without those who no longer read it."""
    newest = newest_version(meeting)
    if newest is None or meeting.minutes_state != MinutesState.SENT or adjusters_waited_for(newest):
        return []
    if adjusters_left(newest):
        return settle(meeting, newest, by=by)
    move_minutes(meeting, MinutesState.SENT, MinutesState.DRAFT)
    close_watched(meeting)
    return []
