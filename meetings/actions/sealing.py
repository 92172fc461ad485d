"""Approved minutes are locked under one digest; formal ones are then announced (L42; KL 8:12)."""

from datetime import date

from django.db import connection
from django.utils import timezone

from meetings.actions.steps import FASTER, lock_meeting, require_arranger, topics_of, write_event
from meetings.models import Meeting, Minutes, MinutesPosting, MinutesSeal
from meetings.queries.minutes import frozen, newest_version
from meetings.queries.sealing import answers_to, is_formal, posting_digest, seal_digest, signers_of
from meetings.rules import hat_fields
from meetings.states import MinutesAnswer, MinutesState
from notifications.actions import close_notices, deliver
from workspace.actions import action
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.rules import Hat

BROKEN = (
    "Innehållet stämmer inte med protokollets kontrollsumma. Justera det inte, och hör av dig till den som sköter "
    "systemet."
)
LONGEST_WHERE = 300


def require_whole(minutes: Minutes) -> None:
    """Refuses a version whose content is not what was sent: nobody signs that."""
    if frozen(minutes).digest != minutes.digest:
        raise NotAllowed(BROKEN)


def seal(meeting: Meeting, minutes: Minutes) -> MinutesSeal:
    """Lock a version that everybody has signed. Call it inside the action that got the last signature, with the
    meeting locked; that action then writes «minutes_approved» with the seal's digest into the history.

    From here on the database takes no more parts or answers for it (migration 0007), and it takes this seal only
    where all who are asked have said yes (0008); whoever adds one at this moment waits, or is seen.
    Refuses content that is not what was sent; `SomebodyWasFaster` where somebody has not said yes.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT meetings_hold_minutes(%s)", [meeting.pk])
    require_whole(minutes)
    if any(row.answer != MinutesAnswer.APPROVED for row in answers_to(minutes)):
        raise SomebodyWasFaster(FASTER)
    signers, now = signers_of(minutes), timezone.now()
    return MinutesSeal.objects.create(
        minutes=minutes, signers=signers, sealed_at=now, digest=seal_digest(minutes, signers, now)
    )


@action
def post_minutes(*, by: Hat, meeting: Meeting, posted_on: date, where: str) -> None:
    """Note that it has been announced that formal minutes are approved, and where. `posted_on` is a calendar day.

    In order: the row, the history with its digest, and what the arrangers were reminded of is closed. Tells nobody.
    Refuses who does not arrange the meeting, minutes that are not formal or not approved, no place, and a day before
    the approval or ahead. `SomebodyWasFaster` where it is noted already (KL 8:12: by the second day after).
    """
    meeting = lock_meeting(meeting)
    require_arranger(by, meeting)
    minutes = newest_version(meeting)
    if minutes is None or not is_formal(minutes):
        raise NotAllowed("Det är bara formella protokoll som anslås.")
    if meeting.minutes_state != MinutesState.APPROVED:
        raise NotAllowed("Protokollet anslås när det är justerat.")
    if MinutesPosting.objects.filter(minutes=minutes).exists():
        raise SomebodyWasFaster(FASTER)
    sealed = MinutesSeal.objects.get(minutes=minutes)
    if not where.strip() or len(where) > LONGEST_WHERE:
        raise NotAllowed("Skriv var det är anslaget, med högst 300 tecken.")
    if not timezone.localdate(sealed.sealed_at) <= posted_on <= timezone.localdate():
        raise NotAllowed("Dagen ska vara från justeringen till och med i dag.")
    row = MinutesPosting.objects.create(
        minutes=minutes, posted_on=posted_on, where=where.strip(), at=timezone.now(), **hat_fields(by)
    )
    write_event(meeting, "minutes_post", by=by, text=posting_digest(sealed, row))
    close_notices(kind_prefix="meeting.minutes_to_post", object_id=meeting.pk)
    deliver([], topics_of(meeting, part="minutes"))
