"""Which entries each person should have in their calendar, of a group's meetings or of a conversation. Reads only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from meetings.calendar.models import Entry
from meetings.calendar.queries.events import Stored, stored
from meetings.calendar.queries.occasions import Occasion, first_day, occasions_of, series_to_keep
from meetings.models import (
    Attendance,
    Conversation,
    Group,
    InvitationAnswer,
    ItemGuest,
    Meeting,
    Party,
    SeatHolder,
    Series,
)
from meetings.queries.attendance import answers_open
from meetings.queries.conversations import party_lives
from meetings.queries.series import rule_of
from meetings.rules import STEERING_ROLES, seated
from meetings.schedule import span
from meetings.states import Answer, ConversationState, GroupKind, MeetingState, PartyKind
from workspace.models import CooperationRole, Membership
from workspace.rules import Hat, active_on
from workspace.states import CooperationRoleKind, SeatKind

CALLED = {MeetingState.CALLED, MeetingState.IN_PROGRESS, MeetingState.HELD}
MET_IN = {ConversationState.INVITED, ConversationState.HELD}
Key = tuple[str, str, int | None, datetime | None]


@dataclass(frozen=True)
class Wanted:
    """One entry that a hat should have. `makes`: also where there is none yet; else one that is there is kept so."""

    user: int
    member: int | None
    role: int | None
    starts_at: datetime
    ends_at: datetime
    place: str = ""
    series: int | None = None
    meeting: int | None = None
    conversation: int | None = None
    recurrence: Stored | None = None
    instead_of: datetime | None = None
    answer: str = ""
    asks: bool = True
    makes: bool = True

    @property
    def key(self) -> Key:
        hat = f"m{self.member}" if self.member else f"r{self.role}"
        return _key(hat, self.series, self.meeting, self.conversation, self.instead_of)


def key_of(entry: Entry) -> Key:
    """What an entry is of: the same for what is wanted and for the row that says so."""
    return _key(entry.hat_key, entry.series_id, entry.meeting_id, entry.conversation_id, entry.instead_of)


def _key(hat: str, series: int | None, meeting: int | None, talk: int | None, instead_of: datetime | None) -> Key:
    if series is not None:
        return hat, "series", series, instead_of
    return (hat, "meeting", meeting, None) if meeting is not None else (hat, "conversation", talk, None)


# ---------- people ----------
@dataclass(frozen=True)
class Place:
    """A hat that is called to a group's meetings, from a day to a day."""

    hat: Hat
    from_on: date
    to_on: date | None


def _member(hat: Hat) -> int | None:
    return hat.pk if isinstance(hat, Membership) else None


def _role(hat: Hat) -> int | None:
    return hat.pk if isinstance(hat, CooperationRole) else None


@dataclass
class People:
    """Who has a part in a group's meetings today, by hat. Deputies and guests have one only where they are asked."""

    ordinary: dict[int, dict[str, Place]] = field(default_factory=dict)  # by group
    seated: dict[int, dict[str, Membership]] = field(default_factory=dict)  # by group
    roles: dict[str, Place] = field(default_factory=dict)
    guests: dict[int, dict[str, Membership]] = field(default_factory=dict)  # by meeting
    rows: dict[tuple[str, int], Attendance] = field(default_factory=dict)

    def answer(self, hat: str, meeting: int | None) -> str:
        row = self.rows.get((hat, meeting)) if meeting else None
        return row.answer if row else ""


def _worn() -> QuerySet[Membership]:
    """Hats that can be worn today."""
    return Membership.objects.filter(active_on(), user__is_active=True, agency__left_on__isnull=True)


def people_of(group: Group, meetings: list[Meeting], now: datetime) -> People:
    """Who has a part in these meetings of a group. Four queries for any number."""
    found = People()
    groups = {group.pk, *(meeting.joined_group_id for meeting in meetings if meeting.joined_group_id)}
    holders = SeatHolder.objects.filter(seated(), seat__group__in=groups, membership__in=_worn())
    for holder in holders.select_related("membership", "seat").order_by("pk"):
        key, at = holder.membership.hat_key, holder.seat.group_id
        found.seated.setdefault(at, {})[key] = holder.membership
        if holder.kind == SeatKind.ORDINARY:
            places = found.ordinary.setdefault(at, {})
            places[key] = _longest(places.get(key), _place_of(holder))
    kinds = {CooperationRoleKind.COORDINATOR} | (STEERING_ROLES if group.kind == GroupKind.STEERING else set())
    roles = CooperationRole.objects.filter(
        active_on(), cooperation=group.cooperation_id, role__in=kinds, user__is_active=True
    )
    found.roles = {role.hat_key: Place(role, role.from_on, role.to_on) for role in roles.order_by("pk")}
    ahead = [meeting.pk for meeting in meetings if meeting.ends_at > now]
    for guest in ItemGuest.objects.filter(item__meeting__in=ahead, membership__in=_worn()).select_related(
        "membership", "item"
    ):
        found.guests.setdefault(guest.item.meeting_id, {})[guest.membership.hat_key] = guest.membership
    rows = Attendance.objects.filter(meeting__in=ahead).filter(Q(asked_at__isnull=False) | ~Q(answer=""))
    found.rows = {(row.hat_key, row.meeting_id): row for row in rows}
    return found


def _place_of(holder: SeatHolder) -> Place:
    member, seat = holder.membership, holder.seat
    last = [day for day in (holder.to_on, seat.to_on, member.to_on) if day]
    return Place(member, max(holder.from_on, seat.from_on, member.from_on), min(last, default=None))


def _longest(one: Place | None, other: Place) -> Place:
    """Of two seats that one person holds."""
    if one is None:
        return other
    ends = [one.to_on, other.to_on]
    last = None if None in ends else max(day for day in ends if day)
    return Place(one.hat, min(one.from_on, other.from_on), last)


# ---------- a group ----------
def wanted_of_group(group: Group, now: datetime | None = None) -> list[Wanted]:
    """What each person should have of a group's series and of its meetings that are not over.

    The series: its ordinary holders, and the roles that go to the group's meetings, each from the day they came in.
    Else a meeting by itself, once it is called: deputies who are asked or come, guests of an item, and everybody of a
    meeting outside the series. Who has said no keeps what they had, and gets nothing new. Seven queries for any number.
    """
    now = now or timezone.now()
    series = series_to_keep(group, now)
    meetings = list(
        Meeting.objects.filter(Q(series__in=series) | Q(group=group, ends_at__gt=now)).order_by("starts_at", "pk")
    )
    people = people_of(group, meetings, now)
    places = {**people.ordinary.get(group.pk, {}), **people.roles}
    found: list[Wanted] = []
    for one in series:
        occasions = occasions_of(one, meetings)
        firsts: dict[date, date | None] = {}
        for place in places.values():
            if place.from_on not in firsts:
                firsts[place.from_on] = first_day(rule_of(one), place.from_on)
            found += _of_series(one, occasions, place, firsts[place.from_on], people, now)
    covered = {(one.member, one.role, one.meeting) for one in found if one.meeting}
    for meeting in meetings:
        if meeting.state in CALLED and meeting.ends_at > now:
            singles = _of_meeting(meeting, people)
            found += [one for one in singles if (one.member, one.role, meeting.pk) not in covered]
    return _once_a_person(found)


def _of_series(
    series: Series, occasions: list[Occasion], place: Place, first: date | None, people: People, now: datetime
) -> Iterator[Wanted]:
    """A person's entry of a series, and of each of its days ahead that is opened or another than the rule says."""
    ends = [day for day in (series.to_on, place.to_on) if day]
    rule = replace(rule_of(series), to_on=min(ends, default=None))
    if first is None or (rule.to_on is not None and first > rule.to_on):
        return
    hat = place.hat.hat_key
    mine = [one for one in occasions if first <= one.on and (rule.to_on is None or one.on <= rule.to_on)]
    declined = [one.begins for one in mine if people.answer(hat, one.meeting) == Answer.NOT_COMING]
    starts_at, ends_at = span(first, series.begins, series.ends)
    master = Wanted(
        user=place.hat.user_id,
        member=_member(place.hat),
        role=_role(place.hat),
        series=series.pk,
        starts_at=starts_at,
        ends_at=ends_at,
        place=series.place if series.place_is_neutral else "",
        recurrence=stored(rule, [one.begins for one in mine if one.is_off], declined),
        asks=isinstance(place.hat, Membership),
    )
    yield master
    for one in mine:
        if not one.is_off and one.ends_at > now:
            answer = people.answer(hat, one.meeting)
            yield replace(
                master,
                meeting=one.meeting,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
                place=one.place,
                recurrence=None,
                instead_of=one.begins,
                answer=answer,
                makes=one.differs and answer != Answer.NOT_COMING,
            )


def _of_meeting(meeting: Meeting, people: People) -> Iterator[Wanted]:
    """Everybody's entry of a called meeting, whether or not it belongs to a series."""
    groups = meeting.group_ids
    seated = {key: member for pk in groups for key, member in people.seated.get(pk, {}).items()}
    ordinary = {key for pk in groups for key in people.ordinary.get(pk, {})}
    guests = people.guests.get(meeting.pk, {})
    hats: dict[str, Hat] = {**guests, **seated}
    called = {key for key in hats if key in ordinary or key in guests or (key, meeting.pk) in people.rows}
    found = {key: hats[key] for key in hats if key in called} | {key: place.hat for key, place in people.roles.items()}
    for key, hat in found.items():
        row = people.rows.get((key, meeting.pk))
        answer = row.answer if row else ""
        yield Wanted(
            user=hat.user_id,
            member=_member(hat),
            role=_role(hat),
            meeting=meeting.pk,
            starts_at=meeting.starts_at,
            ends_at=meeting.ends_at,
            place=meeting.place if meeting.place_is_neutral else "",
            answer=answer,
            asks=isinstance(hat, Membership) and bool(answers_open(row, key in seated)),
            makes=answer != Answer.NOT_COMING,
        )


def _once_a_person(found: Iterable[Wanted]) -> list[Wanted]:
    """Who has a seat and a role is called once, as the one who can answer."""
    found = list(found)
    seated = {(one.user, one.key[1:]) for one in found if one.member}
    return [one for one in found if one.member or (one.user, one.key[1:]) not in seated]


# ---------- a conversation ----------
def wanted_of_conversation(conversation: Conversation, now: datetime | None = None) -> list[Wanted]:
    """What the caseworkers of a conversation should have: those named for a party that lives and has been called.

    Nothing of one that is over. One query.
    """
    starts_at, ends_at = conversation.starts_at, conversation.ends_at
    if conversation.state not in MET_IN or not starts_at or not ends_at or ends_at <= (now or timezone.now()):
        return []
    answers = InvitationAnswer.objects.filter(
        invitation__party=OuterRef("pk"), invitation__round=conversation.round
    ).order_by("-at", "-pk")
    parties = Party.objects.filter(
        party_lives(),
        conversation=conversation,
        kind=PartyKind.CASEWORKER,
        member__in=_worn(),
        invitations__round=conversation.round,
    )
    found = parties.annotate(said=Subquery(answers.values("answer")[:1])).values_list("member", "member__user", "said")
    return [
        Wanted(
            user=user,
            member=member,
            role=None,
            conversation=conversation.pk,
            starts_at=starts_at,
            ends_at=ends_at,
            place=conversation.where if conversation.where_is_neutral else "",
            answer=answer or "",
            makes=answer != Answer.NOT_COMING,
        )
        for member, user, answer in found.order_by("pk")
    ]
