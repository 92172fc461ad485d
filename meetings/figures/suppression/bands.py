"""Shares: in whole per cent where they may be shown, else the narrowest band that holds five possible persons. Pure."""

from collections.abc import Iterable, Mapping

from meetings.figures.suppression.layers import BASE, View, inside
from meetings.figures.suppression.shapes import Band, Line
from workspace.small_cells import LEAST_BASE, THRESHOLD

BANDS = (
    *(Band(least, None) for least in (90, 80, 75, 50)),
    *(Band(None, most) for most in (10, 20, 25, 50)),
    *(Band(least, least + 10) for least in range(10, 90, 10)),
)


def per_cent(did: int, base: int) -> int:
    """In whole per cent, a half upwards."""
    return (200 * did + base) // (2 * base)


def shares_of(view: View) -> dict[Line, int]:
    return {
        line: per_cent(_did(view, line), view.sums[line, BASE])
        for line, category in view.shown_cells()
        if category == BASE and view.open((line, BASE)) and _tells(view, line) and _large(view, line)
    }


def bands_of(view: View, steps: Mapping[Line, Iterable[int]]) -> dict[Line, Band]:
    """The narrowest band of each hidden share. `steps` are what the witnesses change in who did: they stay inside."""
    found: dict[Line, Band] = {}
    for line, category in view.shown_cells():
        if category != BASE or not view.open((line, BASE)) or _tells(view, line):
            continue
        if not _large(view, line):
            continue
        did, base = _did(view, line), view.sums[line, BASE]
        wide = [(_held(band, base), at, band) for at, band in enumerate(BANDS)]
        fit = [
            (held, at)
            for held, at, band in wide
            if held >= THRESHOLD and all(inside(band, did + step, base) for step in {0, *steps.get(line, ())})
        ]
        if fit:
            found[line] = BANDS[min(fit)[1]]
    return found


def _did(view: View, line: Line) -> int:
    return view.sums.get((line, view.question.did), 0)


def _tells(view: View, line: Line) -> bool:
    """Whether it stands there how many did; that nobody at all did is no cell, and always shown."""
    return view.question.did not in view.categories or view.open((line, view.question.did))


def _large(view: View, line: Line) -> bool:
    return view.sums[line, BASE] >= LEAST_BASE


def _held(band: Band, base: int) -> int:
    """How many could have done it: neither nobody nor all, which would be shown."""
    first, last = 1, base - 1
    if band.least is not None:
        least = band.least * base
        first = max(first, least // 100 + 1 if band.most is None else -(-least // 100))
    if band.most is not None:
        most = band.most * base
        last = min(last, -(-most // 100) - 1 if band.least is None else most // 100)
    return max(0, last - first + 1)
