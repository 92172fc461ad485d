"""The agenda as it is shown: who can present and be invited, what it adds up to, what is left before it is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet
from django.http import Http404

from meetings.models import (
    ActionItem,
    AgendaItem,
    Decision,
    Group,
    ItemGuest,
    Meeting,
    SeatHolder,
    TemplateItem,
)
from meetings.queries.meetings import ItemShown
from meetings.rules import seated
from meetings.states import AHEAD, PREPARED_KINDS, ActionState, DecisionState, GroupKind, ItemKind, MeetingState
from workspace.models import CooperationAgency, CooperationRole, Membership
from workspace.queries import coordinators_of
from workspace.rules import active_on


def can_change_agenda(meeting: Meeting) -> bool:
    """Until the meeting is over: also in it something can come up."""
    return meeting.state in {*AHEAD, MeetingState.IN_PROGRESS}


def stands_last(items: Sequence[AgendaItem | TemplateItem]) -> bool:
    """Gender equality is the last, also where nothing else is there: where an agenda is seldom got to (R15)."""
    return bool(items) and items[-1].kind == ItemKind.GENDER_EQUALITY


def can_be_prepared(group: Group) -> set[ItemKind]:
    """The kinds of item that the product prepares for a group: all of them for a steering group (R93)."""
    if group.kind == GroupKind.STEERING:
        return set(PREPARED_KINDS)
    return {ItemKind.GENDER_EQUALITY, ItemKind.ACTION_REVIEW, ItemKind.DECISION_REVIEW}


def follows_decisions(group: Group) -> bool:
    """The group has decisions that are still followed, those under cases aside."""
    found = Decision.objects.filter(item__meeting__group=group, state=DecisionState.OPEN)
    return found.exclude(item__kind=ItemKind.CASE).exists()


# ---------- people ----------
def presenters_of(groups: Sequence[int]) -> QuerySet[Membership]:
    """Who holds a seat in these groups today, deputies too: whoever can present an item."""
    held = SeatHolder.objects.filter(seated(), seat__group__in=groups).values("membership")
    return (
        Membership.objects.filter(active_on(), pk__in=held)
        .select_related("user", "agency")
        .order_by("user__first_name", "user__last_name", "pk")
    )


def presenting_roles(group: Group) -> QuerySet[CooperationRole]:
    """The coordinators, who can present an item too."""
    return coordinators_of([group.cooperation_id]).select_related("user")


def holds_a_seat(member: Membership, meeting: Meeting) -> bool:
    return presenters_of(meeting.group_ids).filter(pk=member.pk).exists()


def can_be_invited(meeting: Meeting) -> QuerySet[Membership]:
    """Members of the cooperation's agencies who have no seat in the meeting: whom one item can be opened to."""
    parties = CooperationAgency.objects.filter(active_on(), cooperation=meeting.group.cooperation_id)
    return (
        Membership.objects.filter(active_on(), agency__in=parties.values("agency"), agency__left_on__isnull=True)
        .filter(user__is_active=True)
        .exclude(pk__in=presenters_of(meeting.group_ids).values("pk"))
        .select_related("user", "agency")
        .order_by("agency__name", "user__first_name", "user__last_name", "pk")
    )


def guests_of(items: Sequence[AgendaItem]) -> dict[int, list[ItemGuest]]:
    """Who is invited to each of these items. One query for any number."""
    found: dict[int, list[ItemGuest]] = {}
    guests = ItemGuest.objects.filter(item__in=items).select_related("membership__user", "membership__agency")
    for guest in guests.order_by("membership__user__first_name", "pk"):
        found.setdefault(guest.item_id, []).append(guest)
    return found


def access_guest(item: AgendaItem, pk: int) -> ItemGuest:
    """An invitation to this item, or 404."""
    guest = ItemGuest.objects.filter(pk=pk, item=item).select_related("item__meeting", "membership").first()
    if guest is None:
        raise Http404
    return guest


# ---------- sums ----------
def minutes_over(meeting: Meeting, shown: Sequence[ItemShown]) -> int:
    """Minutes planned beyond the meeting's length; negative where there is time left."""
    planned = sum((row.item.minutes for row in shown), start=0)
    return planned - (meeting.ends_at - meeting.starts_at) // timedelta(minutes=1)


@dataclass
class Check:
    """One thing to see to before the agenda is sent."""

    done: bool
    says: str
    puts: ItemKind | None = None  # what a button beside it can put on the agenda


def checks_of(meeting: Meeting, shown: Sequence[ItemShown]) -> list[Check]:
    """What «Klart att skicka?» asks of the agenda itself. Asks nothing of a case but that it is there."""
    items = [row.item for row in shown]
    there = set(presenters_of(meeting.group_ids).values_list("pk", flat=True))
    answered = all(item.presenter_id is None or item.presenter_id in there for item in items)
    over = minutes_over(meeting, shown)
    kinds = {item.kind for item in items}
    checks = [
        Check(answered and all(item.minutes for item in items), "Tider och ansvarig på varje punkt"),
        Check(over <= 0, "Tiden räcker" if over <= 0 else f"{over} minuter för mycket"),
        gender_check(items),
    ]
    if ItemKind.ACTION_REVIEW in kinds or _has_open_actions(meeting):
        checks.append(Check(ItemKind.ACTION_REVIEW in kinds, "Uppgifterna sedan sist gås igenom"))
    if ItemKind.CASE in kinds:
        # The database holds it: nobody is on an agenda uninformed (L16).
        checks.append(Check(True, "Deltagaren i varje ärende är informerad"))
    return checks


def gender_check(items: Sequence[AgendaItem]) -> Check:
    """Gender equality stands, and not last; without it the agenda is not sent (R15)."""
    if not any(item.kind == ItemKind.GENDER_EQUALITY for item in items):
        return Check(False, "Jämställdhet saknas på dagordningen", ItemKind.GENDER_EQUALITY)
    if stands_last(items):
        alone = "Jämställdhet står ensam. Lägg till en punkt efter den."
        return Check(False, alone if len(items) == 1 else "Jämställdhet står sist. Flytta upp punkten.")
    return Check(True, "Jämställdhet står med")


def _has_open_actions(meeting: Meeting) -> bool:
    """Cases aside: that something is agreed about one of them is for its circle to know."""
    found = ActionItem.objects.filter(item__meeting__group=meeting.group_id, state=ActionState.OPEN)
    return found.exclude(item__kind=ItemKind.CASE).exclude(item__meeting=meeting).exists()


# ---------- the template ----------
def template_of(group: Group) -> QuerySet[TemplateItem]:
    """The lines that the group's next meetings begin with, in order."""
    return TemplateItem.objects.filter(group=group).select_related(
        "presenter__user", "presenter__agency", "presenter_role__user", "group"
    )


def access_line(group: Group, pk: int) -> TemplateItem:
    line = template_of(group).filter(pk=pk).first()
    if line is None:
        raise Http404
    return line
