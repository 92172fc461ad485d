"""The shape of a case: about whom, what, with whom; and what is said and written under it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from meetings.models import GroupSeat
from workspace.forms import DayField, PlainText, ahead, not_ahead
from workspace.models import Agency, Ground, Membership, Participant
from workspace.swedish import say_date

AREA = {"rows": 5}


def seat_choices(seats: Sequence[GroupSeat]) -> list[tuple[str, str]]:
    """Seats as check boxes: agency and desk, since an agency may have two."""
    return [(str(seat.pk), f"{seat.function.agency.name}, {seat.function.name}") for seat in seats]


class CircleForm(forms.Form):
    """Who else is in a case, seat by seat. One's own seats stand beside the form: they are always in."""

    seats = forms.TypedMultipleChoiceField(
        label="Vilka ska vara med på ärendet?",
        help_text="Bara de du väljer ser vem det gäller och vad ni säger. Er egen plats är alltid med.",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Välj minst en annan myndighet.",
            "invalid_choice": "En av platserna finns inte i gruppen längre. Läs in sidan igen.",
        },
    )

    def __init__(self, *args: Any, seats: Sequence[GroupSeat], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seats"].choices = seat_choices(seats)  # type: ignore[attr-defined]
        self.by_pk = {seat.pk: seat for seat in seats}

    @property
    def chosen(self) -> list[GroupSeat]:
        return [self.by_pk[pk] for pk in self.cleaned_data["seats"]]


class CaseForm(CircleForm):
    """A person, or a question without one, for the agenda of one meeting."""

    participant = forms.TypedChoiceField(
        label="Vem gäller det?", coerce=int, empty_value=None, required=False,
        error_messages={"invalid_choice": "Välj någon av era deltagare."},
    )  # fmt: skip
    without_name = forms.BooleanField(label="Vi talar utan att säga vem det är", required=False)
    question = PlainText(
        label="Vad vill ni tala om?",
        max_length=4000,
        widget=forms.Textarea(attrs=AREA),
        error_messages={"required": "Skriv vad ni vill tala om."},
    )
    minutes = forms.IntegerField(
        label="Hur många minuter?",
        min_value=5,
        max_value=120,
        initial=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "short"}),
        error_messages={
            "required": "Skriv hur många minuter ni behöver.",
            "invalid": "Skriv ett antal minuter, till exempel 20.",
            "min_value": "Ta minst 5 minuter.",
            "max_value": "Ta högst 120 minuter.",
        },
    )
    informed_on = DayField(
        has_been=True,
        required=False,
        label="Vilken dag fick personen veta att ni tar upp det här?",
        help_text="Ingen ska stå på en dagordning utan att veta om det.",
    )
    field_order = ("participant", "without_name", "informed_on", "question", "minutes", "seats")

    def __init__(self, *args: Any, people: Sequence[Participant], anonymous: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {person.pk: person for person in people}
        named = [(str(person.pk), f"{person.full_name}, född {person.birth_year}") for person in people]
        self.fields["participant"].choices = [("", "Välj deltagare"), *named]  # type: ignore[attr-defined]
        if not anonymous:
            del self.fields["without_name"]

    def clean_informed_on(self) -> date | None:
        day: date | None = self.cleaned_data["informed_on"]
        if day is not None:
            not_ahead(day)
        return day

    def clean(self) -> dict[str, Any]:
        """With a name: who, and when the person was told. Without: neither."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("without_name"):
            if data.get("participant"):
                self.add_error("without_name", "Du har valt en deltagare. Ta bort valet, eller säg vem det är.")
            data["participant"] = data["informed_on"] = None
            return data
        if not data.get("participant") and "participant" not in self.errors:
            self.add_error("participant", "Välj vem det gäller.")
        if not data.get("informed_on") and "informed_on" not in self.errors:
            self.add_error("informed_on", "Berätta först för personen, och skriv vilken dag det var.")
        return data

    @property
    def person(self) -> Participant | None:
        pk = self.cleaned_data.get("participant")
        return self.people.get(pk) if pk else None


class NoteForm(forms.Form):
    """The agency's own note, with the version it began from. An empty one is saved too: words can be taken back."""

    text = PlainText(label="Vår anteckning", required=False, max_length=8000, widget=forms.Textarea(attrs={"rows": 6}))
    base_version = forms.IntegerField(widget=forms.HiddenInput, initial=0, min_value=0, max_value=10**9)


class TableForm(forms.Form):
    text = PlainText(
        label="Vad vill ni lämna till bordet?",
        max_length=4000,
        widget=forms.Textarea(attrs=AREA),
        error_messages={"required": "Skriv det ni vill lämna."},
    )


class GroundForm(forms.Form):
    """Why an agency may speak in a case. Consent is confirmed by an officer's tick, anything else by a reason."""

    ground = forms.ModelChoiceField(
        Ground.objects.none(),
        label="Varför får ni berätta för dem som är med?",
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj en grund.", "invalid_choice": "Den grunden gäller inte för alla här."},
    )
    confirmed = forms.BooleanField(label="Personen har sagt det till oss, eller bekräftat det", required=False)
    reason = PlainText(
        label="Vad har ni prövat?",
        help_text="Behövs när grunden är en annan än samtycke: er prövning, eller paragrafen.",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, grounds: Sequence[Ground], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["ground"]
        field.queryset = Ground.objects.filter(pk__in=[ground.pk for ground in grounds])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        ground: Ground | None = data.get("ground")
        if ground is None:
            return data
        if ground.pk == "consent" and not data.get("confirmed"):
            self.add_error("confirmed", "Kryssa för att personen har sagt ja till att ni berättar.")
        if ground.pk != "consent" and not data.get("reason"):
            self.add_error("reason", "Skriv vad ni har prövat, eller vilken paragraf det gäller.")
        return data


class DecisionForm(forms.Form):
    text = PlainText(
        label="Vad beslutas?",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Skriv beslutet."},
    )


class ActionForm(forms.Form):
    """Something to be done, by an agency of the circle, and perhaps by somebody there."""

    text = PlainText(label="Vad ska göras?", max_length=500, error_messages={"required": "Skriv vad som ska göras."})
    who = forms.ChoiceField(
        label="Vem?", error_messages={"required": "Välj vem.", "invalid_choice": "Den är inte med på ärendet längre."}
    )
    due_on = DayField(label="Senast", error_messages={"required": "Skriv en sista dag."})

    def __init__(self, *args: Any, agencies: Sequence[Agency], members: Sequence[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agencies = {f"a{agency.pk}": agency for agency in agencies}
        self.members = {f"m{member.pk}": member for member in members}
        choices = [(key, agency.name) for key, agency in self.agencies.items()]
        choices += [(key, f"{member.agency.short_name}, {member.user}") for key, member in self.members.items()]
        self.fields["who"].choices = [("", "Välj"), *choices]  # type: ignore[attr-defined]
        self.fields["due_on"].help_text = f"Till exempel {say_date(timezone.localdate())}"

    def clean_due_on(self) -> date:
        day: date = self.cleaned_data["due_on"]
        ahead(day)
        return day

    def clean_who(self) -> tuple[Agency, Membership | None]:
        key: str = self.cleaned_data["who"]
        if key in self.members:
            return self.members[key].agency, self.members[key]
        if key not in self.agencies:
            raise ValidationError("Den är inte med på ärendet längre.")
        return self.agencies[key], None
