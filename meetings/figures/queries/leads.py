"""Lead times: either every part of those who have begun, or none of them (L57, L58). Reads nothing.

Nothing is hidden beside what is shown, so there is nothing to compute: each part, and each number that follows from the
parts beside the other tables, is nought or five people, and so is what it has changed by since every month that was
shown. Otherwise what was shown last stands on. And no thing has two numbers: how many have begun and are discharged are
the lines of the two populations, and how many left without a plan is what the goal's question says of the discharged.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from meetings.figures.arithmetic import LEAST_BASE, longest_of
from meetings.figures.queries.known import DISCHARGE, PLAN, PLAN_MADE
from meetings.figures.report.build import count_of, genders_of, people_of
from meetings.figures.report.canonical import Json
from meetings.figures.states import Did
from meetings.figures.suppression import ANY, Shown
from referrals.survival import Wait, answers_by, curve_of, median_of
from workspace.small_cells import THRESHOLD, is_small
from workspace.states import Gender


@dataclass(frozen=True)
class Begun:
    """Those of one line who have begun: exact."""

    everybody: int
    ended: int
    done: int  # whose plan has been shown to them
    left: int  # discharged without one
    undated: int  # have one, since nobody knows when: in no lead time
    waiting: int

    @property
    def parts(self) -> tuple[int, ...]:
        """What is shown or follows from it: of the discharged all but `left` have a plan, of the others some wait."""
        apart = (self.ended, self.everybody - self.ended)
        return (self.done, self.left, self.undated, self.waiting, apart[0] - self.left, apart[1] - self.waiting)


def begun_in(counts: Json, gender: str, without_unknown: bool) -> Begun:
    """A line of a month, by its exact numbers."""
    left_out = {Gender.UNKNOWN.value} if without_unknown else set()

    def of(rows: Sequence[list[Any]], at: int, *said: str) -> int:
        own = [row for row in rows if gender in (row[at], ANY) and row[at] not in left_out]
        return sum(row[-1] for row in own if not said or row[at + 1] in said)

    everybody, ended = (of(counts[name]["people"], 1) for name in ("enrolled", "discharged"))
    plans = {state: of(counts["plans"], 0, state) for state in ("done", "left", "undated", "waiting")}
    return Begun(everybody, ended, **plans)


@dataclass(frozen=True)
class Month:
    """A month that is about to be shown: its exact numbers, and what is shown of the two populations."""

    as_of: str
    counts: Json
    discharged: Shown | None
    enrolled: Shown | None

    def publish(self, until: str, earlier: Sequence[tuple[Json, Json]]) -> Json:
        """Of women, men and together, or of all together; each with its median and its longest.

        Never of all together alone where women and men have been shown. Where nothing new may be, the last stands on.
        """
        told = [(counts, shown) for counts, shown in earlier if shown["leads"][until]["rows"]]
        for genders in self._choices():
            given = [row[0] for row in told[-1][1]["leads"][until]["rows"]] if told else []
            if {*given} <= {*genders} and all(self._may(until, gender, told) for gender in genders):
                return {"as_of": self.as_of, "rows": [self._row(until, gender) for gender in genders]}
        last: Json = told[-1][1]["leads"][until] if told else {"as_of": self.as_of, "rows": []}
        return last

    def _choices(self) -> Iterator[list[str]]:
        """The lines that could be shown, where both populations are shown as they are now and somebody has begun."""
        both = [one for one in (self.discharged, self.enrolled) if one is not None and one.as_of == self.as_of]
        if len(both) == 2 and both[1].lines:
            yield from (genders_of(both[1]), [ANY])

    def _begun(self, gender: str) -> Begun:
        assert self.enrolled is not None
        return begun_in(self.counts, gender, self.enrolled.left_out_unknown)

    def _may(self, until: str, gender: str, told: Sequence[tuple[Json, Json]]) -> bool:
        line, own = (ANY, gender), self._begun(gender)
        known = [people_of(shown, line) for shown in (self.enrolled, self.discharged) if shown is not None]
        if known != [own.everybody, own.ended] or is_small(own.everybody - own.ended):
            return False
        if until == DISCHARGE:
            return True
        if any(map(is_small, own.parts)) or self._left(gender) != own.left:
            return False
        return not any(_tells(own, gender, *month) for month in told)

    def _left(self, gender: str) -> int | None:
        """How many of the discharged the goal's question says had no plan; None where it doesn't, or not of now."""
        assert self.discharged is not None
        question = self.discharged.questions[PLAN_MADE.code]
        if self.discharged.lines and question.as_of != self.as_of:
            return None
        return count_of(question, self.discharged, (ANY, gender), Did.NO.value)

    def _row(self, until: str, gender: str) -> list[Any]:
        own = self._begun(gender)
        parts = [own.done, own.waiting, own.left] if until == PLAN else [own.ended, own.everybody - own.ended, 0]
        left_out = {Gender.UNKNOWN.value} if self.enrolled is not None and self.enrolled.left_out_unknown else set()
        waits = [row for row in self.counts["waits"][until] if gender in (row[0], ANY) and row[0] not in left_out]
        return [gender, *parts, _median(waits, sum(parts)), _longest(waits, sum(parts))]


def _tells(own: Begun, gender: str, counts: Json, shown: Json) -> bool:
    """Whether a line differs by a few people from what an earlier month shows of it."""
    lead = shown["leads"][PLAN]
    if lead["as_of"] != shown["as_of"] or gender not in [row[0] for row in lead["rows"]]:
        return False  # it stood on from a month that is among the earlier ones itself
    before = begun_in(counts, gender, shown["enrolled"]["left_out_unknown"])
    return any(is_small(abs(now - then)) for now, then in zip(own.parts, before.parts, strict=True))


def _median(rows: list[list[Any]], base: int) -> int | None:
    """By Kaplan and Meier's curve, of a base of ten or more, and resting on five answers or more."""
    if base < LEAST_BASE:
        return None
    waits = [Wait(days, bool(done)) for _, days, done, count in rows for _ in range(count)]
    day = median_of(curve_of(waits))
    return day if day is not None and answers_by(waits, day) >= THRESHOLD else None


def _longest(rows: list[list[Any]], base: int) -> int | None:
    if base < LEAST_BASE:
        return None
    reached: dict[int, int] = {}
    for _, days, _, count in rows:
        reached[days] = reached.get(days, 0) + count
    return longest_of(reached)
