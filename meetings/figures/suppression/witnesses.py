"""Other tables that look the same: proof that a number can't be computed. Pure.

A witness changes nothing that is shown, in any month, keeps what is hidden above nought, and lets nothing shrink that
has grown. There are two kinds. A **swap** moves one person at each of some places from one category to another and one
at each of others back; which places go together is a ring in the network of a table with its sums (Kelly, Golden and
Assad, Networks 22, 1992). A **move** has other people at some places, in the same categories.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from meetings.figures.suppression.layers import Atom, System
from meetings.figures.suppression.secrets import PEOPLE, Secret
from meetings.figures.suppression.shapes import ANY, Line

Node = tuple[str, str]
Steps = Mapping[Line, int]  # one more or one less at a municipality and gender
Effect = Mapping[str, tuple[str, str]]  # question: from which category to which
Price = Callable[[Line, bool], int | None]


@dataclass(frozen=True)
class Witness:
    """Steps at places, the same in every month of a window; each a change of category, or of people."""

    system: System | None  # None: of people, in all systems
    window: tuple[int, int]  # first and last layer of the system; months where it is of people
    steps: Steps
    effect: Effect  # of a step up
    atoms: Mapping[int, Atom]  # where it is of people: what they are, by system's id
    months: tuple[int, int]

    def tells(self, secret: Secret, system: System | None) -> bool:
        """Whether a secret would be another number."""
        if secret.name == PEOPLE:
            within = [self.months[0] <= at <= self.months[1] for at in secret.at]
            weight = 0 if self.system is not None else 1
        else:
            assert system is not None
            if self.system is None:
                within = [self.months[0] <= system.month(at) <= self.months[1] for at in secret.at]
                atom = self.atoms.get(id(system))
                weight = 0 if atom is None else int(atom[system.names.index(secret.name)] in secret.categories)
            else:
                within = [self.window[0] <= at <= self.window[1] for at in secret.at]
                fewer, more = self.effect.get(secret.name, ("", ""))
                weight = (more in secret.categories) - (fewer in secret.categories)
        if sum(within) != 1 or not weight:
            return False
        return bool(sum(step for place, step in self.steps.items() if place in secret.places))


# ---------- rings ----------
def _ends(place: Line) -> tuple[Node, Node]:
    """The two sums that one more in a place changes: rows give and columns take, sums the other way."""
    row, column = ("row", place[0]), ("column", place[1])
    return (column, row) if (place[0] == ANY) != (place[1] == ANY) else (row, column)


class Rings:
    """The network of some rows and columns with their sums, with what a step up or down costs at each place."""

    def __init__(self, rows: Iterable[str], columns: Iterable[str], price: Price) -> None:
        self.price = price
        self.steps: dict[Node, list[tuple[int, Node, Line, bool]]] = {}
        ends = [*columns, ANY]
        for row in [*rows, ANY]:
            for column in ends:
                place = (row, column)
                tail, head = _ends(place)
                for start, end, up in ((tail, head, True), (head, tail, False)):
                    cost = price(place, up)
                    if cost is not None:
                        self.steps.setdefault(start, []).append((cost, end, place, up))

    def through(self, place: Line, up: bool) -> tuple[int, Steps] | None:
        """The cheapest ring through a place, as its steps at the places that are no sums."""
        first_cost = self.price(place, up)
        if first_cost is None:
            return None
        first, last = _ends(place) if up else _ends(place)[::-1]
        queue: list[tuple[int, Node, list[tuple[Line, bool]]]] = [(first_cost, last, [(place, up)])]
        seen: set[Node] = set()
        while queue:
            cost, node, way = heappop(queue)
            if node == first:
                return cost, {line: 1 if rises else -1 for line, rises in way if ANY not in line}
            if node not in seen:
                seen.add(node)
                for more, end, other, rises in self.steps.get(node, []):
                    if other != place and end not in seen:
                        heappush(queue, (cost + more, end, [*way, (other, rises)]))
        return None


# ---------- windows ----------
def windows(at: Sequence[int], last: int) -> Iterator[tuple[int, int]]:
    """Runs of months in which a secret of one is another number, the last months first; of two, in one of them only."""
    if len(at) == 1:
        yield from ((first, end) for end in range(last, at[0] - 1, -1) for first in range(at[0], -1, -1))
        return
    before, after = at
    yield from ((first, end) for end in range(last, after - 1, -1) for first in range(after, before, -1))
    yield from ((first, end) for end in range(after - 1, before - 1, -1) for first in range(before, -1, -1))


def grows(before: int, after: int) -> bool:
    """Whether one more before (or one less after) still lets it grow; what has shrunk tells nobody that it can't."""
    return after != before
