"""«Hitta en tid»: what suits all parties in the coming four weeks (issue 8.4). Never whose calendar is in the way."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from meetings.models import Conversation, Group, Meeting, SeatHolder, TimeOption
from meetings.queries.conversations import parties_of
from meetings.queries.times import (
    CLOSES,
    FROM_WORKING_DAY,
    OPENS,
    WITHIN,
    Span,
    busy_of,
    busy_with_participant,
    days_away_of,
    end_after,
    name_of,
)
from meetings.rules import seated
from meetings.states import NEVER_HELD, PartyKind
from workspace.clocks import add_working_days, day_off
from workspace.models import Membership
from workspace.rules import Hat, active_on
from workspace.states import SeatKind
from workspace.swedish import sort_key

LENGTHS = (30, 60, 90, 120)  # minutes
STEP = 30  # minutes between the times that are looked at
APART = 60  # minutes between two times that are shown, where both lie in the same free hours
UNNAMED = 2  # so many besides the asker before «alla utom en» is said: of one it would be said who


@dataclass(frozen=True)
class Person:
    """Somebody who is to come: when they are busy, and the days they are away."""

    busy: Collection[Span] = ()
    away: Collection[date] = ()


@dataclass(frozen=True)
class Day:
    """A day and the times on it, to choose from."""

    day: date
    starts: tuple[datetime, ...]


@dataclass(frozen=True)
class Findings:
    """What suits all, else what suits all but one (`but_one`), else nothing. `agencies`: who was counted.

    Not how many have given their own calendar: of so few it would show who has, and who joined or stopped since the
    page was last read. It is theirs to give, and nobody is to be pressed for it.
    """

    days: list[Day]
    but_one: bool
    agencies: list[str]


# ---------- pure ----------
def free_starts(
    day: date, people: Iterable[Person], minutes: int, *, now: datetime, closed: Collection[Span] = ()
) -> tuple[list[datetime], list[datetime]]:
    """The times of a day that suit all, and those that suit all but one. Pure.

    On every half-hour within 09–16 on Stockholm's wall clock, and ahead of now; the length in real minutes. None on a
    day off. `closed`: spans that nobody can be asked to.
    """
    if day_off(day):
        return [], []
    shuts = timezone.make_aware(datetime.combine(day, time(CLOSES)))
    walls = [time(minute // 60, minute % 60) for minute in range(OPENS * 60, CLOSES * 60, STEP)]
    starts = [timezone.make_aware(datetime.combine(day, wall)) for wall in walls]
    spans = [(at, ends) for at in starts if (ends := end_after(at, minutes)) <= shuts and at > now]
    spans = [one for one in spans if not _clashes(one, closed)]
    hindered: Counter[datetime] = Counter()
    for person in people:
        busy = [one for one in person.busy if one[0] < shuts and starts[0] < one[1]]
        hindered.update(one[0] for one in spans if day in person.away or _clashes(one, busy))
    return [at for at, _ in spans if not hindered[at]], [at for at, _ in spans if hindered[at] == 1]


def _clashes(span: Span, busy: Collection[Span]) -> bool:
    return any(span[0] < until and since < span[1] for since, until in busy)


def spread(starts: Sequence[datetime]) -> tuple[datetime, ...]:
    """The times of one day, thinned to one an hour from where each run of free half-hours begins. Pure."""
    shown: list[datetime] = []
    before: datetime | None = None
    for at in starts:
        begins = before is None or at - before > timedelta(minutes=STEP)
        if begins or at - shown[-1] >= timedelta(minutes=APART):
            shown.append(at)
        before = at
    return tuple(shown)


def find_days(
    people: Sequence[Person],
    minutes: int,
    *,
    now: datetime,
    first: date,
    closed: Collection[Span] = (),
    taken: Collection[datetime] = (),
    may_lack_one: bool = True,
) -> tuple[list[Day], bool]:
    """Day by day to four weeks from now, what suits all; where nothing does, what suits all but one, and True. Pure."""
    last = timezone.localdate(now) + WITHIN
    all_can: list[Day] = []
    but_one: list[Day] = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        found = free_starts(day, people, minutes, now=now, closed=closed)
        for days, starts in zip((all_can, but_one), found, strict=True):
            shown = spread([at for at in starts if at not in taken])
            if shown:
                days.append(Day(day, shown))
    lacks_one = may_lack_one and not all_can and bool(but_one)
    return (but_one, True) if lacks_one else (all_can, False)


# ---------- who is counted ----------
def find_for_conversation(
    conversation: Conversation, minutes: int, *, by: Membership, chosen: Collection[datetime] = ()
) -> Findings:
    """For the caseworkers of a conversation and its participant, from the third working day: a letter has to arrive.

    `chosen` and what is proposed already are not found again. A constant number of queries.
    """
    now = timezone.now()
    first = add_working_days(timezone.localdate(now), FROM_WORKING_DAY)
    rows = [one for one in parties_of(conversation) if one.kind == PartyKind.CASEWORKER and one.member is not None]
    people = _people([one.member for one in rows if one.member is not None], now, first, conversation)
    proposed = TimeOption.objects.filter(conversation=conversation, withdrawn_at__isnull=True)
    days, but_one = find_days(
        [*people.values(), Person(busy_with_participant(conversation, now))],
        minutes,
        now=now,
        first=first,
        taken={*chosen, *proposed.values_list("starts_at", flat=True)},
        may_lack_one=len(people.keys() - {by.user_id}) >= UNNAMED,
    )
    return Findings(days, but_one, _names(name_of(row) for row in rows))


def find_for_group(group: Group, minutes: int, *, by: Hat) -> Findings:
    """For the ordinary holders of a group's seats, from tomorrow, and not when the group already meets.

    Deputies are not counted: who stands in is settled when the meeting is called. A constant number of queries.
    """
    now = timezone.now()
    first = timezone.localdate(now) + timedelta(days=1)
    held = SeatHolder.objects.filter(seated(), seat__group=group, kind=SeatKind.ORDINARY).values("membership")
    members = list(
        Membership.objects.filter(active_on(), pk__in=held, agency__left_on__isnull=True).select_related("agency")
    )
    met = Meeting.objects.filter(Q(group=group) | Q(joined_group=group), ends_at__gt=now).exclude(state__in=NEVER_HELD)
    people = _people(members, now, first)
    days, but_one = find_days(
        list(people.values()),
        minutes,
        now=now,
        first=first,
        closed=list(met.values_list("starts_at", "ends_at")),
        may_lack_one=len(people.keys() - {by.user_id}) >= UNNAMED,
    )
    return Findings(days, but_one, _names(member.agency.name for member in members))


def _people(
    members: Sequence[Membership], now: datetime, first: date, besides: Conversation | None = None
) -> dict[int, Person]:
    """By user: somebody with two hats comes once."""
    busy, away = busy_of(members, now, besides), days_away_of(members, first, timezone.localdate(now) + WITHIN)
    return {user: Person(busy[user], away[user]) for user in busy}


def _names(names: Iterable[str]) -> list[str]:
    return sorted(set(names), key=lambda name: sort_key(name, ""))
