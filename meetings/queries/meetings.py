"""Which groups, meetings and items a hat may open."""

from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, Prefetch, Q, QuerySet
from django.http import Http404

from meetings.models import (
    AgendaItem,
    Attendance,
    CircleSeat,
    Group,
    GroupSeat,
    ItemGuest,
    Meeting,
    MeetingEvent,
    SeatHolder,
    TableReader,
)
from meetings.rules import ROLES, STEERING_ROLES, of_hat, seated, side_of
from meetings.states import NEVER_HELD, GroupKind, ItemKind, MeetingVerb
from workspace.models import Membership
from workspace.rules import Hat, active_on, disclosure_lives, is_coordinator


# ---------- groups ----------
def groups_visible_to(hat: Hat) -> QuerySet[Group]:
    """The groups where a member holds a seat today, also as a deputy; of the roles: the coordinator's all groups of
    the cooperation, the steering group's its own."""
    groups = Group.objects.select_related("cooperation", "chair__user", "secretary__user")
    if isinstance(hat, Membership):
        held = SeatHolder.objects.filter(seated(), membership=hat)
        return groups.filter(pk__in=held.values("seat__group"))
    own = groups.filter(cooperation=hat.cooperation_id)
    if is_coordinator(hat):
        return own
    return own.filter(kind=GroupKind.STEERING) if hat.role in STEERING_ROLES else groups.none()


def access_group(hat: Hat, pk: int) -> Group:
    """One group this hat may open, or the same 404 as for one that does not exist."""
    group = groups_visible_to(hat).filter(pk=pk).first()
    if group is None:
        raise Http404
    return group


def open_seats(group: Group, on: date | None = None) -> QuerySet[GroupSeat]:
    """The group's seats on a day (today), each with its holders of that day in `current`, ordinary first."""
    holders = SeatHolder.objects.filter(active_on(on)).select_related("membership__user", "membership__agency")
    return (
        GroupSeat.objects.filter(active_on(on), group=group)
        .select_related("function__agency")
        .prefetch_related(Prefetch("holders", queryset=holders, to_attr="current"))
        .order_by("function__agency__name", "pk")
    )


# ---------- meetings ----------
def meetings_visible_to(hat: Hat) -> QuerySet[Meeting]:
    """The meetings of the hat's groups, joint ones too, and those where the hat is invited to an item."""
    groups = groups_visible_to(hat).values("pk")
    found = Q(group__in=groups) | Q(joined_group__in=groups)
    if isinstance(hat, Membership):
        found |= Q(pk__in=ItemGuest.objects.filter(membership=hat).values("item__meeting"))
    return Meeting.objects.filter(found).select_related(
        "group__cooperation", "joined_group", "current_item", "pen__member__user", "pen__role__user", "series"
    )


def access_meeting(hat: Hat, pk: int) -> Meeting:
    """One meeting this hat may open, or the same 404 as for one that does not exist."""
    meeting = meetings_visible_to(hat).filter(pk=pk).first()
    if meeting is None:
        raise Http404
    return meeting


def is_guest_only(hat: Hat, meeting: Meeting) -> bool:
    """Sees the meeting only because of an item it is invited to."""
    if not isinstance(hat, Membership):
        return False
    groups = meeting.group_ids
    return not SeatHolder.objects.filter(seated(), membership=hat, seat__group__in=groups).exists()


def history_of(meeting: Meeting) -> QuerySet[MeetingEvent]:
    """What happened to the meeting itself, in order: called, moved, begun, ended. The small acts are left out."""
    return (
        MeetingEvent.objects.filter(meeting=meeting, verb__in=MeetingVerb.values)
        .select_related("member__agency", "member__user", "role__user")
        .order_by("at", "pk")
    )


def attendance_of(hat: Hat, meeting: Meeting) -> Attendance | None:
    """The hat's own row of this meeting, if it has been asked or has joined."""
    return Attendance.objects.filter(of_hat(hat), meeting=meeting).select_related("seat__function__agency").first()


# ---------- items ----------
@dataclass
class ItemShown:
    """An item as one hat may see it, with its clock time. `access` says how much.

    "open": everything. "circle": a case this hat is in the circle of (its content: `queries.cases`). "outside": only
    that it is there, and when: «Ett ärende som din myndighet inte är med på», or for a guest an item of others.
    """

    item: AgendaItem
    number: int
    starts_at: datetime
    ends_at: datetime
    access: str
    case_pk: int | None = None  # of a case, to its circle: the address of its own page

    @property
    def title(self) -> str:
        if self.access == "outside":
            return "Ett ärende" if self.item.kind == ItemKind.CASE else "En annan punkt"
        return self.item.title


def circle_lives() -> Q:
    """Circle seats whose agency may read the case now: its owner's, and those whose two disclosures live.

    Without identity nothing has been disclosed that could end: such a case goes with a meeting that never came to be.
    """
    told = disclosure_lives("identity__") & disclosure_lives("question__")
    unnamed = Q(case__participant__isnull=True) & ~Q(case__item__meeting__state__in=NEVER_HELD)
    return Q(agency=F("case__agency")) | unnamed | told


def own_circle_seats(member: Membership) -> QuerySet[CircleSeat]:
    """The circle seats of the member's agency that the member holds today, or is invited under; living or not."""
    held = SeatHolder.objects.filter(seated(), membership=member).values("seat")
    invited = ItemGuest.objects.filter(membership=member).values("item")
    return CircleSeat.objects.filter(Q(seat__in=held) | Q(case__item__in=invited), agency=member.agency_id)


def told_to(agency: int) -> QuerySet[TableReader]:
    """What has been laid on the table for an agency and it may read now. Without identity nothing ends."""
    lives = disclosure_lives("disclosure__") | Q(text__case__participant__isnull=True)
    return TableReader.objects.filter(lives, agency=agency)


def _circles_of(member: Membership, items: list[int]) -> dict[int, int]:
    """Of these case items, those whose circle holds a seat of this member, with access that lives; each one's case."""
    circle = own_circle_seats(member).filter(circle_lives(), case__item__in=items)
    return dict(circle.values_list("case__item", "case"))


def _as_outsider(item: AgendaItem) -> AgendaItem:
    """A copy of an item without what its title, presenter, note or history would tell. Never to be saved."""
    hidden = copy(item)
    hidden.title = hidden.note = hidden.gender_answer = hidden.gender_text = ""
    hidden.presenter = hidden.presenter_role = hidden.carried_from = None
    return hidden


def items_of(hat: Hat, meeting: Meeting) -> list[ItemShown]:
    """The whole agenda as this hat may see it, in order, with running clock times. Five queries for any number.

    An item that has begun keeps the time it began; those after it follow with their planned minutes.
    """
    items = list(
        AgendaItem.objects.filter(meeting=meeting)
        .select_related("presenter__user", "presenter__agency", "presenter_role__user", "carried_from__meeting")
        .order_by("position", "pk")
    )
    cases = [item.pk for item in items if item.kind == ItemKind.CASE]
    circles = _circles_of(hat, cases) if cases and isinstance(hat, Membership) else {}
    invited: set[int] | None = None
    if isinstance(hat, Membership) and is_guest_only(hat, meeting):
        invited = set(ItemGuest.objects.filter(item__meeting=meeting, membership=hat).values_list("item", flat=True))
    shown, at = [], meeting.started_at or meeting.starts_at
    for number, item in enumerate(items, start=1):
        at = item.started_at or at
        ends = item.ended_at or at + timedelta(minutes=item.minutes)
        if item.kind == ItemKind.CASE:
            access = "circle" if item.pk in circles else "outside"
        else:
            access = "open" if invited is None or item.pk in invited else "outside"
        seen = _as_outsider(item) if access == "outside" else item
        shown.append(ItemShown(seen, number, at, ends, access, circles.get(item.pk)))
        at = ends
    return shown


def attends(hat: Hat, meeting: Meeting, item: AgendaItem) -> ItemShown:
    """One item as this hat may see it; 404 for one of another meeting. Outside is an answer, not a 404: its place in
    the agenda is known, its content is not there to be asked for."""
    for shown in items_of(hat, meeting):
        if shown.item.pk == item.pk:
            return shown
    raise Http404


# ---------- who hears ----------
def circle_agencies(item: AgendaItem) -> set[int]:
    """The agencies of a case's circle whose access lives."""
    return set(CircleSeat.objects.filter(circle_lives(), case__item=item).values_list("agency", flat=True))


def sides_of(meeting: Meeting, item: AgendaItem | None = None) -> list[str]:
    """The hint groups to tell of something in this meeting, or under one item: of a case only its circle's.

    Without an item everybody is told, guests too: that the meeting goes on is known to all who are called.
    """
    guests = ItemGuest.objects.filter(item__meeting=meeting).select_related("membership")
    if item is not None:
        guests = guests.filter(item=item)
    if item is not None and item.kind == ItemKind.CASE:
        circle = circle_agencies(item)
        inside = {side_of(guest.membership, is_guest=True) for guest in guests if guest.membership.agency_id in circle}
        return sorted(inside | {f"myndighet{agency}" for agency in circle})
    sides = {side_of(guest.membership, is_guest=True) for guest in guests}
    groups = meeting.group_ids
    seats = GroupSeat.objects.filter(active_on(), group__in=groups)
    agencies = seats.values_list("function__agency", flat=True)
    return sorted(sides | {f"myndighet{pk}" for pk in agencies} | {ROLES})
