"""An attacker with a solver, who knows everything shown of all months, recovers nothing (L58).

Tables by chance with many small numbers, alone and month upon month. What is never given away: a number of one to four
people in any line, of a question, of a sum that is secret or of people; nor such a difference between two months.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetings.figures.suppression import ANY, Question, Shown, ShownQuestion, Tables
from tests.figures.attacker import Attacker, Link, recovered
from tests.figures.tables import begun, linked_begun, linked_months, months, published

AT_ONCE = 20
LINK: Link = ("goal-0", ("moved",), "success", ("no",))
Make = Callable[[random.Random, int], list[Tables]]


def attack(seeds: Sequence[int], number: int, make: Make = months, links: Sequence[Link] = ()) -> list[str]:
    """What the attacker recovers from months that are shown one after the other; a seed makes each row of months."""
    found: list[str] = []
    for start in range(0, len(seeds), AT_ONCE):
        attackers = []
        for seed in seeds[start : start + AT_ONCE]:
            told = published(make(random.Random(seed), number))
            attackers += [Attacker(told, links)] if told else []
        lost = recovered(attackers, random.Random(start))
        found += [f"from seed {seeds[start]}: {said}" for said in lost]
    return found


def test_nothing_is_recovered_from_two_hundred_tables() -> None:
    assert not attack(range(200), 1)


def test_nothing_is_recovered_from_seventy_pairs_of_months() -> None:
    assert not attack(range(1000, 1070), 2)


def test_nothing_is_recovered_from_thirty_rows_of_three_months() -> None:
    assert not attack(range(2000, 2030), 3)


def test_nothing_is_recovered_from_questions_that_tell_of_each_other() -> None:
    assert not attack(range(3000, 3040), 1, linked_months, [LINK])
    assert not attack(range(4000, 4030), 2, linked_months, [LINK])
    assert not attack([550], 3, linked_months, [LINK])  # one question new in a month, the other in the next


def test_nothing_is_recovered_from_months_that_begin_with_nobody() -> None:
    assert not attack(range(6000, 6060), 1, begun)
    assert not attack(range(7000, 7030), 2, begun)
    assert not attack(range(8000, 8020), 1, linked_begun, [LINK])


@pytest.mark.long
def test_nothing_is_recovered_from_ten_thousand_tables() -> None:
    assert not attack(range(100_000, 110_000), 1)


@pytest.mark.long
def test_nothing_is_recovered_from_a_thousand_pairs_and_hundreds_of_triples() -> None:
    assert not attack(range(200_000, 201_000), 2)
    assert not attack(range(300_000, 300_300), 3)
    assert not attack(range(400_000, 400_040), 6)
    assert not attack(range(500_000, 500_300), 2, linked_months, [LINK])
    assert not attack(range(600_000, 600_300), 2, begun)
    assert not attack(range(700_000, 700_100), 2, linked_begun, [LINK])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 3))
def test_suppression_survives_the_solver(seed: int, number: int) -> None:
    assert not attack([seed], number)


# ---------- the attack can fail the code ----------
def naive(tables: Tables, as_of: str = "2026-01") -> Shown:
    """All lines and cells as they are, and only the small ones hidden."""
    names = sorted({ANY, *(name for name, _ in tables.people)})
    genders = sorted({ANY, *(gender for _, gender in tables.people)})

    def total(counts: dict[tuple[str, ...], int], name: str, gender: str, *category: str) -> int:
        return sum(
            count
            for (place, sex, *rest), count in counts.items()
            if name in {ANY, place} and gender in {ANY, sex} and rest == [*category]
        )

    lines = {(name, gender): total({**tables.people}, name, gender) for name in names for gender in genders}
    questions = {}
    for title, question in tables.questions.items():
        categories = sorted({category for _, _, category in question.counts})
        cells = {
            (line, category): total({**question.counts}, *line, category) for line in lines for category in categories
        }
        hidden = {cell: None if 0 < count < question.threshold else count for cell, count in cells.items()}
        questions[title] = ShownQuestion(as_of, hidden)
    return Shown(as_of, lines, questions)


def people(**counts: int) -> dict[tuple[str, str], int]:
    """piteå_woman=20."""
    return {(name.split("_")[0], name.split("_")[1]): count for name, count in counts.items()}


def lost(*told: tuple[Shown, Tables], links: Sequence[Link] = ()) -> list[str]:
    return recovered([Attacker(told, links)], random.Random(0))


def test_the_attack_finds_a_small_cell_in_a_table_where_only_the_small_are_hidden() -> None:
    counts = {("p", "woman", "yes"): 17, ("p", "woman", "no"): 3, ("p", "man", "yes"): 20, ("p", "man", "no"): 9}
    tables = Tables(people(p_woman=20, p_man=29), {"plan": Question(counts)})
    found = lost((naive(tables), tables))
    assert len(found) == 1 and found[0].endswith(": 3")


def test_the_attack_finds_a_secret_sum_and_a_group_of_two_people() -> None:
    counts = {("p", "woman", category): count for category, count in {"work": 6, "a": 3, "b": 1}.items()}
    counts |= {("q", "woman", category): count for category, count in {"work": 1, "a": 1}.items()}
    tables = Tables(people(p_woman=10, q_woman=2), {"outcome": Question(counts, 5, (frozenset({"a", "b"}),))})
    found = lost((naive(tables), tables))
    assert any(said.startswith("outcome a + b") and said.endswith(": 4") for said in found)
    assert any("('q', 'woman')" in said and said.endswith(": 2") for said in found)


def test_the_attack_finds_the_difference_between_two_months() -> None:
    def month(yes: int) -> Tables:
        counts = {("p", "woman", "yes"): yes, ("p", "woman", "no"): 9}
        return Tables(people(p_woman=yes + 9), {"plan": Question(counts)})

    first, second = month(10), month(12)
    found = lost((naive(first, "2026-01"), first), (naive(second, "2026-02"), second))
    assert any("0-1: 2" in said for said in found)


def test_the_attack_finds_what_is_hidden_in_one_month_and_can_not_have_grown() -> None:
    """Three of five who did not, in two lines; a month later the other line tells that it had two and no more."""
    first = Tables(
        people(p_woman=30, q_woman=30),
        {
            "plan": Question(
                {("p", "woman", "no"): 3, ("q", "woman", "no"): 2, ("p", "woman", "yes"): 27, ("q", "woman", "yes"): 28}
            )
        },
    )
    counts = {**first.questions["plan"].counts, ("p", "woman", "yes"): 40, ("q", "woman", "yes"): 28}
    second = Tables(people(p_woman=43, q_woman=30), {"plan": Question(counts)})
    both = [(naive(tables, f"2026-0{at}"), tables) for at, tables in enumerate((first, second), start=1)]
    assert lost(*both[:1])
    hidden = {
        cell: None if cell[0] in {("p", ANY), ("q", ANY), ("p", "woman"), ("q", "woman")} else count
        for cell, count in both[0][0].questions["plan"].cells.items()
    }
    told = replace(both[0][0], questions={"plan": ShownQuestion("2026-01", hidden)})
    assert not lost((told, first))
    assert lost((told, first), both[1])


def test_the_attack_finds_what_one_question_tells_of_another() -> None:
    """«Vad hände sedan?» hides two outcomes; how many did well is shown beside it."""
    found = []
    for seed in range(30):
        apart = [replace(tables, joint={}) for tables in linked_months(random.Random(seed), 1)]
        told = published(apart)
        found += recovered([Attacker(told, [LINK])], random.Random(seed)) if told else []
    assert found


def test_the_attack_refuses_what_is_not_true() -> None:
    tables = Tables(people(p_woman=20), {})
    with pytest.raises(AssertionError, match="not those"):
        lost((Shown("2026-01", {(ANY, ANY): 21}, {}), replace(tables, people=people(p_woman=20, q_woman=2))))
