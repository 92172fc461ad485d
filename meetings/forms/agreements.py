"""What is written in an agreement, ticked when it is sent and answered, and why it is corrected or taken back."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from meetings.models import Commitment, Party
from meetings.queries.agreement_drafts import label_of_party
from meetings.states import AgreementVerdict, PartyKind, Way
from workspace.clocks import add_months
from workspace.forms import DayField, PlainText, ahead
from workspace.models import Agency
from workspace.swedish import say_date

AREA = {"rows": 6}


class SectionForm(forms.Form):
    """A party's own part, with the version it began from. An empty one is saved too: words can be taken back."""

    text = PlainText(label="Er del", required=False, max_length=4000, widget=forms.Textarea(attrs=AREA))
    base_version = forms.IntegerField(widget=forms.HiddenInput, initial=0, min_value=0, max_value=10**9)

    def __init__(self, *args: Any, label: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = label


class CommonForm(forms.Form):
    """What is common. Of a SIP all its mandatory parts; else goals and the next day."""

    needs = PlainText(
        label="Vilka insatser behövs?", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
    others = PlainText(
        label="Vad gör andra än kommunen och regionen?",
        help_text="Till exempel familjen. Skriv ”inget” om det är så.",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    lead = forms.ChoiceField(
        label="Vem leder planen?",
        required=False,
        error_messages={"invalid_choice": "Planen leds av kommunen eller regionen. Välj någon av dem som är med."},
    )
    goals = PlainText(label="Mål", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))
    next_on = DayField(label="Nästa samtal", required=False)
    base = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *args: Any, is_sip: bool, leads: Sequence[Agency], was: date | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.leads, self.was = {str(agency.pk): agency for agency in leads}, was
        self.example = say_date(add_months(timezone.localdate(), 3))
        self.fields["next_on"].help_text = f"Till exempel {self.example}. Får lämnas tomt."
        if not is_sip:
            for name in ("needs", "others", "lead"):
                del self.fields[name]
            return
        choices = [("", "Välj"), *((key, agency.name) for key, agency in self.leads.items())]
        self.fields["lead"].choices = choices  # type: ignore[attr-defined]
        self.fields["next_on"].label = "När följs planen upp?"

    def clean_next_on(self) -> date | None:
        day: date | None = self.cleaned_data["next_on"]
        if day is not None and day != self.was:
            ahead(day)
        if day is not None and day == timezone.localdate():
            raise forms.ValidationError(f"Skriv en dag som ligger framåt, till exempel {self.example}.")
        return day

    def clean_lead(self) -> Agency | None:
        return self.leads.get(self.cleaned_data["lead"])


class CommitmentForm(forms.Form):
    """Something a party takes on. The convener chooses between its own and the participant's."""

    party = forms.ChoiceField(
        label="Vem ska göra det?",
        widget=forms.RadioSelect,
        error_messages={"required": "Välj vem.", "invalid_choice": "Ni skriver bara era egna uppgifter."},
    )
    text = PlainText(label="Vad ska göras?", max_length=500, error_messages={"required": "Skriv vad som ska göras."})
    due_on = DayField(label="Senast", error_messages={"required": "Skriv en sista dag."})

    def __init__(self, *args: Any, parties: Sequence[Party], known: Commitment | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_pk, self.known = {str(party.pk): party for party in parties}, known
        self.fields["due_on"].help_text = f"Till exempel {say_date(timezone.localdate())}"
        if known is not None or len(parties) < 2:
            del self.fields["party"]
            self.only = parties[0] if parties else None
            return
        named = [(key, "Deltagaren" if one.kind == PartyKind.PARTICIPANT else "Vi") for key, one in self.by_pk.items()]
        self.fields["party"].choices = named  # type: ignore[attr-defined]

    def clean_due_on(self) -> date:
        day: date = self.cleaned_data["due_on"]
        if self.known is None or day != self.known.due_on:
            ahead(day)
        return day

    @property
    def chosen(self) -> Party | None:
        return self.by_pk[self.cleaned_data["party"]] if "party" in self.fields else self.only


class SendForm(forms.Form):
    """What the sender ticks where something is left out on purpose. Only what is asked for is there."""

    no_words = forms.BooleanField(
        label="Deltagaren vill inte skriva något",
        error_messages={
            "required": "Skriv ner vad deltagaren säger, eller kryssa för att deltagaren inte vill skriva något."
        },
    )
    no_next = forms.BooleanField(
        label="Det blir inget nytt samtal",
        error_messages={"required": "Skriv vilken dag nästa samtal är, eller kryssa för att det inte blir något nytt."},
    )

    def __init__(self, *args: Any, asks_words: bool, asks_next: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_words:
            del self.fields["no_words"]
        if not asks_next:
            del self.fields["no_next"]


class AnswerForm(forms.Form):
    """An agency's answer for its own part."""

    verdict = forms.ChoiceField(
        label="Ert svar",
        choices=[(AgreementVerdict.CONFIRMED, "Vår del stämmer"), (AgreementVerdict.DIFFERS, "Vi vill ha en ändring")],
        widget=forms.RadioSelect,
        error_messages={"required": "Välj ett svar.", "invalid_choice": "Välj något av svaren."},
    )
    text = PlainText(
        label="Vad ska ändras?",
        help_text="Läses av dem som läser er del, och av deltagaren.",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("verdict") == AgreementVerdict.DIFFERS and "text" not in self.errors and not data.get("text"):
            self.add_error("text", "Skriv vad som ska ändras.")
        return data


class RegisterAnswerForm(AnswerForm):
    """The participant's answer, as it came by letter, by phone or in person."""

    way = forms.ChoiceField(
        label="Hur kom svaret?",
        choices=Way.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj hur svaret kom.", "invalid_choice": "Välj hur svaret kom."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["verdict"].label = "Vad svarade deltagaren?"
        self.fields["verdict"].choices = AgreementVerdict.choices  # type: ignore[attr-defined]
        self.fields["text"].label = "Vad ser deltagaren annorlunda?"
        self.fields["text"].help_text = "Skriv med deltagarens egna ord. Läses av alla som är med."


class CorrectForm(forms.Form):
    reason = PlainText(
        label="Vad ska rättas?",
        help_text="Står i den nya versionen. Läses av alla som får den.",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Skriv vad som ska rättas."},
    )


class WithdrawForm(forms.Form):
    parties = forms.MultipleChoiceField(
        label="Vem ska inte ha den?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Välj vem överenskommelsen ska återkallas för.",
            "invalid_choice": "Den är redan återkallad för någon av dem. Läs in sidan igen.",
        },
    )
    reason = PlainText(
        label="Varför återkallas den?",
        help_text="De som den återkallas för får läsa det. Skriv inget om någon person.",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Skriv varför den återkallas."},
    )

    def __init__(self, *args: Any, parties: Sequence[Party], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_pk = {str(party.pk): party for party in parties}
        choices = [(key, label_of_party(party)) for key, party in self.by_pk.items()]
        self.fields["parties"].choices = choices  # type: ignore[attr-defined]

    @property
    def chosen(self) -> list[Party]:
        return [self.by_pk[key] for key in self.cleaned_data["parties"]]
