"""What runs by itself: the sweep, every ten minutes, and the calendars, every minute.

`manage.py run_huey` runs it, in the demo the demo itself. huey runs a job at most once, and every consumer has a clock
of its own. So each repeats what is still due, and each of their functions may be run again and by two processes at
once.
"""

import logging
from collections.abc import Callable, Iterable
from traceback import format_tb
from types import TracebackType

from django.db import close_old_connections
from django_tasks import task
from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from meetings.actions.commitments import remind_of_commitments
from meetings.actions.conversations import close_stale
from meetings.actions.deadlines import remind_of_agenda
from meetings.actions.decision_clock import remind_of_decisions
from meetings.actions.minutes_clock import watch_minutes
from meetings.actions.openings import lapse_meetings, open_due_meetings, warn_of_gaps
from meetings.actions.plans import tell_due_plans
from meetings.calendar.actions.busy import fetch_due
from meetings.calendar.actions.keeping import forget_old, keep_all, keep_lately
from meetings.calendar.actions.mailing import send_calendar_mails
from meetings.calendar.actions.replies import apply_waiting
from meetings.calendar.actions.reply_mailbox import read_mailbox
from meetings.figures.actions.freezing import freeze_ended_months
from meetings.steering.actions.time_filling import make_time_reports
from meetings.steering.actions.time_reminders import remind_of_time_reports
from notifications.actions import queue_unread, send_digests, send_participant_mails
from notifications.actions.push import send_pushes
from notifications.actions.webhook_sending import send_webhook_messages
from notifications.actions.webhooks import forget_webhook_messages
from referrals.actions import chase, return_from_left_agencies
from workspace.front.actions.expiry import expire_disclosures
from workspace.front.actions.way import tell_phase_limits
from workspace.front.actions.way_activities import ask_about_activities, tell_follow_ups
from workspace.metrics import note_run

log = logging.getLogger("samverkansrum.jobs")

Sweep = Callable[[], object]
# In this order: what ends comes before what is told of it.
SWEEPS: tuple[Sweep, ...] = (
    return_from_left_agencies,
    expire_disclosures,
    chase,
    lapse_meetings,
    open_due_meetings,
    warn_of_gaps,
    remind_of_agenda,
    remind_of_decisions,
    watch_minutes,
    close_stale,
    tell_due_plans,
    remind_of_commitments,
    tell_phase_limits,
    ask_about_activities,
    tell_follow_ups,
    freeze_ended_months,
    make_time_reports,
    remind_of_time_reports,
    keep_all,
    forget_old,
    forget_webhook_messages,
    queue_unread,
    send_digests,
    send_participant_mails,
    fetch_due,
)
EVERY = 10  # minutes
# Each minute: what follows an act that people look at while they wait.
EACH_MINUTE: tuple[Sweep, ...] = (
    send_pushes,
    keep_lately,
    read_mailbox,
    apply_waiting,
    send_calendar_mails,
    send_webhook_messages,
)


class CarryOn:
    """Lets the next sweep run when one has failed, whatever it was: a clock that stops is worse than any error.

    The log says which, where and what kind of error; never its message, which can hold what a person wrote.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if kind is None or not issubclass(kind, Exception):
            return False
        log.error("sweep %s failed: %s\n%s", self.name, kind.__name__, "".join(format_tb(trace)))
        return True


def run_in_turn(sweeps: Iterable[Sweep]) -> None:
    """Run each, also after one that failed. A connection that broke in one is not handed to the next."""
    for each in sweeps:
        with CarryOn(getattr(each, "__name__", "?")):
            close_old_connections()
            each()


@task()
def sweep() -> None:
    """Everything that is due."""
    run_in_turn(SWEEPS)
    with CarryOn("note_run"):
        note_run("sweep")


# What a stopped consumer missed is made up by the next sweep, so an old one need not run. Called and not enqueued:
# the backend keeps the result of every job that was enqueued.
@db_periodic_task(crontab(minute=f"*/{EVERY}"), expires=EVERY * 60)
def sweep_by_the_clock() -> None:
    sweep.call()


@task()
def each_minute() -> None:
    """The calendars: what has just changed."""
    run_in_turn(EACH_MINUTE)
    with CarryOn("note_run"):
        note_run("each_minute")


@db_periodic_task(crontab(), expires=60)
def calendars_by_the_clock() -> None:
    each_minute.call()
