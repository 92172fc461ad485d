"""The file of an answer that somebody gave in their own calendar."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

LARGEST = 1024 * 1024  # bytes, as whatever reads it takes
NO_FILE = "Välj filen med ditt svar."
TOO_LARGE = "Filen är större än 1 MB. Ett svar på en kallelse är mycket mindre. Välj en annan fil."


class ReplyForm(forms.Form):
    reply = forms.FileField(
        label="Ditt svar, som .ics eller .eml",
        help_text="Högst 1 MB. Vi läser svaret och sparar inte filen.",
        widget=forms.FileInput(attrs={"accept": ".ics,.eml,text/calendar,message/rfc822"}),
        allow_empty_file=True,
        max_length=1000,
        error_messages={"required": NO_FILE, "invalid": NO_FILE, "missing": NO_FILE},
    )

    def clean_reply(self) -> bytes:
        found: UploadedFile = self.cleaned_data["reply"]
        if (found.size or 0) > LARGEST:
            raise ValidationError(TOO_LARGE)
        return bytes(found.read())
