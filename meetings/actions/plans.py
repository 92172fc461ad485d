"""When a conversation is due by agreement: made, postponed, set aside, held, and said when due (R11)."""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from meetings.models import Conversation, ConversationPlan, PlanEvent
from meetings.queries.plans import open_plan, plans_to_tell, to_tell, unbooked
from meetings.states import PlanBasis, PlanState, SetAside
from notifications.actions import Notice, clear_notices, deliver
from workspace.actions import action, lock_participant, record_act
from workspace.clocks import add_months
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Membership, Participant
from workspace.queries import participants_visible_to, present_at_desk
from workspace.rules import is_caseworker
from workspace.states import AuditAct
from workspace.swedish import say_date

MOST_MONTHS = 24
ENDED = "Det som var bestämt gäller inte längre. Så här ser det ut nu."


@dataclass(frozen=True)
class Line:
    """What stands in the history of a plan, beside who and when."""

    verb: str  # make | replace | postpone | set_aside | hold
    due_on: date | None = None
    reason: str = ""


@action
def make_plan(
    *, by: Membership, participant: Participant, basis: PlanBasis, months: int | None, before: str, due_on: date
) -> ConversationPlan:
    """Agree when the next conversation is to be, at the latest: every so many months, or before something.

    Locks the participant; an open plan ends, for there is one at a time. History and audit rows; tells nobody. Refuses
    anybody but a caseworker who may open the participant, a day that has been, and neither months nor what it is
    before.
    """
    _require(by, participant)
    if due_on < timezone.localdate():
        raise NotAllowed("Dagen har redan varit. Välj en dag som kommer.")
    is_every = basis == PlanBasis.EVERY
    if not (1 <= (months or 0) <= MOST_MONTHS if is_every else before):
        raise NotAllowed("Välj hur ofta, eller skriv vad samtalet ska vara före.")
    lock_participant(participant.pk)
    old = open_plan(participant)
    if old is not None:
        ConversationPlan.objects.filter(pk=old.pk).update(state=PlanState.DONE)
        _write(old, Line("replace"), by)
    plan = ConversationPlan.objects.create(
        participant=participant,
        basis=basis,
        months=months if is_every else None,
        before="" if is_every else before,
        due_on=due_on,
        member=by,
    )
    _write(plan, Line("make", due_on), by)
    return plan


@action
def postpone_plan(*, by: Membership, plan: ConversationPlan, due_on: date, reason: str) -> None:
    """Move the day, with a reason that stays in the history. What was said of the old day is said anew of this one.

    Locks the participant. Refuses as `make_plan`, and a day that is no later than the old one; `SomebodyWasFaster`
    where the plan no longer holds.
    """
    plan = _open(by, plan)
    if due_on < timezone.localdate() or due_on <= plan.due_on:
        raise NotAllowed(f"Välj en dag efter {say_date(max(plan.due_on, timezone.localdate()))}.")
    if not reason:
        raise NotAllowed("Skriv varför samtalet skjuts upp.")
    ConversationPlan.objects.filter(pk=plan.pk).update(due_on=due_on, told_for=None)
    _write(plan, Line("postpone", due_on, reason), by)


@action
def set_aside_plan(*, by: Membership, plan: ConversationPlan, code: SetAside) -> None:
    """Say that no conversation is needed, and why, by a code. The plan ends. Locks and refuses as `postpone_plan`."""
    plan = _open(by, plan)
    ConversationPlan.objects.filter(pk=plan.pk).update(state=PlanState.SET_ASIDE, set_aside=code)
    _write(plan, Line("set_aside", reason=code), by)


def plan_held(*, conversation: Conversation) -> None:
    """A conversation has been held: the next is due so many months after its day. Inside an action that has locked it.

    Any conversation of the participant counts for «every so many months»; a plan «before something» is done with the
    conversation that was booked for it. Tells nobody.
    """
    plan = open_plan(conversation.participant)
    if plan is None:
        return
    if plan.basis == PlanBasis.BEFORE:
        if conversation.plan_id == plan.pk:
            ConversationPlan.objects.filter(pk=plan.pk).update(state=PlanState.DONE)
            _write(plan, Line("hold"), None)
        return
    held = timezone.localdate(conversation.starts_at or conversation.held_at)
    due_on = add_months(held, plan.months or 1)
    ConversationPlan.objects.filter(pk=plan.pk).update(due_on=due_on, told_for=None)
    _write(plan, Line("hold", due_on), None)


# ---------- said when due ----------
def tell_due_plans() -> int:
    """Say of each plan that its day comes, and once more when it has passed; one transaction each. For the sweep.

    Returns how many were told of. May run again, and by two processes at once: what was said stands in the plan.
    """
    return sum(_tell(plan=plan) for plan in plans_to_tell())


@action
def _tell(*, plan: ConversationPlan) -> bool:
    lock_participant(plan.participant_id)
    now = unbooked().filter(pk=plan.pk).first()
    told_for = to_tell(now) if now else None
    if now is None or told_for is None:
        return False
    ConversationPlan.objects.filter(pk=now.pk).update(told_for=told_for)
    desk = present_at_desk(now.participant.function)
    deliver([Notice("plan.due", say_date(now.due_on), now.participant_id, None, frozenset(desk))])
    return True


# ---------- shared ----------
def _require(by: Membership, participant: Participant) -> None:
    if not is_caseworker(by) or not participants_visible_to(by).filter(pk=participant.pk).exists():
        raise NotAllowed("Det är deltagarens egna handläggare som bestämmer när nästa samtal ska vara.")


def _open(by: Membership, plan: ConversationPlan) -> ConversationPlan:
    """The plan as it is now, with its participant locked; refuses one that no longer holds."""
    _require(by, plan.participant)
    lock_participant(plan.participant_id)
    now = open_plan(plan.participant)
    if now is None or now.pk != plan.pk:
        raise SomebodyWasFaster(ENDED)
    return now


def _write(plan: ConversationPlan, line: Line, by: Membership | None) -> None:
    """Every change of a plan ends what was said of its day."""
    clear_notices(kinds=["plan.due"], object_id=plan.participant_id)
    PlanEvent.objects.create(plan=plan, verb=line.verb, due_on=line.due_on, reason=line.reason, member=by)
    record_act(
        by=by,
        act=AuditAct.WRITE,
        what=f"plan.{line.verb}",
        object_id=plan.pk,
        participant_id=plan.participant_id,
    )
