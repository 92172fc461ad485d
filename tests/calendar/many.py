"""Five hundred meetings of one person, in groups, series and conversations, over both clock changes of 2026."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import icalendar

from meetings.actions.invitations import Appointment, cancel_conversation, move_conversation
from meetings.actions.series import cancel_meeting, change_day, change_series, create_series, move_meeting
from meetings.models import Conversation, Group, Meeting, Series
from meetings.queries.series import exceptions_of, rule_of
from meetings.schedule import days_between, span
from meetings.states import ConversationState, How, MeetingState, Ordinal, Repeats
from tests.cast import Cast, make_cast, make_participant
from tests.meetings.cast import make_group, make_seat
from tests.meetings.talks import make_talk

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NOW = datetime(2026, 3, 2, 9, tzinfo=STOCKHOLM)  # a Monday
FIRST, LAST = date(2026, 3, 3), date(2026, 12, 31)
ONE_DAY = timedelta(days=1)
CHANGES = (date(2026, 3, 29), date(2026, 10, 25))
HOURS = (6, 13, 15, 22)
NEUTRAL = "Samlingssalen, plan 2; ring på"
Times = list[tuple[datetime, datetime]]
Key = tuple[str, str]


@dataclass
class World:
    """What was made, and which of it was changed how, by a reader's eyes: when things begin on the wall."""

    cast: Cast
    groups: list[Group] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    singles: list[Meeting] = field(default_factory=list)
    talks: list[Conversation] = field(default_factory=list)
    appeared: set[datetime] = field(default_factory=set)
    vanished: list[int] = field(default_factory=list)  # meetings that are cancelled
    hushed: list[int] = field(default_factory=list)  # conversations that are


def make_world() -> World:
    """Twelve groups, each with a series and some 37 meetings beside it, and 60 conversations."""
    world = World(make_cast())
    for number in range(12):
        _group(world, number)
    for number in range(60):
        person = make_participant(world.cast.soc_desk, first=f"Deltagare{number}")
        talk = make_talk(world.cast, ConversationState.INVITED, person=person, days=5 + number * 4).conversation
        around = CHANGES[number % 2] + ONE_DAY * (number // 2 % 3 - 1)
        if number < 6:
            starts_at, ends_at = span(around, time(HOURS[number % 4]), time(HOURS[number % 4] + 1))
            Conversation.objects.filter(pk=talk.pk).update(starts_at=starts_at, ends_at=ends_at)
        if number % 3 == 0:
            Conversation.objects.filter(pk=talk.pk).update(where=NEUTRAL, where_is_neutral=True)
        world.talks.append(Conversation.objects.get(pk=talk.pk))
    return world


def _group(world: World, number: int) -> None:
    cast = world.cast
    group = make_group(cast, f"Grupp {number}")
    for desk, member in ((cast.soc_desk, cast.soc), (cast.psyk_desk, cast.psyk)):
        make_seat(group, desk, member)
    plan = Series(
        repeats=Repeats.WEEKLY if number % 3 else Repeats.MONTHLY,
        ordinal=list(Ordinal)[number % len(Ordinal)],
        interval=2 if number % 3 == 1 else 1,
        weekday=(5, 6, 0, 2)[number % 4],
        begins=time(10) if number % 2 else time(18, 30),
        ends=time(11, 30) if number % 2 else time(19, 45),
        from_on=date(2026, 3, 9),
        to_on=date(2026, 11, 30) if number % 5 == 0 else None,
        months_off=[7] if number % 2 else [],
        place=NEUTRAL if number % 3 == 0 else "Psykiatrins hus",
        place_is_neutral=number % 3 == 0,
    )
    world.series.append(create_series(by=cast.soc, group=group, plan=plan, exceptions={}))
    days = {change + ONE_DAY * by for change in CHANGES for by in (-1, 0, 1)}
    days |= {FIRST + ONE_DAY * (7 + number % 5 + step * 9) for step in range(32)}
    rows = []
    for at, day in enumerate(sorted(days)):
        hour = HOURS[(at + number) % 4]
        starts_at, ends_at = span(day, time(hour), time(hour + 1, 30))
        neutral = at % 4 == 0
        rows.append(
            Meeting(
                group=group,
                starts_at=starts_at,
                ends_at=ends_at,
                state=MeetingState.CALLED,
                place=NEUTRAL if neutral else "Psykiatrins hus",
                place_is_neutral=neutral,
            )
        )
    Meeting.objects.bulk_create(rows)
    world.groups.append(group)
    world.singles += Meeting.objects.filter(group=group, series__isnull=True).order_by("starts_at")


def change_world(world: World) -> None:
    """By the verbs that people use: moved, cancelled, days of series elsewhere or without, series that change."""
    soc = world.cast.soc
    for number, meeting in enumerate(world.singles[::9]):
        if number % 2:
            cancel_meeting(by=soc, meeting=meeting, reason="Förhinder")
            world.vanished.append(meeting.pk)
        else:
            day = meeting.starts_at.astimezone(STOCKHOLM).date() + ONE_DAY
            starts_at, ends_at = span(day, time(20), time(21, 15))
            move_meeting(by=soc, meeting=meeting, starts_at=starts_at, ends_at=ends_at, place="Psykiatrins hus")
            world.appeared.add(wall(starts_at))
    for number, series in enumerate(world.series):
        changes = number % 3 == 2  # weekly
        last = date(2026, 5, 31) if changes else date(2026, 11, 20)
        given = [one.on for one in days_between(rule_of(series), {}, FIRST, last)]
        for on, day in ((given[1], given[1] + ONE_DAY), (given[3], None), (given[-1], given[-1] - ONE_DAY * 2)):
            change_day(by=soc, series=series, on=on, day=day)
            if day:
                world.appeared.add(datetime.combine(day, series.begins))
        if changes:
            _change_series(world, series)
    for number, talk in enumerate(world.talks[:20]):
        if number % 2:
            cancel_conversation(by=soc, conversation=talk, reason="Förhinder")
            world.hushed.append(talk.pk)
        else:
            starts_at, _ = span(date(2026, 10, 25) + ONE_DAY * (number % 3), time(8, 15), time(9))
            there = Appointment(starts_at, How.PLACE, "Psykiatrins hus")
            move_conversation(by=soc, conversation=talk, meeting=there)
            world.appeared.add(wall(starts_at))


def _change_series(world: World, series: Series) -> None:
    """From June on it is at another hour, every other week. What was another day before that is so still."""
    plan = Series(
        repeats=Repeats.WEEKLY,
        ordinal=Ordinal.FIRST,
        interval=2,
        weekday=3,
        begins=time(16, 15),
        ends=time(17),
        from_on=date(2026, 6, 1),
        months_off=[7],
        place="Biblioteket",
    )
    change_series(by=world.cast.soc, series=series, plan=plan, exceptions={})
    world.appeared.add(datetime(2026, 6, 4, 16, 15))


def wall(moment: datetime) -> datetime:
    return moment.astimezone(STOCKHOLM).replace(tzinfo=None)


def expected() -> Times:
    """When soc meets from day to day, by the tables of the meetings and nothing of the calendar's."""
    found: Times = []
    for series in Series.objects.prefetch_related("exceptions"):
        opened = {meeting.occurs_on: meeting for meeting in Meeting.objects.filter(series=series)}
        # Looked at more widely, since an opened meeting may be on quite another day.
        for one in days_between(rule_of(series), exceptions_of(series), FIRST, LAST + ONE_DAY * 60):
            meeting = opened.get(one.on)
            at = (meeting.starts_at, meeting.ends_at) if meeting else span(one.day, series.begins, series.ends)
            if meeting is None or meeting.state != MeetingState.CANCELLED:
                found.append((wall(at[0]), wall(at[1])))
    held = [
        *Meeting.objects.filter(series__isnull=True, state=MeetingState.CALLED),
        *Conversation.objects.filter(state=ConversationState.INVITED),
    ]
    found += [(wall(one.starts_at), wall(one.ends_at)) for one in held if one.starts_at and one.ends_at]
    return sorted(one for one in found if FIRST <= one[0].date() <= LAST)


@dataclass(frozen=True)
class Written:
    """One VEVENT of a feed: its number, and what it says but for that and when it was written."""

    sequence: int
    says: str


def written(ics: bytes) -> dict[Key, Written]:
    """By uid and RECURRENCE-ID; each stands there once."""
    found: dict[Key, Written] = {}
    for event in icalendar.Calendar.from_ical(ics).walk("VEVENT"):
        key = (str(event["UID"]), event["RECURRENCE-ID"].to_ical().decode() if "RECURRENCE-ID" in event else "")
        assert key not in found
        lines = event.to_ical().decode().replace("\r\n ", "").split("\r\n")
        says = "\n".join(line for line in lines if not line.startswith(("SEQUENCE:", "DTSTAMP:")))
        found[key] = Written(event["SEQUENCE"], says)
    return found
