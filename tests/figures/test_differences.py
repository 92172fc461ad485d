"""The difference between women and men that numbers can bear: the test, the correction, and no false alarm."""

import random
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from scipy.stats import fisher_exact

from meetings.figures.report.differences import (
    LEVEL,
    Difference,
    TooFew,
    fisher,
    holm,
    judged,
    largest_difference,
)
from meetings.figures.report.measures import Measure, measures_of
from meetings.figures.report.shapes import Cell
from meetings.figures.report.talk import chance_sentence, talk_about
from tests.figures.reports import goal, report, row, table

AUGUST = date(2014, 8, 1)
Four = tuple[int, int, int, int]


def four_by_chance(dice: random.Random, most: int = 60) -> Four:
    women, men = dice.randint(1, most), dice.randint(1, most)
    return dice.randint(0, women), women, dice.randint(0, men), men


def measure(four: Four, code: str = "referrals:granted") -> Measure:
    return Measure(code, code, *four, better_high=True, as_of=AUGUST)


# ---------- the test ----------
@pytest.mark.parametrize("seed", range(5))
def test_p_is_the_same_as_scipys_on_tables_by_chance(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(200):
        did, base, men_did, men_base = four = four_by_chance(dice)
        other = fisher_exact([[did, base - did], [men_did, men_base - men_did]]).pvalue
        assert float(fisher(*four)) == pytest.approx(other, rel=1e-9), four


def test_p_of_known_tables_is_exact() -> None:
    assert fisher(3, 4, 1, 4) == Fraction(34, 70)  # the lady tasting tea, who was right three times of four
    assert fisher(10, 10, 0, 10) == Fraction(2, 184_756)
    assert fisher(0, 10, 0, 10) == fisher(10, 10, 10, 10) == fisher(5, 10, 5, 10) == 1
    assert isinstance(fisher(400, 5000, 700, 5000), Fraction)


def test_women_and_men_change_places_and_nothing_changes() -> None:
    dice = random.Random(3)
    for _ in range(300):
        did, base, men_did, men_base = four_by_chance(dice)
        assert fisher(did, base, men_did, men_base) == fisher(men_did, men_base, did, base)
        assert fisher(did, base, men_did, men_base) == fisher(base - did, base, men_base - men_did, men_base)
    found, turned = (largest_difference(month(four)) for four in ((30, 40, 10, 40), (10, 40, 30, 40)))
    assert isinstance(found, Difference) and isinstance(turned, Difference)
    assert (found.p, found.adjusted, found.claimed) == (turned.p, turned.adjusted, turned.claimed)
    assert found.claimed


def test_holm_multiplies_by_how_many_are_left_and_never_falls() -> None:
    alone = [Fraction(1, 100), Fraction(4, 100), Fraction(3, 100), Fraction(1, 2)]
    assert holm(alone) == [Fraction(4, 100), Fraction(9, 100), Fraction(9, 100), Fraction(1, 2)]
    assert holm([Fraction(2, 3), Fraction(3, 4)]) == [1, 1] and holm([]) == []


# ---------- no false alarm ----------
@pytest.mark.parametrize("seed", [1, 2])
def test_no_more_than_one_month_in_twenty_raises_a_false_alarm(seed: int) -> None:
    """A thousand months of one to eight measures, in which women and men are alike: any claim is a false one."""
    dice = random.Random(seed)
    alarms = 0
    for _ in range(1000):
        alike = []
        for _ in range(dice.randint(1, 8)):
            share, women, men = dice.random(), dice.randint(10, 120), dice.randint(10, 120)
            did = [sum(dice.random() < share for _ in range(base)) for base in (women, men)]
            alike.append(measure((did[0], women, did[1], men)))
        alarms += any(one.claimed for one in judged(alike))
    assert alarms <= 50


def test_uncorrected_the_same_months_would_raise_more_so_the_correction_is_needed() -> None:
    dice = random.Random(1)
    alone, corrected = 0, 0
    for _ in range(300):
        many = [[sum(dice.random() < 0.5 for _ in range(60)) for _ in range(2)] for _ in range(12)]
        tested = judged([measure((women, 60, men, 60)) for women, men in many])
        alone += any(one.p < LEVEL for one in tested)
        corrected += any(one.claimed for one in tested)
    assert corrected <= 15 < alone


def test_a_large_difference_in_large_groups_is_found_nine_times_of_ten() -> None:
    dice = random.Random(5)
    found = 0
    for _ in range(100):
        women, men = (sum(dice.random() < share for _ in range(100)) for share in (0.3, 0.6))
        alike = [measure((50, 100, 50, 100), f"survey:{at}") for at in range(5)]
        found += judged([measure((women, 100, men, 100)), *alike])[0].claimed
    assert found >= 90


# ---------- of a month ----------
def month(*fours: Four, **content: Any) -> Any:
    """A report with a goal for each four numbers."""
    goals = [goal(f"goal{at}", f"Mål {at}", four) for at, four in enumerate(fours)]
    return report(goals=goals, **content)


def test_only_what_survives_the_correction_is_claimed_and_the_largest_of_it_is_said() -> None:
    found = largest_difference(month((10, 100, 40, 100), (5, 100, 60, 100), (3, 10, 8, 10)))
    assert isinstance(found, Difference) and found.claimed
    assert (found.measure.code, found.compared) == ("goal:goal1", 3)


def test_a_larger_difference_that_chance_gives_is_passed_over_for_one_that_it_does_not_give() -> None:
    found = largest_difference(month((3, 10, 8, 10), (300, 1000, 400, 1000)))
    assert isinstance(found, Difference) and (found.measure.code, found.claimed) == ("goal:goal1", True)


def test_what_chance_easily_gives_is_said_as_such() -> None:
    found = largest_difference(month((10, 20, 14, 20)))
    assert isinstance(found, Difference) and not found.claimed
    assert talk_about(found) == (
        "Ingen skillnad är större än vad slumpen lätt ger. Den största: Mål 0: 50 % av kvinnorna (10 av 20) och 70 % "
        "av männen (14 av 20). Så stor skillnad uppstår av slump i högst vart tredje fall."
    )


def test_several_measures_are_said_to_be_several() -> None:
    found = largest_difference(month((10, 20, 14, 20), (10, 20, 11, 20)))
    assert isinstance(found, Difference)
    assert chance_sentence(found) == "När 2 mått jämförs uppstår så stor skillnad lätt av slump."
    for adjusted, said in (
        (Fraction(1, 20), "vart tjugonde"),
        (Fraction(1, 2), "vartannat"),
        (Fraction(1, 7), "sjunde"),
        (Fraction(36, 100), "i högst vartannat"),  # a bound is never rounded below what it bounds
    ):
        assert said in chance_sentence(replace(found, adjusted=adjusted))


def test_too_small_groups_are_said_to_be_so_and_raise_no_alarm() -> None:
    found = largest_difference(month((0, 9, 50, 50), (50, 50, 0, 9)))
    assert isinstance(found, TooFew) and [one.code for one in found.left_out] == ["goal:goal0", "goal:goal1"]
    assert talk_about(found).startswith(
        "Grupperna är för små för att jämföra. Det behövs minst tio kvinnor och tio män"
    )
    assert isinstance(largest_difference(report()), TooFew)


def test_equal_shares_are_said_to_be_equal() -> None:
    found = largest_difference(month((10, 20, 20, 40)))
    assert isinstance(found, Difference) and not found.claimed
    assert talk_about(found).startswith("Kvinnor och män har samma andelar i det mått som kan jämföras.")


def test_a_claimed_difference_is_a_question() -> None:
    counts = {"granted": (38, 52), "partly": (2, 8), "refused": (55, 35), "not_examined": (5, 5), "waiting": (0, 0)}
    found = largest_difference(report(referrals=[table({code: row(*both) for code, both in counts.items()})]))
    assert isinstance(found, Difference) and found.claimed and found.measure.code == "referrals:refused"
    assert talk_about(found) == (
        "55 % av kvinnorna (55 av 100) och 35 % av männen (35 av 100) vars senaste remiss har fått svar fick "
        "avslag. "
        "Vad gör att det skiljer?"
    )


def test_a_hidden_number_never_enters() -> None:
    """Whatever stands behind it: a hidden cell has nothing to read, and its measure is left out, by name."""
    shown = month((5, 100, 60, 100), (50, 100, 52, 100))
    rows = [Cell("Kvinnor", None, 100, 0, None, "", True), *shown.goals[0].rows[1:]]
    hidden = replace(shown, goals=[replace(shown.goals[0], rows=rows), shown.goals[1]])
    found = largest_difference(hidden)
    assert isinstance(found, Difference) and not found.claimed
    assert (found.measure.code, found.compared) == ("goal:goal1", 1)
    assert [one.code for one in found.left_out] == ["goal:goal0"]
    assert [one.code for one in measures_of(hidden)] == ["goal:goal1"]
