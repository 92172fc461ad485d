"""Who may be let into a case, on what, and who may change that (L5, L6, L15–L17). Reading it: `queries.cases`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from meetings.models import Case, CircleSeat, GroupSeat, Meeting, SeatHolder
from meetings.queries.cases import TALKED, Standing
from meetings.queries.meetings import circle_lives, open_seats
from meetings.rules import seated
from meetings.states import GROUPS_WITH_CASES, GroupKind, MeetingState
from notifications.models import Notification
from workspace.models import Agency, Ground, Membership, Participant
from workspace.queries import grounds_for, participants_visible_to
from workspace.rules import Hat, is_caseworker

AHEAD_OR_RUNNING = {MeetingState.PLANNED, MeetingState.CALLED, MeetingState.IN_PROGRESS}
NEVER_TALKED = {MeetingState.PLANNED, MeetingState.CALLED, MeetingState.CANCELLED, MeetingState.NOT_HELD}


# ---------- putting a case on the agenda ----------
def question_category(meeting: Meeting) -> str:
    """What a person must have agreed to: talk at the group's meetings, or at one of two groups together (R5)."""
    return "joint_meeting" if meeting.joined_group_id else "meeting"


def seats_called(meeting: Meeting) -> list[GroupSeat]:
    """The open seats of a meeting's group or groups, each with its holders of today in `current`."""
    groups = [group for group in (meeting.group, meeting.joined_group) if group is not None]
    return [seat for group in groups for seat in open_seats(group)]


def own_seats(member: Membership, seats: Iterable[GroupSeat]) -> list[GroupSeat]:
    """Those of the seats that this member holds."""
    return [
        seat
        for seat in seats
        if seat.function.agency_id == member.agency_id
        and any(holder.membership_id == member.pk for holder in seat.current)  # type: ignore[attr-defined]
    ]


def can_put_case(hat: Hat, meeting: Meeting) -> bool:
    """A caseworker with a seat, in a group that talks of persons, before or during the meeting (R10)."""
    groups = [group for group in (meeting.group, meeting.joined_group) if group is not None]
    if not is_caseworker(hat) or meeting.state not in AHEAD_OR_RUNNING:
        return False
    if any(GroupKind(group.kind) not in GROUPS_WITH_CASES for group in groups):
        return False
    holders = SeatHolder.objects.filter(seated(), membership=hat, seat__function__agency=hat.agency_id)
    return holders.filter(seat__group__in=[group.pk for group in groups]).exists()


def allows_anonymous(meeting: Meeting) -> bool:
    """Consultation without identity: only where each group of the meeting has said so (L17)."""
    groups = [group for group in (meeting.group, meeting.joined_group) if group is not None]
    return all(group.anonymous_cases for group in groups)


def own_people(member: Membership) -> list[Participant]:
    """Whom this member can put on an agenda, as a telephone book."""
    return list(participants_visible_to(member).order_by("sort_key", "pk"))


def names_a_participant(member: Membership, text: str) -> bool:
    """Whether a text holds a name of one of the member's own participants: it would not be without identity (L17).

    A name as it is written, also in the genitive; first and last name together however they are written.
    """
    words = {word.strip(".,;:!?()”\"'–-") for word in text.replace("-", " ").split()}
    plain = {word.removesuffix("s") for word in words} | words
    folded = {word.casefold() for word in plain}
    for first, last in participants_visible_to(member).values_list("first_name", "last_name"):
        names = [name for name in f"{first} {last}".replace("-", " ").split() if len(name) > 1]
        if any(name in plain for name in names) or (names and all(name.casefold() in folded for name in names)):
            return True
    return False


def can_change_circle(member: Membership, standing: Standing) -> bool:
    """The agency that put the case there, before and during the meeting."""
    ours = standing.is_open and standing.case.agency_id == member.agency_id and is_caseworker(member)
    return ours and standing.meeting.state in AHEAD_OR_RUNNING


def can_withdraw_case(member: Membership, standing: Standing) -> bool:
    """The agency that put the case there, as long as nobody has talked of it."""
    ours = standing.is_open and standing.case.agency_id == member.agency_id and is_caseworker(member)
    return ours and standing.meeting.state in NEVER_TALKED


def can_write(standing: Standing) -> bool:
    """Notes are written and texts laid on the table from when the meeting begins."""
    return standing.meeting.state in TALKED


# ---------- grounds ----------
def grounds_towards(recipients: Iterable[Agency]) -> list[Ground]:
    """The grounds that can be named today for telling every one of these agencies."""
    found: list[list[Ground]] = [list(grounds_for(agency)) for agency in recipients]
    if not found:
        return []
    return [ground for ground in found[0] if all(ground in others for others in found[1:])]


@dataclass
class Under:
    """By which right an agency of the circle has been told: for a paper."""

    agency: Agency
    ground: Ground
    purpose: str
    ends_at: datetime


def told_under(standing: Standing) -> list[Under]:
    """The disclosures of identity and question as one party may see them: the owner all, another agency its own."""
    seats = CircleSeat.objects.filter(case=standing.case, question__isnull=False)
    if standing.seat.agency_id != standing.case.agency_id:
        seats = seats.filter(agency=standing.seat.agency_id)
    rows = seats.select_related("agency", "question__ground").order_by("agency__name", "pk")
    found = {row.agency_id: row for row in rows}
    return [
        Under(row.agency, row.question.ground, row.question.purpose, row.question.ended_at or row.question.ends_at)
        for row in found.values()
        if row.question is not None
    ]


# ---------- grounds that have run out ----------
def _unclosed() -> QuerySet[Notification]:
    """Open notices of a case that the reader's agency has lost."""
    living = CircleSeat.objects.filter(
        circle_lives(), case=OuterRef("object_id"), agency=OuterRef("membership__agency")
    )
    return Notification.objects.filter(~Exists(living), kind="case.added", closed_at__isnull=True)


def cases_out_of_ground() -> QuerySet[Case]:
    """The cases that some agency has lost, while notices to it still lead there. For the sweep."""
    return Case.objects.filter(pk__in=_unclosed().values("object_id")).select_related("item__meeting").order_by("pk")


def unclosed_in(case: Case) -> set[int]:
    """The memberships whose notice of this case leads nowhere."""
    return set(_unclosed().filter(object_id=case.pk).values_list("membership", flat=True))
