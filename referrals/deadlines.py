"""When an answer is due, and how that was reckoned. Pure; every day is a calendar day in Stockholm."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from referrals.states import TimeUnit
from workspace.clocks import ONE_DAY, add_months, add_working_days, day_off, next_working_day
from workspace.swedish import MONTHS, WEEKDAYS, say_count, say_date, say_list

WORDS: dict[str, tuple[str, str]] = {
    TimeUnit.CALENDAR_DAYS: ("dag", "dagar"),
    TimeUnit.WORKING_DAYS: ("arbetsdag", "arbetsdagar"),
    TimeUnit.MONTHS: ("månad", "månader"),
}


@dataclass(frozen=True)
class Rule:
    """How long an answer may take, and who says so: `source` is what follows «enligt»."""

    length: int
    unit: str
    source: str

    def __post_init__(self) -> None:
        if self.unit not in WORDS or self.length < 0:
            raise ValueError(f"{self.length} {self.unit} is no term")


@dataclass(frozen=True)
class Pause:
    """Days on which the clock stands still, first and last included. `code` is the reason, in Swedish."""

    from_on: date
    until_on: date
    code: str
    by: str

    def __post_init__(self) -> None:
        if self.until_on < self.from_on:
            raise ValueError(f"a pause from {self.from_on} until {self.until_on} ends before it begins")


@dataclass(frozen=True)
class Extension:
    """A new day that somebody has promised. `code` is the reason, in Swedish."""

    until_on: date
    code: str
    by: str
    made_on: date


@dataclass(frozen=True)
class Deadline:
    """The last day of an answer, with every step to it. Made by `deadline`."""

    start_on: date
    rule: Rule
    due_on: date
    # What the rule alone gives, on a working day.
    counted_on: date
    # What the rule and the pauses give, on a working day: `due_on`, where nobody has promised another day.
    calculated_on: date
    # A rule in working days jumps over these: holidays from Monday to Friday with their names, and a count of the rest.
    skipped: tuple[tuple[date, str], ...]
    weekends: int
    # Where the reckoning ended, if that was a day off, and why it is one.
    moved_from: date | None
    moved_why: str
    # How far the pauses push, in days of the rule's own sort.
    paused_days: int
    pauses: tuple[Pause, ...]
    # The last one counts.
    extensions: tuple[Extension, ...]

    def days_late(self, today: date) -> int:
        """Calendar days past the last day: 0 until that day is over."""
        return max(0, (today - self.due_on).days)

    def is_paused(self, today: date) -> bool:
        return _stands_still(today, self.pauses)


def deadline(
    rule: Rule, start_on: date, pauses: Sequence[Pause] = (), extensions: Sequence[Extension] = ()
) -> Deadline:
    """The last day of a rule that runs from a day. That day is not counted: the first is the day after.

    The clock stands still on paused days from the start to the last day, both included. A last day that is a day off
    moves to the next working day on which the clock runs (lag 1930:173, 2 §). The extension made last sets the last
    day, also to an earlier day or a day off: somebody has promised that very day.
    """
    alone = _rule_ends(rule, start_on)
    ended, paused_days = _push(alone, rule, start_on, pauses)
    calculated_on = next_working_day(ended)
    while _stands_still(calculated_on, pauses):
        calculated_on = next_working_day(calculated_on + ONE_DAY)
    off = list(_days_off(start_on, ended)) if rule.unit == TimeUnit.WORKING_DAYS else []
    skipped = tuple((day, why) for day, why in off if day.weekday() < 5)
    promised = tuple(sorted(extensions, key=lambda extension: extension.made_on))
    return Deadline(
        start_on=start_on,
        rule=rule,
        due_on=promised[-1].until_on if promised else calculated_on,
        counted_on=next_working_day(alone),
        calculated_on=calculated_on,
        skipped=skipped,
        weekends=len(off) - len(skipped),
        moved_from=ended if calculated_on != ended else None,
        moved_why=day_off(ended),
        paused_days=paused_days,
        pauses=tuple(sorted(pauses, key=lambda pause: pause.from_on)),
        extensions=promised,
    )


def _rule_ends(rule: Rule, start_on: date) -> date:
    if rule.unit == TimeUnit.WORKING_DAYS:
        return add_working_days(start_on, rule.length)
    if rule.unit == TimeUnit.MONTHS:
        return add_months(start_on, rule.length)
    return start_on + ONE_DAY * rule.length


def _push(last: date, rule: Rule, start_on: date, pauses: Sequence[Pause]) -> tuple[date, int]:
    """The last day after the pauses, and by how many days of the rule's own sort they push it.

    A pushed last day may reach further pauses, which push it too. A rule in working days loses nothing on a paused
    Sunday, which it would not have counted.
    """
    pushed, day = 0, start_on
    while day <= last:
        if _stands_still(day, pauses) and not (rule.unit == TimeUnit.WORKING_DAYS and day_off(day)):
            last = next_working_day(last + ONE_DAY) if rule.unit == TimeUnit.WORKING_DAYS else last + ONE_DAY
            pushed += 1
        day += ONE_DAY
    return last, pushed


def _stands_still(day: date, pauses: Sequence[Pause]) -> bool:
    return any(pause.from_on <= day <= pause.until_on for pause in pauses)


def _days_off(after: date, last: date) -> Iterator[tuple[date, str]]:
    """Days off after a day, up to and including the last."""
    for number in range(1, (last - after).days + 1):
        day = after + ONE_DAY * number
        if why := day_off(day):
            yield day, why


# ---------- in words ----------
def explain(deadline: Deadline, today: date) -> list[str]:
    """How the last day was reckoned, in the order it was: Swedish sentences, each one fact.

    A year is said where it is not the year of the first sentence.
    """
    year, last = deadline.start_on.year, deadline.due_on
    told = [f"räknas från {say_date(deadline.start_on)}", _say_rule(deadline.rule)]
    if deadline.skipped:
        told.append(f"helgdagar räknas inte: {say_list([_say_holiday(*one, year) for one in deadline.skipped])}")
    if deadline.weekends:
        told.append(f"lördagar och söndagar räknas inte: {say_count(deadline.weekends, 'dag', 'dagar')}")
    told += _tell_pauses(deadline, today)
    if deadline.moved_from:
        became = f"en {deadline.moved_why}" if deadline.moved_why in WEEKDAYS else _in_sentence(deadline.moved_why)
        told.append(f"sista dagen blev {became}, så den flyttades till {_say_weekday(deadline.calculated_on, year)}")
    for number, extension in enumerate(deadline.extensions, start=1):
        which = "nytt datum" if number == len(deadline.extensions) else "tidigare nytt datum"
        by = f"av {extension.by} " if extension.by else ""
        made = f"satt {by}{_say_short(extension.made_on, year)}: {extension.code}"
        told.append(f"{which} {_say_short(extension.until_on, year)}, {made}")
    verb = "var" if last < today else "är i dag," if last == today else "är"
    told.append(f"sista dagen {verb} {_say_weekday(last, year)}")
    return [f"{text[0].upper()}{text[1:].removesuffix('.')}." for text in told]


def _say_rule(rule: Rule) -> str:
    term = say_count(rule.length, *WORDS[rule.unit])
    return f"{term} enligt {rule.source}" if rule.source else term


def _tell_pauses(deadline: Deadline, today: date) -> Iterator[str]:
    for pause in deadline.pauses:
        stands = "stod" if pause.until_on < today else "ska stå" if pause.from_on > today else "står"
        by = f" ({pause.by})" if pause.by else ""
        yield f"klockan {stands} stilla {_say_span(pause, deadline.start_on.year)}: {pause.code}{by}"
    if deadline.paused_days:
        sort = WORDS[TimeUnit.WORKING_DAYS if deadline.rule.unit == TimeUnit.WORKING_DAYS else TimeUnit.CALENDAR_DAYS]
        yield f"det flyttar sista dagen {say_count(deadline.paused_days, *sort)} framåt"
    elif deadline.pauses and deadline.calculated_on == deadline.counted_on:
        yield "det ändrar inte sista dagen"


def _say_short(day: date, year: int) -> str:
    """«25 maj», «7 jan. 2027» where that is another year than the one spoken of."""
    return say_date(day) if day.year != year else f"{day.day} {MONTHS[day.month - 1]}"


def _say_weekday(day: date, year: int) -> str:
    return f"{WEEKDAYS[day.weekday()]} {_say_short(day, year)}"


def _say_span(pause: Pause, year: int) -> str:
    """«12 maj», «12–25 maj», «28 maj–3 juni», «28 dec.–7 jan. 2027»."""
    first, last = pause.from_on, pause.until_on
    if first == last:
        return _say_short(last, year)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{_say_short(last, year)}"
    return f"{_say_short(first, last.year if first.year == last.year else year)}–{_say_short(last, year)}"


def _say_holiday(day: date, name: str, year: int) -> str:
    """«långfredagen 3 april»; «första maj», which is a date already, goes without."""
    if name == "Första maj":
        return _in_sentence(name) if day.year == year else f"{_in_sentence(name)} {day.year}"
    return f"{_in_sentence(name)} {_say_short(day, year)}"


def _in_sentence(name: str) -> str:
    """A holiday as it is written inside a sentence: only «Kristi himmelsfärdsdag» keeps its capital."""
    return name if name.startswith("Kristi") else f"{name[0].lower()}{name[1:]}"
