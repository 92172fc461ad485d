"""What a story of the demo is made of."""

from typing import NamedTuple

from referrals.states import AnswerScope, Verb


class Act(NamedTuple):
    """One step: how many days ago, when, who, what. `code` is the scope, outcome, reason or desk that the verb takes.

    `days` counts working days ahead of the step, for a verb that promises a day.
    """

    days_ago: int
    at: str
    by: str
    verb: Verb
    code: str = ""
    text: str = ""
    days: int = 0


class Story(NamedTuple):
    """One referral. `wished` counts working days from today; the first act is the one that begins it."""

    person: str
    to: str
    kind: str
    wished: int | None
    texts: dict[str, str]
    acts: tuple[Act, ...]
    ground: str = "consent"
    ground_reason: str = ""
    # The consent that is taken back by the act GROUND_WITHDRAWN.
    consent: str = ""


V = Verb
NONE, STATUS, TEXT = AnswerScope.NONE, AnswerScope.STATUS, AnswerScope.STATUS_AND_TEXT
SOC, SOC2, PSYK, LSS, AF, FK, AMV = (
    "soc-pitea",
    "soc-pitea-2",
    "psyk-pitea",
    "lss-pitea",
    "af-pitea",
    "fk-norr",
    "amv-pitea",
)


def sent(days: int, by: str, begun: str = "09.10", sent_at: str = "10.20") -> tuple[Act, Act]:
    """Begun and sent the same day."""
    return Act(days, begun, by, V.CREATE), Act(days, sent_at, by, V.SEND)
