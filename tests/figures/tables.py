"""Tables by chance, with many small numbers in them, and months that grow."""

import random
from collections.abc import Sequence
from dataclasses import replace

from meetings.figures.suppression import Question, Shown, Tables, publish

Counts = dict[tuple[str, str, str], int]
SIZES = (0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 8, 12, 20, 40)
Kind = tuple[tuple[str, ...], str, str]
KINDS: tuple[Kind, ...] = (
    (("yes", "no"), "yes", "no"),
    (("yes", "no", "no_answer"), "yes", "no"),
    (("yes", "no", "no_answer", "outside"), "yes", "no"),
    (("work", "studies", "care", "moved"), "", ""),
)


def places(chance: random.Random) -> list[tuple[str, str]]:
    names = ["Piteå", "Arvidsjaur", "Älvsbyn", "Arjeplog"][: chance.choice((1, 2, 2, 2, 3, 3, 4))]
    genders = ["woman", "man", *(["unknown"] if chance.random() < 0.3 else [])]
    return [(name, gender) for name in names for gender in genders]


def by_chance(chance: random.Random, kinds: Sequence[Kind] = KINDS, questions: int = 0) -> Tables:
    """A month: the people, and where each of them stands in one to three questions."""
    where = places(chance)
    asked: dict[str, Question] = {}
    for at in range(questions or chance.choice((1, 1, 2, 3))):
        categories, did, did_not = chance.choice(kinds)
        empty = {(*place, category): 0 for place in where for category in categories}
        sums = () if did else (frozenset({"care", "moved"}),)
        asked[f"goal-{at}"] = Question(empty, chance.choice((5, 5, 5, 5, 4, 3)), sums, did, did_not)
    return _more(chance, Tables(dict.fromkeys(where, 0), asked), SIZES)


def grown(chance: random.Random, before: Tables) -> Tables:
    """A later month: more people at some places, few or many."""
    return _more(chance, before, chance.choice(((0, 5, 6, 9, 14), (0, 0, 0, 1, 2, 5, 8, 13), (0, 0, 30, 40))))


def _more(chance: random.Random, before: Tables, sizes: Sequence[int]) -> Tables:
    new = {place: chance.choice(sizes) for place in before.people}
    asked: dict[str, Question] = {}
    for name, question in before.questions.items():
        counts = dict(question.counts)
        categories = sorted({category for _, _, category in counts})
        weights = [chance.choice((1, 2, 5, 12)) for _ in categories]
        for place, count in new.items():
            for category in chance.choices(categories, weights, k=count):
                counts[*place, category] += 1
        asked[name] = replace(question, counts=counts)
    return Tables({place: count + new[place] for place, count in before.people.items()}, asked)


def months(chance: random.Random, number: int) -> list[Tables]:
    """One month, or some that grow."""
    found = [by_chance(chance)]
    while len(found) < number:
        found.append(grown(chance, found[-1]))
    return found


def begun(chance: random.Random, number: int) -> list[Tables]:
    """A month or two of nobody, and then those that grow."""
    found = months(chance, number)
    return [*[nobody(found[0])] * chance.choice((1, 2)), *found]


def linked_begun(chance: random.Random, number: int) -> list[Tables]:
    found = linked_months(chance, number)
    return [nobody(found[0]), *found]


def nobody(tables: Tables) -> Tables:
    """The same questions asked of no people."""
    asked = {name: replace(question, counts={}) for name, question in tables.questions.items()}
    return Tables({}, asked, {names: {} for names in tables.joint})


def linked_months(chance: random.Random, number: int) -> list[Tables]:
    found = [by_chance(chance, KINDS[-1:], 1)]
    while len(found) < number:
        found.append(grown(chance, found[-1]))
    return [linked(tables) for tables in found]


SUCCESS = ("care", "studies", "work")


def linked(tables: Tables) -> Tables:
    """With one question more, of which the outcomes tell all: whether it went well."""
    outcomes = tables.questions["goal-0"]
    well: Counts = {}
    both: dict[tuple[str, str, tuple[str, ...]], int] = {}
    for (name, gender, category), count in outcomes.counts.items():
        said = "yes" if category in SUCCESS else "no"
        well[name, gender, said] = well.get((name, gender, said), 0) + count
        both[name, gender, (category, said)] = count
    success = Question(well, outcomes.threshold, (), "yes", "no")
    return Tables(tables.people, {"goal-0": outcomes, "success": success}, {("goal-0", "success"): both})


def counted(tables: Tables) -> Tables:
    """As the engine has counted it: nothing of places where nobody is."""
    people = {place: count for place, count in tables.people.items() if count}
    asked = {
        name: replace(question, counts={cell: n for cell, n in question.counts.items() if cell[:2] in people})
        for name, question in tables.questions.items()
    }
    return Tables(people, asked, tables.joint)


def published(months: list[Tables]) -> list[tuple[Shown, Tables]]:
    """What is shown of each month, as the months come; without the first that show nothing."""
    told: list[tuple[Shown, Tables]] = []
    for at, tables in enumerate(map(counted, months)):
        shown = publish(f"2026-{at + 1:02}", tables, [one for one, _ in told], exact=[exact for _, exact in told])
        if shown is not None:
            told.append((shown, tables))
    return told
