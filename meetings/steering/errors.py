"""What an action of the steering groups' floor refuses, with a sentence."""

from workspace.errors import Refusal


class DoesNotHold(Refusal):
    """A day, a period or a text that can't be what was asked for. 422: said above the form, nothing is lost."""

    status = 422
