"""What is left before an agenda is sent: the list, the deadlines, and to put on it what is missing."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from meetings.actions import agenda as actions
from meetings.models import Meeting
from meetings.queries import access_meeting, items_of
from meetings.queries.agenda import can_be_prepared
from meetings.queries.attendance import sent_mark
from meetings.queries.deadlines import deadlines_for, send_by
from meetings.queries.meetings import ItemShown
from meetings.queries.ready import ready_checks
from meetings.rules import is_arranger
from meetings.states import AHEAD, ItemKind, MeetingState
from workspace.doors import AnyHatRequest, do_once, hat_page
from workspace.swedish import say_date


def sending_context(meeting: Meeting, shown: list[ItemShown]) -> dict[str, Any]:
    """«Klart att skicka?»: for those who arrange a meeting ahead."""
    if meeting.state not in AHEAD:
        return {}
    until = send_by(meeting)
    return {
        "checks": ready_checks(meeting, shown),
        "until": say_date(until),
        "is_late": until < timezone.localdate() and meeting.state == MeetingState.PLANNED,
        "called_at": meeting.called_at if meeting.state == MeetingState.CALLED else None,
        "seen": sent_mark(meeting),
    }


def deadline_words(meeting: Meeting) -> list[dict[str, Any]]:
    """The dates backwards from a steering group's meeting ahead, each with what is done or late; empty for others."""
    by, today = deadlines_for(meeting), timezone.localdate()
    if by is None:
        return []
    proposals = "Förslag senast" if today <= by.proposals else "Tiden för förslag gick ut"
    if meeting.called_at and meeting.state == MeetingState.CALLED:
        agenda, sent_on, late = "dagordningen skickades", timezone.localdate(meeting.called_at), False
    else:
        late, sent_on = today > by.agenda, by.agenda
        agenda = "dagordningen skulle ha skickats" if late else "dagordningen skickas senast"
    return [
        {"says": proposals, "on": by.proposals, "late": False},
        {"says": agenda, "on": sent_on, "late": late},
        {"says": "underlaget är läst senast", "on": by.documents, "late": False},
    ]


@hat_page
def checks_fragment(request: AnyHatRequest, pk: int) -> HttpResponse:
    """The list of what is left, as it is now; empty for those who do not arrange the meeting."""
    meeting = access_meeting(request.hat, pk)
    arranges = is_arranger(request.hat, meeting.group)
    sending = sending_context(meeting, items_of(request.hat, meeting)) if arranges else {}
    return render(request, "meetings/_checks.html", {"meeting": meeting, "sending": sending})


@require_POST
@hat_page
def restore_standing(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Put gender equality back on the agenda."""
    return _put(request, pk, ItemKind.GENDER_EQUALITY)


@require_POST
@hat_page
def add_prepared_item(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Put an item that the product prepares on the agenda."""
    kind = request.POST.get("kind", "")
    if kind not in can_be_prepared(access_meeting(request.hat, pk).group):
        raise Http404
    return _put(request, pk, ItemKind(kind))


def _put(request: AnyHatRequest, pk: int, kind: ItemKind) -> HttpResponse:
    meeting = access_meeting(request.hat, pk)

    def perform() -> str:
        item = actions.add_prepared(by=request.hat, meeting=meeting, kind=kind)
        messages.success(request, f"{item.title} står på dagordningen.")
        if meeting.state in AHEAD:
            return f"{reverse('meeting', args=[pk])}#punkt-{item.pk}"
        return f"{reverse('room', args=[pk])}?punkt={item.pk}"  # there it is answered

    return do_once(request, f"add_prepared {pk} {kind}", perform)
