"""What could leak of somebody's way and of the figures: a way with something in every part, told in part to psyk."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from meetings.figures.actions.freezing import freeze_month
from meetings.figures.models import FiguresAgreement, Freezing, Goal, PublishedFigure, Snapshot
from tests import addresses
from tests.cast import Cast
from tests.pathway.share_stage import ALL, full_way, tell, way_consent
from tests.pathway.share_stage import MARKERS as BY_PART
from workspace.clocks import add_months
from workspace.pathway.models import (
    Activity,
    Enrolment,
    FollowUp,
    PartShare,
    PlanGoal,
    PlanStep,
    PlanVersion,
    SurveyRequest,
)
from workspace.pathway.states import Part

# What nobody is told but the agency's own; psyk reads the rest.
UNTOLD = (Part.ASSESSMENT, Part.HEALTH)
WAY_MARKERS = tuple(
    words for part in ALL if part != Part.PHASE for words in BY_PART[part]
)  # «Fas 1» stands in every list of phases
WAY_UNTOLD = tuple(words for part in UNTOLD for words in BY_PART[part])


@dataclass
class WayWorld:
    """soc's way with the cast's person; psyk has been told the phase, the plan and the activities."""

    cast: Cast
    way: Enrolment
    goal: PlanGoal
    step: PlanStep
    version: PlanVersion
    activity: Activity
    follow_up: FollowUp
    survey: SurveyRequest
    share: PartShare
    snapshot: Snapshot
    target: Goal
    published: PublishedFigure
    freezing: Freezing
    agreement: FiguresAgreement

    def keys(self, name: str, missing: int | None = None) -> list[Any]:
        """What an address is asked with; with `missing` that key stands for the thing itself."""
        way = self.way.pk if missing is None else missing
        found: list[tuple[set[str], list[Any]]] = [
            ({"write_area"}, [way, "work", "vi"]),
            ({"plan_version", "register_plan_answer"}, [way, self.version.number]),
            (addresses.OF_WAY, [way]),
            (addresses.OF_WAY_GOAL, [self.way.pk, missing or self.goal.pk]),
            (addresses.OF_WAY_STEP, [self.way.pk, missing or self.step.pk]),
            (addresses.OF_ACTIVITY, [missing or self.activity.pk]),
            (addresses.OF_FOLLOW_UP, [missing or self.follow_up.pk]),
            (addresses.OF_SHARE, [missing or self.share.pk]),
            (addresses.OF_TOLD, [way]),
            (addresses.OF_OWN_PLAN, [missing or self.version.pk]),
            (addresses.OF_OWN_SURVEY, [missing or self.survey.pk]),
            (addresses.OF_OWN_AREA, ["finns-inte" if missing else "work"]),
            (addresses.OF_MONTH_AND_GOAL, [self.snapshot.pk, missing or self.target.pk]),
            (addresses.OF_MONTH, [missing or self.snapshot.pk]),
            (addresses.OF_GOAL, [missing or self.target.pk]),
            (addresses.OF_PUBLISHED, [missing or self.published.pk]),
            (addresses.OF_FREEZING, [missing or self.freezing.pk]),
            (addresses.OF_FIGURES_PARTY, [missing or self.cast.cooperation.pk]),
            (addresses.OF_FIGURES_AGREEMENT, [missing or self.agreement.pk]),
        ]
        return next(keys for names, keys in found if name in names)


def make_way_world(cast: Cast) -> WayWorld:
    way = full_way(cast)
    way_consent(cast)
    shares = tell(cast, way, [part for part in ALL if part not in UNTOLD])
    activity = Activity.objects.get(enrolment=way, where="Verkstaden i Öjebyn")
    today = timezone.localdate()
    month: date = add_months(today.replace(day=1), -1)
    snapshot = freeze_month(cooperation=cast.cooperation, month=month)
    target = Goal.objects.filter(cooperation=cast.cooperation)[0]
    return WayWorld(
        cast,
        way,
        goal=PlanGoal.objects.get(plan__enrolment=way),
        step=PlanStep.objects.get(goal__plan__enrolment=way),
        version=PlanVersion.objects.get(plan__enrolment=way),
        activity=activity,
        follow_up=FollowUp.objects.create(activity=activity, due_on=today + timedelta(days=9)),
        survey=SurveyRequest.objects.create(activity=activity),
        share=shares[0],
        snapshot=snapshot,
        target=target,
        published=PublishedFigure.objects.create(goal=target, source="Slutrapporten", total=96),
        freezing=Freezing.objects.create(
            cooperation=cast.cooperation,
            month=month,
            reason="Rättad",
            asked_by=cast.coordinator,
            finished_at=timezone.now(),
        ),
        agreement=FiguresAgreement.objects.create(
            cooperation=cast.cooperation, agency=cast.psyk_desk.agency, made_by=cast.psyk_manager
        ),
    )
