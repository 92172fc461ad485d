"""The shape of when a conversation is due."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from meetings.models import ConversationPlan
from meetings.states import HOW_OFTEN, PlanBasis, SetAside
from workspace.clocks import add_months
from workspace.forms import DayField, PlainText, ahead
from workspace.swedish import say_date

LATEST = 60  # months from today: a day further off is a slip of the pen
OFTEN = [*((str(months), words.capitalize()) for months, words in HOW_OFTEN.items()), ("before", "Före en händelse")]


def not_far(day: date) -> None:
    last = add_months(timezone.localdate(), LATEST)
    if day > last:
        raise ValidationError(f"{say_date(day)} är för långt fram. Välj en dag till och med {say_date(last)}.")


class PlanForm(forms.Form):
    often = forms.ChoiceField(
        label="Hur ofta?",
        choices=OFTEN,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj hur ofta.", "invalid_choice": "Välj något i listan."},
    )
    before = PlainText(
        label="Före vad?",
        max_length=80,
        required=False,
        help_text="Bara om du valde ”Före en händelse”. Till exempel: fas 2",
    )
    due_on = DayField(label="Nästa samtal senast", error_messages={"required": "Skriv en sista dag."})

    def __init__(self, *args: Any, known: ConversationPlan | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if known is not None:
            often = "before" if known.basis == PlanBasis.BEFORE else str(known.months)
            self.initial = {"often": often, "before": known.before, "due_on": known.due_on, **self.initial}
        self.fields["due_on"].help_text = f"Till exempel {say_date(add_months(timezone.localdate(), 3))}"

    def clean_before(self) -> str:
        text: str = self.cleaned_data["before"].strip()
        if self.cleaned_data.get("often") == "before" and not text:
            raise ValidationError("Skriv vad samtalet ska vara före.")
        return text

    def clean_due_on(self) -> date:
        day: date = self.cleaned_data["due_on"]
        ahead(day)
        not_far(day)
        return day

    @property
    def said(self) -> dict[str, Any]:
        """What was said, by the names of `make_plan`."""
        data = self.cleaned_data
        if data["often"] == "before":
            return {"basis": PlanBasis.BEFORE, "months": None, "before": data["before"], "due_on": data["due_on"]}
        return {"basis": PlanBasis.EVERY, "months": int(data["often"]), "before": "", "due_on": data["due_on"]}


class PostponeForm(forms.Form):
    due_on = DayField(label="Nytt sista datum", error_messages={"required": "Skriv en ny dag."})
    reason = PlainText(
        label="Varför skjuts samtalet upp?",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Skriv varför samtalet skjuts upp."},
    )

    def __init__(self, *args: Any, plan: ConversationPlan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plan = plan
        self.fields["due_on"].help_text = f"Nu gäller senast {say_date(plan.due_on)}."

    def clean_due_on(self) -> date:
        day: date = self.cleaned_data["due_on"]
        ahead(day)
        not_far(day)
        if day <= self.plan.due_on:
            raise ValidationError(f"Välj en dag efter {say_date(self.plan.due_on)}.")
        return day


class SetAsideForm(forms.Form):
    code = forms.ChoiceField(
        label="Varför behövs det inte?",
        choices=SetAside.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj varför.", "invalid_choice": "Välj något i listan."},
    )
