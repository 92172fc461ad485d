"""Somebody on their way: the cast's person enrolled by soc, as far as a test needs."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from tests.cast import Cast
from workspace.models import Participant
from workspace.pathway.actions.enrolments import enrol
from workspace.pathway.models import Enrolment
from workspace.pathway.states import Income


def enrolled(cast: Cast, *, person: Participant | None = None, on: date | None = None, **given: Any) -> Enrolment:
    """The person enrolled by soc in the cast's cooperation, ten days ago if nothing is said."""
    return enrol(
        by=cast.soc,
        participant=person or cast.person,
        cooperation=cast.cooperation,
        enrolled_on=on or timezone.localdate() - timedelta(days=10),
        income_before=given.get("income_before", Income.INCOME_SUPPORT),
    )
