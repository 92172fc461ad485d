"""The shape of an answer to a call."""

from typing import Any

from django import forms

from meetings.states import Answer
from workspace.forms import PlainText

LONGEST_COMMENT = 300  # characters; as the column
BUTTONS = {Answer.COMING: "Jag kommer", Answer.NOT_COMING: "Jag kan inte", Answer.OTHER_TIME: "Annan tid"}


class AnswerForm(forms.Form):
    """Whether one comes. Its three buttons are the answers, so nothing has to be chosen first."""

    comment = PlainText(
        label="Kommentar",
        required=False,
        max_length=LONGEST_COMMENT,
        help_text="Om du väljer Annan tid: skriv vilka tider som passar. Läses av den som ordnar mötet.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    answer = forms.ChoiceField(
        choices=Answer.choices,
        widget=forms.HiddenInput,
        error_messages={
            "required": "Välj Jag kommer, Jag kan inte eller Annan tid.",
            "invalid_choice": "Välj Jag kommer, Jag kan inte eller Annan tid.",
        },
    )

    def clean_answer(self) -> Answer:
        return Answer(self.cleaned_data["answer"])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("answer") == Answer.OTHER_TIME and not data.get("comment") and "comment" not in self.errors:
            self.add_error("comment", "Skriv vilka tider som passar dig, så kan mötet kanske flyttas.")
        return data


class TickForm(forms.Form):
    """Somebody at the meeting, by the key of their hat, and whether they are there."""

    who = forms.CharField(max_length=20)
    present = forms.TypedChoiceField(choices=[("1", "med"), ("0", "inte med")], coerce=lambda value: value == "1")
