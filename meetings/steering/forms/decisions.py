"""What the register is asked for, and what is said of a decision afterwards."""

from datetime import date
from typing import Any

from django import forms

from meetings.models import Decision
from meetings.states import DecisionState
from meetings.steering.queries.register import Choices, Sought
from workspace.forms import CONTROL, DayField, PlainText, ahead

LONGEST_WORDS = 100  # characters of a search
REPORTED = (
    (DecisionState.OPEN, "Det pågår"),
    (DecisionState.DONE, "Det är genomfört"),
    (DecisionState.DROPPED, "Beslutet gäller inte längre"),
)


class RegisterForm(forms.Form):
    """The filters. What is not in a list is as if nothing was asked: an old link still opens the register."""

    ar = forms.ChoiceField(label="År", required=False)
    grupp = forms.ChoiceField(label="Grupp", required=False)
    lage = forms.ChoiceField(label="Läge", required=False)
    ansvar = forms.ChoiceField(label="Ansvarig", required=False)
    sok = forms.CharField(label="Sök i besluten", required=False)

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lists = {"ar": choices.years, "grupp": choices.groups, "lage": choices.states, "ansvar": choices.owners}
        for name, found in lists.items():
            self.fields[name].choices = [("", "Alla"), *found]  # type: ignore[attr-defined]
            if not found:
                del self.fields[name]

    @property
    def sought(self) -> Sought:
        self.is_valid()
        data = self.cleaned_data
        words = CONTROL.sub(" ", data.get("sok") or "")[:LONGEST_WORDS]
        year, group = data.get("ar"), data.get("grupp")
        return Sought(
            year=int(year) if year else None,
            group=int(group) if group else None,
            state=data.get("lage") or "",
            owner=data.get("ansvar") or "",
            words=words,
        )

    @property
    def asks(self) -> dict[str, str]:
        """What is asked for, by name: for the links to the other pages and the files."""
        self.is_valid()
        return {name: str(value)[:LONGEST_WORDS] for name, value in self.cleaned_data.items() if value}


class ReportForm(forms.Form):
    """What has become of a decision."""

    state = forms.ChoiceField(
        label="Hur ligger det till?",
        choices=REPORTED,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj ett av alternativen.", "invalid_choice": "Välj ett av alternativen."},
    )
    text = PlainText(
        label="Vad har hänt?",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Läses av alla i gruppen. Skriv inga namn på deltagare.",
        error_messages={"required": "Skriv vad som har hänt."},
    )
    due_on = DayField(label="Ny sista dag", required=False, help_text="Bara om den ska ändras.")

    def clean_due_on(self) -> date | None:
        return _day_ahead(self.cleaned_data["due_on"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("due_on") and data.get("state") not in {None, DecisionState.OPEN}:
            self.add_error("due_on", "En ny dag behövs bara om det pågår. Ta bort den, eller välj Det pågår.")
        return data


class ReopenForm(forms.Form):
    """Why a decision that was closed is followed again."""

    text = PlainText(
        label="Varför ska beslutet följas upp igen?",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Läses av alla i gruppen. Skriv inga namn på deltagare.",
        error_messages={"required": "Skriv varför."},
    )
    due_on = DayField(label="Ny sista dag", required=False, help_text="Får lämnas tom: då gäller den förra.")

    def clean_due_on(self) -> date | None:
        return _day_ahead(self.cleaned_data["due_on"])


class IndicatorForm(forms.Form):
    """Which measure shows whether the decision helped."""

    indicator = forms.ChoiceField(
        label="Mått", required=False, error_messages={"invalid_choice": "Välj ett mått i listan."}
    )

    def __init__(self, *args: Any, decision: Decision, measures: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {"", *(code for code, _ in measures)}
        kept = [] if decision.indicator in known else [(decision.indicator, "Det valda, som inte längre mäts")]
        self.fields["indicator"].choices = [("", "Inget mått"), *measures, *kept]  # type: ignore[attr-defined]
        self.initial = {"indicator": decision.indicator, **self.initial}


def _day_ahead(day: date | None) -> date | None:
    if day is not None:
        ahead(day)
    return day
