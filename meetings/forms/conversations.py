"""The shape of a conversation: what about, how, and with whom; its parties, wishes and answers."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from meetings.forms.places import NeutralPlace, neutral_field
from meetings.models import Conversation
from meetings.queries.talk_parties import DeskChoice, has_both_principals
from meetings.states import ConversationKind, ConversationState, How
from workspace.forms import DayField, PlainText, not_ahead
from workspace.models import Agency, Function, Membership
from workspace.swedish import say_list

AREA = {"rows": 4}
NOT_HERE = "Handläggaren går inte att välja längre. Läs in sidan igen."
Desk = tuple[Function, Membership]


class AboutForm(forms.Form):
    """What the conversation is about, and a form of meeting that the participant wishes (L52)."""

    about = PlainText(
        label="Vad ska samtalet handla om?",
        help_text="Skriv kort och med vanliga ord. Deltagaren läser det också.",
        max_length=2000,
        widget=forms.Textarea(attrs=AREA),
        error_messages={"required": "Skriv vad samtalet ska handla om."},
    )
    wished_form = PlainText(
        label="Vill deltagaren träffas på något annat sätt?",
        help_text="Till exempel: utomhus, eller i ett mindre rum. Skriv inte varför. Får lämnas tomt.",
        max_length=300,
        required=False,
    )


class TalkForm(NeutralPlace, AboutForm):
    """A conversation before it is called: also its kind, its length and its place."""

    place_name, tick_name = "where", "where_is_neutral"

    kind = forms.ChoiceField(
        label="Slag",
        choices=ConversationKind.choices,
        initial=ConversationKind.CONVERSATION,
        help_text="Ett SIP-möte behöver både kommunen och regionen.",
        widget=forms.RadioSelect,
        error_messages={"required": "Välj ett slag.", "invalid_choice": "Välj ett slag."},
    )
    minutes = forms.IntegerField(
        label="Hur många minuter?",
        min_value=15,
        max_value=240,
        initial=60,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "short"}),
        error_messages={
            "required": "Skriv hur långt samtalet är.",
            "invalid": "Skriv ett antal minuter, till exempel 60.",
            "min_value": "Ta minst 15 minuter.",
            "max_value": "Ta högst 240 minuter.",
        },
    )
    how = forms.ChoiceField(
        label="Hur ses ni?",
        choices=How.choices,
        initial=How.PLACE,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj hur ni ses.", "invalid_choice": "Välj hur ni ses."},
    )
    where = PlainText(
        label="Plats, eller nummer att ringa",
        max_length=200,
        required=False,
        help_text="Skriv adress och rum, inte vilken verksamhet det är. Kan fyllas i senare.",
    )
    where_is_neutral = neutral_field()
    link = forms.URLField(
        label="Länk",
        max_length=300,
        required=False,
        assume_scheme="https",
        help_text="Till ett videosamtal. Kan fyllas i senare.",
        widget=forms.TextInput(attrs={"inputmode": "url"}),
        error_messages={
            "invalid": "Länken går inte att läsa. Klistra in hela adressen, med https.",
            "max_length": "Länken är för lång. Högst 300 tecken får plats.",
        },
    )
    field_order = ("kind", "about", "minutes", "how", "where", "link", "wished_form")

    def clean_link(self) -> str:
        link: str = self.cleaned_data["link"]
        if link and not link.startswith(("https://", "http://")):
            raise ValidationError("Länken behöver börja med https.")
        return link


def desk_field(choice: DeskChoice, first: str) -> forms.TypedChoiceField:
    """One desk: nobody, or one of its caseworkers."""
    people = [(str(member.pk), str(member.user)) for member in choice.people]
    return forms.TypedChoiceField(
        label=f"{choice.desk.agency.name}, {choice.desk.name}",
        choices=[("", first), *people],
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": NOT_HERE},
    )


class DesksMixin(forms.Form):
    """One choice per desk. The desks that the consent does not reach can be chosen too: the refusal names them."""

    def __init__(self, *args: Any, choices: Sequence[DeskChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = {f"enhet{choice.desk.pk}": choice for choice in choices}
        for name, choice in self.choices.items():
            self.fields[name] = desk_field(choice, "Inte med")

    @property
    def covered(self) -> list[forms.BoundField]:
        return [self[name] for name, choice in self.choices.items() if choice.covered]

    @property
    def uncovered(self) -> list[forms.BoundField]:
        return [self[name] for name, choice in self.choices.items() if not choice.covered]

    @property
    def chosen_uncovered(self) -> bool:
        return any(field.value() or field.errors for field in self.uncovered)

    @property
    def chosen(self) -> list[Desk]:
        found = []
        for name, choice in self.choices.items():
            member = next((one for one in choice.people if one.pk == self.cleaned_data.get(name)), None)
            if member is not None:
                found.append((choice.desk, member))
        return found

    def clean(self) -> dict[str, Any]:
        """At least one other agency, and one desk of each."""
        data: dict[str, Any] = super().clean() or {}
        taken: set[int] = set()
        for name, choice in self.choices.items():
            if not data.get(name):
                continue
            if choice.desk.agency_id in taken:
                self.add_error(name, "Välj en enhet per myndighet.")
            taken.add(choice.desk.agency_id)
        if not taken and not any(name in self.errors for name in self.choices):
            first = next((name for name, choice in self.choices.items() if choice.covered), None)
            self.add_error(first, "Välj minst en handläggare hos en annan myndighet.")
        return data


class NewTalkForm(DesksMixin, TalkForm):
    """A new conversation: all of it, and with whom."""

    def __init__(self, *args: Any, agency: Agency, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agency = agency

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        agencies = [self.agency, *(desk.agency for desk, _ in self.chosen)]
        if data.get("kind") == ConversationKind.SIP and self.chosen and not has_both_principals(agencies):
            self.add_error("kind", "Ett SIP-möte behöver både kommunen och regionen. Välj någon av den som saknas.")
        return data


class AddCaseworkerForm(DesksMixin):
    """One more agency: one desk, and who comes from there."""

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors and len(self.chosen) > 1:
            names = say_list([desk.agency.short_name for desk, _ in self.chosen])
            second = [name for name in self.choices if data.get(name)][1]
            self.add_error(second, f"Lägg till en i taget. Du har valt {names}.")
        return data


class MemberForm(forms.Form):
    """Who comes from one's own desk."""

    member = forms.TypedChoiceField(
        label="Vem kommer från er?",
        coerce=int,
        error_messages={"required": "Välj en handläggare.", "invalid_choice": NOT_HERE},
    )

    def __init__(self, *args: Any, people: Sequence[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {member.pk: member for member in people}
        self.fields["member"].choices = [(str(one.pk), str(one.user)) for one in people]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> Membership:
        return self.people[self.cleaned_data["member"]]


class InterpreterForm(forms.Form):
    """An interpreter, by name or by who provides them."""

    name = PlainText(
        label="Tolkens eller förmedlingens namn", max_length=120, error_messages={"required": "Skriv ett namn."}
    )


class SupportForm(forms.Form):
    """A support person, whom the participant has said yes to (R29)."""

    name = PlainText(label="Stödpersonens namn", max_length=120, error_messages={"required": "Skriv namnet."})
    agreed_on = DayField(
        has_been=True,
        label="Vilken dag sa deltagaren ja till det?",
        error_messages={"required": "Fråga deltagaren först, och skriv dagen."},
    )

    def clean_agreed_on(self) -> date:
        day: date = self.cleaned_data["agreed_on"]
        not_ahead(day)
        return day


class EmployerForm(SupportForm):
    """An employer, for a part that the participant has said yes to (R30, L14)."""

    part = PlainText(
        label="Vilken del är arbetsgivaren med på?",
        help_text="Till exempel: de första tio minuterna, om arbetstiderna. Resten får arbetsgivaren inte höra.",
        max_length=200,
        error_messages={"required": "Skriv vilken del arbetsgivaren är med på."},
    )
    field_order = ("name", "part", "agreed_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = "Arbetsgivarens namn"


class DecideForm(forms.Form):
    """What was decided about a wished form of meeting."""

    decision = PlainText(
        label="Hur blir det?",
        help_text="Säg ja, eller varför det inte går och vad ni gör i stället. Deltagaren läser det.",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Skriv hur det blir."},
    )


class AskForm(forms.Form):
    reason = PlainText(
        label="Varför behövs ett samtal nu?",
        help_text="Skriv kort. Lämna inga uppgifter som ni inte får berätta för den som kallar.",
        max_length=1000,
        widget=forms.Textarea(attrs=AREA),
        error_messages={"required": "Skriv varför det behövs ett samtal."},
    )


class AnswerForm(forms.Form):
    """Yes or no to a wish; a no says why."""

    accepted = forms.TypedChoiceField(
        label="Blir det ett samtal?",
        choices=[("1", "Ja, vi planerar ett samtal"), ("0", "Nej, inte nu")],
        coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
        error_messages={"required": "Välj ja eller nej.", "invalid_choice": "Välj ja eller nej."},
    )
    answer = PlainText(
        label="Vad vill ni säga?",
        help_text="Den som önskade samtalet läser det. Behövs när det blir nej.",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("accepted") is False and not data.get("answer") and "answer" not in self.errors:
            self.add_error("answer", "Skriv varför det inte blir något samtal nu.")
        return data


def change_form(conversation: Conversation, data: Any = None) -> AboutForm:
    """The form of a conversation that goes on: once it is called, time and place are moved instead."""
    form = TalkForm if conversation.state == ConversationState.PREPARING else AboutForm
    known = ("kind", "about", "minutes", "how", "where", "where_is_neutral", "link", "wished_form")
    return form(data, initial={name: getattr(conversation, name) for name in known})
