"""What is written when something is decided, given to somebody, or not done after all."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms

from meetings.models import ActionItem
from workspace.forms import DayField, PlainText, ahead
from workspace.models import Agency, Membership


class ActionForm(forms.Form):
    """Something to be done. Who is one choice: an agency (a and a number) or somebody there (m and a number)."""

    text = PlainText(label="Vad ska göras?", max_length=500, error_messages={"required": "Skriv vad som ska göras."})
    who = forms.ChoiceField(
        label="Vem?",
        error_messages={"required": "Välj vem som ska göra det.", "invalid_choice": "Välj någon i listan."},
    )
    due_on = DayField(label="Senast", error_messages={"required": "Skriv en sista dag."})

    def __init__(
        self, *args: Any, people: Iterable[Membership], known: ActionItem | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        self.people = {f"m{person.pk}": person for person in people}
        self.agencies: dict[str, Agency] = {}
        choices: list[tuple[str, str]] = [("", "Välj")]
        for key, person in self.people.items():
            agency = f"a{person.agency_id}"
            if agency not in self.agencies:
                self.agencies[agency] = person.agency
                choices.append((agency, f"{person.agency.name}, ingen särskild"))
            choices.append((key, f"{person.agency.name}, {person.user}"))
        self.fields["who"].choices = choices  # type: ignore[attr-defined]
        if known is not None:
            who = f"m{known.responsible_id}" if known.responsible_id else f"a{known.agency_id}"
            self.initial = {"text": known.text, "who": who, "due_on": known.due_on, **self.initial}

    def clean_due_on(self) -> date:
        """A day ahead; one that has passed may stay where it was."""
        day: date = self.cleaned_data["due_on"]
        if self.known is None or day != self.known.due_on:
            ahead(day)
        return day

    @property
    def said(self) -> dict[str, Any]:
        """What was said, by the names of `add_action`."""
        data = self.cleaned_data
        responsible = self.people.get(data["who"])
        return {
            "text": data["text"],
            "agency": responsible.agency if responsible else self.agencies[data["who"]],
            "responsible": responsible,
            "due_on": data["due_on"],
        }


class DropForm(forms.Form):
    reason = PlainText(
        label="Varför stryks uppgiften?",
        max_length=300,
        help_text="Läses av alla i gruppen. Skriv inget om en person.",
        error_messages={"required": "Skriv varför den inte ska göras."},
    )
