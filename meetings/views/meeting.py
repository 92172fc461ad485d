"""A meeting's page before, between and after: who comes, what is on the agenda, what became of it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from meetings.models import Meeting
from meetings.queries import access_meeting, is_guest_only
from meetings.queries.meetings import history_of
from meetings.rules import can_lead, is_arranger
from meetings.states import MeetingState
from meetings.views.agenda import agenda_context
from meetings.views.attendance import seats_context
from meetings.views.minutes import minutes_box
from notifications.actions import mark_read
from notifications.queries import follow_shown, notifications_leading_to
from workspace.doors import AnyHatRequest, hat_page
from workspace.models import Membership

PIECES = {"vilka": ("_seats", seats_context), "dagordning": ("_agenda", agenda_context)}


def head_context(request: AnyHatRequest, meeting: Meeting) -> dict[str, Any]:
    """What every piece of the page knows of the meeting."""
    return {
        "meeting": meeting,
        "topic": f"meeting:{meeting.pk}",
        "arranges": is_arranger(request.hat, meeting.group),
        "leads": can_lead(request.hat, meeting),
        "is_guest": is_guest_only(request.hat, meeting),
        "is_ahead": meeting.state in {MeetingState.PLANNED, MeetingState.CALLED},
        "is_running": meeting.state == MeetingState.IN_PROGRESS,
    }


@hat_page
def meeting(request: AnyHatRequest, pk: int) -> HttpResponse:
    """The page of one meeting. Opening it marks the notices that lead here as read."""
    found = access_meeting(request.hat, pk)
    context = head_context(request, found)
    for _, piece_context in PIECES.values():
        context |= piece_context(request, found)
    context |= minutes_box(request, found)
    context["history"] = [] if context["is_guest"] else history_of(found)
    if isinstance(request.hat, Membership):
        mark_read(by=request.hat, notifications=notifications_leading_to(request.hat, "meeting", pk))
        context["follow"] = follow_shown(request.hat, "meeting", pk, adds=True)
    return render(request, "meetings/meeting.html", context)


@hat_page
def meeting_fragment(request: AnyHatRequest, pk: int, piece: str) -> HttpResponse:
    """One region of the page, as it is now."""
    found = access_meeting(request.hat, pk)
    name, piece_context = PIECES[piece]
    return render(request, f"meetings/{name}.html", head_context(request, found) | piece_context(request, found))
