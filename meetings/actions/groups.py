"""A group comes into being, changes and ends; its seats and who sits on them (R1, R2, R5–R8)."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.utils import timezone

from meetings.actions.attendance import on_holder_gone
from meetings.actions.series import call_off, lock_groups, require_group_arranger
from meetings.actions.steps import lock_meeting, topics_of
from meetings.models import Group, GroupSeat, Meeting, SeatHolder, Series, TemplateItem
from meetings.queries.groups import (
    agencies_of,
    desks_to_seat,
    holders_in,
    meetings_to_call_off,
    members_for,
    municipalities_of,
)
from meetings.queries.series import running_series
from meetings.states import GROUPS_WITH_CASES, TEMPLATES, GroupKind, MinutesMode
from notifications.actions import Notice, Topics, deliver
from workspace.actions import action, record_act
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Cooperation, Function, Membership, Municipality
from workspace.rules import Hat, is_coordinator
from workspace.states import AuditAct, SeatKind
from workspace.swedish import say_date

ONE_DAY = timedelta(days=1)


@action
def create_group(
    *,
    by: Hat,
    cooperation: Cooperation,
    kind: GroupKind,
    name: str,
    municipalities: Sequence[Municipality],
    quorum: int,
    minutes_mode: MinutesMode = MinutesMode.PROJECT,
) -> Group:
    """Make a group of a cooperation, with the agenda template of its kind.

    Consultation without identity is off where a municipality is small, until somebody turns it on (L17), and in a kind
    of group that never has cases. Refuses
    whoever is not the cooperation's coordinator, none or more than two municipalities, others' ones, and a name taken.
    """
    if not is_coordinator(by) or by.cooperation_id != cooperation.pk:
        raise NotAllowed("Det är samordnaren som skapar grupper.")
    _check(cooperation, name, municipalities)
    group = Group.objects.create(
        cooperation=cooperation,
        kind=kind,
        name=name,
        quorum=quorum,
        minutes_mode=minutes_mode,
        anonymous_cases=kind in GROUPS_WITH_CASES and not any(place.is_small for place in municipalities),
    )
    group.municipalities.set(municipalities)
    TemplateItem.objects.bulk_create(
        TemplateItem(
            group=group, position=position, section=section, kind=item, title=title, purpose=purpose, minutes=minutes
        )
        for position, (section, item, title, purpose, minutes) in enumerate(TEMPLATES[GroupKind(kind)], start=1)
    )
    _record(by, "create", group)
    return group


def _check(
    cooperation: Cooperation, name: str, municipalities: Sequence[Municipality], group: Group | None = None
) -> None:
    Cooperation.objects.select_for_update(of=("self",)).get(pk=cooperation.pk)  # two of one name at the same time
    known = set(municipalities_of(cooperation).values_list("pk", flat=True))
    if not 1 <= len(municipalities) <= 2 or not {place.pk for place in municipalities} <= known:
        raise NotAllowed("En grupp har en eller två av samverkans kommuner.")
    others = Group.objects.filter(cooperation=cooperation, name=name).exclude(pk__in=[group.pk] if group else [])
    if others.exists():
        raise NotAllowed(f"Det finns redan en grupp som heter {name}. Välj ett annat namn.")


def _record(by: Hat, verb: str, group: Group) -> None:
    record_act(by=by, act=AuditAct.WRITE, what=f"group.{verb}", object_id=group.pk)


@action
def change_group(
    *,
    by: Hat,
    group: Group,
    name: str,
    municipalities: Sequence[Municipality],
    chair: Membership | None,
    secretary: Membership | None,
    quorum: int,
    anonymous_cases: bool,
    has_read_warning: bool,
    minutes_mode: MinutesMode | None = None,
) -> Group:
    """Change what a group is called, where it is, who leads it, and whether it may talk of somebody without a name.

    The kind stays, and so do minutes that have been sent: `minutes_mode` (None: as it was) is of those sent from now
    on. Refuses whoever does not arrange it, a chair or secretary without a seat, and consultation without identity in a
    small municipality where the warning of L17 has not been ticked.
    """
    lock_groups(group)
    group.refresh_from_db()
    require_group_arranger(by, group)
    _check(group.cooperation, name, municipalities, group)
    seated = set(holders_in(group).values_list("pk", flat=True))
    if not {one.pk for one in (chair, secretary) if one} <= seated:
        raise NotAllowed("Ordföranden och sekreteraren behöver en plats i gruppen. Ge dem en plats först.")
    if anonymous_cases and not has_read_warning and needs_warning(group, municipalities):
        raise NotAllowed("Läs varningen om att ort, ålder och ovanliga uppgifter kan peka ut en person, och kryssa i.")
    group.name, group.chair, group.secretary = name, chair, secretary
    group.quorum, group.anonymous_cases = quorum, anonymous_cases
    group.minutes_mode = minutes_mode or group.minutes_mode
    group.save(update_fields=["name", "chair", "secretary", "quorum", "anonymous_cases", "minutes_mode"])
    group.municipalities.set(municipalities)
    _record(by, "change", group)
    return group


def needs_warning(group: Group, municipalities: Sequence[Municipality]) -> bool:
    """Consultation without identity would be new here, or new for a small municipality (L17)."""
    small = {place.pk for place in municipalities if place.is_small}
    had = {place.pk for place in group.municipalities.all() if place.is_small}
    return bool(small) and not (group.anonymous_cases and small <= had)


@action
def end_group(*, by: Hat, group: Group) -> None:
    """End a group: no more meetings open, and those ahead are cancelled. Tells everybody asked."""
    lock_groups(group)
    group.refresh_from_db()
    require_group_arranger(by, group)
    today = timezone.localdate()
    Group.objects.filter(pk=group.pk).update(ended_on=today)
    Series.objects.filter(pk__in=[one.pk for one in running_series(group)]).update(to_on=today)
    notices, topics = _call_off_all(by, meetings_to_call_off(group))
    _record(by, "end", group)
    deliver(notices, topics)


def _call_off_all(by: Hat, meetings: Sequence[Meeting]) -> tuple[list[Notice], Topics]:
    notices, topics = [], []
    for meeting in meetings:
        locked = lock_meeting(meeting)
        notices += call_off(locked, by=by, reason="Gruppen är avslutad.")
        topics += topics_of(locked)
    return notices, topics


# ---------- seats ----------
@action
def add_seat(*, by: Hat, group: Group, desk: Function, from_on: date) -> GroupSeat:
    """Give a desk of one of the cooperation's agencies a seat, from a day on. Who sits there is said after.

    Refuses a desk that has an open seat in the group, and one of an agency outside the cooperation.
    """
    lock_groups(group)
    require_group_arranger(by, group)
    if not agencies_of(group.cooperation).filter(pk=desk.agency_id).exists():
        raise NotAllowed("Bara myndigheter som är med i samverkan kan ha plats i gruppen.")
    if not desks_to_seat(group).filter(pk=desk.pk).exists():
        raise SomebodyWasFaster("Enheten har redan en plats i gruppen.")
    seat = GroupSeat.objects.create(group=group, function=desk, from_on=from_on)
    _record(by, "add_seat", group)
    return seat


def _lock_seat(by: Hat, seat: GroupSeat) -> GroupSeat:
    lock_groups(seat.group)
    found = GroupSeat.objects.select_related("group__cooperation", "function__agency").get(pk=seat.pk)
    require_group_arranger(by, found.group)
    if found.to_on is not None and found.to_on < timezone.localdate():
        raise SomebodyWasFaster("Platsen är avslutad.")
    return found


@action
def seat_members(*, by: Hat, seat: GroupSeat, ordinary: Membership | None, deputies: Sequence[Membership]) -> GroupSeat:
    """Say who sits on a seat: one ordinary member, and deputies in the order they are called.

    Who is no longer named leaves today, the others' days stay; for a meeting ahead the next deputy is called at once,
    and those concerned are told. Refuses members of another agency, and the same person twice.
    """
    seat = _lock_seat(by, seat)
    wanted = [*([ordinary] if ordinary else []), *deputies]
    keys = [member.pk for member in wanted]
    if len(keys) != len(set(keys)):
        raise NotAllowed("Samma person står två gånger. Välj var och en en gång.")
    if set(keys) - set(members_for(seat).values_list("pk", flat=True)):
        raise NotAllowed(f"Bara den som arbetar på {seat.function.agency.name} kan sitta på platsen.")
    left = [holder for holder in _sitting(seat) if holder.membership_id not in keys]
    for holder in left:
        _leave(holder)
    _change_kinds(seat, ordinary)
    if ordinary:
        _sit(seat, ordinary, SeatKind.ORDINARY, 1)
    for order, deputy in enumerate(deputies, start=1):
        _sit(seat, deputy, SeatKind.DEPUTY, order)
    _record(by, "seat_members", seat.group)
    deliver(_gone(by, seat, left))
    return seat


def _sitting(seat: GroupSeat) -> list[SeatHolder]:
    return list(SeatHolder.objects.filter(seat=seat, to_on__isnull=True).select_related("membership__user"))


def _leave(holder: SeatHolder) -> None:
    """Today is not a day on the seat any more. Who sat down today never did."""
    today = timezone.localdate()
    if holder.from_on >= today:
        holder.delete()
    else:
        SeatHolder.objects.filter(pk=holder.pk).update(to_on=today - ONE_DAY)


def _change_kinds(seat: GroupSeat, ordinary: Membership | None) -> None:
    """Whoever goes from ordinary to deputy, or back, stops being the one before being the other."""
    for holder in _sitting(seat):
        is_to_be = ordinary is not None and holder.membership_id == ordinary.pk
        if is_to_be != (holder.kind == SeatKind.ORDINARY):
            _leave(holder)


def _sit(seat: GroupSeat, member: Membership, kind: SeatKind, order: int) -> None:
    """On the seat as this kind from today (or the seat's first day), or since before, with this place in the order."""
    if SeatHolder.objects.filter(seat=seat, membership=member, to_on__isnull=True).update(order=order):
        return
    SeatHolder.objects.create(
        seat=seat, membership=member, kind=kind, order=order, from_on=max(seat.from_on, timezone.localdate())
    )


def _gone(by: Hat, seat: GroupSeat, left: Sequence[SeatHolder]) -> list[Notice]:
    """What follows when people leave a seat: no office in the group without one, and a deputy for what is ahead."""
    notices: list[Notice] = []
    still = set(holders_in(seat.group).values_list("pk", flat=True))
    for holder in left:
        if holder.membership_id not in still:
            Group.objects.filter(pk=seat.group_id, chair=holder.membership_id).update(chair=None)
            Group.objects.filter(pk=seat.group_id, secretary=holder.membership_id).update(secretary=None)
        notices += on_holder_gone(seat=seat, membership=holder.membership, by=by)
    return notices


@action
def end_holder(*, by: Hat, holder: SeatHolder) -> None:
    """Somebody leaves a seat today: reads nothing of the group any more, and a deputy is called for what is ahead."""
    seat = _lock_seat(by, holder.seat)
    if holder.pk not in {one.pk for one in _sitting(seat)}:
        raise SomebodyWasFaster("Personen har redan lämnat platsen.")
    _leave(holder)
    _record(by, "end_holder", seat.group)
    deliver(_gone(by, seat, [holder]))


@action
def end_seat(*, by: Hat, seat: GroupSeat, last_on: date) -> None:
    """End a seat after its last day, and with it everybody's place on it: they are called to nothing after it.

    Refuses a day before it began, or past.
    """
    seat = _lock_seat(by, seat)
    if last_on < max(seat.from_on, timezone.localdate()):
        raise NotAllowed(f"Sista dagen kan tidigast vara {say_date(max(seat.from_on, timezone.localdate()))}.")
    sat = _sitting(seat)
    GroupSeat.objects.filter(pk=seat.pk).update(to_on=last_on)
    SeatHolder.objects.filter(seat=seat, to_on__isnull=True).update(to_on=last_on)
    _record(by, "end_seat", seat.group)
    deliver([note for one in sat for note in on_holder_gone(seat=seat, membership=one.membership, by=by)])
