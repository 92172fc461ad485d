"""Which months are frozen, which should be, and what has been shown before."""

from datetime import date, datetime, timedelta

from django.db.models import Max, Min, OuterRef, QuerySet, Subquery
from django.http import Http404
from django.utils import timezone

from meetings.figures.arithmetic import last_day_of, month_of, months_between
from meetings.figures.models import FiguresAgreement, Freezing, Snapshot
from workspace.clocks import add_months, end_of
from workspace.models import Cooperation
from workspace.pathway.models import EnrolmentRecord

# What was written just before midnight is committed by then, so that a month counted again is the same.
SETTLES = timedelta(minutes=5)


def cutoff_of(month: date) -> datetime:
    """The first moment after a month."""
    return end_of(last_day_of(month))


def months_of(cooperation: Cooperation) -> QuerySet[Snapshot]:
    """The latest version of every frozen month, the newest month first, without the numbers."""
    return _latest(cooperation).defer("counts", "shown").order_by("-month")


def _latest(cooperation: Cooperation) -> QuerySet[Snapshot]:
    same = Snapshot.objects.filter(cooperation=OuterRef("cooperation"), month=OuterRef("month"))
    newest = Subquery(same.order_by("-version").values("pk")[:1])
    return Snapshot.objects.filter(cooperation=cooperation, pk=newest)


def snapshot_of(cooperation: Cooperation, month: date | None = None, version: int | None = None) -> Snapshot:
    """A frozen month: the latest one and its latest version, if nothing is said. 404 where there is none such."""
    found = Snapshot.objects.filter(cooperation=cooperation).select_related("cooperation")
    if month is not None:
        found = found.filter(month=month_of(month))
    if version is not None:
        found = found.filter(version=min(version, 99_999))
    snapshot = found.order_by("-month", "-version").first()
    if snapshot is None:
        raise Http404
    return snapshot


def versions_of(cooperation: Cooperation, month: date) -> QuerySet[Snapshot]:
    """Every version of a month, the newest first, without the numbers."""
    found = Snapshot.objects.filter(cooperation=cooperation, month=month_of(month))
    return found.defer("counts", "shown").order_by("-version")


def latest_shown(cooperation: Cooperation) -> QuerySet[Snapshot]:
    """The latest version of every month with what it shows, the oldest month first."""
    return _latest(cooperation).defer("counts").order_by("month")


def shown_before(cooperation: Cooperation, pk: int | None = None) -> list[tuple[str, str]]:
    """Exact and shown, of every version that was ever frozen of a cooperation, in that order; before one if it is said.

    Only for the engine, which decides what the next month may show.
    """
    found = Snapshot.objects.filter(cooperation=cooperation)
    if pk is not None:
        found = found.filter(pk__lt=pk)
    return list(found.order_by("pk").values_list("counts", "shown"))


# ---------- what is due ----------
def ended_months_to_freeze() -> list[tuple[Cooperation, date]]:
    """Every ended month that is not frozen, from when a cooperation had both something to count and an agreement.

    The oldest first. Four queries for any number of cooperations and months.
    """
    last = add_months(month_of(timezone.localdate(timezone.now() - SETTLES)), -1)
    known = dict(EnrolmentRecord.objects.order_by().values_list("cooperation").annotate(at=Min("recorded_at")))
    agreed = dict(FiguresAgreement.objects.order_by().values_list("cooperation").annotate(at=Min("made_at")))
    frozen: dict[int, set[date]] = {}
    for pk, month in Snapshot.objects.order_by().values_list("cooperation", "month").distinct():
        frozen.setdefault(pk, set()).add(month)
    found = []
    for cooperation in Cooperation.objects.filter(pk__in=set(known) & set(agreed)).order_by("pk"):
        first = timezone.localdate(max(known[cooperation.pk], agreed[cooperation.pk]))
        due = [month for month in months_between(first, last) if month not in frozen.get(cooperation.pk, set())]
        found += [(cooperation, month) for month in due]
    return found


def months_to_correct(freezing: Freezing) -> list[date]:
    """The frozen months that a correction has not come to yet: the one it names and all later ones (L32)."""
    frozen = Snapshot.objects.filter(cooperation=freezing.cooperation, month__gte=freezing.month)
    done = frozen.filter(cutoff_at=freezing.asked_at, reason=freezing.reason).values("month")
    before = frozen.filter(made_at__lte=freezing.asked_at).exclude(month__in=done)
    return sorted(set(before.order_by().values_list("month", flat=True)))


def frozen_from(cooperation: Cooperation, month: date) -> list[date]:
    """A month and all later ones that are frozen, the oldest first."""
    found = Snapshot.objects.filter(cooperation=cooperation, month__gte=month_of(month))
    return sorted(set(found.order_by().values_list("month", flat=True)))


def open_freezings() -> list[Freezing]:
    """Corrections that have been asked for and are not done."""
    return list(Freezing.objects.filter(finished_at__isnull=True).select_related("cooperation", "asked_by"))


def last_version(cooperation: Cooperation, month: date) -> int:
    """0 where the month is not frozen."""
    found = Snapshot.objects.filter(cooperation=cooperation, month=month).aggregate(last=Max("version"))
    return found["last"] or 0
