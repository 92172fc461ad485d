"""What a person chooses of their calendar. No form saves anything."""

from django import forms

from meetings.calendar.states import Reminder
from workspace.forms import PlainText


class CallsForm(forms.Form):
    """Whether calls come by mail, and when the calendar reminds."""

    by_mail = forms.BooleanField(label="Skicka kallelser till min e-post", required=False)
    reminder = forms.TypedChoiceField(
        label="Påminnelse i kalendern",
        help_text="Gäller prenumerationen och nya kallelser.",
        choices=[("", "Ingen"), *Reminder.choices],
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": "Välj något av det som står här."},
    )


class AddressForm(forms.Form):
    """A name for a new address, so that it is known which one to take away."""

    name = PlainText(
        label="Var ska kalendern läsas?",
        help_text="Till exempel: Outlook på jobbet",
        max_length=60,
        error_messages={"required": "Skriv var kalendern ska läsas, så att du känner igen adressen sedan."},
    )

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())
