"""Finds other people at some places, whom no line tells: where groups of people are too small to show. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from meetings.figures.suppression.frames import Frame, level_of
from meetings.figures.suppression.layers import Atom, System
from meetings.figures.suppression.secrets import PEOPLE, Secret
from meetings.figures.suppression.shapes import ANY, Line
from meetings.figures.suppression.swaps import possible
from meetings.figures.suppression.witnesses import Steps, Witness, grows, windows


@dataclass
class Moves:
    """The people of all months, and the systems whose tables they stand in."""

    months: Sequence[Frame]
    systems: Sequence[System]

    def find(self, secret: Secret, system: System | None) -> Witness | None:
        """A move under which a secret would be another number: it never needs anything hidden."""
        at = secret.at if system is None else tuple(system.month(place) for place in secret.at)
        if all(secret.line in self.months[month].open for month in at):
            return None
        for window in windows(at, len(self.months) - 1):
            for steps in self._steps(secret, window):
                if not sum(step for place, step in steps.items() if place in secret.places):
                    continue
                atoms = self._atoms(steps, window, secret, system)
                if atoms is None:
                    continue
                witness = Witness(None, window, steps, {}, atoms, window)
                if witness.tells(secret, system):
                    return witness
        return None

    def _steps(self, secret: Secret, window: tuple[int, int]) -> Iterator[Steps]:
        """Two places, or four in a square, that leave every shown line as it is."""
        frames = self.months[window[0] : window[1] + 1]
        names = sorted({name for frame in frames for name, _ in frame.people})
        genders = sorted({gender for frame in frames for _, gender in frame.people})
        for name, gender in sorted(secret.places):
            others = [(other, gender) for other in names if other != name]
            sides = [(name, other) for other in genders if other != gender]
            for there in [*sides, *others]:
                for up in (1, -1):
                    yield from self._kept({(name, gender): up, there: -up}, frames, window)
            for other, _ in others:
                for _, side in sides:
                    for up in (1, -1):
                        square = {(name, gender): up, (name, side): -up, (other, gender): -up, (other, side): up}
                        yield from self._kept(square, frames, window)

    def _kept(self, steps: Steps, frames: Sequence[Frame], window: tuple[int, int]) -> Iterator[Steps]:
        if all(self._room(place, step, window) for place, step in steps.items()) and not any(
            _seen(frame, steps) for frame in frames
        ):
            yield steps

    def _room(self, place: Line, step: int, window: tuple[int, int]) -> bool:
        counts = [frame.people.get(place, 0) for frame in self.months]
        first, last = window
        if not all(frame.counts(place) for frame in self.months[first : last + 1]):
            return False
        if step < 0:
            return all(counts[first : last + 1]) and (not first or grows(counts[first - 1], counts[first]))
        return last + 1 >= len(counts) or grows(counts[last], counts[last + 1])

    def _atoms(
        self, steps: Steps, window: tuple[int, int], secret: Secret, system: System | None
    ) -> dict[int, Atom] | None:
        """In each system a category in which the people can be others; None where one has none."""
        found: dict[int, Atom] = {}
        for one in self.systems:
            wanted = secret if one is system and secret.name != PEOPLE else None
            atom = next((atom for atom in one.atoms if self._fits(one, atom, steps, window, wanted)), None)
            if atom is None and one.layers:
                return None
            if atom is not None:
                found[id(one)] = atom
        return found

    def _fits(self, system: System, atom: Atom, steps: Steps, window: tuple[int, int], secret: Secret | None) -> bool:
        if secret is not None and atom[system.names.index(secret.name)] not in secret.categories:
            return False
        inside = [at for at, layer in enumerate(system.layers) if window[0] <= layer.month <= window[1]]
        if not inside:
            return True
        span = (inside[0], inside[-1])
        return all(
            possible(system, span, place, atom if step < 0 else None, atom if step > 0 else None)
            for place, step in steps.items()
        )


def _seen(frame: Frame, steps: Steps) -> bool:
    """Whether a shown line would be another number."""
    found: dict[Line, int] = {}
    for place, step in steps.items():
        name, gender = frame.line(place)
        for line in {(name, gender), (name, ANY), (ANY, gender), (ANY, ANY)}:
            found[line] = found.get(line, 0) + step
    return any(change and level_of(line) in frame.levels for line, change in found.items())
