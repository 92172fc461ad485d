"""What an action can refuse, each with a sentence for the one who asked."""


class Refusal(Exception):
    """An action said no. `sentence` is shown to the reader, who can do something about it."""

    status = 400

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotAllowed(Refusal):
    """The hat worn may not do this to a thing it can see."""

    status = 403


class SomebodyWasFaster(Refusal):
    """The thing has moved since the page was shown. Answered with 409 and how it stands now."""

    status = 409
