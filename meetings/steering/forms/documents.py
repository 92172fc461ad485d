"""What is asked of whoever writes a document, and of whoever adopts it. No form saves anything."""

from typing import Any

from django import forms

from meetings.steering.models import LONGEST_TEXT
from meetings.steering.states import DocumentKind
from workspace.forms import DayField, PlainText, not_ahead
from workspace.models import Agency

MANY_LINES, FEW_LINES = {"rows": 18}, {"rows": 3}
NOTHING_OF_ANYBODY = "Läses av alla i samverkan. Skriv inget om någon person."
LISTS = "Tom rad ger nytt stycke. Rader som börjar med - blir en lista."


def title_field() -> PlainText:
    return PlainText(
        label="Vad heter dokumentet?",
        help_text="Till exempel: Rutin för samtycke",
        max_length=120,
        error_messages={"required": "Skriv vad dokumentet heter."},
    )


def text_field() -> PlainText:
    return PlainText(
        label="Text",
        help_text=f"{NOTHING_OF_ANYBODY} {LISTS}",
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs=MANY_LINES),
        error_messages={"required": "Skriv texten."},
    )


class NewDocumentForm(forms.Form):
    """A document and its first draft."""

    kind = forms.ChoiceField(
        label="Vilket slags dokument?",
        choices=DocumentKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj ett slag.", "invalid_choice": "Välj något av det som står här."},
    )
    title = title_field()
    agency = forms.ModelChoiceField(
        Agency.objects.none(),
        label="Gäller uppdraget en enda myndighet?",
        help_text="Bara för uppdrag. Då är det den som antar det.",
        empty_label="Nej, alla i samverkan",
        required=False,
        error_messages={"invalid_choice": "Välj någon av myndigheterna i samverkan."},
    )
    text = text_field()

    def __init__(self, *args: Any, agencies: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["agency"]
        field.queryset = agencies
        field.label_from_instance = lambda agency: agency.name

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("agency") and data.get("kind") not in {None, DocumentKind.MANDATE}:
            self.add_error("agency", "Bara ett uppdrag kan gälla en enda myndighet.")
        return data


class DraftForm(forms.Form):
    """The next version: its text, and what is new in it. `base` is what the writing began from."""

    title = title_field()
    change = PlainText(
        label="Vad är nytt?",
        help_text="Står i listan över versioner. Till exempel: Ny punkt om tolk.",
        max_length=500,
        widget=forms.Textarea(attrs=FEW_LINES),
        error_messages={"required": "Skriv vad som är nytt sedan förra versionen."},
    )
    text = text_field()
    base = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, is_first: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["change" if is_first else "title"]


class AdoptForm(forms.Form):
    """The day an agency adopted a version, and the agency's own diarienummer."""

    adopted_on = DayField(
        has_been=True, label="Vilken dag antog ni dokumentet?", error_messages={"required": "Skriv dagen."}
    )
    registration = PlainText(
        label="Ert diarienummer",
        help_text="Får lämnas tomt. Alla som läser dokumentet ser det.",
        max_length=60,
        required=False,
    )

    def clean_adopted_on(self) -> Any:
        day = self.cleaned_data["adopted_on"]
        not_ahead(day)
        return day
