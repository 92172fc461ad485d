"""What a group looks like: its seats, its meetings, and how long since it met."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Count, Max, Prefetch, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from meetings.models import Attendance, Group, GroupSeat, ItemGuest, Meeting, SeatHolder, Series
from meetings.queries.meetings import groups_visible_to, meetings_visible_to
from meetings.rules import is_arranger, of_hat, seated
from meetings.schedule import MONTH_NAMES, days_counted
from meetings.states import AHEAD, LONGEST_GAP, MONTHLY_GROUPS, NEVER_HELD, Answer, GroupKind, MeetingState
from notifications.queries import followers_of
from workspace.clocks import day_off, start_of
from workspace.models import Agency, Cooperation, Function, Membership, Municipality
from workspace.rules import Hat, active_on
from workspace.swedish import say_list

MET = {MeetingState.HELD, MeetingState.IN_PROGRESS}
SHOWN = 12  # earlier meetings on a group's page


# ---------- gaps ----------
@dataclass(frozen=True)
class Gap:
    """How long since a group met. Days of the months its series leaves out are not counted."""

    days: int
    since: date
    left_out: str = ""  # «juli», where days of it lie between
    warns: bool = False
    never: bool = False


def gaps_of(groups: Iterable[Group]) -> dict[int, Gap]:
    """How long since each group met, by its key; absent where there is nothing to count from. Three queries."""
    groups = list(groups)
    keys = [group.pk for group in groups]
    met = _last_met(keys)
    series: dict[int, list[Series]] = {}
    for row in Series.objects.filter(group__in=keys).order_by("from_on", "pk"):
        series.setdefault(row.group_id, []).append(row)
    found = {group.pk: _gap(group, met.get(group.pk), series.get(group.pk, [])) for group in groups}
    return {pk: gap for pk, gap in found.items() if gap}


def _last_met(groups: list[int]) -> dict[int, date]:
    """The day each group last met, its own meetings and those it joined."""
    found: dict[int, datetime] = {}
    for name in ("group", "joined_group"):
        rows = Meeting.objects.filter(**{f"{name}__in": groups}, state__in=MET).order_by()
        for pk, at in rows.values_list(name).annotate(at=Max(Coalesce("started_at", "starts_at"))):
            found[pk] = max(at, found.get(pk, at))
    return {pk: timezone.localdate(at) for pk, at in found.items()}


def _gap(group: Group, met: date | None, series: list[Series]) -> Gap | None:
    today = timezone.localdate()
    since = met or (series[0].from_on if series else None)
    if since is None or since > today:
        return None
    running = [one for one in series if one.from_on <= today and (one.to_on is None or one.to_on >= today)]
    off = tuple(running[-1].months_off) if running else ()
    days = days_counted(since, today, off)
    left_out = [MONTH_NAMES[month - 1] for month in off if days_counted(since, today, ()) > days]
    warns = bool(running) and group.kind in MONTHLY_GROUPS and group.ended_on is None and days > LONGEST_GAP
    return Gap(days, since, say_list(left_out), warns, met is None)


def gap_of(group: Group) -> Gap | None:
    return gaps_of([group]).get(group.pk)


def days_since_held(group: Group) -> int | None:
    """Days since the group met, months off aside; since its first series began if it never has; None before that."""
    gap = gap_of(group)
    return gap.days if gap else None


def groups_to_watch() -> list[Group]:
    """Every group that is to meet monthly and has not ended."""
    return list(Group.objects.filter(kind__in=MONTHLY_GROUPS, ended_on__isnull=True).order_by("pk"))


def groups_with_series() -> list[Group]:
    """Every group that has not ended and has a series that is not over."""
    running = Series.objects.filter(Q(to_on__isnull=True) | Q(to_on__gte=timezone.localdate()))
    return list(Group.objects.filter(ended_on__isnull=True, pk__in=running.values("group")).order_by("pk"))


def overdue_meetings(before: date) -> list[Meeting]:
    """Meetings that nobody started and that ended before a day."""
    return list(Meeting.objects.filter(state__in=AHEAD, ends_at__lt=start_of(before)).order_by("pk"))


# ---------- meetings ----------
def next_of_series(group: Group) -> Meeting | None:
    """The group's opened meeting ahead that came from a series."""
    found = Meeting.objects.filter(
        group=group, series__isnull=False, state__in=AHEAD, ends_at__gt=timezone.now()
    ).order_by("starts_at")
    return found.first()


def overlapping(
    groups: Iterable[int], starts_at: datetime, ends_at: datetime, besides: Meeting | None = None
) -> Meeting | None:
    """Another meeting of these groups, or one they join, at that time; cancelled ones aside."""
    keys = list(groups)
    return (
        Meeting.objects.filter(
            Q(group__in=keys) | Q(joined_group__in=keys), starts_at__lt=ends_at, ends_at__gt=starts_at
        )
        .exclude(state__in=NEVER_HELD)
        .exclude(pk__in=[besides.pk] if besides else [])
        .first()
    )


def asked_members(meeting: Meeting) -> set[int]:
    """The memberships asked to this meeting, or who answered unasked, and still may open it: seat holders of today,
    and guests of its items."""
    groups = meeting.group_ids
    sits = SeatHolder.objects.filter(seated(), seat__group__in=groups).values("membership")
    guests = ItemGuest.objects.filter(item__meeting=meeting).values("membership")
    asked = Attendance.objects.filter(Q(asked_at__isnull=False) | ~Q(answer=""), meeting=meeting)
    return set(
        asked.filter(member__isnull=False)
        .filter(Q(member__in=sits) | Q(member__in=guests))
        .values_list("member", flat=True)
    )


def meeting_followers(meeting: Meeting) -> frozenset[int]:
    """The memberships that follow the meeting and may open it today: the same as `meetings_visible_to` lets in."""
    sits = SeatHolder.objects.filter(seated(), seat__group__in=meeting.group_ids).values("membership")
    guests = ItemGuest.objects.filter(item__meeting=meeting).values("membership")
    found = followers_of("meeting", meeting.pk).filter(Q(pk__in=sits) | Q(pk__in=guests))
    return frozenset(found.values_list("pk", flat=True))


def answers_to(meeting: Meeting) -> int:
    """How many have answered the call."""
    return Attendance.objects.filter(meeting=meeting).exclude(answer="").count()


@dataclass
class MeetingRow:
    """A coming meeting in a list, with the hat's own answer in words."""

    meeting: Meeting
    answer: str = ""
    off: str = ""  # why its day is no working day

    @property
    def day(self) -> date:
        return timezone.localdate(self.meeting.starts_at)


def _rows(hat: Hat, meetings: QuerySet[Meeting]) -> list[MeetingRow]:
    found = list(meetings)
    own = {one.meeting_id: one for one in Attendance.objects.filter(of_hat(hat), meeting__in=found)}
    rows = []
    for meeting in found:
        mine = own.get(meeting.pk)
        answer = ""
        if mine and mine.answer:
            answer = str(Answer(mine.answer).label)
        elif mine and mine.asked_at:
            answer = "Inte svarat"
        rows.append(MeetingRow(meeting, answer, day_off(timezone.localdate(meeting.starts_at))))
    return rows


def coming_meetings(hat: Hat, group: Group | None = None) -> list[MeetingRow]:
    """What the hat has ahead of it or is going on, soonest first. Two queries for any number."""
    now = Q(state=MeetingState.IN_PROGRESS) | Q(state__in=AHEAD, ends_at__gt=timezone.now())
    found = meetings_visible_to(hat).filter(now)
    if group is not None:
        found = found.filter(Q(group=group) | Q(joined_group=group))
    return _rows(hat, found.order_by("starts_at", "pk"))


def earlier_meetings(hat: Hat, group: Group) -> list[Meeting]:
    """The group's latest meetings that are over, held or not."""
    over = Q(state__in=(MeetingState.HELD, MeetingState.NOT_HELD, MeetingState.CANCELLED))
    over |= Q(state__in=AHEAD, ends_at__lte=timezone.now())
    found = meetings_visible_to(hat).filter(over).filter(Q(group=group) | Q(joined_group=group))
    return list(found.order_by("-starts_at", "-pk")[:SHOWN])


# ---------- groups and seats ----------
@dataclass
class GroupRow:
    group: Group
    places: str
    agencies: int
    gap: Gap | None


def my_groups(hat: Hat) -> list[GroupRow]:
    """The hat's groups that have not ended. A constant number of queries."""
    open_now = active_seat()
    groups = list(
        groups_visible_to(hat)
        .filter(ended_on__isnull=True)
        .prefetch_related("municipalities")
        .annotate(agencies=Count("seats__function__agency", filter=open_now, distinct=True))
        .order_by("name", "pk")
    )
    gaps = gaps_of(groups)
    return [GroupRow(group, places_of(group), group.agencies, gaps.get(group.pk)) for group in groups]


def active_seat() -> Q:
    """A group's seats that are open today, from the group."""
    today = timezone.localdate()
    return Q(seats__from_on__lte=today) & (Q(seats__to_on__isnull=True) | Q(seats__to_on__gte=today))


def places_of(group: Group) -> str:
    """«Piteå», «Arvidsjaur och Piteå»."""
    return say_list(sorted(place.name for place in group.municipalities.all()))


@dataclass
class SeatRow:
    seat: GroupSeat
    ordinary: list[SeatHolder] = field(default_factory=list)
    deputies: list[SeatHolder] = field(default_factory=list)

    @property
    def lacks(self) -> str:
        """What R2 asks for and this seat does not have; empty when it is whole."""
        people = len(self.ordinary) + len(self.deputies)
        if people >= 2:
            return ""
        if not people:
            return "Ingen sitter här än. Välj en ordinarie och minst en ersättare."
        if self.deputies:
            return "Platsen saknar en ordinarie. Blir ersättaren sjuk är myndigheten borta."
        return "Platsen saknar ersättare. Blir den ordinarie sjuk är myndigheten borta."


def seat_rows(group: Group) -> list[SeatRow]:
    """The group's seats that are not over, with who sits there. Two queries."""
    open_ended = Q(to_on__isnull=True) | Q(to_on__gte=timezone.localdate())
    holders = SeatHolder.objects.filter(open_ended).select_related("membership__user")
    seats = (
        GroupSeat.objects.filter(open_ended, group=group)
        .select_related("function__agency", "group")
        .prefetch_related(Prefetch("holders", queryset=holders, to_attr="sitting"))
        .order_by("function__agency__name", "pk")
    )
    return [
        SeatRow(
            seat,
            [one for one in seat.sitting if one.kind == "ordinary"],
            [one for one in seat.sitting if one.kind == "deputy"],
        )
        for seat in seats
    ]


def agencies_without_seat(group: Group, rows: list[SeatRow]) -> list[Agency]:
    """Agencies of the cooperation that have no seat in the group (R7)."""
    present = {row.seat.function.agency_id for row in rows}
    return list(agencies_of(group.cooperation).exclude(pk__in=present))


def agencies_of(cooperation: Cooperation) -> QuerySet[Agency]:
    """The agencies that take part in a cooperation today."""
    return Agency.objects.filter(
        pk__in=cooperation.parties.filter(active_on()).values("agency"), left_on__isnull=True
    ).order_by("name")


def desks_to_seat(group: Group) -> QuerySet[Function]:
    """The desks of the cooperation's agencies that have no open seat in the group."""
    taken = GroupSeat.objects.filter(group=group, to_on__isnull=True).values("function")
    agencies = agencies_of(group.cooperation)
    return (
        Function.objects.filter(agency__in=agencies.values("pk"))
        .exclude(pk__in=taken)
        .select_related("agency")
        .order_by("agency__name", "name")
    )


def members_for(seat: GroupSeat) -> QuerySet[Membership]:
    """Who can sit on a seat: the members of its desk's agency today."""
    return (
        Membership.objects.filter(active_on(), agency=seat.function.agency_id, user__is_active=True)
        .select_related("user", "agency")
        .order_by("user__first_name", "user__last_name", "pk")
    )


def holders_in(group: Group) -> QuerySet[Membership]:
    """The members who hold a seat in the group today: who can chair it, or be its secretary."""
    held = SeatHolder.objects.filter(seated(), seat__group=group).values("membership")
    return (
        Membership.objects.filter(active_on(), pk__in=held, agency__left_on__isnull=True)
        .select_related("user", "agency")
        .order_by("user__first_name", "user__last_name", "pk")
    )


def municipalities_of(cooperation: Cooperation) -> QuerySet[Municipality]:
    return cooperation.municipalities.order_by("name")


def groups_to_join(hat: Hat, group: Group) -> list[Group]:
    """The groups of the same cooperation that a joint meeting can be with: those the hat arranges too (R5).

    None for a steering group, nor with one, and none with another kind of minutes: a meeting goes by one group's rules.
    """
    if group.kind == GroupKind.STEERING:
        return []
    others = groups_visible_to(hat).filter(cooperation=group.cooperation_id, ended_on__isnull=True)
    others = others.filter(minutes_mode=group.minutes_mode).exclude(kind=GroupKind.STEERING)
    return [other for other in others.exclude(pk=group.pk).order_by("name", "pk") if is_arranger(hat, other)]


def meetings_to_call_off(group: Group) -> list[Meeting]:
    """The group's meetings that have not begun."""
    return list(Meeting.objects.filter(group=group, state__in=AHEAD, ends_at__gt=timezone.now()).order_by("pk"))
