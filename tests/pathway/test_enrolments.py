"""Enrolment and the phases."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.cast import Cast
from tests.pathway.stage import enrolled
from workspace.pathway.models import EnrolmentRecord

pytestmark = pytest.mark.django_db


def test_an_enrolment_begins_in_the_first_phase_with_its_limit(cast: Cast) -> None:
    day = timezone.localdate() - timedelta(days=10)
    way = enrolled(cast, on=day)
    (stay,) = way.stays.all()
    assert stay.phase.name == "Fas 1" and stay.from_on == day and stay.limit_on is not None
    (record,) = EnrolmentRecord.objects.filter(enrolment=way)
    assert record.enrolled_on == day and record.superseded_at is None
