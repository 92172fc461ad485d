"""The standing item on gender equality opens with what was decided, what has changed, and the month's figures (R15)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.models import DecisionReport, ItemGuest, Meeting
from meetings.states import DecisionState, GenderAnswer, MeetingState
from meetings.steering.queries.measures import changed_since, indicators
from meetings.steering.views.gender_tables import lacks_of, tables_of
from tests.cast import Cast
from tests.figures.frozen import ALL
from tests.figures.reports import report, row, table
from tests.figures.test_figures_page import page, text_of
from tests.steering.gender_stage import PLAN_MADE, WHY_NOT, address, decided, gender_of, held, lay, referrals, ways
from tests.steering.stage import Steering, make_steering
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
FEW = "Grupperna är för små för att jämföra"


@pytest.fixture
def stage(cast: Cast) -> Steering:
    return make_steering(cast)


def read(stage: Steering, as_hat: AsHat, hat: Hat | None = None) -> str:
    return text_of(page(as_hat(hat or stage.cast.chair), address(stage.meeting)))


# ---------- the month ----------
def test_the_item_opens_with_the_months_figures_for_women_and_men(stage: Steering, as_hat: AsHat) -> None:
    told = referrals({"granted": 20, "refused": 15, "waiting": 5}, {"granted": 26, "refused": 9, "waiting": 7})
    month = lay(stage, 1, ways((20, 40), (36, 40)), referrals=told)
    said = read(stage, as_hat)
    assert f"version {month.version}" in said and "låsta" in said and "Stående punkt, 4 av 8" in said
    assert "Kvinnor 50 % 20 av 40" in said and "Män 90 % 36 av 40" in said, "a goal"
    assert "Avslag 20 14 34" in said and "Beviljad 25 31 56" in said and "Väntar på svar 5 7 12" in said, "referrals"
    assert "LSS 5 5 10 Vuxenpsykiatrin 15 9 24 Alla 20 14 34" in said, "who refused"
    assert "Väntar ännu 10 20 30" in said and "Median, dagar 14 21 18" in said, "waiting for a plan"
    assert "Praktik 20 25 45" in said and "Arbetsträning dolt dolt 12" in said, "activities"
    assert "Har svarat 50 %" in said, "answers"


def test_what_is_not_known_of_women_and_men_is_said(stage: Steering, as_hat: AsHat) -> None:
    lay(stage, 1, ways((20, 40), (36, 40)))
    said = read(stage, as_hat)
    assert "Kön registreras bara för deltagare" in said
    assert "räknades inte när månaden låstes" in said, "no referrals in that month's freezing"


def test_before_anything_is_frozen_the_page_says_so_and_opens(stage: Steering, as_hat: AsHat) -> None:
    said = read(stage, as_hat)
    assert "Ingen månad är låst än." in said and "Att prata om" not in said
    assert "gruppens första möte med punkten" in said


def test_a_month_corrected_after_the_agenda_went_out_stands_in_both_versions(stage: Steering, as_hat: AsHat) -> None:
    lay(stage, 1, ways((20, 40), (36, 40)))
    Meeting.objects.filter(pk=stage.meeting.pk).update(
        state=MeetingState.CALLED, called_at=timezone.now() - timedelta(hours=1)
    )
    lay(stage, 1, ways((30, 40), (36, 40)), version=2, reason="Tio planer saknades", made_at=timezone.now())
    said = read(stage, as_hat)
    assert "Siffrorna har rättats sedan dagordningen skickades." in said and "Tio planer saknades" in said
    assert "50 % (20 av 40)" in said and "75 % (30 av 40)" in said
    assert "Samma tabeller, rättade: version 2" in said and "Räknat på de rättade siffrorna, version 2" in said


# ---------- what to talk about ----------
def test_a_difference_that_chance_does_not_give_becomes_the_question(stage: Steering, as_hat: AsHat) -> None:
    lay(stage, 1, ways((10, 40), (38, 40)))
    said = read(stage, as_hat)
    assert "Har en handlingsplan: 25 % av kvinnorna (10 av 40) och 95 % av männen (38 av 40)" in said
    assert "Vad gör att det skiljer?" in said and "Fishers exakta test" in said and "Holms korrektion" in said
    assert "p < 0,001" in said


def test_a_small_difference_is_no_alarm(stage: Steering, as_hat: AsHat) -> None:
    lay(stage, 1, ways((36, 40), (37, 40)))
    said = read(stage, as_hat)
    assert "Ingen skillnad är större än vad slumpen lätt ger" in said and "Vad gör att det skiljer?" not in said


def test_groups_that_are_too_small_are_said_to_be(stage: Steering, as_hat: AsHat) -> None:
    leads = {code: {"as_of": "2026-10", "rows": []} for code in ("plan", "discharge")}
    lay(stage, 1, ways((0, 5), (5, 5)), surveys=None, enrolled=None, leads=leads)
    said = read(stage, as_hat)
    assert FEW in said and "Vad gör att det skiljer?" not in said and "Inte jämfört." in said


# ---------- since last time ----------
def test_the_last_decision_stands_with_its_owner_its_day_its_state_and_what_was_said(
    stage: Steering, as_hat: AsHat
) -> None:
    decision = decided(stage, 60, "Kallelser skickas också på kvällstid")
    DecisionReport.objects.create(
        decision=decision, member=stage.cast.psyk_manager, text="Infört i september", state=DecisionState.OPEN
    )
    said = read(stage, as_hat)
    assert "Kallelser skickas också på kvällstid" in said and "Ansvarig: Vuxenpsykiatrin Piteå" in said
    assert "Följs upp" in said and "Infört i september" in said and "Klart senast" in said
    assert "Inget mått är valt för beslutet." in said


def test_what_has_changed_since_the_decision_is_said_in_percentage_points(stage: Steering, as_hat: AsHat) -> None:
    lay(stage, 5, ways((16, 40), (30, 40)))
    decided(stage, 60, "Alla kvinnor erbjuds en plan", indicator=PLAN_MADE)
    lay(stage, 1, ways((28, 40), (31, 40)))
    said = read(stage, as_hat)
    assert "Skillnaden mellan kvinnor och män har minskat från 35 till 8 procentenheter." in said
    assert "Kvinnor 40 % 16 av 40 70 % 28 av 40 +30" in said
    assert "Män 75 % 30 av 40 78 % 31 av 40 +3" in said
    assert "Kvinnor och män 58 % 46 av 80 74 % 59 av 80 +16" in said


def test_a_hidden_number_is_not_compared(stage: Steering, as_hat: AsHat) -> None:
    lay(stage, 5, ways((16, 40), (30, 40)), hide={("plan_made", ("*", "woman")): None, ("plan_made", ALL): None})
    decided(stage, 60, "Alla kvinnor erbjuds en plan", indicator=PLAN_MADE)
    lay(stage, 1, ways((28, 40), (31, 40)))
    said = read(stage, as_hat)
    assert "går inte att jämföra: talen är för små för att visas" in said
    since = said.split("Sedan förra beslutet")[1].split("Siffrorna")[0]
    assert "40 %" not in since and "16 av 40" not in since and "minskat" not in since


def test_a_measure_is_followed_through_a_correction(stage: Steering) -> None:
    lay(stage, 5, ways((16, 40), (30, 40)))
    since = timezone.now() - timedelta(days=60)
    lay(stage, 1, ways((28, 40), (31, 40)))
    lay(stage, 5, ways((20, 40), (30, 40)), version=2, reason="Fyra saknades", made_at=timezone.now())
    found = changed_since(stage.cast.cooperation, PLAN_MADE, since)
    assert found is not None and found.is_corrected
    assert (found.gap_then, found.gap_now) == (25, 8) and [side.change for side in found.sides[:2]] == [20, 3]


def test_nothing_to_compare_is_said_and_not_guessed(stage: Steering) -> None:
    cooperation = stage.cast.cooperation
    assert indicators(cooperation) == [] and changed_since(cooperation, PLAN_MADE, timezone.now()) is None
    lay(stage, 1, ways((28, 40), (31, 40)))
    assert (PLAN_MADE, "Har en handlingsplan") in indicators(cooperation)
    assert changed_since(cooperation, PLAN_MADE, timezone.now() - timedelta(days=900)) is None, "nothing was frozen"
    assert changed_since(cooperation, "goal:gone", timezone.now()) is None
    same = changed_since(cooperation, PLAN_MADE, timezone.now())
    assert same is not None and same.sentence == "Inga nyare siffror är låsta sedan dess."
    hidden = replace(same, now_month=same.now_month + timedelta(days=31))
    assert hidden.sentence == "Nyare siffror är låsta, men går inte att visa än."


def test_a_table_of_nobody_is_a_sentence_with_its_day() -> None:
    zeros = table({code: row(0, 0) for code in ("granted", "waiting", "all")}, date(2014, 7, 1))
    assert "Ingen har remitterats till och med 31 juli 2014." in lacks_of(report(referrals=[zeros]))
    assert [one.code for one in tables_of(report(referrals=[zeros]))] == []


def test_of_many_open_decisions_the_late_ones_stand_and_the_rest_are_counted(stage: Steering, as_hat: AsHat) -> None:
    decided(stage, 400, "Det sena", due_on=timezone.localdate() - timedelta(days=1))
    for number in range(6):
        decided(stage, 300 - number * 10, f"Erbjud {number}")
    html = page(as_hat(stage.cast.chair), address(stage.meeting))
    said = text_of(html)
    assert said.index("Det sena") < said.index("Erbjud 5") and "Erbjud 1" not in said
    assert "Och 2 beslut till." in said and f'href="/beslut/?grupp={stage.group.pk}"' in html


def test_a_guest_of_the_item_reads_no_answer_of_an_earlier_meeting(stage: Steering, as_hat: AsHat) -> None:
    held(stage, 60, GenderAnswer.NO_DEVIATION, "Lika många kvinnor och män.")
    ItemGuest.objects.create(item=gender_of(stage.meeting), membership=stage.cast.psyk)
    client = as_hat(stage.cast.psyk)
    for path in (address(stage.meeting), f"/moten/{stage.meeting.pk}/underlag/"):
        said = text_of(page(client, path))
        assert "Lika många" not in said and "första möte" not in said and "tidigare möte" not in said


def test_the_last_answer_without_a_decision_stands_with_its_reason(stage: Steering, as_hat: AsHat) -> None:
    held(stage, 60, GenderAnswer.NO_DEVIATION, "Lika många kvinnor och män.")
    said = read(stage, as_hat)
    assert "Ingen avvikelse" in said and "Lika många kvinnor och män." in said


# ---------- three in a row ----------
def test_three_without_deviation_in_a_row_are_shown_to_those_who_prepare(stage: Steering, as_hat: AsHat) -> None:
    for days in (300, 200):
        held(stage, days, GenderAnswer.NO_DEVIATION)
    said = "möten i rad med Ingen avvikelse"
    assert said not in read(stage, as_hat), "two are not three"
    held(stage, 100, GenderAnswer.NO_DEVIATION)
    for hat in (stage.cast.chair, stage.cast.coordinator, stage.steering):
        assert f"3 {said}" in read(stage, as_hat, hat), hat
    assert said not in read(stage, as_hat, stage.cast.soc_manager)
    decided(stage, 50, "Vi gör något")
    assert said not in read(stage, as_hat)


def test_meetings_that_never_came_to_be_neither_break_nor_lengthen_the_row(stage: Steering, as_hat: AsHat) -> None:
    for days in (400, 300, 200):
        held(stage, days, GenderAnswer.NO_DEVIATION)
    cancelled = held(stage, 100)
    Meeting.objects.filter(pk=cancelled.pk).update(state=MeetingState.NOT_HELD)
    assert "3 möten i rad" in read(stage, as_hat)


# ---------- cost ----------
def test_the_page_asks_as_much_for_thirty_earlier_meetings_as_for_one(stage: Steering, as_hat: AsHat) -> None:
    lay(stage, 14, ways((16, 40), (30, 40)))
    lay(stage, 1, ways((28, 40), (31, 40)))
    client = as_hat(stage.cast.chair)

    def asked() -> int:
        page(client, address(stage.meeting))
        with CaptureQueriesContext(connection) as questions:
            page(client, address(stage.meeting))
        return len(questions)

    decided(stage, 380, "Beslut 0", indicator=PLAN_MADE)
    one = asked()
    for number in range(1, 30):
        decided(stage, 380 - number * 10, f"Beslut {number}", indicator=PLAN_MADE)
    assert asked() == one


def test_nothing_of_a_no_deviation_is_repeated_as_a_decision(stage: Steering, as_hat: AsHat) -> None:
    held(stage, 60, GenderAnswer.NO_DEVIATION)
    assert read(stage, as_hat).count(WHY_NOT) == 1
