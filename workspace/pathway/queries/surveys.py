"""Whom to ask how an activity was. There is no way to read an answer of one person: only figures read answers."""

from datetime import timedelta

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from workspace.models import Participant
from workspace.pathway.models import SurveyRequest

OPEN_FOR = timedelta(days=60)  # calendar days that a survey can be answered


def _of(participant: Participant) -> QuerySet[SurveyRequest]:
    return SurveyRequest.objects.filter(
        activity__enrolment__participant=participant, activity__cancelled_at__isnull=True
    ).select_related("activity__kind", "activity__enrolment")


def surveys_waiting(participant: Participant) -> QuerySet[SurveyRequest]:
    """What the participant can still say how it was, the newest first."""
    since = timezone.localdate() - OPEN_FOR
    return _of(participant).filter(is_answered=False, asked_on__gte=since).order_by("-asked_on", "-pk")


def access_own_survey(participant: Participant, pk: int) -> SurveyRequest:
    """A survey of the participant's, answered or not, or the same 404 as for one that does not exist."""
    found = _of(participant).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def is_open(asked: SurveyRequest) -> bool:
    return not asked.is_answered and asked.asked_on >= timezone.localdate() - OPEN_FOR
