"""Small predicates of the participant's way."""

from datetime import date

from workspace.clocks import add_months
from workspace.models import Cooperation
from workspace.pathway.models import Phase, PhaseStay
from workspace.states import AgencyKind, CooperationState


def takes_in(cooperation: Cooperation) -> bool:
    """A cooperation that is being set up, or has ended, enrols nobody (R100)."""
    return cooperation.state == CooperationState.RUNNING


def limit_of(phase: Phase, from_on: date) -> date | None:
    """The last day a phase may last when it begins that day; None where it has no limit (R59).

    Months end on the day with the same number, or on the last day of a month that has none (lag 1930:173, 1 §).
    """
    return add_months(from_on, phase.longest_months) if phase.longest_months else None


def days_left(stay: PhaseStay, today: date) -> int | None:
    """Calendar days until the limit, 0 on the day itself and negative after it; None where there is no limit."""
    return (stay.limit_on - today).days if stay.limit_on else None


def is_ending(stay: PhaseStay, today: date) -> bool:
    """So near the limit that it is warned of, or past it."""
    left = days_left(stay, today)
    return left is not None and left <= stay.phase.warn_days


def to_tell(stay: PhaseStay, today: date) -> str:
    """What is to be said of a limit today: "ends" once ahead, "over" once from the limit's own day; else "".

    What was said of an earlier limit is not said of a new one. Asks nothing of the database.
    """
    if stay.limit_on is None or not is_ending(stay, today):
        return ""
    if today >= stay.limit_on:
        return "" if stay.told_over_for == stay.limit_on else "over"
    return "" if stay.warned_for == stay.limit_on else "ends"


# Who can give treatment: what a way may end for only when they have been asked, or the participant has said no (R60).
GIVES_TREATMENT = frozenset({AgencyKind.REGION_PSYCHIATRY})
