"""The shape of what is written in a referral's journey. No form saves anything."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone

from referrals.models import ReferralKind
from referrals.rules import TEXT_CATEGORIES
from referrals.states import (
    AnswerScope,
    CancelCode,
    DelayCode,
    Outcome,
    PauseCode,
    RecallCode,
    ReferralState,
    ReopenCode,
    ReturnCode,
    SettleCode,
    SupplementCode,
    Way,
)
from workspace.clocks import year_after
from workspace.forms import DayField, PlainText, ahead
from workspace.models import Agency, Category, Function, Ground, Membership
from workspace.queries import grounds_for, receiving_desks
from workspace.states import AgencyKind

LONGEST = 4000  # characters of one section


def rows(number: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": number})


class HintedRadios(forms.RadioSelect):
    """Radio buttons whose choices need a line of explanation."""

    def __init__(self, hints: dict[str, str]) -> None:
        super().__init__()
        self.hints = hints

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        option["hint"] = self.hints.get(str(value), "")
        return option


class AddressForm(forms.Form):
    """Where a referral goes, and what it asks for."""

    receiver = forms.ModelChoiceField(
        Function.objects.none(),
        label="Till vem?",
        empty_label="Välj mottagare",
        error_messages={"required": "Välj vem remissen ska till."},
    )
    kind = forms.ChoiceField(label="Vad gäller det?", error_messages={"required": "Välj vad remissen gäller."})

    def __init__(self, *args: Any, member: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = ReferralKind.objects.filter(Q(retired_on__isnull=True) | Q(retired_on__gt=timezone.localdate()))
        self.kinds = {kind.pk: kind for kind in kinds}
        self.fields["receiver"].queryset = receiving_desks(member)  # type: ignore[attr-defined]
        groups: dict[str, list[tuple[str, str]]] = {}
        for kind in self.kinds.values():
            group = AgencyKind(kind.receiver_kind).label if kind.receiver_kind else "vem som helst"
            groups.setdefault(f"Till {group}", []).append((kind.pk, kind.name))
        self.fields["kind"].choices = [("", "Välj"), *sorted(groups.items())]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        kind, receiver = self.kinds.get(data.get("kind", "")), data.get("receiver")
        if kind and receiver and kind.receiver_kind not in {"", receiver.agency.kind}:
            whom = AgencyKind(kind.receiver_kind).label
            raise_on = f"{kind.name} frågar man {whom} om. Välj något som {receiver.agency.name} arbetar med."
            self.add_error("kind", raise_on)
        data["kind"] = kind
        return data


class GroundForm(forms.Form):
    """On which ground the receiver may be told."""

    ground = forms.ModelChoiceField(Ground.objects.none(), label="Varför får ni dela?", empty_label=None)
    reason = PlainText(
        label="Varför gäller grunden?",
        help_text="Behövs för allt utom samtycke. Mottagaren ser grunden, inte det du skriver här.",
        max_length=500,
        required=False,
        widget=rows(2),
    )

    def __init__(self, *args: Any, recipient: Agency, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        grounds = grounds_for(recipient)
        field: Any = self.fields["ground"]
        field.queryset = grounds
        field.widget = HintedRadios({ground.pk: ground.explanation for ground in grounds})
        field.widget.choices = field.choices

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        ground = data.get("ground")
        if ground and ground.pk != "consent" and not data.get("reason"):
            self.add_error("reason", f"Skriv varför {ground.name.lower()} gäller.")
        return data


class DraftForm(forms.Form):
    """The text of a referral, by category, so that each piece rests on its own ground."""

    question = PlainText(label="Vad frågar ni om?", required=False, max_length=LONGEST, widget=rows(5))
    social = PlainText(required=False, max_length=LONGEST, widget=rows(3))
    work = PlainText(required=False, max_length=LONGEST, widget=rows(3))
    health = PlainText(required=False, max_length=LONGEST, widget=rows(3))
    economy = PlainText(required=False, max_length=LONGEST, widget=rows(3))
    answer_wished_on = DayField(label="När behöver ni svar?", required=False, help_text="Får lämnas tomt.")

    def __init__(self, *args: Any, categories: dict[str, Category], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code in TEXT_CATEGORIES:
            if code != "question":
                self.fields[code].label = categories[code].name
                self.fields[code].help_text = f"{categories[code].explanation}. Får lämnas tomt."

    def clean_answer_wished_on(self) -> date | None:
        day: date | None = self.cleaned_data["answer_wished_on"]
        if day:
            ahead(day)
        return day

    @property
    def texts(self) -> dict[str, str]:
        return {code: self.cleaned_data.get(code, "") for code in TEXT_CATEGORIES}


class ScopeForm(forms.Form):
    """What the receiver may tell the sender."""

    scope = forms.ChoiceField(
        label="Får ni svara här?",
        choices=AnswerScope.choices,
        widget=HintedRadios(
            {
                AnswerScope.NONE: "Avsändaren ser bara att remissen är skickad",
                AnswerScope.STATUS: "Mottagen, accepterad, beslutad",
                AnswerScope.STATUS_AND_TEXT: "Läget, och det ni skriver i svaret",
            }
        ),
        error_messages={"required": "Välj vad ni får svara."},
    )

    def only_status(self) -> None:
        """For an investigation: its result is never told here (R46)."""
        field: Any = self.fields["scope"]
        field.choices = [choice for choice in field.choices if choice[0] != AnswerScope.STATUS_AND_TEXT]


class DecideForm(forms.Form):
    outcome = forms.ChoiceField(
        label="Vad beslutade ni?",
        choices=Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj vad ni beslutade."},
    )
    text = PlainText(label="Svar till avsändaren", required=False, max_length=LONGEST, widget=rows(4))


class ReturnForm(forms.Form):
    code = forms.ChoiceField(
        label="Varför skickar ni tillbaka?",
        choices=[(code, label) for code, label in ReturnCode.choices if code != ReturnCode.RECEIVER_LEFT],
        widget=forms.RadioSelect,
        error_messages={"required": "Välj varför ni skickar tillbaka."},
    )
    text = PlainText(label="Skriv till avsändaren", required=False, max_length=LONGEST, widget=rows(4))


class RecallForm(forms.Form):
    code = forms.ChoiceField(
        label="Varför återtar ni remissen?",
        choices=RecallCode.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj varför ni återtar remissen."},
    )


def one_of(choices: Any, label: str, wanted: str) -> forms.ChoiceField:
    """Radio buttons over a closed list."""
    return forms.ChoiceField(
        label=label, choices=choices.choices, widget=forms.RadioSelect, error_messages={"required": wanted}
    )


def to_sender() -> PlainText:
    return PlainText(label="Skriv till avsändaren", required=False, max_length=LONGEST, widget=rows(4))


class AskSupplementForm(forms.Form):
    code = one_of(SupplementCode, "Vad saknas?", "Välj vad som saknas.")
    text = to_sender()


class SupplementForm(forms.Form):
    """More text, under the categories that the sender has a ground for today."""

    def __init__(self, *args: Any, categories: list[Category], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for category in categories:
            self.fields[category.pk] = PlainText(
                label=category.name, required=False, max_length=LONGEST, widget=rows(3)
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and not any(data.values()):
            raise forms.ValidationError("Skriv kompletteringen innan ni skickar den.")
        return data


class RedirectForm(forms.Form):
    receiver = forms.ModelChoiceField(
        Function.objects.none(),
        label="Vem bör frågan gå till?",
        empty_label="Välj mottagare",
        error_messages={"required": "Välj vem frågan bör gå till."},
    )
    text = to_sender()

    def __init__(self, *args: Any, desks: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["receiver"].queryset = desks  # type: ignore[attr-defined]


class CancelForm(forms.Form):
    code = one_of(CancelCode, "Varför vill ni avbryta?", "Välj varför ni vill avbryta.")


class ReopenForm(forms.Form):
    code = one_of(ReopenCode, "Varför öppnar ni den igen?", "Välj varför ni öppnar remissen igen.")


class SettleForm(forms.Form):
    code = one_of(SettleCode, "Vem har ansvaret?", "Välj vem som har ansvaret.")


class UntilForm(forms.Form):
    """A day ahead, within a year."""

    until_on = DayField(label="Till vilken dag?", error_messages={"required": "Skriv vilken dag."})

    def clean_until_on(self) -> date:
        day: date = self.cleaned_data["until_on"]
        ahead(day)
        today = timezone.localdate()
        if day == today:
            raise forms.ValidationError("Välj en dag efter i dag.")
        if day > year_after(today):
            raise forms.ValidationError("Välj en dag inom ett år.")
        return day


class NewDateForm(UntilForm):
    code = one_of(DelayCode, "Varför tar det längre tid?", "Välj varför det tar längre tid.")
    field_order = ("code", "until_on")


class PauseForm(UntilForm):
    code = one_of(PauseCode, "Varför ska klockan stå stilla?", "Välj varför klockan ska stå stilla.")
    field_order = ("code", "until_on")


REMINDERS = {
    ReferralState.SENT: "Hej! Vi har skickat en remiss till er. Kan ni ta emot den?",
    ReferralState.RECEIVED: "Hej! Kan ni säga om ni tar er an remissen, eller sätta ett nytt datum?",
}
REMINDER = "Hej! Hur går det med remissen? Svara här, eller sätt ett nytt datum om ni behöver mer tid."


class RemindForm(forms.Form):
    """A ready-made text that can be changed before it is sent."""

    text = PlainText(
        label="Påminnelsen",
        max_length=500,
        widget=rows(3),
        help_text="Ändra om du vill. Skriv inget om personen.",
        error_messages={"required": "Skriv påminnelsen."},
    )

    def __init__(self, *args: Any, step: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"text": REMINDERS.get(ReferralState(step), REMINDER) if step else REMINDER})
        super().__init__(*args, **kwargs)


class MessageForm(forms.Form):
    """To the other side. The sender says under which category, so that it rests on its own ground."""

    category = forms.ChoiceField(label="Vad handlar det om?", error_messages={"required": "Välj vad det handlar om."})
    text = PlainText(
        label="Skriv till båda", max_length=LONGEST, widget=rows(4), error_messages={"required": "Skriv något först."}
    )

    def __init__(self, *args: Any, categories: list[Category], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if categories:
            self.fields["category"].choices = [(category.pk, category.name) for category in categories]  # type: ignore[attr-defined]
        else:
            del self.fields["category"]


class NoteForm(forms.Form):
    text = PlainText(
        label="Anteckna för oss",
        help_text="Läses bara av er.",
        max_length=LONGEST,
        widget=rows(3),
        error_messages={"required": "Skriv anteckningen."},
    )


class WayForm(forms.Form):
    """How a referral goes to an agency without an account."""

    way = forms.ChoiceField(
        label="Hur lämnar ni remissen?",
        choices=[(way, way.label) for way in (Way.LETTER, Way.PHONE)],
        widget=forms.RadioSelect,
        error_messages={"required": "Välj hur ni lämnar remissen."},
    )


def no_text_without_leave(form: forms.Form, may_write: bool) -> None:
    """Take the text field away where the receiver has not said that it may answer with text."""
    if not may_write:
        del form.fields["text"]


class FilterNameForm(forms.Form):
    """What a coordinator calls a selection of the board."""

    name = PlainText(label="Namn på urvalet", max_length=60, error_messages={"required": "Skriv vad urvalet ska heta."})

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())
