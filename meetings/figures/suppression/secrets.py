"""What must not become known: small numbers, small sums, and small differences between months."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from meetings.figures.suppression.frames import Frame, Places, small
from meetings.figures.suppression.layers import BASE, System, View
from meetings.figures.suppression.shapes import Line

PEOPLE = ""  # the name of what is no question: the people themselves


@dataclass(frozen=True)
class Secret:
    """How many of some places stand in some categories, in one month; or how that differs between two."""

    name: str
    at: tuple[int, ...]  # layers of its system, or months where it is of the people
    line: Line  # as a merged municipality's own line, or as that of the merged
    places: Places
    categories: frozenset[str] = frozenset()


def groups(view: View) -> list[tuple[str, frozenset[str]]]:
    """The categories and the sums of them that are secret when small, by the name under which they are summed."""
    found = [(category, frozenset({category})) for category in view.categories]
    if view.shares:
        found.append((BASE, frozenset(view.shares)))
    known = {group for _, group in found}
    return found + [(" ", group) for group in view.question.secret_sums if group not in known]


def _count(view: View, line: Line, name: str, group: Iterable[str]) -> int:
    sums = view.sums
    return sums.get((line, name), 0) if name != " " else sum(sums.get((line, one), 0) for one in group)


def secrets_of(system: System) -> Iterator[Secret]:
    """Every small number of a system, the newest first; then every small difference."""
    for at in range(len(system.layers) - 1, -1, -1):
        for name, view in sorted(system.layers[at].views.items()):
            for title, group in groups(view):
                for line, places in view.frame.places.items():
                    if view.small(_count(view, line, title, group)):
                        yield Secret(name, (at,), line, places, group)
    for before, after in combinations(range(len(system.layers)), 2):
        for name in sorted({*system.layers[before].views} & {*system.layers[after].views}):
            yield from _differences(system, name, before, after)


def _differences(system: System, name: str, before: int, after: int) -> Iterator[Secret]:
    one, other = system.layers[before].views[name], system.layers[after].views[name]
    threshold = system.threshold(name, before, after)
    common = _common(one.frame, other.frame)
    for title, group in groups(other):
        for line, places in common.items():
            if _same(one.frame, line, places) and _same(other.frame, line, places):
                change = _count(other, line, title, group) - _count(one, line, title, group)
            else:
                change = _within(other, places, group) - _within(one, places, group)
            if small(change, threshold):
                yield Secret(name, (before, after), line, places, group)


def _same(frame: Frame, line: Line, places: Places) -> bool:
    return frame.places.get(line) == places


def _within(view: View, places: Places, group: frozenset[str]) -> int:
    return sum(view.question.counts.get((*place, category), 0) for place in places for category in group)


def _common(one: Frame, other: Frame) -> Mapping[Line, Places]:
    """The lines of both months, without those who stand in no line of one of them."""
    found = dict(one.places)
    for line, places in other.places.items():
        found[line] = found.get(line, frozenset()) | places
    kept = {
        line: frozenset(place for place in places if one.counts(place) and other.counts(place))
        for line, places in found.items()
    }
    return {line: places for line, places in sorted(kept.items()) if places}


def people_secrets(months: Sequence[Frame]) -> Iterator[Secret]:
    """Small groups of people that no line shows, and small differences between months."""
    for at, frame in enumerate(months):
        for line, places in frame.places.items():
            if small(frame.sums[line]):
                yield Secret(PEOPLE, (at,), line, places)
    for (before, one), (after, other) in combinations(enumerate(months), 2):
        for line, places in _common(one, other).items():
            if small(other.of(places) - one.of(places)):
                yield Secret(PEOPLE, (before, after), line, places)
