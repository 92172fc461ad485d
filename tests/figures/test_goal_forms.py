"""What the coordinator, the chair and a manager do with figures, through their forms."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from meetings.figures.actions.goals import ensure_goals
from meetings.figures.models import (
    FiguresAgreement,
    Freezing,
    Goal,
    PlannedEnrolment,
    PublishedFigure,
    Snapshot,
    WhatWeChange,
)
from tests.cast import Cast
from tests.figures.frozen import frozen
from tests.figures.stage import agreed
from tests.figures.test_figures_page import goals_of, page, text_of
from workspace.models import AuditEntry, CooperationAgency
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
NEW = "/uppfoljning/mal/nytt/"
PLANNED = "/uppfoljning/planerat/"
OWN = "/enhet/siffror/"
GOAL = {"name": "Har en väg", "event": "success", "population": "discharged", "target": "70"}
LONG, NUL = "å" * 6_000, "a\0b"


def goal(cast: Cast, event: str = "plan_made") -> Goal:
    ensure_goals(cooperation=cast.cooperation)
    return Goal.objects.get(cooperation=cast.cooperation, event=event)


def of_goal(found: Goal, name: str) -> str:
    return f"/uppfoljning/mal/{found.pk}/{name}/"


def refused(client: Client, path: str, data: dict[str, Any]) -> str:
    """A form that comes back with what is wrong: the page in words."""
    got = client.post(path, data)
    assert got.status_code == 422, (path, data, got.status_code)
    html = got.content.decode()
    assert "behöver rättas" in html and "None" not in text_of(html)
    return html


# ---------- goals ----------
def test_a_goal_is_added_as_a_definition_and_kept_once(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.coordinator)
    assert client.post(NEW, {**GOAL, "once": "a"}).status_code == 302
    assert client.post(NEW, {**GOAL, "once": "a"}).status_code == 302
    made = Goal.objects.get(cooperation=cast.cooperation, name="Har en väg")
    assert (made.event, made.population, made.span, made.target, made.order) == ("success", "discharged", "all", 70, 6)
    assert made.made_by == cast.coordinator
    assert AuditEntry.objects.filter(what="figures.goal").count() == 1


def test_the_same_definition_twice_is_refused_with_the_other_s_name(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.coordinator)
    client.post(NEW, GOAL)
    html = refused(client, NEW, {**GOAL, "name": "Samma sak"})
    assert "Det målet finns redan. Det heter Har en väg." in text_of(html) and 'value="Samma sak"' in html


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "Skriv vad målet heter."),
        ({"name": LONG}, "tecken för lång"),
        ({"name": NUL}, "tecken"),
        ({"event": ""}, "Välj vad som ska räknas."),
        ({"event": "annat"}, "Välj något av det som står här."),
        ({"population": NUL}, "Välj bland vilka."),
        ({"target": "0"}, "mellan 1 och 100"),
        ({"target": "101"}, "mellan 1 och 100"),
        ({"target": "-5"}, "mellan 1 och 100"),
        ({"target": "9" * 5_000}, "mellan 1 och 100"),
        ({"target": "50,5"}, "mellan 1 och 100"),
        ({"target": ""}, "mellan 1 och 100"),
    ],
)
def test_bad_input_gets_a_sentence_and_loses_nothing(
    cast: Cast, as_hat: AsHat, change: dict[str, str], sentence: str
) -> None:
    html = refused(as_hat(cast.coordinator), NEW, {**GOAL, **change})
    assert sentence in text_of(html)
    kept = {**GOAL, **change}
    if "name" not in change:
        assert f'value="{kept["name"]}"' in html
    assert not Goal.objects.filter(name="Har en väg").exists()


def test_a_goal_is_ended_and_frozen_months_keep_it(cast: Cast, as_hat: AsHat) -> None:
    snapshot, found = frozen(cast.cooperation), goal(cast)
    client = as_hat(cast.coordinator)
    assert "Avsluta målet" in page(client, of_goal(found, "avsluta"))
    assert client.post(of_goal(found, "avsluta")).status_code == 302
    assert Goal.objects.get(pk=found.pk).ended_on == timezone.localdate()
    assert "Har en handlingsplan" in goals_of(page(client, f"/uppfoljning/manad/{snapshot.pk}/"))
    assert client.get(f"/uppfoljning/manad/{snapshot.pk}/mal/{found.pk}/").status_code == 200
    assert client.post(of_goal(found, "avsluta")).status_code in {409, 422}


# ---------- thresholds ----------
def test_a_lower_threshold_needs_its_agreement_and_a_reason(cast: Cast, as_hat: AsHat) -> None:
    found, client = goal(cast), as_hat(cast.coordinator)
    path = of_goal(found, "grans")
    html = refused(client, path, {"threshold": "3", "agreement": "", "reason": " "})
    assert "Skriv vilket avtal som tillåter det." in html and "Skriv varför gränsen är lägre." in html
    assert "Välj 3, 4 eller 5." in refused(client, path, {"threshold": "2", "agreement": "A", "reason": "B"})
    assert "tecken för lång" in refused(client, path, {"threshold": "4", "agreement": LONG, "reason": "B"})
    assert client.post(path, {"threshold": "3", "agreement": "Avtalet", "reason": "Så små orter"}).status_code == 302
    found.refresh_from_db()
    assert (found.threshold, found.threshold_agreement, found.threshold_reason) == (3, "Avtalet", "Så små orter")
    assert client.post(path, {"threshold": "5"}).status_code == 302
    found.refresh_from_db()
    assert (found.threshold, found.threshold_agreement) == (5, "")


def test_what_says_something_of_health_has_no_form_for_it(cast: Cast, as_hat: AsHat) -> None:
    found, client = goal(cast, "increased"), as_hat(cast.coordinator)
    assert client.get(of_goal(found, "grans")).status_code == 404
    sent = {"threshold": "3", "agreement": "Avtalet", "reason": "Så är det"}
    assert client.post(of_goal(found, "grans"), sent).status_code == 404
    found.refresh_from_db()
    assert found.threshold == 5


# ---------- published ----------
def test_a_total_that_its_parts_cannot_give_is_said_with_the_reason_and_kept_as_refused(
    cast: Cast, as_hat: AsHat
) -> None:
    """The report's fifth goal: 86 and 96 per cent, and 96 in all (R88)."""
    cast.cooperation.municipalities.add(cast.outside_desk.agency.municipality)
    frozen(cast.cooperation)
    found, client = goal(cast, "path_identified"), as_hat(cast.coordinator)
    path = of_goal(found, "publicerat")
    fields = dict(re.findall(r'for="id_(part_\d)">(\w+)', page(client, path)))
    said = {"Piteå": "86", "Arvidsjaur": "96"}
    sent = {"source": "slutrapporten", "total": "96", **{name: said[place] for name, place in fields.items()}}
    assert len(fields) == 2
    html = text_of(client.post(path, sent, follow=True).content.decode())
    kept = PublishedFigure.objects.get(goal=found)
    assert kept.refused_because and "89 %" in kept.refused_because
    assert f"96 % godtogs inte. {kept.refused_because}" in html
    client.post(path, {**sent, "total": "89"})
    assert [one.refused_because == "" for one in PublishedFigure.objects.filter(goal=found).order_by("pk")] == [
        False,
        True,
    ]
    client.post(f"/uppfoljning/publicerat/{kept.pk}/ta-bort/")
    assert not PublishedFigure.objects.filter(pk=kept.pk).exists()


def test_bad_published_figures_are_refused_at_their_field(cast: Cast, as_hat: AsHat) -> None:
    path, client = of_goal(goal(cast), "publicerat"), as_hat(cast.coordinator)
    for change in ({"total": "101"}, {"total": "x"}, {"total": "9" * 5_000}, {"part_0": "-1"}, {"part_0": NUL}):
        assert "mellan 0 och 100" in refused(client, path, {"source": "R", "total": "5", "part_0": "5", **change})
    assert "Skriv var det står." in refused(client, path, {"source": "", "total": "5"})
    assert not PublishedFigure.objects.exists()


# ---------- planned ----------
def test_planned_enrolments_are_written_month_by_month_and_again(cast: Cast, as_hat: AsHat) -> None:
    client, now = as_hat(cast.coordinator), timezone.localdate().replace(day=1)
    for woman, man in (("4", "5"), ("0", "6")):
        assert client.post(PLANNED, {"month": f"{now:%Y-%m}", "woman": woman, "man": man}).status_code == 302
    kept = {row.gender: row.count for row in PlannedEnrolment.objects.filter(month=now)}
    assert kept == {"woman": 0, "man": 6}
    assert re.search(
        r"<tr><th scope=\"row\">\w+ \d{4}</th><td class=\"n\">0</td><td class=\"n\">6</td>", page(client, PLANNED)
    )
    for change in ({"month": "2014-13"}, {"month": NUL}, {"month": ""}):
        assert "månad" in refused(client, PLANNED, {"woman": "1", "man": "1", **change})
    for change in ({"woman": "-1"}, {"man": "1000"}, {"man": "x"}, {"man": "9" * 5_000}, {"woman": ""}):
        sent = {"month": f"{now:%Y-%m}", "woman": "1", "man": "1", **change}
        assert "mellan 0 och 999" in refused(client, PLANNED, sent)


# ---------- a new version ----------
def test_a_new_version_is_asked_for_with_a_reason_and_its_progress_is_shown(cast: Cast, as_hat: AsHat) -> None:
    agreed(cast.cooperation, cast.soc_desk.agency)
    snapshot, client = frozen(cast.cooperation), as_hat(cast.coordinator)
    path = f"/uppfoljning/manad/{snapshot.pk}/las/"
    assert "Skriv varför det behövs en ny version." in refused(client, path, {"reason": " "})
    assert "tecken för lång" in refused(client, path, {"reason": LONG})
    assert not Freezing.objects.exists()
    got = client.post(path, {"reason": "Tre hade fel kommun", "once": "x"})
    asked = Freezing.objects.get()
    assert got.status_code == 302 and got["Location"] == f"/uppfoljning/lasning/{asked.pk}/"
    assert (asked.reason, asked.month, asked.total, asked.asked_by) == (
        "Tre hade fel kommun", snapshot.month, 1, cast.coordinator,
    )  # fmt: skip
    assert client.post(path, {"reason": "Tre hade fel kommun", "once": "x"})["Location"] == got["Location"]


def test_the_progress_asks_again_each_second_until_it_is_done(cast: Cast, as_hat: AsHat) -> None:
    snapshot, client = frozen(cast.cooperation), as_hat(cast.coordinator)
    asked = Freezing.objects.create(
        cooperation=cast.cooperation, month=snapshot.month, reason="x", asked_by=cast.coordinator, done=1, total=3
    )
    path = f"/uppfoljning/lasning/{asked.pk}/"
    whole = page(client, path)
    assert '<progress id="framsteg" max="3" value="1">' in whole and "1 av 3 månader är klara." in whole
    piece = client.get(path, headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="every 1s"' in piece and "<html" not in piece and "<main" not in piece
    assert '<progress id="framsteg"' in page(client), "also on the month's page, while it goes on"
    Freezing.objects.filter(pk=asked.pk).update(done=3, finished_at=timezone.now())
    done = client.get(path, headers={"HX-Request": "true"}).content.decode()
    assert "hx-trigger" not in done and f"/uppfoljning/manad/{snapshot.pk}/" in done
    assert "<progress" not in page(client)


def test_a_second_correction_waits_for_the_first(cast: Cast, as_hat: AsHat) -> None:
    snapshot, client = frozen(cast.cooperation), as_hat(cast.coordinator)
    Freezing.objects.create(
        cooperation=cast.cooperation, month=snapshot.month, reason="x", asked_by=cast.coordinator, total=3
    )
    html = refused(client, f"/uppfoljning/manad/{snapshot.pk}/las/", {"reason": "Mitt långa skäl"})
    assert "En rättelse räknas redan." in html and "Mitt långa skäl" in html


# ---------- what is changed ----------
def test_what_is_changed_is_written_by_chair_and_coordinator_and_stays_beside_every_version(
    cast: Cast, as_hat: AsHat
) -> None:
    snapshot = frozen(cast.cooperation)
    path = f"/uppfoljning/manad/{snapshot.pk}/andra/"
    owner = cast.soc_desk.agency
    got = as_hat(cast.chair).post(path, {"text": "Vi går igenom <b>alla</b> väntande", "owner": owner.pk})
    assert got.status_code == 302 and got["Location"] == f"/uppfoljning/manad/{snapshot.pk}/"
    assert as_hat(cast.coordinator).post(path, {"text": "Samordnaren kallar till ett möte"}).status_code == 302
    assert list(WhatWeChange.objects.order_by("pk").values_list("owner", "made_by")) == [
        (owner.pk, cast.chair.pk), (None, cast.coordinator.pk),
    ]  # fmt: skip
    again = frozen(cast.cooperation, version=2, reason="rättat")
    html = page(as_hat(cast.chair), f"/uppfoljning/manad/{again.pk}/")
    assert "Vi går igenom &lt;b&gt;alla&lt;/b&gt; väntande" in html
    assert text_of(html).index("Samordnaren kallar") < text_of(html).index("Vi går igenom"), "the newest first"
    other = frozen(cast.cooperation, snapshot.month.replace(month=9))
    assert "Vi går igenom" not in page(as_hat(cast.chair), f"/uppfoljning/manad/{other.pk}/")


def test_what_is_changed_keeps_what_was_typed_when_something_is_wrong(cast: Cast, as_hat: AsHat) -> None:
    path, client = f"/uppfoljning/manad/{frozen(cast.cooperation).pk}/andra/", as_hat(cast.chair)
    assert "Skriv vad ni ändrar." in refused(client, path, {"text": ""})
    outside = cast.outside_desk.agency.pk
    html = refused(client, path, {"text": "Min långa text", "owner": outside})
    assert "Min långa text" in html and "Välj någon av myndigheterna i samverkan." in html
    assert "1 tecken för lång" in refused(client, path, {"text": "a" * 1_001})
    assert "Null-tecken är inte tillåtna." in refused(client, path, {"text": "Text", "owner": NUL})
    for owner in ("9" * 40, "x"):
        assert "Välj någon av myndigheterna" in refused(client, path, {"text": "Text", "owner": owner})
    assert not WhatWeChange.objects.exists()


# ---------- an agency's own ----------
def test_a_manager_reads_what_is_counted_and_says_yes_and_no(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc_manager)
    html = page(client, OWN)
    assert "<h1>Ni är inte med i siffrorna</h1>" in html and "Samverkan Piteå" in html and "Samverkan Arv" not in html
    yes, no = (f"{OWN}{cast.cooperation.pk}/{end}/" for end in ("var-med", "avsluta"))
    assert client.post(yes).status_code == 302
    held = FiguresAgreement.objects.get(cooperation=cast.cooperation)
    assert (held.agency, held.made_by) == (cast.soc_manager.agency, cast.soc_manager)
    assert "<h1>Ni är med i siffrorna</h1>" in page(client, OWN)
    assert client.post(yes).status_code == 409
    assert client.post(no).status_code == 302
    held.refresh_from_db()
    assert held.ended_at is not None and held.ended_by == cast.soc_manager
    assert client.post(no).status_code == 409


def test_an_agency_that_has_left_can_still_end_what_it_agreed_to(cast: Cast, as_hat: AsHat) -> None:
    agreed(cast.cooperation, cast.soc_desk.agency)
    CooperationAgency.objects.filter(agency=cast.soc_desk.agency).update(to_on=timezone.localdate().replace(year=2020))
    client = as_hat(cast.soc_manager)
    assert "Ni är med i siffrorna" in page(client, OWN)
    assert client.post(f"{OWN}{cast.cooperation.pk}/avsluta/").status_code == 302
    assert "Ni är inte med i någon samverkan" in page(client, OWN)
    assert client.post(f"{OWN}{cast.cooperation.pk}/var-med/").status_code == 404


def test_nothing_of_these_forms_changes_a_frozen_month(cast: Cast, as_hat: AsHat) -> None:
    snapshot, found = frozen(cast.cooperation), goal(cast)
    before = Snapshot.objects.values_list("shown", "digest").get(pk=snapshot.pk)
    client = as_hat(cast.coordinator)
    client.post(NEW, GOAL)
    client.post(of_goal(found, "grans"), {"threshold": "3", "agreement": "Avtalet", "reason": "Så är det"})
    client.post(of_goal(found, "avsluta"))
    assert Snapshot.objects.values_list("shown", "digest").get(pk=snapshot.pk) == before
    assert "Antal från 3" not in page(client, f"/uppfoljning/manad/{snapshot.pk}/")
