"""Somebody who knows everything that is shown, of all months, and that nothing shrinks; and has a solver.

Written from what is shown alone: nothing of the engine but the shapes of what goes in and what comes out.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise, product

import numpy
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from meetings.figures.suppression import ANY, Line, Shown, ShownQuestion, Tables

Expression = dict[int, int]  # variable -> how many times
Place = tuple[str, str]
Numbers = numpy.ndarray[tuple[int], numpy.dtype[numpy.float64]]
SMALLEST = 5


@dataclass(frozen=True)
class Target:
    """A number that must not become known, and what it truly is."""

    said: str
    expression: tuple[tuple[int, int], ...]
    truth: int


# Whoever stands in one of these categories of a question stands in one of those of another, and the other way round.
Link = tuple[str, tuple[str, ...], str, tuple[str, ...]]


@dataclass
class Attacker:
    months: Sequence[tuple[Shown, Tables]]
    links: Sequence[Link] = ()
    shrinks: bool = False  # whether people come to stand elsewhere: what has not shrunk is known never to, all the same
    variables: dict[tuple[int, str, str, str, str], int] = field(default_factory=dict)
    truth: list[int] = field(default_factory=list)
    rows: list[tuple[Expression, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        told = [month for at, month in enumerate(self.months) if not at or month[0] != self.months[at - 1][0]]
        self.told = told
        where = [place for _, exact in told for place in exact.people]
        self.places = sorted(product({name for name, _ in where}, {gender for _, gender in where}))
        self.fresh: dict[str, list[int]] = {}
        last: dict[str, ShownQuestion] = {}
        for at, (shown, _) in enumerate(told):
            self._people(at)
            for name, question in sorted(shown.questions.items()):
                if not shown.lines or (question.cells and question != last.get(name)):
                    self._question(at, name)
                    self.fresh.setdefault(name, []).append(at)
                last[name] = question
        self._links()
        self._growth()

    # ---------- what is known ----------
    def _variable(self, at: int, name: str, place: Place, category: str) -> int:
        key = (at, name, *place, category)
        if key not in self.variables:
            self.variables[key] = len(self.truth)
            exact = self.told[at][1]
            counts: Mapping[tuple[str, ...], int]
            if name:
                counts = exact.questions[name].counts  # type: ignore[assignment]
                self.truth.append(counts.get((*place, category), 0))
            else:
                self.truth.append(exact.people.get(place, 0))
        return self.variables[key]

    def _within(self, shown: Shown, line: Line, *, merged: bool = True) -> list[Place]:
        return [
            (name, gender)
            for name, gender in self.places
            if line[0] in {ANY, shown.merged.get(name, name) if merged else name}
            and line[1] in {ANY, gender}
            and not (shown.left_out_unknown and gender == "unknown")
        ]

    def _sum(self, at: int, name: str, places: Sequence[Place], categories: Sequence[str]) -> Expression:
        return {self._variable(at, name, place, category): 1 for place in places for category in categories}

    def _know(self, expression: Expression, least: float, most: float) -> None:
        self.rows.append((expression, least, most))

    def _people(self, at: int) -> None:
        shown = self.told[at][0]
        for place in self.places:
            self._variable(at, "", place, "")
        for line, count in shown.lines.items():
            self._know(self._sum(at, "", self._within(shown, line), [""]), count, count)
        if not shown.lines:  # there is nobody
            self._know(self._sum(at, "", self.places, [""]), 0, 0)
        if shown.left_out_unknown:
            unknown = [place for place in self.places if place[1] == "unknown"]
            self._know(self._sum(at, "", unknown, [""]), 1, SMALLEST - 1)

    def _everybody(self, at: int, name: str) -> None:
        for place in self.places:
            everybody = self._sum(at, name, [place], self.categories(name))
            self._know({**everybody, self._variable(at, "", place, ""): -1}, 0, 0)

    def _links(self) -> None:
        for name, these, other, those in self.links:
            months = sorted({*self.fresh.get(name, []), *self.fresh.get(other, [])})
            for one in (name, other) if months else ():
                for at in months:
                    if at not in self.fresh.setdefault(one, []):
                        self._everybody(at, one)
                self.fresh[one] = months
            for at in months:
                for place in self.places:
                    here, there = self._sum(at, name, [place], these), self._sum(at, other, [place], those)
                    self._know({**here, **dict.fromkeys(there, -1)}, 0, 0)

    def _question(self, at: int, name: str) -> None:
        shown, exact = self.told[at]
        question, asked = shown.questions[name], exact.questions[name]
        self._everybody(at, name)
        for (line, category), count in question.cells.items():
            expression = self._sum(at, name, self._within(shown, line), [category])
            self._know(expression, 1 if count is None else count, numpy.inf if count is None else count)
        for line, base in question.bases.items():
            expression = self._sum(at, name, self._within(shown, line), [asked.did, asked.did_not])
            self._know(expression, 1 if base is None else base, numpy.inf if base is None else base)
        for line, base in question.bases.items():
            did = self._sum(at, name, self._within(shown, line), [asked.did])
            if base and (line in question.shares or line in question.bands):
                possible = [count for count in range(base + 1) if _fits(question, line, count, base)]
                self._know(did, min(possible), max(possible))

    def categories(self, name: str) -> list[str]:
        asked = [exact.questions[name] for _, exact in self.told if name in exact.questions]
        return sorted({category for question in asked for _, _, category in question.counts})

    def _growth(self) -> None:
        for place in self.places:
            for at in range(len(self.told) - 1):
                self._grows(at, at + 1, "", place, "")
            for name, months in self.fresh.items():
                for before, after in pairwise(months):
                    for category in self.categories(name):
                        self._grows(before, after, name, place, category)

    def _grows(self, before: int, after: int, name: str, place: Place, category: str) -> None:
        older = self._variable(before, name, place, category)
        newer = self._variable(after, name, place, category)
        if self.shrinks and self.truth[older] > self.truth[newer]:
            return
        assert self.truth[older] <= self.truth[newer], "an attack on what shrinks says nothing"
        self._know({newer: 1, older: -1}, 0, numpy.inf)

    # ---------- what must not become known ----------
    def targets(self) -> Iterator[Target]:
        seen: set[tuple[tuple[int, int], ...]] = set()
        for target in self._all_targets():
            if target.expression not in seen:
                seen.add(target.expression)
                yield target

    def _all_targets(self) -> Iterator[Target]:
        yield from self._targets("", list(range(len(self.told))), [("", [""])], SMALLEST)
        for name, months in self.fresh.items():
            asked = [self.told[at][1].questions[name] for at in months]
            groups = [(category, [category]) for category in self.categories(name)]
            if asked[-1].did:
                groups.append(("base", [asked[-1].did, asked[-1].did_not]))
            groups += [(" + ".join(sorted(some)), sorted(some)) for some in asked[-1].secret_sums]
            yield from self._targets(name, months, groups, min(question.threshold for question in asked))

    def _targets(
        self, name: str, months: Sequence[int], groups: Sequence[tuple[str, list[str]]], threshold: int
    ) -> Iterator[Target]:
        for title, group in groups:
            sums: list[tuple[int, str, dict[frozenset[Place], Expression]]] = []
            for at in months:
                lines = {frozenset(places): self._sum(at, name, places, group) for places in self._lines(at)}
                sums.append((at, title, lines))
                for places, expression in lines.items():
                    truth = sum(self.truth[variable] for variable in expression)
                    if 0 < truth < threshold:
                        yield Target(f"{name} {title} {sorted(places)} {at}", tuple(expression.items()), truth)
            for (before, _, older), (after, _, newer) in combinations(sums, 2):
                for places in older.keys() & newer.keys():
                    change = {**newer[places], **{variable: -1 for variable in older[places]}}
                    truth = sum(self.truth[variable] * times for variable, times in change.items())
                    if 0 < abs(truth) < threshold:
                        said = f"{name} {title} {sorted(places)} {before}-{after}"
                        yield Target(said, tuple(change.items()), truth)

    def _lines(self, at: int) -> list[list[Place]]:
        shown = self.told[at][0]
        names = sorted({ANY, *(name for name, _ in self.places)})
        genders = sorted({ANY, *(gender for _, gender in self.places)})
        own = [self._within(shown, (name, gender), merged=False) for name in names for gender in genders]
        together = [
            self._within(shown, (name, gender)) for name in sorted(set(shown.merged.values())) for gender in genders
        ]
        return [places for places in [*own, *together] if places]


def _fits(question: ShownQuestion, line: Line, did: int, base: int) -> bool:
    """Whether so many could have done it, by the percentage or by the band that is shown."""
    if line in question.shares:
        return abs(100 * did / base - question.shares[line]) <= 0.5
    band = question.bands[line]
    if band.least is not None and band.most is not None:
        return band.least * base <= 100 * did <= band.most * base
    if band.least is not None:
        return 100 * did > band.least * base
    return band.most is None or 100 * did < band.most * base


# ---------- the attack ----------
def recovered(attackers: Sequence[Attacker], chance: random.Random) -> list[str]:
    """What has one solution only: the small numbers that are given away, of all the tables together.

    A solution in which a number is another clears it. Three solutions of all tables at once, each towards where the
    numbers left are others; what they don't clear is looked at one by one, from below and from above.
    """
    left = [list(attacker.targets()) for attacker in attackers]
    for _ in range(3):
        _clear(attackers, left, [_towards(attacker, some, chance) for attacker, some in _both(attackers, left)])
    found: list[str] = []
    while any(left):
        first = [some[:1] for some in left]
        for sign in (1, -1):
            weights = [sign * _towards(attacker, some) for attacker, some in _both(attackers, first)]
            _clear(attackers, left, weights, best=True)
        for at, some in enumerate(first):
            if some and some[0] in left[at]:
                found.append(f"{some[0].said}: {some[0].truth}")
                left[at].remove(some[0])
    return found


def _both(attackers: Sequence[Attacker], left: Sequence[list[Target]]) -> list[tuple[Attacker, list[Target]]]:
    return list(zip(attackers, left, strict=True))


def _towards(attacker: Attacker, targets: Sequence[Target], chance: random.Random | None = None) -> Numbers:
    weights = numpy.zeros(len(attacker.truth))
    for target in targets:
        direction = chance.choice((-1, 1)) * chance.uniform(0.5, 1.5) if chance else 1.0
        for variable, times in target.expression:
            weights[variable] += direction * times
    return weights


def _clear(
    attackers: Sequence[Attacker], left: list[list[Target]], weights: Sequence[Numbers], *, best: bool = False
) -> None:
    """Take away what is another number in a solution."""
    some = [at for at, targets in enumerate(left) if targets]
    if some:
        solver = _Solver([attackers[at] for at in some])
        for at, solution in zip(some, solver.solve([weights[at] for at in some], best=best), strict=True):
            left[at] = _same(left[at], solution)


def _same(targets: Sequence[Target], solution: Numbers) -> list[Target]:
    return [
        target
        for target in targets
        if round(sum(solution[variable] * times for variable, times in target.expression)) == target.truth
    ]


class _Solver:
    """All that is known of some tables that have nothing to do with each other: solved at once, which is sooner."""

    def __init__(self, attackers: Sequence[Attacker]) -> None:
        """The truth itself must fit all that is known: else the attack would find nothing for a wrong reason."""
        self.starts = numpy.cumsum([0, *(len(attacker.truth) for attacker in attackers)])
        rows = [row for attacker in attackers for row in attacker.rows]
        data = [times for expression, _, _ in rows for times in expression.values()]
        columns = [
            variable + start
            for attacker, start in zip(attackers, self.starts, strict=False)
            for expression, _, _ in attacker.rows
            for variable in expression
        ]
        ends = numpy.cumsum([0, *(len(expression) for expression, _, _ in rows)])
        truth = numpy.array([count for attacker in attackers for count in attacker.truth], dtype=float)
        matrix = csr_array((data, columns, ends), shape=(len(rows), len(truth)), dtype=float)
        least, most = numpy.array([row[1] for row in rows]), numpy.array([row[2] for row in rows])
        self.constraints = LinearConstraint(matrix, least, most)
        self.bounds = Bounds(0, truth.max() * 3 + 50)
        self.whole = numpy.ones(len(truth))
        self._fit(truth)

    def _fit(self, numbers: Numbers) -> None:
        value = self.constraints.A @ numbers
        fits = (value >= self.constraints.lb) & (value <= self.constraints.ub)
        assert fits.all() and (numbers >= 0).all(), "these numbers are not those that are shown"

    def solve(self, weights: Sequence[Numbers], *, best: bool) -> list[Numbers]:
        """Whole numbers that fit, with the least sum; or, sooner found, some that the sum leads towards."""
        for presolve in (True, False):  # HiGHS' presolve now and then takes for impossible what the truth itself solves
            found = milp(
                numpy.concatenate(weights),
                integrality=self.whole,
                bounds=self.bounds,
                constraints=self.constraints,
                options={"mip_rel_gap": 0.0 if best else 10.0, "presolve": presolve},
            )
            if found.status == 0:
                break
        assert found.status == 0, found.message
        solution = numpy.round(found.x)
        self._fit(solution)
        return [solution[start:end] for start, end in zip(self.starts, self.starts[1:], strict=False)]
