"""What a decision is followed by: the measures of a frozen month, and what has become of one since a moment (R95)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from meetings.figures.arithmetic import last_day_of, percent
from meetings.figures.models import Snapshot
from meetings.figures.queries.reports import frozen_report
from meetings.figures.report import Report
from meetings.figures.report.measures import Measure, NotCompared, measure_of, measures_of
from workspace.models import Cooperation

LABELS = ("Kvinnor", "Män", "Kvinnor och män")
NOT_COMPARED = "går inte att jämföra"


@dataclass(frozen=True)
class Then:
    """One group in one month: whole per cent, of how many; None where it is not shown or too few."""

    did: int | None
    base: int | None

    @property
    def share(self) -> int | None:
        return percent(self.did, self.base) if self.did is not None and self.base else None

    @property
    def text(self) -> str:
        return "visas inte" if self.share is None else f"{self.share} %"

    @property
    def of(self) -> str:
        return "" if self.share is None else f"{self.did} av {self.base}"


@dataclass(frozen=True)
class Side:
    """One group then and now."""

    label: str
    then: Then
    now: Then

    @property
    def change(self) -> int | None:
        """Percentage points, of the shares as they are shown; None where either is not."""
        if self.then.share is None or self.now.share is None:
            return None
        return self.now.share - self.then.share

    @property
    def said(self) -> str:
        """«+13», «−2», «0», or that it can't be compared."""
        if self.change is None:
            return NOT_COMPARED
        return f"{self.change:+d}".replace("-", "−") if self.change else "0"


@dataclass(frozen=True)
class Changed:
    """A measure in the month that stood then and in the newest one. Months are written as their first day."""

    code: str
    name: str
    sides: list[Side]  # women, men, both together
    then_month: date
    then_as_of: date  # the month that its numbers are of: an earlier one where that month's may not be shown
    now_month: date
    now_as_of: date
    gap_then: int | None  # whole percentage points between women and men; None where either is hidden
    gap_now: int | None
    is_corrected: bool  # the month that stood then has come in a later version, which is what is compared

    @property
    def then_end(self) -> date:
        """The last day that the numbers from then speak of."""
        return last_day_of(self.then_as_of)

    @property
    def now_end(self) -> date:
        return last_day_of(self.now_as_of)

    @property
    def is_same_month(self) -> bool:
        """Nothing newer is frozen, or nothing newer may be shown: there is nothing to compare yet."""
        return self.then_month == self.now_month or self.then_as_of == self.now_as_of

    @property
    def sentence(self) -> str:
        """«Skillnaden mellan kvinnor och män har minskat från 17 till 7 procentenheter.»"""
        if self.then_month == self.now_month:
            return "Inga nyare siffror är låsta sedan dess."
        if self.is_same_month:
            return "Nyare siffror är låsta, men går inte att visa än."
        if self.gap_then is None or self.gap_now is None:
            return f"Skillnaden mellan kvinnor och män {NOT_COMPARED}: talen är för små för att visas."
        if self.gap_then == self.gap_now:
            return f"Skillnaden mellan kvinnor och män är oförändrad: {points(self.gap_now)}."
        word = "minskat" if self.gap_now < self.gap_then else "ökat"
        return f"Skillnaden mellan kvinnor och män har {word} från {self.gap_then} till {points(self.gap_now)}."


def points(number: int) -> str:
    return "1 procentenhet" if number == 1 else f"{number} procentenheter"


# ---------- which there are ----------
def indicators(cooperation: Cooperation) -> list[tuple[str, str]]:
    """Code and name of every measure that the newest frozen month can bear; none where no month is. One query."""
    newest = Snapshot.objects.filter(cooperation=cooperation).order_by("-month", "-version").defer("counts").first()
    return [(one.code, one.name) for one in measures_of(frozen_report(newest))] if newest else []


# ---------- which month stood ----------
@dataclass(frozen=True)
class Frozen:
    """One version of a frozen month, without its numbers."""

    pk: int
    month: date  # its first day
    version: int
    made_at: datetime


def frozen_versions(cooperation: Cooperation) -> list[Frozen]:
    """Every version of every frozen month, the oldest first. One query."""
    rows = Snapshot.objects.filter(cooperation=cooperation).order_by("month", "version")
    return [Frozen(*row) for row in rows.values_list("pk", "month", "version", "made_at")]


def stood_at(versions: Iterable[Frozen], at: datetime, *, before: date | None = None) -> Frozen | None:
    """The newest month that was frozen by a moment, in the version that stood then. `before`: months until that one."""
    known = [one for one in versions if one.made_at <= at and (before is None or one.month < before)]
    return max(known, key=lambda one: (one.month, one.version), default=None)


def reports_by(keys: Iterable[int]) -> dict[int, Report]:
    """The reports of frozen months by their keys. One query for any number; none for none."""
    wanted = set(keys)
    if not wanted:
        return {}
    return {one.pk: frozen_report(one) for one in Snapshot.objects.filter(pk__in=wanted).defer("counts")}


# ---------- what has become of one ----------
@dataclass(frozen=True)
class Asked:
    """A measure, and the moment it is compared with."""

    code: str
    since: datetime


def changed_since(cooperation: Cooperation, code: str, since: datetime) -> Changed | None:
    """A measure in the month that was the newest frozen one at `since`, and in the newest one now.

    None where no month was frozen then, and where either month does not have the measure. Two queries.
    """
    return changes_since(cooperation, [Asked(code, since)])[0]


def changes_since(cooperation: Cooperation, asked: Sequence[Asked]) -> list[Changed | None]:
    """The same for many, in their order. Two queries for any number, none where nothing is asked for.

    Of each month its latest version is compared: a correction says what was so then, too (L32).
    """
    if not any(one.code for one in asked):
        return [None for _ in asked]
    versions = frozen_versions(cooperation)
    latest = {one.month: one for one in versions}
    stood = [stood_at(versions, one.since) if one.code else None for one in asked]
    months = {one.month for one in stood if one} | ({max(latest)} if latest else set())
    reports = reports_by(latest[month].pk for month in months)
    found: list[Changed | None] = []
    for one, then in zip(asked, stood, strict=True):
        if then is None:
            found.append(None)
            continue
        before, after = latest[then.month], latest[max(latest)]
        is_corrected = before.version > then.version
        found.append(_compared(one.code, reports[before.pk], reports[after.pk], is_corrected))
    return found


def _compared(code: str, then: Report, now: Report, is_corrected: bool) -> Changed | None:
    before, after = measure_of(then, code), measure_of(now, code)
    if before is None or after is None:
        return None
    old, new = _groups(before), _groups(after)
    return Changed(
        code=code,
        name=after.name,
        sides=[Side(label, *pair) for label, *pair in zip(LABELS, old, new, strict=True)],
        then_month=then.month,
        then_as_of=before.as_of,
        now_month=now.month,
        now_as_of=after.as_of,
        gap_then=gap_of(before),
        gap_now=gap_of(after),
        is_corrected=is_corrected,
    )


def _groups(measure: Measure | NotCompared) -> list[Then]:
    """Women, men and both together; nothing of a measure that its month can't bear."""
    if isinstance(measure, NotCompared):
        return [Then(None, None)] * len(LABELS)
    women, men = (measure.women_did, measure.women_base), (measure.men_did, measure.men_base)
    return [Then(*women), Then(*men), Then(women[0] + men[0], women[1] + men[1])]


def gap_of(measure: Measure | NotCompared) -> int | None:
    """Whole percentage points between the shares of women and men, as they are shown; None where they are not."""
    return abs(measure.women_share - measure.men_share) if isinstance(measure, Measure) else None
