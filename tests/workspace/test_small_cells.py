"""Small counts are hidden, and nobody can compute them: another table that differs there would look the same."""

import random
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workspace.small_cells import SUM, THRESHOLD, Hidden, Place, Shown, hide_small, is_small, safe_days, with_sums

SMALL, ALSO = Hidden.SMALL, Hidden.ALSO
Rows = list[list[int]]


def could_be(cells: dict[Place, Shown], rows: Rows) -> bool:
    """Whether a reader who knows the rules would believe this table behind what is shown."""
    told = SMALL in cells.values()
    for place, count in with_sums(rows).items():
        shown = cells[place]
        if shown == SMALL and not is_small(count):
            return False
        if shown == ALSO and not (count >= THRESHOLD if told else count >= 1):
            return False
        if not isinstance(shown, Hidden) and count != shown:
            return False
    return True


def solved(rows: Rows, cells: dict[Place, Shown]) -> set[Place]:
    """The small places that a reader could compute, as far as tables near the true one tell: by trying them all.

    A table near the true one that looks the same is proof that a place is safe.
    """
    inner = [place for place in cells if SUM not in place]
    moving = [place for place in inner if isinstance(cells[place], Hidden)]
    true = with_sums(rows)
    exposed = {place for place, count in true.items() if is_small(count)}
    for changes in product((0, 1, -1), repeat=len(moving)):
        tried = [list(row) for row in rows]
        for (row, column), change in zip(moving, changes, strict=True):
            tried[row][column] += change
        if could_be(cells, tried):
            sums = with_sums(tried)
            exposed -= {place for place in exposed if sums[place] != true[place]}
            if not exposed:
                break
    return exposed


def tables(width: int, height: int) -> st.SearchStrategy[Rows]:
    counts = st.one_of(st.integers(0, 6), st.integers(0, 30))
    return st.lists(st.lists(counts, min_size=width, max_size=width), min_size=height, max_size=height)


@settings(max_examples=250, deadline=None)
@given(st.one_of(tables(2, 2), tables(3, 2), tables(2, 3), tables(4, 2)), st.booleans())
def test_no_hidden_small_cell_can_be_computed(rows: Rows, kept: bool) -> None:
    keep = [(SUM, SUM)] if kept and sum(map(sum, rows)) >= THRESHOLD else []
    cells = hide_small(rows, keep)
    if cells is None:
        return
    assert could_be(cells, rows)
    assert not [place for place, count in with_sums(rows).items() if is_small(count) and cells[place] == count]
    assert not solved(rows, cells)
    assert not [place for place in keep if isinstance(cells[place], Hidden)]


def test_larger_tables_are_safe_too() -> None:
    chance = random.Random(58)
    for _ in range(12):
        rows = [[chance.choice((0, 0, 2, 3, 6, 9, 14)) for _ in range(3)] for _ in range(3)]
        cells = hide_small(rows)
        assert cells is not None and not solved(rows, cells)


def test_the_solver_finds_what_a_sum_gives_away() -> None:
    rows = [[3, 9], [8, 7]]
    cells: dict[Place, Shown] = {**with_sums(rows), (0, 0): SMALL}
    assert solved(rows, cells) == {(0, 0)}
    assert solved(rows, {**cells, (0, 1): ALSO}) == {(0, 0)}
    assert solved(rows, {**cells, (0, 1): ALSO, (1, 0): ALSO}) == {(0, 0)}
    assert solved(rows, {**cells, (0, 1): ALSO, (1, 0): ALSO, (1, 1): ALSO}) == set()


@pytest.mark.parametrize("rows", [[[0, 0], [0, 0]], [[5, 6], [0, 9]], [[12]]])
def test_nothing_is_hidden_where_nothing_is_small(rows: Rows) -> None:
    assert hide_small(rows) == with_sums(rows)


def test_the_smallest_others_are_hidden_with_a_small_one_and_the_sums_stay() -> None:
    cells = hide_small([[3, 20, 9], [8, 30, 7], [40, 50, 60]])
    assert cells is not None
    assert {place for place, shown in cells.items() if isinstance(shown, Hidden)} == {(0, 0), (0, 2), (1, 0), (1, 2)}
    assert [cells[0, 0], cells[0, 2], cells[0, SUM], cells[SUM, 0], cells[SUM, SUM]] == [SMALL, ALSO, 32, 51, 227]


def test_a_nought_is_shown_beside_a_hidden_one() -> None:
    cells = hide_small([[0, 3, 9], [6, 8, 7]])
    assert cells is not None and cells[0, 0] == 0 and cells[0, 1] == SMALL


def test_where_the_words_would_tell_all_hidden_say_the_same() -> None:
    """4 and 4 of 8: «färre än 5» twice would tell both."""
    cells = hide_small([[4, 4]], keep=[(SUM, SUM)])
    assert cells is not None and cells[0, 0] == cells[0, 1] == ALSO and cells[SUM, SUM] == 8


def test_a_table_that_can_not_be_hidden_is_not_shown() -> None:
    """Five receivers with one each, and a sum that is known: five ones, whatever the words."""
    assert hide_small([[1], [1], [1], [1], [1]], keep=[(SUM, SUM)]) is None


# ---------- what grows day by day ----------
def test_days_are_left_out_until_five_more_have_come() -> None:
    assert safe_days([[2, 5, 7, 12, 12, 20]], [30]) == [1, 3, 4, 5]
    assert safe_days([[2, 5, 7, 12, 12, 20]], [30], first=[2]) == [2, 3, 4, 5]
    assert safe_days([[6, 12, 17]], [18]) == [0, 1]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=6, max_size=6), min_size=1, max_size=3), st.permutations(range(6)))
def test_no_two_days_shown_differ_by_a_small_number_for_anybody(more: Rows, first: list[int]) -> None:
    grown = [[sum(row[: at + 1]) for at in range(5)] for row in more]
    ends = [sum(row) for row in more]
    days = safe_days(grown, ends, [at for at in first if at < 5][:2])
    assert days == sorted(set(days))
    for counts, end in zip(grown, ends, strict=True):
        levels = [0, *(counts[at] for at in days), *([end] if days else [])]
        assert not [1 for before, after in pairwise(levels) if is_small(after - before)]
