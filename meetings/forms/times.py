"""The shape of proposed times, and of what a party says of them."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from meetings.forms.series import TimeOfDayField, within_reach
from meetings.models import TimeOption
from meetings.queries.times import MOST_AT_ONCE, SUGGESTED, say_start
from meetings.states import Way
from workspace.clocks import day_off
from workspace.forms import DayField
from workspace.swedish import say_date

AT_FIRST = 3  # rows that are shown at once; the others are folded
YES, NO = "ja", "nej"


def moment_of(day: date, begins: time) -> datetime:
    """A day's wall clock in Stockholm as a moment. On the quarter-hours of 06–22 there is never a clock change."""
    return timezone.make_aware(datetime.combine(day, begins))


def say_off(starts: Sequence[datetime]) -> str:
    """A word of warning for times on weekends and holidays: «28 nov. 2026 är en ledig dag (lördag).»"""
    days = sorted({timezone.localdate(at) for at in starts})
    off = [f"{say_date(day)} är en ledig dag ({day_off(day)})." for day in days if day_off(day)]
    return " ".join(off)


class Row:
    """The two fields of one time."""

    def __init__(self, form: "TimesForm", number: int) -> None:
        self.number, self.day, self.begins = number, form[f"day_{number}"], form[f"begins_{number}"]

    @property
    def has_errors(self) -> bool:
        return bool(self.day.errors or self.begins.errors)


class TimesForm(forms.Form):
    """One to eight times: a day and when it begins. Rows left empty are no times."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, MOST_AT_ONCE + 1):
            self.fields[f"day_{number}"] = DayField(label=f"Tid {number}, dag", required=False)
            self.fields[f"begins_{number}"] = TimeOfDayField(
                label=f"Tid {number}, börjar", required=False, widget=forms.TextInput({"class": "short"})
            )
        self.fields["day_1"].help_text = f"Till exempel {say_date(timezone.localdate() + timedelta(days=14))}"
        self.fields["begins_1"].help_text = "Till exempel 13.00"

    @property
    def first_rows(self) -> list[Row]:
        return [Row(self, number) for number in range(1, AT_FIRST + 1)]

    @property
    def more_rows(self) -> list[Row]:
        return [Row(self, number) for number in range(AT_FIRST + 1, MOST_AT_ONCE + 1)]

    @property
    def more_are_open(self) -> bool:
        return any(row.has_errors or row.day.value() or row.begins.value() for row in self.more_rows)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        seen: set[datetime] = set()
        for number in range(1, MOST_AT_ONCE + 1):
            at = self._clean_row(number, data.get(f"day_{number}"), data.get(f"begins_{number}"))
            if at in seen:
                self.add_error(f"begins_{number}", "Den tiden står här redan. Skriv en annan.")
            if at:
                seen.add(at)
        self.starts = sorted(seen)
        if not seen and not self.errors:
            self.add_error("day_1", "Skriv minst en dag och när samtalet börjar.")
        return data

    def _clean_row(self, number: int, day: date | None, begins: time | None) -> datetime | None:
        if f"day_{number}" in self.errors or f"begins_{number}" in self.errors:
            return None
        if day and not begins:
            self.add_error(f"begins_{number}", "Skriv när samtalet börjar, till exempel 13.00.")
        if begins and not day:
            self.add_error(f"day_{number}", "Skriv vilken dag.")
        if not day or not begins:
            return None
        try:
            within_reach(day)
        except ValidationError as error:
            self.add_error(f"day_{number}", error)
            return None
        at = moment_of(day, begins)
        if at <= timezone.now():
            self.add_error(f"begins_{number}", "Den tiden har redan varit. Skriv en senare tid.")
            return None
        return at


class SuggestedForm(forms.Form):
    """Times that the system suggested, as they were shown: added with one click."""

    starts = forms.CharField(max_length=200, widget=forms.HiddenInput)

    def clean_starts(self) -> list[datetime]:
        found = [parse_suggested(text) for text in self.cleaned_data["starts"].split()]
        if not found or None in found or len(found) > SUGGESTED:
            raise ValidationError("Förslagen går inte att läsa. Skriv tiderna själv.")
        return [at for at in found if at is not None]


def parse_suggested(text: str) -> datetime | None:
    """A moment as our own form wrote it; None for anything else, and for one out of reach."""
    try:
        at = parse_datetime(text)
        if at is None or timezone.is_naive(at):
            return None
        within_reach(timezone.localdate(at))
    except (ValueError, OverflowError, ValidationError):
        return None
    return at


class WaysForm(forms.Form):
    """How an answer came that staff write down."""

    way = forms.ChoiceField(
        label="Hur kom svaret?",
        choices=[(value, label.capitalize()) for value, label in Way.choices],
        widget=forms.RadioSelect,
        error_messages={"required": "Välj hur svaret kom.", "invalid_choice": "Välj hur svaret kom."},
    )


class TimesAnswerForm(forms.Form):
    """Which of the times work. One that is left without an answer stays as it was."""

    def __init__(
        self, *args: Any, options: Sequence[TimeOption], known: dict[int, bool], registers: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.options = {f"tid_{option.pk}": option for option in options}
        for name, option in self.options.items():
            when = say_start(option.starts_at)
            self.fields[name] = forms.ChoiceField(
                label=when[:1].upper() + when[1:],
                choices=[(YES, "Passar"), (NO, "Passar inte")],
                required=False,
                widget=forms.RadioSelect,
                initial={True: YES, False: NO}.get(known[option.pk]) if option.pk in known else None,
                error_messages={"invalid_choice": "Välj Passar eller Passar inte."},
            )
        if registers:
            self.fields["way"] = WaysForm().fields["way"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if any(name.startswith("tid_") and name not in self.options for name in self.data):
            raise ValidationError("En av tiderna gäller inte längre. Svara på dem som finns kvar.")
        if not self.errors and not self.works:
            raise ValidationError("Svara på minst en av tiderna.")
        return data

    @property
    def works(self) -> dict[int, bool]:
        """By the number of the option, what was answered."""
        return {
            option.pk: self.cleaned_data[name] == YES
            for name, option in self.options.items()
            if self.cleaned_data.get(name)
        }

    @property
    def way(self) -> str:
        return str(self.cleaned_data.get("way", ""))
