"""One attempt to show a month with some levels: what of each question may then be shown. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from meetings.figures.suppression.bands import bands_of, shares_of
from meetings.figures.suppression.frames import CROSS, GENDER, MUNICIPALITY, TOTAL, Frame, Levels, small, whole
from meetings.figures.suppression.layers import BASE, Atom, Cell, Layer, System, View, earlier_view
from meetings.figures.suppression.moves import Moves
from meetings.figures.suppression.secrets import secrets_of
from meetings.figures.suppression.shapes import ANY, Line, Shown, ShownQuestion, Tables
from meetings.figures.suppression.swaps import Swaps, nets
from meetings.figures.suppression.witnesses import Witness
from workspace.small_cells import LEAST_BASE

Month = tuple[Shown, Tables]
ALL = (ANY, ANY)
MANY = 2 * LEAST_BASE  # people of whom little is shown rather than nothing
PATIENCE = 6  # months that numbers stand before newer ones that tell less take their place


def fewer(levels: Levels) -> Iterator[Levels]:
    """The levels, and then fewer and fewer of them; women and men are kept longer than municipalities (L57)."""
    choices = [levels, levels - {CROSS}, levels - {CROSS, MUNICIPALITY}, levels - {CROSS, GENDER}, levels & {TOTAL}]
    yield from dict.fromkeys(whole(choice) for choice in choices if TOTAL in choice)


def stood(told: Sequence[Shown | ShownQuestion | None]) -> int:
    """For how many months what was shown last has stood as it is."""
    return next((at for at, one in enumerate(reversed(told)) if one != told[-1]), len(told))


@dataclass(frozen=True)
class Attempt:
    """A month with the levels that are tried, and the months before it: each with what was shown and what was true."""

    as_of: str
    tables: Tables
    past: Sequence[Month]  # without those in which all stood on
    frames: Sequence[Frame]  # of the past and, last, of this month
    earlier: Sequence[Shown]  # all months

    def groups(self) -> list[tuple[str, ...]]:
        """The questions that are thought of together. One that is asked no longer is still thought of, by itself."""
        found: list[tuple[str, ...]] = []
        for names in sorted(self.tables.joint):
            months = [exact for at, (_, exact) in enumerate(self.past) if any(self.anew(name, at) for name in names)]
            if all(_crowd(exact, _asked(exact, names)) is not None for exact in [*months, self.tables]):
                found.append(names)
        together = {name for names in found for name in names}
        asked = {*self.tables.questions}.union(*(shown.questions for shown, _ in self.past))
        return found + [(name,) for name in sorted(asked - together)]

    def anew(self, name: str, at: int) -> bool:
        """Whether a question was shown with new numbers in a month."""
        told = self.past[at][0].questions.get(name)
        before = [shown.questions[name] for shown, _ in self.past[:at] if name in shown.questions]
        return told is not None and bool(told.cells) and (not before or told != before[-1])

    def last(self, name: str) -> ShownQuestion | None:
        """What stands of a question."""
        told = self.past[-1][0].questions.get(name) if self.past else None
        return told if told is not None and told.cells else None


def _asked(tables: Tables, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in tables.questions)


def _crowd(tables: Tables, names: tuple[str, ...]) -> Mapping[Line, Mapping[Atom, int]] | None:
    """Where everybody stands in some questions together; None where that is not known."""
    found: dict[Line, dict[Atom, int]] = {}
    if len(names) == 1:
        for (place, gender, category), count in tables.questions[names[0]].counts.items():
            if count:
                found.setdefault((place, gender), {})[(category,)] = count
        return found
    for known, counts in sorted(tables.joint.items()):
        if {*names} <= {*known}:
            places = [known.index(name) for name in names]
            for (place, gender, atom), count in counts.items():
                part = tuple(atom[at] for at in places)
                crowd = found.setdefault((place, gender), {})
                if count:
                    crowd[part] = crowd.get(part, 0) + count
            return found
    return None


@dataclass
class Group:
    """Some questions that are thought of together, and the ways in which each could be shown."""

    attempt: Attempt
    system: System
    ways: dict[str, list[View]]  # the fullest first; none of them: what was shown before stands on
    tried: dict[str, int] = field(default_factory=dict)
    witnesses: list[Witness] = field(default_factory=list)

    @classmethod
    def of(cls, attempt: Attempt, names: tuple[str, ...]) -> "Group":
        layers: list[Layer] = []
        for at, (shown, exact) in enumerate(attempt.past):
            asked = _asked(exact, names)
            views = {
                name: earlier_view(shown.questions[name], exact.questions[name], attempt.frames[at])
                for name in asked
                if attempt.anew(name, at)
            }
            layers += [layer for layer in (_layer(at, attempt.frames[at], exact, asked, views),) if layer is not None]
        group = cls(attempt, System(names, layers), {}, dict.fromkeys(names, 0))
        group.ways = {name: group._ways(name) for name in names}
        group._lay()
        return group

    def _ways(self, name: str) -> list[View]:
        """A question whose shown number has changed by a few people is shown as it was, if it was shown."""
        if name not in self.attempt.tables.questions:
            return []
        question, frame = self.attempt.tables.questions[name], self.attempt.frames[-1]
        lost = {CROSS} if self.attempt.last(name) is not None else {CROSS, MUNICIPALITY}
        levels = [some for some in fewer(frame.levels) if frame.levels - some <= lost]
        views = [View(question, frame, some, frozen=False) for some in levels]
        for view in views:
            view.hide_small()
        before = [layer.views[name] for layer in self.system.layers if name in layer.views]
        return [view for view in views if not any(_changed(view, one) for one in before)]

    def _lay(self) -> None:
        """Put the newest month upon the others, in place of what was tried before."""
        here = len(self.attempt.frames) - 1
        self.system.layers[:] = [layer for layer in self.system.layers if layer.month != here]
        self.system.__dict__.pop("atoms", None)
        views = {name: ways[self.tried[name]] for name, ways in self.ways.items() if self.tried[name] < len(ways)}
        for view in views.values():
            view.hidden.clear()
            view.hide_small()
        asked = _asked(self.attempt.tables, self.system.names)
        layer = _layer(here, self.attempt.frames[-1], self.attempt.tables, asked, views)
        if layer is not None:
            self.system.layers.append(layer)

    @property
    def newest(self) -> Layer | None:
        """This month, where some question of it is shown anew."""
        layers = self.system.layers
        return layers[-1] if layers and layers[-1].month == len(self.attempt.frames) - 1 else None

    def settle(self, moves: Moves) -> bool:
        """Try the ways to show the questions until they tell nothing; at last what was shown before stands on."""
        while True:
            self._lay()
            told = self._told(moves)
            newest = self.newest
            if newest is None:
                return told is None
            poor = [name for name in newest.anew if told is None and not self._worth(name)]
            if told is None and not poor:
                return True
            name = told if told in newest.anew else [*poor, *newest.anew][0]
            self.tried[name] += 1

    def _told(self, moves: Moves) -> str | None:
        """Find a witness for every secret, and hide what it needs hidden; the question of the first that lacks one."""
        swaps = Swaps(self.system)
        self.witnesses = []
        for secret in secrets_of(self.system):
            if any(witness.tells(secret, self.system) for witness in self.witnesses):
                continue
            best = swaps.find(secret)
            moved = moves.find(secret, self.system) if best is None or best[0] else None
            if best is None and moved is None:
                return secret.name
            if moved is None and best is not None:
                swaps.hide(best[1])
                moved = best[1]
            if moved is not None:
                self.witnesses.append(moved)
        return None

    def _worth(self, name: str) -> bool:
        """Whether a question tells something of all; and of women and men too no less than what stands.

        What tells little is not shown at all: it would hide much of what the months after could tell.
        """
        assert self.newest is not None
        view, last = self.newest.views[name], self.attempt.last(name)
        crossed = [cell for cell in view.shown_cells() if CROSS in view.levels and ANY not in cell[0]]
        if crossed and 2 * len(view.hidden.intersection(crossed)) >= len(crossed):
            return False
        if last is None or stood([shown.questions.get(name) for shown in self.attempt.earlier]) >= PATIENCE:
            if view.shares and not view.sums.get((ALL, BASE)):
                return all(map(view.open, view.shown_cells()))
            if view.shares:
                many = view.sums[ALL, BASE] >= MANY and ALL in bands_of(view, self._changes(name))
                return many or ALL in shares_of(view)
            somebody = [(ALL, category) for category in view.categories if view.sums[ALL, category]]
            told = sum(view.open(cell) for cell in somebody)
            return 2 * told >= len(somebody) or (told > 0 and view.frame.sums[ALL] >= MANY)
        return all(view.known(cell) for cell, count in last.cells.items() if count is not None and cell[0][0] == ANY)

    def said(self) -> dict[str, ShownQuestion]:
        return {name: self._said(name) for name in self.system.names if name in self.attempt.tables.questions}

    def _said(self, name: str) -> ShownQuestion:
        view = self.newest.views[name] if self.newest is not None else None
        if view is None or not view.levels:
            return self.attempt.last(name) or ShownQuestion(self.attempt.as_of)
        told = {cell: view.sums[cell] if view.open(cell) else None for cell in sorted(view.shown_cells())}
        return ShownQuestion(
            self.attempt.as_of,
            {cell: count for cell, count in told.items() if cell[1] != BASE},
            bands_of(view, self._changes(name)),
            shares_of(view),
            {line: count for (line, category), count in told.items() if category == BASE},
        )

    def _changes(self, name: str) -> Mapping[Line, set[int]]:
        """What the witnesses change in who did, by this month's lines."""
        layer = self.newest
        assert layer is not None
        did = layer.views[name].question.did
        changes: dict[Line, set[int]] = {}
        for witness in self.witnesses:
            ends = witness.effect.get(name)
            if witness.system is self.system and witness.window[1] == len(self.system.layers) - 1 and ends is not None:
                for line, net in nets(layer, witness.steps).items():
                    changes.setdefault(line, set()).add(net * ((ends[1] == did) - (ends[0] == did)))
        return changes


def _layer(month: int, frame: Frame, exact: Tables, asked: tuple[str, ...], views: Mapping[str, View]) -> Layer | None:
    """A month in which some question is shown anew. The others of its system show nothing, but have their secrets."""
    crowd = _crowd(exact, asked) if views else None
    if crowd is None:
        return None
    silent = {name: View(exact.questions[name], frame, frozenset()) for name in asked}
    return Layer(month, frame, asked, crowd, {**silent, **views})


def _changed(view: View, before: View) -> set[Cell]:
    """The numbers that would be shown and were shown as others, with a few people between them."""
    threshold = min(view.question.threshold, before.question.threshold)
    return {
        cell
        for cell in view.shown_cells()
        if view.open(cell) and before.open(cell) and small(view.sums[cell] - before.sums[cell], threshold)
    }
