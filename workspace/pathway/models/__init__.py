"""The participant's way. One file per noun; import from here."""

from workspace.pathway.models.activities import (
    Activity,
    ActivityKind,
    FollowUp,
    SelfRating,
    SurveyAnswer,
    SurveyRequest,
)
from workspace.pathway.models.enrolments import (
    Discharge,
    Enrolment,
    EnrolmentRecord,
    PartShare,
    Phase,
    PhaseDecision,
    PhaseStay,
)
from workspace.pathway.models.plans import (
    ActionPlan,
    AreaText,
    PlanAnswer,
    PlanEvent,
    PlanGoal,
    PlanStep,
    PlanVersion,
)

__all__ = [
    "ActionPlan",
    "Activity",
    "ActivityKind",
    "AreaText",
    "Discharge",
    "Enrolment",
    "EnrolmentRecord",
    "FollowUp",
    "PartShare",
    "Phase",
    "PhaseDecision",
    "PhaseStay",
    "PlanAnswer",
    "PlanEvent",
    "PlanGoal",
    "PlanStep",
    "PlanVersion",
    "SelfRating",
    "SurveyAnswer",
    "SurveyRequest",
]
