"""What the participant answers on their own page: how it was, and how they have it. No form saves anything."""

from typing import Any

from django import forms

from workspace.pathway.states import Equal, Statement

CHOOSE = {"required": "Välj ett svar.", "invalid_choice": "Välj ett av svaren."}
EQUAL_EASY = "Fick kvinnor och män samma chans?"


def _scale(label: str, most: int, ends: tuple[str, str] = ("", ""), **kwargs: Any) -> forms.TypedChoiceField:
    """Whole numbers from 1, with words at the ends where there are any."""
    named = {1: ends[0], most: ends[1]}
    return forms.TypedChoiceField(
        label=label,
        choices=[(str(n), f"{n}, {named[n]}" if named.get(n) else str(n)) for n in range(1, most + 1)],
        coerce=int,
        empty_value=None,
        widget=forms.RadioSelect,
        **kwargs,
    )


class SurveyForm(forms.Form):
    """Three questions after an activity, the last about women and men (R42, R43)."""

    useful = _scale("Hade du nytta av det?", 5, ("inte alls", "ja, mycket"), error_messages=CHOOSE)
    listened = _scale("Lyssnade de på dig?", 5, ("inte alls", "ja, alltid"), error_messages=CHOOSE)
    equal = forms.ChoiceField(
        label="Hade kvinnor och män samma möjligheter här?",
        choices=Equal.choices,
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )

    def __init__(self, *args: Any, easy: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if easy:
            self.fields["equal"].label = EQUAL_EASY


class RatingForm(forms.Form):
    """Five statements from 1 to 10; any may be left out, but not all (R40)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for statement in Statement:
            self.fields[statement.value] = _scale(
                statement.label,
                10,
                required=False,
                error_messages={"invalid_choice": "Välj en siffra från 1 till 10."},
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and not self.said:
            raise forms.ValidationError("Välj minst en siffra.")
        return data

    @property
    def said(self) -> dict[str, int]:
        """The statements that were given a value."""
        return {name: value for name, value in self.cleaned_data.items() if value is not None}
