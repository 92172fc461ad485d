"""When a person is busy by their own calendar: given, fetched by the clock, taken away. Nothing else is kept."""

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from meetings.calendar.fetching.answers import fetch
from meetings.calendar.queries.busy import due_sources, is_due, window
from meetings.calendar.states import BusyProblem
from meetings.ical.busy import Busy, busy_in
from meetings.ical.lines import UnreadCalendar
from meetings.models import BusySource, BusyTime
from workspace.actions import action, record_act
from workspace.models import UserAccount
from workspace.outside.addresses import Refused, checked
from workspace.outside.sealing import opened, sealed
from workspace.rules import Hat
from workspace.states import AuditAct

log = logging.getLogger("samverkansrum.calendar")

SALT = "meetings.calendar.fetching.sealing"  # of the addresses: seals outlive the room they were named for
AT_MOST = timedelta(seconds=40)  # of a sweep: what is left is first in the next


@action
def give_address(*, by: Hat, address: str) -> None:
    """Keep the address of a person's own calendar, sealed, in place of what they gave before. The sweep fetches it.

    What was read of another calendar is taken away at once. Refuses an address that may not be fetched (`Refused`).
    """
    known = checked(address, inside=settings.CALENDAR_HOSTS)
    _give(by, sealed_address=sealed(str(known), salt=SALT), host=known.host)


@action
def give_file(*, by: Hat, busy: Busy) -> None:
    """Keep when a person is busy by a file of theirs, in place of what they gave before. The file is kept nowhere."""
    now = timezone.now()
    _give(by, sealed_address="", host="", tried_at=now, fetched_at=now, unread=busy.unread)
    _write_times(by.user, busy)


def _give(by: Hat, **columns: object) -> None:
    fresh = {"given_at": timezone.now(), "tried_at": None, "fetched_at": None, "problem": "", "unread": 0}
    BusySource.objects.update_or_create(user=by.user, defaults={**fresh, **columns})
    BusyTime.objects.filter(user=by.user).delete()
    record_act(by=by, act=AuditAct.WRITE, what="busy", object_id=by.user_id)


@action
def remove_busy(*, by: Hat) -> None:
    """Take away the person's own calendar and all that was read of it, at once. A repeat changes nothing."""
    given, _ = BusySource.objects.filter(user=by.user).delete()
    BusyTime.objects.filter(user=by.user).delete()
    if given:
        record_act(by=by, act=AuditAct.WRITE, what="busy.end", object_id=by.user_id)


def _write_times(user: UserAccount, busy: Busy) -> None:
    BusyTime.objects.filter(user=user).delete()
    BusyTime.objects.bulk_create(BusyTime(user=user, starts_at=since, ends_at=until) for since, until in busy.spans)


# ---------- by the clock ----------
def fetch_due() -> None:
    """Fetch every calendar whose address nobody has asked within the hour, and keep when its owner is busy.

    First what is over and what closed accounts left is deleted. Then each source in order: claimed and committed,
    fetched outside transactions, kept. Any number of processes may do it at once. Ends after `AT_MOST`.
    """
    forget_past()
    ends_at = time.monotonic() + AT_MOST.total_seconds()
    for source in due_sources(timezone.now()):
        if time.monotonic() > ends_at:
            return
        if _claim(source=source):
            _fetch(source)


@action
def forget_past() -> None:
    """Delete busy times that are over, and all that was given by people whose accounts are closed."""
    BusyTime.objects.filter(Q(user__is_active=False) | Q(ends_at__lte=timezone.now())).delete()
    BusySource.objects.filter(user__is_active=False).delete()


@action
def _claim(*, source: BusySource) -> bool:
    """Take a source for this process. False: another was faster, or it is not the one that it was."""
    now = timezone.now()
    return bool(_same(source).filter(is_due(now)).update(tried_at=now))


def _fetch(source: BusySource) -> None:
    address = opened(source.sealed_address, salt=SALT)
    if address is None:
        _note_problem(source=source, problem=BusyProblem.SEALED)
        return
    try:
        busy = busy_in(fetch(address), *window(timezone.now()))
    except (Refused, UnreadCalendar) as error:
        _note_problem(source=source, problem=BusyProblem(error.code))
    else:
        _keep(source=source, busy=busy)


@action
def _note_problem(*, source: BusySource, problem: BusyProblem) -> None:
    """Say why nothing came. What was read before stays."""
    log.info("busy source %s: %s", source.pk, problem.value)
    _same(source).update(problem=problem)


@action
def _keep(*, source: BusySource, busy: Busy) -> None:
    """Put what was read in the place of what was read before; nothing where the source has been changed meanwhile."""
    found = _same(source).select_for_update().first()
    if found is None:
        return
    _write_times(found.user, busy)
    found.fetched_at, found.problem, found.unread = timezone.now(), "", busy.unread
    found.save(update_fields=["fetched_at", "problem", "unread"])


def _same(source: BusySource) -> QuerySet[BusySource]:
    """The row, while it still holds the seal that was opened: no two are alike."""
    return BusySource.objects.filter(pk=source.pk, sealed_address=source.sealed_address)
