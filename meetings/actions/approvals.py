"""The adjusters' answer: yes, that is what was said; or no, and what should be changed (L42)."""

from meetings.actions.minutes import close_asked, members_of, minutes_notice, move_minutes
from meetings.actions.steps import FASTER, lock_meeting, topics_of, write_event
from meetings.models import Meeting, Minutes, MinutesApproval, MinutesRecipient
from meetings.queries.minutes import (
    adjusters_waited_for,
    approvals_of,
    arrangers_told,
    newest_version,
    recipients_of,
)
from meetings.rules import hat_fields, is_arranger
from meetings.states import MinutesAnswer, MinutesState
from notifications.actions import Notice, deliver
from workspace.actions import action
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.rules import Hat

NOT_ASKED = "Det är de som är valda att justera som gör det."


@action
def approve_minutes(*, by: Hat, minutes: Minutes) -> None:
    """An adjuster says that the version is right; with the last of them it is approved and locked.

    In order: the answer, the history, and when all have answered the state and a notice to everybody who got it.
    Refuses who is not asked. `SomebodyWasFaster` where the version no longer waits, or who asks has answered.
    """
    meeting = _lock_waiting(minutes)
    _require_asked(by, minutes)
    if by.hat_key in {row.hat_key for row in approvals_of(minutes)}:
        raise SomebodyWasFaster("Du har redan svarat. Så här ser det ut nu.")
    MinutesApproval.objects.create(minutes=minutes, answer=MinutesAnswer.APPROVED, **hat_fields(by))
    write_event(meeting, "minutes_approve", by=by)
    close_asked(meeting, {by.pk})
    deliver(settle(meeting, minutes, by=by), topics_of(meeting, part="minutes"))


@action
def object_to_minutes(*, by: Hat, minutes: Minutes, comment: str) -> None:
    """An adjuster, or whoever arranges the meeting, wants a change: the minutes are a draft again.

    In order: the answer with its comment, the state, the history, the questions to the adjusters are closed, and the
    chair and the secretary are told. Refuses who is neither, and an empty comment. `SomebodyWasFaster` where the
    version no longer waits.
    """
    meeting = _lock_waiting(minutes)
    if not is_arranger(by, meeting.group):
        _require_asked(by, minutes)
    if not comment.strip():
        raise NotAllowed("Skriv vad som ska ändras.")
    MinutesApproval.objects.create(
        minutes=minutes, answer=MinutesAnswer.OBJECTED, comment=comment.strip(), **hat_fields(by)
    )
    move_minutes(meeting, MinutesState.SENT, MinutesState.DRAFT)
    write_event(meeting, "minutes_object", by=by)
    close_asked(meeting, members_of(row.attendance for row in recipients_of(minutes) if row.is_adjuster))
    told = arrangers_told(meeting)
    deliver([minutes_notice("meeting.minutes_objected", meeting, told, by=by)], topics_of(meeting, part="minutes"))


def settle(meeting: Meeting, minutes: Minutes, *, by: Hat) -> list[Notice]:
    """Approve and lock a version that waits for nobody any longer. Returns what to tell; the caller delivers."""
    if adjusters_waited_for(minutes):
        return []
    move_minutes(meeting, MinutesState.SENT, MinutesState.APPROVED)
    write_event(meeting, "minutes_approved", by=by)
    told = members_of(row.attendance for row in recipients_of(minutes) if row.withdrawn_at is None)
    return [minutes_notice("meeting.minutes_approved", meeting, told, by=by)]


def _lock_waiting(minutes: Minutes) -> Meeting:
    """The meeting, locked, with this version waiting to be approved."""
    meeting = lock_meeting(minutes.meeting)
    newest = newest_version(meeting)
    if meeting.minutes_state != MinutesState.SENT or newest is None or newest.pk != minutes.pk:
        raise SomebodyWasFaster(FASTER)
    return meeting


def _require_asked(by: Hat, minutes: Minutes) -> None:
    asked = MinutesRecipient.objects.filter(minutes=minutes, is_adjuster=True, withdrawn_at__isnull=True)
    if by.hat_key not in {row.attendance.hat_key for row in asked.select_related("attendance")}:
        raise NotAllowed(NOT_ASKED)
