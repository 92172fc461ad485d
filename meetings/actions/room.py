"""What happens in the live room: the meeting begins, goes on and ends, the pen changes hands, people come and go."""

from collections.abc import Iterable

from django.db.models import F
from django.utils import timezone

from meetings.actions.attendance import mark_joined
from meetings.actions.carrying import carried_topics
from meetings.actions.gender import answer_gender_equality
from meetings.actions.openings import open_next
from meetings.actions.steps import (
    FASTER,
    lock_meeting,
    notice_of,
    require_leader,
    step,
    topics_of,
    write_event,
)
from meetings.models import AgendaItem, Attendance, Meeting
from meetings.queries import attendance_of
from meetings.queries.minutes import GENDER_MISSING, steering_roles
from meetings.queries.room import HERE_FOR, can_hold_pen, can_resume, here_now, outside_item
from meetings.rules import can_change_content, has_pen, hat_fields
from meetings.states import Answer, ItemKind, MeetingState, MeetingVerb
from notifications.actions import deliver
from workspace.actions import action
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.rules import Hat

__all__ = ["answer_gender_equality"]  # a verb of the room too: whoever works there finds it with the others

LONGEST_ITEM = 600  # minutes: beyond this, more time is a mistake
ROOM_OPEN = {MeetingState.PLANNED, MeetingState.CALLED, MeetingState.IN_PROGRESS}


# ---------- begin, go on, end ----------
@action
def start_meeting(*, by: Hat, meeting: Meeting) -> Meeting:
    """Begin: the first item is current, and the secretary has the pen if here, else whoever begins.

    In order: the meeting's step, history and audit; the starter is present; the first item's time; the series' next
    meeting opens; whoever said yes and is not here is told. Refuses whoever does not arrange the group's meetings.
    """
    meeting = lock_meeting(meeting)
    step(meeting, MeetingVerb.START, by=by)
    now = timezone.now()
    own = mark_joined(meeting=meeting, hat=by)
    here = list(here_now(meeting, now))
    pen = next((row for row in here if row.member_id and row.member_id == meeting.group.secretary_id), own)
    first = AgendaItem.objects.filter(meeting=meeting).order_by("position", "pk").first()
    Meeting.objects.filter(pk=meeting.pk).update(started_at=now, current_item=first, pen=pen)
    if first is not None:
        AgendaItem.objects.filter(pk=first.pk).update(started_at=now)
    coming = Attendance.objects.filter(meeting=meeting, answer=Answer.COMING, member__isnull=False)
    absent = coming.filter(present_at__isnull=True).exclude(pk__in=[row.pk for row in here])
    told = set(absent.values_list("member", flat=True)) - {own.member_id}
    open_next(series=meeting.series, by=by)
    deliver([notice_of("meeting.started", meeting, told)], topics_of(meeting))
    return meeting


@action
def go_to_item(*, by: Hat, meeting: Meeting, leaving: int, to: int | None = None) -> AgendaItem:
    """Leave the item that the page showed as current (0: none) for the next one, or for a chosen one.

    An item that was left before begins again (a case goes on); its notes are as they were. Refuses
    `SomebodyWasFaster` where the meeting has left that item already, so that two who press at once move it once; and
    where there is nothing after it.
    """
    meeting = _lock_running(by, meeting)
    if (meeting.current_item_id or 0) != leaving:
        raise SomebodyWasFaster(FASTER)
    target = _target(meeting, to)
    now = timezone.now()
    AgendaItem.objects.filter(meeting=meeting, pk=leaving).update(ended_at=now)
    # Of a case the first time stays: whoever heard it then, and has lost it since, still writes its own note (L15).
    began = target.started_at if target.kind == ItemKind.CASE and target.started_at else now
    AgendaItem.objects.filter(pk=target.pk).update(started_at=began, ended_at=None)
    Meeting.objects.filter(pk=meeting.pk).update(current_item=target)
    write_event(meeting, "go_to_item", by=by)
    deliver([], topics_of(meeting))
    return target


def _target(meeting: Meeting, to: int | None) -> AgendaItem:
    """The chosen item of this meeting; else the one after the current; else the first that has not begun."""
    items = AgendaItem.objects.filter(meeting=meeting).order_by("position", "pk")
    current = meeting.current_item
    if to is not None:
        target = items.filter(pk=to).first()
    elif current is None:
        target = items.filter(started_at__isnull=True).first()
    else:
        after = [item for item in items if (item.position, item.pk) > (current.position, current.pk)]
        target = after[0] if after else None
    if target is None or target.pk == meeting.current_item_id:
        raise NotAllowed("Det finns ingen sådan punkt att gå till. Avsluta mötet när ni är klara.")
    return target


@action
def extend_item(*, by: Hat, meeting: Meeting, item: int, minutes: int = 5) -> None:
    """Give the current item more minutes. Refuses where the meeting has left it, and over ten hours in all."""
    meeting = _lock_running(by, meeting)
    if meeting.current_item_id != item:
        raise SomebodyWasFaster(FASTER)
    longest = LONGEST_ITEM - minutes
    if not AgendaItem.objects.filter(pk=item, minutes__lte=longest).update(minutes=F("minutes") + minutes):
        raise NotAllowed("Punkten har redan tio timmar. Gå vidare till nästa punkt.")
    write_event(meeting, "extend_item", by=by)
    deliver([], topics_of(meeting, part="head agenda"))


@action
def finish_meeting(*, by: Hat, meeting: Meeting) -> None:
    """End the meeting and its current item; what is left of it stands on the next one's agenda.

    Of a steering group every role that steers or coordinates has its row then, so that the minutes reach them; who was
    not in the room is not present by it. Refused while gender equality is missing or unanswered (R15).
    """
    meeting = lock_meeting(meeting)
    require_leader(by, meeting)
    standing = AgendaItem.objects.filter(meeting=meeting, kind=ItemKind.GENDER_EQUALITY)
    if not standing.exists():
        raise NotAllowed(GENDER_MISSING)
    if standing.filter(gender_answer="").exists():
        raise NotAllowed("Jämställdhet är inte besvarad. Skriv ett beslut eller Ingen avvikelse.")
    step(meeting, MeetingVerb.FINISH, by=by)
    now = timezone.now()
    AgendaItem.objects.filter(meeting=meeting, started_at__isnull=False, ended_at__isnull=True).update(ended_at=now)
    Meeting.objects.filter(pk=meeting.pk).update(finished_at=now, current_item=None)
    rows = [Attendance(meeting=meeting, role=role) for role in steering_roles(meeting)]
    Attendance.objects.bulk_create(rows, ignore_conflicts=True)
    after = carried_topics(meeting)
    deliver([], [*topics_of(meeting), *after])


@action
def resume_meeting(*, by: Hat, meeting: Meeting) -> None:
    """Open a meeting again at the item it ended with. Refused once minutes of it have been sent, also while they are
    being corrected: then its times and who was there stand, and what is said under an item is changed in the room."""
    meeting = lock_meeting(meeting)
    if not can_resume(meeting):
        raise NotAllowed("Protokollet är redan skickat. Mötet går inte att öppna igen.")
    step(meeting, MeetingVerb.RESUME, by=by)
    last = AgendaItem.objects.filter(meeting=meeting, ended_at__isnull=False).order_by("-ended_at", "-position").first()
    if last is not None:
        AgendaItem.objects.filter(pk=last.pk).update(ended_at=None)
    Meeting.objects.filter(pk=meeting.pk).update(finished_at=None, current_item=last)
    deliver([], topics_of(meeting))


def _lock_running(by: Hat, meeting: Meeting) -> Meeting:
    """The meeting, locked; refuses one that is not going on, and whoever may not lead it."""
    meeting = lock_meeting(meeting)
    if meeting.state != MeetingState.IN_PROGRESS:
        raise SomebodyWasFaster(FASTER)
    require_leader(by, meeting)
    return meeting


# ---------- the pen ----------
@action
def take_pen(*, by: Hat, meeting: Meeting) -> None:
    """Take over the pen: write the notes from now on, and lead if need be (the chair's computer may have died).

    Whoever takes it is present; after the meeting, while its minutes are a draft, only who was there can. What the one
    before was typing is kept aside by their next save. Refuses whoever is only invited to an item, and a meeting that
    has not begun.
    """
    meeting = lock_meeting(meeting)
    own = attendance_of(by, meeting)
    was_there = own is not None and own.present_at is not None and can_change_content(meeting)
    if meeting.state != MeetingState.IN_PROGRESS and not (meeting.state == MeetingState.HELD and was_there):
        raise SomebodyWasFaster(FASTER)
    if not can_hold_pen(by, meeting):
        raise NotAllowed("Den som är inbjuden till en punkt skriver inga anteckningar.")
    if has_pen(by, meeting):
        return
    Meeting.objects.filter(pk=meeting.pk).update(pen=mark_joined(meeting=meeting, hat=by))
    write_event(meeting, "take_pen", by=by)
    deliver([], topics_of(meeting))


# ---------- here now ----------
@action
def say_here(*, by: Hat, meeting: Meeting, is_leaving: bool = False) -> None:
    """An open page says that its reader is here, every 25 seconds, or is leaving.

    In order: while the meeting goes on the hat is present (a guest while their item does); the time it was seen; those
    whose time has run out are no longer seen. A hint only where somebody came or went, and of an item's circle only
    to the circle. Neither history nor audit: it is no record, and it is written over and over.
    """
    now = timezone.now()
    if meeting.state not in ROOM_OPEN:
        return
    gone = list(Attendance.objects.filter(meeting=meeting, seen_at__lt=now - HERE_FOR))
    moved = {row.pk: row for row in gone}
    own = attendance_of(by, meeting)
    if is_leaving:
        if own is not None and own.seen_at is not None:
            moved[own.pk] = own
            Attendance.objects.filter(pk=own.pk).update(seen_at=None)
    else:
        own = _here(by, meeting, own)
        if own.seen_at is None or own.pk in moved:
            moved[own.pk] = own
        Attendance.objects.filter(pk=own.pk).update(seen_at=now)
    # Whoever has said so meanwhile stays.
    Attendance.objects.filter(pk__in=[row.pk for row in gone], seen_at__lt=now - HERE_FOR).update(seen_at=None)
    if moved:
        _tell_presence(meeting, moved.values())


def _here(by: Hat, meeting: Meeting, own: Attendance | None) -> Attendance:
    """The hat's own row, made if there is none; present where the meeting goes on and the hat takes part."""
    if own is not None and (own.present_at is not None or meeting.state != MeetingState.IN_PROGRESS):
        return own
    if not can_hold_pen(by, meeting):
        # Somebody invited to one item is present when it is talked about, not while waiting for it.
        own, _ = Attendance.objects.get_or_create(meeting=meeting, **hat_fields(by))
        if outside_item(meeting, meeting.current_item, [own]):
            return own
    return mark_joined(meeting=meeting, hat=by)


def _tell_presence(meeting: Meeting, moved: Iterable[Attendance]) -> None:
    """Hint at who came or went: whoever is outside the item to everybody, its circle only to the circle."""
    rows = list(moved)
    item = meeting.current_item
    if outside_item(meeting, item, rows):
        item = None
    deliver([], topics_of(meeting, item, part="presence"))
