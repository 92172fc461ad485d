"""How long referrals wait and have waited: counts without persons, with the small ones hidden (L57, L58)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from referrals.models import ReferralLeg
from referrals.survival import Curve, Wait, answered_by, answers_by, curve_of, median_of
from workspace.clocks import add_months, end_of, start_of
from workspace.models import Agency, CooperationRole
from workspace.rules import Hat
from workspace.small_cells import LEAST_BASE, SUM, THRESHOLD, Hidden, Place, Shown, hide_small, is_small, safe_days
from workspace.states import CooperationRoleKind, Gender
from workspace.swedish import sort_key

FOLLOWING = {CooperationRoleKind.COORDINATOR, CooperationRoleKind.STEERING, CooperationRoleKind.CHAIR}
BANDS = ((0, 14), (15, 30), (31, 90), (91, None))  # days since sending, both included
MOST = 20_000  # legs of a period; the newest are counted
SHARE_DAYS = (14, 30, 90)
GROUPS = {Gender.WOMAN: "Kvinnor", Gender.MAN: "Män", Gender.UNKNOWN: "Uppgift saknas"}
TOGETHER = "Totalt"
DAYS = (7, 14, 21, 30, 45, 60, 90, 120, 180)  # the days that the curve may show


class Withheld(StrEnum):
    """Why a share or a median is not said."""

    FEW = "för få"
    ALSO = "dolt"
    EARLY = "för tidigt"
    NOT_YET = "ännu inte nådd"
    ONLY_COUNTED = "räknas bara"


class Period(StrEnum):
    """When a referral was sent. Two that don't overlap: of two that do, the difference could be a small cell."""

    YEAR = "12"
    YEAR_BEFORE = "24"


@dataclass(frozen=True)
class OpenAges:
    """Open legs by receiver and age: a row for each receiver, a column for each band, both with sums at SUM."""

    total: int
    agencies: list[Agency]
    cells: dict[Place, Shown] | None  # None where only the total may be shown, or not even that


@dataclass(frozen=True)
class AnswerRow:
    """One group's waiting. `shares` by day: whole per cent, or why not."""

    label: str
    sent: Shown
    answered: Shown
    waiting: Shown
    ended: Shown
    median: int | Withheld
    shares: dict[int, int | Withheld]


@dataclass(frozen=True)
class AnswerTimes:
    total: int
    rows: list[AnswerRow]  # women, men, those whose sex is not known if they are many, all; or none
    by_sex: bool  # whether women's and men's shares and medians are told
    unknown: Shown  # how many more there are whose sex is not known: in no row, since a sum would tell so few
    cut: bool  # more legs than MOST: the oldest are left out


def follows_waiting(hat: Hat) -> bool:
    """Whether this hat follows a cooperation's waiting: its coordinator, steering group and chair."""
    return isinstance(hat, CooperationRole) and hat.role in FOLLOWING


def _sent_legs(hat: Hat) -> QuerySet[ReferralLeg]:
    """Everything sent between agencies of the cooperation, followed or only counted. The columns are the sender's."""
    if not isinstance(hat, CooperationRole) or not follows_waiting(hat):
        return ReferralLeg.objects.none()
    return ReferralLeg.objects.filter(
        sent_at__isnull=False,
        referral__sender__agency__cooperations=hat.cooperation_id,
        receiver__agency__cooperations=hat.cooperation_id,
    ).order_by()


# ---------- the age of what is open ----------
def open_ages_of(hat: Hat) -> OpenAges:
    """What waits at each receiver today, however long ago it was sent. Two queries."""
    today = timezone.localdate()
    names = [f"band_{place}" for place in range(len(BANDS))]
    bands = {name: Count("pk", filter=_aged(today, *band)) for name, band in zip(names, BANDS, strict=True)}
    waiting = _sent_legs(hat).filter(answered_at__isnull=True, ended_at__isnull=True)
    counted = waiting.values("receiver__agency").annotate(**bands).values_list("receiver__agency", *names)
    found: dict[int, list[int]] = {agency: counts for agency, *counts in counted}
    agencies = sorted(Agency.objects.filter(pk__in=found), key=lambda agency: sort_key(agency.name, ""))
    rows = [found[agency.pk] for agency in agencies]
    total = sum(map(sum, rows))
    return OpenAges(total, agencies, hide_small(rows, keep=[(SUM, SUM)]) if total >= THRESHOLD else None)


def _aged(today: date, least: int, most: int | None) -> Q:
    """Sent that many calendar days ago."""
    sent = Q(sent_at__lt=end_of(date.fromordinal(today.toordinal() - least)))
    return sent & Q(sent_at__gte=start_of(date.fromordinal(today.toordinal() - most))) if most is not None else sent


# ---------- the time to answer ----------
@dataclass(frozen=True)
class Group:
    """Waits of one sex, or of all."""

    label: str
    waits: list[Wait]
    still: int  # how many of those without an answer still wait

    @property
    def answered(self) -> int:
        return sum(wait.answered for wait in self.waits)

    @property
    def counts(self) -> tuple[int, int, int]:
        """Answered, waiting, ended without an answer."""
        return self.answered, self.still, len(self.waits) - self.answered - self.still


def answer_times_of(hat: Hat, period: Period) -> AnswerTimes:
    """How long the answers to what was sent in a period have taken, by sex and together. One query.

    Reads the MOST legs sent last, and none sent outside the period.
    """
    today = timezone.localdate()
    last = add_months(today, -12 if period == Period.YEAR_BEFORE else 0)
    legs = _sent_legs(hat).filter(sent_at__gte=end_of(add_months(last, -12)), sent_at__lt=end_of(last))
    columns = ("referral__participant__gender", "sent_at", "answered_at", "ended_at")
    found = list(legs.order_by("-sent_at", "-pk").values_list(*columns)[: MOST + 1])
    by_gender: dict[str, list[tuple[Wait, bool]]] = {gender: [] for gender in Gender.values}
    for gender, sent_at, answered_at, ended_at in found[:MOST]:
        by_gender[gender].append((_wait(sent_at, answered_at, ended_at), not answered_at and not ended_at))
    groups = [_group(GROUPS[gender], by_gender[gender]) for gender in Gender]
    few = len(groups[-1].waits) if len(groups[-1].waits) < LEAST_BASE else 0
    return _answer_times(groups[:-1] if few or not groups[-1].waits else groups, few, cut=len(found) > MOST)


def _group(label: str, pairs: Sequence[tuple[Wait, bool]]) -> Group:
    return Group(label, [wait for wait, _ in pairs], sum(still for _, still in pairs))


def _wait(sent_at: datetime, answered_at: datetime | None, ended_at: datetime | None) -> Wait:
    until = timezone.localdate(answered_at or ended_at)
    return Wait(max(0, (until - timezone.localdate(sent_at)).days), answered_at is not None)


def _answer_times(groups: list[Group], others: int, cut: bool) -> AnswerTimes:
    """The table: counts first, since no share may tell what they hide. Each choice is made of what is shown alone."""
    whole = Group(TOGETHER, [wait for group in groups for wait in group.waits], sum(group.still for group in groups))
    total, unknown = len(whole.waits), Hidden.SMALL if is_small(others) else others
    keep = [(SUM, SUM), *([(SUM, 1)] if whole.still >= THRESHOLD else [])]  # who waits is summed by age too
    cells = hide_small([group.counts for group in groups], keep=keep) if total >= THRESHOLD else None
    if cells is None:
        return AnswerTimes(total, [], by_sex=False, unknown=unknown, cut=cut)
    sure = {at: _surely_answered(cells, at) for at in (*range(len(groups)), SUM)}
    days = _days_of([(whole, sure[SUM])], DAYS)
    # All or none: subtracted from the whole, the others' shares tell the last one's.
    by_sex = all(_has_base(cells[at, SUM]) for at in range(len(groups)))
    both = _days_of([(group, sure[at]) for at, group in enumerate(groups)], days) if by_sex else None
    rows = [_row(group, cells, at, sure[at], both) for at, group in enumerate(groups)]
    rows.append(_row(whole, cells, SUM, sure[SUM], days if _has_base(cells[SUM, SUM]) else None))
    return AnswerTimes(total, rows, by_sex, unknown, cut=cut)


def _has_base(sent: Shown) -> bool:
    return not isinstance(sent, Hidden) and sent >= LEAST_BASE


def _surely_answered(cells: dict[Place, Shown], at: int) -> int:
    """How many of a line have their answer, as far as the line tells: no share may tell more of a hidden number."""
    answered, sent = cells[at, 0], cells[at, SUM]
    if not isinstance(answered, Hidden):
        return answered
    rest = [cells[at, 1], cells[at, 2]]
    if isinstance(sent, Hidden) or Hidden.ALSO in rest:
        return 0
    return sent - sum(THRESHOLD - 1 if isinstance(count, Hidden) else count for count in rest)


def _days_of(groups: Sequence[tuple[Group, int]], days: Sequence[int]) -> list[int]:
    """The days by which each group's share may be told, given how many of it are surely answered."""
    sure = [day for day in days if all(answers_by(group.waits, day) <= number for group, number in groups)]
    grown = [[answers_by(group.waits, day) for day in sure] for group, _ in groups]
    first = [sure.index(day) for day in SHARE_DAYS if day in sure]
    return [sure[at] for at in safe_days(grown, [len(group.waits) for group, _ in groups], first)]


def _row(group: Group, cells: dict[Place, Shown], at: int, sure: int, days: Sequence[int] | None) -> AnswerRow:
    """One line; `days` are those whose share may be told, None where no figure but the counts may."""
    sent, answered, waiting, ended = (cells[at, place] for place in (SUM, 0, 1, 2))
    curve = curve_of(group.waits)
    if days is None or group.label == GROUPS[Gender.UNKNOWN]:
        why = Withheld.FEW if not isinstance(sent, Hidden) and sent < LEAST_BASE else Withheld.ALSO
        why = Withheld.ONLY_COUNTED if group.label == GROUPS[Gender.UNKNOWN] else why
        return AnswerRow(group.label, sent, answered, waiting, ended, why, dict.fromkeys(DAYS, why))
    shares = {day: _share(answered_by(curve, day), day in days) for day in DAYS}
    median = _median(group, curve, sure, isinstance(answered, Hidden))
    return AnswerRow(group.label, sent, answered, waiting, ended, median, shares)


def _share(share: Fraction | None, told: bool) -> int | Withheld:
    if share is None:
        return Withheld.EARLY
    return int(share * 100 + Fraction(1, 2)) if told else Withheld.ALSO


def _median(group: Group, curve: Curve, sure: int, hidden: bool) -> int | Withheld:
    """The median, unless it rests on few answers or tells more of a hidden number of answers than its line does."""
    day = median_of(curve)
    if day is None:
        return Withheld.ALSO if hidden else Withheld.NOT_YET
    by_then = answers_by(group.waits, day)
    return Withheld.ALSO if is_small(by_then) or by_then > sure else day
