"""How a way ends: the document, what the plan says, days that do not fit, and who may (R39, R70)."""

from collections.abc import Generator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from notifications.models import Notification
from tests.cast import SECRET_NAME, Cast, make_cast
from tests.pathway.stage import enrolled
from tests.pathway.walks import (
    BEGAN,
    MAY,
    ROLES,
    STATES,
    TODAY,
    AsHat,
    at,
    correction_form,
    decide_form,
    discharge_form,
    ending,
    latest,
    page,
    plan_with,
    post,
    way_in,
)
from tests.referrals.journeys import undone
from tests.referrals.races import at_once, outcomes
from workspace import actions
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.front.actions import way as acts
from workspace.models import AuditEntry
from workspace.pathway.actions import discharges
from workspace.pathway.errors import DatesDoNotFit
from workspace.pathway.models import (
    Activity,
    ActivityKind,
    Discharge,
    EnrolmentRecord,
    PhaseDecision,
    PlanGoal,
    PlanStep,
)
from workspace.pathway.queries.discharges import PlanFacts, plan_facts
from workspace.pathway.states import SUCCESS, Outcome, StepState
from workspace.states import AgencyKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Generator[Any]:
    with time_machine.travel(at(TODAY), tick=False) as traveller:
        yield traveller


@pytest.fixture
def cast(clock: Any, db: None) -> Cast:
    return make_cast()


# ---------- the document ----------
def test_a_discharge_ends_the_way_the_phase_and_what_goes_on(cast: Cast, as_hat: AsHat) -> None:
    way, client = way_in(cast, "over"), as_hat(cast.soc)
    kind = ActivityKind.objects.get(pk="group_activity")
    days = {"open": (BEGAN, None), "long": (BEGAN, TODAY + timedelta(days=9)), "done": (BEGAN, BEGAN)}
    days["later"] = (TODAY + timedelta(days=3), None)
    for name, (first, last) in days.items():
        Activity.objects.create(
            enrolment=way, kind=kind, where=name, from_on=first, to_on=last, hours=4, made_by=cast.soc
        )
    data = discharge_form(next_kind="region_psychiatry", once="a", ended_on="2026-12-03")
    assert post(client, "discharge", way.pk, data).url == post(client, "discharge", way.pk, data).url
    way.refresh_from_db()
    day = date(2026, 12, 3)
    assert (way.state, way.ended_on, way.stays.get().to_on) == ("discharged", day, day)
    assert PhaseDecision.objects.filter(stay__enrolment=way, verb="end").get().reason == "Vill inte fortsätta"
    ends = {one.where: one.to_on for one in Activity.objects.filter(cancelled_at=None)}
    assert ends == {"open": day, "long": day, "done": BEGAN}
    made = Discharge.objects.get()
    assert (made.number, made.outcome, made.next_kind, made.increased, made.picture) == (
        *(1, "work", "region_psychiatry", "yes", ""),
    )
    now = latest(way)
    assert (now.ended_on, now.outcome, now.income_before, now.income_after, now.completed_time) == (
        *(day, "work", "income_support", "wage", True),
    )
    shown = page(client, "way", way.pk)
    for words in ("Utskriven 3 dec. 2026: arbete", "Psykiatri", "Inte svarat", "Försörjningsstöd", "Lön"):
        assert words in shown, words
    assert AuditEntry.objects.filter(what="way.discharge", object_id=way.pk, membership_id=cast.soc.pk).count() == 1
    assert not Notification.objects.exists()


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_can_be_written_and_a_benefit_care_and_lss_are_success(
    cast: Cast, as_hat: AsHat, outcome: Outcome
) -> None:
    way = way_in(cast, "in_time")
    assert post(as_hat(cast.soc), "discharge", way.pk, discharge_form(outcome=outcome.value)).status_code == 302
    assert latest(way).outcome == outcome
    none = {Outcome.BACK_TO_EMPLOYMENT_SERVICE, Outcome.MOVED}
    assert (outcome in SUCCESS) == (outcome not in none)
    assert "LSS-insats" in page(as_hat(cast.soc), "way", way.pk) or outcome != Outcome.DISABILITY_ACT


def test_the_next_authority_is_a_kind_another_body_or_none(cast: Cast, as_hat: AsHat) -> None:
    way, client = way_in(cast, "in_time"), as_hat(cast.soc)
    for kind in AgencyKind:
        with undone():
            assert post(client, "discharge", way.pk, discharge_form(next_kind=kind.value)).status_code == 302
            assert Discharge.objects.get().next_kind == kind
    said = post(client, "discharge", way.pk, discharge_form(next_kind="other")).content.decode()
    assert "Skriv vilken instans det är." in said
    data = discharge_form(next_kind="other", next_other="Studievägledaren")
    assert post(client, "discharge", way.pk, data).status_code == 302
    assert (Discharge.objects.get().next_kind, Discharge.objects.get().next_other) == ("", "Studievägledaren")
    assert "Studievägledaren" in page(client, "way", way.pk)


D, K, X = StepState.DONE, StepState.OPEN, StepState.DROPPED
PLANS: list[tuple[dict[str, Any] | None, tuple[str, ...], tuple[bool, bool, bool]]] = [
    (None, (), (False, False, False)),
    ({}, (), (True, False, False)),
    ({"shown": False}, (D,), (False, True, False)),
    ({"path_kind": "region_psychiatry"}, (D, K), (True, False, True)),
    ({"path_other": "Folkhögskola"}, (D, X), (True, True, True)),
    ({"no_path_reason": "Vet inte"}, (X, X), (True, False, False)),
]


@pytest.mark.parametrize(("given", "steps", "counted"), PLANS)
def test_what_the_plan_says_is_computed_and_shown_with_why(
    cast: Cast, as_hat: AsHat, given: dict[str, Any] | None, steps: tuple[str, ...], counted: tuple[bool, bool, bool]
) -> None:
    way, client = way_in(cast, "in_time"), as_hat(cast.soc)
    if given is not None:
        plan = plan_with(way, *steps, **given)
        gone = PlanGoal.objects.create(plan=plan, text="Borttaget", removed_at=timezone.now())
        PlanStep.objects.create(goal=gone, text="Ring", responsible=way.agency, due_on=TODAY)
    facts = plan_facts(way)
    assert (facts.made, facts.completed, facts.has_path) == counted
    shown = page(client, "discharge", way.pk)
    assert facts.why_completed in shown
    assert ("Ja. Den är visad för deltagaren." in shown, "Ja. Den står i planen." in shown) == (counted[0], counted[2])
    assert post(client, "discharge", way.pk, discharge_form()).status_code == 302
    made, now = Discharge.objects.get(), latest(way)
    assert (made.plan_made, made.plan_completed, made.path_identified) == counted
    assert (now.plan_made, now.plan_completed, now.path_identified) == counted


def test_the_reason_why_a_plan_is_not_completed_counts_its_steps() -> None:
    facts = PlanFacts(made=True, completed=False, has_path=False, steps=4, done=2, dropped=1)
    assert facts.why_completed == "Steg i planen: 4. Klara: 2. Görs inte: 1. Kvar att göra: 1."


# ---------- bad input ----------
BAD: list[tuple[dict[str, str], str]] = [
    ({"ended_on": ""}, "Skriv dagen."),
    ({"ended_on": "2026-12-08"}, "har inte varit än"),
    ({"ended_on": "2026-11-11"}, "Personen skrevs in 12 nov. 2026."),
    ({"ended_on": "2026-11-15"}, "Fas 2 började 20 nov. 2026."),
    ({"ended_on": "29 februari 2026"}, "är inget datum"),
    ({"ended_on": "9" * 6000}, "är inget datum"),
    ({"reason": ""}, "Välj varför det slutar."),
    ({"reason": "needs_treatment"}, "Skicka en remiss till psykiatrin först"),
    ({"reason": "död"}, "Välj varför det slutar."),
    ({"reason": "completed", "completed_time": "no"}, "Ändra det ena."),
    ({"completed_time": ""}, "Välj ja eller nej."),
    ({"outcome": ""}, "Välj vad som kom sedan."),
    ({"outcome": "x" * 5001}, "Välj vad som kom sedan."),
    ({"next_kind": ""}, "Välj något i listan."),
    ({"next_kind": "polisen"}, "Välj något i listan."),
    ({"next_kind": "none", "next_other": "Komvux"}, "Du har skrivit en instans."),
    ({"next_kind": "other", "next_other": "å" * 5001}, "tecken för lång"),
    ({"next_kind": "other", "next_other": "a\x00b"}, "tecken som inte går att visa"),
    ({"income_after": ""}, "Välj något i listan."),
    ({"increased": ""}, "Välj vad personen svarar."),
    ({"picture": "kanske"}, "Välj vad personen svarar."),
]


def test_what_cannot_be_read_is_said_at_its_field_and_nothing_is_lost(cast: Cast, as_hat: AsHat) -> None:
    way, client = way_in(cast, "in_time"), as_hat(cast.soc)
    data = decide_form(way, "next", from_on="2026-11-20")
    assert post(client, "phase_decide", way.pk, data).status_code == 302
    for data, sentence in BAD:
        response = post(
            client, "discharge", way.pk, discharge_form(**{"next_kind": "other", "next_other": "Stödet", **data})
        )
        said = response.content.decode()
        assert response.status_code == 200 and sentence in said, data
        assert "Stödet" in said or "next_other" in data
    for day in (TODAY + timedelta(days=1), BEGAN - timedelta(days=1), date(2026, 11, 15)):
        with pytest.raises(DatesDoNotFit):
            acts.discharge(by=cast.soc, enrolment=way, ending=ending(ended_on=day))
    assert not Discharge.objects.exists()
    way.refresh_from_db()
    assert way.state == "ongoing"


# ---------- who may ----------
VERBS: dict[str, tuple[str, ...]] = {
    "discharge": ("in_time", "warned", "over"),
    "treatment_declined": ("in_time", "warned", "over"),
    "correct_discharge": ("discharged",),
}


def test_who_may_do_what_in_which_state(cast: Cast, as_hat: AsHat) -> None:
    """Others get the 404 of what does not exist; in a state where it cannot be done it is said kindly."""
    hats = {role: as_hat(getattr(cast, role)) for role in ROLES}
    missing = {role: client.get("/vagen/999999/utskrivning/").content for role, client in hats.items()}
    for state in STATES:
        with undone():
            way = way_in(cast, state)
            forms = {
                "discharge": discharge_form(),
                "treatment_declined": {"declined_on": "2026-12-07"},
                "correct_discharge": correction_form(way),
            }
            before = (Discharge.objects.count(), PhaseDecision.objects.count())
            for name, states in VERBS.items():
                for role, client in hats.items():
                    with undone():
                        shown = client.get(f"/vagen/{way.pk}/{PATHS[name]}/")
                        done = post(client, name, way.pk, forms[name])
                        if role in MAY:
                            wanted = (200, 302) if state in states else (409, 409)
                        else:
                            wanted = (404, 404)
                            assert shown.content == missing[role]
                            assert SECRET_NAME not in done.content.decode()
                            assert (Discharge.objects.count(), PhaseDecision.objects.count()) == before
                        assert (shown.status_code, done.status_code) == wanted, (state, name, role)


PATHS = {"discharge": "utskrivning", "correct_discharge": "utskrivning/ratta", "treatment_declined": "tackat-nej"}


def test_a_manager_with_a_reason_and_other_agencies_end_nothing(cast: Cast, as_hat: AsHat) -> None:
    way = way_in(cast, "over")
    actions.state_reason(by=cast.soc_manager, participant=cast.person, reason="Klagomål")
    client = as_hat(cast.soc_manager)
    for name, data in (("discharge", discharge_form()), ("treatment_declined", {"declined_on": "2026-12-07"})):
        assert post(client, name, way.pk, data).status_code == 403, name
    for role in ("soc_manager", "psyk", "psyk_manager", "fk", "outsider"):
        by = getattr(cast, role)
        with pytest.raises(NotAllowed):
            acts.discharge(by=by, enrolment=way, ending=ending())
        with pytest.raises(NotAllowed):
            discharges.register_treatment_declined(by=by, enrolment=way, declined_on=TODAY)
        with pytest.raises(NotAllowed):
            acts.correct_discharge(by=by, enrolment=way, ending=ending(), correction_reason="x", seen=1)
    assert not Discharge.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_discharge_at_once_write_one_document(db: None) -> None:
    cast = make_cast()
    way = enrolled(cast)
    said = ending(ended_on=timezone.localdate())
    results = at_once(
        lambda: acts.discharge(by=cast.soc, enrolment=way, ending=said) and None,
        lambda: acts.discharge(by=cast.soc_2, enrolment=way, ending=said) and None,
    )
    assert outcomes(results)[SomebodyWasFaster.__name__] == 1
    assert Discharge.objects.count() == 1 and EnrolmentRecord.objects.filter(superseded_at=None).count() == 1
