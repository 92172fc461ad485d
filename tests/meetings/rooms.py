"""What the tests of the live room share: a meeting that goes on, a case with its circle, text without what is own."""

import re

from django.utils import timezone

from meetings.models import AgendaItem, Attendance, Case, CircleSeat, GroupSeat, Meeting
from meetings.states import MeetingState, PresentHow
from tests.meetings.cast import Room, put_in

PIECES = ("huvud", "dagordning", "lage", "anteckning", "jamstalldhet", "utfall", "arende", "har")


def running(room: Room) -> Meeting:
    """The room's meeting, going on at its first item, with the chair holding the pen."""
    meeting = put_in(room.meeting, MeetingState.IN_PROGRESS)
    now = timezone.now()
    pen = Attendance.objects.create(
        meeting=meeting, member=room.cast.soc, seat=room.soc_seat, present_how=PresentHow.JOINED, present_at=now
    )
    Meeting.objects.filter(pk=meeting.pk).update(pen=pen)
    go_to(meeting, meeting.items.all()[0])
    return meeting


def go_to(meeting: Meeting, item: AgendaItem) -> None:
    AgendaItem.objects.filter(pk=item.pk).update(started_at=timezone.now())
    Meeting.objects.filter(pk=meeting.pk).update(current_item=item)
    meeting.refresh_from_db()


def circle_of(room: Room, item: AgendaItem, *seats: GroupSeat) -> Case:
    """A case without identity, which rests on no disclosure, with these seats around it."""
    case = Case.objects.create(item=item, agency=room.cast.soc.agency, question="Hur gör vi?", member=room.cast.soc)
    for seat in seats:
        CircleSeat.objects.create(case=case, seat=seat, agency=seat.function.agency)
    return case


def cleaned(text: str) -> str:
    """A piece of a page without what is each reader's own: form keys."""
    return re.sub(r'name="(csrfmiddlewaretoken|once)" value="[^"]*"', "", text)
