"""An end for need of treatment waits for a referral that is sent, or the participant's no (R60)."""

from collections.abc import Generator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from referrals import actions as referral_actions
from referrals.models import Referral
from referrals.states import RecallCode, Verb
from tests.cast import Cast, draft, make_cast, sent
from tests.pathway.walks import (
    BEGAN,
    TODAY,
    TREATMENT,
    AsHat,
    at,
    discharge_form,
    ending,
    page,
    post,
    way_in,
)
from tests.referrals.journeys import bring_to, undone, walk
from workspace.front.actions import way as acts
from workspace.models import AuditEntry, CooperationAgency
from workspace.pathway.errors import TreatmentFirst
from workspace.pathway.models import (
    Discharge,
    Enrolment,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Generator[Any]:
    with time_machine.travel(at(TODAY), tick=False) as traveller:
        yield traveller


@pytest.fixture
def cast(clock: Any, db: None) -> Cast:
    return make_cast()


def refused_for_treatment(cast: Cast, as_hat: AsHat, way: Enrolment) -> bool:
    """Through the door and through the verb alike; undone again."""
    with undone():
        answer = post(as_hat(cast.soc), "discharge", way.pk, discharge_form(**TREATMENT))
        said, refused = answer.content.decode(), answer.status_code == 200
        if refused:
            assert "Skicka en remiss till psykiatrin först" in said and "Nu saknas båda." in said
            assert f"/deltagare/{cast.person.pk}/remiss/" in said and "/tackat-nej/" in said
            assert not Discharge.objects.exists()
    with undone():
        way.refresh_from_db()
        try:
            acts.discharge(by=cast.soc, enrolment=way, ending=ending(**TREATMENT))
        except TreatmentFirst:
            assert refused
            return True
    assert not refused
    return False


def test_an_end_for_treatment_waits_for_a_referral_that_is_sent(cast: Cast, as_hat: AsHat, clock: Any) -> None:
    """A draft, one to another kind of authority, one that came back and one from before the enrolment do not count."""
    CooperationAgency.objects.update(from_on=date(2026, 1, 1))
    clock.move_to(at(BEGAN - timedelta(days=3)))
    old = sent(cast)
    clock.move_to(at(TODAY))
    way = way_in(cast, "over")
    assert refused_for_treatment(cast, as_hat, way)
    assert Referral.objects.filter(pk=old.pk, told_state="sent").exists()
    new = draft(cast)
    assert refused_for_treatment(cast, as_hat, way)
    referral_actions.send_referral(by=cast.soc, referral=new)
    assert not refused_for_treatment(cast, as_hat, way)
    assert new.number in page(as_hat(cast.soc), "discharge", way.pk)
    new.refresh_from_db()
    with undone():
        referral_actions.recall_referral(by=cast.soc, referral=new, code=RecallCode.WRONG_RECEIVER)
        assert refused_for_treatment(cast, as_hat, way)
    with undone():
        Referral.objects.filter(pk=new.pk).update(receiver=cast.fk_desk)
        assert refused_for_treatment(cast, as_hat, way)
    for state in ("accepted", "decided", "cancel_asked", "redirected"):
        with undone():
            Referral.objects.filter(pk=new.pk).update(told_state=state)
            assert refused_for_treatment(cast, as_hat, way) == (state == "redirected"), state


def test_a_referral_that_came_back_does_not_open_the_end(cast: Cast, as_hat: AsHat) -> None:
    way = way_in(cast, "in_time")
    referral = bring_to(cast, "received")
    assert not refused_for_treatment(cast, as_hat, way)
    for verb in (Verb.RETURN, Verb.REVISE):
        walk(cast, referral, verb)
        assert refused_for_treatment(cast, as_hat, way), verb
    walk(cast, referral, Verb.SEND)
    assert not refused_for_treatment(cast, as_hat, way)


def test_the_participants_no_opens_the_end_and_is_shown(cast: Cast, as_hat: AsHat) -> None:
    way, client = way_in(cast, "over"), as_hat(cast.soc)
    assert refused_for_treatment(cast, as_hat, way)
    for bad, sentence in (
        ("", "Skriv dagen."),
        ("2026-12-08", "har inte varit än"),
        ("2026-11-11", "Personen skrevs in 12 nov. 2026."),
        ("29/2 2026", "är inget datum"),
        ("1\x00", "är inget datum"),
    ):
        assert sentence in post(client, "treatment_declined", way.pk, {"declined_on": bad}).content.decode(), bad
    done = post(client, "treatment_declined", way.pk, {"declined_on": "2026-12-04", "once": "b"})
    assert done.url == f"/vagen/{way.pk}/utskrivning/"
    words = "tackade nej till en remiss för vård 4 dec. 2026"
    assert words in page(client, "discharge", way.pk) and words in page(client, "way", way.pk)
    assert not refused_for_treatment(cast, as_hat, way)
    assert AuditEntry.objects.filter(what="way.treatment_declined", object_id=way.pk).count() == 1
    assert post(client, "discharge", way.pk, discharge_form(**TREATMENT)).status_code == 302
    shown = page(client, "way", way.pk)
    assert "Utskriven 7 dec. 2026: vård" in shown and words in shown


def test_another_reason_asks_for_no_referral(cast: Cast, as_hat: AsHat) -> None:
    for reason in ("completed", "other_support", "own_wish", "moved"):
        with undone():
            way = way_in(cast, "over")
            assert post(as_hat(cast.soc), "discharge", way.pk, discharge_form(reason=reason)).status_code == 302
