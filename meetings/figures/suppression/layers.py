"""What is known of some questions, month upon month: the exact numbers, and which of them are hidden."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from meetings.figures.suppression.frames import Frame, Levels, level_of, levels_of, small
from meetings.figures.suppression.shapes import Band, Line, Question, ShownQuestion

BASE = ""  # stands for the sum of those who did and those who did not, beside the categories
Atom = tuple[str, ...]  # one category of each question of a system
Cell = tuple[Line, str]


def inside(band: Band, did: int, base: int) -> bool:
    share = 100 * did
    if band.least is not None and band.most is not None:
        return band.least * base <= share <= band.most * base
    if band.least is not None:
        return share > band.least * base
    return band.most is None or share < band.most * base


@dataclass
class View:
    """One question in one month: which of its cells are hidden. Only in the newest month can more be hidden."""

    question: Question
    frame: Frame
    levels: Levels
    hidden: set[Cell] = field(default_factory=set)
    bands: Mapping[Line, Band] = field(default_factory=dict)
    frozen: bool = True

    @cached_property
    def categories(self) -> list[str]:
        return sorted({category for _, _, category in self.question.counts})

    @cached_property
    def sums(self) -> Mapping[Cell, int]:
        """Every category of every line, of the frame's hidden levels too."""
        counts = self.question.counts
        found = {
            (line, category): sum(counts.get((*place, category), 0) for place in places)
            for line, places in self.frame.places.items()
            for category in self.categories
        }
        if self.shares:
            for line in self.frame.places:
                found[line, BASE] = sum(found.get((line, category), 0) for category in self.shares)
        return found

    @cached_property
    def shares(self) -> tuple[str, ...]:
        """The two categories that a share is made of."""
        return (self.question.did, self.question.did_not) if self.question.did else ()

    def small(self, count: int) -> bool:
        return small(count, self.question.threshold)

    def hide_small(self) -> None:
        self.hidden |= {cell for cell in self.shown_cells() if self.small(self.sums[cell])}

    def shown_cells(self) -> Iterable[Cell]:
        """The cells of the shown lines, hidden or not."""
        return ((line, category) for line in self.frame.shown if line in self._shown for category in self._columns)

    @cached_property
    def _shown(self) -> frozenset[Line]:
        return frozenset(line for line in self.frame.shown if level_of(line) in self.levels)

    @cached_property
    def _columns(self) -> list[str]:
        return [*self.categories, *([BASE] if self.shares else [])]

    def open(self, cell: Cell) -> bool:
        """Whether a cell's number stands there to be read."""
        return cell[0] in self._shown and cell in self.sums and cell not in self.hidden

    def known(self, cell: Cell) -> bool:
        """Open, or nought."""
        return self.open(cell) or (cell[0] in self._shown and not self.sums.get(cell, 0))

    def moves(self, line: Line, fewer: str, more: str) -> list[Cell] | None:
        """What would have to be hidden, were one person of a line in another category; None where that can't be."""
        if line not in self._shown:
            return []
        sums = self.sums
        touched = [(line, fewer), (line, more)]
        if sums.get(touched[0], 0) < 2 or not sums.get(touched[1], 0):
            return None
        if self.shares and (fewer in self.shares) != (more in self.shares):
            touched.append((line, BASE))
            if sums[line, BASE] < (2 if fewer in self.shares else 1):
                return None
        if not self._stays(line, fewer, more):
            return None
        lacking = [cell for cell in touched if cell not in self.hidden]
        return None if lacking and self.frozen else lacking

    def _stays(self, line: Line, fewer: str, more: str) -> bool:
        """Whether the share stays in the band that is shown of it."""
        if line not in self.bands:
            return True
        did, base = self.sums[line, self.question.did], self.sums[line, BASE]
        step = (more == self.question.did) - (fewer == self.question.did)
        return inside(self.bands[line], did + step, base)


def earlier_view(shown: ShownQuestion, question: Question, frame: Frame) -> View:
    """A question as it was shown in an earlier month."""
    hidden = {cell for cell, count in shown.cells.items() if count is None}
    hidden |= {(line, BASE) for line, base in shown.bases.items() if base is None}
    return View(question, frame, levels_of(line for line, _ in shown.cells), hidden, shown.bands)


@dataclass
class Layer:
    """One month of a system: where everybody stands, and what is shown of its questions."""

    month: int  # its place among the months
    frame: Frame
    names: tuple[str, ...]  # the system's questions that were asked
    crowd: Mapping[Line, Mapping[Atom, int]]  # at each municipality and gender, by the categories of `names`
    views: dict[str, View]
    _sums: dict[tuple[str, ...], Mapping[Line, Mapping[Atom, int]]] = field(default_factory=dict)

    @property
    def anew(self) -> list[str]:
        """The questions that are shown with this month's numbers."""
        return [name for name, view in self.views.items() if view.levels]

    def at(self, place: Line, atom: Mapping[str, str], names: tuple[str, ...] | None = None) -> int:
        """How many of a place stand as an atom says, as far as it can be told from some of the questions."""
        asked = self.names if names is None else names
        return self._by(asked).get(place, {}).get(tuple(atom[name] for name in asked), 0)

    def _by(self, names: tuple[str, ...]) -> Mapping[Line, Mapping[Atom, int]]:
        if names == self.names:
            return self.crowd
        if names not in self._sums:
            places = [self.names.index(name) for name in names]
            found: dict[Line, dict[Atom, int]] = {}
            for line, crowd in self.crowd.items():
                for atom, count in crowd.items():
                    part = tuple(atom[place] for place in places)
                    found.setdefault(line, {})[part] = found.get(line, {}).get(part, 0) + count
            self._sums[names] = found
        return self._sums[names]


def common(one: Layer, other: Layer) -> tuple[str, ...]:
    """The questions that two months both asked: what has grown is told by these."""
    return one.names if one.names == other.names else tuple(name for name in one.names if name in other.names)


@dataclass
class System:
    """Questions that are thought of together, month upon month of the same people. Mostly one question."""

    names: tuple[str, ...]
    layers: list[Layer]

    @cached_property
    def atoms(self) -> list[Atom]:
        """The categories of all questions that somebody has stood in; nobody can tell that others are possible."""
        whole = [layer for layer in self.layers if layer.names == self.names]
        return sorted({atom for layer in whole for crowd in layer.crowd.values() for atom in crowd})

    def month(self, at: int) -> int:
        return self.layers[at].month

    def threshold(self, name: str, *at: int) -> int:
        views = [self.layers[place].views[name] for place in at]
        return min(view.question.threshold for view in views)
