"""What an action of the figures refuses, with a sentence."""

from workspace.errors import NotAllowed, Refusal, SomebodyWasFaster


class GoalExists(Refusal):
    """The same definition already holds as a goal of the cooperation. 409."""

    status = 409

    def __init__(self, name: str) -> None:
        super().__init__(f"Det målet finns redan. Det heter {name}.")


class DoesNotHold(Refusal):
    """A number, a month or a day that can't be what was asked for. 422: said at the field."""

    status = 422


class ThresholdStays(NotAllowed):
    """A goal that says something of health, or no agreement and reason named (L58)."""


class FreezingGoesOn(SomebodyWasFaster):
    """Another correction of the same cooperation is being counted."""

    def __init__(self) -> None:
        super().__init__("En rättelse räknas redan. Vänta tills den är klar.")
