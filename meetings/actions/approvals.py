"""The adjusters' answer: yes, that is what was said; or no, and what should be changed (L42)."""

from meetings.actions.minutes import close_asked, close_watched, members_of, minutes_notice, move_minutes
from meetings.actions.sealing import require_whole, seal
from meetings.actions.steps import FASTER, lock_meeting, require_arranger, topics_of, write_event
from meetings.models import Meeting, Minutes, MinutesApproval, MinutesRecipient
from meetings.queries.minutes import (
    adjusters_waited_for,
    approvals_of,
    arrangers_told,
    newest_version,
    recipients_of,
    replacements,
)
from meetings.rules import hat_fields, is_arranger
from meetings.states import MinutesAnswer, MinutesState
from notifications.actions import Notice, deliver
from workspace.actions import action
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.rules import Hat

NOT_ASKED = "Det är de som är valda att justera som gör det."
CHANGED = "Protokollet har ändrats sedan du öppnade det. Du har inte skrivit under. Läs den nya versionen först."


@action
def approve_minutes(*, by: Hat, minutes: Minutes, digest: str | None = None) -> None:
    """An adjuster says that the version is right; with the last of them it is approved, locked and sealed.

    `digest` is that of what the signer has read; None where the caller holds the row itself. In order: the answer, the
    history, and when all have answered the seal, the state and a notice to everybody who got it. Refuses who is not
    asked, and content that is not what was sent. `SomebodyWasFaster` where there is a newer version or the digest is
    another, where the version no longer waits, or where who asks has answered. Nothing is signed then.
    """
    meeting = _lock_waiting(minutes)
    _require_asked(by, minutes)
    if digest is not None and digest != minutes.digest:
        raise SomebodyWasFaster(CHANGED)
    require_whole(minutes)
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
    close_watched(meeting)
    told = arrangers_told(meeting)
    deliver([minutes_notice("meeting.minutes_objected", meeting, told, by=by)], topics_of(meeting, part="minutes"))


def settle(meeting: Meeting, minutes: Minutes, *, by: Hat) -> list[Notice]:
    """Approve, lock and seal a version that waits for nobody any longer. The history keeps the seal's digest.

    Returns what to tell; the caller delivers.
    """
    if adjusters_waited_for(minutes):
        return []
    sealed = seal(meeting, minutes)
    move_minutes(meeting, MinutesState.SENT, MinutesState.APPROVED)
    write_event(meeting, "minutes_approved", by=by, text=sealed.digest)
    close_watched(meeting)
    told = members_of(row.attendance for row in recipients_of(minutes) if row.withdrawn_at is None)
    return [minutes_notice("meeting.minutes_approved", meeting, told, by=by)]


@action
def replace_adjuster(*, by: Hat, minutes: Minutes, leaves: int, comes: int) -> None:
    """Somebody else is to sign in the place of an adjuster who has not. `leaves` and `comes` are recipients.

    In order: the two rows, the history, the question to the one is closed and the other is asked. The version is
    approved when the new one has signed, where all others have. Refuses who does not arrange the meeting, and somebody
    who was not at the meeting or did not get the version. `SomebodyWasFaster` where it no longer waits for the first,
    or already for the second.
    """
    meeting = _lock_waiting(minutes)
    require_arranger(by, meeting)
    waited = {row.pk: row for row in adjusters_waited_for(minutes)}
    old = waited.get(leaves)
    if old is None:
        raise SomebodyWasFaster(FASTER)
    new = next((row for row in replacements(minutes) if row.pk == comes), None)
    if new is None:
        raise NotAllowed("Välj någon som var med på mötet och har fått protokollet, och som inte redan ska justera.")
    MinutesRecipient.objects.filter(pk=old.pk).update(is_adjuster=False)
    MinutesRecipient.objects.filter(pk=new.pk).update(is_adjuster=True)
    write_event(meeting, "minutes_replace", by=by)
    close_asked(meeting, members_of([old.attendance]))
    told = members_of([new.attendance])
    deliver([minutes_notice("meeting.minutes_to_approve", meeting, told, by=by)], topics_of(meeting, part="minutes"))


def _lock_waiting(minutes: Minutes) -> Meeting:
    """The meeting, locked, with this version waiting to be approved."""
    meeting = lock_meeting(minutes.meeting)
    newest = newest_version(meeting)
    if newest is None or newest.pk != minutes.pk:
        raise SomebodyWasFaster(CHANGED)
    if meeting.minutes_state != MinutesState.SENT:
        raise SomebodyWasFaster(FASTER)
    return meeting


def _require_asked(by: Hat, minutes: Minutes) -> None:
    asked = MinutesRecipient.objects.filter(minutes=minutes, is_adjuster=True, withdrawn_at__isnull=True)
    if by.hat_key not in {row.attendance.hat_key for row in asked.select_related("attendance")}:
        raise NotAllowed(NOT_ASKED)
