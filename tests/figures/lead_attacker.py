"""Ways by chance, month upon month, and somebody who knows all that is shown of them in every table at once.

What the other attacker knows of one population, this one knows of three tables: who has begun, who is discharged with
the question whether they had a plan, and the lead times.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import product

import numpy

from meetings.figures.queries.known import PLAN_MADE
from meetings.figures.queries.publishing import publish_month
from meetings.figures.report.canonical import Json, shown_from_json, tables_to_json
from meetings.figures.suppression import ANY, Line, Question, Shown, Tables
from tests.figures.attacker import SMALLEST, Attacker, Expression, Place, Target, _fits

# Where somebody stands: discharged or not, and to their plan.
WITH, LEFT, UNDATED = ("ended", "done"), ("ended", "left"), ("ended", "undated")
PLANNED, KNOWN, WAITING = ("open", "done"), ("open", "undated"), ("open", "waiting")
ENDED, OPEN = (WITH, LEFT, UNDATED), (PLANNED, KNOWN, WAITING)
EVERY = (*ENDED, *OPEN)
Stand = tuple[str, str]
Way = tuple[str, str, Stand]  # municipality, gender
GROUPS: dict[str, tuple[Stand, ...]] = {
    "done": (WITH, PLANNED),
    "left": (LEFT,),
    "undated": (UNDATED, KNOWN),
    "waiting": (WAITING,),
    "ended with a plan": (WITH, UNDATED),
    "open with a plan": (PLANNED, KNOWN),
    "ended": ENDED,
}
GROWING = (EVERY, ENDED, (LEFT,), (WITH,), (UNDATED,), GROUPS["done"], GROUPS["undated"])
# From where to where somebody goes in a month.
STEPS = {PLANNED: (PLANNED, PLANNED, WITH), KNOWN: (KNOWN, UNDATED), WAITING: (WAITING, PLANNED, PLANNED, LEFT)}


# ---------- what happens ----------
def ways(chance: random.Random, sizes: Sequence[int]) -> list[Way]:
    """So many more, where they live and how they stand."""
    names = ["Piteå", "Arvidsjaur"][: chance.choice((1, 2))]
    genders = ["woman", "man", *(["unknown"] if chance.random() < 0.2 else [])]
    found: list[Way] = []
    for place in [(name, gender) for name in names for gender in genders]:
        likely = [chance.choice((0, 0, 1, 3, 9)) for _ in EVERY]
        if sum(likely):
            found += [(*place, stand) for stand in chance.choices(EVERY, likely, k=chance.choice(sizes))]
    return found


def later(chance: random.Random, before: Sequence[Way]) -> list[Way]:
    """A month later: some have got a plan or been discharged, some have come."""
    moving = chance.choice((0.0, 0.1, 0.6))
    moved = [
        (name, gender, chance.choice(STEPS[stand]) if stand in STEPS and chance.random() < moving else stand)
        for name, gender, stand in before
    ]
    return [*moved, *ways(chance, chance.choice(((0,), (0, 5, 8), (0, 1, 2, 9), (20, 30))))]


def counts_of(people: Sequence[Way]) -> Json:
    """A month's exact numbers as the engine counts them."""
    where = Counter((name, gender) for name, gender, stand in people if stand in ENDED)
    plan = {(*place, did): 0 for place in where for did in ("yes", "no", "no_answer", "outside")}
    for name, gender, stand in people:
        if stand in ENDED:
            plan[name, gender, "no" if stand == LEFT else "yes"] += 1
    asked = {PLAN_MADE.code: Question(plan, did="yes", did_not="no")}
    begun = Counter(("alla", gender) for _, gender, _ in people)
    stands = Counter((gender, state) for _, gender, (_, state) in people)
    plans = [[gender, state, stands[gender, state]] for _, gender in begun for state in ("done", "left", "undated")]
    plans += [[gender, "waiting", stands[gender, "waiting"]] for _, gender in begun]
    empty = ("agencies", "goals", "planned", "attendance", "kinds", "months", "waiting")
    return {
        "discharged": tables_to_json(Tables(dict(where), asked)),
        "enrolled": tables_to_json(Tables(dict(begun), {})),
        "surveys": tables_to_json(Tables({}, {})),
        "plans": sorted(plans),
        "waits": {"plan": [], "discharge": []},
        **{name: [] for name in empty},
    }


Month = tuple[Sequence[Way], Json]  # how everybody stands, and what is shown


def shown_months(chance: random.Random, number: int) -> list[Month]:
    people = ways(chance, (0, 1, 3, 5, 8, 15, 30))
    told: list[Month] = []
    earlier: list[tuple[Json, Json]] = []
    for at in range(number):
        people = later(chance, people) if at else people
        counts = counts_of(people)
        shown = publish_month(date(2026, at + 1, 1), counts, earlier)
        earlier.append((counts, shown))
        told.append((people, shown))
    return told


# ---------- who knows it all ----------
@dataclass
class LeadAttacker(Attacker):
    known: Sequence[Month] = ()
    found: dict[tuple[int, Place, Stand], int] = field(default_factory=dict)
    shows: int = 0  # lines of lead times that are shown anew

    def __post_init__(self) -> None:
        everybody = [way for people, _ in self.known for way in people]
        self.places = sorted(product({name for name, _, _ in everybody}, {gender for _, gender, _ in everybody}))
        for at, (people, shown) in enumerate(self.known):
            stands = Counter(people)
            for place in self.places:
                for stand in EVERY:
                    self.found[at, place, stand] = len(self.truth)
                    self.truth.append(stands[(*place, stand)])
            self._month(at, shown)
        for at in range(len(self.known) - 1):
            for place in self.places:
                for group in GROWING:
                    before, after = (self._of(month, [place], group) for month in (at, at + 1))
                    self._know({**after, **dict.fromkeys(before, -1)}, 0, numpy.inf)

    def _of(self, at: int, places: Sequence[Place], group: Sequence[Stand]) -> Expression:
        return {self.found[at, place, stand]: 1 for place in places for stand in group}

    def _month(self, at: int, shown: Json) -> None:
        as_of = shown["as_of"]
        both = {name: shown_from_json(shown[name]) for name in ("enrolled", "discharged") if shown[name]}
        for name, group in (("enrolled", EVERY), ("discharged", ENDED)):
            if name in both and both[name].as_of == as_of:
                self._lines(at, both[name], group)
        if "discharged" in both and both["discharged"].as_of == as_of:
            self._plans(at, both["discharged"])
        for code, groups in (("plan", ("done", "waiting", "left")), ("discharge", ("ended", "open"))):
            if shown["leads"][code]["as_of"] == as_of:
                for gender, *numbers in shown["leads"][code]["rows"]:
                    self.shows += 1
                    places = self._within(both["enrolled"], (ANY, gender))
                    for name, number in zip(groups, numbers, strict=False):
                        group = OPEN if name == "open" else GROUPS[name]
                        self._know(self._of(at, places, group), number, number)

    def _lines(self, at: int, shown: Shown, group: Sequence[Stand]) -> None:
        for line, count in shown.lines.items():
            if line[0] != "alla":
                self._know(self._of(at, self._within(shown, line), group), count, count)
        if not shown.lines:
            self._know(self._of(at, self.places, group), 0, 0)
        if shown.left_out_unknown:
            unknown = [place for place in self.places if place[1] == "unknown"]
            self._know(self._of(at, unknown, group), 1, SMALLEST - 1)

    def _plans(self, at: int, shown: Shown) -> None:
        question = shown.questions[PLAN_MADE.code]
        groups: Mapping[str, Sequence[Stand]] = {"yes": (WITH, UNDATED), "no": (LEFT,)}
        for (line, did), count in question.cells.items() if question.as_of == shown.as_of else ():
            if did in groups:
                expression = self._of(at, self._within(shown, line), groups[did])
                self._know(expression, 1 if count is None else count, numpy.inf if count is None else count)
        for line, base in question.bases.items() if question.as_of == shown.as_of else ():
            if base and (line in question.shares or line in question.bands):
                possible = [count for count in range(base + 1) if _fits(question, line, count, base)]
                did_it = self._of(at, self._within(shown, line), groups["yes"])
                self._know(did_it, min(possible), max(possible))

    def _all_targets(self) -> Iterator[Target]:
        lines: list[Line] = [*self.places, *((name, ANY) for name, _ in self.places)]
        lines += [*((ANY, gender) for _, gender in self.places), (ANY, ANY)]
        for name, group in GROUPS.items():
            for line in lines:
                within = [place for place in self.places if _in(place, line)]
                sums = [self._of(at, within, group) for at in range(len(self.known))]
                for at, one in enumerate(sums):
                    yield from self._target(f"{name} {line} {at}", one)
                    for before in range(at):
                        change = {**one, **dict.fromkeys(sums[before], -1)}
                        yield from self._target(f"{name} {line} {before}-{at}", change)

    def _target(self, said: str, expression: Expression) -> Iterator[Target]:
        truth = sum(self.truth[variable] * times for variable, times in expression.items())
        if 0 < abs(truth) < SMALLEST:
            yield Target(said, tuple(expression.items()), truth)


def _in(place: Place, line: Line) -> bool:
    return line[0] in {ANY, place[0]} and line[1] in {ANY, place[1]}


def attacker_of(seed: int, number: int) -> LeadAttacker:
    return LeadAttacker((), known=shown_months(random.Random(seed), number))
