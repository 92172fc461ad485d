"""How a month's lines are made: which levels are shown, and which municipalities and people stand in which line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from meetings.figures.suppression.shapes import ANY, OTHERS, UNKNOWN, Line, Shown, Tables
from workspace.small_cells import THRESHOLD

TOTAL, GENDER, MUNICIPALITY, CROSS = "total", "gender", "municipality", "cross"
LEVELS = (TOTAL, GENDER, MUNICIPALITY, CROSS)
Levels = frozenset[str]
Places = frozenset[Line]  # the municipalities and genders, one pair each, that a line counts


def level_of(line: Line) -> str:
    if line[0] == ANY:
        return TOTAL if line[1] == ANY else GENDER
    return MUNICIPALITY if line[1] == ANY else CROSS


def levels_of(lines: Iterable[Line]) -> Levels:
    return frozenset(map(level_of, lines))


def small(count: int, threshold: int = THRESHOLD) -> bool:
    """Whether a number, or a difference in any direction, is of one person or of a few."""
    return 0 < abs(count) < threshold


@dataclass(frozen=True)
class Frame:
    """What the lines of one month are. `people` are all its places, also those that no line counts."""

    people: Mapping[Line, int]
    levels: Levels
    merged: Mapping[str, str] = field(default_factory=dict)
    left_out: bool = False  # whether those of unknown gender stand in no line

    def line(self, place: Line) -> Line:
        """The line under which a municipality's own line is counted."""
        return self.merged.get(place[0], place[0]), place[1]

    def counts(self, place: Line) -> bool:
        """Whether people of a place stand in any line."""
        return not (self.left_out and place[1] == UNKNOWN)

    @cached_property
    def places(self) -> Mapping[Line, Places]:
        """Every line, shown or not, a merged municipality's own lines too: the places it counts."""
        found: dict[Line, set[Line]] = {}
        for place in filter(self.counts, self.people):
            for name in {place[0], self.merged.get(place[0], place[0]), ANY}:
                for gender in (place[1], ANY):
                    found.setdefault((name, gender), set()).add(place)
        return {line: frozenset(places) for line, places in sorted(found.items())}

    @cached_property
    def shown(self) -> list[Line]:
        """The lines of the shown levels, but none of a municipality that is merged."""
        return [line for line in self.places if level_of(line) in self.levels and line[0] not in self.merged]

    @cached_property
    def open(self) -> frozenset[Line]:
        return frozenset(self.shown)

    @cached_property
    def sums(self) -> Mapping[Line, int]:
        return {line: self.of(places) for line, places in self.places.items()}

    def of(self, places: Iterable[Line]) -> int:
        return sum(self.people.get(place, 0) for place in places)

    def with_levels(self, levels: Levels) -> "Frame":
        return Frame(self.people, levels, self.merged if MUNICIPALITY in levels else {}, self.left_out)


def frame_of(shown: Shown, exact: Tables) -> Frame:
    """The frame of an earlier month."""
    return Frame(exact.people, levels_of(shown.lines), shown.merged, shown.left_out_unknown)


def first_frame(tables: Tables) -> Frame:
    """A new month's frame as it would be without earlier ones: what may be shown of the people by themselves."""
    unknown = sum(count for (_, gender), count in tables.people.items() if gender == UNKNOWN)
    frame = Frame(tables.people, frozenset(), {}, small(unknown))
    names = sorted({name for name, _ in tables.people})
    frame = Frame(tables.people, frozenset(), _merged(frame, names), small(unknown))
    apart = {frame.merged.get(name, name) for name in names}
    levels = {
        level
        for level in LEVELS
        if all(not small(frame.sums[line]) for line in frame.sums if level_of(line) == level and _own(frame, line))
    }
    if not frame.sums:
        return frame
    if len(apart) == 1 and len(names) > 1:
        levels -= {MUNICIPALITY}
    return frame.with_levels(whole(levels))


def _own(frame: Frame, line: Line) -> bool:
    return line[0] not in frame.merged


def _merged(frame: Frame, names: Sequence[str]) -> Mapping[str, str]:
    """Municipalities of one to four people go together with the next smallest until they are five."""
    sizes = {name: frame.sums.get((name, ANY), 0) for name in names}
    together: set[str] = {name for name, size in sizes.items() if small(size)}
    others = sorted((size, name) for name, size in sizes.items() if size and name not in together)
    if together and (len(together) == 1 or small(sum(sizes[name] for name in together))):
        for _, name in others:
            together.add(name)
            if sum(sizes[name] for name in together) >= THRESHOLD:
                break
    return {name: OTHERS for name in sorted(together)}


def whole(levels: Iterable[str]) -> Levels:
    """What is left of some levels when each needs what it adds up to: no split without the total it splits."""
    kept = set(levels)
    if TOTAL not in kept:
        return frozenset()
    if not {GENDER, MUNICIPALITY} <= kept:
        kept -= {CROSS}
    return frozenset(kept)


# ---------- over time, and beside what is shown elsewhere ----------
def still_shown(frame: Frame, earlier: Sequence[Frame], beside: Sequence[Mapping[Line, int]]) -> Levels:
    """The levels that tell nothing together with what is already known: every line differs by none or by five."""
    return whole(
        level
        for level in frame.levels
        if not any(_tells(frame, other, level) for other in earlier)
        and not any(_beside(frame, lines, level) for lines in beside)
    )


def _tells(frame: Frame, other: Frame, level: str) -> bool:
    """Whether two months' lines of a level differ by a few people, by name, by the people in them or in sum."""
    if level not in other.levels:
        return False
    mine = [line for line in frame.shown if level_of(line) == level]
    theirs = [line for line in other.shown if level_of(line) == level]
    if any(small(frame.sums[line] - other.sums[line]) for line in {*mine} & {*theirs}):
        return True
    groups = {frame.places[line] for line in mine} | {other.places[line] for line in theirs}
    return any(small(frame.of(group) - other.of(group)) for group in _joined(groups))


def _joined(groups: Iterable[Places]) -> list[Places]:
    """The smallest groups that are whole lines in both months."""
    joined: list[Places] = []
    for group in groups:
        meets = [other for other in joined if other & group]
        joined = [other for other in joined if not other & group] + [group.union(*meets)]
    return joined


def _beside(frame: Frame, lines: Mapping[Line, int], level: str) -> bool:
    return any(
        small(frame.sums[line] - lines[line]) for line in frame.shown if level_of(line) == level and line in lines
    )
