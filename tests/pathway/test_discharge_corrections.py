"""A discharge is corrected in versions, each with its reason; the old ones stay (R39)."""

import re
from collections.abc import Generator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from tests.cast import Cast, make_cast
from tests.pathway.stage import enrolled
from tests.pathway.walks import (
    REASON,
    TODAY,
    TREATMENT,
    AsHat,
    at,
    correction_form,
    discharged,
    ending,
    latest,
    page,
    plan_with,
    post,
    way_in,
)
from workspace.front.actions import way as acts
from workspace.models import AuditEntry
from workspace.pathway.errors import TreatmentFirst
from workspace.pathway.models import (
    Discharge,
    Enrolment,
)
from workspace.pathway.states import StepState

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Generator[Any]:
    with time_machine.travel(at(TODAY), tick=False) as traveller:
        yield traveller


@pytest.fixture
def cast(clock: Any, db: None) -> Cast:
    return make_cast()


def test_a_correction_is_the_next_version_and_the_old_stays_readable(cast: Cast, as_hat: AsHat, clock: Any) -> None:
    way, client = way_in(cast, "discharged"), as_hat(cast.soc)
    before = latest(way)
    shown = page(client, "correct_discharge", way.pk)
    assert re.search(r'value="own_wish"[^>]* checked', shown) and 'value="7 dec. 2026"' in shown
    plan_with(way, StepState.DONE, path_kind="region_psychiatry")
    clock.shift(timedelta(hours=1))
    data = correction_form(way, outcome="studies", ended_on="2026-12-02", increased="none", once="c")
    data |= {"correction_reason": REASON}
    assert post(client, "correct_discharge", way.pk, data).url == post(client, "correct_discharge", way.pk, data).url
    one, two = Discharge.objects.order_by("number")
    assert (one.number, one.outcome, one.ended_on, one.increased) == (1, "work", TODAY, "yes")
    assert (two.number, two.outcome, two.increased, two.correction_reason) == (2, "studies", "", REASON)
    assert (two.plan_made, two.plan_completed, two.path_identified) == (True, True, True)
    way.refresh_from_db()
    assert (way.ended_on, way.stays.get().to_on) == (date(2026, 12, 2), date(2026, 12, 2))
    now = latest(way)
    assert (now.outcome, now.ended_on, now.plan_completed) == ("studies", date(2026, 12, 2), True)
    before.refresh_from_db()
    assert before.superseded_at == now.recorded_at and before.outcome == "work"
    shown = page(client, "way", way.pk)
    for words in ("Utskriven 2 dec. 2026: studier", REASON, "Version 1", "7 dec. 2026"):
        assert words in shown, words
    assert AuditEntry.objects.filter(what="way.correct_discharge", object_id=way.pk).count() == 1


def test_a_correction_needs_its_reason_and_the_version_it_was_made_from(cast: Cast, as_hat: AsHat) -> None:
    way, client = way_in(cast, "discharged"), as_hat(cast.soc)
    said = post(client, "correct_discharge", way.pk, correction_form(way, correction_reason=" ")).content.decode()
    assert "Skriv varför den rättas." in said
    old = correction_form(way)
    assert post(client, "correct_discharge", way.pk, old).status_code == 302
    for seen in ("1", "", "x", "9" * 60):
        answer = post(as_hat(cast.soc_2), "correct_discharge", way.pk, old | {"seen": seen})
        assert answer.status_code == 409 and "Någon hann före" in answer.content.decode(), seen
    assert Discharge.objects.count() == 2


def test_a_correction_does_not_reach_into_the_next_way_nor_past_treatment(cast: Cast, as_hat: AsHat) -> None:
    way, client = way_in(cast, "in_time"), as_hat(cast.soc)
    discharged(cast.soc, way, ended_on=date(2026, 11, 20))
    enrolled(cast, on=date(2026, 12, 1))
    said = post(client, "correct_discharge", way.pk, correction_form(way, ended_on="2026-12-02")).content.decode()
    assert "Personen skrevs in igen 1 dec. 2026." in said
    said = post(client, "correct_discharge", way.pk, correction_form(way, **TREATMENT)).content.decode()
    assert "Skicka en remiss till psykiatrin först" in said
    with pytest.raises(TreatmentFirst):
        acts.correct_discharge(
            by=cast.soc,
            enrolment=way,
            ending=ending(ended_on=date(2026, 11, 20), **TREATMENT),
            correction_reason="x",
            seen=1,
        )
    data = correction_form(way, ended_on="2026-12-01")
    assert post(client, "correct_discharge", way.pk, data).status_code == 302
    assert Enrolment.objects.filter(participant=cast.person, state="ongoing").count() == 1
