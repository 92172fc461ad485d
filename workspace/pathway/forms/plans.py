"""What is written in an assessment and a plan, by staff and by the participant. `version`, `base`: begun from what."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from workspace.forms import DayField, PlainText, ahead
from workspace.models import Agency
from workspace.pathway.models import PlanStep
from workspace.pathway.queries.plans import capitalised
from workspace.pathway.states import PlanVerdict
from workspace.states import AgencyKind

DISPUTED = "oklart"
LONGEST = 4000
NONE_SUCH = -1  # a version that no text has


class VersionField(forms.IntegerField):
    """The number of the text a page began from. What cannot be read is no text's: then both are shown."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)

    def clean(self, value: Any) -> int:
        text = str(value or "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else NONE_SUCH


class BaseField(forms.CharField):
    """The same, of a text without a number: in short what it said."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)

    def clean(self, value: Any) -> str:
        return str(value or "")[:64]


def _lines(label: str, rows: int, hint: str = "", longest: int = LONGEST) -> PlainText:
    return PlainText(
        label=label,
        max_length=longest,
        help_text=hint,
        required=False,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


# ---------- the assessment ----------
class AreaForm(forms.Form):
    """One voice in one area. An empty text is saved too: words can be taken back."""

    text = _lines("Text", 8)
    version = VersionField()

    def __init__(self, *args: Any, label: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = label


class OwnAreaForm(AreaForm):
    """The same, on the participant's own page: there an empty one is most likely a slip."""

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if not text:
            raise forms.ValidationError("Skriv några ord först.")
        return text


# ---------- the plan ----------
class WordsForm(forms.Form):
    """The participant's own words and strengths, taken down by staff."""

    own_words = _lines("Vad vill deltagaren?", 6, "Skriv med deltagarens egna ord.")
    strengths = _lines("Vad är deltagaren bra på?", 4, "Det som deltagaren själv säger.")
    version = VersionField()


class OwnPlanWordsForm(WordsForm):
    """The same, written by the participant."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in (("own_words", "Vad vill du?"), ("strengths", "Vad är du bra på?")):
            self.fields[name].label, self.fields[name].help_text = label, ""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and not data.get("own_words") and not data.get("strengths"):
            self.add_error("own_words", "Skriv några ord först.")
        return data


class ObstaclesForm(forms.Form):
    obstacles = _lines("Vad kan stå i vägen?", 5, "Får lämnas tomt. Skriv hellre vad som hjälper, som ett steg.")
    base = BaseField()


class PathForm(forms.Form):
    """The next authority, another way, or why there is none yet: one of the three, or nothing so far."""

    path_kind = forms.ChoiceField(
        label="Nästa myndighet",
        required=False,
        error_messages={"invalid_choice": "Välj en av myndigheterna."},
    )
    path_other = PlainText(
        label="Eller en annan väg", max_length=200, required=False, help_text="Till exempel en folkhögskola."
    )
    no_path_reason = _lines("Eller varför det inte finns någon väg än", 3, longest=500)
    base = BaseField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(code, capitalised(label)) for code, label in AgencyKind.choices]
        self.fields["path_kind"].choices = [("", "Ingen myndighet"), *named]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("path_kind") and data.get("path_other"):
            self.add_error("path_other", "Välj en myndighet eller skriv en annan väg, inte båda.")
        elif data.get("no_path_reason") and (data.get("path_kind") or data.get("path_other")):
            self.add_error("no_path_reason", "Ta bort det här om det finns en väg, eller ta bort vägen.")
        return data


class GoalForm(forms.Form):
    text = PlainText(
        label="Vad är målet?",
        max_length=500,
        help_text="Skriv så att deltagaren känner igen det.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv målet."},
    )
    base = BaseField()


class StepForm(forms.Form):
    """What, who and by when. `known` is the step that is changed: its day and its agency may stay as they are."""

    text = PlainText(
        label="Vad ska göras?",
        max_length=500,
        help_text="Deltagaren läser det på sin telefon. Nämn inget om hälsa eller vård som andra inte ska se.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv vad som ska göras."},
    )
    responsible = forms.ChoiceField(
        label="Vem har ansvaret?",
        help_text="En myndighet. Är ni inte överens står steget hos styrgruppen som oklart, utan namn.",
        widget=forms.RadioSelect,
        error_messages={"required": "Välj vem som har ansvaret.", "invalid_choice": "Välj en av dem som är med."},
    )
    due_on = DayField(label="Klart senast", error_messages={"required": "Skriv en sista dag."})
    base = BaseField()

    def __init__(self, *args: Any, agencies: Sequence[Agency], known: PlanStep | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        offered = list(agencies)
        if known is not None and known.responsible is not None and known.responsible not in offered:
            offered.append(known.responsible)
        self.by_pk = {str(agency.pk): agency for agency in offered}
        named = [(key, agency.name) for key, agency in self.by_pk.items()]
        self.fields["responsible"].choices = [*named, (DISPUTED, "Oklart ansvar")]  # type: ignore[attr-defined]

    def clean_due_on(self) -> date:
        day: date = self.cleaned_data["due_on"]
        if self.known is None or day != self.known.due_on:
            ahead(day)
        return day

    @property
    def chosen(self) -> Agency | None:
        """Who; None where the responsibility is disputed."""
        return self.by_pk.get(self.cleaned_data["responsible"])


class DropForm(forms.Form):
    reason = PlainText(
        label="Varför görs steget inte?",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv varför."},
    )


class RegisterAnswerForm(forms.Form):
    """What the participant said of the plan, in person."""

    verdict = forms.ChoiceField(
        label="Vad sa deltagaren?",
        choices=PlanVerdict.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj ett svar.", "invalid_choice": "Välj ett av svaren."},
    )
    text = _lines("Med deltagarens egna ord", 4, longest=2000)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("verdict") == PlanVerdict.DIFFERS and "text" not in self.errors and not data.get("text"):
            self.add_error("text", "Skriv vad deltagaren ser annorlunda.")
        return data


class OwnDiffersForm(forms.Form):
    """«Jag ser det annorlunda», on the participant's own page."""

    text = PlainText(
        label="Vad ser du annorlunda?",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Skriv vad du ser annorlunda."},
    )
