"""Showing the participant their plan, and their answer to it: the acts of a plan that tell somebody (R36)."""

from django.utils import timezone

from notifications.actions import Notice, deliver, queue_participant_mail
from workspace.actions import action
from workspace.models import Browser, Membership
from workspace.pathway.actions.plans import freeze_plan, write_answer
from workspace.pathway.models import Enrolment, PlanVersion
from workspace.pathway.states import PlanVerdict
from workspace.queries import present_at_desk
from workspace.swedish import say_date


@action
def show_plan(*, by: Membership, enrolment: Enrolment) -> PlanVersion:
    """Show the participant the plan as it is now.

    Does what `freeze_plan` does, with its refusals, and sees to it that the participant hears that there is something
    to read.
    """
    version = freeze_plan(by=by, enrolment=enrolment)
    if enrolment.participant is not None:
        queue_participant_mail(participant=enrolment.participant)
    return version


@action
def answer_plan(*, by: Browser, version: PlanVersion, verdict: PlanVerdict, text: str = "") -> None:
    """The participant confirms the plan they were shown, or says that they see it differently, and how.

    Does what `write_answer` does, with its refusals; then whoever works at the participant's desk today is told, unless
    it is what they had answered already.
    """
    if not write_answer(by=by, version=version, verdict=verdict, text=text):
        return
    told = frozenset(present_at_desk(by.participant.function))
    number = say_date(timezone.localdate())
    deliver([Notice("way.plan_answered", number, version.plan.enrolment_id, None, told)])
