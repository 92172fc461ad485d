"""The shape of a group, its seats, and who sits on them."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from meetings.models import Group, GroupSeat, SeatHolder
from meetings.queries.groups import desks_to_seat, holders_in, members_for, municipalities_of
from meetings.states import GROUPS_WITH_CASES, GroupKind, MinutesMode
from workspace.forms import DayField, PlainText, ahead
from workspace.models import Cooperation, Function, Membership, Municipality
from workspace.states import SeatKind

DEPUTIES = 3  # as many as can be named: more than anybody calls before giving up


def _person(member: Membership) -> str:
    return str(member.user)


def _person_and_agency(member: Membership) -> str:
    return f"{member.user}, {member.agency.name}"


class GroupForm(forms.Form):
    """A new group. Who chairs it is chosen when it has seats."""

    kind = forms.ChoiceField(label="Slag", choices=GroupKind.choices, error_messages={"required": "Välj ett slag."})
    name = PlainText(label="Namn", max_length=80, error_messages={"required": "Skriv vad gruppen heter."})
    municipalities = forms.ModelMultipleChoiceField(
        Municipality.objects.none(),
        label="Kommun",
        help_text="En eller två.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Välj en eller två kommuner.", "invalid_choice": "Välj bland samverkans kommuner."},
    )
    quorum = forms.IntegerField(
        label="Minst så många myndigheter",
        help_text="Så många behöver vara med för att gruppen ska kunna besluta.",
        min_value=1,
        max_value=20,
        initial=2,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "short"}),
        error_messages={
            "required": "Skriv ett tal.",
            "invalid": "Skriv ett tal, till exempel 3.",
            "min_value": "Minst en myndighet behöver vara med.",
            "max_value": "Högst 20 går att kräva.",
        },
    )

    minutes_mode = forms.ChoiceField(
        label="Hur justeras protokollen?",
        help_text="Formella protokoll ändras inte när de är justerade. Då skrivs tillägg. Gäller protokoll som skickas "
        "efter ändringen.",
        choices=MinutesMode.choices,
        widget=forms.RadioSelect,
        required=False,  # what is left out stays as it was
        error_messages={"invalid_choice": "Välj ett av sätten."},
    )

    def __init__(self, *args: Any, cooperation: Cooperation, group: Group | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cooperation, self.group = cooperation, group
        self.initial.setdefault("minutes_mode", group.minutes_mode if group else MinutesMode.PROJECT)
        field: Any = self.fields["municipalities"]
        field.queryset = municipalities_of(cooperation)
        if len(field.queryset) == 1:
            self.initial.setdefault("municipalities", [place.pk for place in field.queryset])

    def clean_minutes_mode(self) -> MinutesMode:
        return MinutesMode(self.cleaned_data["minutes_mode"] or self.initial["minutes_mode"])

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = Group.objects.filter(cooperation=self.cooperation, name=name)
        if others.exclude(pk__in=[self.group.pk] if self.group else []).exists():
            raise ValidationError(f"Det finns redan en grupp som heter {name}. Välj ett annat namn.")
        return name

    def clean_municipalities(self) -> list[Municipality]:
        places = list(self.cleaned_data["municipalities"])
        if len(places) > 2:
            raise ValidationError("Högst två kommuner. Fler än så blir flera grupper.")
        return places


class ChangeGroupForm(GroupForm):
    """An existing group: its kind stays, and its chair and secretary come from its seats."""

    chair = forms.ModelChoiceField(
        Membership.objects.none(), label="Ordförande", empty_label="Ingen ännu", required=False
    )
    secretary = forms.ModelChoiceField(
        Membership.objects.none(), label="Sekreterare", empty_label="Ingen ännu", required=False
    )
    anonymous_cases = forms.BooleanField(label="Gruppen får samråda om en person utan att säga vem", required=False)
    has_read_warning = forms.BooleanField(
        label="Jag har läst det, och gruppen vill det ändå",
        help_text="I en liten kommun räcker det inte att utelämna namnet. Ort, ålder och ovanliga uppgifter kan peka "
        "ut en person.",
        required=False,
    )
    field_order = (
        "name",
        "municipalities",
        "chair",
        "secretary",
        "quorum",
        "minutes_mode",
        "anonymous_cases",
        "has_read_warning",
    )

    def __init__(self, *args: Any, group: Group, **kwargs: Any) -> None:
        super().__init__(*args, cooperation=group.cooperation, group=group, **kwargs)
        del self.fields["kind"]
        for name in ("chair", "secretary"):
            field: Any = self.fields[name]
            field.queryset = holders_in(group)
            field.label_from_instance = _person_and_agency
            field.error_messages["invalid_choice"] = "Välj någon som har en plats i gruppen."
        had = list(group.municipalities.all())
        self.had_small = {place.pk for place in had if place.is_small}
        for name in ("name", "chair", "secretary", "quorum", "anonymous_cases"):
            self.initial.setdefault(name, getattr(group, name))
        self.initial["municipalities"] = [place.pk for place in had]
        known: Any = self.fields["municipalities"]
        if group.kind not in GROUPS_WITH_CASES:
            del self.fields["anonymous_cases"]
        if group.kind not in GROUPS_WITH_CASES or not any(place.is_small for place in [*had, *known.queryset]):
            del self.fields["has_read_warning"]

    def clean(self) -> dict[str, Any]:
        """In a small municipality consultation without identity is turned on beside the warning (L17)."""
        data: dict[str, Any] = super().clean() or {}
        small = {place.pk for place in data.get("municipalities", []) if place.is_small}
        had = self.group is not None and self.group.anonymous_cases and small <= self.had_small
        if data.get("anonymous_cases") and small and not had and not data.get("has_read_warning"):
            self.add_error("has_read_warning", "Läs varningen och kryssa i, eller ta bort krysset ovanför.")
        data.setdefault("anonymous_cases", False)
        data.setdefault("has_read_warning", False)
        return data


class SeatForm(forms.Form):
    """A new seat: which desk, from when."""

    desk = forms.ModelChoiceField(
        Function.objects.none(),
        label="Vems plats?",
        empty_label="Välj enhet",
        error_messages={"required": "Välj vems plats det är.", "invalid_choice": "Den enheten kan inte få en plats."},
    )
    from_on = DayField(label="Från och med", error_messages={"required": "Skriv första dagen."})

    def __init__(self, *args: Any, group: Group, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["desk"]
        field.queryset = desks_to_seat(group)
        self.initial.setdefault("from_on", timezone.localdate())


class HoldersForm(forms.Form):
    """Who sits on a seat: one ordinary member, and deputies in the order they are called (R2)."""

    ordinary = forms.ModelChoiceField(
        Membership.objects.none(), label="Ordinarie", empty_label="Ingen ännu", required=False
    )

    def __init__(self, *args: Any, seat: GroupSeat, sitting: list[SeatHolder], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        deputies = [one.membership_id for one in sitting if one.kind == SeatKind.DEPUTY]
        ordinary = [one.membership_id for one in sitting if one.kind == SeatKind.ORDINARY]
        self.initial.setdefault("ordinary", next(iter(ordinary), None))
        self.names = [f"deputy_{number}" for number in range(1, max(DEPUTIES, len(deputies)) + 1)]
        for number, name in enumerate(self.names, start=1):
            label = "Ersättare" if number == 1 else f"Ersättare {number}"
            self.fields[name] = forms.ModelChoiceField(
                Membership.objects.none(), label=label, empty_label="Ingen", required=False
            )
            self.initial.setdefault(name, deputies[number - 1] if number <= len(deputies) else None)
        people = list(members_for(seat))
        for name in ("ordinary", *self.names):
            field: Any = self.fields[name]
            field.queryset = members_for(seat)
            field.choices = [("", field.empty_label), *((one.pk, _person(one)) for one in people)]
            field.error_messages["invalid_choice"] = f"Välj någon som arbetar på {seat.function.agency.name}."

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        seen: set[int] = set()
        for name in ("ordinary", *self.names):
            member = data.get(name)
            if member and member.pk in seen:
                self.add_error(name, f"{member.user} står redan på platsen. Välj var och en en gång.")
            elif member:
                seen.add(member.pk)
        return data

    @property
    def deputies(self) -> list[Membership]:
        return [self.cleaned_data[name] for name in self.names if self.cleaned_data.get(name)]


class EndSeatForm(forms.Form):
    last_on = DayField(label="Platsens sista dag", error_messages={"required": "Skriv sista dagen."})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("last_on", timezone.localdate())

    def clean_last_on(self) -> date:
        day: date = self.cleaned_data["last_on"]
        ahead(day)
        return day
