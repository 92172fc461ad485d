"""The demo's time: days counted from today, and a clock that can be set to them."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from workspace.clocks import start_of

DAY_BEGINS = time(9)
SATURDAY = 5


def day_ago(count: int, today: date) -> date:
    """Today, yesterday, and beyond that the working days before yesterday, so that nobody is seen to
    have worked on a Sunday long ago.

    Today and yesterday are what they are: the demo is alive on a Sunday too.
    """
    day = today - timedelta(days=min(count, 1))
    for _ in range(count - 1):
        day -= timedelta(days=1)
        while day.weekday() >= SATURDAY:
            day -= timedelta(days=1)
    return day


def day_ahead(count: int, today: date) -> date:
    """The working day so many working days from today; earlier days for a negative count."""
    if count < 0:
        return day_ago(-count, today)
    day = today
    for _ in range(count):
        day += timedelta(days=1)
        while day.weekday() >= SATURDAY:
            day += timedelta(days=1)
    return day


def moment(days_ago: int, at: str, now: datetime) -> datetime:
    """«08.12» so many days ago. Before nine in the morning, today's moments are drawn together before now."""
    today = timezone.localdate(now)
    said = time.fromisoformat(at.replace(".", ":"))
    when = timezone.make_aware(datetime.combine(day_ago(days_ago, today), said))
    nine = timezone.make_aware(datetime.combine(today, DAY_BEGINS))
    if days_ago == 0 and now < nine:
        midnight = start_of(today)
        return midnight + (when - midnight) * ((now - midnight) / (nine - midnight))
    return when


class Clock:
    """What time it is while the demo is made. Set `at` before each act."""

    at: datetime


@contextmanager
def shifted_clock(start: datetime) -> Generator[Clock]:
    """Let the product believe that it is another time, so that the demo's past is made by its real actions.

    History, audit rows and disclosures can't be redated afterwards, and rows written past the actions would drift from
    what the actions write. `timezone.now` finds its `datetime` in its own module, so replacing that one name moves
    also model defaults, which hold the function itself. For a process that does nothing else meanwhile.
    """
    clock = Clock()
    clock.at = start

    class ShiftedDatetime:
        @staticmethod
        def now(tz: object = None) -> datetime:
            return clock.at

    module = vars(timezone)
    real = module["datetime"]
    module["datetime"] = ShiftedDatetime
    try:
        yield clock
    finally:
        module["datetime"] = real
