"""A group with three agencies' seats, and its meetings, made the same way each time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from meetings.actions.opening import open_meeting
from meetings.models import AgendaItem, Group, GroupSeat, Meeting, SeatHolder, TemplateItem
from meetings.states import TEMPLATES, GroupKind, ItemKind, MeetingState, Purpose, Section
from tests.cast import Cast
from workspace.models import Function, Membership, Municipality
from workspace.states import SeatKind


@dataclass
class Room:
    """A cooperation group: soc chairs, psyk is secretary, fk sits there too. Each has a deputy. One meeting ahead."""

    cast: Cast
    group: Group
    soc_seat: GroupSeat
    psyk_seat: GroupSeat
    fk_seat: GroupSeat
    meeting: Meeting


def make_seat(group: Group, desk: Function, ordinary: Membership, *deputies: Membership) -> GroupSeat:
    started = timezone.localdate() - timedelta(days=400)
    seat = GroupSeat.objects.create(group=group, function=desk, from_on=started)
    SeatHolder.objects.create(seat=seat, membership=ordinary, from_on=started)
    for order, deputy in enumerate(deputies, start=1):
        SeatHolder.objects.create(seat=seat, membership=deputy, kind=SeatKind.DEPUTY, order=order, from_on=started)
    return seat


def make_group(cast: Cast, name: str = "Samverkansgruppen Piteå", kind: GroupKind = GroupKind.COOPERATION) -> Group:
    group = Group.objects.create(
        cooperation=cast.cooperation, kind=kind, name=name, chair=cast.soc, secretary=cast.psyk
    )
    group.municipalities.set(Municipality.objects.filter(name="Piteå"))
    TemplateItem.objects.bulk_create(
        TemplateItem(
            group=group,
            section=section,
            kind=item_kind,
            position=position,
            title=title,
            purpose=purpose,
            minutes=minutes,
        )
        for position, (section, item_kind, title, purpose, minutes) in enumerate(TEMPLATES[kind], start=1)
    )
    return group


def in_days(days: int, hour: int = 13) -> datetime:
    """A moment that many days from today, at an hour on Stockholm's clock."""
    return timezone.localtime().replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=days)


def make_meeting(group: Group, days: int = 7, hours: int = 2) -> Meeting:
    return open_meeting(
        by=None, group=group, starts_at=in_days(days), ends_at=in_days(days) + timedelta(hours=hours), place="Rum Älven"
    )


def make_item(meeting: Meeting, title: str = "Praktikplatser i vår", kind: ItemKind = ItemKind.ORDINARY) -> AgendaItem:
    last = AgendaItem.objects.filter(meeting=meeting).order_by("-position").first()
    return AgendaItem.objects.create(
        meeting=meeting,
        kind=kind,
        section=Section.MATTERS,
        position=(last.position if last else 0) + 1,
        title=title,
        purpose=Purpose.DISCUSSION,
        minutes=20,
    )


def put_in(meeting: Meeting, state: MeetingState) -> Meeting:
    """Put a meeting in a state without walking there."""
    now = timezone.now()
    started = now - timedelta(minutes=30) if state in {MeetingState.IN_PROGRESS, MeetingState.HELD} else None
    Meeting.objects.filter(pk=meeting.pk).update(
        state=state,
        started_at=started,
        finished_at=now if state == MeetingState.HELD else None,
        **({"starts_at": started, "ends_at": now + timedelta(minutes=90)} if started else {}),
    )
    meeting.refresh_from_db()
    return meeting


def make_room(cast: Cast) -> Room:
    group = make_group(cast)
    return Room(
        cast=cast,
        group=group,
        soc_seat=make_seat(group, cast.soc_desk, cast.soc, cast.soc_2),
        psyk_seat=make_seat(group, cast.psyk_desk, cast.psyk, cast.psyk_2),
        fk_seat=make_seat(group, cast.fk_desk, cast.fk, cast.two_hats[0]),
        meeting=make_meeting(group),
    )
