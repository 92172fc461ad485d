"""The shape of what is written in the room: the notes, and the answer of the standing item."""

import re
from typing import Any

from django import forms

from meetings.models import LONGEST_NOTE
from meetings.states import GenderAnswer
from workspace.forms import PlainText

# What can't be seen and `PlainText` refuses or leaves: control characters, directions. Line ends of all kinds are one.
UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2061-\u2064\u2066-\u206f]")
LINE_END = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")

LARGEST = 2**31 - 1  # what every database holds; no page of ours says more


class PastedText(PlainText):
    """Text that is often pasted, and saved while it is typed: what can't be seen is taken away without a word."""

    def to_python(self, value: Any) -> str:
        return UNSEEN.sub("", LINE_END.sub("\n", super().to_python(value)))


class NoteForm(forms.Form):
    """An item's note. `base_version` is the one it began from, `waiting` the page's own text that was kept aside."""

    text = PastedText(label="Anteckning", max_length=LONGEST_NOTE, required=False, strip=False)
    base_version = forms.IntegerField(min_value=0, max_value=LARGEST, widget=forms.HiddenInput)
    waiting = forms.IntegerField(min_value=0, max_value=LARGEST, required=False, widget=forms.HiddenInput)


class MergeForm(forms.Form):
    text = PastedText(
        label="Så här blir det",
        help_text="Båda texterna står här. Ta bort det som inte ska vara kvar.",
        max_length=LONGEST_NOTE,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 14}),
    )
    base_version = forms.IntegerField(min_value=0, max_value=LARGEST, widget=forms.HiddenInput)
    waiting = forms.IntegerField(min_value=1, max_value=LARGEST, widget=forms.HiddenInput)
    waiting_seen = forms.CharField(max_length=40, widget=forms.HiddenInput)


class GenderEqualityForm(forms.Form):
    """The standing item with words alone. `seen` is the answer that the page showed (`answer_seen`)."""

    answer = forms.ChoiceField(
        label="Vad kom ni fram till?",
        choices=GenderAnswer.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj Beslut eller Ingen avvikelse."},
    )
    text = PlainText(
        label="Beslutet, eller varför ni inte ser någon avvikelse",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv en mening."},
    )
    seen = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)


class GoForm(forms.Form):
    """Which item the page showed as current, and which to go to (none: the next)."""

    leaving = forms.IntegerField(min_value=0, max_value=LARGEST)
    to = forms.IntegerField(min_value=1, max_value=LARGEST, required=False)
