"""How the tests lay up a series: fourth Thursdays from November 2026, whose second is Christmas Eve."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.test import Client
from django.utils import timezone

from meetings.actions import calls
from meetings.models import Attendance, Meeting, Series
from meetings.states import Answer, MeetingState
from notifications.models import Notification
from tests.meetings.cast import Room
from workspace.rules import Hat

AsHat = Callable[[Hat], Client]
NOW = datetime(2026, 11, 2, 9, tzinfo=timezone.get_default_timezone())  # a Monday


def silenced(room: Room) -> Room:
    """The room, without the meeting that is ahead in it."""
    Meeting.objects.filter(pk=room.meeting.pk).update(state=MeetingState.CANCELLED)
    return room


def plan(**more: Any) -> dict[str, Any]:
    """Fourth Thursdays 13–15 from November 2026: the second is Christmas Eve."""
    return {
        "rhythm": "monthly-1",
        "ordinal": "4",
        "weekday": "3",
        "begins": "13",
        "ends": "15.00",
        "from_on": "3 nov. 2026",
        "months_off": ["7"],
        "place": "Rum Älven",
        **more,
    }


def shown_in(page: Any) -> str:
    return str(page.context["shown"])


def save(client: Client, url: str, **more: Any) -> Any:
    """Ask for the days, and then save with what is proposed for each day off unless something else is chosen."""
    page = client.post(url, plan(**more))
    assert page.status_code == 200, page.content.decode()[-3000:]
    off = page.context["off"]
    proposed = {f"dag-{name}": field.initial for name, field in off.fields.items()}
    return client.post(url, {**proposed, **plan(**more), "shown": shown_in(page)})


def make_series(room: Room, as_hat: AsHat, **more: Any) -> Series:
    assert save(as_hat(room.cast.soc), f"/moten/grupp/{room.group.pk}/serie/ny/", **more).status_code == 302
    return Series.objects.latest("pk")


def opened(series: Series) -> Meeting:
    return Meeting.objects.get(series=series, state__in=(MeetingState.PLANNED, MeetingState.CALLED))


def answer_all(meeting: Meeting, by: Hat) -> None:
    """Everybody asked says that they come."""
    calls.call_meeting(by=by, meeting=meeting)
    Attendance.objects.filter(meeting=meeting, asked_at__isnull=False).update(
        answer=Answer.COMING, answered_at=timezone.now(), comment="Kommer fem minuter sent"
    )
    Notification.objects.all().delete()


def told(kind: str) -> set[int]:
    return set(Notification.objects.filter(kind=kind).values_list("membership", flat=True))
