"""What the participant's page says of activities and own ratings."""

from typing import Any

from workspace.models import Participant
from workspace.pathway.models import SurveyRequest
from workspace.pathway.queries.activities import next_follow_up
from workspace.pathway.queries.ratings import has_ratings, newest_way
from workspace.pathway.queries.surveys import surveys_waiting
from workspace.pathway.states import EnrolmentState

SURVEYS = 3  # asked at a time


def own_side(participant: Participant) -> dict[str, Any]:
    """The parts of the participant's page: the next follow-up, what they are asked about, and their own ratings."""
    way = newest_way(participant)
    is_on = way is not None and way.state == EnrolmentState.ONGOING
    return {
        "follow_up": next_follow_up(participant) if is_on else None,
        "surveys": list(surveys_waiting(participant)[:SURVEYS]) if way else [],
        "can_rate": is_on,
        "has_ratings": has_ratings(participant) if way else False,
        "ratings_shown": way is not None and way.ratings_shown_at is not None,
    }


def survey_news(surveys: list[SurveyRequest]) -> list[tuple[str, str]]:
    """What waits for an answer, as the news of the page: the words of a link, and where it leads."""
    return [("Säg hur det var. Du väljer själv.", "#enkat")] if surveys else []
