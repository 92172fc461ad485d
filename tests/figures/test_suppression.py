"""Which numbers may be shown: examples, each as a sentence. The attack on tables by chance is a file of its own."""

import csv
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from meetings.figures.suppression import (
    ANY,
    OTHERS,
    Band,
    Line,
    Period,
    Question,
    Shown,
    ShownQuestion,
    Tables,
    closed_periods,
    publish,
)
from tests.figures.attacker import Attacker, recovered

PITEA = Path(__file__).parent.parent / "data" / "pitea" / "utskrivningar.csv"
ALL, WOMEN, MEN = (ANY, ANY), (ANY, "woman"), (ANY, "man")


def tables(
    people: Mapping[Line, int],
    did: Mapping[Line, int] | None = None,
    threshold: int = 5,
) -> Tables:
    """People, and of a goal how many at each place did; nobody else did."""
    counts = {}
    for (name, gender), count in people.items():
        yes = (did or {}).get((name, gender), 0)
        counts |= {(name, gender, "yes"): yes, (name, gender, "no"): count - yes}
    goal = Question(counts, threshold, (), "yes", "no")
    return Tables(people, {"goal": goal} if did is not None else {})


def shown(*months: Tables, beside: list[Mapping[Line, int]] | None = None) -> list[Shown]:
    told: list[Shown] = []
    for at, month in enumerate(months):
        found = publish(f"2026-{at + 1:02}", month, told, exact=months[:at], beside=beside or [])
        assert found is not None
        told.append(found)
    return told


# ---------- people ----------
def test_where_nothing_is_small_everything_is_shown() -> None:
    people = {("P", "woman"): 20, ("P", "man"): 30, ("A", "woman"): 10, ("A", "man"): 0}
    [told] = shown(tables(people, {("P", "woman"): 12, ("P", "man"): 20, ("A", "woman"): 5}))
    assert told.lines == {
        **people,
        **{ALL: 60, WOMEN: 30, MEN: 30, ("P", ANY): 50, ("A", ANY): 10},
    }
    goal = told.questions["goal"]
    assert None not in goal.cells.values() and len(goal.cells) == 2 * 9 and not goal.bands
    assert goal.shares == {ALL: 62, WOMEN: 57, MEN: 67, ("P", ANY): 64, ("A", ANY): 50} | {
        ("P", "woman"): 60,
        ("P", "man"): 67,
        ("A", "woman"): 50,
    }
    assert (told.as_of, goal.as_of, told.left_out_unknown, told.merged) == ("2026-01", "2026-01", False, {})


def test_a_question_that_nobody_did_has_a_share_of_nought_and_breaks_nothing() -> None:
    """As a survey in which all that answered said no: the category that nobody stands in is counted nowhere."""
    people = {("P", "woman"): 20, ("P", "man"): 30}
    for silent in (0, 6):
        counts = {("P", "woman", "low"): 20 - silent, ("P", "man", "low"): 30 - silent}
        counts |= {("P", gender, "no_answer"): silent for gender in ("woman", "man") if silent}
        [told] = shown(Tables(people, {"useful": Question(counts, did="high", did_not="low")}))
        useful = told.questions["useful"]
        assert useful.shares == dict.fromkeys([ALL, WOMEN, MEN, ("P", ANY), *people], 0) and not useful.bands
        assert (useful.bases[WOMEN], useful.cells[ALL, "low"]) == (20 - silent, 50 - 2 * silent)
    assert (
        recovered(
            [Attacker([(told, Tables(people, {"useful": Question(counts, did="high", did_not="low")}))])],
            random.Random(0),
        )
        == []
    )


def test_a_question_that_somebody_does_in_a_later_month_only_breaks_nothing() -> None:
    people = {("P", "woman"): 20, ("P", "man"): 30}
    first = Tables(
        people, {"goal": Question({(*place, "no"): count for place, count in people.items()}, did="yes", did_not="no")}
    )
    more = {place: count + 20 for place, count in people.items()}
    second = tables(more, {place: 6 for place in more})
    told = shown(first, second)
    assert [one.questions["goal"].shares[ALL] for one in told] == [0, 13]


def test_a_municipality_with_two_people_is_counted_with_the_next_smallest() -> None:
    people = {("P", "woman"): 20, ("P", "man"): 30, ("A", "woman"): 8, ("A", "man"): 9, ("Arjeplog", "man"): 2}
    [told] = shown(tables(people))
    assert told.merged == {"A": OTHERS, "Arjeplog": OTHERS}
    assert told.lines[OTHERS, ANY] == 19 and told.lines[OTHERS, "man"] == 11
    assert not {"A", "Arjeplog"} & {name for name, _ in told.lines}


def test_of_two_municipalities_of_which_one_has_two_people_neither_is_shown() -> None:
    [told] = shown(tables({("P", "woman"): 20, ("P", "man"): 30, ("A", "man"): 2}))
    assert told.lines == {ALL: 52, WOMEN: 20, MEN: 32} and not told.merged


def test_two_people_whose_gender_is_not_stated_stand_in_no_number() -> None:
    people = {("P", "woman"): 20, ("P", "man"): 30, ("P", "unknown"): 2}
    [told] = shown(tables(people, {("P", "woman"): 12, ("P", "man"): 20, ("P", "unknown"): 1}))
    assert told.left_out_unknown and told.lines[ALL] == 50
    assert told.questions["goal"].cells[ALL, "yes"] == 32 and told.questions["goal"].bases[ALL] == 50
    assert "unknown" not in {gender for _, gender in told.lines}


def test_five_people_whose_gender_is_not_stated_are_a_row_of_their_own() -> None:
    [told] = shown(tables({("P", "woman"): 20, ("P", "man"): 30, ("P", "unknown"): 5}))
    assert told.lines[ANY, "unknown"] == 5 and told.lines[ALL] == 55 and not told.left_out_unknown


def test_three_men_among_many_women_give_a_total_without_women_and_men() -> None:
    [told] = shown(tables({("P", "woman"): 40, ("P", "man"): 3}, {("P", "woman"): 30, ("P", "man"): 1}))
    assert told.lines == {ALL: 43, ("P", ANY): 43}
    assert {line for line, _ in told.questions["goal"].cells} == {ALL, ("P", ANY)}


def test_three_men_among_few_women_give_nothing_yet() -> None:
    assert publish("2026-01", tables({("P", "woman"): 12, ("P", "man"): 3}), []) is None
    assert publish("2026-01", tables({("P", "woman"): 3}), []) is None
    assert publish("2026-01", tables({("P", "unknown"): 3}, {}), []) is None


def test_that_there_is_nobody_is_said_without_any_line() -> None:
    for nobody in ({}, {("P", "woman"): 0, ("A", "man"): 0}):
        [told] = shown(tables(nobody, {}))
        assert told == Shown("2026-01", {}, {"goal": ShownQuestion("2026-01")})


def test_a_month_of_nobody_is_no_ground_for_the_months_after_it() -> None:
    """What comes after is shown as if it were the first: three are not said, and many without women and men may be."""
    nobody, three, twelve = tables({}, {}), tables({("P", "man"): 3}, {}), tables({("P", "man"): 12}, {("P", "man"): 6})
    [told] = shown(nobody)
    assert publish("2026-02", three, [told], exact=[nobody]) is None
    for month in (twelve, tables({("P", "woman"): 40, ("P", "man"): 3}, {("P", "woman"): 20}), tables(PEOPLE, DID)):
        assert publish("2026-02", month, [told], exact=[nobody]) == publish("2026-02", month, [])


def test_after_a_month_of_nobody_the_months_before_it_still_count() -> None:
    """Their agency left and came back: two more than then, and what was shown then stands."""
    months = [tables(PEOPLE, DID), tables({}, {}), tables(more(PEOPLE, man=2), more(DID, man=2))]
    first, second, third = shown(*months)
    assert (second.lines, third) == ({}, first)


def test_who_is_enrolled_but_not_discharged_is_no_small_group_either() -> None:
    people = {("P", "woman"): 20, ("P", "man"): 30}
    [told] = shown(tables(people), beside=[{ALL: 44, WOMEN: 15, MEN: 29}])
    assert told.lines == {ALL: 50, ("P", ANY): 50}
    assert not publish("2026-01", tables(people), [], beside=[{ALL: 48}])


# ---------- a question ----------
def test_where_all_but_one_did_a_band_is_shown_and_no_number() -> None:
    [told] = shown(tables({("P", "woman"): 60, ("P", "man"): 80}, {("P", "woman"): 59, ("P", "man"): 80}))
    goal = told.questions["goal"]
    assert goal.cells[ALL, "no"] is None and goal.cells[WOMEN, "yes"] is None
    assert goal.cells[MEN, "no"] == 0 and goal.cells[MEN, "yes"] == 80 and goal.shares[MEN] == 100
    assert goal.bands[ALL] == Band(90, None) and goal.bands[WOMEN] == Band(90, None)
    assert ALL not in goal.shares and WOMEN not in goal.shares and goal.bases[ALL] == 140


def test_a_small_number_takes_its_neighbour_with_it_and_leaves_the_totals() -> None:
    people = {("P", "woman"): 60, ("P", "man"): 80, ("A", "woman"): 30, ("A", "man"): 40}
    did = {("P", "woman"): 30, ("P", "man"): 45, ("A", "woman"): 28, ("A", "man"): 39}
    goal = shown(tables(people, did))[0].questions["goal"]
    assert goal.shares[ALL] == 68 and goal.shares[WOMEN] == 64 and goal.shares[MEN] == 70
    assert goal.cells[("A", ANY), "no"] is None and goal.cells[("P", ANY), "no"] is None
    assert goal.bands[("A", ANY)] == Band(90, None) and goal.bands[("P", ANY)] == Band(50, 60)


def test_percentages_of_nothing_and_of_nine_are_not_shown() -> None:
    people = {("P", "woman"): 9, ("P", "man"): 30, ("A", "woman"): 0, ("A", "man"): 6}
    goal = shown(tables(people, {("P", "woman"): 0, ("P", "man"): 18}))[0].questions["goal"]
    assert goal.bases[WOMEN] == 9 and goal.cells[WOMEN, "yes"] == 0
    assert goal.bases[("A", "woman")] == 0 and goal.cells[("A", "woman"), "yes"] == 0
    assert {line for line in (*goal.shares, *goal.bands) if (goal.bases[line] or 0) < 10} == set()
    nobody = shown(tables({("P", "woman"): 0, ("P", "man"): 0}, {}))[0].questions["goal"]
    assert not nobody.shares and not nobody.bands


def test_a_lowered_threshold_is_of_its_question_only() -> None:
    people = {("P", "woman"): 60, ("P", "man"): 80}
    did = {("P", "woman"): 56, ("P", "man"): 70}
    three, five = tables(people, did, 3).questions["goal"], tables(people, did).questions["goal"]
    told = shown(Tables(people, {"three": three, "five": five}))[0].questions
    assert told["three"].cells[WOMEN, "no"] == 4 and told["three"].shares[WOMEN] == 93
    assert told["five"].cells[WOMEN, "no"] is None and told["five"].bands[WOMEN] == Band(90, None)
    assert shown(tables({("P", "woman"): 60, ("P", "man"): 4}, {}, 3))[0].lines == {ALL: 64, ("P", ANY): 64}


def test_a_secret_sum_is_kept_as_a_small_number_is() -> None:
    def outcome(**counts: int) -> dict[tuple[str, str, str], int]:
        return {("P", "woman", name): count for name, count in counts.items()}

    people = {("P", "woman"): 52}
    spread = {**outcome(work=30, studies=18, care=2, moved=2)}
    plain, secret = Question(spread), Question(spread, 5, (frozenset({"care", "moved"}),))
    told = shown(Tables(people, {"plain": plain, "secret": secret}))[0].questions
    assert [told["plain"].cells[ALL, name] for name in ("work", "studies", "care", "moved")] == [30, 18, None, None]
    assert [told["secret"].cells[ALL, name] for name in ("work", "studies", "care", "moved")] == [30, None, None, None]


# ---------- month upon month ----------
PEOPLE = {("P", "woman"): 60, ("P", "man"): 80}
DID = {("P", "woman"): 40, ("P", "man"): 50}


def more(counts: Mapping[Line, int], **genders: int) -> dict[Line, int]:
    return {(name, gender): count + genders.get(gender, 0) for (name, gender), count in counts.items()}


def test_last_months_figures_stand_where_three_have_come_since() -> None:
    first, second = shown(tables(PEOPLE, DID), tables(more(PEOPLE, man=3), more(DID, man=3)))
    assert second is first


def test_a_question_stands_as_it_was_where_two_more_have_done_it() -> None:
    first, second = shown(tables(PEOPLE, DID), tables(more(PEOPLE, man=9), more(DID, man=2)))
    assert second.as_of == "2026-02" and second.lines[ALL] == 149
    assert second.questions["goal"] == first.questions["goal"]


def test_a_question_is_new_where_five_have_done_it_and_five_have_not() -> None:
    second = shown(tables(PEOPLE, DID), tables(more(PEOPLE, man=12), more(DID, man=7)))[1].questions["goal"]
    assert second.as_of == "2026-02" and second.cells[MEN, "yes"] == 57 and second.cells[MEN, "no"] == 35


def test_a_month_is_held_against_every_earlier_one() -> None:
    """Eight more, and then two of them fewer: six more than at first, but two fewer than the month before."""
    months = [tables(PEOPLE, DID), tables(more(PEOPLE, man=8), more(DID, man=8)), tables(more(PEOPLE, man=6), DID)]
    first, second, third = shown(*months)
    assert second.as_of == "2026-02" and third is second and first.lines[ALL] == 140


def test_what_was_hidden_can_not_be_computed_when_the_next_month_shows_more() -> None:
    before = tables({("P", "woman"): 30, ("P", "man"): 30}, {("P", "woman"): 27, ("P", "man"): 24})
    after = tables({("P", "woman"): 36, ("P", "man"): 40}, {("P", "woman"): 27, ("P", "man"): 29})
    told = shown(before, after)
    assert told[0].questions["goal"].cells[WOMEN, "no"] is None
    assert not recovered([Attacker(list(zip(told, (before, after), strict=True)))], random.Random(0))


def test_municipalities_are_not_lost_for_newer_totals_until_half_a_year_has_gone() -> None:
    people = {("P", "woman"): 60, ("P", "man"): 80, ("A", "woman"): 30, ("A", "man"): 40}
    month = {**people, ("P", "woman"): 68, ("A", "man"): 42}  # two more in one municipality
    month[("P", "man")] = 88
    told = shown(tables(people), *[tables(month)] * 8)
    assert [one.as_of for one in told] == ["2026-01"] * 6 + ["2026-07", "2026-08", "2026-09"]
    assert ("A", ANY) in told[5].lines and ("A", ANY) not in told[6].lines and told[6].lines[ALL] == 228


def test_women_and_men_are_never_lost_for_a_newer_total() -> None:
    told = shown(tables(PEOPLE), *[tables(more(PEOPLE, woman=9, man=2))] * 9)
    assert {one.as_of for one in told} == {"2026-01"}


def test_a_goal_of_which_next_to_nothing_could_be_told_waits() -> None:
    few = {("P", "woman"): 7, ("P", "man"): 6}
    [told] = shown(tables(few, {("P", "woman"): 6, ("P", "man"): 6}))
    assert told.lines[ALL] == 13 and not told.questions["goal"].cells
    [told] = shown(tables(few, {("P", "woman"): 7, ("P", "man"): 0}))
    assert told.questions["goal"].shares == {ALL: 54, ("P", ANY): 54}


def test_without_the_tables_behind_the_earlier_months_nothing_is_said() -> None:
    [told] = shown(tables(PEOPLE, DID))
    with pytest.raises(ValueError, match="exact"):
        publish("2026-02", tables(PEOPLE, DID), [told])


# ---------- periods ----------
def test_months_are_taken_together_until_every_gender_is_none_or_five() -> None:
    monthly = [
        ("2026-01", {"woman": 5, "man": 0}),
        ("2026-02", {"woman": 3, "man": 9}),
        ("2026-03", {"woman": 1, "man": 0}),
        ("2026-04", {"woman": 1, "man": 2}),
        ("2026-05", {"woman": 2, "man": 7}),
    ]
    closed = closed_periods(monthly)
    assert closed == [
        Period("2026-01", "2026-01", {"woman": 5, "man": 0}),
        Period("2026-02", "2026-04", {"woman": 5, "man": 11}),
    ]
    corrected = [("2026-01", {"woman": 6, "man": 0}), *monthly[1:], ("2026-06", {"woman": 3, "man": 0})]
    assert closed_periods(corrected, closed) == [*closed, Period("2026-05", "2026-06", {"man": 7, "woman": 5})]


def test_no_period_ends_a_few_people_from_a_total_that_is_shown() -> None:
    monthly = [("2026-01", {"woman": 6}), ("2026-02", {"woman": 7}), ("2026-03", {"woman": 2})]
    assert [one.last for one in closed_periods(monthly)] == ["2026-01", "2026-02"]
    assert [one.last for one in closed_periods(monthly, beside=[{"woman": 16}])] == ["2026-01"]
    assert [one.last for one in closed_periods(monthly, beside=[{"woman": 9}])] == ["2026-03"]


# ---------- the 223 discharges ----------
ANSWERS = {"ja": "yes", "nej": "no", "": "no_answer"}


def discharges() -> Tables:
    with PITEA.open(encoding="cp1252", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    goals: dict[str, Counter[tuple[str, str, str]]] = {f"goal {at}": Counter() for at in range(1, 6)}
    people: Counter[Line] = Counter()
    for row in rows:
        place = row["Kommun"], {"kvinna": "woman", "man": "man"}[row["Kön"]]
        people[place] += 1
        works = "yes" if row["Utfall"] in {"arbete", "studier"} else "no"
        said = [
            works if row["Handlingsplan fullföljd"] == "ja" else "outside",
            ANSWERS[row["Möjligheterna har ökat"]],
            ANSWERS[row["Bild av möjligheterna"]] if row["Fullföljt sin tid"] == "ja" else "outside",
            ANSWERS[row["Handlingsplan upprättad"]],
            ANSWERS[row["Identifierat sin väg"]],
        ]
        for goal, category in zip(goals.values(), said, strict=True):
            goal[*place, category] += 1
    return Tables(people, {name: Question(counts, did="yes", did_not="no") for name, counts in goals.items()})


def test_the_223_discharges_show_all_totals_and_every_municipality_but_where_three_did_not() -> None:
    [told] = shown(discharges())
    pitea, arvidsjaur = ("Piteå", ANY), ("Arvidsjaur", ANY)
    lines = (pitea, arvidsjaur, WOMEN, MEN, ALL)
    assert {name: [goal.shares.get(line) for line in lines] for name, goal in told.questions.items()} == {
        "goal 1": [83, 88, 86, 84, 85],
        "goal 2": [None, None, 78, 78, 78],
        "goal 3": [75, 89, 76, 84, 80],
        "goal 4": [95, 90, 90, 96, 93],
        "goal 5": [None, None, 93, 86, 89],
    }
    assert [told.questions["goal 2"].bands.get(line) for line in (pitea, arvidsjaur)] == [Band(70, 80), Band(90, None)]
    assert [told.questions["goal 5"].bands.get(line) for line in (pitea, arvidsjaur)] == [Band(80, 90), Band(90, None)]
    for goal in told.questions.values():
        hidden = {category for (_, category), count in goal.cells.items() if count is None}
        assert hidden <= {"yes", "no"} and None not in goal.bases.values()
        assert not [line for line, _ in goal.cells if ANY not in line]  # most of it would be hidden
    assert told.lines[ALL] == 223 and told.lines["Piteå", "man"] == 88
    assert [told.questions["goal 2"].cells[line, "no_answer"] for line in lines] == [28, 16, 17, 27, 44]


def test_the_same_tables_give_the_same_figures_whatever_the_order_of_words() -> None:
    """What Python keeps in sets lies in another order in every process: no figure may hang on it."""
    program = (
        "import random; from tests.figures.tables import months, published\n"
        "for seed in range(12): print([one for one, _ in published(months(random.Random(seed), 2))])"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1] and "Shown(" in said[0]
