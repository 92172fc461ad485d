"""What is asked of the coordinator, the chair and a manager about figures. No form saves anything."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from meetings.figures.states import Event, Population
from workspace.clocks import add_months
from workspace.forms import PlainText
from workspace.models import Agency
from workspace.states import Gender
from workspace.swedish import FULL_MONTHS

FEW_LINES, MOST_A_MONTH = {"rows": 3}, 999
MONTHS_BACK, MONTHS_AHEAD = 240, 24  # back to when the old projects began
NOTHING_OF_ANYBODY = "Läses av alla som ser siffrorna. Skriv inget om någon person."


def whole_number(label: str, least: int, most: int, *, example: int, required: bool = True, hint: str = "") -> Any:
    """A number as people write one, with a sentence that says what would be right."""
    within = f"Skriv ett helt tal mellan {least} och {most}, till exempel {example}."
    return forms.IntegerField(
        label=label,
        help_text=hint,
        min_value=least,
        max_value=most,
        required=required,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "short"}),
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), within),
    )


def say_month(month: date) -> str:
    """«oktober 2026»."""
    return f"{FULL_MONTHS[month.month - 1]} {month.year}"


class GoalForm(forms.Form):
    """A goal is a definition: among whom, what, and how large a share."""

    name = PlainText(
        label="Vad heter målet?",
        help_text="Till exempel: Arbete eller studier",
        max_length=80,
        error_messages={"required": "Skriv vad målet heter."},
    )
    event = forms.ChoiceField(
        label="Vad räknas?",
        choices=[("", "Välj"), *Event.choices],
        error_messages={"required": "Välj vad som ska räknas.", "invalid_choice": "Välj något av det som står här."},
    )
    population = forms.ChoiceField(
        label="Bland vilka?",
        choices=[(code, label[:1].upper() + label[1:]) for code, label in Population.choices],
        widget=forms.RadioSelect,
        error_messages={"required": "Välj bland vilka.", "invalid_choice": "Välj bland vilka."},
    )
    target = whole_number("Mål, procent", 1, 100, example=80)


class EndForm(forms.Form):
    """Asks nothing: that it was sent says all."""


class ThresholdForm(forms.Form):
    """A lower limit for small counts, with the agreement that allows it and why; five again needs neither."""

    threshold = forms.ChoiceField(
        label="Minsta antal som visas",
        choices=[("5", "5, som för alla andra"), ("4", "4"), ("3", "3")],
        widget=forms.RadioSelect,
        error_messages={"required": "Välj ett antal.", "invalid_choice": "Välj 3, 4 eller 5."},
    )
    agreement = PlainText(
        label="Vilket avtal tillåter det?",
        help_text="Namnet och dagen, till exempel: Samverkansavtalet 12 mars 2026, punkt 4",
        max_length=200,
        required=False,
    )
    reason = PlainText(
        label="Varför?",
        help_text=f"Står vid målet. {NOTHING_OF_ANYBODY}",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs=FEW_LINES),
    )

    def clean(self) -> dict[str, Any]:
        """A lower limit names its agreement and says why."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("threshold") in {"3", "4"}:
            if "agreement" not in self.errors and not data.get("agreement"):
                self.add_error("agreement", "Skriv vilket avtal som tillåter det.")
            if "reason" not in self.errors and not data.get("reason"):
                self.add_error("reason", "Skriv varför gränsen är lägre.")
        return data


class PublishedForm(forms.Form):
    """A figure that a report has printed: in all, and for each municipality where it says so."""

    source = PlainText(
        label="Var står det?",
        help_text="Till exempel: Slutrapporten 2014, sidan 12",
        max_length=200,
        error_messages={"required": "Skriv var det står."},
    )
    total = whole_number("Totalt, procent", 0, 100, example=96)

    def __init__(self, *args: Any, municipalities: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = {f"part_{at}": name for at, name in enumerate(municipalities)}
        for field, name in self.names.items():
            label = f"{name}, procent"
            self.fields[field] = whole_number(label, 0, 100, example=86, required=False, hint="Får lämnas tomt.")

    @property
    def parts(self) -> dict[str, int]:
        """What it says of each municipality that it names."""
        said = {name: self.cleaned_data.get(field) for field, name in self.names.items()}
        return {name: share for name, share in said.items() if share is not None}


class PlannedForm(forms.Form):
    """How many were meant to be enrolled in a month."""

    month = forms.ChoiceField(
        label="Månad",
        error_messages={"required": "Välj en månad.", "invalid_choice": "Välj någon av månaderna i listan."},
    )
    woman = whole_number("Kvinnor", 0, MOST_A_MONTH, example=4)
    man = whole_number("Män", 0, MOST_A_MONTH, example=4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = timezone.localdate().replace(day=1)
        self.months = {f"{month:%Y-%m}": month for month in (add_months(now, at) for at in _ways())}
        field: Any = self.fields["month"]
        field.choices = [(code, say_month(month)) for code, month in self.months.items()]
        field.initial = f"{now:%Y-%m}"

    @property
    def chosen(self) -> date:
        return self.months[self.cleaned_data["month"]]

    @property
    def counts(self) -> dict[str, int]:
        return {gender: self.cleaned_data[gender] for gender in (Gender.WOMAN.value, Gender.MAN.value)}


def _ways() -> range:
    """Months from the last one that can be planned to the first."""
    return range(MONTHS_AHEAD, -MONTHS_BACK - 1, -1)


class FreezeForm(forms.Form):
    """Why a month is frozen again."""

    reason = PlainText(
        label="Varför behövs en ny version?",
        help_text=f"Står vid siffrorna. {NOTHING_OF_ANYBODY}",
        max_length=500,
        widget=forms.Textarea(attrs=FEW_LINES),
        error_messages={"required": "Skriv varför det behövs en ny version."},
    )


class ChangeForm(forms.Form):
    """What is changed because of a month's figures, and who sees to it (R95)."""

    text = PlainText(
        label="Vad ändrar ni?",
        help_text=NOTHING_OF_ANYBODY,
        max_length=1000,
        widget=forms.Textarea(attrs=FEW_LINES),
        error_messages={"required": "Skriv vad ni ändrar."},
    )
    owner = forms.ModelChoiceField(
        Agency.objects.none(),
        label="Ansvarig",
        empty_label="Samordnaren",
        required=False,
        error_messages={"invalid_choice": "Välj någon av myndigheterna i samverkan."},
    )

    def __init__(self, *args: Any, agencies: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["owner"]
        field.queryset = agencies
        field.label_from_instance = lambda agency: agency.name
