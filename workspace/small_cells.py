"""Small counts are hidden, so that no hidden one can be computed from what is shown. Pure.

Source: L58 in trade.md; the network of a table with its sums is Kelly, Golden and Assad, Networks 22 (1992).
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from heapq import heappop, heappush

THRESHOLD = 5  # the smallest count, but 0, that is shown
LEAST_BASE = 10  # the smallest base of a percentage or a median
SUM = -1  # the row or the column of the sums

Place = tuple[int, int]  # row and column
Node = tuple[str, int]  # a row or a column: what stands there adds up


class Hidden(StrEnum):
    """What stands in a cell instead of its count."""

    SMALL = "färre än 5"
    ALSO = "dolt"


Shown = int | Hidden


def is_small(count: int) -> bool:
    return 0 < count < THRESHOLD


def with_sums(rows: Sequence[Sequence[int]]) -> dict[Place, int]:
    """Every cell of a table, its row sums, its column sums and the sum of all."""
    columns = list(zip(*rows, strict=True))
    counts = {(at, place): count for at, row in enumerate(rows) for place, count in enumerate(row)}
    counts |= {(at, SUM): sum(row) for at, row in enumerate(rows)}
    counts |= {(SUM, place): sum(column) for place, column in enumerate(columns)}
    return counts | {(SUM, SUM): sum(map(sum, rows))}


def hide_small(rows: Sequence[Sequence[int]], keep: Iterable[Place] = ()) -> dict[Place, Shown] | None:
    """A table with its sums as it may be shown: 1–4 hidden, and so many more that none of them can be computed.

    Not even by who knows these rules. `keep` are places known from elsewhere, which hiding here would not hide; no
    small one. Where telling the small from the others gives them away, all say «dolt». None where the table can't be
    shown at all.
    """
    counts = with_sums(rows)
    small = {place for place, count in counts.items() if is_small(count)}
    for told in (True, False):
        hidden = _hidden(counts, small, frozenset(keep), told)
        if hidden is not None:
            return {place: _mark(count, place in hidden, told) for place, count in counts.items()}
    return None


def _mark(count: int, hidden: bool, told: bool) -> Shown:
    if not hidden:
        return count
    return Hidden.SMALL if told and is_small(count) else Hidden.ALSO


def _hidden(counts: dict[Place, int], small: set[Place], keep: frozenset[Place], told: bool) -> set[Place] | None:
    """The small places, and for each the cheapest others to hide; None if there are not enough."""
    hidden = set(small)
    for place in sorted(small):
        ways = [_way_round(counts, hidden, keep, told, place, up) for up in (True, False)]
        found = [way for way in ways if way is not None]
        if not found:
            return None
        hidden.update(min(found)[1])
    return hidden


def _ends(place: Place) -> tuple[Node, Node]:
    """The two sums that one more in a place changes, as an arrow: rows give and columns take, sums the other way."""
    row, column = ("row", place[0]), ("column", place[1])
    return (column, row) if (place[0] == SUM) != (place[1] == SUM) else (row, column)


def _may_change(count: int, up: bool, told: bool) -> bool:
    """Whether one more (or one less) would be hidden in the same words."""
    if told and is_small(count):
        return count < THRESHOLD - 1 if up else count > 1
    return up or count > (THRESHOLD if told else 1)


def _way_round(
    counts: dict[Place, int], hidden: set[Place], keep: frozenset[Place], told: bool, place: Place, up: bool
) -> tuple[int, list[Place]] | None:
    """The cheapest ring of changes by one, starting in a place, that no shown number would tell; what it must hide.

    Such a ring is another table that looks the same, so the place can't be computed; without one it can.
    """
    if not _may_change(counts[place], up, told):
        return None
    dear = sum(counts.values()) + 1  # one cell more costs more than any larger cell; a sum more than any cells
    steps: dict[Node, list[tuple[int, Node, Place]]] = {}
    for other, count in counts.items():
        if other == place or other in keep or not count:
            continue
        price = 0 if other in hidden else count + dear * (len(counts) if SUM in other else 1)
        tail, head = _ends(other)
        for start, end, rises in ((tail, head, True), (head, tail, False)):
            if _may_change(count, rises, told):
                steps.setdefault(start, []).append((price, end, other))
    first, last = _ends(place) if up else _ends(place)[::-1]
    queue: list[tuple[int, Node, list[Place]]] = [(0, last, [])]
    seen: set[Node] = set()
    while queue:
        cost, node, way = heappop(queue)
        if node == first:
            return cost, way
        if node not in seen:
            seen.add(node)
            for price, end, other in steps.get(node, []):
                heappush(queue, (cost + price, end, [*way, other]))
    return None


# ---------- what grows day by day ----------
def safe_days(grown: Sequence[Sequence[int]], ends: Sequence[int], first: Sequence[int] = ()) -> list[int]:
    """Which points of growing counts may be shown, so that no difference between two of them is a small one.

    `grown` holds each group's count at every point, `ends` what it ends in: the difference to that is no small one
    either. The points named `first` are tried before the others.
    """
    chosen: list[int] = []
    points = range(len(grown[0]) if grown else 0)
    for point in [*first, *(point for point in points if point not in first)]:
        tried = sorted([*chosen, point])
        if all(_grows_safely([count[at] for at in tried], end) for count, end in zip(grown, ends, strict=True)):
            chosen = tried
    return chosen


def _grows_safely(levels: list[int], end: int) -> bool:
    return not any(is_small(after - before) for before, after in zip([0, *levels], [*levels, end], strict=True))
