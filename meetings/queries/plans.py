"""When conversations are due by agreement, and which are."""

from datetime import date, timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.utils import timezone

from meetings.models import Conversation, ConversationPlan
from meetings.states import ACTIVE, PlanState
from workspace.clocks import ONE_DAY, next_working_day
from workspace.models import Membership, Participant
from workspace.queries import participants_visible_to
from workspace.rules import Hat

SAID_AHEAD = timedelta(days=14)  # calendar days before the day when it is said


def _plans() -> QuerySet[ConversationPlan]:
    return ConversationPlan.objects.select_related("participant__function__agency")


def open_plan(participant: Participant) -> ConversationPlan | None:
    """What has been agreed of when the next conversation is to be; None where nothing holds."""
    return _plans().filter(participant=participant, state=PlanState.OPEN).first()


def access_plan(hat: Hat, pk: int) -> ConversationPlan:
    """A plan, also one that no longer holds, of a participant this hat may open; else 404."""
    plan = _plans().filter(pk=pk, participant__in=participants_visible_to(hat).values("pk")).first()
    if plan is None:
        raise Http404
    return plan


def unbooked() -> QuerySet[ConversationPlan]:
    """Open plans due within SAID_AHEAD, or late, of participants for whom no conversation is under way."""
    active = Conversation.objects.filter(participant=OuterRef("participant"), state__in=ACTIVE)
    return (
        _plans()
        .filter(~Exists(active), state=PlanState.OPEN, due_on__lte=timezone.localdate() + SAID_AHEAD)
        .order_by("due_on", "pk")
    )


def plans_due(member: Membership) -> QuerySet[ConversationPlan]:
    """What is to be booked now, of the participants this member may open; the most late first."""
    return unbooked().filter(participant__in=participants_visible_to(member).values("pk"))


def plans_to_tell() -> list[ConversationPlan]:
    """Of these, what nobody has been told yet. For the sweep."""
    return [plan for plan in unbooked().filter(participant__function__agency__left_on__isnull=True) if to_tell(plan)]


def to_tell(plan: ConversationPlan, today: date | None = None) -> date | None:
    """What to note as told, if anything is to be said today: the due day, or today when it is late.

    Once ahead, and once more on the first working day after the day. Asks nothing of the database.
    """
    today = today or timezone.localdate()
    if plan.due_on - SAID_AHEAD <= today <= plan.due_on:
        return plan.due_on if plan.told_for is None else None
    said_late = plan.told_for is not None and plan.told_for > plan.due_on
    if today >= next_working_day(plan.due_on + ONE_DAY) and not said_late:
        return today
    return None
