"""What is added to approved minutes: they stand as they were, and the addendum stands beside them (L42)."""

from django.utils import timezone

from meetings.actions.minutes import members_of, minutes_notice
from meetings.actions.steps import FASTER, lock_meeting, require_arranger, topics_of, write_event
from meetings.models import Minutes, MinutesAddendum
from meetings.queries.minutes import newest_version, recipients_of
from meetings.queries.sealing import addendum_digest, chained, name_and_side, seal_of
from meetings.rules import hat_fields
from meetings.states import MinutesState
from notifications.actions import deliver
from workspace.actions import action
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.rules import Hat

LONGEST = 5000  # characters


@action
def add_addendum(*, by: Hat, minutes: Minutes, text: str) -> MinutesAddendum:
    """Add to approved minutes, formal or not. It can't be changed or taken away.

    In order: the addendum with its digest over the one before it, the history with that digest, and a notice to
    everybody who got the minutes and can still read them. Refuses who does not arrange the meeting, minutes that are
    not approved, and a text that is empty or over 5,000 characters. `SomebodyWasFaster` where the version is no longer
    the newest (L42).
    """
    meeting = lock_meeting(minutes.meeting)
    require_arranger(by, meeting)
    newest = newest_version(meeting)
    if newest is None or newest.pk != minutes.pk:
        raise SomebodyWasFaster(FASTER)
    seal = seal_of(minutes)
    if meeting.minutes_state != MinutesState.APPROVED or seal is None:
        raise NotAllowed("Ett tillägg skrivs när protokollet är justerat.")
    text = text.strip()
    if not text:
        raise NotAllowed("Skriv vad tillägget ska säga.")
    if len(text) > LONGEST:
        raise NotAllowed("Tillägget får ha högst 5 000 tecken. Korta det eller skriv två.")
    earlier = list(MinutesAddendum.objects.filter(minutes=minutes))
    row = MinutesAddendum(
        minutes=minutes, number=len(earlier) + 1, text=text, at=timezone.now(), **hat_fields(by), author=""
    )
    row.author = ", ".join(name_and_side(row))
    row.digest = addendum_digest(chained(seal, earlier), row)
    row.save(force_insert=True)
    write_event(meeting, "minutes_addendum", by=by, text=row.digest)
    told = members_of(one.attendance for one in recipients_of(minutes) if one.withdrawn_at is None)
    deliver([minutes_notice("meeting.minutes_addendum", meeting, told, by=by)], topics_of(meeting, part="minutes"))
    return row
