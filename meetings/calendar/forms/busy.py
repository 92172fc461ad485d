"""What a person gives of their own calendar. No form saves anything."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from meetings.calendar.states import BusyProblem
from workspace.forms import PlainText
from workspace.outside.addresses import LONGEST, Refused, checked

LARGEST = 5_000_000  # bytes
AGAIN = "Filen kom inte fram. Välj den en gång till."


class BusyForm(forms.Form):
    """The address of a calendar, or a file of it."""

    address = PlainText(
        label="Adress till din kalender",
        help_text="Den är hemlig. Vi sparar den låst och visar den aldrig igen.",
        max_length=LONGEST,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label="Eller en fil från kalendern",
        help_text="I formatet .ics, högst 5 MB. Den läses en gång och sparas inte.",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".ics,text/calendar"}),
        error_messages={"invalid": AGAIN, "missing": AGAIN},
    )

    def clean_address(self) -> str:
        text = str(self.cleaned_data["address"])
        if text:
            try:
                checked(text, inside=settings.CALENDAR_HOSTS)
            except Refused as refused:
                raise ValidationError(BusyProblem(refused.code).label) from None
        return text

    def clean_file(self) -> UploadedFile | None:
        file: UploadedFile | None = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > LARGEST:
            raise ValidationError(BusyProblem.TOO_LARGE.label)
        return file

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and bool(data["address"]) == (data["file"] is not None):
            both = "Ge adressen eller filen, inte båda."
            self.add_error("address", both if data["address"] else "Ge adressen, eller välj en fil.")
        return data
