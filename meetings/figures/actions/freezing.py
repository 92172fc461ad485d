"""Months are frozen: at their end by the sweep, and again when something earlier was wrong (R93, L32)."""

from collections.abc import Callable
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tasks import task

from meetings.figures.actions.goals import audit, ensure_goals, lock_cooperation, require_coordinator
from meetings.figures.arithmetic import month_of
from meetings.figures.errors import DoesNotHold, FreezingGoesOn
from meetings.figures.models import Freezing, Snapshot
from meetings.figures.queries.freezing import freeze
from meetings.figures.queries.months import (
    cutoff_of,
    ended_months_to_freeze,
    frozen_from,
    last_version,
    months_to_correct,
    open_freezings,
)
from workspace.actions import action
from workspace.models import Cooperation, CooperationRole
from workspace.rules import Hat

Watch = Callable[[int, int], None]  # steps done, of how many
LONGEST_REASON = 500


@action
def freeze_month(
    *,
    cooperation: Cooperation,
    month: date,
    cutoff_at: datetime | None = None,
    reason: str = "",
    by: CooperationRole | None = None,
    watch: Watch | None = None,
) -> Snapshot:
    """Freeze a month: every number as it was known at the cutoff, and what may be shown of it beside all shown before.

    Locks the cooperation, so that two at once make one. Without a reason it is the month's first version, with the
    first moment after the month as its cutoff if nothing is said, and a month that is frozen already stays: its
    snapshot is returned. With a reason it is the next version (L32); its cutoff is now. Writes the snapshot, and an
    audit row where somebody asked; tells nobody. Refuses a month that has not ended.
    """
    month = month_of(month)
    if month >= month_of(timezone.localdate()):
        raise DoesNotHold("Månaden är inte slut.")
    ensure_goals(cooperation=cooperation)
    lock_cooperation(cooperation)
    version = last_version(cooperation, month) + 1
    if version > 1 and not reason:
        return Snapshot.objects.get(cooperation=cooperation, month=month, version=version - 1)
    if cutoff_at is None:
        cutoff_at = timezone.now() if reason else cutoff_of(month)
    frozen = freeze(cooperation, month, cutoff_at, watch or (lambda done, total: None))
    snapshot = Snapshot.objects.create(
        cooperation=cooperation,
        month=month,
        version=version,
        cutoff_at=cutoff_at,
        reason=reason,
        counts=frozen.counts,
        shown=frozen.shown,
        digest=frozen.digest,
        made_by=by,
    )
    if by is not None:
        audit(by, "freeze", snapshot.pk)
    return snapshot


def freeze_ended_months() -> int:
    """What the sweep does: corrections that were cut off are carried on, then every ended month is frozen.

    Each month is a transaction of its own. Harmless when repeated, cut off, or run by two processes at once. Returns
    how many months were frozen.
    """
    done = sum(carry_on(freezing) for freezing in open_freezings())
    for cooperation, month in ended_months_to_freeze():
        try:
            freeze_month(cooperation=cooperation, month=month)
        except IntegrityError:
            continue  # another process was first
        done += 1
    return done


# ---------- corrections ----------
@action
def ask_for_correction(*, by: Hat, cooperation: Cooperation, month: date, reason: str) -> Freezing:
    """Have a frozen month counted again with what is known now, and every later one, each as its next version (L32).

    Writes how far it has come, and queues the job, which runs once this is committed; audit row; tells nobody. Refuses
    whoever is not the coordinator, no reason, a month that is not frozen, and `FreezingGoesOn` while another runs.
    """
    role = require_coordinator(by, cooperation)
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise DoesNotHold("Skriv varför månaden räknas om, med högst 500 tecken.")
    months = frozen_from(cooperation, month)
    if not months or months[0] != month_of(month):
        raise DoesNotHold("Den månaden är inte låst än, så den behöver ingen rättelse.")
    try:
        with transaction.atomic():
            freezing = Freezing.objects.create(
                cooperation=cooperation, month=months[0], reason=reason, asked_by=role, total=len(months)
            )
    except IntegrityError as error:
        raise FreezingGoesOn from error
    audit(by, "correct", freezing.pk)
    run_freezing.enqueue(freezing.pk)
    return freezing


@task()
def run_freezing(pk: int) -> None:
    """Count a correction's months. One that was cut off is carried on by the next sweep."""
    freezing = Freezing.objects.filter(pk=pk, finished_at__isnull=True).first()
    if freezing is not None:
        carry_on(freezing)


def carry_on(freezing: Freezing) -> int:
    """Freeze what is left of a correction, month by month. Returns how many."""
    done = 0
    while correct_next(freezing=freezing):
        done += 1
    return done


@action
def correct_next(*, freezing: Freezing) -> bool:
    """The next month of a correction; False when there is none left, and the correction is said to be done.

    Locks the correction, so that the job and the sweep never count the same month twice. The cutoff is the moment it
    was asked for.
    """
    found = Freezing.objects.select_for_update(of=("self",)).filter(pk=freezing.pk, finished_at__isnull=True)
    row = found.select_related("cooperation", "asked_by").first()
    if row is None:
        return False
    left = months_to_correct(row)
    if not left:
        Freezing.objects.filter(pk=row.pk).update(done=row.total, finished_at=timezone.now())
        return False
    freeze_month(cooperation=row.cooperation, month=left[0], cutoff_at=row.asked_at, reason=row.reason, by=row.asked_by)
    Freezing.objects.filter(pk=row.pk).update(done=max(0, row.total - len(left) + 1))
    return True


@action
def correct_months(
    *, cooperation: Cooperation, month: date, reason: str, by: CooperationRole | None = None, watch: Watch | None = None
) -> list[Snapshot]:
    """Count a month and every later frozen one again, at once: for an import and for the command.

    A month that was never frozen is frozen for the first time, as it is known now. All in one transaction. Refuses a
    month that has not ended.
    """
    now = timezone.now()
    months = sorted({month_of(month), *frozen_from(cooperation, month)})
    return [
        freeze_month(cooperation=cooperation, month=one, cutoff_at=now, reason=reason, by=by, watch=watch)
        for one in months
    ]
