"""Activities and their follow-ups, where somebody is told: the participant, or those at the desk (R42, R77)."""

from datetime import date

from django.utils import timezone

from notifications.actions import Notice, clear_notices, close_notices, deliver, queue_participant_mail
from notifications.models import Notification
from workspace.actions import action, lock_participant
from workspace.front.actions.way import FOLLOW_UP_DUE, ask_no_more
from workspace.models import Membership
from workspace.pathway.actions import activities
from workspace.pathway.actions.surveys import ask_survey
from workspace.pathway.models import Activity, FollowUp
from workspace.pathway.queries.activities import (
    activities_past_their_way,
    activities_to_ask_about,
    follow_ups_to_tell,
    next_follow_up,
)
from workspace.queries import present_at_desk
from workspace.swedish import say_date


@action
def move_follow_up(*, by: Membership, follow_up: FollowUp, due_on: date) -> None:
    """Another day for a follow-up. The participant hears of it when it is the next one, before or after.

    Locks the participant; moves it as the pathway's `move_follow_up`, which says what is refused; nobody is asked for
    the earlier day any longer; then the participant hears, in the channel they chose, that there is something to read.
    """
    person = lock_participant(follow_up.activity.enrolment.participant_id or 0)
    before = next_follow_up(person)
    activities.move_follow_up(by=by, follow_up=follow_up, due_on=due_on)
    clear_notices(kinds=[FOLLOW_UP_DUE], object_id=follow_up.pk)
    after = next_follow_up(person)
    if follow_up.pk in {one.pk for one in (before, after) if one is not None}:
        queue_participant_mail(participant=person)


@action
def remove_follow_up(*, by: Membership, follow_up: FollowUp) -> None:
    """Take away a follow-up, as the pathway's `remove_follow_up`; what was told of it leaves everybody's lists."""
    pk = follow_up.pk
    activities.remove_follow_up(by=by, follow_up=follow_up)
    told = Notification.objects.filter(kind=FOLLOW_UP_DUE, object_id=pk).values_list("membership", flat=True)
    close_notices(kind_prefix=FOLLOW_UP_DUE, object_id=pk, memberships=list(told))


@action
def record_follow_up(*, by: Membership, follow_up: FollowUp, done_on: date, text: str) -> None:
    """Write how it goes, as the pathway's `record_follow_up`; nobody at the desk is asked for it any longer."""
    activities.record_follow_up(by=by, follow_up=follow_up, done_on=done_on, text=text)
    clear_notices(kinds=[FOLLOW_UP_DUE], object_id=follow_up.pk)


@action
def cancel_activity(*, by: Membership, activity: Activity) -> None:
    """Say that an activity was not to be, as the pathway's; nobody at the desk is asked to follow it up any longer."""
    activities.cancel_activity(by=by, activity=activity)
    ask_no_more(FollowUp.objects.filter(activity=activity))


# ---------- for the sweep ----------
def ask_about_activities() -> int:
    """Ask about each activity that has ended how it was; returns how many were asked about. One transaction each.

    What would go on after a discharge ends first, on its day. May run again, and by two processes at once.
    """
    for activity in activities_past_their_way():
        activities.end_with_way(activity=activity)
    return sum(_ask(activity=activity) for activity in activities_to_ask_about())


@action
def _ask(*, activity: Activity) -> bool:
    """Ask once; then the participant is told that there is something to read."""
    person = lock_participant(activity.enrolment.participant_id or 0)
    if not ask_survey(activity=activity):
        return False
    queue_participant_mail(participant=person)
    return True


def tell_follow_ups() -> int:
    """Say of each follow-up that it is due, once; returns how many were told of. One transaction each.

    May run again, and by two processes at once: what was said stands in the follow-up.
    """
    return sum(_tell(follow_up=follow_up) for follow_up in follow_ups_to_tell())


@action
def _tell(*, follow_up: FollowUp) -> bool:
    """Those who work at the participant's desk and are there today are told. It notes that first."""
    person = lock_participant(follow_up.activity.enrolment.participant_id or 0)
    now = follow_ups_to_tell().filter(pk=follow_up.pk).first()
    if now is None:
        return False
    activities.note_told(follow_up=now, on=timezone.localdate())
    told = frozenset(present_at_desk(person.function))
    deliver([Notice(FOLLOW_UP_DUE, say_date(now.due_on), now.pk, None, told)])
    return True
