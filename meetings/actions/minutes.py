"""Minutes: sent in a version that stays, opened again to be corrected, read (L41, L42)."""

from collections.abc import Collection, Iterable

from django.utils import timezone

from meetings.actions.steps import FASTER, lock_meeting, require_arranger, topics_of, write_event
from meetings.models import Attendance, Meeting, Minutes, MinutesPart, MinutesRecipient
from meetings.queries.drafting import draft_of
from meetings.queries.minutes import newest_version, obstacles_to_sending, recipients_possible
from meetings.queries.sealing import is_formal
from meetings.rules import hat_fields, of_hat
from meetings.states import MeetingState, MinutesState
from notifications.actions import Notice, clear_notices, close_notices, deliver
from workspace.actions import action
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Membership
from workspace.rules import Hat
from workspace.swedish import say_date


@action
def send_minutes(
    *, by: Hat, meeting: Meeting, adjusters: Collection[int], reason: str = "", left_out: Collection[int] = ()
) -> Minutes:
    """Freeze the draft as the next version and send it for approval.

    In order: the meeting goes from draft to sent, the version with its parts and digest is written, its recipients, the
    history, and the notices: to approve to the adjusters, to read to the others (from the second version on: that it is
    corrected). `adjusters` and `left_out` are attendances. Recipients are all of `recipients_possible` but `left_out`.

    Refuses who does not arrange the meeting; one that has not been held; with somebody's text waiting to be merged or
    gender equality missing or unanswered; without an adjuster who was there and gets it; a correction without its
    reason.
    `SomebodyWasFaster` where the minutes already are on their way (R15, L42).
    """
    meeting = lock_meeting(meeting)
    require_arranger(by, meeting)
    if meeting.state != MeetingState.HELD:
        raise NotAllowed("Protokollet kan skickas när mötet har hållits.")
    obstacles = obstacles_to_sending(meeting)
    if obstacles:
        raise NotAllowed(obstacles[0].sentence)
    possible = recipients_possible(meeting)
    told = [row for row in possible if row.pk not in left_out]
    approving = {row.pk for row in told if row.pk in adjusters and row.present_how}
    if not approving or approving != set(adjusters):
        raise NotAllowed("Välj minst en som ska justera. Den ska ha varit med på mötet och få protokollet.")
    before = newest_version(meeting)
    if before is not None and not reason.strip():
        raise NotAllowed("Skriv vad som är rättat.")
    move_minutes(meeting, MinutesState.DRAFT, MinutesState.SENT)
    minutes = _freeze(meeting, by, version=before.version + 1 if before else 1, reason=reason.strip() if before else "")
    MinutesRecipient.objects.bulk_create(
        MinutesRecipient(minutes=minutes, attendance=row, is_adjuster=row.pk in approving) for row in told
    )
    write_event(meeting, "minutes_send", by=by, text=minutes.reason)
    kind = "meeting.minutes_corrected" if before else "meeting.minutes_sent"
    clear_notices(kinds=["meeting.minutes_objected"], object_id=meeting.pk)
    asked = [row for row in told if row.pk in approving]
    notices = [
        minutes_notice("meeting.minutes_to_approve", meeting, members_of(asked), by=by),
        minutes_notice(kind, meeting, members_of(told) - members_of(asked), by=by),
    ]
    deliver(notices, topics_of(meeting, part="minutes"))
    return minutes


def _freeze(meeting: Meeting, by: Hat, *, version: int, reason: str) -> Minutes:
    draft = draft_of(meeting)
    minutes = Minutes.objects.create(
        meeting=meeting,
        version=version,
        reason=reason,
        sent_at=timezone.now(),
        head=draft.head,
        attendance=draft.attendance,
        digest=draft.digest,
        **hat_fields(by),
    )
    MinutesPart.objects.bulk_create(
        MinutesPart(
            minutes=minutes, item_id=part.item_id, position=part.position, is_case=part.is_case, content=part.content
        )
        for part in draft.parts
    )
    return minutes


@action
def correct_minutes(*, by: Hat, meeting: Meeting, reason: str) -> None:
    """Open approved minutes again, to be sent as the next version; the approved one stays readable and sealed.

    Writes the history with the reason, then the state: the database asks for them in that order (migration 0007). Tells
    nobody: the sending does. Refuses who does not arrange the meeting, formal minutes, and an empty reason;
    `SomebodyWasFaster` where the minutes are not approved (L42).
    """
    meeting = lock_meeting(meeting)
    require_arranger(by, meeting)
    newest = newest_version(meeting)
    if newest is not None and is_formal(newest) and meeting.minutes_state == MinutesState.APPROVED:
        raise NotAllowed("Justerade protokoll ändras inte. Skriv ett tillägg.")
    if not reason.strip():
        raise NotAllowed("Skriv vad som ska rättas.")
    if meeting.minutes_state != MinutesState.APPROVED:
        raise SomebodyWasFaster(FASTER)
    write_event(meeting, "minutes_correct", by=by, text=reason.strip())
    move_minutes(meeting, MinutesState.APPROVED, MinutesState.DRAFT)
    deliver([], topics_of(meeting, part="minutes"))


@action
def mark_minutes_read(*, by: Hat, minutes: Minutes) -> None:
    """Note the first time a recipient opens a version; for anybody else it does nothing."""
    own = MinutesRecipient.objects.filter(of_hat(by, "attendance__"), minutes=minutes, withdrawn_at__isnull=True)
    own.filter(read_at__isnull=True).update(read_at=timezone.now())


# ---------- what the verbs of minutes share ----------
def move_minutes(meeting: Meeting, source: MinutesState, target: MinutesState) -> None:
    """The one way the minutes change state. The meeting is locked; `SomebodyWasFaster` where they are elsewhere."""
    if not Meeting.objects.filter(pk=meeting.pk, minutes_state=source).update(minutes_state=target):
        raise SomebodyWasFaster(FASTER)
    meeting.minutes_state = target


def members_of(rows: Iterable[Attendance]) -> set[int]:
    """The memberships among them. A role has no notices: its pages are told by their topic."""
    return {row.member_id for row in rows if row.member_id}


def minutes_notice(kind: str, meeting: Meeting, recipients: Iterable[int], *, by: Hat | None) -> Notice:
    """A notice in a whole sentence, so without an agency before it. Never to who acts; None is the clock."""
    told = frozenset(recipients) - ({by.pk} if isinstance(by, Membership) else set())
    return Notice(kind, say_date(timezone.localdate(meeting.starts_at)), meeting.pk, None, told)


def close_asked(meeting: Meeting, memberships: Iterable[int]) -> None:
    """They are no longer asked to approve these minutes: the question and its reminders leave their lists."""
    told = list(memberships)
    for kind in ("meeting.minutes_to_approve", "meeting.minutes_to_sign"):
        close_notices(kind_prefix=kind, object_id=meeting.pk, memberships=told)


def close_watched(meeting: Meeting) -> None:
    """What the arrangers were reminded of has happened: the version is signed, or a draft again."""
    for kind in ("meeting.minutes_unsigned", "meeting.minutes_due", "meeting.minutes_late"):
        close_notices(kind_prefix=kind, object_id=meeting.pk)
