"""What an action of the pathway refuses, with a sentence."""

from workspace.errors import Refusal


class DatesDoNotFit(Refusal):
    """Days that overlap, run backwards, or lie before the enrolment. 422."""

    status = 422


class TreatmentFirst(Refusal):
    """An end for need of treatment, while no referral to the right authority is sent and none is declined (R60)."""

    status = 409
