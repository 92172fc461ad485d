"""Finds the cheapest swap that keeps a number from being computed, and what must be hidden for it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, permutations

from meetings.figures.suppression.frames import CROSS, GENDER, MUNICIPALITY, TOTAL, level_of
from meetings.figures.suppression.layers import BASE, Atom, Layer, System, common
from meetings.figures.suppression.secrets import Secret
from meetings.figures.suppression.shapes import ANY, UNKNOWN, Line
from meetings.figures.suppression.witnesses import Rings, Steps, Witness, grows, windows

Effect = tuple[tuple[str, tuple[str, str]], ...]
Pair = tuple[Atom, Atom]
UNIT = 10**9  # no table holds so many people
# A total is dearer to hide than all else together, women's and men's than municipalities, these than both crossed.
WEIGHTS = {TOTAL: 8_000_000 * UNIT, GENDER: 200_000 * UNIT, MUNICIPALITY: 400 * UNIT, CROSS: UNIT}
MOST_EFFECTS = 60  # that are looked into for a secret, in each run of months


@dataclass
class Swaps:
    """The swaps of one system."""

    system: System
    _realised: dict[tuple[Line, Effect, bool, tuple[int, int]], bool] = field(default_factory=dict)

    @cached_property
    def effects(self) -> Mapping[Effect, list[Pair]]:
        """What a person's change of categories can do, and between which it does it; the plainest first."""
        found: dict[Effect, list[Pair]] = {}
        names = self.system.names
        for pair in permutations(self.system.atoms, 2):
            changed = [(name, ends) for name, ends in zip(names, zip(*pair, strict=True), strict=True)]
            found.setdefault(tuple((name, ends) for name, ends in changed if ends[0] != ends[1]), []).append(pair)
        return dict(sorted(found.items(), key=lambda item: (len(item[0]), item[0])))

    def find(self, secret: Secret) -> tuple[int, Witness] | None:
        """The cheapest swap under which a secret would be another number."""
        best: tuple[int, Witness] | None = None
        for window in windows(secret.at, len(self.system.layers) - 1):
            for cost, steps, effect in self._within(secret, window):
                if best is not None and best[0] <= cost:
                    continue
                months = (self.system.month(window[0]), self.system.month(window[1]))
                witness = Witness(self.system, window, steps, dict(effect), {}, months)
                if witness.tells(secret, self.system):
                    best = (cost, witness)
                    if not cost:
                        return best
        return best

    def hide(self, witness: Witness) -> None:
        """Hide in the newest month what a witness changes there."""
        newest = self.system.layers[-1]
        if witness.system is not self.system or witness.window[1] != len(self.system.layers) - 1:
            return
        for line, change in nets(newest, witness.steps).items():
            for name, (fewer, more) in witness.effect.items():
                view = newest.views.get(name)
                if change and view is not None:
                    view.hidden.update(view.moves(line, *((fewer, more) if change > 0 else (more, fewer))) or ())

    # ---------- one window ----------
    def _within(self, secret: Secret, window: tuple[int, int]) -> Iterator[tuple[int, Steps, Effect]]:
        layers = self.system.layers[window[0] : window[1] + 1]
        starts = self._starts(secret)
        effects = (effect for effect in self.effects if _changes(effect, secret))
        could = (effect for effect in effects if any(self._prices(place, effect, window, layers) for place in starts))
        for effect in islice(could, MOST_EFFECTS):
            for row in sorted({start[0] for start in starts}):
                rows, columns = self._usable(row, layers)
                rings = Rings(rows, columns, lambda place, up, e=effect: self._price(place, up, e, window, layers))  # type: ignore[misc]
                for start in starts:
                    if start[0] != row or (start[1] != ANY and start[1] not in columns):
                        continue
                    for up in (True, False):
                        found = rings.through(start, up)
                        if found is not None:
                            yield (*found, effect)
            yield from ((0, steps, effect) for steps in self._inside_merged(secret, effect, window, layers))

    def _prices(self, place: Line, effect: Effect, window: tuple[int, int], layers: Sequence[Layer]) -> bool:
        return any(self._price(place, up, effect, window, layers) is not None for up in (True, False))

    def _starts(self, secret: Secret) -> list[Line]:
        if secret.line[0] == ANY:
            return [secret.line]
        return sorted({(name, secret.line[1]) for name, _ in secret.places})

    def _usable(self, row: str, layers: Sequence[Layer]) -> tuple[list[str], list[str]]:
        """Municipalities of which no two are counted under one name in these months, and the genders that are counted.

        Two under one name would look like one row: what happens between them is another matter (`_inside_merged`).
        """
        people = layers[-1].frame.people
        names = sorted({name for layer in layers for name, _ in layer.frame.people})
        sizes = {name: sum(count for place, count in people.items() if place[0] == name) for name in names}
        kept: list[str] = []
        for name in sorted(names, key=lambda one: (one != row, -sizes[one], one)):
            if not any(_together(layer, name, other) for layer in layers for other in kept):
                kept.append(name)
        genders = sorted({gender for layer in layers for _, gender in layer.frame.people})
        if any(layer.frame.left_out for layer in layers):
            genders = [gender for gender in genders if gender != UNKNOWN]
        return kept, genders

    def _price(
        self, place: Line, up: bool, effect: Effect, window: tuple[int, int], layers: Sequence[Layer]
    ) -> int | None:
        """What a step at a place costs in cells to hide; None where it can't be."""
        if ANY not in place and not self._possible(place, up, effect, window):
            return None
        price = 0
        for layer in layers:
            line = layer.frame.line(place)
            for name, (fewer, more) in effect:
                view = layer.views.get(name)
                if view is None:
                    continue
                lacking = view.moves(line, *((fewer, more) if up else (more, fewer)))
                if lacking is None:
                    return None
                for cell in lacking:
                    share = 3 if cell[1] == BASE else 2 if cell[1] in view.shares else 1
                    price += WEIGHTS[level_of(line)] * share + view.sums[cell]
        return price

    def _possible(self, place: Line, up: bool, effect: Effect, window: tuple[int, int]) -> bool:
        """Whether somebody at a place could be in the other category in all months of a window, and in no other."""
        key = (place, effect, up, window)
        if key not in self._realised:
            pairs = self.effects[effect]
            self._realised[key] = any(
                possible(self.system, window, place, *(pair if up else pair[::-1])) for pair in pairs
            )
        return self._realised[key]

    def _inside_merged(
        self, secret: Secret, effect: Effect, window: tuple[int, int], layers: Sequence[Layer]
    ) -> Iterator[Steps]:
        """Swaps between two municipalities that are counted under one name: no line tells them."""
        if not all(layer.frame.merged for layer in layers):
            return
        others = sorted(layers[0].frame.merged)
        for place in sorted(secret.places):
            for other in others:
                if other == place[0] or not all(_together(layer, place[0], other) for layer in layers):
                    continue
                if not all(layer.frame.counts(place) for layer in layers):
                    continue
                for up in (True, False):
                    if self._possible(place, up, effect, window) and self._possible(
                        (other, place[1]), not up, effect, window
                    ):
                        yield {place: 1 if up else -1, (other, place[1]): -1 if up else 1}


def possible(system: System, window: tuple[int, int], place: Line, fewer: Atom | None, more: Atom | None) -> bool:
    """Whether one person less and one more could stand somewhere, in all months of a window and only in them."""
    layers, (first, last) = system.layers, window
    if fewer is not None:
        atom = dict(zip(system.names, fewer, strict=True))
        if not all(layers[at].at(place, atom) for at in range(first, last + 1)):
            return False
        if first and not _grows(layers[first - 1], layers[first], place, atom):
            return False
    if more is not None and last + 1 < len(layers):
        return _grows(layers[last], layers[last + 1], place, dict(zip(system.names, more, strict=True)))
    return True


def _grows(before: Layer, after: Layer, place: Line, atom: Mapping[str, str]) -> bool:
    names = common(before, after)
    return grows(before.at(place, atom, names), after.at(place, atom, names))


def _together(layer: Layer, one: str, other: str) -> bool:
    merged = layer.frame.merged
    return one in merged and other in merged and merged[one] == merged[other]


def _changes(effect: Effect, secret: Secret) -> bool:
    fewer, more = dict(effect).get(secret.name, ("", ""))
    return (fewer in secret.categories) != (more in secret.categories)


def nets(layer: Layer, steps: Steps) -> Mapping[Line, int]:
    """What steps change in every line of a month, by the name it is shown under."""
    found: dict[Line, int] = {}
    for place, step in steps.items():
        name, gender = layer.frame.line(place)
        for line in {(name, gender), (name, ANY), (ANY, gender), (ANY, ANY)}:
            found[line] = found.get(line, 0) + step
    return found
