"""Tables by chance, with many small numbers in them, and months that grow."""

import random
from collections.abc import Mapping

from meetings.figures.suppression import Question, Shown, Tables, publish

Counts = dict[tuple[str, str, str], int]
SIZES = (0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 8, 12, 20, 40)
KINDS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("yes", "no"), "yes", "no"),
    (("yes", "no", "no_answer"), "yes", "no"),
    (("yes", "no", "no_answer", "outside"), "yes", "no"),
    (("work", "studies", "care", "moved"), "", ""),
)


def places(chance: random.Random) -> list[tuple[str, str]]:
    names = ["Piteå", "Arvidsjaur", "Älvsbyn", "Arjeplog"][: chance.choice((1, 2, 2, 2, 3, 3, 4))]
    genders = ["woman", "man", *(["unknown"] if chance.random() < 0.3 else [])]
    return [(name, gender) for name in names for gender in genders]


def by_chance(chance: random.Random, questions: int | None = None) -> Tables:
    """A month: the people, and where each of them stands in one to three questions."""
    return grown(chance, None, questions or chance.choice((1, 1, 2, 3)))


def grown(chance: random.Random, before: Tables | None, questions: int = 1) -> Tables:
    """A later month: more people at some places."""
    sizes = SIZES if before is None else chance.choice(((0, 5, 6, 9, 14), (0, 0, 0, 1, 2, 5, 8, 13), (0, 0, 30, 40)))
    kinds = KINDS if before is None else ()
    told: dict[str, tuple[Counts, Question]] = {}
    if before is None:
        where = places(chance)
        people = {place: 0 for place in where}
        for at in range(questions):
            categories, did, did_not = chance.choice(kinds)
            sums = (frozenset({"care", "moved"}),) if not did else ()
            threshold = chance.choice((5, 5, 5, 5, 4, 3))
            empty = {(*place, category): 0 for place in where for category in categories}
            told[f"goal-{at}"] = (empty, Question(empty, threshold, sums, did, did_not))
    else:
        people = dict(before.people)
        told = {name: (dict(question.counts), question) for name, question in before.questions.items()}
    more = {place: chance.choice(sizes) for place in people}
    for counts, _ in told.values():
        categories_of = sorted({category for _, _, category in counts})
        weights = [chance.choice((1, 2, 5, 12)) for _ in categories_of]
        for place, count in more.items():
            for category in chance.choices(categories_of, weights, k=count):
                counts[*place, category] += 1
    after = {place: count + more[place] for place, count in people.items()}
    return Tables(after, {name: _with(question, counts) for name, (counts, question) in told.items()})


def _with(question: Question, counts: Mapping[tuple[str, str, str], int]) -> Question:
    return Question(counts, question.threshold, question.secret_sums, question.did, question.did_not)


def published(months: list[Tables]) -> list[tuple[Shown, Tables]]:
    """What is shown of each month, as the months come; without the first that show nothing."""
    told: list[tuple[Shown, Tables]] = []
    for at, tables in enumerate(months):
        shown = publish(f"2026-{at + 1:02}", tables, [one for one, _ in told], exact=[exact for _, exact in told])
        if shown is not None:
            told.append((shown, tables))
    return told
