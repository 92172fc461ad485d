"""What is asked of whoever writes an agreement on time. No form saves anything."""

from typing import Any

from django import forms
from django.utils import timezone

from meetings.steering.models import CoFinancing
from workspace.forms import DayField, PlainText
from workspace.models import Agency, Membership
from workspace.swedish import say_date

MOST_HOURS = 9_999
HOURS = f"Skriv ett helt tal mellan 1 och {MOST_HOURS}, till exempel 40."


class AgreementForm(forms.Form):
    """How much time, how it is booked, who reports it, who sees to the money, and when it holds."""

    agency = forms.ModelChoiceField(
        Agency.objects.none(),
        label="Myndighet",
        empty_label="Välj myndighet",
        error_messages={
            "required": "Välj myndighet.",
            "invalid_choice": "Välj någon av myndigheterna i samverkan.",
        },
    )
    hours = forms.IntegerField(
        label="Timmar i månaden",
        min_value=1,
        max_value=MOST_HOURS,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "short"}),
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), HOURS),
    )
    budget_line = PlainText(
        label="Kontering",
        help_text="Står på varje rad i filen till ekonomin. Får lämnas tomt.",
        max_length=60,
        required=False,
    )
    reporter = forms.ModelChoiceField(
        Membership.objects.none(),
        label="Vem rapporterar?",
        help_text="Någon hos samma myndighet.",
        empty_label="Myndighetens chef",
        required=False,
        error_messages={"invalid_choice": "Välj någon som arbetar hos samma myndighet."},
    )
    contact = forms.ModelChoiceField(
        Membership.objects.none(),
        label="Vem sköter ekonomin?",
        help_text="Läser myndighetens tidrapporter och hämtar filen. Får lämnas tomt.",
        empty_label="Ingen särskild",
        required=False,
        error_messages={"invalid_choice": "Välj någon som arbetar hos samma myndighet."},
    )
    from_on = DayField(label="Från och med", error_messages={"required": "Skriv första dagen."})
    to_on = DayField(label="Till och med", help_text="Lämna tomt om avtalet gäller tills vidare.", required=False)

    def __init__(self, *args: Any, agencies: Any, people: Any, known: CoFinancing | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["agency"].queryset = agencies
        fields["agency"].label_from_instance = lambda agency: agency.name
        self.known = known
        if known is not None:
            del fields["agency"]
        for name in ("reporter", "contact"):
            fields[name].queryset = people
            fields[name].label_from_instance = lambda one: f"{one.user}, {one.agency.name}"
        self.initial.setdefault("from_on", timezone.localdate().replace(day=1))

    def clean(self) -> dict[str, Any]:
        """People of the agency itself, and days in their order."""
        data: dict[str, Any] = super().clean() or {}
        agency = self.known.agency if self.known else data.get("agency")
        for name in ("reporter", "contact"):
            if agency and data.get(name) and data[name].agency_id != agency.pk:
                self.add_error(name, f"Välj någon som arbetar hos {agency.name}.")
        first, last = data.get("from_on"), data.get("to_on")
        if first and last and last < first:
            self.add_error("to_on", f"{say_date(last)} är före {say_date(first)}. Skriv sista dagen.")
        return data
