"""What «Klart att skicka?» asks before an agenda is sent."""

from collections.abc import Sequence

from django.utils import timezone

from meetings.models import Meeting
from meetings.queries.agenda import Check, checks_of, follows_decisions
from meetings.queries.attendance import AgencySeats, by_agency, seats_shown
from meetings.queries.deadlines import deadlines_for
from meetings.queries.meetings import ItemShown
from meetings.queries.proposals import proposals_waiting
from meetings.states import ItemKind, MeetingState
from workspace.swedish import say_count, say_date


def ready_checks(meeting: Meeting, shown: Sequence[ItemShown]) -> list[Check]:
    """All that «Klart att skicka?» asks of an agenda: its items, a steering group's own, and who lacks somebody.

    Before the call nobody has said no yet, but a seat that nobody holds is missing already.
    """
    agencies = by_agency(seats_shown(meeting))
    missing = sum(one.is_missing or not any(seat.holders for seat in one.seats) for one in agencies)
    lacks = f"{say_count(missing, 'myndighet', 'myndigheter').capitalize()} saknas" if missing else ""
    return [
        *checks_of(meeting, shown),
        *steering_checks(meeting, shown, agencies, missing),
        Check(not missing, lacks or "Ingen myndighet saknas"),
    ]


def steering_checks(
    meeting: Meeting, shown: Sequence[ItemShown], agencies: Sequence[AgencySeats], missing: int
) -> list[Check]:
    """Decisions, proposals, deadlines and quorum. `missing` is how many of the agencies nobody can come from.

    Empty for a meeting without deadlines: another group's.
    """
    by = deadlines_for(meeting)
    if by is None:
        return []
    checks = []
    there = any(row.item.kind == ItemKind.DECISION_REVIEW for row in shown)
    if there or follows_decisions(meeting.group):
        says = "Besluten följs upp" if there else "Beslut att följa upp saknas på dagordningen"
        checks.append(Check(there, says, None if there else ItemKind.DECISION_REVIEW))
    waiting = proposals_waiting(meeting.group_ids)
    number = "Ett förslag" if waiting == 1 else say_count(waiting, "förslag", "förslag").capitalize()
    says = f"{number} väntar på svar" if waiting else "Inget förslag väntar på svar"
    checks.append(Check(not waiting, says))
    kept = meeting.state == MeetingState.CALLED or timezone.localdate() <= by.agenda
    checks.append(Check(kept, "Tiderna hålls" if kept else f"Dagordningen skulle ha skickats {say_date(by.agenda)}"))
    checks.append(quorum_check(meeting, agencies, missing))
    return checks


def quorum_check(meeting: Meeting, agencies: Sequence[AgencySeats], missing: int) -> Check:
    """Whether enough agencies can still come for the group to decide, told from the answers so far."""
    least, coming = meeting.group.quorum, sum(one.is_represented for one in agencies)
    needed = f"Minst {say_count(least, 'myndighet', 'myndigheter')} behövs"
    possible = len(agencies) - missing
    if possible < least:
        return Check(False, f"{needed}, {say_count(possible, 'kan', 'kan') if possible else 'ingen kan'} komma")
    answered = say_count(coming, "har", "har") if coming else "ingen har"
    return Check(True, f"{needed}, {answered} sagt att de kommer")
