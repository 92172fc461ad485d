"""What an action of the pathway refuses, with a sentence."""

from workspace.errors import Refusal


class DatesDoNotFit(Refusal):
    """Days that overlap, run backwards, or lie before the enrolment. 422."""

    status = 422


class TreatmentFirst(Refusal):
    """An end for need of treatment, while no referral to the right authority is sent and none is declined (R60)."""

    status = 409


class TextHasMoved(Refusal):
    """Somebody has saved a newer text since the page was shown. Both are kept: theirs here, one's own in the form."""

    status = 409

    def __init__(self, theirs: str, version: int | str) -> None:
        super().__init__("Någon har sparat en nyare text. Din text finns kvar här. Läs båda, och spara.")
        self.theirs, self.version = theirs, version
