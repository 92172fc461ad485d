"""What is decided about a phase: more time with a reason, the next one, or the end (R58, R59)."""

from collections.abc import Generator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from tests.cast import SECRET_NAME, Cast, make_cast
from tests.pathway.stage import enrolled
from tests.pathway.walks import (
    LIMIT,
    MAY,
    REASON,
    ROLES,
    STATES,
    TODAY,
    AsHat,
    at,
    decide_form,
    page,
    post,
    way_in,
)
from tests.referrals.journeys import undone
from tests.referrals.races import at_once, outcomes
from workspace import actions
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import AuditEntry
from workspace.pathway.actions.phases import begin_next_phase, extend_phase
from workspace.pathway.errors import DatesDoNotFit
from workspace.pathway.models import Enrolment, Phase, PhaseDecision, PhaseStay
from workspace.pathway.queries.phases import newest_decision

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Generator[Any]:
    with time_machine.travel(at(TODAY), tick=False) as traveller:
        yield traveller


@pytest.fixture
def cast(clock: Any, db: None) -> Cast:
    return make_cast()


def stays(way: Enrolment) -> list[tuple[str, date, date | None, date | None]]:
    return [(stay.phase_id, stay.from_on, stay.to_on, stay.limit_on) for stay in way.stays.all()]


def decisions(way: Enrolment) -> list[tuple[str, str, date | None]]:
    rows = PhaseDecision.objects.filter(stay__enrolment=way).order_by("pk")
    return [(row.verb, row.reason, row.limit_on) for row in rows]


def test_the_rules_of_the_phases_are_data(cast: Cast, as_hat: AsHat) -> None:
    Phase.objects.filter(pk="one").update(longest_months=3, warn_days=60)
    way = enrolled(cast, on=TODAY - timedelta(days=40))
    assert stays(way) == [("one", date(2026, 10, 28), None, date(2027, 1, 28))]
    assert "Bestäm om fas 1" in as_hat(cast.soc).get("/").content.decode()


def test_more_time_is_given_with_a_reason_that_stands_on_the_page(cast: Cast, as_hat: AsHat) -> None:
    way, client = way_in(cast, "in_time"), as_hat(cast.soc)
    assert "Fas 1 tar slut 12 jan. 2027: 36 dagar kvar" in page(client, "phase_decide", way.pk)
    data = decide_form(way, once="a")
    assert post(client, "phase_decide", way.pk, data).url == post(client, "phase_decide", way.pk, data).url
    assert stays(way) == [("one", way.enrolled_on, None, date(2027, 2, 12))]
    assert decisions(way) == [("begin", "", LIMIT), ("extend", REASON, date(2027, 2, 12))]
    shown = page(client, "way", way.pk)
    assert REASON in shown and "Fas 1 tar slut 12 feb. 2027: 67 dagar kvar" in shown
    assert AuditEntry.objects.filter(what="way.extend", object_id=way.pk, participant_id=cast.person.pk).count() == 1


def test_the_next_phase_begins_the_day_after_the_one_before(cast: Cast, as_hat: AsHat) -> None:
    way, client = way_in(cast, "over"), as_hat(cast.soc)
    assert post(client, "phase_decide", way.pk, decide_form(way, "next", from_on="2026-12-02")).status_code == 302
    assert stays(way) == [
        ("one", way.enrolled_on, date(2026, 12, 1), date(2026, 12, 1)),
        ("two", date(2026, 12, 2), None, None),
    ]
    assert [verb for verb, _, _ in decisions(way)] == ["begin", "next", "begin"]
    assert "Fas 2 sedan 2 dec. 2026" in page(client, "way", way.pk)
    asked = page(client, "phase_decide", way.pk)
    assert "Nästa fas börjar" in asked and "Mer tid" not in asked and 'value="one"' not in asked
    assert post(client, "phase_decide", way.pk, decide_form(way, "next", phase="four")).status_code == 302
    last = page(client, "phase_decide", way.pk)
    assert "Personen skrivs ut" in last and "Nästa fas börjar" not in last


def test_the_end_leads_to_the_discharge_and_saves_nothing(cast: Cast, as_hat: AsHat) -> None:
    way = way_in(cast, "over")
    answer = post(as_hat(cast.soc), "phase_decide", way.pk, decide_form(way, "end", reason=""))
    assert answer.url == f"/vagen/{way.pk}/utskrivning/" and len(decisions(way)) == 1


BAD: list[tuple[str, dict[str, str], str]] = [
    ("extend", {"limit_on": ""}, "Skriv den nya sista dagen."),
    ("extend", {"limit_on": "2027-01-12"}, "Sista dagen är redan 12 jan. 2027."),
    ("extend", {"limit_on": "2026-12-01"}, "Sista dagen är redan 12 jan. 2027."),
    ("extend", {"limit_on": "29 feb. 2027"}, "är inget datum"),
    ("extend", {"limit_on": "2099-01-01"}, "för långt fram"),
    ("extend", {"limit_on": "9" * 6000}, "är inget datum"),
    ("extend", {"reason": " "}, "Skriv varför det behövs mer tid."),
    ("extend", {"reason": "å" * 5001}, "tecken för lång"),
    ("extend", {"reason": "a\x00b"}, "tecken som inte går att visa"),
    ("next", {"phase": ""}, "Välj fas."),
    ("next", {"phase": "one"}, "Välj något i listan."),
    ("next", {"phase": "x" * 5001}, "Välj något i listan."),
    ("next", {"phase": "tw\x00o"}, "Null-tecken är inte tillåtna."),
    ("next", {"from_on": ""}, "Skriv dagen då fasen började."),
    ("next", {"from_on": "2026-12-08"}, "har inte varit än"),
    ("next", {"from_on": "2026-11-12"}, "Välj en dag efter den."),
    ("next", {"from_on": "2026-10-01"}, "Välj en dag efter den."),
    ("", {}, "Välj ett alternativ."),
    ("back", {}, "Välj ett alternativ."),
]


def test_days_that_do_not_fit_are_said_at_their_field_and_nothing_is_lost(cast: Cast, as_hat: AsHat) -> None:
    way, client = way_in(cast, "in_time"), as_hat(cast.soc)
    for what, data, sentence in BAD:
        response = post(client, "phase_decide", way.pk, decide_form(way, what, **data))
        said = response.content.decode()
        assert response.status_code == 200 and sentence in said, (what, data)
        assert REASON in said or "reason" in data
    assert stays(way) == [("one", way.enrolled_on, None, LIMIT)] and len(decisions(way)) == 1


def test_a_limit_that_has_passed_is_moved_to_a_day_that_has_not(cast: Cast, as_hat: AsHat) -> None:
    way, client = way_in(cast, "over"), as_hat(cast.soc)
    said = post(client, "phase_decide", way.pk, decide_form(way, limit_on="2026-12-05")).content.decode()
    assert "har redan varit" in said
    assert post(client, "phase_decide", way.pk, decide_form(way, limit_on="2026-12-07")).status_code == 302


def test_the_verbs_refuse_what_the_forms_do(cast: Cast) -> None:
    way = way_in(cast, "over")
    two, seen = Phase.objects.get(pk="two"), newest_decision(way)
    late = {"reason": REASON, "seen": seen}
    for day in (date(2026, 12, 1), date(2026, 12, 6), date(2029, 1, 1)):
        with pytest.raises(DatesDoNotFit):
            extend_phase(by=cast.soc, enrolment=way, limit_on=day, **late)
    with pytest.raises(NotAllowed):
        extend_phase(by=cast.soc, enrolment=way, limit_on=LIMIT, reason="", seen=seen)
    for day in (way.enrolled_on, date(2026, 12, 8)):
        with pytest.raises(DatesDoNotFit):
            begin_next_phase(by=cast.soc, enrolment=way, phase=two, from_on=day, **late)
    begin_next_phase(by=cast.soc, enrolment=way, phase=two, from_on=TODAY, **late)
    seen = newest_decision(way)
    for code in ("one", "two"):  # nobody goes back, and nobody begins the same again
        with pytest.raises(NotAllowed):
            phase = Phase.objects.get(pk=code)
            begin_next_phase(by=cast.soc, enrolment=way, phase=phase, from_on=TODAY, reason="", seen=seen)
    with pytest.raises(NotAllowed):  # phase 2 has no limit
        extend_phase(by=cast.soc, enrolment=way, limit_on=LIMIT, reason=REASON, seen=seen)


def test_whoever_decides_from_an_old_page_is_told_that_somebody_was_faster(cast: Cast, as_hat: AsHat) -> None:
    way = way_in(cast, "warned")
    old = decide_form(way, limit_on="2027-03-01")
    assert post(as_hat(cast.soc), "phase_decide", way.pk, decide_form(way)).status_code == 302
    for data in (old, old | {"what": "next", "phase": "two"}, old | {"seen": ""}, old | {"seen": "9" * 50}):
        answer = post(as_hat(cast.soc_2), "phase_decide", way.pk, data)
        assert answer.status_code == 409 and "Någon hann före" in answer.content.decode()
    assert stays(way)[0][3] == date(2027, 2, 12) and len(decisions(way)) == 2


def test_who_may_decide_in_which_state(cast: Cast, as_hat: AsHat) -> None:
    """Others get the 404 of what does not exist; once discharged nobody decides."""
    hats = {role: as_hat(getattr(cast, role)) for role in ROLES}
    missing = {role: client.get("/vagen/999999/fas/").content for role, client in hats.items()}
    for state in STATES:
        with undone():
            way = way_in(cast, state)
            for role, client in hats.items():
                with undone():
                    shown = client.get(f"/vagen/{way.pk}/fas/")
                    done = post(client, "phase_decide", way.pk, decide_form(way))
                    if role not in MAY:
                        assert (shown.status_code, done.status_code) == (404, 404), (state, role)
                        assert shown.content == missing[role] and SECRET_NAME not in done.content.decode()
                        assert len(decisions(way)) == (2 if state == "discharged" else 1)
                    else:
                        wanted = (409, 409) if state == "discharged" else (200, 302)
                        assert (shown.status_code, done.status_code) == wanted, (state, role)


def test_a_manager_with_a_reason_reads_and_decides_nothing(cast: Cast, as_hat: AsHat) -> None:
    way = way_in(cast, "over")
    actions.state_reason(by=cast.soc_manager, participant=cast.person, reason="Klagomål")
    client = as_hat(cast.soc_manager)
    shown = page(client, "way", way.pk)
    assert "skulle ha tagit slut" in shown and "/fas/" not in shown and "/utskrivning/" not in shown
    assert post(client, "phase_decide", way.pk, decide_form(way)).status_code == 403
    assert len(decisions(way)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_decide_at_once_decide_once(db: None) -> None:
    cast = make_cast()
    for _ in range(3):
        way = enrolled(cast)
        stay, seen = PhaseStay.objects.get(enrolment=way), newest_decision(way)
        assert stay.limit_on is not None
        limit, two, said = stay.limit_on, Phase.objects.get(pk="two"), {"reason": REASON, "seen": seen}

        def more(limit: date = limit, way: Enrolment = way, said: Any = said) -> None:
            extend_phase(by=cast.soc, enrolment=way, limit_on=limit + timedelta(days=7), **said)

        def following(way: Enrolment = way, said: Any = said, two: Phase = two) -> None:
            begin_next_phase(
                by=cast.soc_2, enrolment=way, phase=two, from_on=way.enrolled_on + timedelta(days=1), **said
            )

        assert outcomes(at_once(more, following))[SomebodyWasFaster.__name__] == 1
        assert PhaseStay.objects.filter(enrolment=way, to_on=None).count() == 1
        Enrolment.objects.filter(pk=way.pk).update(state="discharged", ended_on=way.enrolled_on)
