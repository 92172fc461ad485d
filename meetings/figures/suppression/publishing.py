"""What may be shown of a month, after all that has been shown before. Pure: the same in, the same out.

First which lines of people may be shown at all; then question by question which cells. A month is shown only with a
witness for every small number, of this month and of every earlier one, and for every small difference between months:
another set of tables that looks the same to somebody who knows everything shown. Without one less is shown, and at the
least what was shown before. Source: L57, L58 and R93 in trade.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

from meetings.figures.suppression.attempts import ALL, MANY, PATIENCE, Attempt, Group, Month, fewer, stood
from meetings.figures.suppression.frames import GENDER, MUNICIPALITY, Frame, Levels, first_frame, frame_of, still_shown
from meetings.figures.suppression.moves import Moves
from meetings.figures.suppression.secrets import people_secrets
from meetings.figures.suppression.shapes import Line, Shown, ShownQuestion, Tables


def publish(
    as_of: str,
    tables: Tables,
    earlier: Sequence[Shown],
    *,
    exact: Sequence[Tables] = (),
    beside: Sequence[Mapping[Line, int]] = (),
) -> Shown | None:
    """What may be shown of a month; None where nothing may be shown yet.

    `exact` are the numbers behind `earlier`, one for each, in the same order. `beside` are lines of other populations
    that are shown too: who is in one and not in the other is a group of people. Where a month may not be shown, what
    was shown last stands on, with the month it is of.

    That there is nobody at all may always be said, and no line says it. Such a month is no ground for others: what lies
    between nobody and another month is that month itself, and its own small numbers are kept already. So what stands on
    is what was shown last of somebody; None where that is nothing.
    """
    if len(exact) != len(earlier):
        raise ValueError("publish: «exact» holds the tables behind each of «earlier»")
    if not any(tables.people.values()):
        return Shown(as_of, {}, {name: ShownQuestion(as_of) for name in sorted(tables.questions)})
    months = [(shown, known) for shown, known in zip(earlier, exact, strict=True) if shown.lines]
    earlier, past = [shown for shown, _ in months], _distinct(months)
    everywhere = _everywhere([tables, *(known for _, known in past)])
    frames = [frame_of(shown, replace(known, people={**everywhere, **known.people})) for shown, known in past]
    frame = first_frame(replace(tables, people={**everywhere, **tables.people}))
    for levels in fewer(still_shown(frame, frames, beside)):
        if _enough(frame, levels, frames, stood(earlier)):
            found = _shown(Attempt(as_of, tables, past, [*frames, frame.with_levels(levels)], earlier))
            if found is not None:
                return found
    return earlier[-1] if earlier else None


def _enough(frame: Frame, levels: Levels, before: Sequence[Frame], months: int) -> bool:
    """Whether a month's lines are worth more than those that stand: never a total alone after women and men (L57).

    A total alone comes first only of many. Municipalities are given up for newer numbers after half a year.
    """
    if GENDER not in levels:
        return not before and frame.sums[ALL] >= MANY
    return not before or MUNICIPALITY not in before[-1].levels - levels or months >= PATIENCE


def _everywhere(months: Sequence[Tables]) -> dict[Line, int]:
    """Nobody at every place where somebody could be: of other people there, each line must count them too."""
    names, genders = ({place[at] for month in months for place in month.people} for at in (0, 1))
    return dict.fromkeys(sorted(product(names, genders)), 0)


def _distinct(months: Sequence[Month]) -> list[Month]:
    """Without the months in which all that was shown stood on."""
    return [month for at, month in enumerate(months) if not at or month[0] != months[at - 1][0]]


def _shown(attempt: Attempt) -> Shown | None:
    """What an attempt shows; None where some number would have no witness."""
    frame, told_of = attempt.frames[-1], attempt.tables.people
    groups = [Group.of(attempt, names) for names in attempt.groups()]
    moves = Moves(attempt.frames, [group.system for group in groups])
    questions: dict[str, ShownQuestion] = {}
    for group in groups:
        if not group.settle(moves):
            return None
        questions |= group.said()
    if not all(moves.find(secret, None) for secret in people_secrets(attempt.frames)):
        return None
    lines = {line: frame.sums[line] for line in sorted(frame.shown) if not frame.places[line].isdisjoint(told_of)}
    told = {name: questions[name] for name in sorted(attempt.tables.questions)}
    return Shown(attempt.as_of, lines, told, frame.left_out, dict(frame.merged))
