"""What opens and ends by itself: the next meeting of a series, those that were never held, and long gaps (R1)."""

from dataclasses import replace
from datetime import timedelta

from django.utils import timezone

from meetings.actions.carrying import carried_topics
from meetings.actions.grounds import end_untalked
from meetings.actions.opening import open_meeting
from meetings.actions.steps import lock_meeting, notice_of, step, topics_of
from meetings.models import Group, Meeting, Series
from meetings.queries.groups import (
    Gap,
    gaps_of,
    groups_to_watch,
    groups_with_series,
    holders_in,
    meeting_followers,
    next_of_series,
    overdue_meetings,
)
from meetings.queries.series import SHOWN, coming_days
from meetings.schedule import span
from meetings.states import LAPSES_AFTER, MeetingVerb
from notifications.actions import Notice, deliver
from notifications.queries import notifications_about
from workspace.actions import action
from workspace.clocks import start_of
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.rules import Hat
from workspace.swedish import say_count

GAP = "group.gap"


@action
def open_next(*, series: Series | None, by: Hat | None = None) -> Meeting | None:
    """Open the next meeting of a series' group where none of its series is open ahead; None where there is nothing to.

    Locks the group, so that two sweeps open one. Days that have had a meeting, of whatever state, are passed over, and
    so are days where the group already meets. Tells nobody: the call does. `series` None: an extra meeting has no next.
    """
    if series is None:
        return None
    group = Group.objects.select_for_update(of=("self",)).select_related("cooperation").get(pk=series.group_id)
    if group.ended_on is not None or next_of_series(group) is not None:
        return None
    for one in coming_days(group, SHOWN):
        starts_at, ends_at = span(one.day, one.series.begins, one.series.ends)
        if starts_at <= timezone.now():
            continue
        try:
            return open_meeting(
                by=by,
                group=group,
                starts_at=starts_at,
                ends_at=ends_at,
                place=one.series.place,
                place_is_neutral=one.series.place_is_neutral,
                link=one.series.link,
                series=one.series,
                occurs_on=one.on,
            )
        except NotAllowed:
            continue
    return None


def open_due_meetings() -> int:
    """Open what is missing, group by group, each in its own transaction; how many were opened. May run again."""
    opened = 0
    for group in groups_with_series():
        first = group.series.order_by("pk").first()
        opened += open_next(series=first) is not None
    return opened


# ---------- never held ----------
def lapse_meetings() -> int:
    """Say of meetings that nobody started, and that ended over LAPSES_AFTER days ago, that they were not held.

    Each in its own transaction. Tells the group's chair and secretary, and opens the next of the series.
    """
    before = timezone.localdate() - timedelta(days=LAPSES_AFTER)
    lapsed = 0
    for meeting in overdue_meetings(before):
        try:
            _lapse(meeting=meeting)
        except SomebodyWasFaster:
            continue
        lapsed += 1
    return lapsed


@action
def _lapse(*, meeting: Meeting) -> None:
    locked = lock_meeting(meeting)
    step(locked, MeetingVerb.LAPSE, by=None)
    end_untalked(locked, by=None)
    open_next(series=locked.series)
    told = replace(
        notice_of("meeting.not_held", locked, arrangers_of(locked.group)), followers=meeting_followers(locked)
    )
    deliver([told], [*topics_of(locked), *carried_topics(locked)])


def arrangers_of(group: Group) -> set[int]:
    """The memberships of the chair and the secretary who still hold a seat in the group."""
    wanted = [pk for pk in (group.chair_id, group.secretary_id) if pk]
    return set(holders_in(group).filter(pk__in=wanted).values_list("pk", flat=True))


# ---------- long gaps ----------
def warn_of_gaps() -> int:
    """Tell the chair and the secretary of each group that has not met for over LONGEST_GAP days, once per gap.

    Returns how many groups were told of. Whoever has been told since the group last met is not told again; a new
    chair is. A group that ended, has no running series or need not meet monthly is left alone.
    """
    groups = groups_to_watch()
    gaps = gaps_of(groups)
    return sum(_warn(group=group, gap=gaps[group.pk]) for group in groups if group.pk in gaps and gaps[group.pk].warns)


@action
def _warn(*, group: Group, gap: Gap) -> bool:
    Group.objects.select_for_update(of=("self",)).get(pk=group.pk)
    told = arrangers_of(group)
    new = {
        member.pk
        for member in holders_in(group).filter(pk__in=told)
        if not notifications_about(member, GAP, group.pk).filter(made_at__gte=start_of(gap.since)).exists()
    }
    deliver([Notice(GAP, say_count(gap.days, "dag", "dagar"), group.pk, None, frozenset(new))])
    return bool(new)
