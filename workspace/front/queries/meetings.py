"""What the meetings' floor puts on the start page."""

from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from meetings.models import Decision, Meeting
from meetings.queries.cases import notes_owed
from meetings.queries.decisions import decisions_answered_by
from meetings.queries.follow_up import open_actions_of, people_of
from meetings.queries.minutes import approvals_owed
from meetings.states import MeetingState
from meetings.steering.queries.time_reports import due_on, reports_to_send
from workspace.clocks import add_months, start_of
from workspace.front.queries.rows import Coming, Day, ToDo
from workspace.models import Membership
from workspace.swedish import FULL_MONTHS, say_date, say_time

SOON = timedelta(days=14)  # calendar days ahead that a decision's day is said


def day_of(meeting: Meeting) -> date:
    return timezone.localdate(meeting.starts_at)


def _to_do(
    meeting: Meeting, address: str, pk: int, title: str, button: str, since: datetime, due_on: date | None = None
) -> ToDo:
    """One row: what to do, and of which group's meeting on which day."""
    return ToDo(
        row_id=f"{address}-{pk}",
        title=title,
        url=reverse(address, args=[pk]),
        number=say_date(day_of(meeting)),
        about=meeting.group.name,
        button=button,
        due_on=due_on,
        since=since,
    )


def meeting_to_dos(day: Day) -> tuple[list[ToDo], list[int]]:
    """What this hat has to do for meetings, and the participants that the actions shown may tell of.

    Calls without an answer, minutes to approve, notes owed to the agency's own file (L15), decisions and
    actions due within 14 days or late, and time reports to send. The names of a case's people are on its page.
    """
    member, (owed, _) = day.member, day.meetings
    items = []
    for meeting, since in owed:
        items.append(
            _to_do(meeting, "meeting", meeting.pk, "Svara om du kommer", "Svara", since, due_on=day_of(meeting))
        )
    for minutes in approvals_owed(member):
        meeting = minutes.meeting
        items.append(_to_do(meeting, "minutes", meeting.pk, "Justera protokollet", "Läs", minutes.sent_at))
    for case in notes_owed(member):
        meeting = case.item.meeting
        since = case.item.ended_at or meeting.ends_at
        items.append(_to_do(meeting, "case", case.pk, "Skriv er anteckning om ett ärende", "Skriv", since))
    for decision in decisions_answered_by(member).filter(due_on__lte=day.today + SOON):
        items.append(_decision_due(decision))
    items += _reports_owed(member)
    actions = open_actions_of(member)
    for action in actions:
        meeting = action.item.meeting
        items.append(
            ToDo(
                row_id=f"uppgift-{action.pk}",
                title=action.text,
                url=f"{reverse('actions')}#uppgift-{action.pk}",
                number="Uppgift",
                about=f"{meeting.group.name} {say_date(day_of(meeting))}",
                button="Visa",
                due_on=action.due_on,
                since=action.made_at,
            )
        )
    return items, people_of(actions)


def _decision_due(decision: Decision) -> ToDo:
    meeting = decision.item.meeting
    return ToDo(
        row_id=f"beslut-{decision.pk}",
        title="Skriv vad som har hänt med beslutet",
        url=reverse("decision", args=[decision.pk]),
        number=say_date(day_of(meeting)),
        about=meeting.group.name,
        button="Skriv",
        due_on=decision.due_on,
        since=decision.made_at,
    )


def _reports_owed(member: Membership) -> list[ToDo]:
    """Time reports that wait for the member who is named to send them, or stands in; a manager has a list of all."""
    found = reports_to_send(member)
    return [
        ToDo(
            row_id=f"tid-{report.pk}",
            title="Skicka tidrapporten",
            url=reverse("time_report", args=[report.pk]),
            number=f"{FULL_MONTHS[report.month.month - 1]} {report.month.year}",
            about=report.agreement.cooperation.name,
            button="Öppna",
            due_on=due_on(report.month),
            since=start_of(add_months(report.month, 1)),
        )
        for report in found
    ]


def meetings_coming(day: Day) -> list[Coming]:
    """The hat's meetings, the next first; one that is under way leads into its room."""
    found = []
    for meeting in day.meetings[1]:
        running = meeting.state == MeetingState.IN_PROGRESS
        about = "Pågår nu" if running else f"Kl. {say_time(meeting.starts_at)}"
        if meeting.place and not running:
            about = f"{about}, {meeting.place}"
        url = reverse("room" if running else "meeting", args=[meeting.pk])
        found.append(Coming(day_of(meeting), meeting.group.name, url, about))
    return found
