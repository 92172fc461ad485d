"""A time report's lines as a form: hours and people of each, a line more by hand, and a comment."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from meetings.steering.models import TimeEntry
from meetings.steering.states import TimeSource
from workspace.clocks import add_months
from workspace.forms import DayField, PlainText
from workspace.swedish import FULL_MONTHS

MOST_HOURS, MOST_PEOPLE = 2_000, 999
HOURS = re.compile(r"(\d{1,5})(?:[:.,](\d{1,2}))?")
WRONG = "Skriv timmar som 1:30 eller 1,5. Noll går bra, men inte mindre."
TOO_MANY = f"Så många timmar kan inte stämma. Högst {MOST_HOURS} får plats på en rad."
PEOPLE = f"Skriv antalet personer som ett tal mellan 0 och {MOST_PEOPLE}."
FEW_LINES = {"rows": 3}


def say_hours(minutes: int) -> str:
    """«12 tim 30 min»."""
    hours, rest = divmod(minutes, 60)
    return f"{hours} tim {rest} min" if rest else f"{hours} tim"


def clock_hours(minutes: int) -> str:
    """«12:30», as it is written in a field."""
    return f"{minutes // 60}:{minutes % 60:02}"


def decimal_hours(minutes: int) -> str:
    """«12,50», as a Swedish spreadsheet reads a number."""
    return f"{minutes / 60:.2f}".replace(".", ",")


class HoursField(forms.CharField):
    """Hours as people write them: 2, 1:30, 1,5. Its value is minutes."""

    def to_python(self, value: Any) -> int | None:  # type: ignore[override]
        text = str(super().to_python(value)).replace(" ", "")
        if not text:
            return None
        found = HOURS.fullmatch(text)
        if found is None or not text.isascii():
            raise ValidationError(WRONG)
        whole, part = found.groups()
        if part is None:
            rest = 0
        elif ":" in text:
            rest = int(part)
            if len(part) != 2 or rest > 59:
                raise ValidationError(WRONG)
        else:
            rest = round(int(part) * 60 / 10 ** len(part))
        minutes = int(whole) * 60 + rest
        if minutes > MOST_HOURS * 60:
            raise ValidationError(TOO_MANY)
        return minutes

    def prepare_value(self, value: Any) -> Any:
        return clock_hours(value) if isinstance(value, int) else value


def _hours(label: str, *, required: bool = True) -> HoursField:
    widget = forms.TextInput(attrs={"class": "short", "aria-label": label, "autocomplete": "off"})
    return HoursField(label=label, required=required, widget=widget, error_messages={"required": WRONG})


def _people(label: str, *, required: bool = True) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=0,
        max_value=MOST_PEOPLE,
        required=required,
        widget=forms.TextInput(attrs={"class": "short", "inputmode": "numeric", "aria-label": label}),
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), PEOPLE),
    )


class ReportForm(forms.Form):
    """Every line of a draft, one more, and a comment. `base` is what the page showed.

    A prefilled line has its hours and people; one of the agency's own its text and day too, and can be taken away.
    """

    base = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, entries: Sequence[TimeEntry], month: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entries, self.month = entries, month
        for one in entries:
            self._add_line(one)
        example = f"Till exempel 15 {FULL_MONTHS[month.month - 1]}. Får lämnas tomt."
        text_error = "Skriv vad tiden gick åt till."
        self.fields["new_text"] = PlainText(
            label="Vad?", help_text="Till exempel: utbildning i Luleå.", max_length=200, required=False
        )
        self.fields["new_text"].error_messages["required"] = text_error
        self.fields["new_on"] = DayField(label="Dag", help_text=example, required=False, has_been=True)
        self.fields["new_people"] = _people("Antal personer", required=False)
        self.fields["new_hours"] = _hours("Timmar tillsammans", required=False)
        for name in ("new_people", "new_hours"):
            del self.fields[name].widget.attrs["aria-label"]
        self.fields["comment"] = PlainText(
            label="Kommentar",
            help_text="Läses bara hos er. Skriv inget om någon person.",
            max_length=500,
            required=False,
            widget=forms.Textarea(attrs=FEW_LINES),
        )

    def _add_line(self, one: TimeEntry) -> None:
        self.fields[f"hours_{one.pk}"] = _hours(f"Timmar, {one.text}")
        self.fields[f"people_{one.pk}"] = _people(f"Antal personer, {one.text}")
        self.initial.update({f"hours_{one.pk}": one.minutes, f"people_{one.pk}": one.people})
        if one.source == TimeSource.OWN:
            self.fields[f"remove_{one.pk}"] = forms.BooleanField(label=f"Ta bort {one.text}", required=False)

    def clean_new_on(self) -> date | None:
        day: date | None = self.cleaned_data["new_on"]
        if day is not None and not self.month <= day < add_months(self.month, 1):
            name = f"{FULL_MONTHS[self.month.month - 1]} {self.month.year}"
            raise ValidationError(f"Rapporten gäller {name}. Skriv en dag i den månaden.")
        return day

    def clean(self) -> dict[str, Any]:
        """A new line says what and how long, or is not there at all."""
        data: dict[str, Any] = super().clean() or {}
        if not self.has_new:
            return data
        if "new_text" not in self.errors and not data.get("new_text"):
            self.add_error("new_text", "Skriv vad tiden gick åt till.")
        if "new_hours" not in self.errors and data.get("new_hours") is None:
            self.add_error("new_hours", WRONG)
        return data

    @property
    def has_new(self) -> bool:
        """Something is written in the new line, right or wrong."""
        names = ("new_text", "new_on", "new_people", "new_hours")
        return any(str(self.data.get(self.add_prefix(name), "")).strip() for name in names)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Each line with its fields, for the page."""
        return [
            {
                "entry": one,
                "hours": self[f"hours_{one.pk}"],
                "people": self[f"people_{one.pk}"],
                "remove": self[f"remove_{one.pk}"] if f"remove_{one.pk}" in self.fields else None,
            }
            for one in self.entries
        ]
