"""Deadlines backwards from a steering group's meeting, and what a sweep has to remind of."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from meetings.models import Attendance, Meeting, MeetingEvent
from meetings.queries.agenda import presenters_of
from meetings.queries.attendance import arrangers_of, day_of
from meetings.states import AHEAD, Answer, GroupKind, MeetingState
from workspace.clocks import ONE_DAY, day_off, end_of

# Calendar days before the meeting's day.
PROPOSALS_BEFORE, AGENDA_BEFORE, DOCUMENTS_BEFORE = 21, 14, 3
SENT_BEFORE = timedelta(days=7)  # the agenda of a meeting that has no deadlines of its own
# Calendar days before its day that something is said.
PROPOSALS_TOLD, AGENDA_TOLD, DOCUMENTS_TOLD = 7, 3, 3


@dataclass(frozen=True)
class Deadlines:
    """Working days, each the whole day: proposals are in, the agenda is sent, the documents are read."""

    proposals: date
    agenda: date
    documents: date


def deadlines_of(day: date) -> Deadlines:
    """The deadlines of a steering group's meeting on a day: 21, 14 and 3 calendar days before it.

    A day off moves back to the nearest working day before it, so that nobody gets less time than was said. Pure.
    """
    return Deadlines(*(_working_day_by(day - ONE_DAY * n) for n in (PROPOSALS_BEFORE, AGENDA_BEFORE, DOCUMENTS_BEFORE)))


def _working_day_by(day: date) -> date:
    while day_off(day):
        day -= ONE_DAY
    return day


def deadlines_for(meeting: Meeting) -> Deadlines | None:
    """Of a steering group's meeting ahead; None for other groups, and when it has begun or is not to be."""
    if meeting.group.kind != GroupKind.STEERING or meeting.state not in AHEAD:
        return None
    return deadlines_of(day_of(meeting))


# ---------- reminding ----------
@dataclass(frozen=True)
class Reminder:
    """What is to be said of a meeting now. `event` is the row of its history that says that it has been said."""

    event: str
    kind: str
    recipients: frozenset[int]  # memberships


PROPOSALS_DUE, AGENDA_DUE, PAPERS_DUE = "meeting.proposals_due", "meeting.agenda_due", "meeting.papers_due"


def meetings_to_remind_of(today: date) -> list[Meeting]:
    """Steering groups' meetings ahead that may be near enough to a deadline, the next first."""
    longest = PROPOSALS_BEFORE + PROPOSALS_TOLD + 14  # a deadline moves back by no more days off than that
    return list(
        Meeting.objects.filter(
            group__kind=GroupKind.STEERING,
            state__in=AHEAD,
            starts_at__gt=timezone.now(),
            starts_at__lt=end_of(today + timedelta(days=longest)),
        ).order_by("starts_at", "pk")
    )


def reminders_due(meeting: Meeting, today: date) -> list[Reminder]:
    """What has not been said of a meeting and is to be said today.

    Proposals: to who holds a seat, from 7 calendar days before their day until it. The agenda, while it is not sent:
    to the arrangers from 3 calendar days before its day, and once more from its day on. The documents, once it is
    sent: to who is called and holds a seat, from 3 calendar days before their day until it; not to who can't come. A
    meeting that has been moved to another day is said anew. Where there is nobody to tell nothing is due.
    """
    by = deadlines_for(meeting)
    if by is None or meeting.starts_at <= timezone.now():
        return []
    said = MeetingEvent.objects.filter(meeting=meeting, text=mark_of(meeting)).values_list("verb", flat=True)
    found = []
    if by.proposals - ONE_DAY * PROPOSALS_TOLD <= today <= by.proposals:
        seated = presenters_of(meeting.group_ids).values_list("pk", flat=True)
        found.append(Reminder("remind_proposals", PROPOSALS_DUE, frozenset(seated)))
    if meeting.state == MeetingState.PLANNED:
        told = frozenset(arrangers_of(meeting))
        if by.agenda - ONE_DAY * AGENDA_TOLD <= today < by.agenda:
            found.append(Reminder("remind_agenda", AGENDA_DUE, told))
        if today >= by.agenda:
            found.append(Reminder("remind_agenda_day", AGENDA_DUE, told))
    elif by.documents - ONE_DAY * DOCUMENTS_TOLD <= today <= by.documents:
        found.append(Reminder("remind_documents", PAPERS_DUE, called_to_read(meeting)))
    return [one for one in found if one.recipients and one.event not in set(said)]


def mark_of(meeting: Meeting) -> str:
    """The meeting's day, as a reminder's row of the history keeps it."""
    return day_of(meeting).isoformat()


def called_to_read(meeting: Meeting) -> frozenset[int]:
    """The memberships that are called, hold a seat today and have not said no."""
    asked = Attendance.objects.filter(meeting=meeting, asked_at__isnull=False).exclude(answer=Answer.NOT_COMING)
    seated = presenters_of(meeting.group_ids).filter(pk__in=asked.values("member"))
    return frozenset(seated.values_list("pk", flat=True))


def send_by(meeting: Meeting) -> date:
    """The day the agenda is to be sent: a steering group's by its deadline, another's a week before."""
    by = deadlines_for(meeting)
    return by.agenda if by else day_of(meeting) - SENT_BEFORE


def reminders_over(meeting: Meeting, today: date) -> bool:
    """The day for proposals to a meeting ahead has passed: the reminder asks for what is no longer taken in time."""
    by = deadlines_for(meeting)
    return by is not None and today > by.proposals
