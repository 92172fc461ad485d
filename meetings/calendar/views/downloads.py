"""One meeting or conversation as a file for a calendar, in neutral words only (L50)."""

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from meetings.calendar.queries.events import link_of
from meetings.calendar.queries.feeds import reminder_of
from meetings.calendar.queries.links import own_entry, uid_for
from meetings.calendar.views.feeds import KIND
from meetings.ical.events import Event
from meetings.ical.writing import single
from meetings.models import Conversation, Meeting
from meetings.queries.conversations import access_conversation
from meetings.queries.meetings import access_meeting
from meetings.states import NEVER_HELD, ConversationState
from workspace.doors import AnyHatRequest, MemberRequest, download, hat_page, log_reads, member_page

TAKES_PLACE = {ConversationState.INVITED, ConversationState.HELD}


@require_safe
@hat_page
def meeting_ics(request: AnyHatRequest, pk: int) -> HttpResponse:
    """A meeting that the hat may open; one that will not be held is no file."""
    meeting = access_meeting(request.hat, pk)
    if meeting.state in NEVER_HELD:
        raise Http404
    return _file(request, meeting, place=meeting.place if meeting.place_is_neutral else "")


@require_safe
@member_page
def conversation_ics(request: MemberRequest, pk: int) -> HttpResponse:
    """A conversation that the hat may open and that has a time. Logged as it is when its page is opened."""
    conversation = access_conversation(request.hat, pk).conversation
    if conversation.starts_at is None or conversation.state not in TAKES_PLACE:
        raise Http404
    log_reads(request, "conversation", conversation.pk, [conversation.participant_id])
    return _file(request, conversation, place=conversation.where if conversation.where_is_neutral else "")


def _file(request: AnyHatRequest | MemberRequest, thing: Meeting | Conversation, *, place: str) -> HttpResponse:
    entry = own_entry(request.hat, thing)
    name = "meeting" if isinstance(thing, Meeting) else "conversation"
    uid = entry.uid if entry else uid_for(request.hat, name, thing.pk)
    assert thing.starts_at is not None and thing.ends_at is not None
    event = Event(
        uid=str(uid),
        sequence=entry.sequence if entry else 0,
        stamp=timezone.now(),
        starts_at=thing.starts_at,
        ends_at=thing.ends_at,
        url=link_of(uid),
        place=place,
    )
    return download(single(event, reminder=reminder_of(request.user)), KIND, "mote.ics")
