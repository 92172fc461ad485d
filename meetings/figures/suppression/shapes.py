"""What goes into the suppression and what comes out of it. Pure data (L57, L58)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ANY = "*"
WOMAN, MAN, UNKNOWN = "woman", "man", "unknown"
OTHERS = "Övriga kommuner"

Line = tuple[str, str]  # (municipality or ANY, gender or ANY); (ANY, ANY) is all


@dataclass(frozen=True)
class Question:
    """One table over a population: every person of it stands in exactly one category."""

    counts: Mapping[tuple[str, str, str], int]  # (municipality, gender, category) -> persons, exact
    threshold: int = 5
    secret_sums: tuple[frozenset[str], ...] = ()  # sums of categories that must not become known either when small
    did: str = ""  # the two categories whose share is shown; "" for a table without one
    did_not: str = ""


@dataclass(frozen=True)
class Tables:
    """A month's exact numbers. Only the engine reads them."""

    people: Mapping[Line, int]  # (municipality, gender) -> persons, exact
    questions: Mapping[str, Question]
    # Questions of which one tells something of another, as «Vad hände sedan?» and «Arbete, studier, vård eller LSS»:
    # names of such questions -> (municipality, gender, the category in each of them, in the names' order) -> persons.
    # A combination that nobody stands in is one that nobody can stand in. A question stands in one group at the most.
    joint: Mapping[tuple[str, ...], Mapping[tuple[str, str, tuple[str, ...]], int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Band:
    """Where a share lies, in per cent: more than `least` or less than `most`; where both stand, both belong to it."""

    least: int | None
    most: int | None


@dataclass(frozen=True)
class ShownQuestion:
    """What may be shown of a question. A line that is missing from `cells` is hidden, as a cell that is None."""

    as_of: str  # the month these numbers are of
    cells: Mapping[tuple[Line, str], int | None] = field(default_factory=dict)  # None: hidden; nought is always shown
    bands: Mapping[Line, Band] = field(default_factory=dict)  # where the share can't be shown
    shares: Mapping[Line, int] = field(default_factory=dict)  # whole per cent, of a base of ten or more
    bases: Mapping[Line, int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Shown:
    """What may be shown of a month: nothing else of it leaves the engine."""

    as_of: str
    lines: Mapping[Line, int]  # the population by line, only lines that may be shown; none of them: there is nobody
    questions: Mapping[str, ShownQuestion]
    left_out_unknown: bool = False  # 1–4 people without stated gender: in no number at all
    merged: Mapping[str, str] = field(default_factory=dict)  # municipality -> the name it is counted under
