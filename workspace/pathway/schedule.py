"""When a placement is followed up, and which days an activity may have. Pure."""

from datetime import date, timedelta

from workspace.clocks import add_months, next_working_day
from workspace.swedish import say_date

FIRST = timedelta(days=14)  # calendar days into a placement
OPEN_MONTHS = 6  # how far follow-ups are proposed where no last day is known
LONGEST_MONTHS = 36  # of one activity
AHEAD = timedelta(days=366)  # how far ahead one may begin


def follow_up_days(from_on: date, to_on: date | None) -> list[date]:
    """The days proposed: two weeks in, then every month until the end (R77).

    Months are of the calendar. A day off is moved to the next working day, while that is before the end. A placement
    too short for two weeks is followed up on its last day; one without a last day gets half a year of them.
    """
    last = to_on or add_months(from_on, OPEN_MONTHS)
    if from_on + FIRST > last:
        return [last]
    found = []
    for months in range(LONGEST_MONTHS + 1):
        day = add_months(from_on + FIRST, months)
        if day > last:
            break
        found.append(_working(day, last))
    return found


def next_follow_up_day(after: date, to_on: date | None) -> date | None:
    """A month after the one that was done; None where the placement ends before."""
    day = add_months(after, 1)
    if to_on is None:
        return next_working_day(day)
    return _working(day, to_on) if day <= to_on else None


def _working(day: date, last: date) -> date:
    return min(next_working_day(day), last)


def fault_of_days(enrolled_on: date, from_on: date, to_on: date | None, today: date) -> tuple[str, str] | None:
    """What is wrong with the days of an activity: the field, and a sentence. None where they fit.

    An activity lies within the enrolment, ends no sooner than it begins, and goes on for three years at most.
    """
    if from_on < enrolled_on:
        return "from_on", f"Inskrivningen gäller från {say_date(enrolled_on)}. Välj den dagen eller en senare."
    if from_on > today + AHEAD:
        return "from_on", f"{say_date(from_on)} är för långt fram. Välj en dag inom ett år."
    if to_on is None:
        return None
    if to_on < from_on:
        return "to_on", f"{say_date(to_on)} är före {say_date(from_on)}. Skriv den sista dagen."
    if to_on > add_months(from_on, LONGEST_MONTHS):
        return "to_on", f"Högst tre år åt gången. Välj en dag till och med {say_date(_latest(from_on))}."
    return None


def _latest(from_on: date) -> date:
    return add_months(from_on, LONGEST_MONTHS)


def fault_of_follow_up(due_on: date, from_on: date, to_on: date | None, today: date) -> str:
    """Why a follow-up can't be on a day; "" where it can."""
    if due_on < today:
        return f"{say_date(due_on)} har redan varit. Välj en dag som kommer."
    if due_on < from_on:
        return f"Aktiviteten börjar {say_date(from_on)}. Välj den dagen eller en senare."
    if due_on > (to_on or _latest(from_on)):
        return f"Aktiviteten är slut då. Välj en dag till och med {say_date(to_on or _latest(from_on))}."
    return ""
