"""What is already recorded of an agency's time in a month: meetings, conversations, follow-ups (R53).

Numbers and minutes only. Who was at a meeting is never named, and what is about a participant is one line for the whole
month, so that nothing on it can be tied to anybody.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from meetings.models import Attendance, Conversation, Meeting, Party
from meetings.states import ConversationState, MeetingState, PartyKind
from meetings.steering.models import CoFinancing
from meetings.steering.states import TimeSource
from workspace.clocks import ONE_DAY, add_months, end_of, start_of
from workspace.models import CooperationAgency
from workspace.pathway.models import FollowUp
from workspace.states import CooperationState
from workspace.swedish import MONTHS

CONVERSATIONS, FOLLOW_UPS = "conversations", "follow_ups"
USUAL = 60  # minutes of a conversation without an end, and of a follow-up
FORGOTTEN = timedelta(hours=2)  # a meeting that went on longer than this after its time was never ended by hand


@dataclass(frozen=True)
class Source:
    """A line as it can be filled in. `key` says of what, so that filling again finds it."""

    source: TimeSource
    key: str
    text: str
    minutes: int  # of all of them together
    people: int = 1
    on: date | None = None


@dataclass(frozen=True)
class Span:
    """The days of a month on which an agreement holds. Where one follows another, no day is in both."""

    first: date
    last: date

    @property
    def began(self) -> datetime:
        return start_of(self.first)

    @property
    def ended(self) -> datetime:
        return end_of(self.last)


def sources_of(agreement: CoFinancing, month: date) -> list[Source]:
    """What an agency did in a month of a cooperation while an agreement held, by day. Six queries for any number."""
    last = add_months(month, 1) - ONE_DAY
    span = Span(max(month, agreement.from_on), min(last, agreement.to_on or last))
    return [*_meetings(agreement, span), *_conversations(agreement, span), *_follow_ups(agreement, span)]


# ---------- meetings ----------
def _meetings(agreement: CoFinancing, span: Span) -> list[Source]:
    """Held meetings of the cooperation's groups where somebody on the agency's seats was there."""
    groups = Q(group__cooperation=agreement.cooperation_id) | Q(joined_group__cooperation=agreement.cooperation_id)
    meetings = list(
        Meeting.objects.filter(groups, state=MeetingState.HELD)
        .annotate(began=Coalesce("started_at", "starts_at"))
        .filter(began__gte=span.began, began__lt=span.ended)
        .select_related("group")
        .order_by("began", "pk")
    )
    there = Attendance.objects.filter(
        meeting__in=meetings, seat__isnull=False, member__agency=agreement.agency_id
    ).exclude(present_how="")
    people = Counter(there.values_list("meeting", flat=True))
    return [_of_meeting(meeting, people[meeting.pk]) for meeting in meetings if people[meeting.pk]]


def _of_meeting(meeting: Meeting, people: int) -> Source:
    day = timezone.localdate(meeting.started_at or meeting.starts_at)
    text = f"{meeting.group.name}, {day.day} {MONTHS[day.month - 1]}"
    minutes = round(length_of(meeting).total_seconds() / 60)
    return Source(TimeSource.MEETING, f"meeting:{meeting.pk}", text, people * minutes, people, day)


def length_of(meeting: Meeting) -> timedelta:
    """How long it went on; as long as it was planned where nobody ended it in time, or said when it began."""
    planned = meeting.ends_at - meeting.starts_at
    if not meeting.started_at or not meeting.finished_at:
        return planned
    took = meeting.finished_at - meeting.started_at
    return took if timedelta(0) <= took <= planned + FORGOTTEN else planned


# ---------- conversations ----------
def _conversations(agreement: CoFinancing, span: Span) -> list[Source]:
    """One line for all three-party conversations where the agency took part. Nobody and no day stands on it."""
    held = list(_held(agreement.agency_id, span))
    parties = Party.objects.filter(
        conversation__in=held, kind=PartyKind.CASEWORKER, left_at__isnull=True, agency__isnull=False
    )
    agencies = {one.pk: {one.agency_id} for one in held}
    for conversation, agency in parties.values_list("conversation", "agency"):
        agencies[conversation].add(agency)
    together = _cooperations_of({pk for known in agencies.values() for pk in known}, span)
    ours = [one for one in held if _shared(agencies[one.pk], together) == agreement.cooperation_id]
    if not ours:
        return []
    minutes = sum(_minutes_of(one) for one in ours)
    unended = sum(not one.starts_at or not one.ends_at for one in ours)
    text = f"Trepartssamtal, {len(ours)} st." + (f", {unended} utan sluttid räknat som 1 tim" if unended else "")
    return [Source(TimeSource.CONVERSATION, CONVERSATIONS, text, minutes)]


def _held(agency: int, span: Span) -> QuerySet[Conversation]:
    taking_part = Party.objects.filter(agency=agency, kind=PartyKind.CASEWORKER, left_at__isnull=True)
    return Conversation.objects.filter(
        Q(agency=agency) | Q(pk__in=taking_part.values("conversation")),
        state=ConversationState.HELD,
        starts_at__gte=span.began,
        starts_at__lt=span.ended,
    )


def _minutes_of(conversation: Conversation) -> int:
    if not conversation.starts_at or not conversation.ends_at:
        return USUAL
    return round((conversation.ends_at - conversation.starts_at).total_seconds() / 60)


def _cooperations_of(agencies: set[int], span: Span) -> dict[int, set[int]]:
    """Each cooperation's agencies during a span, the oldest cooperation first."""
    parties = CooperationAgency.objects.filter(
        Q(to_on__isnull=True) | Q(to_on__gte=span.first), agency__in=agencies, from_on__lte=span.last
    ).exclude(cooperation__state=CooperationState.SET_UP)
    found: dict[int, set[int]] = {}
    for cooperation, agency in parties.order_by("cooperation").values_list("cooperation", "agency"):
        found.setdefault(cooperation, set()).add(agency)
    return found


def _shared(agencies: set[int], cooperations: dict[int, set[int]]) -> int | None:
    """The cooperation that a conversation counts in: the first that all who took part are in. Never in two."""
    return next((pk for pk, members in cooperations.items() if agencies <= members), None)


# ---------- follow-ups ----------
def _follow_ups(agreement: CoFinancing, span: Span) -> list[Source]:
    """One line for all follow-ups of activities that the agency did, an hour each. Nobody and no day stands on it.

    Counted to the agency of whoever did it; where that is not known, to the one where the person is enrolled. Nothing
    else of an activity is here: of those an agency runs itself no staff time is recorded, so that is an own line.
    """
    ours = Q(done_by__agency=agreement.agency_id)
    ours |= Q(done_by__isnull=True, activity__enrolment__agency=agreement.agency_id)
    number = FollowUp.objects.filter(
        ours,
        done_on__gte=span.first,
        done_on__lte=span.last,
        activity__cancelled_at__isnull=True,
        activity__enrolment__cooperation=agreement.cooperation_id,
    ).count()
    if not number:
        return []
    text = f"Uppföljningar av aktiviteter, {number} st., 1 tim per uppföljning"
    return [Source(TimeSource.ACTIVITY, FOLLOW_UPS, text, number * USUAL)]
