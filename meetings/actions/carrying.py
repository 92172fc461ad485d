"""What comes back at the next meeting: items with an open action, and those there was no time for (4minitz's rule)."""

from collections.abc import Iterable

from meetings.actions.agenda import MOST_ITEMS
from meetings.actions.standing import end_of_section, keep_from_last, put_in_order
from meetings.actions.steps import topics_of
from meetings.models import ActionItem, AgendaItem, Group, Meeting, TemplateItem
from meetings.states import AHEAD, ActionState, ItemKind, MeetingState, Section
from workspace.live import Hint

# Where a carried item still is, or has been: it does not come back a second time from the same place.
STANDS = {*AHEAD, MeetingState.IN_PROGRESS, MeetingState.HELD}


def carry_over(meeting: Meeting) -> None:
    """Put what is left of the group's last held meeting on this one's agenda, once each. Call it inside an action.

    An item comes back while an action of it is open, also one from a meeting before that, and an ordinary item that
    there was no time for. Never a case, whose agency puts it up anew, and nothing that the group's agenda has anyway.
    Title, section, purpose, minutes and presenter follow; the note begins empty. Source: peers.md 3.1.
    """
    last = (
        Meeting.objects.filter(group=meeting.group_id, state=MeetingState.HELD, starts_at__lt=meeting.starts_at)
        .order_by("-starts_at", "-pk")
        .first()
    )
    if last is None:
        return
    items = list(AgendaItem.objects.filter(meeting=meeting).order_by("position", "pk"))
    there = {(item.kind, item.title.casefold()) for item in items} | {
        (line.kind, line.title.casefold()) for line in TemplateItem.objects.filter(group=meeting.group_id)
    }
    came = 0
    for item in left_of(last):
        if (item.kind, item.title.casefold()) in there or len(items) >= MOST_ITEMS:
            continue
        items.insert(end_of_section(items, item.section), _again(item, meeting))
        came += 1
    if came:
        keep_from_last(items)
        put_in_order(items)


def carry_on(finished: Meeting) -> list[Meeting]:
    """The same for the next meeting, where it has been opened already. Call it when a meeting has ended, in its action.

    Also for one that is called off: what it held comes back at the one after. Returns the meetings whose agenda it
    may have changed, for their hints.
    """
    following = (
        Meeting.objects.select_for_update(of=("self",))
        .select_related("group__cooperation", "joined_group")
        .filter(group=finished.group_id, state__in=AHEAD, starts_at__gt=finished.starts_at)
        .order_by("starts_at", "pk")
        .first()
    )
    if following is None:
        return []
    take_away_settled(following.group)
    carry_over(following)
    return [following]


def carried_topics(ended: Meeting) -> list[tuple[str, Hint]]:
    """`carry_on`, for a verb that has ended a meeting: the hints that the next one's agenda has changed."""
    return [hint for following in carry_on(ended) for hint in topics_of(following, None, "agenda")]


def left_of(last: Meeting) -> list[AgendaItem]:
    """The ordinary items of a held meeting that are to come back and do not stand anywhere yet, in order."""
    ordinary = AgendaItem.objects.filter(meeting=last, kind=ItemKind.ORDINARY).order_by("position", "pk")
    items = list(ordinary.exclude(carried__meeting__state__in=STANDS))
    unsettled = _with_open_actions(items)
    return [item for item in items if item.pk in unsettled or not (item.started_at or item.ended_at)]


def _with_open_actions(items: Iterable[AgendaItem]) -> set[int]:
    """Of these items, those with an open action, their own or of the item they came from, however far back."""
    came_from = {item.pk: {item.pk} for item in items}
    above = {item.pk: item.carried_from_id for item in items if item.carried_from_id}
    while above:
        for pk, source in above.items():
            came_from[pk].add(source)
        rows = AgendaItem.objects.filter(pk__in=set(above.values())).values_list("pk", "carried_from")
        parents = dict(rows)
        above = {pk: parent for pk, source in above.items() if (parent := parents.get(source))}
    everything = set().union(*came_from.values()) if came_from else set()
    open_ones = set(
        ActionItem.objects.filter(item__in=everything, state=ActionState.OPEN).values_list("item", flat=True)
    )
    return {pk for pk, chain in came_from.items() if chain & open_ones}


def _again(item: AgendaItem, meeting: Meeting) -> AgendaItem:
    return AgendaItem.objects.create(
        meeting=meeting,
        # What was added in the meeting came last of all: next time it has its place before the closing.
        section=Section.MATTERS if item.section == Section.CLOSING else item.section,
        position=0,
        title=item.title,
        purpose=item.purpose,
        minutes=item.minutes,
        presenter_id=item.presenter_id,
        presenter_role_id=item.presenter_role_id,
        carried_from=item,
    )


# ---------- when it is settled before the meeting ----------
COPIED = ("title", "purpose", "minutes", "presenter_id", "presenter_role_id")


def take_away_settled(group: Group) -> list[Meeting]:
    """Take away what came back to the group's planned meetings and has nothing left open. Call it inside an action.

    Only where nobody has touched it, and where the agenda has not been sent: what people have read stays. Returns the
    meetings that it changed, for their hints.
    """
    carried = (
        AgendaItem.objects.filter(
            meeting__group=group,
            meeting__state=MeetingState.PLANNED,
            carried_from__isnull=False,
            note="",
            note_version=0,
        )
        .filter(started_at__isnull=True, guests=None, decisions=None, actions=None, versions=None)
        .select_related("meeting__group", "meeting__joined_group", "carried_from")
    )
    items = [item for item in carried if _is_untouched(item)]
    unsettled = _with_open_actions(items)
    changed: dict[int, Meeting] = {}
    for item in items:
        if item.pk not in unsettled:
            changed[item.meeting_id] = item.meeting
            item.delete()
    for meeting in changed.values():
        close_up(meeting)
    return list(changed.values())


def close_up(meeting: Meeting) -> None:
    """Number a locked meeting's items anew when one has gone, with gender equality not last (R15)."""
    items = list(AgendaItem.objects.filter(meeting=meeting).order_by("position", "pk"))
    keep_from_last(items)
    put_in_order(items)


def _is_untouched(item: AgendaItem) -> bool:
    """As it came, and there for an action's sake: what there was no time for is still to be talked about."""
    source = item.carried_from
    if source is None or not (source.started_at or source.ended_at):
        return False
    return all(getattr(item, name) == getattr(source, name) for name in COPIED)
