"""What the tests of a meeting's call share: to call, to answer, and what that told."""

import re
from html import unescape

from django.test import Client
from django.utils import timezone

from meetings.actions import attendance, calls
from meetings.models import Attendance, Meeting
from meetings.queries.attendance import seats_shown
from meetings.states import Answer
from notifications.models import Notification
from tests.meetings.cast import Room
from workspace.models import Absence, Membership
from workspace.rules import Hat

Told = set[tuple[str, int]]


def told(meeting: Meeting, since: int = 0) -> Told:
    """What has been told of a meeting, and to which membership."""
    rows = Notification.objects.filter(object_id=meeting.pk, kind__startswith="meeting.", pk__gt=since)
    return set(rows.values_list("kind", "membership"))


def last() -> int:
    return Notification.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def asked(meeting: Meeting) -> set[int]:
    """Those whose answer is waited for."""
    rows = Attendance.objects.filter(meeting=meeting, asked_at__isnull=False, answer="")
    return set(rows.values_list("member", flat=True))


def away(member: Membership, meeting: Meeting, stand_in: Membership | None = None) -> Absence:
    day = timezone.localdate(meeting.starts_at)
    return Absence.objects.create(membership=member, from_on=day, to_on=day, stand_in=stand_in)


def call(room: Room, by: Hat | None = None) -> Meeting:
    calls.call_meeting(by=by or room.cast.soc, meeting=room.meeting)
    room.meeting.refresh_from_db()
    return room.meeting


def call_quietly(room: Room) -> Room:
    """Send the call, and put aside what that told."""
    call(room)
    Notification.objects.all().delete()
    return room


def say(room: Room, by: Hat, answer: Answer, comment: str = "") -> None:
    attendance.answer_call(by=by, meeting=room.meeting, answer=answer, comment=comment)


def answers(room: Room) -> dict[int, str]:
    rows = Attendance.objects.filter(meeting=room.meeting).exclude(answer="")
    return dict(rows.values_list("member", "answer"))


def words(room: Room) -> dict[str, str]:
    """What the answer column says of each agency."""
    room.meeting.refresh_from_db()
    return {seat.agency.short_name: seat.word for seat in seats_shown(room.meeting)}


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def region(client: Client, room: Room) -> str:
    """The region of the page that shows who comes."""
    return client.get(f"/moten/{room.meeting.pk}/bit/vilka/").content.decode()
