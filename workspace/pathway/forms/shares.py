"""What is told of a way, to whom and why; and the consent for it. No form saves anything."""

from collections.abc import Iterable
from typing import Any

from django import forms

from workspace.forms import OccasionForm, PlainText, SpokenPicks
from workspace.models import Agency, Category, Function, Ground, Membership, Participant
from workspace.pathway.queries.shares import PARTS, Covered
from workspace.pathway.states import Part
from workspace.queries import categories, grounds_for, partner_agencies
from workspace.swedish import say_date, say_list

CONSENT = "consent"


class HintedRadios(forms.RadioSelect):
    """Radio buttons whose choices need a line of explanation."""

    hints: dict[str, str] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        option["hint"] = self.hints.get(str(value), "")
        return option


class HintedPicks(forms.CheckboxSelectMultiple):
    """Check boxes with such a line; `spoken` is how they sound in the spoken sentence."""

    hints: dict[str, str] = {}
    spoken: dict[str, str] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        option["hint"] = self.hints.get(str(value), "")
        if str(value) in self.spoken:
            option["attrs"]["data-spoken-as"] = self.spoken[str(value)]
        return option


class DeskForm(forms.Form):
    """Whom to tell: sent by GET, so that the next step knows what the consent covers."""

    till = forms.ChoiceField(
        label="För vem?",
        error_messages={"required": "Välj vem ni vill berätta för.", "invalid_choice": "Välj en av enheterna."},
    )

    def __init__(self, *args: Any, desks: Iterable[Function], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_pk = {str(desk.pk): desk for desk in desks}
        choices = [("", "Välj enhet"), *((key, str(desk)) for key, desk in self.by_pk.items())]
        self.fields["till"].choices = choices  # type: ignore[attr-defined]

    @property
    def chosen(self) -> Function:
        return self.by_pk[self.cleaned_data["till"]]


class ShareForm(forms.Form):
    """Which parts a desk is told, and on which ground."""

    parts = forms.MultipleChoiceField(
        label="Vad vill ni berätta?",
        widget=HintedPicks,
        error_messages={"required": "Kryssa för vad ni vill berätta.", "invalid_choice": "Välj bland delarna."},
    )
    ground = forms.ModelChoiceField(
        Ground.objects.none(),
        label="Varför får ni berätta?",
        empty_label=None,
        error_messages={
            "required": "Välj varför ni får berätta.",
            "invalid_choice": "Grunden går inte att använda för den här mottagaren i dag.",
        },
    )
    reason = PlainText(
        label="Varför gäller grunden?",
        help_text="Behövs för allt utom samtycke. Mottagaren ser grunden, inte det du skriver här.",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, recipient: Agency, covered: Covered, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.covered, grounds = covered, grounds_for(recipient)
        parts: Any = self.fields["parts"]
        parts.choices = [(part.value, part.label) for part in PARTS]
        parts.widget.hints = {part.value: self._says(part) for part in PARTS}
        parts.widget.choices = parts.choices
        ground: Any = self.fields["ground"]
        ground.queryset = grounds
        ground.widget = HintedRadios()
        ground.widget.hints = {one.pk: one.explanation for one in grounds}
        ground.widget.choices = ground.choices

    def _says(self, part: Part) -> str:
        row = self.covered.parts.get(part)
        return f"Samtycke till och med {say_date(row.valid_until)}" if row else "Samtycke saknas"

    def clean(self) -> dict[str, Any]:
        """On consent only what it holds; on any other ground why it holds."""
        data: dict[str, Any] = super().clean() or {}
        ground, parts = data.get("ground"), [Part(code) for code in data.get("parts", [])]
        if ground is None:
            return data
        if ground.pk != CONSENT and "reason" not in self.errors and not data.get("reason"):
            self.add_error("reason", f"Skriv varför {ground.name.lower()} gäller.")
        lacking = self.covered.lacks(parts) if ground.pk == CONSENT and parts else []
        if lacking:
            told = f"Samtycke saknas för {say_list(lacking)}. Registrera det först, eller välj en annan grund."
            self.add_error("parts", told)
        return data

    @property
    def chosen(self) -> list[Part]:
        return [Part(code) for code in self.cleaned_data["parts"]]


class WayConsentForm(OccasionForm):
    """One consent for a way: which parts we may tell which agencies. Whose way it is always goes with it (L5)."""

    agencies = forms.ModelMultipleChoiceField(
        Agency.objects.none(),
        label="För vilka får ni berätta?",
        help_text="De får också veta vem det gäller.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Kryssa för minst en myndighet.",
            "invalid_choice": "Välj bland myndigheterna i er samverkan.",
            "invalid_pk_value": "Välj bland myndigheterna i er samverkan.",
        },
    )
    parts = forms.ModelMultipleChoiceField(
        Category.objects.none(),
        label="Om vad?",
        widget=HintedPicks,
        error_messages={
            "required": "Kryssa för vad ni får berätta om.",
            "invalid_choice": "Välj bland delarna.",
            "invalid_pk_value": "Välj bland delarna.",
        },
    )
    field_order = ("agencies", "parts", "purpose", "valid_until", "form", "given_on", "limits")

    def __init__(self, *args: Any, member: Membership, participant: Participant, **kwargs: Any) -> None:
        super().__init__(*args, participant=participant, **kwargs)
        self.fields["purpose"].help_text = "Till exempel: planera mina nästa steg tillsammans"
        agencies: Any = self.fields["agencies"]
        agencies.queryset = partner_agencies(member)
        agencies.widget = SpokenPicks({str(agency.pk): agency.name for agency in agencies.queryset})
        agencies.widget.choices = agencies.choices
        parts: Any = self.fields["parts"]
        parts.queryset = categories().filter(pk__in=PARTS)
        known = {category.pk: category for category in parts.queryset}
        parts.widget.hints = {code: known[code].explanation for code in known} | {"health": HEALTH_SAYS}
        parts.widget.spoken = {code: known[code].spoken for code in known}
        parts.choices = [(part.value, part.label) for part in PARTS if part in known]
        parts.widget.choices = parts.choices

    @property
    def spoken(self) -> dict[str, str]:
        """What the form says so far, as words of the spoken sentence; an empty word is a gap."""
        agencies: Any = self.fields["agencies"]
        parts: Any = self.fields["parts"]
        named = {str(agency.pk): agency.name for agency in agencies.queryset}
        chosen = [str(pk) for pk in self["agencies"].value() or []]
        told = [str(code) for code in self["parts"].value() or []]
        return {
            "agencies": say_list([name for key, name in named.items() if key in chosen]),
            "parts": say_list([words for code, words in parts.widget.spoken.items() if code in told]),
            **self.said(),
        }


HEALTH_SAYS = "Området hälsa i kartläggningen. Det sägs ja till för sig"
