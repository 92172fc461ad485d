"""What each agency has agreed to put in, and who reports it (R7, R18, R97)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.models import GroupSeat
from meetings.steering.models import CoFinancing
from tests.cast import Cast, make_member
from tests.steering.papers import agree, posted, report_of, words
from tests.steering.stage import Steering, make_steering
from workspace.clocks import add_months
from workspace.models import AuditEntry, CooperationAgency, Membership
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
ARRANGES = {"chair", "coordinator"}


@pytest.fixture
def stage(cast: Cast) -> Steering:
    return make_steering(cast)


def form(stage: Steering, **change: Any) -> dict[str, Any]:
    usual = {
        "agency": stage.cast.soc.agency_id,
        "hours": "40",
        "budget_line": "4711-22",
        "reporter": stage.cast.soc.pk,
        "contact": stage.cast.soc_2.pk,
        "from_on": "1 jan. 2026",
        "to_on": "",
    }
    return usual | change


def test_the_coordinator_and_the_chair_write_agreements_and_for_others_there_are_none(
    stage: Steering, as_hat: AsHat
) -> None:
    agreement = agree(stage.cast)
    hats: dict[str, Hat] = {**stage.cast.members, **stage.roles}
    for name, hat in hats.items():
        client = as_hat(hat)
        expected = 200 if name in ARRANGES else 404
        for path in ("/tid/avtal/", "/tid/avtal/nytt/", f"/tid/avtal/{agreement.pk}/"):
            assert client.get(path).status_code == expected, (name, path)
        if name not in ARRANGES:
            assert client.post("/tid/avtal/nytt/", form(stage)).status_code == 404, name
            assert client.post(f"/tid/avtal/{agreement.pk}/", form(stage)).status_code == 404, name
    client = as_hat(stage.cast.chair)
    assert client.get("/tid/avtal/99999999999999999999/").status_code == 404
    assert CoFinancing.objects.count() == 1


def test_an_agreement_is_written_shown_changed_and_ended(stage: Steering, as_hat: AsHat) -> None:
    client = as_hat(stage.cast.chair)
    for _ in range(2):
        assert client.post("/tid/avtal/nytt/", form(stage, once="a")).status_code == 302
    made = CoFinancing.objects.get()
    assert (made.hours, made.budget_line, made.reporter, made.contact) == (
        *(40, "4711-22"),
        stage.cast.soc,
        stage.cast.soc_2,
    )
    page = words(client.get("/tid/avtal/").content)
    assert "Socialtjänsten Piteå" in page and "4711-22" in page and "Soc Testsson" in page and "None" not in page
    changed = form(stage, hours="20", reporter="", contact="", budget_line="", to_on="31 dec. 2099")
    assert client.post(f"/tid/avtal/{made.pk}/", changed).status_code == 302
    made.refresh_from_db()
    assert (made.hours, made.reporter, made.to_on) == (20, None, date(2099, 12, 31))
    whats = AuditEntry.objects.filter(what__startswith="co_financing.").order_by("pk").values_list("what", flat=True)
    assert list(whats) == ["co_financing.agree", "co_financing.change"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"agency": ""}, "Välj myndighet."),
        ({"agency": "outsider"}, "Välj någon av myndigheterna i samverkan."),
        ({"hours": "0"}, "Skriv ett helt tal mellan 1 och 9999"),
        ({"hours": "-3"}, "Skriv ett helt tal mellan 1 och 9999"),
        ({"hours": "9" * 40}, "Skriv ett helt tal mellan 1 och 9999"),
        ({"hours": "många"}, "Skriv ett helt tal mellan 1 och 9999"),
        ({"budget_line": "å" * 61}, "1 tecken för lång"),
        ({"reporter": "psyk"}, "Välj någon som arbetar hos Socialtjänsten Piteå."),
        ({"contact": "psyk"}, "Välj någon som arbetar hos Socialtjänsten Piteå."),
        ({"reporter": "outsider"}, "Välj någon som arbetar hos samma myndighet."),
        ({"reporter": "9" * 30}, "Välj någon som arbetar hos samma myndighet."),
        ({"from_on": ""}, "Skriv första dagen."),
        ({"to_on": "31 dec. 2025"}, "är före"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    stage: Steering, as_hat: AsHat, change: dict[str, str], sentence: str
) -> None:
    known = {"psyk": stage.cast.psyk.pk, "outsider": stage.cast.outsider.pk}
    if change.get("agency"):
        known["outsider"] = stage.cast.outsider.agency_id
    data = form(stage, **{name: known.get(value, value) for name, value in change.items()})
    got = as_hat(stage.cast.coordinator).post("/tid/avtal/nytt/", data)
    assert got.status_code == 422 and sentence in words(got.content)
    assert "budget_line" in change or 'value="4711-22"' in got.content.decode()
    assert "None" not in words(got.content) and not CoFinancing.objects.exists()


def test_an_agency_has_one_agreement_at_a_time(stage: Steering, as_hat: AsHat) -> None:
    client = as_hat(stage.cast.coordinator)
    agree(stage.cast, from_on=date(2026, 1, 1), to_on=date(2026, 6, 30))
    for first, last, status in (
        ("30 juni 2026", "", 422),
        ("1 jan. 2025", "1 jan. 2026", 422),
        ("1 jan. 2025", "", 422),
        ("1 juli 2026", "", 302),
        ("1 jan. 2025", "31 dec. 2025", 302),
    ):
        got = client.post("/tid/avtal/nytt/", form(stage, from_on=first, to_on=last))
        assert got.status_code == status, (first, last)
        assert status == 302 or "har redan ett avtal från 1 jan. 2026 till 30 juni 2026" in words(got.content)
    assert CoFinancing.objects.count() == 3


def test_months_that_are_reported_stay_within_the_agreement(stage: Steering, as_hat: AsHat) -> None:
    agreement = agree(stage.cast, from_on=date(2026, 1, 1))
    for month in (date(2026, 2, 1), date(2026, 3, 1)):
        report_of(agreement, month)
    client, path = as_hat(stage.cast.chair), f"/tid/avtal/{agreement.pk}/"
    for first, last, status in (
        ("1 mars 2026", "", 422),
        ("1 jan. 2026", "28 feb. 2026", 422),
        ("15 feb. 2026", "5 mars 2026", 302),
    ):
        got = client.post(path, form(stage, from_on=first, to_on=last))
        assert got.status_code == status, (first, last)
        assert status == 302 or "Det finns tidrapporter från 1 feb. 2026 till 31 mars 2026" in words(got.content)


def test_an_agency_that_pays_and_has_no_seat_in_a_steering_group_is_warned_about(
    stage: Steering, as_hat: AsHat
) -> None:
    client, warning = as_hat(stage.cast.chair), "Lägger tid men har ingen plats i styrgruppen"
    for member in (stage.cast.soc, stage.cast.psyk):
        agree(stage.cast, member)
    assert warning not in words(client.get("/tid/avtal/").content)
    GroupSeat.objects.filter(pk=stage.psyk_seat.pk).update(to_on=timezone.localdate() - timedelta(days=1))
    page = words(client.get("/tid/avtal/").content)
    assert f"{warning} Vuxenpsykiatrin Piteå" in page and f"{warning} Socialtjänsten" not in page


def test_a_reporter_who_has_left_is_said_and_may_stand_until_another_is_chosen(stage: Steering, as_hat: AsHat) -> None:
    agreement = agree(stage.cast, from_on=date(2026, 1, 1))
    yesterday = timezone.localdate() - timedelta(days=1)
    Membership.objects.filter(pk=stage.cast.soc.pk).update(from_on=yesterday, to_on=yesterday)
    client, path = as_hat(stage.cast.chair), f"/tid/avtal/{agreement.pk}/"
    assert "har slutat, chefen rapporterar" in words(client.get("/tid/avtal/").content)
    assert client.post(path, form(stage, contact="", hours="10")).status_code == 302
    assert client.post("/tid/avtal/nytt/", form(stage)).status_code == 422
    agreement.refresh_from_db()
    assert (agreement.hours, agreement.reporter) == (10, stage.cast.soc)


def test_an_agency_that_is_not_in_the_cooperation_can_t_agree(stage: Steering, as_hat: AsHat) -> None:
    CooperationAgency.objects.filter(agency=stage.cast.soc.agency).delete()
    assert as_hat(stage.cast.chair).post("/tid/avtal/nytt/", form(stage)).status_code == 422


def test_a_manager_sees_what_the_agency_has_agreed_on(stage: Steering, as_hat: AsHat) -> None:
    agree(stage.cast)
    page = words(as_hat(stage.cast.soc_manager).get("/tid/").content)
    assert "40 timmar i månaden" in page and "Soc Testsson" in page and "4711-22" in page
    other = words(as_hat(stage.cast.psyk_manager).get("/tid/").content)
    assert "Er myndighet har inget avtal om tid" in other and "4711" not in other


def test_the_list_asks_as_much_for_thirty_as_for_one(stage: Steering, as_hat: AsHat) -> None:
    client, counts = as_hat(stage.cast.chair), []
    for wanted in (1, 30):
        while CoFinancing.objects.count() < wanted:
            number = CoFinancing.objects.count()
            member = make_member(stage.cast.soc.agency, f"rapport{number}", None)
            first = add_months(date(2100, 1, 1), number)
            agree(stage.cast, member, from_on=first, to_on=first + timedelta(days=20), contact=member)
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/tid/avtal/").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert posted(client, f"/tid/avtal/{CoFinancing.objects.first().pk}/")["hours"] == "40"  # type: ignore[union-attr]
